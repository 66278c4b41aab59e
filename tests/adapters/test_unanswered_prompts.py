"""Prompts that a server will not answer: over its context, or held back by a guard. Nothing failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote.errors import of_status
from harness.adapters.remote.refused_prompts import unanswerable
from tests.support.model_server import ModelServer, Reply, answer, event, say, stream, whole
from tests.support.remote import asked, named, request
from tests.support.running import Project, rows

# Who says it, with which status, and how its error body looks.
TOO_LONG = {
    "OpenAI": (400, {"error": {"message": "too many", "code": "context_length_exceeded"}}),
    "OpenAI, Responses": (
        400,
        {"error": {"message": "Your input exceeds the context window of this model."}},
    ),
    "Azure": (400, {"error": {"message": "This model's maximum context length is 8 tokens.", "code": None}}),
    "xAI": (
        400,
        {"code": "Bad", "error": "This model's maximum prompt length is 8 but it contains 9 tokens."},
    ),
    "OpenRouter": (
        400,
        {"error": {"message": "This endpoint's maximum context length is 8 tokens", "code": 400}},
    ),
    "DeepSeek": (
        400,
        {"error": {"message": "This model's maximum context length is 8 tokens", "code": "inv"}},
    ),
    "llama.cpp": (
        400,
        {"error": {"code": 400, "message": "request (9 tokens) exceeds the available context size"}},
    ),
    "llama.cpp, older": (
        500,
        {"error": {"code": 500, "message": "the request exceeds the available context size"}},
    ),
    "SGLang": (
        400,
        {"object": "error", "message": "The input (9 tokens) is longer than the model's context length"},
    ),
    "SGLang, capped": (
        400,
        {"message": "Input length (9 tokens) exceeds the maximum allowed length (8 tokens)."},
    ),
    "TGI": (422, {"error": "Input validation error: `inputs` must have less than 8 tokens. Given: 9"}),
    "TGI, both": (422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8."}),
    "vLLM": (
        400,
        {"object": "error", "message": "This model's maximum context length is 8 tokens.", "code": 400},
    ),
    "vLLM, decoder": (
        400,
        {"message": "The decoder prompt (length 9) is longer than the maximum model length of 8."},
    ),
    "Friendli": (422, {"error": {"message": "The prompt is too long for the model's maximum input length."}}),
    "Mistral": (
        400,
        {"message": "Prompt contains 9 tokens, too large for model with 8 maximum context length"},
    ),
    "Groq": (400, {"error": {"message": "Please reduce the length of the messages or completion."}}),
    "Anthropic by a proxy": (
        400,
        {
            "error": {
                "message": "Provider returned error",
                "metadata": {"raw": "prompt is too long: 9 tokens > 8"},
            }
        },
    ),
    "FastAPI": (400, {"detail": [{"msg": "prompt length exceeds maximum input length"}]}),
}
FILTERED = {
    "OpenAI": (
        400,
        {
            "error": {
                "message": "flagged as potentially violating our usage policy.",
                "code": "invalid_prompt",
            }
        },
    ),
    "OpenAI, pictures": (
        400,
        {"error": {"message": "rejected by our safety system", "code": "moderation_blocked"}},
    ),
    "Azure": (
        400,
        {"error": {"message": "filtered by the content management policy", "code": "content_filter"}},
    ),
    "xAI": (
        403,
        {
            "code": "no permission",
            "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
        },
    ),
    "OpenRouter": (
        403,
        {
            "error": {
                "message": "The model requires moderation and your input was flagged",
                "metadata": {"reasons": ["x"]},
            }
        },
    ),
    "DeepSeek": (400, {"error": {"message": "Content Exists Risk", "code": "invalid_request_error"}}),
    "DashScope": (
        400,
        {
            "error": {
                "message": "Input data may contain inappropriate content.",
                "code": "data_inspection_failed",
            }
        },
    ),
    "Moonshot": (400, {"error": {"message": "The request was rejected because it was considered high risk"}}),
}
# What sounds like it and is something else: the run's own trouble, or a limit of a minute.
OTHERS = {
    "no permission": (403, "You have no permission to use this model", "forbidden"),
    "a wrong key": (401, "invalid api key", "denied"),
    "tokens a minute": (413, "Request too large on tokens per minute (TPM): limit 6000", "bad_request"),
    "a wrong value": (400, "'temperature' should be at most 2", "bad_request"),
    "a break-down": (500, "CUDA error: device-side assert", "server_error"),
    "too many calls": (429, "too many input tokens: slow down", "rate_limited"),
}


def error(status: int, body: dict[str, Any]) -> Reply:
    return whole(json.dumps(body).encode(), status)


def finishes(table: dict[str, tuple[int, dict[str, Any]]]) -> dict[str, tuple[Any, Any, int]]:
    """Return how the adapter takes each service's refusal: the finish, the error, how often it was asked."""
    with ModelServer(script=lambda one: error(*table[one.prompt])) as server:
        found = asked(server.url, *map(request, table))
    return {name: (one.finish, one.error, one.attempts) for name, one in found.items()}


def test_a_prompt_over_the_context_is_unanswered_whoever_says_so():
    assert finishes(TOO_LONG) == dict.fromkeys(TOO_LONG, ("too_long", None, 1))


def test_a_prompt_that_a_guard_holds_back_is_unanswered_whoever_says_so():
    assert finishes(FILTERED) == dict.fromkeys(FILTERED, ("filtered", None, 1))


@pytest.mark.parametrize(("status", "said", "kind"), OTHERS.values(), ids=OTHERS)
def test_what_only_sounds_like_it_stays_a_fault(status, said, kind):
    fault = of_status(status, {}, said)
    assert (fault.kind, fault.finish) == (kind, None)


def test_a_proxy_that_tells_it_within_a_200_is_understood():
    with ModelServer(script=lambda one: whole(json.dumps(TOO_LONG["Azure"][1]).encode())) as server:
        assert asked(server.url)["a"].finish == "too_long"
    with ModelServer(script=lambda one: stream(FILTERED["DeepSeek"][1])) as server:
        assert asked(server.url, stream=True)["a"].finish == "filtered"


@pytest.mark.parametrize(
    ("said", "finish", "kind"),
    [("content_filter", "filtered", None), ("sensitive", "filtered", None), ("error", None, "server_error")],
)
def test_a_reply_that_ends_so_is_no_answer(said, finish, kind, monkeypatch):
    monkeypatch.setattr("harness.adapters.remote.base.PAUSE", 0.001)
    with ModelServer(
        script=lambda one: say("긍", finish=said) if one.prompt == "a" else answer(one)
    ) as server:
        found = asked(server.url, request(), *named(3))["a"]
    assert (found.finish, found.error and found.error.kind) == (finish, kind)


def test_a_reason_is_looked_for_in_the_first_words_only():
    assert unanswerable("x" * 10_000_000 + "content_filter") is None


@pytest.mark.parametrize("refusal", [TOO_LONG["llama.cpp"], FILTERED["xAI"], FILTERED["OpenRouter"]])
def test_one_prompt_that_is_not_answered_ends_no_run(tmp_path, refusal):
    project = Project(tmp_path)
    project.reviews(test=rows(6))

    def script(one: Any) -> Reply:
        return error(*refusal) if "재미있다 3" in one.prompt else answer(one)

    with ModelServer(script=script) as server:
        done = project.harness(
            *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "--no-cache"),
            *("-m", "model=tiny", "-m", f"base_url={server.url}"),
        )
    assert done.returncode == 0, done.stderr
    counts = json.loads((project.only() / "run.json").read_text("utf-8"))["counts"]
    assert (counts["examples"], counts["unanswered"], counts["failed"]) == (6, 1, 0)


def refused(*pieces: str, finish: str, content: str = "") -> Reply:
    """Return a stream of a refusal in a field of its own."""
    deltas = [{"content": content}, *({"refusal": words} for words in pieces)]
    chunks = [{"choices": [{"delta": delta, "finish_reason": None}]} for delta in deltas]
    return stream(
        *chunks, {"choices": [{"delta": {}, "finish_reason": finish}]}, {"choices": [], "usage": None}
    )


@pytest.mark.parametrize("finish", ["stop", "content_filter", "length"])
@pytest.mark.parametrize("content", ["", "긍정은 "])
def test_a_refusal_stays_one_however_its_stream_ends(finish, content):
    with ModelServer(
        script=lambda one: refused("말할 수 ", "없습니다", finish=finish, content=content)
    ) as server:
        found = asked(server.url, stream=True)["a"]
    assert (found.text, found.finish) == (f"{content}말할 수 없습니다", "refused")


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085", "\u2028\u2028"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_sign_that_only_looks_like_the_end_of_a_line_is_text(sign, size):
    text = f"첫 줄{sign}둘째 줄\u00e9\u2026"
    chunks = [{"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}]
    body = b"".join(b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in chunks)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    parts: Reply = [head + b"Content-Length: %d\r\n\r\n" % len(body)]
    for start in range(0, len(body), size):
        parts += [body[start : start + size], 0.0005]
    with ModelServer(script=lambda one: parts) as server:
        assert asked(server.url, stream=True)["a"].text == text


def test_lines_of_a_stream_may_end_in_cr_or_both():
    one = json.dumps({"choices": [{"delta": {"content": "긍정"}, "finish_reason": "stop"}]}).encode()
    for end in (b"\r", b"\r\n"):
        raw = b"data: " + one + end + end
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(raw)
        with ModelServer(script=lambda _, head=head, raw=raw: [head + raw]) as server:
            assert asked(server.url, stream=True)["a"].text == "긍정"


COUNTS = {
    # prompt, completion, reasoning, total: what was written, and how much of it was thought
    "among the reply, as OpenAI counts": ((10, 305, 300, 315), (305, 300)),
    "beside it, as xAI counts": ((10, 5, 300, 315), (305, 300)),
    "beside it and less than it": ((10, 200, 100, 310), (300, 100)),
    "more than the whole reply, no total": ((10, 5, 300, None), (305, 300)),
    "told by the total alone": ((10, 5, None, 315), (305, 300)),
    "none": ((10, 5, None, 15), (5, None)),
    "a total that is too small": ((10, 5, 2, 12), (5, 2)),
    "all of it thought": ((10, 300, 300, 310), (300, 300)),
}


@pytest.mark.parametrize(("told", "written"), COUNTS.values(), ids=COUNTS)
def test_thoughts_are_billed_wherever_they_are_counted(told, written):
    prompt, completion, reasoning, total = told
    details = {} if reasoning is None else {"completion_tokens_details": {"reasoning_tokens": reasoning}}
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, **details}
    reply = "긍정 " * 100  # as long as its tokens: more tokens than bytes are no count
    with ModelServer(script=lambda one: say(reply, usage=counts)) as server:
        found = asked(server.url)["a"].usage
    assert (found.completion_tokens, found.reasoning_tokens) == written


def test_what_was_cached_is_no_thought():
    details = {"prompt_tokens_details": {"cached_tokens": 8}}
    counts = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 23, **details}
    with ModelServer(script=lambda one: say("긍정", usage=counts)) as server:
        assert asked(server.url)["a"].usage.completion_tokens == 5


def test_nothing_read_and_nothing_written_is_no_count():
    counts = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    with ModelServer(script=lambda one: say("긍정", usage=counts)) as server:
        found = asked(server.url)["a"].usage
    assert (found.estimated, found.prompt_tokens, found.completion_tokens) == (True, 1, 2)


def test_gemini_s_stream_keeps_the_signs_as_well():
    pytest.importorskip("aiohttp")
    from harness.adapters.remote.gemini import Gemini
    from harness.schema import Profile
    from tests.support.remote import ask

    candidate = {"content": {"parts": [{"text": "가\u2028나"}]}, "finishReason": "STOP"}
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply: Reply = [head, event({"candidates": [candidate]}), b"0\r\n\r\n"]
    raw = json.dumps({"candidates": [candidate]}, ensure_ascii=False).encode()
    reply[1] = event(raw)
    with ModelServer(script=lambda one: reply) as server:
        base = server.url.removesuffix("/v1")
        settings = {"base_url": base, "api_key_env": None}
        keys: dict[str, Any] = {"chat": True, "choose_by": "extract", "ask": "generate", "stream": True}
        adapter = Gemini(Profile("g", "gemini", model="tiny", settings=settings, **keys))
        found = ask(adapter, [request()])["a"]
        adapter.close()
    assert found.text == "가\u2028나"
