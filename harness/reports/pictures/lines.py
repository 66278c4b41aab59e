"""Lines of figures over a setting: templates, decoding, how much was learnt from, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.reports.pictures import axes
from harness.reports.pictures.axes import RIGHT
from harness.reports.pictures.svg import LINE, Canvas, Scale, fitted, named, padded, text_width

HIGH = 260.0
LOOKS = 8  # colours of lines, after which they come again
SHAPES = ("circle", "square", "diamond", "up", "down", "right", "left", "bar")


class Place(NamedTuple):
    """A point of a line: x as a number or as a word, the figure with its interval, the size of its mark."""

    x: float | str
    y: float
    low: float | None = None
    high: float | None = None
    radius: float = 4.5
    tip: str = ""


class Series(NamedTuple):
    """A named line; one that was published is dashed and hollow, an ideal one has no marks."""

    name: str
    places: Sequence[Place]
    published: bool = False
    ideal: bool = False


@dataclass(frozen=True)
class Lines:
    """Lines over words, or over numbers, spread where `log`."""

    series: Sequence[Series]
    across: str
    up: str
    log: bool = False
    square: bool = False  # both axes from 0 to 1

    def draw(self, width: float) -> Canvas:
        """Return the picture, so many pixels wide."""
        canvas = Canvas(width)
        swatches = [
            (named(one.name), f"l{number % LOOKS}" + (" ideal" if one.ideal else ""), _shape(one, number))
            for number, one in enumerate(self.series)
        ]
        top = axes.title_above(canvas, self.up)
        top = axes.legend(canvas, swatches if len(swatches) > 1 else [], top)
        bottom = top + HIGH
        upright = Scale(*self._reach(), bottom, top)
        left = axes.left_room(upright.ticks(6))
        axes.beside(canvas, upright, left, width - RIGHT)
        words = self._words()
        start, end = left + 14, width - RIGHT - 12
        if words:
            step = (end - start) / len(words)
            at = {word: start + step * (place + 0.5) for place, word in enumerate(words)}
            canvas.height = self._under(canvas, at, step, bottom)
            spots = [[(at[str(p.x)], upright(p.y)) for p in one.places] for one in self.series]
        else:
            scale = self._numbers(start, end)
            canvas.height = axes.below(canvas, scale, top, bottom, self.across)
            spots = [[(scale(float(p.x)), upright(p.y)) for p in one.places] for one in self.series]
        for number, (one, points) in enumerate(zip(self.series, spots, strict=True)):
            _line(canvas, one, number, points, upright)
        return canvas

    def _words(self) -> list[str]:
        found = [p.x for one in self.series for p in one.places]
        if all(isinstance(x, (int, float)) for x in found):
            return []
        return list(dict.fromkeys(map(str, found)))

    def _reach(self) -> tuple[float, float]:
        if self.square:
            return 0.0, 1.0
        found = [
            end for one in self.series for p in one.places for end in (p.y, p.low, p.high) if end is not None
        ]
        return padded(found)

    def _numbers(self, start: float, end: float) -> Scale:
        if self.square:
            return Scale(0.0, 1.0, start, end)
        xs = [float(p.x) for one in self.series for p in one.places]
        if self.log and min(xs) > 0:
            return Scale(min(xs) / 1.2, max(xs) * 1.2, start, end, log=True)
        low, high = padded(xs)
        return Scale(low, high, start, end)

    def _under(self, canvas: Canvas, at: dict[str, float], step: float, bottom: float) -> float:
        """Write the words under the plot, in two lines by turns where one has no room for them."""
        room = step - 8
        crowded = any(text_width(named(word)) > room for word in at)
        lines = 2 if crowded and len(at) > 1 else 1
        for place, (word, x) in enumerate(at.items()):
            shown = fitted(named(word), room * lines)
            half = text_width(shown) / 2
            spot = min(max(x, half + 2), canvas.width - half - 2)
            canvas.text(spot, bottom + LINE * (1 + place % lines), shown, "soft", "middle", named(word))
        y = bottom + LINE * (lines + 1) + 2
        canvas.text(canvas.width / 2, y, fitted(self.across, canvas.width - 8), "soft", "middle")
        return y + 8


def _shape(one: Series, number: int) -> str:
    return "circle" if one.ideal else SHAPES[number % LOOKS]


def _line(
    canvas: Canvas, one: Series, number: int, points: Sequence[tuple[float, float]], upright: Scale
) -> None:
    look = f"l{number % LOOKS}"
    canvas.path(points, f"run {look}" + (" ideal" if one.ideal or one.published else ""))
    if one.ideal:
        return
    for place, (x, y) in zip(one.places, points, strict=True):
        if place.low is not None and place.high is not None:
            canvas.line(x, upright(place.low), x, upright(place.high), f"reach {look}")
        tip = place.tip or f"{named(one.name)}, {place.x}: {place.y:.4g}"
        kind = "hollow" if one.published else "point"
        canvas.mark(x, y, f"{kind} {look}", _shape(one, number), radius=place.radius, tip=tip)
