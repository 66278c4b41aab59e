"""The SHA-256 of model files, read once: gigabytes that nobody wrote to since have the hash they had."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path

from harness import files
from harness.paths import cache_dir

NAME = "weights.jsonl"
LARGE = 2**20  # bytes, from which on a hash is worth keeping
SETTLED = 2.0  # seconds after a change, within which another could leave the same times
_MOST = 4 * 2**20  # bytes of what is kept; longer, it begins anew

_known: dict[tuple[int | str, ...], str] = {}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex, as it was found earlier if nothing touched the file since.

    A file is the same by place, inode, size, and the times of its last write and its last change, which no
    program can set. What was found is kept in the user's cache; one that cannot be used costs a reading.
    """
    found = path.stat()
    if found.st_size < LARGE:
        return _read(path)
    key = (str(path.resolve()), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if key not in _known:
        _known.update(_kept())
    if key not in _known:
        digest = _read(path)
        changed = max(found.st_mtime, found.st_ctime)
        if path.stat().st_ctime_ns != found.st_ctime_ns or time.time() - changed < SETTLED:
            return digest
        _known[key] = digest
        _keep(key, digest)
    return _known[key]


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept() -> dict[tuple[int | str, ...], str]:
    """Return what is kept in the cache, none where it is another user's or no plain file."""
    place = cache_dir() / NAME
    found: dict[tuple[int | str, ...], str] = {}
    try:
        if hasattr(os, "getuid") and place.lstat().st_uid != os.getuid():
            return found
        lines = files.read_bounded(place, _MOST).splitlines() if not place.is_symlink() else []
    except files.TooLarge:
        place.unlink()
        return found
    except OSError:
        return found
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, KeyError):  # a torn line is one file read again
            said = json.loads(line)
            found[tuple(said["file"])] = str(said["sha256"])
    return found


def _keep(key: tuple[int | str, ...], digest: str) -> None:
    place = cache_dir() / NAME
    line = json.dumps({"file": key, "sha256": digest}, ensure_ascii=False) + "\n"
    with contextlib.suppress(OSError):  # a full or foreign disk costs a reading, no run
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with files.open_own(place, "ab") as stream:
            stream.write(line.encode("utf-8", "surrogateescape"))
