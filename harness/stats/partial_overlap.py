"""Systems of which each answered other examples, compared pair by pair over what both of them answered.

A thousand runs with a failure each have half a million pairs, and no two of them the same examples. What a
pair needs (how often either wins, sums and squares of its differences) are products of matrices with a row
a system.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.bootstrap import TABLE, Floats, Indices, figure_of, slices
from harness.stats.influence import influence
from harness.stats.intervals import LEVEL, t_quantile
from harness.stats.paired import DIGITS, bonett_price, paired, signs

SHARE = 0.9  # of its examples that a system must have in common to be taken at its influences


def overlapping_signs(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32],
    clusters: NDArray[np.int64] | None = None,
    *,
    level: float = LEVEL,
) -> NDArray[np.int8]:
    """Return (R, R): 1 where the row's figure lies above the column's beyond doubt, -1 below, 0 for a tie.

    `systems` are R statistics (N, K), each with examples of its own; `places` (R, U) says where a system has
    each of all U examples, -1 where it has it not; `clusters` (U,) names their clusters. A pair is compared
    over the examples that both have: a 0/1 metric without clusters by the closed form that `paired` has,
    another by the t interval of the difference of influences, which for a mean is the paired t-test's. Pairs
    that have little in common are asked of `paired`, one by one.
    """
    if clusters is not None and len(np.unique(clusters)) == len(clusters):
        clusters = None
    if metric.interval == "none":
        return np.zeros((len(systems), len(systems)), np.int8)
    if metric.interval == "wilson" and clusters is None:
        wins, common = _wins(systems, places)
        above = (bonett_price(wins, wins.T, common, level)[0] > 0) & (common > 1)
        return signs(above)
    common = _common(places)
    own = np.diag(common)
    near = (common >= SHARE * own) & (common >= SHARE * own[:, None])
    above = near & _above(metric, systems, places, clusters, common, level)
    for i, j in zip(*np.nonzero(np.triu(~near & (common > 0), 1)), strict=True):
        difference = _one_pair(metric, systems, places, clusters, int(i), int(j), level)
        above[i, j], above[j, i] = difference > 0, difference < 0
    return signs(above)


def _wins(systems: Sequence[Floats], places: NDArray[np.int32]) -> tuple[Floats, Floats]:
    """Return (R, R) each: how often the row is right and the column wrong, and what both answered."""
    count, examples = places.shape
    wins, common = np.zeros((count, count)), np.zeros((count, count))
    for part in slices(examples, max(1, TABLE // count)):
        known = (places[:, part] >= 0).astype(np.float32)
        right = _placed([stats[:, 0] for stats in systems], places[:, part]).astype(np.float32)
        wins += right @ (known - right).T
        common += known @ known.T
    return wins, common


def _common(places: NDArray[np.int32]) -> Floats:
    known = (places >= 0).astype(np.float32)
    return np.asarray(known @ known.T, np.float64)


def _placed(columns: Sequence[Floats], places: NDArray[np.int32]) -> Floats:
    """Return each system's column in the order of all examples (R, U), 0 where it has none."""
    return np.stack(
        [np.where(where >= 0, column[where], 0) for column, where in zip(columns, places, strict=True)]
    )


def _above(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32],
    clusters: NDArray[np.int64] | None,
    common: Floats,
    level: float,
) -> NDArray[np.bool_]:
    """Return (R, R): whether the t interval of the row's figure minus the column's lies above 0.

    Over the common examples a figure is about its own plus the mean of its influences there.
    """
    values = np.array([figure_of(metric, stats) for stats in systems])
    moves = _placed([influence(metric, stats) for stats in systems], places)
    known = (places >= 0).astype(np.float64)
    n = np.maximum(common, 2)
    mean = moves @ known.T / n
    difference = np.round(values[:, None] + mean - values - mean.T, DIGITS)
    if clusters is None:
        squares = moves**2 @ known.T
        spread = squares + squares.T - 2 * moves @ moves.T - n * (mean - mean.T) ** 2
        variance, units = np.maximum(spread, 0) / (n - 1) / n, n
    else:
        variance, units = _clustered(moves, known, clusters, mean - mean.T, n)
    half = _t_quantiles(level, units) * np.sqrt(variance)
    return np.asarray((difference - half > 0) & (common > 1))


def _clustered(
    moves: Floats, known: Floats, clusters: NDArray[np.int64], mean: Floats, n: Floats
) -> tuple[Floats, Floats]:
    """Return (R, R) each: the variance of the mean difference, and how many clusters it is of.

    Clusters are taken whole: the sum of their squared sums, with G / (G - 1) for G of them.
    """
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=clusters[order][0] - 1))
    moves, known = moves[:, order], known[:, order]
    variance, units = np.zeros_like(n), np.full_like(n, 2.0)
    for row in range(len(moves) - 1):
        later = slice(row + 1, None)
        both = known[later] * known[row]
        sizes = np.add.reduceat(both, starts, axis=1)
        sums = np.add.reduceat((moves[row] - moves[later]) * both, starts, axis=1)
        sums -= mean[row, later, None] * sizes
        count = np.maximum(np.count_nonzero(sizes, axis=1), 2)
        found = np.einsum("rg,rg->r", sums, sums) * count / (count - 1) / n[row, later] ** 2
        variance[row, later], units[row, later] = found, count
    return variance + variance.T, np.maximum(units, units.T)


def _t_quantiles(level: float, units: Floats) -> Floats:
    counts, codes = np.unique(units, return_inverse=True)
    return np.array([t_quantile(level, int(count) - 1) for count in counts])[codes.reshape(units.shape)]


def _one_pair(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32],
    clusters: NDArray[np.int64] | None,
    i: int,
    j: int,
    level: float,
) -> float:
    """Return by how much i's figure lies above j's over what both have; 0 for a tie."""
    both: Indices = np.flatnonzero((places[i] >= 0) & (places[j] >= 0))
    a, b = (systems[system][places[system][both]] for system in (i, j))
    found = paired(metric, a, b, clusters[both] if clusters is not None else None, level=level)
    return 0.0 if found.allows(0) else found.value
