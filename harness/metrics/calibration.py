"""Do the probabilities mean what they say? Calibration of a system's shares over an example's options.

The shares are the softmax of the options' log-probabilities. An example without scores has none and is
left out: how many there are stands in the counts, and no figure is made up for them. Where no example
has any, there is no figure (NaN).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio
from harness.metrics.option_scores import Scores, decides, probabilities, right_option
from harness.schema import Metric

Floats = NDArray[np.float64]
_Z = 1.96


def ece(labels: Sequence[str], bins: int = 15) -> Metric:
    """Return the metric of the expected calibration error, 0 to 1; lower is better.

    Examples are put into `bins` equal bins by the probability of the answer given, each bin without
    its lower edge; the error is the mean distance of a bin's accuracy from its mean probability, a bin
    weighing as much as it holds. Naeini, Cooper and Hauskrecht (2015); 15 bins: Guo et al. (2017).
    It rises when examples are few: among perfect probabilities the bins' accuracies still scatter.

    Raises:
        BadInput: there is less than one bin.
    """
    if bins < 1:
        raise BadInput(f"'bins' should be at least 1, not {bins}")
    index, edges = {label: i for i, label in enumerate(labels)}, np.linspace(0, 1, bins + 1)
    return Metric(
        "ece",
        partial(_confidence, index),
        OfSums(_mean_gap, partial(_gaps, edges), raised=partial(_raised, edges)),
        f"ece|v:1|bins:{bins}",
        higher_is_better=False,
        reads="scores",
        leaves_out=True,
    )


def brier(labels: Sequence[str]) -> Metric:
    """Return the metric of Brier's score, 0 to 2; lower is better.

    The mean over examples of the squared distance between the options' probabilities and what was
    true (1 for the right option, 0 for the others), summed over all options as in Brier (1950): for
    two options twice what scikit-learn's `brier_score_loss` gives by default.
    """
    index = {label: i for i, label in enumerate(labels)}
    return Metric(
        "brier",
        partial(_squares, index),
        OfSums(ratio),
        "brier|v:1",
        unit="0-2",
        higher_is_better=False,
        reads="scores",
        leaves_out=True,
    )


def _squares(index: dict[str, int], scores: Scores, target: Any) -> tuple[float, float]:
    """Return (the squared distance, 1), or (0, 0) for an example without probabilities."""
    place = right_option("brier", index, scores, target)
    if scores is None or not decides(scores):
        return 0.0, 0.0
    shares = probabilities(scores)
    return sum((share - (i == place)) ** 2 for i, share in enumerate(shares)), 1.0


def _confidence(index: dict[str, int], scores: Scores, target: Any) -> tuple[float, float, float]:
    """Return (the highest probability, 1 where it is the right option's, 1), or zeros without any.

    Of equals the first is the answer, as `choose` takes it.
    """
    place = right_option("ece", index, scores, target)
    if scores is None or not decides(scores):
        return 0.0, 0.0, 0.0
    shares = probabilities(scores)
    return max(shares), float(shares.index(max(shares)) == place), 1.0


def _gaps(edges: Floats, stats: Floats) -> Floats:
    """Return (N, bins + 1): each example's (right - probability) in its bin's column; 1 in the last.

    A bin's accuracy less its mean probability, weighed by the bin, is the sum of its column.
    """
    probability, right, known = stats.T
    bin_of = np.maximum(np.searchsorted(edges, probability, side="left") - 1, 0)
    columns = np.zeros((len(stats), len(edges)))
    columns[np.arange(len(stats)), bin_of] = right - probability
    columns[:, -1] = known
    return columns


def _mean_gap(sums: Floats, counts: Floats) -> Floats:
    """Return the sizes of the bins' gaps (D, bins) over the examples with probabilities, (D,)."""
    gaps = np.abs(sums[:, :-1]).sum(axis=1)
    return ratio(np.stack([gaps, sums[:, -1]], axis=1), counts)


def _raised(edges: Floats, stats: Floats) -> float:
    """Return by how much chance may have raised the error: the sum over the bins, of each at most.

    A bin's gap scatters by s, which the probabilities p themselves foretell: s² is the sum of p(1 - p). The
    size of a gap g that scatters is on average s·φ(g/s)·2 + g·(1 - 2Φ(-g/s)), the mean of a folded normal;
    what that has above g is most where g is small, so g is taken one s smaller than it looks. An error that
    perfect probabilities reach in one set of forty by chance may be chance altogether.
    """
    from scipy.special import ndtr

    known = stats[stats[:, 2] > 0]
    if not len(known):
        return 0.0
    columns = _gaps(edges, known)[:, :-1]
    inside = columns != 0
    variance = (inside * (known[:, 0] * (1 - known[:, 0]))[:, None]).sum(axis=0)
    spread = np.sqrt(np.maximum(variance, 1e-300)) / len(known)
    seen = np.abs(columns.sum(axis=0)) / len(known)
    by_chance = math.sqrt(2 / math.pi) * spread.sum()
    by_chance += _Z * math.sqrt((1 - 2 / math.pi) * float((spread**2).sum()))
    if seen.sum() <= by_chance:
        return float(seen.sum())
    gap = np.maximum(seen - spread, 0)
    folded = spread * math.sqrt(2 / math.pi) * np.exp(-((gap / spread) ** 2) / 2)
    return float((folded - 2 * gap * ndtr(-gap / spread)).sum())
