"""Through which proxy a server is asked, and what is sent there."""

from __future__ import annotations

import base64

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote import base as concurrent
from harness.adapters.remote.openai import OpenAI
from harness.adapters.remote.proxies import proxy_for
from harness.errors import BadInput, Unavailable
from tests.support.model_server import ModelServer, refuse
from tests.support.remote import asked, profile

ELSEWHERE = "http://models.invalid/v1"  # nobody has this name (RFC 6761)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_server_is_asked_through_the_proxy_of_the_environment(monkeypatch):
    with ModelServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1").replace("//", "//me:secret@"))
        assert asked(ELSEWHERE)["a"].text
    (seen,) = proxy.seen
    assert (seen.path, seen.headers["host"]) == (f"{ELSEWHERE}/chat/completions", "models.invalid")
    assert seen.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'me:secret').decode()}"


def test_no_proxy_names_what_is_asked_directly(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1,.inside.invalid")
    with ModelServer() as server:
        assert asked(server.url)["a"].text
    assert proxy_for("http://a.inside.invalid/v1") is None
    assert proxy_for("http://elsewhere.invalid/v1") == "http://127.0.0.1:9"


def test_a_secure_server_s_proxy_is_another_and_one_is_for_all(monkeypatch):
    monkeypatch.setenv("https_proxy", "proxy.invalid:3128")
    monkeypatch.setenv("all_proxy", "http://all.invalid:1")
    assert proxy_for("https://h/v1") == "http://proxy.invalid:3128"
    assert proxy_for("http://h/v1") == "http://all.invalid:1"


def test_a_proxy_that_is_not_spoken_is_refused_and_its_password_not_shown(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://me:hunter22@127.0.0.1:1080")
    with pytest.raises(BadInput, match="socks5 one, and only http") as caught:
        OpenAI(profile(ELSEWHERE)).prepare()
    assert "hunter22" not in str(caught.value)


def test_a_proxy_that_lets_nobody_through_ends_the_run(monkeypatch):
    monkeypatch.setattr(concurrent, "PAUSE", 0.001)
    with ModelServer(script=lambda one: refuse(407)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.removesuffix("/v1"))
        with pytest.raises(Unavailable, match="refuses us: the proxy: HTTP 407"):
            asked("https://models.invalid/v1")
