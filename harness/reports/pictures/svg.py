"""A canvas of SVG elements, widths of text without a font at hand, and scales with round ticks."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from markupsafe import Markup, escape

from harness.text.width import plain

SIZE = 12.0  # pixels of all text
LINE = 16.0  # from one line of text to the next
NAME = 80  # characters of a name: a label may hold a megabyte

# Shares of an em in the sans-serif faces that a page names, the widest of them: a label drawn for another
# machine's font must not run into its neighbour.
_NARROW, _SLIM, _WIDE = frozenset("iIjl|!.,:;'`"), frozenset("frt()[]{}-/ "), frozenset("mwMW%@&")


@cache
def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.32
    if character in _SLIM:
        return 0.42
    if character in _WIDE:
        return 0.95
    return 0.72 if character.isupper() else 0.62


def text_width(text: str, size: float = SIZE) -> float:
    """Return the pixels that a text may take at most, in the fonts that the pages name."""
    return size * sum(map(_em, text))


def named(text: object) -> str:
    """Return a name as a picture shows it: on one line, nothing hidden, not endless."""
    shown = plain(str(text)[: 4 * NAME])
    return shown if len(shown) <= NAME else shown[: NAME - 1] + "…"


def fitted(text: str, pixels: float, size: float = SIZE) -> str:
    """Return the text, its end replaced by an ellipsis where it takes more than `pixels`."""
    if text_width(text, size) <= pixels:
        return text
    taken, kept = text_width("…", size), ""
    for character in text:
        taken += text_width(character, size)
        if taken > pixels:
            break
        kept += character
    return kept.rstrip() + "…"


@dataclass
class Canvas:
    """Elements in the order in which they are painted. Colours are classes, which a style sheet gives."""

    width: float
    height: float = 0.0
    parts: list[Markup] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str) -> None:
        """Draw a line from one point to the other."""
        self._add("line", f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"', look)

    def path(self, points: Sequence[tuple[float, float]], look: str) -> None:
        """Draw lines through the points."""
        drawn = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._add("path", f'd="M{drawn}"', look)

    def box(
        self, x: float, y: float, width: float, height: float, look: str, *, shade: float = 1.0, tip: str = ""
    ) -> None:
        """Draw a rectangle; `shade` is its opacity."""
        where = f'x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0.5))}" height="{_n(max(height, 0.5))}"'
        self._add("rect", where + (f' fill-opacity="{shade:.3g}"' if shade < 1 else ""), look, tip)

    def mark(self, x: float, y: float, look: str, shape: str, *, tip: str = "", radius: float = 5.0) -> None:
        """Draw a point in one of the `SHAPES`."""
        if shape == "circle":
            self._add("circle", f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"', look, tip)
        else:
            corners = " ".join(f"{_n(x + radius * dx)},{_n(y + radius * dy)}" for dx, dy in SHAPES[shape])
            self._add("polygon", f'points="{corners}"', look, tip)

    def text(
        self, x: float, y: float, text: str, look: str = "", anchor: str = "start", tip: str = ""
    ) -> None:
        """Write a text whose base line is at y."""
        where = f'x="{_n(x)}" y="{_n(y)}"' + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        self.parts.append(
            Markup("<text {}{}>{}{}</text>").format(Markup(where), _look(look), _title(tip), escape(text))
        )

    def _add(self, tag: str, where: str, look: str, tip: str = "") -> None:
        found = Markup("<{} {}{}").format(Markup(tag), Markup(where), _look(look))
        self.parts.append(
            found + (Markup(">{}</{}>").format(_title(tip), Markup(tag)) if tip else Markup("/>"))
        )

    def document(self, label: str = "", style: str = "") -> Markup:
        """Return the whole picture; with a `style` it stands alone, as a file."""
        size = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        inside = Markup("").join(self.parts)
        if not style:
            return Markup('<svg class="drawn" width="{}" height="{}" {} aria-hidden="true">{}</svg>').format(
                _n(self.width), _n(self.height), Markup(size), inside
            )
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" class="drawn" width="{}" height="{}" {} role="img">\n'
            "<title>{}</title><style>{}</style>\n{}</svg>\n"
        ).format(_n(self.width), _n(self.height), Markup(size), label, Markup(style), inside)


# Corners of a point of radius 1; every kind of system has a shape beside its colour.
SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "circle": (),
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "up": ((0, -1.15), (1.1, 0.9), (-1.1, 0.9)),
    "down": ((0, 1.15), (1.1, -0.9), (-1.1, -0.9)),
    "hexagon": ((0, -1.2), (1.04, -0.6), (1.04, 0.6), (0, 1.2), (-1.04, 0.6), (-1.04, -0.6)),
    "cross": (
        *((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4)),
        *((0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
    ),
    "pentagon": ((0, -1.2), (1.14, -0.37), (0.7, 0.97), (-0.7, 0.97), (-1.14, -0.37)),
    "left": ((-1.2, 0), (0.9, 1.1), (0.9, -1.1)),
    "right": ((1.2, 0), (-0.9, 1.1), (-0.9, -1.1)),
    "bar": ((-0.45, -1.2), (0.45, -1.2), (0.45, 1.2), (-0.45, 1.2)),
}


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _look(look: str) -> Markup:
    return Markup(' class="{}"').format(look) if look else Markup("")


def _title(tip: str) -> Markup:
    return Markup("<title>{}</title>").format(tip) if tip else Markup("")


@dataclass(frozen=True)
class Scale:
    """Values to pixels, with round ticks; logarithmic where a hundredth counts as much as a hundred."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        to: Callable[[float], float] = math.log if self.log else float
        share = (to(value) - to(self.low)) / ((to(self.high) - to(self.low)) or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """Return at most about `most` round values inside."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            step = max(1, -(-(last - first + 1) // most))
            found = [10.0**power for power in range(first, last + 1, step)]
            return found if len(found) > 1 else _round_values(self.low, self.high, most)
        return _round_values(self.low, self.high, most)


def _round_values(low: float, high: float, most: int) -> list[float]:
    step = _step((high - low) / most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def _step(least: float) -> float:
    """Return the round number (1, 2, 5 times a power of ten) that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """Return the ends of an axis that shows all values with some air; a share of one stays one."""
    low, high = min(values), max(values)
    air = (high - low) * share or abs(high) * 0.1 or 0.5
    bounded = low >= 0 and high <= 1
    return (max(0.0, low - air) if bounded or low >= 0 else low - air), (
        min(1.0, high + air) if bounded else high + air
    )


def tick(value: float) -> str:
    """Return a tick's text."""
    if value and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:,.10g}"
