"""Is what lies here the whole dataset, as its authors published it? Files against the task's addresses."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.datasets.addresses import addresses
from harness.datasets.downloads.checksum import Checksum
from harness.datasets.patterns import is_pattern
from harness.datasets.sources import Source
from harness.records.run_schema import FilesInfo
from harness.tasks.task import Task
from harness.text.normalize import nfc

NAMED = 3  # files that a line names
LOCAL = (
    "data-dir",
    "beside the task",
)  # what is downloaded is whole and hash-checked, a package's is its own


@dataclass(frozen=True)
class Completeness:
    """The files of the evaluated split: how many the authors' are, which are missing and which are others."""

    expected: int
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    def facts(self) -> FilesInfo:
        """Return what `run.json` says of it: the number of files, and the names of those that differ."""
        return FilesInfo(
            expected=self.expected,
            found=self.expected - len(self.missing),
            missing=list(self.missing),
            altered=list(self.altered),
        )

    def line(self, task: str) -> str:
        """Return what is said of it before a run."""
        said = []
        if self.missing:
            found = self.expected - len(self.missing)
            said.append(f"{found} of {self.expected} files are here, without {_some(self.missing)}")
        if self.altered:
            verb = "is not its authors' file" if len(self.altered) == 1 else "are not its authors' files"
            said.append(f"{_some(self.altered)} {verb}, by the hash")
        return f"{task}: {'; '.join(said)}"


def check(task: Task, source: Source) -> Completeness | None:
    """Return what of the evaluated split is not as the task's addresses have it; None if all is, or unknown.

    Names are compared without their case and `.gz`, below whatever folder they lie. Of an archive, and of a
    hub that keeps the data in another form, nothing is known.
    """
    expected = _expected(task) if source.origin in LOCAL else {}
    depths = {len(PurePosixPath(name).parts) for name in expected}
    found = {_key(path, depth): path for path in source.files[task.split] for depth in depths}
    here = {name: found[name.casefold()] for name in expected if name.casefold() in found}
    if not here:
        return None
    missing = tuple(name for name in expected if name not in here)
    altered = tuple(name for name, path in here.items() if _differs(path, name, expected[name]))
    return Completeness(len(expected), missing, altered) if missing or altered else None


def _expected(task: Task) -> dict[str, Checksum | None]:
    """Return the authors' files of the evaluated split by path, with their hashes where these are known."""
    data = task.file.data
    split = data.held_by(task.split)
    if split in data.url:
        known = addresses(task, split)
        whole = not any(one.member or one.join for one in known)
        return {nfc(one.path): one.checksum for one in known} if whole else {}
    if data.hub and split in data.hub.files:
        return {nfc(name): None for name in data.hub.files[split] if not is_pattern(name)}
    return {}


def _key(path: Path, depth: int) -> str:
    """Return the last parts of a path as they are compared."""
    return nfc("/".join(path.parts[-depth:])).removesuffix(".gz").casefold()


def _differs(path: Path, name: str, checksum: Checksum | None) -> bool:
    """Return whether a file has another content than its authors'; a packed one is unpacked."""
    if checksum is None:
        return False
    if path.suffix != ".gz" or name.endswith(".gz"):
        return checksum.of(path) != checksum.value
    with gzip.open(path) as file:
        content = file.read()
    if checksum.kind == "git_blob":
        header = f"blob {len(content)}\0".encode()
        return hashlib.sha1(header + content, usedforsecurity=False).hexdigest() != checksum.value
    return hashlib.sha256(content).hexdigest() != checksum.value


def _some(names: Sequence[str]) -> str:
    shown = [name.rpartition("/")[2] for name in names[:NAMED]]
    return ", ".join([*shown, *([f"{len(names) - NAMED} more"] if len(names) > NAMED else [])])
