"""How sure a figure is: Wilson's interval, a seeded bootstrap, and paired differences.

Everything rests on one contract of `Metric.aggregate`: a row of weight 2 counts as the row twice, and
equal rows may be merged when their weights are summed. A bootstrap draw is then a vector of weights;
nothing is scored twice. What is drawn are *units*: examples, or whole clusters of them, since
questions on one article (or repeats of one example) rise and fall together.

A metric whose rows take few distinct values (a classification's) is drawn by value: how often each
value occurs among N drawn examples is one multinomial, exactly, and a draw costs the same for any N.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.schema import Metric

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Table = NDArray[np.float32]

DRAWS, SEED, LEVEL = 1000, 1234, 0.95

_CHUNK = 2**18  # weights held at once: 2 MB stay in the cache; more for more than 2**18 examples
_FEW = 64  # distinct rows up to which a table pays
_TABLE = 2**23  # cells of a table: 32 MB
_ONE_THREAD = 2**18  # multiplications up to which OpenBLAS starts no threads: on a busy machine they cost 20x
_SHARED = 50_000  # examples up to which systems are compared on the very same draws
_DIGITS = 12  # two sums of the same numbers in another order are the same figure


@dataclass(frozen=True, slots=True)
class Estimate:
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
) -> dict[str, Estimate]:
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
    plan = _Plan.of(clusters, [stats for _, stats in metrics.values()], draws, seed, level)
    resampled = {name: pair for name, pair in metrics.items() if plan.resamples(pair[0])}
    replicates = _replicates(resampled, plan)
    return {
        name: _estimate(metric, stats, plan, replicates.get(name))
        for name, (metric, stats) in metrics.items()
    }


def paired(
    metric: Metric,
    stats_a: Floats,
    stats_b: Floats,
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = LEVEL,
) -> Estimate:
    """Return the estimate of a's figure minus b's, over the same examples in the same order.

    Each draw weighs both systems alike: `stats_a` and `stats_b` are (N, K), row by row the same
    example. A 0/1 metric without clusters has the closed form of Bonett and Price (2012), which
    holds where few examples tell the systems apart; others have the expanded percentile interval of
    the drawn differences. No bias correction: what biases both sides alike is gone from the difference.

    Raises:
        HarnessError: N is 0 or differs.
    """
    plan = _Plan.of(clusters, [stats_a, stats_b], draws, seed, level)
    value = round(_value(metric, stats_a), _DIGITS) - round(_value(metric, stats_b), _DIGITS)
    if plan.resamples(metric):
        differences = _difference_draws(metric, stats_a, stats_b, plan)
        return _bootstrapped(value, plan.n, differences, _tails(plan))
    if plan.has_closed_form(metric):
        wins, losses = _discordant([stats_a, stats_b])[[0, 1], [1, 0]]
        low, high = _bonett_price(wins, losses, plan)
        return Estimate(value, float(low), float(high), _paired_stderr(wins, losses, plan.n), plan.n)
    return Estimate(value, None, None, None, plan.n)


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
    plan = _Plan.of(clusters, systems, draws, seed, level)
    if plan.has_closed_form(metric):
        wins = _discordant(systems)
        return _signs(_bonett_price(wins, wins.T, plan)[0] > 0)
    if not plan.resamples(metric):
        return np.zeros((len(systems), len(systems)), np.int8)
    if not plan.shares_draws:
        return _signs(_above_by_pairs(metric, systems, plan))
    figures = np.round([_value(metric, stats) for stats in systems], _DIGITS)
    above = _drawn_above(_system_draws(metric, systems, plan), _tails(plan)[0])
    return _signs(above & (figures[:, None] > figures))


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the ends, 0 to 1, of Wilson's score interval of a proportion.

    It keeps its promise near 0 and 1, where the bootstrap sees no variation. Wilson (1927), in the
    form of Brown, Cai and DasGupta (2001), without continuity correction.

    Raises:
        HarnessError: there are no trials, or the successes are not among them.
    """
    if not (n > 0 and 0 <= successes <= n):
        raise HarnessError(f"no proportion: {successes:g} successes in {n:g} trials")
    share, z = successes / n, _z(level)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    # Rounding may leave the ends a hair inside the share at 0 and 1.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


# What is drawn ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a draw resamples, and how often: `count` units over `n` examples.

    `index` (N,) is each example's unit, None where it is its own.
    """

    n: int
    count: int
    index: Indices | None
    draws: int
    seed: int
    level: float

    @classmethod
    def of(
        cls,
        clusters: NDArray[np.generic] | None,
        stats: Sequence[Floats],
        draws: int,
        seed: int,
        level: float,
    ) -> _Plan:
        """Return the plan for statistics (N, K) of the same examples.

        The units are the clusters, or the examples where no cluster has two of them.

        Raises:
            HarnessError: the lengths differ, or a setting makes no sense.
        """
        lengths = {len(one) for one in stats} | ({len(clusters)} if clusters is not None else set())
        if len(lengths) > 1:
            raise HarnessError(f"statistics and clusters of the same examples differ in length: {lengths}")
        if draws < 2 or not 0 < level < 1:
            raise HarnessError(f"no interval of level {level:g} from {draws} draws")
        n = max(lengths, default=0)
        index = None if clusters is None else _numbered(clusters)
        count = n if index is None else int(index.max(initial=-1)) + 1
        return cls(n, count, None if count == n else index, draws, seed, level)

    def resamples(self, metric: Metric) -> bool:
        """Return whether the metric's interval comes from draws."""
        return self.count > 1 and metric.interval != "none" and not self.has_closed_form(metric)

    def has_closed_form(self, metric: Metric) -> bool:
        """Return whether the metric is a plain proportion, which needs no draws."""
        return self.count > 1 and metric.interval == "wilson" and self.index is None

    @property
    def shares_draws(self) -> bool:
        """Return whether systems are compared on the same draws of units, or each pair by value."""
        return self.index is not None or self.n <= _SHARED

    def chunks(self, width: int) -> Iterator[int]:
        """Yield numbers of draws that add up to all, each with at most a chunk's weights of `width`."""
        step = max(1, _CHUNK // width)
        for start in range(0, self.draws, step):
            yield min(step, self.draws - start)


def _numbered(clusters: NDArray[np.generic]) -> Indices:
    """Return a number for each cluster id (N,), from 0 in order of appearance.

    By a dict, since ids may be of any kind and np.unique sorts text slowly.
    """
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in clusters.tolist()], np.intp)


class _Draws:
    """Some draws at once: how often each unit was drawn (d, G), and what each example then weighs."""

    def __init__(self, counts: Floats, index: Indices | None) -> None:
        self.counts, self._index = counts, index

    @cached_property
    def weights(self) -> Floats:
        """Return the weights of the examples (d, N): the counts of their units."""
        return self.counts if self._index is None else self.counts[:, self._index]

    @cached_property
    def _small_counts(self) -> Table:
        """Return the counts (d, G) in half the memory; whole numbers below 2**24 stay exact."""
        return self.counts.astype(np.float32)

    def tabled(self, table: Table) -> Floats:
        """Return the weights of U distinct rows (d, U), from their number in each unit (G, U)."""
        cells = len(self.counts) * table.shape[1]
        weights = np.zeros((len(self.counts), table.shape[1]), np.float64)
        for part in _slices(len(table), max(1, _ONE_THREAD // cells)):
            weights += self._small_counts[:, part] @ table[part]
        return weights


def _slices(length: int, step: int) -> Iterator[slice]:
    """Yield slices of `step` that cover `length`."""
    return (slice(start, start + step) for start in range(0, length, step))


def _drawn(plan: _Plan) -> Iterator[_Draws]:
    """Yield the draws in chunks of bounded memory: G of the G units, with replacement.

    The numbers drawn do not depend on the size of the chunks.
    """
    rng, count = np.random.default_rng(plan.seed), plan.count
    for d in plan.chunks(plan.n):
        picked = rng.integers(count, size=(d, count))
        picked += np.arange(0, d * count, count)[:, None]
        counts = np.bincount(picked.ravel(), minlength=d * count)
        yield _Draws(counts.reshape(d, count).astype(np.float64), plan.index)


def _drawn_by_value(stats: Floats, plan: _Plan) -> tuple[Floats, Iterator[Floats]] | None:
    """Return the distinct rows (U, K) and chunks of their weights (d, U); None where that is no gain.

    Counts of N rows drawn with replacement, summed by value, are multinomial with N trials and the
    values' shares: the same distribution as weights over examples, at a cost that N does not touch.
    """
    if plan.index is not None:
        return None  # the examples of a cluster are not drawn one by one
    distinct, codes = _distinct(stats)
    # A binomial costs about as much as drawing and counting sixteen examples.
    if len(distinct) * 16 > plan.n:
        return None
    rng, shares = np.random.default_rng(plan.seed), np.bincount(codes) / plan.n
    chunks = plan.chunks(len(distinct))
    return distinct, (rng.multinomial(plan.n, shares, size=d).astype(np.float64) for d in chunks)


def _distinct(stats: Floats) -> tuple[Floats, Indices]:
    """Return the distinct rows (U, K) in ascending order, and each row's place among them (N,).

    Column by column, since np.unique over whole rows is ten times slower.
    """
    codes, *others = (np.unique(column, return_inverse=True)[1] for column in stats.T)
    for places in others:
        # Renumbered at each column, codes stay below N and their products below N squared.
        codes = np.unique(codes * (places.max() + 1) + places, return_inverse=True)[1]
    first = np.zeros(codes.max() + 1, np.intp)
    first[codes] = np.arange(len(stats))
    return stats[first], codes


# Figures of the draws --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rows:
    """A metric's rows as they are; or, with a `table` (G, U), the U distinct ones."""

    metric: Metric
    stats: Floats
    table: Table | None

    @classmethod
    def of(cls, metric: Metric, stats: Floats, plan: _Plan) -> _Rows:
        """Return the rows, merged where they take few values, so that a draw costs little."""
        distinct, codes = _distinct(stats)
        width = len(distinct)
        if width > _FEW or width * plan.count > _TABLE:
            return cls(metric, stats, None)
        index = np.arange(plan.n) if plan.index is None else plan.index
        cells = np.bincount(index * width + codes, minlength=plan.count * width)
        return cls(metric, distinct, cells.reshape(plan.count, width).astype(np.float32))

    def figures(self, drawn: _Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        weights = drawn.weights if self.table is None else drawn.tabled(self.table)
        return self.metric.aggregate(self.stats, weights)


def _replicates(metrics: Mapping[str, tuple[Metric, Floats]], plan: _Plan) -> dict[str, Floats]:
    """Return the figures (D,) of each metric, by name: by value where possible, else by shared draws."""
    found: dict[str, Floats] = {}
    rest: dict[str, _Rows] = {}
    for name, (metric, stats) in metrics.items():
        if by_value := _drawn_by_value(stats, plan):
            distinct, chunks = by_value
            found[name] = np.concatenate([metric.aggregate(distinct, weights) for weights in chunks])
        else:
            rest[name] = _Rows.of(metric, stats, plan)
    return found | dict(zip(rest, _figures(list(rest.values()), plan).T, strict=True))


def _figures(rows: Sequence[_Rows], plan: _Plan) -> Floats:
    """Return the figures (D, R) of R sets of rows, all under the same draws."""
    if not rows:
        return np.empty((plan.draws, 0))
    return np.concatenate([np.stack([one.figures(drawn) for one in rows], axis=1) for drawn in _drawn(plan)])


# Differences -----------------------------------------------------------------------------------------


def _difference_draws(metric: Metric, stats_a: Floats, stats_b: Floats, plan: _Plan) -> Floats:
    """Return a's figure minus b's (D,), both under the same weights."""
    by_value = None if plan.shares_draws else _drawn_by_value(np.hstack([stats_a, stats_b]), plan)
    if by_value is None:
        a, b = _system_draws(metric, [stats_a, stats_b], plan).T
        return np.asarray(a - b)
    both, chunks = by_value
    pairs = [[metric.aggregate(rows, weights) for rows in np.hsplit(both, 2)] for weights in chunks]
    a, b = np.round(np.concatenate(pairs, axis=1), _DIGITS)
    return np.asarray(a - b)


def _system_draws(metric: Metric, systems: Sequence[Floats], plan: _Plan) -> Floats:
    """Return the systems' figures (D, R) under the same draws, rounded so that equal ones compare equal."""
    return np.round(_figures([_Rows.of(metric, stats, plan) for stats in systems], plan), _DIGITS)


def _drawn_above(figures: Floats, tail: float) -> NDArray[np.bool_]:
    """Return (R, R): whether the row's figure passes the column's in all but a `tail` of draws (D, R).

    Counting the differences at or below 0 is as good as sorting them: the interval's end is one of them.
    """
    drawn = np.isfinite(figures).astype(np.float64)
    both = drawn.T @ drawn
    systems = np.ascontiguousarray(figures.T)
    below = np.stack([np.count_nonzero(one <= systems, axis=1) for one in systems])
    return np.asarray((below <= _rank(both, tail)) & (both > 1))


def _above_by_pairs(metric: Metric, systems: Sequence[Floats], plan: _Plan) -> NDArray[np.bool_]:
    """Return (R, R): whether the row's figure lies above the column's, asking `paired` for each pair."""
    above = np.zeros((len(systems), len(systems)), np.bool_)
    for i, j in combinations(range(len(systems)), 2):
        difference = paired(
            metric, systems[i], systems[j], draws=plan.draws, seed=plan.seed, level=plan.level
        )
        if not difference.allows(0):
            above[(i, j) if difference.value > 0 else (j, i)] = True
    return above


def _signs(above: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return 1 where the row lies above the column, -1 where below, else 0."""
    return above.astype(np.int8) - above.T.astype(np.int8)


def _discordant(systems: Sequence[Floats]) -> Floats:
    """Return (R, R): on how many examples the row's 0/1 statistic is 1 and the column's 0."""
    n, both = len(systems[0]), np.zeros((len(systems), len(systems)))
    for part in _slices(n, max(1, _TABLE // len(systems))):
        hits = np.stack([stats[part, 0] for stats in systems]).astype(np.float32)
        both += hits @ hits.T
    return np.diag(both)[:, None] - both


def _bonett_price(
    wins: Floats | float, losses: Floats | float, plan: _Plan
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the interval of a difference of paired proportions, -1 to 1.

    `wins` counts the examples that only a has right, `losses` those that only b has. Wald's interval
    with one example added to either: Bonett and Price (2012), recommended by Fagerland, Lydersen and
    Laake (2014). It excludes 0 about when McNemar's exact test rejects, where draws would already
    tell systems apart at 4 to 0.
    """
    p, q = np.asarray(wins + 1) / (plan.n + 2), np.asarray(losses + 1) / (plan.n + 2)
    half = _z(plan.level) * np.sqrt((p + q - (p - q) ** 2) / (plan.n + 2))
    value = np.asarray(wins - losses) / plan.n
    return np.maximum(np.minimum(p - q - half, value), -1), np.minimum(np.maximum(p - q + half, value), 1)


def _paired_stderr(wins: float, losses: float, n: int) -> float:
    """Return the standard error of a difference of paired proportions, unadjusted."""
    return math.sqrt(max(0.0, (wins + losses) / n - ((wins - losses) / n) ** 2) / n)


# From draws to intervals -----------------------------------------------------------------------------


def _estimate(metric: Metric, stats: Floats, plan: _Plan, replicates: Floats | None) -> Estimate:
    """Return the estimate of one metric, by the interval that fits it."""
    value = _value(metric, stats)
    if replicates is not None:
        tails = _unbiased(_tails(plan), value, replicates)
        return _bootstrapped(value, plan.n, replicates, tails)
    if plan.has_closed_form(metric):
        low, high = wilson(value * plan.n, plan.n, plan.level)
        return Estimate(value, low, high, math.sqrt(value * (1 - value) / plan.n), plan.n)
    return Estimate(value, None, None, None, plan.n)


def _bootstrapped(value: float, n: int, replicates: Floats, tails: tuple[float, float]) -> Estimate:
    """Return the estimate whose ends leave the `tails` of the replicates (D,) outside.

    The ends are replicates themselves and moved, if need be, to let the value in. Draws without a
    figure (NaN: a correlation of equals) are left out; no interval is left of fewer than two.
    """
    drawn = np.sort(replicates[np.isfinite(replicates)])
    if len(drawn) < 2 or not math.isfinite(value):
        return Estimate(value, None, None, None, n)
    low = drawn[int(_rank(len(drawn), tails[0]))]
    high = drawn[-1 - int(_rank(len(drawn), tails[1]))]
    return Estimate(value, min(float(low), value), max(float(high), value), float(drawn.std(ddof=1)), n)


def _rank(draws: Floats | int, tail: float) -> NDArray[np.float64]:
    """Return the place, from 0, of an interval's end among the sorted draws, counted from outside.

    The (D + 1)·tail-th draw, rounded outwards: Davison and Hinkley (1997).
    """
    place = np.floor((np.asarray(draws) + 1) * tail + 1e-9) - 1
    return np.asarray(np.clip(place, 0, np.asarray(draws) - 1))


def _tails(plan: _Plan) -> tuple[float, float]:
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
    angle = math.atan(_z(level) / math.sqrt(df))
    for _ in range(100):
        mass = scale * angle / 2 * float(weights @ np.cos(angle * (nodes + 1) / 2) ** (df - 1))
        step = (level / 2 - mass) / (scale * math.cos(angle) ** (df - 1))
        angle += step
        if abs(step) < 1e-15:
            break
    return math.sqrt(df) * math.tan(angle)


def _z(level: float) -> float:
    """Return the z that a standard normal's size stays below with probability `level`."""
    return NormalDist().inv_cdf((1 + level) / 2)


def _value(metric: Metric, stats: Floats) -> float:
    """Return the metric's figure over the rows as they are, each of weight 1."""
    return float(metric.aggregate(stats, np.ones((1, len(stats))))[0])
