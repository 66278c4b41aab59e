"""Language models run here, by transformers: likelihoods of options and of texts, replies, and embeddings.

How an option is scored is lm-evaluation-harness's convention, so that the figures are the same: the
prompt and `prompt + delimiter + option` are each tokenised whole (`encode` puts in what the tokenizer
puts in by itself, a BOS for instance, unless the text already begins with it); the option is what the
second has after the length of the first; blanks at the prompt's end, a chat header's newline too,
belong to the option. Its score is the sum of its tokens' log-probabilities in nats, from a float32
log-softmax. An empty prompt begins with BOS, or with the end token where there is no BOS.

A text's likelihood is that of its windows, rolled over it as lm-evaluation-harness does. A sentence's
embedding is pooled from the last hidden states; that of a model with or without a head is the same.

A window of requests is cut into rows, sorted by length, and run `batch_size` rows at a time. Options
that differ only in their last token ask for the same row, and share it; so do equal sentences.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from harness.adapters import _hf_embedding as embedding
from harness.adapters import _hf_generating as generating
from harness.adapters import _hf_likelihood as likelihood
from harness.adapters import _hf_loading as loading
from harness.adapters import _hf_tokens as tokenising
from harness.adapters._hf_generating import Span
from harness.adapters.bare import field_text
from harness.adapters.windows import windows
from harness.errors import HarnessError
from harness.schema import Decoding, Failure, Profile, Request, Response

BATCH_SIZE = 8
MAX_TOKENS = 32
WINDOW = 64  # requests pulled at a time, once the first batch is answered
CONTEXT = 2048  # of a text's window where the model names no limit: lm-evaluation-harness's default


class HasIds(Protocol):
    """Tokens that a forward pass reads."""

    @property
    def ids(self) -> Sequence[int]:
        """The tokens, in order."""


Made = TypeVar("Made")
_Way = Callable[[Sequence[Request]], Iterator[Response]]
Row = TypeVar("Row", bound=HasIds)


class HuggingFace:
    """Answers with one model, loaded on first use: for `embed` without a head, else a causal one.

    `choose` and `score` are likelihoods; `extract`, `tag` and `rate` are written as text, as `generate` is.
    """

    def __init__(self, profile: Profile) -> None:
        """Remember the profile.

        Settings: `dtype`, `pooling` (of `embed`: mean, cls or last).
        Knobs: `device`, `batch_size`, `attention`.
        """
        self.profile = profile
        self.pooling: embedding.Pooling = profile.settings.get("pooling") or "mean"
        self.batch_size = max(1, int(profile.settings.get("batch_size") or BATCH_SIZE))
        self._commit: str | None = None
        self._tokens: tokenising.Tokens | None = None
        self._engine: loading.Engine | None = None
        self._encoder: embedding.Encoder | None = None

    @property
    def tokens(self) -> tokenising.Tokens:
        """Return the tokenizer, loading it on the first read."""
        if self._tokens is None:
            self._tokens = loading.load_tokens(self.profile, self._commit)
        return self._tokens

    @property
    def engine(self) -> loading.Engine:
        """Return the loaded causal model, loading it on the first read."""
        if self._engine is None:
            self._engine = loading.load_engine(self.profile, self.tokens, self._commit)
        return self._engine

    @property
    def encoder(self) -> embedding.Encoder:
        """Return the loaded model without a head, loading it on the first read."""
        if self._encoder is None:
            self._encoder = embedding.load_encoder(self.profile, self.tokens, self._commit)
        return self._encoder

    @property
    def _loaded(self) -> loading.Engine | embedding.Encoder:
        """Whichever model is there: if both, they are on one device."""
        return self._encoder or self.engine

    def prepare(self) -> None:
        """Load the tokenizer and the model that will be asked."""
        _ = self.encoder if self.profile.ask == "embed" else self.engine

    def identity(self) -> Mapping[str, str]:
        """Return the hub's `revision`, which is then what is loaded, or the directory's `sha256`."""
        known = loading.identity(self.profile)
        self._commit = known.get("revision")
        return known

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens left out."""
        return len(self.tokens.encode([text], special=False)[0])

    def close(self) -> None:
        """Let go of the model and of the memory it held."""
        self._engine = self._encoder = self._tokens = None
        gc.collect()
        torch: Any = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, as its batches finish.

        Raises:
            Unavailable: the model cannot be loaded; nothing was answered.
        """
        for window in windows(requests, self.batch_size, max(WINDOW, 4 * self.batch_size)):
            by_way: dict[_Way, list[Request]] = {}
            for request in window:
                by_way.setdefault(self._way(request), []).append(request)
            for way, alike in by_way.items():
                yield from way(alike)

    def _way(self, request: Request) -> _Way:
        """Return the method that answers the request."""
        if request.ask == "embed":
            return self._embed
        if request.ask == "score":
            return self._read
        compares = request.ask == "choose" and self.profile.choose_by == "logprobs"
        return self._choose if compares else self._generate

    # ---- choose and score -------------------------------------------------------------------------

    def _choose(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._summed(requests, self._choice)

    def _read(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._summed(requests, self._passage)

    def _summed(
        self, requests: Sequence[Request], prepare: Callable[[Request], likelihood.Summed]
    ) -> Iterator[Response]:
        _ = self.engine  # a model that cannot be loaded is nobody's failed request
        owners: list[likelihood.Summed] = []
        for request in requests:
            prepared = self._prepared(request, prepare)
            if isinstance(prepared, Response):
                yield prepared
            elif prepared.left:
                owners.append(prepared)
            else:  # nothing is read of an empty text
                yield prepared.response(self.profile.normalise)
        for row, sums, span in self._run(likelihood.shared(owners), self._score, self.batch_size):
            for number, want in enumerate(row.wants):
                failure = sums if isinstance(sums, Failure) else None
                want.owner.settle(want.pair, failure or sums[number], span)
                if not want.owner.left:
                    yield want.owner.response(self.profile.normalise)

    def _passage(self, request: Request) -> likelihood.Passage:
        """Return the request's text in windows of tokens."""
        ids, start = self.tokens.passage(field_text(request.example, "text"))
        return likelihood.Passage(request, likelihood.windows(ids, start, self.engine.context or CONTEXT))

    def _choice(self, request: Request) -> likelihood.Choice:
        """Return the request's options in tokens, with as many whole shots as fit, then cut."""
        if not request.options:
            raise tokenising.RequestError("no_options", "there is nothing to choose from")
        delimiter = "" if self.profile.chat else request.parts.delimiter
        continuations = [delimiter + option.text for option in request.options]
        context = self.engine.context
        for dropped, prompt in enumerate(self.tokens.prompts(request)):
            pairs = self.tokens.split(prompt, continuations)
            # The last token is predicted, never read, so it needs no place in the context.
            room = None if context is None else context + 1 - max(len(pair.option) for pair in pairs)
            if room is None or all(len(pair.prompt) <= room for pair in pairs):
                return likelihood.Choice(request, pairs, truncated=dropped > 0)
        if room is not None and room < 1:
            raise tokenising.RequestError("too_long", "an option is longer than the context")
        cut = [tokenising.Pair(self.tokens.cut(pair.prompt, room or 1), pair.option) for pair in pairs]
        return likelihood.Choice(request, cut, truncated=True)

    def _score(self, rows: Sequence[likelihood.Row]) -> list[list[float] | Failure]:
        """Return, for each row, the summed log-probability (nats) of each pair that reads it."""
        engine = self.engine
        torch = engine.torch
        keep = sorted({position for row in rows for position in row.positions})
        column = {position: number for number, position in enumerate(keep)}
        ids, mask = self._padded([list(row.ids) for row in rows], left=False)
        with torch.inference_mode():
            logits = self._logits(ids, mask, keep)  # (B, K, V)
            sums = []
            for number, row in enumerate(rows):
                chosen = logits[number, [column[position] for position in row.positions]]
                logp = chosen.float().log_softmax(-1)  # (P, V): the predictions of the row's last P tokens
                for want in row.wants:
                    targets = torch.tensor(want.targets, device=logp.device)[:, None]
                    sums.append(logp[-len(want.targets) :].gather(1, targets).sum())
            flat = iter(torch.stack(sums).tolist())
        answers = [[next(flat) for _ in row.wants] for row in rows]
        return [_BROKEN if any(map(math.isnan, values)) else values for values in answers]

    def _logits(self, ids: Any, mask: Any, keep: list[int]) -> Any:
        """Return the logits (B, K, V) of the positions `keep`, asking the model for no others if it can."""
        engine = self.engine
        kept = engine.torch.tensor(keep, device=engine.device)
        slices = {"logits_to_keep": kept} if engine.slices else {}
        logits = engine.model(input_ids=ids, attention_mask=mask, use_cache=False, **slices).logits
        return logits if engine.slices else logits[:, kept]

    def _padded(self, rows: list[list[int]], *, left: bool) -> tuple[Any, Any]:
        """Return ids and attention mask, both (B, T), padded on one side."""
        torch, device = self._loaded.torch, self._loaded.device
        width, pad = max(map(len, rows)), self.tokens.pad
        gaps = [width - len(row) for row in rows]
        if left:
            ids = [[pad] * gap + row for gap, row in zip(gaps, rows, strict=True)]
            mask = [[0] * gap + [1] * (width - gap) for gap in gaps]
        else:
            ids = [row + [pad] * gap for gap, row in zip(gaps, rows, strict=True)]
            mask = [[1] * (width - gap) + [0] * gap for gap in gaps]
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)

    # ---- generate ---------------------------------------------------------------------------------

    def _generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        _ = self.engine
        alike: dict[Any, list[generating.Prompt]] = {}
        for request in requests:
            prepared = self._prepared(request, self._prompt)
            if isinstance(prepared, Response):
                yield prepared
                continue
            # A repetition penalty sees padding as text that was repeated: no padding there.
            length = len(prepared.ids) if request.decoding.repetition_penalty else None
            alike.setdefault((request.decoding, length), []).append(prepared)
        for (decoding, _), prompts in alike.items():
            size = 1 if decoding.temperature else self.batch_size
            for prompt, reply, span in self._run(prompts, self._write, size):
                yield prompt.response(reply, span)

    def _prompt(self, request: Request) -> generating.Prompt:
        """Return the prompt in tokens, with as many whole shots as fit, then cut.

        The context keeps room for `max_tokens` new tokens, but never more than half of it.
        """
        new, context = request.decoding.max_tokens or MAX_TOKENS, self.engine.context
        room = sys.maxsize if context is None else max(context - new, context // 2)
        for dropped, prompt in enumerate(self.tokens.prompts(request)):
            ids = self.tokens.of(prompt)
            truncated = dropped > 0 or len(ids) > room
            if len(ids) <= room:
                break
        ids = self.tokens.cut(ids, room)
        return generating.Prompt(
            request, ids, new if context is None else min(new, context - len(ids)), truncated
        )

    def _write(self, prompts: Sequence[generating.Prompt]) -> list[generating.Reply | Failure]:
        """Return each prompt's reply. All share one decoding; a sampled one comes alone."""
        engine, decoding = self.engine, prompts[0].request.decoding
        ids, mask = self._padded([prompt.ids for prompt in prompts], left=True)
        guard = generating.NanGuard()
        brake = generating.Brake(engine, self.tokens, prompts)
        with engine.torch.inference_mode(), generating.seeded(engine, prompts[0].request):
            written = engine.model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=self._config(decoding, brake),
                logits_processor=[guard],
                stopping_criteria=[] if (decoding.beams or 1) > 1 else [brake],
            )  # (B, T + new)
        rows = written[:, ids.shape[1] :].tolist()
        broken = guard.rows(len(rows))
        return [_BROKEN if broken[n] else brake.reply(n, row) for n, row in enumerate(rows)]

    def _config(self, decoding: Decoding, brake: generating.Brake) -> Any:
        """Return what `generate` is told: all that was asked, and nothing that was not."""
        asked: dict[str, Any] = {
            "max_new_tokens": max(brake.limits),
            "num_beams": decoding.beams or 1,
            "do_sample": bool(decoding.temperature),
            "repetition_penalty": decoding.repetition_penalty,
            "eos_token_id": sorted(brake.ends) or None,
            "pad_token_id": self.tokens.pad,
        }
        if decoding.temperature:
            asked["temperature"] = decoding.temperature
            asked["top_k"] = max(decoding.top_k or 0, 0)  # 0 is off; left out it would be 50
            asked["top_p"] = 1.0 if decoding.top_p is None else decoding.top_p
            asked["min_p"] = decoding.min_p
        return self.engine.transformers.GenerationConfig(**asked)

    # ---- embed ------------------------------------------------------------------------------------

    def _embed(self, requests: Sequence[Request]) -> Iterator[Response]:
        _ = self.encoder
        comparisons: list[embedding.Comparison] = []
        for request in requests:
            prepared = self._prepared(request, self._comparison)
            if isinstance(prepared, Response):
                yield prepared
            else:
                comparisons.append(prepared)
        for row, vector, span in self._run(embedding.shared(comparisons), self._vectors, self.batch_size):
            for comparison, side in row.wants:
                comparison.settle(side, vector, span)
                if not comparison.left:
                    yield comparison.response()

    def _comparison(self, request: Request) -> embedding.Comparison:
        """Return the request's two sentences in tokens, their ends cut where they are too long."""
        texts = [field_text(request.example, name) for name in ("sentence1", "sentence2")]
        (left, cut_left), (right, cut_right) = (
            self.tokens.sentence(text, self.encoder.context) for text in texts
        )
        return embedding.Comparison(request, (left, right), cut_left or cut_right)

    def _vectors(self, rows: Sequence[embedding.Sentence]) -> list[Any]:
        """Return each sentence's vector (D,) of length 1, or a Failure."""
        encoder = self.encoder
        ids, mask = self._padded([list(row.ids) for row in rows], left=False)
        with encoder.torch.inference_mode():
            states = encoder.model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, D)
            found = embedding.pooled(encoder.torch, states, mask, self.pooling).cpu()
        broken = found.isnan().any(-1).tolist()
        return [_BROKEN if broken[n] else vector for n, vector in enumerate(found)]

    # ---- batches and failures ---------------------------------------------------------------------

    def _prepared(self, request: Request, prepare: Callable[[Request], Made]) -> Made | Response:
        """Return the request in tokens, or the Response that says why it cannot be."""
        try:
            return prepare(request)
        except HarnessError:
            raise
        except Exception as error:
            failure = _failure(error)
        if failure.kind == "too_long":
            return Response(request.key, finish="too_long")
        return Response(request.key, error=failure)

    def _run(
        self, rows: Iterable[Row], forward: Callable[[Sequence[Row]], list[Any]], size: int
    ) -> Iterator[tuple[Row, Any, Span]]:
        """Yield each row with its answer or Failure, longest rows first, so that memory fails early."""
        waiting = sorted(rows, key=lambda row: -len(row.ids))
        while waiting:
            taken = min(size, self.batch_size)
            batch, waiting = waiting[:taken], waiting[taken:]
            yield from self._attempt(batch, forward)

    def _attempt(
        self, batch: Sequence[Row], forward: Callable[[Sequence[Row]], list[Any]]
    ) -> Iterator[tuple[Row, Any, Span]]:
        """Run a batch; one that fails is halved until only the rows at fault are left.

        Where memory was short, later batches are halved too.
        """
        began = time.perf_counter()
        try:
            answers = forward(batch)
        except Exception as error:
            failure = _failure(error)
        else:
            span = (began, time.perf_counter())
            yield from ((row, answer, span) for row, answer in zip(batch, answers, strict=True))
            return
        if len(batch) == 1:
            yield batch[0], failure, (began, time.perf_counter())
            return
        half = len(batch) // 2
        if failure.kind == "out_of_memory":
            self.batch_size = max(1, min(self.batch_size, half))
            self._free()
        yield from self._run(batch, forward, half)

    def _free(self) -> None:
        if self._loaded.device.type == "cuda":
            self._loaded.torch.cuda.empty_cache()


_BROKEN = Failure("nan", "the model's logits are not numbers (NaN)")


def _failure(error: Exception) -> Failure:
    """Return the failure of a request: its kind is `out_of_memory`, one of ours, or `error`."""
    if isinstance(error, tokenising.RequestError):
        return Failure(error.kind, str(error))
    said = str(error).lower()
    short = any(words in said for words in ("out of memory", "not enough memory", "can't allocate memory"))
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and short):
        return Failure("out_of_memory", loading.one_line(error))
    return Failure("error", f"{type(error).__name__}: {loading.one_line(error)}")
