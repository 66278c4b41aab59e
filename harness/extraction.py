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
from harness.text import bare, folded, ko_v1, nfc

Step = Callable[[str, Sequence[Option]], str | None]

# A minus is a sign only where nothing stands before it: not in 10-20 or GPT-4. Commas part thousands:
# 1,2,3 is a list.
_NUMBER = re.compile(
    r"(?:(?<![0-9A-Za-z)])-)?"
    r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|(?<![0-9])\.[0-9]+)"
    r"(?:[eE][-+]?[0-9]+)?"
)
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord("−"): ord("-")}
_OBJECT = re.compile(r'\{\s*"')


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
    """Return what follows the last `</think>`; an open `<think>` holds no answer yet."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        said = text.rpartition("</think>")[2].strip()
        return None if not said or "<think>" in said else said

    return step


def first_option() -> Step:
    """Return the option that the text is, else the one whose word comes first in it.

    Compared under NFKC: Hangul in pieces and full-width letters lose nothing. Of two words at one
    place the longer counts: 매우 긍정 is not 긍정.
    """

    def step(text: str, options: Sequence[Option]) -> str | None:
        whole = _same(text, options)
        if whole is not None:
            return whole.text
        words, pattern = _either(tuple(option.text for option in options))
        match = pattern.search(folded(text))
        return words[match.lastindex - 1] if match and match.lastindex else None

    return step


@lru_cache(maxsize=1024)
def _either(texts: tuple[str, ...]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the options' words, the longer first, and a pattern with one group a word."""
    words = tuple(sorted({bare(text) for text in texts} - {""}, key=lambda word: (-len(word), word)))
    return words, re.compile("|".join(f"({_word(word)})" for word in words))


def _word(word: str) -> str:
    """Return the pattern of an option's word in folded text.

    A blank may be missing (매우긍정). A Latin word or a number stands alone: no is not in `not`, 1 not
    in 10 or 1.5. One letter keeps its case: `a` is an article before it is option A.
    """
    pattern = re.escape(word).replace(r"\ ", " ?")
    if len(word) > 1:
        pattern = f"(?i:{pattern})"
    if _is_latin(word[0]):
        pattern = f"(?<![0-9A-Za-z]){pattern}"
    if _is_latin(word[-1]):
        pattern = f"{pattern}(?![0-9A-Za-z])"
    return f"(?<![0-9][.,]){pattern}(?![.,][0-9])" if word.isdecimal() else pattern


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def number() -> Step:
    """Return the last number, without thousands' commas; full-width digits count."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        found = _NUMBER.findall(text.translate(_HALF_WIDTH))
        return found[-1].replace(",", "") if found else None

    return step


def regex(pattern: str, group: int = 0) -> Step:
    """Return what `pattern` finds first, or one of its groups; Hangul in pieces is composed before.

    Raises:
        BadInput: the pattern is not a regular expression or has no such group.
    """
    try:
        compiled = re.compile(nfc(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadInput(f"{pattern!r} is not a regular expression: {error}") from None
    if not 0 <= group <= compiled.groups:
        raise BadInput(f"{pattern!r} has {compiled.groups} groups, not {group}")

    def step(text: str, _options: Sequence[Option]) -> str | None:
        match = compiled.search(nfc(text))
        return (match[group] or None) if match else None

    return step


def json_field(field: str) -> Step:
    """Return a field of the first JSON object in the text, what is not text as JSON writes it."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        start = _OBJECT.search(text)
        if start is None:
            return None
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start.start())
        except (ValueError, RecursionError):
            return None
        value = found.get(field)
        if value is None or value == "":
            return None
        return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))

    return step


def _whole(text: str) -> str:
    r"""Return `text` with each half of a surrogate pair, which JSON can escape (`\ud800`), as `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def chosen(text: str, options: Sequence[Option]) -> str | None:
    """Return the label of the option that `text` says, compared under `ko.v1`; None if it is none."""
    option = _same(text, options)
    return None if option is None else option.label


def _same(text: str, options: Sequence[Option]) -> Option | None:
    """Return the first option that reads as `text` does under `ko.v1`; what it leaves empty says nothing."""
    said = ko_v1(text)
    return next((option for option in options if said and ko_v1(option.text) == said), None)
