"""Steps that turn a reply's text into an answer, each by name.

A step is `step(text, options) -> text | None`; None says "no answer here" and ends the chain: the
example counts as unanswered. The last step's result is compared with the options, if there are any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from harness.errors import BadInput
from harness.schema import Option
from harness.text import ko_v1, nfc

Step = Callable[[str, Sequence[Option]], str | None]

_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


def strip() -> Step:
    """Return the text without blanks and line ends around it."""
    return lambda text, _options: text.strip() or None


def first_line() -> Step:
    """Return the first line that is not empty."""
    return lambda text, _options: next((line.strip() for line in text.split("\n") if line.strip()), None)


def last_line() -> Step:
    """Return the last line that is not empty."""
    return lambda text, _options: next(
        (line.strip() for line in text.split("\n")[::-1] if line.strip()), None
    )


def after_think() -> Step:
    """Return what follows a closed `</think>`; an open one holds no answer yet."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        if "<think>" in text and "</think>" not in text:
            return None
        return text.rpartition("</think>")[2].strip() or None

    return step


@lru_cache(maxsize=1024)
def _either(words: tuple[str, ...]) -> re.Pattern[str]:
    # The longer word first, so that 매우 긍정 is not read as 긍정.
    ordered = sorted(words, key=len, reverse=True)
    return re.compile("|".join(re.escape(nfc(word)) for word in ordered if word), re.IGNORECASE)


def first_option() -> Step:
    """Return the option whose word comes first in the text; Hangul in pieces is composed before."""

    def step(text: str, options: Sequence[Option]) -> str | None:
        match = _either(tuple(option.text for option in options)).search(nfc(text)) if options else None
        return match[0] if match and match[0] else None

    return step


def number() -> Step:
    """Return the last number, without thousands' commas."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        found = _NUMBER.findall(text)
        return found[-1].replace(",", "") if found else None

    return step


def regex(pattern: str, group: int = 0) -> Step:
    """Return what `pattern` finds first, or one of its groups.

    Raises:
        BadInput: the pattern is not a regular expression or has no such group.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadInput(f"{pattern!r} is not a regular expression: {error}") from None
    if not 0 <= group <= compiled.groups:
        raise BadInput(f"{pattern!r} has {compiled.groups} groups, not {group}")

    def step(text: str, _options: Sequence[Option]) -> str | None:
        match = compiled.search(text)
        return match[group] if match else None

    return step


def json_field(field: str) -> Step:
    """Return a field of the first JSON object in the text."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        start = text.find("{")
        if start < 0:
            return None
        try:
            found, _ = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            return None
        value = found.get(field) if isinstance(found, dict) else None
        return None if value is None else str(value)

    return step


def chosen(text: str, options: Sequence[Option]) -> str | None:
    """Return the label of the option that `text` says, compared under `ko.v1`; None if it is none."""
    said = ko_v1(text)
    return next((option.label for option in options if ko_v1(option.text) == said), None)
