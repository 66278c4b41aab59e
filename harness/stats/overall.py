"""One figure over several tasks: how often a system does better than another, how high it ranks on average.

Each task is resampled on its own, the same units for all systems, so that what is common to them cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.bootstrap import Floats, figure_of, slices
from harness.stats.influence import influence
from harness.stats.intervals import LEVEL, SEED
from harness.stats.ranking import DIGITS, Proven, step_down
from harness.stats.student import z_of

DRAWS = 1_000
WIDER = 1.25  # than the draws' own spread: of eight equal systems on three tasks 89 % were covered without
_CELLS = 2**22  # weights held at once


class Drawn(NamedTuple):
    """The systems' figures on a task, higher is better: as they are (R,), and in each draw (D, R)."""

    figures: Floats
    draws: Floats


class WinRates(NamedTuple):
    """The systems' overall figures (R,) with their ends, and which row is proven better than which column."""

    values: Floats
    low: Floats
    high: Floats
    better: Proven


def drawn(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32] | None = None,
    clusters: NDArray[np.int64] | None = None,
    *,
    seed: int = SEED,
) -> Drawn:
    """Return the figures of R systems, each of statistics (N, K), under the same weights of units.

    `places` (R, U) says where a system has each of all U examples, -1 where it has it not; None where all
    have the same. `clusters` (U,) are theirs. A draw takes the examples' influences alone.
    """
    count = len(systems[0]) if places is None else places.shape[1]
    units = np.arange(count) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    number = int(units.max(initial=-1)) + 1
    moves, sizes = np.zeros((2, len(systems), number))
    values = np.array([round(figure_of(metric, stats), DIGITS) for stats in systems])
    for row, stats in enumerate(systems):
        own = influence(metric, stats)
        where = np.arange(count) if places is None else np.flatnonzero(places[row] >= 0)
        seen = own if places is None else own[places[row][where]]
        moves[row] = np.bincount(units[where], seen, minlength=number)
        sizes[row] = np.bincount(units[where], minlength=number)
    rng, found = np.random.default_rng(seed), []
    for part in slices(DRAWS, max(1, _CELLS // number)):
        weights = rng.standard_exponential((min(DRAWS, part.stop) - part.start, number))
        found.append(values + (weights @ moves.T) / (weights @ sizes.T))
    turned = 1.0 if metric.higher_is_better else -1.0
    return Drawn(turned * values, turned * np.concatenate(found))


def win_rates(figures: Floats) -> Floats:
    """Return for figures (…, R) the share of other systems that each does better than; equals count half."""
    count = figures.shape[-1]
    flat = figures.reshape(-1, count)
    rates = np.empty_like(flat)
    for rate, row in zip(rates, flat, strict=True):
        ordered = np.sort(row)
        below = np.searchsorted(ordered, row, "left")
        rate[:] = (below + np.searchsorted(ordered, row, "right") - 1) / 2 / max(1, count - 1)
    return rates.reshape(figures.shape)


def level_of_a_task(tasks: int, level: float = LEVEL) -> float:
    """Return the level at which a task's own pairs are proven, so that all tasks together take half of it."""
    return 1 - (1 - level) / 2 / tasks


def mean_win_rate(tasks: Sequence[Drawn], proven: Sequence[Proven], level: float = LEVEL) -> WinRates:
    """Return the mean win rate over tasks that all systems ran, 0 to 1.

    Its interval is the normal one of the draws, a quarter wider (of equal systems, whose order is all chance,
    draws around what was seen vary less than what is seen), cut at 0 and 1. Two systems differ where the win
    rates do, told by the largest standardised difference of any pair if all were equal and only chance
    ordered them; or where one is `proven` better on a task at `level_of_a_task`, and on none the other. Each
    way has half of the level.
    """
    values = np.mean([win_rates(task.figures) for task in tasks], axis=0)
    found = np.mean([win_rates(np.round(task.draws, DIGITS)) for task in tasks], axis=0)
    reach = WIDER * z_of(level) * found.std(axis=0, ddof=1)
    equal = [win_rates(np.round(task.draws - task.figures, DIGITS)) for task in tasks]
    moves = np.mean(equal, axis=0)
    moves -= moves.mean(axis=0)
    covariance = np.atleast_2d(moves.T @ moves / max(1, len(moves) - 1))
    better = step_down(values, moves.astype(np.float32), covariance, (1 + level) / 2)
    above = values[:, None] > values
    better |= above & np.any(proven, axis=0) & ~np.any([one.T for one in proven], axis=0)
    return WinRates(values, np.maximum(0, values - reach), np.minimum(1, values + reach), better)
