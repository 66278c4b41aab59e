"""Rows of data in script files, which a page loads when it needs them: from `file://` nothing else can be.

A file calls `harnessData(name, content)`; the content is JSON, deflated, in base64, so that no text from a
run is ever part of a script. Its name is that of its content: runs over the same examples share the
files of what was asked.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import orjson

ROWS, BYTES = 1000, 2_000_000  # a chunk's most rows, and its most bytes unless one row alone has more
LEVEL = 5  # of deflate: from here on it takes longer and saves little


class Chunks:
    """Takes rows one by one and writes them, a chunk at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[bytes] = []
        self._size = self._written = 0
        self._starts: list[int] = []
        self._names: list[str] = []

    def add(self, row: Any) -> None:
        """Add a row of plain values."""
        line = orjson.dumps(row)
        if len(self._rows) == ROWS or (self._rows and self._size + len(line) > BYTES):
            self._write()
        self._rows.append(line)
        self._size += len(line)

    def finish(self) -> dict[str, Any]:
        """Write what is left; return each chunk's name and its first row's number, from 0."""
        if self._rows:
            self._write()
        return {"starts": self._starts, "names": self._names}

    def _write(self) -> None:
        self._starts.append(self._written)
        self._names.append(write(self._folder, b"[" + b",".join(self._rows) + b"]"))
        self._written += len(self._rows)
        self._rows, self._size = [], 0


def write(folder: Path, content: bytes) -> str:
    """Write JSON as a script into `folder`, unless it is there already, and return its name."""
    name = hashlib.sha256(content).hexdigest()[:20]
    path = folder / f"{name}.js"
    if not path.exists():
        packed = base64.b64encode(zlib.compress(content, LEVEL))
        path.write_bytes(b'harnessData("%b","%b");\n' % (name.encode(), packed))
    return name
