"""Log-probabilities of what rows say at their ends, in as few forward passes as the rows allow.

A piece that many rows begin with (`prefixes`) is read once, and its keys and values then stand before all
that follows. What follows is packed: whole trees of pieces side by side in one row (`packing`). Where a
model cannot read that, as with sliding windows, the tree is read level by level. Each piece is read
for the predictions in it that somebody asked for. Models whose past cannot be shared read every row whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

from harness.adapters.hf import batching as batches
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import PastKeyValues, read
from harness.adapters.hf.packing import ROOM, Packed, packed, read_packed
from harness.adapters.lm.errors import BROKEN
from harness.adapters.lm.likelihood import Sum
from harness.adapters.lm.prefix_tree import APART, WORTH, Node, Piece, tree
from harness.schema import Failure

Road = Literal["packed", "levels", "plain"]

HEAD = 8  # so many rows make what they begin with a head: read alone, and kept for the next window
TRIAL = 16  # tokens that the trial of sharing needs


class LogprobReader:
    """Reads sums with one model."""

    def __init__(self, engine: Engine, pad: int, budget: BatchBudget, road: Road | None = None) -> None:
        """Which road the model can take is tried once with a few tokens, unless `road` says it."""
        self.engine, self.pad, self.budget = engine, pad, budget
        self.road: Road = road or _best(engine, pad)
        self.again = 0  # pieces that failed and were read again, whole
        self._head: tuple[tuple[int, ...], PastKeyValues] | None = None

    def read(self, sums: Iterable[Sum]) -> Iterator[Sum]:
        """Yield each sum, its total or its failure known, in the order in which batches finish."""
        with self.engine.torch.inference_mode():
            yield from self._roots(tree(sums, APART if self.road == "plain" else WORTH))

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
            yield from self._trees(rest, known[1])
        yield from self._trees([node for node in roots if node not in heads], None)

    def _known(self, head: Node[Sum]) -> tuple[tuple[int, ...], PastKeyValues] | None:
        """Return the head of the window before, if this one goes on from it and asks nothing inside it."""
        if self._head is None:
            return None
        ids = self._head[0]
        goes_on = head.ids[: len(ids)] == ids and (len(head.ids) > len(ids) or not head.ends)
        return self._head if goes_on and all(one.first >= len(ids) for one in head.rows()) else None

    def _trees(self, nodes: Sequence[Node[Sum]], past: PastKeyValues | None) -> Iterator[Sum]:
        """Read whole trees that go on from the one row of `past`."""
        if self.road != "packed":
            yield from self._level([Piece(node, 0) for node in nodes], past)
            return
        # A long row with nothing beside it needs no mask of its own.
        long = [node for node in nodes if not (past or node.children) and 2 * len(node.ids) > ROOM]
        yield from self._level([Piece(node, 0) for node in long], past)
        width = 0 if past is None else past.width
        forward = partial(self._packed, past=past)
        rows = packed(node for node in nodes if node not in long)
        for batch, done, span in batches.run(rows, forward, self.budget, past=width):
            for row in batch:
                sums = [one for node in row.roots for one in node.rows()]
                for one in sums:
                    one.spans.add(span)
                if isinstance(done, Failure):
                    yield from self._failed(row.roots, done, alone=len(row.roots) == 1)
                elif len(sums) > 1 and any(math.isnan(one.total) for one in sums):
                    # What is masked still counts nothing times its value: a NaN spoils its whole row.
                    yield from self._failed(row.roots, BROKEN, alone=False)
                else:
                    yield from (one.ended() for one in sums)

    def _packed(self, batch: Sequence[Packed[Sum]], past: PastKeyValues | None) -> None:
        """Read rows of whole trees, and add to the sums what was predicted."""
        placed = [(row, node, begin) for row, packed in enumerate(batch) for node, begin in packed.begins]
        wanted, found = _wanted(placed)
        self._add(read_packed(self.engine, list(batch), past, wanted, self.pad), found)

    def _level(self, pieces: Sequence[Piece[Sum]], past: PastKeyValues | None) -> Iterator[Sum]:
        """Read pieces that all go on from `past`, then what goes on from them."""
        width = 0 if past is None else past.width
        for alike in self._alike(pieces):
            forward = partial(self._forward, past=past)
            for batch, state, span in batches.run(alike, forward, self.budget, past=width):
                for piece in batch:
                    for one in piece.node.rows():
                        one.spans.add(span)
                if isinstance(state, Failure):
                    yield from self._failed([piece.node for piece in batch], state, alone=True)
                    continue
                yield from (one.ended() for piece in batch for one in piece.node.ends)
                yield from self._below(batch, state)

    def _below(self, batch: Sequence[Piece[Sum]], state: PastKeyValues | None) -> Iterator[Sum]:
        if state is None:
            return
        if len(batch) == 1 and batch[0].node.start == 0 and len(batch[0].node.children) >= HEAD:
            self._head = batch[0].node.ids, state
        if len(batch) == 1:
            yield from self._trees(batch[0].node.children, state)
            return
        children = [Piece(child, row) for row, piece in enumerate(batch) for child in piece.node.children]
        yield from self._level(children, state)

    def _alike(self, pieces: Sequence[Piece[Sum]]) -> Iterator[Sequence[Piece[Sum]]]:
        """Yield what may share a batch: where layers slide, no padding may come to lie inside a cache."""
        if not self.engine.slides:
            yield pieces
            return
        by_length: dict[int, list[Piece[Sum]]] = {}
        for piece in pieces:
            by_length.setdefault(len(piece.ids) if piece.node.children else 0, []).append(piece)
        yield from by_length.values()

    def _forward(self, batch: Sequence[Piece[Sum]], past: PastKeyValues | None) -> PastKeyValues | None:
        """Read the pieces, add to the sums what was predicted, and return what was read, if it goes on."""
        keep = any(piece.node.children for piece in batch)
        begun = None if past is None else past.rows([piece.row for piece in batch])
        wanted, found = _wanted([(row, piece.node, 0) for row, piece in enumerate(batch)])
        pieces = [piece.ids for piece in batch]
        logits, state = read(self.engine, pieces, begun, wanted, pad=self.pad, keep=keep)
        self._add(logits, found)
        return state

    def _add(self, logits: Any, found: Sequence[tuple[Sum, int, int]]) -> None:
        """Add to each sum the log-probabilities (nats) of its tokens, from logits (N, V)."""
        for (one, _, _), logp in zip(found, self._predicted(logits, found), strict=True):
            one.total += logp

    def _predicted(self, logits: Any, found: Sequence[tuple[Sum, int, int]]) -> list[float]:
        """Return the log-probability (nats) of each token at its position, from logits (N, V) in float32."""
        if not found:
            return []
        logits = logits.float()
        _, places, tokens = zip(*found, strict=True)
        at = self.engine.torch.tensor([places, tokens], device=logits.device)
        logp: list[float] = (logits[at[0], at[1]] - logits.logsumexp(-1)[at[0]]).tolist()
        return logp

    def _failed(self, nodes: Sequence[Node[Sum]], failure: Failure, *, alone: bool) -> Iterator[Sum]:
        """Read again, whole and alone, what failed beside others or as a piece; what was alone has failed."""
        for node in nodes:
            for one in node.rows():
                if alone and node.start == 0 and not node.children:
                    yield one.ended(failure)
                else:
                    one.total, self.again = 0.0, self.again + 1
                    yield from self._level([Piece(Node(tuple(one.ids), 0, [one]), 0)], None)


def _wanted(
    placed: Iterable[tuple[int, Node[Sum], int]],
) -> tuple[tuple[list[int], list[int]], list[tuple[Sum, int, int]]]:
    """Return the (rows, columns) to predict at, and (sum, number of the place, token) of all that is summed.

    `placed` says in which row of the batch a node stands, and where it begins.
    """
    at: dict[tuple[int, int], int] = {}
    found: list[tuple[Sum, int, int]] = []
    for row, node, begin in placed:
        for one in node.rows():
            for k in one.within(node):
                place = (row, begin + one.first + k - node.start)
                found.append((one, at.setdefault(place, len(at)), one.targets[k]))
    return ([row for row, _ in at], [column for _, column in at]), found


def _best(engine: Engine, pad: int) -> Road:
    """Return the quickest road that gives the figures of whole rows: tried with a few."""
    if not engine.shares or (engine.context or TRIAL) < TRIAL:
        return "plain"
    whole = _tried(engine, pad, "plain")
    # Nats of two tokens. Half precision rounds a logit's third digit; a wrong mask is off by much more.
    close = 1e-3 if engine.model.dtype == engine.torch.float32 else 0.3
    for road in ("packed", "levels") if engine.packs else ("levels",):
        found = _tried(engine, pad, road)
        if found and whole and max(abs(a - b) for a, b in zip(found, whole, strict=True)) <= close:
            return road
    return "plain"


def _tried(engine: Engine, pad: int, road: Road) -> list[float]:
    """Return the sums of a few rows by one road; none where it does not get through."""
    size = engine.model.get_input_embeddings().weight.shape[0]
    words = [word % size for word in range(5, 29)]
    heads, ends = (words[:7], words[7:12]), (words[12:14], words[14:17], words[17:22])
    rows = [Sum(None, 0, (*head, *end[:-1]), end[-2:]) for head in heads for end in ends]
    reader = LogprobReader(engine, pad, BatchBudget(tokens=1000, held=1000), road)
    roots = tree(rows, APART if road == "plain" else 0.0)
    with engine.torch.inference_mode():
        if road == "packed":  # after a head, and without one
            first, second = roots
            done = [*reader._level([Piece(first, 0)], None), *reader._trees([second], None)]
        else:
            done = list(reader._level([Piece(node, 0) for node in roots], None))
    return [] if reader.again or any(one.failure for one in done) else [one.total for one in rows]
