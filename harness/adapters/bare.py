"""What adapters share that read no prompt: the bare text, the target, and requests in windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.errors import BadInput, did_you_mean
from harness.schema import Example, Request

WINDOW = 1024


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


def windows(requests: Iterable[Request | None]) -> Iterator[list[Request]]:
    """Yield requests in lists of 1, 32, then WINDOW, so that the first answer comes soon.

    None in the source hands over what is in hand, as nothing more may come before that is answered.
    """
    held: list[Request] = []
    size = 1
    for request in requests:
        if request is not None:
            held.append(request)
        if held and (request is None or len(held) == size):
            yield held
            held, size = [], min(32 * size, WINDOW)
    if held:
        yield held
