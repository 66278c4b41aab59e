"""BLEU of one sentence, worked out so that it can be followed: what was counted, clipped and averaged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.metrics import references as texts
from harness.text.width import cut, plain

SHOWN = 6  # n-grams listed of each kind; a long sentence has hundreds
WIDTH = 100  # cells of a sentence that is shown


class Clipped(NamedTuple):
    """An n-gram, how often it was said, and how often some one reference has it."""

    ngram: tuple[str, ...]
    said: int
    allowed: int

    @property
    def counted(self) -> int:
        """Return how often it counts: no more often than a reference has it."""
        return min(self.said, self.allowed)

    def __str__(self) -> str:
        """Return the n-gram, with its counts where it was said more than once."""
        text = cut(plain(" ".join(self.ngram)), WIDTH // 2)
        return f"{text} ({self.counted} of {self.said})" if self.said > 1 else text


def worked(prediction: str, references: Sequence[str], **settings: Any) -> str:
    """Return a short text that works BLEU out for one sentence, its figures sacrebleu's own.

    For each order of n-grams: how many were said, how many count, which. An n-gram counts no more often
    than the reference that has it most: clipped, it cannot be repeated for gain (Papineni et al. 2002).
    Then the brevity penalty and the geometric mean. As sacrebleu scores single sentences, orders longer
    than the sentence are left out. `settings` are those of the metric `bleu`.

    Raises:
        BadInput: a setting means nothing, or there is no reference.
        Unavailable: the tokenizer's package is not installed.
    """
    from harness.metrics.translation import bleu_scorer, bleu_tokens

    normalise = texts.normaliser(settings.pop("normalise", "nfc"))
    scorer = bleu_scorer(**settings, effective_order=True)
    sentence, *wanted = map(normalise, (prediction, *texts.references("bleu", list(references))))
    said, *others = (bleu_tokens(scorer, text) for text in (sentence, *wanted))
    score = scorer.sentence_score(sentence, wanted)
    lines = [*_sentences(said, others, scorer.tokenizer_signature), *_orders(said, others, score)]
    return "\n".join([*lines, _brevity(score), _mean(score)])


def clipped(said: Sequence[str], references: Sequence[Sequence[str]], order: int) -> list[Clipped]:
    """Return each n-gram of a sentence with its counts, in the order it is first said."""
    most: Counter[tuple[str, ...]] = Counter()
    for reference in references:
        most |= _ngrams(reference, order)
    return [Clipped(ngram, count, most[ngram]) for ngram, count in _ngrams(said, order).items()]


def _ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def _sentences(said: Sequence[str], references: Sequence[Sequence[str]], tokenizer: str) -> Iterator[str]:
    yield f"tokens by {tokenizer}"
    yield f"  prediction   {_shown(said)}"
    for number, reference in enumerate(references, 1):
        yield f"  reference {number}  {_shown(reference)}"


def _shown(tokens: Sequence[str]) -> str:
    return cut(plain(" ".join(tokens)), WIDTH) or "(empty)"


def _orders(said: Sequence[str], references: Sequence[Sequence[str]], score: Any) -> Iterator[str]:
    """Yield for each order its clipped precision, what counts and what does not."""
    for order, precision in enumerate(score.precisions, 1):
        counts = clipped(said, references, order)
        hits, total = sum(one.counted for one in counts), sum(one.said for one in counts)
        unsmoothed = 100 * hits / total if total else 0.0
        share = f"{hits} of {total} = {unsmoothed:.2f} %" if total else "none"
        smoothed = "" if math.isclose(unsmoothed, precision) else f", smoothed to {precision:.2f} %"
        yield f"{order}-grams  {share}{smoothed}"
        yield from _listed("counted", [one for one in counts if one.counted])
        yield from _listed("in no reference", [one for one in counts if not one.counted])


def _listed(what: str, counts: Sequence[Clipped]) -> Iterator[str]:
    if counts:
        more = [f"{len(counts) - SHOWN} more"] if len(counts) > SHOWN else []
        yield f"  {what:<15}  {', '.join([*map(str, counts[:SHOWN]), *more])}"


def _brevity(score: Any) -> str:
    """Return the brevity penalty and where it comes from."""
    lengths = f"{score.sys_len} tokens, {score.ref_len} in the reference nearest in length"
    how = f" = exp(1 - {score.ref_len}/{score.sys_len})" if 0 < score.sys_len < score.ref_len else ""
    return f"brevity  {score.bp:.4f}{how}: {lengths}"


def _mean(score: Any) -> str:
    """Return the figure as the product it is."""
    if not any(score.counts):
        return "BLEU     0.00: no token is in a reference"
    used = [f"{one:.2f}" for one, total in zip(score.precisions, score.totals, strict=True) if total]
    return f"BLEU     {score.bp:.4f} × ({' × '.join(used)})^(1/{len(used)}) = {score.score:.2f}"
