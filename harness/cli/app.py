"""The command `harness`: what all commands share, and which there are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.main import get_command

from harness.cli.arena import arena
from harness.cli.audit import audit
from harness.cli.cache import cache
from harness.cli.check import check
from harness.cli.compare import compare
from harness.cli.convert import convert
from harness.cli.data import data
from harness.cli.doctor import doctor
from harness.cli.estimate import estimate
from harness.cli.explain import explain
from harness.cli.export import export
from harness.cli.gate import gate
from harness.cli.import_ import import_
from harness.cli.init import init
from harness.cli.items import items
from harness.cli.leaderboard import leaderboard
from harness.cli.list_ import list_
from harness.cli.push import push
from harness.cli.race import race
from harness.cli.report import report
from harness.cli.rescore import rescore
from harness.cli.run import run
from harness.cli.score import score
from harness.cli.show import show
from harness.cli.signature import Command
from harness.cli.tokenizers import tokenizers
from harness.cli.try_ import try_

ASK = (run, race, try_, estimate, export, import_)
SHOW = (list_, show, data, audit, tokenizers, check, doctor, cache, init, convert)
JUDGE = (leaderboard, report, compare, explain, arena, items, gate, push, rescore, score)

app = typer.Typer(
    name="harness",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done; 1 regression; 2 wrong input; 3 a backend (or the harness) cannot work; "
    "4 stopped by a limit, resumable; 130 interrupted, resumable. --debug shows tracebacks.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from harness import __version__

        print(f"harness {__version__}")
        raise typer.Exit


@app.callback()
def _harness(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print it")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
) -> None:
    """Evaluate language systems, from bag-of-words to LLM, on the same examples. Korean first."""


COMMANDS = [Command.of(function) for function in (*ASK, *SHOW, *JUDGE)]
for one in COMMANDS:
    app.command(one.name)(one.typed())


@functools.cache
def command() -> Callable[..., Any]:
    """Return the whole command; typer takes longer to put it together than most commands take."""
    return get_command(app)
