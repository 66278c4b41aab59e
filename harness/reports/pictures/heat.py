"""A matrix of shares: the stronger a cell, the larger its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.reports.pictures.axes import PHONE
from harness.reports.pictures.svg import LINE, Canvas, fitted, named, text_width

CELL, STRONGEST = 26.0, 0.58  # pixels of a row; the opacity at which text can still be read on the colour
LEAST = 15.0  # pixels of a column under which nothing is written into it
WIDEST = 110.0  # pixels of a column, unless its name takes more


@dataclass(frozen=True)
class Heat:
    """Rows by columns of shares from 0 to 1 (None: nothing there), with what is written into the cells."""

    rows: Sequence[str]
    columns: Sequence[str]
    shares: Sequence[Sequence[float | None]]
    texts: Sequence[Sequence[str]]
    down: str = ""
    across: str = ""

    def draw(self, width: float) -> Canvas:
        """Return the picture, so many pixels wide: columns are numbered where their names have no room."""
        canvas = Canvas(width)
        rows, columns = [named(row) for row in self.rows], [named(column) for column in self.columns]
        square = rows == columns
        room = (0.34 if width < PHONE else 0.4) * width
        left = min(max((text_width(row) for row in rows), default=0.0) + 12, room)
        widest = max(WIDEST, *(text_width(column) + 8 for column in columns))
        cell = min((width - left - 6) / len(columns), widest)
        numbered = any(text_width(column) > cell - 6 for column in columns)
        if numbered and square:
            rows = [f"{place} {row}" for place, row in enumerate(rows, 1)]
        y = _keys(canvas, columns) if numbered and not square else 4.0
        if self.across:
            canvas.text(left, y + LINE - 4, fitted(self.across, width - left - 4), "soft")
            y += LINE
        top = y + LINE + 4
        every = max(1, -(-text_width("00") // cell)) if numbered else 1
        for place, column in enumerate(columns):
            if numbered and place % int(every):
                continue
            shown = str(place + 1) if numbered else column
            canvas.text(left + cell * (place + 0.5), top - 6, shown, "soft", "middle", column)
        if self.down:
            canvas.text(2, top - 6, fitted(self.down, left - 18), "soft")
        for place, row in enumerate(rows):
            y = top + CELL * place
            shown = fitted(row, left - 10)
            canvas.text(left - 6, y + CELL / 2 + 4, shown, anchor="end", tip=row if shown != row else "")
            self._cells(canvas, place, y, left, cell, columns)
        canvas.height = top + CELL * len(rows) + 6
        if not numbered and not self.across:  # nothing is written beyond the last column
            canvas.width = min(width, left + cell * len(columns) + 6)
        return canvas

    def _cells(
        self, canvas: Canvas, place: int, y: float, left: float, cell: float, columns: Sequence[str]
    ) -> None:
        for number, (share, text) in enumerate(zip(self.shares[place], self.texts[place], strict=True)):
            x = left + cell * number
            tip = f"{named(self.rows[place])} → {columns[number]}: {text}"
            if share is not None:
                shade = STRONGEST * max(0.0, min(1.0, share))
                canvas.box(x + 0.5, y + 0.5, cell - 1, CELL - 1, "heat", shade=max(shade, 0.02), tip=tip)
            if text and cell >= LEAST and text_width(text, 11) <= cell - 2:
                canvas.text(x + cell / 2, y + CELL / 2 + 4, text, "small", "middle")


def _keys(canvas: Canvas, columns: Sequence[str]) -> float:
    """Write which column each number is; return where the matrix may begin."""
    x, y = 4.0, LINE
    for place, column in enumerate(columns, 1):
        shown = fitted(f"{place} {column}", canvas.width - 8)
        needed = text_width(shown) + 14
        if x > 4 and x + needed > canvas.width:
            x, y = 4.0, y + LINE
        canvas.text(x, y, shown, "soft")
        x += needed
    return y + 6
