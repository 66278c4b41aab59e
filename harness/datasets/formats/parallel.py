"""Files that say the same, line by line: the two sides of a parallel corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path

from harness.datasets.formats import Table, text
from harness.errors import BadInput, Place
from harness.tables import bounded_lines
from harness.tasks.schema import Data


def lines(paths: Sequence[Path], data: Data) -> Iterator[Table]:
    """Yield one table whose columns, named by `header`, are the files. An empty line is an empty cell.

    Raises:
        BadInput: there are more or fewer files than names, or one has fewer lines than another.
    """
    names = data.header if isinstance(data.header, list) else []
    if len(names) != len(paths):
        raise BadInput(
            f"{len(paths)} line-aligned files need as many names in 'header'", place=Place(paths[0])
        )
    columns: dict[str, str | int] = {name: index for index, name in enumerate(names)}
    yield Table(paths[0], columns, _rows(paths, data.encoding))


def _rows(paths: Sequence[Path], encoding: str | None) -> Iterator[tuple[int, list[str]]]:
    with ExitStack() as stack:
        streams = [bounded_lines(stack.enter_context(text(path, encoding)), path) for path in paths]
        for number, cells in enumerate(zip_longest(*streams), 1):
            if None in cells:
                ended = paths[cells.index(None)]
                raise BadInput(f"ends after {number - 1} lines, before the others", place=Place(ended))
            yield number, [cell.rstrip("\r\n") for cell in cells]
