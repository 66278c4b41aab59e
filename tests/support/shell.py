"""The command as a user types it, in the test's own process and in a folder of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import cli


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Return the one line on stderr; there must be no other, and no traceback."""
        (line,) = self.err.splitlines()
        return line

    @property
    def json(self) -> Any:
        """Return the one JSON document on stdout; there must be nothing beside it."""
        return json.loads(self.out)


class Shell:
    """Runs `harness …` in a folder, without a process for it."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._patch, self._capsys = home, patch, capsys

    def __call__(self, *arguments: object) -> Said:
        """Return what the command said; its exit code and both streams."""
        words = [str(argument) for argument in arguments]
        self._patch.setattr(sys, "argv", ["harness", *words])
        self._capsys.readouterr()
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        out, err = self._capsys.readouterr()
        assert isinstance(code, int)
        return Said(code, out, err)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target
