"""Is the answer the span that was asked for? SQuAD's and KorQuAD's official exact match and F1.

Both are the official ones bit for bit: nothing is normalised but what the published scripts normalise, so
Korean in NFD is another answer here. `exact_match` is the one that forgives.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from harness.metrics.aggregates import weighted_mean
from harness.metrics.references import references
from harness.schema import Metric
from harness.text.html import without_tags

AnswerScore = Callable[[str, str], float]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_KORQUAD_BLANKS = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))


def squad_em(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of answers equal to a reference, 0 to 1, as SQuAD v1.1 counts it.

    A target is a text or a list of references, the best of which counts. An unanswered example is an
    empty text. Rajpurkar et al. (2016) and its `evaluate-v1.1.py`.
    """
    compare = partial(_equality, squad_v1)
    return _metric("squad_em", compare, "norm:squad.v1|case:lower", interval="wilson")


def squad_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean F1 between the words of answer and reference, 0 to 1, by SQuAD v1.1.

    Words are what white space separates after normalising, counted with repetition; no word in common
    is 0, also where both sides are empty. References and sources as in `squad_em`.
    """
    compare = partial(_overlap, lambda text: squad_v1(text).split())
    return _metric("squad_f1", compare, "tok:space|norm:squad.v1|case:lower")


def korquad_em(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of answers equal to a reference, 0 to 1, as KorQuAD 1.0 counts it.

    A target is a text or a list of references, the best of which counts. An unanswered example is an
    empty text. Lim, Kim and Lee (2019) and the `evaluate-v1.0.py` of korquad.github.io.
    """
    compare = partial(_equality, korquad_v1)
    return _metric("korquad_em", compare, "norm:korquad.v1|case:lower", interval="wilson")


def korquad_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean F1 between the characters of answer and reference, by KorQuAD 1.0.

    0 to 1. Characters are code points without white space, counted with repetition, in any order: a
    particle too many costs its syllables only. No character in common is 0, also where both sides are
    empty. References and sources as in `korquad_em`.
    """
    compare = partial(_overlap, lambda text: "".join(korquad_v1(text).split()))
    return _metric("korquad_f1", compare, "tok:char|norm:korquad.v1|case:lower")


def korquad2_em(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of answers equal to the reference, 0 to 1, as KorQuAD 2 counts it.

    Answers may be pieces of HTML: tags go, and so does all white space. Otherwise as `korquad_em`. Kim et
    al. (2020) and the evaluation script for 2.0 of korquad.github.io, which strips tags with BeautifulSoup.
    """
    return _metric(
        "korquad2_em", partial(_equality, korquad_v2), "norm:korquad.v2|case:lower", interval="wilson"
    )


def korquad2_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean F1 between the characters of answer and reference, by KorQuAD 2.

    Normalised as in `korquad2_em`, counted as in `korquad_f1`.
    """
    return _metric("korquad2_f1", partial(_overlap, korquad_v2), "tok:char|norm:korquad.v2|case:lower")


def klue_mrc_em(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of answers equal to a reference, 0 to 1, as KLUE-MRC counts it.

    Normalised as in `korquad_em`. A question that has no answer has the one reference "": only an empty
    answer is right there, as in KLUE's own evaluation and SQuAD 2's script. An empty answer says that there
    is none; an unanswered example says nothing, and is wrong. Park et al. (2021).
    """
    compare = _or_abstains(partial(_equality, korquad_v1))
    return _metric("klue_mrc_em", compare, "norm:korquad.v1|case:lower", interval="wilson", heard=True)


def klue_mrc_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean F1 between the characters of answer and reference, as KLUE-MRC has it.

    Counted as in `korquad_f1`; where answer or reference is empty it is 1 if both are, else 0, as in SQuAD
    2's script: never below `klue_mrc_em`. Unanswered examples as there.
    """
    compare = _or_abstains(partial(_overlap, lambda text: "".join(korquad_v1(text).split())))
    return _metric("klue_mrc_f1", compare, "tok:char|norm:korquad.v1|case:lower", heard=True)


def squad_v1(text: str) -> str:
    """Return `text` as SQuAD v1.1 compares it: lower case, no punctuation of ASCII, no article."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def korquad_v1(text: str) -> str:
    """Return `text` as KorQuAD 1.0 compares it: lower case, no ASCII punctuation, single blanks.

    Quotes and brackets, those of Korean titles (《》〈〉) included, are blanks and so part words; all other
    ASCII punctuation goes without a trace, and any other sign (「」, “”) stays.
    """
    return " ".join(text.translate(_KORQUAD_BLANKS).lower().translate(_NO_PUNCTUATION).split())


def korquad_v2(text: str) -> str:
    """Return `text` as KorQuAD 2 compares it: as version 1, its tags and all its white space gone."""
    return "".join(korquad_v1(without_tags(text)).split())


def _or_abstains(compare: AnswerScore) -> AnswerScore:
    """Return a comparison in which an empty text equals an empty text alone."""

    def compared(said: str, wanted: str) -> float:
        empty = [not korquad_v1(text) for text in (said, wanted)]
        return float(all(empty)) if any(empty) else compare(said, wanted)

    return compared


def _metric(
    name: str,
    compare: AnswerScore,
    how: str,
    interval: Literal["wilson", "bootstrap"] = "bootstrap",
    *,
    heard: bool = False,
) -> Metric:
    """Return a metric; where only what was `heard` counts, an unanswered example is no empty answer."""
    statistics = partial(_best, name, compare, heard=heard)
    return Metric(name, statistics, weighted_mean, f"{name}|v:1|{how}", interval=interval)


def _best(
    name: str,
    compare: AnswerScore,
    prediction: str | None,
    target: str | Sequence[str] | None,
    *,
    heard: bool,
) -> tuple[float]:
    """Return the comparison with the reference that suits the prediction best.

    Raises:
        BadInput: there is no reference to compare with.
    """
    wanted = references(name, target)
    if heard and prediction is None:
        return (0.0,)
    said = prediction or ""
    return (max(compare(said, reference) for reference in wanted),)


def _equality(normalise: Callable[[str], str], said: str, wanted: str) -> float:
    return float(normalise(said) == normalise(wanted))


def _overlap(tokens: Callable[[str], Sequence[str]], said: str, wanted: str) -> float:
    return f1(tokens(said), tokens(wanted))


def f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall over tokens, counted with repetition, 0 to 1.

    It is worked out in the order of the official scripts, so that even the last bit is theirs.
    """
    common = (Counter(said) & Counter(wanted)).total()
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return (2 * precision * recall) / (precision + recall)
