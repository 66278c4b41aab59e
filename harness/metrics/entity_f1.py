"""Were the spans found, with their types? Entity F1, as CoNLL-2003 and seqeval count it.

A prediction is a sequence of (start, end, type), in characters, the end left out; so is a target. What JSON
made lists of is taken as well. None, unanswered, has no spans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.config.documents import shown
from harness.errors import BadInput, did_you_mean
from harness.metrics.aggregates import HALF, Extremes, Imaginary, OfSums, ratio
from harness.schema import Metric, Span

Floats = NDArray[np.float64]


def entity_f1(labels: Sequence[str], average: str = "micro") -> Metric:
    """Return the metric of F1 over spans, 0 to 1: a span counts when start, end and type are all right.

    `average: micro` counts all spans together; `macro` is the plain mean of the types' F1 scores over the
    types that occur among targets or predictions, as KLUE-NER's entity F1 has it. `labels` are the types,
    which only `macro` needs. A predicted type that is not among them is no hit; under `macro` all such types
    together are one more, of F1 0. A span given twice is one. Without any span there is no F1: NaN.

    Raises:
        BadInput: no such average, or `macro` without types.
    """
    if average == "micro":
        return Metric("entity_f1", _micro_counts, OfSums(ratio, parts=_halves), "entity_f1|v:1|average:micro")
    if average != "macro":
        raise BadInput(f"entity_f1: no such average.{did_you_mean(average, ('micro', 'macro'))}")
    if not labels:
        raise BadInput("entity_f1: the macro average needs the types as labels; micro works without")
    index = {label: i for i, label in enumerate(labels)}
    signature = f"entity_f1|v:1|average:macro|types:{len(index)}"
    return Metric("entity_f1", partial(_macro_counts, index), OfSums(_mean_f1, extremes=_extremes), signature)


def _micro_counts(prediction: Any, target: Any) -> tuple[float, float]:
    """Return twice the hits, and all spans of both sides: F1 is the ratio of their sums."""
    said, wanted = _spans(() if prediction is None else prediction, "prediction"), _spans(target, "target")
    return 2.0 * len(said & wanted), float(len(said) + len(wanted))


def _macro_counts(index: Mapping[str, int], prediction: Any, target: Any) -> tuple[float, ...]:
    """Return `_micro_counts` for each of the C types and for all others together, 2·(C + 1) numbers.

    Raises:
        BadInput: the target has a type that is not listed.
    """
    said, wanted = _spans(() if prediction is None else prediction, "prediction"), _spans(target, "target")
    counts = [0.0] * (2 * len(index) + 2)
    for _, _, kind in said & wanted:
        counts[2 * _listed(index, kind)] += 2
    for _, _, kind in wanted:
        counts[2 * _listed(index, kind) + 1] += 1
    for _, _, kind in said:
        counts[2 * index.get(kind, len(index)) + 1] += 1
    return tuple(counts)


def _listed(index: Mapping[str, int], kind: str) -> int:
    if kind not in index:
        raise BadInput(f"entity_f1: the target's type {kind!r} is not listed.{did_you_mean(kind, index)}")
    return index[kind]


def _mean_f1(sums: Floats, counts: Floats) -> Floats:
    """Return macro-F1 (D,) over the types that occur, from sums (D, 2·(C + 1)); NaN where none does."""
    hits, spans = sums[:, ::2], sums[:, 1::2]
    scores = np.divide(hits, spans, out=np.zeros_like(hits), where=spans > 0)
    return ratio(np.stack([scores.sum(axis=1), (spans > 0).sum(axis=1)], axis=1), counts)


def _halves(columns: Floats) -> tuple[Floats, Floats]:
    """Return each row's hits and half its spans (N,): a hit is one of each side."""
    return columns[:, 0] / 2, columns[:, 1] / 2


def _extremes(units: Floats) -> Extremes:
    """Return half a unit with nothing of the rarest type found, and half a unit with all found.

    Both hold as many spans as a unit has that holds the type at all.
    """
    spans = units[:, 1::2]
    holding = np.maximum((spans > 0).sum(axis=0), 1)
    found = np.where(spans.any(axis=0), spans.sum(axis=0), np.inf)
    low, high = np.zeros((2, 1, units.shape[1]))
    rarest = int(found.argmin())
    low[0, 2 * rarest + 1] = spans[:, rarest].sum() / holding[rarest]
    high[0, ::2] = high[0, 1::2] = spans.sum(axis=0) / holding
    return Imaginary(low, np.array([HALF])), Imaginary(high, np.array([HALF]))


def _spans(given: Any, side: str) -> Set[Span]:
    """Return the spans as a set.

    Raises:
        BadInput: they are no spans.
    """
    if isinstance(given, (list, tuple)) and all(map(_is_span, given)):
        return {(start, end, kind) for start, end, kind in given}
    raise BadInput(f"entity_f1: the {side} should be a list of [start, end, type], not {shown(given)}")


def _is_span(given: Any) -> bool:
    return isinstance(given, (list, tuple)) and [type(part) for part in given] == [int, int, str]
