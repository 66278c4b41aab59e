"""How much of the reference summaries is in a summary? ROUGE, by rouge_score with a declared tokenizer.

rouge_score's own tokenizer keeps nothing but a-z and 0-9, so that `서울 940` and `부산 940` are the same to
it. The tokenizer here is one of ours: `words` gives the very tokens of rouge_score on ASCII text, and keeps
the letters of any other script too. As ever with ROUGE case and punctuation do not count.

Both sides are brought to NFC first. A prediction that is missing is an empty text, which scores 0, as does a
text too short for one n-gram, even against itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.metadata import version
from typing import Any

from harness.errors import BadInput
from harness.metrics import tokenizers as named
from harness.metrics.aggregates import weighted_mean
from harness.metrics.references import normaliser, references
from harness.schema import Metric

WORD = "말"  # judged once before a run, so that the first example does not wait for a tokenizer
MEASURES = ("fmeasure", "precision", "recall")
_SIGNS = re.compile(r"^[\W_]+|[\W_]+$")


def rouge1(labels: Sequence[str], **settings: Any) -> Metric:
    """Return the metric of the mean ROUGE-1, 0 to 1: single tokens in common. Settings as in `rouge`."""
    return rouge("rouge1", **settings)


def rouge2(labels: Sequence[str], **settings: Any) -> Metric:
    """Return the metric of the mean ROUGE-2, 0 to 1: pairs of tokens in common. Settings as in `rouge`."""
    return rouge("rouge2", **settings)


def rouge_l(labels: Sequence[str], **settings: Any) -> Metric:
    """Return the metric of the mean ROUGE-L, 0 to 1: the longest common subsequence of tokens.

    Settings as in `rouge`.
    """
    return rouge("rougeL", **settings)


def rouge_lsum(labels: Sequence[str], **settings: Any) -> Metric:
    """Return the metric of the mean summary-level ROUGE-L, 0 to 1, over sentences parted by line feeds.

    The union of each reference sentence's longest common subsequences with all predicted ones. A text
    without line feeds is one sentence. Settings as in `rouge`.
    """
    return rouge("rougeLsum", **settings)


def rouge(
    kind: str,
    *,
    tokenizer: str = "words",
    stem: bool = False,
    measure: str = "fmeasure",
    normalise: str = "nfc",
) -> Metric:
    """Return the metric of the mean of a ROUGE score over the examples, 0 to 1: Lin (2004) by rouge_score.

    `kind` is rouge1, rouge2, rougeL or rougeLsum; `tokenizer` words, char, ko-mecab or kiwi; `stem`
    strips English endings (Porter) from words of more than three letters. Of several references the one
    with the best F-measure counts, also for `measure` precision or recall.

    Raises:
        BadInput: a setting means nothing.
        Unavailable: the tokenizer's package is not installed.
    """
    if measure not in MEASURES:
        raise BadInput(f"no measure is called {measure!r}; one of {', '.join(MEASURES)}")
    tokens = named.tokenizer(tokenizer)
    signature = (
        f"{kind}|v:1|tok:{tokens.signature}|stem:{'porter' if stem else 'no'}|case:lower|punct:no"
        f"|norm:{normalise}|measure:{measure}|rouge_score:{version('rouge_score')}"
    )
    judge = partial(_score, kind, _Tokens(tokens.split, stem), normaliser(normalise), measure)
    return Metric(kind, judge, weighted_mean, signature, prepare=partial(judge, WORD, WORD))


class _Tokens:
    """A tokenizer as rouge_score wants it: in lower case, without punctuation."""

    def __init__(self, split: named.SplitText, stem: bool) -> None:
        self._split, self._stem = split, stem

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of `text` that hold a letter or a digit, bare of the signs around them."""
        bare = (_SIGNS.sub("", token) for token in self._split(text.lower()))
        return [_stemmed(token) if self._stem else token for token in bare if token]


def _stemmed(token: str) -> str:
    """Return an English word without its ending; short words and other scripts stay, as in rouge_score."""
    return str(_porter().stem(token)) if len(token) > 3 and token.isascii() else token


@cache
def _porter() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


def _score(
    kind: str,
    tokens: _Tokens,
    normalise: Callable[[str], str],
    measure: str,
    prediction: str | None,
    target: Any,
) -> tuple[float]:
    """Return one example's score.

    Raises:
        BadInput: there is no reference to compare with.
    """
    wanted = [normalise(text) for text in references(kind, target)]
    found = _scorer(kind, tokens).score_multi(wanted, normalise(prediction or ""))[kind]
    return (float(getattr(found, measure)),)


@cache
def _scorer(kind: str, tokens: _Tokens) -> Any:
    """Return rouge_score's scorer; importing it takes a second or two."""
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], tokenizer=tokens)
