"""A loopback mirror of public data: the shared files under the very paths of their addresses."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from tests.support.servers import Server, whole


class Source(NamedTuple):
    """A row of SOURCES.tsv: a local file, and the public address whose bytes have this hash."""

    path: str
    tasks: str
    url: str
    sha256: str
    size: str
    verified: str
    note: str


def sources(data: Path) -> list[Source]:
    """Return the rows of SOURCES.tsv."""
    lines = (data / "SOURCES.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [Source(*line.split("\t")) for line in lines]


def served(data: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path of an address, content) of what is whole here: unpacked, its hash is the address's."""
    for row in sources(data):
        for name in (row.path, f"{row.path}.gz"):
            file = data / name
            if row.verified == "yes" and file.is_file():
                raw = file.read_bytes()
                content = gzip.decompress(raw) if file.suffix == ".gz" else raw
                if hashlib.sha256(content).hexdigest() == row.sha256:
                    yield unquote(urlsplit(row.url).path), content
                    break


def mirror(data: Path, server: Server) -> Server:
    """Return `server` with all that is whole here."""
    for path, content in served(data):
        server.answer(quote(path), whole(content))
    return server
