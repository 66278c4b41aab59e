"""Log-probabilities of what an encoder-decoder says after a text: the text is encoded once for all options.

As lm-evaluation-harness has it: the prompt is the encoder's, the option alone the decoder's, without special
tokens, after the token that every reply starts with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.adapters.hf import batching as batches
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import batch
from harness.adapters.lm.likelihood import Sum
from harness.schema import Failure


@dataclass(slots=True, eq=False)
class EncoderText:
    """A text for the encoder, and what the decoder may say after it."""

    ids: tuple[int, ...]
    sums: list[Sum] = field(default_factory=list)


class PairReader:
    """Reads sums with one encoder-decoder."""

    road = "pair"

    def __init__(self, engine: Engine, pad: int, budget: BatchBudget) -> None:
        self.engine, self.pad, self.budget = engine, pad, budget
        config = engine.model.config
        start = engine.structure.get("decoder_start_token_id", getattr(config, "bos_token_id", None))
        self.start = pad if start is None else int(start)

    def read(self, sums: Iterable[Sum]) -> Iterator[Sum]:
        """Yield each sum, its total or its failure known, in the order in which batches finish."""
        sources: dict[tuple[int, ...], EncoderText] = {}
        for one in sums:
            prompt = tuple(one.ids[: one.first + 1])
            sources.setdefault(prompt, EncoderText(prompt)).sums.append(one)
        for part, totals, span in batches.run(sources.values(), self._forward, self.budget):
            for one in (one for source in part for one in source.sums):
                one.spans.add(span)
                if not isinstance(totals, Failure):
                    one.total = totals[one]
                yield one.ended(totals if isinstance(totals, Failure) else None)

    def _forward(self, part: Sequence[EncoderText]) -> dict[Sum, float]:
        """Return the total (nats) of each of the sources' sums."""
        engine, torch = self.engine, self.engine.torch
        ids, mask = batch(torch, [source.ids for source in part], self.pad, engine.device)
        rows = [(n, one) for n, source in enumerate(part) for one in source.sums]
        said, _ = batch(torch, [[self.start, *one.targets[:-1]] for _, one in rows], self.pad, engine.device)
        at = [
            (row, column, token)
            for row, (_, one) in enumerate(rows)
            for column, token in enumerate(one.targets)
        ]
        places = [row for row, _, _ in at], [column for _, column, _ in at]
        with torch.inference_mode():
            states = engine.model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
            whose = torch.tensor([n for n, _ in rows], device=states.device)
            logits = engine.logits(
                *places,
                encoder_outputs=engine.transformers.modeling_outputs.BaseModelOutput(states[whose]),
                attention_mask=mask[whose],
                decoder_input_ids=said,
                use_cache=False,
            ).float()
            tokens = torch.tensor([token for _, _, token in at], device=logits.device)
            logp = (logits.gather(1, tokens[:, None])[:, 0] - logits.logsumexp(-1)).tolist()
        return _summed(rows, at, logp)


def _summed(rows: Sequence[tuple[int, Sum]], at: Sequence[Any], logp: Sequence[float]) -> dict[Sum, float]:
    totals = dict.fromkeys((one for _, one in rows), 0.0)
    for (row, _, _), value in zip(at, logp, strict=True):
        totals[rows[row][1]] += value
    return totals
