"""Names of files as tasks write them: `*` and `?` within a folder, `{a,b}` for either, any form of Hangul."""

from __future__ import annotations

import fnmatch
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from os.path import isdir, isfile
from pathlib import Path

from harness.errors import BadInput, Place
from harness.text.normalize import nfc

MOST = 1000  # names that one may stand for: `{a,b}` twenty times over are a million
_PATTERN = re.compile(r"[*?{]")
_EITHER = re.compile(r"\{([^{}]*)\}")


def matching(folder: Path, name: str) -> list[Path]:
    """Return the file of a name, or those that fit a pattern, sorted; each plain or .gz."""
    if not _PATTERN.search(name):
        paths = (_plain_or_packed(folder / spelling) for spelling in spellings(name))
        path = next((path for path in paths if path), None)
        return [path] if path else []
    found: dict[str, Path] = {}
    for pattern in itertools.chain.from_iterable(map(spellings, alternatives(name))):
        for path in (*folder.glob(pattern), *folder.glob(f"{pattern}.gz")):
            if isfile(path):
                found.setdefault(nfc(path.as_posix().removesuffix(".gz")), path)
    return [found[key] for key in sorted(found)]


def spellings(name: str) -> Iterable[str]:
    """Return a name as it is given, then with each part in NFC or NFD: Hangul of an archive from a Mac."""
    parts = [dict.fromkeys((part, nfc(part), unicodedata.normalize("NFD", part))) for part in name.split("/")]
    return itertools.islice(map("/".join, itertools.product(*parts)), MOST)


def alternatives(pattern: str) -> Iterator[str]:
    """Yield the patterns that `{a,b}` stands for.

    Raises:
        BadInput: they are more than anybody writes down.
    """
    for number, one in enumerate(_alternatives(pattern)):
        if number == MOST:
            raise BadInput(f"{pattern[:40]!r} stands for more than {MOST:,} names")
        yield one


def _alternatives(pattern: str) -> Iterator[str]:
    match = _EITHER.search(pattern)
    if match is None:
        yield pattern
        return
    for one in match[1].split(","):
        yield from _alternatives(f"{pattern[: match.start()]}{one.strip()}{pattern[match.end() :]}")


def _plain_or_packed(path: Path) -> Path | None:
    """Return `path` or, if it is not there, its .gz.

    Raises:
        BadInput: it is a folder.
    """
    packed = path.with_name(path.name + ".gz")
    for there in (path, packed):
        if isfile(there):
            return there
        if isdir(there):
            raise BadInput("is a folder; the task reads a file", place=Place(there))
    return None


def is_pattern(name: str) -> bool:
    """Return whether a name may stand for several files."""
    return bool(_PATTERN.search(name))


def fits(path: str, name: str) -> bool:
    """Return whether a path is the name, or what its pattern means."""
    parts = nfc(path).split("/")
    wanted = (nfc(pattern).split("/") for pattern in alternatives(name))
    return any(len(one) == len(parts) and all(map(fnmatch.fnmatchcase, parts, one)) for one in wanted)
