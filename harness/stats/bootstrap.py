"""Bayesian bootstrap: random weights of examples, or of whole clusters of them, and the figures they give.

Everything rests on one contract of `Metric.aggregate`: a row of weight 2 counts as the row twice, and
equal rows may be merged when their weights are summed. A draw is then a vector of weights, exponential and so
Dirichlet but for a factor that no figure sees (Rubin 1981); nothing is scored twice. Weights are never 0:
no draw loses a rare label. Three ways are quicker than to weigh every row, each where it can be gone:

* A metric whose rows take few distinct values (a classification's) is drawn by value: the weight of all
  examples with a value is one gamma, exactly, and costs the same for any N.
* A formula over sums (`OfSums`) needs one matrix product: weights of the units times the units' sums.
* What sorts or indexes its rows (`Prepared`) does so once for all draws.

Beside the units that were seen, a draw of a figure's low end weighs an imaginary one that would lower it
most, and a draw of its high end one that would raise it most (`Ends`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.metrics.aggregates import Extremes, Imaginary, OfSums, Prepared, product
from harness.schema import Metric

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
_CHUNK = 2**18  # weights held at once: 2 MB stay in the cache; more for more than 2**18 examples
_FEW = 64  # distinct rows, for each example a unit holds, up to which a table pays
ENOUGH = 20  # units off the bound, from which on they say themselves how far units fall
TABLE = 2**23  # cells of a table: 32 MB
LEAST_CLUSTERS = 3  # of two, which may be of any size, no interval is known that covers
SHARED = 50_000  # examples up to which systems are compared on the very same draws


@dataclass(frozen=True, slots=True)
class ResamplingPlan:
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
    ) -> ResamplingPlan:
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
        return self.count >= self.least and metric.interval != "none" and not self.has_closed_form(metric)

    @property
    def least(self) -> int:
        """Return how many units it takes before an interval is given: two examples, or three clusters."""
        return 2 if self.index is None else LEAST_CLUSTERS

    def has_closed_form(self, metric: Metric) -> bool:
        """Return whether the metric is a plain proportion, which needs no draws."""
        return self.count > 1 and metric.interval == "wilson" and self.index is None

    @property
    def shares_draws(self) -> bool:
        """Return whether systems are compared on the same draws of units, or each pair by value."""
        return self.index is not None or self.n <= SHARED

    def chunks(self, width: int) -> Iterator[int]:
        """Yield numbers of draws that add up to all, each with at most a chunk's weights of `width`."""
        step = max(1, _CHUNK // width)
        for start in range(0, self.draws, step):
            yield min(step, self.draws - start)


def _numbered(clusters: NDArray[np.generic]) -> Indices:
    """Return a number for each cluster id (N,), from 0 without a gap.

    Text by a dict, in order of appearance, since np.unique sorts it slowly.
    """
    if np.issubdtype(clusters.dtype, np.integer):
        return np.asarray(np.unique(clusters, return_inverse=True)[1], np.intp)
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in clusters.tolist()], np.intp)


class Ends(NamedTuple):
    """A figure in each draw (D,), with what would lower it most taking part, and what would raise it most."""

    low: Floats
    high: Floats


class Draws:
    """Some draws at once: the units' weights (d, G), and what each example then weighs.

    `sizes` (G,) says how many examples each unit holds, `place` which of all draws these are.
    """

    def __init__(self, units: Floats, index: Indices | None, sizes: Floats, place: slice) -> None:
        self.units, self._index, self._sizes, self.place = units, index, sizes, place

    @cached_property
    def weights(self) -> Floats:
        """Return the weights of the examples (d, N): those of their units."""
        return self.units if self._index is None else self.units.take(self._index, axis=1)

    @cached_property
    def examples(self) -> Floats:
        """Return the weight of all examples (d,)."""
        return product(self.units, self._sizes[:, None])[:, 0]


def slices(length: int, step: int) -> Iterator[slice]:
    """Yield slices of `step` that cover `length`."""
    return (slice(start, start + step) for start in range(0, length, step))


def draw(plan: ResamplingPlan) -> Iterator[Draws]:
    """Yield the draws in chunks of bounded memory.

    The numbers drawn do not depend on the size of the chunks.
    """
    rng, count, start = np.random.default_rng(plan.seed), plan.count, 0
    sizes = np.ones(count) if plan.index is None else np.bincount(plan.index).astype(np.float64)
    for d in plan.chunks(plan.n):
        yield Draws(rng.standard_exponential((d, count)), plan.index, sizes, slice(start, start + d))
        start += d


def imagined(imaginary: Imaginary, plan: ResamplingPlan) -> Floats:
    """Return what the imaginary units weigh in each draw (D, M), 0 where they stand for nothing."""
    rng = np.random.default_rng((plan.seed, len(imaginary.masses)))
    return rng.standard_gamma(imaginary.masses, size=(plan.draws, len(imaginary.masses)))


def fading(hits: Floats, trials: Floats, near: Floats | float) -> float:
    """Return how much of an imaginary unit takes part, 0 to 1, given each unit's hits and trials (G,).

    The share of the units that lie within `near` of a bound. It fades as units are seen that do not lie at
    the nearer bound: `ENOUGH` of one size say how far units fall, and it need not be supposed that one falls
    all the way. Units of unlike sizes count by Kish's (1965) effective number.
    """
    at_low, at_high = hits <= near, hits >= trials - near
    off = trials[~(at_high if 2 * hits.sum() >= trials.sum() else at_low)]
    number = float(off.sum() ** 2 / (off**2).sum()) if len(off) else 0.0
    return float((at_low | at_high).mean()) * max(0.0, 1 - number / ENOUGH)


def draw_by_value(
    stats: Floats, plan: ResamplingPlan, examples: int = 16
) -> tuple[Floats, Iterator[Draws]] | None:
    """Return the distinct rows (U, K) and chunks of their weights (d, U); None where that is no gain.

    The sum of as many exponential weights as rows have a value is gamma: the same distribution as weights
    over examples, at a cost that N does not touch. A value's gamma costs about as much as sixteen `examples`.
    """
    if plan.index is not None:
        return None  # the examples of a cluster are not drawn one by one
    found = distinct_rows(stats, plan.n // examples)
    if found is None:
        return None
    distinct, codes = found
    return distinct, _weights_by_value(np.bincount(codes).astype(np.float64), plan)


def _weights_by_value(counts: Floats, plan: ResamplingPlan) -> Iterator[Draws]:
    rng, start = np.random.default_rng(plan.seed), 0
    for d in plan.chunks(len(counts)):
        weights = rng.standard_gamma(counts, size=(d, len(counts)))
        yield Draws(weights, None, np.ones(len(counts)), slice(start, start + d))
        start += d


def distinct_rows(stats: Floats, limit: int) -> tuple[Floats, Indices] | None:
    """Return the distinct rows (U, K) in ascending order, and each row's place among them (N,).

    None where there are more than `limit`. Column by column, since np.unique over whole rows is ten
    times slower, and since one column of many values ends the search.
    """
    codes: Indices | None = None
    for column in stats.T:
        values, places = np.unique(column, return_inverse=True)
        if codes is not None:
            # Renumbered at each column, codes stay below N and their products below N squared.
            places = np.unique(codes * len(values) + places, return_inverse=True)[1]
        if places.max() >= limit:
            return None
        codes = places
    if codes is None:
        return None
    first = np.zeros(codes.max() + 1, np.intp)
    first[codes] = np.arange(len(stats))
    return stats[first], codes


class StatisticRows:
    """A metric's rows as they are, each of the units' number in `table` (G, U), or its own."""

    def __init__(
        self,
        metric: Metric,
        stats: Floats,
        table: Floats | None,
        plan: ResamplingPlan,
        extremes: Extremes | None = None,
    ) -> None:
        self.table, self._extra = table, []
        rows, at = [stats], len(stats)
        for imaginary in extremes or ():
            weights = imagined(imaginary, plan) * plan.n / plan.count
            self._extra.append((slice(at, at + len(imaginary.rows)), weights))
            rows.append(imaginary.rows)
            at += len(imaginary.rows)
        self._width, self._figures = at, figures_by_weights(metric, np.concatenate(rows))

    @classmethod
    def of(
        cls, metric: Metric, stats: Floats, plan: ResamplingPlan, extremes: Extremes | None = None
    ) -> StatisticRows:
        """Return the rows, merged where they take few values, so that a draw costs little."""
        found = distinct_rows(stats, min(_FEW * plan.n, TABLE) // plan.count)
        if found is None:
            return cls(metric, stats, None, plan, extremes)
        distinct, codes = found
        width = len(distinct)
        index = np.arange(plan.n) if plan.index is None else plan.index
        cells = np.bincount(index * width + codes, minlength=plan.count * width)
        return cls(metric, distinct, cells.reshape(plan.count, width).astype(np.float64), plan, extremes)

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        return self._with(self._weights(drawn), None, drawn)

    def ends(self, drawn: Draws) -> Ends:
        """Return the metric's figures (d,) in each draw, at their worst and at their best."""
        weights = self._weights(drawn)
        if not self._extra:
            return Ends(*2 * (self._with(weights, None, drawn),))
        low, high = (self._with(weights, end, drawn) for end in self._extra)
        return Ends(low, high)

    def _weights(self, drawn: Draws) -> Floats:
        return drawn.weights if self.table is None else product(drawn.units, self.table)

    def _with(self, weights: Floats, extra: tuple[slice, Floats] | None, drawn: Draws) -> Floats:
        if self._width > weights.shape[1]:
            weights = np.hstack([weights, np.zeros((len(weights), self._width - weights.shape[1]))])
        if extra is not None:
            weights[:, extra[0]] = extra[1][drawn.place]
        return self._figures(weights)


class Sums:
    """The units' sums (G, J) of what a metric sums."""

    def __init__(self, aggregate: OfSums, stats: Floats, plan: ResamplingPlan) -> None:
        self._figure = aggregate.figure
        self._sums = by_unit(aggregate.summed(stats), plan)
        sizes = plan.n / plan.count
        extremes = aggregate.extremes(self._sums) if aggregate.extremes else ()
        self._extra = [(one.rows, imagined(one, plan), sizes) for one in extremes if one.masses.any()]

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        return self._figure(product(drawn.units, self._sums), drawn.examples)

    def ends(self, drawn: Draws) -> Ends:
        """Return the metric's figures (d,) in each draw, at their worst and at their best."""
        sums = product(drawn.units, self._sums)
        if not self._extra:
            return Ends(*2 * (self._figure(sums, drawn.examples),))
        low, high = (
            self._figure(
                sums + extra[drawn.place] @ rows, drawn.examples + size * extra[drawn.place].sum(axis=1)
            )
            for rows, extra, size in self._extra
        )
        return Ends(low, high)


def by_unit(columns: Floats, plan: ResamplingPlan) -> Floats:
    """Return the columns (N, J) summed over each unit (G, J), in memory column by column if that is small.

    So they multiply twice as fast; a million rows are rather not copied.
    """
    if plan.index is None:
        return np.asfortranarray(columns) if columns.size <= TABLE // 2 else columns
    sums = [np.bincount(plan.index, column, minlength=plan.count) for column in columns.T]
    return np.asarray(np.stack(sums).T, np.float64)


def drawable(metric: Metric, stats: Floats, plan: ResamplingPlan) -> StatisticRows | Sums:
    """Return the metric's rows (N, K) made ready for draws."""
    aggregate = metric.aggregate
    if isinstance(aggregate, OfSums):
        return Sums(aggregate, stats, plan)
    return StatisticRows.of(metric, stats, plan, extremes_of(aggregate, stats, plan))


def extremes_of(aggregate: object, stats: Floats, plan: ResamplingPlan) -> Extremes | None:
    """Return the imaginary examples of a prepared metric, None where it has none.

    Of clusters they stand for a whole one, and fade as clusters are seen that are not all hits.
    """
    if not isinstance(aggregate, Prepared) or aggregate.extremes is None:
        return None
    found = aggregate.extremes(stats)
    if found is None or plan.index is None or aggregate.hits is None:
        return found
    rows = np.stack([aggregate.hits(stats), np.ones(plan.n)], axis=1)
    hits, trials = by_unit(rows, plan).T
    part = fading(hits, trials, 1e-9)
    low, high = (Imaginary(one.rows, part * one.masses) for one in found)
    return low, high


def figures_by_weights(metric: Metric, stats: Floats) -> Callable[[Floats], Floats]:
    """Return the function from weights (d, N) to figures (d,), with all done that is done once."""
    aggregate = metric.aggregate
    if isinstance(aggregate, Prepared):
        return aggregate.prepare(stats)
    if isinstance(aggregate, OfSums):
        figure, columns = aggregate.figure, aggregate.summed(stats)
        return lambda weights: figure(product(weights, columns), weights.sum(axis=1))
    return partial(aggregate, stats)


class Drawable(Protocol):
    """What has a figure in each of some draws: rows made ready, one way or another."""

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        ...

    def ends(self, drawn: Draws) -> Ends:
        """Return the metric's figures (d,) in each draw, at their worst and at their best."""
        ...


def draw_ends_of(metrics: Mapping[str, tuple[Metric, Floats]], plan: ResamplingPlan) -> dict[str, Ends]:
    """Return the ends (D,) of each metric, by name: by value where possible, else by shared draws."""
    found: dict[str, Ends] = {}
    rest: dict[str, Drawable] = {}
    for name, (metric, stats) in metrics.items():
        by_value = None if isinstance(metric.aggregate, OfSums) else draw_by_value(stats, plan)
        if by_value is None:
            rest[name] = drawable(metric, stats, plan)
            continue
        distinct, chunks = by_value
        rows = StatisticRows(metric, distinct, None, plan, extremes_of(metric.aggregate, stats, plan))
        found[name] = _joined([rows.ends(drawn) for drawn in chunks])
    return found | draw_ends(rest, plan)


def draw_ends(rows: Mapping[str, Drawable], plan: ResamplingPlan) -> dict[str, Ends]:
    """Return the ends (D,) of each of the rows, all under the same draws."""
    found: dict[str, list[Ends]] = {name: [] for name in rows}
    for drawn in draw(plan) if rows else ():
        for name, one in rows.items():
            found[name].append(one.ends(drawn))
    return {name: _joined(parts) for name, parts in found.items()}


def _joined(parts: Sequence[Ends]) -> Ends:
    return Ends(*map(np.concatenate, zip(*parts, strict=True)))


def figure_of(metric: Metric, stats: Floats) -> float:
    """Return the metric's figure over the rows as they are, each of weight 1."""
    return float(metric.aggregate(stats, np.ones((1, len(stats))))[0])
