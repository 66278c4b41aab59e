"""Is a rating on the right side of a line? F1 of numbers that are at or above a threshold.

A prediction is a number or None, a target a number as text. Unanswered is below every threshold: it is
no false alarm, and costs a target above the line its hit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums
from harness.metrics.classification import halved
from harness.schema import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def threshold_f1(labels: Sequence[str], threshold: float) -> Metric:
    """Return the metric of the F1 score of numbers at or above `threshold`, 0 to 1.

    2·hits / (targets + predictions) on that side of the line; 0 where there are none, as scikit-learn
    has it of numbers made labels. At 3 it is KLUE-STS's F1 (`klue_sts_f1` of its baseline code).

    Raises:
        BadInput: `threshold` is no finite number.
    """
    if not math.isfinite(threshold):
        raise BadInput(f"threshold_f1: threshold: {threshold!r} should be a finite number")
    signature = f"threshold_f1|v:1|threshold:{float(threshold):g}"
    return Metric("threshold_f1", partial(_occurrences, threshold), OfSums(_f1, parts=halved), signature)


def _occurrences(threshold: float, prediction: Any, target: Any) -> tuple[float, float]:
    """Return (1 for a hit, how often target and prediction are at or above the line: 0, 1 or 2).

    Raises:
        BadInput: the target is not a finite number, or the prediction is a text that is none.
    """
    wanted = _number("target", target)
    if not math.isfinite(wanted):
        raise BadInput(f"threshold_f1: the target {target!r} should be a finite number")
    above = wanted >= threshold
    said = prediction is not None and _number("prediction", prediction) >= threshold
    return float(above and said), float(above + said)


def _number(what: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadInput(f"threshold_f1: the {what} {value!r} is not a number") from None


def _f1(sums: Floats, _counts: Floats) -> Floats:
    """Return 2·hits / occurrences, (D,), 0 where nothing is above the line."""
    import numpy as np

    return np.divide(2 * sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)
