"""The next token of one row of a model of transformers: penalties, the cuts, a draw.

The repetition penalty (over prompt and reply) and what follows the temperature are `models.decoding`'s, which
gives their order. Between the two come the frequency and presence penalties, OpenAI's, over the reply alone.
vLLM and some servers cut before they divide by the temperature, so that the same numbers mean something else.

A draw reads one number of the row's own generator, in double precision and on the CPU: batch, order and
device have no say in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.adapters.hf.constrained import Constraint
from harness.models import decoding as drawing
from harness.schema import Decoding, Request


class Sampler:
    """Chooses the tokens of one row."""

    def __init__(
        self, torch: Any, request: Request, prompt: Sequence[int], held: Constraint | None = None
    ) -> None:
        """The seed is the request's, moved by the one that the decoding names; `held` bounds the reply."""
        self.torch, self.decoding = torch, request.decoding
        self.generator = torch.Generator().manual_seed((request.seed + (request.decoding.seed or 0)) % 2**63)
        self.prompt, self.held = prompt, held

    @property
    def plain(self) -> bool:
        """Whether it always takes the likeliest token as the model has it."""
        decoding = self.decoding
        repetition = decoding.repetition_penalty not in (None, 1)
        penalised = repetition or decoding.presence_penalty or decoding.frequency_penalty
        return not (decoding.temperature or penalised or self.held is not None)

    def token(self, scores: Any, written: Sequence[int]) -> int:
        """Return the next token after `written`, of logits (V,) in float32 on the CPU, left as they are.

        Of a reply that is held to a form it is one that the form allows, which is told of it.
        """
        token = self._chosen(scores, written)
        if self.held is not None:
            self.held.take(token)
        return token

    def _chosen(self, scores: Any, written: Sequence[int]) -> int:
        penalty = self.decoding.repetition_penalty or 1.0
        logits = drawing.penalised(scores[None].numpy(), [[*self.prompt, *written]], penalty)  # (1, V)
        tokens, marks = deductions(self.decoding, written)
        logits[0, tokens] -= marks
        if self.held is not None and (allowed := self.held.allowed(logits.shape[1])) is not None:
            logits[0, ~allowed] = -math.inf
        if not self.decoding.temperature:
            return int(logits.argmax())
        number = self.torch.rand((), generator=self.generator, dtype=self.torch.float64).item()
        return drawing.drawn(drawing.warped(logits, self.decoding), [number])[0]


def deductions(decoding: Decoding, written: Sequence[int]) -> tuple[list[int], list[float]]:
    """Return the tokens written so far, each once, and what their logits lose by frequency and presence."""
    frequency, presence = decoding.frequency_penalty or 0.0, decoding.presence_penalty or 0.0
    counts = Counter(written) if frequency or presence else {}
    return list(counts), [frequency * times + presence for times in counts.values()]
