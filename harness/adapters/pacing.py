"""When the next call to a server may be sent: how many are in flight, how fast, and what it said of limits.

Each part answers one question and knows no network: `now` is `time.monotonic()`, handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

START = 24  # calls in flight at first
LEAST_SPAN = 0.5  # seconds of sending from which a rate can be told
STEADY = 0.99  # of the rate that was measured: what is sent after a refusal
GROWTH = 0.001  # of the rate, a second: how it is tried whether more is allowed
SETTLED = 30.0  # seconds without a refusal, after which it is tried faster and faster
DOUBLING = 10.0


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

    Between two refusals a server that fills a bucket of tokens has let through just what it filled in, so
    the rate is known after the second, if what was lost while everything was held back is left out: the
    bucket, whose size the first burst tells, ran over then.
    """

    rate: float | None = None
    burst: float = 0.0
    since: float | None = None  # the last refusal that counted
    learnt: float = 0.0
    accepted: int = 0
    held: float = 0.0
    free_at: float = 0.0

    def sent(self, now: float) -> None:
        """Count a call; it is taken for accepted until it is refused."""
        self.accepted += 1
        rate = self._now(now)
        if rate is not None:
            # What was not used while calls were held back may be caught up on, as far as the bucket goes.
            self.free_at = max(self.free_at, now - max(0.0, self.burst - 1.0) / rate) + 1.0 / rate

    def delay(self, now: float) -> float:
        """Return the seconds until the next call fits the rate; 0 while none is known."""
        return 0.0 if self.rate is None else max(0.0, self.free_at - now)

    def refused(self, hold: float, now: float) -> None:
        """Learn from a refusal that holds everything back for `hold` seconds."""
        self.accepted -= 1
        if self.since is None:
            self.burst = float(max(0, self.accepted))
        else:
            span = now - self.since
            if span - self.held < LEAST_SPAN:
                return
            self._learn(span, now)
        self.since, self.accepted, self.held = now, 0, hold

    def _learn(self, span: float, now: float) -> None:
        rate = self.accepted / span
        over = (self.accepted - self.burst) / (span - self.held)
        if over * self.held > self.burst:  # the bucket ran over while calls were held back
            rate = over
        if rate > 0:
            self.rate, self.learnt, self.free_at = STEADY * rate, now, now

    def _now(self, now: float) -> float | None:
        if self.rate is None:
            return None
        quiet = now - self.learnt
        return self.rate * (1 + GROWTH * quiet) * 2 ** (max(0.0, quiet - SETTLED) / DOUBLING)


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
        """Return the seconds until the next call may be sent, 0 for at once."""
        return max(
            self.held_until - now,
            self.pace.delay(now),
            *(one.delay(now) for one in (self.requests, self.tokens) if one is not None),
            # With nothing in flight no reply will tell better: what the headers said then ends the wait.
            *(one.delay(now) for one in self.quota.values()),
            0.0,
        )

    def sent(self, tokens: float, now: float) -> None:
        """Count a call that is sent now, with the tokens that it will take as far as is known."""
        self.in_flight += 1
        self.in_flight_tokens += tokens
        self.pace.sent(now)
        if self.requests is not None:
            self.requests.take(1, now)
        if self.tokens is not None:
            self.tokens.take(tokens, now)
        self.quota["requests"].take(1)
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

    def hold(self, seconds: float, now: float) -> None:
        """Hold everything back, as the server asks."""
        self.held_until = max(self.held_until, now + seconds)
