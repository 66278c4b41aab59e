"""How many examples lie between the edges of bins, and bars of shares by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.reports.pictures import axes
from harness.reports.pictures.axes import RIGHT
from harness.reports.pictures.svg import Canvas, Scale

HIGH = 200.0


@dataclass(frozen=True)
class Bars:
    """Counts of the bins between `edges`; the last bin is drawn as wide as the first."""

    edges: Sequence[float]
    counts: Sequence[int]
    across: str
    up: str
    whole: bool = False  # what is counted by: its ticks are whole numbers, too

    def draw(self, width: float) -> Canvas:
        """Return the picture, so many pixels wide."""
        canvas = Canvas(width)
        top = axes.title_above(canvas, self.up)
        bottom = top + HIGH
        step = self.edges[1] - self.edges[0]
        upright = Scale(0.0, max(self.counts) * 1.05 or 1.0, bottom, top)
        left = axes.left_room(upright.ticks(5))
        axes.beside(canvas, upright, left, width - RIGHT, most=5)
        first = self.edges[0]
        across = Scale(first, first + step * len(self.counts), left + 4, width - RIGHT)
        canvas.height = axes.below(canvas, across, bottom, bottom, self.across, whole=self.whole)
        for place, count in enumerate(self.counts):
            x, end = across(first + step * place), across(first + step * (place + 1))
            low, high = self.edges[place], self.edges[place + 1]
            tip = f"{low:,.4g} – {high:,.4g}: {count:,}"
            if count:
                canvas.box(x + 0.5, upright(count), end - x - 1, bottom - upright(count), "bars", tip=tip)
        return canvas
