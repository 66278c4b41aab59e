"""Splits drawn by a hash of columns, where a data set has no test split of its own."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator

from harness import seeding as keyed
from harness.datasets.columns import Columns
from harness.datasets.formats import Table, plain
from harness.datasets.readers import tables
from harness.datasets.sources import Source
from harness.tasks.task import Task
from harness.text.normalize import nfc


def part_of_each_row(task: Task, source: Source, split: str) -> list[str] | None:
    """Return which part each row is in, where `split` is a part of another; None where it has its own files.

    The rows of a sample say themselves where they are.
    """
    divided = task.file.data.hash_split
    if divided is None or split not in divided.shares or source.sample:
        return None
    rows = [value for table in tables(task, source, split) for value in _values(task, table, divided.by)]
    bounds = list(itertools.accumulate(divided.shares.values()))
    names = list(divided.shares)

    def part(key: str) -> str:
        place = bisect.bisect_right(bounds, keyed.number("divided", key) / 2**63)
        return names[min(place, len(names) - 1)]

    return [part(key) for key in _joined(rows)]


def _values(task: Task, table: Table, by: list[str]) -> Iterator[list[str]]:
    """Yield what each row of a table says in the columns `by`."""
    head = next(table.rows, None)
    if head is None:
        return
    columns = Columns(task, table, head)
    getters = [columns.get(column) for column in by]
    for number, row in itertools.chain([head], table.rows):
        try:
            yield [nfc(plain(get(row))) for get in getters]
        except (IndexError, KeyError):
            raise table.error(f"the columns {', '.join(by)} are not all in this row", number) from None


def _joined(rows: list[list[str]]) -> list[str]:
    """Return one key for each row; rows that share a value of a column have the same, from row to row.

    It is the first in order of all that they say, so that the order of the rows does not matter.
    """
    above: dict[tuple[int, str], tuple[int, str]] = {}  # a forest of (column, value), its roots the least

    def root(value: tuple[int, str]) -> tuple[int, str]:
        while above.setdefault(value, value) != value:
            above[value] = above[above[value]]
            value = above[value]
        return value

    for row in rows:
        roots = sorted({root(value) for value in enumerate(row)})
        for other in roots[1:]:
            above[other] = roots[0]
    return [root((0, row[0]))[1] for row in rows]
