"""Text from a causal model: when a row ends, what it said, and draws that only its own seed decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.adapters._hf_loading import Engine
from harness.adapters._hf_tokens import Tokens
from harness.schema import Failure, Request, Response, Timing, Usage

Span = tuple[float, float]  # a batch's beginning and end, by the client's clock


class Reply(NamedTuple):
    """A row's text, why it ended, and its new tokens."""

    text: str
    finish: str
    tokens: int


@dataclass(slots=True)
class Prompt:
    """A request for text, in tokens; `new` is the most tokens it may be given."""

    request: Request
    ids: list[int]
    new: int
    truncated: bool

    def response(self, reply: Reply | Failure, span: Span) -> Response:
        """Return the reply with its counts; an example's time is its batch's."""
        timing = Timing(e2e=span[1] - span[0])
        if isinstance(reply, Failure):
            return Response(self.request.key, error=reply, timing=timing, truncated=self.truncated)
        return Response(
            self.request.key,
            text=reply.text,
            finish=reply.finish,
            usage=Usage(prompt_tokens=len(self.ids), completion_tokens=reply.tokens),
            timing=timing,
            truncated=self.truncated,
        )


class Brake:
    """Stops each row at its own end: an end token, a stop string, its limit of new tokens.

    A stop string may begin in one token and end in another, so the last few tokens are decoded
    together; `reply` then cuts the whole text, whatever the brake saw.
    """

    def __init__(self, engine: Engine, tokens: Tokens, prompts: Sequence[Prompt]) -> None:
        """All prompts share one decoding. A stop string that is one special token ends like an end token."""
        self.torch, self.decode, added = engine.torch, tokens.text, tokens.added()
        self.width = max(len(prompt.ids) for prompt in prompts)
        self.limits = [prompt.new for prompt in prompts]
        self.stops = [stop for stop in prompts[0].request.decoding.stop or () if stop]
        self.ends = engine.ends | {added[stop] for stop in self.stops if stop in added}
        self.lengths = [0] * len(prompts)  # new tokens of the rows that have ended
        # A token has a byte or more, so this many of the last ones hold any stop string.
        self.tail = max((len(stop.encode()) for stop in self.stops), default=0) + 4

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Return which rows of `input_ids` (B, T) have ended, (B,)."""
        new = input_ids.shape[1] - self.width
        last = input_ids[:, -min(new, self.tail) :].tolist()
        for row, tokens in enumerate(last):
            if not self.lengths[row] and self._ended(input_ids, row, tokens, new):
                self.lengths[row] = new
        return self.torch.tensor([n > 0 for n in self.lengths], device=input_ids.device)

    def _ended(self, input_ids: Any, row: int, tokens: list[int], new: int) -> bool:
        if tokens[-1] in self.ends or new >= self.limits[row]:
            return True
        if not self.stops or self._first_stop(self.decode(tokens)) is None:
            return False
        return self._first_stop(self.decode(input_ids[row, self.width :].tolist())) is not None

    def _first_stop(self, text: str) -> int | None:
        return min((at for stop in self.stops if (at := text.find(stop)) >= 0), default=None)

    def reply(self, row: int, tokens: list[int]) -> Reply:
        """Return the row's text before its first stop string; the end token counts as a token."""
        tokens = tokens[: self.lengths[row] or self.limits[row]]
        end = next((n for n, token in enumerate(tokens) if token in self.ends), None)
        used = len(tokens) if end is None else end + 1
        text = self.decode(tokens if end is None else tokens[:end])
        at = self._first_stop(text)
        return Reply(text[:at], "length" if end is None and at is None else "stop", used)


class NanGuard:
    """Notes the rows whose logits are not numbers, and keeps them from breaking the draw."""

    def __init__(self) -> None:
        self.broken: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return `scores` (rows, V) without NaN."""
        nan = scores.isnan()
        broken = nan.any(-1)
        self.broken = broken if self.broken is None else self.broken | broken
        return scores.masked_fill(nan, 0.0)

    def rows(self, count: int) -> list[bool]:
        """Return for each of `count` requests whether any of its beams was broken."""
        broken: list[bool] = self.broken.view(count, -1).any(-1).tolist()
        return broken


@contextmanager
def seeded(engine: Engine, request: Request) -> Iterator[None]:
    """Let draws depend on the request's seed alone; torch's generators are put back afterwards."""
    if not request.decoding.temperature:
        yield
        return
    torch = engine.torch
    with torch.random.fork_rng(devices=[engine.device] if engine.device.type == "cuda" else []):
        torch.manual_seed((request.seed + (request.decoding.seed or 0)) % 2**63)
        yield
