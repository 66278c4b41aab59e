"""What adapters share that read no prompt: the bare text, the target, and the model that knows nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.errors import BadInput, did_you_mean
from harness.schema import Example

SENTENCES = ("sentence1", "sentence2")


def bare_text(example: Example) -> str:
    """Return the example's fields as one text, a line each; fields that are None are left out.

    It needs no task, so that a saved fit reads what it was fitted on.
    """
    return "\n".join(field_texts(example))


def field_texts(example: Example) -> tuple[str, ...]:
    """Return the example's fields as texts, in the order of the task; fields that are None are left out."""
    return tuple(str(value) for value in example.fields.values() if value is not None)


def field_text(example: Example, name: str) -> str:
    """Return one field as text; None is an empty one.

    Raises:
        BadInput: the example has no such field.
    """
    try:
        value = example.fields[name]
    except KeyError:
        raise BadInput(
            f"example {example.id!r} has no field {name!r}.{did_you_mean(name, example.fields)}"
        ) from None
    return "" if value is None else str(value)


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


def uniform_likelihood(text: str) -> tuple[float, int]:
    """Return the log-likelihood (nats) of `text` if every byte of its UTF-8 is as likely, and its bytes.

    That is −ln 256 a byte, 8 bits, which every model of language must beat.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    return -math.log(256) * size, size
