"""Did the model pick the right label? Shares of examples, F1 over labels, and chance-corrected agreement.

A prediction is a label or None. None, unanswered, is a class of its own that is never right: it costs
the target's label a hit and is no label's false alarm. So is whatever is no label. In scikit-learn's
words: `y_pred` holds one class more, and F1 is taken over `labels=` the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput, did_you_mean
from harness.metrics.aggregates import HALF, Extremes, Imaginary, OfSums, Prepared, weighted_mean
from harness.schema import Metric

Floats = NDArray[np.float64]


def accuracy(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of examples answered with their target, 0 to 1.

    `labels` may be empty: where every example has options of its own, a match is still a match. A target
    may be several references, any of which will do.
    """
    return Metric("accuracy", _agreement, weighted_mean, "accuracy|v:1", interval="wilson")


def accuracy_with_guess(labels: Sequence[str]) -> Metric:
    """Return the metric of the share right where an unanswered example is guessed, 0 to 1.

    A guess is worth 1 / the number of options, its expectation: MMLU-Pro's authors draw one instead. What is
    answered and is none of the options is wrong. An example without options is worth nothing unanswered.
    """
    return Metric(
        "accuracy_with_guess", _agreement_or_guess, weighted_mean, "accuracy_with_guess|v:1", reads="choice"
    )


def _agreement_or_guess(seen: tuple[str | None, int], target: str | Sequence[str] | None) -> tuple[float]:
    prediction, options = seen
    if prediction is None:
        return (1 / options if options else 0.0,)
    return _agreement(prediction, target)


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
    return _over_labels("macro_f1", labels, _macro_f1)


def weighted_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the labels' F1 scores, 0 to 1, weighed by how many targets each has.

    scikit-learn's `f1_score(average="weighted")`.

    Raises:
        BadInput: as `macro_f1`.
    """
    return _over_labels("weighted_f1", labels, _weighted_f1)


def balanced_accuracy(labels: Sequence[str]) -> Metric:
    """Return the metric of the plain mean of the labels' recalls, 0 to 1.

    The mean is over the labels that occur among the targets: scikit-learn's `balanced_accuracy_score`.

    Raises:
        BadInput: as `macro_f1`.
    """
    return _over_labels("balanced_accuracy", labels, _balanced_accuracy)


def mcc(labels: Sequence[str]) -> Metric:
    """Return the metric of Matthews' correlation of targets and predictions, -1 to 1; 0 is chance.

    Over more than two labels it is the R_K of Gorodkin (2004), as in scikit-learn's
    `matthews_corrcoef`. Unanswered is one predicted class more. Where all targets or all predictions
    are the same it is undefined, and 0, as GLUE's CoLA takes it.

    Raises:
        BadInput: as `macro_f1`.
    """
    return _over_labels("mcc", labels, _mcc, unit="-1-1")


def micro_f1(labels: Sequence[str], without: str | None = None) -> Metric:
    """Return the metric of F1 over the labels' pooled counts, 0 to 1.

    2·hits / (examples + answered): the accuracy where all are answered, and more than it elsewhere,
    since silence misses a target but is no false alarm. scikit-learn's `f1_score(average="micro")`.

    A label `without` is in no count, neither as target nor as prediction; 0 where only it occurs. So
    KLUE judges relations, `no_relation` being the absence of one: scikit-learn's `labels=` the others.

    Raises:
        BadInput: as `macro_f1`; or `without` is no label.
    """
    index = _index("micro_f1", labels)
    if without is None:
        signature = f"micro_f1|v:1|labels:{len(index)}"
        return Metric("micro_f1", partial(_pooled, index), OfSums(_micro_f1, parts=_pooled_parts), signature)
    if without not in index:
        raise BadInput(f"micro_f1: without: {without!r} is not a label.{did_you_mean(str(without), index)}")
    signature = f"micro_f1|v:1|labels:{len(index)}|without:{without}"
    return Metric("micro_f1", partial(_pooled_but, index, without), OfSums(_dice, parts=halved), signature)


def f1(labels: Sequence[str], positive: str | None = None) -> Metric:
    """Return the metric of the F1 score of one label against the rest, 0 to 1.

    2·hits / (targets + predictions) of the label `positive`; 0 where it occurs in neither, as
    scikit-learn has it. Of two labels it is the last unless said otherwise: GLUE's MRPC and QQP list
    0 and 1, and score 1.

    Raises:
        BadInput: `positive` is no label, or left out though there are not two; and as `macro_f1`.
    """
    index = _index("f1", labels)
    if positive is None and len(index) != 2:
        raise BadInput(f"'positive' should say which of {len(index)} labels it is of; macro_f1 is of all")
    wanted = labels[-1] if positive is None else positive
    if wanted not in index:
        raise BadInput(f"'positive': {wanted!r} is not a label.{did_you_mean(str(wanted), index)}")
    return Metric(
        "f1", partial(_occurrences, index, wanted), OfSums(_dice, parts=halved), f"f1|v:1|positive:{wanted}"
    )


# Statistics of an example


def _agreement(prediction: str | None, target: str | Sequence[str] | None) -> tuple[float]:
    """Return 1 for the right label, or one of several, else 0; without a target none can be right."""
    right = prediction in target if isinstance(target, (list, tuple)) else prediction == target
    return (float(prediction is not None and right),)


def _silence(prediction: str | None, target: str | None) -> tuple[float]:
    """Return 1 for an unanswered example, else 0."""
    return (1.0 if prediction is None else 0.0,)


def _pooled(index: Mapping[str, int], prediction: str | None, target: str) -> tuple[float, float]:
    """Return (whether it is right, whether it was answered with a label), each 1 or 0."""
    wanted, said = _indices("micro_f1", index, prediction, target)
    return float(wanted == said), float(said < len(index))


def _pooled_but(
    index: Mapping[str, int], without: str, prediction: str | None, target: str
) -> tuple[float, float]:
    """Return (1 for a hit, how often target and prediction are a label: 0, 1 or 2), one label left out."""
    wanted, said = _indices("micro_f1", index, prediction, target)
    hit = wanted == said != index[without]
    return float(hit), float((wanted != index[without]) + (said not in (index[without], len(index))))


def _occurrences(
    index: Mapping[str, int], positive: str, prediction: str | None, target: str
) -> tuple[float, float]:
    """Return (1 for a hit of `positive`, how often target and prediction are it: 0, 1 or 2)."""
    wanted, said = (label == index[positive] for label in _indices("f1", index, prediction, target))
    return float(wanted and said), float(wanted + said)


def _indices(name: str, index: Mapping[str, int], prediction: str | None, target: str) -> tuple[float, float]:
    """Return (target's index, prediction's index); whatever is no label has the index C.

    Raises:
        BadInput: the target is not one of the labels.
    """
    if target not in index:
        raise BadInput(f"{name}: the target {target!r} is not a label.{did_you_mean(str(target), index)}")
    missed = len(index)
    return float(index[target]), float(missed if prediction is None else index.get(prediction, missed))


def _index(name: str, labels: Sequence[str]) -> dict[str, int]:
    """Return each label's index.

    Raises:
        BadInput: there are no labels, or fewer than are listed.
    """
    index = {label: i for i, label in enumerate(labels)}
    if not index:
        raise BadInput(f"{name} needs labels that all examples share; accuracy works without")
    if len(index) < len(labels):
        raise BadInput(f"{name}: a label is listed twice: {', '.join(labels)}")
    return index


# Figures of sums


def _micro_f1(sums: Floats, counts: Floats) -> Floats:
    """Return 2·hits / (examples + answered), (D,), of sums of `_pooled`."""
    return np.asarray(2 * sums[:, 0] / (counts + sums[:, 1]))


def _pooled_parts(columns: Floats) -> tuple[Floats, Floats]:
    """Return each row's hits and half of what was wanted and said of it (N,)."""
    return columns[:, 0], (1 + columns[:, 1]) / 2


def halved(columns: Floats) -> tuple[Floats, Floats]:
    """Return each row's hits and half its occurrences (N,): a hit is one of each side."""
    return columns[:, 0], columns[:, 1] / 2


def _dice(sums: Floats, counts: Floats) -> Floats:
    """Return 2·hits / occurrences, (D,), of sums of `_occurrences`; 0 where nothing occurs."""
    return _divided(2 * sums[:, 0], sums[:, 1])


# Figures of the margins of a confusion matrix


@dataclass(frozen=True, slots=True)
class _Margins:
    """What a weighting leaves of the confusion matrix: all that the figures over labels need.

    `hits` and `targets` are (D, C). `predicted` is (D, C + 1), the last column of whatever is no label.
    """

    hits: Floats
    targets: Floats
    predicted: Floats

    @property
    def occurs(self) -> Floats:
        """Return how often each label is a target or a prediction, (D, C)."""
        return np.asarray(self.targets + self.predicted[:, :-1])

    @property
    def f1(self) -> Floats:
        """Return each label's F1, (D, C), 2·hits / (targets + predictions), 0 where it does not occur."""
        return _divided(2 * self.hits, self.occurs)


def _over_labels(
    name: str, labels: Sequence[str], figure: Callable[[_Margins], Floats], unit: str = "0-1"
) -> Metric:
    """Return the metric of a `figure` (D,) of the margins (D, C)."""
    index = _index(name, labels)
    extremes = partial(_extremes, figure, len(index))
    return Metric(
        name,
        partial(_indices, name, index),
        Prepared(partial(_by_margins, figure, len(index)), extremes=extremes, hits=_hits),
        f"{name}|v:1|labels:{len(index)}",
        unit=unit,
    )


def _extremes(figure: Callable[[_Margins], Floats], classes: int, stats: Floats) -> Extremes | None:
    """Return half an example of the rarest label, missed, and half a hit of each label that occurs.

    What is missed goes to the other labels as they are frequent, so that it costs them little: least is known
    of the rarest label's recall, and a label that was hit by one of two may have failed by chance. Macro-F1
    needs targets of every label that was said, and Matthews' correlation two labels: without them, nothing
    can be said.
    """
    target, predicted = stats.astype(np.intp).T
    targets = np.bincount(target, minlength=classes)[:classes].astype(np.float64)
    said = np.bincount(predicted, minlength=classes + 1)[:classes]
    occurring = np.flatnonzero(targets + said)
    if (figure is _macro_f1 and (targets[occurring] == 0).any()) or (targets > 0).sum() < 1 + (
        figure is _mcc
    ):
        return None
    rarest = int(np.where(targets > 0, targets, np.inf).argmin())
    others = np.append(np.delete(targets + HALF, rarest), 0.0 if classes > 1 else 1.0)
    missed = np.stack([np.full(classes, rarest), np.delete(np.arange(classes + 1), rarest)], axis=1)
    hits = occurring.repeat(2).reshape(-1, 2).astype(np.float64)
    low = Imaginary(missed.astype(np.float64), HALF * others / others.sum())
    return low, Imaginary(hits, np.full(len(hits), HALF))


def _hits(stats: Floats) -> Floats:
    """Return 1 where the prediction is the target (N,), else 0."""
    return np.asarray(stats[:, 0] == stats[:, 1], np.float64)


def _by_margins(
    figure: Callable[[_Margins], Floats], classes: int, stats: Floats
) -> Callable[[Floats], Floats]:
    """Return the function from weights (D, N) to figures (D,), for indices (N, 2) of target and prediction.

    A label that a weighting leaves out of both does not occur in it, so a weight of 2 is the row twice
    and a weight of 0 is no row at all.
    """
    target, predicted = stats.astype(np.intp).T
    hit = np.where(target == predicted, target, classes)

    def figures(weights: Floats) -> Floats:
        return figure(
            _Margins(
                _sums(weights, hit, classes + 1)[:, :classes],
                _sums(weights, target, classes),
                _sums(weights, predicted, classes + 1),
            )
        )

    return figures


def _macro_f1(margins: _Margins) -> Floats:
    """Return the mean F1 (D,) of the labels that occur."""
    return np.asarray(margins.f1.sum(axis=1) / (margins.occurs > 0).sum(axis=1))


def _weighted_f1(margins: _Margins) -> Floats:
    """Return the mean F1 (D,), each label weighed by its targets."""
    return np.asarray((margins.f1 * margins.targets).sum(axis=1) / margins.targets.sum(axis=1))


def _balanced_accuracy(margins: _Margins) -> Floats:
    """Return the mean recall (D,) of the labels among the targets."""
    recalls = _divided(margins.hits, margins.targets)
    return np.asarray(recalls.sum(axis=1) / (margins.targets > 0).sum(axis=1))


def _mcc(margins: _Margins) -> Floats:
    """Return the correlation (D,) of one-hot targets and predictions, 0 where one of them never varies."""
    n = margins.targets.sum(axis=1)
    together = margins.hits.sum(axis=1) * n - (margins.targets * margins.predicted[:, :-1]).sum(axis=1)
    targets = np.maximum(n**2 - (margins.targets**2).sum(axis=1), 0)  # never below by rounding
    predicted = np.maximum(n**2 - (margins.predicted**2).sum(axis=1), 0)
    return _divided(together, np.sqrt(targets) * np.sqrt(predicted))


def _divided(above: Floats, below: Floats) -> Floats:
    """Return the quotients, 0 where `below` is 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _sums(weights: Floats, groups: NDArray[np.intp], count: int) -> Floats:
    """Return the weight in each group (D, count), for weights (D, N) and groups (N,)."""
    draws = len(weights)
    cells = np.arange(0, draws * count, count)[:, None] + groups
    sums = np.bincount(cells.ravel(), weights.ravel(), minlength=draws * count)
    return np.asarray(sums, np.float64).reshape(draws, count)
