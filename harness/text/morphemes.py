"""Korean morphemes by Kiwi, which comes with the extra `ko` and is loaded when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from harness import DISTRIBUTION
from harness.errors import Unavailable

# Particles, endings, affixes, copulas and punctuation: what says how a sentence is built, not what about.
# Negation (안, 못, 없다) stays: it turns a meaning round.
STOP_TAGS = ("J", "E", "XP", "XS", "VCP", "SF", "SP", "SS", "SE", "SO", "SW", "SB")


class Morpheme(NamedTuple):
    """A morpheme in the form of the dictionary, and its part of speech in the Sejong tag set."""

    form: str
    tag: str


def require(what: str) -> None:
    """Check that Kiwi is installed, before anything is loaded.

    Raises:
        Unavailable: it is not; the message begins with `what` needs it.
    """
    if find_spec("kiwipiepy") is None:
        raise Unavailable(f"{what} needs kiwipiepy: pip install '{DISTRIBUTION}[ko]'")


@cache
def kiwi() -> Any:
    """Return Kiwi's analyser, which takes seconds to load its model."""
    from kiwipiepy import Kiwi

    return Kiwi()


def analysed(texts: Iterable[str], *, stop: bool = False) -> Iterator[list[Morpheme]]:
    """Yield the morphemes of each text; with `stop`, without those whose tag begins with one of STOP_TAGS."""
    for tokens in kiwi().tokenize(iter(texts)):
        yield [
            Morpheme(token.form, str(token.tag))
            for token in tokens
            if not (stop and str(token.tag).startswith(STOP_TAGS))
        ]


def joined(morphemes: Iterable[tuple[str, str]]) -> str:
    """Return the text that morphemes make: 하/VV, 었/EP, 다/EF is 했다; blanks as they are usual."""
    return str(kiwi().join(list(morphemes)))
