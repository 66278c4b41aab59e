r"""Reports as LaTeX tables (booktabs) to be \input into a paper; no character of a name is a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.reports.writers.blocks import Block, Lines, TableBlock, cell
from harness.text.width import plain

_ESCAPES = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"},
    **{sign: f"${sign}$" for sign in "<>|"},  # other signs in the oldest encoding
    **{"`": r"\textasciigrave{}", "'": r"\textquotesingle{}"},
    # After the end of a row a bracket would be its options, and a star too.
    **{"[": "{[}", "]": "{]}", "*": "{*}"},
    **{"↓": r"$\downarrow$", "×": r"$\times$", "−": "$-$", "≥": r"$\geq$", "→": r"$\rightarrow$"},
    **{"…": r"\ldots{}", "·": r"\textperiodcentered{}", "✓": r"\checkmark{}"},
}
_SPECIAL = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")
_MINUS, _DASH = re.compile(r"(?<![\w.-])-(?=\d)"), re.compile("-(?=-)")  # a sign; what LaTeX joins
_KOREAN = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def document(blocks: Iterable[Block]) -> str:
    """Return a table environment for each table, the notes that follow it as its caption's small print."""
    body = "\n\n".join(_environments(list(blocks)))
    return "\n".join([*_needed(body), "", body]) + "\n"


def escaped(text: str) -> str:
    """Return text that LaTeX sets as it is written."""
    text = _SPECIAL.sub(lambda found: _ESCAPES[found[0]], plain(text))
    return _DASH.sub("-{}", _MINUS.sub("$-$", text))


def _needed(body: str) -> Iterator[str]:
    r"""Yield what the document that \inputs this needs."""
    yield r"% needs \usepackage{booktabs}" + (r" and \usepackage{amssymb}" if "checkmark" in body else "")
    if _KOREAN.search(body):
        yield "% compile with xelatex + kotex"
    elif not body.isascii():
        yield "% compile with xelatex or lualatex"


def _environments(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield each table with the notes that follow it as its small print; what stands before all, alone."""
    notes: list[str] = []
    table: TableBlock | None = None
    for block in blocks:
        if not isinstance(block, TableBlock):
            notes += [escaped(text) for text in (block.lines if isinstance(block, Lines) else [block.text])]
            continue
        yield from _with_notes(table, notes)
        table, notes = block, []
    yield from _with_notes(table, notes)


def _with_notes(table: TableBlock | None, notes: Sequence[str]) -> Iterator[str]:
    if table is None:
        yield from notes
        return
    sides = "".join("r" if right else "l" for right in table.right)
    yield "\n".join(
        [
            r"\begin{table}[htbp]",
            r"\centering",
            r"\small",
            rf"\begin{{tabular}}{{{sides}}}",
            r"\toprule",
            _row(table.header),
            r"\midrule",
            *map(_row, table.rows),
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\smallskip\footnotesize {note}" for note in notes),
            r"\end{table}",
        ]
    )


def _row(cells: Iterable[str]) -> str:
    return " & ".join(escaped(cell(text)) for text in cells) + r" \\"
