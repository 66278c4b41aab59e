"""How far a run is, by what lies in its directory: nothing is asked of the process that makes it.

So it can be looked at from another machine that sees the directory, and where the process hangs.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import orjson

from harness.backends import backend as backends
from harness.config.documents import read
from harness.costs.account import ACCOUNT, Account
from harness.costs.money import Money
from harness.costs.prices import price
from harness.errors import HarnessError
from harness.files import open_own
from harness.records import run_file
from harness.records.leases import Division, Life
from harness.records.run_schema import RUNNING, RunDocument, UnderWay

State = Literal["complete", "partial", "failed", "running", "silent", "killed", "waiting"]
OVER: tuple[State, ...] = ("complete", "partial", "failed", "killed", "waiting")

SILENT_S = 120.0  # seconds without an answer or a word of how far it is, after which that is said
RECENT_S = 60.0  # seconds that a rate looks back, where it is looked at more than once


@dataclass(frozen=True)
class Progress:
    """How far a run is: `answered` of `total` examples times repeats, `failed` of them by failure.

    `rate` is answers a second, of the last minute where it was followed so long, else of the session; None
    where nothing was answered. `left` and `quiet` are seconds: until it ends at that rate, and since the last
    answer. `workers` are the processes at it, None where one makes it alone. `spent` is what its requests
    come to, None where nothing is billed or nobody knows the price.
    """

    directory: Path
    task: str
    system: str
    state: State
    answered: int
    failed: int
    total: int | None
    rate: float | None
    left: float | None
    quiet: float | None
    spent: Money | None
    by: str | None
    workers: int | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        spent = self.spent and {"amount": float(self.spent.amount), "currency": self.spent.currency}
        return {**vars(self), "directory": str(self.directory), "spent": spent}


class Journal:
    """The outcomes in a journal that grows: what was read once is not read again."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self._path = path
        self._place, self._inode = 0, -1
        self._answered, self._failed = 0, set[tuple[str, int]]()

    def look(self) -> tuple[int, int]:
        """Return how many examples ended, and how many of them by a failure; half a line waits."""
        try:
            with open_own(self._path) as stream:
                found = os.fstat(stream.fileno())
                if found.st_ino != self._inode or found.st_size < self._place:  # it was compacted
                    self._place, self._answered, self._failed = 0, 0, set()
                self._inode = found.st_ino
                stream.seek(self._place)
                for line in stream:
                    if not line.endswith(b"\n"):
                        break
                    self._place += len(line)
                    self._count(line)
        except OSError:
            pass
        return self._answered + len(self._failed), len(self._failed)

    def _count(self, line: bytes) -> None:
        try:
            record = orjson.loads(line)
            key = (record["id"], record["repeat"])
            failed = record["response"]["error"] is not None
        except (ValueError, KeyError, TypeError):
            return
        if failed:
            self._failed.add(key)
        else:
            self._failed.discard(key)
            self._answered += 1


class Follower:
    """Follows the runs in some places, from look to look."""

    def __init__(self, places: Iterable[Path]) -> None:
        """Look at nothing yet."""
        self._places = list(places)
        self._journals: dict[Path, Journal] = {}  # of runs and of their workers
        self._seen: dict[Path, deque[tuple[float, int]]] = {}

    def look(self) -> list[Progress]:
        """Return how far each run is now, those under way first; a torn one is left out.

        Raises:
            BadInput: a place is not there.
        """
        found = []
        for directory in run_file.runs(self._places):
            try:
                run = run_file.read_run(directory)
            except HarnessError:
                continue
            found.append(self._progress(directory, run))
        return sorted(found, key=lambda one: one.state in OVER)

    def _progress(self, directory: Path, run: RunDocument) -> Progress:
        total = run.task.n * run.task.repeat or None
        if run.status != RUNNING:
            answered, failed = run.counts.examples, run.counts.failed
            return _over(directory, run, run.status, answered, failed, total)
        division = Division(directory)
        folders = [directory, *(division.folder / owner for owner in division.owners())]
        looks = [self._journal(folder).look() for folder in folders]
        answered, failed = sum(look[0] for look in looks), sum(look[1] for look in looks)
        quiet = _age(directory / run_file.RUN, *(folder / run_file.SAMPLES for folder in folders))
        workers = _workers(division)
        count = None if workers is None else len(workers)
        state = _state(run.under_way, quiet) if workers is None else _state_of(workers, quiet)
        if state in OVER:
            return replace(_over(directory, run, state, answered, failed, total), workers=count)
        rate = self._rate(directory, answered, run.under_way)
        left = None if not rate or total is None else max(0, total - answered) / rate
        way = run.under_way
        by = f"process {way.process} on {way.host}" if way is not None else None
        spent = _spent(directory)
        name = (directory, run.task.name, run.label)
        return Progress(*name, state, answered, failed, total, rate, left, quiet, spent, by, count)

    def _journal(self, folder: Path) -> Journal:
        return self._journals.setdefault(folder, Journal(folder / run_file.SAMPLES))

    def _rate(self, directory: Path, answered: int, way: UnderWay | None) -> float | None:
        """Return answers a second: of the looks of the last minute, or of the session so far."""
        now = time.time()
        seen = self._seen.setdefault(directory, deque())
        seen.append((now, answered))
        while len(seen) > 2 and now - seen[1][0] > RECENT_S:
            seen.popleft()
        began, before = seen[0]
        if len(seen) == 1 or now - began < 1:
            if way is None or way.answered is None:
                return None
            began, before = datetime.fromisoformat(way.since).timestamp(), way.answered
        return (answered - before) / max(now - began, 1e-3) or None


def _over(
    directory: Path, run: RunDocument, state: State, answered: int, failed: int, total: int | None
) -> Progress:
    """Return a run that nobody works on."""
    spent = _spent(directory)
    name = (directory, run.task.name, run.label)
    return Progress(*name, state, answered, failed, total, None, None, None, spent, None)


def _state(way: UnderWay | None, quiet: float | None) -> State:
    """Return whether the process of a run that has not ended is there, and whether it says anything."""
    if way is not None and way.host == socket.gethostname() and not _is_alive(way.process):
        return "killed"
    return "silent" if quiet is not None and quiet > SILENT_S else "running"


def _workers(division: Division) -> list[Life] | None:
    """Return the workers that are at a run, None where it is not divided."""
    return [life for life in division.lives() if not life.gone] if division.exists else None


def _state_of(workers: Sequence[Life], quiet: float | None) -> State:
    """Return how a run that is divided goes: it waits for workers where none is there."""
    if not workers:
        return "waiting"
    return "silent" if quiet is not None and quiet > SILENT_S else "running"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _age(*paths: Path) -> float | None:
    """Return the seconds since the last of the files was written."""
    times = []
    for path in paths:
        try:
            times.append(path.lstat().st_mtime)
        except OSError:
            continue
    return max(0.0, datetime.now(UTC).timestamp() - max(times)) if times else None


def _spent(directory: Path) -> Money | None:
    """Return what a run's requests come to so far, what never came back at its most."""
    folders = [directory, *(path.parent for _, path in Division(directory).journals(ACCOUNT))]
    accounts = [account for folder in folders if (account := Account(folder)).exists]
    if not accounts:
        return None
    try:
        per_token = price(backends.parse(read(directory / run_file.BACKEND), "", resumed=True))
        if per_token is None:
            return None
        totals = [account.totals(per_token) for account in accounts]
    except HarnessError:
        return None
    spent = sum((one.told + (one.unaccounted or 0) for one in totals), Decimal(0))
    return Money(spent, per_token.currency)
