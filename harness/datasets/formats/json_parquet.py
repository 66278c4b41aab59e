"""JSON, one document or one a line, and Parquet."""

from __future__ import annotations

from pathlib import Path

import orjson

from harness.errors import BadInput, Place
from harness.tables import Table, rows, whole
from harness.tasks.schema import Data

WHOLE = "."  # what `records` says of a document that is one row


def jsonl(path: Path, data: Data) -> Table:
    """Return a table of the JSON objects in a file, one a line."""
    return rows.jsonl(path, data.encoding)


def json(path: Path, data: Data) -> Table:
    """Return a table of the objects in a JSON document: its list, or the one that `records` names.

    `records: .` says that the document is itself one row, as where every row has a file.
    """
    try:
        content = whole(path)
        found = orjson.loads(content.decode(data.encoding) if data.encoding else content)
    except UnicodeError:
        raise BadInput(f"not {data.encoding} text", place=Place(path)) from None
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
    return rows.parquet(path)
