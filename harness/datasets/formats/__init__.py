"""A dataset's own files as tables of rows: one layout a module, none of them changed before it is read.

A layout is `read(paths, data) -> Iterator[Table]`: the files of a split in, one table a file out; where
files only mean something together (two line-aligned texts), one table of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.tables import Row, Table, lines, opened, plain, sha256, text
from harness.tasks.schema import Data

__all__ = ["Reader", "Row", "Table", "a_file_each", "lines", "opened", "plain", "sha256", "text"]

Reader = Callable[[Sequence[Path], Data], Iterator[Table]]


def a_file_each(read: Callable[[Path, Data], Table]) -> Reader:
    """Return the layout in which every file is a table of its own."""
    return lambda paths, data: (read(path, data) for path in paths)
