"""Tools and conversations with calls as a prompt says them in text, in a stated format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.errors import BadInput
from harness.extraction.structured import written
from harness.schema import Message, Tool

# What a model reads that takes no tools in a form of its own: the functions, and how a call is written.
_OFFERS = {
    "en": (
        "You may call these functions, one a line:\n{tools}\n"
        "Answer with the calls and nothing else, as a JSON list in the order in which they are to be made:\n"
        '[{{"name": "function_name", "arguments": {{"argument": "value"}}}}]\n{else_}'
    ),
    "ko": (
        "다음 함수를 호출할 수 있습니다. 한 줄에 하나씩입니다.\n{tools}\n"
        "함수를 호출할 때는 다른 말 없이 호출만 순서대로 JSON 목록으로 쓰세요.\n"
        '[{{"name": "함수_이름", "arguments": {{"인자": "값"}}}}]\n{else_}'
    ),
}
_NONE = {
    "en": "Where no function fits the request, answer with an empty list: []",
    "ko": "요청에 맞는 함수가 없으면 빈 목록으로 답하세요: []",
}
_TALK = {
    "en": "Where no call is to be made, answer in words.",
    "ko": "호출할 것이 없으면 말로 답하세요.",
}
_RESULT = {"en": "Result of {name}: {content}", "ko": "{name} 함수의 결과: {content}"}


def offered(given: Any, where: str) -> tuple[Tool, ...]:
    """Return tools as the harness keeps them: name, description, parameters; OpenAI's wrapping is taken off.

    `given` is a list of objects, or JSON text of one.

    Raises:
        BadInput: it is anything else, or two tools have one name; `where` says where that is.
    """
    found = _list(given, where, "tools")
    tools = []
    for one in found:
        inner = one["function"] if isinstance(one.get("function"), dict) else one
        if not isinstance(inner.get("name"), str):
            raise BadInput(f"{where}: each tool needs a 'name': {str(one)[:60]}")
        tools.append(inner)
    return tuple({tool["name"]: tool for tool in reversed(tools)}.values())[::-1]


def talk(given: Any, where: str) -> tuple[dict[str, Any], ...]:
    """Return a conversation as OpenAI writes it, given as a list of messages or JSON text of one.

    Raises:
        BadInput: it is anything else, is empty, or ends with what a model itself has said.
    """
    found = _list(given, where, "messages")
    if not found or any(one.get("role") not in ("system", "user", "assistant", "tool") for one in found):
        raise BadInput(f"{where}: messages need a 'role': system, user, assistant or tool")
    if found[-1]["role"] not in ("user", "tool"):
        raise BadInput(f"{where}: the last message should be a user's or a tool's, not {found[-1]['role']}")
    return tuple({"content": None, **one} for one in found)


def _list(given: Any, where: str, what: str) -> list[dict[str, Any]]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadInput(f"{where}: {what} should be a list of objects, or JSON of one")
    return given


def in_words(tools: Sequence[Tool], language: str | None, *, answers: bool) -> str:
    """Return the text that offers tools; `answers` says that a reply in words is one, too."""
    spoken = "ko" if language == "ko" else "en"
    lines = "\n".join(written(dict(tool)) for tool in tools)
    return _OFFERS[spoken].format(tools=f"{lines}\n", else_=(_TALK if answers else _NONE)[spoken])


def told(messages: Iterable[Mapping[str, Any]], language: str | None) -> tuple[Message, ...]:
    """Return a conversation as plain messages: calls as they are to be written, results as a user's words.

    Messages of one role that follow each other become one, as chat templates want them to take turns.
    """
    result = _RESULT["ko" if language == "ko" else "en"]
    said: list[Message] = []
    for message in messages:
        role, content = str(message["role"]), str(message.get("content") or "")
        if role == "tool":
            role, content = "user", result.format(name=message.get("name") or "", content=content)
        elif message.get("tool_calls"):
            content = "\n".join(filter(None, (content, written(_calls(message["tool_calls"])))))
        if said and said[-1]["role"] == role:
            said[-1] = {"role": role, "content": f"{said[-1]['content']}\n{content}"}
        else:
            said.append({"role": role, "content": content})
    return tuple(said)


def _calls(made: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": one["function"]["name"], "arguments": _object(one["function"].get("arguments"))}
        for one in made
    ]


def _object(arguments: Any) -> Any:
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments or {}
    except ValueError:
        return arguments
