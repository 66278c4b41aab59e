"""A recorded file in memory: what each row says, by key and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.adapters.recorded import cells
from harness.adapters.recorded.cells import ABSENT, column, key_text
from harness.adapters.recorded.recording import Recording, read
from harness.config import templates as templating
from harness.errors import BadInput, Place, did_you_mean
from harness.tables import Table
from harness.tables.rows import named_rows

ROW = "row"  # names the number of a row in the file, from 0, where no column is called so
RowKey = tuple[str, ...]


@dataclass
class Recorded:
    """The rows of a file.

    `runs` are the values of the repeat column in order, of which a request's repeat is a place; without
    such a column all rows are of one run.
    """

    path: Path
    rows: int = 0
    runs: list[str] = field(default_factory=list)
    by_key: dict[tuple[RowKey, str], list[Recording]] = field(default_factory=dict)

    def of(self, key: RowKey, repeat: int) -> list[Recording]:
        """Return the rows of a key in the run of that number."""
        return self.by_key.get((key, self.runs[repeat]), []) if repeat < len(self.runs) else []


def load(path: Path, key: Sequence[str], roles: Mapping[str, str], repeat: str | None) -> Recorded:
    """Return the rows of a file: `key` are the columns they are known by, `roles` what is read of each.

    Raises:
        BadInput: the file is none of its kind, holds no rows, lacks a column, or a cell is not what its role
            asks for; with file and line.
    """
    table = named_rows(path)
    named = {**roles, **{f"id {place}": name for place, name in enumerate(key)}}
    if repeat is not None:
        named["repeat"] = repeat
    found, seen = Recorded(path), set[str]()
    columns: dict[str, None] = {}
    getters = {name: column(name) for name in named.values()}
    answers = {role: getters[name] for role, name in roles.items()}
    for number, row in table.rows:
        columns |= dict.fromkeys(row)
        if ROW not in row:
            row[ROW] = found.rows
        try:
            keys = [getters[name](row) for name in key]
            run = "" if repeat is None else key_text(getters[repeat](row))
            recording = read(row, answers, number)
        except BadInput as error:
            raise table.error(error.message, number) from None
        seen |= {name for name in getters if name not in seen and getters[name](row) is not ABSENT}
        parts = tuple("" if one is ABSENT else key_text(one) for one in keys)
        found.by_key.setdefault((parts, run), []).append(recording)
        found.rows += 1
    if not found.rows:
        raise BadInput("holds no rows", place=Place(path))
    _require(table, named, seen, columns)
    found.runs = sorted({run for _, run in found.by_key}, key=_in_order)
    return found


def _require(table: Table, named: Mapping[str, str], seen: set[str], columns: Mapping[str, Any]) -> None:
    for role, name in named.items():
        if name not in seen:
            setting = role.split(" ")[0]
            known = ", ".join(list(columns)[:20])
            hint = did_you_mean(name, columns) or f" It has: {known}."
            raise table.error(f"no column {name!r}, which the setting {setting!r} reads.{hint}", 1)


def _in_order(run: str) -> tuple[bool, float, str]:
    """Return the key that sorts runs: 2 before 10, numbers before words."""
    return (False, float(run), run) if run.isdecimal() else (True, 0.0, run)


def example_key(names: Sequence[str]) -> Callable[[Mapping[str, Any]], RowKey]:
    """Return the function from what is known of an example by name to its key.

    Raises:
        BadInput: of the function, where the example has no such field.
    """
    getters = [(name, column(name)) for name in names]

    def key(known: Mapping[str, Any]) -> RowKey:
        found = []
        for name, get in getters:
            value = get(known)
            if value is ABSENT:
                hint = did_you_mean(name, known) or f" It has: {', '.join(known)}."
                raise BadInput(f"-m example: the examples have no field {name!r}.{hint}")
            found.append(key_text(value))
        return tuple(found)

    return key


def names(given: str | Sequence[str] | None, setting: str) -> list[str]:
    """Return one name, or several, as a list.

    Raises:
        BadInput: a name that is no text, or a template that does not compile.
    """
    several = [] if given is None else [given] if isinstance(given, str) else list(given)
    for one in several:
        if not isinstance(one, str) or not one:
            raise BadInput(f"-m {setting}: should be names of columns, not {one!r}")
        if templating.has_markup(one):
            _ = cells.column(one)
    return several
