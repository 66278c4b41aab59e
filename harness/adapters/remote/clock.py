"""Time as a client can judge a server by it: the seconds in which this process ran and its loop turned.

A stopped process (SIGSTOP, a laptop asleep) or one that is busy hears nothing, though the server may have
answered long ago. So a pause is no silence of the server's and no timeout, and a deadline that has come is
looked at once more after what lies in the sockets has been read.
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

PULSE = 0.25  # seconds between two signs of life of the loop
STOOD = 2.0  # seconds without one, after which it stood still
LOOK = 0.05  # seconds in which a loop that turns again reads what lies in its sockets


class Clock:
    """Seconds in which a loop turned; `beat` is called every PULSE seconds while it does."""

    def __init__(self) -> None:
        """Begin now."""
        self._last, self._lost = time.monotonic(), 0.0

    def beat(self) -> None:
        """Take a sign of life."""
        self._lost = self.lost()
        self._last = time.monotonic()

    def lost(self) -> float:
        """Return the seconds for which the loop stood still so far."""
        gap = time.monotonic() - self._last
        return self._lost + (gap - PULSE if gap > STOOD else 0.0)

    def now(self) -> float:
        """Return the seconds by which silences and deadlines are measured."""
        return time.monotonic() - self.lost()


class Deadline:
    """`async with Deadline(seconds, clock)`: TimeoutError once so many seconds have passed by `clock`."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        """Nothing runs yet."""
        self._seconds, self._clock = seconds, clock
        self._limit = asyncio.timeout(None)
        self._looked = False

    async def __aenter__(self) -> None:
        """Begin."""
        await self._limit.__aenter__()
        self._loop, self._ends = asyncio.get_running_loop(), self._clock.now() + self._seconds
        self._timer = self._loop.call_later(self._seconds, self._due)

    def _due(self) -> None:
        """End, unless the loop stood still meanwhile, or has not yet read what came last."""
        left = self._ends - self._clock.now()
        if left > 0 or not self._looked:
            self._looked = left <= 0
            self._timer = self._loop.call_later(max(left, LOOK), self._due)
        else:
            self._limit.reschedule(self._loop.time())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the timer back, or raise TimeoutError."""
        self._timer.cancel()
        await self._limit.__aexit__(kind, error, trace)
