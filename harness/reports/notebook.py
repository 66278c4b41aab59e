"""Tables as a notebook shows them: plain HTML, every cell text, whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from harness.reports.width import plain

MOST = 500  # characters of a cell


def html(header: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 0) -> str:
    """Return an HTML table; the cells up to the column `names` stand at the left, numbers at the right."""
    head = _row("th", header, names)
    body = "".join(_row("td", row, names) for row in rows)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """Return a paragraph of text."""
    return f"<p>{_text(text)}</p>"


def _row(tag: str, cells: Sequence[str], names: int) -> str:
    sides = ["left" if place <= names else "right" for place in range(len(cells))]
    made = [
        f'<{tag} style="text-align: {side}">{_text(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    ]
    return f"<tr>{''.join(made)}</tr>"


def _text(text: str) -> str:
    return escape(plain(text if len(text) <= MOST else text[: MOST - 1] + "…"))
