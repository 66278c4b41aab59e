"""Tools as engines are told of them: JSON Schema, names that servers allow, calls as they come back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.schema import Profile, Request, Tool

LONGEST_NAME = 64  # characters that OpenAI and Gemini let a tool's name have
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
# Types as BFCL and Python call them, in the words of JSON Schema; `any` is any type, and so says nothing.
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": None}


def offers(request: Request, profile: Profile) -> bool:
    """Return whether a server is sent the tools of a request in a form of its own, and not as text."""
    return bool(request.ask == "call" and profile.settings.get("tools_as") != "text" and request.tools)


def sent_names(tools: Sequence[Tool]) -> dict[str, str]:
    """Return tool → the name a server is sent: letters, digits, `_` and `-`, at most 64, no two alike."""
    found: dict[str, str] = {}
    names = [str(tool["name"]) for tool in tools]
    taken = {name for name in names if _allowed(name) == name}
    for name in names:
        sent = _allowed(name)
        if sent != name:
            number = 2
            while sent in taken:
                sent, number = f"{_allowed(name)[: LONGEST_NAME - 4]}_{number}", number + 1
            taken.add(sent)
        found[name] = sent
    return found


def _allowed(name: str) -> str:
    return _FOREIGN.sub("_", name)[:LONGEST_NAME] or "_"


def renamed(tools: Sequence[Tool]) -> dict[str, str]:
    """Return the name sent → the tool's own, of those tools that go under another name."""
    return {sent: name for name, sent in sent_names(tools).items() if sent != name}


def declared(tools: Sequence[Tool], names: Mapping[str, str] = {}) -> list[dict[str, Any]]:
    """Return each tool's name (by `names`), description and parameters in JSON Schema."""
    return [
        {
            "name": names.get(tool["name"], tool["name"]),
            "description": str(tool.get("description") or ""),
            "parameters": schema(tool.get("parameters") or {"type": "object", "properties": {}}),
        }
        for tool in tools
    ]


def schema(described: Any) -> Any:
    """Return a description of parameters in JSON Schema: `dict float tuple any` are no types there."""
    if isinstance(described, list):
        return [schema(one) for one in described]
    if not isinstance(described, Mapping):
        return described
    kind = described.get("type")
    found: dict[str, Any] = {}
    for key, value in described.items():
        if key == "properties" and isinstance(value, Mapping):
            found[key] = {name: schema(one) for name, one in value.items()}
        elif key in ("default", "enum", "const", "example", "examples", "required"):
            found[key] = value
        elif key == "type" and isinstance(value, str):
            if (word := _TYPES.get(value, value)) is not None:
                found[key] = word
        else:
            found[key] = schema(value)
    if kind in ("tuple", "array"):
        found.setdefault("items", {})  # which OpenAI and Gemini want to see
    return found


def call(name: Any, arguments: Any) -> dict[str, Any]:
    """Return a call as a server wrote it; arguments that are no JSON object stay what they are, as text."""
    if isinstance(arguments, str):
        try:
            found = json.loads(arguments or "{}")
        except ValueError:
            found = arguments
        arguments = found if isinstance(found, dict) else arguments
    elif arguments is None:
        arguments = {}
    return {"name": str(name), "arguments": arguments if isinstance(arguments, dict) else str(arguments)}


def sent_talk(talk: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return messages whose calls and results go by the names that a server is sent."""
    return [_sent(message, names) for message in talk]


def _sent(message: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    found = dict(message)
    if "name" in found:
        found["name"] = names.get(found["name"]) or _allowed(found["name"])
    if found.get("tool_calls"):
        found["tool_calls"] = [
            {
                **one,
                "function": {
                    **one["function"],
                    "name": names.get(one["function"]["name"]) or _allowed(one["function"]["name"]),
                },
            }
            for one in found["tool_calls"]
        ]
    return found
