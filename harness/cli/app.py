"""The command `harness`: what all commands share, and where each is declared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from harness.cli import asking, judging, showing

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


for commands in (asking, showing, judging):
    app.add_typer(commands.app)


@cache
def command() -> Callable[..., Any]:
    """Return the whole command; typer takes longer to put it together than most commands take."""
    return get_command(app)
