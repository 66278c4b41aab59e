"""Kinds of systems as colour and shape: each can be told from the others without seeing its colour."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from harness.reports.pictures.svg import Canvas, named
from harness.reports.writers import translations

# The order is that of legends. A class `k-NAME` has the colour; see site.css.
SHAPE_OF = {
    "api": "circle",
    "instruct": "square",
    "base": "diamond",
    "fine-tuned": "up",
    "merged": "pentagon",
    "scratch": "cross",
    "classical": "bar",
    "recorded": "hexagon",
    "baseline": "diamond",
    "": "circle",
}
BASELINE = "baseline"


def look(kind: str) -> str:
    """Return the class of a kind's colour."""
    return f"k-{kind}" if kind in SHAPE_OF and kind else "k-other"


def shape(kind: str) -> str:
    """Return the shape of a kind's points."""
    return SHAPE_OF.get(kind, "circle")


def legend(kinds: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (word, class, shape) of the kinds that occur, in one order; nothing where there is one only."""
    found = set(kinds)
    known = [kind for kind in SHAPE_OF if kind in found] + sorted(found - set(SHAPE_OF))
    if len(known) < 2:
        return []
    return [(named(translations.named(kind or "unknown")), look(kind), shape(kind)) for kind in known]


def swatch(kind: str) -> Markup:
    """Return a kind's mark as a tiny picture that stands before a name."""
    canvas = Canvas(14, 14)
    canvas.mark(7, 7, f"point {look(kind)}", shape(kind), radius=4.5)
    return canvas.document()
