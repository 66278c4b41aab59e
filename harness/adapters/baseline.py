"""The scores that every system must beat: the most frequent answer, and a guess."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random as Generator

from harness.adapters.bare import known_target
from harness.errors import BadInput, Unavailable
from harness.schema import Example, FitTask, Profile, Request, Response, Timing

COUNTS = "counts.json"


class Majority:
    """Answers every request with the train split's most frequent label."""

    def __init__(self, profile: Profile) -> None:
        """There are no settings."""
        self.name = profile.name
        self.counts: Counter[str] | None = None

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Count the labels; where each example has its own options, whatever the targets are.

        Raises:
            BadInput: an example has no target, or one that is not an option; or there are no examples.
        """
        counts: Counter[str] = Counter()
        for example in train:
            counts[known_target(example, task.labels)] += 1
        if not counts:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        self.counts = counts

    def save(self, folder: Path) -> None:
        """Write the counts."""
        (folder / COUNTS).write_text(json.dumps(self.counts, ensure_ascii=False), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read the counts."""
        self.counts = Counter(json.loads((folder / COUNTS).read_text(encoding="utf-8")))

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order; equal counts leave the choice to the first option.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if self.counts is None:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        counts = self.counts
        # A label that train lacks is rare, not impossible: every count is one higher.
        return _weighed(requests, lambda request: [counts[option.label] + 1 for option in request.options])

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""


class Random:
    """Answers with a draw that the request's seed alone decides: order and batch cannot matter."""

    def __init__(self, profile: Profile) -> None:
        """There are no settings."""

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order; each option is the likeliest equally often."""
        return _weighed(requests, _draws)

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""


def _draws(request: Request) -> list[float]:
    draw = Generator(request.seed).random
    return [1.0 - draw() for _ in request.options]  # (0, 1]: its logarithm is finite


def _weighed(
    requests: Iterable[Request | None], weigh: Callable[[Request], Sequence[float]]
) -> Iterator[Response]:
    """Yield responses whose option scores are the logarithms of `weigh`, scaled to sum to 1.

    Raises:
        BadInput: a request has no options.
    """
    for request in requests:
        if request is None:
            continue
        if not request.options:
            raise BadInput(f"example {request.example.id!r} has no options to choose from")
        began = time.perf_counter()
        weights = weigh(request)
        total = sum(weights)
        scores = [math.log(weight / total) for weight in weights]
        timing = Timing(e2e=time.perf_counter() - began)
        yield Response(request.key, option_scores=scores, finish="stop", timing=timing)
