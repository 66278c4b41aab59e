"""Reports in HTML: a page of its own, or the parts that a notebook or another page shows.

Every cell is text, whatever it holds. A page needs no script and loads nothing, and says so to the browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from harness.reports.pictures.style import palette
from harness.reports.writers.blocks import Block, Lines, TableBlock, cell
from harness.reports.writers.translations import current
from harness.text.width import plain

# The site's own dress; every rule begins at the board, so that a notebook's other tables keep theirs.
_BOARD = """\
.board { color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo",
  "Noto Sans KR", "Malgun Gothic", "NanumGothic", sans-serif; font-variant-numeric: tabular-nums; }
.board .scroll { overflow-x: auto; margin: 10px 0 16px; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); }
.board table { border-collapse: collapse; font-size: 14px; width: 100%; margin: 0; }
.board th, .board td { padding: 8px 14px; border: 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; background: none; color: inherit; }
.board tbody tr:last-child > * { border-bottom: 0; }
.board thead th { font-size: 12.5px; font-weight: 600; color: var(--soft); }
.board tbody th { font-weight: 600; }
.board td.figure { background: linear-gradient(to right, var(--tint) var(--at, 0%), var(--line) var(--at, 0%))
  14px calc(100% - 4px) / calc(100% - 28px) 3px no-repeat; padding-bottom: 12px; }
.board td b { color: var(--accent); font-weight: 700; }
.board td .reach { color: var(--soft); font-size: 12.5px; }
.board td .mark { color: var(--warn); background: var(--mark); border-radius: 4px; padding: 1px 5px;
  font-size: 12.5px; }
.board .long { white-space: normal; min-width: 20rem; overflow-wrap: anywhere; }
.board p, .board ul { color: var(--soft); font-size: 13.5px; max-width: 100ch; }
@media (max-width: 40rem) { .board th, .board td { padding: 6px 8px; } }
"""
_PAGE = """\
body { margin: 0 auto; padding: 20px 24px; max-width: 1240px; background: var(--paper); }
h1 { font-size: 30px; line-height: 1.25; letter-spacing: -0.02em; margin: 10px 0 14px; }
.picture { overflow-x: auto; margin: 16px 0; }
@media (max-width: 40rem) { body { padding: 10px; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LONG = 60  # characters of a cell that may take several lines


def page(title: str, blocks: Iterable[Block], pictures: Iterable[str] = ()) -> str:
    """Return a whole page, readable in light and dark and on a phone; `pictures` are SVG, put below."""
    return f"""\
<!doctype html>
<html lang="{current()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(cell(title))}</title>
<style>
{palette()}
{_PAGE}{_BOARD}</style>
</head>
<body>
<main class="board">
<h1>{escape(cell(title))}</h1>
{fragment(blocks)}
{"".join(f'<div class="picture">{picture}</div>' for picture in pictures)}</main>
</body>
</html>
"""


def notebook(blocks: Iterable[Block]) -> str:
    """Return the blocks with their dress, for a page that has none for them."""
    colours = palette().replace(":root", ".board")
    return f'<div class="board"><style>{colours} {_BOARD}</style>{fragment(blocks)}</div>'


def fragment(blocks: Iterable[Block]) -> str:
    """Return the blocks alone, for a page that has a style of its own; numbers stand at the right."""
    return "\n".join(map(_written, blocks))


def _written(block: Block) -> str:
    if isinstance(block, TableBlock):
        return _table(block)
    if isinstance(block, Lines):
        return "<ul>" + "".join(f"<li>{escape(plain(line))}</li>" for line in block.lines) + "</ul>"
    return f"<p>{escape(plain(block.text))}</p>"


def _table(table: TableBlock) -> str:
    """Return a table whose names head their rows; one that is too wide scrolls by itself, by keyboard too."""
    right = table.right
    bars = [all(map(_share, column)) for column in zip(*table.rows, strict=True)]
    head = "".join(
        f'<th scope="col"{_shown(text, right=side)}>{escape(cell(text))}</th>'
        for text, side in zip(table.header, right, strict=True)
    )
    rows = "\n".join(f"<tr>{_row(row, right, bars, table.names)}</tr>" for row in table.rows)
    label = escape(cell(table.header[table.names]))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: Iterable[str], right: Iterable[bool], bars: Iterable[bool], names: int) -> str:
    return "".join(
        f'<th scope="row"{_shown(text, right=side)}>{escape(cell(text))}</th>'
        if place == names
        else _value(text, right=side, bar=bar)
        for place, (text, side, bar) in enumerate(zip(row, right, bars, strict=True))
    )


# As `numbers.figure` writes one: the value, its interval, its marks.
_FIGURE = re.compile(r"(-?[\d.,e+-]+) (\[[^\[\]]+\])(?: (\(.*\)))?", re.DOTALL)


def _share(text: str) -> bool:
    """Return whether a cell is a figure from 0 to 1 with an interval, or empty."""
    found = _FIGURE.fullmatch(text)
    return not text or (found is not None and re.fullmatch(r"[01]\.\d+", found[1]) is not None)


def _value(text: str, *, right: bool, bar: bool) -> str:
    """Return a cell, a figure's value before its interval and marks; in a column of shares with a bar."""
    found = _FIGURE.fullmatch(cell(text))
    if found is None:
        return f"<td{_shown(text, right=right)}>{escape(cell(text))}</td>"
    value, reach, marks = found.groups()
    inner = f'<b>{escape(value)}</b> <span class="reach">{escape(reach)}</span>'
    if marks:
        inner += f' <span class="mark">{escape(marks)}</span>'
    at = f"; --at: {100 * float(value):.1f}%" if bar else ""
    side = "right" if right else "left"
    dress = ' class="figure"' if bar else ""
    return f'<td{dress} style="text-align: {side}{at}">{inner}</td>'


def _shown(text: str, *, right: bool) -> str:
    """Return the attributes of a cell: a notebook has no style of ours, and puts all cells at the right."""
    long = ' class="long"' if len(text) > _LONG and not right else ""
    return f'{long} style="text-align: {"right" if right else "left"}"'
