"""The files of a split on the web: each with its address, its hash, and its place below a data folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from harness.datasets.downloads.checksum import Checksum
from harness.datasets.patterns import fits, is_pattern
from harness.errors import BadInput, Place
from harness.files import read_bounded
from harness.tasks.schema import Join, Url
from harness.tasks.task import Task, beside
from harness.text.normalize import nfc

LARGEST_MANIFEST = 64 << 20  # bytes


@dataclass(frozen=True)
class Address:
    """One file to download. `path` is where `files` expects it; of an archive, `member` is what is read."""

    url: str
    checksum: Checksum
    path: str
    member: str | None = None
    join: Join | None = None

    @property
    def download(self) -> tuple[str, Checksum, str | None]:
        """Return what is downloaded: from where, its hash, and the path it keeps, None for its own name.

        Several addresses may be of one download: members of an archive, both halves of a join.
        """
        return self.url, self.checksum, None if self.member or self.join else self.path


def addresses(task: Task, split: str) -> list[Address]:
    """Return the files of a split, in the order in which `files` names them.

    Raises:
        BadInput: a manifest cannot be read, or a name in `files` has no address.
    """
    names = task.file.data.files.get(split, [])
    listed = [one for url in task.file.data.url[split] for one in _of(task, url, names)]
    if not names:
        return listed
    ordered: dict[tuple[str, str, str | None], Address] = {}
    for name in names:
        found = [one for one in listed if one.member or fits(one.path, name)]
        if not found:
            raise BadInput(f"{task.name}: no address in url.{split} is that of {name}")
        found.sort(key=lambda one: nfc(one.path))
        ordered |= {(one.url, one.path, one.member): one for one in found}  # an archive may have several
    return list(ordered.values())


def _of(task: Task, url: Url, names: Sequence[str]) -> list[Address]:
    if url.manifest is not None:
        return _in_manifest(url, beside(task, url.manifest))
    checksum = Checksum(url.sha256) if url.sha256 else Checksum(url.git_blob or "", "git_blob")
    own = names[0] if len(names) == 1 and not is_pattern(names[0]) else None  # the split's only file
    path = url.path or own or urlsplit(url.url).path.rpartition("/")[2]
    return [Address(url.url, checksum, path, url.member, url.join)]


def _in_manifest(folder: Url, manifest: Path) -> list[Address]:
    """Return an Address for each line `<sha256>  <path>`, a path below the folder's url and `path`."""
    try:
        lines = read_bounded(manifest, LARGEST_MANIFEST).decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=Place(manifest)) from None
    found = []
    for number, line in enumerate(lines, 1):
        digest, gap, name = line.partition("  ")
        checksum = Checksum(digest)
        if not gap or not checksum.well_formed or name.startswith("/") or ".." in name.split("/"):
            raise BadInput("should be a sha256, two blanks and a path", place=Place(manifest, number))
        path = f"{folder.path}/{name}" if folder.path else name
        found.append(Address(f"{folder.url.rstrip('/')}/{quote(name)}", checksum, path))
    return found
