"""Many calls in flight to one server: the base of every adapter that asks over a network.

One asyncio loop, the adapter's own, turns inside `answer`: it runs while the harness waits for an answer
and stands still while the harness judges one. How many calls are in flight and how fast they follow is
`pacing`'s, what a fault means `faults`', when the server is given up `liveness`'. A request is pulled from
the source when there is room for its call, so that a drain or a budget holds back all that is not in flight.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from harness.adapters.remote.circuit_breaker import PATIENCE, Liveness
from harness.adapters.remote.errors import Fault, quotas
from harness.adapters.remote.rate_limits import Allowance, Traffic, Window
from harness.errors import Unavailable
from harness.schema import Failure, Profile, Request, Response, Timing

CONCURRENCY = 64
TIMEOUT = 120.0  # seconds that one try may take
LONGEST_HOLD = 120.0  # seconds that a server may ask us to wait
SENDING = 6  # turns of the loop from the start of a call until its bytes are written
PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before the second try, twice as long before each other

Result = TypeVar("Result")


@dataclass(slots=True)
class Try:
    """One try of a call: when it was sent, when the first content came, and what the headers said."""

    sent: float
    first: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def hear(self) -> None:
        """Note the first content; what comes later is not the first."""
        if self.first is None:
            self.first = time.perf_counter()


class Concurrent(ABC):
    """Answers by calls to a server.

    Knobs: `concurrency`, `timeout` (seconds, of one try), `requests_per_minute`, `tokens_per_minute`.
    """

    batch = 1  # requests that one call may hold

    def __init__(self, profile: Profile) -> None:
        """Remember the profile; nothing is sent yet."""
        settings = profile.settings
        self.profile = profile
        self.timeout = float(settings.get("timeout") or TIMEOUT)
        most = profile.concurrency or settings.get("concurrency") or CONCURRENCY
        requests, tokens = (
            Allowance(float(settings[key])) if settings.get(key) else None
            for key in ("requests_per_minute", "tokens_per_minute")
        )
        self.traffic = Traffic(Window(max(1, int(most))), requests, tokens)
        self.server = Liveness(max(PATIENCE, self.timeout) if settings.get("timeout") else PATIENCE)
        self._random = random.Random(profile.seed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Future[None] | None = None
        self._door, self._news = asyncio.Lock(), asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._done: deque[Response] = deque()
        self._dead: BaseException | None = None

    # ---- what an engine brings ----------------------------------------------------------------------

    @abstractmethod
    async def call(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answers to the requests of one call, without their timings.

        Raises:
            Fault: there is no answer.
        """

    @abstractmethod
    async def hang_up(self) -> None:
        """Close the connections."""

    def weight(self, requests: Sequence[Request]) -> float:
        """Return the most tokens that a call is expected to take; they count against limits on tokens."""
        return 0.0

    def trips(self, requests: Sequence[Request]) -> int:
        """Return how many HTTP requests a call takes; each counts against a limit on requests."""
        return 1

    def began(self, this: Try, headers: Mapping[str, str]) -> None:
        """Note that an answer has begun: the server is there, however long the rest may take."""
        this.headers = headers
        self.server.heard(time.monotonic())

    # ---- pulling and yielding -----------------------------------------------------------------------

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, as they come.

        Raises:
            Unavailable: the server cannot be reached, refuses us, or answers nobody any more.
        """
        source = iter(requests)
        more = True
        try:
            while True:
                more = more and self._fill(source)
                if self._running:
                    self._turn()
                elif not more and not self._done:
                    return
                while self._done:
                    yield self._done.popleft()
                    # One call for each answer that was judged: those that ended together would otherwise
                    # leave, and end, together for ever.
                    if self._dead is None:
                        before = len(self._running)
                        more = more and self._fill(source, most=1)
                        if len(self._running) > before:
                            self._until(_turns(SENDING))
                if self._dead is not None:
                    raise self._dead
        finally:
            self._abandon()

    def close(self) -> None:
        """Hang up at once; what is in flight is abandoned."""
        self._abandon()
        if self._loop is not None:
            try:
                self._until(self._hang_up())
            finally:
                self._loop.close()
                self._loop = None

    async def _hang_up(self) -> None:
        await self.hang_up()
        await asyncio.sleep(0)  # a transport is closed when the loop next turns
        await asyncio.get_running_loop().shutdown_asyncgens()
        await asyncio.get_running_loop().shutdown_default_executor()

    def _fill(self, source: Iterator[Request | None], most: int | None = None) -> bool:
        """Start as many calls as there is room for, at most `most`; return whether the source has more.

        What is in flight and what was not judged yet is lost with this process: both take up room.
        """
        room = int(self.traffic.window.size) - len(self._running) - len(self._done)
        for _ in range(room if most is None else min(room, most)):
            taken = list(itertools.islice(source, self.batch))
            asked = [request for request in taken if request is not None]
            if asked:
                self._start(asked)
            if len(taken) < self.batch:
                return False
            if len(asked) < len(taken):  # nothing now: ask again after a completion
                return True
        return True

    def _start(self, requests: list[Request]) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop.call_later(1.0, self._watch)
        task = self._loop.create_task(self._answered(requests, time.perf_counter()))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _turn(self) -> None:
        """Let the loop run until a call has ended."""
        assert self._loop is not None
        self._wake = self._loop.create_future()
        self._until(self._wake)

    def _until(self, work: Awaitable[Result]) -> Result:
        """Return what `work` comes to; in a notebook, where another loop turns, from a thread beside."""
        assert self._loop is not None
        if not _another_loop_turns():
            return self._loop.run_until_complete(work)
        with ThreadPoolExecutor(1) as beside:
            turning = beside.submit(self._loop.run_until_complete, work)
            try:
                return turning.result()
            except BaseException:
                self._loop.call_soon_threadsafe(self._loop.stop)
                raise

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()  # looked at, or asyncio complains of it
        self._dead = self._dead or error
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _watch(self) -> None:
        """Look once a second whether a server that only keeps silent has to be given up."""
        now = time.monotonic()
        if self._running and self.traffic.in_flight and self.server.silent(now):
            seconds = f"{self.server.patience:.0f} s"
            self._dead = self._gone(f"has not answered for {seconds}; -m timeout=SECONDS waits longer")
            self._wake_up()
        assert self._loop is not None
        self._loop.call_later(1.0, self._watch)

    def _abandon(self) -> None:
        """Cancel what is in flight."""
        left = list(self._running)
        for task in left:
            task.cancel()
        if left:
            self._until(asyncio.wait(left))
        self._done.clear()

    # ---- one call -----------------------------------------------------------------------------------

    async def _answered(self, requests: list[Request], ready: float) -> None:
        """Try until there is an answer, or none to be hoped for."""
        timing = Timing(wait=0.0)
        for number in itertools.count(1):
            await self._turn_of(requests, timing)
            this = Try(time.perf_counter())
            if timing.queue is None:
                timing.queue = this.sent - ready
            try:
                responses = await self._tried(requests, this)
            except Fault as fault:
                if fault.kind == "bad_request" and not fault.finish and len(requests) > 1:
                    for half in (requests[: len(requests) // 2], requests[len(requests) // 2 :]):
                        await self._answered(half, ready)  # one of them is at fault, the others are not
                    return
                if number < fault.tries:
                    await self._pause(fault, number, timing)
                    continue
                responses = [self._unanswered(request, fault) for request in requests]
            ended = time.perf_counter()
            timing.e2e = ended - this.sent
            timing.ttft = None if this.first is None else this.first - this.sent
            for response in responses:
                response.attempts, response.timing = number, timing
            self._done += responses
            return

    async def _turn_of(self, requests: Sequence[Request], timing: Timing) -> None:
        """Wait until the call may be sent. Calls leave in the order in which they came to the door."""
        began = time.perf_counter()
        while (held := self.traffic.held(time.monotonic())) > 0:
            await asyncio.sleep(held)
        async with self._door:
            while (delay := self.traffic.delay(time.monotonic())) > 0:
                self._news.clear()
                try:
                    async with asyncio.timeout(delay):
                        await self._news.wait()
                except TimeoutError:
                    continue
            now = time.monotonic()
            if not self.traffic.in_flight:
                self.server.asked(now)
            self.traffic.sent(self.weight(requests), now, self.trips(requests))
        timing.wait = (timing.wait or 0.0) + time.perf_counter() - began

    async def _tried(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answers of one try, and let what came of it decide on the next calls."""
        used: float | None = None
        fault: Fault | None = None
        sent = time.monotonic()
        try:
            async with asyncio.timeout(self.timeout):
                responses = await self.call(requests, this)
            used = _used(responses)
        except TimeoutError:
            fault = Fault("timeout", f"no whole answer within {self.timeout:g} s")
        except Fault as error:
            fault = error
        except RecursionError:
            fault = Fault("malformed", "the reply is nested too deeply")
        finally:
            now = time.monotonic()
            self.traffic.ended(self.weight(requests), used, now)
            for what, left, reset in quotas(this.headers):
                self.traffic.told(what, left, reset, now)
            self._news.set()
        if fault is None or fault.finish is not None:
            self.traffic.window.grow()
            self.server.heard(now)
        else:
            self._learn(fault, sent, now)
        if fault is not None:
            raise fault
        return responses

    def _learn(self, fault: Fault, sent: float, now: float) -> None:
        """Slow down after a fault, or give the server up.

        Raises:
            Unavailable: there is no use in going on.
        """
        if fault.kind in ("rate_limited", "bad_request") or fault.hold is not None:
            self.server.heard(now + (fault.hold or 0.0))
        verdict = self.server.verdict(fault, now)
        if verdict is not None:
            raise self._gone(verdict) from None
        if fault.kind == "overloaded":
            self.traffic.window.shrink(sent, now)
        elif fault.kind == "rate_limited":
            self.traffic.refused(sent, fault.hold, now)
        if fault.hold is not None:
            if fault.hold > LONGEST_HOLD:
                raise self._gone(f"asks us to wait {fault.hold:.0f} s; the same command goes on then")
            self.traffic.hold(fault.hold, now)

    async def _pause(self, fault: Fault, number: int, timing: Timing) -> None:
        """Wait before the next try: as long as the server says, else up to twice as long each time."""
        if fault.hold is None:
            began = time.perf_counter()
            await asyncio.sleep(self._random.uniform(0, min(LONGEST_PAUSE, PAUSE * 2 ** (number - 1))))
            timing.wait = (timing.wait or 0.0) + time.perf_counter() - began

    def _unanswered(self, request: Request, fault: Fault) -> Response:
        if fault.finish is not None:
            return Response(request.key, finish=fault.finish)
        self.server.given_up()
        return Response(request.key, error=Failure(fault.kind, fault.message))

    def _gone(self, why: str) -> Unavailable:
        return Unavailable(f"{self.profile.name}: the server {why}")


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def _another_loop_turns() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _used(responses: Sequence[Response]) -> float | None:
    """Return the tokens that a call took, None where nobody counted."""
    counts = [
        (response.usage.prompt_tokens or 0) + (response.usage.completion_tokens or 0)
        for response in responses
        if response.usage is not None
    ]
    return float(sum(counts)) if counts else None
