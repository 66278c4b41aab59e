"""What a report is made of, before anybody decides how it is written: tables and lines of text.

Every cell and line is text as a reader should see it; what writes it down escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from harness.reports.writers.translations import translated
from harness.text.width import cut, plain

MOST = 300  # terminal cells of a table's cell: a label may hold a megabyte
_NUMBER = re.compile(r"[\d+.,×-]|<\d")


class TableBlock(NamedTuple):
    """Cells as they read, and the number of the column that holds names."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1

    @property
    def right(self) -> list[bool]:
        """Return of each column whether it holds numbers, which stand at the right.

        The names stand at the left, even if all of them look like numbers.
        """
        columns = [[row[place] for row in self.rows] for place in range(len(self.header))]
        return [place != self.names and all(map(_is_number, cells)) for place, cells in enumerate(columns)]


class Note(NamedTuple):
    """A paragraph of one line."""

    text: str


class Lines(NamedTuple):
    """Lines of text that stand one below the other."""

    lines: Sequence[str]


Block = TableBlock | Note | Lines


def _is_number(cell: str) -> bool:
    return not cell or bool(_NUMBER.match(cell)) or cell == translated("undefined")


def cell(text: str) -> str:
    """Return a cell's text on one line, harmless to a terminal and not endless."""
    return cut(plain(text[: 8 * MOST]), MOST)
