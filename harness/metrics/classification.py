"""Did the model pick the right label? Accuracy, macro-F1 and the share that gave no answer.

A prediction is a label or None. None, unanswered, is a class of its own that is never right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput, HarnessError, did_you_mean
from harness.metrics import weighted_mean
from harness.schema import Metric

Floats = NDArray[np.float64]


def accuracy(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of examples answered with their target, 0 to 1.

    `labels` may be empty: where every example has options of its own, a match is still a match.
    """
    return Metric("accuracy", _agreement, weighted_mean, "accuracy|v:1", interval="wilson")


def unanswered(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of examples without a prediction, 0 to 1; lower is better."""
    return Metric(
        "unanswered",
        _silence,
        weighted_mean,
        "unanswered|v:1",
        higher_is_better=False,
        interval="wilson",
    )


def macro_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the plain mean of the labels' F1 scores, 0 to 1.

    The mean is over the labels that occur among the targets or the predictions, as scikit-learn's
    `f1_score(average="macro")` takes it. An unanswered example, or a prediction outside `labels`,
    is a miss of its target's label; no F1 of its own enters the mean.

    Raises:
        BadInput: there are no labels, or fewer than are listed; F1 needs classes that the examples share.
    """
    index = {label: i for i, label in enumerate(labels)}
    if not index:
        raise BadInput("macro_f1 needs labels that all examples share; accuracy works without")
    if len(index) < len(labels):
        raise BadInput(f"macro_f1: a label is listed twice: {', '.join(labels)}")
    return Metric(
        "macro_f1",
        partial(_indices, index),
        partial(_macro_f1, len(index)),
        f"macro_f1|v:1|labels:{len(index)}",
    )


def _agreement(prediction: str | None, target: str | None) -> tuple[float]:
    """Return 1 for the right label, else 0; an example without a target cannot be agreed with."""
    return (1.0 if prediction is not None and prediction == target else 0.0,)


def _silence(prediction: str | None, target: str | None) -> tuple[float]:
    """Return 1 for an unanswered example, else 0."""
    return (1.0 if prediction is None else 0.0,)


def _indices(index: Mapping[str, int], prediction: str | None, target: str) -> tuple[float, float]:
    """Return (target's index, prediction's index); whatever is no label has the index C.

    Raises:
        BadInput: the target is not one of the labels.
    """
    if target not in index:
        raise BadInput(f"macro_f1: the target {target!r} is not a label.{did_you_mean(str(target), index)}")
    missed = len(index)
    return float(index[target]), float(missed if prediction is None else index.get(prediction, missed))


def _macro_f1(classes: int, stats: Floats, weights: Floats) -> Floats:
    """Return macro-F1 (D,), 0 to 1, for each weighting.

    `stats` is (N, 2), indices of target and prediction; `weights` is (D, N). A label that a
    weighting leaves out of both does not count in its mean, so a weight of 2 is the row twice
    and a weight of 0 is no row at all. F1 of a label is 2·hits / (targets + predictions).

    Raises:
        HarnessError: N is 0.
    """
    if not len(stats):
        raise HarnessError("macro_f1 needs at least one example")
    target, predicted = stats.astype(np.intp).T
    # Predictions outside the labels gather in a last column, which is then left out.
    hits = _sums(weights, np.where(target == predicted, target, classes), classes + 1)[:, :classes]
    occurs = _sums(weights, target, classes) + _sums(weights, predicted, classes + 1)[:, :classes]
    scores = np.divide(2 * hits, occurs, out=np.zeros_like(hits), where=occurs > 0)
    return np.asarray(scores.sum(axis=1) / (occurs > 0).sum(axis=1))


def _sums(weights: Floats, groups: NDArray[np.intp], count: int) -> Floats:
    """Return the weight in each group (D, count), for weights (D, N) and groups (N,)."""
    draws = len(weights)
    cells = np.arange(0, draws * count, count)[:, None] + groups
    sums = np.bincount(cells.ravel(), weights.ravel(), minlength=draws * count)
    return np.asarray(sums, np.float64).reshape(draws, count)
