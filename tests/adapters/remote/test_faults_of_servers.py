"""What comes of each thing that a server can do wrong: the table, and a storm of them all."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote import base as concurrent
from harness.adapters.remote.base import Try
from harness.adapters.remote.openai import OpenAI
from harness.adapters.remote.rate_limits import START
from harness.errors import Unavailable
from harness.schema import Response
from tests.support.certificates import certified
from tests.support.model_server import (
    CLOSE,
    GARBLE,
    RESET,
    Asked,
    ModelServer,
    Reply,
    answer,
    chunk,
    event,
    piece,
    refuse,
    say,
    stream,
    usage,
    whole,
)
from tests.support.remote import ask, asked, named, profile, request

MEGABYTE = b" " * 2**20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    """Pause hardly at all between tries: how long is the benchmark's."""
    monkeypatch.setattr(concurrent, "PAUSE", 0.01)
    monkeypatch.setattr(concurrent, "LONGEST_PAUSE", 0.05)


def filled(**changes: Any) -> Reply:
    return say("긍정", **changes)


def slow() -> Reply:
    return [HEAD % 1000, b"{", 600.0, b"}"]


def as_text(reply: Reply) -> Reply:
    return [part.replace(b"application/json", b"text/plain") for part in reply if isinstance(part, bytes)]


def endless(count: int) -> Reply:
    return [HEAD % (count * len(MEGABYTE)), *[MEGABYTE] * count]


def unannounced(count: int) -> Reply:
    return [STREAM, *[chunk(b": " + MEGABYTE + b"\n")] * count, b"0\r\n\r\n"]


# The fault, what comes of it (a finish, or a failure's kind), and how often it is tried.
Faults = dict[str, tuple[Callable[[], Reply], str, int]]
WHOLE: Faults = {
    "429": (lambda: refuse(429, Retry_After=0.01), "rate_limited", 12),
    "500": (lambda: refuse(500), "server_error", 5),
    "503": (lambda: refuse(503, Retry_After=0.01), "overloaded", 8),
    "400": (lambda: refuse(400, "invalid_value"), "bad_request", 1),
    "too long a prompt": (lambda: refuse(400, "context_length_exceeded"), "too_long", 1),
    "a filtered prompt": (lambda: refuse(400, "content_filter"), "filtered", 1),
    "reset": (lambda: [RESET], "connection", 5),
    "hung up in the head": (lambda: [b"HTTP/1.1 200 OK\r\nContent-", CLOSE], "connection", 5),
    "hung up in the body": (lambda: [HEAD % 1000, b'{"choices": [', CLOSE], "connection", 5),
    "truncated JSON": (lambda: whole(b'{"choices": [{"mess'), "malformed", 3),
    "another JSON": (lambda: whole(b'{"result": "ok"}'), "malformed", 3),
    "a JSON list": (lambda: whole(b"[1, 2]"), "malformed", 3),
    "empty choices": (lambda: filled(choices=[]), "malformed", 3),
    "null choices": (lambda: filled(choices=None), "malformed", 3),
    "an error within 200": (lambda: filled(error={"message": "backend is gone"}), "server_error", 5),
    "HTML": (lambda: whole(b"<html>welcome</html>", kind="text/html"), "malformed", 3),
    "40 MB, announced": (lambda: endless(40), "too_large", 1),
    "another host": (lambda: refuse(307, Location="http://127.0.0.1:9/v1"), "redirected", 1),
    "length": (lambda: say("긍", finish="length"), "length", 1),
    "content_filter": (lambda: say("", finish="content_filter"), "filtered", 1),
    "no content": (lambda: say(None), "stop", 1),
    "wrong content type": (
        lambda: whole(filled()[1].partition(b"\r\n\r\n")[2], kind="text/plain"),
        "stop",
        1,
    ),
    "NaN usage": (lambda: filled(usage=usage(float("nan"), -3)), "stop", 1),
    "null details": (lambda: filled(usage=usage(prompt_tokens_details=None)), "stop", 1),
    "no usage": (lambda: filled(usage=None), "stop", 1),
}
STREAMED: Faults = {
    "cut off": (lambda: [STREAM, event(piece("긍정")), b"0\r\n\r\n"], "malformed", 3),
    "hung up": (lambda: [STREAM, event(piece("긍")), CLOSE], "connection", 5),
    "broken event": (lambda: stream(piece("긍"), b'{"choices": ['), "malformed", 3),
    "error event": (lambda: stream({"error": {"message": "no room"}}), "server_error", 5),
    "endless": (lambda: unannounced(40), "too_large", 1),
    "duplicated end": (lambda: stream(piece("긍정"), *[piece(None, "stop")] * 2, *[END] * 2), "stop", 1),
    "no [DONE]": (lambda: stream(piece("긍정"), piece(None, "stop"), done=False), "stop", 1),
    "not streamed": (lambda: say("긍정"), "stop", 1),
}
END = {"choices": [], "usage": usage(7, 3)}
TLS: Faults = {
    "a record that nobody can decrypt": (lambda: [GARBLE], "connection", 5),
    "the same, in the body": (lambda: [HEAD % 1000, b'{"choices": [', GARBLE], "connection", 5),
    "hung up": (lambda: [HEAD % 1000, b'{"choices": [', CLOSE], "connection", 5),
}


def came_to(response: Response) -> str | None:
    return response.error.kind if response.error else response.finish


def table(faults: Faults, tls: tuple[Path, Path] | None = None, **keys: Any) -> dict[str, tuple[Any, int]]:
    """Return what came of each fault, with as many requests beside that are answered."""

    def script(one: Asked) -> Reply:
        return faults[one.prompt][0]() if one.prompt in faults else answer(one)

    names = [name for number, fault in enumerate(faults) for name in (fault, str(number))]
    with ModelServer(script=script, tls=tls) as server:
        found = asked(server.url, *map(request, names), settings={"timeout": 60.0, "concurrency": 16}, **keys)
    assert sorted(found) == sorted(names)
    assert {came_to(found[name]) for name in names if name not in faults} == {"stop"}
    return {name: (came_to(found[name]), found[name].attempts) for name in faults}


def test_every_fault_of_a_whole_reply_comes_to_what_the_table_says():
    assert table(WHOLE) == {name: (end, tries) for name, (_, end, tries) in WHOLE.items()}


def test_every_fault_of_a_stream_comes_to_what_the_table_says():
    assert table(STREAMED, stream=True) == {name: (end, tries) for name, (_, end, tries) in STREAMED.items()}


@pytest.fixture
def trusted(tmp_path, monkeypatch) -> tuple[Path, Path]:
    """Return a certificate and its key that this test trusts."""
    made = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made[0]))
    return made


def test_every_fault_of_tls_comes_to_what_the_table_says(trusted):
    assert table(TLS, trusted) == {name: (end, tries) for name, (_, end, tries) in TLS.items()}


def test_a_body_that_does_not_end_is_a_timeout():
    with ModelServer(script=lambda one: slow() if one.prompt == "a" else answer(one)) as server:
        found = asked(server.url, request(), *named(5), settings={"timeout": 0.5})
    assert (came_to(found["a"]), found["a"].attempts) == ("timeout", 3)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_storm_loses_no_request_and_answers_none_twice(secure, request):
    draw = random.Random(7)
    named_faults = WHOLE | TLS if secure else WHOLE
    faults = [make for make, *_ in named_faults.values()] + [slow]

    def script(one: Asked) -> Reply:
        return draw.choice(faults)() if draw.random() < 0.3 else answer(one)

    with ModelServer(script=script, tls=request.getfixturevalue("trusted") if secure else None) as server:
        adapter = OpenAI(profile(server.url, settings={"timeout": 2.0, "concurrency": 32}))
        found = ask(adapter, named(300))
        adapter.close()
    kinds = {end for _, end, _ in named_faults.values()} | {"timeout"}
    assert set(found) == {f"e{number}" for number in range(300)}
    assert {came_to(one) for one in found.values()} <= kinds
    assert Counter(map(came_to, found.values()))["stop"] >= 240
    assert max(one.attempts for one in found.values()) <= 12
    assert len(server.seen) <= sum(one.attempts for one in found.values())


def test_tokens_that_cannot_be_true_are_unknown_and_estimated():
    with ModelServer(script=lambda one: filled(usage=usage(float("nan"), -3))) as server:
        told = asked(server.url)["a"].usage
    assert (told.estimated, told.prompt_tokens, told.completion_tokens) == (True, 1, 2)


@pytest.mark.parametrize(
    ("counted", "believed"),
    [
        (usage(10, 2), True),
        (usage(10, 30, completion_tokens_details={"reasoning_tokens": 29}), True),
        (usage(10, 60), True),  # thoughts that nobody shows: as many were allowed
        (usage(10, 65), False),
        (usage(0, 2), False),
        (usage(10, 0), False),
        (usage(500, 2), False),
    ],
)
def test_what_can_be_no_count_is_counted_here(counted, believed):
    with ModelServer(script=lambda one: filled(usage=counted)) as server:
        told = asked(server.url, request(decoding={"max_tokens": 64}))["a"].usage
    assert told.estimated is not believed


def test_a_stream_ends_with_done_though_the_connection_stays_open():
    # What comes behind it is nobody's, and its end may never come.
    script = [*stream(piece("긍정"), piece(None, "stop"), END)[:-1], 30.0, event(piece("부정"))]
    with ModelServer(script=lambda one: script) as server:
        found = asked(server.url, stream=True)["a"]
    assert (found.text, found.attempts, found.usage.prompt_tokens) == ("긍정", 1, 7)
    assert found.timing.e2e < 10


@pytest.mark.parametrize("ends", [[30.0], [CLOSE]], ids=["late", "broken off"])
def test_an_answer_whose_end_and_tokens_are_known_is_whole(ends):
    script = [*stream(piece("긍정"), piece(None, "stop"), END, done=False)[:-1], *ends]
    with ModelServer(script=lambda one: script) as server:
        found = asked(server.url, stream=True, settings={"timeout": 1.0})["a"]
    assert (found.text, found.finish, found.attempts) == ("긍정", "stop", 1)
    assert found.timing.e2e < 1.0  # to the last token, not to the time-out


def test_the_connection_of_a_stream_is_used_again():
    script = stream(piece("긍정"), piece(None, "stop"), END)
    with ModelServer(script=lambda one: script) as server:
        asked(server.url, *named(30), stream=True, concurrency=1)
    assert server.connections == 1


def test_a_huge_reply_is_not_read_to_its_end():
    with ModelServer(script=lambda one: [HEAD % 2**40, *[MEGABYTE, 0.01] * 500]) as server:
        assert asked(server.url)["a"].error.message == "a reply of 1,048,576 MiB"
        deadline = time.monotonic() + 10
        while not server.hung_up and time.monotonic() < deadline:
            time.sleep(0.01)  # it writes on until it sees that nobody reads
    assert server.hung_up


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "invalid_api_key", "refuses us"),
        (403, None, "refuses us"),
        (404, "model_not_found", "has no such model or address"),
        (429, "insufficient_quota", "wants to be paid first"),
    ],
)
def test_what_no_other_request_would_get_ends_the_run_at_once(status, code, said):
    with ModelServer(script=lambda one: refuse(status, code)) as server:
        with pytest.raises(Unavailable, match=said):
            asked(server.url, *named(50))
        assert len(server.seen) <= START


def test_one_bad_text_does_not_fail_those_that_were_sent_with_it():
    def script(one: Asked) -> Reply:
        texts = one.body["input"]
        if "나쁨 1" in texts:
            return refuse(400, "invalid_value")
        rows = [{"index": n, "embedding": [1.0, float(len(text))]} for n, text in enumerate(texts)]
        return whole(json.dumps({"data": rows, "usage": {"prompt_tokens": 64}}).encode())

    pairs = [
        request(f"e{n}", fields={"sentence1": f"가 {n}", "sentence2": f"{'나쁨' if n == 1 else '나'} {n}"})
        for n in range(8)
    ]
    with ModelServer(script=script) as server:
        found = asked(server.url, *pairs, ask="embed")
    assert [name for name, one in sorted(found.items()) if one.error] == ["e1"]


def test_a_call_that_breaks_the_adapter_is_told():
    class Broken(OpenAI):
        async def call(self, requests, this: Try):
            raise RuntimeError("a bug")

    adapter = Broken(profile("http://127.0.0.1:9/v1"))
    with pytest.raises(RuntimeError, match="a bug"):
        list(adapter.answer([request()]))
    adapter.close()
