"""What two runs were made with, where they differ, and what either cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.config import documents
from harness.errors import BadInput
from harness.records import run_file
from harness.reports.entries import Entry
from harness.reports.leaderboard.speed import hardware, ms

_TASK = ("name", "version", "ask", "template", "shots", "split", "limit", "repeat")
_BACKEND = ("chat", "shots_as", "normalise", "price")  # beside what run.json says of it
_DEFINED = ("instruction", "clean", "say", "options", "extract", "metrics")


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


def differing(a: Entry, b: Entry) -> list[Setting]:
    """Return the settings in which the runs differ: system, decoding, task, data, versions, hardware."""
    ours, theirs = settings_of(a), settings_of(b)
    names = dict.fromkeys([*ours, *theirs])
    rows = (Setting(name, ours.get(name), theirs.get(name)) for name in names)
    return [row for row in rows if row.a != row.b]


def costs(a: Entry, b: Entry) -> list[Cost]:
    """Return the costs and times that at least one of the runs has."""
    ours, theirs = dict(_figures(a.run)), dict(_figures(b.run))
    keys = [key for key, _ in _figures(a.run)] + [key for key, _ in _figures(b.run)]
    return [Cost(*key, ours.get(key), theirs.get(key)) for key in dict.fromkeys(keys)]


def same_hardware(a: Entry, b: Entry) -> bool | None:
    """Return whether both ran on the same processor; None where one does not say."""
    here, there = hardware(a.run), hardware(b.run)
    return here == there if here and there else None


def settings_of(entry: Entry) -> dict[str, Any]:
    """Return every setting under its dotted name."""
    run = entry.run
    task, data = run["task"], run["data"]
    environment = dict(run.get("environment") or {})
    return {
        **_flat("backend", {**kept(entry, run_file.BACKEND, _BACKEND), **run["backend"]}),
        **_flat("decoding", (run.get("decoding") or {}).get("asked") or {}),
        **_flat("choose_by", run.get("choose_by")),
        **_flat("task", {key: task[key] for key in _TASK if key in task}),
        **_flat("task", _definition(entry)),
        **_flat("seed", run.get("seed")),
        **_flat("fit", {"device": (run.get("fit") or {}).get("device")}),
        **_flat("data", {key: data.get(key) for key in ("sample", "revision", "sha256")}),
        **_flat("environment", environment),
    }


def _definition(entry: Entry) -> dict[str, Any]:
    """Return what the task's own file says of prompts and judgement, the template used among it."""
    values = kept(entry, run_file.TASK, (*_DEFINED, "templates"))
    templates = values.pop("templates", None)
    used = templates.get(entry.run["task"].get("template")) if isinstance(templates, dict) else None
    return values | ({"prompt": used} if used else {})


def kept(entry: Entry, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return those keys of a definition that the run kept; none where the file is not there."""
    try:
        values = documents.read(entry.directory / name).values
    except (BadInput, OSError):
        return {}  # run.json says the most of it
    return {key: values[key] for key in keys if key in values}


def _flat(name: str, value: Any) -> dict[str, Any]:
    """Return the leaves of nested mappings by dotted name; what is null is not there."""
    if isinstance(value, Mapping):
        return {key: leaf for k, v in value.items() for key, leaf in _flat(f"{name}.{k}", v).items()}
    return {} if value is None else {name: value}


def _figures(run: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield ((name, unit), value) of each cost and time that was measured."""
    for (name, unit), value in _all_figures(run):
        if value is not None:
            yield (name, unit), float(value)


def _all_figures(run: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    cost, latency, rate = (run.get(key) or {} for key in ("cost", "latency_s", "throughput"))
    currency = str(cost.get("currency", ""))
    yield ("cost per 1,000 examples", currency), cost.get("per_1k_examples")
    yield ("cost", currency), cost.get("total")
    yield ("cost per right answer", currency), cost.get("per_correct")
    if (goodput := run.get("goodput")) is not None:
        slo = ", ".join(f"{name} ≤ {most:g} s" for name, most in goodput["slo"].items())
        yield (f"goodput ({slo})", "0-1"), goodput["share"]
    yield ("time per example", "ms"), ms(run)
    for key, name in (("e2e", "latency"), ("ttft", "time to first token"), ("tpot", "time per output token")):
        for percentile in ("p50", "p95"):
            yield (f"{name} {percentile}", "s"), (latency.get(key) or {}).get(percentile)
    yield ("held back by rate limits p95", "s"), (latency.get("wait") or {}).get("p95")
    yield ("output tokens per second", "1/s"), rate.get("output_tokens_per_s")
    yield ("fit", "s"), (run.get("fit") or {}).get("seconds")
    yield ("trained on", "examples"), (run.get("fit") or {}).get("examples")
    yield ("training steps", "steps"), (run.get("fit") or {}).get("steps")
    yield from _tokens(run)
    yield ("energy", "J"), (run.get("energy") or {}).get("joules")


def _tokens(run: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield the tokens an example, so that runs of other lengths compare."""
    usage, counts = run.get("usage") or {}, run.get("counts") or {}
    n = (counts.get("answered") or 0) + (counts.get("unanswered") or 0)
    for key in ("prompt_tokens", "completion_tokens", "reasoning_tokens"):
        total = usage.get(key)
        yield (f"{key.replace('_', ' ')} per example", ""), total / n if total is not None and n else None
