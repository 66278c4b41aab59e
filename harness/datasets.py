"""Splits as Examples, streamed from the dataset's own files.

Rows come from a file as lists or mappings; one compiled `reader` turns them into Examples, so that
each column is looked up once and not once a row.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

import orjson

from harness import keyed
from harness.documents import shown
from harness.errors import BadInput, Place, Unavailable, did_you_mean
from harness.schema import Example
from harness.sources import Source
from harness.task_file import Data
from harness.tasks import Task

Row = Any  # a list of cells, or a mapping


@dataclass(frozen=True)
class Table:
    """The rows of a file, each with the number of its line or record, and how to find a column in one.

    `width` is how many cells each row has to have; None where rows may differ.
    """

    path: Path
    columns: dict[str, str | int] | None
    rows: Iterator[tuple[int, Row]]
    width: int | None = None
    has_lines: bool = True

    def error(self, message: str, number: int | None = None) -> BadInput:
        """Return the error that points at a line, or names the record in a file without lines."""
        if self.has_lines or number is None:
            return BadInput(message, place=Place(self.path, number))
        return BadInput(f"record {number}: {message}", place=Place(self.path))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Yield the bytes of a file, unpacked if it ends in .gz.

    Raises:
        BadInput: it cannot be read, or is not a whole gzip file.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            yield stream  # type: ignore[misc]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"not a whole gzip file: {error}", place=Place(path)) from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", place=Place(path)) from None


def sha256(path: Path) -> str:
    """Return the hash of a file's content; of what is inside a .gz, so that packing changes nothing."""
    digest = hashlib.sha256()
    with _opened(path) as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _text(path: Path) -> Iterator[IO[str]]:
    """Yield the text of a file; only a line feed ends a line (U+0085 stays inside a field)."""
    with _opened(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="\n") as text:
        try:
            yield text
        except UnicodeDecodeError:
            raise BadInput("not UTF-8 text", place=Place(path, _bad_line(path))) from None


def _bad_line(path: Path) -> int | None:
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line without its end), empty lines left out."""
    with _text(path) as text:
        for number, line in enumerate(text, 1):
            bare = line.rstrip("\r\n")
            if bare:
                yield number, bare


def _delimited(path: Path, data: Data, cells: Iterator[tuple[int, list[str]]]) -> Table:
    """Return rows of cells, their columns named by the first row or by the task.

    With a header of its own, a file has rows of one width: a stray delimiter inside a text would
    otherwise move a label into the next column.
    """
    if data.header is not True:
        return Table(path, _numbered(data.header or []), cells)
    first = next(cells, None)
    if first is None:
        raise BadInput("the file is empty; a header was expected", place=Place(path))
    return Table(path, _numbered(first[1]), cells, width=len(first[1]))


def _numbered(header: Sequence[str]) -> dict[str, str | int]:
    return {name: index for index, name in enumerate(header)}


def _tsv(path: Path, data: Data) -> Table:
    delimiter = data.delimiter or "\t"
    return _delimited(path, data, ((number, line.split(delimiter)) for number, line in _lines(path)))


def _csv(path: Path, data: Data) -> Table:
    return _delimited(path, data, _csv_cells(path, data.delimiter or ","))


def _csv_cells(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(sys.maxsize)
    with _text(path) as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        start = 1
        try:
            for cells in reader:
                if cells:
                    yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise BadInput(f"not CSV: {error}", place=Place(path, start)) from None


def _jsonl(path: Path, _data: Data) -> Table:
    return Table(path, None, _json_lines(path))


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _lines(path):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise BadInput(f"not JSON: {error}", place=Place(path, number)) from None
        if not isinstance(row, dict):
            raise BadInput("each line should be a JSON object", place=Place(path, number))
        yield number, row


def _json(path: Path, data: Data) -> Table:
    with _opened(path) as stream:
        try:
            found = orjson.loads(stream.read().removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            raise BadInput(f"not JSON: {error}", place=Place(path, error.lineno)) from None
    for key in data.records.split(".") if data.records else ():
        if not isinstance(found, dict) or key not in found:
            raise BadInput(f"no {key!r} here, which 'records' names", place=Place(path))
        found = found[key]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadInput("a list of JSON objects was expected; 'records' may name it", place=Place(path))
    return Table(path, None, iter(enumerate(found, 1)), has_lines=False)


def _parquet(path: Path, _data: Data) -> Table:
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


_FORMATS: dict[str, Callable[[Path, Data], Table]] = {
    "tsv": _tsv,
    "csv": _csv,
    "jsonl": _jsonl,
    "json": _json,
    "parquet": _parquet,
}


def plain(value: Any) -> str:
    """Return a cell as text: None is empty, and `true` is how JSON writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _finder(task: Task, table: Table, head: tuple[int, Row]) -> Callable[[str | int], str | int]:
    """Return a function from a column as the task names it to a key of the table's rows."""
    known, line = table.columns, 1
    if known is None:
        line, first = head
        known = {name: name for name in first}

    def find(column: str | int) -> str | int:
        if isinstance(column, int):
            return column
        if column not in known:
            hint = did_you_mean(column, map(str, known))
            raise table.error(f"no column {column!r}, which task {task.name} reads.{hint}", line)
        return known[column]

    return find


def _target(value: Any) -> str | tuple[str, ...] | None:
    if isinstance(value, str) or value is None:
        return value
    return tuple(map(plain, value)) if isinstance(value, list) else plain(value)


def _reader(task: Task, split: str, find: Callable[[str | int], str | int]) -> Callable[[int, Row], Example]:
    """Return a function from (the row's number in the split, row) to an Example."""
    columns = task.file.fields
    inputs = [(name, itemgetter(find(column))) for name, column in task.file.inputs.items()]
    id_of = itemgetter(find(columns["id"])) if "id" in columns else None
    target_of = itemgetter(find(columns["target"])) if "target" in columns else None
    cluster_of = itemgetter(find(task.file.cluster)) if task.file.cluster is not None else None

    def read(index: int, row: Row) -> Example:
        return Example(
            plain(id_of(row)) if id_of else f"{split}-{index}",
            {name: get(row) for name, get in inputs},
            _target(target_of(row)) if target_of else None,
            plain(cluster_of(row)) if cluster_of else None,
        )

    return read


def _file_examples(
    task: Task, path: Path, split: str, sample: bool, start: int
) -> Iterator[tuple[Table, int, Example]]:
    """Yield (table, line, Example) for each row of one file; `start` counts rows of the files before it."""
    table = (_jsonl if sample else _FORMATS[task.file.data.format])(path, task.file.data)
    rows = table.rows
    if sample:
        rows = ((number, row) for number, row in rows if row.get("split") == split)
    head = next(rows, None)
    if head is None:
        return
    read = _reader(task, split, _finder(task, table, head))
    width = table.width
    for index, (number, row) in enumerate(itertools.chain([head], rows), start):
        if width is not None and len(row) != width:
            raise table.error(f"the header has {width} columns, this row {len(row)}", number)
        try:
            example = read(index, row)
        except (IndexError, KeyError) as error:
            wanted = f"no {error}" if isinstance(error, KeyError) else f"too few columns ({len(row)})"
            raise table.error(f"{wanted} in this row, which task {task.name} reads", number) from None
        yield table, number, example


def _placed(task: Task, source: Source, split: str) -> Iterator[tuple[Table, int, Example]]:
    """Yield each Example of a split with where it stands.

    Raises:
        BadInput: as `examples`.
    """
    labels = task.labels if "target" in task.file.fields else ()
    count = 0
    for path in source.files[split]:
        for table, number, example in _file_examples(task, path, split, source.sample, count):
            if labels and example.target not in labels:
                hint = f"the task's options are {', '.join(labels)}"
                raise table.error(f"unknown label {shown(example.target)}; {hint}", number)
            if task.file.options_from:
                _check_choice(task, table, number, example)
            count += 1
            yield table, number, example
    if not count:
        raise BadInput(f"the split {split!r} holds no rows", place=Place(source.files[split][0]))


def _check_choice(task: Task, table: Table, number: int, example: Example) -> None:
    """Refuse options that are no list, and a target that is the number of none of them."""
    options = example.fields[str(task.file.options_from)]
    if not isinstance(options, list) or not options:
        raise table.error(f"{task.file.options_from!r} should be a list of options", number)
    if "target" in task.file.fields and example.target not in [str(index) for index in range(len(options))]:
        raise table.error(f"{shown(example.target)} is not the number (from 0) of an option", number)


def examples(task: Task, source: Source, split: str) -> Iterator[Example]:
    """Yield the split's Examples in file order.

    Raises:
        BadInput: a missing column, a ragged row, an unknown label, a file that is not what it says.
    """
    return map(itemgetter(2), _placed(task, source, split))


@dataclass(frozen=True)
class Selection:
    """The rows of a split that a run evaluates: all, the first N, or a seeded share of them.

    `order` maps each id to its place among the evaluated rows.
    """

    split: str
    order: dict[str, int]
    limit: int | float | None = None


def survey(task: Task, source: Source, limit: int | float | None) -> Selection:
    """Return what will be evaluated, having read it all once.

    A wrong label in the last row is found here, before a model is loaded, not after an hour.

    Raises:
        BadInput: as `examples`, or two rows of one id.
    """
    split = task.split
    order: dict[str, int] = {}
    count = limit if isinstance(limit, int) else None
    for table, number, example in itertools.islice(_placed(task, source, split), count):
        if example.id in order:
            raise table.error(f"the id {shown(example.id)} stands twice in {split!r}", number)
        order[example.id] = len(order)
    if isinstance(limit, float):
        order = _share(order, limit, task.seed)
    return Selection(split, order, limit)


def _share(order: dict[str, int], share: float, seed: int) -> dict[str, int]:
    """Return a draw of `share` of the ids, at least one, that the seed and the ids decide."""
    count = max(1, round(share * len(order)))
    drawn = set(sorted(order, key=lambda name: keyed.number(seed, "limit", name))[:count])
    return {name: place for place, name in enumerate(name for name in order if name in drawn)}


def selected(task: Task, source: Source, selection: Selection) -> Iterator[Example]:
    """Yield the Examples that the selection names, in file order."""
    first = selection.limit if isinstance(selection.limit, int) else None
    rows = itertools.islice(examples(task, source, selection.split), first)
    return (example for example in rows if example.id in selection.order)
