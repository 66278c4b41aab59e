"""How text is drawn from a model that says how likely each next token is: greedy, sampled, or by beams.

The next token's logits go through these steps, in this order, each only if it is asked for:

    1. repetition_penalty r   tokens that stand in the text: logit / r above 0, logit · r below
                              (Keskar et al. 2019, "CTRL")
    2. temperature t          all logits / t; 0 is greedy: the likeliest token, and nothing of what follows
    3. top_k                  the k likeliest tokens stay
    4. top_p                  of those, the fewest that hold a probability of p (Holtzman et al. 2020)
    5. min_p                  of those, the ones at least p times as likely as the likeliest (Nguyen et al. 2024)

and one token is drawn. That order is transformers'. A text's draws come from a generator of its own, so
that they do not depend on what is written beside it.

Beam search goes on with the `beams` likeliest beginnings, and returns the finished text whose
log-probability, divided by (its tokens) ** length_penalty, is highest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from harness.schema import Decoding


class Continues(Protocol):
    """Texts that a model is writing, one a row."""

    def step(self, tokens: Tensor) -> Tensor:
        """Return the logits (B, V) after one more token (B,) of each text."""

    def select(self, rows: Tensor) -> None:
        """Go on with these of the texts, some of them twice perhaps."""


class Reply(NamedTuple):
    """What was written: its tokens, without one that ends; `tokens` counts that one too."""

    ids: list[int]
    finish: str
    tokens: int


@dataclass
class Text:
    """One text under way. `seen` is what a repetition penalty looks at: the prompt, where there is one."""

    seed: int
    limit: int  # new tokens
    seen: Sequence[int] = ()
    ids: list[int] = field(default_factory=list)
    ended: bool = False

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    @property
    def going(self) -> bool:
        return not self.ended and len(self.ids) < self.limit


# What a text is cut at: given its new tokens, whether it has said enough.
Enough = Callable[[Sequence[int]], bool]


def write(
    model: Continues, logits: Tensor, texts: Sequence[Text], decoding: Decoding, end: int, enough: Enough
) -> list[Reply]:
    """Return a reply for each of `texts`, whose first tokens have the `logits` (B, V); greedy or sampled.

    A text ends with the token `end`, or when `enough` says so, or at its limit; it then leaves the batch.
    """
    rows = [text for text in texts if text.going]
    if rows and len(rows) < len(texts):
        keep = torch.tensor([n for n, text in enumerate(texts) if text.going])
        model.select(keep)
        logits = logits[keep]
    while rows:
        tokens = _next(logits, rows, decoding)
        for text, token in zip(rows, tokens, strict=True):
            text.ids.append(token)
            text.ended = token == end or enough(text.ids)
        kept = [n for n, text in enumerate(rows) if text.going]
        if kept and len(kept) < len(rows):
            model.select(torch.tensor(kept))
        rows = [rows[n] for n in kept]
        if rows:
            logits = model.step(torch.tensor([tokens[n] for n in kept]))
    return [_reply(text.ids, end, ended=text.ended) for text in texts]


def _next(logits: Tensor, rows: Sequence[Text], decoding: Decoding) -> list[int]:
    if decoding.repetition_penalty:
        seen = [[*text.seen, *text.ids] for text in rows]
        logits = penalised(logits, seen, decoding.repetition_penalty)
    if not decoding.temperature:
        greedy: list[int] = logits.argmax(-1).tolist()
        return greedy
    p = warped(logits, decoding).double().softmax(-1)  # (B, V)
    drawn = torch.tensor([[text.draw.random()] for text in rows], dtype=torch.double)
    cumulated = p.cumsum(-1)
    # Scaled to the sum, which is not quite 1; `right` passes over tokens of probability 0.
    tokens: list[int] = torch.searchsorted(cumulated, drawn * cumulated[:, -1:], right=True)[:, 0].tolist()
    return tokens


def penalised(logits: Tensor, seen: Sequence[Sequence[int]], penalty: float) -> Tensor:
    """Return the logits (B, V), those of each row's `seen` tokens less likely if `penalty` is above 1."""
    logits = logits.clone()
    for row, tokens in enumerate(seen):
        place = torch.tensor(sorted(set(tokens)), dtype=torch.long)
        values = logits[row, place]
        logits[row, place] = torch.where(values < 0, values * penalty, values / penalty)
    return logits


def warped(logits: Tensor, decoding: Decoding) -> Tensor:
    """Return the logits (B, V) after temperature, top_k, top_p and min_p; −∞ where no token is drawn.

    The likeliest token always stays.
    """
    logits = logits / (decoding.temperature or 1.0)
    if decoding.top_k:
        least = logits.topk(min(decoding.top_k, logits.shape[-1])).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if decoding.top_p is not None and decoding.top_p < 1:
        ordered, place = logits.sort(-1, descending=True)
        p = ordered.softmax(-1)
        # A token goes if those before it hold top_p already; the likeliest has none before it.
        beyond = p.cumsum(-1) - p >= decoding.top_p
        beyond[:, 0] = False
        logits = logits.masked_fill(beyond.scatter(-1, place, beyond), -torch.inf)
    if decoding.min_p:
        p = logits.softmax(-1)
        logits = logits.masked_fill(p < decoding.min_p * p.max(-1, keepdim=True).values, -torch.inf)
    return logits


class _Beginning(NamedTuple):
    """A text that beam search may go on with, and the log-probability (nats) of its tokens."""

    ids: tuple[int, ...]
    total: float


def beam(
    model: Continues,
    logits: Tensor,
    text: Text,
    decoding: Decoding,
    end: int,
    enough: Enough,
    *,
    length_penalty: float = 1.0,
) -> Reply:
    """Return the best of `decoding.beams` ways to go on with one text, whose next token has `logits` (1, V)."""
    width = decoding.beams or 1
    alive, finished = [_Beginning((), 0.0)], list[_Beginning]()
    if text.limit < 1:
        return Reply([], "length", 0)

    def worth(one: _Beginning) -> float:
        return one.total / len(one.ids) ** length_penalty

    while alive and len(alive[0].ids) < text.limit:
        logp = logits.log_softmax(-1)
        if decoding.repetition_penalty:
            logp = penalised(logp, [[*text.seen, *one.ids] for one in alive], decoding.repetition_penalty)
        candidates = _candidates(logp, alive, width)
        alive, parents = [], list[int]()
        for rank, (one, parent) in enumerate(candidates):
            if one.ids[-1] == end or enough(one.ids):
                if rank < width:  # a worse one would push out what may yet become better
                    finished.append(one)
            elif len(alive) < width:
                alive.append(one)
                parents.append(parent)
        finished = sorted(finished, key=worth, reverse=True)[:width]
        if not alive or (len(finished) == width and worth(finished[-1]) >= worth(alive[0])):
            break
        if len(alive[0].ids) < text.limit:
            model.select(torch.tensor(parents))
            logits = model.step(torch.tensor([one.ids[-1] for one in alive]))
    best = max([*finished, *alive], key=worth)  # cut at its limit, a text may still be the best
    return _reply(list(best.ids), end, ended=best in finished)


def _candidates(
    logp: Tensor, alive: Sequence[_Beginning], width: int
) -> list[tuple[_Beginning, int]]:
    """Return the 2 · width best beginnings of one token more, and which of `alive` each goes on with.

    Twice as many, since every beginning has one way to end at most: `width` of them go on.
    """
    total = logp + torch.tensor([one.total for one in alive])[:, None]  # (beams, V)
    best = total.flatten().topk(min(2 * width, total.numel()))
    found = []
    for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
        parent, token = divmod(place, logp.shape[-1])
        found.append((_Beginning((*alive[parent].ids, token), value), parent))
    return found


def _reply(ids: list[int], end: int, *, ended: bool) -> Reply:
    said = ids[:-1] if ids and ids[-1] == end else ids
    return Reply(said, "stop" if ended else "length", len(ids))
