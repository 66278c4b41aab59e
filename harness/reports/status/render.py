"""How far runs are, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from harness.reports.status.follow import OVER, Progress
from harness.reports.writers.blocks import Block, Note, TableBlock
from harness.reports.writers.translations import named, translated
from harness.terminal import span


def blocks(found: Sequence[Progress]) -> list[Block]:
    """Return a row a run, and how those that stand still are gone on with."""
    if not found:
        return [Note(translated("no runs here"))]
    header = [translated("task"), translated("system"), translated("state"), translated("answered")]
    header += [translated("failed"), translated("rate"), translated("left"), translated("spent")]
    table = TableBlock(header, [_row(one) for one in found], 1)
    notes: list[Block] = [Note(text) for one in found if (text := _note(one))]
    return [table, *notes]


def _row(one: Progress) -> list[str]:
    total = "" if one.total is None else f" / {one.total:,}"
    percent = f" ({one.answered / one.total:.0%})" if one.total and one.state not in OVER else ""
    return [
        one.task,
        one.system,
        named(one.state) if not one.workers else translated("{n} workers", n=one.workers),
        f"{one.answered:,}{total}{percent}",
        f"{one.failed:,}" if one.failed else "",
        "" if one.rate is None else f"{one.rate:,.0f}/s" if one.rate >= 10 else f"{one.rate:.2g}/s",
        "" if one.left is None else span(one.left),
        "" if one.spent is None else str(one.spent),
    ]


def _note(one: Progress) -> str:
    """Return what to know or to do of a run, empty where there is nothing."""
    facts = {"system": one.system, "task": one.task, "directory": str(one.directory)}
    if one.state == "silent":
        return translated(
            "{task} · {system}: no answer for {time} ({by})",
            **facts,
            time=span(one.quiet or 0),
            by=one.by or "?",
        )
    if one.state == "waiting":
        return translated("{task} · {system}: nobody works on it; harness work {directory} does", **facts)
    if one.state in ("killed", "partial", "failed"):
        return translated("{task} · {system}: harness run --resume {directory} goes on", **facts)
    return ""
