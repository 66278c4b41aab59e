"""Forward passes over batches of pictures or texts: a batch that fails is halved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.adapters.lm.errors import one_line
from harness.schema import Failure


def forwarded(model: Callable[[Sequence[Any]], Any], given: Sequence[Any]) -> list[Any]:
    """Return the model's row of each thing given; halved until only what is at fault is a Failure."""
    if not given:
        return []
    try:
        return list(model(given))
    except Exception as error:
        if len(given) == 1:
            return [Failure("error", f"{type(error).__name__}: {one_line(error)}")]
        half = len(given) // 2
        return forwarded(model, given[:half]) + forwarded(model, given[half:])
