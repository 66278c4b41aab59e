"""Which rows of a split are evaluated: all, the first N, or a seeded share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from harness import seeding as keyed
from harness.config.documents import shown
from harness.datasets.conversations import unfolding
from harness.datasets.examples import examples, placed
from harness.datasets.sources import Source
from harness.errors import BadInput
from harness.schema import Example
from harness.tasks.task import Task


@dataclass(frozen=True)
class Selection:
    """The rows of a split that a run evaluates: all, the first N, or a seeded share of them.

    `order` maps each id to its place among the evaluated rows.
    """

    split: str
    order: dict[str, int]
    limit: int | float | None = None


def survey(task: Task, source: Source, limit: int | float | None) -> Selection:
    """Return what will be evaluated, having read it all once.

    A wrong label in the last row is found here, before a model is loaded, not after an hour.

    Raises:
        BadInput: as `examples`, or two rows of one id.
    """
    split = task.split
    unfold, turns = unfolding(task), dict[str, list[str]]()
    order: dict[str, int] = {}
    count = limit if isinstance(limit, int) else None
    for table, number, example in itertools.islice(placed(task, source, split), count):
        if example.id in order:
            raise table.error(f"the id {shown(example.id)} stands twice in {split!r}", number)
        order[example.id] = len(order)
        if unfold is not None:
            try:
                turns[example.id] = [turn.id for turn in unfold(example)]
            except BadInput as error:
                raise table.error(error.message, number) from None
    if isinstance(limit, float):
        order = _share(order, limit, task.seed)
    if unfold is not None:  # whole conversations were counted
        names = [turn for conversation in order for turn in turns[conversation]]
        order = {name: place for place, name in enumerate(names)}
    return Selection(split, order, limit)


def _share(order: dict[str, int], share: float, seed: int) -> dict[str, int]:
    """Return a draw of `share` of the ids, at least one, that the seed and the ids decide."""
    count = max(1, round(share * len(order)))
    drawn = set(sorted(order, key=lambda name: keyed.number(seed, "limit", name))[:count])
    return {name: place for place, name in enumerate(name for name in order if name in drawn)}


def selected(task: Task, source: Source, selection: Selection) -> Iterator[Example]:
    """Yield the Examples that the selection names, in file order."""
    first = selection.limit if isinstance(selection.limit, int) else None
    rows: Iterator[Example] = itertools.islice(examples(task, source, selection.split), first)
    if (unfold := unfolding(task)) is not None:
        rows = itertools.chain.from_iterable(map(unfold, rows))
    return (example for example in rows if example.id in selection.order)
