"""Reports on a terminal: tables no wider than it is, and colour.

A row is never broken by the terminal's own edge. What gives way, in this order: the headers wrap, then texts
wrap within their column, then the columns that find no room stand in a table below, beside the names again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.reports.writers.blocks import Block, Lines, TableBlock, cell
from harness.terminal import AMBER, BOLD, DIM, styled
from harness.text.width import pad, plain, width, wrapped

GAP = "  "
NARROW = 16  # cells that a column of text keeps

_INTERVAL = re.compile(r"\[[-+\d.,]+, [-+\d.,]+\]")
_MARKS = re.compile(r"\([^()]*\)$")


def document(blocks: Iterable[Block], edge: int | None = None, *, colour: bool = False) -> str:
    """Return tables, paragraphs and lists for a terminal of `edge` cells, a blank line between them."""
    return "\n\n".join("\n".join(_lines(block, edge or 10**6, colour=colour)) for block in blocks)


def _lines(block: Block, edge: int, *, colour: bool) -> Iterator[str]:
    if isinstance(block, TableBlock):
        return table(block, edge, colour=colour)
    if isinstance(block, Lines):
        return (line for text in block.lines for line in _paragraph(text, edge, "• ", "  "))
    return _paragraph(block.text, edge)


def _paragraph(text: str, edge: int, first: str = "", then: str = "") -> Iterator[str]:
    for number, line in enumerate(wrapped(plain(text), edge - width(first))):
        yield (then if number else first) + line


def table(block: TableBlock, edge: int, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines of a table that is at most `edge` cells wide, in several parts where it has to be."""
    header = [cell(text) for text in block.header]
    rows = [[cell(text) for text in row] for row in block.rows]
    right = block.right
    wanted = _Wanted.of(header, rows, right)
    for number, kept in enumerate(_parts(wanted.least, block.names, edge)):
        if number:
            yield ""
        widths = wanted.shared(kept, edge)
        sides = [right[place] for place in kept]
        heads = [wrapped(header[place], cells) for place, cells in zip(kept, widths, strict=True)]
        for line in _row(heads, widths, sides, bottom=True):
            yield styled(line, BOLD, colour=colour)
        yield styled(GAP.join("─" * cells for cells in widths), DIM, colour=colour)
        for row in rows:
            texts = [wrapped(row[place], cells) for place, cells in zip(kept, widths, strict=True)]
            yield from _row(texts, widths, sides, colour=colour)


class _Wanted(NamedTuple):
    """How many cells each column can do with, needs to break no text, and needs to break no header."""

    least: list[int]
    tight: list[int]
    wish: list[int]

    @classmethod
    def of(cls, header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> _Wanted:
        body = [max((width(row[place]) for row in rows), default=0) for place in range(len(header))]
        words = [max([(width(text) + 1) // 2, *map(width, text.split())]) for text in header]
        tight = [max(pair) for pair in zip(body, words, strict=True)]
        least = [
            cells if side else max(min(cells, NARROW), min(own, 2 * NARROW))
            for cells, side, own in zip(tight, right, words, strict=True)
        ]
        return cls(least, tight, [max(own, width(text)) for own, text in zip(body, header, strict=True)])

    def shared(self, kept: Sequence[int], edge: int) -> list[int]:
        """Return how wide the columns that stand side by side are: as they wish, as far as there is room."""
        least, tight, wish = ([cells[place] for place in kept] for cells in self)
        if _total(tight) <= edge:
            return _widened(tight, wish, edge)
        return [min(cells, edge) for cells in _widened(least, tight, edge)]


def _parts(least: Sequence[int], names: int, edge: int) -> Iterator[list[int]]:
    """Yield the columns of each part: those up to the names, which begin all parts, and what fits beside."""
    keys = list(range(names + 1))
    if _total([least[place] for place in keys]) > edge // 2:
        keys = [names]
    part = list(range(names + 1))
    for place in range(names + 1, len(least)):
        if _total([least[at] for at in [*part, place]]) > edge and len(part) > len(keys):
            yield part
            part = list(keys)
        part.append(place)
    yield part


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _widened(have: Sequence[int], want: Sequence[int], edge: int) -> list[int]:
    """Return the widths, what room is left given to those that want the most of it."""
    widths, room = list(have), edge - _total(have)
    while room > 0:
        place = max(range(len(widths)), key=lambda at: want[at] - widths[at])
        if want[place] <= widths[place]:
            break
        widths[place] += 1
        room -= 1
    return widths


def _row(
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    right: Sequence[bool],
    *,
    bottom: bool = False,
    colour: bool = False,
) -> Iterator[str]:
    """Yield the lines of a row whose cells are several lines; `bottom`: those that have fewer stand low."""
    height = max(map(len, cells))
    for number in range(height):
        line = []
        for texts, room, side in zip(cells, widths, right, strict=True):
            at = number - (height - len(texts) if bottom else 0)
            text = pad(texts[at] if 0 <= at < len(texts) else "", room, right=side)
            line.append(_emphasised(text) if colour and side else text)
        yield GAP.join(line).rstrip()


def _emphasised(figure: str) -> str:
    """Return a figure whose interval is dim, and amber the marks behind it: what it is not."""
    figure = _INTERVAL.sub(lambda found: styled(found[0], DIM), figure)
    return _MARKS.sub(lambda found: styled(found[0], AMBER), figure)
