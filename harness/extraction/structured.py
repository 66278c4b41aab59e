"""Structures in a reply: the JSON with prose around it, and the table, in Markdown, CSV or JSON."""

from __future__ import annotations

import csv
import json
import re
from typing import Any

from harness.extraction.code_blocks import blocks

_BEGIN = re.compile(r"[{\[]")
_RULE = re.compile(r"^\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?$")
_CELL = re.compile(r"(?<!\\)\|")
_JSON, _TABLES = ("", "json", "json5", "jsonc"), {"csv": ",", "tsv": "\t"}
LONGEST = 200_000  # characters of a reply that are looked through

Cells = list[list[str]]


def json_value(reply: str) -> Any:
    """Return the JSON of a reply: the last block that is JSON, else the largest object or list in its text.

    Raises:
        ValueError: there is none.
    """
    for block in reversed(blocks(reply)):
        if block.language in _JSON:
            try:
                return json.loads(block.text)
            except (ValueError, RecursionError):
                continue
    found = _outermost(reply[:LONGEST])
    if not found:
        raise ValueError("no JSON")
    return max(reversed(found), key=lambda one: one[1])[0]  # of equals the last


def _outermost(text: str) -> list[tuple[Any, int]]:
    """Return the objects and lists of a text that lie in no other, each with its length."""
    found, start, decoder, misses = [], 0, json.JSONDecoder(), 0
    while (begin := _BEGIN.search(text, start)) is not None and misses < 200:
        try:
            value, end = decoder.raw_decode(text, begin.start())
            found.append((value, end - begin.start()))
            start = end
        except (ValueError, RecursionError):
            start, misses = begin.end(), misses + 1
    return found


def table(reply: str) -> Cells | None:
    """Return the table of a reply, its header first: the last in Markdown, a block of CSV, a list in JSON.

    None where there is none. A row shorter than the header is filled up with empty cells, a longer one cut.
    """
    found = _markdown(reply) or _delimited(reply) or _of_json(reply)
    if not found:
        return None
    width = len(found[0])
    return [[*row, *[""] * (width - len(row))][:width] for row in found]


def _markdown(reply: str) -> Cells | None:
    lines = [line.strip() for line in reply.split("\n")]
    rules = [
        place for place, line in enumerate(lines) if place and _RULE.match(line) and "|" in lines[place - 1]
    ]
    if not rules:
        return None
    place = rules[-1]
    rows = [lines[place - 1]]
    for line in lines[place + 1 :]:
        if "|" not in line:
            break
        rows.append(line)
    return [_cells(row) for row in rows]


def _cells(row: str) -> list[str]:
    inner = row.removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    return [cell.strip().strip("*_`").replace("\\|", "|") for cell in _CELL.split(inner)]


def _delimited(reply: str) -> Cells | None:
    for block in reversed(blocks(reply)):
        if block.language in _TABLES:
            rows = csv.reader(block.text.strip().split("\n"), delimiter=_TABLES[block.language])
            return [[cell.strip() for cell in row] for row in rows if row]
    return None


def _of_json(reply: str) -> Cells | None:
    """Return the table that a list of objects is, or an object whose one list is that."""
    try:
        value = json_value(reply)
    except ValueError:
        return None
    if isinstance(value, dict):
        value = next((one for one in value.values() if isinstance(one, list)), None)
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        return None
    header = list(dict.fromkeys(name for one in value for name in one))
    return [list(map(str, header)), *([_text(one.get(name)) for name in header] for one in value)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def written(value: Any) -> str:
    """Return a value as JSON in one line, which is a prediction: half a surrogate pair is a question mark."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8")
