"""The command in a process of its own that need not import it first.

    done = forking.run(["list", "tasks"], cwd=folder, env=os.environ, timeout=60)
    with forking.Forked(["run", …], folder, os.environ) as process:
        process.send_signal(signal.SIGINT)

A server imports what every run needs and waits. For each call it forks: the child takes the caller's folder,
environment and streams, runs the command as `python -m harness` does, and ends as an interpreter ends. The
imports are saved, which is most of what a small run takes; nothing else is shared between calls.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from threading import Lock, Timer
from types import TracebackType
from typing import IO, Any, TextIO

# What `run`, `rescore`, `data`, the reports and asking a server import, and nothing that a model needs.
IMPORTED = (
    *("harness.cli.app", "harness.evaluation.grid", "harness.evaluation.runner"),
    *("harness.reports.run", "harness.reports.site.writing"),
    *("harness.adapters.dummy", "harness.adapters.baseline", "harness.metrics.classification"),
    *("harness.stats.intervals", "harness.scoring.rescore"),
    *("harness.reports.leaderboard.board", "harness.reports.leaderboard.render"),
    *("numpy.ma", "rich.progress", "harness.datasets.downloads.web"),
    *("harness.adapters.classical.classifiers", "aiohttp", "harness.adapters.remote.openai"),
)
_one_at_a_time = Lock()


class Forked:
    """A command that runs, as `subprocess.Popen` has one; killed at the end of a `with` block.

    `stderr` is a number as for `Popen`, or a stream; what is written to a pipe is read from `.stderr`.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        stdout: int | IO[Any] = subprocess.DEVNULL,
        stderr: int | IO[Any] = subprocess.PIPE,
    ) -> None:
        self.args, self.returncode, self.stderr = arguments, None, None
        asked = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}
        with ExitStack() as theirs:
            streams = [self._stream(stdout, theirs), self._stream(stderr, theirs)]
            self._told, told = socket.socketpair()
            theirs.enter_context(told)
            with _one_at_a_time:
                socket.send_fds(_server(), [json.dumps(asked).encode() + b"\n"], [*streams, told.fileno()])
        self.pid = _number(self._told)

    def _stream(self, stream: int | IO[Any], theirs: ExitStack) -> int:
        """Return the number of what the command writes to; `theirs` closes what is of no use here."""
        if stream == subprocess.PIPE:
            ours, its = os.pipe()
            self.stderr = os.fdopen(ours, encoding="utf-8")
            theirs.callback(os.close, its)
            return its
        if stream == subprocess.DEVNULL:
            return theirs.enter_context(open(os.devnull, "wb")).fileno()
        return stream if isinstance(stream, int) else stream.fileno()

    def poll(self) -> int | None:
        """Return the exit code, None as long as the command runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once the command has ended."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = _number(self._told)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[None, str]:
        """Return what was still written to stderr, once the command has ended."""
        late = Timer(timeout, self.kill)
        late.start()
        assert self.stderr is not None
        text = self.stderr.read()
        if not late.is_alive():
            raise subprocess.TimeoutExpired(self.args, timeout)
        late.cancel()
        self.wait(timeout)
        return None, text

    def send_signal(self, number: int) -> None:
        """Send a signal, if there is anybody to have it."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End the command at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()
        self.wait()
        self._told.close()
        if self.stderr is not None:
            self.stderr.close()


def run(
    arguments: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
) -> subprocess.CompletedProcess:
    """Run the command to its end, and return its exit code and what it wrote.

    Raises:
        TimeoutExpired: it took longer; it has been killed.
    """
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        Forked(arguments, cwd, env, stdout=out, stderr=err) as process,
    ):
        code = process.wait(timeout)
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read().decode(), err.read().decode())


def can_run(env: Mapping[str, str]) -> bool:
    """Return whether the interpreter itself is to be as it is here; its settings are read when it starts."""
    return _of_the_interpreter(env) == _of_the_interpreter(os.environ)


def _of_the_interpreter(env: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key.startswith("PYTHON") and key != "PYTHONPATH"}


@cache
def _server() -> socket.socket:
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, __file__, str(its.fileno())],
            # One thread: those of a library are not there after a fork.
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _number(channel: socket.socket) -> int:
    """Return the next number, of which each stands in four bytes."""
    found = channel.recv(4, socket.MSG_WAITALL)
    if len(found) < 4:
        raise EOFError("the server of the forks has ended")
    return int.from_bytes(found, "big", signed=True)


# In the server ----------------------------------------------------------------------------------------


def _serve(channel: socket.socket) -> None:
    """Fork for every request; returns in the children, which have become what was asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper ended
    while True:
        line, descriptors, _, _ = socket.recv_fds(channel, 65536, 3)
        while line and not line.endswith(b"\n"):
            line += channel.recv(65536)
        if not line:
            os._exit(0)  # who asked is gone
        if not os.fork():
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            *streams, told = descriptors
            if not _keep(streams, told):
                _become(json.loads(line), streams)
                return
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(streams: Sequence[int], told: int) -> bool:
    """Fork, and return False in the child; tell its number and how it ended, and end with it."""
    pid = os.fork()
    if not pid:
        os.close(told)
        return False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a terminal's signal is for the command
    for stream in streams:
        os.close(stream)
    with socket.socket(fileno=told) as channel, suppress(BrokenPipeError):
        channel.sendall(pid.to_bytes(4, "big"))
        _, status = os.waitpid(pid, 0)
        channel.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
    os._exit(0)


def _become(asked: dict[str, Any], streams: Sequence[int]) -> None:
    """Take the folder, environment, arguments and streams of a process that begins."""
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdout = sys.__stdout__ = _writer(1, sys.stdout, os.isatty(1))
    sys.stderr = sys.__stderr__ = _writer(2, sys.stderr, True)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    places = [place for place in asked["env"].get("PYTHONPATH", "").split(os.pathsep) if place]
    sys.path[:0] = [asked["cwd"], *places]
    sys.argv = ["harness", *asked["arguments"]]
    importlib.invalidate_caches()


def _writer(number: int, like: TextIO, by_lines: bool) -> TextIO:
    """Return what writes to a stream as the interpreter's own does: that one took it for a file."""
    raw = os.fdopen(number, "wb", 0 if like.write_through else -1, closefd=False)
    how = {"encoding": like.encoding, "errors": like.errors, "write_through": like.write_through}
    return TextIOWrapper(raw, line_buffering=by_lines, **how)


if __name__ == "__main__":
    del sys.path[0]  # this folder, which a command does not see
    for name in IMPORTED:
        with suppress(ImportError):  # an extra that is not here is the command's to miss
            importlib.import_module(name)
    from harness.__main__ import main
    from harness.cli.app import command

    command()
    gc.freeze()  # what is imported stays; a child that looked through it would copy it
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        _serve(channel)
    main()
