"""Tools offered and called: what a server is sent in its own form, what is read of its replies, and kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.model_server import Asked, ModelServer, Reply, piece, say, stream, usage, whole
from tests.support.running import records_of

TASK = """\
version: 1
description: A reservation, asked for in a test
language: ko
data:
  format: jsonl
  files: {test: booking.jsonl}
fields: {id: id, question: q, tools: tools, target: "{{ row.due | tojson }}"}
ask: call
tools: tools
templates:
  plain: {query: "{{ question }}", system: "당신은 예약 담당자입니다."}
decoding: {max_tokens: 64, temperature: 0}
metrics: [bfcl_accuracy, unanswered]
"""
BOOK = {
    "name": "room.book",
    "description": "방을 잡는다",
    "parameters": {
        "type": "dict",
        "properties": {
            "hour": {"type": "integer"},
            "size": {"type": "float"},
            "note": {"type": "any"},
            "pair": {"type": "tuple", "items": {"type": "string"}},
        },
        "required": ["hour"],
    },
}
DUE = {"functions": [BOOK], "category": "simple", "answers": [{"room.book": {"hour": [3], "size": [""]}}]}
MADE = [{"name": "room.book", "arguments": {"hour": 3}}]


def function(name: str = "room_book", arguments: str = '{"hour": 3}') -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


def called(*calls: dict[str, Any], text: str | None = None) -> Reply:
    message = {"role": "assistant", "content": text, "tool_calls": list(calls)}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = {"choices": [choice], "model": "tiny", "usage": usage(40, 12)}
    return whole(json.dumps(body).encode())


def streamed(*arguments: str) -> Reply:
    head = {"index": 0, "id": "c1", "function": {"name": "room_book", "arguments": ""}}
    parts = [head, *({"index": 0, "function": {"arguments": one}} for one in arguments)]
    pieces = [piece(None, choices=[{"index": 0, "delta": {"tool_calls": [one]}}]) for one in parts]
    return stream(*pieces, piece(None, "tool_calls"), {"choices": [], "usage": usage(40, 12)})


@pytest.fixture
def project(shell, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    shell.write("tasks/booking.yaml", TASK)
    row = {"id": "a", "q": "세 시에 방을 잡아 줘.", "tools": [BOOK], "due": DUE}
    shell.write("tasks/booking.jsonl", json.dumps(row, ensure_ascii=False) + "\n")
    return shell


def ran(
    project: Any, reply: Reply, *more: object, backend: str = "local_server"
) -> tuple[dict[str, Any], Asked]:
    """Return the record of the one example, and what the server saw."""
    with ModelServer(script=lambda asked: reply) as server:
        done = project(
            *("run", "-t", "booking", "-b", backend, "-q", "-m", "model=tiny", "-m", "chat=true"),
            *("-m", f"base_url={server.url}", *more),
        )
    assert done.code == 0, done.err
    runs = (project.home / "runs" / "booking").glob("*/*")
    (record,) = records_of(max(runs, key=lambda one: one.stat().st_mtime_ns))
    return record, server.seen[0]


def prediction(record: dict[str, Any]) -> Any:
    return json.loads(record["prediction"])


FENCED = '네, 잡겠습니다.\n```json\n[{"name": "room.book", "arguments": {"hour": 3}}]\n```'
TWO_BLOCKS = f"예를 들면\n```python\nx = 1\n```\n{FENCED}"


@pytest.mark.parametrize(
    "reply",
    [
        called(function()),
        called(function(), text="잡겠습니다."),
        called({**function(), "function": {"name": "room_book", "arguments": {"hour": 3}}}),
        say(FENCED),
        say('알겠습니다. {"name": "room.book", "arguments": {"hour": 3}} 로 하겠습니다.'),
        say(TWO_BLOCKS),
        say('<tool_call>{"name": "room_book", "arguments": {"hour": 3}}</tool_call>'),
        say("[room_book(hour=3)]"),
    ],
    ids=["tool_calls", "and_text", "object", "fenced", "prose", "two_blocks", "marked", "python"],
)
def test_a_call_is_read_in_whatever_form_the_model_wrote_it(project, reply):
    record, _ = ran(project, reply, "--no-latency", "--no-cache")
    assert prediction(record) == MADE
    assert record["scores"]["bfcl_accuracy"] == [1.0]


def test_a_streamed_call_is_put_together_from_its_pieces(project):
    record, asked = ran(project, streamed('{"ho', 'ur": 3}'), "--no-cache")
    assert asked.body["stream"] is True
    assert record["response"]["calls"] == [{"name": "room_book", "arguments": {"hour": 3}}]
    assert prediction(record) == MADE
    assert record["response"]["timing_s"]["ttft"] is not None


def test_a_server_is_sent_tools_in_its_form_under_names_and_types_that_it_knows(project):
    record, asked = ran(project, called(function()), "--no-latency", "--no-cache")
    (tool,) = asked.body["tools"]
    assert tool["function"]["name"] == "room_book"
    assert record["response"]["renamed"] == {"room_book": "room.book"}
    parameters = tool["function"]["parameters"]
    assert parameters["type"] == "object"
    assert parameters["properties"] == {
        "hour": {"type": "integer"},
        "size": {"type": "number"},
        "note": {},
        "pair": {"type": "array", "items": {"type": "string"}},
    }
    assert asked.body["messages"][0] == {"role": "system", "content": "당신은 예약 담당자입니다."}


def test_tools_as_text_are_offered_in_a_stated_format(project):
    record, asked = ran(project, say(FENCED), "--no-latency", "--no-cache", "-m", "tools_as=text")
    system = asked.body["messages"][0]["content"]
    assert "tools" not in asked.body
    assert '"room.book"' in system
    assert '[{"name": "함수_이름", "arguments": {"인자": "값"}}]' in system
    assert prediction(record) == MADE


def test_words_are_no_call_and_arguments_that_are_no_json_are_a_wrong_one(project):
    record, _ = ran(project, say("몇 시로 할까요?"), "--no-latency", "--no-cache")
    assert prediction(record) == []
    record, _ = ran(project, called(function(arguments='{"hour": ')), "--no-latency", "--no-cache", "--fresh")
    assert prediction(record) == [{"name": "room.book", "arguments": '{"hour": '}]
    assert record["scores"]["bfcl_accuracy"] == [0.0]


def test_a_kept_call_is_handed_out_again_rescored_and_shown(project):
    with ModelServer(script=lambda asked: called(function())) as server:
        said = [
            *("run", "-t", "booking", "-b", "local_server", "-q", "-m", "model=tiny", "-m", "chat=true"),
            *("-m", f"base_url={server.url}", "--no-latency", "--fresh"),
        ]
        assert [project(*said).code for _ in range(2)] == [0, 0]
    assert len(server.seen) == 1
    first, again = sorted((project.home / "runs" / "booking").glob("*/*"))
    assert project("rescore", again).code == 0
    (one,), (other,) = records_of(first), records_of(again)
    assert other["response"]["cached"]
    for key in ("request", "prediction", "scores"):
        assert other[key] == one[key]
    assert [tool["name"] for tool in other["request"]["tools"]] == ["room.book"]
    assert project("compare", first, again).code == 0
    assert project("gate", "--baseline", first, again).code == 0
    assert project("report", again, "--out", "site").code == 0


def test_recorded_calls_are_replayed(project):
    row = {"id": "a", "made": [{"function": {"name": "room.book", "arguments": '{"hour": 3}'}}]}
    project.write("made.jsonl", json.dumps(row))
    done = project(
        "run", "-t", "booking", "-b", "recorded", "-q", "-m", "file=made.jsonl", "-m", "calls=made"
    )
    assert done.code == 0, done.err
    (record,) = records_of(next((project.home / "runs" / "booking").glob("*/*")))
    assert prediction(record) == MADE


def test_a_system_that_calls_nothing_is_refused_before_any_work(project):
    done = project("run", "-t", "booking", "-b", "ngrams")
    assert done.code == 2
    assert "cannot 'call'; adapters that can:" in done.err


TALK = [
    {"role": "system", "content": "존댓말을 쓰세요."},
    {"role": "user", "content": "방을 잡아 줘."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "room.book", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "name": "room.book", "content": "hour가 없음"},
]


@pytest.fixture
def talk(project):
    project.write(
        "tasks/booking.yaml",
        TASK.replace("question: q,", "messages: q,").replace(
            'templates:\n  plain: {query: "{{ question }}", system: "당신은 예약 담당자입니다."}',
            "messages: messages",
        ),
    )
    row = {"id": "a", "q": TALK, "tools": [BOOK], "due": DUE}
    project.write("tasks/booking.jsonl", json.dumps(row, ensure_ascii=False) + "\n")
    return project


def test_a_conversation_with_calls_is_sent_as_the_server_has_them(talk):
    _, asked = ran(talk, called(function()), "--no-latency", "--no-cache")
    system, _, made, result = asked.body["messages"]
    assert system["content"] == "존댓말을 쓰세요."
    assert made["tool_calls"][0]["function"]["name"] == "room_book"
    assert result == {"role": "tool", "tool_call_id": "c1", "name": "room_book", "content": "hour가 없음"}


def test_as_text_its_calls_and_results_are_words_and_turns_alternate(talk):
    _, asked = ran(talk, say(FENCED), "--no-latency", "--no-cache", "-m", "tools_as=text")
    assert [one["role"] for one in asked.body["messages"]] == ["system", "user", "assistant", "user"]
    _, _, made, result = asked.body["messages"]
    assert made["content"] == '[{"name": "room.book", "arguments": {}}]'
    assert result["content"] == "room.book 함수의 결과: hour가 없음"


def test_the_responses_api_has_calls_as_items(talk):
    item = {"type": "function_call", "call_id": "c2", "name": "room_book", "arguments": '{"hour": 3}'}
    reply = whole(json.dumps({"status": "completed", "output": [item], "model": "tiny"}).encode())
    record, asked = ran(talk, reply, "--no-latency", "--no-cache", "-m", "api=responses")
    assert prediction(record) == MADE
    kinds = [one.get("type", one.get("role")) for one in asked.body["input"]]
    assert kinds == ["system", "user", "function_call", "function_call_output"]
    assert asked.body["tools"][0]["name"] == "room_book"


def test_gemini_has_calls_as_parts(talk):
    part = {"functionCall": {"name": "room_book", "args": {"hour": 3}}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    with ModelServer(script=lambda asked: whole(json.dumps({"candidates": [candidate]}).encode())) as server:
        done = talk(
            *("run", "-t", "booking", "-b", "gemini_2_5_flash", "-q", "--no-latency", "--no-cache"),
            *("-m", f"base_url={server.url.removesuffix('/v1')}", "-m", "api_key_env="),
        )
    assert done.code == 0, done.err
    (record,) = records_of(next((talk.home / "runs" / "booking").glob("*/*")))
    assert prediction(record) == MADE
    body = server.seen[0].body
    (declaration,) = body["tools"][0]["functionDeclarations"]
    assert declaration["name"] == "room_book"
    assert declaration["parametersJsonSchema"]["type"] == "object"
    _, made, result = body["contents"]
    assert made["parts"][0]["functionCall"]["name"] == "room_book"
    assert result["parts"][0]["functionResponse"]["response"] == {"result": "hour가 없음"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tools: tools\n", ""), "'call' needs 'tools'"),
        (("tools: tools\n", "tools: tool\n"), "'tools' names no field of the task: 'tool'"),
        (("ask: call", "ask: generate"), "'tools' is about calls of tools"),
        (("tools: tools\n", "tools: [{title: x}]\n"), "each tool needs a 'name'"),
        (("metrics:", "shots: {k: 2, from: test}\nmetrics:"), "'call' has no shots"),
    ],
)
def test_a_task_whose_tools_make_no_sense_is_told_at_its_line(project, change, message):
    project.write("tasks/booking.yaml", TASK.replace(*change))
    done = project("check", "tasks/booking.yaml")
    assert done.code == 2
    assert message in done.err + done.out
