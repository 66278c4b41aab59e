"""Texts into tokens, by name, for metrics that count them.

    words     runs of letters and digits of any script; on ASCII, `rouge_score`'s own
    char      every character but white space
    ko-mecab  morphemes by mecab-ko, as `sacrebleu -tok ko-mecab` splits them
    kiwi      morphemes by Kiwi, in the form of the dictionary: 했다 is 하, 었, 다

The last two come with the extra `ko`. Each is loaded when the first text comes, once a process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from harness import DISTRIBUTION
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.text import morphemes

SplitText = Callable[[str], list[str]]

_WORD = re.compile(r"[^\W_]+")
_ASCII_WORDS = "".join(chr(at) if chr(at).isalnum() else " " for at in range(128))
# The metrics of an example ask for the same few texts, one after the other.
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A text into its tokens, in order; `signature` names it with the version of what splits."""

    split: SplitText
    signature: str


def tokenizer(name: str) -> Tokenizer:
    """Return the tokenizer called `name`, its package looked for but nothing heavy loaded.

    Raises:
        BadInput: no such name.
        Unavailable: its package is not installed.
    """
    if name not in _MAKERS:
        raise BadInput(f"no tokenizer is called {name!r}.{did_you_mean(name, _MAKERS)}")
    return _MAKERS[name]()


def words(text: str) -> list[str]:
    """Return the runs of letters and digits of any script, in order; `_` parts them like any sign."""
    if text.isascii():  # the same, in a third of the time
        return text.translate(_ASCII_WORDS).split()
    return _WORD.findall(text)


def characters(text: str) -> list[str]:
    """Return every character but white space, in order."""
    return list("".join(text.split()))


@lru_cache(maxsize=_KEPT)
def _kiwi_forms(text: str) -> tuple[str, ...]:
    return tuple(token.form for token in morphemes.kiwi().tokenize(text))


def _kiwi_tokenizer() -> Tokenizer:
    from importlib.metadata import version

    morphemes.require("the tokenizer 'kiwi'")
    # The model decides as much as the code.
    signature = f"kiwi-{version('kiwipiepy')}-model-{version('kiwipiepy_model')}"
    return Tokenizer(lambda text: list(_kiwi_forms(text)), signature)


@cache
def mecab_ko() -> Any:
    """Return sacrebleu's own ko-mecab tokenizer: a function from a line to its tokens joined by blanks.

    Raises:
        Unavailable: mecab-ko or its dictionary is not installed.
    """
    from sacrebleu.tokenizers.tokenizer_ko_mecab import TokenizerKoMecab

    try:
        return TokenizerKoMecab()
    except RuntimeError:
        raise Unavailable(
            f"the tokenizer 'ko-mecab' needs mecab-ko: pip install '{DISTRIBUTION}[ko]'"
        ) from None


def _mecab_tokenizer() -> Tokenizer:
    mecab = mecab_ko()
    # A NUL would end the text that mecab, written in C++, sees.
    return Tokenizer(lambda text: mecab(text.replace("\0", " ")).split(), mecab.signature())


_MAKERS: dict[str, Callable[[], Tokenizer]] = {
    "words": lambda: Tokenizer(words, "words"),
    "char": lambda: Tokenizer(characters, "char"),
    "ko-mecab": _mecab_tokenizer,
    "kiwi": _kiwi_tokenizer,
}
