"""Conversations unfolded: a turn is an Example of its own, whose cluster is its conversation.

So are the steps in a simulated world, of which there are as many as may be needed.

The third turn of conversation 81 is the example `81/3`, with `turn` 3 and `conversation` 81 beside its
fields. Where a field holds a list with one value a turn, each turn has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from harness.config import templates as templating
from harness.errors import BadInput
from harness.metrics.worlds import allowed
from harness.schema import Example, Target
from harness.tasks.schema import SAID, WorldFile
from harness.tasks.task import Task
from harness.worlds.world import World


def unfolding(task: Task) -> Callable[[Example], Iterator[Example]] | None:
    """Return the function from a conversation to its turns, None of a task without turns.

    The function raises BadInput where a conversation has no turns, or a world cannot begin in its state.
    """
    turns = task.file.turns
    if task.file.world is not None:
        judged = any(named.name == "world_state" for named in task.file.metrics)
        said = turns if isinstance(turns, str) else None
        return partial(_steps, task.file.world, said, judged)
    if turns is None:
        return None
    if isinstance(turns, str):
        return lambda example: _unfolded(example, turns, example.fields[turns])
    texts = [templating.template(text) for text in turns]
    return lambda example: _unfolded(example, SAID, [text(example.known) for text in texts])


def _steps(world: WorldFile, said: str | None, judged: bool, example: Example) -> Iterator[Example]:
    """Yield the steps of an episode, each the whole example; `judged`: its target is of states."""
    try:
        World(world.name, example.fields[world.state])
        _ = judged and allowed(example.target)
    except BadInput as error:
        raise BadInput(f"example {example.id}: {error.message}") from None
    if said is not None and not _texts(example.fields[said]):
        raise BadInput(f"example {example.id}: {said!r} should be a list of texts, what the user says")
    for place in range(1, world.max_steps + 1):
        yield Example(
            f"{example.id}/{place}",
            example.fields,
            example.target,
            example.cluster or example.id,
            {**example.meta, "turn": str(place), "conversation": example.id},
        )


def _texts(said: Any) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(text, str) for text in said)


def _of_turn(target: Target, place: int, turns: int) -> Target:
    """Return a turn's own target of as many as there are turns; "" is none."""
    if not isinstance(target, tuple) or len(target) != turns:
        return target
    return str(target[place]) or None


def _unfolded(example: Example, field: str, said: Any) -> Iterator[Example]:
    if not isinstance(said, list) or not said:
        raise BadInput(f"conversation {example.id}: {field!r} should be a list of texts, one a turn")
    for place, text in enumerate(said):
        fields = {
            name: value[place] if isinstance(value, list) and len(value) == len(said) else value
            for name, value in example.fields.items()
        }
        yield Example(
            f"{example.id}/{place + 1}",
            {**fields, field: str(text)},
            _of_turn(example.target, place, len(said)),
            example.cluster or example.id,
            {**example.meta, "turn": str(place + 1), "conversation": example.id},
        )
