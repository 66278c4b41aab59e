"""What is sent to Gemini, and what is read of its replies."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote import base as concurrent
from harness.adapters.remote.gemini import Gemini
from harness.errors import BadInput, Unavailable
from harness.schema import Decoding, Example, Parts, Profile, Request, Response
from tests.support.model_server import Asked, ModelServer, Reply, stream, whole
from tests.support.remote import OPTIONS, ask, named, request


def reply(*parts: Any, finish: str | None = "STOP", **changes: Any) -> dict[str, Any]:
    """Return a reply of `generateContent`."""
    said = [part if isinstance(part, dict) else {"text": part} for part in parts]
    candidate = {"content": {"role": "model", "parts": said}, **({"finishReason": finish} if finish else {})}
    counts = {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 5}
    return {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "gem-001", **changes}


def told(*parts: Any, **changes: Any) -> Reply:
    return whole(json.dumps(reply(*parts, **changes)).encode())


def refused(status: int, message: str, **details: Any) -> Reply:
    error = {"error": {"code": status, "message": message, "status": "X", **details}}
    return whole(json.dumps(error).encode(), status)


def adapter(url: str, *, settings: Any = None, **keys: Any) -> Gemini:
    given = {"base_url": url.removesuffix("/v1"), **(settings or {})}
    usual = {"chat": True, "choose_by": "structured", "ask": "generate"}
    return Gemini(Profile("gem", "gemini", model="gem", settings=given, **{**usual, **keys}))


def asked(script: Any, *requests: Request, **keys: Any) -> tuple[dict[str, Response], list[Asked]]:
    with ModelServer(script=script) as server:
        one = adapter(server.url, **keys)
        try:
            return ask(one, requests or [request()]), server.seen
        finally:
            one.close()


class TestWhatIsSent:
    def test_turns_roles_decoding_and_thinking(self):
        parts = Parts("q2", system="s", turns=(("q1", "a1"),))
        decoding = Decoding(max_tokens=5, temperature=0, stop=("\n",), top_k=3)
        wanted = Request(Example("a", {}), lambda: parts, decoding=decoding)
        settings = {"thinking_budget": 0, "reasoning_headroom": 10}
        _, (seen,) = asked(lambda one: told("긍정"), wanted, settings=settings, shots_as="turns")
        assert seen.path == "/v1beta/models/gem:generateContent"
        assert [turn["role"] for turn in seen.body["contents"]] == ["user", "model", "user"]
        assert seen.body["systemInstruction"]["parts"] == [{"text": "s"}]
        config = seen.body["generationConfig"]
        assert (config["maxOutputTokens"], config["temperature"], config["topK"]) == (15, 0, 3)
        assert "stopSequences" not in config
        assert list(config["thinkingConfig"].values()) == [0]

    def test_options_become_a_schema_and_the_reply_one_of_them(self):
        wanted = request(ask="choose", options=OPTIONS)
        found, (seen,) = asked(lambda one: told('{"answer": "긍정"}'), wanted, ask="choose")
        schema = seen.body["generationConfig"]["responseJsonSchema"]
        assert schema["properties"]["answer"]["enum"] == ["부정", "긍정"]
        assert found["a"].text == "긍정"

    def test_a_schema_of_the_task_is_asked_for_where_the_profile_is_structured(self):
        wanted = Request(Example("a", {}), lambda: Parts("q"), json_schema={"type": "object"})
        for choose_by, expected in (("structured", {"type": "object"}), ("extract", None)):
            _, (seen,) = asked(lambda one: told("{}"), wanted, choose_by=choose_by)
            assert seen.body.get("generationConfig", {}).get("responseJsonSchema") == expected

    def test_a_key_goes_to_the_named_host_and_nothing_of_the_environment_does(self, monkeypatch):
        monkeypatch.setenv("GOOGLE_API_KEY", "planted-google")
        monkeypatch.setenv("GEMINI_API_KEY", "planted-gemini")
        monkeypatch.setenv("MY_KEY", "mine-1234567")
        _, (seen,) = asked(lambda one: told("긍정"))
        assert "x-goog-api-key" not in seen.headers
        assert "planted" not in str(seen)
        _, (seen,) = asked(lambda one: told("긍정"), settings={"api_key_env": "MY_KEY"})
        assert seen.headers["x-goog-api-key"] == "mine-1234567"

    def test_log_probabilities_are_refused(self):
        with pytest.raises(BadInput, match="tells no log-probabilities"):
            adapter("http://h", ask="choose", choose_by="logprobs")


class TestWhatIsRead:
    def test_text_without_thoughts_and_tokens_with_them(self):
        found, _ = asked(lambda one: told({"text": "음", "thought": True}, "긍", "정"))
        said = found["a"]
        assert (said.text, said.finish, said.served) == ("긍정", "stop", "gem-001")
        assert (said.usage.completion_tokens, said.usage.reasoning_tokens) == (7, 5)

    @pytest.mark.parametrize("why", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"])
    def test_what_is_held_back_is_filtered(self, why):
        assert asked(lambda one: told(finish=why))[0]["a"].finish == "filtered"

    def test_so_is_a_prompt_that_is_blocked(self):
        blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}
        said = asked(lambda one: whole(json.dumps(blocked).encode()))[0]["a"]
        assert (said.finish, said.error) == ("filtered", None)

    def test_a_stream_is_put_together_and_timed_from_its_first_text(self):
        thought, first = reply({"text": "음", "thought": True}, finish=None), reply("긍", finish=None)
        said = asked(lambda one: stream(thought, 0.1, first, 0.1, reply("정"), done=False), stream=True)[0][
            "a"
        ]
        assert (said.text, said.usage.prompt_tokens) == ("긍정", 9)
        assert 0.1 <= said.timing.ttft < said.timing.e2e

    def test_embeddings_come_many_at_a_time(self):
        def script(one: Asked) -> Reply:
            texts = [wanted["content"]["parts"][0]["text"] for wanted in one.body["requests"]]
            rows = [{"values": [len(text), 1.0]} for text in texts]
            return whole(json.dumps({"embeddings": rows}).encode())

        wanted = request(fields={"sentence1": "가", "sentence2": "가나"})
        found, seen = asked(script, wanted, ask="embed")
        assert found["a"].value == pytest.approx(3 / math.sqrt(2 * 5))
        assert (found["a"].usage.estimated, len(seen)) == (True, 1)


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("bad", "kind", "tries"),
        [
            (whole(b"<html>", kind="text/html"), "malformed", 3),
            (whole(b"{}"), "malformed", 3),
            (refused(500, "internal"), "server_error", 5),
            (refused(400, "Invalid value"), "bad_request", 1),
        ],
    )
    def test_a_fault_is_tried_again_by_its_kind(self, bad, kind, tries, monkeypatch):
        monkeypatch.setattr(concurrent, "PAUSE", 0.001)
        script = lambda one: bad if one.prompt == "a" else told("긍정")  # noqa: E731
        found, _ = asked(script, *named(4), request())
        assert (found["a"].error.kind, found["a"].attempts) == (kind, tries)
        assert {one.finish for name, one in found.items() if name != "a"} == {"stop"}

    def test_the_wait_that_a_refusal_names_is_kept_to(self):
        details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.2s"}]

        def script(one: Asked) -> Reply:
            return refused(429, "quota", details=details) if one.number == 1 else told("긍정")

        said = asked(script)[0]["a"]
        assert said.attempts == 2
        assert said.timing.wait >= 0.2

    @pytest.mark.parametrize(
        ("status", "message"), [(400, "API key not valid. Please pass a valid API key."), (403, "no")]
    )
    def test_a_bad_key_ends_the_run(self, status, message):
        with pytest.raises(Unavailable, match="refuses us"):
            asked(lambda one: refused(status, message))

    def test_too_long_a_prompt_is_unanswered(self):
        message = "The input token count (2000000) exceeds the maximum number of tokens allowed (1048575)."
        said = asked(lambda one: refused(400, message))[0]["a"]
        assert (said.finish, said.error) == ("too_long", None)
