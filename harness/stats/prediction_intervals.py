"""Sums of what is not known yet, from a few that are: with 95 % prediction intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 3  # known values from which a spread can be told


@dataclass(frozen=True)
class Range:
    """A figure between `low` and `high`; None where nothing bounds it, or nothing says what to expect."""

    low: float
    value: float | None
    high: float | None

    def __add__(self, other: Range) -> Range:
        """Return the range of the sum: it is as wide as both together."""
        return Range(self.low + other.low, _sum(self.value, other.value), _sum(self.high, other.high))

    def times(self, factor: float) -> Range:
        """Return the range of so many times the figure, `factor` at least 0."""
        value, high = (None if end is None else end * factor for end in (self.value, self.high))
        return Range(self.low * factor, value, high)

    def by(self, other: Range) -> Range:
        """Return the range of the product, both at least 0; it is as wide as both together."""
        value = None if self.value is None or other.value is None else self.value * other.value
        high = None if self.high is None or other.high is None else self.high * other.high
        return Range(self.low * other.low, value, high)


def exactly(figure: float) -> Range:
    """Return a figure that is known."""
    return Range(figure, figure, figure)


def by_line(sizes: Sequence[float], figures: Sequence[float], wanted: Sequence[float]) -> Range | None:
    """Return the sum of the figures that go with the sizes `wanted`, by the least-squares line of the known.

    The interval is the prediction interval of that sum, by Student's t. None for fewer than three known.
    """
    n, m = len(sizes), len(wanted)
    if n < LEAST or not m:
        return None if m else exactly(0)
    mean_x, mean_y = math.fsum(sizes) / n, math.fsum(figures) / n
    spread = math.fsum((x - mean_x) ** 2 for x in sizes)
    together = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(sizes, figures, strict=True))
    slope = together / spread if spread else 0.0
    left = math.fsum(
        (y - mean_y - slope * (x - mean_x)) ** 2 for x, y in zip(sizes, figures, strict=True)
    ) / (n - 2)
    offset = math.fsum(wanted) / m - mean_x
    total = m * (mean_y + slope * offset)
    variance = left * (m**2 * (1 / n + (offset**2 / spread if spread else 0.0)) + m)
    return _around(total, math.sqrt(variance), n - 2)


def by_mean(figures: Sequence[float], count: int, most: float | None = None) -> Range | None:
    """Return the sum of `count` figures like the known, each at most `most`; None for fewer than three."""
    n = len(figures)
    if n < LEAST or not count:
        return None if count else exactly(0)
    mean = math.fsum(figures) / n
    variance = math.fsum((y - mean) ** 2 for y in figures) / (n - 1)
    found = _around(count * mean, math.sqrt(variance * (count**2 / n + count)), n - 1)
    high = _least(found.high, None if most is None else most * count)
    return Range(_least(found.low, high) or 0.0, _least(found.value, high), high)


def _around(total: float, deviation: float, freedom: int) -> Range:
    from scipy.special import stdtrit

    reach = float(stdtrit(freedom, 0.975)) * deviation
    return Range(max(0.0, total - reach), max(0.0, total), max(0.0, total + reach))


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _least(one: float | None, other: float | None) -> float | None:
    return min((end for end in (one, other) if end is not None), default=None)
