"""Which tokens several rows begin with, so that a model reads them once: a tree of the rows' pieces.

A window of rows is sorted, and what neighbours share becomes a node of its own where that saves enough:
few-shot examples that all requests have, a question with several options, several questions about one
passage. The tree is any number of levels deep; most often it has two or three.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

# The share of the tokens below it that a node must save: less than a fifth is eaten up by a pass of its own.
WORTH = 0.2
APART = 2.0  # a worth that no prefix has: only equal rows are read once


class HasIds(Protocol):
    """Something that is read as tokens."""

    @property
    def ids(self) -> Sequence[int]:
        """The tokens, in order."""


Read = TypeVar("Read", bound=HasIds)


@dataclass(slots=True, eq=False)
class Node(Generic[Read]):
    """Tokens that follow the first `start` ones of all rows below; `ends` are the rows that end with them."""

    ids: tuple[int, ...]
    start: int
    ends: list[Read] = field(default_factory=list)
    children: list[Node[Read]] = field(default_factory=list)

    def rows(self) -> Iterable[Read]:
        """Yield every row that reads this node."""
        yield from self.ends
        for child in self.children:
            yield from child.rows()


class Piece(NamedTuple, Generic[Read]):
    """A node to be read, and the row of the past that it goes on from."""

    node: Node[Read]
    row: int

    @property
    def ids(self) -> Sequence[int]:
        """Return the tokens to read."""
        return self.node.ids


def tree(rows: Iterable[Read], worth: float = WORTH) -> list[Node[Read]]:
    """Return the roots of the pieces that the rows are made of; equal rows end in one node."""
    ordered = sorted(rows, key=lambda row: tuple(row.ids))
    found: list[tuple[tuple[int, ...], list[Read]]] = []
    for row in ordered:
        ids = tuple(row.ids)
        if found and found[-1][0] == ids:
            found[-1][1].append(row)
        else:
            found.append((ids, [row]))
    shared = [0, *(common_length(a, b) for (a, _), (b, _) in pairwise(found))]
    return _TreeBuilder(found, shared, worth).build(0, len(found), 0)


def common_length(a: Sequence[Any], b: Sequence[Any]) -> int:
    """Return how many items two sequences begin with alike."""
    limit = min(len(a), len(b))
    if a[:limit] == b[:limit]:
        return limit
    low, high = 0, limit  # equal up to low, not up to high: slices compare much faster than loops
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


class _TreeBuilder(Generic[Read]):
    """Makes nodes of rows in order; `shared[n]` is what row n has in common with the one before it."""

    def __init__(
        self, rows: Sequence[tuple[tuple[int, ...], list[Read]]], shared: Sequence[int], worth: float
    ) -> None:
        self.rows, self.shared, self.worth = rows, shared, worth

    def build(self, low: int, high: int, start: int) -> list[Node[Read]]:
        """Return the nodes of rows `low` to `high`, which have their first `start` tokens in common."""
        if high == low:
            return []
        if high - low == 1:
            ids, ends = self.rows[low]
            return [Node(ids[start:], start, ends)]
        depth = min(self.shared[low + 1 : high])
        first, ends = self.rows[low]
        ends_here = len(first) == depth
        if self._saves(low, high, start, depth):
            inner = self._parts(low + ends_here, high, depth, depth)
            return [Node(first[start:depth], start, ends if ends_here else [], inner)]
        alone = [Node(first[start:], start, ends)] if ends_here else []
        return alone + self._parts(low + ends_here, high, depth, start)

    def _parts(self, low: int, high: int, depth: int, start: int) -> list[Node[Read]]:
        """Return the nodes of rows that part ways after `depth` tokens, each from its token `start` on."""
        cuts = [low, *(n for n in range(low + 1, high) if self.shared[n] == depth), high]
        return [node for a, b in pairwise(cuts) for node in self.build(a, b, start)]

    def _saves(self, low: int, high: int, start: int, depth: int) -> bool:
        saved = (depth - start) * (high - low - 1)
        return saved > 0 and saved >= self.worth * sum(len(ids) - start for ids, _ in self.rows[low:high])
