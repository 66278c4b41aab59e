"""Many calls in flight to one server, or to several that are one backend: the base of network adapters.

One asyncio loop, the adapter's own, turns inside `answer`: it runs while the harness waits for an answer
and stands still while the harness judges one. How many calls are in flight and how fast they follow is
`rate_limits`' (window, token bucket, quotas), what a fault means `errors`', when the server is given up the
`circuit_breaker`'s, which of several servers is asked `servers`'. A request is pulled from the source when
there is room for its call, so that a drain or a budget holds back all that is not in flight.

What is on the wire is paid. So whatever ends a run (a signal, a refusal, a source that breaks) ends the
questions only: calls on the wire are waited for, each as long as one try may take, and what waits for its
turn is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.adapters.base import Adapter
from harness.adapters.remote.circuit_breaker import PATIENCE, Liveness
from harness.adapters.remote.clock import PULSE, Deadline
from harness.adapters.remote.errors import UNBILLED, Fault, quotas
from harness.adapters.remote.own_loop import OwnLoop
from harness.adapters.remote.rate_limits import Allowance, ConcurrencyWindow, Traffic
from harness.adapters.remote.replies import Completion
from harness.adapters.remote.servers import Server, Servers
from harness.errors import Unavailable
from harness.schema import DROPPED, Failure, Profile, Request, Response, Timing
from harness.terminal import say, span

CONCURRENCY = 64
TIMEOUT = 120.0  # seconds that one try may take
LONGEST_HOLD = 120.0  # seconds that a server may ask us to wait
ANNOUNCED = 5.0  # seconds of a wait that somebody who watches is told of
SENDING = 3  # turns of the loop from the start of a call until its bytes are written
PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before the second try, twice as long before each other


class RunEnding(Exception):
    """The run is ending: what waits for its turn is not sent."""


@dataclass(slots=True)
class Try:
    """One try of a call: when it was sent and where, when content first and last came, what the headers said.

    `lost` is for how long the loop had stood still before. `said` is a reply that is being streamed.
    """

    sent: float
    server: Server
    lost: float = 0.0
    first: float | None = None
    last: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    said: Completion | None = None

    def hear(self) -> None:
        """Note the first content; what comes later is not the first."""
        if self.first is None:
            self.first = time.perf_counter()


class Concurrent(Adapter):
    """Answers by calls to a server.

    Knobs: `concurrency`, `timeout` (seconds, of one try), `requests_per_minute`, `tokens_per_minute`.
    """

    batch = 1  # requests that one call may hold

    def __init__(self, profile: Profile, addresses: Sequence[str] = ("",)) -> None:
        """Remember the profile; nothing is sent yet. Each address is that of a server.

        `call` is told in its try which one is asked. The window of calls in flight and what is learnt of
        limits are each server's own; rates that are stated are those of all.
        """
        settings = profile.settings
        self.profile = profile
        self.timeout = float(settings.get("timeout") or TIMEOUT)
        most = profile.concurrency or settings.get("concurrency") or CONCURRENCY
        requests, tokens = (
            Allowance(float(settings[key])) if settings.get(key) else None
            for key in ("requests_per_minute", "tokens_per_minute")
        )
        self.most = max(1, int(most))
        patience = max(PATIENCE, self.timeout) if settings.get("timeout") else PATIENCE
        self.servers = Servers(
            [
                Server(address, Traffic(ConcurrencyWindow(self.most), requests, tokens), Liveness(patience))
                for address in addresses
            ]
        )
        self._random = random.Random(profile.seed)
        self._loop = OwnLoop(self._watch)
        self.clock = self._loop.clock
        self._wake: asyncio.Future[None] | None = None
        self._door, self._news, self._over = asyncio.Lock(), asyncio.Event(), asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._done: deque[Response] = deque()
        self._dead: BaseException | None = None
        self._ending = self._silent = False
        self._announced = 0.0
        self._looks_at = self.clock.now() + 1.0

    # ---- what an engine brings ----------------------------------------------------------------------

    @abstractmethod
    def prepare(self) -> None:
        """Make the client: its import takes longer than an answer."""

    @abstractmethod
    async def call(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answers to the requests of one call, without their timings.

        Raises:
            Fault: there is no answer.
        """

    def whole(self, request: Request, said: Completion) -> Response:
        """Return the answer that a whole reply in words is."""
        return Response(request.key, text=said.text, finish=said.finish, usage=said.usage)

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
        this.server.liveness.heard(self.clock.now())

    def _salvaged(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answer of a stream that broke off or timed out once its end and its tokens were told."""
        if this.said is None or this.said.finish is None or this.said.usage is None:
            return []
        return [self.whole(requests[0], this.said)]

    # ---- pulling and yielding -----------------------------------------------------------------------

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, as they come.

        Raises:
            Unavailable: the server cannot be reached, refuses us, or answers nobody any more. What was on the
                wire has been yielded.
        """
        self.prepare()
        source = iter(requests)
        more = True
        try:
            while not self._silent:
                more = more and self._fill(source)
                if self._running:
                    self._turn()
                elif not more and not self._done:
                    break
                while self._done:
                    yield self._done.popleft()
                    # One call for each answer that was judged: those that ended together would otherwise
                    # leave, and end, together for ever.
                    before = len(self._running)
                    more = more and self._fill(source, most=1)
                    if len(self._running) > before:
                        self._loop.turn(SENDING)
            if self._dead is not None:
                raise self._dead
        finally:
            self._abandon()

    def drain(self) -> None:
        """Send nothing more; `answer` ends with what is on the wire."""
        self._end()

    def share_limits(self, folder: Path, part: Callable[[], float]) -> None:
        """Keep to one rate with all workers that share the folder, `part` of whom are on this machine."""
        self.servers.share(folder, part)

    def close(self) -> None:
        """Hang up at once; what is in flight is abandoned."""
        self._abandon()
        self._loop.close(self.hang_up)
        self.servers.close()

    def _fill(self, source: Iterator[Request | None], most: int | None = None) -> bool:
        """Start as many calls as there is room for, at most `most`; return whether the source has more.

        What is in flight and what was not judged yet is lost with this process: both take up room.
        """
        room = self.servers.room(time.monotonic()) - len(self._running) - len(self._done)
        for _ in range(room if most is None else min(room, most)):
            if self._ending:
                return False
            taken = self._pulled(source)
            asked = [request for request in taken if request is not None]
            if asked:
                task = self._loop.task(self._answered(asked, time.perf_counter()))
                self._running.add(task)
                task.add_done_callback(self._ended)
            if len(taken) < self.batch:
                return False
            if len(asked) < len(taken):  # nothing now: ask again after a completion
                return True
        return not self._ending

    def _pulled(self, source: Iterator[Request | None]) -> list[Request | None]:
        """Return the requests of a call; a source that breaks ends the questions, not what is in flight."""
        taken: list[Request | None] = []
        try:
            taken.extend(itertools.islice(source, self.batch))
        except Exception as error:
            self._end(error)
        return taken

    def _turn(self) -> None:
        """Let the loop run until a call has ended."""
        self._wake = self._loop.future()
        self._loop.until(self._wake)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()  # looked at, or asyncio complains of it
        if error is not None:
            self._end(error)
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _watch(self) -> None:
        """Look once a second whether a silent server has to be given up; nothing is waited for then."""
        now = self.clock.now()
        if now < self._looks_at:
            return
        self._looks_at = now + 1.0
        for server in self.servers.all if self._running else ():
            if server.traffic.in_flight and server.liveness.silent(now):
                seconds = f"{server.liveness.patience:.0f} s"
                server.verdict = f"has not answered for {seconds}; -m timeout=SECONDS waits longer"
                server.leave_out(time.monotonic())
        if self._running and self.servers.in_flight and (lost := self.servers.lost()):
            self._end(self._gone(lost))
            self._silent = True
            self._wake_up()

    def _end(self, why: BaseException | None = None) -> None:
        """Send nothing more, for the reason `why`, which `answer` raises once nothing is on the wire."""
        self._dead = self._dead or why
        self._ending = True
        self._loop.soon(self._call_off)

    def _call_off(self) -> None:
        """Wake up what waits for its turn, to be dropped."""
        self._over.set()
        self._news.set()
        asyncio.get_running_loop().call_later(1.0, self._announce_wire)

    def _announce_wire(self) -> None:
        if self.servers.in_flight:
            self._announce(self.timeout, f"at most, for {self.servers.in_flight:,} answers on the wire")

    def _abandon(self) -> None:
        """Cancel what is in flight."""
        left = list(self._running)
        for task in left:
            task.cancel()
        if left:
            self._loop.until(asyncio.wait(left))
        self._done.clear()

    # ---- one call -----------------------------------------------------------------------------------

    async def _answered(self, requests: list[Request], ready: float) -> None:
        """Try until there is an answer, or none to be hoped for."""
        timing, fault, server = Timing(wait=0.0), None, None
        weight = self.weight(requests)
        for number in itertools.count(1):
            try:
                server = await self._turn_of(requests, weight, timing, server)
            except RunEnding:
                self._done += [self._unanswered(request, fault, server) for request in requests]
                return
            this = Try(time.perf_counter(), server, self.clock.lost())
            if timing.queue is None:
                timing.queue = this.sent - ready
            try:
                responses = await self._tried(requests, weight, this)
            except Fault as error:
                fault = error
                if fault.kind == "bad_request" and not fault.finish and len(requests) > 1:
                    for half in (requests[: len(requests) // 2], requests[len(requests) // 2 :]):
                        await self._answered(half, ready)  # one of them is at fault, the others are not
                    return
                if await self._tries_again(requests, fault, number, this, timing):
                    continue
                responses = [self._unanswered(request, fault, server) for request in requests]
            self._time(timing, this)
            for response in responses:
                response.attempts, response.timing = number, timing
            self._done += responses
            return

    def _time(self, timing: Timing, this: Try) -> None:
        """Note when a try's answer came; nobody knows where the loop stood still meanwhile."""
        if self.clock.lost() > this.lost + PULSE:
            return
        timing.e2e = (this.last or time.perf_counter()) - this.sent
        timing.ttft = None if this.first is None else this.first - this.sent

    async def _turn_of(
        self, requests: Sequence[Request], weight: float, timing: Timing, last: Server | None
    ) -> Server:
        """Wait until the call may be sent, and return where it goes. Calls leave in the order they came.

        What failed at the `last` server goes to another, where there is one.

        Raises:
            Ending: it is not to be sent any more.
        """
        began = time.perf_counter()
        while (held := self.servers.held(time.monotonic())) > 0:
            self._announce(held, "as the server asks")
            await self._wait(held, self._over)
        async with self._door:
            while (sent := self._sent_now(requests, weight, last))[1] > 0:
                server, delay = sent
                self._require_quota(server)
                self._news.clear()
                await self._wait(delay, self._news)
            server, _ = sent
        timing.wait = (timing.wait or 0.0) + time.perf_counter() - began
        return server

    def _sent_now(
        self, requests: Sequence[Request], weight: float, last: Server | None
    ) -> tuple[Server, float]:
        """Count a call as sent where it may go now; return where, and the seconds until it may, 0 if it went.

        Raises:
            Ending: it is not to be sent any more.
        """
        with self.servers.together():
            server, delay = self.servers.best(time.monotonic(), last)
            if delay > 0:
                return server, delay
            if self._ending:
                raise RunEnding
            if not server.traffic.in_flight:
                server.liveness.asked(self.clock.now())
            server.traffic.sent(weight, time.monotonic(), self.trips(requests))
        return server, 0.0

    def _require_quota(self, server: Server) -> None:
        """End the run where a quota that is used up is not whole again within what anybody should wait.

        While something is in flight its reply may say otherwise.
        """
        reset = server.traffic.quota_delay(time.monotonic())
        if not reset or server.traffic.in_flight:
            return
        if reset <= LONGEST_HOLD:
            self._announce(reset, "as the server says that our quota is used up")
        elif not server.traffic.recounted(time.monotonic()):
            why = f"says that our quota is used up for another {span(reset)}; the same command goes on then"
            self._end(self._gone(why if self.servers.only else f"{server.address} {why}"))

    async def _wait(self, seconds: float, news: asyncio.Event) -> None:
        """Wait for `news`, at most so long.

        Raises:
            Ending: the run is ending.
        """
        if not self._ending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await news.wait()
        if self._ending:
            raise RunEnding

    def _announce(self, seconds: float, why: str) -> None:
        """Say that there is a wait of so many seconds, once for each that is long."""
        until = time.monotonic() + seconds
        if seconds >= ANNOUNCED and until > self._announced + 1:
            self._announced = until
            say(f"{self.profile.name}: waiting {span(seconds)}, {why}")

    async def _tried(self, requests: Sequence[Request], weight: float, this: Try) -> list[Response]:
        """Return the answers of one try, and let what came of it decide on the next calls."""
        used: float | None = None
        fault: Fault | None = None
        sent = time.monotonic()
        try:
            async with Deadline(self.timeout, self.clock):
                responses = await self.call(requests, this)
            used = _used(responses)
        except (TimeoutError, Fault, RecursionError) as error:
            responses = self._salvaged(requests, this)
            fault = None if responses else self._fault_of(error)
        finally:
            now = time.monotonic()
            traffic = this.server.traffic
            traffic.ended(weight, used, now)
            for what, left, reset in quotas(this.headers):
                traffic.told(what, left, reset, now)
            self._news.set()
        if fault is None or fault.finish is not None:
            traffic.window.grow()
            this.server.liveness.answers(self.clock.now())
            if this.server.answered():
                say(f"{self.profile.name}: {this.server.address} answers again")
        else:
            self._learn(this.server, fault, sent, now)
        if fault is not None:
            raise fault
        return responses

    def _fault_of(self, error: Exception) -> Fault:
        """Return the fault that an exception of a call is."""
        if isinstance(error, Fault):
            return error
        if isinstance(error, RecursionError):
            return Fault("malformed", "the reply is nested too deeply")
        return Fault("timeout", f"no whole answer within {self.timeout:g} s")

    def _learn(self, server: Server, fault: Fault, sent: float, now: float) -> None:
        """Slow down after a fault, leave its server out, or end the run where there is no use in going on."""
        silence = self.clock.now()
        if fault.kind in ("rate_limited", "bad_request") or fault.hold is not None:
            server.liveness.heard(silence + (fault.hold or 0.0))
        server.verdict = server.liveness.verdict(fault, silence)
        if server.verdict is None and fault.hold is not None and fault.hold > LONGEST_HOLD:
            server.verdict = f"asks us to wait {fault.hold:.0f} s; the same command goes on then"
        if (lost := self.servers.lost()) is not None:
            self._end(self._gone(lost))
            return
        if not self.servers.only and server.fails(fault, sent, now):
            say(f"{self.profile.name}: {server.address} is left out and tried again: {fault.message}")
        if fault.kind == "overloaded":
            server.traffic.window.shrink(sent, now)
        elif fault.kind == "rate_limited":
            server.traffic.refused(sent, fault.hold, now)
        if fault.hold is not None:
            server.traffic.hold(fault.hold, now)

    async def _tries_again(
        self, requests: Sequence[Request], fault: Fault, number: int, this: Try, timing: Timing
    ) -> bool:
        """Return whether to try again, after the pause that comes before it where the same server is asked.

        What may have been billed already is sent again only where the budget bears that too.
        """
        if number >= self.servers.tries(this.server, fault):
            return False
        if self._ending or (fault.kind not in UNBILLED and not _may_resend(requests)):
            return False
        try:
            if not self.servers.elsewhere(this.server):
                await self._pause(fault, number, timing)
        except RunEnding:
            return False
        return True

    async def _pause(self, fault: Fault, number: int, timing: Timing) -> None:
        """Wait before the next try: as long as the server says, else up to twice as long each time."""
        if fault.hold is None:
            began = time.perf_counter()
            most = min(LONGEST_PAUSE, PAUSE * 2 ** (number - 1))
            await self._wait(self._random.uniform(0, most), self._over)
            timing.wait = (timing.wait or 0.0) + time.perf_counter() - began

    def _unanswered(self, request: Request, fault: Fault | None, server: Server | None) -> Response:
        """Return what a request comes to whose last fault was this; None: it was never sent."""
        if fault is not None and fault.finish is not None:
            return Response(request.key, finish=fault.finish)
        if fault is None or (self._ending and fault.kind in UNBILLED and fault.another_time):
            return Response(request.key, error=Failure(DROPPED, "not sent: the run was ending"))
        if server is not None:
            server.liveness.given_up()
        return Response(request.key, error=Failure(fault.kind, fault.message))

    def _gone(self, why: str) -> Unavailable:
        if self.servers.only:
            return Unavailable(f"{self.profile.name}: the server {why}")
        return Unavailable(f"{self.profile.name}: none of its {len(self.servers.all)} servers is left: {why}")


def _may_resend(requests: Sequence[Request]) -> bool:
    return all(request.may_resend is None or request.may_resend() for request in requests)


def _used(responses: Sequence[Response]) -> float | None:
    """Return the tokens that a call took, None where nobody counted."""
    counts = [
        (response.usage.prompt_tokens or 0) + (response.usage.completion_tokens or 0)
        for response in responses
        if response.usage is not None
    ]
    return float(sum(counts)) if counts else None
