"""Which reader reads a task's files as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.datasets.formats import Reader, Table, a_file_each
from harness.datasets.formats import csv_tsv as delimited
from harness.datasets.formats import images as pictures
from harness.datasets.formats import json_parquet as structured
from harness.datasets.formats import klue_ner as characters
from harness.datasets.formats import parallel as aligned
from harness.datasets.formats import squad as reading
from harness.datasets.sources import Source
from harness.tables.rows import jsonl
from harness.tasks.task import Task

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
    "pictures": a_file_each(pictures.pictures),
    "pixels": a_file_each(pictures.pixels),
}
_SAMPLE = a_file_each(lambda path, _data: jsonl(path))
# Files that say what they are by their name, whatever a task expects: a hub's copy, a user's own workbook.
_BY_ENDING = {".parquet": _FORMATS["parquet"], ".xlsx": _FORMATS["xlsx"]}


def tables(task: Task, source: Source, split: str) -> Iterator[Table]:
    """Yield the tables of a split's files; of a sample, the rows that are the split's."""
    endings = {path.suffix.lower() for path in source.files[split]}
    told = _BY_ENDING.get(endings.pop()) if len(endings) == 1 else None
    read = _SAMPLE if source.sample else told or _FORMATS[task.file.data.format]
    for table in read(source.files[split], task.file.data):
        if source.sample:
            rows = ((number, row) for number, row in table.rows if row.get("split") == split)
            yield replace(table, rows=rows)
        else:
            yield table
