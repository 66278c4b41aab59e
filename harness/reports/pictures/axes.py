"""Axes, grid lines and legends of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.reports.pictures.svg import LINE, Canvas, Scale, fitted, text_width, tick

PHONE = 450.0  # pixels: a picture that is narrower puts names above their rows
TOP, RIGHT = 10.0, 14.0


def ticks_across(scale: Scale, *, whole: bool = False) -> list[float]:
    """Return as many ticks as stand beside one another without touching."""
    room = abs(scale.end - scale.start)
    for most in (8, 6, 5, 4, 3, 2):
        found = [value for value in scale.ticks(most) if not whole or value == int(value)]
        if len(found) < 2:
            continue
        widest = max(text_width(tick(value)) for value in found)
        if (widest + 10) * (len(found) - 1) <= room:
            return found
    return scale.ticks(2)[:1]


def below(
    canvas: Canvas, scale: Scale, top: float, bottom: float, title: str, *, whole: bool = False
) -> float:
    """Draw the axis across under a plot from `top` to `bottom`; return where what follows may begin."""
    for value in ticks_across(scale, whole=whole):
        x = scale(value)
        canvas.line(x, top, x, bottom, "grid")
        text = tick(value)
        half = text_width(text) / 2
        canvas.text(min(max(x, half + 1), canvas.width - half - 1), bottom + LINE, text, "soft", "middle")
    y = bottom + LINE
    if title:
        y += LINE + 2
        middle = (scale.start + scale.end) / 2
        shown = fitted(title, canvas.width - 8)
        half = text_width(shown) / 2
        canvas.text(min(max(middle, half + 2), canvas.width - half - 2), y, shown, "soft", "middle")
    return y + 8


def left_room(values: Iterable[float]) -> float:
    """Return the pixels that the texts of an upright axis take."""
    return max((text_width(tick(value)) for value in values), default=0.0) + 10


def beside(canvas: Canvas, scale: Scale, left: float, right: float, most: int = 6) -> None:
    """Draw the upright axis at the left of a plot from `left` to `right`."""
    for value in scale.ticks(most):
        y = scale(value)
        canvas.line(left, y, right, y, "grid")
        canvas.text(left - 7, y + 4, tick(value), "soft", "end")


def title_above(canvas: Canvas, title: str) -> float:
    """Write what the upright axis shows above the plot, where it can be read without turning the head."""
    if not title:
        return TOP
    canvas.text(2, LINE - 2, fitted(title, canvas.width - 4), "soft")
    return LINE + 12


Swatch = tuple[str, str, str]  # the word, its class, its shape


def legend(canvas: Canvas, swatches: Sequence[Swatch], top: float) -> float:
    """Draw words with their marks, in as many lines as they take; return where the plot may begin."""
    if not swatches:
        return top
    x, y = 8.0, top + 10
    for word, look, shape in swatches:
        shown = fitted(word, canvas.width - 40)
        needed = 16 + text_width(shown)
        if x > 8 and x + needed > canvas.width - 4:
            x, y = 8.0, y + LINE + 2
        canvas.mark(x, y - 4, f"point {look}", shape, radius=4.5)
        canvas.text(x + 10, y, shown)
        x += needed + 12
    return y + 12
