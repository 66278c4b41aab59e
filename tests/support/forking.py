"""The command in a process of its own that need not import it first.

    done = forking.run(["list", "tasks"], cwd=folder, env=os.environ, timeout=60)

A server imports what every run needs and waits. For each call it forks: the child takes the caller's folder,
environment and streams, runs the command as `python -m harness` does, and ends as an interpreter ends. Half a
second of imports is saved, which is most of what a small run takes; nothing else is shared between calls.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

# What `run`, `rescore` and the reports import, and nothing that a model needs.
IMPORTED = (
    *("harness.cli.app", "harness.evaluation.grid", "harness.evaluation.runner"),
    *("harness.reports.run", "harness.reports.site.writing"),
    *("harness.adapters.dummy", "harness.adapters.baseline", "harness.metrics.classification"),
    *("harness.stats.intervals", "harness.scoring.rescore"),
    *("harness.reports.leaderboard.board", "harness.reports.leaderboard.render"),
)
_one_at_a_time = Lock()


def run(
    arguments: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    imported: tuple[str, ...] = (),
) -> subprocess.CompletedProcess:
    """Run the command to its end, and return its exit code and what it wrote.

    `imported` are modules that it finds imported too: torch alone takes seconds.

    Raises:
        TimeoutExpired: it took longer; it has been killed.
    """
    asked = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _one_at_a_time:
        code = _ended(asked, (out.fileno(), err.fileno()), timeout, imported)
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read().decode(), err.read().decode())


def _ended(asked: dict[str, Any], streams: Sequence[int], timeout: float, imported: tuple[str, ...]) -> int:
    """Have the server run what is asked, and return the exit code."""
    channel, pid = _server(imported), None
    try:
        socket.send_fds(channel, [json.dumps(asked).encode() + b"\n"], streams)
        pid = _number(channel)
        channel.settimeout(timeout)
        code = _number(channel)
        channel.settimeout(None)
    except BaseException as error:
        _server.cache_clear()  # what this one says next would be taken for the answer to another call
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        if isinstance(error, TimeoutError):
            raise subprocess.TimeoutExpired(asked["arguments"], timeout) from None
        raise
    return code


def can_run(env: Mapping[str, str]) -> bool:
    """Return whether the interpreter itself is to be as it is here; its settings are read when it starts."""
    return _of_the_interpreter(env) == _of_the_interpreter(os.environ)


def _of_the_interpreter(env: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key.startswith("PYTHON") and key != "PYTHONPATH"}


@cache
def _server(imported: tuple[str, ...]) -> socket.socket:
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, __file__, str(its.fileno()), *imported],
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
    while True:
        line, streams, _, _ = socket.recv_fds(channel, 65536, 2)
        while line and not line.endswith(b"\n"):
            line += channel.recv(65536)
        if not line:
            os._exit(0)  # who asked is gone
        pid = os.fork()
        if not pid:
            channel.close()
            _become(json.loads(line), streams)
            return
        for stream in streams:
            os.close(stream)
        channel.sendall(pid.to_bytes(4, "big"))
        _, status = os.waitpid(pid, 0)
        channel.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def _become(asked: dict[str, Any], streams: Sequence[int]) -> None:
    """Take the folder, environment, arguments and streams of a process that begins."""
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    places = [place for place in asked["env"].get("PYTHONPATH", "").split(os.pathsep) if place]
    sys.path[:0] = [asked["cwd"], *places]
    sys.argv = ["harness", *asked["arguments"]]
    importlib.invalidate_caches()


if __name__ == "__main__":
    del sys.path[0]  # this folder, which a command does not see
    for name in (*IMPORTED, *sys.argv[2:]):
        importlib.import_module(name)
    from harness.cli import main
    from harness.cli.app import command

    command()
    gc.freeze()  # what is imported stays; a child that looked through it would copy it
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        _serve(channel)
    main()
