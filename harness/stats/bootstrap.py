"""What a bootstrap draws: weights of examples, or of whole clusters of them, and the figures they give.

Everything rests on one contract of `Metric.aggregate`: a row of weight 2 counts as the row twice, and
equal rows may be merged when their weights are summed. A draw is then a vector of weights; nothing is
scored twice. Three ways are quicker than to weigh every row, each where it can be gone:

* A metric whose rows take few distinct values (a classification's) is drawn by value: how often each
  value occurs in a draw of N examples is one multinomial, exactly, and costs the same for any N.
* A formula over sums (`OfSums`) needs one matrix product: counts of the units times the units' sums.
* What sorts or indexes its rows (`Prepared`) does so once for all draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.metrics.aggregates import OfSums, Prepared, product
from harness.schema import Metric

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Table = NDArray[np.float32]

_CHUNK = 2**18  # weights held at once: 2 MB stay in the cache; more for more than 2**18 examples
_FEW = 64  # distinct rows, for each example a unit holds, up to which a table pays
TABLE = 2**23  # cells of a table: 32 MB
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
        return self.count > 1 and metric.interval != "none" and not self.has_closed_form(metric)

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
    """Return a number for each cluster id (N,), from 0 in order of appearance.

    By a dict, since ids may be of any kind and np.unique sorts text slowly.
    """
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in clusters.tolist()], np.intp)


class Draws:
    """Some draws at once: how often each unit was drawn (d, G), and what each example then weighs.

    `sizes` (G,) says how many examples each unit holds.
    """

    def __init__(self, counts: Floats, index: Indices | None, sizes: Floats) -> None:
        self.counts, self._index, self._sizes = counts, index, sizes

    @cached_property
    def weights(self) -> Floats:
        """Return the weights of the examples (d, N): the counts of their units."""
        return self.counts if self._index is None else self.counts.take(self._index, axis=1)

    @cached_property
    def examples(self) -> Floats:
        """Return how many examples were drawn (d,)."""
        return product(self.counts, self._sizes[:, None])[:, 0]

    @cached_property
    def _small_counts(self) -> Table:
        """Return the counts (d, G) in half the memory; whole numbers below 2**24 stay exact."""
        return self.counts.astype(np.float32)

    def tabled(self, table: Table) -> Floats:
        """Return the weights of U distinct rows (d, U), from their number in each unit (G, U)."""
        return product(self._small_counts, table)


def slices(length: int, step: int) -> Iterator[slice]:
    """Yield slices of `step` that cover `length`."""
    return (slice(start, start + step) for start in range(0, length, step))


def draw(plan: ResamplingPlan) -> Iterator[Draws]:
    """Yield the draws in chunks of bounded memory: G of the G units, with replacement.

    The numbers drawn do not depend on the size of the chunks.
    """
    rng, count = np.random.default_rng(plan.seed), plan.count
    sizes = np.ones(count) if plan.index is None else np.bincount(plan.index).astype(np.float64)
    for d in plan.chunks(plan.n):
        counts = np.empty((d, count))
        for row, picked in zip(counts, rng.integers(count, size=(d, count)), strict=True):
            row[:] = np.bincount(picked, minlength=count)
        yield Draws(counts, plan.index, sizes)


def draw_by_value(
    stats: Floats, plan: ResamplingPlan, examples: int = 16
) -> tuple[Floats, Iterator[Floats]] | None:
    """Return the distinct rows (U, K) and chunks of their weights (d, U); None where that is no gain.

    Counts of N rows drawn with replacement, summed by value, are multinomial with N trials and the
    values' shares: the same distribution as weights over examples, at a cost that N does not touch.
    A value's binomial costs about as much as drawing and counting sixteen `examples`.
    """
    if plan.index is not None:
        return None  # the examples of a cluster are not drawn one by one
    found = distinct_rows(stats, plan.n // examples)
    if found is None:
        return None
    distinct, codes = found
    rng, shares = np.random.default_rng(plan.seed), np.bincount(codes) / plan.n
    chunks = plan.chunks(len(distinct))
    return distinct, (rng.multinomial(plan.n, shares, size=d).astype(np.float64) for d in chunks)


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
    """A metric's rows as they are; or, with a `table` (G, U), the U distinct ones."""

    def __init__(self, metric: Metric, stats: Floats, table: Table | None) -> None:
        self.table, self._figures = table, figures_by_weights(metric, stats)

    @classmethod
    def of(cls, metric: Metric, stats: Floats, plan: ResamplingPlan) -> StatisticRows:
        """Return the rows, merged where they take few values, so that a draw costs little."""
        found = distinct_rows(stats, min(_FEW * plan.n, TABLE) // plan.count)
        if found is None:
            return cls(metric, stats, None)
        distinct, codes = found
        width = len(distinct)
        index = np.arange(plan.n) if plan.index is None else plan.index
        cells = np.bincount(index * width + codes, minlength=plan.count * width)
        return cls(metric, distinct, cells.reshape(plan.count, width).astype(np.float32))

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        return self._figures(drawn.weights if self.table is None else drawn.tabled(self.table))


class Sums:
    """The units' sums (G, J) of what a metric sums."""

    def __init__(self, aggregate: OfSums, stats: Floats, plan: ResamplingPlan) -> None:
        self._figure = aggregate.figure
        self._sums = by_unit(aggregate.summed(stats), plan)

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        return self._figure(product(drawn.counts, self._sums), drawn.examples)


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
    if isinstance(metric.aggregate, OfSums):
        return Sums(metric.aggregate, stats, plan)
    return StatisticRows.of(metric, stats, plan)


def figures_by_weights(metric: Metric, stats: Floats) -> Callable[[Floats], Floats]:
    """Return the function from weights (d, N) to figures (d,), with all done that is done once."""
    aggregate = metric.aggregate
    if isinstance(aggregate, Prepared):
        return aggregate.prepare(stats)
    if isinstance(aggregate, OfSums):
        figure, columns = aggregate.figure, aggregate.summed(stats)
        return lambda weights: figure(product(weights, columns), weights.sum(axis=1))
    return partial(aggregate, stats)


def draw_figures_of(metrics: Mapping[str, tuple[Metric, Floats]], plan: ResamplingPlan) -> dict[str, Floats]:
    """Return the figures (D,) of each metric, by name: by value where possible, else by shared draws."""
    found: dict[str, Floats] = {}
    rest: dict[str, StatisticRows | Sums] = {}
    for name, (metric, stats) in metrics.items():
        # What is a sum costs next to nothing once others have drawn; so it is by value only if that is cheap.
        if by_value := draw_by_value(stats, plan, 128 if isinstance(metric.aggregate, OfSums) else 16):
            distinct, chunks = by_value
            figures = figures_by_weights(metric, distinct)
            found[name] = np.concatenate([figures(weights) for weights in chunks])
        else:
            rest[name] = drawable(metric, stats, plan)
    return found | dict(zip(rest, draw_figures(list(rest.values()), plan).T, strict=True))


class Drawable(Protocol):
    """What has a figure in each of some draws: rows made ready, one way or another."""

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        ...


def draw_figures(rows: Sequence[Drawable], plan: ResamplingPlan) -> Floats:
    """Return the figures (D, R) of R sets of rows, all under the same draws."""
    if not rows:
        return np.empty((plan.draws, 0))
    return np.concatenate([np.stack([one.figures(drawn) for one in rows], axis=1) for drawn in draw(plan)])


def figure_of(metric: Metric, stats: Floats) -> float:
    """Return the metric's figure over the rows as they are, each of weight 1."""
    return float(metric.aggregate(stats, np.ones((1, len(stats))))[0])
