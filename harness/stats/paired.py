"""Two systems on the same examples: their difference, and how sure its sign is."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.metrics.aggregates import Prepared
from harness.schema import Metric
from harness.stats.bootstrap import (
    Drawable,
    Draws,
    Ends,
    Floats,
    ResamplingPlan,
    draw_by_value,
    draw_ends,
    drawable,
    figure_of,
    figures_by_weights,
)
from harness.stats.influence import Linear, influence, t_reach
from harness.stats.intervals import DRAWS, LEVEL, SEED, IntervalEstimate, bootstrapped, tails_of
from harness.stats.shares import ShareDifference
from harness.stats.significance import discordant
from harness.stats.student import z_of

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
    the drawn differences, in clusters the wider of it and the t interval by CR2. No bias correction: what
    biases both sides alike is gone from the difference. From `LINEAR` examples on, the draws of what is no
    sum take the examples' influences alone. Two systems that do not differ anywhere have an interval only
    where it is known how far they could.

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
    drawn = _difference_ends({name: it for name, it in metrics.items() if plan.resamples(it[0])}, plan)
    return {name: _paired(*it, plan, drawn.get(name)) for name, it in metrics.items()}


def _paired(
    metric: Metric, stats_a: Floats, stats_b: Floats, plan: ResamplingPlan, ends: Ends | None
) -> IntervalEstimate:
    """Return the estimate of one difference, by the interval that fits it."""
    value = round(figure_of(metric, stats_a), DIGITS) - round(figure_of(metric, stats_b), DIGITS)
    units = None if plan.index is None else plan.count
    if ends is not None:
        found = bootstrapped(value, plan.n, ends, tails_of(plan), units)
        return found if plan.index is None else _widened(found, metric, stats_a, stats_b, plan)
    if plan.has_closed_form(metric):
        wins, losses = discordant(stats_a, stats_b)
        low, high = bonett_price(wins, losses, plan.n, plan.level)
        return IntervalEstimate(value, float(low), float(high), _paired_stderr(wins, losses, plan.n), plan.n)
    return IntervalEstimate(value, None, None, None, plan.n, units)


def _widened(
    found: IntervalEstimate, metric: Metric, stats_a: Floats, stats_b: Floats, plan: ResamplingPlan
) -> IntervalEstimate:
    """Return the estimate with the t interval of the units' influences in it, which few units need."""
    if found.ci_low is None or found.ci_high is None:
        return found
    reach = t_reach(influence(metric, stats_a) - influence(metric, stats_b), plan)
    return found if math.isnan(reach) else found.holding(found.value - reach, found.value + reach)


class _Sides:
    """Both sides' rows, under the same draws."""

    def __init__(self, a: Drawable, b: Drawable) -> None:
        self._a, self._b = a, b

    def figures(self, drawn: Draws) -> Floats:
        """Return a's figure minus b's (d,) in each draw."""
        return _difference(self._a.figures(drawn), self._b.figures(drawn))

    def ends(self, drawn: Draws) -> Ends:
        """Return the difference twice: it has no ends of its own."""
        return Ends(*2 * (self.figures(drawn),))


def _difference(a: Floats, b: Floats) -> Floats:
    """Return the one less the other (d,), rounded so that equal ones compare equal; NaN of two infinite."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.round(a, DIGITS) - np.round(b, DIGITS))


def _difference_ends(
    metrics: Mapping[str, tuple[Metric, Floats, Floats]], plan: ResamplingPlan
) -> dict[str, Ends]:
    """Return a's figure minus b's (D,) of each metric, both under the same weights: by value, else shared."""
    found: dict[str, Ends] = {}
    rest: dict[str, Drawable] = {}
    for name, (metric, stats_a, stats_b) in metrics.items():
        if (share := ShareDifference.of(metric, stats_a, stats_b, plan)) is not None:
            rest[name] = share
        elif (by_value := draw_by_value(np.hstack([stats_a, stats_b]), plan)) is not None:
            both, chunks = by_value
            sides = [figures_by_weights(metric, rows) for rows in np.hsplit(both, 2)]
            pairs = [[figures(drawn.weights) for figures in sides] for drawn in chunks]
            difference = _difference(*np.concatenate(pairs, axis=1))
            found[name] = Ends(difference, difference)
        else:
            rest[name] = _Sides(*(_drawable(metric, stats, plan) for stats in (stats_a, stats_b)))
    return found | draw_ends(rest, plan)


def _drawable(metric: Metric, stats: Floats, plan: ResamplingPlan) -> Drawable:
    """Return the rows (N, K) made ready for draws.

    Of so many rows that what influences leave out is a small part of the interval's own uncertainty, draws
    take those alone: to sort anew in each draw costs ten times more.
    """
    if plan.n >= LINEAR and isinstance(metric.aggregate, Prepared):
        return Linear(metric, stats)
    return drawable(metric, stats, plan)


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
