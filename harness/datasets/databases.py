"""The databases that a task's queries are run on: found, and what their tables look like in a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.databases.sqlite import Database, database
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput, did_you_mean
from harness.tasks.task import Task, beside

SCHEMA = "schema"  # the column that every row of such a task has beside its own


def found(task: Task, source: Source) -> dict[str, tuple[Path, str]]:
    """Return name → file and dialect of the databases: those beside the task, and those of the source."""
    run = task.file.execute
    if run is None or run.language != "sql":
        return {}
    own = {path.stem: (path, "sqlite") for path in (beside(task, name) for name in run.beside)}
    if source.sample or run.databases is None:
        return own
    return own | {path.stem: (path.resolve(), run.dialect) for path in source.files[run.databases]}


def located(task: Task, where: Where) -> dict[str, tuple[Path, str]]:
    """Return the databases of a task whose data is not at hand, as a run that is judged again.

    Raises:
        NotHere, Unavailable: they are nowhere.
    """
    run = task.file.execute
    splits = [run.databases] if run and run.databases and not where.sample else []
    source = locate(task, splits, where, lambda _message: None) if splits else Source("beside the task")
    return found(task, source if splits else Source("sample"))


def named(known: Mapping[str, tuple[Path, str]], name: str) -> Database:
    """Return a database by its name.

    Raises:
        BadInput: there is none, or its file is no SQL.
        Unavailable: sqlglot is needed, and not installed.
    """
    if name not in known:
        raise BadInput(f"no database is called {name!r}.{did_you_mean(name, known)}")
    return database(*known[name])
