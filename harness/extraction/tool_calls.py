"""The calls in a reply: JSON with name and arguments, the marks of chat templates, or Python's own words."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from harness.extraction.code_blocks import blocks
from harness.extraction.structured import json_value, written

# What models were taught to write around a call: Hermes and Qwen; Mistral.
_MARKED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)|\[TOOL_CALLS\]\s*(\[.*\])", re.DOTALL)
_NAMES, _ARGUMENTS = ("name", "function", "tool"), ("arguments", "parameters", "args", "input")
_CALL = re.compile(r"\[?\s*[A-Za-z_][\w.]*\s*\(")
LONGEST = 50_000  # characters that are read as Python

Found = list[dict[str, Any]]


def calls(reply: str) -> str | None:
    """Return the calls of a reply as JSON, `[{"name": …, "arguments": {…}}]`; `[]` where it makes none.

    None of an empty reply: it says nothing, not that no function fits.
    """
    if not reply.strip():
        return None
    marked = [first or second for first, second in _MARKED.findall(reply)]
    found = [one for text in marked for one in _of_text(text)] if marked else _of_text(reply)
    return written(found)


def _of_text(text: str) -> Found:
    try:
        found = _of_json(json_value(text))
    except ValueError:
        found = []
    return found or _of_python(text)


def _of_json(value: Any) -> Found:
    """Return the calls that JSON is: one, a list of them, or OpenAI's message."""
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
        value = value["tool_calls"]
    several = value if isinstance(value, list) else [value]
    found = []
    for one in several:
        inner = one.get("function") if isinstance(one, dict) else None
        told = inner if isinstance(inner, dict) else one
        call = _call(told) if isinstance(told, dict) else None
        if call is not None:
            found.append(call)
    return found


def _call(given: dict[str, Any]) -> dict[str, Any] | None:
    name = next((given[key] for key in _NAMES if isinstance(given.get(key), str)), None)
    arguments: Any = next((given[key] for key in _ARGUMENTS if key in given), {})
    if isinstance(arguments, str):  # as OpenAI writes them
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    if name is None or not isinstance(arguments, dict):
        return None
    return {"name": name, "arguments": arguments}


def _of_python(reply: str) -> Found:
    """Return the calls that a reply writes as Python: `[f(a=1), g.h(b="x")]`; nothing is run."""
    texts = [block.text for block in blocks(reply)] or [reply]
    for text in texts:
        begin = _CALL.search(text[:LONGEST])
        if begin is None:
            continue
        try:
            tree = ast.parse(text[begin.start() : LONGEST].strip(), mode="eval").body
            nodes = tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]
            return [_of_node(node) for node in nodes]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return []


def _of_node(node: ast.expr) -> dict[str, Any]:
    if not isinstance(node, ast.Call) or node.args or any(one.arg is None for one in node.keywords):
        raise ValueError("no call by names")
    arguments = {str(one.arg): _plain(ast.literal_eval(one.value)) for one in node.keywords}
    return {"name": ast.unparse(node.func), "arguments": arguments}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a tuple is a list.

    Raises:
        ValueError: JSON has no such value.
    """
    return json.loads(json.dumps(value, default=_no_value))


def _no_value(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    raise ValueError("no value of JSON")
