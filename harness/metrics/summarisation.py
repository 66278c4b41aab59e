"""How much of the reference summaries is in a summary? ROUGE (Lin 2004), equal to rouge_score's.

rouge_score's own tokenizer keeps nothing but a-z and 0-9, so that `서울 940` and `부산 940` are the same to
it. The tokenizer here is one of ours: `words` gives the very tokens of rouge_score on ASCII text, and keeps
the letters of any other script too. As ever with ROUGE case and punctuation do not count.

Both sides are brought to NFC first. A prediction that is missing is an empty text, which scores 0, as does a
text too short for one n-gram, even against itself.

The arithmetic is ours, bit for bit rouge_score's: an example's metrics share the tokens of its texts, and the
longest common subsequence is that of `subsequences`. Nothing is imported for it, but nltk for `stem`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from itertools import repeat
from typing import Any, NamedTuple

from harness.errors import BadInput
from harness.metrics import subsequences
from harness.metrics import tokenizers as named
from harness.metrics.aggregates import weighted_mean
from harness.metrics.references import normaliser, references
from harness.schema import Metric

WORD = "말"  # judged once before a run, so that the first example does not wait for a tokenizer
MEASURES = ("fmeasure", "precision", "recall")
EQUAL_TO = "rouge_score:0.1.2"  # the release whose scores these are, bit for bit
# The metrics of an example ask for the same few texts, one after the other; a reference may come again.
_KEPT = 256
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
    """Return the metric of the mean of a ROUGE score over the examples, 0 to 1: Lin (2004) as rouge_score.

    `kind` is rouge1, rouge2, rougeL or rougeLsum; `tokenizer` words, char, ko-mecab or kiwi; `stem`
    strips English endings (Porter) from words of more than three letters. Of several references the one
    with the best F-measure counts, also for `measure` precision or recall.

    Raises:
        BadInput: a setting means nothing.
        Unavailable: the tokenizer's package is not installed.
    """
    if measure not in MEASURES:
        raise BadInput(f"no measure is called {measure!r}; one of {', '.join(MEASURES)}")
    split = named.tokenizer(tokenizer)
    signature = (
        f"{kind}|v:1|tok:{split.signature}|stem:{'porter' if stem else 'no'}|case:lower|punct:no"
        f"|norm:{normalise}|measure:{measure}|{EQUAL_TO}"
    )
    score = partial(_KINDS[kind], _reader(tokenizer, stem, normalise))
    judge = partial(_judge, kind, score, MEASURES.index(measure))
    return Metric(kind, judge, weighted_mean, signature, prepare=partial(judge, WORD, WORD))


class Score(NamedTuple):
    """What a text has in common with a reference, each 0 to 1, in the order of `MEASURES`."""

    fmeasure: float
    precision: float
    recall: float


class Tokens:
    """A text's tokens; what metrics count of them is made when first asked for, and kept."""

    __slots__ = ("_counts", "_pairs", "_places", "listed")

    def __init__(self, listed: list[str]) -> None:
        self.listed = listed
        self._counts: Counter[str] | None = None
        self._pairs: Counter[tuple[str, str]] | None = None
        self._places: dict[str, int] | None = None

    @property
    def counts(self) -> Counter[str]:
        """How often each token is there."""
        if self._counts is None:
            self._counts = Counter(self.listed)
        return self._counts

    @property
    def pairs(self) -> Counter[tuple[str, str]]:
        """How often each token is followed by each."""
        if self._pairs is None:
            self._pairs = Counter(zip(self.listed, self.listed[1:], strict=False))
        return self._pairs

    @property
    def places(self) -> dict[str, int]:
        """Where each token is, as bits."""
        if self._places is None:
            self._places = subsequences.places_of(self.listed)
        return self._places


class Reader:
    """Texts into their tokens, normalised, in lower case and without punctuation; the last ones are kept."""

    def __init__(self, split: named.SplitText, stem: bool, normalise: Callable[[str], str]) -> None:
        self._split, self._stem, self._normalise = split, stem, normalise
        self.tokens: Callable[[str], Tokens] = lru_cache(maxsize=_KEPT)(self._tokens)
        self.sentences: Callable[[str], list[Tokens]] = lru_cache(maxsize=_KEPT)(self._sentences)

    def _tokens(self, text: str) -> Tokens:
        return Tokens(self._listed(self._normalise(text)))

    def _sentences(self, text: str) -> list[Tokens]:
        return [Tokens(self._listed(line)) for line in self._normalise(text).split("\n") if line]

    def _listed(self, text: str) -> list[str]:
        said = self._split(text.lower())
        if not (all(said) and "".join(said).isalnum()):  # nothing to strip is the rule, and quick to see
            said = [token for token in (_SIGNS.sub("", each) for each in said) if token]
        return [_stemmed(token) for token in said] if self._stem else said


@cache
def _reader(tokenizer: str, stem: bool, normalise: str) -> Reader:
    return Reader(named.tokenizer(tokenizer).split, stem, normaliser(normalise))


def _stemmed(token: str) -> str:
    """Return an English word without its ending; short words and other scripts stay, as in rouge_score."""
    return str(_porter().stem(token)) if len(token) > 3 and token.isascii() else token


@cache
def _porter() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


def _judge(
    kind: str,
    score: Callable[[str, str], Score],
    measure: int,
    prediction: str | None,
    target: Any,
) -> tuple[float]:
    """Return one example's score: that of the first of the references with the best F-measure.

    Raises:
        BadInput: there is no reference to compare with.
    """
    scores = [score(text, prediction or "") for text in references(kind, target)]
    return (max(scores, key=_by_f)[measure],)


def _by_f(score: Score) -> float:
    return score.fmeasure


def _score(hits: int, wanted: int, said: int) -> Score:
    """Return the shares that `hits` are; the order of operations is rouge_score's, to the last bit."""
    if not hits:
        return Score(0.0, 0.0, 0.0)
    precision, recall = hits / said, hits / wanted
    return Score(2 * precision * recall / (precision + recall), precision, recall)


def _common(one: Counter[Any], other: Counter[Any]) -> int:
    """Return how many are in both, each as often as in the one that has fewer."""
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    return sum(map(min, few.values(), map(many.get, few, repeat(0))))


def _unigrams(reader: Reader, reference: str, said: str) -> Score:
    a, b = reader.tokens(reference), reader.tokens(said)
    return _score(_common(a.counts, b.counts), len(a.listed), len(b.listed))


def _bigrams(reader: Reader, reference: str, said: str) -> Score:
    a, b = reader.tokens(reference), reader.tokens(said)
    return _score(_common(a.pairs, b.pairs), len(a.listed) - 1, len(b.listed) - 1)


def _longest(reader: Reader, reference: str, said: str) -> Score:
    a, b = reader.tokens(reference), reader.tokens(said)
    return _score(subsequences.length(a.places, len(a.listed), b.listed), len(a.listed), len(b.listed))


def _longest_of_sentences(reader: Reader, reference: str, said: str) -> Score:
    """Return the score of all reference sentences' subsequences, no token of `said` counted twice."""
    wanted, sentences = reader.sentences(reference), reader.sentences(said)
    free: Counter[str] = Counter()
    for sentence in sentences:
        free.update(sentence.counts)
    met: Counter[str] = Counter()
    for one in wanted:
        union, n = 0, len(one.listed)
        for sentence in sentences:
            union |= subsequences.chosen(one.places, n, sentence.listed)
        met.update(token for at, token in enumerate(one.listed) if union >> at & 1)
    sizes = (sum(len(each.listed) for each in side) for side in (wanted, sentences))
    return _score(_common(met, free), *sizes)


_KINDS: dict[str, Callable[[Reader, str, str], Score]] = {
    "rouge1": _unigrams,
    "rouge2": _bigrams,
    "rougeL": _longest,
    "rougeLsum": _longest_of_sentences,
}
