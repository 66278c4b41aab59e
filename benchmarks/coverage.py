"""How often a 95 % interval holds the truth: every family of metrics, few units, near a bound, in clusters.

    python -m benchmarks.coverage --datasets 2000 --jobs 2 > benchmarks/coverage.md
    python -m benchmarks.coverage --datasets 200 --family clusters

A cell draws so many seeded data sets of known truth and asks `harness.stats.intervals` for the interval of
each; of shares for the first twenty, and for all at once by the same arithmetic in matrices, which must
agree. `off` is how many units are expected that do not lie at the bound nearest to the figure: an example of
a share lies there within 1 % of it, and where a figure is the plain mean of labels, the rarest one's count,
times the labels. `width` is the mean width, `whole` how many times that of a whole imaginary unit in place of
half a one (of Clopper and Pearson's interval for plain shares), `normal` how many times 3.92 standard errors,
which are those of the data sets.
"""

from __future__ import annotations

import argparse
import itertools
import math
import multiprocessing
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from scipy.special import stdtrit

import harness.metrics.aggregates
import harness.metrics.classification
import harness.metrics.entity_f1
import harness.stats.bootstrap
import harness.stats.shares
from harness.metrics.aggregates import OfSums, mean
from harness.metrics.calibration import brier, ece
from harness.metrics.classification import (
    accuracy,
    balanced_accuracy,
    f1,
    macro_f1,
    mcc,
    micro_f1,
    weighted_f1,
)
from harness.metrics.correlation import pearson, spearman
from harness.metrics.entity_f1 import entity_f1
from harness.metrics.korean_script import hangul_share
from harness.metrics.likelihood import bits_per_byte, perplexity
from harness.metrics.translation import bleu, chrf, ter
from harness.schema import Metric
from harness.stats.bootstrap import ENOUGH, Draws, ResamplingPlan, draw, slices
from harness.stats.breakdown import breakdown, macro
from harness.stats.intervals import DRAWS, LEVEL, SEED, estimates, rank_of_end, wilson
from harness.stats.shares import BOUNDS, CORRELATION, NEAR

Floats = NDArray[np.float64]
Sample = tuple[Floats, NDArray[np.int64] | None]  # statistics (N, K) and the cluster of each row
Draw = Callable[[np.random.Generator], Sample]

UNITS = (2, 3, 5, 10, 20, 50, 200, 1000)
SPANS = Metric("squad_f1", lambda seen, target: (0.0,), OfSums(mean), "squad_f1|v:1")
CHECKED = 20  # data sets of shares of which `harness` itself is asked
COMPARED = 100  # data sets of which the width is compared with that of a whole imaginary unit
_POOL = 4000  # examples of which a corpus metric's data sets are drawn: their figure is the truth
# The questions of each of 94 articles of KorQuAD 1.0's dev set, in its order.
KORQUAD = [
    *(11, 29, 24, 24, 78, 76, 22, 15, 7, 40, 8, 17, 34, 25, 21, 6, 8, 105, 55, 24),
    *(13, 19, 13, 82, 18, 23, 23, 6, 9, 9, 8, 44, 96, 4, 12, 23, 365, 33, 52, 99),
    *(99, 25, 24, 81, 124, 22, 66, 62, 191, 11, 75, 18, 105, 21, 15, 7, 124, 36, 25, 26),
    *(7, 25, 23, 12, 25, 35, 19, 30, 23, 25, 26, 16, 13, 25, 7, 7, 4, 27, 23, 67),
    *(23, 69, 50, 177, 26, 46, 20, 107, 128, 14, 8, 89, 15, 37),
]


class Cell(NamedTuple):
    """Data sets of one kind: what is drawn, what is true of all, and how many units lie off the bound."""

    family: str
    case: str
    units: int
    metric: Metric
    draw: Draw
    truth: float
    off: float


class Shares(NamedTuple):
    """A cell of shares: a data set is the hits and trials (G,) of its units; `rows` are those of one."""

    family: str
    case: str
    units: int
    metric: Metric
    draw_all: Callable[[np.random.Generator, int], tuple[Floats, Floats]]
    rows: Callable[[Floats, Floats], Sample]
    truth: float


def main() -> None:
    """Print a row a cell, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=2000)
    parser.add_argument("--asked", type=int, default=2000, help="data sets at most of what is no share")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--family", action="append")
    parser.add_argument("--part", default="1/1", metavar="K/N", help="every N-th cell, from the K-th")
    parser.add_argument("--rows", action="store_true", help="rows alone, to be put in a table that is there")
    asked = parser.parse_args()
    if not asked.rows:
        print(f"# Coverage of 95 % intervals, {asked.datasets:,} data sets a cell\n")
        print(__doc__.split("\n\n", 1)[1].strip("\n").replace("    python", "    $ python"), "\n")
        print("| metric | case | units | off | covered | no interval | width | whole | normal | data sets |")
        print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    part, parts = map(int, asked.part.split("/"))
    names = [name for name in FAMILIES if not asked.family or name in asked.family]
    places = [
        (name, place, asked.datasets, asked.asked) for name in names for place in range(len(cells(name)))
    ]
    if not asked.family or "shares" in asked.family:
        print("\n".join(plain_shares()), flush=True)
    with multiprocessing.Pool(asked.jobs) as pool:
        for row in pool.imap(_row, places[part - 1 :: parts]):
            print(row, flush=True)


def plain_shares() -> Iterator[str]:
    """Yield the rows of Wilson's interval, summed over all outcomes and not simulated."""
    for n, share in itertools.product(UNITS, (0.5, 0.8, 0.95, 0.99)):
        hits = np.arange(n + 1)
        odds = scipy_stats.binom.pmf(hits, n, share)
        ends = np.array([wilson(int(x), n) for x in hits])
        exact = np.array([_clopper_pearson(int(x), n) for x in hits])
        covered = odds @ ((ends[:, 0] <= share) & (share <= ends[:, 1]))
        width, other = odds @ np.diff(ends)[:, 0], odds @ np.diff(exact)[:, 0]
        normal = 3.92 * np.sqrt(share * (1 - share) / n)
        yield _line(
            "accuracy",
            f"{share:g}, exactly",
            n,
            n * (1 - share),
            covered,
            0,
            width,
            width / other,
            width / normal,
        )


def _clopper_pearson(hits: int, n: int) -> tuple[float, float]:
    low = scipy_stats.beta.ppf(0.025, hits, n - hits + 1) if hits else 0.0
    return low, scipy_stats.beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1.0


def _row(place: tuple[str, int, int, int]) -> str:
    name, index, datasets, asked = place
    return measured(cells(name)[index], datasets, asked)


def measured(cell: Cell | Shares, datasets: int, asked: int) -> str:
    """Return the row of a cell, after so many data sets."""
    seed = zlib.crc32(f"{cell.family} {cell.case} {cell.units}".encode())
    datasets = datasets if isinstance(cell, Shares) else min(datasets, asked)
    if isinstance(cell, Shares):
        hits, trials = cell.draw_all(np.random.default_rng(seed), datasets)
        first = [cell.rows(one, other) for one, other in zip(hits[:CHECKED], trials[:CHECKED], strict=True)]
        low_bound, high_bound = BOUNDS[cell.metric.unit]
        clustered = first[0][1] is not None
        found = low_bound + (high_bound - low_bound) * of_shares(hits, trials, 0.5, clustered=clustered)
        assert np.allclose(found[:CHECKED, 1:], _asked(cell.metric, first)[:, 1:], atol=1e-9, equal_nan=True)
        wide = of_shares(hits[:COMPARED], trials[:COMPARED], 1.0, clustered=clustered)
        wide = low_bound + (high_bound - low_bound) * wide
        edge = np.full(trials.shape, 1e-9) if clustered else NEAR * trials
        near = hits > edge if found[:, 0].mean() < (low_bound + high_bound) / 2 else hits < trials - edge
        off = float(near.sum(axis=1).mean())
    else:
        samples = [cell.draw(np.random.default_rng((seed, number))) for number in range(datasets)]
        with drawn_once():
            found, off = _asked(cell.metric, samples), cell.off
            with whole_unit():
                wide = _asked(cell.metric, samples[:COMPARED])
    values, low, high = found.T
    known = np.isfinite(low)
    width, both = (high - low)[known], known[: len(wide)]
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        covered = ((low - 1e-9 <= cell.truth) & (cell.truth <= high + 1e-9))[known].mean()
        whole = np.mean((high - low)[: len(wide)][both]) / np.mean((wide[:, 2] - wide[:, 1])[both])
        normal = width.mean() / (3.92 * np.nanstd(values)) if off >= 20 else math.nan
        return _line(
            *(cell.family, cell.case, cell.units, off),
            *(covered, 1 - known.mean(), width.mean(), whole, normal, datasets),
        )


def _asked(metric: Metric, samples: list[Sample]) -> Floats:
    """Return the figure and the ends (S, 3) of each data set as `harness` has them, NaN where it has none."""
    return np.array([interval(metric, sample) for sample in samples], np.float64)


def of_shares(hits: Floats, trials: Floats, half: float, *, clustered: bool) -> Floats:
    """Return the shares and the ends (S, 3), all data sets at once: the arithmetic of `harness.stats.shares`.

    It draws the same weights for any data set of as many units, so that all sums are one product.
    """
    found = np.full((len(hits), 3), np.nan)
    plan = ResamplingPlan(hits.shape[1], hits.shape[1], None, DRAWS, SEED, LEVEL)
    weights = np.concatenate([drawn.units for drawn in draw(plan)])
    tail = int(rank_of_end(DRAWS, (1 - LEVEL) / 2))
    for part in slices(len(hits), 250):
        h, t = _asked_first(hits[part], trials[part])
        asked = (t > 0).sum(axis=1)
        t[asked == 0] = 1e-300  # no trial at all: no interval, and no division by 0
        whole = t.sum(axis=1)
        share = h.sum(axis=1) / np.maximum(whole, 1e-300)
        low, high = _wilson_of_all(h, t, share, clustered=clustered)
        near = t * NEAR if not clustered else np.full(t.shape, 1e-9)
        at_low, at_high = (h <= near) & (t > 0), (h >= t - near) & (t > 0)
        at = at_low | at_high
        fallen = np.where((t > 1e-9) & ~np.where(share[:, None] >= 0.5, at_high, at_low), t, 0.0)
        off = fallen.sum(axis=1) ** 2 / np.maximum((fallen**2).sum(axis=1), 1e-300)
        masses = half * at.sum(axis=1) / np.maximum(asked, 1) * np.maximum(0, 1 - off / ENOUGH)
        gammas = [
            np.random.default_rng((SEED, 1)).standard_gamma(mass, DRAWS) if mass else np.zeros(DRAWS)
            for mass in masses
        ]
        extra = np.array(gammas) * (whole / np.maximum(asked, 1))[:, None]
        drawn_hits, drawn_trials = h @ weights.T, t @ weights.T
        below = np.partition(drawn_hits / (drawn_trials + extra), tail, axis=1)[:, tail]
        above = np.partition((drawn_hits + extra) / (drawn_trials + extra), DRAWS - 1 - tail, axis=1)[
            :, DRAWS - 1 - tail
        ]
        low, high = np.maximum(0, np.minimum(low, below)), np.minimum(1, np.maximum(high, above))
        enough = asked >= (3 if clustered else 2)
        found[part] = np.stack([share, np.minimum(low, share), np.maximum(high, share)], axis=1)
        found[part][~enough, 1:] = np.nan
        found[part][asked == 0] = np.nan
    return found


def _asked_first(hits: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Return the units in their order, those without a trial last: the product leaves them out."""
    order = np.argsort(trials <= 1e-9, axis=1, kind="stable")
    return np.take_along_axis(hits, order, 1), np.take_along_axis(trials, order, 1)


def _wilson_of_all(h: Floats, t: Floats, share: Floats, *, clustered: bool) -> tuple[Floats, Floats]:
    whole = np.maximum(t.sum(axis=1), 1e-300)
    lever = t / whole[:, None]
    scale = 1 / np.maximum(1 - lever, 1e-12)
    variance = ((h - t * share[:, None]) ** 2 * scale).sum(axis=1) / whole**2
    own = t * (1 - CORRELATION) + t**2 * CORRELATION
    sums = own.sum(axis=1)[:, None]
    fitted = -2 * lever * own + lever**2 * sums
    ll, oo, lo = (
        (scale * one * other).sum(axis=1) for one, other in ((lever, lever), (own, own), (lever, own))
    )
    total = sums[:, 0]
    apart = 2 * ll * oo + (total * ll) ** 2 + 2 * lo**2 - 4 * total * ll * lo
    df = (scale * (own + fitted)).sum(axis=1) ** 2 / (
        apart + (scale**2 * own * (own + 2 * fitted)).sum(axis=1)
    )
    plain = ((t == 1) | (t == 0)).all(axis=1)
    df = np.maximum(1, np.where(plain, (t > 0).sum(axis=1) - 1, df))
    z = stdtrit(df, (1 + LEVEL) / 2)
    room = share * (1 - share)
    low, high = _scores(share, variance, whole, z, clustered=clustered)
    if not clustered:
        return low, high
    units = np.maximum((t > 0).sum(axis=1), 2)
    squares = ((h - t * share[:, None]) ** 2 * scale / np.maximum(t, 1e-300)).sum(axis=1)
    rho = (squares / np.maximum(room, 1e-12) - (t > 0).sum(axis=1)) / np.maximum(
        np.maximum(t - 1, 0).sum(axis=1), 1e-300
    )
    pooled = room * (t * (1 + (t - 1) * np.clip(rho, 0, 1)[:, None])).sum(axis=1) / whole**2
    other_low, other_high = _scores(share, pooled, whole, stdtrit(units - 1, (1 + LEVEL) / 2), clustered=True)
    return np.minimum(low, other_low), np.maximum(high, other_high)


def _scores(
    share: Floats, variance: Floats, whole: Floats, z: Floats, *, clustered: bool
) -> tuple[Floats, Floats]:
    room = share * (1 - share)
    n = np.where(np.minimum(room, variance) < 1e-12, whole, room / np.maximum(variance, 1e-300))
    n = np.minimum(n, whole) if clustered else n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(np.maximum(room, 0) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return np.minimum(centre - half, share), np.maximum(centre + half, share)


def _line(
    family: str,
    case: str,
    units: int,
    off: float,
    covered: float,
    none: float,
    width: float,
    whole: float,
    normal: float,
    datasets: int | None = None,
) -> str:
    numbers = [
        f"{covered:.3f}",
        f"{none:.3f}" if none else "",
        f"{width:.4f}",
        f"{whole:.2f}",
        f"{normal:.2f}",
    ]
    cells = [family, case, f"{units:,}", f"{off:.1f}", *("" if text == "nan" else text for text in numbers)]
    return f"| {' | '.join([*cells, str(datasets or '')])} |"


def interval(metric: Metric, sample: Sample) -> tuple[float, float | None, float | None]:
    """Return the figure and the ends of its interval, as `harness` has them."""
    stats, clusters = sample
    if metric is GROUPS:
        names = [f"g{code}" for code in (clusters if clusters is not None else ())]
        found = macro(breakdown({"it": (accuracy(()), stats)}, names, None, seed=1234))["it"]
        return found["value"], found["ci_low"], found["ci_high"]
    one = estimates({"it": (metric, stats)}, clusters)["it"]
    return one.value, one.ci_low, one.ci_high


@contextmanager
def whole_unit() -> Iterator[None]:
    """Let a whole imaginary unit take part in place of half a one."""
    modules = (
        *(harness.metrics.aggregates, harness.metrics.classification, harness.metrics.entity_f1),
        harness.stats.shares,
    )
    for module in modules:
        module.HALF = 1.0  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.HALF = 0.5  # type: ignore[attr-defined]


@contextmanager
def drawn_once() -> Iterator[None]:
    """Let data sets of as many examples share the weights of their draws, which are the same for all."""
    own = harness.stats.bootstrap.draw
    held: dict[tuple[int, int, int], list[Draws]] = {}

    def shared(plan: ResamplingPlan) -> Iterator[Draws]:
        if plan.index is not None:
            return own(plan)
        key = plan.n, plan.draws, plan.seed
        if key not in held:
            held.clear()
            held[key] = list(own(plan))
        return iter(held[key])

    harness.stats.bootstrap.draw = shared
    try:
        yield
    finally:
        harness.stats.bootstrap.draw = own


# The families


@cache
def cells(family: str) -> list[Cell | Shares]:
    """Return the cells of a family, the small first."""
    return sorted(FAMILIES[family](), key=lambda cell: cell.units)


def clusters() -> Iterator[Shares]:
    """Yield accuracy in clusters of 4 to 60 examples, whose shares follow a beta distribution."""
    for units, share, rho in itertools.product(UNITS[1:], (0.67, 0.95, 0.99), (0.03, 0.1, 0.3)):
        yield _clustered("accuracy in clusters", units, share, rho, _uniform_sizes)


def korquad() -> Iterator[Shares]:
    """Yield exact match in as many of the articles of KorQuAD as a limit takes, in random order."""
    for units, share, rho in itertools.product(
        (3, 4, 5, 10, 20, 50, 94), (0.67, 0.95, 0.99), (0.03, 0.1, 0.3)
    ):
        yield _clustered("KorQuAD's articles", units, share, rho, _korquad_sizes)


def _uniform_sizes(rng: np.random.Generator, datasets: int, units: int) -> NDArray[np.int64]:
    return rng.integers(4, 60, (datasets, units))


def _korquad_sizes(rng: np.random.Generator, datasets: int, units: int) -> NDArray[np.int64]:
    return rng.permuted(np.tile(KORQUAD, (datasets, 1)), axis=1)[:, :units]


def _clustered(
    family: str,
    units: int,
    share: float,
    rho: float,
    sizes: Callable[[np.random.Generator, int, int], NDArray[np.int64]],
) -> Shares:
    def draw_all(rng: np.random.Generator, datasets: int) -> tuple[Floats, Floats]:
        trials = sizes(rng, datasets, units)
        own = rng.beta(share * (1 / rho - 1), (1 - share) * (1 / rho - 1), trials.shape)
        return rng.binomial(trials, own).astype(np.float64), trials.astype(np.float64)

    case = f"{share:g}, correlation {rho:g}"
    return Shares(family, case, units, accuracy(()), draw_all, _in_clusters, share)


def _in_clusters(hits: Floats, trials: Floats) -> Sample:
    """Return the rows of clusters, the hits first."""
    codes = np.repeat(np.arange(len(hits)), trials.astype(int))
    place = np.concatenate([np.arange(held) for held in trials])
    return (place < hits[codes]).astype(np.float64)[:, None], codes


def spans() -> Iterator[Cell | Shares]:
    """Yield the F1 of spans: most are right, some are in part, some not at all."""
    for units, odd in itertools.product(UNITS, (0.02, 0.15, 0.5)):
        case, draw_all = f"{odd:.0%} are not 1", partial(_spans, units, odd)
        yield Shares("squad_f1", case, units, SPANS, draw_all, _a_row_each, 1 - odd * 0.725)
    for units, odd in itertools.product(UNITS[1:-1], (0.02, 0.15)):
        case, off = f"{odd:.0%} are not 1", units * (1 - (1 - odd) ** 12)
        draw = partial(_clustered_spans, units, odd)
        yield Cell("squad_f1 in clusters", case, units, SPANS, draw, 1 - odd * 0.725, off)


def _a_row_each(hits: Floats, trials: Floats) -> Sample:
    return hits[:, None], None


def _spans(units: int, odd: float, rng: np.random.Generator, datasets: int) -> tuple[Floats, Floats]:
    return _f1_of_spans(rng, np.full((datasets, units), odd)), np.ones((datasets, units))


def _f1_of_spans(rng: np.random.Generator, odd: Floats) -> Floats:
    partly = rng.uniform(0.2, 0.9, odd.shape) * (rng.random(odd.shape) < 0.5)
    return np.where(rng.random(odd.shape) < odd, partly, 1.0)


def _clustered_spans(units: int, odd: float, rng: np.random.Generator) -> Sample:
    codes = np.repeat(np.arange(units), rng.integers(4, 60, units))
    own = rng.beta(odd * 9, (1 - odd) * 9, units)
    return _f1_of_spans(rng, own[codes])[:, None], codes


def ratios() -> Iterator[Shares]:
    """Yield shares of what only some examples have: letters of a script, scores of options."""
    for units, odd in itertools.product(UNITS[3:], (0.02, 0.3)):
        case, draw_all = f"{odd:.0%} are not 1", partial(_hangul, units, odd)
        yield Shares("hangul_share", case, units, hangul_share(()), draw_all, _of_known, 1 - odd / 2)
    for units, right in itertools.product(UNITS[3:], (0.7, 0.98)):
        draw_all = partial(_brier, units, right)
        truth = 2 * float(_brier(1000, right, np.random.default_rng(0), 2000)[0].mean())
        yield Shares("brier", f"{right:g} right", units, brier(("0", "1")), draw_all, _of_brier, truth)


def _of_known(hits: Floats, trials: Floats) -> Sample:
    return np.stack([hits, trials], axis=1), None


def _of_brier(hits: Floats, trials: Floats) -> Sample:
    return np.stack([2 * hits, trials], axis=1), None


def _hangul(units: int, odd: float, rng: np.random.Generator, datasets: int) -> tuple[Floats, Floats]:
    shape = datasets, units
    known = (rng.random(shape) < 0.9).astype(np.float64)
    return np.where(rng.random(shape) < odd, rng.random(shape), 1.0) * known, known


def _brier(units: int, right: float, rng: np.random.Generator, datasets: int) -> tuple[Floats, Floats]:
    p = rng.beta(8 * right, 8 * (1 - right), (datasets, units))
    return np.where(rng.random(p.shape) < p, 1 - p, p) ** 2, np.ones(p.shape)


def counts() -> Iterator[Shares | Cell]:
    """Yield F1 of one label, micro-F1 with silences, entity F1."""
    kinds = ((0.5, 0.7, 0.3), (0.5, 0.98, 0.02), (0.1, 0.9, 0.02), (0.1, 0.98, 0.002))
    for units, (targets, hit, alarm) in itertools.product(UNITS[3:], kinds):
        odds = np.array(
            [(1 - targets) * (1 - alarm), targets * (1 - hit) + (1 - targets) * alarm, targets * hit]
        )
        case = f"{targets:.0%} targets, {hit:g} hit, {alarm:g} alarms"
        draw_all = partial(_drawn_kinds, units, odds, np.array([0, 0.5, 1]))
        truth = 2 * odds[2] / (2 * odds[2] + odds[1])
        yield Shares("f1", case, units, f1(["0", "1"]), draw_all, _of_occurrences, truth)
    for units, shares in itertools.product(UNITS[3:], ((0.02, 0.01, 0.97), (0.1, 0.2, 0.7))):
        case = f"{shares[0]:g} silent, {shares[1]:g} wrong"
        draw_all = partial(_drawn_kinds, units, np.array(shares), np.array([0.5, 1, 1]))
        truth = 2 * shares[2] / (1 + shares[1] + shares[2])
        yield Shares("micro_f1", case, units, micro_f1(["0", "1"]), draw_all, _of_answered, truth)
    for units, hit in itertools.product(UNITS[3:], (0.7, 0.98)):
        draw_all = partial(_entities, units, hit)
        big_hits, big_trials = _entities(1000, hit, np.random.default_rng(0), 1000)
        truth = float(big_hits.sum() / big_trials.sum())
        yield Shares("entity_f1 micro", f"{hit:g} found", units, entity_f1(["a"]), draw_all, _of_spans, truth)
        metric, pool = entity_f1(["a", "b"], average="macro"), _typed_entities(hit)
        truth = float(metric.aggregate(pool, np.ones((1, len(pool))))[0])
        yield Cell(
            "entity_f1 macro",
            f"{hit:g} found",
            units,
            metric,
            partial(_some, pool, units),
            truth,
            units * (1 - hit) * 2,
        )


def _drawn_kinds(
    units: int, odds: Floats, trials: Floats, rng: np.random.Generator, datasets: int
) -> tuple[Floats, Floats]:
    """Return the hits and trials of examples of three kinds, of which the last is a hit."""
    kinds = rng.choice(3, (datasets, units), p=odds / odds.sum())
    return (kinds == 2).astype(np.float64), trials[kinds]


def _of_occurrences(hits: Floats, trials: Floats) -> Sample:
    return np.stack([hits, 2 * trials], axis=1), None


def _of_answered(hits: Floats, trials: Floats) -> Sample:
    return np.stack([hits, 2 * trials - 1], axis=1), None


def _of_spans(hits: Floats, trials: Floats) -> Sample:
    return np.stack([2 * hits, 2 * trials], axis=1), None


def _entities(units: int, hit: float, rng: np.random.Generator, datasets: int) -> tuple[Floats, Floats]:
    wanted = rng.integers(0, 4, (datasets, units))
    found = rng.binomial(wanted, hit)
    return found.astype(np.float64), (wanted + found + rng.binomial(wanted, 1 - hit)) / 2


def _typed_entities(hit: float) -> Floats:
    """Return sentences with up to four spans of two types, the second rarer, as the metric counts them."""
    rng = np.random.default_rng(2)
    wanted = np.stack([rng.integers(0, 4, _POOL), rng.random(_POOL) < 0.3], axis=1)
    found = rng.binomial(wanted, hit)
    spans = wanted + found + rng.binomial(wanted, 1 - hit).astype(np.float64)
    zeros = np.zeros(_POOL)
    return np.stack([2.0 * found[:, 0], spans[:, 0], 2.0 * found[:, 1], spans[:, 1], zeros, zeros], axis=1)


def _pick(rows: Floats, odds: Floats, units: int, rng: np.random.Generator) -> Sample:
    return rows[rng.choice(len(rows), units, p=odds / odds.sum())], None


def _some(pool: Floats, units: int, rng: np.random.Generator) -> Sample:
    return pool[rng.integers(len(pool), size=units)], None


def tables() -> Iterator[Cell]:
    """Yield what is made of a confusion table, of two labels and of three, even and rare."""
    makes = {
        "macro_f1": macro_f1,
        "mcc": mcc,
        "balanced_accuracy": balanced_accuracy,
        "weighted_f1": weighted_f1,
    }
    for units, targets, right, name in itertools.product(
        (10, 20, 50, 200, 1000), ((0.5, 0.5), (0.95, 0.05), (0.6, 0.37, 0.03)), (0.7, 0.98), makes
    ):
        rows, odds = _confusion(targets, right)
        metric = makes[name]([str(label) for label in range(len(targets))])
        truth = float(metric.aggregate(rows, odds[None])[0])
        case = f"labels {'/'.join(f'{share:g}' for share in targets)}, {right:g} right"
        alike = name in ("macro_f1", "balanced_accuracy")  # each label counts as much: the rarest says least
        off = units * (1 - right) * (len(targets) * min(targets) if alike else 1)
        yield Cell(name, case, units, metric, partial(_pick, rows, odds, units), truth, off)
    for units, right in itertools.product((3, 5, 10, 20, 50, 200), (0.7, 0.98)):
        rows, odds = _confusion((0.6, 0.4), right)
        metric = macro_f1(["0", "1"])
        truth = float(metric.aggregate(rows, odds[None])[0])
        draw = partial(_clustered_table, units, right)
        yield Cell(
            "macro_f1 in clusters",
            f"{right:g} right",
            units,
            metric,
            draw,
            truth,
            units * _with_a_miss(right),
        )


@cache
def _with_a_miss(right: float) -> float:
    """Return the share of clusters in which something is wrong."""
    (rows, codes) = _clustered_table(20_000, right, np.random.default_rng(6))
    missed = np.bincount(np.asarray(codes), rows[:, 0] != rows[:, 1])
    return float((missed > 0).mean())


def _confusion(targets: tuple[float, ...], right: float) -> tuple[Floats, Floats]:
    """Return the cells (target, prediction) and their probabilities; mistakes fall as targets do."""
    places = list(itertools.product(range(len(targets)), repeat=2))
    odds = [
        targets[i] * (right if i == j else (1 - right) * targets[j] / (1 - targets[i])) for i, j in places
    ]
    return np.array(places, np.float64), np.array(odds)


def _clustered_table(units: int, right: float, rng: np.random.Generator) -> Sample:
    codes = np.repeat(np.arange(units), rng.integers(4, 60, units))
    own = rng.beta(9 * right, 9 * (1 - right), units)[codes]
    target = (rng.random(len(codes)) < 0.4).astype(np.float64)
    hit = rng.random(len(codes)) < own
    return np.stack([target, np.where(hit, target, 1 - target)], axis=1), codes


def corpora() -> Iterator[Cell]:
    """Yield corpus scores of translations, half of them verbatim where most words are right."""
    for name, make in (("chrf", chrf), ("bleu", bleu), ("ter", ter)):
        metric = make(())
        for right in (0.5, 0.9, 0.99):
            pool = _translations(name, right)
            truth = float(metric.aggregate(pool, np.ones((1, len(pool))))[0])
            for units in (20, 50, 200, 1000):
                yield Cell(
                    name,
                    f"{right:g} of the words",
                    units,
                    metric,
                    partial(_some, pool, units),
                    truth,
                    units * (1 - right**8),
                )


@cache
def _translations(name: str, right: float) -> Floats:
    makers: dict[str, Any] = {"chrf": chrf, "bleu": bleu, "ter": ter}
    metric, rng = makers[name](()), np.random.default_rng(3)
    words = np.array(list("가나다라마바사아자차카타파하"))
    rows = []
    for _ in range(_POOL):
        wanted = rng.choice(words, rng.integers(5, 15))
        kept = rng.random(len(wanted)) < (
            rng.beta(8 * right, 8 * (1 - right)) if rng.random() < 0.5 else right
        )
        rows.append(
            metric.statistics(
                " ".join(np.where(kept, wanted, rng.choice(words, len(wanted)))), " ".join(wanted)
            )
        )
    return np.array(rows)


def correlations() -> Iterator[Cell]:
    """Yield correlations of two normal variables."""
    for units, rho in itertools.product((10, 20, 50, 200, 1000), (0.0, 0.5, 0.9, 0.99)):
        draw = partial(_normal, units, rho)
        yield Cell("pearson", f"{rho:g}", units, pearson(()), draw, rho, units)
        yield Cell("spearman", f"{rho:g}", units, spearman(()), draw, 6 / np.pi * np.arcsin(rho / 2), units)


def _normal(units: int, rho: float, rng: np.random.Generator) -> Sample:
    x = rng.normal(size=units)
    return np.stack([x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=units), np.ones(units)], axis=1), None


def likelihoods() -> Iterator[Cell]:
    """Yield perplexity and bits of texts of unlike lengths: skewed, and without an atom at a bound."""
    for units in (20, 50, 200, 1000):
        truth = float(np.exp(2.5))
        yield Cell("perplexity", "skewed", units, perplexity(()), partial(_texts, units), truth, units)
        yield Cell(
            "bits_per_byte",
            "skewed",
            units,
            bits_per_byte(()),
            partial(_texts, units),
            2.5 / np.log(2),
            units,
        )


def _texts(units: int, rng: np.random.Generator) -> Sample:
    lengths = np.ceil(rng.lognormal(3, 0.8, units))
    return np.stack([lengths * rng.gamma(6, 2.5 / 6, units), lengths], axis=1), None


def calibration() -> Iterator[Cell]:
    """Yield the expected calibration error: of probabilities that are right, and too high."""
    for units, (right, shift) in itertools.product(
        (20, 50, 200, 1000), ((0.7, 0.0), (0.7, 0.15), (0.97, 0.0), (0.9, 0.05))
    ):
        draw = partial(_confident, units, right, shift)
        metric = ece(())
        many = draw(np.random.default_rng(5), 1_000_000)[0]
        truth = float(metric.aggregate(many, np.ones((1, len(many))))[0])
        yield Cell("ece", f"{right:g} right, {shift:g} too sure", units, metric, draw, truth, 0)


def _confident(units: int, right: float, shift: float, rng: np.random.Generator, count: int = 0) -> Sample:
    p = np.clip(rng.beta(8 * right, 8 * (1 - right), count or units), 0.26, 0.9999)
    hit = rng.random(len(p)) < np.clip(p - shift, 0, 1)
    return np.stack([p, hit, np.ones(len(p))], axis=1), None


GROUPS = Metric("mean of groups", lambda seen, target: (0.0,), OfSums(mean), "groups")


def groups() -> Iterator[Cell]:
    """Yield the plain mean of the accuracies of 57 subjects."""
    for held, share in itertools.product((5, 20, 100), (0.7, 0.95, 0.999)):
        yield Cell(
            "mean of 57 groups",
            f"{held} each, {share:g}",
            57 * held,
            GROUPS,
            partial(_groups, held, share),
            share,
            57 * held * (1 - share),
        )


def _groups(held: int, share: float, rng: np.random.Generator) -> Sample:
    codes = np.repeat(np.arange(57), held)
    return (rng.random((len(codes), 1)) < share).astype(np.float64), codes


FAMILIES: dict[str, Callable[[], Iterator[Any]]] = {
    **{"clusters": clusters, "korquad": korquad, "spans": spans, "ratios": ratios, "counts": counts},
    **{"tables": tables, "corpora": corpora, "correlations": correlations, "likelihoods": likelihoods},
    **{"calibration": calibration, "groups": groups},
}


if __name__ == "__main__":
    main()
