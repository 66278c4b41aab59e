"""All that `run.json` says, in groups and words, with units: what nobody named here is shown all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.records.run_schema import GroupResult, RunDocument
from harness.reports.writers.numbers import between, number, short
from harness.reports.writers.translations import named, translated


@dataclass(frozen=True)
class Fact:
    """A name and what stands beside it; `exact` is text to be copied as it is: a hash, a command."""

    name: str
    value: str
    exact: bool = False


@dataclass(frozen=True)
class FactGroup:
    """Facts under one heading, or a table of figures."""

    title: str
    facts: list[Fact] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


# Heading → the keys of run.json that stand under it. What has pages or tables of its own comes apart.
GROUPS = {
    "Answers": ("counts", "unanswered_because", "failed_because", "outcomes"),
    "Task": ("task", "choose_by", "seed"),
    "Data": ("data",),
    "System": ("backend", "given"),
    "Decoding": ("decoding",),
    "Cost": ("cost", "usage", "throughput", "energy"),
    "Execution": ("execution",),
    "Fit": ("fit",),
    "Run": ("id", "status", "command", "started", "finished", "fingerprint", "schema_version"),
    "Environment": ("environment",),
}
_APART = ("label", "metrics", "latency_s", "confusion", "breakdown", "macro", "sessions")
_EXACT = ("sha256", "fingerprint", "command", "git", "id", "revision", "settings", "sent", "asked", "given")
_THEIRS = ("given", "settings", "sent", "asked", "packages", "identity")  # what is in them others have named
_UNITS = {
    **{"seconds": "s", "memory_gib": "GiB", "joules": "J", "co2_g": "g CO₂"},
    **{
        "cpu_seconds": "s",
        "cpu_ms_per_example": "ms",
        "examples_per_s": "examples/s",
        "output_tokens_per_s": "tokens/s",
    },
}
LATENCY = {
    "e2e": "end to end",
    "ttft": "to the first token",
    "tpot": "per output token",
    "queue": "in the queue",
}


def groups(document: RunDocument, run: Mapping[str, Any]) -> list[FactGroup]:
    """Return everything that a run says of itself but its pictures; a group without facts is left out.

    `run` are the plain values of its `document`, as far as they are shown.
    """
    placed = {key for keys in GROUPS.values() for key in keys}
    rest = [key for key in run if key not in placed and key not in _APART]
    found = [_group(title, keys, run, flat=len(keys) == 1) for title, keys in GROUPS.items()]
    found.append(_group("Other", rest, run, flat=False))
    found[1:1] = [_latency(document)]
    return [*filter(_any, [_metrics(document), *found, _sessions(document), *_by_group(document)])]


def _any(group: FactGroup) -> bool:
    return bool(group.facts or group.rows)


def _group(title: str, keys: Sequence[str], run: Mapping[str, Any], *, flat: bool) -> FactGroup:
    """Return the facts under the keys; those of the one key of a `flat` group go without its name."""
    facts = [fact for key in keys for fact in _facts(() if flat else (key,), run.get(key), run)]
    return FactGroup(named(title), [fact for fact in facts if fact.value])


def _facts(path: tuple[str, ...], value: Any, run: Mapping[str, Any]) -> Iterator[Fact]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _facts((*path, str(key)), one, run)
    elif value is not None and value != [] and path:
        exact = any(part in _EXACT for part in path)
        yield Fact(_words(path), _value(path[-1], value, run, exact=exact), exact)


def _words(path: tuple[str, ...]) -> str:
    """Return `shots k` of (task, shots, k): the group's title has said the first."""
    words = [part.replace("_", " ") for part in path]
    ours = next((place + 1 for place, part in enumerate(path) if part in _THEIRS), len(path))
    told = [*map(named, words[:ours]), *words[ours:]]
    return " ".join(told[1:] if len(path) > 1 and path[0] in _SAID else told)


_SAID = ("task", "data", "backend", "environment", "fit", "cost", "counts", "throughput")


def _value(key: str, value: Any, run: Mapping[str, Any], *, exact: bool) -> str:
    if isinstance(value, bool):
        return translated("yes") if value else translated("no")
    if isinstance(value, list):
        return ", ".join(str(one) if not exact else repr(one) for one in value)
    if isinstance(value, (int, float)) and not exact:
        return _figure(key, value, run)
    if key in ("status", "kind"):
        return named(str(value))
    return repr(value) if exact and isinstance(value, (int, float)) else str(value)


def _figure(key: str, value: float, run: Mapping[str, Any]) -> str:
    if key == "parameters":
        if value >= 1e9:
            return translated("{n:.3g} billion", n=value / 1e9)
        return translated("{n:.3g} million", n=value / 1e6)
    if key in ("total", "paid", "per_1k_examples"):
        return f"{short(value)} {(run.get('cost') or {}).get('currency', '')}"
    if key in ("seed", "version", "schema_version", "limit"):
        return str(value)
    text = f"{value:,}" if isinstance(value, int) else short(value)
    return f"{text} {named(_UNITS[key])}" if key in _UNITS else text


def _metrics(run: RunDocument) -> FactGroup:
    header = [
        *(translated("metric"), translated("value"), translated("95 % interval"), translated("n")),
        *(translated("unit"), translated("better"), translated("signature")),
    ]
    rows = []
    for name, main in run.metrics.items():
        better = translated("higher") if main.higher_is_better else translated("lower")
        figures = (number(main.value, main.unit), between(main), f"{main.n:,}")
        rows.append([name, *figures, main.unit, better, main.signature])
    return FactGroup(translated("Metrics"), header=header, rows=rows)


def _latency(run: RunDocument) -> FactGroup:
    """Return the table of how long replies took, in seconds."""
    keys = ("p50", "p90", "p95", "p99", "mean")
    rows = [
        [
            named(LATENCY.get(name, name)),
            *map(short, (row.p50, row.p90, row.p95, row.p99, row.mean)),
            f"{row.n:,}",
        ]
        for name, row in run.latency_s.items()
    ]
    header = ["", *map(named, keys), translated("n")]
    return FactGroup(translated("Latency, seconds"), header=header, rows=rows)


def _sessions(run: RunDocument) -> FactGroup:
    rows = [
        [
            *(one.started or "", one.finished or ""),
            *(short(one.seconds), f"{one.requests:,}", f"{one.failed:,}"),
        ]
        for one in run.sessions
    ]
    header = [
        *(translated("started"), translated("finished"), translated("seconds")),
        *(translated("requests"), translated("failed")),
    ]
    return FactGroup(translated("Sessions"), header=header, rows=rows)


def _by_group(run: RunDocument) -> Iterator[FactGroup]:
    """Yield the means over the groups of each breakdown, and the groups themselves."""
    for by, groups_of in run.breakdown.items():
        names = list(dict.fromkeys(name for group in groups_of.values() for name in group))
        rows = [
            [group, *(_of(found.get(name)) for name in names), _n(found)]
            for group, found in groups_of.items()
        ]
        means = run.macro.get(by)
        if means:
            rows.append([translated("mean of the groups"), *(_of(means.get(name)) for name in names), ""])
        yield FactGroup(translated("By {name}", name=by), header=[by, *names, translated("n")], rows=rows)


def _of(found: GroupResult | None) -> str:
    return "" if found is None or found.value is None else f"{found.value:.4f}"


def _n(found: Mapping[str, GroupResult]) -> str:
    counts = [one.n for one in found.values() if one.n is not None]
    return f"{max(counts):,}" if counts else ""
