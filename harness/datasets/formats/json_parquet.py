"""JSON, one document or one a line, and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from harness.datasets.formats import Table, lines, opened
from harness.errors import BadInput, Place, Unavailable
from harness.tasks.schema import Data

WHOLE = "."  # what `records` says of a document that is one row


def jsonl(path: Path, _data: Data | None = None) -> Table:
    """Return a table of the JSON objects in a file, one a line."""
    return Table(path, None, _objects(path))


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines(path):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise BadInput(f"not JSON: {error}", place=Place(path, number)) from None
        if not isinstance(row, dict):
            raise BadInput("each line should be a JSON object", place=Place(path, number))
        yield number, row


def json(path: Path, data: Data) -> Table:
    """Return a table of the objects in a JSON document: its list, or the one that `records` names.

    `records: .` says that the document is itself one row, as where every row has a file.
    """
    with opened(path) as stream:
        try:
            found = orjson.loads(stream.read().removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            raise BadInput(f"not JSON: {error}", place=Place(path, error.lineno)) from None
    if data.records == WHOLE:
        found = [found]
    for key in data.records.split(".") if data.records and data.records != WHOLE else ():
        if not isinstance(found, dict) or key not in found:
            raise BadInput(f"no {key!r} here, which 'records' names", place=Place(path))
        found = found[key]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadInput("a list of JSON objects was expected; 'records' may name it", place=Place(path))
    return Table(path, None, iter(enumerate(found, 1)), has_lines=False)


def parquet(path: Path, _data: Data) -> Table:
    """Return a table of a Parquet file, read in batches."""
    from harness import DISTRIBUTION

    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise Unavailable(f"Parquet needs pyarrow: pip install '{DISTRIBUTION}[parquet]'") from None
    with _whole_parquet(path):
        file = pq.ParquetFile(path)
    columns: dict[str, str | int] = {name: name for name in file.schema_arrow.names}
    return Table(path, columns, _parquet_rows(path, file), has_lines=False)


def _parquet_rows(path: Path, file: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    with file, _whole_parquet(path):
        for batch in file.iter_batches(batch_size=4096):
            for row in batch.to_pylist():
                number += 1
                yield number, row


@contextmanager
def _whole_parquet(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a damaged file into a BadInput."""
    from pyarrow.lib import ArrowException

    try:
        yield
    except (ArrowException, OSError, ValueError) as error:
        raise BadInput(f"not a whole Parquet file: {error}", place=Place(path)) from None
