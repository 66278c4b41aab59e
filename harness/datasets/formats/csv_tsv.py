"""Rows of cells: tab-separated without quoting, as their authors read them, real CSV, Excel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import BadInput, Place
from harness.tables import Table, lines
from harness.tables.rows import csv_cells, require_distinct
from harness.tables.xlsx import xlsx_cells
from harness.tasks.schema import Data


def _delimited(path: Path, data: Data, cells: Iterator[tuple[int, list[str]]]) -> Table:
    """Return rows of cells, their columns named by the first row or by the task.

    With a header of its own, a file has rows of one width: a stray delimiter inside a text would
    otherwise move a label into the next column. Rows of another width are left out if the task says so.
    """
    if data.header is not True:
        return Table(path, _numbered(data.header or []), cells)
    first = next(cells, None)
    if first is None:
        raise BadInput("the file is empty; a header was expected", place=Place(path))
    require_distinct(first[1], Place(path, first[0]))
    width = len(first[1])
    if data.on_bad_row == "skip":
        cells = (row for row in cells if len(row[1]) == width)
    return Table(path, _numbered(first[1]), cells, width=width)


def _numbered(header: Sequence[str]) -> dict[str, str | int]:
    return {name: index for index, name in enumerate(header)}


def tsv(path: Path, data: Data) -> Table:
    """Return a table of lines cut at every tab: no quoting, so that a quotation mark is only itself."""
    delimiter = data.delimiter or "\t"
    return _delimited(
        path, data, ((number, line.split(delimiter)) for number, line in lines(path, data.encoding))
    )


def csv_(path: Path, data: Data) -> Table:
    """Return a table of CSV records, quoted ones over several lines too."""
    cells = csv_cells(path, data.delimiter or ",", data.encoding, strict=not data.loose_quotes)
    return _delimited(path, data, cells)


def xlsx(path: Path, data: Data) -> Table:
    """Return a table of the rows of a workbook's first sheet."""
    return _delimited(path, data, xlsx_cells(path))
