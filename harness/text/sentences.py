"""A sentence said to a person, in Korean: found by its English, whatever values stand in it.

    in_korean("no task is called 'nsmcc'. Did you mean 'nsmc'?")

Errors are raised, and kept in files, in English; they are put into Korean where they are shown. A message is
matched against the English sentences with their values cut out, those that say most first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from harness.text.korean import SENTENCES, WORDS
from harness.text.particles import Word

LONGEST = 4000  # characters; what is longer holds a stranger's text and is left as it is
_HOLE = re.compile(r"\{\d+\}")
_APART = (" · ", "; ", ": ", " ")  # where two sentences may meet, the surest first
_HINTS = ("Did you mean ", "Type ", "Known: ", "Tasks are named ", "(Possible options: ")
_SAYS = 3  # letters that a part must have in common with a sentence to be one


class _Sentence(NamedTuple):
    """What stands between the values of an English sentence, and the Korean one."""

    between: list[str]
    korean: str
    says: int  # letters of its own
    length: int  # characters without the values

    @classmethod
    def of(cls, english: str, korean: str) -> _Sentence:
        """Return an English sentence, its values cut out, with the Korean one."""
        between = _HOLE.split(english)
        own = "".join(between)
        return cls(between, korean, sum(map(str.isalpha, own)), len(own))

    def values(self, text: str) -> list[str] | None:
        """Return the values that stand in `text`, None if it is another sentence. Time is linear in it."""
        if len(text) < self.length:
            return None
        first, *rest = self.between
        if not rest:
            return [] if text == first else None
        if not (text.startswith(first) and text.endswith(rest[-1])):
            return None
        at, end, found = len(first), len(text) - len(rest[-1]), []
        for piece in rest[:-1]:
            place = text.find(piece, at, end)
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(piece)
        return [*found, text[at:end]]


@cache
def _sentences() -> list[_Sentence]:
    """Return all sentences, those first that say most."""
    made = [_Sentence.of(english, korean) for english, korean in SENTENCES.items()]
    return sorted(made, key=lambda one: -one.says)


def in_korean(message: str) -> str:
    """Return a message in Korean; what it holds of others, and what nobody translated, as it is."""
    if len(message) > LONGEST:
        return message
    return _whole(message) or _parts(message) or message


def _whole(text: str) -> str | None:
    """Return a text that is one sentence."""
    bare = text.strip()
    for one in _sentences():
        values = one.values(bare)
        if values is not None and not _is_place(one, values, bare) and (one.says >= _SAYS or not values):
            return text.replace(bare, one.korean.format(*map(_value, values), **_words(values)))
    return None


def _is_place(one: _Sentence, values: list[str], text: str) -> bool:
    """Return whether a sentence begins with `x.yaml:7: `, behind which a better one stands."""
    if not values or one.between[0]:
        return False
    if one.between[1][:1] == " " and values[0][-1:] == ":":
        return True
    ends = [found.end() for found in re.finditer(": ", values[0])]
    better = (other for other in _sentences() if other.says > one.says)
    return bool(ends) and any(other.values(text[end:]) is not None for other in better for end in ends)


def _value(text: str) -> Word:
    """Return what stands in a sentence: another one, or what a user calls something."""
    said = (_whole(text) or _parts(text)) if " " in text else None
    return Word(said or text)


def _words(values: list[str]) -> dict[str, Word]:
    """Return the values by their numbers where a sentence takes them for words of ours: `{w0}`."""
    return {f"w{number}": Word(WORDS.get(value, value)) for number, value in enumerate(values)}


def _parts(text: str) -> str | None:
    """Return a text that is made of several, if one is a sentence: `file.yaml:7: …`, `… Did you mean …?`."""
    for sign in _APART:
        for left, right in _split(text, sign):
            said = _whole(left), _whole(right)
            if any(said):
                ends = [one or (_parts(part) or part) for one, part in zip(said, (left, right), strict=True)]
                return sign.join(ends)
    return None


def _split(text: str, sign: str) -> Iterator[tuple[str, str]]:
    """Yield the two sides of each place where two may meet; a blank only before a sentence begins."""
    for found in re.finditer(re.escape(sign), text):
        left, right = text[: found.start()], text[found.end() :]
        if sign != " " or (left[-1:] in ".?!" and right[:1].isupper()) or right.startswith(_HINTS):
            yield left, right
