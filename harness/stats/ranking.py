"""Many systems on the same examples: which pairs are proven apart, and the ranks that follow.

Among hundreds of pairs chance makes some look apart, so the level is shared among all of them: a board of
equal systems puts somebody below the first rank one time in twenty at most. What is right or wrong is tested
by McNemar's exact test with Holm's correction; any other figure, and clusters, by sign flips of whole
units and the largest standardised difference of all pairs, step-down over unordered pairs: Romano and Wolf
(2005), and for ranks Mogstad, Romano, Shaikh and Wilhelm (2024).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.bootstrap import TABLE, Floats, ResamplingPlan, by_unit, figure_of, slices
from harness.stats.influence import influence
from harness.stats.intervals import LEVEL, SEED

FLIPS, FLIPS_OF_MANY, MANY = 1_999, 999, 100  # random sign flips; fewer of more than so many systems
DIGITS = 12  # two sums of the same numbers in another order are the same figure
_SLACK = 1e-4  # of a standard error, as rounding to single precision leaves
Proven = NDArray[np.bool_]  # (R, R): whether the row's figure lies above the column's beyond doubt


def proven_above(
    metric: Metric,
    systems: Sequence[Floats],
    clusters: NDArray[np.generic] | None = None,
    *,
    level: float = LEVEL,
    seed: int = SEED,
) -> Proven:
    """Return (R, R): whether the row's figure is proven to lie above the column's, over all pairs at once.

    `systems` are R statistics (N, K) of the same examples. The chance that any pair is proven that does not
    differ is at most 1 - `level`.

    Raises:
        HarnessError: the systems differ in N.
    """
    if len(systems) < 2:  # nobody to be above, and no reason to import what a test takes
        return np.zeros((len(systems), len(systems)), np.bool_)
    plan = ResamplingPlan.of(clusters, systems, 2, seed, level)
    if plan.has_closed_form(metric):
        wins = won(systems)
        return apart_by_holm(wins, mcnemar_of_all(wins, wins.T), level)
    if metric.interval == "none" or plan.count < 2:
        return np.zeros((len(systems), len(systems)), np.bool_)
    return apart_by_flips(_contributions(metric, systems, plan), level, seed)


def won(systems: Sequence[Floats]) -> Floats:
    """Return (R, R): on how many examples the row's 0/1 statistic is 1 and the column's 0."""
    n, both = len(systems[0]), np.zeros((len(systems), len(systems)))
    for part in slices(n, max(1, TABLE // len(systems))):
        hits = np.stack([stats[part, 0] for stats in systems]).astype(np.float32)
        both += hits @ hits.T
    return np.diag(both)[:, None] - both


def mcnemar_of_all(wins: Floats, losses: Floats) -> Floats:
    """Return the two-sided p-values (R, R) of McNemar's exact test."""
    from scipy.special import betainc

    tosses, heads = wins + losses, np.minimum(wins, losses)
    tail = 1 - betainc(heads + 1, np.maximum(tosses - heads, 1e-9), 0.5)  # of a fair coin: at most so many
    return np.where(wins == losses, 1.0, np.minimum(1.0, 2 * tail))


def apart_by_holm(differences: Floats, p_values: Floats, level: float = LEVEL) -> Proven:
    """Return which pairs are apart after Holm's (1979) correction over all unordered pairs.

    `differences` (R, R) less their transpose say which is above; both p-values of a pair are the same.
    """
    rows, columns = np.triu_indices(len(p_values), 1)
    values = p_values[rows, columns]
    order = np.argsort(values, kind="stable")
    passes = values[order] * np.arange(len(order), 0, -1) <= 1 - level
    count = len(order) if passes.all() else int(passes.argmin())
    apart = np.zeros(p_values.shape, np.bool_)
    apart[rows[order[:count]], columns[order[:count]]] = True
    return np.asarray((apart | apart.T) & (differences > differences.T))


def _contributions(metric: Metric, systems: Sequence[Floats], plan: ResamplingPlan) -> Floats:
    """Return what each unit adds to each system's figure (R, G), by its influence."""
    sizes = np.ones(plan.n) if plan.index is None else np.bincount(plan.index, minlength=plan.count)
    shares = sizes[: plan.count] / plan.n
    rows = np.empty((len(systems), plan.count))
    for place, stats in enumerate(systems):
        moves = by_unit(influence(metric, stats)[:, None], plan)[:, 0] / plan.n
        rows[place] = moves + round(figure_of(metric, stats), DIGITS) * shares
    return rows


def apart_by_flips(rows: Floats, level: float = LEVEL, seed: int = SEED) -> Proven:
    """Return which systems (R, R) are apart, from what each unit adds to their figures (R, G).

    Under the null a unit's differences between systems are as likely with the other sign. A row that is not
    a number is apart from none.
    """
    known = np.isfinite(rows).all(axis=1)
    apart = np.zeros((len(rows), len(rows)), np.bool_)
    if known.sum() > 1:
        apart[np.ix_(known, known)] = _by_flips(rows[known], level, seed)
    return apart


def _by_flips(rows: Floats, level: float, seed: int) -> Proven:
    count, units = rows.shape
    draws = FLIPS if count <= MANY else FLIPS_OF_MANY
    moves = (rows - rows.mean(axis=0)).astype(np.float32)  # the differences between rows stay what they are
    flipped, cross = np.zeros((draws, count), np.float32), np.zeros((count, count))
    rng = np.random.default_rng(seed)
    for part in slices(units, max(1, TABLE // max(draws, count))):
        here = moves[:, part]
        flipped += rng.choice(np.array([-1, 1], np.float32), (draws, here.shape[1])) @ here.T
        cross += here @ here.T
    return step_down(rows.sum(axis=1), flipped, cross, level)


def step_down(
    figures: Floats, drawn: NDArray[np.float32], covariance: Floats, level: float = LEVEL
) -> Proven:
    """Return which figures (R,) are apart, by the largest standardised difference of any pair in each draw.

    `drawn` (D, R) are the figures' deviations under the null, `covariance` (R, R) is theirs. Pairs that are
    proven, in either direction, leave the others more of the level: Romano and Wolf (2005).
    """
    draws = len(drawn)
    squares = np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance
    usual = max(float(np.diag(covariance).max(initial=0.0)), 1e-300)
    scale = np.where(squares > 1e-9 * usual, 1 / np.sqrt(np.maximum(squares, 1e-300)), 0.0)
    seen, apart = np.abs(figures[:, None] - figures) * scale, np.zeros(scale.shape, np.bool_)
    while True:
        largest = _largest(drawn, np.where(apart, 0.0, scale).astype(np.float32))
        critical = np.sort(largest)[min(draws, math.ceil(level * (draws + 1))) - 1]
        new = ~apart & (seen > critical + _SLACK)
        if not new.any():
            return np.asarray(apart & (figures[:, None] > figures))
        apart |= new


def _largest(flipped: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the largest standardised difference of any pair in each draw (D,); scale 0 leaves a pair out."""
    largest = np.zeros(len(flipped), np.float32)
    by_system = np.ascontiguousarray(flipped.T)
    for row in range(len(scale) - 1):
        undecided = np.flatnonzero(scale[row, row + 1 :]) + row + 1
        if len(undecided):
            differences = by_system[undecided] - by_system[row]
            differences *= scale[row, undecided, None]
            np.maximum(largest, np.abs(differences, out=differences).max(axis=0), out=largest)
    return largest


def ranks(heights: Sequence[float], better: Proven) -> list[int]:
    """Return each system's rank, from 1: what is proven, made to follow the figures.

    `heights` (R,) are the figures, higher is better, and `better` says which row is proven to be better than
    which column. A system has as many proven above it as it is found below; its rank is the best that is
    found among those whose figure is not higher: no rank contradicts the figures.
    """
    found = 1 + better.sum(axis=0)
    order = np.argsort(np.asarray(heights), kind="stable")
    rounded = np.round(np.asarray(heights, np.float64)[order], DIGITS)
    placed = np.empty(len(found), np.intp)
    best = np.minimum.accumulate(found[order])
    last_of_equals = np.searchsorted(rounded, rounded, side="right") - 1
    placed[order] = best[last_of_equals]
    return [int(place) for place in placed]
