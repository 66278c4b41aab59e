"""A file's bytes, text and rows as they are: unpacked, decoded, each row with the place where it stands."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from harness.errors import BadInput, Place
from harness.files import open_regular
from harness.tables.encodings import HEAD, encoding_of

# Bounds on files of others: far above any data set here, far below what a machine of 8 GB can hold.
LONGEST_LINE = 64 << 20  # characters
LARGEST_DOCUMENT = 2 << 30  # bytes of JSON that is read whole
UNPACKED, RATIO = 256 << 20, 200  # bytes that any .gz may have, and how often its own size a larger one

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
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Yield the bytes of a regular file, unpacked if it ends in .gz.

    Raises:
        BadInput: it cannot be read, is a device or a pipe, or is not a whole gzip file.
    """
    try:
        with open_regular(path) as raw:
            if path.suffix != ".gz":
                yield raw
                return
            with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
                yield unpacked  # type: ignore[misc]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"not a whole gzip file: {error}", place=Place(path)) from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", place=Place(path)) from None


def sha256(*paths: Path) -> str:
    """Return the hash of a file's content; of what is inside a .gz, so that packing changes nothing.

    The hash of several files is that of their hashes, in order.
    """
    hashes = [_sha256(path) for path in paths]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("+".join(hashes).encode()).hexdigest()


def _sha256(path: Path) -> str:
    digest, size = hashlib.sha256(), 0
    with opened(path) as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
            if size > UNPACKED and path.suffix == ".gz" and size > RATIO * path.stat().st_size:
                raise BadInput(f"unpacks to more than {RATIO} times its size", place=Place(path))
    return digest.hexdigest()


def whole(path: Path) -> bytes:
    """Return all bytes of a document, unpacked, without a byte order mark.

    Raises:
        BadInput: there are too many for one document, or `opened` cannot read them.
    """
    with opened(path) as stream:
        content = stream.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise BadInput(
            f"more than {LARGEST_DOCUMENT >> 20:,} MiB; a document is read whole", place=Place(path)
        )
    return content.removeprefix(b"\xef\xbb\xbf")


@contextmanager
def text(path: Path, encoding: str | None = None) -> Iterator[IO[str]]:
    """Yield the text of a file; only a line feed ends a line (U+0085 stays inside a field).

    Without an `encoding` it is UTF-8, or what its first bytes say; see `encodings`.
    """
    if encoding is None:
        with opened(path) as stream:
            encoding = encoding_of(path, stream.read(HEAD))
    with opened(path) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="\n") as decoded:
        try:
            yield decoded
        except UnicodeError:
            name = "UTF-8" if encoding == "utf-8-sig" else encoding
            hint = "; `encoding:` under data may name another" if encoding == "utf-8-sig" else ""
            raise BadInput(f"not {name} text{hint}", place=Place(path, _bad_line(path, encoding))) from None


def _bad_line(path: Path, encoding: str) -> int | None:
    with opened(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return None


def bounded_lines(stream: IO[str], path: Path) -> Iterator[str]:
    """Yield the lines of a text, none of which may be longer than the memory of most machines.

    Raises:
        BadInput: one is.
    """
    for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE:
            raise BadInput(f"a line of more than {LONGEST_LINE >> 20} MiB", place=Place(path, number))
        yield line


def lines(path: Path, encoding: str | None = None) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line without its end), empty lines left out."""
    with text(path, encoding) as stream:
        for number, line in enumerate(bounded_lines(stream, path), 1):
            bare = line.rstrip("\r\n")
            if bare:
                yield number, bare


def plain(value: Any) -> str:
    """Return a cell as text: None is empty, and `true` is how JSON writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
