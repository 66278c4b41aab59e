"""AlpacaEval's board: win rates against one baseline, plain and at equal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.judging.alpaca_eval import DIFFICULTY, GAMED, Rates
from harness.reports.writers.blocks import Block, Note, TableBlock
from harness.reports.writers.translations import translated
from harness.stats.win_rates import WinRate


def blocks(found: Sequence[Rates], baseline: str) -> list[Block]:
    """Return the board, and why there are no length-controlled rates where there are none."""
    header = [
        *(translated("system"), translated("wins over {baseline}", baseline=baseline)),
        *(translated("at equal length"), translated("characters"), translated("verdicts")),
    ]
    rows = [
        [
            *(one.system, _rate(one.plain), _rate(one.controlled)),
            *("" if one.length is None else f"{one.length:,.0f}", f"{one.plain.n:,}"),
        ]
        for one in found
    ]
    made: list[Block] = [TableBlock(header, rows, names=0)]
    if any(one.controlled is None for one in found):
        need = translated(
            "at equal length: needs the replies, and {files} in --data-dir", files=f"{DIFFICULTY}, {GAMED}"
        )
        made.append(Note(need))
    return made


def as_json(found: Sequence[Rates], baseline: str) -> dict[str, Any]:
    """Return all of it, in per cent."""
    return {"baseline": baseline, "systems": [asdict(one) for one in found]}


def _rate(one: WinRate | None) -> str:
    return "" if one is None else f"{one.value:.2f} ± {one.stderr:.2f}"
