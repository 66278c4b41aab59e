"""Ask a system about texts of one's own: fitted if need be, nothing of it kept in a run directory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, Capability
from harness.backends import backend as backends
from harness.config import fields as forms
from harness.costs.money import Money
from harness.costs.prices import price
from harness.datasets.task_data import supply
from harness.errors import BadInput
from harness.evaluation.adapter_lifecycle import adapter_errors, close_adapter, create_adapter
from harness.evaluation.fitting import fit_or_load
from harness.evaluation.grid import Grid
from harness.evaluation.indexing import index_corpus
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.extraction import predictions as answers
from harness.extraction import typed_spans as tagged
from harness.options.running import RunOptions
from harness.prompts.renderer import Prompts
from harness.schema import (
    Example,
    Failure,
    Prediction,
    Request,
    Response,
)
from harness.tasks import task as tasks

if TYPE_CHECKING:
    from harness.models.ngrams import NgramWeight

Report = Callable[[str], None]
SHOWN = 10  # passages of an answer in words


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
        said: Any = self.prediction
        if self.response.ranking is not None:
            return ", ".join((said or ())[:SHOWN])
        if isinstance(said, tuple):
            context = str(self.request.example.fields["context"])
            found = [span for span in said if span[0] >= 0]  # others are nowhere in the text
            return tagged.written(found, context, self.request.options, self.language).replace("\n", ", ")
        if isinstance(said, float):
            return f"{said:.4g}{' nats' if self.request.ask == 'score' else ''}"
        for option in self.request.options:
            if option.label == said:
                return option.text
        return None if said is None else str(said)

    @property
    def probabilities(self) -> dict[str, float]:
        """Return option text → probability among the options; empty where there are no scores."""
        scores = self.response.option_scores
        if scores is None or not math.isfinite(top := max(scores)):
            return {}
        parts = [math.exp(score - top) for score in scores]
        return {o.text: part / sum(parts) for o, part in zip(self.request.options, parts, strict=True)}


def single_plan(options: RunOptions, report: Report) -> Plan:
    """Return the one plan of the options. Its data are looked for only where something reads them.

    Raises:
        BadInput: they make several plans.
        Unavailable: the backend cannot work here.
    """
    grid = Grid.of(options)
    names = tasks.expand(grid.tasks)
    if len(names) > 1 or not grid.single:
        raise BadInput("try takes one task, one backend, one template, one --shots and one decoding")
    task = tasks.load(names[0])
    task = task.choose(ask=grid.asks[0], template=grid.templates[0], shots=grid.shots[0], seed=options.seed)
    system = backends.load(grid.backends[0]).choose(grid.settings[0]).asked(task.ask)
    decoding = forms.decoding(system.file.decoding.asked(), task.file.decoding.asked(), grid.decodings[0])
    system.require(task.ask, decoding, trust_remote_code=options.trust_remote_code)
    material: Any = None
    if task.shots or system.entry.learns:
        pool = task.choose(split=task.file.shots.from_)
        material = supply(pool, options.where, report, limit=options.limit, train=True)
    elif task.ask == "retrieve":
        material = supply(task, options.where, report, limit=options.limit, train=False)
    return Plan(task, system, decoding, material, options)


def ask(plan: Plan, given: Sequence[tuple[str, Example]], show: Display, report: Report) -> list[Tried]:
    """Return what is answered for each text and its example, in their order."""
    with _adapter_of(plan) as adapter:
        counter = adapter.count_tokens if adapter.can(Capability.COUNT_TOKENS) else None
        prompts = plan.prompts(counter)
        _learn(plan, adapter, prompts, show, report)
        requests = [prompts.request(example) for _, example in given]
        with adapter_errors(plan.backend.name):
            adapter.prepare()  # its loading is no part of the time that is shown
            index_corpus(plan, adapter)
            responses = {response.key: response for response in adapter.answer(iter(requests))}
        read = answers.reader(plan.task)
        lost = Failure("lost", "the adapter ended without answering")
        return [
            _tried(text, request, responses.get(request.key) or Response(request.key, error=lost), plan, read)
            for (text, _), request in zip(given, requests, strict=True)
        ]


def nearest(
    plan: Plan, texts: Sequence[str], count: int, show: Display, report: Report
) -> dict[str, list[tuple[str, float]]]:
    """Return the `count` words nearest to each text, with their cosines.

    Raises:
        BadInput: the backend has not learnt which words are alike.
    """
    with _adapter_of(plan) as adapter:
        if not adapter.can(Capability.FIND_NEIGHBOURS):
            raise BadInput(f"--nearest: {plan.backend.name} has no vectors of words; word2vec has")
        _learn(plan, adapter, plan.prompts(), show, report)
        with adapter_errors(plan.backend.name):
            return {text: adapter.nearest(text, count) for text in texts}


def knows_neighbours(plan: Plan) -> bool:
    """Return whether the backend learns which words are alike."""
    with _adapter_of(plan) as adapter:
        return adapter.can(Capability.FIND_NEIGHBOURS)


def weights(
    plan: Plan, texts: Sequence[str], count: int, show: Display, report: Report
) -> dict[str, list[NgramWeight]]:
    """Return the `count` n-grams that weigh most in each text, by the tf-idf that the backend has learnt.

    Raises:
        BadInput: the backend weighs no n-grams.
    """
    with _adapter_of(plan) as adapter:
        if not adapter.can(Capability.WEIGH_NGRAMS):
            raise BadInput(f"--weights: {plan.backend.name} weighs no n-grams; tfidf does")
        _learn(plan, adapter, plan.prompts(), show, report)
        with adapter_errors(plan.backend.name):
            return {text: adapter.ngram_weights(text)[:count] for text in texts}


@contextmanager
def _adapter_of(plan: Plan) -> Iterator[Adapter]:
    """Yield the backend's adapter, closed at the end of the block."""
    adapter = create_adapter(plan.backend, plan.profile)
    try:
        yield adapter
    finally:
        close_adapter(plan.backend.name, adapter)


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

    if adapter.can(Capability.LEARN):
        fit = fit_or_load(adapter, plan, prompts, train, show)
        how = "fit reused" if fit.reused else f"fitted on {fit.examples:,} examples"
        report(f"{plan.backend.name}: {how} ({fit.seconds:.1f} s)")
