"""The run directory: `run.json`, the journal `samples.jsonl`, and the lock of its one writer.

The journal is append-only and unbuffered, a line a record, so a kill loses what was in flight and no
more. Readers take the last line of each (id, repeat).
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

import orjson

from harness.errors import BadInput, LaterFormat, Place, Stopped, Unavailable
from harness.files import NoPlainFile, TooLarge, odd_entry, open_own, read_bounded
from harness.records.serialization import to_json
from harness.records.validation import record_problem, run_problem

SCHEMA_VERSION = 1
LARGEST_RUN = 256 * 2**20  # bytes of a run.json; one with 10,000 groups has a few MB
RUN, SAMPLES, STATISTICS, TASK, BACKEND, LOCK = (
    "run.json",
    "samples.jsonl",
    "statistics.npz",
    "task.yaml",
    "backend.yaml",
    ".lock",
)

Key = tuple[str, int]
Record = dict[str, Any]


def now() -> str:
    """Return the time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def directory_name(fingerprint: str) -> str:
    """Return `<UTC time>-<8 hex>`; no colon, which Windows forbids."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"


@contextmanager
def plain_file(path: Path) -> Iterator[None]:
    """Turn a link in a run directory, or a device, into a BadInput that names it."""
    try:
        yield
    except NoPlainFile as error:
        raise _foreign(path, str(error.strerror)) from None


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk into one line that says how to go on.

    Raises:
        Stopped: the disk is full, or cannot be written.
        BadInput: the file is a link, or something else that no run directory holds.
    """
    try:
        with plain_file(path):
            yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EFBIG):
            reason = error.strerror or str(error)
            raise Stopped(
                f"cannot write ({reason}); what was answered is kept, the same command goes on",
                place=Place(path),
            ) from None
        raise


def _foreign(path: Path, why: str) -> BadInput:
    return BadInput(f"{why}; a run has plain files of its own: remove it", place=Place(path))


def require_plain(directory: Path) -> None:
    """Check that nothing in a run directory is a link or a device: somebody else may have packed it.

    Raises:
        BadInput: something is; the message names it.
    """
    odd = odd_entry(directory)
    if odd is not None:
        why = "is a link, which is not followed here" if odd.is_symlink() else "is no regular file"
        raise _foreign(directory / odd.name, why)


def write_atomically(path: Path, *content: bytes) -> None:
    """Write a file whole or not at all, also under a power cut.

    Raises:
        Stopped: the disk is full or cannot be written.
        Unavailable: the folder is gone.
    """
    replace(path, content)


def replace(path: Path, pieces: Iterable[bytes]) -> None:
    """Write `pieces`, which may be read from the file itself, in its place: all of them or none.

    What a kill leaves beside it is removed by the next try: there is one writer. A link is replaced, and what
    it leads to stays as it is.

    Raises:
        Stopped: the disk is full or cannot be written.
        Unavailable: the folder is gone.
    """
    beside = path.with_name(f".{path.name}.new")
    with disk_errors(path):
        try:
            beside.unlink(missing_ok=True)
            with open_own(beside, "xb") as stream:
                stream.writelines(pieces)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except FileNotFoundError:
            raise Unavailable(
                "its folder is gone, removed or moved while it was written; the same command goes on where "
                "the folder is put back, and starts anew without it",
                place=Place(path),
            ) from None
        finally:
            beside.unlink(missing_ok=True)


def write_run(directory: Path, values: Mapping[str, Any]) -> None:
    """Write `run.json`. A NaN has no place in JSON and becomes null."""
    write_atomically(directory / RUN, to_json(values, orjson.OPT_INDENT_2) + b"\n")


def read_run(directory: Path) -> dict[str, Any]:
    """Return what `run.json` says.

    Raises:
        BadInput: not a run directory, a torn file, a later format than this version knows, or a link in it.
    """
    path = directory / RUN
    try:
        require_plain(directory)
        values = orjson.loads(read_bounded(path, LARGEST_RUN))
    except TooLarge as error:
        raise BadInput(str(error.strerror), place=Place(path)) from None
    except OSError:
        raise BadInput("not a run directory: it has no run.json", place=Place(directory)) from None
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error}", place=Place(path, error.lineno)) from None
    version = values.get("schema_version") if isinstance(values, dict) else None
    if not isinstance(version, int):
        raise BadInput("not the run.json of a run", place=Place(path))
    if version > SCHEMA_VERSION:
        raise LaterFormat("written by a later harness; update this one", place=Place(path))
    if problem := run_problem(values):
        raise BadInput(f"not as the harness writes it: {problem}", place=Place(path))
    return dict(values)


def runs(places: list[Path]) -> list[Path]:
    """Return the run directories among and under `places`, in a stable order.

    Raises:
        BadInput: a place is not there, or is a file.
    """
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            raise BadInput(f"no such directory: {place}")
        found += [place] if (place / RUN).is_file() else sorted(path.parent for path in place.rglob(RUN))
    return list(dict.fromkeys(found))


class Lock:
    """The right to write into a directory, held until `release` or the end of the process."""

    def __init__(self, directory: Path) -> None:
        """Take the lock.

        Raises:
            BadInput: another process has it; the message says which. Or a file in it is a link.
        """
        path = directory / LOCK
        require_plain(directory)
        if (directory / SAMPLES).exists():  # it is appended to: that must be known before anything is asked
            with disk_errors(directory / SAMPLES):
                open_own(directory / SAMPLES, "rb+").close()
        with disk_errors(path):
            self._stream = open_own(path, "ab+", buffering=0)
        try:
            _lock(self._stream)
        except OSError:
            self._stream.seek(0)
            holder = self._stream.read().decode(errors="replace").strip() or "another process"
            self.release()
            raise BadInput(f"held by {holder}, which is writing this run", place=Place(directory)) from None
        try:
            with disk_errors(path):
                self._stream.truncate(0)
                self._stream.write(
                    f"process {os.getpid()} on {socket.gethostname()} since {now()}\n".encode()
                )
        except BaseException:
            self.release()
            raise

    def __enter__(self) -> Lock:
        """Return the lock, which is held already."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let go."""
        self.release()

    def release(self) -> None:
        """Let go. The file stays: deleting it would let two writers hold two different files."""
        self._stream.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> None:
        stream.seek(0x7FFF0000)  # a byte nobody writes, so that the holder's name stays readable
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def key_of(record: Mapping[str, Any]) -> Key:
    """Return (id, repeat)."""
    return record["id"], record["repeat"]


def named_key(record: Mapping[str, Any]) -> str:
    """Return id and repeat as a message names them."""
    return f"{record['id']!r}" + (f", repeat {record['repeat']}" if record["repeat"] else "")


def is_failed(record: Mapping[str, Any]) -> bool:
    """Return whether the request got no answer."""
    return record["response"]["error"] is not None


class Line(NamedTuple):
    """A record, and the bytes it takes in the journal."""

    offset: int
    size: int
    record: Record


def read_records(path: Path, tell: Callable[[str], None] = lambda _: None) -> Iterator[Line]:
    """Yield each whole line of a journal; an odd line is left out, and `tell` hears where it is and why.

    A line can be damaged in the middle by a power cut; its example is asked again.
    """
    if not path.exists():
        return
    offset = 0
    with plain_file(path), open_own(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = orjson.loads(line)
                problem = record_problem(record)
            except orjson.JSONDecodeError:
                problem = "not JSON"
            if problem is None:
                yield Line(offset, len(line), record)
            else:
                tell(f"{Place(path, number)}: {problem}; the line is left out")
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


class Journal:
    """Appends records, one unbuffered write a line."""

    def __init__(self, path: Path) -> None:
        """Mend the file and open it for appending."""
        mend(path)
        self._path = path
        with disk_errors(path):
            self._stream = open_own(path, "ab", buffering=0)

    def append(self, record: Record) -> None:
        """Write one line.

        Raises:
            Stopped: the disk is full; a half-written line is taken back.
            Unwritable: something in it can be no JSON.
        """
        line = to_json(record, orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY)
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


def last_lines(path: Path, tell: Callable[[str], None] = lambda _: None) -> Iterator[Line]:
    """Yield the last line of each (id, repeat), in the order of the file; `tell` hears of odd lines."""
    last = {key_of(line.record): line.offset for line in read_records(path, tell)}
    return (line for line in read_records(path) if last[key_of(line.record)] == line.offset)


def superseded(path: Path) -> Iterator[Line]:
    """Return the lines that `compact` will leave out: each (id, repeat) was asked again after them."""
    last = {key_of(line.record): line.offset for line in read_records(path)}
    return (line for line in read_records(path) if last[key_of(line.record)] != line.offset)


def compact(path: Path, order: Mapping[str, int], repeats: int) -> None:
    """Leave one line for each (id, repeat), the last written, in data order. Atomic.

    `order` maps an id to its place in the data. A journal that is already so is not rewritten.
    """
    last = array("q", [-1]) * (len(order) * repeats)
    previous, end, tidy = -1, 0, True
    for line in read_records(path):
        place = order.get(line.record["id"])
        if place is None or line.record["repeat"] >= repeats:
            continue
        rank = place * repeats + line.record["repeat"]
        tidy = tidy and rank > previous and line.offset == end
        last[rank] = line.offset
        previous, end = rank, line.offset + line.size
    if path.exists() and not (tidy and end == path.stat().st_size):
        replace(path, _lines_at(path, last))


def _lines_at(path: Path, offsets: Iterable[int]) -> Iterator[bytes]:
    with open_own(path) as source:
        for offset in offsets:
            if offset >= 0:
                source.seek(offset)
                yield source.readline()
