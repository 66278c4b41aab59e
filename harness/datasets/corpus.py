"""What `ask: retrieve` looks through, and what of it is relevant: passages and qrels out of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from harness.datasets.columns import Columns
from harness.datasets.formats import Table, plain
from harness.datasets.readers import tables
from harness.datasets.sources import Source
from harness.errors import BadInput, Place
from harness.schema import Corpus, Graded, Target
from harness.tasks.task import Task


def passage_id(text: str) -> str:
    """Return what a passage without an id of its own is called: 12 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def splits(task: Task) -> list[str]:
    """Return the splits that passages and qrels are read from; none where nothing is retrieved."""
    file = task.file
    if task.ask != "retrieve":
        return []
    told = file.corpus.split if file.corpus else None
    return [told or task.split, *([file.qrels.split] if file.qrels else [])]


def corpus(task: Task, source: Source) -> Corpus:
    """Return the passages of the task's corpus in file order, each id once: the first row's text is its text.

    Raises:
        BadInput: a column is missing, or no row holds a passage.
    """
    found: dict[str, str] = {}
    for name, text in passages(task, source):
        found.setdefault(name, text)
    split = splits(task)[0]
    if not found:
        raise BadInput(f"the split {split!r} holds no passages", place=Place(source.files[split][0]))
    digest = hashlib.sha256()
    for name, text in found.items():
        digest.update(f"{name}\0{text}\0".encode("utf-8", "surrogatepass"))
    depth = task.file.corpus.depth if task.file.corpus else 0
    return Corpus(list(found), list(found.values()), depth, digest.hexdigest())


def passages(task: Task, source: Source) -> Iterator[tuple[str, str]]:
    """Yield the id and the text in each row of the task's corpus, in file order.

    Raises:
        BadInput: a column is missing.
    """
    said = task.file.corpus
    if said is None:
        return
    wanted = {"text": said.text, **({} if said.id is None else {"id": said.id})}
    for table in tables(task, source, said.split or task.split, each=said.each):
        for _, row in _cells(task, table, wanted):
            text = plain(row["text"])
            yield plain(row["id"]) if "id" in row else passage_id(text), text


def qrels(task: Task, source: Source) -> dict[str, tuple[Graded, ...]]:
    """Return which passages are relevant to each query that has any row, with their grades.

    Raises:
        BadInput: a column is missing, or a grade is no whole number.
    """
    said = task.file.qrels
    if said is None:
        return {}
    wanted = {"query": said.query, "passage": said.passage}
    if said.grade is not None:
        wanted["grade"] = said.grade
    found: dict[str, dict[str, int]] = {}
    for table in tables(task, source, said.split, each=()):
        for number, row in _cells(task, table, wanted):
            try:
                grade = int(row.get("grade", 1))
            except (TypeError, ValueError):
                raise table.error(f"the grade {row['grade']!r} is no whole number", number) from None
            found.setdefault(plain(row["query"]), {})[plain(row["passage"])] = grade
    return {query: tuple(grades.items()) for query, grades in found.items()}


def relevant(task: Task, target: Target) -> Target:
    """Return the ids of a query's relevant passages, of a target that is one or several ids or texts."""
    named = target if isinstance(target, tuple) else () if target is None else (target,)
    if task.file.corpus is not None and task.file.corpus.id is None:
        return tuple(passage_id(str(text)) for text in named)
    return tuple(str(name) for name in named)


def _cells(task: Task, table: Table, wanted: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, cells by what they are wanted for) of each row."""
    head = next(table.rows, None)
    if head is None:
        return
    columns = Columns(task, table, head)
    getters = {name: columns.get(column) for name, column in wanted.items()}
    number, row = head
    while True:
        try:
            yield number, {name: get(row) for name, get in getters.items()}
        except (IndexError, KeyError) as error:
            wrong = f"no {error}" if isinstance(error, KeyError) else f"too few columns ({len(row)})"
            raise table.error(f"{wrong} in this row, which task {task.name} reads", number) from None
        except BadInput as error:
            raise table.error(error.message, number) from None
        following = next(table.rows, None)
        if following is None:
            return
        number, row = following
