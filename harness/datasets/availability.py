"""Where the data of a task is, or what it takes to have it; nothing is downloaded to find out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal
from urllib.parse import urlsplit

from harness.datasets import corpus as corpora
from harness.datasets.addresses import addresses
from harness.datasets.sources import Where, downloaded_size, find_at_hand, missing
from harness.tasks.task import Task

State = Literal["at hand", "url", "hub", "package", "by hand"]


@dataclass(frozen=True)
class Availability:
    """Where the data of a task comes from.

    `state` is what is needed: nothing (`at hand`), a download by `url` or from a `hub`, an installed
    `package`, or the user's own hands. `host` and `files` are of a download, `size` of it in words.
    """

    task: str
    state: State
    licence: str | None
    terms: str | None
    host: str | None = None
    files: int | None = None
    size: str = ""


def used_splits(task: Task) -> list[str]:
    """Return the splits with files that a run reads: evaluated, drawn on by shots, learnt, looked through."""
    data = task.file.data
    read = (task.split, task.file.shots.from_, *corpora.splits(task))
    named = [split for split in read if split in data.splits]
    return list(dict.fromkeys(map(data.held_by, named)))


def availability(task: Task, where: Where) -> Availability:
    """Return where the data of a task is: of the splits that are evaluated and drawn from."""
    data, source = task.file.data, task.file.source
    splits = used_splits(task)
    known = (source.licence, source.terms)
    if data.package:
        names = {name.partition("/")[0] for split in splits for name in data.package[split]}
        return Availability(task.name, "at hand" if all(map(find_spec, names)) else "package", *known)
    if find_at_hand(task, splits, where) is not None:
        return Availability(task.name, "at hand", *known)
    by_url = {split: addresses(task, split) for split in splits if split in data.url}
    if by_url and len(by_url) == len(splits):
        wanted = [one for those in by_url.values() for one in those]
        hosts = ", ".join(sorted({urlsplit(one.url).netloc for one in wanted}))
        state: State = "url" if missing(by_url) else "at hand"
        return Availability(task.name, state, *known, hosts, len(wanted), downloaded_size(task, list(by_url)))
    if all(split in data.downloaded for split in splits) and data.hub:
        files = sum(len(data.hub.files.get(split, ())) for split in splits)
        return Availability(task.name, "hub", *known, data.hub.id, files)
    return Availability(task.name, "by hand", *known, source.url)
