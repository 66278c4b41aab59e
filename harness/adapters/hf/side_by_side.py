"""Replies to many short questions on one long text, in one row: its keys and values stand there once.

A batch of rows that go on from one long past would copy it a row. Here the questions stand side by side
behind it, a mask lets each token see the text and its own question and reply, and its position is the one
that it has in its own prompt. A step reads one token of every reply that is still being written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import PastKeyValues

LONG = 512  # tokens of a past from which its copies cost more than a mask


class SideBySide:
    """Rows of a batch in one: whose each token behind the past is, and which position it has there."""

    def __init__(self, engine: Engine, past: PastKeyValues) -> None:
        """Go on from the one row of `past`, which stays as it is."""
        from harness.adapters.hf.growing_cache import roomy

        self.engine, self.past = engine, roomy(past.rows([0]))
        self.seen = past.mask[0].bool()
        self.owners: list[int] = []
        self.lengths: dict[int, int] = {}

    def read(self, pieces: Sequence[tuple[int, Sequence[int]]]) -> Any:
        """Read the next tokens of some rows, by their numbers; return the logits (N, V) of what follows."""
        ids, positions, ends = list[int](), list[int](), list[int]()
        first = len(self.owners)
        for row, tokens in pieces:
            begin = self.lengths.get(row, self.past.lengths[0])
            positions += range(begin, begin + len(tokens))
            self.lengths[row] = begin + len(tokens)
            self.owners += [row] * len(tokens)
            ids += tokens
            ends.append(len(ids) - 1)
        torch, device = self.engine.torch, self.engine.device
        inputs = {
            "input_ids": torch.tensor([ids], device=device),
            "attention_mask": self._mask(first),
            "position_ids": torch.tensor([positions], device=device),
            str(self.engine.cache_name): self.past.cache,
            "use_cache": True,
        }
        return self.engine.logits([0] * len(ends), ends, **inputs)

    def _mask(self, first: int) -> Any:
        """Return what is added to the scores (1, 1, T, past + all) of each token from place `first` on."""
        torch, device = self.engine.torch, self.engine.device
        owners = torch.tensor(self.owners, device=device)
        places = torch.arange(len(self.owners), device=device)
        own = (owners[first:, None] == owners) & (places[first:, None] >= places)
        seen = torch.cat([self.seen.expand(len(own), -1), own], 1)
        dtype = self.engine.model.dtype
        mask = torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill(~seen, torch.finfo(dtype).min)
        return mask[None, None]
