"""What a bag holds of a text: its characters, its words or its morphemes, composed and in lower case.

char       every character
word       runs of letters, digits and underscores
morpheme   Kiwi's morphemes with their part of speech (extra `ko`); without particles, endings and signs
if stop words are left out
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput, did_you_mean
from harness.text import morphemes

ANALYSERS = ("char", "word", "morpheme")

WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of `text`, composed and lower-cased: runs of letters, digits and underscores."""
    return WORD.findall(normalize("NFC", text).lower())


class Analyser:
    """Texts into what a bag holds of them."""

    def __init__(self, name: str = "char", *, stop_words: bool = False) -> None:
        """`stop_words` leaves them out; only morphemes say which they are.

        Raises:
            BadInput: there is no such analyser, or it knows no stop words.
            Unavailable: it needs a package that is not installed.
        """
        if name not in ANALYSERS:
            raise BadInput(f"no analyser is called {name!r}.{did_you_mean(name, ANALYSERS)}")
        if stop_words and name != "morpheme":
            raise BadInput(f"stop_words: the analyser {name!r} does not know them, but 'morpheme' does")
        if name == "morpheme":
            morphemes.require("the analyser 'morpheme'")
        self.name, self.stop_words = name, stop_words

    def __call__(self, texts: Sequence[str]) -> list[Sequence[str]]:
        """Return what each text holds, in order; of characters, the text itself."""
        if self.name == "char":
            return [normalize("NFC", text).lower() for text in texts]
        if self.name == "word":
            return [words(text) for text in texts]
        composed = (normalize("NFC", text).lower() for text in texts)
        found = morphemes.analysed(composed, stop=self.stop_words)
        return [[f"{form}/{tag}" for form, tag in said] for said in found]

    def points(self, texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return a number for each thing the texts hold, one text after the other, and how many each holds.

        A character is its code point, anything else a hash of it.
        """
        said = self(texts)
        lengths = np.fromiter(map(len, said), np.int64, len(said))
        if self.name == "char":
            # A lone surrogate is no character, but JSON can carry one.
            joined = "".join(map(str, said)).encode("utf-32-le", "surrogatepass")
            return np.frombuffer(joined, "<u4").astype(np.uint64), lengths
        known: dict[str, int] = {}
        numbers = [known.get(one) or known.setdefault(one, _number(one)) for part in said for one in part]
        return np.array(numbers, np.uint64), lengths


def _number(word: str) -> int:
    hashed = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(hashed, "little") | 1  # never 0
