"""Splits as Examples, streamed from the dataset's own files.

Rows come from a file as lists or mappings; one compiled `reader` turns them into Examples, so that
each column is looked up once and not once a row.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

from harness import seeding as keyed
from harness.config.documents import shown
from harness.datasets import targets
from harness.datasets.columns import Columns
from harness.datasets.formats import Reader, Row, Table, a_file_each, plain
from harness.datasets.formats import csv_tsv as delimited
from harness.datasets.formats import images as pictures
from harness.datasets.formats import json_parquet as structured
from harness.datasets.formats import klue_ner as characters
from harness.datasets.formats import parallel as aligned
from harness.datasets.formats import squad as reading
from harness.datasets.sources import NotHere, Source
from harness.errors import BadInput, Place
from harness.schema import Example
from harness.tasks.task import Task
from harness.text.normalize import nfc

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


def _reader(task: Task, split: str, columns: Columns) -> Callable[[int, Row], Example]:
    """Return a function from (the row's number in the split, row) to an Example."""
    file = task.file
    inputs = [(name, columns.get(column)) for name, column in file.inputs.items()]
    beside = [(name, columns.get(column)) for name, column in file.meta.items()]
    id_of = columns.get(file.fields["id"]) if "id" in file.fields else None
    target_of = columns.get(file.fields["target"]) if "target" in file.fields else None
    cluster_of = columns.get(file.cluster) if file.cluster is not None else None
    labelled = targets.labelled(task) if file.aliases or file.options_from else None
    is_scored = task.ask == "score"  # a text is judged against itself: how many words, bytes, characters

    def read(index: int, row: Row) -> Example:
        fields = {name: get(row) for name, get in inputs}
        target = targets.read(target_of(row)) if target_of else None
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
    read = _reader(task, split, Columns(task, table, head))
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
    check = targets.checker(task)
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
    columns = Columns(task, table, head)
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
