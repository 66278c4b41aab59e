"""What a race came to: a table of the systems, and the verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reports.writers.blocks import Block, Lines, TableBlock
from harness.reports.writers.translations import translated

if TYPE_CHECKING:
    from harness.evaluation.race import Decision, Standing


def blocks(found: Decision) -> list[Block]:
    """Return the table of the systems, those that are left first, and what was decided at what price."""
    header = [translated("system"), translated("asked"), found.metric, translated("what became of it")]
    ordered = sorted(found.standings, key=lambda one: (one.after is not None, -(one.after or 0)))
    rows = [[one.system, f"{one.asked:,}", _figure(one), _fate(one, found)] for one in ordered]
    return [TableBlock(header, rows, names=0), Lines([_verdict(found), *_lead(found), *_price(found)])]


def _figure(one: Standing) -> str:
    """Return the figure on what is answered: of a part of the examples, unless all are."""
    return "" if one.value is None else f"{one.value:.3f} (n = {one.answers:,})"


def _fate(one: Standing, found: Decision) -> str:
    if one.lost_to is not None:
        return translated("lost to {system} after {n:,}", system=one.lost_to, n=one.after)
    return translated("won") if found.verdict == "winner" else translated("still in the race")


def _verdict(found: Decision) -> str:
    if found.verdict == "winner":
        return translated(
            "{system} is the best of {k} on the whole of {task}: proven after {n:,} of {size:,} examples "
            "(wrong with a chance of at most {alpha:g})",
            **{"system": found.running[0].system, "k": len(found.standings), "task": found.task},
            **{"n": found.asked, "size": found.size, "alpha": found.alpha},
        )
    if found.verdict == "tie":
        left = ", ".join(one.system for one in found.running)
        if found.asked >= found.size:
            return translated("{left}: equal on the whole of {task}", left=left, task=found.task)
        return translated(
            "{left}: nobody is better by {margin:g} on the whole of {task} "
            "(wrong with a chance of at most {alpha:g})",
            **{"left": left, "margin": found.margin, "task": found.task, "alpha": found.alpha},
        )
    return translated("undecided after {n:,} of {size:,} examples", n=found.asked, size=found.size)


def _lead(found: Decision) -> list[str]:
    if found.lead is None:
        return []
    low, high = found.lead
    return [translated("lead on the whole, at any look: {low:+.3f} to {high:+.3f}", low=low, high=high)]


def _price(found: Decision) -> list[str]:
    """Return the share of the calls that it took, and what the others would have cost."""
    share = found.calls / found.whole
    lines = [
        translated("{n:,} of {whole:,} calls ({share:.0%})", n=found.calls, whole=found.whole, share=share)
    ]
    for currency, (spent, saved) in found.costs.items():
        lines.append(
            translated(
                "{spent:.4f} {currency} spent, about {saved:.4f} saved",
                **{"spent": spent, "saved": saved, "currency": currency},
            )
        )
    return lines
