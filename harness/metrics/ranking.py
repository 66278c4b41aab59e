"""How high does the right option stand? Metrics over the scores of an example's options.

Options may be each example's own. With labels that all examples share, a target is one of them;
without, it is the number of the right option, from 0, as text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio, weighted_mean
from harness.metrics.option_scores import Scores, decides, probabilities, rank, right_option
from harness.schema import Metric


def top_k_accuracy(labels: Sequence[str], k: int = 5) -> Metric:
    """Return the metric of the share of examples whose right option is among the k best, 0 to 1.

    Unanswered is wrong.

    Raises:
        BadInput: k is below 1, or not below the number of labels, where every answer would be right.
    """
    if k < 1:
        raise BadInput(f"'k' should be at least 1, not {k}")
    if labels and k >= len(labels):
        raise BadInput(f"'k': the best {k} of {len(labels)} labels hold the right one anyway")
    return Metric(
        "top_k_accuracy",
        _scored("top_k_accuracy", labels, lambda scores, place: float(rank(scores, place) <= k)),
        weighted_mean,
        f"top_k_accuracy|v:1|k:{k}",
        interval="wilson",
        reads="scores",
    )


def mrr(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean reciprocal rank of the right option, 0 to 1.

    Unanswered counts as 0. Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    return Metric(
        "mrr",
        _scored("mrr", labels, lambda scores, place: 1 / rank(scores, place)),
        weighted_mean,
        "mrr|v:1",
        reads="scores",
    )


def target_probability(labels: Sequence[str]) -> Metric:
    """Return the metric of the right option's mean share of the options' probability, 0 to 1.

    The share is the softmax of the scores. Unanswered counts as 0.
    """
    return Metric(
        "target_probability",
        _scored("target_probability", labels, lambda scores, place: probabilities(scores)[place]),
        weighted_mean,
        "target_probability|v:1",
        reads="scores",
    )


def answer_log_probability(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean log-probability (nats, at most 0) of the likeliest right option.

    A target is an option's place, or the places of all that are right. It is the option's own score and not
    its share among the others: with one option alone it says how likely a model holds the answer under what
    it has read. Unanswered, and what a model holds impossible, is left out.
    """
    return Metric(
        "answer_log_probability",
        partial(_likeliest, {label: i for i, label in enumerate(labels)}),
        OfSums(ratio),
        "answer_log_probability|v:1",
        unit="nats",
        reads="scores",
        leaves_out=True,
    )


def mean_rank(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean rank of the right option, from 1; lower is better.

    Unanswered counts as the last rank. Where an example has options of its own and came back without
    any scores, nobody knows how many there were: it is left out.
    """
    return Metric(
        "mean_rank",
        partial(_rank_or_last, {label: i for i, label in enumerate(labels)}),
        OfSums(ratio),
        "mean_rank|v:1",
        unit="rank",
        higher_is_better=False,
        reads="scores",
    )


def _scored(
    name: str, labels: Sequence[str], figure: Callable[[Sequence[float], int], float]
) -> Callable[[Scores, Any], tuple[float]]:
    """Return the statistics: a `figure` of the scores and the right option's place, 0 for unanswered."""
    index = {label: i for i, label in enumerate(labels)}

    def statistics(scores: Scores, target: Any) -> tuple[float]:
        place = right_option(name, index, scores, target)
        return (figure(scores, place) if scores is not None and decides(scores) else 0.0,)

    return statistics


def _likeliest(index: dict[str, int], scores: Scores, target: Any) -> tuple[float, float]:
    """Return (the highest score of a right option, 1), or (0, 0) where there is none."""
    right = target if isinstance(target, tuple) else (target,)
    places = [right_option("answer_log_probability", index, scores, one) for one in right]
    if scores is None or not decides(scores):
        return 0.0, 0.0
    best = max(scores[place] for place in places)
    return (best, 1.0) if best > -sys.float_info.max else (0.0, 0.0)


def _rank_or_last(index: dict[str, int], scores: Scores, target: Any) -> tuple[float, float]:
    """Return (the right option's rank, 1), or (0, 0) where not even the last rank is known."""
    place = right_option("mean_rank", index, scores, target)
    if scores is not None and decides(scores):
        return float(rank(scores, place)), 1.0
    last = len(index) if scores is None else len(scores)
    return float(last), float(last > 0)
