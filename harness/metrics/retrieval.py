"""How high do the relevant passages stand? trec_eval's figures of a ranking, query by query.

A prediction is the passages' ids in their order, a target the relevant ids, or pairs of id and grade, of
which 1 and more is relevant. A query that nothing was found for, or that has no relevant passage, counts 0.
Definitions: trec_eval 9 (Buckley, https://github.com/usnistgov/trec_eval); nDCG is Järvelin and Kekäläinen's
(2002) with the grade as gain and the logarithm of rank + 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import log2
from typing import Any

from harness.errors import BadInput
from harness.metrics.aggregates import weighted_mean
from harness.schema import Metric

Gains = Sequence[int]  # the grade of each passage of a ranking, 0 where it is not relevant
Figure = Callable[[Gains, Gains], float]  # of these, and of all relevant passages' grades


def recall(k: str, labels: Sequence[str] = ()) -> Metric:
    """Return the metric of the mean share of a query's relevant passages that are among its first k, 0 to 1.

    Raises:
        BadInput: k is no whole number of at least 1.
    """
    return _at("recall", k, lambda gains, ideal: _found(gains) / len(ideal))


def precision(k: str, labels: Sequence[str] = ()) -> Metric:
    """Return the metric of the mean share of the first k that are relevant, 0 to 1; what is missing is not.

    Raises:
        BadInput: k is no whole number of at least 1.
    """
    count = _whole("precision", k)
    return _at("precision", k, lambda gains, _ideal: _found(gains) / count)


def hit(k: str, labels: Sequence[str] = ()) -> Metric:
    """Return the metric of the share of queries with a relevant passage among the first k (success), 0 to 1.

    Raises:
        BadInput: k is no whole number of at least 1.
    """
    return _at("hit", k, lambda gains, _ideal: float(_found(gains) > 0), interval="wilson")


def ndcg(k: str, labels: Sequence[str] = ()) -> Metric:
    """Return the metric of the mean normalised discounted cumulative gain of the first k, 0 to 1.

    Raises:
        BadInput: k is no whole number of at least 1.
    """
    count = _whole("ndcg", k)
    return _at("ndcg", k, lambda gains, ideal: _discounted(gains) / _discounted(ideal[:count]))


def recip_rank(labels: Sequence[str] = ()) -> Metric:
    """Return the metric of the mean reciprocal rank (MRR) of the first relevant passage, 0 to 1."""
    return _metric("recip_rank", "recip_rank|v:1", None, _reciprocal)


def average_precision(labels: Sequence[str] = ()) -> Metric:
    """Return the metric of the mean over queries of their average precision (MAP), 0 to 1."""
    return _metric("map", "map|v:1", None, _average_precision)


def _at(name: str, k: str, figure: Figure, **how: Any) -> Metric:
    count = _whole(name, k)
    return _metric(f"{name}@{count}", f"{name}|v:1|k:{count}", count, figure, **how)


def _metric(name: str, signature: str, k: int | None, figure: Figure, **how: Any) -> Metric:
    return Metric(name, partial(_statistics, k, figure), weighted_mean, signature, **how)


def _whole(name: str, k: str) -> int:
    if not (k.isascii() and k.isdecimal() and int(k) >= 1):
        raise BadInput(
            f"{name}@{k}: what follows the sign should be a whole number of at least 1, as {name}@10"
        )
    return int(k)


def _statistics(k: int | None, figure: Figure, prediction: Any, target: Any) -> tuple[float]:
    """Return the figure of one query, of whose ranking the first `k` count, all where that is None."""
    grades = grades_of(target)
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    if not ideal or prediction is None:
        return (0.0,)
    found = (prediction,) if isinstance(prediction, str) else prediction
    return (figure([max(0, grades.get(str(name), 0)) for name in found[:k]], ideal),)


def grades_of(target: Any) -> dict[str, int]:
    """Return passage → grade, of a target that names relevant passages, or says the grade of each."""
    if isinstance(target, str):
        return {target: 1}
    named = target.items() if isinstance(target, dict) else target or ()
    return dict((one, 1) if isinstance(one, str) else (str(one[0]), int(one[1])) for one in named)


def _found(gains: Gains) -> int:
    return sum(gain > 0 for gain in gains)


def _discounted(gains: Gains) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1) if gain)


def _reciprocal(gains: Gains, _ideal: Gains) -> float:
    return next((1 / rank for rank, gain in enumerate(gains, 1) if gain), 0.0)


def _average_precision(gains: Gains, ideal: Gains) -> float:
    ranks = [rank for rank, gain in enumerate(gains, 1) if gain]
    return sum(found / rank for found, rank in enumerate(ranks, 1)) / len(ideal)
