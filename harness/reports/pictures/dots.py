"""Systems one below the other: a figure with its interval a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.reports.pictures import axes, kinds
from harness.reports.pictures.axes import PHONE, RIGHT
from harness.reports.pictures.svg import LINE, Canvas, Scale, fitted, named, padded, text_width

ROW, TALL = 24.0, 38.0


class Dot(NamedTuple):
    """A row: its name, figure and interval, the figure in words, and what kind of system it is.

    `aside` rows, of baselines, do not stretch the axis; `hollow` ones were published by others.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    shown: str = ""
    kind: str = ""
    hollow: bool = False

    @property
    def aside(self) -> bool:
        """Return whether the row may stand outside the axis."""
        return self.kind == kinds.BASELINE

    @property
    def ends(self) -> list[float]:
        """Return all values that the row shows."""
        return [value for value in (self.value, self.low, self.high) if value is not None]


@dataclass(frozen=True)
class Dots:
    """Rows in their order, and what their figures are."""

    rows: Sequence[Dot]
    unit: str

    def draw(self, width: float) -> Canvas:
        """Return the picture, so many pixels wide."""
        return _Drawing(self, width).drawn()


class _Drawing:
    def __init__(self, form: Dots, width: float) -> None:
        self.form, self.phone = form, width < PHONE
        self.canvas = Canvas(width)
        self.row = TALL if self.phone else ROW
        rows = form.rows
        shown = max((text_width(row.shown) for row in rows), default=0.0) + 12
        names = max((text_width(named(row.name)) for row in rows), default=0.0) + 12
        self.names = 4.0 if self.phone else min(names, 0.45 * width)
        self.right = width - max(shown, RIGHT)
        inside = [row for row in rows if not row.aside] or list(rows)
        low, high = padded([end for row in inside for end in row.ends])
        self.scale = Scale(low, high, self.names + 8, self.right - 8)

    def drawn(self) -> Canvas:
        rows, canvas = self.form.rows, self.canvas
        top = axes.legend(canvas, kinds.legend(row.kind for row in rows if not row.hollow), 4)
        bottom = top + self.row * len(rows) + 4
        canvas.height = axes.below(canvas, self.scale, top, bottom, self.form.unit)
        for place, row in enumerate(rows):
            self._row(row, top + self.row * place)
        return canvas

    def _row(self, row: Dot, top: float) -> None:
        canvas, name = self.canvas, named(row.name)
        y = top + self.row / 2 + (8 if self.phone else 0)
        if self.phone:
            canvas.text(self.names, top + LINE - 3, fitted(name, canvas.width - 8), tip=name)
        else:
            shown = fitted(name, self.names - 10)
            canvas.text(self.names - 6, y + 4, shown, anchor="end", tip=name if shown != name else "")
        look, shape = kinds.look(row.kind), kinds.shape(row.kind)
        tip = f"{name}: {row.shown}"
        low, high, at = self.scale.low, self.scale.high, max(min(row.value, self.scale.high), self.scale.low)
        if row.low is not None and row.high is not None and low <= row.value <= high:
            ends = [self.scale(max(min(end, high), low)) for end in (row.low, row.high)]
            canvas.line(ends[0], y, ends[1], y, f"reach {look}")
        if at != row.value:  # outside: an arrow at the edge says that there is more
            canvas.mark(self.scale(at), y, f"point {look}", "left" if row.value < low else "right", tip=tip)
        else:
            canvas.mark(self.scale(at), y, f"{'hollow' if row.hollow else 'point'} {look}", shape, tip=tip)
        canvas.text(canvas.width - 4, y + 4, row.shown, "figure", "end")
