"""Conversations unfolded: a turn is an Example of its own, whose cluster is its conversation.

The third turn of conversation 81 is the example `81/3`, with `turn` 3 and `conversation` 81 beside its
fields. Where a field holds a list with one value a turn, each turn has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.config import templates as templating
from harness.errors import BadInput
from harness.schema import Example
from harness.tasks.schema import SAID
from harness.tasks.task import Task


def unfolding(task: Task) -> Callable[[Example], Iterator[Example]] | None:
    """Return the function from a conversation to its turns, None of a task without turns.

    The function raises BadInput where a conversation has no turns.
    """
    turns = task.file.turns
    if turns is None:
        return None
    if isinstance(turns, str):
        return lambda example: _unfolded(example, turns, example.fields[turns])
    texts = [templating.template(text) for text in turns]
    return lambda example: _unfolded(example, SAID, [text(example.known) for text in texts])


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
            example.target,
            example.cluster or example.id,
            {**example.meta, "turn": str(place + 1), "conversation": example.id},
        )
