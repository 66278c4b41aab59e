"""Log-probabilities of what rows say at their ends, in as few forward passes as the rows allow.

A tree of the rows' pieces (`prefixes`) is read level by level: a piece that many rows begin with is read
once, its keys and values then stand before all that follows. Each piece is read for the predictions in
it that somebody asked for. Models whose past cannot be shared read every row whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from harness.adapters.hf import batches
from harness.adapters.hf.batches import Budget
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.failures import BROKEN, Span
from harness.adapters.hf.passes import Past, read
from harness.adapters.hf.prefixes import WORTH, Node, tree
from harness.schema import Failure

APART = 2.0  # a worth that no prefix has
HEAD = 8  # so many rows make what they begin with a head: read alone, and kept for the next window
TRIAL = 16  # tokens that the trial of sharing needs


@dataclass(slots=True, eq=False)
class Sum:
    """Tokens to read, and what is summed over: the log-probability (nats) of `targets` at their end.

    The last of the targets is predicted, never read. `owner` and `number` are whose sum it is.
    """

    owner: Any
    number: int
    ids: Sequence[int]
    targets: Sequence[int]
    total: float = 0.0
    failure: Failure | None = None
    spans: set[Span] = field(default_factory=set)

    @property
    def first(self) -> int:
        """Return the position whose prediction is the first that counts."""
        return len(self.ids) - len(self.targets)

    def within(self, node: Node[Sum]) -> range:
        """Return the targets that are predicted inside the node, by number."""
        before = node.start - self.first
        return range(max(0, before), min(len(self.targets), before + len(node.ids)))

    def ended(self, failure: Failure | None = None) -> Sum:
        """Return itself, done; a total that is no number is a failure."""
        self.failure = failure or (BROKEN if math.isnan(self.total) else None)
        return self


class Piece(NamedTuple):
    """A node to be read, and the row of the past that it goes on from."""

    node: Node[Sum]
    row: int

    @property
    def ids(self) -> Sequence[int]:
        """Return the tokens to read."""
        return self.node.ids


class Reader:
    """Reads sums with one model."""

    def __init__(self, engine: Engine, pad: int, budget: Budget, *, shares: bool | None = None) -> None:
        """Whether pasts are shared is tried once with a few tokens, unless `shares` says it."""
        self.engine, self.pad, self.budget = engine, pad, budget
        self.shares = _proven(engine, pad) if shares is None else shares
        self.again = 0  # pieces that failed and were read again, whole
        self._head: tuple[tuple[int, ...], Past] | None = None

    def read(self, sums: Iterable[Sum]) -> Iterator[Sum]:
        """Yield each sum, its total or its failure known, in the order in which batches finish."""
        with self.engine.torch.inference_mode():
            yield from self._roots(tree(sums, WORTH if self.shares else APART))

    def _roots(self, roots: Sequence[Node[Sum]]) -> Iterator[Sum]:
        """Read what many rows begin with alone, first; the last of such heads is kept."""
        heads = [node for node in roots if node.children and sum(1 for _ in node.rows()) >= HEAD]
        for head in heads:
            known = self._known(head)
            if known is None:
                yield from self._level([Piece(head, 0)], None)
                continue
            ids = head.ids[len(known[0]) :]
            rest = [Node(ids, len(known[0]), head.ends, head.children)] if ids else head.children
            yield from self._level([Piece(node, 0) for node in rest], known[1])
        yield from self._level([Piece(node, 0) for node in roots if node not in heads], None)

    def _known(self, head: Node[Sum]) -> tuple[tuple[int, ...], Past] | None:
        """Return the head of the window before, if this one goes on from it and asks nothing inside it."""
        if self._head is None:
            return None
        ids = self._head[0]
        goes_on = head.ids[: len(ids)] == ids and (len(head.ids) > len(ids) or not head.ends)
        return self._head if goes_on and all(one.first >= len(ids) for one in head.rows()) else None

    def _level(self, pieces: Sequence[Piece], past: Past | None) -> Iterator[Sum]:
        """Read pieces that all go on from `past`, then what goes on from them."""
        width = 0 if past is None else past.width
        for alike in self._alike(pieces):
            forward = partial(self._forward, past=past)
            for batch, state, span in batches.run(alike, forward, self.budget, past=width):
                for piece in batch:
                    for one in piece.node.rows():
                        one.spans.add(span)
                if isinstance(state, Failure):
                    yield from self._failed(batch, state)
                    continue
                yield from (one.ended() for piece in batch for one in piece.node.ends)
                yield from self._below(batch, state)

    def _below(self, batch: Sequence[Piece], state: Past | None) -> Iterator[Sum]:
        if state is None:
            return
        if len(batch) == 1 and batch[0].node.start == 0 and len(batch[0].node.children) >= HEAD:
            self._head = batch[0].node.ids, state
        children = [Piece(child, row) for row, piece in enumerate(batch) for child in piece.node.children]
        yield from self._level(children, state)

    def _alike(self, pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
        """Yield what may share a batch: where layers slide, no padding may come to lie inside a cache."""
        if not self.engine.slides:
            yield pieces
            return
        by_length: dict[int, list[Piece]] = {}
        for piece in pieces:
            by_length.setdefault(len(piece.ids) if piece.node.children else 0, []).append(piece)
        yield from by_length.values()

    def _forward(self, batch: Sequence[Piece], past: Past | None) -> Past | None:
        """Read the pieces, add to the sums what was predicted, and return what was read, if it goes on."""
        keep = any(piece.node.children for piece in batch)
        begun = None if past is None else past.rows([piece.row for piece in batch])
        at: dict[tuple[int, int], int] = {}  # (row, column) → number
        found: list[tuple[Sum, int, int]] = []  # whose, the number of its position, the token
        for row, piece in enumerate(batch):
            for one in piece.node.rows():
                for k in one.within(piece.node):
                    place = (row, one.first + k - piece.node.start)
                    found.append((one, at.setdefault(place, len(at)), one.targets[k]))
        wanted = [row for row, _ in at], [column for _, column in at]
        logits, state = read(
            self.engine, [piece.ids for piece in batch], begun, wanted, pad=self.pad, keep=keep
        )
        for (one, _, _), logp in zip(found, self._predicted(logits, found), strict=True):
            one.total += logp
        return state

    def _predicted(self, logits: Any, found: Sequence[tuple[Sum, int, int]]) -> list[float]:
        """Return the log-probability (nats) of each token at its position, from logits (N, V) in float32."""
        if not found:
            return []
        logits = logits.float()
        _, places, tokens = zip(*found, strict=True)
        at = self.engine.torch.tensor([places, tokens], device=logits.device)
        logp: list[float] = (logits[at[0], at[1]] - logits.logsumexp(-1)[at[0]]).tolist()
        return logp

    def _failed(self, batch: Sequence[Piece], failure: Failure) -> Iterator[Sum]:
        """Read again, whole and alone, what failed as a piece of something; what was alone has failed."""
        for piece in batch:
            for one in piece.node.rows():
                if piece.node.start == 0 and not piece.node.children:
                    yield one.ended(failure)
                else:
                    one.total, self.again = 0.0, self.again + 1
                    yield from self._level([Piece(Node(tuple(one.ids), 0, [one]), 0)], None)


def _proven(engine: Engine, pad: int) -> bool:
    """Return whether shared pasts give the figures of whole rows: tried with rows that need padding inside."""
    if not engine.shares or (engine.context or TRIAL) < TRIAL:
        return False
    size = engine.model.get_input_embeddings().weight.shape[0]
    words = [word % size for word in range(5, 29)]
    heads, ends = (words[:7], words[7:12]), (words[12:14], words[14:17], words[17:22])
    totals = []
    for worth in (0.0, APART):
        rows = [Sum(None, 0, (*head, *end[:-1]), end[-2:]) for head in heads for end in ends]
        reader = Reader(engine, pad, Budget(tokens=1000, held=1000), shares=True)
        with engine.torch.inference_mode():
            read_all = list(reader._level([Piece(node, 0) for node in tree(rows, worth)], None))
        if reader.again or any(one.failure for one in read_all):
            return False
        totals.append([one.total for one in rows])
    # Nats of two tokens. Half precision rounds a logit's third digit; a wrong mask is off by much more.
    close = 1e-3 if engine.model.dtype == engine.torch.float32 else 0.3
    return max(abs(a - b) for a, b in zip(*totals, strict=True)) <= close
