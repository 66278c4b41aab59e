"""Text in columns. Hangul and other wide characters take two cells of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Return the number of terminal cells that `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """Return `text` with blanks up to `cells`, before it if `right`."""
    blanks = " " * max(0, cells - width(text))
    return blanks + text if right else text + blanks


def padded(header: Sequence[str], rows: Sequence[Sequence[str]], line: Sequence[str]) -> list[str]:
    """Return the cells of `line`, each as wide as the widest of its column."""
    widths = [max(width(row[i]) for row in (header, *rows)) for i in range(len(header))]
    return [pad(text, cells) for text, cells in zip(line, widths, strict=True)]
