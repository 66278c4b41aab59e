"""`harness tokenizers`: what a text, or a task's texts, cost in the tokens of each backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

from harness.cli.output import emit, fail, headed, print_json, show
from harness.errors import BadInput, HarnessError
from harness.options import values
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json
from harness.terminal import spoken

if TYPE_CHECKING:
    from harness.backends.backend import Backend
    from harness.datasets.task_data import Material
    from harness.evaluation.token_counter import Pieces, TokenCounter
    from harness.reports.tokenizer_cost import TokenCosts
    from harness.reports.writers.blocks import Block
    from harness.tasks.task import Task

TEXTS = 1000  # of a task: the first
SHOWN = 5  # texts whose tokens are shown


def tokenizers(
    options: RunOptions,
    what: Annotated[
        str,
        Positional("TEXT_OR_TASK", help="a text, or a task for its texts", ko="글, 또는 글을 가져올 과제"),
    ],
    tiktoken: Annotated[
        list[str] | None,
        Flag(
            "--tiktoken",
            metavar="ENCODING[,ENCODING]",
            help="count by these encodings of OpenAI (o200k_base), downloaded where they are not here",
            ko="OpenAI의 인코딩(o200k_base)으로 셈; 없으면 내려받음",
            raw=str,
            read=values.names_or_none,
        ),
    ] = None,
    pieces: Annotated[
        bool,
        Flag(
            "--pieces",
            help="show each token of the first texts, with its id",
            ko="앞의 글 몇 개를 토큰과 번호로 보임",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Count the tokens of a text, and of Korean against English."""
    from harness.adapters.fields import bare_text
    from harness.backends import backend as backends
    from harness.cli.planning import reporter
    from harness.datasets.task_data import supply
    from harness.evaluation.grid import Grid
    from harness.reports.tokenizer_cost import PAIRS, token_costs, translations
    from harness.tasks import task as tasks

    grid = Grid.of(options)
    if len(grid.settings) > 1:
        raise BadInput("-m: one value of each setting, please")
    if not grid.backends and not tiktoken:
        raise BadInput(
            "-b BACKEND is missing, or --tiktoken ENCODING; `harness list backends` shows what there is"
        )
    task = tasks.load(what) if what in tasks.catalogue() else None
    systems = [backends.load(name).choose(grid.settings[0]) for name in grid.backends]
    learns = any(system.entry.learns for system in systems)
    material = None
    if task is not None:
        material = supply(task, options.where, reporter(options), limit=TEXTS, train=learns)
    examples = list(islice(material.evaluated(), TEXTS)) if material else []
    texts = [bare_text(example) for example in examples] if material else [what]
    own = translations(examples) if task and task.ask == "generate" else []
    found: dict[str, TokenCosts] = {}
    shown: dict[str, list[list[tuple[int, str]]]] = {}
    last: HarnessError | None = None
    for name, opened in _counters(systems, tiktoken or (), task, material, options):
        try:
            with opened() as count:
                found[name] = token_costs(count.count, texts, own or PAIRS)
                if pieces:
                    shown[name] = [_cut(count.pieces, text) for text in texts[:SHOWN]]
        except HarnessError as error:
            fail(str(error))
            last = error
    if json:
        rows = [_plain(name, costs, shown.get(name)) for name, costs in found.items()]
        print_json({"what": what, "tokenizers": rows})
    elif found:
        pairs = f"{len(own):,} pairs of {what}" if own else f"{len(PAIRS)} pairs of our own"
        show(_blocks(found, len(texts), pairs))
        for name, texts_cut in shown.items():
            emit("\n".join(["", f"{name}:", *(f"  {_line(one)}" for one in texts_cut)]))
    return 0 if last is None else last.exit_code


def _counters(
    systems: Iterable[Backend],
    encodings: Iterable[str],
    task: Task | None,
    material: Material | None,
    options: RunOptions,
) -> Iterator[tuple[str, Callable[[], AbstractContextManager[TokenCounter]]]]:
    """Yield each name with what opens its counter: backends, then encodings of tiktoken."""
    from harness.config import fields as forms
    from harness.evaluation.plan import Plan
    from harness.evaluation.progress import display
    from harness.evaluation.tiktoken_counter import tiktoken_counter
    from harness.evaluation.token_counter import counter

    def of_system(system: Backend) -> AbstractContextManager[TokenCounter]:
        plan = Plan(task, system, forms.decoding(), material, options) if task and material else None
        return counter(system, plan, options, display(quiet=options.quiet))

    def of_encoding(name: str) -> AbstractContextManager[TokenCounter]:
        return nullcontext(tiktoken_counter(name, download=not options.offline))

    for system in systems:
        yield system.name, partial(of_system, system)
    for name in encodings:
        yield name, partial(of_encoding, name)


def _blocks(found: dict[str, TokenCosts], texts: int, pairs: str) -> list[Block]:
    from harness.reports.writers.blocks import Note, TableBlock
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
    return [TableBlock(headed(header), rows, names=0), Note(spoken(note))]


def _times(multiple: float | None) -> str:
    return "" if multiple is None else f"{multiple:.2f}x"


def _cut(pieces: Pieces | None, text: str) -> list[tuple[int, str]]:
    """Return the tokens of a text.

    Raises:
        BadInput: the backend counts them and does not say which they are.
    """
    if pieces is None:
        raise BadInput("--pieces: this tokenizer counts tokens and does not say which they are")
    return pieces(text)


def _line(tokens: list[tuple[int, str]]) -> str:
    """Return tokens in a line, each with its id: `이 12|영화 310`."""
    from harness.terminal import printable

    return printable("|".join(f"{piece} {number}" for number, piece in tokens)) + f"   ({len(tokens)})"


def _plain(name: str, costs: TokenCosts, pieces: list[list[tuple[int, str]]] | None) -> dict[str, Any]:
    made_of = {"per_character": costs.per_character, "per_word": costs.per_word, "multiple": costs.multiple}
    shown = {} if pieces is None else {"pieces": pieces}
    return {"backend": name, **asdict(costs), **made_of, **shown}
