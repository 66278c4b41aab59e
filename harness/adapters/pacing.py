"""When the next call to a server may be sent: how many are in flight, how fast, and what it said of limits.

Each part answers one question and knows no network: `now` is `time.monotonic()`, handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

START = 24  # calls in flight at first
LEAST_SPAN = 0.5  # seconds of sending from which a rate can be told
STEADY = 0.97  # of the rate that was too fast: what is sent after a refusal
GROWTH = 0.05  # of the rate: how much more is tried until it has been quiet for long
SETTLED = 4.0  # seconds that are long; after them the rate is doubled in as many
SETTLED_PER_HOLD = 25.0  # the same, for each second that a refusal costs


@dataclass(slots=True)
class Window:
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

    def shrink(self, sent: float, now: float) -> None:
        """Halve after a call, sent at `sent`, that was refused for want of room."""
        if sent >= self.shrunk:
            self.size = self.threshold = max(1.0, self.size / 2)
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
    """The rate that a server allows, learnt from its refusals.

    Between two refusals a server that fills a bucket of tokens has let through about what it filled in: that
    is the first guess; before it, calls keep the distance that a short wait asks for. Each later refusal says
    that it was a little too fast, and quiet that there may be room: the rate grows slowly, then faster and
    faster. Where a refusal costs a long wait, it grows more slowly.
    """

    rate: float | None = None
    burst: float = 0.0  # what may come at once after everything was held back
    since: float | None = None  # the last refusal
    accepted: int = 0
    hold: float = 0.0
    distance: float = 0.0  # the longest of the short waits
    free_at: float = 0.0

    def sent(self, now: float) -> None:
        """Count a call; it is taken for accepted until it is refused."""
        self.accepted += 1
        rate = self.allowed(now)
        if rate is not None:
            self.free_at = max(self.free_at, now - max(0.0, self.burst - 1.0) / rate) + 1.0 / rate

    def delay(self, now: float) -> float:
        """Return the seconds until the next call fits the rate; 0 while none is known."""
        return max(0.0, self.free_at - now)

    def refused(self, sent: float, hold: float, now: float) -> None:
        """Learn from the refusal of a call, sent at `sent`, that holds everything back for `hold` seconds.

        Those that were sent before the last refusal say nothing new.
        """
        self.accepted -= 1
        if hold < LEAST_SPAN:
            self.distance = max(self.distance, hold)
        if self.since is None:
            self.burst = float(max(0, self.accepted))
        elif sent <= self.since:
            return
        elif self.rate is None:
            span = now - self.since
            if self.accepted < 1 or span - self.hold < LEAST_SPAN:
                return
            self.rate = self.accepted / span
        else:
            self.rate = STEADY * (self.allowed(now) or 0.0)
            self.burst = max(1.0, self.burst / 2)
        self.since, self.accepted, self.hold, self.free_at = now, 0, hold, now

    def allowed(self, now: float) -> float | None:
        """Return the calls a second that are tried now, None while nothing is known."""
        rate = self.rate or (1.0 / self.distance if self.distance else None)
        if rate is None or self.since is None:
            return None
        settled = max(SETTLED, SETTLED_PER_HOLD * self.hold)
        quiet = now - self.since - self.hold
        faster = max(0.0, quiet - settled) / settled
        return rate * (1 + GROWTH * min(1.0, max(0.0, quiet) / settled)) * 2**faster


@dataclass(slots=True)
class Quota:
    """What a server's headers say is left, of requests or of tokens, and when it is whole again."""

    left: float | None = None
    whole_at: float = 0.0

    def told(self, left: float, reset: float, in_flight: float, now: float) -> None:
        """Take what a reply's headers say; what is in flight may not be in it yet."""
        self.left, self.whole_at = left - in_flight, now + reset

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

    window: Window
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
            *(one.delay(now) for one in self.quota.values()),
            0.0,
        )

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
        """Take a refusal for too many calls: fewer at once until the rate is known, then a little slower."""
        unknown = self.pace.rate is None
        self.pace.refused(sent, hold or 0.0, now)
        if self.pace.rate is None:
            self.window.shrink(sent, now)
        elif unknown:
            self.window.threshold = float(self.window.most)

    def hold(self, seconds: float, now: float) -> None:
        """Hold everything back, as the server asks."""
        self.held_until = max(self.held_until, now + seconds)
