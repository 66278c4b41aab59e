"""Batches: as many rows as fit a budget of tokens, longest first; one that fails is halved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from harness.adapters.lm.errors import TimeSpan, failure
from harness.adapters.lm.prefix_tree import HasIds
from harness.schema import Failure

Row = TypeVar("Row", bound=HasIds)
Answer = TypeVar("Answer")


@dataclass(slots=True)
class BatchBudget:
    """How much one forward pass may read: rows, or tokens where nobody named a number of rows.

    `tokens` counts what is read at once, padding included, `held` what stands in the caches of a batch
    together with it. `free` lets go of memory that the engine keeps for later.
    """

    tokens: int
    held: int
    rows: int | None = None
    free: Callable[[], None] = lambda: None
    named: bool = False  # the user said how many rows: tokens do not count then

    def count(self, width: int, past: int = 0) -> int:
        """Return how many rows of `width` tokens a pass takes after `past` tokens in a cache; at least 1."""
        if self.named and self.rows is not None:
            return self.rows
        by_tokens = min(self.tokens // max(width, 1), self.held // max(width + past, 1))
        return max(1, by_tokens if self.rows is None else min(by_tokens, self.rows))

    def whole(self) -> BatchBudget:
        """Return a budget for rows that are read once and then held for long: only the caches bound it."""
        return replace(self, tokens=self.held)

    def halve(self, rows: int) -> None:
        """Take no more than half of `rows` from now on: so many were too many for the memory."""
        half = max(1, rows // 2)
        self.rows = half if self.rows is None else max(1, min(self.rows, half))
        self.free()


def run(
    rows: Iterable[Row],
    forward: Callable[[Sequence[Row]], Answer],
    budget: BatchBudget,
    *,
    past: int = 0,
    room: Callable[[Row], int] = lambda row: len(row.ids),
) -> Iterator[tuple[Sequence[Row], Answer | Failure, TimeSpan]]:
    """Yield batches with their answer or failure, longest rows first, so that memory fails early.

    A batch that fails is halved until only the rows at fault are left, each alone. Where memory was
    short, later batches are halved too. `room` is what a row takes up, its length unless told otherwise.
    """
    waiting = sorted(rows, key=room, reverse=True)
    while waiting:
        count = budget.count(room(waiting[0]), past)
        batch, waiting = waiting[:count], waiting[count:]
        yield from _attempt(batch, forward, budget, past, room)


def _attempt(
    batch: Sequence[Row],
    forward: Callable[[Sequence[Row]], Answer],
    budget: BatchBudget,
    past: int,
    room: Callable[[Row], int],
) -> Iterator[tuple[Sequence[Row], Answer | Failure, TimeSpan]]:
    began = time.perf_counter()
    try:
        answer = forward(batch)
    except Exception as error:
        failed = failure(error)
    else:
        yield batch, answer, (began, time.perf_counter())
        return
    if len(batch) == 1:
        yield batch, failed, (began, time.perf_counter())
    elif failed.kind == "out_of_memory":
        budget.halve(len(batch))
        yield from run(batch, forward, budget, past=past, room=room)
    else:
        half = len(batch) // 2
        for part in (batch[:half], batch[half:]):
            yield from _attempt(part, forward, budget, past, room)
