"""Leases on ranges of a run's examples, as files that any process which sees its directory may take.

No server, and no clock that machines share. A range is held by generations: an heir creates generation g+1
beside g, so that two heirs never both win, and nothing is deleted while anybody works. A worker says that it
lives in a file of its own; an heir takes over when it has seen that file unchanged for a while by its own
clock, when its process is gone from this machine, or when it lives and answers nothing.

    workers/table.json         how many examples each range has
    workers/leases/U.G         range U is held in generation G: the owner's name
    workers/leases/U.done      all of range U has ended
    workers/leases/U.G.trying  which examples generation G asked alone, each noted before
    workers/coins/N            coin N of the run's purse is taken
    workers/limits/M           what the workers of machine M know of the server's rate limits
    workers/OWNER/             the worker's journal, its account, and alive.json
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from harness.errors import BadInput, Place
from harness.files import open_own, read_bounded
from harness.records.atomic import disk_errors, plain_file, require_plain, write_atomically

FOLDER, TABLE, LEASES, COINS, LIMITS = "workers", "table.json", "leases", "coins", "limits"
ALIVE = "alive.json"
BEAT_S = 3.0  # between two signs of life
SILENT_S = 15.0  # without a sign of life, after which a worker has heirs
HUNG_S = 600.0  # alive without an answer, after which it has heirs all the same
LARGEST = 64 * 2**20  # bytes of a table
_SHORT = 65536  # bytes of any other file of leases


class Held(NamedTuple):
    """A range of examples that a worker holds: its number, its generation, its places from start to stop."""

    unit: int
    generation: int
    start: int
    stop: int


@dataclass
class Life:
    """What a worker says of itself.

    `left` says that it holds nothing any more, `dry` that it has no money in hand and waits for others'.
    `session` and `fit` are as `run.json` has them, `stopped` is
    why it asked no more.
    """

    process: int = 0
    host: str = ""
    beats: int = 0
    answers: int = 0
    failed: int = 0
    left: bool = False
    dry: bool = False
    session: dict[str, Any] = field(default_factory=dict)
    fit: dict[str, Any] | None = None
    stopped: str | None = None
    code: int = 0

    @property
    def gone(self) -> bool:
        """Return whether it is known to be over: it left, or its process is not on this machine any more."""
        return self.left or (self.host == socket.gethostname() and not _is_process(self.process))


def _is_process(number: int) -> bool:
    if number <= 0:
        return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or no number of a process
        return True
    return True


def new_owner() -> str:
    """Return a name for one life of a worker, which no other has."""
    host = "".join(sign if sign.isalnum() or sign == "-" else "-" for sign in socket.gethostname())[:40]
    return f"{host}.{os.getpid()}.{secrets.token_hex(4)}"


class Division:
    """How a run directory is divided among workers; nothing is there before `divide`."""

    def __init__(self, directory: Path) -> None:
        """Read nothing yet."""
        self.folder = directory / FOLDER
        self.leases = self.folder / LEASES
        self._seen: dict[str, tuple[int, float, int, float]] = {}  # beats, since; answers, since

    @property
    def exists(self) -> bool:
        """Return whether the run is divided."""
        return (self.folder / TABLE).is_file()

    def divide(self, sizes: Sequence[int]) -> None:
        """Write how many examples each range has; workers may come from now on.

        Raises:
            Stopped: the disk is full.
        """
        with disk_errors(self.folder):
            self.leases.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self.folder / TABLE, orjson.dumps({"sizes": list(sizes)}))

    def bounds(self, examples: int) -> list[tuple[int, int]]:
        """Return the places from start to stop of each range.

        Raises:
            BadInput: the table is not of a run with so many examples.
        """
        path = self.folder / TABLE
        try:
            require_plain(self.folder)
            require_plain(self.leases)
            sizes = orjson.loads(read_bounded(path, LARGEST))["sizes"]
            ends = [0]
            for size in sizes:
                if type(size) is not int or size <= 0:
                    raise ValueError
                ends.append(ends[-1] + size)
        except (OSError, ValueError, KeyError, TypeError):
            raise BadInput("not a table of ranges; remove its folder", place=Place(path)) from None
        if ends[-1] != examples:
            raise BadInput(
                f"divides {ends[-1]:,} examples, and this run has {examples:,}; remove its folder",
                place=Place(path),
            )
        return list(itertools.pairwise(ends))

    def owners(self) -> list[str]:
        """Return all that ever worked here, by name."""
        try:
            names = [entry.name for entry in os.scandir(self.folder) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []
        return sorted(name for name in names if name not in (LEASES, COINS, LIMITS))

    def life(self, owner: str) -> Life | None:
        """Return what a worker last said of itself, None where it said nothing that can be read."""
        try:
            said = orjson.loads(read_bounded(self._of(owner) / ALIVE, _SHORT))
            found = Life(**said)
            sound = all(type(said[name]) is int for name in ("process", "beats", "answers", "failed", "code"))
            return found if sound and isinstance(found.session, dict) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def say(self, owner: str, life: Life) -> None:
        """Write down that a worker lives."""
        write_atomically(self._of(owner) / ALIVE, orjson.dumps(asdict(life)))

    def _of(self, owner: str) -> Path:
        if Path(owner).name != owner or owner in (".", "..", ""):  # a lease may be a stranger's
            raise FileNotFoundError(owner)
        return self.folder / owner

    def lives(self) -> list[Life]:
        """Return what all that ever worked here last said of themselves."""
        return [life for owner in self.owners() if (life := self.life(owner)) is not None]

    def lapsed(self, owner: str) -> bool:
        """Return whether what a worker holds may be taken over: it is gone, silent or hung."""
        life = self.life(owner) or Life(host="?")
        if life.gone:
            return True
        now = time.monotonic()
        beats, beaten, answers, answered = self._seen.get(owner, (-1, now, -1, now))
        if life.beats != beats:
            beats, beaten = life.beats, now
        if life.answers != answers:
            answers, answered = life.answers, now
        self._seen[owner] = beats, beaten, answers, answered
        return now - beaten > SILENT_S or now - answered > HUNG_S

    def anybody(self) -> str | None:
        """Return a worker that lives, None where there is none; other machines' take a while to know."""
        doubtful = [owner for owner in self.owners() if (life := self.life(owner)) and not life.gone]
        until = time.monotonic() + SILENT_S
        first = {owner: self.life(owner) for owner in doubtful}
        for owner, life in first.items():
            if life is not None and life.host == socket.gethostname():
                return owner  # its process is there
        while doubtful and time.monotonic() < until:
            for owner in doubtful:
                if (life := self.life(owner)) is not None and life != first[owner]:
                    return owner
            time.sleep(0.2)
        return None

    def held(self) -> tuple[dict[int, int], set[int]]:
        """Return the latest generation of each range that is or was held, and the ranges that are done."""
        latest: dict[int, int] = {}
        done: set[int] = set()
        for name in os.listdir(self.leases):
            unit, _, rest = name.partition(".")
            if not unit.isdecimal():
                continue
            if rest == "done":
                done.add(int(unit))
            elif rest.isdecimal():
                latest[int(unit)] = max(int(rest), latest.get(int(unit), -1))
        return latest, done

    def owner(self, unit: int, generation: int) -> str:
        """Return who holds a range; empty where it is being written, or never was."""
        try:
            found = read_bounded(self.leases / f"{unit}.{generation}", _SHORT)
            return found.decode("ascii", "replace")
        except OSError:
            return ""

    def take(self, unit: int, generation: int, owner: str) -> bool:
        """Hold a range in a generation; return False where somebody else was first."""
        return self._created(f"{unit}.{generation}", owner)

    def has_heir(self, held: Held) -> bool:
        """Return whether what was held is another's by now."""
        return (self.leases / f"{held.unit}.{held.generation + 1}").exists()

    def finish(self, unit: int) -> None:
        """Say that all of a range has ended."""
        self._created(f"{unit}.done", "")

    def _created(self, name: str, content: str) -> bool:
        try:
            with disk_errors(self.leases), open_own(self.leases / name, "xb", buffering=0) as stream:
                stream.write(content.encode())
        except BadInput:  # it is there
            return False
        return True

    def note(self, held: Held, key: tuple[str, int]) -> None:
        """Write down that an example is asked alone, before it is."""
        path = self.leases / f"{held.unit}.{held.generation}.trying"
        with disk_errors(path), open_own(path, "ab", buffering=0) as stream:
            stream.write(orjson.dumps(key) + b"\n")

    def deaths(self, held: Held) -> list[tuple[str, int]]:
        """Return, for each earlier generation that died while it asked one example alone, that example."""
        found = []
        for generation in range(held.generation):
            with contextlib.suppress(OSError, ValueError, TypeError):
                with open_own(self.leases / f"{held.unit}.{generation}.trying") as lines:
                    last = lines.read().splitlines()[-1:]
                name, repeat = orjson.loads(last[0]) if last else ("", -1)
                found.append((str(name), int(repeat)))
        return found

    def journals(self, name: str) -> Iterator[tuple[str, Path]]:
        """Yield each worker and its file of that name, where it has one, by name."""
        for owner in self.owners():
            path = self._of(owner) / name
            with plain_file(path):
                if path.exists():
                    require_plain(path.parent)
                    yield owner, path

    def make(self, owner: str) -> Path:
        """Return the folder of a worker, made."""
        with disk_errors(self.folder):
            self._of(owner).mkdir(mode=0o700, exist_ok=True)
        return self._of(owner)

    def remove(self) -> None:
        """Forget the division: all that workers wrote is folded."""
        shutil.rmtree(self.folder, ignore_errors=True)
