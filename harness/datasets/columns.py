"""A task's columns in the rows of one table: each looked up once, and not once a row."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from harness.config import templates as templating
from harness.datasets.databases import SCHEMA, named
from harness.datasets.formats import Row, Table, plain
from harness.errors import BadInput, Place, did_you_mean
from harness.tasks.task import Task
from harness.text import bounded_regex

Get = Callable[[Row], Any]


class Columns:
    """Finds a task's columns in the rows of one table, each looked up once."""

    def __init__(
        self,
        task: Task,
        table: Table,
        head: tuple[int, Row],
        databases: Mapping[str, tuple[Path, str]] = {},
    ) -> None:
        """`databases` are those that queries are run on, whose tables a row's `schema` shows."""
        self.task, self.table, self.databases = task, table, databases
        self.line, first = (1, head[1]) if table.columns is not None else head
        known = table.columns if table.columns is not None else {name: name for name in first}
        self.known: Mapping[str, str | int] = known
        self.of_file = from_path(task, table.path) if not self._holds_path_columns() else {}

    def _holds_path_columns(self) -> bool:
        """Return whether the rows say themselves what a path would tell, as a sample's do."""
        return all(name in self.known for name in self.task.file.data.from_path)

    def get(self, column: str | int | list[str | int]) -> Get:
        """Return the function from a row to the column's cell, or to the cells of several.

        A column is a name, a number, `outer.inner` of a nested one, or a template over the row.

        Raises:
            BadInput: the table has no such column.
        """
        if isinstance(column, list):
            getters = [self.get(one) for one in column]
            return lambda row: [get(row) for get in getters]
        if isinstance(column, int) or column in self.known:
            return self._cell(column)
        if column == SCHEMA and self.databases:
            run = self.task.file.execute
            name_of = self.get(run.database if run else "")
            return lambda row: named(self.databases, plain(name_of(row))).schema
        if column in self.of_file:
            value = self.of_file[column]
            return lambda _row: value
        if templating.has_markup(column):
            return self._rendered(column)
        outer, dot, inner = column.partition(".")
        if dot and outer in self.known:
            return _nested(itemgetter(self.known[outer]), inner.split("."))
        hint = did_you_mean(column, [*map(str, self.known), *self.of_file])
        raise self.table.error(f"no column {column!r}, which task {self.task.name} reads.{hint}", self.line)

    def _cell(self, column: str | int) -> Get:
        """Return the function from a row to a cell; one of the columns in `lists` is a list."""
        get: Get = itemgetter(column if isinstance(column, int) else self.known[column])
        parts = self.task.file.data.lists
        return _parted(get, parts[column]) if column in parts and isinstance(column, str) else get

    def _rendered(self, text: str) -> Get:
        """Return the function that renders a template over a row, which it sees as `row` too."""
        render, known, of_file = templating.template(text), self.known, self.of_file

        def get(row: Row) -> str:
            cells = {name: row[key] for name, key in known.items() if _has(row, key)} | of_file
            return render({**cells, "row": cells})

        return get


def _has(row: Row, key: str | int) -> bool:
    return key < len(row) if isinstance(key, int) else key in row


def _parted(get: Get, by: str) -> Get:
    """Return the function from a row to the list in a cell; what is none yet is parted, empty parts left out.

    A text in square brackets is a list as Python writes it: ['a', 'b'].
    """

    def items(row: Row) -> Any:
        cell = get(row)
        if not isinstance(cell, str):
            return cell
        if cell.startswith("[") and cell.endswith("]"):
            with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
                return ast.literal_eval(cell)
        return [part.strip() for part in cell.split(by) if part.strip()]

    return items


def _nested(get: Get, keys: list[str]) -> Get:
    def inner(row: Row) -> Any:
        value = get(row)
        for key in keys:
            value = value[int(key) if isinstance(value, list) and key.isdecimal() else key]
        return value

    return inner


def from_path(task: Task, file: Path) -> dict[str, str]:
    """Return the columns that a file's path tells.

    Raises:
        BadInput: a pattern does not fit the path.
    """
    path = file.as_posix().removesuffix(".gz")
    found = {}
    for name, pattern in task.file.data.from_path.items():
        try:
            match = bounded_regex.search(re.compile(pattern), path)
        except bounded_regex.TooSlow:
            raise BadInput(f"{pattern!r} of {name!r} finds no end in the path", place=Place(file)) from None
        if match is None:
            raise BadInput(f"the path tells no {name!r}: {pattern!r} is not in it", place=Place(file))
        found[name] = match[1] or ""
    return found
