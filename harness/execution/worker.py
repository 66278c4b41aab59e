"""One sandbox kept warm: a program in, a verdict out; where it has died, the next program gets a new one."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
from types import TracebackType
from typing import IO, Any

from harness.execution import sandboxes
from harness.execution.limits import Limits
from harness.schema import Execution

GRACE = 15.0  # seconds beyond the wall time after which a sandbox that says nothing is given up


class Worker:
    """A sandbox of one kind, started with its first program."""

    def __init__(self, sandbox: str, limits: Limits) -> None:
        self._sandbox, self._limits = sandbox, limits
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None

    def __enter__(self) -> Worker:
        """Return the worker, which ends with the block."""
        return self

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the sandbox."""
        self.close()

    def run(self, source: str) -> Execution:
        """Return what came of a program; the outcome `sandbox` is a failure of the sandbox and no verdict."""
        try:
            told = self._asked({"source": source, "limits": self._limits.plain()})
        except (OSError, ValueError) as error:
            why = self._last_words() or str(error) or type(error).__name__
            self.close()
            return Execution("sandbox", f"the sandbox ({self._sandbox}) died: {why}")
        if told.pop("spent"):
            self.close()
        return Execution(**told)

    def _asked(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return the server's answer, which is one line.

        Raises:
            OSError: there is none, in time.
            ValueError: it is none.
        """
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], self._limits.wall + GRACE)[0]:
            raise OSError("it did not answer")
        line = process.stdout.readline()
        if not line:
            raise OSError("it ended")
        told: dict[str, Any] = json.loads(line)
        return told

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the sandbox)
        self._process = subprocess.Popen(
            sandboxes.command(self._sandbox, self._limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd="/",
            env={"PATH": os.defpath},
            start_new_session=True,  # Ctrl-C is the harness's, who ends it
        )
        return self._process

    def _last_words(self) -> str:
        """Return the last line that the sandbox wrote to standard error."""
        if self._complaints is None:
            return ""
        if self._process is not None:
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                return ""
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").strip().split("\n")
        return lines[-1][:300]

    def close(self) -> None:
        """End the sandbox and all in it; one that is not there is no error."""
        if self._process is not None:
            self._process.kill()  # pid 1 goes with its keeper, and the kernel ends all else in the namespace
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not read any more
                        pipe.close()
        if self._complaints is not None:
            self._complaints.close()
        self._process = self._complaints = None
