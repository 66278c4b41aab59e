"""The command `harness`: what all commands share, and which there are."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from harness.cli.agree import agree
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
from harness.cli.judge import judge
from harness.cli.leaderboard import leaderboard
from harness.cli.list_ import list_
from harness.cli.push import push
from harness.cli.race import race
from harness.cli.report import report
from harness.cli.rescore import rescore
from harness.cli.resume import resume
from harness.cli.run import run
from harness.cli.score import score
from harness.cli.show import show
from harness.cli.signature import Command, helped
from harness.cli.status import pause, status
from harness.cli.tokenizers import tokenizers
from harness.cli.try_ import try_
from harness.cli.vote import vote
from harness.cli.work import work
from harness.errors import Interrupted

_OF_CLICK = {
    "Usage:": "사용법:",
    "Options:": "옵션:",
    "Arguments:": "인수:",
    "Commands:": "명령:",
    "Show this message and exit.": "이 도움말을 보임",
    "[required]": "[필수]",
    "[default: ": "[기본값: ",
    "[env var: ": "[환경 변수: ",
}


def _spoken(text: str) -> str:
    """Return a page of help, click's own words in the language in use."""
    if os.environ.get("HARNESS_LANG") == "ko":
        for english, korean in _OF_CLICK.items():
            text = text.replace(english, korean)
    return text


class _Command(TyperCommand):
    def get_help(self, ctx: Any) -> str:
        return _spoken(super().get_help(ctx))


class _Group(TyperGroup):
    def get_help(self, ctx: Any) -> str:
        return _spoken(super().get_help(ctx))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as signal:  # typer would end with the same code and without a word
            raise Interrupted("interrupted") from signal


ASK = (run, work, status, pause, resume, race, try_, estimate, export, import_)
SHOW = (list_, show, data, audit, tokenizers, check, doctor, cache, init, convert)
JUDGE = (leaderboard, report, compare, explain, judge, vote, agree, arena, items, gate, push, rescore, score)

app = typer.Typer(
    name="harness",
    cls=_Group,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help=helped("Evaluate language systems, from bag-of-words to LLM, on the same examples. Korean first."),
    epilog=helped(
        "Exit codes: 0 done; 1 regression; 2 wrong input; 3 a backend (or the harness) cannot work; "
        "4 stopped by a limit, resumable; 130 interrupted, resumable. --debug shows tracebacks."
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        from harness import __version__

        print(f"harness {__version__}")
        raise typer.Exit


@app.callback()
def _harness(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=helped("print it"))
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help=helped("show tracebacks"))] = False,
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="en|ko", help=helped("the language of all that is said"))
    ] = None,
) -> None:
    """Take what all commands share; `--lang` is read before, by `harness.cli.speech`."""


COMMANDS = [Command.of(function) for function in (*ASK, *SHOW, *JUDGE)]
for one in COMMANDS:
    app.command(one.name, cls=_Command)(one.typed())


@functools.cache
def command() -> Callable[..., Any]:
    """Return the whole command; typer takes longer to put it together than most commands take."""
    return get_command(app)
