"""From an answer to its statistics, and from the journal to the figures of `run.json` and `statistics.npz`.

One road for run, resume and rescore.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records.journal import JournalLine, read_records
from harness.records.run_schema import (
    Counts,
    GroupResult,
    LatencySummary,
    MetricResult,
    RunDocument,
    UsageTotals,
)
from harness.records.sample_schema import Record, RecordedResponse, RecordedTiming, RecordedUsage
from harness.schema import Metric
from harness.scoring.example_scores import frozen
from harness.scoring.service_levels import Goodput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.intervals import IntervalEstimate

USAGE = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
PERCENTILES = (50, 90, 95, 99)
UNANSWERED = "(unanswered)"
_NOBODY = hash(None)
_LABELS = {str, int, float, bool, type(None)}

Tell = Callable[[str], None]


@dataclass
class Tally:
    """What a journal adds up to. Failed requests are counted and enter no metric.

    `goodput` judges the times, where somebody set bounds on them.
    """

    metrics: Sequence[Metric]
    labels: Sequence[str] = ()
    goodput: Goodput | None = None
    ids: list[str] = field(default_factory=list)
    repeats: array[int] = field(default_factory=lambda: array("q"))
    clusters: list[str] = field(default_factory=list)
    said: list[int] = field(default_factory=list)  # a hash of each prediction; None has the hash of none
    statistics: dict[str, array[float]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: dict[str, list[str]] = field(default_factory=dict)
    seen: list[tuple[Any, Any]] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)  # passages: those with an answer, and the own ones
    usage: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    timings: dict[str, array[float]] = field(default_factory=dict)

    def countable(self, path: Path, tell: Tell = lambda _: None) -> Iterator[JournalLine]:
        """Yield the lines of a journal that these metrics can count; `tell` hears why others are left out."""
        shape: dict[str, Any] = {}
        for line in read_records(path, tell):
            problem = self._problem(line.record, shape)
            if problem is None:
                yield line
            else:
                tell(f"{path}: {line.record.named}: {problem}; the line is left out")

    def _problem(self, record: Record, shape: dict[str, Any]) -> str | None:
        """Return why a record cannot be counted; `shape` keeps what the first has and all must have."""
        if record.failed:
            return None
        scores = record.scores or {}
        for metric in self._by_example:
            row = scores.get(metric.name)
            if not row or len(row) != shape.setdefault(metric.name, len(row)):
                return f"scores.{metric.name}: not as this metric writes them"
        units = record.cluster is not None, tuple(record.groups or ())
        if units != shape.setdefault("units", units):
            return "cluster or groups: not as the other lines have them"
        if self.labels and not {type(record.target), type(record.prediction)} <= _LABELS:
            return "target or prediction: no label"
        return None

    def add(self, record: Record) -> None:
        """Count one record."""
        response = record.response
        self.counts["examples"] += 1
        self.counts["cached"] += response.cached
        self.counts["truncated"] += response.truncated
        if response.served:
            self.served[response.served] += 1
        if response.error is not None:
            self.counts["failed"] += 1
            self.failures[response.error.kind] += 1
            if self.goodput is not None:
                self.goodput.count_failure()
            return
        self.ids.append(record.id)
        self.repeats.append(record.repeat)
        self.said.append(_NOBODY if record.prediction is None else hash(str(record.prediction)))
        if record.cluster is not None:
            self.clusters.append(record.cluster)
        for name, group in (record.groups or {}).items():
            self.groups.setdefault(name, []).append(group)
        if record.passages is not None:
            self.shown["answer"] += record.passages.answer
            self.shown["own"] += record.passages.own
            for source in record.passages.sources or ():
                self.shown["sentences"] += 1
                self.shown["attributed"] += source is not None
        if self._by_corpus:
            self.seen.append((record.prediction, frozen(record.target)))
        scores = record.scores or {}
        for metric in self._by_example:
            kept = scores[metric.name]
            # JSON has no NaN: the journal says null where a metric has nothing to say of an example.
            untold = 0.0 if metric.leaves_out else math.nan
            row = [untold if number is None else number for number in kept]
            self.statistics.setdefault(metric.name, array("d")).extend(row)
        self._count_answer(record)
        self._measure(response)

    def _count_answer(self, record: Record) -> None:
        prediction = record.prediction
        self.counts["answered" if prediction is not None else "unanswered"] += 1
        if prediction is None:
            self.reasons[record.response.finish or "no answer found"] += 1
        if record.execution is not None:
            self.outcomes[record.execution.outcome] += 1
        if self.labels:
            self.confusion[record.target, UNANSWERED if prediction is None else prediction] += 1

    def _measure(self, response: RecordedResponse) -> None:
        usage, timing = response.usage, response.timing_s
        if usage is not None:
            for key in USAGE:
                if (count := getattr(usage, key)) is not None:
                    self.usage[key] += count
        if response.cached:
            return
        times: dict[str, float | None] = {}
        if timing is not None:
            times = {"queue": timing.queue, "ttft": timing.ttft, "e2e": timing.e2e, "wait": timing.wait}
            times["tpot"] = _tpot(timing, usage)
        for name, seconds in times.items():
            if seconds is not None:
                self.timings.setdefault(name, array("d")).append(seconds)
        if self.goodput is not None:
            self.goodput.count(times)

    @cached_property
    def _by_example(self) -> list[Metric]:
        """The metrics that have statistics of each example."""
        return [metric for metric in self.metrics if metric.corpus is None]

    @cached_property
    def _by_corpus(self) -> list[Metric]:
        """The metrics that see all examples at once: they need every prediction and target."""
        return [metric for metric in self.metrics if metric.corpus is not None]

    def _statistics(self) -> dict[str, tuple[Metric, NDArray[np.float64]]]:
        return {metric.name: (metric, self.matrix(metric.name)) for metric in self._by_example}

    def matrix(self, metric: str) -> NDArray[np.float64]:
        """Return the statistics of a metric, (N, K)."""
        import numpy as np

        rows = np.frombuffer(self.statistics[metric], dtype=np.float64)
        return rows.reshape(len(self.ids), -1)

    @property
    def share_correct(self) -> float | None:
        """Return the main metric where it is a share of right answers, None where it is anything else."""
        main = self.metrics[0]
        if not self.ids or main.interval != "wilson" or not main.higher_is_better:
            return None
        return float(self.matrix(main.name)[:, 0].mean())

    def cluster_codes(self) -> NDArray[np.int64] | None:
        """Return (N,) numbers of the resampled units, or None where each row is one.

        Repeats of an example stay together; a task's own cluster holds them all the same.
        """
        import numpy as np

        if self.clusters:
            names: Sequence[str] = self.clusters
        elif any(self.repeats):
            names = self.ids
        else:
            return None
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)

    def summarize(self, run: RunDocument, *, seed: int) -> None:
        """Write what it adds up to into `run`: metrics, counts, confusion, usage, latency."""
        run.metrics = self.estimates(seed)
        run.counts = Counts(**{key: self.counts[key] for key in Counts.model_fields})
        run.unanswered_because = dict(self.reasons)
        run.failed_because = dict(self.failures)
        if self.outcomes:
            run.outcomes = dict(self.outcomes.most_common())
        run.confusion = self._confusion()
        if run.retrieval is not None and self.ids:
            run.retrieval.answer = self.shown["answer"] / len(self.ids)
            run.retrieval.own = self.shown["own"] / len(self.ids)
            if self.shown["sentences"]:
                run.retrieval.attributed = self.shown["attributed"] / self.shown["sentences"]
        if self.groups and self.ids:
            run.breakdown, run.macro = self._by_group(seed)
        run.usage = UsageTotals(**self.usage) if self.usage else None
        if self.served:
            run.served = dict(self.served)
        run.latency_s = {name: percentiles(values) for name, values in sorted(self.timings.items())}

    def estimates(self, seed: int) -> dict[str, MetricResult]:
        """Return metric → value, interval, standard error, n, unit, direction, signature."""
        from harness.stats import intervals

        if not self.ids:
            return {}
        found = intervals.estimates(self._statistics(), self.cluster_codes(), seed=seed)
        for metric in self._by_corpus:
            assert metric.corpus is not None
            value = metric.corpus(*map(list, zip(*self.seen, strict=True)))
            found[metric.name] = intervals.IntervalEstimate(value, None, None, None, len(self.ids))
        named = {metric.name: _estimate(metric, found[metric.name]) for metric in self.metrics}
        return {**named, **self._over_repeats(seed)}

    def _over_repeats(self, seed: int) -> dict[str, Any]:
        """Return `pass@k`, `avg@n`, `maj@n` of the main metric, where it is a share and examples repeat."""
        main = self.metrics[0]
        if not any(self.repeats) or self.share_correct is None:
            return {}
        import numpy as np

        from harness.scoring import over_repeats
        from harness.stats import intervals

        by_example: dict[str, over_repeats.Repeats] = {}
        clusters: dict[str, str] = {}
        right = self.matrix(main.name)[:, 0].tolist()
        for place, (name, said, hit) in enumerate(zip(self.ids, self.said, right, strict=True)):
            one = by_example.setdefault(name, over_repeats.Repeats([], []))
            one.said.append(None if said == _NOBODY else said)
            one.right.append(hit)
            if self.clusters:
                clusters[name] = self.clusters[place]
        found = over_repeats.figures(list(by_example.values()))
        stats = {
            name: (over_repeats.metric(name, main), np.array(values)[:, None])
            for name, values in found.items()
        }
        numbers = {name: n for n, name in enumerate(dict.fromkeys(clusters.values()))}
        codes = np.array([numbers[clusters[name]] for name in by_example]) if clusters else None
        estimates = intervals.estimates(stats, codes, seed=seed)
        return {name: _estimate(stats[name][0], estimates[name]) for name in found}

    def _by_group(
        self, seed: int
    ) -> tuple[dict[str, dict[str, dict[str, GroupResult]]], dict[str, dict[str, GroupResult]]]:
        """Return field → group → metric → result, and field → metric → the mean over its groups."""
        from harness.stats.breakdown import breakdown, macro

        stats, clusters = self._statistics(), self.cluster_codes()
        found = {name: breakdown(stats, groups, clusters, seed=seed) for name, groups in self.groups.items()}
        return (
            {name: {group: _results(one) for group, one in groups.items()} for name, groups in found.items()},
            {name: _results(macro(groups)) for name, groups in found.items()},
        )

    def _confusion(self) -> dict[str, dict[str, int]] | None:
        """Return target → prediction → count, every label and the unanswered present."""
        if not self.labels:
            return None
        columns = (*self.labels, UNANSWERED)
        return {row: {column: self.confusion[row, column] for column in columns} for row in self.labels}

    def save(self, path: Path) -> None:
        """Write `statistics.npz`: ids, repeats, clusters and each metric's (N, K) statistics.

        Raises:
            Stopped: the disk is full.
        """
        import io

        import numpy as np

        from harness.records.atomic import write_atomically

        arrays: dict[str, Any] = {
            # One text with a line an id: a fixed-width array would pad every id to the longest.
            "ids": np.frombuffer("\n".join(map(_one_line, self.ids)).encode(), dtype=np.uint8),
            "repeats": np.frombuffer(self.repeats, dtype=np.int64),
        }
        codes = self.cluster_codes()
        if codes is not None:
            arrays["clusters"] = codes
        for metric in self._by_example if self.ids else ():
            arrays[f"metric:{metric.name}"] = self.matrix(metric.name)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        write_atomically(path, buffer.getvalue())


def tally(
    path: Path, metrics: Sequence[Metric], labels: Sequence[str], slo: Mapping[str, float] | None = None
) -> Tally:
    """Return what the journal at `path`, already compacted, adds up to; `slo` are bounds on its times."""
    found = Tally(metrics, labels, Goodput(slo) if slo else None)
    for line in found.countable(path):
        found.add(line.record)
    return found


def _estimate(metric: Metric, found: IntervalEstimate) -> MetricResult:
    """Return an estimate for `run.json`: a figure that is not a number is None, as JSON will have it."""
    result = MetricResult(
        value=_plain(found.value),
        ci_low=_plain(found.ci_low),
        ci_high=_plain(found.ci_high),
        stderr=_plain(found.stderr),
        n=found.n,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        signature=f"{metric.signature}|n:{found.n}",
    )
    if found.units is not None:
        result.units = found.units
    return result


def _plain(figure: float | None) -> float | None:
    """Return a figure that JSON can hold: one that is infinite or not a number is None."""
    return None if figure is None or not math.isfinite(figure) else float(figure)


def _results(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, GroupResult]:
    ends = ("value", "ci_low", "ci_high", "stderr")
    return {
        name: GroupResult(**{**values, **{end: _plain(values[end]) for end in ends}})
        for name, values in metrics.items()
    }


def _one_line(name: str) -> str:
    """Return an id without line feeds; two ids never become the same."""
    return name.replace("\\", "\\\\").replace("\n", "\\n")


def named(line: str) -> str:
    """Return the id that a line of `statistics.npz` stands for."""
    return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], line)


def _tpot(timing: RecordedTiming, usage: RecordedUsage | None) -> float | None:
    """Return seconds per output token after the first; undefined for one token.

    A thought's tokens came before the first content, and are no part of it.
    """
    ttft, e2e = timing.ttft, timing.e2e
    if usage is None or ttft is None or e2e is None or usage.completion_tokens is None:
        return None
    tokens = usage.completion_tokens - (usage.reasoning_tokens or 0)
    return float((e2e - ttft) / (tokens - 1)) if tokens > 1 else None


def percentiles(values: array[float]) -> LatencySummary:
    """Return linear-interpolated percentiles, the mean and n of seconds."""
    import numpy as np

    seconds = np.frombuffer(values, dtype=np.float64)
    found = np.percentile(seconds, PERCENTILES)
    p50, p90, p95, p99 = map(float, found)
    return LatencySummary(
        p50=p50, p90=p90, p95=p95, p99=p99, mean=math.fsum(seconds) / len(seconds), n=len(seconds)
    )
