"""`samples.jsonl`, the journal of a run: one line an answered request.

It is append-only and unbuffered, a line a record, so a kill loses what was in flight and no
more. Readers take the last line of each (id, repeat).
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from harness.errors import Place, Stopped
from harness.files import open_own
from harness.records.atomic import disk_errors, plain_file, replace
from harness.records.ballast import Ballast
from harness.records.sample_schema import Record
from harness.records.serialization import to_json
from harness.records.validation import parse_record

Key = tuple[str, int]


class JournalLine(NamedTuple):
    """A record, and the bytes that it is in the journal."""

    offset: int
    raw: bytes
    record: Record


def read_records(
    path: Path, tell: Callable[[str], None] = lambda _: None, *, judged: bool = True
) -> Iterator[JournalLine]:
    """Yield each whole line of a journal; an odd line is left out, and `tell` hears where it is and why.

    Unless they must be `judged`, lines whose scores are odd are among them.

    A line can be damaged in the middle by a power cut; its example is asked again.
    """
    if not path.exists():
        return
    offset = 0
    with plain_file(path), open_own(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = parse_record(line, judged=judged)
            except ValueError as error:
                tell(f"{Place(path, number)}: {error}; the line is left out")
            else:
                yield JournalLine(offset, line, record)
            offset += len(line)


def mend(path: Path) -> None:
    """Make the journal end with a whole line: a torn last line is cut off, its example asked again."""
    if not path.exists():
        return
    with disk_errors(path), open_own(path, "rb+") as stream:
        end = stream.seek(0, os.SEEK_END)
        start = _start_of_last_line(stream, end)
        if start == end:
            return
        stream.seek(start)
        torn = stream.read()
        try:
            orjson.loads(torn)
        except orjson.JSONDecodeError:
            stream.truncate(start)
        else:
            stream.write(b"\n")  # only the line end was lost


def _start_of_last_line(stream: IO[bytes], end: int) -> int:
    """Return where the bytes after the last line feed start."""
    position = end
    while position > 0:
        block = max(0, position - 65536)
        stream.seek(block)
        found = stream.read(position - block).rfind(b"\n")
        if found >= 0:
            return block + found + 1
        position = block
    return 0


class Appending:
    """A file of lines that is only appended to, one unbuffered write a line."""

    def __init__(self, path: Path) -> None:
        """Mend the file and open it for appending."""
        mend(path)
        self._path = path
        with disk_errors(path):
            self._stream = open_own(path, "ab", buffering=0)

    def write(self, line: bytes) -> None:
        """Write one line, or nothing of it.

        Raises:
            Stopped: the disk is full; a half-written line is taken back.
        """
        with disk_errors(self._path):
            written = self._stream.write(line)
            if written < len(line):  # a disk that fills takes a part
                self._complete(line, written)

    def _complete(self, line: bytes, written: int) -> None:
        start = self._stream.tell() - written
        try:
            while written < len(line):
                written += self._stream.write(line[written:])
        except OSError:
            self._stream.truncate(start)
            raise

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class Journal(Appending):
    """The records of a run.

    `full` says that the disk is, once it is: what is appended then goes into the room that was set aside, so
    that what is on the wire is kept. No more may be asked.
    """

    def __init__(self, path: Path) -> None:
        """Mend the file, open it for appending, and set room aside."""
        super().__init__(path)
        self._ballast = Ballast(path.parent)
        self.full: Stopped | None = None

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one line.

        Raises:
            Stopped: the disk is full, and there is no room left.
            Unwritable: something in it can be no JSON.
        """
        line = to_json(record, orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY)
        try:
            self.write(line)
        except Stopped as full:
            if not self._ballast.drop():
                raise
            self.full = full
            self.write(line)

    def close(self) -> None:
        """Close the file and give the room back."""
        super().close()
        self._ballast.drop()


def last_lines(
    path: Path, tell: Callable[[str], None] = lambda _: None, *, judged: bool = True
) -> Iterator[JournalLine]:
    """Yield the last line of each (id, repeat), in the order of the file; `tell` hears of odd lines."""
    last = {line.record.key: line.offset for line in read_records(path, tell, judged=judged)}
    lines = read_records(path, judged=judged)
    return (line for line in lines if last[line.record.key] == line.offset)


def compact(path: Path, order: Mapping[str, int], repeats: int) -> None:
    """Leave one line for each (id, repeat), the last written, in data order. Atomic.

    `order` maps an id to its place in the data. A journal that is already so is not rewritten.
    """
    last = array("q", [-1]) * (len(order) * repeats)
    previous, end, tidy = -1, 0, True
    for line in read_records(path):
        place = order.get(line.record.id)
        if place is None or line.record.repeat >= repeats:
            continue
        rank = place * repeats + line.record.repeat
        tidy = tidy and rank > previous and line.offset == end
        last[rank] = line.offset
        previous, end = rank, line.offset + len(line.raw)
    if path.exists() and not (tidy and end == path.stat().st_size):
        replace(path, _lines_at(path, last))


def _lines_at(path: Path, offsets: Iterable[int]) -> Iterator[bytes]:
    with open_own(path) as source:
        for offset in offsets:
            if offset >= 0:
                source.seek(offset)
                yield source.readline()
