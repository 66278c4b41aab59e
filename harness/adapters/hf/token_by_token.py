"""Replies written token by token, many rows at a time: those that have ended leave the batch.

What many prompts begin with is read once, as in `reading`; of a conversation's next turn only what is new
is read. Every row has a sampler of its own, so that one batch may hold any decodings, and none of them
depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from harness.adapters.hf import batching as batches
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.constrained import Constraint, Grammars
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import PastKeyValues, read
from harness.adapters.hf.kept_conversations import KeptConversations
from harness.adapters.hf.sampling import Sampler
from harness.adapters.hf.side_by_side import LONG, SideBySide
from harness.adapters.lm.errors import BROKEN, TimeSpan
from harness.adapters.lm.prefix_tree import APART, WORTH, Node, Piece, tree
from harness.adapters.lm.stopping import GeneratedReply, OpenReply, TokenPrompt
from harness.adapters.lm.tokenizer import Tokens
from harness.schema import Failure

KEPT = 2  # one part in so many of what a batch's caches may hold is kept of conversations between turns

Written = tuple[TokenPrompt, GeneratedReply | Failure, TimeSpan]


class DecodingRow:
    """One reply being written, and what chooses its tokens."""

    def __init__(
        self, engine: Engine, tokens: Tokens, prompt: TokenPrompt, held: Constraint | None = None
    ) -> None:
        self.line = OpenReply(prompt, tokens, engine.ends)
        self.sampler = Sampler(engine.torch, prompt.request, prompt.ids, held)
        self.held, self.broken = held, False

    def answer(self) -> GeneratedReply | Failure:
        """Return the reply, or why there is none."""
        return BROKEN if self.broken else self.line.reply()


class Writer:
    """Writes replies with one model, whose past can be shared among rows."""

    def __init__(
        self,
        engine: Engine,
        tokens: Tokens,
        budget: BatchBudget,
        *,
        packs: bool = False,
        grammars: Grammars | None = None,
    ) -> None:
        """`packs`: texts may stand side by side in one row, told apart by a mask; `grammars` hold replies."""
        self.grammars = grammars
        self.engine, self.tokens, self.packs = engine, tokens, packs
        self.budget, self.held = budget, budget.whole()  # of a pass; of the rows that are written together
        # Padding behind a head lies inside the cache, where a sliding window would count it.
        self.worth = APART if engine.slides else WORTH
        self.kept = KeptConversations(0 if engine.slides else budget.held // KEPT)
        self.held.free = self._free

    def _free(self) -> None:
        self.kept.forget()
        self.budget.free()

    def write(self, prompts: Iterable[TokenPrompt]) -> Iterator[Written]:
        """Yield each prompt with its reply, in the order in which batches finish."""
        begun = [(prompt, self.kept.take(prompt)) for prompt in prompts]
        roots = tree([prompt for prompt, past in begun if past is None], self.worth)
        with self.engine.torch.inference_mode():
            yield from self._level([Piece(node, 0) for node in roots], None)
            yield from self._later([(prompt, past) for prompt, past in begun if past is not None])

    def _later(self, turns: list[tuple[TokenPrompt, PastKeyValues]]) -> Iterator[Written]:
        """Write replies to prompts whose beginnings were read in an earlier turn; those are used up."""
        for left, past in self._begun(turns, lambda prompt: len(prompt.ids) + prompt.new):
            pieces = [
                Piece(Node(tuple(ids), len(prompt.ids) - len(ids), [prompt]), n)
                for n, (prompt, ids) in enumerate(left)
            ]
            yield from self._run(pieces, past)

    def _begun(
        self, turns: Iterable[tuple[TokenPrompt, PastKeyValues]], room: Callable[[TokenPrompt], int]
    ) -> Iterator[tuple[list[tuple[TokenPrompt, list[int]]], PastKeyValues]]:
        """Yield turns with what is left to read of each, and what they have read: as many as may be held.

        `room` is what a prompt takes up. What was read of each is used up.
        """
        from harness.adapters.hf.growing_cache import joined

        waiting = sorted(turns, key=lambda turn: room(turn[0]), reverse=True)
        while waiting:
            count = self.held.count(room(waiting[0][0]))
            some, waiting = waiting[:count], waiting[count:]
            left = [(prompt, prompt.ids[past.width :]) for prompt, past in some]
            yield left, joined([past for _, past in some])

    def _level(self, pieces: Sequence[Piece[TokenPrompt]], past: PastKeyValues | None) -> Iterator[Written]:
        heads = [piece for piece in pieces if piece.node.children]
        for group in ([piece] for piece in heads):
            yield from self._run(group, past)
        yield from self._run([piece for piece in pieces if not piece.node.children], past)

    def _run(self, pieces: Sequence[Piece[TokenPrompt]], past: PastKeyValues | None) -> Iterator[Written]:
        """Read the pieces in batches, write the replies of those that end a prompt, then go on below."""
        new = max((p.new for piece in pieces for p in piece.node.rows()), default=0)
        beside = past is not None and self._share(pieces, past)
        held = new + (past.width if past is not None and not beside else 0)
        forward = partial(self._beside if beside else self._forward, past=past)
        for batch, done, span in batches.run(pieces, forward, self.held, past=held):
            if isinstance(done, Failure):
                yield from self._failed(batch, done, span)
                continue
            rows, state = done
            yield from ((row.line.prompt, row.answer(), span) for row in rows)
            below = [Piece(child, n) for n, piece in enumerate(batch) for child in piece.node.children]
            if below:
                yield from self._level(below, state)

    def _share(self, pieces: Sequence[Piece[TokenPrompt]], past: PastKeyValues) -> bool:
        """Return whether the pieces stand behind one long text, whose keys and values they then share."""
        if not self.packs or len(past.lengths) > 1 or past.width < LONG:
            return False
        return len(pieces) > 1 and not any(piece.node.children for piece in pieces)

    def _beside(
        self, batch: Sequence[Piece[TokenPrompt]], past: PastKeyValues | None
    ) -> tuple[list[DecodingRow], PastKeyValues | None]:
        """Read a batch and write its replies, all in one row behind the past."""
        assert past is not None
        texts = SideBySide(self.engine, past)
        ends = [(piece.ids, prompt) for piece in batch for prompt in piece.node.ends]
        rows = [self._row(prompt) for _, prompt in ends]
        going, waiting = list(range(len(rows))), [ids for ids, _ in ends]
        while going:
            logits = texts.read(list(zip(going, waiting, strict=True)))
            chosen = self._tokens(logits, [rows[n] for n in going])
            going = [n for n, token in zip(going, chosen, strict=True) if _takes(rows[n], token)]
            waiting = [rows[n].line.ids[-1:] for n in going]
        return rows, None

    def _forward(
        self, batch: Sequence[Piece[TokenPrompt]], past: PastKeyValues | None
    ) -> tuple[list[DecodingRow], PastKeyValues | None]:
        """Read a batch and write the replies to the prompts that end with it."""
        begun = None if past is None else past.rows([piece.row for piece in batch])
        logits, state = self._read([piece.ids for piece in batch], begun)
        ends = [(n, self._row(p)) for n, piece in enumerate(batch) for p in piece.node.ends]
        if ends:
            places, rows = zip(*ends, strict=True)
            whole = len(places) == len(batch) and not any(piece.node.children for piece in batch)
            mine = state if whole and list(places) == list(range(len(batch))) else state.rows(places)
            self._go_on(mine, logits[list(places)], list(rows))
        return [row for _, row in ends], state if any(piece.node.children for piece in batch) else None

    def _row(self, prompt: TokenPrompt) -> DecodingRow:
        held = None if self.grammars is None else self.grammars.of(prompt)
        return DecodingRow(self.engine, self.tokens, prompt, held)

    def _read(
        self, pieces: Sequence[Sequence[int]], begun: PastKeyValues | None
    ) -> tuple[Any, PastKeyValues]:
        """Read the pieces, and return the logits (B, V) of what follows each, and what was read.

        Texts that begin are read by a pass's worth at a time, which is quickest, and then go on as one
        batch: writing gains by every row. Where layers slide, no padding may come between.
        """
        whole = begun is not None or self.engine.slides
        count = len(pieces) if whole else self.budget.count(max(map(len, pieces)))
        parts = [pieces[start : start + count] for start in range(0, len(pieces), count)]
        done = [self._pass(part, begun) for part in parts]
        if len(done) == 1:
            return done[0]
        from harness.adapters.hf.growing_cache import joined

        logits, states = zip(*done, strict=True)
        return self.engine.torch.cat(logits), joined(states)

    def _pass(
        self, pieces: Sequence[Sequence[int]], begun: PastKeyValues | None
    ) -> tuple[Any, PastKeyValues]:
        left = begun is None
        widest = max(map(len, pieces))
        at = list(range(len(pieces))), [widest - 1 if left else len(piece) - 1 for piece in pieces]
        logits, state = read(self.engine, pieces, begun, at, pad=self.tokens.pad, keep=True, left=left)
        assert state is not None
        return logits, state

    def _go_on(self, past: PastKeyValues, logits: Any, rows: list[DecodingRow]) -> None:
        """Write token after token until every row has ended; logits (B, V) are those of the next token."""
        from harness.adapters.hf.growing_cache import roomy

        past = roomy(past)
        while True:
            chosen = self._tokens(logits, rows)
            going = [n for n, (row, token) in enumerate(zip(rows, chosen, strict=True)) if _takes(row, token)]
            for n in set(range(len(rows))).difference(going):
                self.kept.keep(rows[n].line.prompt, rows[n].line.ids, past, n)
            if not going:
                return
            if len(going) < len(rows):
                past, rows = past.rows(going), [rows[n] for n in going]
            ids = [[row.line.ids[-1]] for row in rows]
            at = range(len(rows)), [0] * len(rows)
            logits, state = read(self.engine, ids, past, at, pad=self.tokens.pad, keep=True)
            assert state is not None
            past = state

    def _tokens(self, logits: Any, rows: Sequence[DecodingRow]) -> list[int | None]:
        """Return each row's next token, None where its logits are not numbers."""
        likeliest: list[int] = logits.argmax(-1).tolist()
        broken: list[bool] = logits.isnan().any(-1).tolist()
        scores = None if all(row.sampler.plain for row in rows) else logits.float().cpu()
        chosen: list[int | None] = []
        for n, row in enumerate(rows):
            if broken[n]:
                chosen.append(None)
            elif scores is None or row.sampler.plain:
                chosen.append(likeliest[n])
            else:
                chosen.append(row.sampler.token(scores[n], row.line.ids))
        return chosen

    def _failed(
        self, batch: Sequence[Piece[TokenPrompt]], failure: Failure, span: TimeSpan
    ) -> Iterator[Written]:
        """Write again, from the whole prompt, what failed as a piece; what was alone has failed."""
        for piece in batch:
            for prompt in piece.node.rows():
                if piece.node.start == 0 and not piece.node.children and len(piece.node.ends) == 1:
                    yield prompt, failure, span
                else:
                    yield from self._run([Piece(Node(tuple(prompt.ids), 0, [prompt]), 0)], None)


def _takes(row: DecodingRow, token: int | None) -> bool:
    """Give a row its next token, and return whether it goes on."""
    row.broken = token is None
    return token is not None and not row.line.take(token) and not (row.held is not None and row.held.done)
