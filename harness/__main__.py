"""`python -m harness` is the command `harness`."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import harness

GARBAGE = 20_000  # new objects between two looks of the collector: at 700 it took a fifth of every start


def main() -> NoReturn:
    """Run the command line; Ctrl-C while it is still being loaded ends it as at any other moment.

    SIGTERM and SIGHUP (a terminal that was closed) are a Ctrl-C from the start: what is half written is
    cleared away, and the exit code is an interrupted command's.
    """
    gc.set_threshold(GARBAGE)
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores one
            signal.signal(number, _interrupted)
    try:
        from harness.cli import main as command

        command()
    except KeyboardInterrupt:
        print("harness: interrupted", file=sys.stderr)
        sys.exit(130)


class _Signalled(KeyboardInterrupt):
    """A class of its own: for the plain one CPython ends itself by SIGINT if it met an `exec` of a string."""


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Signalled


if __name__ == "__main__":
    # `-m` puts the working directory before all else, and a stranger's folder may hold a yaml.py or a plugin.
    elsewhere = os.path.dirname(os.path.dirname(os.path.abspath(harness.__file__))) != os.getcwd()
    if sys.path and sys.path[0] in ("", os.getcwd()) and not sys.flags.safe_path and elsewhere:
        del sys.path[0]
    main()
