"""The servers of one backend: load balancing by least outstanding work, and outlier ejection.

Each server has calls in flight, a pace and a health of its own. One that fails is left out for a while and
tried again by one call; the run ends when all of them are given up. An only server is never left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from harness.adapters.remote.circuit_breaker import FATAL, Liveness
from harness.adapters.remote.errors import TRIES, Fault
from harness.adapters.remote.rate_limits import Traffic
from harness.adapters.remote.shared_limits import SharedLimits

REST, LONGEST_REST = 1.0, 30.0  # seconds that a server is left out at first, and at most
IN_A_ROW = 3  # faults without an answer between them, after which it is left out
FULL = 1.0  # seconds after which a server without room is looked at again; an answer makes room at once
NAMED = 3  # servers that a message names

# Faults that say nothing of a server's health: of the request, or that there are too many of them.
NO_SIGN = ("bad_request", "too_large", "rate_limited")


@dataclass(slots=True, eq=False)
class Server:
    """One server. `address` is empty where the adapter knows only one; `now` is `time.monotonic()`.

    `verdict` is why it would be given up if it were the only one.
    """

    address: str
    traffic: Traffic
    liveness: Liveness
    verdict: str | None = None
    faults: int = 0  # since the last answer
    rests: int = 0  # the same
    out_since: float = 0.0
    out_until: float = 0.0

    def room(self, now: float) -> int:
        """Return how many calls it may have in flight: one, where it is tried again."""
        if self.rests:
            return 0 if now < self.out_until else 1
        return int(self.traffic.window.size)

    def wait(self, now: float) -> float:
        """Return the seconds until a call may be sent to it, or should be asked for again; 0: at once."""
        full = FULL if self.traffic.in_flight >= max(1, self.room(now)) else 0.0
        return max(self.out_until - now, self.traffic.held(now), self.traffic.delay(now), full)

    @property
    def outstanding(self) -> tuple[float, int]:
        """Return the work on its way to it: tokens, as they are expected, and calls."""
        return self.traffic.in_flight_tokens, self.traffic.in_flight

    def answered(self) -> bool:
        """Take an answer; return whether it had been left out."""
        was_out = self.rests > 0
        self.verdict, self.faults, self.rests, self.out_until = None, 0, 0, 0.0
        return was_out

    def fails(self, fault: Fault, sent: float, now: float) -> bool:
        """Take the fault of a call; return whether the server is left out from now on, and was not before.

        What was sent before it was left out says nothing new.
        """
        if fault.kind in NO_SIGN and self.verdict is None:
            return False
        self.faults += 1
        sick = self.verdict is not None or fault.kind == "unreachable" or self.faults >= IN_A_ROW
        if not sick or (self.rests and sent < self.out_since):
            return False
        self.leave_out(now, fault.hold or 0.0)
        return self.rests == 1

    def leave_out(self, now: float, least: float = 0.0) -> None:
        """Send it nothing for a while, at least so many seconds, and twice as long each time."""
        rest = min(LONGEST_REST, REST * 2 ** min(self.rests, 10))
        self.rests += 1
        self.out_since, self.out_until = now, now + max(rest, least)


class Servers:
    """All servers of a backend."""

    def __init__(self, servers: Sequence[Server]) -> None:
        """There is one at least."""
        self.all = tuple(servers)

    @property
    def only(self) -> bool:
        """Return whether there is but one."""
        return len(self.all) == 1

    def share(self, folder: Path, part: Callable[[], float]) -> None:
        """Share what is known of their limits with other workers here, which are a `part` of all.

        Where the storage does not take it, each goes by what it learns.
        """
        with contextlib.suppress(OSError):
            SharedLimits(folder, [one.traffic for one in self.all], part)

    def close(self) -> None:
        """Let go of what is shared."""
        if (shared := self.all[0].traffic.shared) is not None:
            shared.close()

    def together(self) -> AbstractContextManager[None]:
        """Return what to look and act within, so that no other process acts between."""
        return self.all[0].traffic.together()

    @property
    def in_flight(self) -> int:
        """Return the calls on their way to any of them."""
        return sum(one.traffic.in_flight for one in self.all)

    def room(self, now: float) -> int:
        """Return how many calls may be in flight in all, one at least: it waits for what is left out."""
        return max(1, sum(one.room(now) for one in self.all))

    def held(self, now: float) -> float:
        """Return the seconds for which all are held back, as they ask; 0 for none."""
        well = [one for one in self.all if not one.rests] or self.all
        return min(one.traffic.held(now) for one in well)

    def best(self, now: float, last: Server | None = None) -> tuple[Server, float]:
        """Return where the next call goes, and the seconds until it may be sent or this be asked again.

        It goes where it may be sent soonest, then where the least work is outstanding: tokens, then calls.
        What failed at the `last` one goes elsewhere, if it can go there soon.
        """
        if self.only:
            return self.all[0], self.all[0].traffic.delay(now)
        waits = [(one.wait(now), one) for one in self.all]
        others = [(wait, one) for wait, one in waits if last not in (None, one) and wait <= FULL]
        wait, found = min(others or waits, key=lambda pair: (pair[0], *pair[1].outstanding))
        return found, wait

    def tries(self, server: Server, fault: Fault) -> int:
        """Return how often a call may be tried that had this fault at `server`.

        What is that server's own trouble may do well at another: once more for each of them, and without a
        bound where it refuses everybody, for then the run ends when all do.
        """
        if self.only or fault.kind in NO_SIGN or fault.finish is not None:
            return fault.tries
        return TRIES["unreachable"] if fault.kind in FATAL and server.verdict else fault.tries + len(self.all)

    def elsewhere(self, server: Server) -> bool:
        """Return whether what failed at `server` need not wait: it is left out, and another is not."""
        return server.rests > 0 and any(not one.rests for one in self.all)

    def lost(self) -> str | None:
        """Return why all are given up, None while one is not."""
        verdicts = [one.verdict for one in self.all]
        if None in verdicts:
            return None
        if self.only:
            return verdicts[0]
        said = [f"{one.address} {one.verdict}" for one in self.all[:NAMED]]
        more = f"; {len(self.all) - NAMED} more" if len(self.all) > NAMED else ""
        return f"{'; '.join(said)}{more}"
