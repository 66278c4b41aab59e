"""The command line: arguments in, results on stdout, progress on stderr, an exit code out.

Stdout holds results and nothing else. Under --json it holds one document: after an error the runs or
answers so far, or nothing at all if the mistake was found before any work.
"""

from __future__ import annotations

import errno
import os
import sys
from contextvars import copy_context
from typing import NoReturn

from harness.cli import mistakes
from harness.cli.output import fail
from harness.cli.speech import speech
from harness.errors import BadInput, HarnessError, Interrupted, Unavailable


def main() -> NoReturn:
    """Run the command that `sys.argv` names and exit.

    A user's mistake ends in one line on stderr and the exit code of its kind; a traceback is shown
    only under --debug.
    """
    sys.exit(_guarded(sys.argv[1:]))


def _guarded(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show Hangul
    try:
        with speech(arguments):
            return _ended(arguments)
    except HarnessError as error:
        fail(str(error))
        return error.exit_code


def _ended(arguments: list[str]) -> int:
    """Return the exit code of a command, what went wrong told."""
    debug = "--debug" in arguments
    try:
        return _run([argument for argument in arguments if argument != "--debug"] or ["--help"])
    except BrokenPipeError:  # `harness list tasks | head`
        _discard_stdout()
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            import traceback

            traceback.print_exc()
        told = _told(error, arguments)
        fail(str(told))
        return told.exit_code


def _run(arguments: list[str]) -> int:
    from harness.cli.app import command

    try:
        # What one command is allowed ends with it, also where several run in one process.
        code = copy_context().run(command(), args=arguments, standalone_mode=False, prog_name="harness")
        if sys.stdout is not None:
            sys.stdout.flush()  # at the very end Python would complain on its own
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # as typer takes it
            raise end.__context__ from None
        raise
    return code if isinstance(code, int) else 0


def _discard_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(error: BaseException, arguments: list[str]) -> HarnessError:
    """Return any error as one that is told in a line, with its exit code."""
    import typer

    # Newer typers bring a click of their own; its errors are the parents of what it exports.
    usage_error = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
    if isinstance(error, HarnessError):
        return error
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Interrupted("interrupted")
    if isinstance(error, usage_error):
        message = error.format_message()  # type: ignore[attr-defined]
        return BadInput(message.rstrip() + (mistakes.meant(message, arguments) or mistakes.missing(error)))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO) and error.filename is None:
        _discard_stdout()  # any other file's error says which
        return Unavailable(f"cannot write to standard output: {error.strerror}")
    name = type(error).__name__
    return Unavailable(f"a fault of the harness itself: {name}: {error}; --debug shows where")
