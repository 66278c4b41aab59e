"""Where a task's files are: the user's folder, the cache, the web, a hub, or the shipped sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import downloads
from harness.errors import BadInput, Place
from harness.tasks import Task, sample_path


@dataclass(frozen=True)
class Where:
    """Where to look for data, as the user said."""

    data_dir: Path | None = None
    sample: bool = False
    offline: bool = False


@dataclass(frozen=True)
class Source:
    """The files of each split, and what they came from: `data-dir`, `sample`, `url` or `hub`."""

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
        BadInput: no place has the files.
        Unavailable: a download failed, or is forbidden by --offline.
    """
    if where.sample:
        return _sample(task, splits)
    if where.data_dir is not None:
        found = _in_folder(task, splits, where.data_dir)
        if found:
            return found
        report(f"{task.name}: not in --data-dir {where.data_dir}; going on to the task's own source")
    data = task.file.data
    if all(split in data.url for split in splits):
        return _from_urls(task, splits, where, report)
    if data.hub is not None:
        return _from_hub(task, splits, where)
    raise BadInput(_nowhere(task, splits, where))


def _sample(task: Task, splits: Sequence[str]) -> Source:
    path = sample_path(task)
    if path is None:
        raise BadInput(f"{task.name} ships no sample; give --data-dir DIR")
    if not path.is_file():
        raise BadInput(f"the sample of {task.name} is not there", place=Place(path))
    return Source("sample", {split: [path] for split in splits})


def _in_folder(task: Task, splits: Sequence[str], folder: Path) -> Source | None:
    """Return the splits' files under `folder`, each plain or .gz, or None if any is missing."""
    if not folder.is_dir():
        raise BadInput(f"--data-dir {folder}: no such folder")
    files: dict[str, list[Path]] = {}
    for split in splits:
        names = task.file.data.files.get(split, [])
        paths = [path for name in names for path in [_plain_or_packed(folder / name)] if path]
        if not names or len(paths) < len(names):
            return None
        files[split] = paths
    return Source("data-dir", files)


def _plain_or_packed(path: Path) -> Path | None:
    packed = path.with_name(path.name + ".gz")
    return path if path.is_file() else packed if packed.is_file() else None


def _from_urls(task: Task, splits: Sequence[str], where: Where, report: Callable[[str], None]) -> Source:
    files = {}
    for split in splits:
        url = task.file.data.url[split]
        path = downloads.fetch_url(
            url.url, url.sha256, cache=downloads.cache_dir(), offline=where.offline, report=report
        )
        files[split] = [path]
    return Source("url", files)


def _from_hub(task: Task, splits: Sequence[str], where: Where) -> Source:
    hub = task.file.data.hub
    assert hub is not None
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


def _nowhere(task: Task, splits: Sequence[str], where: Where) -> str:
    names = [name for split in splits for name in task.file.data.files.get(split, [])]
    tried = f"{where.data_dir} holds no {' or '.join(names)}" if where.data_dir else "no --data-dir was given"
    advice = "give --data-dir DIR" + (", or --sample for the shipped sample" if sample_path(task) else "")
    return f"the data of {task.name} is not here ({tried}); {advice}"
