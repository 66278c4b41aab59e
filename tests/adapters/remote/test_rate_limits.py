"""When the next call may be sent, on a clock that only the test turns."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from harness.adapters.remote.rate_limits import (
    START,
    Allowance,
    ConcurrencyWindow,
    LearnedRateLimiter,
    Traffic,
)


@dataclass
class Bucket:
    """A server that lets `rate` a second through, and `burst` at once."""

    rate: float
    burst: float
    level: float = 0.0
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.burst

    def wait(self, now: float) -> float | None:
        """Return None for a call that is let through, else the seconds until one would be."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1 - 1e-9:
            return (1 - self.level) / self.rate
        self.level -= 1
        return None


def driven(
    server: Bucket, calls: int, latency: float, said: Callable[[float], float | None], trip: float = 0.01
) -> tuple[float, int]:
    """Return the seconds that so many calls take, and how many were refused on the way.

    An answer takes about `latency` seconds, a refusal about `trip`.
    """
    traffic, draw, order = Traffic(ConcurrencyWindow(64)), random.Random(1), itertools.count()
    now, left, running, waiting, refused = 0.0, calls, 0, 0, 0
    events: list[tuple[float, int, str, float, float | None]] = []

    def later(seconds: float, what: str, wait: float | None = None) -> None:
        heapq.heappush(events, (now + seconds, next(order), what, now, wait))

    def wait_for_turn() -> float:
        return max(traffic.held(now), traffic.delay(now))

    while left or running:
        while left and running < int(traffic.window.size):
            left, running, waiting = left - 1, running + 1, waiting + 1
        while waiting and wait_for_turn() <= 1e-9:
            waiting -= 1
            traffic.sent(0, now)
            wait = server.wait(now)
            if wait is None:
                later(latency * draw.uniform(0.8, 1.2), "answered")
            else:
                later(trip * draw.uniform(0.5, 1.5), "refused", said(wait))
        nexts = [now + max(wait_for_turn(), 1e-6)] if waiting else []
        now = min([*nexts, events[0][0]] if events else nexts)
        while events and events[0][0] <= now:
            _, _, what, sent, hold = heapq.heappop(events)
            if what == "again":
                waiting += 1
                continue
            traffic.ended(0, None, now)
            if what == "answered":
                running -= 1
                traffic.window.grow()
                continue
            refused += 1
            traffic.refused(sent, hold, now)
            if hold is not None:
                traffic.hold(hold, now)
            later(draw.uniform(0, 0.5) if hold is None else 0.0, "again")
    return now, refused


SAID = {"exact": lambda wait: wait, "whole seconds": math.ceil, "nothing": lambda wait: None}


@pytest.mark.parametrize("trip", [0.003, 0.02])
@pytest.mark.parametrize("latency", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("burst", [50, 200])
@pytest.mark.parametrize("said", SAID)
def test_nearly_all_that_a_server_allows_is_used_and_little_is_refused(said, burst, latency, trip):
    calls = 2000
    seconds, refused = driven(Bucket(50, burst), calls, latency, SAID[said], trip)
    assert calls / (burst + 50 * (seconds - latency)) >= 0.95
    assert refused / (calls + refused) < 0.05


@pytest.mark.parametrize(("said", "used"), [("exact", 0.97), ("whole seconds", 0.9), ("nothing", 0.97)])
def test_a_bucket_that_runs_over_during_a_wait_is_measured_all_the_same(said, used):
    calls, burst, latency = 2000, 10, 0.1  # each second of waiting loses 40 calls
    seconds, refused = driven(Bucket(50, burst), calls, latency, SAID[said])
    assert calls / (burst + 50 * (seconds - latency)) >= used
    assert refused < 2 * START


@pytest.mark.parametrize("said", SAID)
def test_a_slow_server_refuses_the_first_calls_and_few_others(said):
    calls, latency = 200, 0.1
    seconds, refused = driven(Bucket(5, 5), calls, latency, SAID[said])
    assert calls / (5 + 5 * (seconds - latency)) >= 0.95
    assert refused < START + 10


class Room:
    """A server that works on `most` calls at once, for `seconds` each, and refuses others."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds, self.until = most, seconds, []

    def wait(self, now: float) -> float | None:
        """Return None for a call that there is room for."""
        self.until = [one for one in self.until if one > now]
        if len(self.until) == self.most:
            return 1.0
        self.until.append(now + self.seconds)
        return None


@pytest.mark.parametrize("hold", [1.0, 0.05, None])
@pytest.mark.parametrize("most", [4, 16, 48])
def test_a_server_that_lets_so_many_in_at_once_is_used_by_half_at_least(most, hold):
    calls, latency = 300 * most, 0.1
    seconds, refused = driven(Room(most, 0.8 * latency), calls, latency, lambda wait: hold)
    assert calls * latency / most / seconds >= 0.5
    assert refused / (calls + refused) < 0.05


def test_the_window_doubles_each_round_trip_until_it_is_full():
    window, rounds = ConcurrencyWindow(200), []
    while window.size < window.most:
        rounds.append(int(window.size))
        for _ in range(int(window.size)):
            window.grow()
    assert rounds == [START, 2 * START, 4 * START, 8 * START]


def test_a_crowd_halves_the_window_once_and_it_opens_by_one_a_round_trip():
    window = ConcurrencyWindow(100, size=64)
    window.size = 64.0
    for _ in range(10):
        window.shrink(sent=1.0, now=2.0)
    assert window.size == 32
    for _ in range(32):
        window.grow()
    assert 32.9 < window.size < 33.1
    window.shrink(sent=3.0, now=4.0)
    assert int(window.size) == 16


def test_the_window_never_closes():
    window = ConcurrencyWindow(4)
    for now in range(10):
        window.shrink(sent=now, now=now)
    assert window.size == 1


def test_an_allowance_lets_a_seconds_worth_through_at_once_and_then_so_much_a_minute():
    allowance, sent, now = Allowance(per_minute=120), 0, 0.0
    while now < 60:
        if allowance.delay(now) == 0:
            allowance.take(1, now)
            sent += 1
        now += 0.01
    assert 120 <= sent <= 123


def test_tokens_that_were_not_used_are_given_back():
    allowance = Allowance(per_minute=6000)
    allowance.take(1000, now=0.0)
    assert allowance.delay(0.0) == pytest.approx(9.0)
    allowance.take(-900, now=0.0)
    assert allowance.delay(0.0) == 0.0


def test_nothing_is_sent_while_a_server_asks_to_wait():
    traffic = Traffic(ConcurrencyWindow(8))
    traffic.hold(3.0, now=10.0)
    traffic.hold(1.0, now=10.5)
    assert [traffic.held(now) for now in (10.0, 12.0, 13.0)] == [3.0, 1.0, 0.0]


def test_no_more_is_sent_than_the_headers_say_is_left():
    traffic = Traffic(ConcurrencyWindow(8))
    for _ in range(3):
        traffic.sent(0, now=0.0)
    traffic.told("requests", left=4, reset=6.0, now=0.0)  # two others are in flight and may not be in it
    assert traffic.delay(0.0) == 0.0
    traffic.sent(0, now=0.0)
    traffic.sent(0, now=0.0)
    assert traffic.delay(0.0) == 6.0
    assert traffic.delay(6.0) == 0.0


def test_a_rate_is_measured_between_two_refusals():
    limiter = LearnedRateLimiter()
    for _ in range(10):
        limiter.sent(0.0)
    assert limiter.allowed(0.0) is None
    limiter.refused(sent=0.0, retry_after_s=0.0, now=0.0)
    limiter.sent(0.01)
    assert (limiter.rate, limiter.guessed_rate) == (None, 9)
    for step in range(1, 100):
        limiter.sent(step / 10)
    limiter.refused(sent=9.9, retry_after_s=0.0, now=10.0)
    assert limiter.delay(10.0) > 0
    assert limiter.rate == pytest.approx(9.9)


def test_calls_that_left_before_a_refusal_was_heard_of_are_refused_for_the_same_reason():
    limiter = LearnedRateLimiter()
    for step in range(24):
        limiter.sent(step / 1000)
    for step in range(10, 24):
        limiter.refused(sent=step / 1000, retry_after_s=1.0, now=0.05)
    limiter.delay(1.06)
    assert (limiter.burst_capacity, limiter.guessed_rate) == (10, 10)
