"""Figures against what they cost: points with their names, and the front that nothing beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.reports.pictures import axes, kinds
from harness.reports.pictures.axes import PHONE, RIGHT
from harness.reports.pictures.svg import Canvas, Scale, fitted, named, padded, text_width

HIGH = 300.0  # pixels of the plot alone
SPREAD = 20.0  # times: from there on the axis across is logarithmic


class Point(NamedTuple):
    """A system: what it takes (x), its figure with its interval, and whether it is on the front."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    kind: str = ""
    front: bool = False
    tip: str = ""


Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Scatter:
    """Points, and what the axes are."""

    points: Sequence[Point]
    across: str
    up: str

    def draw(self, width: float) -> Canvas:
        """Return the picture, so many pixels wide."""
        canvas = Canvas(width)
        top = axes.legend(
            canvas, kinds.legend(p.kind for p in self.points), axes.title_above(canvas, self.up)
        )
        bottom = top + HIGH
        inside = [p for p in self.points if p.kind != kinds.BASELINE] or list(self.points)
        low, high = padded([end for p in inside for end in (p.y, p.low, p.high) if end is not None])
        upright = Scale(low, high, bottom, top)
        left = axes.left_room(upright.ticks(6))
        across = self._across(left + 12, width - RIGHT - 6)
        axes.beside(canvas, upright, left, width - RIGHT)
        canvas.height = axes.below(canvas, across, top, bottom, self.across)
        placed = [(p, across(p.x), upright(max(min(p.y, high), low))) for p in self.points]
        self._front(canvas, [(x, y) for p, x, y in sorted(placed, key=lambda one: one[1]) if p.front], width)
        for point, x, y in placed:
            _point(canvas, point, x, y, upright)
        frame = (left, top - 6, width - 2, bottom)
        _labels(canvas, placed, frame, 11.5 if width < PHONE else 12.0)
        return canvas

    def _across(self, start: float, end: float) -> Scale:
        xs = [point.x for point in self.points]
        low, high = min(xs), max(xs)
        if low > 0 and high / low > SPREAD:
            return Scale(low / 1.5, high * 1.5, start, end, log=True)
        return Scale(min(0.0, low), high * 1.08 or 1.0, start, end)

    def _front(self, canvas: Canvas, points: Sequence[tuple[float, float]], width: float) -> None:
        """Draw the stairs along the front: a system holds its figure until a better one costs more."""
        if not points:
            return
        stairs = [points[0]]
        for x, y in points[1:]:
            stairs += [(x, stairs[-1][1]), (x, y)]
        canvas.path([*stairs, (width - RIGHT, stairs[-1][1])], "front")


def _point(canvas: Canvas, point: Point, x: float, y: float, upright: Scale) -> None:
    look, name = kinds.look(point.kind), named(point.name)
    outside = not upright.low <= point.y <= upright.high
    if point.low is not None and point.high is not None and not outside:
        ends = [upright(max(min(end, upright.high), upright.low)) for end in (point.low, point.high)]
        canvas.line(x, ends[0], x, ends[1], f"reach {look}")
    shape = ("down" if point.y < upright.low else "up") if outside else kinds.shape(point.kind)
    canvas.mark(x, y, f"point {look}", shape, tip=point.tip or name)


def _labels(canvas: Canvas, placed: Sequence[tuple[Point, float, float]], frame: Box, size: float) -> None:
    """Write the names that find a free place, those of the front first; the others have theirs as a tip."""
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for _, x, y in placed]
    order = sorted(range(len(placed)), key=lambda i: (not placed[i][0].front, -placed[i][0].y))
    for i in order:
        point, x, y = placed[i]
        name = fitted(named(point.name), 0.6 * (frame[2] - frame[0]), size)
        own = taken[i]
        for anchor, box in _places(name, x, y, size):
            inside = frame[0] <= box[0] and box[2] <= frame[2] and frame[1] <= box[1] and box[3] <= frame[3]
            if inside and not any(_meet(box, other) for other in taken if other is not own):
                at = {"start": box[0] + 1, "end": box[2] - 1, "middle": (box[0] + box[2]) / 2}[anchor]
                canvas.text(at, box[3] - 4, name, "halo" + (" strong" if point.front else ""), anchor)
                taken.append(box)
                break


def _places(name: str, x: float, y: float, size: float) -> Iterator[tuple[str, Box]]:
    """Yield where a name may stand beside its point: right, left, above, below, and a little further."""
    wide, high = text_width(name, size) + 2, size + 3
    for up in (0, -10, 10, -20, 20):
        yield "start", (x + 8, y - high / 2 + up, x + 8 + wide, y + high / 2 + up)
        yield "end", (x - 8 - wide, y - high / 2 + up, x - 8, y + high / 2 + up)
    for above in (8, 20):
        yield "middle", (x - wide / 2, y - above - high, x + wide / 2, y - above)
        yield "middle", (x - wide / 2, y + above, x + wide / 2, y + above + high)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
