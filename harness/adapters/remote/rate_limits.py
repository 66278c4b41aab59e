"""When the next call to a server may be sent: how many are in flight, how fast, and what it said of limits.

Each part answers one question and knows no network: `now` is `time.monotonic()`, handed in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.adapters.remote.shared_limits import SharedLimits

START = 24  # calls in flight at first
MIN_SPAN_S = 0.5  # seconds from which a rate can be told
GUESS_DOUBLING_S = 0.3  # seconds in which a guessed rate is doubled
MARK_INTERVAL_S = 0.1  # seconds between the marks of a span
BURST_WINDOW_S = 0.2  # seconds after a wait in which a refusal says that what was sent at once was too much
BURST_SHARE = 0.8  # of what a bucket seems to hold: what is sent at once
STEADY_SHARE = 0.99  # of the rate: what is sent after a refusal
GROWTH = 0.07  # of the rate: how much more is tried until it has been quiet for long
SETTLING_S = 4.0  # seconds that are long; after them the rate is doubled in as many
SETTLING_PER_LOSS = 25.0  # the same, for each second's worth of calls that a refusal costs
RECHECK_S = 0.1  # seconds after which a rate that grows is looked at again
FAR = 1e300  # what stands for infinity, which JSON does not know
MAX_DOUBLINGS = 30.0  # doublings: no float overflows


@dataclass(slots=True)
class ConcurrencyWindow:
    """How many calls may be in flight.

    Twice as many each round trip at first, then one more each; half as many when it is crowded. A crowd
    counts once: calls that were sent before the last decrease say nothing new.
    """

    most: int
    size: float = 0.0
    threshold: float = 0.0
    shrunk: float = 0.0

    def __post_init__(self) -> None:
        """Begin small."""
        self.size, self.threshold = float(min(self.most, START)), float(self.most)

    def grow(self) -> None:
        """Open after a call that went well."""
        step = 1.0 if self.size < self.threshold else 1.0 / self.size
        self.size = min(float(self.most), self.size + step)

    def shrink(self, sent: float, now: float, until: float | None = None) -> None:
        """Halve after a call, sent at `sent`, that was refused for want of room.

        It opens quickly again until it is as large as `until`, None for what it has now.
        """
        if sent >= self.shrunk:
            self.size = max(1.0, self.size / 2)
            self.threshold = self.size if until is None else until
            self.shrunk = now


@dataclass(slots=True)
class Allowance:
    """So much a minute, as the user or the profile says; a second's worth may come at once.

    What is owed is worked off with time (the generic cell rate algorithm).
    """

    per_minute: float
    free_at: float = 0.0
    share: float = 1.0  # of the rate that is this machine's, where several make one run

    def delay(self, now: float) -> float:
        """Return the seconds until something may be taken."""
        return max(0.0, self.free_at - now - 1.0)

    def take(self, amount: float, now: float) -> None:
        """Take `amount`, or give back what was taken too much."""
        self.free_at = max(self.free_at, now if amount > 0 else 0.0) + 60.0 * amount / (
            self.per_minute * self.share
        )


@dataclass(slots=True)
class LearnedRateLimiter:
    """A rate limiter that learns what a server allows from its refusals: a model of its token bucket.

    A refusal says that the bucket is empty. From one refusal to the next a server lets through what it
    fills in: that many calls in that time are its `rate`. Where it ran over meanwhile, as it may while
    everything is held back, they are fewer; what went through lately, less what the bucket holds, then says
    more. `guessed_rate` is what is tried until a rate is measured: doubled again and again, halved by a
    refusal. A measured rate grows slowly while it is quiet, then faster and faster; more slowly where a
    refusal is dear.
    """

    rate: float | None = None
    guessed_rate: float | None = None  # None before the first refusal: nothing is held back
    burst_capacity: float = 0.0  # calls that a full bucket lets through at once
    first_span: tuple[float, int] = (0.0, 0)  # seconds until the first refusal, and what had gone through
    tokens: float = 0.0  # calls that might leave at `updated_at`
    updated_at: float = 0.0
    span_start: float = math.inf  # calls are counted since then: the first call, then the last refusal
    accepted: int = 0  # calls in it that were not refused
    marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=64))  # when, and how many
    last_refusal_at: float = -math.inf  # when the last refusal was heard of
    retry_after_s: float = 0.0  # seconds for which it holds everything back
    last_wait_end: float = -math.inf  # when the wait before that ended
    unread_refusal: bool = False  # there is a refusal to learn from

    def sent(self, now: float) -> None:
        """Count a call; it is taken for let through until it is refused."""
        self._flow(now)
        self.span_start = min(self.span_start, now)
        if self.guessed_rate is not None and (not self.marks or now - self.marks[-1][0] >= MARK_INTERVAL_S):
            self.marks.append((now, self.accepted))
        self.accepted += 1
        self.tokens -= 1

    def delay(self, now: float) -> float:
        """Return the seconds until the next call fits the rate, or should be asked for again; 0: at once."""
        self._flow(now)
        rate = self.allowed(now)
        return 0.0 if rate is None else min(RECHECK_S, max(0.0, (1.0 - self.tokens) / rate))

    def refused(self, sent: float, retry_after_s: float, now: float) -> None:
        """Take the refusal of a call, sent at `sent`, that holds everything back for `retry_after_s` seconds.

        What was sent before the last refusal was heard of is refused for the same reason and says nothing
        new. Nothing is concluded before the next call is due: until then more of them may come.
        """
        if sent > self.last_refusal_at:
            self.accepted -= 1
            self.last_wait_end = self.last_refusal_at + self.retry_after_s
            self.last_refusal_at, self.retry_after_s, self.unread_refusal = now, retry_after_s, True
        elif self.unread_refusal or sent > self.span_start:
            self.accepted -= 1
        elif self.rate is None:
            self.first_span = (self.first_span[0], self.first_span[1] - 1)
            self.burst_capacity = max(1.0, self.burst_capacity - 1)

    def add(self, other: LearnedRateLimiter) -> None:
        """Count what another process had sent before it heard of the refusals here."""
        if other.guessed_rate is not None:
            return
        if self.unread_refusal or self.guessed_rate is None:
            self.accepted += other.accepted
            self.span_start = min(self.span_start, other.span_start)
        elif self.rate is None:
            self.first_span = (self.first_span[0], self.first_span[1] + other.accepted)
            self.burst_capacity += other.accepted

    def allowed(self, now: float) -> float | None:
        """Return the calls a second that are tried now, None while nothing is known."""
        if self.guessed_rate is None:
            return None
        return self._tried(max(0.0, now - self.last_refusal_at - self.retry_after_s))

    def _tried(self, quiet: float) -> float:
        """Return the calls a second that are tried after so many seconds without a refusal or a wait."""
        if self.rate is None:
            return (self.guessed_rate or 0.0) * 2 ** min(MAX_DOUBLINGS, quiet / GUESS_DOUBLING_S)
        # the seconds of the wait in which the bucket, full again, runs over
        lost = max(0.0, self.retry_after_s - self.burst_capacity / self.rate)
        settled = max(SETTLING_S, SETTLING_PER_LOSS * lost)
        slowly, faster = min(1.0, quiet / settled), min(MAX_DOUBLINGS, max(0.0, quiet / settled - 1))
        return self.rate * (STEADY_SHARE + GROWTH * slowly) * 2**faster

    def _flow(self, now: float) -> None:
        """Let time pass."""
        if self.unread_refusal:
            self._learn()
        rate = self.allowed(now)
        if rate is not None and now > self.updated_at:
            most = max(1.0, BURST_SHARE * self.burst_capacity)
            self.tokens = min(most, self.tokens + rate * (now - self.updated_at))
            self.updated_at = now

    def _learn(self) -> None:
        """Conclude from a refusal what the server allows."""
        span, accepted = self.last_refusal_at - self.span_start, max(0, self.accepted)
        quiet = self.last_refusal_at - self.last_wait_end
        self.unread_refusal, self.updated_at, self.tokens = False, self.last_refusal_at, 0.0
        if self.guessed_rate is None and not accepted:
            pass  # a server that lets nobody in says nothing of rates
        elif self.guessed_rate is None:
            self.first_span, self.burst_capacity = (span, accepted), max(1.0, accepted)
            # A short wait is the time until the next token; of a long one nobody knows how it was rounded.
            wait = self.retry_after_s
            once = 1 / wait if 0 < wait < MIN_SPAN_S else self.burst_capacity / max(1.0, wait)
            self.guessed_rate = min(once, accepted / span) if span else once
        elif quiet < BURST_WINDOW_S and self.last_wait_end - self.span_start >= MIN_SPAN_S:
            # what left at once after a wait was too much
            self.burst_capacity = max(1.0, BURST_SHARE * min(self.burst_capacity, accepted))
            if self.rate is None:
                self.guessed_rate = max(1, accepted) / span
            else:
                self.rate = max(BURST_SHARE * self.rate, accepted / span)
        elif span >= MIN_SPAN_S and accepted:
            self.rate = max(self._measured(span, accepted))
            seconds, at_first = self.first_span
            self.burst_capacity = max(1.0, min(self.burst_capacity, at_first - self.rate * seconds))
        else:  # too soon to measure: the span goes on
            if self.rate is None:
                self.guessed_rate = self._tried(max(0.0, quiet)) / 2
            else:
                self.rate *= STEADY_SHARE
            return
        self.span_start, self.accepted = self.last_refusal_at, 0
        self.marks.clear()

    def _measured(self, span: float, accepted: int) -> Iterator[float]:
        """Yield what the rate must have been at least: of the whole span, and of each end of it."""
        yield accepted / span
        for at, count in self.marks:
            if self.last_refusal_at - at >= BURST_WINDOW_S:
                yield (accepted - count - self.burst_capacity) / (self.last_refusal_at - at)


@dataclass(slots=True)
class Quota:
    """What a server's headers say is left, of requests or of tokens, and when it is whole again."""

    remaining: float | None = None
    resets_at: float = 0.0
    stated_remaining: float | None = None

    def update(self, remaining: float, reset: float, in_flight: float, now: float) -> None:
        """Take what a reply's headers say; what is in flight may not be in it yet."""
        self.stated_remaining, self.remaining, self.resets_at = remaining, remaining - in_flight, now + reset

    def delay(self, now: float) -> float:
        """Return the seconds until something is left again."""
        if self.remaining is None or self.remaining >= 1 or now >= self.resets_at:
            return 0.0
        return self.resets_at - now

    def take(self, amount: float) -> None:
        """Count what is sent."""
        if self.remaining is not None:
            self.remaining -= amount


_LEARNT = (
    *("burst_capacity", "tokens", "updated_at", "span_start"),
    *("last_refusal_at", "retry_after_s", "last_wait_end"),
)
_QUOTA = ("remaining", "resets_at", "stated_remaining")


@dataclass(slots=True)
class Traffic:
    """All that decides when a call may be sent.

    What is known of the server's limits may be `shared` with other processes that ask it; how many calls are
    in flight is each one's own.
    """

    window: ConcurrencyWindow
    requests: Allowance | None = None
    tokens: Allowance | None = None
    rate_limiter: LearnedRateLimiter = field(default_factory=LearnedRateLimiter)
    quota: dict[str, Quota] = field(default_factory=lambda: {"requests": Quota(), "tokens": Quota()})
    held_until: float = 0.0
    in_flight: int = 0
    in_flight_tokens: float = 0.0
    shared: SharedLimits | None = None

    def together(self, *, news: bool = False) -> AbstractContextManager[None]:
        """Return what to look and act within, no other process between; `news` is what others should hear."""
        return nullcontext() if self.shared is None else self.shared.together(news=news)

    def delay(self, now: float) -> float:
        """Return the seconds until the next call may be sent, 0 for at once; holds are told by `held`."""
        with self.together():
            return max(
                self.rate_limiter.delay(now),
                *(one.delay(now) for one in (self.requests, self.tokens) if one is not None),
                self.quota_delay(now),
            )

    def quota_delay(self, now: float) -> float:
        """Return the seconds until the server's quotas, as its headers told them, let something through."""
        return max(one.delay(now) for one in self.quota.values())

    def recounted(self, now: float) -> bool:
        """Take the quotas as they were last told, as nothing is in flight; return whether any is left."""
        with self.together():
            for one in self.quota.values():
                one.remaining = one.stated_remaining
            return not self.quota_delay(now)

    def held(self, now: float) -> float:
        """Return the seconds for which everything is held back, as the server asks; 0 for none.

        It is asked before `delay`: calls that waited for the same moment leave together, and not one by one
        until the first of them is refused again.
        """
        with self.together():
            return max(0.0, self.held_until - now)

    def sent(self, tokens: float, now: float, trips: int = 1) -> None:
        """Count a call of `trips` requests that is sent now, and the tokens that it is expected to take."""
        with self.together():
            self.in_flight += 1
            self.in_flight_tokens += tokens
            self.rate_limiter.sent(now)
            if self.requests is not None:
                self.requests.take(trips, now)
            if self.tokens is not None:
                self.tokens.take(tokens, now)
            self.quota["requests"].take(trips)
            self.quota["tokens"].take(tokens)

    def ended(self, tokens: float, used: float | None, now: float) -> None:
        """Count a call that ended, and the tokens that it really took, None where nobody said."""
        with self.together():
            self.in_flight -= 1
            self.in_flight_tokens -= tokens
            if self.tokens is not None and used is not None:
                self.tokens.take(used - tokens, now)

    def told(self, what: str, left: float, reset: float, now: float) -> None:
        """Take a quota from a reply's headers: `what` is `requests` or `tokens`."""
        with self.together(news=True):
            calls, tokens = (0, 0.0) if self.shared is None else self.shared.others_in_flight(self)
            mine = self.in_flight - 1 + calls if what == "requests" else self.in_flight_tokens + tokens
            self.quota[what].update(left, reset, max(0.0, mine), now)

    def refused(self, sent: float, hold: float | None, now: float) -> None:
        """Take a refusal for too many calls: fewer at once until a rate is measured, then a little slower."""
        with self.together(news=True):
            self.rate_limiter.refused(sent, hold or 0.0, now)
            if self.rate_limiter.rate is None:
                self.window.shrink(sent, now, until=self.window.most)

    def hold(self, seconds: float, now: float) -> None:
        """Hold everything back, as the server asks."""
        with self.together(news=True):
            self.held_until = max(self.held_until, now + seconds)

    def state(self) -> list[Any]:
        """Return what is known of the server's limits, as plain values that JSON can hold."""
        one = self.rate_limiter
        return [
            self.held_until,
            [one.rate, one.guessed_rate, one.accepted, one.unread_refusal],
            [min(FAR, max(-FAR, getattr(one, name))) for name in _LEARNT],
            list(one.first_span),
            [list(mark) for mark in one.marks],
            [[getattr(quota, name) for name in _QUOTA] for quota in self.quota.values()],
        ]

    def restore(self, said: list[Any]) -> None:
        """Take over what `state` returned, here or in another process.

        Raises:
            ValueError, TypeError: it is not as `state` returns it; nothing is taken over.
        """
        held_until, (rate, guessed, accepted, unread), learnt, (seconds, at_first), marks, quotas = said
        found = LearnedRateLimiter(_number(rate), _number(guessed))
        found.accepted, found.unread_refusal = int(accepted), bool(unread)
        found.first_span = float(seconds), int(at_first)
        for name, value in zip(_LEARNT, learnt, strict=True):
            setattr(found, name, float(value))
        found.marks.extend((float(at), int(count)) for at, count in marks)
        told = [Quota(_number(left), float(at), _number(stated)) for left, at, stated in quotas]
        self.quota = dict(zip(self.quota, told, strict=True))
        self.rate_limiter, self.held_until = found, float(held_until)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
