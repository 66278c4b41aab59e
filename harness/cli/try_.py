"""`harness try`: one's own text through the whole road."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.backends import backend as backends
from harness.cli.inputs import Input, example, inputs
from harness.cli.output import fail, print_json
from harness.cli.run import named
from harness.config import fields as forms
from harness.costs.money import Money
from harness.costs.prices import price
from harness.datasets.task_data import supply
from harness.errors import BadInput, Unavailable
from harness.evaluation import fit_cache as fits
from harness.evaluation.adapter_lifecycle import adapter_errors, closed, made
from harness.evaluation.plan import Grid, Options, Plan
from harness.evaluation.progress import Display, display, watching
from harness.evaluation.run_document import described
from harness.extraction import predictions as answers
from harness.extraction import typed_spans as tagged
from harness.prompts.renderer import Prompts
from harness.schema import (
    Adapter,
    CountsTokens,
    Example,
    Failure,
    Learner,
    Neighbours,
    Prediction,
    Prepares,
    Request,
    Response,
)
from harness.tasks import task as tasks
from harness.terminal import printable, printable_lines, say

Report = Callable[[str], None]


@dataclass(frozen=True)
class Tried:
    """A text, what was asked for it, and what came back."""

    text: str
    request: Request
    response: Response
    prediction: Prediction
    language: str | None = None
    cost: Money | None = None

    @property
    def answer(self) -> str | None:
        """Return the answer in words: the option's text, the spans, a number, or the prediction itself."""
        said = self.prediction
        if isinstance(said, tuple):
            context = str(self.request.example.fields["context"])
            found = [span for span in said if span[0] >= 0]  # others are nowhere in the text
            return tagged.written(found, context, self.request.options, self.language).replace("\n", ", ")
        if isinstance(said, float):
            return f"{said:.4g}{' nats' if self.request.ask == 'score' else ''}"
        for option in self.request.options:
            if option.label == said:
                return option.text
        return said

    @property
    def probabilities(self) -> dict[str, float]:
        """Return option text → probability among the options; empty where there are no scores."""
        scores = self.response.option_scores
        if scores is None or not math.isfinite(top := max(scores)):
            return {}
        parts = [math.exp(score - top) for score in scores]
        return {o.text: part / sum(parts) for o, part in zip(self.request.options, parts, strict=True)}


def try_command(
    grid: Grid, options: Options, texts: Sequence[str], *, nearest: int, json: bool, quiet: bool
) -> int:
    """Ask the texts and print each answer with its probabilities and time; or the `nearest` words of each."""
    report = (lambda _message: None) if quiet else say
    plan = _plan(grid, options, report)
    lines = list(texts) or _lines()
    if not lines:
        raise BadInput("give a TEXT, or lines on standard input")
    if nearest:
        return _tell_nearest(plan, lines, nearest, display(quiet=quiet), report, json=json)
    tried = _ask(plan, list(inputs(lines, plan.task.file)), display(quiet=quiet), report)
    if json:
        print_json({"answers": [_plain(one) for one in tried]})
    else:
        print(printable_lines("\n".join(map(_told, tried))))
    failures = [one.response.error for one in tried if one.response.error is not None]
    if failures:
        last = failures[-1]
        fail(f"{len(failures)} of {len(tried)} requests failed; the last: {last.kind}: {last.message}")
    return Unavailable.exit_code if failures else 0


def _plan(grid: Grid, options: Options, report: Report) -> Plan:
    """Return the one plan of the grid. Its data are looked for only where something reads them.

    Raises:
        BadInput: the grid has several plans.
        Unavailable: the backend cannot work here.
    """
    named(grid)
    names = tasks.expand(grid.tasks)
    axes = (names, grid.backends, grid.templates, grid.asks, grid.decodings, grid.settings)
    if any(len(axis) > 1 for axis in axes):
        raise BadInput("try takes one task, one backend, one template and one decoding")
    task = tasks.load(names[0])
    task = task.choose(ask=grid.asks[0], template=grid.templates[0], shots=grid.shots, seed=grid.seed)
    system = backends.load(grid.backends[0]).choose(grid.settings[0])
    decoding = forms.decoding(system.file.decoding.asked(), task.file.decoding.asked(), grid.decodings[0])
    system.require(task.ask, decoding, trust_remote_code=options.trust_remote_code)
    material: Any = None
    if task.shots or system.entry.learns:
        pool = task.choose(split=task.file.shots.from_)
        material = supply(pool, options.where, report, limit=options.limit, train=True)
    return Plan(task, system, decoding, material, options)


def _lines() -> list[str]:
    """Return the lines of standard input that hold something."""
    if sys.stdin is None:
        return []
    if sys.stdin.isatty():
        say("one text a line; Ctrl-D ends")
    return [line for line in sys.stdin.read().split("\n") if line.strip()]


def _ask(plan: Plan, given: Sequence[Input], show: Display, report: Report) -> list[Tried]:
    """Return the answers in the order of the inputs."""
    adapter = made(plan.backend, plan.profile)
    try:
        counter = adapter.count_tokens if isinstance(adapter, CountsTokens) else None
        prompts = plan.prompts(counter)
        _learn(plan, adapter, prompts, show, report)
        examples = [example(number, fields, plan.task.file) for number, (_, fields) in enumerate(given)]
        requests = [prompts.request(one) for one in examples]
        with adapter_errors(plan.backend.name):
            if isinstance(adapter, Prepares):  # its loading is no part of the time that is shown
                adapter.prepare()
            responses = {response.key: response for response in adapter.answer(iter(requests))}
        read = answers.reader(plan.task)
        lost = Failure("lost", "the adapter ended without answering")
        return [
            _tried(text, request, responses.get(request.key) or Response(request.key, error=lost), plan, read)
            for (text, _), request in zip(given, requests, strict=True)
        ]
    finally:
        closed(plan.backend.name, adapter)


def _tell_nearest(
    plan: Plan, texts: Sequence[str], count: int, show: Display, report: Report, *, json: bool
) -> int:
    """Print the `count` words nearest to each text, a line a text.

    Raises:
        BadInput: the backend has not learnt which words are alike.
    """
    adapter = made(plan.backend, plan.profile)
    try:
        if not isinstance(adapter, Neighbours):
            raise BadInput(f"--nearest: {plan.backend.name} has no vectors of words; word2vec has")
        _learn(plan, adapter, plan.prompts(), show, report)
        with adapter_errors(plan.backend.name):
            found = {text: adapter.nearest(text, count) for text in texts}
    finally:
        closed(plan.backend.name, adapter)
    if json:
        print_json({"nearest": {text: [[word, near] for word, near in said] for text, said in found.items()}})
        return 0
    for text, said in found.items():
        words = ", ".join(f"{word} {near:.2f}" for word, near in said) or "nothing is known of it"
        print(printable(f"{text} → {words}"))
    return 0


def _tried(text: str, request: Request, response: Response, plan: Plan, read: answers.Read) -> Tried:
    context = str(request.example.fields.get("context", ""))
    said = None if response.error else read(response, request.options, context)
    billed = price(plan.backend)
    cost = billed.of(response.usage) if billed is not None else None
    money = None if billed is None or cost is None else Money(cost, billed.currency)
    return Tried(text, request, response, said, plan.task.file.language, money)


def _learn(plan: Plan, adapter: Adapter, prompts: Prompts, show: Display, report: Report) -> None:
    def train() -> list[Example]:
        report(f"{plan.backend.name}: fitting, once")
        return plan.material.train

    if isinstance(adapter, Learner):
        key = fits.key(plan.task, plan.backend, plan.material.sha256[plan.task.file.shots.from_])
        try:
            with adapter_errors(plan.backend.name):
                fit = fits.fitted(adapter, prompts, train, key, watching(show, plan.backend.name))
        finally:
            show.stop()
        how = "reused a fit" if fit.reused else "fitted"
        report(f"{plan.backend.name}: {how} on {fit.examples:,} examples ({fit.seconds:.1f} s)")


def _told(one: Tried) -> str:
    """Return `text → answer 99 %` and, for systems that read a prompt, the prompt."""
    sent = one.request.sent()
    prompt = sent.get("prompt") or "\n".join(m["content"] for m in sent.get("messages", []))
    head = f"{prompt}\n" if prompt else ""
    if one.response.error is not None:
        return f"{head}{one.text} → failed: {one.response.error.kind}: {one.response.error.message}"
    said = "" if one.response.text is None else f"   said {one.response.text!r}"
    shares = one.probabilities
    sure = f" {_percent(shares[one.answer])}" if one.answer in shares else ""
    others = ", ".join(f"{text} {_percent(share)}" for text, share in shares.items() if text != one.answer)
    seconds = one.response.timing.e2e if one.response.timing else None
    time = f"   {1000 * seconds:.1f} ms" if seconds is not None else ""
    answer = "no answer" if one.prediction is None else one.answer
    cost = f"   {one.cost}" if one.cost is not None else ""
    return f"{head}{one.text} → {answer}{sure}{f'   ({others})' if others else ''}{said}{time}{cost}"


def _percent(share: float) -> str:
    """Return a share in per cent that never rounds to a certainty nobody has."""
    if share >= 0.9995:
        return ">99.9 %"
    if share < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.1f} %" if not 0.005 <= share < 0.995 else f"{100 * share:.0f} %"


def _plain(one: Tried) -> dict[str, Any]:
    return {
        "request": one.request.sent(),
        "answer": one.answer,
        "prediction": one.prediction,
        "probabilities": one.probabilities,
        "response": described(one.response),
        "cost": None if one.cost is None else float(one.cost.amount),
        "currency": None if one.cost is None else one.cost.currency,
    }
