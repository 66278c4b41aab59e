"""The order of an example's own options, where the data has the right one always at one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import seeding
from harness.schema import Example, Target
from harness.tasks.task import Task

Fields = dict[str, Any]


def shuffled(task: Task) -> Callable[[str, Fields, Target], tuple[Fields, Target]]:
    """Return the function from an example's id, fields and target to its fields and target in mixed order.

    The order depends on the task's name and the example's id alone: every system and every run sees the same.
    """
    names = task.file.options_from

    def mixed(example_id: str, fields: Fields, target: Target) -> tuple[Fields, Target]:
        choices = task.choices(fields)
        if choices is None:
            return fields, target
        order = sorted(
            range(len(choices)), key=lambda n: seeding.number(0, "options", task.name, example_id, n)
        )
        texts = [choices[n] for n in order]
        place = {str(was): str(now) for now, was in enumerate(order)}
        found = {**fields, **_put(names, texts)}
        if isinstance(target, tuple):
            return found, tuple(sorted(place.get(str(one), str(one)) for one in target))
        return found, place.get(target, target) if isinstance(target, str) else target

    return mixed


def exchanged(task: Task, example: Example) -> Example:
    """Return the example with its options in the other order, under a name of its own.

    Both are of one cluster, so that intervals count a pair once.
    """
    choices = task.choices(example.fields) or []
    last = len(choices) - 1

    def turned(place: object) -> str:
        return str(last - int(str(place)))

    target: Target = example.target
    if isinstance(target, tuple):
        target = tuple(turned(one) for one in target)
    elif target is not None:
        target = turned(target)
    fields = {**example.fields, **_put(task.file.options_from, choices[::-1])}
    cluster = example.cluster or example.id
    return example._replace(id=f"{example.id}-exchanged", fields=fields, target=target, cluster=cluster)


def _put(names: list[str], texts: list[Any]) -> Fields:
    """Return the options in the fields they came from; what a list gave too many goes into the last."""
    if len(names) == 1:
        return {names[0]: texts}
    rest = texts[len(names) - 1 :]
    last = rest[0] if len(rest) == 1 else rest or None
    return {**dict(zip(names, texts, strict=False)), names[-1]: last}
