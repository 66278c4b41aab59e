"""The page of one system: what it is, its figure and rank on every task, and all its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records.run_schema import RunDocument
from harness.reports.columns import Column
from harness.reports.leaderboard.board import Board, BoardRow
from harness.reports.leaderboard.speed import ms
from harness.reports.pictures import Chart
from harness.reports.pictures.dots import Dot, Dots
from harness.reports.writers.numbers import number, short, size
from harness.reports.writers.translations import named, translated

if TYPE_CHECKING:
    from harness.reports.run import Run

SHARES = ("0-1", "0-100")  # units that can stand on one axis


class Standing(NamedTuple):
    """A system on a task: its run, its rank among how many, and what an example took and cost."""

    column: Column
    entry: Run
    rank: str
    rivals: int
    took: str
    cost: str


def facts(run: RunDocument) -> list[str]:
    """Return what the system is in a few words: kind, size, model, licence."""
    backend = run.backend
    parameters = backend.parameters
    model = backend.model or ""
    shown = model if "/" in model and not model.startswith((".", "/", "~")) and "\\" not in model else ""
    found = [
        named(backend.kind or ""),
        size(parameters),
        shown,
        backend.licence or "",
    ]
    return [fact for fact in found if fact]


def standings(found: Board, row: BoardRow, ranks: Mapping[Column, Mapping[str, str]]) -> list[Standing]:
    """Return the system's figures in the order of the board."""
    made = []
    for column in found.columns:
        entry = row.entries.get(column)
        if entry is None:
            continue
        time, cost = ms(entry.document), entry.document.cost
        price = cost.per_1k_examples if cost else None
        made.append(
            Standing(
                column,
                entry,
                ranks[column].get(row.system, ""),
                sum(column in other.entries for other in found.rows),
                "" if time is None else short(time),
                f"{short(price)} {cost.currency or ''}" if cost and price is not None else "",
            )
        )
    return made


def charts(found: Board, row: BoardRow, standing: Sequence[Standing]) -> list[Chart]:
    """Return the system's figures on its tasks, each beside the best of all; nothing of one task."""
    shown = [one for one in standing if one.entry.main.unit in SHARES and one.entry.main.value is not None]
    if len(shown) < 2 or len({one.entry.main.unit for one in shown}) > 1:
        return []
    dots = []
    kind = row.some.document.backend.kind or ""
    for one in shown:
        main = one.entry.main
        title = found.titles[one.column]
        text = number(main.value, main.unit)
        dots.append(Dot(title, main.value or 0.0, main.ci_low, main.ci_high, text, kind))
        rivals = [r.entries[one.column] for r in found.rows if r is not row and one.column in r.entries]
        rivals = [rival for rival in rivals if rival.main.value is not None]
        if not rivals:
            continue
        best = max(rivals, key=lambda rival: rival.height)
        if best.height > one.entry.height:
            top = best.main
            name = translated("best: {system}", system=best.system)
            dots.append(Dot(name, top.value or 0.0, shown=number(top.value, top.unit), hollow=True))
    note = translated("The main metric with its 95 % interval.")
    if any(dot.hollow for dot in dots):
        note += " " + translated("Hollow: the best system of the task.")
    return [Chart(translated("Figures by task"), note, Dots(dots, ""))]
