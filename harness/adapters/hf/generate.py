"""Replies by transformers' own `generate`: beams, encoder-decoders, and models with a recurrent state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from harness.adapters.hf import batching as batches
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.constrained import Grammars, Held
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import batch
from harness.adapters.hf.sampling import deductions
from harness.adapters.hf.token_by_token import Written
from harness.adapters.lm.errors import BROKEN
from harness.adapters.lm.stopping import GeneratedReply, OpenReply, TokenPrompt
from harness.adapters.lm.tokenizer import Tokens
from harness.schema import Decoding, Failure, Request


class Generator:
    """Writes replies with one model by `generate`, prompts of one decoding at a time."""

    def __init__(
        self, engine: Engine, tokens: Tokens, budget: BatchBudget, grammars: Grammars | None = None
    ) -> None:
        """`grammars` hold replies to a form, where one is asked for."""
        self.engine, self.tokens, self.budget, self.grammars = engine, tokens, budget, grammars

    def write(self, prompts: Iterable[TokenPrompt]) -> Iterator[Written]:
        """Yield each prompt with its reply, in the order in which batches finish."""
        alike: dict[Any, list[TokenPrompt]] = {}
        for prompt in prompts:
            decoding = prompt.request.decoding
            # A repetition penalty sees padding as text that was repeated: no padding there.
            length = len(prompt.ids) if decoding.repetition_penalty else None
            alike.setdefault((decoding, length), []).append(prompt)
        for (decoding, _), group in alike.items():
            alone = replace(self.budget, rows=1, named=True)  # a draw that only its own seed decides
            budget = alone if decoding.temperature else self.budget
            for part, replies, span in batches.run(group, self._forward, budget):
                for n, prompt in enumerate(part):
                    yield prompt, replies if isinstance(replies, Failure) else replies[n], span

    def _forward(self, prompts: Sequence[TokenPrompt]) -> list[GeneratedReply | Failure]:
        """Return each prompt's reply. All share one decoding; a sampled one comes alone."""
        engine, decoding = self.engine, prompts[0].request.decoding
        ids, mask = batch(
            engine.torch,
            [prompt.ids for prompt in prompts],
            self.tokens.pad,
            engine.device,
            left=not engine.pair,
        )
        guard, lines = NanGuard(), [OpenReply(prompt, self.tokens, engine.ends) for prompt in prompts]
        brake = Brake(engine.torch, lines)
        beams = (decoding.beams or 1) > 1
        start = 0 if engine.pair else ids.shape[1]
        with engine.torch.inference_mode(), seeded(engine, prompts[0].request):
            written = engine.model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=self._config(decoding, lines),
                logits_processor=[guard, *self._penalties(decoding, start), *self._held(prompts, start)],
                stopping_criteria=[] if beams else [brake],
            )  # (B, T + new), or (B, start token + new) of a decoder
        rows = written[:, 1 if engine.pair else start :].tolist()
        broken = guard.rows(len(rows))
        fresh = [OpenReply(prompt, self.tokens, engine.ends) for prompt in prompts]
        return [BROKEN if broken[n] else line.whole(rows[n]) for n, line in enumerate(fresh)]

    def _held(self, prompts: Sequence[TokenPrompt], start: int) -> list[Any]:
        """Return what holds replies to their form, none where no reply has one."""
        constraints = [None if self.grammars is None else self.grammars.of(prompt) for prompt in prompts]
        if not any(constraints):
            return []
        beams = prompts[0].request.decoding.beams or 1
        return [Held(self.engine.torch, constraints, beams, start or 1)]

    def _config(self, decoding: Decoding, lines: Sequence[OpenReply]) -> Any:
        """Return what `generate` is told: all that was asked, and nothing that was not."""
        asked: dict[str, Any] = {
            **self.engine.structure,
            "max_new_tokens": max(line.prompt.new for line in lines),
            "num_beams": decoding.beams or 1,
            "do_sample": bool(decoding.temperature),
            "repetition_penalty": decoding.repetition_penalty,
            "min_new_tokens": decoding.min_tokens,
            "no_repeat_ngram_size": decoding.no_repeat_ngram_size,
            "eos_token_id": sorted({*self.engine.ends, *lines[0].marks}) or None,
            "pad_token_id": self.tokens.pad,
        }
        if decoding.length_penalty is not None and (decoding.beams or 1) > 1:
            asked["length_penalty"] = decoding.length_penalty
        if decoding.temperature:
            asked["temperature"] = decoding.temperature
            asked["top_k"] = max(decoding.top_k or 0, 0)  # 0 is off; left out it would be 50
            asked["top_p"] = 1.0 if decoding.top_p is None else decoding.top_p
            asked["min_p"] = decoding.min_p
        return self.engine.transformers.GenerationConfig(**asked)

    def _penalties(self, decoding: Decoding, start: int) -> list[Any]:
        """Return what takes the frequency and presence penalties off; `generate` has only the other one."""
        if not (decoding.frequency_penalty or decoding.presence_penalty):
            return []
        torch, skipped = self.engine.torch, start or 1

        def penalise(input_ids: Any, scores: Any) -> Any:
            scores = scores.clone()
            for row, written in zip(scores, input_ids[:, skipped:].tolist(), strict=True):
                tokens, marks = deductions(decoding, written)
                if tokens:
                    row[tokens] -= torch.tensor(marks, dtype=row.dtype, device=row.device)
            return scores

        return [penalise]


class Brake:
    """Stops each row of `generate` at its own end."""

    def __init__(self, torch: Any, lines: Sequence[OpenReply]) -> None:
        self.torch, self.lines = torch, lines

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Return which rows of `input_ids` (B, T) have ended, (B,)."""
        for line, token in zip(self.lines, input_ids[:, -1].tolist(), strict=True):
            if not line.ended:
                line.take(token)
        return self.torch.tensor([line.ended for line in self.lines], device=input_ids.device)


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
