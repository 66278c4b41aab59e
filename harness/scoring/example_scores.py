"""Each metric's statistics of one example."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from harness.schema import Metric, Prediction, Response
from harness.text.thoughts import spoken

if TYPE_CHECKING:
    pass


def score(
    metrics: Iterable[Metric],
    response: Response,
    prediction: Prediction,
    target: Any,
    *,
    options: int = 0,
    official: Mapping[str, Prediction] = {},
) -> dict[str, tuple[float, ...]]:
    """Return each metric's statistics of one example, which has so many `options`.

    `official` are the predictions of official readers by name, for the metrics that judge them.
    An answer in words has no scores. That is no poor score: what reads scores has nothing to say of it, NaN.
    """
    seen: dict[str, Any] = {
        "scores": response.option_scores,
        "text": spoken(response.text),
        "execution": response.execution,
        "world": response.world,
        "likelihood": None if response.value is None else (response.value, response.tokens),
    }
    wordy = prediction is not None and response.option_scores is None
    found = {}
    for metric in metrics:
        read = prediction if metric.reader is None else official.get(metric.reader)
        by_reader = {**seen, "prediction": read, "choice": (read, options)}
        row = metric.statistics(by_reader[metric.reads], target)
        found[metric.name] = (math.nan,) * len(row) if _untold(metric, wordy=wordy) else row
    return found


def frozen(target: Any) -> Any:
    """Return a target as it was before JSON: references and spans are tuples."""
    return tuple(map(frozen, target)) if isinstance(target, list) else target


def _untold(metric: Metric, *, wordy: bool) -> bool:
    """Return whether an answer in words leaves the metric undefined; one that leaves it out has zeros."""
    return wordy and metric.reads == "scores" and not metric.leaves_out
