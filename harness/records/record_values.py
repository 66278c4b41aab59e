"""A line of the journal as plain values, as `sample_schema` declares them: the one place that writes them.

A line is made for every example, so it is a mapping that is written at once; to make a `Record` of it first
would take another 16 µs, a sixth of what an example costs in all.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from harness.schema import Episode, Prediction, Request, Response, Timing, flat


def record_values(
    request: Request,
    response: Response,
    *,
    prediction: Prediction,
    scores: Mapping[str, Sequence[float]] | None,
    official: Mapping[str, Prediction] = {},
    groups: Mapping[str, str] | None = None,
    passages: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the line of one request: what was asked, what came back, and how it was judged."""
    example = request.example
    return {
        "id": example.id,
        "repeat": request.repeat,
        "request": request.sent(),
        "response": response_values(response),
        "prediction": prediction,
        "target": example.target,
        "scores": scores,
        **({"official": official} if official else {}),
        **({"execution": flat(response.execution)} if response.execution else {}),
        **({"cluster": example.cluster} if example.cluster is not None else {}),
        **({"groups": groups} if groups is not None else {}),
        **({"passages": passages} if passages is not None else {}),
    }


def response_values(response: Response) -> dict[str, Any]:
    """Return a response as the journal keeps it."""
    timing, scores = response.timing, response.option_scores
    # What only some asks have is left out of the lines of all others.
    measured = {
        **{"value": response.value, "tokens": response.tokens, "spans": response.spans},
        **{"similarities": response.similarities, "served": response.served},
        **{"label": response.label, "price": response.price, "ranking": response.ranking},
        **{"calls": response.calls, "renamed": response.renamed},
        **({"world": _episode(response.world)} if response.world is not None else {}),
    }
    return {
        "text": response.text,
        "option_scores": finite(scores) if scores is not None else None,
        **{name: value for name, value in measured.items() if value is not None},
        "finish": response.finish,
        "usage": flat(response.usage) if response.usage else None,
        "timing_s": _timing(timing) if timing else None,
        "attempts": response.attempts,
        "cached": response.cached,
        "truncated": response.truncated,
        "error": flat(response.error) if response.error else None,
    }


def _episode(seen: Episode) -> dict[str, Any]:
    """Return how it stands in a world; only the last step says how the episode ended."""
    values = flat(seen)
    return values if seen.end is not None else {key: values[key] for key in values if key != "end"}


def _timing(timing: Timing) -> dict[str, float | None]:
    seconds = {"queue": timing.queue, "ttft": timing.ttft, "e2e": timing.e2e}
    return seconds if timing.wait is None else {**seconds, "wait": timing.wait}


def finite(scores: Sequence[float]) -> list[float]:
    """Return scores that JSON can hold in their order: what is infinite is the last number before it.

    A NaN stays, and is written as null.
    """
    last = sys.float_info.max
    return [min(max(float(score), -last), last) for score in scores]
