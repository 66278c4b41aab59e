"""Has a figure fallen by more than a margin? One-sided tests of a difference beyond a bound."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.bootstrap import Floats, ResamplingPlan, by_unit, figure_of, slices
from harness.stats.influence import influence
from harness.stats.intervals import LEVEL, SEED
from harness.stats.significance import SWAPS, discordant

_TIE = 1e-9  # of the largest sum: rounding


def p_beyond(
    metric: Metric,
    stats_a: Floats,
    stats_b: Floats,
    margin: float,
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = SWAPS,
    seed: int = SEED,
) -> float:
    """Return the p-value against "a is worse than b by at most `margin`", in the metric's unit.

    `stats_a` and `stats_b` are (N, K), row by row the same example; `clusters` (N,) names the cluster of
    each. Shares of right answers have Tango's score test; any other figure, and clusters, sign flips of what
    each unit adds to the fall beyond the margin.

    Raises:
        HarnessError: N differs.
    """
    plan = ResamplingPlan.of(clusters, [stats_a, stats_b], draws, seed, LEVEL)
    turned = 1.0 if metric.higher_is_better else -1.0
    if plan.has_closed_form(metric):
        wins, losses = discordant(stats_a, stats_b)[:: int(turned)]
        return float(p_of_score(np.asarray(losses), np.asarray(wins), plan.n, margin))
    fall = turned * (figure_of(metric, stats_b) - figure_of(metric, stats_a))
    moves = turned * (influence(metric, stats_b) - influence(metric, stats_a))
    sizes = np.ones(plan.n) if plan.index is None else np.bincount(plan.index).astype(np.float64)
    return _p_of_flips(by_unit(moves[:, None], plan)[:, 0] + (fall - margin) * sizes, draws, seed)


def _p_of_flips(units: Floats, draws: int, seed: int) -> float:
    """Return how often the sum of the units (G,) is as high with random signs; all signs of a few units."""
    if not np.isfinite(units).all():
        return 1.0
    observed = units.sum() - _TIE * np.abs(units).sum()
    if 2 ** len(units) <= draws + 1:
        ways = 1.0 - 2 * (np.arange(2 ** len(units))[:, None] >> np.arange(len(units)) & 1)
        return float((ways @ units >= observed).mean())
    rng, extreme = np.random.default_rng(seed), 0
    for part in slices(draws, max(1, 2**20 // len(units))):
        count = min(draws, part.stop) - part.start
        extreme += int((rng.choice([-1.0, 1.0], (count, len(units))) @ units >= observed).sum())
    return (extreme + 1) / (draws + 1)


def p_of_score(losses: Floats, wins: Floats, n: int, margin: float) -> Floats:
    """Return the one-sided p-values of Tango's (1998) score test: losses less wins above `margin` · n.

    Its variance is that of the likeliest shares among those that differ by the margin: where a share q of
    the pairs is won and q + margin lost, q is the positive root of a quadratic. At margin 0 it is McNemar's
    test without correction.
    """
    from scipy.special import ndtr

    losses, wins = np.asarray(losses, np.float64), np.asarray(wins, np.float64)
    b = 2 * n * margin - (losses - wins) * margin - losses - wins
    c = wins * margin * (1 - margin)
    won = (np.sqrt(np.maximum(b * b + 8 * n * c, 0)) - b) / (4 * n)
    variance = n * np.maximum(2 * won + margin * (1 - margin), 0)
    excess = losses - wins - n * margin
    z = np.divide(
        excess, np.sqrt(variance), out=np.where(excess > 0, math.inf, -math.inf), where=variance > 0
    )
    return np.asarray(ndtr(-z))
