"""Tasks by systems: every figure of a board at once, tinted by how good it is within its column."""

from __future__ import annotations

from dataclasses import dataclass

from harness.reports.columns import Column
from harness.reports.leaderboard.board import Board
from harness.reports.pictures import Chart
from harness.reports.pictures.heat import Heat
from harness.reports.writers.numbers import number
from harness.reports.writers.translations import translated

LEVELS = 8  # tints, from the worst of a column to its best


@dataclass(frozen=True)
class HeatCell:
    """A figure as it reads, its tint from 0 to LEVELS, None where nothing was run; its share of the tints."""

    text: str = ""
    level: int | None = None
    share: float | None = None


@dataclass(frozen=True)
class HeatMap:
    """The columns, and of each system its cells."""

    columns: list[Column]
    titles: list[str]
    rows: list[tuple[str, list[HeatCell]]]

    @property
    def chart(self) -> Chart:
        """Return the map as a picture."""
        form = Heat(
            rows=[system for system, _ in self.rows],
            columns=self.titles,
            shares=[[cell.share for cell in cells] for _, cells in self.rows],
            texts=[[cell.text for cell in cells] for _, cells in self.rows],
        )
        note = translated("The darker a cell, the better within its column.")
        return Chart(translated("Tasks by systems"), note, form, wide=True)


def heat_map(found: Board) -> HeatMap | None:
    """Return the map of a board; None where it would say no more than one column does."""
    if len(found.columns) < 2 or sum(len(row.entries) > 1 for row in found.rows) < 2:
        return None
    by_column = {column: _cells(found, column) for column in found.columns}
    rows = [
        (row.system, [by_column[column].get(row.system, HeatCell()) for column in found.columns])
        for row in found.rows
        if any(row.system in cells for cells in by_column.values())
    ]
    return HeatMap(found.columns, [found.titles[column] for column in found.columns], rows)


def _cells(found: Board, column: Column) -> dict[str, HeatCell]:
    entries = {row.system: row.entries[column] for row in found.rows if column in row.entries}
    heights = {system: e.height for system, e in entries.items() if e.main.value is not None}
    low, high = min(heights.values(), default=0.0), max(heights.values(), default=0.0)
    cells = {}
    for system, entry in entries.items():
        text = number(entry.main.value, entry.main.unit)
        if system not in heights:
            cells[system] = HeatCell(text)
            continue
        share = (heights[system] - low) / (high - low) if high > low else 1.0
        cells[system] = HeatCell(text, round(share * LEVELS), share)
    return cells
