"""Somebody who types what a document says, command by command, and looks at what comes out."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.support import forking
from tests.support.paths import ROOT
from tests.support.running import PATIENCE
from tests.support.wheels import install

Step = tuple[str, list[str]]  # a command, and what the README shows of its output


def steps(readme: str) -> Iterator[Step]:
    """Yield the commands of a document, and what it shows of their output."""
    for block in re.findall(r"```console\n(.*?)```", readme, flags=re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, shown


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Reader:
    """Somebody who types what a README says, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.servers, self.ports = folder, [], {}
        self.env = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / ".cache")}

    def type(self, command: str, patience: float = PATIENCE) -> tuple[int, str]:
        """Return a command's exit code and output, within so many seconds; a server is left running."""
        for port, free in self.ports.items():
            command = command.replace(port, free)
        command, _, echo = command.partition(" || echo ")
        words = shlex.split(command)
        if words[:2] == ["pip", "install"] and words[2:] != ["."]:
            return 0, ""
        if words[:2] == ["pip", "install"]:
            site = install(self.folder, self.folder / ".built")
            self.env["PYTHONPATH"] += os.pathsep + str(site)
            return 0, ""
        if words[-1] == "&":
            return self._serve(words)
        assert words[0] == "harness", f"nobody here knows how to type {command!r}"
        done = forking.run(words[1:], self.folder, self.env, patience)
        if echo and done.returncode:
            return 0, f"{done.stdout}\nexit code {done.returncode}"
        return done.returncode, done.stdout or done.stderr

    def _serve(self, words: list[str]) -> tuple[int, str]:
        port, free = words[-2], str(free_port())
        self.ports[port] = free
        self.servers.append(subprocess.Popen([sys.executable, *words[1:-2], free], cwd=self.folder))
        for _ in range(400):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{free}/", timeout=1)
            except urllib.error.HTTPError:
                return 0, ""
            except OSError:
                time.sleep(0.05)
        return 1, "the server never listened"

    def leave(self) -> None:
        for server in self.servers:
            server.kill()
            server.wait()


def cells(line: str) -> list[str]:
    """Return the cells of a table's row, without blanks."""
    return line.strip("| ").replace(" ", "").split("|")


def occurs(line: str, output: str) -> bool:
    """Return whether a line stands in the output: … is anything, of a table's row the first cells suffice."""
    if not line.startswith("|"):
        shape = re.escape(line).replace("…", ".*")
        return any(re.fullmatch(shape, one) for one in output.splitlines())
    begins = cells(line)
    return any(cells(one)[: len(begins)] == begins for one in output.splitlines())
