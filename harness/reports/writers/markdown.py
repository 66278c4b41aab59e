"""Reports in Markdown that no name from a stranger's file can break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.reports.writers.blocks import Block, Lines, TableBlock, cell
from harness.text.width import padded, plain, width

# What Markdown reads as more than itself; `_` only where it could open or close an emphasis.
_MARKUP = re.compile(r"[\\|`*~]|<(?=[a-zA-Z/!?])|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


def escaped(text: str) -> str:
    """Return text that stays in its cell of a Markdown table and reads as it is written."""
    return _MARKUP.sub(r"\\\g<0>", plain(text))


def document(blocks: Iterable[Block]) -> str:
    """Return tables, paragraphs and lists, a blank line between them."""
    return "\n\n".join(map(_written, blocks))


def _written(block: Block) -> str:
    if isinstance(block, TableBlock):
        return table(block.header, block.rows, names=block.names)
    if isinstance(block, Lines):
        return "\n".join(f"* {escaped(line)}" for line in block.lines)
    return escaped(block.text)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> str:
    """Return a Markdown table whose names stay in their cells; columns of numbers stand at the right."""
    right = TableBlock(header, rows, names).right
    lines = list(padded([[escaped(cell(text)) for text in line] for line in (header, *rows)], right, least=3))
    rule = ["-" * (width(text) + 1) + "-:"[side] for text, side in zip(lines[0], right, strict=True)]
    body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([body[0], f"|{'|'.join(rule)}|", *body[1:]])
