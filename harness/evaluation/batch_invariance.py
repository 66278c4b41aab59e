"""How far a backend's answers move with its batches and its number format: measured on the shipped sample."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
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
class Rounding:
    """What the same questions gave in a shorter number format, beside float32.

    `difference` is the largest between two log-probabilities of one option, in nats; `cpu_ratio` is float32's
    CPU seconds over the format's, of the answers alone.
    """

    dtype: str
    choices: int
    difference: float
    other_choices: int
    texts: int
    other_texts: int
    cpu_ratio: float

    def told(self) -> str:
        """Return it in one line."""
        return (
            f"{self.dtype} against float32: {self.choices} choices, largest difference {self.difference:.1e} "
            f"nats, {self.other_choices} chosen otherwise; {self.texts} greedy texts, {self.other_texts} "
            f"written otherwise; float32 takes {self.cpu_ratio:.2f} times the CPU"
        )


@dataclass(frozen=True)
class Numerics:
    """What the same questions gave in batches of different sizes; the first size is what others differ from.

    `difference` is the largest between two log-probabilities of one option, in nats; `rounding` is there
    where another number format than float32 was asked for.
    """

    sizes: Sequence[int | str]
    choices: int
    difference: float
    other_choices: int
    texts: int
    other_texts: int
    rounding: Rounding | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    def told(self) -> str:
        """Return it in a line, and another for the number format."""
        batches = (
            f"batch_size {', '.join(map(str, self.sizes))}: {self.choices} choices, largest difference "
            f"{self.difference:.1e} nats, {self.other_choices} chosen otherwise; {self.texts} greedy texts, "
            f"{self.other_texts} written otherwise"
        )
        return "\n".join([batches, *([self.rounding.told()] if self.rounding else [])])


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
    by_size = [_asked(options, {**settings, "batch_size": size}) for size in SIZES]
    first, *others = (found for found, _ in by_size)
    scores = [pair for other in others for pair in _pairs(first["choose"], other["choose"])]
    texts = [pair for other in others for pair in _pairs(first["generate"], other["generate"])]
    return Numerics(
        sizes=SIZES,
        choices=len(first["choose"]),
        difference=_largest(scores),
        other_choices=sum(_best(a) != _best(b) for a, b in scores),
        texts=len(first["generate"]),
        other_texts=sum(a.text != b.text for a, b in texts),
        rounding=_rounding(options, settings),
    )


def _rounding(options: RunOptions, settings: Mapping[str, Any]) -> Rounding | None:
    """Return what the asked number format costs; None of float32, or where none is named."""
    dtype = str(settings.get("dtype") or "float32")
    if dtype in ("float32", "auto"):
        return None
    short, took = _asked(options, settings)
    whole, needed = _asked(options, {**settings, "dtype": "float32"})
    scores, texts = (_pairs(whole[ask], short[ask]) for ask in ("choose", "generate"))
    return Rounding(
        dtype,
        len(scores),
        _largest(scores),
        sum(_best(a) != _best(b) for a, b in scores),
        len(texts),
        sum(a.text != b.text for a, b in texts),
        needed / took if took else 1.0,
    )


def _asked(options: RunOptions, settings: Mapping[str, Any]) -> tuple[dict[str, list[Response]], float]:
    """Return the answers by what is asked, and the CPU seconds that they took, loading left out."""
    found = {ask: _answers(plan) for ask, plan in _plans(replace(options, settings=dict(settings)))}
    return {ask: answers for ask, (answers, _) in found.items()}, sum(cpu for _, cpu in found.values())


def _largest(scores: Sequence[tuple[Response, Response]]) -> float:
    """Return the largest difference of two log-probabilities of one option."""
    return max(
        abs(x - y)
        for a, b in scores
        for x, y in zip(a.option_scores or (), b.option_scores or (), strict=True)
    )


def _plans(options: RunOptions) -> list[tuple[str, Plan]]:
    """Return the plans on the sample, as many examples as are asked."""
    asked = replace(options, task=TASK, ask=["choose", "generate"], sample=True, limit=EXAMPLES)
    ready, dead = plans(asked, lambda _message: None, judges=False)
    if dead:
        raise dead[0]
    return [(plan.task.ask, plan) for plan in ready]


def _answers(plan: Plan) -> tuple[list[Response], float]:
    """Return the responses to the first examples, in their order, and the CPU seconds that they took."""
    prompts = plan.prompts()
    asked = [prompts.request(example) for example in itertools.islice(plan.evaluated(), EXAMPLES)]
    adapter = engines.create_adapter(plan.backend, plan.profile)
    try:
        with engines.adapter_errors(plan.backend.name):
            adapter.prepare()
            began = time.process_time()
            found = {response.key: response for response in adapter.answer(iter(asked))}
        seconds = time.process_time() - began
    finally:
        engines.close_adapter(plan.backend.name, adapter)
    failed = next((response.error for response in found.values() if response.error), None)
    if failed is not None:
        raise Unavailable(f"{plan.backend.name}: {failed.kind}: {failed.message}")
    return [found[request.key] for request in asked], seconds


def _pairs(first: Sequence[Response], other: Sequence[Response]) -> list[tuple[Response, Response]]:
    return list(zip(first, other, strict=True))


def _best(response: Response) -> int:
    scores = list(response.option_scores or ())
    return scores.index(max(scores))
