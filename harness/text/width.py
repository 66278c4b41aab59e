"""Text in columns. Hangul and other wide characters take two cells of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from harness.terminal import printable


def plain(text: str) -> str:
    r"""Return `text` on one line, harmless to a terminal and to the text around it.

    Escape sequences, overrides of the writing direction and other characters that cannot be seen are
    written out, not dropped: `exa\u202eone` must not read as `exaone`.
    """
    return printable(" ".join(text.split()))


def width(text: str) -> int:
    """Return the number of terminal cells that `text` takes."""
    if text.isascii():
        return len(text)
    return sum(cells for _, cells in _clusters(unicodedata.normalize("NFC", text)))


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield what a terminal shows as one sign, and its cells: an emoji with its skin, a flag, a family."""
    start, cells, joined = 0, 0, False
    for place, character in enumerate(text):
        own = _cells(character)
        flag = _is_flag(character) and place == start + 1 and _is_flag(text[start])
        if place and (joined or own == 0 or flag or "\U0001f3fb" <= character <= "\U0001f3ff"):
            # U+FE0F asks for the picture of a sign that is also a letter's width: ❤️ takes two cells
            cells = 2 if character == "\ufe0f" or joined or flag else cells
        elif place:
            yield text[start:place], cells
            start, cells = place, own
        else:
            cells = own
        joined = character == "\u200d"
    if text:
        yield text[start:], cells


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


@cache
def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    if "\u1160" <= character <= "\u11ff":  # the later Jamo of a syllable stand inside its first one's cells
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, cells: int) -> str:
    """Return `text`, its end replaced by an ellipsis if it takes more than `cells`."""
    if width(text) <= cells:
        return text
    taken, kept = 1, []
    for cluster, own in _clusters(unicodedata.normalize("NFC", text)):
        taken += own
        if taken > cells:
            break
        kept.append(cluster)
    return "".join(kept) + "…"


def wrapped(text: str, cells: int) -> list[str]:
    """Return the lines of `text`, broken at blanks to at most `cells`; an empty text is one empty line.

    A longer word is broken where it has to be.
    """
    cells = max(cells, 2)  # a syllable of Hangul
    lines, line, used = [], "", 0
    for word in unicodedata.normalize("NFC", text).split(" "):
        own = width(word)
        if line and used + 1 + own <= cells:
            line, used = f"{line} {word}", used + 1 + own
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, cells) if own > cells else [word]
        lines += full
        used = width(line)
    return [*lines, line]


def _broken(word: str, cells: int) -> list[str]:
    """Return a word in pieces of at most `cells`, no sign torn apart."""
    pieces, piece, used = [], "", 0
    for sign, own in _clusters(word):
        if piece and used + own > cells:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + sign, used + own
    return [*pieces, piece]


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """Return `text` with blanks up to `cells`, before it if `right`."""
    blanks = " " * max(0, cells - width(text))
    return blanks + text if right else text + blanks


def padded(lines: Sequence[Sequence[str]], right: Sequence[bool] = (), least: int = 0) -> Iterator[list[str]]:
    """Yield the cells of each line, as wide as the widest of their column and `least`.

    `right` says of each column whether its cells stand at its right.
    """
    widths = [max(least, *map(width, column)) for column in zip(*lines, strict=True)]
    sides = right or [False] * len(widths)
    for line in lines:
        yield [pad(text, cells, right=side) for text, cells, side in zip(line, widths, sides, strict=True)]
