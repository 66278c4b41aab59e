"""Pictures drawn as SVG: no script, no library, the same bytes from the same figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup

from harness.reports.pictures.style import alone
from harness.reports.pictures.svg import Canvas

DESK, PHONE, WIDE = 548.0, 322.0, 1130.0  # pixels: text stays as large as on the page around it


class Form(Protocol):
    """What a picture is drawn from: rows, points, lines, a matrix, bars."""

    def draw(self, width: float) -> Canvas:
        """Return the picture, so many pixels wide."""


@dataclass(frozen=True)
class Chart:
    """A picture: its heading, a line that says how to read it, and what is drawn."""

    title: str
    note: str
    form: Form
    wide: bool = False

    @property
    def drawn(self) -> Markup:
        """Return the picture twice, for a desk and for a phone; the page shows the one that fits."""
        desk = self.form.draw(WIDE if self.wide else DESK).document()
        phone = self.form.draw(PHONE).document()
        return Markup('<div class="at-desk">{}</div><div class="at-phone">{}</div>').format(desk, phone)

    def file(self, width: float = 720.0) -> str:
        """Return the picture as an SVG file of its own, readable by day and by night."""
        return str(self.form.draw(width).document(f"{self.title}. {self.note}", alone()))
