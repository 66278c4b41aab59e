"""How near is a translation to its references? BLEU, chrF and TER, by sacrebleu.

sacrebleu itself reduces each example to the counts that its corpus score is made of; only the formula over
their sums is ours, worked out for all draws at once. So the figures are sacrebleu's own, and an interval
costs no tokenizing. Its counts are read through `_extract_corpus_statistics`, which its own significance
tests stand on.

Both sides are brought to NFC first: that changes nothing in a text that is in NFC already, and Korean whose
syllables a file holds in pieces loses no point. With `normalise: none` they are compared as they are. A
prediction that is missing is an empty text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics import BLEU, CHRF, TER

from harness.errors import BadInput
from harness.metrics import tokenizers as named
from harness.metrics.aggregates import OfSums, by_bounds
from harness.metrics.references import normaliser, references
from harness.schema import Metric

Floats = NDArray[np.float64]
ORDER = 4  # the longest n-grams that BLEU counts
# Tokenizers of sacrebleu's own; the others stand in front of its `none`.
_OWN = ("13a", "intl", "zh", "char", "none", "ko-mecab")


def bleu(
    labels: Sequence[str],
    *,
    tokenizer: str = "13a",
    lowercase: bool = False,
    smooth: str = "exp",
    smooth_value: float | None = None,
    normalise: str = "nfc",
) -> Metric:
    """Return the metric of corpus BLEU, 0 to 100: Papineni et al. (2002) as sacrebleu computes it.

    `tokenizer` is sacrebleu's 13a, intl, zh, char, none or ko-mecab, or kiwi; `smooth` (exp, floor,
    add-k, none) and its value act on n-gram orders without a match. A corpus without any match, or too
    short for one 4-gram, scores 0. With several references an n-gram may occur as often as in the one
    that has it most, and the nearest length counts.

    Raises:
        BadInput: a setting means nothing.
        Unavailable: the tokenizer's package is not installed.
    """
    scorer = bleu_scorer(tokenizer, lowercase=lowercase, smooth=smooth, smooth_value=smooth_value)
    value = BLEU.SMOOTH_DEFAULTS[smooth] if smooth_value is None else smooth_value
    said = "" if smooth_value is None else f"|smooth_value:{smooth_value:g}"  # sacrebleu's has two digits
    figure = partial(_bleu, smooth, value or 0.0)
    return _metric("bleu", scorer, figure, normalise, said, extremes=by_bounds(figure, _mute, _exact))


def chrf(
    labels: Sequence[str],
    *,
    word_order: int = 0,
    char_order: int = 6,
    beta: int = 2,
    lowercase: bool = False,
    whitespace: bool = False,
    normalise: str = "nfc",
) -> Metric:
    """Return the metric of corpus chrF, 0 to 100: Popović (2015) as sacrebleu computes it.

    The F score that weighs recall `beta` times as much as precision, both averaged over character n-grams
    up to `char_order` and word n-grams up to `word_order`; `word_order: 2` is chrF++ (Popović 2017). Of
    several references each example takes the one that suits it best.

    Raises:
        BadInput: a setting means nothing.
    """
    if min(char_order, word_order, beta) < 0 or not char_order + word_order:
        raise BadInput("beta and the orders of chrF cannot be below 0, and one order must be above it")
    scorer = CHRF(
        char_order=char_order, word_order=word_order, beta=beta, lowercase=lowercase, whitespace=whitespace
    )
    # sacrebleu says beta in the score's name, chrF2, not in the signature.
    figure, extremes = partial(_chrf, beta), by_bounds(partial(_chrf, beta), _unmatched, _matched)
    return _metric("chrf", scorer, figure, normalise, f"|beta:{beta}", extremes=extremes)


def ter(
    labels: Sequence[str],
    *,
    tokenizer: str = "tercom",
    normalized: bool = False,
    no_punct: bool = False,
    asian_support: bool = False,
    case_sensitive: bool = False,
    normalise: str = "nfc",
) -> Metric:
    """Return the metric of the translation edit rate, lower is better: Snover et al. (2006) by sacrebleu.

    Edits (a word added, dropped or exchanged, or a run of words moved) over the words of the reference,
    times 100; above 100 where a translation is much too long. `tokenizer` may split words into char,
    ko-mecab or kiwi tokens before Tercom's own rules, which the next three settings are about. Of several
    references the nearest counts, over their mean length. The search for moved runs takes seconds where
    hundreds of words stand in another order.

    Raises:
        BadInput: a setting means nothing.
        Unavailable: the tokenizer's package is not installed.
    """
    scorer = TER(
        normalized=normalized, no_punct=no_punct, asian_support=asian_support, case_sensitive=case_sensitive
    )
    if tokenizer != "tercom":
        _split_first(scorer, tokenizer)
    extremes = by_bounds(_ter, _unedited, _all_edited)
    return _metric("ter", scorer, _ter, normalise, higher_is_better=False, extremes=extremes)


def bleu_scorer(tokenizer: str = "13a", **settings: Any) -> Any:
    """Return sacrebleu's BLEU for one of its tokenizers or of ours; the other settings are as in `bleu`.

    `effective_order` may be set too: sacrebleu's way of scoring a single sentence, which may be shorter
    than four tokens.

    Raises:
        BadInput: a setting means nothing.
        Unavailable: the tokenizer's package is not installed.
    """
    smooth, value = settings.pop("smooth", "exp"), settings.pop("smooth_value", None)
    if smooth not in BLEU.SMOOTH_DEFAULTS:
        raise BadInput(f"no smoothing is called {smooth!r}; one of {', '.join(BLEU.SMOOTH_DEFAULTS)}")
    if value is not None and (BLEU.SMOOTH_DEFAULTS[smooth] is None or value < 0):
        raise BadInput("smooth_value is a number from 0 for the smoothings floor and add-k")
    if tokenizer == "ko-mecab":
        named.mecab_ko()  # its absence is told in our words
    own = tokenizer if tokenizer in _OWN else "none"
    scorer = BLEU(tokenize=own, smooth_method=smooth, smooth_value=value, **settings)
    if own != tokenizer:
        _split_first(scorer, tokenizer)
    return scorer


def bleu_tokens(scorer: Any, text: str) -> list[str]:
    """Return the tokens that a scorer counts in `text`."""
    return str(scorer._preprocess_segment(text)).split()


def _split_first(scorer: Any, name: str) -> None:
    """Let a tokenizer of ours split each line before the scorer's own sees it."""
    ours, own = named.tokenizer(name), scorer.tokenizer
    scorer.tokenizer = lambda line: own(" ".join(ours.split(line)))
    scorer.tokenizer_signature = ours.signature


def _metric(
    name: str,
    scorer: Any,
    figure: Callable[[Floats, Floats], Floats],
    normalise: str,
    said: str = "",
    *,
    higher_is_better: bool = True,
    **certainty: Any,
) -> Metric:
    """Return the metric whose statistics are the scorer's own and whose figure is a formula of their sums."""
    judge = partial(_counts, name, scorer, normaliser(normalise))
    return Metric(
        name,
        judge,
        OfSums(figure, **certainty),
        f"{name}|v:1|norm:{normalise}{said}|sacrebleu|{_signature(scorer)}",
        unit="0-100",
        higher_is_better=higher_is_better,
        prepare=partial(judge, "말", "말"),  # loads the tokenizer
    )


def _signature(scorer: Any) -> str:
    """Return sacrebleu's signature but for the number of references, which is the data's."""
    scorer.num_refs = -1  # it wants to know
    return str(scorer.get_signature().format()).removeprefix("nrefs:var|")


def _counts(
    name: str, scorer: Any, normalise: Callable[[str], str], prediction: str | None, target: Any
) -> tuple[float, ...]:
    """Return sacrebleu's statistics of one example.

    Raises:
        BadInput: there is no reference to compare with.
    """
    wanted = [[normalise(text)] for text in references(name, target)]
    (counts,) = scorer._extract_corpus_statistics([normalise(prediction or "")], wanted)
    return tuple(map(float, counts))


def _bleu(smooth: str, value: float, sums: Floats, counts: Floats) -> Floats:
    """Return BLEU (D,), 0 to 100.

    `sums` is (D, 10): tokens said and wanted, then the clipped matches and the n-grams said of each order.
    An order without a match has its precision smoothed: `exp` counts 1/2 match at the first such order,
    1/4 at the second (Chen and Cherry 2014, method 3).
    """
    said, wanted = sums[:, 0], sums[:, 1]
    matches, total = sums[:, 2 : 2 + ORDER], sums[:, 2 + ORDER :]
    any_match = matches.any(axis=1)
    none = matches == 0
    if smooth == "exp":
        matches = np.where(none, 0.5 ** np.cumsum(none, axis=1), matches)
    elif smooth == "floor":
        matches = np.where(none, value, matches)
    elif smooth == "add-k":
        longer = np.array([0.0] + [value] * (ORDER - 1))
        matches, total = matches + longer, total + longer
    precision = np.divide(matches, total, out=np.zeros_like(total), where=total > 0)
    length = np.divide(wanted, said, out=np.full_like(said, np.inf), where=said > 0)
    brevity = np.exp(np.minimum(0.0, 1 - length))
    with np.errstate(divide="ignore"):  # an order without any precision makes the whole 0
        mean = np.log(precision).mean(axis=1)
    return np.asarray(np.where(any_match, 100 * brevity * np.exp(mean), 0.0))


def _chrf(beta: int, sums: Floats, counts: Floats) -> Floats:
    """Return chrF (D,), 0 to 100.

    `sums` is (D, 3·orders): of each order the n-grams said, wanted and matched. An order that one side
    has none of enters no mean.
    """
    said, wanted, matched = np.moveaxis(sums.reshape(len(sums), -1, 3), 2, 0)
    both = (said > 0) & (wanted > 0)
    orders = np.maximum(both.sum(axis=1), 1)
    precision = np.divide(matched, said, out=np.zeros_like(said), where=both).sum(axis=1) / orders
    recall = np.divide(matched, wanted, out=np.zeros_like(said), where=both).sum(axis=1) / orders
    weight = beta**2
    under = weight * precision + recall
    figure = np.zeros_like(precision)
    return np.asarray(np.divide(100 * (1 + weight) * precision * recall, under, out=figure, where=under > 0))


def _ter(sums: Floats, counts: Floats) -> Floats:
    """Return TER (D,); `sums` is (D, 2): edits, and the references' mean length in words.

    Without a single word to reach, any edit makes it 100 and none makes it 0.
    """
    edits, length = sums.T
    return np.asarray(100 * np.divide(edits, length, out=(edits > 0).astype(np.float64), where=length > 0))


# What an average example were at its worst and at its best


def _mute(sums: Floats) -> Floats:
    """Return BLEU's sums (10,) of a translation as long as that, without a match."""
    return np.concatenate([sums[:2], np.zeros(ORDER), sums[2 + ORDER :]])


def _exact(sums: Floats) -> Floats:
    """Return BLEU's sums (10,) of the reference itself."""
    return np.concatenate([sums[[1, 1]], sums[2 + ORDER :], sums[2 + ORDER :]])


def _unmatched(sums: Floats) -> Floats:
    """Return chrF's sums (3·orders,) of a translation as long as that, without a match."""
    return np.asarray(sums.reshape(-1, 3) * (1, 1, 0)).ravel()


def _matched(sums: Floats) -> Floats:
    """Return chrF's sums (3·orders,) of the reference itself."""
    return sums.reshape(-1, 3)[:, [1, 1, 1]].ravel()


def _unedited(sums: Floats) -> Floats:
    """Return TER's sums (2,) of the reference itself."""
    return sums * (0, 1)


def _all_edited(sums: Floats) -> Floats:
    """Return TER's sums (2,) of a translation with as many edits as the reference has words, or more."""
    return np.array([max(sums), sums[1]])
