"""The command line: arguments in, results on stdout, progress on stderr, an exit code out."""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

from harness.errors import HarnessError


def main() -> NoReturn:
    """Run the command that `sys.argv` names and exit.

    A user's mistake ends in one line on stderr and the exit code of its kind; a traceback is shown
    only under --debug.
    """
    sys.exit(_guarded(sys.argv[1:]))


def _guarded(arguments: list[str]) -> int:
    import typer

    # typer brings a click of its own from 0.26 on; its errors are the parents of what it exports.
    usage_error = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show Hangul
    debug = "--debug" in arguments
    try:
        return _run([argument for argument in arguments if argument != "--debug"])
    except HarnessError as error:
        if debug:
            traceback.print_exc()
        fail(str(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted")
        return 130
    except BrokenPipeError:  # `harness list tasks | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if isinstance(error, usage_error):
            fail(error.format_message())  # type: ignore[attr-defined]
            return 2
        if debug:
            raise
        fail(f"a fault of the harness itself: {type(error).__name__}: {error}; --debug shows where")
        return 1


def _run(arguments: list[str]) -> int:
    from harness.cli.app import app

    code = app(args=arguments, standalone_mode=False, prog_name="harness")
    return code if isinstance(code, int) else 0


def fail(message: str) -> None:
    """Print one line to stderr, never wrapped."""
    print(f"harness: {message}", file=sys.stderr, flush=True)
