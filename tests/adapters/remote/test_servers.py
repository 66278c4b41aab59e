"""Several servers that are one backend: who is asked, who is left out, and when all are given up."""

from __future__ import annotations

import itertools
import socket
from contextlib import ExitStack

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote import base as concurrent
from harness.adapters.remote import circuit_breaker as liveness
from harness.adapters.remote import servers as several
from harness.adapters.remote.openai import OpenAI
from harness.errors import BadInput, Unavailable
from tests.support.model_server import Asked, ModelServer, Reply, refuse, say
from tests.support.remote import ask, named, profile


def nobody() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def adapter(*urls: str, **settings: object) -> OpenAI:
    return OpenAI(profile("", settings={"base_url": list(urls), **settings}))


@pytest.fixture
def pair():
    with ExitStack() as stack:
        yield [stack.enter_context(ModelServer()) for _ in range(2)]


@pytest.fixture(autouse=True)
def short_rests(monkeypatch):
    monkeypatch.setattr(several, "REST", 0.05)
    monkeypatch.setattr(liveness, "AT_THE_START", 0.2)


class TestWhoIsAsked:
    def test_both_servers_share_the_calls(self, pair):
        one = adapter(*(server.url for server in pair))
        assert len(ask(one, named(60))) == 60
        one.close()
        assert sum(len(server.seen) for server in pair) == 60
        assert min(len(server.seen) for server in pair) >= 20

    def test_a_slow_server_gets_less_than_a_quick_one(self, pair):
        slow, quick = pair
        slow.script = lambda one: say("긍정", after=0.2)
        one = adapter(slow.url, quick.url, concurrency=4)
        assert len(ask(one, named(80))) == 80
        one.close()
        assert len(slow.seen) < len(quick.seen) / 2

    def test_each_has_a_window_of_its_own(self, pair):
        one = adapter(*(server.url for server in pair), concurrency=3)
        ask(one, named(40))
        one.close()
        assert max(server.connections for server in pair) <= 3

    def test_a_rate_that_is_stated_is_that_of_all(self, pair):
        one = adapter(*(server.url for server in pair), requests_per_minute=600)
        first, second = one.servers.all
        assert first.traffic.requests is second.traffic.requests


class TestOneIsSick:
    @pytest.mark.parametrize("kind", [401, 500, 404, 302])
    def test_its_calls_go_to_the_other_and_nobody_fails(self, pair, kind):
        sick, well = pair
        sick.script = lambda one: refuse(kind, message="no")
        one = adapter(sick.url, well.url)
        found = ask(one, named(80))
        one.close()
        assert [response.error for response in found.values()] == [None] * 80
        assert len(sick.seen) < 60

    def test_one_that_is_not_there_costs_nothing_but_a_notice(self, pair, capsys):
        gone = nobody()
        one = adapter(gone, pair[0].url)
        assert all(response.error is None for response in ask(one, named(30)).values())
        one.close()
        assert capsys.readouterr().err.count(f"{gone} is left out and tried again") == 1

    def test_it_is_tried_again_and_answers_again(self, pair, capsys):
        ill = itertools.count()

        def script(asked: Asked) -> Reply:
            return refuse(500, message="starting") if next(ill) < 4 else say("긍정")

        pair[0].script = script
        pair[1].script = lambda asked: say("긍정", after=0.02)
        one = adapter(*(server.url for server in pair), concurrency=8)
        ask(one, named(300))
        one.close()
        assert f"{pair[0].url} answers again" in capsys.readouterr().err

    def test_a_server_that_asks_for_a_long_wait_is_left_alone_meanwhile(self, pair):
        busy, well = pair
        busy.script = lambda one: refuse(429, retry_after=3600)
        one = adapter(busy.url, well.url, concurrency=2)
        assert all(response.error is None for response in ask(one, named(40)).values())
        one.close()
        assert len(busy.seen) <= 2

    def test_a_request_that_no_server_takes_is_its_own_failure(self, pair):
        for server in pair:
            server.script = lambda one: refuse(400, message="too odd") if one.prompt == "e3" else say("긍정")
        one = adapter(*(server.url for server in pair))
        found = ask(one, named(20))
        one.close()
        assert [name for name, response in found.items() if response.error] == ["e3"]


class TestAllAreSick:
    def test_one_line_names_them_and_what_each_said(self, pair):
        pair[0].script = lambda one: refuse(401, message="bad key")
        gone = nobody()
        one = adapter(pair[0].url, gone)
        with pytest.raises(Unavailable) as caught:
            ask(one, named(20))
        one.close()
        said = str(caught.value)
        assert "none of its 2 servers is left" in said
        assert f"{pair[0].url} refuses us: HTTP 401" in said
        assert f"{gone} has not answered for" in said
        assert "\n" not in said

    def test_of_many_three_are_named(self, monkeypatch):
        monkeypatch.setattr(concurrent, "PAUSE", 0.01)
        one = adapter(*(nobody() for _ in range(5)))
        with pytest.raises(Unavailable, match=r"none of its 5 servers is left: .*; 2 more"):
            ask(one, named(5))
        one.close()


class TestOneIdentity:
    def test_it_names_all_servers_in_any_order(self):
        there, back = (
            adapter(*urls) for urls in (("http://b/v1", "http://a/v1/"), ("http://a/v1", "http://b/v1"))
        )
        assert (
            there.identity()
            == back.identity()
            == {
                "endpoint": ["http://a/v1", "http://b/v1"],
                "api": "chat/completions",
            }
        )

    def test_a_list_of_one_is_that_server(self):
        assert adapter("http://a/v1").identity() == OpenAI(profile("http://a/v1")).identity()

    def test_an_address_in_the_list_that_is_none_is_refused(self):
        with pytest.raises(BadInput, match="should be an address such as"):
            adapter("http://a/v1", "ftp://b")
