"""What judges said: the mean of their scores, and how often the reply shown first won."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio
from harness.schema import Metric

SHARES = {"A>>B": 1.0, "A>B": 1.0, "A=B": 0.5, "B>A": 0.0, "B>>A": 0.0}


def judged_score(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean score on the judge's scale; what has no verdict is left out, never 0."""
    return Metric("judged_score", _score, OfSums(ratio), "judged_score|v:1", unit="points", leaves_out=True)


def first_wins(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of verdicts for the reply shown first, a tie being half of one."""
    return Metric("first_wins", _first, OfSums(ratio), "first_wins|v:1", leaves_out=True)


def _score(prediction: str | None, _target: object) -> tuple[float, float]:
    try:
        return (0.0, 0.0) if prediction is None else (float(prediction), 1.0)
    except ValueError:
        raise BadInput(f"{prediction!r} is no number") from None


def _first(prediction: str | None, _target: object) -> tuple[float, float]:
    share = SHARES.get(prediction or "")
    return (0.0, 0.0) if share is None else (share, 1.0)
