"""Rate limits that workers of one machine share: what one is told, all know, through a file under a lock.

A rate is a server's, whoever asks. So the state of the limiters (`rate_limits`) stands in a file that every
worker of a run reads before it looks, and writes after it acts, under one `flock`: together they do what one
process would. The file is there once there is something to know: a stated rate, a refusal, a quota. Until
then nobody pays for it. Times in it are of this machine's monotonic clock, so that each boot of a machine has
a file of its own; machines divide a stated rate by their workers, and learn their part of another.

A worker that is stopped while it holds the lock stops nobody: the others go on for a while by what they know.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from harness.adapters.remote.rate_limits import FAR, Traffic
from harness.errors import HarnessError
from harness.files import open_own

BUSY_S = 1.0  # seconds that the lock may be another's: one that has it may be waiting for a core
ALONE_S = 10.0  # seconds without the file, after it was for longer
GLANCE_S = 0.02  # seconds after which a file that is not there is looked for again
LARGEST = 2**20  # bytes


def machine() -> str:
    """Return a name for this boot of this machine: one monotonic clock. Without /proc it is the host's."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        boot = socket.gethostname()
    return hashlib.sha256(boot.encode()).hexdigest()[:16]


class SharedLimits:
    """The limits of all servers of a backend, as the workers of this machine know them together."""

    def __init__(self, folder: Path, servers: Sequence[Traffic], part: Callable[[], float]) -> None:
        """`part` is this machine's share of all workers, by which a stated rate is divided.

        Raises:
            OSError: the folder cannot be made.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / machine()
        self._servers, self._part = tuple(servers), part
        self._allowances = [one for one in (servers[0].requests, servers[0].tokens) if one is not None]
        self._file: Any = None
        self._depth, self._alone_until, self._looked = 0, 0.0, 0.0
        self._joined = False
        self._in_flight: dict[str, list[list[float]]] = {}
        for one in servers:
            one.shared = self

    def close(self) -> None:
        """Let go of the file; it is opened again where somebody still asks."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextlib.contextmanager
    def together(self, *, news: bool = False) -> Iterator[None]:
        """Act on the state of all workers; `news` is worth a file, where there is none yet."""
        if self._depth or not self._is_shared(news=news) or not self._lock():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        self._depth += 1
        try:
            before = self._read()
            yield
            if (after := orjson.dumps(self._state(before))) != before:
                self._write(after)
        finally:
            self._depth -= 1
            self._unlock()

    def others_in_flight(self, server: Traffic) -> tuple[float, float]:
        """Return the calls and tokens that other workers have on their way to a server."""
        place, calls, tokens = self._servers.index(server), 0.0, 0.0
        for process, on_the_way in self._in_flight.items():
            if process != str(os.getpid()) and _is_there(process):
                calls, tokens = calls + on_the_way[place][0], tokens + on_the_way[place][1]
        return calls, tokens

    def _is_shared(self, *, news: bool) -> bool:
        """Return whether there is a file; look for it now and then, and make it where there are news."""
        now = time.monotonic()
        if now < self._alone_until:
            return False
        for allowance in self._allowances:
            allowance.share = self._part()
        if self._file is not None:
            return True
        wanted = news or bool(self._allowances)
        if not wanted and now - self._looked < GLANCE_S:
            return False
        self._looked = now
        if not wanted and not self._path.exists():
            return False
        with contextlib.suppress(OSError, HarnessError):
            self._file = open_own(self._path, "ab+", buffering=0)
        return self._file is not None

    def _lock(self) -> bool:
        """Take the lock; return False where another has it for long, or this storage knows none."""
        try:
            import fcntl
        except ImportError:  # on Windows
            self._alone_until = FAR
            return False
        until = time.monotonic() + BUSY_S
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    self._alone_until = time.monotonic() + ALONE_S
                    return False
                time.sleep(0.0005)
            except OSError:
                self._alone_until = FAR
                return False
            else:
                return True

    def _unlock(self) -> None:
        import fcntl

        fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read(self) -> bytes:
        """Take over what the file says; where it says nothing sensible, what is known here stays."""
        said = os.pread(self._file.fileno(), LARGEST, 0)
        with contextlib.suppress(ValueError, TypeError, KeyError, IndexError, AttributeError):
            state = orjson.loads(said)
            in_flight = {
                str(process): [[float(calls), float(tokens)] for calls, tokens in on_the_way]
                for process, on_the_way in state["in_flight"].items()
                if len(on_the_way) == len(self._servers)
            }
            if len(state["servers"]) == len(self._servers):
                free = [float(at) for at in state["allowances"]]
                for server, one in zip(self._servers, state["servers"], strict=True):
                    known = server.rate_limiter
                    server.restore(one)
                    if not self._joined:
                        server.rate_limiter.add(known)
                for allowance, at in zip(self._allowances, free, strict=True):
                    allowance.free_at = at
                self._in_flight = in_flight
        self._joined = True
        return said

    def _state(self, before: bytes) -> dict[str, Any]:
        mine = [[one.in_flight, one.in_flight_tokens] for one in self._servers]
        self._in_flight = {**self._in_flight, str(os.getpid()): mine}
        if not before:  # those that died are forgotten when the first comes
            self._in_flight = {str(os.getpid()): mine}
        return {
            "servers": [one.state() for one in self._servers],
            "allowances": [one.free_at for one in self._allowances],
            "in_flight": self._in_flight,
        }

    def _write(self, said: bytes) -> None:
        """Write over what is there; a disk that is full leaves a file that says nothing sensible."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file.fileno(), 0)
            os.write(self._file.fileno(), said)


def _is_there(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except OSError:
        return True
    return True
