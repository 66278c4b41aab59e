"""Rows of JSONL, CSV and Parquet, read as they are."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from harness.errors import BadInput, Place, Unavailable
from harness.tables import LONGEST_LINE, Table, bounded_lines, lines, text


def jsonl(path: Path, encoding: str | None = None) -> Table:
    """Return a table of the JSON objects in a file, one a line."""
    return Table(path, None, _objects(path, encoding))


def _objects(path: Path, encoding: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines(path, encoding):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise BadInput(f"not JSON: {error}", place=Place(path, number)) from None
        if not isinstance(row, dict):
            raise BadInput("each line should be a JSON object", place=Place(path, number))
        yield number, row


def csv_cells(
    path: Path, delimiter: str = ",", encoding: str | None = None, *, strict: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of CSV records, quoted ones over several lines too.

    Unless `strict`, a quotation mark inside a quoted cell which is not doubled is text, as pandas reads it.

    Raises:
        BadInput: the quoting is not that of CSV.
    """
    csv.field_size_limit(LONGEST_LINE)
    with text(path, encoding) as stream:
        reader = csv.reader(bounded_lines(stream, path), delimiter=delimiter, strict=strict)
        start = 1
        try:
            for cells in reader:
                if cells:
                    yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise BadInput(f"not CSV: {error}", place=Place(path, start)) from None


def parquet(path: Path) -> Table:
    """Return a table of a Parquet file, read in batches."""
    from harness import DISTRIBUTION

    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise Unavailable(f"Parquet needs pyarrow: pip install '{DISTRIBUTION}[parquet]'") from None
    with _whole_parquet(path):
        file = pq.ParquetFile(path, pre_buffer=False)
    require_distinct(file.schema_arrow.names, Place(path))
    columns: dict[str, str | int] = {name: name for name in file.schema_arrow.names}
    return Table(path, columns, _parquet_rows(path, file), has_lines=False)


def _parquet_rows(path: Path, file: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    with file, _whole_parquet(path):
        # Rows are read one after another: Arrow's own threads would only outlive a process that forks.
        for batch in file.iter_batches(batch_size=4096, use_threads=False):
            for row in batch.to_pylist():
                number += 1
                yield number, row


@contextmanager
def _whole_parquet(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a damaged file into a BadInput."""
    from pyarrow.lib import ArrowException

    try:
        yield
    except (ArrowException, OSError, ValueError) as error:
        raise BadInput(f"not a whole Parquet file: {error}", place=Place(path)) from None


def named_rows(path: Path) -> Table:
    """Return a table of rows as mappings from column to cell, of the kind that the file's name ends in.

    `.jsonl`, `.csv`, `.tsv` and `.parquet`, the texts plain or `.gz`. The cells of CSV and TSV are text, and
    the latter are cut at tabs without any quoting.

    Raises:
        BadInput: another ending, no rows, a column twice in a header, or what the readers say of the file.
    """
    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if ending == "jsonl":
        return jsonl(path)
    if ending == "parquet":
        return parquet(path)
    if ending == "csv":
        return _with_header(path, csv_cells(path))
    if ending == "tsv":
        return _with_header(path, ((number, line.split("\t")) for number, line in lines(path)))
    raise BadInput("should end in .jsonl, .csv, .tsv or .parquet, the texts also in .gz", place=Place(path))


def require_distinct(names: Sequence[str], place: Place) -> None:
    """Refuse a header with a column twice, of which nobody knows which is meant; empty names name nothing.

    Raises:
        BadInput: names the column.
    """
    twice = next((name for number, name in enumerate(names) if name and name in names[:number]), None)
    if twice is not None:
        raise BadInput(f"the header has the column {twice!r} twice", place=place)


def _with_header(path: Path, cells: Iterator[tuple[int, list[str]]]) -> Table:
    head = next(cells, None)
    if head is None:
        raise BadInput("the file is empty; a header was expected", place=Place(path))
    names = head[1]
    require_distinct(names, Place(path, head[0]))
    return Table(path, {name: name for name in names}, _mapped(path, names, cells))


def _mapped(
    path: Path, names: list[str], cells: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, row in cells:
        if len(row) != len(names):
            message = f"the header has {len(names)} columns, this row {len(row)}"
            raise BadInput(message, place=Place(path, number))
        yield number, dict(zip(names, row, strict=True))
