"""How sure a figure is: Wilson's interval, or a seeded bootstrap over examples or clusters of them.

Questions on one article (or repeats of one example) rise and fall together, so whole clusters are drawn
where the data name them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.schema import Metric
from harness.stats.bootstrap import Floats, ResamplingPlan, draw_figures_of, figure_of

DRAWS, SEED, LEVEL = 1000, 1234, 0.95


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A figure over `n` examples with its interval and standard error, in the metric's unit.

    The three are None where nothing can be said: fewer than two units, or a metric without interval.
    """

    value: float
    ci_low: float | None
    ci_high: float | None
    stderr: float | None
    n: int

    def allows(self, figure: float) -> bool:
        """Return whether `figure` lies in the interval; without an interval nothing is ruled out.

        Two systems tie when the estimate of their difference allows 0.
        """
        return self.ci_low is None or self.ci_high is None or self.ci_low <= figure <= self.ci_high


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
    of each row. Without clusters (or with one row in each) a 0/1 metric has Wilson's interval.
    Otherwise `draws` seeded bootstrap draws give it: the percentile interval, corrected for median
    bias (Efron 1981: macro-F1 over rare labels falls when resampled) and expanded for few units
    (Hesterberg 2015). A metric's estimate does not depend on which others stand beside it.

    Where all rows are the same the bootstrap has nothing to vary and its interval has no width.

    Raises:
        HarnessError: N is 0 or differs between the metrics or from `clusters`.
    """
    plan = ResamplingPlan.of(clusters, [stats for _, stats in metrics.values()], draws, seed, level)
    resampled = {name: pair for name, pair in metrics.items() if plan.resamples(pair[0])}
    replicates = draw_figures_of(resampled, plan)
    return {
        name: _estimate(metric, stats, plan, replicates.get(name))
        for name, (metric, stats) in metrics.items()
    }


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the ends, 0 to 1, of Wilson's score interval of a proportion.

    It keeps its promise near 0 and 1, where the bootstrap sees no variation. Wilson (1927), in the
    form of Brown, Cai and DasGupta (2001), without continuity correction.

    Raises:
        HarnessError: there are no trials, or the successes are not among them.
    """
    if not (n > 0 and 0 <= successes <= n):
        raise HarnessError(f"no proportion: {successes:g} successes in {n:g} trials")
    share, z = successes / n, z_of(level)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    # Rounding may leave the ends a hair inside the share at 0 and 1.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


def _estimate(
    metric: Metric, stats: Floats, plan: ResamplingPlan, replicates: Floats | None
) -> IntervalEstimate:
    """Return the estimate of one metric, by the interval that fits it."""
    value = figure_of(metric, stats)
    if replicates is not None:
        tails = _unbiased(tails_of(plan), value, replicates)
        return bootstrapped(value, plan.n, replicates, tails)
    if plan.has_closed_form(metric) and math.isfinite(value):
        low, high = wilson(value * plan.n, plan.n, plan.level)
        return IntervalEstimate(value, low, high, math.sqrt(value * (1 - value) / plan.n), plan.n)
    return IntervalEstimate(value, None, None, None, plan.n)


def bootstrapped(value: float, n: int, replicates: Floats, tails: tuple[float, float]) -> IntervalEstimate:
    """Return the estimate whose ends leave the `tails` of the replicates (D,) outside.

    The ends are replicates themselves and moved, if need be, to let the value in. Draws without a
    figure (NaN: a correlation of equals) are left out; no interval is left of fewer than two.
    """
    drawn = np.sort(replicates[np.isfinite(replicates)])
    if len(drawn) < 2 or not math.isfinite(value):
        return IntervalEstimate(value, None, None, None, n)
    low = drawn[int(rank_of_end(len(drawn), tails[0]))]
    high = drawn[-1 - int(rank_of_end(len(drawn), tails[1]))]
    return IntervalEstimate(
        value, min(float(low), value), max(float(high), value), float(drawn.std(ddof=1)), n
    )


def rank_of_end(draws: Floats | int, tail: float) -> NDArray[np.float64]:
    """Return the place, from 0, of an interval's end among the sorted draws, counted from outside.

    The (D + 1)·tail-th draw, rounded outwards: Davison and Hinkley (1997).
    """
    place = np.floor((np.asarray(draws) + 1) * tail + 1e-9) - 1
    return np.asarray(np.clip(place, 0, np.asarray(draws) - 1))


def tails_of(plan: ResamplingPlan) -> tuple[float, float]:
    """Return the share of draws to leave out at the low and the high end.

    The percentile interval is too narrow for few units G, as the normal beside Student's t; leaving
    out only Phi(-sqrt(G/(G-1))·t) widens it: Hesterberg, "What Teachers Should Know About the
    Bootstrap" (2015).
    """
    wider = math.sqrt(plan.count / (plan.count - 1)) * t_quantile(plan.level, plan.count - 1)
    tail = NormalDist().cdf(-wider)
    return tail, tail


def _unbiased(tails: tuple[float, float], value: float, replicates: Floats) -> tuple[float, float]:
    """Return the tails, shifted by twice the median bias of the replicates (D,).

    Efron (1981): if the draws fall below the value, the value has fallen below the truth. With 100
    labels and 2,000 examples, macro-F1's plain interval covers 83 %, the corrected one 95 %.
    """
    drawn = replicates[np.isfinite(replicates)]
    if not len(drawn):
        return tails
    same = np.isclose(drawn, value, rtol=1e-12, atol=1e-12)
    share = ((drawn < value) & ~same).mean() + same.mean() / 2
    normal, edge = NormalDist(), 1 / (2 * len(drawn))
    shift = 2 * normal.inv_cdf(min(max(float(share), edge), 1 - edge))
    low, high = (max(tail, 1e-300) for tail in tails)
    return normal.cdf(normal.inv_cdf(low) + shift), normal.cdf(normal.inv_cdf(high) - shift)


@lru_cache(maxsize=1024)
def t_quantile(level: float, df: int) -> float:
    """Return the t that |T| stays below with probability `level`, for Student's T of `df` degrees.

    Ours, since scipy.stats takes half a second to import. With t = sqrt(df)·tan(a), the mass between
    0 and t is c·∫cos^(df-1) from 0 to a: smooth, so Gauss-Legendre gives it to all digits; Newton's
    steps rise to the root, because the mass is concave in a.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    angle = math.atan(z_of(level) / math.sqrt(df))
    for _ in range(100):
        mass = scale * angle / 2 * float(weights @ np.cos(angle * (nodes + 1) / 2) ** (df - 1))
        step = (level / 2 - mass) / (scale * math.cos(angle) ** (df - 1))
        angle += step
        if abs(step) < 1e-15:
            break
    return math.sqrt(df) * math.tan(angle)


def z_of(level: float) -> float:
    """Return the z that a standard normal's size stays below with probability `level`."""
    return NormalDist().inv_cdf((1 + level) / 2)
