"""What a report knows of a run: its figure, the column it stands in, what must be said beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from harness.config import documents
from harness.errors import BadInput, Place
from harness.records import run_file
from harness.records.validation import COMPLETE
from harness.reports.writers import service_levels as served
from harness.reports.writers.numbers import number
from harness.reports.writers.translations import named, translated
from harness.tasks import task as tasks
from harness.tasks.task import Task

Warn = Callable[[str], None]


class Column(NamedTuple):
    """What must be equal for two figures to be comparable."""

    task: str
    version: int
    split: str
    limit: str | None
    sha256: str
    metric: str
    signature: str
    sample: bool
    higher_is_better: bool

    @property
    def order(self) -> tuple[object, ...]:
        """Return the key by which columns are sorted: the shipped samples stand last."""
        return (self.sample, self.task, self.version, self.split, self.limit or "", *self[4:])

    @property
    def name(self) -> str:
        """Return task, metric and direction."""
        return f"{self.task} {self.metric}" + ("" if self.higher_is_better else " ↓")

    @property
    def title(self) -> str:
        """Return the column's heading, its restrictions named."""
        return self.name + restricted(self.split, sample=self.sample, limit=self.limit)


def restricted(split: str = "test", *, sample: bool, limit: str | None) -> str:
    """Return ` (split dev, sample, limit 5)`: what of the dataset a run saw; nothing if all of its test."""
    extra = [translated("split {name}", name=split)] if split != "test" else []
    extra += [translated("sample")] if sample else []
    extra += [translated("limit {limit}", limit=limit)] if limit else []
    return f" ({', '.join(extra)})" if extra else ""


def titles(columns: Sequence[Column]) -> dict[Column, str]:
    """Return the columns' headings; those that read alike say in what they differ."""
    by_title: dict[str, list[Column]] = {}
    for column in columns:
        by_title.setdefault(column.title, []).append(column)
    found = {}
    for column in columns:
        alike = by_title[column.title]
        extra = [f"v{column.version}"] if len({other.version for other in alike}) > 1 else []
        extra += (
            [translated("data {sha256}", sha256=column.sha256[:8])]
            if len({other.sha256 for other in alike}) > 1
            else []
        )
        extra += [column.signature] if len({other.signature for other in alike}) > 1 else []
        found[column] = " ".join([column.title, *extra])
    return found


@dataclass(frozen=True)
class Entry:
    """A run: where it lies, what its `run.json` says, and the metric it is shown by (its main one)."""

    directory: Path
    run: dict[str, Any]
    shown: str | None = None

    @property
    def system(self) -> str:
        """Return the backend's name with what differs from its profile."""
        return str(self.run["label"])

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return every estimate by metric; empty where nothing was answered."""
        return self.run.get("metrics") or {}

    @property
    def metric(self) -> str | None:
        """Return the name of the metric that is shown, None where nothing was answered."""
        return self.shown or next(iter(self.metrics), None)

    @property
    def main(self) -> dict[str, Any]:
        """Return the estimate that is shown; empty where nothing was answered."""
        return self.metrics[self.metric] if self.metric else {}

    @cached_property
    def column(self) -> Column | None:
        """Return the column in which the run stands, None where nothing was answered."""
        if not self.metric:
            return None
        task, data = self.run["task"], self.run["data"]
        return Column(
            task=task["name"],
            version=task["version"],
            split=task["split"],
            limit=str(task["limit"]) if task["limit"] is not None else None,
            sha256=data["sha256"][task["split"]],
            metric=self.metric,
            signature=self.main["signature"].rpartition("|n:")[0],
            sample=data["sample"],
            higher_is_better=self.main["higher_is_better"],
        )

    @property
    def height(self) -> float:
        """Return the figure, turned so that higher is better; one that is undefined is the lowest."""
        value = self.main["value"]
        if value is None:
            return float("-inf")
        return float(value) if self.main["higher_is_better"] else -float(value)

    @property
    def marks(self) -> list[str]:
        """Return what a reader must know before believing the figure."""
        counts = {**(self.run.get("counts") or {}), "lost": self.run.get("lost")}
        said = {
            "lost": translated("{n:,} answers lost", n=counts["lost"] or 0),
            "failed": translated("{n:,} failed", n=counts.get("failed") or 0),
            "cached": translated("{n:,} cached", n=counts.get("cached") or 0),
            "truncated": translated("{n:,} truncated", n=counts.get("truncated") or 0),
        }
        status = str(self.run["status"])
        found = [named(status)] if status != COMPLETE else []
        found += [text for key, text in said.items() if counts.get(key)]
        found += self._data_marks
        return [*found, *self._official(), *self._other_models, *served.marks(self.run)]

    @property
    def _data_marks(self) -> list[str]:
        """Return that the data is a part of the dataset, or not its authors' files."""
        files = self.run["data"].get("files") or {}
        part = {"found": files.get("found"), "expected": files.get("expected")}
        found = [translated("{found:,} of {expected:,} files", **part)] if files.get("missing") else []
        if altered := files.get("altered"):
            found.append(translated("not the authors' files: {n:,}", n=len(altered)))
        return found

    @property
    def _other_models(self) -> list[str]:
        """Return that a server answered with another model than the one that was asked.

        A dated snapshot of the asked model (`gpt-4o-mini-2024-07-18`) is that model.
        """
        asked = self.run["backend"].get("model") or ""
        others = [name for name in self.run.get("served") or {} if not _is_snapshot(name, asked)]
        if not asked or not others:
            return []
        shown = ", ".join(name[:40] for name in others[:2]) + (", …" if len(others) > 2 else "")
        return [translated("answered by {model}", model=shown)]

    def _official(self) -> Iterator[str]:
        """Yield what official readers make of the metric that is shown: `official mmlu_pro.v1 0.2644`."""
        for name, main in self.metrics.items():
            metric, _, reader = name.partition("@")
            if reader and metric == self.metric:
                yield translated(
                    "official {reader} {value}", reader=reader, value=number(main["value"], main["unit"])
                )

    @property
    def preference(self) -> tuple[bool, str, str, str]:
        """Return the key that puts the run which wins its row last: complete, then the latest."""
        run = self.run
        return run["status"] == COMPLETE, str(run["started"]), str(run["id"]), str(self.directory)

    def by(self, metric: str) -> Entry:
        """Return the run as shown by `metric`, if it has that metric."""
        return replace(self, shown=metric) if metric in self.metrics else self

    def task(self) -> Task:
        """Return the task that the run kept.

        Raises:
            BadInput: its `task.yaml` is not there, or is not a task here.
        """
        return tasks.parse(documents.read(self.directory / run_file.TASK), self.run["task"]["name"])


_SNAPSHOT = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8}|\d{6}|\d{4}|\d{3}|latest)")


def _is_snapshot(served: str, asked: str) -> bool:
    """Return whether a server's name for its model is the asked one, or a dated snapshot of it."""
    longer, shorter = sorted((served.rpartition("/")[2], asked.rpartition("/")[2]), key=len, reverse=True)
    return longer.startswith(shorter) and _SNAPSHOT.fullmatch(longer[len(shorter) :] or "-000") is not None


def load(places: Sequence[Path], warn: Warn) -> list[Entry]:
    """Return the runs in `places`, each once, in a stable order.

    A torn run in a folder of runs is left out with a warning, so that it does not hide the others.

    Raises:
        BadInput: a place is not there, or is itself a torn run.
    """
    found: dict[Path, Entry] = {}
    for place in places:
        for directory in run_file.runs([place]):
            try:
                found.setdefault(directory.resolve(), _entry(directory))
            except BadInput as error:
                if directory == place:
                    raise
                warn(f"left out: {error}")
    return list(found.values())


def _entry(directory: Path) -> Entry:
    entry = Entry(directory, run_file.read_run(directory))
    try:
        _ = list(_needed(entry))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        place = Place(directory / run_file.RUN)
        raise BadInput(
            f"not as the harness writes it: {type(error).__name__}: {error}", place=place
        ) from None
    return entry


def _needed(entry: Entry) -> Iterator[Any]:
    """Yield all that a board reads of a run, so that a damaged one is found before it is placed."""
    yield from (entry.system, entry.column, entry.marks, entry.preference)
    yield from (entry.run["task"]["name"], list(entry.run["task"]["tags"]), entry.run["backend"]["kind"])
    for main in entry.metrics.values():
        yield from (float(main["value"] or 0), int(main["n"]), main["unit"], main["ci_low"], main["ci_high"])
