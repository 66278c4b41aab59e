"""One score of several figures: weighted means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_LEVEL = 0.95


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


def above_chance(figure: Figure, chance: float) -> Figure:
    """Return a share as what of the way from chance to 1 it is; 0 below chance, its interval too.

    As the Open LLM Leaderboard normalises: (x - chance) / (1 - chance).
    """
    low, value, high = (
        None if x is None else max(0.0, (x - chance) / (1 - chance))
        for x in (figure.low, figure.value, figure.high)
    )
    assert value is not None
    return Figure(value, low, high, figure.n)


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


def mean_of_groups(figures: Sequence[Figure]) -> Figure:
    """Return the plain mean of the figures of a task's groups, each counting once, with its interval.

    Of proportions: Wilson's interval with as many trials as the groups' variances leave, and no more than
    groups that are all alike would (`_of_proportions`). Of any other figures as `combined`.
    """
    mean = combined(figures, [1.0] * len(figures))
    if len(figures) < 2 or not all(map(_is_proportion, figures)):
        return mean
    shares = [1 / len(figures)] * len(figures)
    return Figure(mean.value, *_of_proportions(shares, figures, mean.value), mean.n)


def _is_proportion(figure: Figure) -> bool:
    """Return whether the figure is a share of examples that are right or wrong: its interval is Wilson's."""
    from harness.stats.intervals import wilson  # numpy, which a listing of groups does not need

    if figure.low is None or figure.high is None or figure.n < 2 or not 0 <= figure.value <= 1:
        return False
    low, high = wilson(figure.value * figure.n, figure.n)
    return abs(figure.low - low) < 1e-9 and abs(figure.high - high) < 1e-9


def _of_proportions(shares: Sequence[float], figures: Sequence[Figure], value: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval of a mean of proportions over independent samples.

    The groups' own ends, added up, cover too little where groups are small: Wilson's interval of 5 examples
    has 0.7 times the width that their scatter has. So the groups' unbiased variances are added, and say how
    many trials the mean is worth. Near a bound most groups show no variance: it is worth at most what it
    would be if all had the mean's own.
    """
    from harness.stats.shares import score_interval
    from harness.stats.student import t_quantile

    own = [
        share**2 * figure.value * (1 - figure.value) / (figure.n - 1)
        for share, figure in zip(shares, figures, strict=True)
    ]
    variance, room = math.fsum(own), value * (1 - value)
    alike = 1 / math.fsum(share**2 / figure.n for share, figure in zip(shares, figures, strict=True))
    trials = min(alike, room / variance) if variance > 1e-15 else alike
    squares = math.fsum(one**2 / (figure.n - 1) for one, figure in zip(own, figures, strict=True))
    freedom = variance**2 / squares if squares > 0 else alike - 1  # Satterthwaite
    return score_interval(value, trials, t_quantile(_LEVEL, max(1.0, freedom)))


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
