"""When the next call to a server may be sent: how many are in flight, how fast, and what it said of limits.

Each part answers one question and knows no network: `now` is `time.monotonic()`, handed in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

START = 24  # calls in flight at first
LEAST_SPAN = 0.5  # seconds from which a rate can be told
GUESSED = 0.3  # seconds in which a guessed rate is doubled
MARKED = 0.1  # seconds between the marks of a span
SOON = 0.2  # seconds after a wait within which a refusal says that what was sent at once was too much
SHARE = 0.8  # of what a bucket seems to hold: what is sent at once
STEADY = 0.99  # of the rate: what is sent after a refusal
GROWTH = 0.07  # of the rate: how much more is tried until it has been quiet for long
SETTLED = 4.0  # seconds that are long; after them the rate is doubled in as many
SETTLED_PER_LOSS = 25.0  # the same, for each second's worth of calls that a refusal costs
GLANCE = 0.1  # seconds after which a rate that grows is looked at again
MANY = 30.0  # doublings: no float overflows


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

    def delay(self, now: float) -> float:
        """Return the seconds until something may be taken."""
        return max(0.0, self.free_at - now - 1.0)

    def take(self, amount: float, now: float) -> None:
        """Take `amount`, or give back what was taken too much."""
        self.free_at = max(self.free_at, now if amount > 0 else 0.0) + 60.0 * amount / self.per_minute


@dataclass(slots=True)
class Pace:
    """The rate that a server allows, learnt from its refusals: a model of its bucket of tokens.

    A refusal says that the bucket is empty. From one refusal to the next a server lets through what it
    fills in: that many calls in that time are its `rate`. Where it ran over meanwhile, as it may while
    everything is held back, they are fewer; what went through lately, less what the bucket holds, then says
    more. `guess` is what is tried until a rate is measured: doubled again and again, halved by a refusal. A
    measured rate grows slowly while it is quiet, then faster and faster; more slowly where a refusal is dear.
    """

    rate: float | None = None
    guess: float | None = None  # None before the first refusal: nothing is held back
    holds: float = 0.0  # calls that a full bucket lets through at once
    first: tuple[float, int] = (0.0, 0)  # seconds until the first refusal, and what had gone through
    level: float = 0.0  # calls that may leave now, as of
    at: float = 0.0
    began: float = math.inf  # the span in which calls are counted: since the first, then the last refusal
    through: int = 0  # calls in it that were not refused
    marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=64))  # when, and how many
    told: float = -math.inf  # when the last refusal was heard of
    hold: float = 0.0  # seconds for which it holds everything back
    released: float = -math.inf  # when the wait before that ended
    news: bool = False  # there is a refusal to learn from

    def sent(self, now: float) -> None:
        """Count a call; it is taken for let through until it is refused."""
        self._flow(now)
        self.began = min(self.began, now)
        if self.guess is not None and (not self.marks or now - self.marks[-1][0] >= MARKED):
            self.marks.append((now, self.through))
        self.through += 1
        self.level -= 1

    def delay(self, now: float) -> float:
        """Return the seconds until the next call fits the rate, or should be asked for again; 0: at once."""
        self._flow(now)
        rate = self.allowed(now)
        return 0.0 if rate is None else min(GLANCE, max(0.0, (1.0 - self.level) / rate))

    def refused(self, sent: float, hold: float, now: float) -> None:
        """Take the refusal of a call, sent at `sent`, that holds everything back for `hold` seconds.

        What was sent before the last refusal was heard of is refused for the same reason and says nothing
        new. Nothing is concluded before the next call is due: until then more of them may come.
        """
        if sent > self.told:
            self.through -= 1
            self.released = self.told + self.hold
            self.told, self.hold, self.news = now, hold, True
        elif self.news or sent > self.began:
            self.through -= 1
        elif self.rate is None:
            self.first = (self.first[0], self.first[1] - 1)
            self.holds = max(1.0, self.holds - 1)

    def allowed(self, now: float) -> float | None:
        """Return the calls a second that are tried now, None while nothing is known."""
        return None if self.guess is None else self._tried(max(0.0, now - self.told - self.hold))

    def _tried(self, quiet: float) -> float:
        """Return the calls a second that are tried after so many seconds without a refusal or a wait."""
        if self.rate is None:
            return (self.guess or 0.0) * 2 ** min(MANY, quiet / GUESSED)
        lost = max(0.0, self.hold - self.holds / self.rate)  # seconds in which the full bucket runs over
        settled = max(SETTLED, SETTLED_PER_LOSS * lost)
        slowly, faster = min(1.0, quiet / settled), min(MANY, max(0.0, quiet / settled - 1))
        return self.rate * (STEADY + GROWTH * slowly) * 2**faster

    def _flow(self, now: float) -> None:
        """Let time pass."""
        if self.news:
            self._learn()
        rate = self.allowed(now)
        if rate is not None and now > self.at:
            self.level = min(max(1.0, SHARE * self.holds), self.level + rate * (now - self.at))
            self.at = now

    def _learn(self) -> None:
        """Conclude from a refusal what the server allows."""
        span, through = self.told - self.began, max(0, self.through)
        quiet = self.told - self.released
        self.news, self.at, self.level = False, self.told, 0.0
        if self.guess is None and not through:
            pass  # a server that lets nobody in says nothing of rates
        elif self.guess is None:
            self.first, self.holds = (span, through), max(1.0, through)
            # A short wait is the time until the next token; of a long one nobody knows how it was rounded.
            once = 1 / self.hold if 0 < self.hold < LEAST_SPAN else self.holds / max(1.0, self.hold)
            self.guess = min(once, through / span) if span else once
        elif quiet < SOON and self.released - self.began >= LEAST_SPAN:  # what left at once after a wait
            self.holds = max(1.0, SHARE * min(self.holds, through))
            if self.rate is None:
                self.guess = max(1, through) / span
            else:
                self.rate = max(SHARE * self.rate, through / span)
        elif span >= LEAST_SPAN and through:
            self.rate = max(self._measured(span, through))
            self.holds = max(1.0, min(self.holds, self.first[1] - self.rate * self.first[0]))
        else:  # too soon to measure: the span goes on
            if self.rate is None:
                self.guess = self._tried(max(0.0, quiet)) / 2
            else:
                self.rate *= STEADY
            return
        self.began, self.through = self.told, 0
        self.marks.clear()

    def _measured(self, span: float, through: int) -> Iterator[float]:
        """Yield what the rate must have been at least: of the whole span, and of each end of it."""
        yield through / span
        for at, count in self.marks:
            if self.told - at >= SOON:
                yield (through - count - self.holds) / (self.told - at)


@dataclass(slots=True)
class Quota:
    """What a server's headers say is left, of requests or of tokens, and when it is whole again."""

    left: float | None = None
    whole_at: float = 0.0
    stated: float | None = None

    def told(self, left: float, reset: float, in_flight: float, now: float) -> None:
        """Take what a reply's headers say; what is in flight may not be in it yet."""
        self.stated, self.left, self.whole_at = left, left - in_flight, now + reset

    def delay(self, now: float) -> float:
        """Return the seconds until something is left again."""
        if self.left is None or self.left >= 1 or now >= self.whole_at:
            return 0.0
        return self.whole_at - now

    def take(self, amount: float) -> None:
        """Count what is sent."""
        if self.left is not None:
            self.left -= amount


@dataclass(slots=True)
class Traffic:
    """All that decides when a call may be sent."""

    window: ConcurrencyWindow
    requests: Allowance | None = None
    tokens: Allowance | None = None
    pace: Pace = field(default_factory=Pace)
    quota: dict[str, Quota] = field(default_factory=lambda: {"requests": Quota(), "tokens": Quota()})
    held_until: float = 0.0
    in_flight: int = 0
    in_flight_tokens: float = 0.0

    def delay(self, now: float) -> float:
        """Return the seconds until the next call may be sent, 0 for at once; holds are told by `held`."""
        return max(
            self.pace.delay(now),
            *(one.delay(now) for one in (self.requests, self.tokens) if one is not None),
            self.quota_delay(now),
        )

    def quota_delay(self, now: float) -> float:
        """Return the seconds until the server's quotas, as its headers told them, let something through."""
        return max(one.delay(now) for one in self.quota.values())

    def recounted(self, now: float) -> bool:
        """Take the quotas as they were last told, as nothing is in flight; return whether any is left."""
        for one in self.quota.values():
            one.left = one.stated
        return not self.quota_delay(now)

    def held(self, now: float) -> float:
        """Return the seconds for which everything is held back, as the server asks; 0 for none.

        It is asked before `delay`: calls that waited for the same moment leave together, and not one by one
        until the first of them is refused again.
        """
        return max(0.0, self.held_until - now)

    def sent(self, tokens: float, now: float, trips: int = 1) -> None:
        """Count a call of `trips` requests that is sent now, and the tokens that it is expected to take."""
        self.in_flight += 1
        self.in_flight_tokens += tokens
        self.pace.sent(now)
        if self.requests is not None:
            self.requests.take(trips, now)
        if self.tokens is not None:
            self.tokens.take(tokens, now)
        self.quota["requests"].take(trips)
        self.quota["tokens"].take(tokens)

    def ended(self, tokens: float, used: float | None, now: float) -> None:
        """Count a call that ended, and the tokens that it really took, None where nobody said."""
        self.in_flight -= 1
        self.in_flight_tokens -= tokens
        if self.tokens is not None and used is not None:
            self.tokens.take(used - tokens, now)

    def told(self, what: str, left: float, reset: float, now: float) -> None:
        """Take a quota from a reply's headers: `what` is `requests` or `tokens`."""
        in_flight = self.in_flight - 1 if what == "requests" else self.in_flight_tokens
        self.quota[what].told(left, reset, max(0.0, in_flight), now)

    def refused(self, sent: float, hold: float | None, now: float) -> None:
        """Take a refusal for too many calls: fewer at once until a rate is measured, then a little slower."""
        self.pace.refused(sent, hold or 0.0, now)
        if self.pace.rate is None:
            self.window.shrink(sent, now, until=self.window.most)

    def hold(self, seconds: float, now: float) -> None:
        """Hold everything back, as the server asks."""
        self.held_until = max(self.held_until, now + seconds)
