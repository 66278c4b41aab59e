"""Runs as objects, and as plain rows for whatever makes tables of them.

from harness import runs
runs.frame("runs")      # a row a run and metric
runs.samples("runs")    # a row an example
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from harness.errors import BadInput, HarnessError, Unavailable
from harness.records import journal as records
from harness.records import run_file
from harness.reports import entries
from harness.reports.entries import Entry
from harness.reports.writers import html
from harness.reports.writers.blocks import Note, TableBlock
from harness.reports.writers.numbers import figure
from harness.text.width import plain


class Run:
    """A run: where it lies, what its `run.json` says, and its records.

    `error` says why a run that was asked for just now ended early, None otherwise.
    """

    def __init__(self, directory: Path, document: dict[str, Any], error: HarnessError | None = None) -> None:
        self.directory, self.document, self.error = directory, document, error

    @property
    def entry(self) -> Entry:
        """Return the run as reports know it."""
        return Entry(self.directory, self.document)

    @property
    def id(self) -> str:
        """Return the directory's first name, the time and the fingerprint."""
        return str(self.document["id"])

    @property
    def status(self) -> str:
        """Return `complete`, `partial`, `failed` or `running`."""
        return str(self.document["status"])

    @property
    def task(self) -> str:
        """Return the task's name."""
        return str(self.document["task"]["name"])

    @property
    def system(self) -> str:
        """Return the backend's name with what differs from its profile."""
        return self.entry.system

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return each metric's `value`, `ci_low`, `ci_high`, `n`, `unit`, `signature`, the main one first."""
        return self.entry.metrics

    @property
    def metric(self) -> str | None:
        """Return the main metric's name, None where nothing was answered."""
        return self.entry.metric

    @property
    def value(self) -> float | None:
        """Return the main metric's value, None where it is undefined or nothing was answered."""
        return self.entry.main.get("value")

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the ends of the main metric's 95 % interval, None where it has none."""
        low, high = self.entry.main.get("ci_low"), self.entry.main.get("ci_high")
        return None if low is None or high is None else (low, high)

    def samples(self) -> Iterator[dict[str, Any]]:
        """Yield the records as `samples.jsonl` has them, the last of each (id, repeat), in data order.

        Raises:
            BadInput: the journal is not there.
        """
        path = self.directory / run_file.SAMPLES
        if not path.is_file():
            raise BadInput(f"{self.directory} has no {run_file.SAMPLES}")
        return (line.record for line in records.last_lines(path))

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row an example: what was asked, said and right, seconds, scores.

        `error` is the kind of a failure. A metric whose statistics of an example are more than one number
        (macro-F1, BLEU) has no column.

        Raises:
            Unavailable: pandas is not installed.
            BadInput: the journal is not there.
        """
        return pandas().DataFrame([_flat(record) for record in self.samples()])

    def __repr__(self) -> str:
        shown = f"{self.metric} {figure(self.entry.main, self.entry.marks)}" if self.metric else "no answers"
        return plain(f"Run({self.task} · {self.system}: {shown}, {self.status})")

    def _repr_html_(self) -> str:
        rows = [[name, figure(main), f"{main['n']:,}", main["unit"]] for name, main in self.metrics.items()]
        title = f"{self.system} on {self.task}: {', '.join(self.entry.marks) or self.status}"
        table = TableBlock(["metric", "value [95 %]", "n", "unit"], rows, names=0)
        return html.fragment([Note(title), table])


def load(*places: str | Path) -> list[Run]:
    """Return the runs in `places`, run directories or folders of them, else in `runs`, in a stable order.

    A torn run in a folder of runs is a warning, so that it does not hide the others.

    Raises:
        BadInput: a place is not there, or is itself a torn run.
    """
    found = entries.load([Path(place) for place in places or ("runs",)], warn)
    return [Run(entry.directory, entry.run) for entry in found]


def frame(*places: str | Path) -> Any:
    """Return a pandas DataFrame with a row a run and metric: what was run, the figure, what it took.

    Raises:
        Unavailable: pandas is not installed.
        BadInput: a place is not there, or is itself a torn run.
    """
    return pandas().DataFrame([row for run in load(*places) for row in rows(run)])


def samples(*places: str | Path) -> Any:
    """Return a pandas DataFrame with a row an example of every run; what a run did not score is NaN.

    Raises:
        Unavailable: pandas is not installed.
        BadInput: a place is not there, or a run has no journal.
    """
    kept = ({**about(run), **_flat(record)} for run in load(*places) for record in run.samples())
    return pandas().DataFrame(list(kept))


def about(run: Run) -> dict[str, str]:
    """Return what tells a run from others in a table."""
    return {"run": run.id, "task": run.task, "system": run.system}


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yield a plain row for each metric of a run; what was not measured is None."""
    document = run.document
    task, backend, data = (document[key] for key in ("task", "backend", "data"))
    counts, cost, fit = (document.get(key) or {} for key in ("counts", "cost", "fit"))
    latency = (document.get("latency_s") or {}).get("e2e") or {}
    limit = task["limit"]
    for name, main in run.metrics.items():
        yield {
            **about(run),
            **{"status": run.status, "started": document["started"], "version": task["version"]},
            **{"split": task["split"], "limit": None if limit is None else str(limit)},
            **{"sample": data["sample"], "data": data["sha256"][task["split"]]},
            **{key: backend.get(key) for key in ("kind", "adapter", "model", "parameters", "licence")},
            **{"metric": name, "main": name == run.metric},
            **{key: main[key] for key in ("value", "ci_low", "ci_high", "n", "unit", "signature")},
            "higher_is_better": main["higher_is_better"],
            **{key: counts.get(key) for key in ("examples", "answered", "unanswered", "failed")},
            **{"trained_on": fit.get("examples"), "fit_s": fit.get("seconds")},
            "examples_per_s": (document.get("throughput") or {}).get("examples_per_s"),
            **{"p50_s": latency.get("p50"), "p95_s": latency.get("p95")},
            **{"cost_per_1k": cost.get("per_1k_examples"), "currency": cost.get("currency")},
            "joules": (document.get("energy") or {}).get("joules"),
        }


def sample_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yield a row an example in which every value is text or a number, and `scores` is metric → number."""
    names = ("id", "repeat", "finish", "error", "seconds", "text")
    for record in run.samples():
        row = _flat(record)
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


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as one row."""
    asked, response = record.get("request") or {}, record["response"]
    return {
        "id": record["id"],
        "repeat": record["repeat"],
        **({"fields": asked["fields"]} if "fields" in asked else {"prompt": _prompt(asked)}),
        "target": record["target"],
        "prediction": record["prediction"],
        "text": response["text"],
        "finish": response["finish"],
        "error": (response["error"] or {}).get("kind"),
        "seconds": (response["timing_s"] or {}).get("e2e"),
        **_scores(record),
    }


def _scores(record: Mapping[str, Any]) -> dict[str, float]:
    scores = record["scores"] or {}
    return {name: statistics[0] for name, statistics in scores.items() if len(statistics) == 1}


def _prompt(asked: Mapping[str, Any]) -> Any:
    return asked.get("prompt", asked.get("messages"))


_MEASURED = ("counts", "usage", "cost", "latency_s", "throughput", "fit", "energy")


def figures(run: Run) -> dict[str, float]:
    """Return every number that a run found out under a dotted name, its metrics first: `accuracy.ci_low`."""
    ends = ("value", "ci_low", "ci_high", "stderr", "n")
    found = {f"{name}.{end}": main.get(end) for name, main in run.metrics.items() for end in ends}
    found |= {key: leaf for name in _MEASURED for key, leaf in _leaves(name, run.document.get(name))}
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


def warn(message: str) -> None:
    """Warn the caller of the function that the user called."""
    depth, frame = 2, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("harness."):
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]
    warnings.warn(message, RuntimeWarning, stacklevel=depth)
