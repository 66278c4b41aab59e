"""Replies written in one running batch: prompts are read as slots come free, over the windows of requests.

What many prompts begin with is read once, as in `token_by_token`; a row has its own slot, sampler and end.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.adapters.hf import batching as batches
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import PastKeyValues, read
from harness.adapters.hf.running_batch import RunningBatch, TooManyRows
from harness.adapters.hf.token_by_token import DecodingRow, Writer, Written, _takes
from harness.adapters.lm.errors import failure
from harness.adapters.lm.prefix_tree import Node, Piece, tree
from harness.adapters.lm.stopping import TokenPrompt
from harness.schema import Failure

# Rows at a time: a step's own cost is then a tenth of it on a CPU, and replies come soon; a GPU wants more.
ON_CPU, ON_GPU = 128, 512

if TYPE_CHECKING:
    from harness.adapters.hf.slots import Slot

More = Callable[[], Iterable[TokenPrompt] | None]  # None: there are no more, or something else comes first


# A prompt, what is left to read of it, what stands before that, and in which row.
_Waiting = tuple[TokenPrompt, Sequence[int], PastKeyValues | None, int]


class RunningRow:
    """A reply in its slot; `ids` are what is read before it goes on, `past` what stands before these."""

    def __init__(self, row: DecodingRow, ids: Sequence[int], past: PastKeyValues | None, at: int) -> None:
        self.row, self.ids, self.past, self.at = row, ids, past, at
        self.slot: Slot | None = None
        self.began = time.perf_counter()
        self.ended = False  # it has its last token, or cannot have one

    @property
    def held(self) -> int:
        """Return how many tokens' keys and values it takes up."""
        return self.slot.width if self.slot is not None else 0

    @property
    def reading(self) -> list[int]:
        """Return what is to be read: the prompt's own tokens, and what has been written."""
        return [*self.ids, *self.row.line.ids]

    @property
    def length(self) -> int:
        """Return how many tokens it will have read once it goes on."""
        before = self.past.lengths[self.at] if self.past is not None else 0
        return before + len(self.ids) + len(self.row.line.ids)

    def take(self, token: int | None) -> None:
        """Give it its next token, None where its logits are not numbers."""
        self.ended = not _takes(self.row, token)


@dataclass
class PrefixHead:
    """A node that others go on from, to be read when its turn comes."""

    piece: Piece[TokenPrompt]
    past: PastKeyValues | None


class RunningWriter(Writer):
    """A writer whose batch is refilled; `write` asks `more` for the prompts of the next window."""

    def write(self, prompts: Iterable[TokenPrompt], more: More = lambda: None) -> Iterator[Written]:
        """Yield each prompt with its reply as it ends."""
        with self.engine.torch.inference_mode():
            if not self.packs:
                yield from super().write(prompts)
                return
            work = Queue(self, prompts, more)
            most = ON_CPU if self.engine.device.type == "cpu" else ON_GPU
            for row in RunningBatch(work, self.held, most).run():
                yield row.row.line.prompt, row.row.answer(), (row.began, time.perf_counter())
                yield from work.apart()
            yield from work.apart()

    @cached_property
    def runs(self) -> bool:
        """Whether slots come to the same logits as a batch that is padded, tried with two short rows."""
        try:
            with self.engine.torch.inference_mode():
                return self._tried()
        except Exception:  # whatever keeps a model from it, there is the other road
            return False

    def _tried(self) -> bool:
        from harness.adapters.hf.slots import Slots

        engine = self.engine
        size = engine.model.get_input_embeddings().weight.shape[0]
        texts = [[word % size for word in range(5, 9)], [word % size for word in range(9, 16)]]
        _, state = self._pass(texts, None)
        slots = Slots(engine)
        slots.put(state, range(2))
        (store,) = slots.stores()
        mine = store.step([7 % size, 8 % size]).float()
        theirs, _ = read(
            engine, [[7 % size], [8 % size]], state, ([0, 1], [0, 0]), pad=self.tokens.pad, keep=True
        )
        return bool((mine - theirs.float()).abs().max() <= 1e-2 * theirs.float().abs().max().clamp_min(1.0))


class Queue:
    """The prompts of a running batch: those that wait, heads among them, and the slots of the others."""

    def __init__(self, writer: RunningWriter, prompts: Iterable[TokenPrompt], more: More) -> None:
        from harness.adapters.hf.slots import Slots

        self.writer, self.more = writer, more
        self.engine: Engine = writer.engine
        self.slots = Slots(writer.engine)
        self.queue: deque[RunningRow | PrefixHead] = deque()
        self.rest: list[TokenPrompt] = []  # to be written by the other road, each alone if it must be
        self.others: list[Iterator[Written]] = []
        self._add(prompts)

    # ---- what waits -------------------------------------------------------------------------------

    def waiting(self) -> int:
        """Return how many prompts wait; the heads before the first of them have been read.

        The next window is not asked for before what is left to the other road has been written.
        """
        while True:
            if not self.queue:
                prompts = None if self.rest or self.others else self.more()
                if prompts is None:
                    return 0
                self._add(prompts)
            elif isinstance(first := self.queue[0], PrefixHead):
                self.queue.popleft()
                self._go_below(first)
            else:
                return len(self.queue)

    def width(self) -> int:
        """Return how many tokens the next prompt will take up at first."""
        first = self.queue[0]
        assert isinstance(first, RunningRow)
        return self.slots.width(first.length)

    def _add(self, prompts: Iterable[TokenPrompt]) -> None:
        """Put the prompts of a window behind all others; of a conversation's next turn only what is new."""
        begun = [(prompt, self.writer.kept.take(prompt)) for prompt in prompts]
        turns = [(prompt, past) for prompt, past in begun if past is not None]
        for left, past in self.writer._begun(turns, lambda prompt: len(prompt.ids)):
            rows = enumerate(left)
            self.queue += self._rows((prompt, ids, past, n) for n, (prompt, ids) in rows)
        self._queue(tree([prompt for prompt, past in begun if past is None], self.writer.worth), None)

    def _queue(self, nodes: Sequence[Node[TokenPrompt]], past: PastKeyValues | None, at: int = 0) -> None:
        """Put leaves first, longest first, so that memory fails early; then the heads, each with its own."""
        leaves = sorted((node for node in nodes if not node.children), key=lambda node: -len(node.ids))
        rows = self._rows((prompt, node.ids, past, at) for node in leaves for prompt in node.ends)
        heads = [PrefixHead(Piece(node, at), past) for node in nodes if node.children]
        self.queue.extendleft(reversed([*rows, *heads]))

    def _rows(self, waiting: Iterable[_Waiting]) -> list[RunningRow]:
        """Return the rows of prompts; none where slots come to other logits: they go by the other road."""
        found = list(waiting)
        if found and not self.writer.runs:
            self.rest += [prompt for prompt, *_ in found]
            return []
        return [RunningRow(self.writer._row(prompt), ids, past, at) for prompt, ids, past, at in found]

    def _go_below(self, head: PrefixHead) -> None:
        """Read a head, and put what goes on from it before all others."""
        node = head.piece.node
        begun = None if head.past is None else head.past.rows([head.piece.row])
        for _, done, _ in batches.run(
            [head.piece], lambda some: self.writer._pass([some[0].ids], begun), self.writer.held
        ):
            if isinstance(done, Failure):
                self.rest += node.rows()
                return
            _, state = done
            below = [Piece(child, 0) for child in node.children]
            if self.writer._share(below, state):  # side by side behind a long text
                self.others.append(self.writer._level(below, state))
                self.rest += node.ends
                return
            self._queue(node.children, state)
            # What ends with the head is read once more: few prompts begin others.
            ends = ((prompt, node.ids, head.past, head.piece.row) for prompt in node.ends)
            self.queue.extendleft(reversed(self._rows(ends)))

    # ---- what is written --------------------------------------------------------------------------

    def join(self, count: int) -> list[RunningRow]:
        """Read the next prompts that go on from one past, at most `count` and no more than a pass takes."""
        part = [self._next()]
        room = min(count, self.writer.budget.count(len(part[0].reading)))
        while len(part) < room and self.queue and self._fits(part[0]):
            part.append(self._next())
        try:
            return self._read(part)
        except Exception as error:
            why = failure(error)
            if why.kind == "out_of_memory" and (len(part) > 1 or self.slots.used):
                self.queue.extendleft(reversed(part))
                raise TooManyRows(len(part)) from None
            self.broken(part, why)
            return []

    def _next(self) -> RunningRow:
        row = self.queue.popleft()
        assert isinstance(row, RunningRow)
        return row

    def _fits(self, first: RunningRow) -> bool:
        following = self.queue[0]
        return isinstance(following, RunningRow) and following.past is first.past

    def _read(self, part: list[RunningRow]) -> list[RunningRow]:
        past = part[0].past
        begun = None if past is None else past.rows([row.at for row in part])
        logits, state = self.writer._pass([row.reading for row in part], begun)
        for row, token in zip(part, self.writer._tokens(logits, [row.row for row in part]), strict=True):
            row.take(token)
        going = [n for n, row in enumerate(part) if not row.ended]
        for n, slot in zip(going, self.slots.put(state, going), strict=True):
            part[n].slot = slot
            slot.owner = part[n]
            # What it went on from is let go of: should it have to wait again, it is read as a whole.
            part[n].ids, part[n].past, part[n].at = part[n].row.line.prompt.ids, None, 0
        return part

    def step(self, rows: Sequence[RunningRow]) -> None:
        """Give each row its next token: a pass for each store of rows that are about equally long."""
        for store in self.slots.stores():
            own: list[RunningRow] = [slot.owner for slot in store.rows]
            logits = store.step([row.row.line.ids[-1] for row in own])
            for row, token in zip(own, self.writer._tokens(logits, [row.row for row in own]), strict=True):
                row.take(token)

    def leave(self, rows: Sequence[RunningRow]) -> None:
        """Free the slots of rows, and keep what was read of conversations that may go on."""
        for row in rows:
            line, kept = row.row.line, self.writer.kept
            if row.ended and row.slot is not None and not row.row.broken and kept.wants(line.prompt):
                kept.keep(line.prompt, line.ids, self.slots.past(row.slot), 0)
        self.slots.free(row.slot for row in rows if row.slot is not None)
        for row in rows:
            row.slot = None

    def put_back(self, rows: Sequence[RunningRow]) -> None:
        """Let rows wait again, before all others; what they have written is read with their prompts."""
        self.leave(rows)
        self.queue.extendleft(reversed(rows))

    def broken(self, rows: Sequence[RunningRow], why: Failure) -> None:
        """Write rows anew by the other road, which finds out who is at fault."""
        self.leave(rows)
        self.rest += [row.row.line.prompt for row in rows]

    def apart(self) -> Iterator[Written]:
        """Yield the replies that were left to the other road."""
        others, self.others = self.others, []
        prompts, self.rest = self.rest, []
        for written in others:
            yield from written
        if prompts:
            yield from Writer.write(self.writer, prompts)
