"""How well does a language model foresee a text? Perplexity and bits, over the whole corpus.

An answer is (log-likelihood in nats, number of tokens or None), the target the text itself. A figure is a
formula over the corpus' sums, as lm-evaluation-harness defines it: long texts weigh more. Models are compared
per word, byte or character only, because tokens are their own. Unanswered texts are left out; one whose
likelihood is no finite number leaves no figure (NaN).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio
from harness.schema import Metric

Floats = NDArray[np.float64]
Likelihood = tuple[float, int | None]

_SPACES = re.compile(r"\s+")


def perplexity(labels: Sequence[str]) -> Metric:
    """Return the metric of perplexity per token, from 1: lower is better.

    exp of the negative log-likelihood over the number of tokens, both summed over the corpus. NaN where the
    tokens of a text are unknown. Models with other tokenizers cannot be compared by it.
    """
    return Metric(
        "perplexity",
        _per_token,
        OfSums(_perplexity, lengths=_lengths),
        "perplexity|v:1|per:token",
        unit="perplexity",
        higher_is_better=False,
        reads="likelihood",
    )


def word_perplexity(labels: Sequence[str]) -> Metric:
    r"""Return the metric of perplexity per word, from 1: lower is better.

    Words are counted as lm-evaluation-harness counts them: the pieces that `\s+` parts, one more where a
    text begins or ends with white space. Beyond what a float can hold (texts without blanks), it is inf.
    """
    return _by_length("word_perplexity", words, _perplexity, "perplexity")


def bits_per_byte(labels: Sequence[str]) -> Metric:
    """Return the metric of bits per byte of UTF-8, from 0: lower is better.

    The negative log-likelihood in bits over the bytes, both summed over the corpus. A Hangul syllable is
    three bytes: compare languages by another figure.
    """
    return _by_length("bits_per_byte", utf8_bytes, _bits, "bits")


def bits_per_character(labels: Sequence[str]) -> Metric:
    """Return the metric of bits per character, from 0: lower is better.

    Characters are code points of the text as it was given and as the model read it: Hangul in NFD has
    more of them than in NFC.
    """
    return _by_length("bits_per_character", len, _bits, "bits")


def words(text: str) -> int:
    r"""Return the number of pieces that `\s+` parts; 1 for an empty text."""
    return len(_SPACES.split(text))


def utf8_bytes(text: str) -> int:
    """Return the number of bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def _by_length(
    name: str, length: Callable[[str], int], figure: Callable[[Floats, Floats], Floats], unit: str
) -> Metric:
    return Metric(
        name,
        partial(_per_length, name, length),
        OfSums(figure, lengths=_lengths),
        f"{name}|v:1",
        unit=unit,
        higher_is_better=False,
        reads="likelihood",
    )


def _per_token(seen: Likelihood | None, target: object) -> tuple[float, float]:
    """Return (nats, tokens, NaN if they are unknown); nothing of an unanswered text."""
    if seen is None:
        return 0.0, 0.0
    return _surprise(seen), math.nan if seen[1] is None else float(seen[1])


def _per_length(
    name: str, length: Callable[[str], int], seen: Likelihood | None, target: str | None
) -> tuple[float, float]:
    """Return (nats, length of the text); nothing of an unanswered text.

    Raises:
        BadInput: the target is no text.
    """
    if not isinstance(target, str):
        raise BadInput(f"{name} needs a target: the text whose likelihood it is")
    return (0.0, 0.0) if seen is None else (_surprise(seen), float(length(target)))


def _lengths(columns: Floats) -> Floats:
    """Return the length of each text (N,)."""
    return columns[:, 1]


def _surprise(seen: Likelihood) -> float:
    """Return the negative log-likelihood in nats, NaN of a text that the model holds impossible."""
    return -seen[0] if math.isfinite(seen[0]) else math.nan


def _perplexity(sums: Floats, counts: Floats) -> Floats:
    """Return perplexity (D,) from sums (D, 2) of nats and lengths."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(ratio(sums, counts)))


def _bits(sums: Floats, counts: Floats) -> Floats:
    """Return bits (D,) per unit of length from sums (D, 2) of nats and lengths."""
    return ratio(sums, counts) / math.log(2)
