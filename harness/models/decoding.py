"""How text is drawn from a model that says how likely each next token is: greedy, sampled, by beams.

The next token's logits go through these steps, in this order, each only if it is asked for:

    1. repetition_penalty r   tokens that stand in the text: logit / r above 0, logit · r below
                              (Keskar et al. 2019, "CTRL")
    2. temperature t          all logits / t; 0 is greedy: the likeliest token, and nothing of what follows
    3. top_k                  the k likeliest tokens stay
    4. top_p                  of those, the fewest that hold a probability of p (Holtzman et al. 2020)
    5. min_p                  of those, the ones at least p times as likely as the best (Nguyen et al. 2024)

and one token is drawn. That order is transformers', and it matters: top_p is a share of what temperature and
top_k left. A text's draws come from a generator of its own, so that they do not depend on what is written
beside it. `adapters.hf.sampling` draws the tokens of a transformers model by the same steps.

Beam search goes on with the `beams` likeliest beginnings, and returns the finished text whose
log-probability, divided by (its tokens) ** length_penalty, is highest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.schema import Decoding

Floats = NDArray[np.floating[Any]]


class Continues(Protocol):
    """Texts that a model is writing, one a row."""

    def step(self, tokens: Sequence[int]) -> Floats:
        """Return the logits (B, V) after one more token of each text."""

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these of the texts, some of them twice perhaps."""


class Decoded(NamedTuple):
    """What was written: its tokens, without one that ends; `tokens` counts that one too."""

    ids: list[int]
    finish: str
    tokens: int


@dataclass
class OpenText:
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
        """Whether more is to be written."""
        return not self.ended and len(self.ids) < self.limit


# What a text is cut at: given its new tokens, whether it has said enough.
Enough = Callable[[Sequence[int]], bool]


def write(
    model: Continues, logits: Floats, texts: Sequence[OpenText], decoding: Decoding, end: int, enough: Enough
) -> list[Decoded]:
    """Return a reply for each of `texts`, whose first tokens have the `logits` (B, V); greedy or sampled.

    A text ends with the token `end`, or when `enough` says so, or at its limit; it then leaves the batch.
    """
    rows = [text for text in texts if text.going]
    if rows and len(rows) < len(texts):
        keep = [n for n, text in enumerate(texts) if text.going]
        model.select(keep)
        logits = logits[keep]
    while rows:
        tokens = _next(logits, rows, decoding)
        for text, token in zip(rows, tokens, strict=True):
            text.ids.append(token)
            text.ended = token == end or enough(text.ids)
        kept = [n for n, text in enumerate(rows) if text.going]
        if kept and len(kept) < len(rows):
            model.select(kept)
        rows = [rows[n] for n in kept]
        if rows:
            logits = model.step([tokens[n] for n in kept])
    return [_reply(text.ids, end, ended=text.ended) for text in texts]


def _next(logits: Floats, rows: Sequence[OpenText], decoding: Decoding) -> list[int]:
    if decoding.repetition_penalty:
        seen = [[*text.seen, *text.ids] for text in rows]
        logits = penalised(logits, seen, decoding.repetition_penalty)
    if not decoding.temperature:
        greedy: list[int] = logits.argmax(-1).tolist()
        return greedy
    return drawn(warped(logits, decoding), [text.draw.random() for text in rows])


def drawn(logits: Floats, numbers: Sequence[float]) -> list[int]:
    """Return a token of each row of logits (B, V), drawn by their softmax with a number from 0 to below 1."""
    cumulated = _softmax(logits.astype(np.float64)).cumsum(-1)  # (B, V)
    # Scaled to the sum, which is not quite 1; `right` passes over tokens of probability 0.
    rows = zip(cumulated, numbers, strict=True)
    return [int(np.searchsorted(row[:-1], number * row[-1], "right")) for row, number in rows]


def penalised(logits: Floats, seen: Sequence[Sequence[int]], penalty: float) -> Floats:
    """Return the logits (B, V), those of each row's `seen` tokens less likely if `penalty` is above 1."""
    logits = logits.copy()
    for row, tokens in enumerate(seen):
        place = sorted(set(tokens))
        values = logits[row, place]
        logits[row, place] = np.where(values < 0, values * penalty, values / penalty)
    return logits


def warped(logits: Floats, decoding: Decoding) -> Floats:
    """Return the logits (B, V) after temperature, top_k, top_p and min_p; −∞ where no token is drawn.

    The likeliest token always stays.
    """
    logits = logits / (decoding.temperature or 1.0)
    if decoding.top_k and decoding.top_k < logits.shape[-1]:
        least = np.partition(logits, -decoding.top_k, axis=-1)[:, -decoding.top_k, None]
        logits = np.where(logits < least, -np.inf, logits)
    if decoding.top_p is not None and decoding.top_p < 1:
        order = (-logits).argsort(-1, kind="stable")
        p = _softmax(np.take_along_axis(logits, order, -1))
        # A token goes if those before it hold top_p already; the likeliest has none before it.
        beyond = p.cumsum(-1, dtype=np.float64) - p >= decoding.top_p
        beyond[:, 0] = False
        gone = np.zeros_like(beyond)
        np.put_along_axis(gone, order, beyond, -1)
        logits = np.where(gone, -np.inf, logits)
    if decoding.min_p:
        p = _softmax(logits)
        logits = np.where(p < decoding.min_p * p.max(-1, keepdims=True), -np.inf, logits)
    return logits


def _softmax(logits: Floats) -> Floats:
    p: Floats = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return p


def _log_softmax(logits: Floats) -> Floats:
    logp: Floats = logits.astype(np.float64)
    logp -= logp.max(-1, keepdims=True)
    logp -= np.log(np.exp(logp).sum(-1, keepdims=True))
    return logp


class _Beginning(NamedTuple):
    """A text that beam search may go on with, and the log-probability (nats) of its tokens."""

    ids: tuple[int, ...]
    total: float


def beam(
    model: Continues,
    logits: Floats,
    text: OpenText,
    decoding: Decoding,
    end: int,
    enough: Enough,
    *,
    length_penalty: float = 1.0,
) -> Decoded:
    """Return the best of `beams` ways to go on with one text, whose next token has `logits` (1, V)."""
    width = decoding.beams or 1
    alive, finished = [_Beginning((), 0.0)], list[_Beginning]()
    if text.limit < 1:
        return Decoded([], "length", 0)

    def worth(one: _Beginning) -> float:
        return float(one.total / len(one.ids) ** length_penalty)

    while alive and len(alive[0].ids) < text.limit:
        logp = _log_softmax(logits)
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
            model.select(parents)
            logits = model.step([one.ids[-1] for one in alive])
    best = max([*finished, *alive], key=worth)  # cut at its limit, a text may still be the best
    return _reply(list(best.ids), end, ended=best in finished)


def _candidates(logp: Floats, alive: Sequence[_Beginning], width: int) -> list[tuple[_Beginning, int]]:
    """Return the 2 · width best beginnings of one token more, and which of `alive` each goes on with.

    Twice as many, since every beginning has one way to end at most: `width` of them go on.
    """
    total = (logp + np.array([[one.total] for one in alive])).ravel()  # (beams · V,)
    count = min(2 * width, len(total))
    best = np.argpartition(-total, count - 1)[:count]
    found = []
    for place in best[(-total[best]).argsort(kind="stable")].tolist():
        parent, token = divmod(place, logp.shape[-1])
        found.append((_Beginning((*alive[parent].ids, token), float(total[place])), parent))
    return found


def _reply(ids: list[int], end: int, *, ended: bool) -> Decoded:
    said = ids[:-1] if ids and ids[-1] == end else ids
    return Decoded(said, "stop" if ended else "length", len(ids))
