"""Runs and their examples as plain rows, for whatever makes tables of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from harness.errors import Unavailable
from harness.records.sample_schema import Record
from harness.reports.run import Run


def about(run: Run) -> dict[str, str]:
    """Return what tells a run from others in a table."""
    return {"run": run.id, "task": run.task, "system": run.system}


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yield a plain row for each metric of a run; what was not measured is None."""
    document = run.document
    task, backend, counts = document.task, document.backend, document.counts
    cost, fit, latency = document.cost, document.fit, document.latency_s.get("e2e")
    for name, main in run.metrics.items():
        yield {
            **about(run),
            **{"status": run.status, "started": document.started, "version": task.version},
            **{"split": task.split, "limit": run.limit, "sample": run.sample, "data": run.sha256},
            **{"kind": backend.kind, "adapter": backend.adapter, "model": backend.model},
            **{"parameters": backend.parameters, "licence": backend.licence},
            **{"metric": name, "main": name == run.metric},
            **{"value": main.value, "ci_low": main.ci_low, "ci_high": main.ci_high, "n": main.n},
            **{"unit": main.unit, "signature": main.signature, "higher_is_better": main.higher_is_better},
            **{"examples": counts.examples, "answered": counts.answered},
            **{"unanswered": counts.unanswered, "failed": counts.failed},
            **{"trained_on": fit and fit.examples, "fit_s": fit and fit.seconds},
            "fit_cpu_s": fit and fit.cpu_seconds,
            "examples_per_s": document.throughput.examples_per_s,
            "cpu_ms_per_example": document.throughput.cpu_ms_per_example,
            **{"p50_s": latency and latency.p50, "p95_s": latency and latency.p95},
            **{"cost_per_1k": cost and cost.per_1k_examples, "currency": cost and cost.currency},
            "joules": document.energy and document.energy.joules,
        }


def sample_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yield a row an example in which every value is text or a number, and `scores` is metric → number.

    Where the task forbids copies of its data, what was asked, wanted and replied is None.
    """
    names = ("id", "repeat", "finish", "error", "seconds", "text")
    withheld = {} if run.may_copy() else dict.fromkeys(("prompt", "fields", "target", "prediction", "text"))
    for record in run.samples():
        row = flat(record) | withheld
        asked = row.get("prompt", row.get("fields"))
        texts = {"asked": asked, "target": row["target"], "prediction": row["prediction"]}
        yield {
            **about(run),
            **{name: row[name] for name in names},
            **{name: _text(value) for name, value in texts.items()},
            "scores": _scores(record),
        }


def _text(value: Any) -> str | None:
    """Return text as it is, and what has structure (messages, spans) as JSON."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def flat(record: Record) -> dict[str, Any]:
    """Return a record as one row."""
    asked, response = record.request or {}, record.response
    prompt = asked.get("prompt", asked.get("messages"))
    return {
        "id": record.id,
        "repeat": record.repeat,
        **({"fields": asked["fields"]} if "fields" in asked else {"prompt": prompt}),
        "target": record.target,
        "prediction": record.prediction,
        "text": response.shown,
        "finish": response.finish,
        "error": response.error and response.error.kind,
        "seconds": response.timing_s and response.timing_s.e2e,
        **_scores(record),
    }


def _scores(record: Record) -> dict[str, float | None]:
    scores = record.scores or {}
    return {name: statistics[0] for name, statistics in scores.items() if len(statistics) == 1}


_MEASURED = ("counts", "usage", "cost", "latency_s", "throughput", "fit", "energy")


def figures(run: Run) -> dict[str, float]:
    """Return every number that a run found out under a dotted name, its metrics first: `accuracy.ci_low`."""
    ends = ("value", "ci_low", "ci_high", "stderr", "n")
    found = {f"{name}.{end}": getattr(main, end) for name, main in run.metrics.items() for end in ends}
    document = run.document.to_dict()
    found |= {key: leaf for name in _MEASURED for key, leaf in _leaves(name, document.get(name))}
    return {
        key.removesuffix(".value"): float(value)
        for key, value in found.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _leaves(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    else:
        yield name, value


def pandas() -> Any:
    """Return the package pandas.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        import pandas
    except ModuleNotFoundError:
        raise Unavailable("a frame needs pandas: pip install pandas") from None
    return pandas
