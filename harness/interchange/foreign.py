"""A run of another harness as it is told here, and how a stranger's files are opened.

What lies in a foreign folder is data: no link is followed, no path that a file names is opened, nothing is
unpacked to disk, and what is read has bounds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from harness.errors import BadInput, Place
from harness.files import TooLarge, open_own

LARGEST_FILE = 2**30  # bytes of one document, all of which is held in memory
LONGEST_LINE = 64 * 2**20
MOST_FILES = 100_000  # looked at in one folder


@dataclass(frozen=True, slots=True)
class ForeignSample:
    """One example as another harness recorded it.

    `number` is the example's place in its split, None where nobody says. `texts` are the fields of its row,
    `row` is the same by name. `scores` are theirs by name; one that is no number of its own (a pair for F1)
    is left out. `option_scores` are log-probabilities in the order of `options`, `chosen` the option they
    decided for.
    """

    id: str
    target: str | None
    prompt: str | list[dict[str, str]] | None = None
    number: int | None = None
    repeat: int = 0
    texts: Sequence[str] = ()
    row: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    text: str | None = None
    option_scores: Sequence[float] | None = None
    chosen: int | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    usage: Mapping[str, int] | None = None
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignFigure:
    """A score over all examples, as another harness printed it; None where it does not say."""

    value: float
    stderr: float | None = None
    n: int | None = None
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """One task and one model in another harness; `settings` are under the names that `compare` shows."""

    harness: str
    version: str
    path: Path
    task: str
    model: str
    figures: Mapping[str, ForeignFigure]
    samples: Sequence[ForeignSample] = ()
    task_version: int = 1
    split: str = "test"
    shots: int | None = None
    chat: bool | None = None
    started: str | None = None
    decoding: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


def read_json(path: Path) -> Any:
    """Return what a JSON file says, Python's NaN and Infinity in it as None.

    Raises:
        BadInput: a link, a device, too large, or no JSON.
    """
    try:
        with open_own(path) as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise TooLarge(LARGEST_FILE, path)
    except OSError as error:
        raise BadInput(str(error.strerror or error), place=Place(path)) from None
    return parse(content, Place(path))


def parse(content: bytes, place: Place) -> Any:
    """Return what JSON says; the other harnesses write NaN and Infinity, which are None here.

    Raises:
        BadInput: it is none.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as first:
        import json

        try:
            return json.loads(content, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            raise BadInput(f"not JSON: {first}", place=place) from None


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (line number, what it says) of JSONL.

    Raises:
        BadInput: a link, a line of more than 64 MiB, or one that is no JSON.
    """
    try:
        with open_own(path) as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise BadInput(f"a line of more than {LONGEST_LINE:,} bytes", place=Place(path, number))
                if line.strip():
                    yield number, parse(line, Place(path, number))
    except OSError as error:
        raise BadInput(str(error.strerror or error), place=Place(path)) from None


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the plain files of a folder and of those in it, sorted; links are left alone.

    Raises:
        BadInput: there are more than anybody's results.
    """
    count = 0
    for home, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                raise BadInput(f"more than {MOST_FILES:,} files; name one run's folder", place=Place(folder))
            path = Path(home, name)
            if not path.is_symlink():
                yield path


def number(value: Any) -> float | None:
    """Return a finite number, a truth as 1 or 0, None for anything else."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)) and abs(value) < 1e300:
        return float(value)
    return None


def text(value: Any) -> str | None:
    """Return a text, a number as text; None for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else []
