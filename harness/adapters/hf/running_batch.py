"""Which replies are written together: a row joins as soon as others have ended, within what may be held.

Continuous batching as Yu et al. (2022, Orca) describe it, without a model: what is read and written is the
work's own affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from harness.adapters.hf.batching import BatchBudget
from harness.adapters.lm.errors import failure
from harness.schema import Failure

FEW = 4  # rows that have to be free before prompts are read: a pass for one costs as much as a step


class TooManyRows(Exception):
    """There was no memory to read so many prompts; they wait again."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        super().__init__(f"no memory for {rows} rows")


class Held(Protocol):
    """A row that is being written."""

    @property
    def held(self) -> int:
        """Return how many tokens' keys and values it takes up."""

    @property
    def ended(self) -> bool:
        """Return whether it has its last token."""


Row = TypeVar("Row", bound=Held)


class Work(Protocol[Row]):
    """Prompts that wait, and rows that are written token by token."""

    def waiting(self) -> int:
        """Return how many prompts wait, after having asked for more where none does."""

    def width(self) -> int:
        """Return how many tokens the next prompt will take up at first."""

    def join(self, count: int) -> list[Row]:
        """Read some of the next prompts, at most `count`, and return their rows, the first token chosen.

        Raises:
            TooManyRows: there was no memory; fewer may do, or others have to give way.
        """

    def step(self, rows: Sequence[Row]) -> None:
        """Give each row its next token."""

    def leave(self, rows: Sequence[Row]) -> None:
        """Let go of what the rows hold."""

    def put_back(self, rows: Sequence[Row]) -> None:
        """Let the rows wait again, before all others, to go on from what is written."""

    def broken(self, rows: Sequence[Row], why: Failure) -> None:
        """Give up on writing the rows together."""


class RunningBatch(Generic[Row]):
    """Writes the replies to all prompts of some work, as many at a time as `budget` lets it hold."""

    def __init__(self, work: Work[Row], budget: BatchBudget, most: int) -> None:
        """Write at most `most` rows at a time; `budget.held` is less for good once memory was short."""
        self.work, self.budget, self.most = work, budget, most
        self.steps = 0

    def run(self) -> Iterator[Row]:
        """Yield each row as it ends. A row that cannot be written with others is the work's affair."""
        rows: list[Row] = []
        while True:
            waiting = self.work.waiting()
            free = self._free(rows) if waiting else 0
            if waiting and (not rows or free >= min(FEW, waiting)):
                rows += self._joined(rows, max(1, min(free, waiting)))
            elif rows:
                rows = self._stepped(rows)
            else:
                return
            ended = [row for row in rows if row.ended]
            if ended:
                self.work.leave(ended)
                rows = [row for row in rows if not row.ended]
                yield from ended

    def _free(self, rows: Sequence[Row]) -> int:
        """Return how many more rows as wide as the next prompt may be held."""
        left = self.budget.held - sum(row.held for row in rows)
        by_tokens = left // max(1, self.work.width())
        by_rows = (self.most if self.budget.rows is None else self.budget.rows) - len(rows)
        return max(0, by_rows if self.budget.named else min(by_rows, by_tokens))

    def _joined(self, rows: list[Row], count: int) -> list[Row]:
        """Return the rows that join; none where the memory for their prompts was short."""
        try:
            return self.work.join(count)
        except TooManyRows as error:
            self.most = max(1, (len(rows) + error.rows) // 2)
            if error.rows == 1:
                self._give_way(rows)
            self.budget.free()
            return []

    def _stepped(self, rows: list[Row]) -> list[Row]:
        """Return the rows that were written on; those that gave way or broke are no longer among them."""
        try:
            self.work.step(rows)
            self.steps += 1
        except Exception as error:
            why = failure(error)
            if why.kind != "out_of_memory" or len(rows) == 1:
                self.work.broken(rows, why)
                return []
            self._give_way(rows)
        return rows

    def _give_way(self, rows: list[Row]) -> None:
        """Put the younger half of the rows back, and hold no more than the others from now on."""
        stay = max(1, len(rows) // 2)
        self.work.put_back([row for row in rows[stay:] if not row.ended])
        rows[stay:] = [row for row in rows[stay:] if row.ended]
        self.budget.held = max(1, min(self.budget.held, sum(row.held for row in rows)))
        self.budget.free()
