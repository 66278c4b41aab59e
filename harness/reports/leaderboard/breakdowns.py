"""A leaderboard's figures by group: MMLU's subjects, a test set's topics, each with its interval."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import BadInput, did_you_mean
from harness.records.run_schema import GroupResult
from harness.reports.columns import Column
from harness.reports.leaderboard.board import Board
from harness.reports.run import Run
from harness.reports.writers.blocks import TableBlock
from harness.reports.writers.numbers import figure
from harness.reports.writers.translations import translated


def blocks(found: Board, by: str) -> list[TableBlock]:
    """Return a table for each task that is broken down by `by`: a row a group, a column a system.

    Below the groups stand their plain mean, each group counting once, and the figure over all examples.

    Raises:
        BadInput: no run of the board is broken down so.
    """
    tables = [_task(found, column, by) for column in found.columns if _entries(found, column, by)]
    if not tables:
        known = {name for row in found.rows for entry in row.entries.values() for name in _groups(entry)}
        raise BadInput(f"--by {by}: no run is broken down by it.{did_you_mean(by, known)}")
    return tables


def _groups(entry: Run) -> dict[str, dict[str, dict[str, GroupResult]]]:
    return entry.document.breakdown


def _entries(found: Board, column: Column, by: str) -> dict[str, Run]:
    """Return system → run of the column's runs that are broken down by `by`, best rank first."""
    entries = {row.system: row.entries[column] for row in found.rows if column in row.entries}
    return {system: entry for system, entry in entries.items() if by in _groups(entry)}


def _task(found: Board, column: Column, by: str) -> TableBlock:
    entries = _entries(found, column, by)
    names = sorted({name for entry in entries.values() for name in _groups(entry)[by]})
    rows = [[name, *_row(entries, column, by, name)] for name in names]
    rows.append(
        [translated("mean of the groups"), "", *(_mean(entry, column, by) for entry in entries.values())]
    )
    whole = [figure(entry.main) for entry in entries.values()]
    rows.append([translated("all"), _counts(entry.main.n for entry in entries.values()), *whole])
    heading = translated("{column} by {group}", column=found.titles[column], group=by)
    return TableBlock([heading, translated("n"), *entries], rows, names=0)


def _row(entries: dict[str, Run], column: Column, by: str, name: str) -> list[str]:
    found = [_groups(entry)[by].get(name, {}).get(column.metric) for entry in entries.values()]
    figures = [
        figure(entry.main.over(one)) if one else ""
        for entry, one in zip(entries.values(), found, strict=True)
    ]
    return [_counts(one.n or 0 for one in found if one), *figures]


def _mean(entry: Run, column: Column, by: str) -> str:
    mean = entry.document.macro.get(by, {}).get(column.metric)
    return figure(entry.main.over(mean)) if mean else ""


def _counts(numbers: Iterator[int]) -> str:
    return " / ".join(f"{number:,}" for number in dict.fromkeys(numbers))
