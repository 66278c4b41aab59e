"""`harness tokenizers`: what a text, or a task's texts, cost in the tokens of each backend."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import Backends, DataDir, Json, Offline, Quiet, Sample, Settings, Trust
from harness.cli.output import emit, fail, print_json
from harness.errors import BadInput, HarnessError
from harness.terminal import say

if TYPE_CHECKING:
    from harness.reports.tokenizer_cost import TokenCosts

TEXTS = 1000  # of a task: the first


def tokenizers(
    what: Annotated[str, typer.Argument(metavar="TEXT_OR_TASK", help="a text, or a task for its texts")],
    backend: Backends = [],
    set_: Settings = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Count the tokens of a text, and of Korean against English."""
    from harness.adapters.fields import bare_text
    from harness.backends import backend as backends
    from harness.cli import arguments
    from harness.config import fields as forms
    from harness.datasets.sources import Where
    from harness.datasets.task_data import supply
    from harness.evaluation.plan import Options, Plan
    from harness.evaluation.progress import display
    from harness.evaluation.token_counter import counter
    from harness.reports.tokenizer_cost import PAIRS, token_costs, translations
    from harness.tasks import task as tasks

    where = Where(data_dir=data_dir, sample=sample, offline=offline)
    options = Options(where=where, trust_remote_code=trust_remote_code)
    settings = arguments.one(set_, "-m")
    names = arguments.names(backend)
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
            with counter(system, plan, options, display(quiet=quiet)) as count:
                found[system.name] = token_costs(count, texts, own or PAIRS)
        except HarnessError as error:
            fail(str(error))
            last = error
    if json:
        print_json({"what": what, "tokenizers": [_plain(name, costs) for name, costs in found.items()]})
    elif found:
        emit(
            _table(
                found,
                len(texts),
                f"{len(own):,} pairs of {what}" if own else f"{len(PAIRS)} pairs of our own",
            )
        )
    return 0 if len(found) == len(systems) else last.exit_code


def _table(found: dict[str, TokenCosts], texts: int, pairs: str) -> str:
    from harness.reports.writers.markdown import table
    from harness.reports.writers.numbers import short

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
