"""What the services' own clients send and read: our bodies, headers and errors are those."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("openai")

import openai

from harness.adapters.remote import base as concurrent
from harness.adapters.remote.error_bodies import message_of
from harness.adapters.remote.gemini import Gemini
from harness.errors import Unavailable
from harness.schema import IMAGE, Parts, Profile, Request
from tests.support.model_server import Asked, ModelServer, Reply, piece, refuse, say, stream, usage, whole
from tests.support.remote import OPTIONS, ask, asked, request

KEY = "sk-planted-1234567890"
CALLS: dict[str, Callable[[Any], Any]] = {
    "chat": lambda client: client.chat.completions.create,
    "responses": lambda client: client.responses.create,
    "completions": lambda client: client.completions.create,
}
DONE = {
    "chat": {"choices": [{"message": {"content": "긍정"}, "finish_reason": "stop"}]},
    "responses": {
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "긍정"}]}],
    },
    "completions": {"choices": [{"text": "긍정", "finish_reason": "stop"}]},
}


def by_openai(url: str, call: Callable[[Any], Awaitable[Any]]) -> Any:
    """Return what a call of OpenAI's client comes to."""

    async def asks() -> Any:
        async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
            return await call(client)

    return asyncio.run(asks())


@pytest.fixture
def key(monkeypatch) -> str:
    """Return the name of a variable that holds a key."""
    monkeypatch.setenv("MY_KEY", KEY)
    return "MY_KEY"


@pytest.mark.parametrize("api", CALLS)
def test_openai_s_client_sends_the_same_body_to_the_same_place_under_the_same_key(api, key):
    wanted = request(text="긍정?\u2028\ud7a3", decoding={"max_tokens": 9, "temperature": 0.5})
    with ModelServer(script=lambda one: whole(json.dumps(DONE[api]).encode())) as server:
        assert asked(server.url, wanted, settings={"api": api, "api_key_env": key})["a"].text == "긍정"
        by_openai(server.url, lambda client: CALLS[api](client)(**server.seen[0].body))
    ours, theirs = server.seen
    assert (ours.path, ours.body) == (theirs.path, theirs.body)
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.headers["content-type"] == theirs.headers["content-type"]


BODIES = {
    "an error": {"error": {"message": "안 됩니다", "code": "invalid_value"}},
    "its words alone": {"error": "busy"},
    "a detail": {"detail": [{"loc": ["body"], "msg": "field required"}]},
    "a message": {"object": "error", "message": "no such thing", "code": 40},
    "a list": ["no"],
    "nothing": None,
    "an upstream's": {"error": {"message": "Provider error", "metadata": {"raw": "too busy"}}},
}


@pytest.mark.parametrize("status", [400, 409, 422, 500])
@pytest.mark.parametrize("body", BODIES)
def test_an_error_is_read_as_openai_s_client_reads_it(status, body, monkeypatch):
    monkeypatch.setattr(concurrent, "PAUSE", 0.0)
    reply = whole(json.dumps(BODIES[body]).encode(), status)
    with ModelServer(script=lambda one: reply) as server:
        ours = asked(server.url)["a"].error.message
        with pytest.raises(openai.APIStatusError) as caught:
            by_openai(server.url, lambda client: CALLS["chat"](client)(model="tiny", messages=[]))
    said = message_of(caught.value.body or caught.value.response.text)
    assert ours == f"HTTP {caught.value.status_code}: {said}"


def test_a_page_for_an_error_is_shown_as_text():
    page = whole(b"<html>\n Bad <b>gateway</b></html>", 400, kind="text/html")
    with ModelServer(script=lambda one: page) as server:
        assert asked(server.url)["a"].error.message == "HTTP 400: <html> Bad <b>gateway</b></html>"


def test_an_error_s_body_that_cannot_be_read_leaves_its_status():
    packed = whole(b"\x1f\x8b", 400, Content_Encoding="gzip")
    with ModelServer(script=lambda one: packed) as server:
        assert asked(server.url)["a"].error.message.startswith("HTTP 400: the reply is compressed")


def test_a_stream_is_cut_into_the_events_that_openai_s_client_sees():
    pieces = ["긍", "정 ", "\n", "줄", "끝"]
    end = {"choices": [], "usage": usage(7, 5)}

    def script(one: Asked) -> Reply:
        sent = stream(*map(piece, pieces), piece(None, "stop"), end)
        return [part.replace(b"\n\n", b"\r\n\r\n") if isinstance(part, bytes) else part for part in sent]

    async def heard(client: Any) -> str:
        body = {"model": "tiny", "messages": [], "stream": True}
        chunks = [chunk async for chunk in await CALLS["chat"](client)(**body)]
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

    with ModelServer(script=lambda one: fitting(script(one))) as server:
        ours = asked(server.url, stream=True)["a"]
        assert ours.text == by_openai(server.url, heard) == "".join(pieces)
    assert ours.usage.prompt_tokens == 7


def fitting(reply: Reply) -> Reply:
    """Return a chunked reply whose chunks are as long as they say, whatever was put into them."""
    head, *parts = reply
    bodies = [part.split(b"\r\n", 1)[1].removesuffix(b"\r\n") for part in parts if isinstance(part, bytes)]
    return [head, *[b"%x\r\n%s\r\n" % (len(body), body) for body in bodies if body], b"0\r\n\r\n"]


def test_a_sign_that_ends_a_line_elsewhere_is_text_within_an_event():
    said = "가\u2028나\u0085다\u2029라"
    with ModelServer(script=lambda one: stream(piece(said), piece(None, "stop"))) as server:
        assert asked(server.url, stream=True)["a"].text == said


def test_half_a_surrogate_in_a_prompt_is_sent_as_json_spells_it():
    with ModelServer(script=lambda one: say("긍정")) as server:
        assert asked(server.url, request(text="가\ud83d"))["a"].text
    assert b"\\ud83d" in server.seen[0].raw


class TestGemini:
    @pytest.fixture(autouse=True)
    def _client(self):
        pytest.importorskip("google.genai")

    def both(self, script: Any, one: Request, call: Callable[[Any], Awaitable[Any]], **keys: Any) -> Any:
        """Return what we send, and what Google's client does."""
        from google import genai

        async def asks(url: str) -> Any:
            options = {"base_url": url, "api_version": "v1beta"}
            client = genai.Client(api_key=KEY, vertexai=False, http_options=options)
            return await call(client.aio.models)

        with ModelServer(script=script) as server:
            url = server.url.removesuffix("/v1")
            settings = {"base_url": url, "api_key_env": "MY_KEY", **keys.pop("settings", {})}
            usual = {"chat": True, "choose_by": "structured", "ask": "generate", "shots_as": "turns"}
            adapter = Gemini(Profile("gem", "gemini", model="gem", settings=settings, **{**usual, **keys}))
            try:
                ask(adapter, [one])
            finally:
                adapter.close()
            asyncio.run(asks(url))
        return server.seen

    @pytest.mark.parametrize("streams", [False, True])
    def test_google_s_client_sends_the_same(self, key, tmp_path, streams):
        (tmp_path / "a.png").write_bytes(PIXEL)
        parts = Parts("q2", system="s", turns=(("q1", "a1"),))
        one = request(fields={IMAGE: str(tmp_path / "a.png")}, decoding=DECODING)
        wanted = Request(one.example, lambda: parts, decoding=one.decoding, ask="choose", options=OPTIONS)
        done = {"candidates": [{"content": {"parts": [{"text": "긍정"}]}, "finishReason": "STOP"}]}

        async def call(models: Any) -> None:
            schema = {
                "type": "object",
                "properties": {"answer": {"type": "string", "enum": ["부정", "긍정"]}},
                "required": ["answer"],
                "additionalProperties": False,
            }
            config = {
                **{"max_output_tokens": 5, "temperature": 0, "top_k": 3, "top_p": 0.5},
                **{"presence_penalty": 0.1, "frequency_penalty": 0.2},
                **{"thinking_config": {"thinking_budget": 0}, "system_instruction": "s"},
                **{"response_mime_type": "application/json", "response_json_schema": schema},
            }
            image = {"inline_data": {"mime_type": "image/png", "data": PIXEL}}
            turns = [
                ("user", [{"text": "q1"}]),
                ("model", [{"text": "a1"}]),
                ("user", [image, {"text": "q2"}]),
            ]
            contents = [{"role": role, "parts": said} for role, said in turns]
            if streams:
                async for _ in await models.generate_content_stream(
                    model="gem", contents=contents, config=config
                ):
                    pass
            else:
                await models.generate_content(model="gem", contents=contents, config=config)

        reply = stream(done, done=False) if streams else whole(json.dumps(done).encode())
        settings = {"thinking_budget": 0}
        ours, theirs = self.both(
            lambda one: reply, wanted, call, settings=settings, ask="choose", stream=streams
        )
        assert ours.path == theirs.path
        assert ours.body == camel(theirs.body)
        assert ours.headers["x-goog-api-key"] == theirs.headers["x-goog-api-key"] == KEY

    def test_sentences_to_embed_are_sent_as_google_s_client_sends_them(self, key):
        done = {"embeddings": [{"values": [1.0, 2.0]}, {"values": [2.0, 1.0]}]}
        wanted = request(fields={"sentence1": "가", "sentence2": "나"})

        async def call(models: Any) -> None:
            config = {"output_dimensionality": 2}
            await models.embed_content(model="gem", contents=["가", "나"], config=config)

        script = lambda one: whole(json.dumps(done).encode())  # noqa: E731
        ours, theirs = self.both(script, wanted, call, settings={"dimensions": 2}, ask="embed")
        assert (ours.path, ours.body) == (theirs.path, theirs.body)


def camel(body: Any) -> Any:
    """Return a body with its names in camel case; protocol buffers' JSON knows both spellings as one."""
    if isinstance(body, list):
        return [camel(one) for one in body]
    if not isinstance(body, dict):
        return body
    return {re.sub("_([a-z])", lambda at: at[1].upper(), name): camel(one) for name, one in body.items()}


DECODING = {
    **{"max_tokens": 5, "temperature": 0, "top_k": 3, "top_p": 0.5, "stop": ("\n",)},
    **{"presence_penalty": 0.1, "frequency_penalty": 0.2},
}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def test_a_server_that_refuses_everybody_ends_the_run_in_the_error_s_words():
    with (
        ModelServer(script=lambda one: refuse(401, "invalid_api_key")) as server,
        pytest.raises(Unavailable, match="HTTP 401: invalid_api_key: no"),
    ):
        asked(server.url)
