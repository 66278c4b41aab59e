"""Cells of the first sheet of an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Place, Unavailable
from harness.tables.torn import TORN_ZIP


def xlsx_cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (row, cells as text) of a workbook's first sheet, empty rows left out.

    A whole number is written without a point, as the sheet shows it; a formula is its last value.

    Raises:
        Unavailable: openpyxl is not installed.
        BadInput: it is no workbook.
    """
    from harness import DISTRIBUTION

    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise Unavailable(f"Excel files need openpyxl: pip install '{DISTRIBUTION}[xlsx]'") from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, OSError, *TORN_ZIP) as error:
        raise BadInput(f"not an Excel workbook: {error}", place=Place(path)) from None
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            cells = [_text(value) for value in row]
            if any(cells):
                yield number, cells
    finally:
        book.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
