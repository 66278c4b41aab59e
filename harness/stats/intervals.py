"""How sure a figure is: 95 % intervals that cover with few units and near a bound.

Questions on one article (or repeats of one example) rise and fall together, so whole clusters are drawn
where the data name them. Plain proportions have Wilson's interval, shares the one of `shares`; any other
figure that of a Bayesian bootstrap, in which half an imaginary unit takes part: the worst possible for the
low end, the best possible for the high end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.metrics.aggregates import OfSums, Prepared
from harness.schema import Metric
from harness.stats.bootstrap import Drawable, Ends, Floats, ResamplingPlan, draw_ends, draw_ends_of, figure_of
from harness.stats.influence import influence, jackknife_reach, t_reach
from harness.stats.shares import BOUNDS, Share, score_interval
from harness.stats.student import t_quantile, z_of

DRAWS, SEED, LEVEL = 1000, 1234, 0.95
LEAST_OF_CURVED = 10  # examples below which no interval of a figure that is no share covers


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A figure over `n` examples with its interval and standard error, in the metric's unit.

    The three are None where nothing can be said: fewer than two examples or three clusters, a metric without
    interval, or rows that lack what the figure needs. `units` counts the clusters, None where each example
    is a unit of its own.
    """

    value: float
    ci_low: float | None
    ci_high: float | None
    stderr: float | None
    n: int
    units: int | None = None

    def allows(self, figure: float) -> bool:
        """Return whether `figure` lies in the interval; without an interval nothing is ruled out.

        Two systems tie when the estimate of their difference allows 0.
        """
        return self.ci_low is None or self.ci_high is None or self.ci_low <= figure <= self.ci_high

    def holding(self, low: float, high: float) -> IntervalEstimate:
        """Return the estimate with an interval that reaches at least from `low` to `high`."""
        if self.ci_low is None or self.ci_high is None:
            return self
        return replace(self, ci_low=min(self.ci_low, low), ci_high=max(self.ci_high, high))


def estimates(
    metrics: Mapping[str, tuple[Metric, Floats]],
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = LEVEL,
) -> dict[str, IntervalEstimate]:
    """Return each metric's estimate, by name.

    A metric comes with its statistics (N, K), the same N for all; `clusters` (N,) names the cluster
    of each row. Without clusters (or with one row in each) a 0/1 metric has Wilson's interval, and other
    shares of bounded trials that of `shares.Share`. Any other has `draws` seeded draws of a Bayesian
    bootstrap: the percentile interval, corrected for median bias (Efron 1981: macro-F1 over rare labels falls
    when resampled) and expanded for few units (Hesterberg 2015), with half an imaginary unit at either end. A
    metric's estimate does not depend on which others stand beside it.

    Where all rows are the same and nothing is known of a bound, there is no interval.

    Raises:
        HarnessError: N is 0 or differs between the metrics or from `clusters`.
    """
    plan = ResamplingPlan.of(clusters, [stats for _, stats in metrics.values()], draws, seed, level)
    resampled = {name: pair for name, pair in metrics.items() if plan.resamples(pair[0])}
    found = {name: Share.of(*pair, plan) for name, pair in resampled.items()}
    shares = {name: share for name, share in found.items() if share is not None}
    others = {name: pair for name, pair in resampled.items() if name not in shares and _is_known(*pair, plan)}
    drawable: dict[str, Drawable] = {n: share for n, share in shares.items() if len(share.hits) >= plan.least}
    ends = draw_ends(drawable, plan) | draw_ends_of(others, plan)
    return {
        name: _estimate(metric, stats, plan, shares.get(name), ends.get(name))
        for name, (metric, stats) in metrics.items()
    }


def _is_known(metric: Metric, stats: Floats, plan: ResamplingPlan) -> bool:
    """Return whether the rows hold all that an interval needs: enough of them, targets of every label."""
    aggregate = metric.aggregate
    if plan.index is None and plan.n < LEAST_OF_CURVED:
        return False
    return not (isinstance(aggregate, Prepared) and aggregate.extremes and aggregate.extremes(stats) is None)


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the ends, 0 to 1, of Wilson's score interval of a proportion.

    It keeps its promise near 0 and 1, where the bootstrap sees no variation. Wilson (1927), in the
    form of Brown, Cai and DasGupta (2001), without continuity correction.

    Raises:
        HarnessError: there are no trials, or the successes are not among them.
    """
    if not (n > 0 and 0 <= successes <= n):
        raise HarnessError(f"no proportion: {successes:g} successes in {n:g} trials")
    return score_interval(successes / n, n, z_of(level))


def _estimate(
    metric: Metric, stats: Floats, plan: ResamplingPlan, share: Share | None, ends: Ends | None
) -> IntervalEstimate:
    """Return the estimate of one metric, by the interval that fits it."""
    value, units = figure_of(metric, stats), None if plan.index is None else plan.count
    if ends is not None and share is not None:
        return IntervalEstimate(
            value, *_of_share(share, value, ends, plan.level), share.stderr, plan.n, units
        )
    if ends is not None:
        raised = metric.aggregate.raised if isinstance(metric.aggregate, OfSums) else None
        if raised is not None:
            return _lowered(bootstrapped(value, plan.n, ends, tails_of(plan), units), raised(stats), plan)
        # With an imaginary unit the draws lie to one side of the figure by design, and that is no bias.
        tails = tails_of(plan) if _has_extremes(metric) else _unbiased(tails_of(plan), value, ends)
        found = bootstrapped(value, plan.n, ends, tails, units)
        return _within_bounds(_widened(found, metric, stats, plan), metric)
    if plan.has_closed_form(metric) and math.isfinite(value):
        low, high = wilson(value * plan.n, plan.n, plan.level)
        return IntervalEstimate(value, low, high, math.sqrt(value * (1 - value) / plan.n), plan.n)
    return IntervalEstimate(value, None, None, None, plan.n, units)


def _of_share(share: Share, value: float, ends: Ends, level: float) -> tuple[float, float]:
    """Return the wider of a share's two intervals, in the metric's unit."""
    low, high = share.wilson(level)
    tail = (1 - level) / 2
    drawn_low, drawn_high = np.sort(ends.low), np.sort(ends.high)
    low = min(low, float(drawn_low[int(rank_of_end(len(drawn_low), tail))]))
    high = max(high, float(drawn_high[-1 - int(rank_of_end(len(drawn_high), tail))]))
    least, most = share.bounds
    ends_in_unit = (least + (most - least) * end for end in (max(0.0, low), min(1.0, high)))
    low, high = ends_in_unit
    return min(low, value), max(high, value)


def _has_extremes(metric: Metric) -> bool:
    aggregate = metric.aggregate
    return isinstance(aggregate, (OfSums, Prepared)) and aggregate.extremes is not None


def _widened(
    found: IntervalEstimate, metric: Metric, stats: Floats, plan: ResamplingPlan
) -> IntervalEstimate:
    """Return the estimate with the t interval of the units' influences in it, if they may differ in size.

    A correlation has that of a jackknife in it, on Fisher's scale: draws of twenty pairs vary too little.
    Few clusters need it, and texts of which the long ones count more. What is summed up of texts lies above
    0, and its logarithm reaches as far to either side.
    """
    of_sums = metric.aggregate if isinstance(metric.aggregate, OfSums) else None
    if of_sums is not None and of_sums.correlates:
        reach = jackknife_reach(of_sums, stats, plan)
        if math.isfinite(reach) and abs(found.value) < 1:
            middle = math.atanh(found.value)
            return found.holding(math.tanh(middle - reach), math.tanh(middle + reach))
        return found
    of_lengths = of_sums.lengths if of_sums else None
    if found.ci_low is None or (plan.index is None and of_lengths is None):
        return found
    lengths = of_lengths(of_sums.summed(stats)) if of_sums and of_lengths else None
    reach = t_reach(influence(metric, stats), plan, lengths)
    if not math.isfinite(reach):
        return found
    if lengths is not None and found.value > 0:
        times = math.exp(min(reach / found.value, 50.0))
        return found.holding(found.value / times, found.value * times)
    return found.holding(found.value - reach, found.value + reach)


def _within_bounds(found: IntervalEstimate, metric: Metric) -> IntervalEstimate:
    if found.ci_low is None or found.ci_high is None or metric.unit not in BOUNDS:
        return found
    low, high = BOUNDS[metric.unit]
    if not low <= found.value <= high:
        return found  # a stranger's figure, and a unit that nobody declared
    return replace(found, ci_low=max(low, found.ci_low), ci_high=min(high, found.ci_high))


def _lowered(found: IntervalEstimate, raised: float, plan: ResamplingPlan) -> IntervalEstimate:
    """Return the estimate of a figure that chance has `raised` by as much at most, its low end from 0.

    Its high end stays: the draws have been raised once more.
    """
    if found.stderr is None:
        return found
    reach = t_quantile(plan.level, plan.count - 1) * found.stderr
    return replace(found, ci_low=max(0.0, found.value - raised - reach))


def bootstrapped(
    value: float, n: int, ends: Ends, tails: tuple[float, float], units: int | None = None
) -> IntervalEstimate:
    """Return the estimate whose ends leave the `tails` of the draws (D,) outside.

    The ends are draws themselves and moved, if need be, to let the value in. Draws without a figure (NaN: a
    correlation of equals) are left out; no interval is left of fewer than two, or where they do not vary.
    """
    low_drawn, high_drawn = (np.sort(drawn[np.isfinite(drawn)]) for drawn in ends)
    if min(len(low_drawn), len(high_drawn)) < 2 or not math.isfinite(value):
        return IntervalEstimate(value, None, None, None, n, units)
    low = min(float(low_drawn[int(rank_of_end(len(low_drawn), tails[0]))]), value)
    high = max(float(high_drawn[-1 - int(rank_of_end(len(high_drawn), tails[1]))]), value)
    if high - low <= 1e-12 * max(abs(value), 1e-12):
        return IntervalEstimate(value, None, None, None, n, units)
    middle = (low_drawn + high_drawn) / 2 if len(low_drawn) == len(high_drawn) else low_drawn
    return IntervalEstimate(value, low, high, float(middle.std(ddof=1)), n, units)


def rank_of_end(draws: Floats | int, tail: float) -> NDArray[np.float64]:
    """Return the place, from 0, of an interval's end among the sorted draws, counted from outside.

    The (D + 1)·tail-th draw, rounded outwards: Davison and Hinkley (1997).
    """
    place = np.floor((np.asarray(draws) + 1) * tail + 1e-9) - 1
    return np.asarray(np.clip(place, 0, np.asarray(draws) - 1))


def tails_of(plan: ResamplingPlan) -> tuple[float, float]:
    """Return the share of draws to leave out at the low and the high end.

    The percentile interval is too narrow for few units G, as the normal beside Student's t, and a draw's
    variance is G + 1 in the denominator; leaving out only Phi(-sqrt((G+1)/(G-1))·t) widens it: Hesterberg,
    "What Teachers Should Know About the Bootstrap" (2015).
    """
    wider = math.sqrt((plan.count + 1) / (plan.count - 1)) * t_quantile(plan.level, plan.count - 1)
    tail = NormalDist().cdf(-wider)
    return tail, tail


def _unbiased(tails: tuple[float, float], value: float, ends: Ends) -> tuple[float, float]:
    """Return the tails, shifted by twice the median bias of the draws (D,).

    Efron (1981): if the draws fall below the value, the value has fallen below the truth. The imaginary unit
    is no bias: the draws of both ends are looked at together.
    """
    drawn = np.concatenate([one[np.isfinite(one)] for one in ends])
    if not len(drawn):
        return tails
    same = np.isclose(drawn, value, rtol=1e-12, atol=1e-12)
    share = ((drawn < value) & ~same).mean() + same.mean() / 2
    normal, edge = NormalDist(), 1 / (2 * len(drawn))
    shift = 2 * normal.inv_cdf(min(max(float(share), edge), 1 - edge))
    low, high = (max(tail, 1e-300) for tail in tails)
    return normal.cdf(normal.inv_cdf(low) + shift), normal.cdf(normal.inv_cdf(high) - shift)
