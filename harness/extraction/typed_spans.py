"""Typed spans of a text, as a model writes them: a line each, `인물: 이순신`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.schema import Option, Span
from harness.text.normalize import folded, ko_v1

_LINE = re.compile(r"^(?:\s*+\d{1,2}[.)]\s)?[\s\-*•]*+(?P<type>[^:：]++)[:：][\s*]*+(?P<said>.+)$")
_NOTHING = {"", "없음", "없다", "없습니다", "none", "no entities", "n/a", "-", "해당 없음", "해당 사항 없음"}
_QUOTES = "\"'‘’“”`"


def written(spans: Iterable[Span], text: str, options: Sequence[Option], language: str | None) -> str:
    """Return the spans of `text` as a shot writes them; `없음` or `none` where there are none."""
    names = {option.label: option.text for option in options}
    lines = [f"{names[kind]}: {text[start:end]}" for start, end, kind in spans]
    return "\n".join(lines) or ("없음" if language == "ko" else "none")


def read(reply: str, text: str, options: Sequence[Option]) -> tuple[Span, ...] | None:
    """Return the spans that a reply names, in the reply's order; None if it is not written so.

    A line is a type, as the options call it, a colon and the words as they stand in `text`, or several
    parted by `, `. Words said again are the next place where they stand. Words that are nowhere in the text
    get a place of their own before its start, so that they count as found wrongly.
    """
    lines = [line for line in reply.split("\n") if line.strip()]
    if all(ko_v1(line) in _NOTHING for line in lines):
        return ()
    named = [pair for line in lines for pair in _named(line, text, options)]
    found = [(kind, words) for kind, words in named if ko_v1(words) not in _NOTHING]
    return tuple(_placed(found, text)) if named else None


def _named(line: str, text: str, options: Sequence[Option]) -> Iterator[tuple[str, str]]:
    """Yield (type, words) of a line; nothing for a line that is no span."""
    match = _LINE.match(line)
    if match is None:
        return
    said = ko_v1(match["type"])
    for option in options:
        if said in (ko_v1(option.text), ko_v1(option.label)):
            whole = match["said"].strip()
            parts = [whole] if whole in text else re.split(r"\s*[,、]\s*", whole)
            yield from ((option.label, _unquoted(part, text)) for part in parts if folded(part))
            return


def _unquoted(words: str, text: str) -> str:
    """Return words as they stand in the text, without the quotation marks that the reply put around them."""
    bare = words.strip(_QUOTES)
    return words if words in text or not bare else bare


def _placed(named: Iterable[tuple[str, str]], text: str) -> Iterator[Span]:
    after: dict[str, int] = {}
    for number, (kind, words) in enumerate(named, 1):
        start = text.find(words, after.get(words, 0))
        if start < 0:
            yield -number, -number, kind
        else:
            after[words] = start + len(words)
            yield start, start + len(words), kind
