"""What judges said: the mean of their scores, and how often the reply shown first won."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio
from harness.schema import Metric

OFF: dict[str, Callable[[float], float]] = {"root": math.sqrt, "zero": lambda _score: 0.0}
SHARES = {"A>>B": 1.0, "A>B": 1.0, "A=B": 0.5, "B>A": 0.0, "B>>A": 0.0}


def judged_score(labels: Sequence[str], off_language: str | None = None) -> Metric:
    """Return the metric of the mean score on the judge's scale; what has no verdict is left out, never 0.

    Of a reply in another language than was wanted (its target says `yes`), `off_language` may be `root`, the
    score's square root (KoMT-Bench), or `zero`.

    Raises:
        BadInput: `off_language` is neither.
    """
    if off_language not in (None, *OFF):
        raise BadInput(
            f"judged_score: 'off_language' should be one of {', '.join(OFF)}, not {off_language!r}"
        )
    told = f"|off_language:{off_language}" if off_language else ""
    return Metric(
        "judged_score",
        partial(_score, off=off_language),
        OfSums(ratio),
        f"judged_score|v:1{told}",
        unit="points",
        leaves_out=True,
    )


def first_wins(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of verdicts for the reply shown first, a tie being half of one."""
    return Metric("first_wins", _first, OfSums(ratio), "first_wins|v:1", leaves_out=True)


def _score(prediction: str | None, target: object, off: str | None = None) -> tuple[float, float]:
    if prediction is None:
        return 0.0, 0.0
    try:
        score = float(prediction)
    except ValueError:
        raise BadInput(f"{prediction!r} is no number") from None
    return (OFF[off](score) if off is not None and target == "yes" else score), 1.0


def _first(prediction: str | None, _target: object) -> tuple[float, float]:
    share = SHARES.get(prediction or "")
    return (0.0, 0.0) if share is None else (share, 1.0)
