"""Many calls in flight: what is sent when, what is tried again, and how it ends."""

from __future__ import annotations

import asyncio
import email.utils
import itertools
import signal
import socket
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote import base as concurrent
from harness.adapters.remote import circuit_breaker as liveness
from harness.adapters.remote import errors as faults
from harness.adapters.remote.openai import OpenAI
from harness.adapters.remote.rate_limits import START
from harness.errors import Unavailable
from harness.schema import Request
from tests.support.model_server import CLOSE, Asked, ModelServer, Reply, answer, echo, refuse, say
from tests.support.remote import OPTIONS, ask, asked, named, profile, request


def adapter(url: str, **keys: object) -> OpenAI:
    return OpenAI(profile(url, **keys))


def unbound_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class TestInFlight:
    def test_no_more_calls_are_in_flight_than_asked_and_all_are_answered(self):
        most, now = 0, 0

        def script(one: Asked) -> Reply:
            nonlocal most, now
            now += 1
            most = max(most, now)
            return [0.02, *ended(), *say("긍정")]

        def ended() -> Iterator[bytes]:
            nonlocal now
            now -= 1
            yield b""

        with ModelServer(script=script) as server:
            assert len(asked(server.url, *named(100), settings={"concurrency": 7})) == 100
        assert server.connections <= 7
        assert most <= 7

    def test_the_command_line_s_concurrency_goes_before_the_profile_s(self):
        one = adapter("http://127.0.0.1:9/v1", settings={"concurrency": 7}, concurrency=3)
        assert one.servers.all[0].traffic.window.most == 3

    def test_connections_are_used_again(self):
        with ModelServer() as server:
            asked(server.url, *named(200), settings={"concurrency": 8})
        assert len(server.seen) == 200
        assert server.connections <= 8

    def test_a_connection_that_was_closed_while_nobody_looked_costs_no_try(self):
        def source() -> Iterator[Request]:
            yield request("a")
            time.sleep(0.1)  # the loop stands still, as it does while an answer is judged
            yield request("b")

        with ModelServer(script=lambda one: [*say("긍정"), 0.02, CLOSE]) as server:
            one = adapter(server.url, concurrency=1)
            found = ask(one, source())
            one.close()
        assert found["b"].attempts == 1

    def test_nothing_that_a_server_left_here_is_sent_back(self):
        def script(one: Asked) -> Reply:
            return [step.replace(b"\r\n", b"\r\nSet-Cookie: who=1\r\n", 1) for step in say("긍정") if step]

        with ModelServer(script=script) as server:
            asked(server.url, *named(3), concurrency=1)
        assert not any("cookie" in one.headers for one in server.seen)

    def test_a_request_is_pulled_only_when_there_is_room_for_it(self):
        pulled = []

        def source() -> Iterator[Request]:
            for one in named(20):
                pulled.append(one)
                yield one

        with ModelServer() as server:
            one = adapter(server.url, concurrency=2)
            answers = one.answer(source())
            next(answers)
            assert len(pulled) <= 4
            answers.close()
            one.close()

    def test_calls_that_ended_together_are_followed_one_by_one(self):
        with ModelServer(script=lambda one: say("긍정", after=0.1)) as server:
            one = adapter(server.url, concurrency=4)
            for _ in one.answer(named(8)):
                time.sleep(0.05)  # an answer is judged
            one.close()
        later = sorted(asked.at for asked in server.seen)[4:]
        assert all(after - before > 0.04 for before, after in itertools.pairwise(later))

    def test_a_source_that_has_nothing_now_is_asked_again_after_a_completion(self):
        with ModelServer() as server:
            one = adapter(server.url)
            either = (one for wanted in named(40) for one in (None, wanted, None))
            assert len(ask(one, either)) == 40
            assert len(ask(one, named(3, "later"))) == 3  # the connections are kept for the next source
            one.close()
        assert server.connections <= START

    def test_a_second_ctrl_c_ends_at_once(self, monkeypatch):
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            with ModelServer(script=lambda one: [600.0]) as server:
                one = adapter(server.url)
                one.prepare()
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                with pytest.raises(KeyboardInterrupt):
                    ask(one, named(5))
                one.close()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert not one._running

    def test_it_works_where_another_loop_is_turning(self):
        async def notebook() -> int:
            with ModelServer() as server:
                return len(asked(server.url, *named(5)))

        assert asyncio.run(notebook()) == 5


class TestWaiting:
    def test_a_stated_wait_is_kept_to_by_all_and_nothing_is_sent_for_nothing(self):
        def script(one: Asked) -> Reply:
            return refuse(429, Retry_After="0.1") if one.number <= 4 else answer(one)

        with ModelServer(script=script) as server:
            found = asked(server.url, *named(20))
        assert len(server.seen) == 100
        assert {one.attempts for one in found.values()} == {5}
        rounds = sorted(one.at for one in server.seen)[::20]
        assert all(late - early >= 0.1 for early, late in itertools.pairwise(rounds))

    def test_the_time_held_back_is_told_apart_from_the_server_s(self):
        def script(one: Asked) -> Reply:
            return refuse(429, Retry_After=1) if one.number == 1 else say("긍정", after=0.05)

        with ModelServer(script=script) as server:
            timing = asked(server.url)["a"].timing
        assert timing.wait >= 1
        assert timing.e2e >= 0.05
        assert timing.e2e < timing.wait
        assert timing.queue < 1

    def test_a_wait_may_be_said_as_a_date_or_in_milliseconds(self):
        soon = email.utils.formatdate(time.time() + 30, usegmt=True)
        assert 25 < faults.retry_after({"retry-after": soon}) <= 30
        assert faults.retry_after({"retry-after-ms": "20", "retry-after": "1"}) == 0.02
        assert faults.retry_after({"retry-after": "soon"}) is None

    @pytest.mark.parametrize(
        ("reset", "seconds"),
        [("6m0s", 360), ("120ms", 0.12), ("1.5", 1.5), ("1h2m", 3720), ("tomorrow", None)],
    )
    def test_a_reset_may_be_said_in_several_ways(self, reset, seconds):
        headers = {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": reset}
        found = list(faults.quotas(headers))
        assert found == ([] if seconds is None else [("requests", 3.0, pytest.approx(seconds))])

    def test_a_wait_of_an_hour_ends_the_run_and_says_so(self):
        server = ModelServer(script=lambda one: refuse(429, Retry_After=3600))
        with server, pytest.raises(Unavailable, match="wait 3600 s"):
            asked(server.url)

    def test_limits_are_settings_and_none_by_default(self):
        limits = {"requests_per_minute": 240, "tokens_per_minute": 9000}
        told = adapter("http://127.0.0.1:9/v1", settings=limits).servers.all[0].traffic
        assert (told.requests.per_minute, told.tokens.per_minute) == (240, 9000)
        assert adapter("http://127.0.0.1:9/v1").servers.all[0].traffic.requests is None

    def test_each_request_of_a_comparison_counts_against_the_limit(self):
        settings = {"requests_per_minute": 60, "api": "completions"}
        with ModelServer(script=echo) as server:
            one = adapter(server.url, settings=settings, ask="choose", choose_by="logprobs", chat=False)
            ask(one, [request(ask="choose", options=OPTIONS)])
            ahead = one.servers.all[0].traffic.requests.free_at - time.monotonic()
            one.close()
        assert len(server.seen) == 3  # the prompt, and each option after it
        assert 2 < ahead <= 3

    def test_what_the_server_counted_replaces_what_was_expected_of_the_tokens(self):
        with ModelServer() as server:
            one = adapter(server.url, settings={"tokens_per_minute": 60_000})
            ask(one, [request(decoding={"max_tokens": 5000})])
            ahead = one.servers.all[0].traffic.tokens.free_at - time.monotonic()
            one.close()
        assert ahead < 1  # 12 tokens, not 5,000, which are 5 seconds' worth

    def test_pauses_between_tries_are_drawn_from_the_seed_and_capped(self, monkeypatch):
        pauses = []

        async def wait(_adapter: object, seconds: float, _news: object) -> None:
            pauses.append(seconds)

        monkeypatch.setattr(concurrent.Concurrent, "_wait", wait)
        with ModelServer(script=lambda one: refuse(500)) as server:
            asked(server.url)
            asked(server.url)
        assert len(pauses) == 8
        assert pauses[:4] == pauses[4:]
        assert all(pause <= 0.5 * 2**n for n, pause in enumerate(pauses[:4]))


class TestEnding:
    def test_a_source_that_breaks_costs_nothing_that_is_in_flight(self):
        def source() -> Iterator[Request]:
            yield from named(6)
            raise RuntimeError("a row that cannot be read")

        with ModelServer(script=lambda one: say("긍정", after=0.1)) as server:
            one = adapter(server.url, concurrency=4)
            answers, found = one.answer(source()), []
            with pytest.raises(RuntimeError, match="cannot be read"):
                found.extend(answers)
            one.close()
        assert 4 <= len(server.seen) == len([answer for answer in found if not answer.error])

    def test_what_waits_for_its_turn_is_dropped_and_what_is_on_the_wire_is_answered(self):
        with ModelServer(script=lambda one: say("긍정", after=0.3)) as server:
            one = adapter(server.url, settings={"requests_per_minute": 60})
            before = signal.signal(signal.SIGALRM, lambda *_: one.drain())
            one.prepare()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            found = ask(one, named(20))
            signal.signal(signal.SIGALRM, before)
            one.close()
        errors = [response.error.kind for response in found.values() if response.error]
        assert set(errors) == {"dropped"}
        assert len(found) - len(errors) == len(server.seen) < 20


class TestGivingUp:
    def test_an_endpoint_that_is_not_there_is_given_up_soon(self, monkeypatch):
        monkeypatch.setattr(liveness, "AT_THE_START", 0.2)
        with pytest.raises(Unavailable, match=r"the server has not answered for .* cannot connect"):
            asked(f"http://127.0.0.1:{unbound_port()}/v1", *named(30))

    def test_an_endpoint_that_goes_away_is_given_up_and_what_it_answered_is_kept(self):
        with ModelServer() as server:
            one = adapter(server.url, concurrency=2)
            one.servers.all[0].liveness.patience = 0.3
            answers = one.answer(named(50))
            kept = [next(answers) for _ in range(5)]
        with pytest.raises(Unavailable, match="has not answered for"):
            kept += list(answers)
        one.close()
        assert 5 <= len(kept) < 50

    def test_an_endpoint_that_says_nothing_is_given_up(self):
        with ModelServer(script=lambda one: [60.0]) as server:
            one = adapter(server.url)
            one.servers.all[0].liveness.patience = 0.5
            with pytest.raises(Unavailable, match=r"has not answered for .*timeout=SECONDS"):
                ask(one, named(5))
            one.close()

    def test_an_endpoint_that_never_answers_anybody_is_given_up(self, monkeypatch):
        monkeypatch.setattr(concurrent, "PAUSE", 0.001)
        said = "has answered nothing at all: HTTP 502: bad gateway"
        server = ModelServer(script=lambda one: refuse(502, message="bad gateway"))
        with server, pytest.raises(Unavailable, match=said):
            asked(server.url, *named(30))

    def test_a_server_that_is_slow_for_all_but_answers_is_not_given_up(self):
        with ModelServer(script=lambda one: say("긍정", after=0.2)) as server:
            one = adapter(server.url, concurrency=1)
            one.servers.all[0].liveness.patience = 0.7
            assert len(ask(one, named(8))) == 8
            one.close()
