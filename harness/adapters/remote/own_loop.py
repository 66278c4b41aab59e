"""An asyncio loop of one's own: it turns while somebody waits for it, and stands still otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from harness.adapters.remote.clock import PULSE, Clock

Result = TypeVar("Result")


class OwnLoop:
    """Made when the first task is; `pulse` is called several times a second while it turns."""

    def __init__(self, pulse: Callable[[], None]) -> None:
        """Make nothing yet."""
        self.clock = Clock()
        self._pulse = pulse
        self._loop: asyncio.AbstractEventLoop | None = None

    def task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Return the task that does `work` as the loop turns."""
        return self._made().create_task(work)

    def future(self) -> asyncio.Future[None]:
        """Return something to wait for."""
        return self._made().create_future()

    def until(self, work: Awaitable[Result]) -> Result:
        """Return what `work` comes to; in a notebook, where another loop turns, from a thread beside."""
        loop = self._made()
        if not _another_loop_turns():
            return loop.run_until_complete(work)
        with ThreadPoolExecutor(1) as beside:
            turning = beside.submit(loop.run_until_complete, work)
            try:
                return turning.result()
            except BaseException:
                loop.call_soon_threadsafe(loop.stop)
                raise

    def turn(self, times: int) -> None:
        """Let the loop turn so often without waiting: a task made for it would cost a turn itself."""
        if _another_loop_turns():
            self.until(_turns(times))
            return
        loop = self._made()
        for _ in range(times):
            loop.stop()  # what is stopped beforehand turns once
            loop.run_forever()

    def soon(self, call: Callable[[], None]) -> None:
        """Have `call` called by the loop, if there is one; from a signal's handler too."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        """Do the `last` thing and end; without a loop there is nothing to do."""
        if self._loop is None:
            return
        try:
            self.until(_ended(last))
        finally:
            self._loop.close()
            self._loop = None

    def _made(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self.clock.beat()
            self._loop.call_later(PULSE, self._beat)
        return self._loop

    def _beat(self) -> None:
        self.clock.beat()
        self._pulse()
        self._made().call_later(PULSE, self._beat)


async def _turns(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def _ended(last: Callable[[], Awaitable[None]]) -> None:
    await last()
    await asyncio.sleep(0)  # a transport is closed when the loop next turns
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.get_running_loop().shutdown_default_executor()


def _another_loop_turns() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
