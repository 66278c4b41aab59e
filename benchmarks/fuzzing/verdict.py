"""How a command ended under the fuzzer, and what must never be so."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import cli

CODES = (0, 1, 2, 3, 4, 130)  # those that `harness --help` names


class Broken(AssertionError):
    """A promise that did not hold."""


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str

    def check(self) -> Said:
        """Return the same, having ended in a code that is documented, and without a fault of our own.

        Raises:
            Broken: it did not.
        """
        shown = f"harness {' '.join(self.command)}: {self.code}: {self.err[-600:]}"
        if self.code not in CODES:
            raise Broken(f"exit code: {shown}")
        for word in ("Traceback", "a fault of the harness itself"):
            if word in self.err or word in self.out:
                raise Broken(f"{word}: {shown}")
        return self


def harness(home: Path, *arguments: object) -> Said:
    """Run the command in this process, in the folder `home`."""
    words = tuple(map(str, arguments))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(home), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli._guarded(list(words))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 3
    return Said(words, code, out.getvalue(), err.getvalue()).check()


class Executed:
    """What this process was told to execute since the last look: none of the harness's own doing."""

    KNOWN = ("git", "uname", "lscpu", "ldconfig", "/sbin/ldconfig", "gcc", "cc", "ld", "objdump")

    def __init__(self) -> None:
        self.seen: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class"):
            name = os.path.basename(str(arguments[0]))
            if event != "subprocess.Popen" or name not in self.KNOWN:
                self.seen.append(f"{event} {arguments}")

    def check(self) -> None:
        """Raise Broken if anything was executed."""
        seen, self.seen = self.seen, []
        if seen:
            raise Broken(f"executed: {seen[0]}")


@contextlib.contextmanager
def environment(values: dict[str, str], without: Sequence[str] = ()) -> Iterator[None]:
    """Set variables for the block."""
    before = dict(os.environ)
    os.environ.update(values)
    for name in without:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
