"""Requests to a model server, asked of an adapter directly: for what a run would only hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.adapters.remote.base import Concurrent
from harness.adapters.remote.openai import OpenAI
from harness.schema import Decoding, Example, Option, Parts, Profile, Request, Response

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))


def profile(url: str, *, settings: Mapping[str, Any] | None = None, **keys: Any) -> Profile:
    """Return a profile of the model `tiny` at `url`."""
    usual: dict[str, Any] = {"chat": True, "choose_by": "extract", "ask": "generate"}
    given = {"base_url": url, **(settings or {})}
    return Profile("server", "openai", model="tiny", settings=given, **{**usual, **keys})


def request(name: str = "a", text: str | None = None, *, decoding: Any = None, **keys: Any) -> Request:
    """Return a request whose prompt is `text`, else its name."""
    parts = Parts(name if text is None else text)
    fields = keys.pop("fields", {"input": parts.query})
    return Request(Example(name, fields), lambda: parts, decoding=Decoding(**(decoding or {})), **keys)


def ask(adapter: Concurrent, requests: Iterable[Request | None]) -> dict[str, Response]:
    """Return the answer to each request by its name; each must have just one."""
    found: dict[str, Response] = {}
    for response in adapter.answer(requests):
        assert response.key[0] not in found
        found[response.key[0]] = response
    return found


def asked(url: str, *requests: Request, **keys: Any) -> dict[str, Response]:
    """Return the answers of the openai adapter, opened and closed for them."""
    adapter = OpenAI(profile(url, **keys))
    try:
        return ask(adapter, requests or [request()])
    finally:
        adapter.close()


def named(count: int, prefix: str = "e") -> Iterator[Request]:
    """Yield so many requests."""
    return (request(f"{prefix}{number}") for number in range(count))
