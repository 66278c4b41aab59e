"""Could chance alone have made the difference between two systems on the same examples?

Under the null hypothesis it does not matter which system gave which of an example's two answers. McNemar's
exact test draws that conclusion from the examples that only one has right; for any other metric the answers
are swapped at random, whole clusters of examples together, and the figures computed again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.metrics.aggregates import OfSums, product
from harness.schema import Metric
from harness.stats.bootstrap import (
    Floats,
    Indices,
    ResamplingPlan,
    by_unit,
    distinct_rows,
    figure_of,
    figures_by_weights,
)
from harness.stats.intervals import LEVEL, SEED

SWAPS = 9_999  # so that a p-value below 0.01, divided among 50 tests, can still be told
CELLS = 2**26  # weights that the swaps of a metric without sums may take: a few seconds

SwapTable = NDArray[np.float32]  # which units are swapped
Alternative = Literal["two-sided", "less", "greater"]
MCNEMAR, PERMUTATION = "McNemar exact", "paired permutation"
_MANY = 4096  # units from which on sums of some hundred at a time may be of single precision
_TIE = 1e-9  # of the figures' size: two sums of the same numbers in another order are the same figure


@dataclass(frozen=True, slots=True)
class Significance:
    """The p-value, 0 to 1, of a test: None, as the test's name, where nothing can be tested.

    `draws` is the number of random swaps; None where the p-value is exact.
    """

    test: str | None
    p_value: float | None
    draws: int | None = None


def significance(
    metric: Metric,
    stats_a: Floats,
    stats_b: Floats,
    clusters: NDArray[np.generic] | None = None,
    *,
    alternative: Alternative = "two-sided",
    draws: int = SWAPS,
    seed: int = SEED,
) -> Significance:
    """Return the test that fits the metric: McNemar's for 0/1 without clusters, else by permutation.

    `stats_a` and `stats_b` are (N, K), row by row the same example; `clusters` (N,) names the cluster of
    each. `alternative` is about a's figure beside b's, as it stands: `less` asks whether it lies below.
    A metric without interval, or fewer than two units, has no test.

    Raises:
        HarnessError: N differs.
    """
    plan = ResamplingPlan.of(clusters, [stats_a, stats_b], draws, seed, LEVEL)
    if plan.has_closed_form(metric):
        only_a, only_b = discordant(stats_a, stats_b)
        return Significance(MCNEMAR, mcnemar(only_a, only_b, alternative))
    if plan.resamples(metric):
        return _permutation(metric, stats_a, stats_b, plan, alternative)
    return Significance(None, None)


def discordant(stats_a: Floats, stats_b: Floats) -> tuple[int, int]:
    """Return on how many examples only a's 0/1 statistic (N, 1) is 1, and on how many only b's."""
    a, b = stats_a[:, 0] > 0, stats_b[:, 0] > 0
    return int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a))


def mcnemar(only_a: int, only_b: int, alternative: Alternative = "two-sided") -> float:
    """Return the exact p-value of McNemar's test: the discordant examples as tosses of a fair coin.

    `only_a` counts the examples that a alone has right. Two-sided, the smaller tail counts twice, at most 1.
    McNemar (1947); the exact form as in Fagerland, Lydersen and Laake (2013).

    Raises:
        HarnessError: a count is negative.
    """
    if min(only_a, only_b) < 0:
        raise HarnessError(f"no counts of discordant examples: {only_a} and {only_b}")
    tosses = only_a + only_b
    if alternative == "two-sided":
        return min(1.0, 2 * _tail(min(only_a, only_b), tosses))
    return _tail(only_a if alternative == "less" else only_b, tosses)


def _tail(heads: int, tosses: int) -> float:
    """Return the probability of at most so many heads.

    Summed from the largest term down, each by its ratio to the one before: as many terms as the tail has
    width, though there be millions of tosses. The last digits are lgamma's.
    """
    if 2 * heads >= tosses:  # the larger half: by symmetry, what is above it
        return 1 - _tail(tosses - heads - 1, tosses) if heads < tosses else 1.0
    if heads < 0:
        return 0.0
    first = math.lgamma(tosses + 1) - math.lgamma(heads + 1) - math.lgamma(tosses - heads + 1)
    total = term = 1.0
    for k in range(heads, 0, -1):
        term *= k / (tosses - k + 1)
        total += term
        if term < total * 1e-17:
            break
    return math.exp(first - tosses * math.log(2) + math.log(total))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's (1979) adjusted p-values, in the order given, 0 to 1.

    Those at or below alpha are the hypotheses to reject, with a chance of at most alpha that any of them
    is true. The smallest is multiplied by the number of tests, the next by one less, and so on.
    """
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = worst
    return adjusted


Swapped = Iterator[tuple[Floats, Floats]]  # chunks of both sides' figures (d,) after swapping


def _permutation(
    metric: Metric, stats_a: Floats, stats_b: Floats, plan: ResamplingPlan, alternative: Alternative
) -> Significance:
    """Return the p-value of swapping the two systems' statistics, unit by unit.

    Approximate randomisation: Noreen (1989), Riezler and Maxwell (2005). All swaps are tried where they are
    no more than the draws; else the swaps drawn and the one that happened make the p-value, which is never
    0: Phipson and Smyth (2010). A swap without a figure counts against a difference.
    """
    observed = figure_of(metric, stats_a) - figure_of(metric, stats_b)
    if not math.isfinite(observed):
        return Significance(None, None)
    differing = _differing(stats_a, stats_b, plan)
    count = len(differing)
    exact = 2**count <= plan.draws + 1 if count < 64 else False
    extreme = total = 0
    slack = _TIE * max(1e-300, abs(figure_of(metric, stats_a)), abs(figure_of(metric, stats_b)))
    for a, b in _swapped(metric, stats_a, stats_b, plan, differing, exact=exact):
        extreme += int(np.count_nonzero(~_milder(a - b, observed, alternative, slack)))
        total += len(a)
    if exact:
        return Significance(PERMUTATION, extreme / total)
    return Significance(PERMUTATION, (extreme + 1) / (total + 1), total)


def _milder(drawn: Floats, observed: float, alternative: Alternative, slack: float) -> NDArray[np.bool_]:
    """Return whether each drawn difference says less against the null than the observed; NaN never does."""
    if alternative == "two-sided":
        return np.asarray(np.abs(drawn) < abs(observed) - slack)
    return np.asarray(drawn > observed + slack if alternative == "less" else drawn < observed - slack)


def _differing(stats_a: Floats, stats_b: Floats, plan: ResamplingPlan) -> Indices:
    """Return the units in which the systems differ at all: to swap another changes nothing."""
    rows = ~((stats_a == stats_b) | (np.isnan(stats_a) & np.isnan(stats_b))).all(axis=1)
    return np.flatnonzero(rows) if plan.index is None else np.unique(plan.index[rows])


def _swapped(
    metric: Metric, stats_a: Floats, stats_b: Floats, plan: ResamplingPlan, differing: Indices, *, exact: bool
) -> Swapped:
    """Yield the figures after swapping, by the quickest road that the metric has."""
    if not exact and plan.index is None:
        # A value's binomial costs as much as swapping a hundred examples of a sum, or some of another metric.
        alike = 128 if isinstance(metric.aggregate, OfSums) else 16
        found = distinct_rows(np.hstack([stats_a, stats_b]), plan.n // alike)
        if found is not None:
            return _swapped_by_value(metric, *found, plan)
    if isinstance(metric.aggregate, OfSums):
        swaps = _swaps(len(differing), plan.draws, plan.seed, exact=exact)
        return _swapped_sums(metric.aggregate, stats_a, stats_b, plan, differing, swaps)
    draws = min(plan.draws, max(99, CELLS // (2 * plan.n)))
    swaps = _swaps(len(differing), draws, plan.seed, exact=exact)
    return _swapped_rows(metric, stats_a, stats_b, plan, differing, swaps)


def _swaps(count: int, draws: int, seed: int, *, exact: bool) -> Iterator[SwapTable]:
    """Yield which of `count` units are swapped, 1 or 0, in chunks (d, count) of bounded memory.

    All ways there are if `exact`, else `draws` random ones, which do not depend on the size of the chunks.
    """
    if exact:
        ways = np.arange(2**count)[:, None] >> np.arange(count) & 1
        yield ways.astype(np.float32)
        return
    rng, width = np.random.default_rng(seed), -(-count // 64) * 8  # whole words, or chunks would lose some
    step = max(1, 2**20 // max(1, count))
    for start in range(0, draws, step):
        d = min(step, draws - start)
        packed = np.frombuffer(rng.bytes(d * width), np.uint8).reshape(d, width)
        yield np.unpackbits(packed, axis=1, count=count).astype(np.float32)


def _swapped_sums(
    aggregate: OfSums,
    stats_a: Floats,
    stats_b: Floats,
    plan: ResamplingPlan,
    differing: Indices,
    swaps: Iterator[SwapTable],
) -> Swapped:
    """Yield the figures of a formula over sums: a swap moves the difference of a unit's sums across."""
    both = aggregate.summed(np.concatenate([stats_a, stats_b]))
    a, b = both[: plan.n], both[plan.n :]
    moves = by_unit(b - a, plan)[differing]
    if len(moves) > _MANY:  # half the time, and among so many no digit that would make or break a tie
        moves = moves.astype(np.float32)
    sum_a, sum_b = a.sum(axis=0), b.sum(axis=0)
    for swap in swaps:
        moved, examples = product(swap, moves), np.full(len(swap), float(plan.n))
        yield aggregate.figure(sum_a + moved, examples), aggregate.figure(sum_b - moved, examples)


def _swapped_rows(
    metric: Metric,
    stats_a: Floats,
    stats_b: Floats,
    plan: ResamplingPlan,
    differing: Indices,
    swaps: Iterator[SwapTable],
) -> Swapped:
    """Yield the figures of any metric: of each example's two rows one weighs 1 and the other 0."""
    figures = figures_by_weights(metric, np.concatenate([stats_a, stats_b]))
    for swap in swaps:
        for part in np.array_split(swap, max(1, len(swap) * plan.n // 2**20)):
            units = np.zeros((len(part), plan.count))
            units[:, differing] = part
            other = units if plan.index is None else units.take(plan.index, axis=1)
            yield _both(figures, 1 - other, other)


def _swapped_by_value(metric: Metric, rows: Floats, codes: Indices, plan: ResamplingPlan) -> Swapped:
    """Yield the figures where examples take few values: of those alike, a binomial number is swapped."""
    a, b = np.hsplit(rows, 2)
    figures, alike = figures_by_weights(metric, np.concatenate([a, b])), np.bincount(codes)
    rng = np.random.default_rng(plan.seed)
    for d in plan.chunks(2 * len(rows)):
        other = rng.binomial(alike, 0.5, size=(d, len(rows))).astype(np.float64)
        yield _both(figures, alike - other, other)


def _both(figures: Callable[[Floats], Floats], own: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return both sides' figures (d,): what a's rows keep in weight, b's rows lose."""
    return figures(np.hstack([own, other])), figures(np.hstack([other, own]))
