"""Intervals of shares of trials: means of bounded values, ratios of counts, in units of any size.

The wider of two. Wilson's interval, with the effective number of trials that the units' variance leaves (CR2:
Bell and McCaffrey 2002) and the degrees of freedom of Imbens and Kolesár (2016), holds where clusters are few
or differ in size; in clusters it holds that by the variance of units alike but in size, too, since it may be
that no large one has failed yet. It fails near a bound, where units without variation look sure. A Bayesian
bootstrap with half an imaginary unit at the bound holds there: of examples right or wrong it is Jeffreys'
interval, and with a whole unit it were Clopper and Pearson's; for means, Learned-Miller and Thomas's (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.metrics.aggregates import HALF, OfSums, mean, product, ratio
from harness.schema import Metric
from harness.stats.bootstrap import Draws, Ends, Floats, ResamplingPlan, by_unit, fading
from harness.stats.student import t_quantile

BOUNDS = {"0-1": (0.0, 1.0), "-1-1": (-1.0, 1.0), "0-100": (0.0, 100.0), "0-2": (0.0, 2.0)}
CORRELATION = 0.1  # within clusters, as supposed by the degrees of freedom: what differs most is their size
NEAR = 0.01  # of a trial: an example so near a bound says as little as one that lies there
_SAME = 1e-9  # of a trial: rounding


@dataclass(frozen=True)
class Share:
    """The units of a share: each one's hits and trials (G,), the least and the most of the metric's unit.

    `spread` is the variance of a single trial.
    """

    hits: Floats
    trials: Floats
    bounds: tuple[float, float]
    plan: ResamplingPlan
    spread: float

    @classmethod
    def of(cls, metric: Metric, stats: Floats, plan: ResamplingPlan) -> Share | None:
        """Return the units of a metric that is a share of bounded trials, None of any other.

        Units without a trial (nothing to be found, nothing answered) say nothing and are left out.
        """
        parts = _parts(metric, stats)
        if parts is None:
            return None
        hits, trials = by_unit(np.stack(parts, axis=1), plan).T
        asked = trials > _SAME
        return cls(hits[asked], trials[asked], BOUNDS[metric.unit], plan, _spread(*parts))

    @property
    def value(self) -> float:
        """Return the share of all trials, 0 to 1."""
        return float(self.hits.sum() / self.trials.sum())

    @cached_property
    def variance(self) -> float:
        """Return the variance of the share by CR2: each unit's residual, as if it had not been fitted to."""
        residuals = self.hits - self.trials * self.value
        return cr2(residuals, self.trials)

    @property
    def stderr(self) -> float:
        """Return the standard error in the metric's unit."""
        low, high = self.bounds
        return (high - low) * math.sqrt(self.variance)

    @cached_property
    def imaginary(self) -> float:
        """Return how many units the imaginary one is: half a one, times what takes part of it."""
        near = NEAR * self.trials if self.plan.index is None else _SAME
        return HALF * fading(self.hits, self.trials, near)

    def wilson(self, level: float) -> tuple[float, float]:
        """Return the ends of Wilson's interval with the effective number of trials, 0 to 1.

        In clusters the wider of two: by the units' own variance, and by the one that all units together
        estimate. Where no large unit happened to fail, the first does not know that one may.
        """
        low, high = self._scored(self.variance, t_quantile(level, max(1.0, self.freedom)))
        if self.plan.index is None:
            return low, high
        pooled = exchangeable(self.hits - self.trials * self.value, self.trials, self.spread)
        other_low, other_high = self._scored(pooled, t_quantile(level, max(1.0, len(self.trials) - 1.0)))
        return min(low, other_low), max(high, other_high)

    def _scored(self, variance: float, quantile: float) -> tuple[float, float]:
        room, trials = self.value * (1 - self.value), float(self.trials.sum())
        effective = trials if min(room, variance) < 1e-12 else room / variance
        if self.plan.index is not None:  # clusters make nothing surer than as many examples of their own
            effective = min(effective, trials * room / self.spread if self.spread > 1e-12 else trials)
        return score_interval(self.value, effective, quantile)

    @cached_property
    def freedom(self) -> float:
        """Return the degrees of freedom of the variance."""
        return degrees_of_freedom(self.trials)

    # As what can be drawn

    @cached_property
    def _sums(self) -> Floats:
        return np.stack([self.hits, self.trials], axis=1)

    @cached_property
    def _extra(self) -> Floats:
        """What the imaginary unit holds in each draw (D,): as much as others do, times what it stands for."""
        if not self.imaginary:
            return np.zeros(self.plan.draws)
        rng = np.random.default_rng((self.plan.seed, 1))
        return np.asarray(rng.standard_gamma(self.imaginary, size=self.plan.draws) * self.trials.mean())

    def ends(self, drawn: Draws) -> Ends:
        """Return the share (d,) in each draw, the imaginary unit without a hit, and with nothing else."""
        hits, trials = self._drawn(drawn)
        extra = self._extra[drawn.place]
        return Ends(hits / (trials + extra), (hits + extra) / (trials + extra))

    def figures(self, drawn: Draws) -> Floats:
        """Return the share (d,) in each draw."""
        hits, trials = self._drawn(drawn)
        return np.asarray(hits / trials)

    def _drawn(self, drawn: Draws) -> tuple[Floats, Floats]:
        hits, trials = product(drawn.units[:, : len(self.hits)], self._sums).T
        return hits, trials


def cr2(residuals: Floats, sizes: Floats) -> float:
    """Return the variance of a mean over units of such sizes, from what is left of each unit's sum (G,).

    A large unit draws the mean towards itself, and its residual is made larger again: Bell and McCaffrey
    (2002).
    """
    lever = sizes / sizes.sum()
    return float((residuals**2 / np.maximum(1 - lever, 1e-12)).sum() / sizes.sum() ** 2)


def exchangeable(residuals: Floats, sizes: Floats, spread: float) -> float:
    """Return the variance of a mean over units (G,) of which any two trials of one are equally correlated.

    A unit of t trials of variance `spread` has a sum of the variance spread · t · (1 + (t - 1) · rho). All
    units estimate rho, each with a weight of 1 / t, by moments and not below 0, and the variance follows for
    their sizes: a large unit without a mistake is not taken for one that makes none. 0 where `spread` is.
    Ridout, Demétrio and Firth (1999) compare such estimates.
    """
    lever = sizes / sizes.sum()
    pairs = float(np.maximum(sizes - 1, 0).sum())
    if spread < 1e-12 or not pairs:
        return spread / float(sizes.sum())
    squares = float((residuals**2 / (sizes * np.maximum(1 - lever, 1e-12))).sum()) / spread
    rho = min(1.0, max(0.0, (squares - len(sizes)) / pairs))
    return spread * float((lever**2 * (1 + (sizes - 1) * rho) / sizes).sum())


def proportional(residuals: Floats, sizes: Floats) -> float:
    """Return the variance of a mean over units (G,) whose sums vary as their sizes do.

    All units together estimate by how much, each with a weight of 1 / its size: `exchangeable` for units of
    which each says one thing, and no bound tells how far that may vary.
    """
    whole = float(sizes.sum())
    lever = sizes / whole
    squares = float((residuals**2 / (sizes * np.maximum(1 - lever, 1e-12))).sum()) / whole
    return squares * float((lever**2).sum())


def degrees_of_freedom(sizes: Floats) -> float:
    """Return the degrees of freedom of that variance: units less one, fewer where they differ in size.

    tr(M)² / tr(M²), M the units' covariance after fitting, scaled by CR2, for values that are correlated
    within their unit: diagonal plus rank two, so that sums are all that is needed. Imbens and Kolesár (2016).
    """
    if (sizes == 1).all():
        return len(sizes) - 1.0
    own = sizes * (1 - CORRELATION) + sizes**2 * CORRELATION
    lever = sizes / sizes.sum()
    scale, whole = 1 / np.maximum(1 - lever, 1e-12), float(own.sum())
    fitted = -2 * lever * own + lever**2 * whole  # the diagonal of what fitting takes

    def summed(*factors: Floats) -> float:
        return float(np.prod([scale, *factors], axis=0).sum())

    trace = summed(own + fitted)
    apart = 2 * summed(lever, lever) * summed(own, own) + (whole * summed(lever, lever)) ** 2
    apart += 2 * summed(lever, own) ** 2 - 4 * whole * summed(lever, lever) * summed(lever, own)
    return trace**2 / (apart + summed(scale, own, own + 2 * fitted))


def _parts(metric: Metric, stats: Floats) -> tuple[Floats, Floats] | None:
    """Return each row's hits and trials (N,), None where the metric is no share or a row out of bounds."""
    aggregate = metric.aggregate
    if not isinstance(aggregate, OfSums) or metric.unit not in BOUNDS:
        return None
    columns = aggregate.summed(stats)
    if aggregate.parts is not None:
        hits, trials = aggregate.parts(columns)
    elif aggregate.figure is mean:
        hits, trials = columns[:, 0], np.ones(len(columns))
    elif aggregate.figure is ratio:
        hits, trials = columns[:, 0], columns[:, 1]
    else:
        return None
    low, high = BOUNDS[metric.unit]
    scaled = (hits - low * trials) / (high - low)
    inside = (scaled >= -_SAME) & (scaled <= trials + _SAME)  # NaN is not
    return (scaled, trials) if inside.all() and trials.any() else None


def _spread(hits: Floats, trials: Floats) -> float:
    """Return the variance of a single trial: share · (1 - share) where each is right or wrong, else less."""
    asked = trials > _SAME
    whole = float(trials.sum())
    squares = float((hits[asked] ** 2 / trials[asked]).sum()) / whole
    return max(0.0, squares - (float(hits.sum()) / whole) ** 2)


def score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Return the ends of Wilson's (1927) score interval of a share of `n` trials, 0 to 1, holding the share.

    In the form of Brown, Cai and DasGupta (2001), without continuity correction. Rounding may otherwise leave
    the ends a hair inside the share at 0 and 1.
    """
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(max(0.0, share * (1 - share)) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


class ShareDifference:
    """The share of one system less that of another, on the same units, as what can be drawn.

    Where both did the same on a unit, it says nothing of how far they may part: half an imaginary unit, times
    the share of such, on which the one has all and the other nothing.
    """

    def __init__(self, a: Share, b: Share, plan: ResamplingPlan) -> None:
        low, high = a.bounds
        self._reach, self._sums = high - low, np.stack([a.hits, a.trials, b.hits, b.trials], axis=1)
        alike = (np.abs(a.hits - b.hits) <= _SAME) & (np.abs(a.trials - b.trials) <= _SAME)
        self._mass = HALF * float(alike.mean())
        rng = np.random.default_rng((plan.seed, 1))
        size = (a.trials.mean() + b.trials.mean()) / 2
        self._extra = (
            rng.standard_gamma(self._mass, size=plan.draws) * size if self._mass else np.zeros(plan.draws)
        )

    @classmethod
    def of(
        cls, metric: Metric, stats_a: Floats, stats_b: Floats, plan: ResamplingPlan
    ) -> ShareDifference | None:
        """Return the difference of two systems' shares; None where a side is none, or has other units."""
        a, b = (Share.of(metric, stats, plan) for stats in (stats_a, stats_b))
        if a is None or b is None or {len(a.hits), len(b.hits)} != {plan.count}:
            return None
        return cls(a, b, plan)

    def figures(self, drawn: Draws) -> Floats:
        """Return the difference (d,) in each draw."""
        hits_a, trials_a, hits_b, trials_b = product(drawn.units, self._sums).T
        return np.asarray(self._reach * (hits_a / trials_a - hits_b / trials_b))

    def ends(self, drawn: Draws) -> Ends:
        """Return the difference (d,) in each draw, with what would lower it most, and raise it most."""
        hits_a, trials_a, hits_b, trials_b = product(drawn.units, self._sums).T
        extra = self._extra[drawn.place]
        trials_a, trials_b = trials_a + extra, trials_b + extra
        low = hits_a / trials_a - (hits_b + extra) / trials_b
        high = (hits_a + extra) / trials_a - hits_b / trials_b
        return Ends(self._reach * low, self._reach * high)
