"""Servers that others wrote, each in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

PATIENCE = 300.0  # seconds


@contextmanager
def serving(command: Callable[[int], Sequence[str]], health: str, env: Mapping[str, str]) -> Iterator[str]:
    """Start what `command` makes of a free port, and give its address once `health` answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, quiet = f"http://127.0.0.1:{port}", subprocess.DEVNULL
    environment = {**os.environ, **env}
    with subprocess.Popen(list(command(port)), env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not healthy(address + health):
                assert process.poll() is None, "the server has ended"
                assert time.monotonic() < deadline, "the server does not get ready"
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()


def healthy(url: str) -> bool:
    """Return whether the server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False
