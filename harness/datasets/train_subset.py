"""What a learner is taught of the train split: all of it, a part, or what is not in the test.

A part is drawn by the seed and the ids alone, so that the 100 are among the 1,000 and all systems learn from
the same. Two inputs are the same if their fields are, composed and with single blanks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness import seeding as keyed
from harness.schema import Example
from harness.text.normalize import nfc, one_space


class TrainSubset(NamedTuple):
    """The rows that are learnt from, in file order.

    `leaked` is how many of the evaluated examples have an input that is among them: their answers were
    seen. `dropped` is how many rows were left out as they are in the test.
    """

    rows: Sequence[Example]
    leaked: int
    dropped: int


def of(
    train: Sequence[Example],
    evaluated: Iterable[Example],
    *,
    limit: int | float | None = None,
    dedupe: bool = False,
    seed: int,
) -> TrainSubset:
    """Return what is learnt from: without what is evaluated if `dedupe`, then `limit` rows or that share."""
    asked = [_input(example) for example in evaluated]
    known = frozenset(filter(any, asked))  # an input that says nothing gives nothing away
    rows = [row for row in train if _input(row) not in known] if dedupe else train
    dropped = len(train) - len(rows)
    rows = part(rows, limit, seed)
    learnt = known.intersection(map(_input, rows))
    return TrainSubset(rows, sum(one in learnt for one in asked), dropped)


def part(rows: Sequence[Example], limit: int | float | None, seed: int) -> Sequence[Example]:
    """Return `limit` of the rows, or that share of them, at least one, in their order; all for None."""
    count = max(1, round(limit * len(rows))) if isinstance(limit, float) else limit
    if count is None or count >= len(rows):
        return rows
    drawn = sorted(range(len(rows)), key=lambda place: keyed.number(seed, "train", rows[place].id))[:count]
    return [rows[place] for place in sorted(drawn)]


def _input(example: Example) -> tuple[str, ...]:
    return tuple("" if value is None else one_space(nfc(str(value))) for value in example.fields.values())
