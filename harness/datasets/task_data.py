"""A task's data as runs use it: found, hashed, and read through once before any model is loaded."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.datasets import columns, completeness, formats, selection, sources
from harness.datasets import corpus as corpora
from harness.datasets import examples as datasets
from harness.datasets.completeness import Completeness
from harness.datasets.selection import Selection
from harness.datasets.sources import NotHere, Source, Where
from harness.errors import Unavailable
from harness.records.fingerprint import digest
from harness.schema import Corpus, Example
from harness.tasks.task import Task, beside


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector: 150,000 new rows that all stay cost it a fifth of their reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(frozen=True)
class Material:
    """A task's data, found, hashed and surveyed; every backend of a grid shares it."""

    task: Task
    source: Source
    selection: Selection
    sha256: Mapping[str, str]
    completeness: Completeness | None = None  # None where all is there, or nothing is known

    @cached_property
    def train(self) -> list[Example]:
        """The train split as the data has it: what learners fit and shots are drawn from."""
        with _no_collection():
            return list(datasets.examples(self.task, self.source, self.task.file.shots.from_))

    @cached_property
    def corpus(self) -> Corpus:
        """The passages that the task looks through.

        Raises:
            BadInput: they are not laid out as the task says.
        """
        return corpora.corpus(self.task, self.source)

    def evaluated(self) -> Iterator[Example]:
        """Yield the evaluated examples in data order."""
        return selection.selected(self.task, self.source, self.selection)


def supply(
    task: Task, where: Where, report: Callable[[str], None], *, limit: int | float | None = None, train: bool
) -> Material:
    """Return the task's data, found, hashed and read through once, with its train split if it is wanted.

    Raises:
        BadInput: the data is not there or is wrong.
        Unavailable: it could not be fetched.
    """
    run = task.file.execute
    bases = [run.databases] if run and run.databases else []
    if (more := task.file.data.columns_from) is not None and more.split is not None:
        bases.append(more.split)
    bases += corpora.splits(task)
    splits = list(dict.fromkeys([task.split, *([task.file.shots.from_] if train else []), *bases]))
    source = sources.locate(task, splits, where, report)
    sha256 = {split: _sha256(task, source, paths) for split, paths in source.files.items()}
    found = completeness.check(task, source)
    if found is not None:
        report(found.line(task.name))
    material = Material(task, source, selection.survey(task, source, limit), sha256, found)
    if task.ask == "retrieve":
        _ = material.corpus
    if train:
        _ = material.train  # a wrong label in its last row is found now, not after a model is loaded
    return material


def _sha256(task: Task, source: Source, paths: Sequence[Path]) -> str:
    """Return the hash of what files say, their paths included where these tell a column."""
    content = formats.sha256(*paths)
    more = task.file.data.columns_from
    if more is not None and more.file is not None and not source.sample:
        content = digest({"content": content, "columns": formats.sha256(beside(task, more.file))})
    if source.sample or not task.file.data.from_path:
        return content
    told = [columns.from_path(task, path) for path in paths]
    return digest({"content": content, "paths": told})


@dataclass
class Supplies:
    """Each task's data, or why it cannot be had, looked for once."""

    where: Where
    limit: int | float | None
    report: Callable[[str], None]
    known: dict[Any, Material | Unavailable | NotHere] = field(default_factory=dict)

    def of(self, task: Task, *, train: bool) -> Material | Unavailable | NotHere:
        """Return the data of a task, with its train split or without."""
        key = (task.document.path, task.split, task.seed, train)
        if key not in self.known:
            try:
                self.known[key] = supply(task, self.where, self.report, limit=self.limit, train=train)
            except NotHere as error:
                self.known[key] = error
            except Unavailable as error:
                # A word of its own: an address may hold the name of the task, too.
                named = re.search(rf"(?<![\w/.-]){re.escape(task.name)}(?![\w/.-])", error.message)
                self.known[key] = error if named else Unavailable(f"{task.name}: {error}")
        return self.known[key]
