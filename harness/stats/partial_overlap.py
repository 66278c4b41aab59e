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
from harness.stats.bootstrap import TABLE, Floats, Indices, ResamplingPlan, by_unit, figure_of, slices
from harness.stats.influence import influence
from harness.stats.intervals import LEVEL, SEED
from harness.stats.ranking import DIGITS, Proven, apart_by_holm, mcnemar_of_all

SHARE = 0.9  # of its examples that a system must have in common to be taken at its influences
FEWEST = 6  # units below which no sign test proves anything at 5 %: the t test alone would


def overlapping_above(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32],
    clusters: NDArray[np.int64] | None = None,
    *,
    level: float = LEVEL,
) -> Proven:
    """Return (R, R): whether the row's figure lies above the column's beyond doubt, over all pairs at once.

    `systems` are R statistics (N, K), each with examples of its own; `places` (R, U) says where a system has
    each of all U examples, -1 where it has it not; `clusters` (U,) names their clusters. A pair is compared
    over the examples that both have: a 0/1 metric without clusters by McNemar's exact test, another by the t
    test of the difference of influences, which for a mean is the paired t-test. The pairs share the level
    by Holm's correction.
    """
    if clusters is not None and len(np.unique(clusters)) == len(clusters):
        clusters = None
    if metric.interval == "none":
        return np.zeros((len(systems), len(systems)), np.bool_)
    if metric.interval == "wilson" and clusters is None:
        wins, common = _wins(systems, places)
        return apart_by_holm(wins, np.where(common > 1, mcnemar_of_all(wins, wins.T), 1.0), level)
    common = _common(places)
    own = np.diag(common)
    near = (common >= SHARE * own) & (common >= SHARE * own[:, None])
    difference, p_values = _tested(metric, systems, places, clusters, common)
    p_values[~near] = 1.0
    for i, j in zip(*np.nonzero(np.triu(~near & (common > 1), 1)), strict=True):
        found = _one_pair(metric, systems, places, clusters, int(i), int(j))
        difference[i, j], difference[j, i] = found[0], -found[0]
        p_values[i, j] = p_values[j, i] = found[1]
    return apart_by_holm(difference, p_values, level)


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


def _tested(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32],
    clusters: NDArray[np.int64] | None,
    common: Floats,
) -> tuple[Floats, Floats]:
    """Return (R, R) each: the row's figure minus the column's, and the p-value of the t test of it.

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
    return difference, _t_test(difference, variance, units)


def _t_test(difference: Floats, variance: Floats, units: Floats) -> Floats:
    """Return the two-sided p-values; 1 where there are too few units, or nothing varies."""
    from scipy.special import stdtr

    tested = (variance > 1e-24) & (units >= FEWEST) & np.isfinite(difference)
    t = np.abs(difference) / np.sqrt(np.where(tested, variance, 1.0))
    return np.where(tested, 2 * stdtr(np.maximum(units - 1, 1), -np.where(tested, t, 0.0)), 1.0)


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


def _one_pair(
    metric: Metric,
    systems: Sequence[Floats],
    places: NDArray[np.int32],
    clusters: NDArray[np.int64] | None,
    i: int,
    j: int,
) -> tuple[float, float]:
    """Return by how much i's figure lies above j's over what both have, and the p-value of the t test."""
    both: Indices = np.flatnonzero((places[i] >= 0) & (places[j] >= 0))
    a, b = (systems[system][places[system][both]] for system in (i, j))
    plan = ResamplingPlan.of(clusters[both] if clusters is not None else None, [a, b], 2, SEED, LEVEL)
    moves = by_unit((influence(metric, a) - influence(metric, b))[:, None], plan)[:, 0]
    units = plan.count
    variance = float(moves @ moves) * units / max(units - 1, 1) / plan.n**2
    difference = round(figure_of(metric, a) - figure_of(metric, b), DIGITS)
    found = _t_test(np.array([difference]), np.array([variance]), np.array([float(units)]))
    return difference, float(found[0])
