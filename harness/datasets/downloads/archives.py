"""Members of an archive (zip, tar), each laid beside it once, whole or not at all."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from harness.datasets.downloads.checksum import Checksum
from harness.datasets.downloads.common import OTHER_DISK
from harness.errors import Unavailable
from harness.tables.torn import TORN_ZIP

FOLDER = "members"
LARGEST = 16 << 30  # bytes of one member, unpacked: the largest data set here has 0.5 GB, a bomb has no end


def members(archive: Path, pattern: str) -> list[Path]:
    """Return the members of `archive` whose names fit `pattern`, unpacked below a folder beside it, by name.

    `pattern` is one name, or has `*` and `?`. A member that lies there already is hashed again, against what
    was noted when it was unpacked, and unpacked again when it is damaged.

    Raises:
        Unavailable: it is no archive, nothing in it fits, or the disk refuses.
    """
    try:
        with _opened(archive) as (names, read):
            fit = sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))
            if not fit:
                raise Unavailable(f"{archive.name} holds no {pattern}")
            return [_unpacked(archive, name, read) for name in fit]
    except (tarfile.TarError, *TORN_ZIP) as error:
        raise Unavailable(f"{archive} is not a whole archive: {error}; remove it") from None
    except OSError as error:
        raise Unavailable(f"{archive} cannot be unpacked: {error.strerror}; {OTHER_DISK}") from None


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[tuple[list[str], Callable[[str], IO[bytes]]]]:
    """Yield the names of the plain files in an archive, and what opens one."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            yield [info.filename for info in packed.infolist() if not info.is_dir()], packed.open
        return
    with tarfile.open(archive) as tape:
        inside = {info.name: info for info in tape if info.isfile()}  # no link, no device

        def read(name: str) -> IO[bytes]:
            stream = tape.extractfile(inside[name])
            assert stream is not None  # a plain file has content
            return stream

        yield list(inside), read


def _unpacked(archive: Path, name: str, read: Callable[[str], IO[bytes]]) -> Path:
    """Return the path of a member, unpacked; its name cannot lead out of the folder."""
    inner = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    path = archive.parent.joinpath(FOLDER, *inner)
    note = path.with_name(f"{path.name}.sha256")
    with contextlib.suppress(OSError):
        if note.read_text(encoding="ascii") == Checksum("").of(path):
            return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.urandom(6).hex()}.part")
    try:
        with read(name) as source, part.open("xb") as target:
            _copied(source, target, archive, name)
        note.write_text(str(Checksum("").of(part)), encoding="ascii")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _copied(source: IO[bytes], target: IO[bytes], archive: Path, name: str) -> None:
    """Copy a member, up to a bound: what an archive says of sizes is its own word."""
    left = LARGEST
    while block := source.read(min(1 << 20, left + 1)):
        left -= len(block)
        if left < 0:
            raise Unavailable(f"{name} in {archive.name} is larger than {LARGEST >> 30} GiB")
        target.write(block)
