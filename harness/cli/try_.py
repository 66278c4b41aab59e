"""`harness try`: one's own text through the whole road."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness import answers, fits
from harness import plan as planning
from harness.conductor import adapter_errors, described, make_adapter
from harness.errors import BadInput
from harness.plan import Grid, Options, Plan
from harness.progress import say
from harness.prompts import Prompts
from harness.schema import Adapter, CountsTokens, Example, Learner, Request, Response


@dataclass(frozen=True)
class Tried:
    """A text, what was asked for it, and what came back."""

    request: Request
    response: Response
    prediction: str | None

    @property
    def answer(self) -> str | None:
        """Return the answer in words: the option's text, or the prediction itself."""
        names = dict(self.request.options)
        return names.get(self.prediction, self.prediction) if self.prediction is not None else None

    @property
    def probabilities(self) -> dict[str, float]:
        """Return option text → probability among the options; empty where there are no scores."""
        scores = self.response.option_scores
        if scores is None:
            return {}
        top = max(scores)
        parts = [math.exp(score - top) for score in scores]
        return {o.text: part / sum(parts) for o, part in zip(self.request.options, parts, strict=True)}


def try_command(grid: Grid, options: Options, texts: Sequence[str], *, json: bool, quiet: bool) -> int:
    """Ask the texts and print each answer with its probabilities and time."""
    for option, names in (("-t TASK", grid.tasks), ("-b BACKEND", grid.backends)):
        if not names:
            raise BadInput(f"{option} is missing; `harness list` shows what there is")
    lines = list(texts) or [line for line in sys.stdin.read().split("\n") if line.strip()]
    if not lines:
        raise BadInput("give a TEXT, or lines on standard input")
    report = (lambda _message: None) if quiet else say
    plans, dead = planning.plans(grid, options, report)
    for error in dead:
        raise error
    if len(plans) != 1:
        raise BadInput("try takes one task, one backend, one decoding")
    tried = _ask(plans[0], lines, report)
    if json:
        import orjson

        print(orjson.dumps({"answers": [_plain(one) for one in tried]}, option=orjson.OPT_INDENT_2).decode())
    else:
        print("\n".join(_told(one, line) for one, line in zip(tried, lines, strict=True)))
    return 0 if all(one.response.error is None for one in tried) else 3


def _ask(plan: Plan, lines: Sequence[str], report: Any) -> list[Tried]:
    """Return the answers in the order of the lines."""
    fields = list(plan.task.file.inputs)
    if len(fields) != 1:
        raise BadInput(f"{plan.task.name} has the inputs {', '.join(fields)}; try takes tasks with one")
    adapter = make_adapter(plan)
    try:
        counter = adapter.count_tokens if isinstance(adapter, CountsTokens) else None
        prompts = plan.prompts(counter)
        _learn(plan, adapter, prompts, report)
        requests = [prompts.request(Example(f"try-{i}", {fields[0]: line})) for i, line in enumerate(lines)]
        with adapter_errors(plan.backend.name):
            responses = {response.key: response for response in adapter.answer(iter(requests))}
        read = answers.reader(plan.task)
        return [_tried(request, responses[request.key], read) for request in requests]
    finally:
        adapter.close()


def _tried(request: Request, response: Response, read: Any) -> Tried:
    return Tried(request, response, None if response.error else read(response, request.options))


def _learn(plan: Plan, adapter: Adapter, prompts: Prompts, report: Any) -> None:
    if isinstance(adapter, Learner):
        key = fits.key(plan.task, plan.backend, plan.material.sha256[plan.task.file.shots.from_])
        with adapter_errors(plan.backend.name):
            fit = fits.fitted(adapter, prompts, lambda: plan.material.train, key)
        report(
            f"{plan.backend.name}: {'reused a fit' if fit.reused else 'fitted'} on {fit.examples:,} examples"
        )


def _told(one: Tried, line: str) -> str:
    """Return `text → answer 99 %` and, for systems that read a prompt, the prompt."""
    sent = one.request.sent()
    prompt = sent.get("prompt") or "\n".join(m["content"] for m in sent.get("messages", []))
    head = f"{prompt}\n" if prompt else ""
    if one.response.error is not None:
        return f"{head}{line} → failed: {one.response.error.kind}: {one.response.error.message}"
    said = "" if one.response.text is None else f"   said {one.response.text!r}"
    shares = one.probabilities
    sure = f" {_percent(shares[one.answer])}" if one.answer in shares else ""
    others = ", ".join(f"{text} {_percent(share)}" for text, share in shares.items() if text != one.answer)
    seconds = one.response.timing.e2e if one.response.timing else None
    time = f"   {1000 * seconds:.1f} ms" if seconds is not None else ""
    return f"{head}{line} → {one.answer or 'no answer'}{sure}{f'   ({others})' if others else ''}{said}{time}"


def _percent(share: float) -> str:
    """Return a share in per cent that never rounds up to a certainty nobody has."""
    if 0.995 <= share < 0.9995:
        return f"{100 * share:.1f} %"
    return ">99.9 %" if share >= 0.9995 else f"{100 * share:.0f} %"


def _plain(one: Tried) -> dict[str, Any]:
    return {
        "request": one.request.sent(),
        "answer": one.answer,
        "prediction": one.prediction,
        "probabilities": one.probabilities,
        "response": described(one.response),
    }
