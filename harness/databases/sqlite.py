"""Databases in memory, made of files of SQL once; a query sees them for reading, within bounds.

Nothing but reading is authorised: no attached file, no pragma, no write, no extension. Time, memory and rows
are bounded, and today is a fixed day, since rows and questions speak of it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from harness.databases import postgres
from harness.errors import BadInput, Place
from harness.files import read_bounded

NOW = "2024-01-15 12:00:00"
LARGEST = 16 << 20  # bytes of a file of SQL
MOST_ROWS = 20_000
MEMORY = 512 << 20  # bytes of all of SQLite in this process
STEPS = 2000  # of the virtual machine between looks at the clock
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 4 << 20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_NOT_CALLED = ("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer")

Rows = list[tuple[Any, ...]]


class Result(NamedTuple):
    """What a query returned: its columns' names and its rows in their order."""

    columns: tuple[str, ...]
    rows: Rows


class TooLong(Exception):
    """A query took more time, memory or rows than it may."""

    def __init__(self, outcome: str, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


class Database:
    """One database in memory, and what it looks like to whoever asks it."""

    def __init__(self, path: Path, dialect: str) -> None:
        """Read a file of SQL.

        Raises:
            BadInput: it is none, with what SQLite says of it.
            Unavailable: it is PostgreSQL's, and sqlglot is not installed.
        """
        text = read_bounded(path, LARGEST).decode("utf-8-sig")
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        _freeze(self._connection)
        self._connection.execute(f"pragma hard_heap_limit={MEMORY}")
        self._connection.execute("pragma temp_store=memory")
        try:
            if dialect == "postgres":
                for statement in postgres.statements(text):
                    self._connection.execute(statement)
            else:
                self._connection.executescript(text)
        except sqlite3.Error as error:
            raise BadInput(f"SQLite does not take it: {error}", place=Place(path)) from None
        self._connection.commit()
        told = self._connection.execute("select sql from sqlite_master where sql is not null").fetchall()
        self.schema = "\n".join(f"{one};" for (one,) in told)
        for kind, most in _LIMITS.items():
            self._connection.setlimit(kind, most)
        self._connection.set_authorizer(_authorised)

    def query(self, text: str, seconds: float) -> Result:
        """Return what a query returns, asked for at most so many seconds of CPU.

        Raises:
            TooLong: it took more than it may.
            sqlite3.Error: it is wrong, or not allowed.
        """
        with self._lock:
            return self._bounded(text, seconds)

    def _bounded(self, text: str, seconds: float) -> Result:
        deadline = time.thread_time() + seconds
        self._connection.set_progress_handler(lambda: time.thread_time() > deadline, STEPS)
        try:
            cursor = self._connection.execute(text)
            if cursor.description is None:
                raise sqlite3.OperationalError("it returns no table")
            rows = cursor.fetchmany(MOST_ROWS + 1)
            if len(rows) > MOST_ROWS:
                raise TooLong("output", f"more than {MOST_ROWS:,} rows")
            return Result(tuple(name for name, *_ in cursor.description), rows)
        except MemoryError:
            raise TooLong("memory", f"more than {MEMORY >> 20} MiB") from None
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                raise TooLong("timeout", f"more than {seconds:g} s of CPU") from None
            raise
        finally:
            self._connection.set_progress_handler(None, 0)


@lru_cache(maxsize=64)
def database(path: Path, dialect: str) -> Database:
    """Return the database of a file, made once."""
    return Database(path, dialect)


def _authorised(action: int, first: str | None, second: str | None, _base: object, _by: object) -> int:
    allowed = action in _READING and not (
        action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _NOT_CALLED
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _freeze(connection: sqlite3.Connection) -> None:
    """Let SQLite's clock stand still, and `current_date` with it."""
    inner = sqlite3.connect(":memory:", check_same_thread=False)
    for name in ("date", "time", "datetime", "julianday", "strftime"):
        connection.create_function(name, -1, _frozen(inner, name))
    for name, value in (("current_date", NOW[:10]), ("current_time", NOW[11:]), ("current_timestamp", NOW)):
        connection.create_function(name, 0, _constant(value))


def _constant(value: str) -> Callable[[], str]:
    return lambda: value


def _frozen(inner: sqlite3.Connection, name: str) -> Callable[..., Any]:
    """Return SQLite's own function with `now`, said or left out, as the fixed moment."""
    usual = 1 if name == "strftime" else 0  # so many arguments come before the moment

    def run(*parts: Any) -> Any:
        given: Sequence[Any] = (*parts, "now") if len(parts) == usual else parts
        fixed = [NOW if isinstance(one, str) and one.lower() == "now" else one for one in given]
        asked = f"select {name}({','.join('?' * len(fixed))})"
        return inner.execute(asked, fixed).fetchone()[0]

    return run
