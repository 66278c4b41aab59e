"""A score that another harness gave each example: it is kept as it is, and only summed up here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, mean
from harness.schema import Metric

Floats = NDArray[np.float64]


def imported(name: str, labels: Sequence[str], lower: bool = False) -> Metric:
    """Return the metric whose figure is the mean of what another harness gave, under `HARNESS/SCORE`.

    `lower` says that less is better. An interval is the bootstrap's, as the scores may be any numbers.

    Raises:
        BadInput: when it is asked to score: that is the other harness' to say.
    """
    return Metric(name, _unknown, OfSums(mean), f"{name}|mean|v:1", unit="score", higher_is_better=not lower)


def _unknown(seen: Any, target: Any) -> tuple[float, ...]:
    raise BadInput(
        "another harness gave these scores; `harness import … --task TASK` judges its replies here"
    )
