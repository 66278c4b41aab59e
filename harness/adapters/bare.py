"""What adapters share that read no prompt: the bare text and the target."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import BadInput, did_you_mean
from harness.schema import Example


def bare_text(example: Example) -> str:
    """Return the example's fields as one text, a line each; fields that are None are left out.

    It needs no task, so that a saved fit reads what it was fitted on.
    """
    return "\n".join(str(value) for value in example.fields.values() if value is not None)


def known_target(example: Example, labels: Sequence[str]) -> str:
    """Return the example's target; without `labels` any will do.

    Raises:
        BadInput: it has none, or several, or one that is not among `labels`.
    """
    if not isinstance(example.target, str):
        raise BadInput(f"example {example.id!r} has no single target to learn from")
    if labels and example.target not in labels:
        near = did_you_mean(example.target, labels)
        raise BadInput(f"example {example.id!r}: the task has no option {example.target!r}.{near}")
    return example.target
