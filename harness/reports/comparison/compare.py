"""Two runs on the same examples: which is better, by how much, how sure, and where they part."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import BadInput, HarnessError, Place, did_you_mean
from harness.records import journal as records
from harness.records import run_file
from harness.reports.comparison.drift import Drift, drift, sentence
from harness.reports.comparison.flips import Flips, Judged, flips
from harness.reports.comparison.pairs import Pairs, keys_of, pairs
from harness.reports.comparison.settings import Cost, Setting, costs, differing, same_hardware
from harness.reports.leaderboard.ranks import Statistics, statistics
from harness.reports.run import Run
from harness.reports.writers.translations import translated
from harness.schema import Metric

if TYPE_CHECKING:
    from harness.stats.effect_sizes import Effect
    from harness.stats.intervals import IntervalEstimate

EXAMPLES = 5
LEVEL_OF_P = 0.05  # up to which a p-value agrees with a 95 % interval without 0


@dataclass(frozen=True)
class Difference:
    """A metric over the common examples in both runs; `value` is b's figure minus a's.

    The interval is the paired one at 95 %, `test` names what the p-value comes from (`draws` random swaps, or
    exact), `better` is None where the interval holds 0 or there is none, or where the p-value is above 0.05.
    A figure that is undefined is None.
    """

    metric: str
    signature: str
    unit: str
    higher_is_better: bool
    a: float | None
    b: float | None
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    test: str | None = None
    draws: int | None = None
    effect: Effect | None = None
    better: Literal["a", "b"] | None = None


@dataclass(frozen=True)
class PairedComparison:
    """All that tells two runs apart.

    `pairs` are the examples that both answered, `notes` what to know before believing the figures. `drift` is
    None unless both are one model, asked the same.
    """

    a: Run
    b: Run
    pairs: Pairs
    differences: list[Difference]
    flips: Flips | None
    settings: list[Setting]
    costs: list[Cost]
    notes: list[str] = field(default_factory=list)
    drift: Drift | None = None

    @property
    def units(self) -> int | None:
        """Return how many clusters were resampled and swapped whole, None where each example is its own."""
        if self.pairs.clusters is None:
            return None
        count = len(set(self.pairs.clusters.tolist()))
        return None if count == self.pairs.n else count


def compare(a: Run, b: Run, *, metrics: Sequence[str] = (), examples: int = EXAMPLES) -> PairedComparison:
    """Return the comparison of run `b` with run `a`, by the `metrics` named or all that both have.

    At most `examples` are shown of the flips each way.

    Raises:
        BadInput: the runs are of other data, share no example or no metric, have no such metric, or lack
            their statistics.
        Unavailable: a metric needs a package that is not installed.
    """
    _check_data(a, b)
    notes: list[str] = []
    chosen = _metrics(a, b, metrics, notes)
    single = [metric for metric in chosen if metric.corpus is None]
    ours, theirs = _statistics(a, single), _statistics(b, single)
    paired = _paired(a, b, ours, theirs)
    rows = {m.name: (ours[m.name].rows[paired.here], theirs[m.name].rows[paired.there]) for m in single}
    found = [*_differences(single, rows, paired), *(_whole(m, a, b, paired) for m in chosen if m.corpus)]
    by_name = {one.metric: one for one in found}
    settings = differing(a, b)
    drifted = drift(a, b, settings)
    return PairedComparison(
        a,
        b,
        paired,
        [by_name[metric.name] for metric in chosen],
        _flips(a, b, single, rows, keys_of(next(iter(ours.values())), paired.here), examples),
        settings,
        costs(a, b),
        [*_notes(a, b, paired), *([sentence(drifted)] if drifted else []), *notes],
        drifted,
    )


def _check_data(a: Run, b: Run) -> None:
    """Check that equal ids are equal examples.

    Raises:
        BadInput: the runs are of other data or another split, or one has no answers.
    """
    for entry in (a, b):
        if not entry.metrics:
            raise BadInput("no answers to compare", place=Place(entry.directory))
    if a.sample != b.sample:
        sample = a if a.sample else b
        raise BadInput(f"only {sample.directory} is of the shipped sample; run both with --sample or without")
    here, there = a.document.task.split, b.document.task.split
    if here != there:
        raise BadInput(f"other splits, {here} and {there}: no example is in both; see --split")
    if a.sha256 != b.sha256:
        both = " and ".join(f"{one.task} of {one.sha256[:8]}" for one in (a, b))
        raise BadInput(f"other data: {both}; run both on the same files")


def _metrics(a: Run, b: Run, named: Sequence[str], notes: list[str]) -> list[Metric]:
    """Return the metrics to compare by, in a's order; `notes` are told which cannot be compared."""
    common = [name for name in a.metrics if name in b.metrics]
    for name in named:
        if name not in common:
            hint = did_you_mean(name, common)
            raise BadInput(f"--metric {name}: not a metric of both runs.{hint}")
    wanted = [name for name in common if name in named] if named else common
    if not wanted:
        raise BadInput(
            f"no metric in common: {', '.join(a.metrics)} and {', '.join(b.metrics)}; "
            "`harness rescore RUN --task TASK` judges one as the other"
        )
    known = {metric.name: metric for metric in _judges(a, b)}
    found = []
    for name in wanted:
        problem = _problem(known.get(name), name, a, b)
        if problem is None:
            found.append(known[name])
        elif named:
            raise BadInput(f"--metric {name}: {problem}")
        else:
            notes.append(translated("{metric} is not compared: {problem}", metric=name, problem=problem))
    if not any(metric.corpus is None for metric in found):
        raise BadInput("; ".join(notes) or f"{', '.join(wanted)} says nothing of single examples")
    return found


def _judges(a: Run, b: Run) -> list[Metric]:
    """Return the metrics of the first of the two tasks that can be read here."""
    try:
        return a.definition().metrics
    except HarnessError:
        return b.definition().metrics


def _problem(metric: Metric | None, name: str, a: Run, b: Run) -> str | None:
    """Return why two figures of one name do not compare, None if they do."""
    ours, theirs = (entry.metrics[name].signature.rpartition("|n:")[0] for entry in (a, b))
    if ours != theirs:
        both = {"a": ours, "b": theirs}
        return translated("judged by {a} and by {b}; `harness rescore` judges both alike", **both)
    if metric is None:
        return translated("the tasks that the runs kept do not have it")
    if metric.signature != ours:
        return translated(
            "judged by {a}, and this harness has {b}; `harness rescore` judges again",
            **{"a": ours, "b": metric.signature},
        )
    return None


def _statistics(entry: Run, metrics: Sequence[Metric]) -> dict[str, Statistics]:
    path = entry.directory / run_file.STATISTICS
    return {metric.name: statistics(path, metric.name, entry.prefix) for metric in metrics}


def _paired(a: Run, b: Run, ours: Mapping[str, Statistics], theirs: Mapping[str, Statistics]) -> Pairs:
    found = pairs(next(iter(ours.values())), next(iter(theirs.values())))
    if not found.n:
        raise BadInput(f"no example was answered in both {a.directory} and {b.directory}")
    return found


def _differences(
    metrics: Sequence[Metric], rows: Mapping[str, tuple[Any, Any]], paired: Pairs
) -> Iterator[Difference]:
    """Yield how b's figures differ from a's, given the statistics (n, K) of the same examples."""
    from harness.stats.bootstrap import figure_of
    from harness.stats.effect_sizes import effect
    from harness.stats.paired import paired_estimates
    from harness.stats.significance import significance

    sides = {metric.name: (metric, rows[metric.name][1], rows[metric.name][0]) for metric in metrics}
    found = paired_estimates(sides, paired.clusters)
    for name, (metric, rows_b, rows_a) in sides.items():
        estimate, tested = found[name], significance(metric, rows_b, rows_a, paired.clusters)
        yield Difference(
            **_about(metric),
            a=_plain(figure_of(metric, rows_a)),
            b=_plain(figure_of(metric, rows_b)),
            value=_plain(estimate.value),
            ci_low=estimate.ci_low,
            ci_high=estimate.ci_high,
            p_value=tested.p_value,
            test=tested.test,
            draws=tested.draws,
            effect=effect(metric, rows_b, rows_a),
            better=_better(metric, estimate, tested.p_value),
        )


def _better(metric: Metric, estimate: IntervalEstimate, p_value: float | None) -> Literal["a", "b"] | None:
    """Return which run is better beyond doubt, given the estimate of b's figure minus a's and its p-value.

    Both must say so: of few clusters the one may where the other cannot.
    """
    if estimate.allows(0) or p_value is None or p_value > LEVEL_OF_P:
        return None
    return "b" if (estimate.value > 0) == metric.higher_is_better else "a"


def _whole(metric: Metric, a: Run, b: Run, paired: Pairs) -> Difference:
    """Return the figures of a metric that judges all examples at once: it cannot be taken over some."""
    ours, theirs = a.metrics[metric.name].value, b.metrics[metric.name].value
    value = None
    if ours is not None and theirs is not None and not paired.only_a and not paired.only_b:
        value = theirs - ours
    return Difference(**_about(metric), a=ours, b=theirs, value=value)


def _about(metric: Metric) -> dict[str, Any]:
    return {
        "metric": metric.name,
        "signature": metric.signature,
        "unit": metric.unit,
        "higher_is_better": metric.higher_is_better,
    }


def _plain(figure: float) -> float | None:
    return None if math.isnan(figure) else figure


def _flips(
    a: Run,
    b: Run,
    metrics: Sequence[Metric],
    rows: Mapping[str, tuple[Any, Any]],
    key: Callable[[int], records.Key],
    most: int,
) -> Flips | None:
    """Return where the runs part, by the first metric that says right or wrong, else judges an example."""
    from harness.stats.effect_sizes import by_example

    for metric in sorted(metrics, key=_says_right, reverse=True):
        ours, theirs = (by_example(metric, side) for side in rows[metric.name])
        if ours is not None and theirs is not None:
            judged = Judged(metric, ours, theirs, key)
            journals = (a.directory / run_file.SAMPLES, b.directory / run_file.SAMPLES)
            return flips(judged, *journals, most, prefixes=(a.prefix, b.prefix))
    return None


def _says_right(metric: Metric) -> bool:
    return metric.interval == "wilson" and metric.higher_is_better


def _notes(a: Run, b: Run, paired: Pairs) -> Iterator[str]:
    """Yield what a reader must know before believing the difference."""
    if a.directory.resolve() == b.directory.resolve():
        yield translated("A and B are the same run")
    for letter, entry, other, alone in (("A", a, "B", paired.only_a), ("B", b, "A", paired.only_b)):
        if entry.marks:
            yield f"{letter}: {', '.join(entry.marks)}"
        if alone:
            yield translated(
                "{n:,} that only {one} answered are left out, {other} has none to pair with them",
                **{"n": alone, "one": letter, "other": other},
            )
    if a.prefix and b.prefix:
        yield translated("judged are the replies of {a} (A) and of {b} (B)", a=a.prefix[:-1], b=b.prefix[:-1])
    here, there = a.document.task, b.document.task
    if here.name != there.name:
        yield translated("two tasks on the same data: {a} and {b}", a=here.name, b=there.name)
    elif here.version != there.version:
        yield translated("two versions of the task: {a} and {b}", a=here.version, b=there.version)
    if a.sample:
        yield translated("the project's own small sample, not the dataset")
    if same_hardware(a, b) is False:
        yield translated("on other hardware: times say little of the systems")
