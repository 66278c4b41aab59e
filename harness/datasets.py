"""Splits as Examples, streamed from the dataset's own files.

Rows come from a file as lists or mappings; one compiled `reader` turns them into Examples, so that
each column is looked up once and not once a row.
"""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from harness import keyed, templating
from harness.documents import shown
from harness.errors import BadInput, Place, did_you_mean
from harness.formats import (
    Reader,
    Row,
    Table,
    a_file_each,
    aligned,
    characters,
    delimited,
    pictures,
    reading,
    structured,
)
from harness.schema import Example, Target
from harness.sources import NotHere, Source
from harness.task_file import AnswerIs
from harness.tasks import Task
from harness.text import nfc

Get = Callable[[Row], Any]

_FORMATS: dict[str, Reader] = {
    "tsv": a_file_each(delimited.tsv),
    "csv": a_file_each(delimited.csv_),
    "jsonl": a_file_each(structured.jsonl),
    "json": a_file_each(structured.json),
    "parquet": a_file_each(structured.parquet),
    "lines": aligned.lines,
    "squad": a_file_each(reading.squad),
    "korquad2": a_file_each(reading.korquad2),
    "characters": a_file_each(characters.characters),
    "pictures": a_file_each(pictures.pictures),
    "pixels": a_file_each(pictures.pixels),
}
_SAMPLE = _FORMATS["jsonl"]


def plain(value: Any) -> str:
    """Return a cell as text: None is empty, and `true` is how JSON writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Columns:
    """Finds a task's columns in the rows of one table, each looked up once."""

    def __init__(self, task: Task, table: Table, head: tuple[int, Row]) -> None:
        self.task, self.table = task, table
        self.line, first = (1, head[1]) if table.columns is not None else head
        known = table.columns if table.columns is not None else {name: name for name in first}
        self.known: Mapping[str, str | int] = known
        self.of_file = from_path(task, table.path) if not self._holds_path_columns() else {}

    def _holds_path_columns(self) -> bool:
        """Return whether the rows say themselves what a path would tell, as a sample's do."""
        return all(name in self.known for name in self.task.file.data.from_path)

    def get(self, column: str | int | list[str | int]) -> Get:
        """Return the function from a row to the column's cell, or to the cells of several.

        A column is a name, a number, `outer.inner` of a nested one, or a template over the row.

        Raises:
            BadInput: the table has no such column.
        """
        if isinstance(column, list):
            getters = [self.get(one) for one in column]
            return lambda row: [get(row) for get in getters]
        if isinstance(column, int):
            return itemgetter(column)
        if column in self.known:
            return itemgetter(self.known[column])
        if column in self.of_file:
            value = self.of_file[column]
            return lambda _row: value
        if templating.has_markup(column):
            return self._rendered(column)
        outer, dot, inner = column.partition(".")
        if dot and outer in self.known:
            return _nested(itemgetter(self.known[outer]), inner.split("."))
        hint = did_you_mean(column, [*map(str, self.known), *self.of_file])
        raise self.table.error(f"no column {column!r}, which task {self.task.name} reads.{hint}", self.line)

    def _rendered(self, text: str) -> Get:
        """Return the function that renders a template over a row, which it sees as `row` too."""
        render, known, of_file = templating.template(text), self.known, self.of_file

        def get(row: Row) -> str:
            cells = {name: row[key] for name, key in known.items() if _has(row, key)} | of_file
            return render({**cells, "row": cells})

        return get


def _has(row: Row, key: str | int) -> bool:
    return key < len(row) if isinstance(key, int) else key in row


def _nested(get: Get, keys: list[str]) -> Get:
    def inner(row: Row) -> Any:
        value = get(row)
        for key in keys:
            value = value[int(key) if isinstance(value, list) and key.isdecimal() else key]
        return value

    return inner


def from_path(task: Task, file: Path) -> dict[str, str]:
    """Return the columns that a file's path tells.

    Raises:
        BadInput: a pattern does not fit the path.
    """
    path = file.as_posix().removesuffix(".gz")
    found = {}
    for name, pattern in task.file.data.from_path.items():
        match = re.search(pattern, path)
        if match is None:
            raise BadInput(f"the path tells no {name!r}: {pattern!r} is not in it", place=Place(file))
        found[name] = match[1]
    return found


def _target(value: Any) -> Target:
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, list):
        return tuple(tuple(one) if isinstance(one, (list, tuple)) else plain(one) for one in value)  # type: ignore[return-value]
    return plain(value)


def _labelled(task: Task) -> Callable[[Target, list[Any]], Target]:
    """Return the function from a target as the data says it, and the choices, to the harness's label."""
    aliases = task.file.aliases
    if task.file.options_from:
        return partial(_numbered, _NUMBERED[task.file.answer_is])
    if aliases:
        return lambda target, _choices: aliases.get(target, target) if isinstance(target, str) else target
    return lambda target, _choices: target


def _numbered(place_of: Callable[[str, list[str]], int], target: Target, choices: list[Any]) -> Target:
    """Return the place of the right choice as a label.

    Raises:
        BadInput: it is none of the choices.
    """
    if not isinstance(target, str) or not choices:
        return target
    place = place_of(target.strip(), [plain(choice) for choice in choices])
    if not 0 <= place < len(choices):
        raise BadInput(f"the answer {shown(target)} is none of the {len(choices)} options")
    return str(place)


def _place_of_letter(target: str, _choices: list[str]) -> int:
    return ascii_uppercase.find(target.upper()) if len(target) == 1 else -1


def _place_of_text(target: str, choices: list[str]) -> int:
    return next((place for place, choice in enumerate(choices) if choice.strip() == target), -1)


# From what the data calls the right choice, blanks around it or not, to its place from 0; else none in range.
_NUMBERED: dict[AnswerIs, Callable[[str, list[str]], int]] = {
    "index": lambda target, _choices: int(target) if target.isdecimal() else -1,
    "number": lambda target, _choices: int(target) - 1 if target.isdecimal() else -1,
    "letter": _place_of_letter,
    "text": _place_of_text,
}


def _reader(task: Task, split: str, columns: _Columns) -> Callable[[int, Row], Example]:
    """Return a function from (the row's number in the split, row) to an Example."""
    file = task.file
    inputs = [(name, columns.get(column)) for name, column in file.inputs.items()]
    beside = [(name, columns.get(column)) for name, column in file.meta.items()]
    id_of = columns.get(file.fields["id"]) if "id" in file.fields else None
    target_of = columns.get(file.fields["target"]) if "target" in file.fields else None
    cluster_of = columns.get(file.cluster) if file.cluster is not None else None
    labelled = _labelled(task) if file.aliases or file.options_from else None
    is_scored = task.ask == "score"  # a text is judged against itself: how many words, bytes, characters

    def read(index: int, row: Row) -> Example:
        fields = {name: get(row) for name, get in inputs}
        target = _target(target_of(row)) if target_of else None
        if labelled:
            target = labelled(target, task.choices(fields) or [])
        if target is None and is_scored:
            target = plain(fields["text"])
        return Example(
            plain(id_of(row)) if id_of else f"{split}-{index}",
            fields,
            target,
            plain(cluster_of(row)) if cluster_of else None,
            {name: plain(get(row)) for name, get in beside} if beside else {},
        )

    return read


def _tables(task: Task, source: Source, split: str) -> Iterator[Table]:
    """Yield the tables of a split's files; of a sample, the rows that are the split's."""
    read = _SAMPLE if source.sample else _FORMATS[task.file.data.format]
    for table in read(source.files[split], task.file.data):
        if source.sample:
            rows = ((number, row) for number, row in table.rows if row.get("split") == split)
            yield replace(table, rows=rows)
        else:
            yield table


def _table_examples(task: Task, table: Table, split: str, start: int) -> Iterator[tuple[Table, int, Example]]:
    """Yield (table, line, Example) for each row of a table; `start` counts rows of the tables before it."""
    head = next(table.rows, None)
    if head is None:
        return
    read = _reader(task, split, _Columns(task, table, head))
    width = table.width
    for index, (number, row) in enumerate(itertools.chain([head], table.rows), start):
        if width is not None and len(row) != width:
            raise table.error(f"the header has {width} columns, this row {len(row)}", number)
        try:
            example = read(index, row)
        except (IndexError, KeyError) as error:
            wanted = f"no {error}" if isinstance(error, KeyError) else f"too few columns ({len(row)})"
            raise table.error(f"{wanted} in this row, which task {task.name} reads", number) from None
        except BadInput as error:  # a template over the row
            raise table.error(error.message, number) from None
        yield table, number, example


def _placed(task: Task, source: Source, split: str) -> Iterator[tuple[Table, int, Example]]:
    """Yield each Example of a split with where it stands.

    Raises:
        BadInput: as `examples`.
    """
    check = _checker(task)
    parts = _parts(task, source, split)
    count = kept = 0
    for read in _tables(task, source, split):
        for table, number, example in _table_examples(task, read, task.file.data.held_by(split), count):
            if check and (wrong := check(example)):
                raise table.error(wrong, number)
            count += 1
            if parts is None or parts[count - 1] == split:
                kept += 1
                yield table, number, example
    if not kept and source.sample:
        raise NotHere(f"the sample of {task.name} has no rows of the split {split!r}")
    if not kept:
        raise BadInput(f"the split {split!r} holds no rows", place=Place(source.files[split][0]))


def _parts(task: Task, source: Source, split: str) -> list[str] | None:
    """Return which part each row is in, where `split` is a part of another; None where it has its own files.

    The rows of a sample say themselves where they are.
    """
    divided = task.file.data.divided
    if divided is None or split not in divided.shares or source.sample:
        return None
    rows = [value for table in _tables(task, source, split) for value in _values(task, table, divided.by)]
    bounds = list(itertools.accumulate(divided.shares.values()))
    names = list(divided.shares)

    def part(key: str) -> str:
        place = bisect.bisect_right(bounds, keyed.number("divided", key) / 2**63)
        return names[min(place, len(names) - 1)]

    return [part(key) for key in _joined(rows)]


def _values(task: Task, table: Table, by: list[str]) -> Iterator[list[str]]:
    """Yield what each row of a table says in the columns `by`."""
    head = next(table.rows, None)
    if head is None:
        return
    columns = _Columns(task, table, head)
    getters = [columns.get(column) for column in by]
    for number, row in itertools.chain([head], table.rows):
        try:
            yield [nfc(plain(get(row))) for get in getters]
        except (IndexError, KeyError):
            raise table.error(f"the columns {', '.join(by)} are not all in this row", number) from None


def _joined(rows: list[list[str]]) -> list[str]:
    """Return one key for each row; rows that share a value of a column have the same, from row to row.

    It is the first in order of all that they say, so that the order of the rows does not matter.
    """
    above: dict[tuple[int, str], tuple[int, str]] = {}  # a forest of (column, value), its roots the least

    def root(value: tuple[int, str]) -> tuple[int, str]:
        while above.setdefault(value, value) != value:
            above[value] = above[above[value]]
            value = above[value]
        return value

    for row in rows:
        roots = sorted({root(value) for value in enumerate(row)})
        for other in roots[1:]:
            above[other] = roots[0]
    return [root((0, row[0]))[1] for row in rows]


def _checker(task: Task) -> Callable[[Example], str | None] | None:
    """Return the function that says what is wrong with an example's target; None if nothing can be."""
    file, has_target = task.file, "target" in task.file.fields
    if file.options_from:
        return lambda example: _wrong_choice(task, example, has_target)
    if task.ask == "tag":
        return lambda example: _wrong_spans(example, task.labels)
    if task.ask in ("rate", "embed") and has_target:
        return _wrong_number
    labels = frozenset(task.labels)
    if not labels and has_target and any(named.name == "numeric_match" for named in file.metrics):
        return _wrong_reference
    if not labels or not has_target:
        return None
    hint = f"the task's options are {', '.join(task.labels)}"
    return lambda example: (
        None if example.target in labels else f"unknown label {shown(example.target)}; {hint}"
    )


def _wrong_number(example: Example) -> str | None:
    try:
        if math.isfinite(float(str(example.target))):
            return None
    except ValueError:
        pass
    return f"the target {shown(example.target)} is no number"


def _wrong_reference(example: Example) -> str | None:
    """Return what is wrong with a target that answers in numbers are compared with."""
    from harness.metrics.generation import number

    target = example.target
    wrong = [one for one in (target if isinstance(target, tuple) else [target]) if number(str(one)) is None]
    return f"the target {shown(wrong[0])} is no number" if wrong else None


def _wrong_spans(example: Example, labels: tuple[str, ...]) -> str | None:
    """Return what is wrong with the spans of a tagged text."""
    size = len(example.fields["context"])
    spans: Any = example.target or ()
    for start, end, kind in spans:
        if not 0 <= int(start) < int(end) <= size:
            return f"the span {start}-{end} is not in the text, which has {size} characters"
        if kind not in labels:
            return f"unknown type {shown(kind)}; the task's options are {', '.join(labels)}"
    return None


def _wrong_choice(task: Task, example: Example, has_target: bool) -> str | None:
    """Return what is wrong with options that are no list, or a target that is the number of none of them."""
    choices = task.choices(example.fields)
    if choices is None:
        return f"{task.file.options_from[0]!r} should be a list of options"
    if has_target and example.target not in [str(index) for index in range(len(choices))]:
        return f"the answer {shown(example.target)} is none of the {len(choices)} options"
    return None


def examples(task: Task, source: Source, split: str) -> Iterator[Example]:
    """Yield the split's Examples in file order.

    Raises:
        BadInput: a missing column, a ragged row, an unknown label, a file that is not what it says.
    """
    return map(itemgetter(2), _placed(task, source, split))


@dataclass(frozen=True)
class Selection:
    """The rows of a split that a run evaluates: all, the first N, or a seeded share of them.

    `order` maps each id to its place among the evaluated rows.
    """

    split: str
    order: dict[str, int]
    limit: int | float | None = None


def survey(task: Task, source: Source, limit: int | float | None) -> Selection:
    """Return what will be evaluated, having read it all once.

    A wrong label in the last row is found here, before a model is loaded, not after an hour.

    Raises:
        BadInput: as `examples`, or two rows of one id.
    """
    split = task.split
    order: dict[str, int] = {}
    count = limit if isinstance(limit, int) else None
    for table, number, example in itertools.islice(_placed(task, source, split), count):
        if example.id in order:
            raise table.error(f"the id {shown(example.id)} stands twice in {split!r}", number)
        order[example.id] = len(order)
    if isinstance(limit, float):
        order = _share(order, limit, task.seed)
    return Selection(split, order, limit)


def _share(order: dict[str, int], share: float, seed: int) -> dict[str, int]:
    """Return a draw of `share` of the ids, at least one, that the seed and the ids decide."""
    count = max(1, round(share * len(order)))
    drawn = set(sorted(order, key=lambda name: keyed.number(seed, "limit", name))[:count])
    return {name: place for place, name in enumerate(name for name in order if name in drawn)}


def selected(task: Task, source: Source, selection: Selection) -> Iterator[Example]:
    """Yield the Examples that the selection names, in file order."""
    first = selection.limit if isinstance(selection.limit, int) else None
    rows = itertools.islice(examples(task, source, selection.split), first)
    return (example for example in rows if example.id in selection.order)
