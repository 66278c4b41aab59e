"""Which reader reads a task's files as tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.datasets import long_texts, unanswerable
from harness.datasets.formats import Reader, Table, a_file_each, worked
from harness.datasets.formats import csv_tsv as delimited
from harness.datasets.formats import images as pictures
from harness.datasets.formats import json_parquet as structured
from harness.datasets.formats import klue_ner as characters
from harness.datasets.formats import parallel as aligned
from harness.datasets.formats import squad as reading
from harness.datasets.sources import Source
from harness.tables.rows import jsonl
from harness.tasks.task import Task, beside

_FORMATS: dict[str, Reader] = {
    "tsv": a_file_each(delimited.tsv),
    "csv": a_file_each(delimited.csv_),
    "xlsx": a_file_each(delimited.xlsx),
    "jsonl": a_file_each(structured.jsonl),
    "json": a_file_each(structured.json),
    "parquet": a_file_each(structured.parquet),
    "lines": aligned.lines,
    "squad": a_file_each(reading.squad),
    "korquad2": a_file_each(reading.korquad2),
    "characters": a_file_each(characters.characters),
    "worked": a_file_each(worked.worked),
    "pictures": a_file_each(pictures.pictures),
    "pixels": a_file_each(pictures.pixels),
}
_SAMPLE = a_file_each(lambda path, _data: jsonl(path))
# Files that say what they are by their name, whatever a task expects: a hub's copy, a user's own workbook.
_BY_ENDING = {".parquet": _FORMATS["parquet"], ".xlsx": _FORMATS["xlsx"]}


def tables(task: Task, source: Source, split: str, *, each: Sequence[str] | None = None) -> Iterator[Table]:
    """Yield the tables of a split's files; of a sample, the rows that are the split's.

    `each` are keys of lists within lists whose objects are the rows; None for what the task's data say. Where
    the task asks about long texts, these are made of all the passages, and are one table.
    """
    data, read = task.file.data, _tables(task, source, split, each)
    if data.unanswerable is not None:
        read = unanswerable.tables(read, data.unanswerable)
    if data.long_texts is not None:
        read = long_texts.tables(read, data.long_texts, sample=source.sample)
    return read


def _tables(task: Task, source: Source, split: str, each: Sequence[str] | None) -> Iterator[Table]:
    endings = {path.suffix.lower() for path in source.files[split]}
    told = _BY_ENDING.get(endings.pop()) if len(endings) == 1 else None
    data = task.file.data
    keys = ([data.each] if isinstance(data.each, str) else []) if each is None else each
    together = data.each if each is None and isinstance(data.each, list) else []
    read = _SAMPLE if source.sample else told or _FORMATS[data.formats.get(split, data.format)]
    for table in read(source.files[split], task.file.data):
        if source.sample:
            rows = ((number, row) for number, row in table.rows if row.get("split") == split)
            yield _paired(_unnested(replace(table, rows=rows), keys), together)
        else:
            yield _joined(task, source, _paired(_unnested(table, keys), together))


def _unnested(table: Table, keys: Sequence[str]) -> Table:
    for key in keys:
        table = replace(table, rows=_each(table, key))
    return table


def _paired(table: Table, keys: Sequence[str]) -> Table:
    """Return a table with a row for each choice of one object a list; without keys the table as it is."""
    return replace(table, rows=_pairs(table, keys)) if keys else table


def _pairs(table: Table, keys: Sequence[str]) -> Iterator[tuple[int, Any]]:
    for number, record in table.rows:
        lists = [record.get(key) if isinstance(record, dict) else None for key in keys]
        for key, inner in zip(keys, lists, strict=True):
            if not isinstance(inner, list):
                raise table.error(f"{key!r} should be a list of objects, which 'each' names", number)
        for chosen in itertools.product(*(enumerate(inner or ()) for inner in lists)):
            places = {key: place for key, (place, _) in zip(keys, chosen, strict=True)}
            own = {key: one for key, (_, one) in zip(keys, chosen, strict=True)}
            yield number, {**record, **own, "places": places}


def _joined(task: Task, source: Source, table: Table) -> Table:
    """Return a table whose rows have the columns of another file too; rows it lacks are left out."""
    more = task.file.data.columns_from
    if more is None:
        return table
    paths = [beside(task, more.file)] if more.file else source.files[str(more.split)]
    own = {row[more.on]: row for path in paths for _, row in jsonl(path).rows}
    rows = ((number, {**row, **own[row[more.on]]}) for number, row in table.rows if row.get(more.on) in own)
    if more.others:
        lacking = dict.fromkeys(key for row in own.values() for key in row if key != more.on)
        rows = ((number, {**row, **own.get(row.get(more.on), lacking)}) for number, row in table.rows)
    return replace(table, rows=rows)


def _each(table: Table, key: str) -> Iterator[tuple[int, Any]]:
    """Yield a row for each object in the list under `key` of a record; a record without it is a row itself.

    Raises:
        BadInput: what is under the key is no list of objects.
    """
    for number, record in table.rows:
        if not isinstance(record, dict) or key not in record:
            yield number, record
            continue
        inner, beside = record[key], {name: value for name, value in record.items() if name != key}
        if not isinstance(inner, list) or not all(isinstance(one, dict) for one in inner):
            raise table.error(f"{key!r} should be a list of objects, which 'each' names", number)
        for place, one in enumerate(inner):
            yield number, {**beside, **one, "place": place}
