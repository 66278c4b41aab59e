"""Calls that may never return, with a bound on their time, in any thread and on any system.

Only the main thread hears the alarm that ends a call under way, and Windows has none. Elsewhere a child
process makes the calls, one after the other, and is killed when one does not end: a thread cannot be stopped,
and one that is in a C function holds all others up.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess


class TooSlow(Exception):
    """A call did not end in its time, or ended the process that made it."""


def can_alarm() -> bool:
    """Return whether a signal can end a call of this thread."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """End the block after so many seconds, where `can_alarm`.

    Raises:
        TooSlow: it did not end before.
    """

    def end(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Child:
    """A function that is called in another process: `module:name`, JSON in and JSON out.

    The process begins with the first call, ends with this one, and makes one call at a time. With `warm`, it
    is called with these arguments first, without a bound: an import is no part of a call.
    """

    def __init__(self, function: str, warm: tuple[Any, ...] | None = None) -> None:
        self._function, self._warm = function, warm
        self._process: subprocess.Popen[str] | None = None
        self._one_at_a_time = threading.Lock()
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):  # a copy of this process has no child
            os.register_at_fork(after_in_child=self._forget)

    def call(self, seconds: float, *arguments: Any) -> Any:
        """Return what the function returns.

        Raises:
            TooSlow: it did not end in so many seconds.
        """
        with self._one_at_a_time:
            process = self._process = self._process or self._begun()
            late = threading.Timer(seconds, process.kill)
            late.start()
            try:
                answer = _answered(process, arguments)
            finally:
                late.cancel()
            if not answer:
                self.close()
                raise TooSlow
            return json.loads(answer)

    def close(self) -> None:
        """End the process; the next call begins another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _forget(self) -> None:
        self._process, self._one_at_a_time = None, threading.Lock()

    def _begun(self) -> subprocess.Popen[str]:
        import subprocess

        process = subprocess.Popen(
            # -P: nothing of the folder that the user stands in is imported.
            [sys.executable, "-P", "-m", __name__, self._function],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        assert process.stdout is not None
        process.stdout.readline()
        if self._warm is not None:
            _answered(process, self._warm)
        return process


def _answered(process: subprocess.Popen[str], arguments: tuple[Any, ...]) -> str:
    """Return the line that answers a call; nothing if the process has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(arguments) + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return ""


def _serve(function: Callable[..., Any], calls: Iterator[str]) -> Iterator[str]:
    """Yield an empty line, to say that all is imported, and one that answers each call."""
    yield "\n"
    for line in calls:
        yield json.dumps(function(*json.loads(line))) + "\n"


def _main() -> None:
    from importlib import import_module

    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the function prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's signal is for who asked; they end us
    module, _, name = sys.argv[1].partition(":")
    for line in _serve(getattr(import_module(module), name), iter(sys.stdin)):
        told.write(line)
        told.flush()


if __name__ == "__main__":
    _main()
