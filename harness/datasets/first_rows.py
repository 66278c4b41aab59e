"""The first rows of a task's own files, read to see whether they are what the task says."""

from __future__ import annotations

import contextlib
from collections import deque
from itertools import islice

from harness.datasets import corpus as corpora
from harness.datasets.availability import used_splits
from harness.datasets.examples import examples
from harness.datasets.sources import Source, Where, find_at_hand, locate, own_folder
from harness.errors import BadInput, Unavailable
from harness.tasks.task import Task
from harness.terminal import say

ROWS = 200  # of each split: a wrong column or label shows at once, and no large file is read through


def wrong_rows(task: Task) -> list[BadInput]:
    """Return the first problem of each split in the files and the sample that lie beside a task of one's own.

    Nothing is said of data elsewhere, nor of files that are not there.
    """
    if own_folder(task) is None:
        return []
    found: list[BadInput] = []
    splits = used_splits(task)
    if not {*corpora.splits(task)} <= {*splits}:
        return []  # a split that is none is a problem of its own
    with contextlib.suppress(Unavailable):  # a reader that is not installed here
        for source in (find_at_hand(task, splits, Where()), _sample(task)):
            if source is not None:
                found += [wrong for split in source.files for wrong in _first(task, source, split)]
    return found


def _sample(task: Task) -> Source | None:
    if task.file.data.sample is None:
        return None
    splits = [task.split, *([task.file.shots.from_] if task.shots else []), *corpora.splits(task)]
    return locate(task, splits, Where(sample=True), say)


def _first(task: Task, source: Source, split: str) -> list[BadInput]:
    try:
        if corpora.splits(task)[:1] == [split]:
            deque(islice(corpora.passages(task, source), ROWS), maxlen=0)
        if split not in corpora.splits(task) or split == task.split:
            deque(islice(examples(task, source, split), ROWS), maxlen=0)
    except BadInput as error:
        return [error]
    return []
