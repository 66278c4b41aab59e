"""Two systems on the same examples: their difference, and how sure its sign is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.bootstrap import (
    TABLE,
    Drawable,
    Floats,
    ResamplingPlan,
    draw_by_value,
    draw_figures,
    drawable,
    figure_of,
    figures_by_weights,
    slices,
)
from harness.stats.influence import Linear
from harness.stats.intervals import (
    DRAWS,
    LEVEL,
    SEED,
    IntervalEstimate,
    bootstrapped,
    rank_of_end,
    tails_of,
    z_of,
)

LINEAR = 1_000  # examples from which on a figure is drawn by its influences
DIGITS = 12  # two sums of the same numbers in another order are the same figure


def paired(
    metric: Metric,
    stats_a: Floats,
    stats_b: Floats,
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = LEVEL,
) -> IntervalEstimate:
    """Return the estimate of a's figure minus b's, over the same examples in the same order.

    Each draw weighs both systems alike: `stats_a` and `stats_b` are (N, K), row by row the same
    example. A 0/1 metric without clusters has the closed form of Bonett and Price (2012), which
    holds where few examples tell the systems apart; others have the expanded percentile interval of
    the drawn differences. No bias correction: what biases both sides alike is gone from the difference.
    From `LINEAR` examples on, the draws take the examples' influences alone.

    Raises:
        HarnessError: N is 0 or differs.
    """
    both = {metric.name: (metric, stats_a, stats_b)}
    return paired_estimates(both, clusters, draws=draws, seed=seed, level=level)[metric.name]


def paired_estimates(
    metrics: Mapping[str, tuple[Metric, Floats, Floats]],
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = LEVEL,
) -> dict[str, IntervalEstimate]:
    """Return what `paired` says of each metric, by name, with one set of draws for all.

    A metric comes with both systems' statistics (N, K), the same N for all.

    Raises:
        HarnessError: N is 0 or differs.
    """
    sides = [stats for _, a, b in metrics.values() for stats in (a, b)]
    plan = ResamplingPlan.of(clusters, sides, draws, seed, level)
    differences = _difference_draws({name: it for name, it in metrics.items() if plan.resamples(it[0])}, plan)
    return {name: _paired(*it, plan, differences.get(name)) for name, it in metrics.items()}


def _paired(
    metric: Metric, stats_a: Floats, stats_b: Floats, plan: ResamplingPlan, differences: Floats | None
) -> IntervalEstimate:
    """Return the estimate of one difference, by the interval that fits it."""
    value = round(figure_of(metric, stats_a), DIGITS) - round(figure_of(metric, stats_b), DIGITS)
    if differences is not None:
        return bootstrapped(value, plan.n, differences, tails_of(plan))
    if plan.has_closed_form(metric):
        wins, losses = _discordant([stats_a, stats_b])[[0, 1], [1, 0]]
        low, high = bonett_price(wins, losses, plan.n, plan.level)
        return IntervalEstimate(value, float(low), float(high), _paired_stderr(wins, losses, plan.n), plan.n)
    return IntervalEstimate(value, None, None, None, plan.n)


def paired_signs(
    metric: Metric,
    systems: Sequence[Floats],
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = LEVEL,
) -> NDArray[np.int8]:
    """Return (R, R): 1 where the row's figure lies above the column's, -1 below, 0 for a tie.

    `systems` are R statistics (N, K) of the same examples. Each cell says what `paired` would, with
    one set of draws for all: the interval's end passes 0 when all but so many differences do.

    Raises:
        HarnessError: the systems differ in N.
    """
    plan = ResamplingPlan.of(clusters, systems, draws, seed, level)
    if plan.has_closed_form(metric):
        wins = _discordant(systems)
        return signs(bonett_price(wins, wins.T, plan.n, plan.level)[0] > 0)
    if not plan.resamples(metric):
        return np.zeros((len(systems), len(systems)), np.int8)
    if not plan.shares_draws:
        return signs(_above_by_pairs(metric, systems, plan))
    figures = np.round([figure_of(metric, stats) for stats in systems], DIGITS)
    above = _drawn_above(_system_draws(metric, systems, plan), tails_of(plan)[0])
    return signs(above & (figures[:, None] > figures))


def _difference_draws(
    metrics: Mapping[str, tuple[Metric, Floats, Floats]], plan: ResamplingPlan
) -> dict[str, Floats]:
    """Return a's figure minus b's (D,) of each metric, both under the same weights: by value, else shared."""
    found: dict[str, Floats] = {}
    rest: dict[str, tuple[Metric, Floats, Floats]] = {}
    for name, (metric, stats_a, stats_b) in metrics.items():
        by_value = None if plan.shares_draws else draw_by_value(np.hstack([stats_a, stats_b]), plan)
        if by_value is None:
            rest[name] = metric, stats_a, stats_b
            continue
        both, chunks = by_value
        sides = [figures_by_weights(metric, rows) for rows in np.hsplit(both, 2)]
        pairs = [[figures(weights) for figures in sides] for weights in chunks]
        a, b = np.round(np.concatenate(pairs, axis=1), DIGITS)
        found[name] = np.asarray(a - b)
    rows = [_drawable(metric, stats, plan) for metric, *sides in rest.values() for stats in sides]
    figures = np.round(draw_figures(rows, plan), DIGITS).T
    return found | {name: figures[2 * i] - figures[2 * i + 1] for i, name in enumerate(rest)}


def _system_draws(metric: Metric, systems: Sequence[Floats], plan: ResamplingPlan) -> Floats:
    """Return the systems' figures (D, R) under the same draws, rounded so that equal ones compare equal."""
    return np.round(draw_figures([_drawable(metric, stats, plan) for stats in systems], plan), DIGITS)


def _drawable(metric: Metric, stats: Floats, plan: ResamplingPlan) -> Drawable:
    """Return the rows (N, K) made ready for draws.

    Of so many rows that what influences leave out is a small part of the interval's own uncertainty, draws
    take those alone: of a mean they are all there is, and to sort anew in each draw costs ten times more.
    """
    return Linear(metric, stats) if plan.n >= LINEAR else drawable(metric, stats, plan)


def _drawn_above(figures: Floats, tail: float) -> NDArray[np.bool_]:
    """Return (R, R): whether the row's figure passes the column's in all but a `tail` of draws (D, R).

    Counting the differences at or below 0 is as good as sorting them: the interval's end is one of them.
    """
    drawn = np.isfinite(figures).astype(np.float64)
    both = drawn.T @ drawn
    systems = np.ascontiguousarray(figures.T)
    below = np.stack([np.count_nonzero(one <= systems, axis=1) for one in systems])
    return np.asarray((below <= rank_of_end(both, tail)) & (both > 1))


def _above_by_pairs(metric: Metric, systems: Sequence[Floats], plan: ResamplingPlan) -> NDArray[np.bool_]:
    """Return (R, R): whether the row's figure lies above the column's, asking `paired` for each pair."""
    above = np.zeros((len(systems), len(systems)), np.bool_)
    for i, j in combinations(range(len(systems)), 2):
        difference = paired(
            metric, systems[i], systems[j], draws=plan.draws, seed=plan.seed, level=plan.level
        )
        if not difference.allows(0):
            above[(i, j) if difference.value > 0 else (j, i)] = True
    return above


def signs(above: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return 1 where the row lies above the column, -1 where below, else 0."""
    return above.astype(np.int8) - above.T.astype(np.int8)


def _discordant(systems: Sequence[Floats]) -> Floats:
    """Return (R, R): on how many examples the row's 0/1 statistic is 1 and the column's 0."""
    n, both = len(systems[0]), np.zeros((len(systems), len(systems)))
    for part in slices(n, max(1, TABLE // len(systems))):
        hits = np.stack([stats[part, 0] for stats in systems]).astype(np.float32)
        both += hits @ hits.T
    return np.diag(both)[:, None] - both


def bonett_price(
    wins: Floats | float, losses: Floats | float, n: Floats | int, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the interval of a difference of paired proportions, -1 to 1.

    Of `n` examples `wins` counts those that only a has right, `losses` those that only b has. Wald's interval
    with one example added to either: Bonett and Price (2012), recommended by Fagerland, Lydersen and
    Laake (2014). It excludes 0 about when McNemar's exact test rejects, where draws would already
    tell systems apart at 4 to 0.
    """
    p, q = np.asarray(wins + 1) / (n + 2), np.asarray(losses + 1) / (n + 2)
    half = z_of(level) * np.sqrt((p + q - (p - q) ** 2) / (n + 2))
    value = np.asarray(wins - losses) / np.maximum(n, 1)
    return np.maximum(np.minimum(p - q - half, value), -1), np.minimum(np.maximum(p - q + half, value), 1)


def _paired_stderr(wins: float, losses: float, n: int) -> float:
    """Return the standard error of a difference of paired proportions, unadjusted."""
    return math.sqrt(max(0.0, (wins + losses) / n - ((wins - losses) / n) ** 2) / n)
