"""Tables in Markdown that no name from a stranger's file can break."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.reports.width import padded, plain, width

_NUMBER = re.compile(r"[\d<+.,×-]|undefined")
# What Markdown reads as more than itself; `_` only where it could open or close an emphasis.
_MARKUP = re.compile(r"[\\|`*~]|<(?=[a-zA-Z/!?])|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


def escaped(text: str) -> str:
    """Return text that stays in its cell of a Markdown table and reads as it is written."""
    return _MARKUP.sub(r"\\\g<0>", plain(text))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> str:
    """Return a Markdown table whose names stay in their cells; columns of numbers stand at the right.

    The column `names` stands at the left, even if all that are in it look like numbers.
    """
    cells = [[escaped(cell) for cell in line] for line in (header, *rows)]
    right = [
        i != names and all(_NUMBER.match(line[i]) or not line[i] for line in cells[1:])
        for i in range(len(header))
    ]
    lines = list(padded(cells, right, least=3))
    rule = ["-" * (width(cell) + 1) + "-:"[side] for cell, side in zip(lines[0], right, strict=True)]
    body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([body[0], f"|{'|'.join(rule)}|", *body[1:]])
