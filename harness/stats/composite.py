"""One score of several figures: weighted means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """A figure over `n` examples with its interval, None where it has none."""

    value: float
    low: float | None
    high: float | None
    n: int

    def times(self, scale: float) -> Figure:
        """Return the figure on another scale."""
        low, high = (None if end is None else end * scale for end in (self.low, self.high))
        return Figure(self.value * scale, low, high, self.n)


def combined(figures: Sequence[Figure], weights: Sequence[float]) -> Figure:
    """Return the weighted mean of figures over independent samples, with its interval.

    The distances from the figures to their own ends add up in squares, each side for itself: Zou and
    Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27 (2008).
    With symmetric ends this is the normal interval of the sum; with Wilson's it stays within bounds and
    keeps a width where every answer was right. A figure without an interval leaves the mean without one.
    """
    total = math.fsum(weights)
    shares = [weight / total for weight in weights]
    value = math.fsum(share * figure.value for share, figure in zip(shares, figures, strict=True))
    n = sum(figure.n for figure in figures)
    below, above = [], []
    for share, figure in zip(shares, figures, strict=True):
        if figure.low is None or figure.high is None:
            return Figure(value, None, None, n)
        below.append(share * (figure.value - figure.low))
        above.append(share * (figure.high - figure.value))
    return Figure(value, value - math.hypot(*below), value + math.hypot(*above), n)


def mean_of_metrics(figures: Sequence[Figure]) -> Figure:
    """Return the mean of several metrics over the same examples, with its interval.

    They rise and fall together, accuracy with F1, so their ends are averaged as they are: right if they
    did so perfectly, and too wide, never too narrow, if they do not.
    """

    def mean(numbers: Sequence[float | None]) -> float | None:
        known = [number for number in numbers if number is not None]
        return math.fsum(known) / len(known) if len(known) == len(numbers) else None

    value = math.fsum(figure.value for figure in figures) / len(figures)
    return Figure(value, mean([f.low for f in figures]), mean([f.high for f in figures]), figures[0].n)
