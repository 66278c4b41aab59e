"""`--sandbox none`: a program in a process of its own and nothing around it, as the user asked by name."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.execution.limits import Limits
from harness.schema import Execution

SHOWN = 2000  # bytes of output that are kept


class Unconfined:
    """Runs each program by a Python of its own in an empty folder, with the limits that the system keeps."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def __enter__(self) -> Unconfined:
        """Return itself: there is nothing to start."""
        return self

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Do nothing: no process outlives its program."""

    def close(self) -> None:
        """Do nothing: no process outlives its program."""

    def run(self, source: str) -> Execution:
        """Return what came of a program."""
        token, began = os.urandom(16).hex(), time.monotonic()
        with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as folder:
            answer, printed = Path(kept, "answer"), Path(kept, "output")
            job = {"source": source, "limits": self._limits.plain(), "token": token, "answer": str(answer)}
            try:
                late = self._run(json.dumps(job).encode(), folder, printed)
            except OSError as error:
                return Execution("sandbox", f"no Python could be started: {error}")
            told = answer.read_bytes() if answer.exists() else b""
            output = printed.read_bytes()
        seconds = round(time.monotonic() - began, 4)
        verdict = self._verdict(told, token.encode(), late=late, size=len(output))
        return Execution(**verdict, output=output[:SHOWN].decode("utf-8", "replace"), seconds=seconds)

    def _run(self, job: bytes, folder: str, printed: Path) -> bool:
        """Run the job with its output in a file; return whether a limit of time ended it."""
        package = str(Path(__file__).resolve().parents[2])
        code = (
            f"import sys; sys.path.insert(0, {package!r}); "
            "from harness.execution.inside.program import alone; alone()"
        )
        with printed.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", code],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=folder,
                env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
                start_new_session=True,
            )
            try:
                process.communicate(job, timeout=self._limits.wall)
                return process.returncode == -getattr(signal, "SIGXCPU", 0)
            except subprocess.TimeoutExpired:
                return True
            finally:
                _end(process)

    def _verdict(self, told: bytes, token: bytes, *, late: bool, size: int) -> dict[str, Any]:
        if size > self._limits.output:
            return {"outcome": "output", "error": f"more than {self._limits.output >> 10} KiB of output"}
        if told.endswith(token):
            found: dict[str, Any] = json.loads(told.removesuffix(token))
            return found
        if late:
            return {"outcome": "timeout", "error": f"more than {self._limits.cpu} s of CPU"}
        return {"outcome": "raised", "error": "left before its tests were done"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a program; on Windows that is its first process alone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all of it has ended
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    process.wait()
