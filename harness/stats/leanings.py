"""What a rater leans to: means and least-squares slopes with cluster-robust intervals by question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.stats.shares import score_interval
from harness.stats.student import z_of

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

FEW = 20  # questions, from which on an interval by them covers
FEW_APART = 10  # questions that differ from the rest, without which their spread is not known
LEVEL = 0.95
SWEEPS, CLOSE = 500, 1e-12


@dataclass(frozen=True)
class Leaning:
    """A figure, its 95 % interval where there are 20 questions or more, and how many items it is of."""

    value: float
    low: float | None
    high: float | None
    items: int


def mean(figures: Floats, units: Ints) -> Leaning | None:
    """Return the mean of the figures (n,) with an interval by unit (n,); None of no figure.

    Standard error by the linearised ratio of sums with G/(G-1), quantile of Student's t with G-1 degrees of
    freedom, for G units (Liang and Zeger 1986; CR1).
    """
    if not len(figures):
        return None
    return _leaning(float(figures.mean()), np.ones(len(figures)), figures - figures.mean(), units, 1)


def share(hits: Floats, units: Ints) -> Leaning | None:
    """Return the mean of yes and no (n,) with Wilson's interval by unit (n,); None of no figure.

    Its trials are as many independent ones as have the variance that is found between units, at least the
    units and at most the figures: a share of 0 or 1 has an interval too (Kish 1965; Wilson 1927).
    """
    found = mean(hits, units)
    if found is None or found.low is None:
        return found
    value, numbers = found.value, np.unique(units, return_inverse=True)[1]
    groups = int(numbers.max()) + 1
    sums = np.bincount(numbers, hits - value)
    variance = groups / (groups - 1) * float(sums @ sums) / len(hits) ** 2
    trials = min(len(hits), value * (1 - value) / variance) if variance > 0 else groups
    low, high = score_interval(value, max(float(groups), trials), z_of(LEVEL))
    return Leaning(value, low, high, len(hits))


def slope(
    figures: Floats, by: Floats, units: Ints, within: Sequence[Ints] = (), *, rare: bool = False
) -> Leaning | None:
    """Return by how much figures (n,) rise with `by` (n,), within groups (n,) of one or more kinds.

    Least squares with a constant for each group of each kind (Frisch, Waugh and Lovell), intervals as in
    `mean`. None where nothing varies within the groups. Of figures that are mostly 0, `rare`, there is no
    interval under ten units with one that is not.
    """
    y, x = (_centred(np.asarray(one, np.float64), within) for one in (figures, by))
    spread = float(x @ x)
    if spread <= CLOSE * max(1.0, float(by @ by)):
        return None
    value = float(x @ y) / spread
    # Constants of groups within a unit take nothing from what is known between units.
    between = [kind for kind in within if not _nested(kind, units)]
    lost = 1 + sum(len(np.unique(kind)) for kind in between)
    found = _leaning(value, x, y - value * x, units, lost)
    if rare and len(np.unique(units[np.asarray(figures) != 0])) < FEW_APART:
        return Leaning(value, None, None, found.items)
    return found


def _nested(kind: Ints, units: Ints) -> bool:
    """Return whether each group lies within one unit."""
    return len(np.unique(np.column_stack([kind, units]), axis=0)) == len(np.unique(kind))


def _centred(figures: Floats, within: Sequence[Ints]) -> Floats:
    """Return the figures without the means of their groups: one kind after the other until nothing moves."""
    kinds = [np.unique(kind, return_inverse=True)[1] for kind in within] or [np.zeros(len(figures), np.intp)]
    counts = [np.bincount(kind) for kind in kinds]
    left = figures
    for _ in range(SWEEPS if len(kinds) > 1 else 1):
        before = left
        for kind, count in zip(kinds, counts, strict=True):
            left = left - (np.bincount(kind, left) / count)[kind]
        if np.abs(left - before).max(initial=0.0) < CLOSE * max(1.0, np.abs(figures).max(initial=0.0)):
            break
    return left


def _leaning(value: float, x: Floats, rest: Floats, units: Ints, lost: int) -> Leaning:
    from scipy.special import stdtrit

    numbers = np.unique(units, return_inverse=True)[1]
    groups, n = int(numbers.max()) + 1, len(x)
    if groups < FEW or n <= lost:
        return Leaning(value, None, None, n)
    sums = np.bincount(numbers, x * rest)
    few = groups / (groups - 1) * (n - 1) / (n - lost)
    reach = float(stdtrit(groups - 1, (1 + LEVEL) / 2)) * math.sqrt(few * float(sums @ sums)) / float(x @ x)
    return Leaning(value, value - reach, value + reach, n)
