"""How far a backend's answers move with the size of its batches: measured on the shipped sample."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.backends import backend as backends
from harness.errors import BadInput, Unavailable
from harness.evaluation import adapter_lifecycle as engines
from harness.evaluation.grid import Grid, plans
from harness.evaluation.plan import Plan
from harness.options.running import RunOptions
from harness.schema import Response

TASK, EXAMPLES = "nsmc_fewshot", 24
SIZES = (1, 8, "auto")


@dataclass(frozen=True)
class Numerics:
    """What the same questions gave in batches of different sizes; the first size is what others differ from.

    `difference` is the largest between two log-probabilities of one option, in nats.
    """

    sizes: Sequence[int | str]
    choices: int
    difference: float
    other_choices: int
    texts: int
    other_texts: int

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    def told(self) -> str:
        """Return it in one line."""
        return (
            f"batch_size {', '.join(map(str, self.sizes))}: {self.choices} choices, largest difference "
            f"{self.difference:.1e} nats, {self.other_choices} chosen otherwise; {self.texts} greedy texts, "
            f"{self.other_texts} written otherwise"
        )


def measure(options: RunOptions) -> Numerics:
    """Return how the choices and greedy texts of the options' one backend depend on its batches.

    Raises:
        BadInput: there are several backends or settings, or the one has no batches or compares no
            likelihoods.
        Unavailable: it cannot work here, or a request failed.
    """
    grid = Grid.of(options)
    if not grid.backends or not grid.single:
        raise BadInput("--numerics takes one backend with one value a setting: add -b BACKEND")
    (backend,), (settings,) = grid.backends, grid.settings
    system = backends.load(backend)
    if "batch_size" not in system.entry.knobs or system.file.choose_by != "logprobs":
        raise BadInput(f"--numerics compares likelihoods in batches, and {backend} has none")
    by_size = [
        {
            ask: _answers(plan)
            for ask, plan in _plans(replace(options, settings={**settings, "batch_size": size}))
        }
        for size in SIZES
    ]
    first, *others = by_size
    scores = [(a, b) for other in others for a, b in _pairs(first["choose"], other["choose"])]
    texts = [(a.text, b.text) for other in others for a, b in _pairs(first["generate"], other["generate"])]
    return Numerics(
        sizes=SIZES,
        choices=len(first["choose"]),
        difference=max(
            abs(x - y)
            for a, b in scores
            for x, y in zip(a.option_scores or (), b.option_scores or (), strict=True)
        ),
        other_choices=sum(_best(a) != _best(b) for a, b in scores),
        texts=len(first["generate"]),
        other_texts=sum(a != b for a, b in texts),
    )


def _plans(options: RunOptions) -> list[tuple[str, Plan]]:
    """Return the plans on the sample, as many examples as are asked."""
    asked = replace(options, task=TASK, ask=["choose", "generate"], sample=True, limit=EXAMPLES)
    ready, dead = plans(asked, lambda _message: None, judges=False)
    if dead:
        raise dead[0]
    return [(plan.task.ask, plan) for plan in ready]


def _answers(plan: Plan) -> list[Response]:
    """Return the responses to the first examples, in their order."""
    prompts = plan.prompts()
    asked = [prompts.request(example) for example in itertools.islice(plan.evaluated(), EXAMPLES)]
    adapter = engines.create_adapter(plan.backend, plan.profile)
    try:
        with engines.adapter_errors(plan.backend.name):
            found = {response.key: response for response in adapter.answer(iter(asked))}
    finally:
        engines.close_adapter(plan.backend.name, adapter)
    failed = next((response.error for response in found.values() if response.error), None)
    if failed is not None:
        raise Unavailable(f"{plan.backend.name}: {failed.kind}: {failed.message}")
    return [found[request.key] for request in asked]


def _pairs(first: Sequence[Response], other: Sequence[Response]) -> list[tuple[Response, Response]]:
    return list(zip(first, other, strict=True))


def _best(response: Response) -> int:
    scores = list(response.option_scores or ())
    return scores.index(max(scores))
