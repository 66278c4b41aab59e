"""Answers by key, in one SQLite file that several processes read and write at once.

A write-ahead log lets readers go on while one writes; writers wait for each other. Answers that are put
together are one transaction: a kill loses none that was written. A file that is damaged is set aside, and a
disk that is full costs what would have been kept, never the run.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from harness.paths import cache_dir
from harness.terminal import say

PATIENCE_S = 60.0  # until a writer that waits for others gives up
NAME = "answers.sqlite"

_TABLE = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY,
    backend TEXT NOT NULL, model TEXT NOT NULL, created INTEGER NOT NULL, answer BLOB NOT NULL
) WITHOUT ROWID
"""
# SQLite's own words for a file that is no database, or no longer one.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

T = TypeVar("T")


class Answer(NamedTuple):
    """An answer to be kept under a key, and of whom it is."""

    key: bytes
    backend: str
    model: str
    packed: bytes


class Kept(NamedTuple):
    """What is kept of one backend and model; `oldest` and `newest` are Unix seconds."""

    backend: str
    model: str
    answers: int
    bytes: int
    oldest: int
    newest: int


def path() -> Path:
    """Return where the answers are kept."""
    return cache_dir() / NAME


class Store:
    """The answers in `path()`, for as long as the file can be used."""

    def __init__(self, place: Path | None = None) -> None:
        """Open the file, or make it. What stands in the way is said once, and nothing is kept then."""
        self.path = place or path()
        self._connection: sqlite3.Connection | None = None
        self._number: int | None = None
        self._broken = False
        self._tried(lambda connection: None)

    def get(self, key: bytes) -> bytes | None:
        """Return the answer, None where there is none."""
        row = self._tried(
            lambda connection: connection.execute(
                "SELECT answer FROM answers WHERE key = ?", (key,)
            ).fetchone()
        )
        return row[0] if row else None

    def put(self, key: bytes, answer: bytes, *, backend: str, model: str) -> None:
        """Keep an answer. One that is there already stays."""
        self.put_all([Answer(key, backend, model, answer)])

    def put_all(self, answers: Iterable[Answer]) -> None:
        """Keep answers, all or none of them; those that are there already stay."""
        now = int(time.time())
        rows = [(one.key, one.backend, one.model, now, one.packed) for one in answers]

        def put(connection: sqlite3.Connection) -> None:
            with connection:
                if len(rows) > 1:
                    connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", rows)

        self._tried(put)

    def kept(self) -> list[Kept]:
        """Return what is kept, by backend and model."""
        asked = (
            "SELECT backend, model, COUNT(*), SUM(LENGTH(answer)), MIN(created), MAX(created)"
            " FROM answers GROUP BY backend, model ORDER BY backend, model"
        )
        rows = self._tried(lambda connection: connection.execute(asked).fetchall())
        return [Kept(*row) for row in rows or ()]

    def size(self) -> int:
        """Return the bytes on the disk, the log among them."""
        places = (self.path, *_beside(self.path))
        return sum(place.stat().st_size for place in places if place.exists())

    def clear(self, *, backend: str | None = None, older_than: float | None = None) -> int:
        """Remove what is of `backend` and older than so many seconds, else all; return how many."""
        before = int(time.time() - older_than) if older_than is not None else None
        asked = "DELETE FROM answers WHERE (?1 IS NULL OR backend = ?1) AND (?2 IS NULL OR created <= ?2)"

        def removed(connection: sqlite3.Connection) -> int:
            count = connection.execute(asked, (backend, before)).rowcount
            with contextlib.suppress(sqlite3.OperationalError):  # another process is at work: the room stays
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return count

        return self._tried(removed) or 0

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Store:
        """Return the store, which is open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def _tried(self, action: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what `action` returns, None where the file cannot be used; set a damaged one aside once."""
        if self._broken:
            return None
        try:
            try:
                return action(self._opened())
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._set_aside(error)
                return action(self._opened())
        except (sqlite3.Error, OSError) as error:
            self._broken = True
            self.close()
            say(f"warning: answers are not kept: {self.path}: {error}")
            return None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _claim(self.path)
            # An engine may pull its requests in a thread of its own; never two at a time.
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            self._connection = connection
            self._number = self.path.stat().st_ino
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", _TABLE):
                _patiently(connection, statement)
        return self._connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Rename the damaged file, unless another process has done so and made a new one."""
        self.close()
        if self.path.exists() and self.path.stat().st_ino == self._number:
            aside = self.path.with_name(f"{NAME}.damaged-{int(time.time())}-{os.getpid()}")
            self.path.rename(aside)
            for beside in _beside(self.path):
                beside.unlink(missing_ok=True)
            say(f"warning: the answers kept so far cannot be read ({error}); set aside as {aside}")


def _claim(place: Path) -> None:
    """Make the file for this user alone, or see that it and what belongs to it are.

    A cache can lie in a shared place, where somebody else may have left answers of his own.

    Raises:
        OSError: something is another user's, or is no plain file.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for path in (place, *_beside(place)):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path.name} is no plain file")
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise OSError(f"{path.name} belongs to another user; set HARNESS_CACHE to a folder of your own")
        if stat.S_IMODE(found.st_mode) & 0o077:
            path.chmod(0o600)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED  # the low byte; the rest says where


def _beside(place: Path) -> Iterator[Path]:
    """Yield the log and its index, which belong to a file and to no other."""
    for suffix in ("-wal", "-shm"):
        yield place.with_name(place.name + suffix)


def _patiently(connection: sqlite3.Connection, statement: str) -> Any:
    """Execute what SQLite itself does not wait for: turning the log on needs the file alone."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return connection.execute(statement)
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
