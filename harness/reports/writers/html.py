"""Reports in HTML: a page of its own, or the parts that a notebook or another page shows.

Every cell is text, whatever it holds. A page needs no script and loads nothing, and says so to the browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from harness.reports.writers.blocks import Block, Lines, TableBlock, cell
from harness.reports.writers.translations import current
from harness.text.width import plain

_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --line: #c9c9d1; --band: #f3f3f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ec; --paper: #16161a; --line: #47474f; --band: #222228; }
}
body { margin: 0 auto; padding: 1rem; max-width: 100rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif; }
h1 { font-size: 1.4rem; }
div { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { border-bottom-width: 2px; }
tbody tr:nth-child(even) { background: var(--band); }
.long { white-space: normal; min-width: 20rem; overflow-wrap: anywhere; }
@media (max-width: 40rem) { body { padding: .5rem; font-size: .875rem; } th, td { padding: .3rem .4rem; } }
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
{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(cell(title))}</h1>
{fragment(blocks)}
{"".join(f"<div>{picture}</div>" for picture in pictures)}</main>
</body>
</html>
"""


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
    head = "".join(
        f'<th scope="col"{_shown(text, right=side)}>{escape(cell(text))}</th>'
        for text, side in zip(table.header, right, strict=True)
    )
    rows = "\n".join(f"<tr>{_row(row, right, table.names)}</tr>" for row in table.rows)
    label = escape(cell(table.header[table.names]))
    return (
        f'<div role="region" tabindex="0" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: Iterable[str], right: Iterable[bool], names: int) -> str:
    return "".join(
        f'<th scope="row"{_shown(text, right=side)}>{escape(cell(text))}</th>'
        if place == names
        else f"<td{_shown(text, right=side)}>{escape(cell(text))}</td>"
        for place, (text, side) in enumerate(zip(row, right, strict=True))
    )


def _shown(text: str, *, right: bool) -> str:
    """Return the attributes of a cell: a notebook has no style of ours, and puts all cells at the right."""
    long = ' class="long"' if len(text) > _LONG and not right else ""
    return f'{long} style="text-align: {"right" if right else "left"}"'
