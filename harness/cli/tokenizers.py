"""`harness tokenizers`: what a text, or a task's texts, cost in the tokens of each backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from typing import Any, cast

from harness.adapters.fields import bare_text
from harness.backends import backend as backends
from harness.backends.backend import Backend
from harness.cli.output import fail, print_json
from harness.config import fields as forms
from harness.datasets.task_data import supply
from harness.errors import BadInput, HarnessError, Unavailable
from harness.evaluation import fit_cache as fits
from harness.evaluation.adapter_lifecycle import adapter_errors, closed, made
from harness.evaluation.plan import Options, Plan
from harness.evaluation.progress import Display, display, watching
from harness.reports.tokenizer_cost import PAIRS, TokenCosts, token_costs, translations
from harness.reports.writers.markdown import table
from harness.reports.writers.numbers import short
from harness.schema import Ask, CountsTokens, Learner
from harness.tasks import task as tasks
from harness.tasks.task import Task
from harness.terminal import say

TEXTS = 1000  # of a task: the first


def tokenizers_command(
    what: str, names: Sequence[str], options: Options, settings: dict[str, Any], *, json: bool, quiet: bool
) -> int:
    """Print a row a backend; those that have no tokenizer say why on stderr."""
    if not names:
        raise BadInput("-b BACKEND is missing; `harness list backends` shows what there is")
    report = (lambda _message: None) if quiet else say
    task = tasks.load(what) if what in tasks.catalogue() else None
    systems = [backends.load(name).choose(settings) for name in names]
    learns = any(system.entry.learns for system in systems)
    material = None
    if task is not None:
        material = supply(task, options.where, report, limit=TEXTS, train=learns)
    examples = list(islice(material.evaluated(), TEXTS)) if material else []
    texts = [bare_text(example) for example in examples] if material else [what]
    own = translations(examples) if task and task.ask == "generate" else []
    found: dict[str, TokenCosts] = {}
    for system in systems:
        try:
            plan = Plan(task, system, forms.decoding(), material, options) if task and material else None
            with _counter(system, plan, options, display(quiet=quiet)) as count:
                found[system.name] = token_costs(count, texts, own or PAIRS)
        except HarnessError as error:
            fail(str(error))
            last = error
    if json:
        print_json({"what": what, "tokenizers": [_plain(name, costs) for name, costs in found.items()]})
    elif found:
        print(
            _table(
                found,
                len(texts),
                f"{len(own):,} pairs of {what}" if own else f"{len(PAIRS)} pairs of our own",
            )
        )
    return 0 if len(found) == len(systems) else last.exit_code


@contextmanager
def _counter(
    system: Backend, plan: Plan | None, options: Options, show: Display
) -> Iterator[Callable[[str], int]]:
    """Yield what counts the tokens of a backend; one that learns its tokenizer learns, or has learnt, it.

    Raises:
        BadInput: it has no tokenizer.
        Unavailable: it cannot work here, or learns and there is no task to learn from.
    """
    ask = plan.task.ask if plan else cast(Ask, system.entry.asks[0])  # nothing is asked of it
    for reason in system.obstacles(trust_remote_code=options.trust_remote_code):
        raise Unavailable(reason)
    if plan and system.entry.learns:
        system.require(ask, plan.decoding, trust_remote_code=options.trust_remote_code)
    how = {"trust_remote_code": options.trust_remote_code, "offline": options.where.offline}
    adapter = made(system, system.profile(seed=plan.task.seed if plan else Task.seed, ask=ask, **how))
    try:
        if not isinstance(adapter, CountsTokens):
            raise BadInput(f"{system.name} ({system.entry.name}) has no tokenizer")
        with adapter_errors(system.name):
            if isinstance(adapter, Learner):
                _learn(adapter, system, plan, show)
            yield adapter.count_tokens
    finally:
        closed(system.name, adapter)


def _learn(adapter: Learner, system: Backend, plan: Plan | None, show: Display) -> None:
    if plan is None:
        raise BadInput(f"{system.name} learns its tokenizer from a task; name one in place of the text")
    key = fits.key(plan.task, system, plan.material.sha256[plan.task.file.shots.from_])
    try:
        fits.fitted(adapter, plan.prompts(), lambda: plan.material.train, key, watching(show, plan.label))
    finally:
        show.stop()


def _table(found: dict[str, TokenCosts], texts: int, pairs: str) -> str:
    header = ["tokenizer of", "tokens", "tokens/character", "tokens/word", "Korean/English"]
    rows = [
        [name, f"{one.tokens:,}", short(one.per_character), short(one.per_word), _times(one.multiple)]
        for name, one in found.items()
    ]
    note = (
        f"{texts:,} {'texts' if texts > 1 else 'text'}, words by blanks; Korean/English: tokens of the same "
        f"sentences in both languages, {pairs}."
    )
    return f"{table(header, rows, names=0)}\n\n{note}"


def _times(multiple: float | None) -> str:
    return "" if multiple is None else f"{multiple:.2f}x"


def _plain(name: str, costs: TokenCosts) -> dict[str, Any]:
    made_of = {"per_character": costs.per_character, "per_word": costs.per_word, "multiple": costs.multiple}
    return {"backend": name, **asdict(costs), **made_of}
