"""Does a system say that there is no answer where there is none, and only there? Abstention as a class.

An abstention is an empty answer, as the step `no_answer` leaves it of 답 없음; an unanswered example abstains
from nothing. A question without an answer has the one reference "". Precision, recall and F1 are those of the
class of questions without an answer, as for any label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.metrics.aggregates import OfSums
from harness.metrics.references import references
from harness.schema import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def abstention_precision(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of abstentions where there was no answer, 0 to 1; NaN without one."""
    return _metric("abstention_precision", lambda sums: (sums[:, 0], sums[:, 1]))


def abstention_recall(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of questions without an answer that were abstained from, 0 to 1.

    What is missing to 1 is the share in which something was made up, or nothing was said. NaN where every
    question has an answer.
    """
    return _metric("abstention_recall", lambda sums: (sums[:, 0], sums[:, 2]))


def abstention_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the harmonic mean of abstention's precision and recall, 0 to 1."""
    return _metric("abstention_f1", lambda sums: (2 * sums[:, 0], sums[:, 1] + sums[:, 2]))


def _metric(name: str, parts: Callable[[Floats], tuple[Floats, Floats]]) -> Metric:
    def figure(sums: Floats, counts: Floats) -> Floats:
        import numpy as np

        above, below = parts(sums)
        shares: Floats = np.full(len(sums), np.nan)
        return np.divide(above, below, out=shares, where=below > 0)

    return Metric(name, _counts(name), OfSums(figure), f"{name}|v:1")


def _counts(name: str) -> Callable[[str | None, str | Sequence[str] | None], tuple[float, ...]]:
    """Return the function to (rightly abstained, abstained, without an answer), each 0 or 1."""

    def counts(prediction: str | None, target: str | Sequence[str] | None) -> tuple[float, ...]:
        none = not any(reference.strip() for reference in references(name, target))
        said = prediction is not None and not prediction.strip()
        return float(none and said), float(said), float(none)

    return counts
