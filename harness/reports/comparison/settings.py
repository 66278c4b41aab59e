"""What two runs were made with, where they differ, and what either cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.config import documents
from harness.config.renamed import TASK, renamed
from harness.errors import BadInput
from harness.records import run_file
from harness.records.run_schema import RunDocument
from harness.reports.leaderboard.speed import hardware, ms
from harness.reports.run import Run

_TASK = ("name", "version", "ask", "template", "shots", "split", "limit", "repeat", "perturb", "context")
_BACKEND = ("chat", "shots_as", "normalise", "price")  # beside what run.json says of it
_DEFINED = (
    *("fields", "meta", "aliases", "options_from", "target_format", "window", "split", "cluster"),
    *("instruction", "clean", "option_marks", "options", "extract", "official", "metrics"),
)
_JUDGED = ("extract", "official", "metrics")  # all that a task of ours decides of a run that others made


class Setting(NamedTuple):
    """A setting that differs; None where a run does not have it."""

    name: str
    a: Any
    b: Any


class Cost(NamedTuple):
    """A cost or a time of both runs; None where it was not measured.

    `difference` is b − a and `ratio` b / a, where both were measured in the one unit.
    """

    name: str
    unit: str
    a: float | None
    b: float | None

    @property
    def difference(self) -> float | None:
        """Return b − a."""
        return None if self.a is None or self.b is None else self.b - self.a

    @property
    def ratio(self) -> float | None:
        """Return b / a; None for a cost of 0."""
        return None if not self.a or self.b is None else self.b / self.a


def differing(a: Run, b: Run) -> list[Setting]:
    """Return the settings in which the runs differ: system, decoding, task, data, versions, hardware."""
    ours, theirs = settings_of(a), settings_of(b)
    names = dict.fromkeys([*ours, *theirs])
    rows = (Setting(name, ours.get(name), theirs.get(name)) for name in names)
    return [row for row in rows if row.a != row.b]


def costs(a: Run, b: Run) -> list[Cost]:
    """Return the costs and times that at least one of the runs has."""
    ours, theirs = dict(_figures(a.document)), dict(_figures(b.document))
    keys = [key for key, _ in _figures(a.document)] + [key for key, _ in _figures(b.document)]
    return [Cost(*key, ours.get(key), theirs.get(key)) for key in dict.fromkeys(keys)]


def same_hardware(a: Run, b: Run) -> bool | None:
    """Return whether both ran on the same processor; None where one does not say."""
    here, there = hardware(a.document), hardware(b.document)
    return here == there if here and there else None


def settings_of(entry: Run) -> dict[str, Any]:
    """Return every setting under its dotted name."""
    run = entry.document
    task = run.task.to_dict()
    return {
        **_flat("backend", {**kept(entry, run_file.BACKEND, _BACKEND), **run.backend.to_dict()}),
        **_flat("decoding", run.decoding.asked),
        **_flat("choose_by", run.choose_by),
        **_flat("task", {key: task[key] for key in _TASK if key in task}),
        **_flat("task", _definition(entry)),
        **_flat("seed", run.seed),
        **_flat("fit", {"device": run.fit and run.fit.device}),
        **_flat(
            "data", {"sample": run.data.sample, "revision": run.data.revision, "sha256": run.data.sha256}
        ),
        **_flat("environment", run.environment.to_dict()),
        **_foreign(run),
    }


def _foreign(run: RunDocument) -> dict[str, Any]:
    """Return what the log of another harness tells of its settings."""
    told = run.foreign
    if told is None:
        return {}
    settings = {name: value for name, value in told.settings.items() if value is not None}
    return {**_flat("foreign", {"harness": told.harness, "version": told.version}), **settings}


def _definition(entry: Run) -> dict[str, Any]:
    """Return what the task's own file says of prompts and judgement, the template used among it."""
    if entry.document.foreign is not None:
        return kept(entry, run_file.TASK, _JUDGED)
    values = kept(entry, run_file.TASK, (*_DEFINED, "templates"))
    templates = values.pop("templates", None)
    used = templates.get(entry.document.task.template) if isinstance(templates, dict) else None
    return values | ({"prompt": used} if used else {})


def kept(entry: Run, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return those keys of a definition that the run kept; none where the file is not there."""
    try:
        document = documents.read(entry.directory / name)
        values = (renamed(document, TASK) if name == run_file.TASK else document).values
    except (BadInput, OSError):
        return {}  # run.json says the most of it
    return {key: values[key] for key in keys if key in values}


def _flat(name: str, value: Any) -> dict[str, Any]:
    """Return the leaves of nested mappings by dotted name; what is null is not there."""
    if isinstance(value, Mapping):
        return {key: leaf for k, v in value.items() for key, leaf in _flat(f"{name}.{k}", v).items()}
    return {} if value is None else {name: value}


def _figures(run: RunDocument) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield ((name, unit), value) of each cost and time that was measured."""
    for (name, unit), value in _all_figures(run):
        if value is not None:
            yield (name, unit), float(value)


def _all_figures(run: RunDocument) -> Iterator[tuple[tuple[str, str], float | None]]:
    if cost := run.cost:
        currency = cost.currency or ""
        yield ("cost per 1,000 examples", currency), cost.per_1k_examples
        yield ("cost", currency), cost.total
        yield ("cost per right answer", currency), cost.per_correct
    if goodput := run.goodput:
        slo = ", ".join(f"{name} ≤ {most:g} s" for name, most in goodput.slo.items())
        yield (f"goodput ({slo})", "0-1"), goodput.share
    if found := run.retrieval:
        yield ("answer in the passages shown", "0-1"), found.answer
        yield ("sentences attributed to a passage shown", "0-1"), found.attributed
        yield ("own passage among those shown", "0-1"), found.own
        yield ("finding passages", "s"), found.seconds
    yield ("time per example", "ms"), ms(run)
    yield ("CPU time per example", "ms"), run.throughput.cpu_ms_per_example
    for key, name in (("e2e", "latency"), ("ttft", "time to first token"), ("tpot", "time per output token")):
        if latency := run.latency_s.get(key):
            yield (f"{name} p50", "s"), latency.p50
            yield (f"{name} p95", "s"), latency.p95
    if wait := run.latency_s.get("wait"):
        yield ("held back by rate limits p95", "s"), wait.p95
    yield ("output tokens per second", "1/s"), run.throughput.output_tokens_per_s
    if fit := run.fit:
        yield ("fit", "s"), fit.seconds
        yield ("fit, CPU", "s"), fit.cpu_seconds
        yield ("trained on", "examples"), fit.examples
        yield ("training steps", "steps"), fit.steps
    yield from _tokens(run)
    yield ("energy", "J"), run.energy.joules if run.energy else None


def _tokens(run: RunDocument) -> Iterator[tuple[tuple[str, str], float | None]]:
    """Yield the tokens an example, so that runs of other lengths compare."""
    n = run.counts.answered + run.counts.unanswered
    if run.usage is None or not n:
        return
    totals = {
        "prompt tokens": run.usage.prompt_tokens,
        "completion tokens": run.usage.completion_tokens,
        "reasoning tokens": run.usage.reasoning_tokens,
    }
    for name, total in totals.items():
        yield (f"{name} per example", ""), None if total is None else total / n
