"""How small a fall a paired test can find, and how many examples it would take to find a given one.

A test that finds nothing says little unless one knows what it would have found. Power is the chance of an
alarm: the one-sided test rejects, at `alpha`, that the fall is at most the `margin`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln, xlogy

from harness.schema import Metric
from harness.stats.bootstrap import Floats, ResamplingPlan
from harness.stats.intervals import LEVEL, SEED
from harness.stats.margins import p_of_score
from harness.stats.significance import discordant

POWER = 0.8
MOST = 10_000_000  # examples; who is told to ask more will not

_TAILS = 7.0  # standard deviations of the number of discordant pairs, beyond which nothing is added


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a paired test over `n` examples can find, given how far the two sides differ now.

    `units` counts what may be swapped: the examples, or clusters of them; `differing` those in which the
    sides differ. `stderr` is the standard error of the difference in the metric's unit, None where McNemar's
    exact test is used.
    """

    n: int
    differing: int
    stderr: float | None = None
    units: int | None = None

    def detectable(self, alpha: float, margin: float = 0.0) -> float | None:
        """Return the fall that is found with 80 % power; None where that cannot be told.

        By the exact test's own power; else by the normal approximation, with at least as many differing
        units as an exact test needs before it can reject at all. None too where there are fewer units.
        """
        if (self.n if self.units is None else self.units) < fewest(alpha):
            return None
        if self.stderr is None:
            return mcnemar_detectable(self.n, self.differing / self.n, alpha, margin)
        if not self.differing:
            return None  # of how far answers may differ, nothing is known
        return normal_detectable(self._least_stderr(alpha), alpha, margin)

    def needed(self, fall: float, alpha: float, margin: float = 0.0) -> int | None:
        """Return how many examples would find `fall` with 80 % power; None above ten million."""
        if self.stderr is None:
            return mcnemar_needed(fall, self.differing / self.n, alpha, margin)
        return (
            normal_needed(fall, self._least_stderr(alpha), self.n, alpha, margin) if self.differing else None
        )

    def _least_stderr(self, alpha: float) -> float:
        return (self.stderr or 0.0) * math.sqrt(max(1.0, fewest(alpha) / self.differing))


def sensitivity(
    metric: Metric,
    stats_a: Floats,
    stats_b: Floats,
    clusters: NDArray[np.generic] | None = None,
    *,
    stderr: float | None,
) -> Sensitivity | None:
    """Return what the paired test that fits the metric can find; None where there is no test.

    `stats_a` and `stats_b` are (N, K), row by row the same example; `stderr` is that of their difference.
    """
    plan = ResamplingPlan.of(clusters, [stats_a, stats_b], 2, SEED, LEVEL)
    if plan.has_closed_form(metric):
        return Sensitivity(plan.n, sum(discordant(stats_a, stats_b)), units=plan.n)
    if not plan.resamples(metric) or stderr is None:
        return None
    rows = ~((stats_a == stats_b) | (np.isnan(stats_a) & np.isnan(stats_b))).all(axis=1)
    units = np.count_nonzero(rows) if plan.index is None else len(np.unique(plan.index[rows]))
    return Sensitivity(plan.n, int(units), stderr, plan.count)


@lru_cache(maxsize=4096)
def mcnemar_power(fall: float, n: int, discordant: float, alpha: float, margin: float = 0.0) -> float:
    """Return the chance, 0 to 1, that McNemar's exact one-sided test over `n` pairs finds a fall.

    `fall` and `margin` are differences of proportions, 0 to 1; `discordant` is the share of pairs of which
    just one side is right, at least the `fall` itself. The unconditional power: over the number of
    discordant pairs, a binomial, and over the losses among them, another (Connor 1987; Duffy 1984).
    """
    share = min(1.0, max(discordant, fall))
    pairs = _likely(n, share)
    losing = min(1.0, (share + fall) / (2 * share)) if share else 0.5
    losses = _critical(pairs, alpha)
    if margin:
        losses = np.maximum(losses, _critical_beyond(pairs, n, alpha, margin))
    return float(_pmf(pairs, n, share) @ _at_least(losses, pairs, losing))


@lru_cache(maxsize=4096)
def mcnemar_detectable(n: int, discordant: float, alpha: float, margin: float = 0.0) -> float | None:
    """Return the fall, 0 to 1, that McNemar's exact one-sided test finds with 80 % power.

    `discordant` is the share of pairs that differ now; where that is less than the fall, all that differ
    are losses. None where not even a fall of 1 is found so often: too few examples.
    """
    if mcnemar_power(1.0, n, 1.0, alpha, margin) < POWER:
        return None
    low, high = 0.0, 1.0
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        found = mcnemar_power(middle, n, discordant, alpha, margin) >= POWER
        low, high = (low, middle) if found else (middle, high)
    return high


def mcnemar_needed(fall: float, discordant: float, alpha: float, margin: float = 0.0) -> int | None:
    """Return how many examples it takes to find this fall with 80 % power; None above ten million.

    Starts at the normal formula of Connor (1987) and grows until the exact power is there.
    """
    share = max(discordant, fall)
    z_alpha, z_power = _quantile(1 - alpha), _quantile(POWER)
    noise = math.sqrt(max(0.0, share - fall**2))
    if margin >= fall:
        return None
    size = max(1.0, ((z_alpha * math.sqrt(share) + z_power * noise) / (fall - margin)) ** 2)
    while size <= MOST:
        n = math.ceil(size)
        if mcnemar_power(fall, n, share, alpha, margin) >= POWER:
            return n
        size = n * 1.02
    return None


def normal_detectable(stderr: float, alpha: float, margin: float = 0.0) -> float:
    """Return the fall that a one-sided normal test finds with 80 % power, in the unit of `stderr`.

    `stderr` is the standard error of the difference: Bloom's (1995) minimum detectable effect.
    """
    return margin + (_quantile(1 - alpha) + _quantile(POWER)) * stderr


def normal_needed(fall: float, stderr: float, n: int, alpha: float, margin: float = 0.0) -> int | None:
    """Return how many examples it takes to find this fall with 80 % power; None above ten million.

    `stderr` is that of the difference over `n` examples, and falls with their root.
    """
    if margin >= fall:
        return None
    z_alpha, z_power = _quantile(1 - alpha), _quantile(POWER)
    root = (z_alpha + z_power) * stderr / (fall - margin)
    size = math.ceil(n * root**2)
    return size if size <= MOST else None


def fewest(alpha: float) -> int:
    """Return how many units must differ, all for the worse, before an exact paired test can reject."""
    return math.ceil(-math.log2(alpha) - 1e-12)


def _quantile(probability: float) -> float:
    return NormalDist().inv_cdf(probability)


def _likely(n: int, share: float) -> NDArray[np.float64]:
    """Return the numbers of discordant pairs (M,) that are likely at all."""
    reach = _TAILS * math.sqrt(n * share * (1 - share)) + _TAILS**2
    return np.arange(max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach)) + 1.0)


def _pmf(counts: NDArray[np.float64], n: int, share: float) -> NDArray[np.float64]:
    """Return the binomial probability (M,) of each of `counts` among `n`."""
    choose = gammaln(n + 1) - gammaln(counts + 1) - gammaln(n - counts + 1)
    return np.asarray(np.exp(choose + xlogy(counts, share) + xlogy(n - counts, 1 - share)))


def _at_least(least: NDArray[np.float64], tosses: NDArray[np.float64], heads: float) -> NDArray[np.float64]:
    """Return the probability (M,) of at least so many heads among so many tosses."""
    inside = np.clip(least, 1, np.maximum(tosses, 1))
    tail = betainc(inside, np.maximum(tosses, 1) - inside + 1, heads)
    return np.where(least <= 0, 1.0, np.where(least > tosses, 0.0, tail))


def _critical(tosses: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Return for each number of tosses (M,) the fewest heads that a fair coin gives with at most `alpha`.

    One more than the tosses where even all of them are not rare enough. The normal quantile is right to
    within four; halving finds the place.
    """
    about = np.ceil(tosses / 2 + _quantile(1 - alpha) * np.sqrt(tosses) / 2)
    low, high = np.maximum(about - 5, 0), np.minimum(about + 4, tosses + 1)  # not rare enough; rare enough
    low = np.minimum(low, high)
    for _ in range(4):
        middle = np.floor((low + high) / 2)
        rare = _at_least(middle, tosses, 0.5) <= alpha
        low, high = np.where(rare, low, middle), np.where(rare, middle, high)
    return np.asarray(high)


def _critical_beyond(pairs: NDArray[np.float64], n: int, alpha: float, margin: float) -> NDArray[np.float64]:
    """Return for each number of discordant pairs (M,) the fewest losses beyond the margin by Tango's test."""
    low, high = np.zeros_like(pairs), pairs + 1
    while (open_ := low < high).any():
        middle = np.floor((low + high) / 2)
        beyond = p_of_score(middle, pairs - middle, n, margin) <= alpha
        low, high = np.where(open_ & ~beyond, middle + 1, low), np.where(open_ & beyond, middle, high)
    return high
