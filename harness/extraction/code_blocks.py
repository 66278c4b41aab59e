"""The code in a reply: a chat's right fenced block, else the text, cut where a completion goes on too far."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<blanks>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
# What begins another piece of text than the function that was to be completed: Codex' stops, and chat's.
_STOP = re.compile(r"^(?:class\b|(?:async )?def\b|@|#|if\b|print\(|from\b|import\b|assert\b|```|<)")
_FIRST_LINE = re.compile(r"^(?:from\s+[\w.]+\s+import\b|import\s+\w|(?:async )?def\s+\w|class\s+\w|@\w|#)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language as written, and its text, as far in as its fence left out."""

    language: str
    text: str


def blocks(reply: str) -> list[Block]:
    """Return the fenced blocks of a reply, as CommonMark has them; one that is never closed ends with it."""
    found: list[Block] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    for line in reply.split("\n"):
        fence = _FENCE.match(line.rstrip("\r"))
        if opened is None:
            if fence is not None:
                opened, lines = fence, []
        elif fence is not None and _closes(fence, opened):
            found.append(_block(opened, lines))
            opened = None
        else:
            lines.append(line)
    return found if opened is None else [*found, _block(opened, lines)]


def _closes(fence: re.Match[str], opened: re.Match[str]) -> bool:
    return not fence["info"].strip() and fence["mark"].startswith(opened["mark"])


def _block(opened: re.Match[str], lines: list[str]) -> Block:
    inside = [line.removeprefix(opened["blanks"]) for line in lines]
    words = opened["info"].split()
    return Block(words[0].lower().strip("{}.") if words else "", "\n".join(inside))


def defines(code: str, name: str) -> bool:
    """Return whether code defines `name` at its outermost level."""
    pattern = rf"^(?:(?:async\s+)?def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*(?::[^=\n]+)?=(?!=)"
    return not name or re.search(pattern, code, re.MULTILINE) is not None


def code(reply: str, name: str, languages: tuple[str, ...]) -> str | None:
    """Return the code of a reply that is to define `name`; None where there is none.

    Of fenced blocks in one of the `languages` (or in none) the last that defines the name: a reply that
    improves on itself ends with what it means. Where none defines it, the first, which then is a body.
    Without a fence it is the text: a whole program from its first line of code on, or a completion up to
    where it begins something else. A reply with blocks of other languages alone has none.
    """
    fenced = [block.text for block in blocks(reply) if block.language in ("", *languages)]
    if fenced:
        whole = [text for text in fenced if defines(text, name)]
        return (whole[-1] if whole else fenced[0]).rstrip() or None
    if blocks(reply):
        return None
    return (_program(reply) if name and defines(reply, name) else completion(reply)).rstrip() or None


def _program(text: str) -> str:
    """Return a program without the prose before its first line of code."""
    lines = text.split("\n")
    first = next((place for place, line in enumerate(lines) if _FIRST_LINE.match(line)), 0)
    prose = any(line.strip() and not line[0].isspace() for line in lines[:first])
    return "\n".join(lines[first:] if prose else lines)


def completion(text: str) -> str:
    """Return the body of a function up to the line, of the outermost level, that begins something else."""
    lines = text.split("\n")
    begun = False
    for place, line in enumerate(lines):
        if begun and _STOP.match(line):
            return "\n".join(lines[:place])
        begun = begun or bool(line.strip())
    return text


_SQL = ("", "sql", "sqlite", "sqlite3", "postgresql", "postgres", "mysql")
_QUERY = re.compile(
    r"^[ \t]*(?:SQL|query|질의|쿼리)?[ \t:：`]*((?:SELECT|WITH)\b)", re.IGNORECASE | re.MULTILINE
)
# Quoted texts and names, and comments, in which a semicolon ends nothing.
_PIECES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|;|\n[ \t]*\n|```""", re.DOTALL)


def query(reply: str) -> str | None:
    """Return the SQL query of a reply: the first of its last block of SQL, else the first in the text.

    It ends with its semicolon, or, outside of a block, with an empty line.
    """
    fenced = [block.text for block in blocks(reply) if block.language in _SQL and _QUERY.search(block.text)]
    text = fenced[-1] if fenced else reply
    begin = _QUERY.search(text)
    if begin is None:
        return None
    start = begin.start(1)
    pieces = (piece for piece in _PIECES.finditer(text, start))
    end = next((p.start() for p in pieces if p[0] in (";", "```") or not (fenced or p[0].strip())), None)
    return text[start:end].strip() or None
