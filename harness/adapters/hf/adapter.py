"""Language models run here, by transformers: likelihoods of options and of texts, replies, and embeddings.

How an option is scored is lm-evaluation-harness's convention, so that the figures are the same: the
prompt and `prompt + delimiter + option` are each tokenised whole (`encode` puts in what the tokenizer
puts in by itself, a BOS for instance, unless the text already begins with it); the option is what the
second has after the length of the first; blanks at the prompt's end, a chat header's newline too,
belong to the option. Its score is the sum of its tokens' log-probabilities in nats, from a float32
log-softmax. An empty prompt begins with BOS, or with the end token where there is no BOS.

A text's likelihood is that of its windows, rolled over it as lm-evaluation-harness does. A sentence's
embedding is pooled from the last hidden states; that of a model with or without a head is the same.

A window of requests is planned as a whole: what rows begin with is read once (`hf.prefixes`), batches
hold as many tokens as fit a budget, longest rows first, and are halved where memory is short
(`hf.batches`). Options that differ only in their last token ask for the same row, and share it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Literal, TypeVar, cast

from harness.adapters.base import Adapter
from harness.adapters.batching import Lookahead, windows
from harness.adapters.fields import field_text
from harness.adapters.hf import batching as batches
from harness.adapters.hf import embedding as embeddings
from harness.adapters.hf import heads, loading
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.constrained import Grammars
from harness.adapters.hf.encoder_decoder import PairReader
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import batch
from harness.adapters.hf.generate import Generator
from harness.adapters.hf.logprob_reader import LogprobReader
from harness.adapters.hf.running_writer import RunningWriter
from harness.adapters.hf.token_by_token import Writer
from harness.adapters.lm import likelihood
from harness.adapters.lm import model_files as places
from harness.adapters.lm import truncation as fitting
from harness.adapters.lm.errors import BROKEN, refusal
from harness.adapters.lm.loaded_parts import LoadedParts
from harness.adapters.lm.stopping import TokenPrompt
from harness.adapters.lm.tokenizer import Tokens
from harness.errors import HarnessError, Unavailable
from harness.schema import (
    CHOOSING,
    WRITTEN,
    Corpus,
    Decoding,
    Failure,
    Profile,
    Request,
    Response,
    Scored,
    Timing,
)

FIRST, WINDOW = 16, 128  # requests pulled at a time: few at first, that the first answers come soon
# Tokens of one forward pass, and of a batch's caches. A CPU gains nothing by more: its caches are full.
CPU, GPU = (1024, 16_384), (16_384, 131_072)
# Bytes of keys and values that a CPU may hold instead, where a model says what a token takes.
HELD = 2 * 2**30

Made = TypeVar("Made")
_Way = Callable[[Sequence[Request]], Iterator[Response]]


LONG_TEXT = 1000  # characters with which two prompts begin alike, from which they are asked together


def _whole(decoding: Decoding) -> bool:
    """Return whether `generate` is needed: beams, or what looks at a whole text before each token."""
    return bool((decoding.beams or 1) > 1 or decoding.min_tokens or decoding.no_repeat_ngram_size)


def _on_one_text(last: Request, following: Request) -> bool:
    """Return whether two prompts begin with the same long text, which one window reads once."""
    if last.ask not in WRITTEN or len(last.prompt) < LONG_TEXT:
        return False
    return last.prompt[:LONG_TEXT] == following.prompt[:LONG_TEXT]


class HuggingFace(Adapter):
    """Answers with one model, loaded on first use: for `embed` without a head, else one that writes.

    `choose` and `score` are likelihoods; `extract`, `tag` and `rate` are written as text, as `generate` is.
    A model whose own head answers what is asked (`hf.heads`) is asked that.
    """

    def __init__(self, profile: Profile, parts: LoadedParts | None = None) -> None:
        """Remember the profile, and what another task of the same model has loaded.

        Settings: `dtype`, `pooling` (of embeddings: mean, cls or last; without it what the model's
        `modules.json` says, else mean), `query_prefix` and `passage_prefix` (before what is embedded; both
        sentences of `embed` are queries), `quantisation` (4bit, 8bit), `lora` (an adapter's directory),
        `reasoning_headroom` (tokens that a thought may take beside `max_tokens`),
        `labels` (of a head's classes: CLASS=OPTION each).
        Knobs: `device`, `device_map`, `batch_size` (rows, or auto: as many as fit a budget of tokens),
        `attention`.
        """
        self.profile = profile
        self._parts = parts or LoadedParts(profile)
        self._made: dict[str, Any] = {}
        self._corpus: Corpus | None = None
        self._vectors_of: Any = None
        self._windows: Lookahead[list[Request]] = Lookahead(())

    @property
    def _embeds(self) -> bool:
        """Return whether texts become vectors, by the model without a head."""
        return self.profile.ask in ("embed", "retrieve")

    @property
    def pooling(self) -> embeddings.Pooling:
        """Return how token vectors become one: as is said, else as the model was trained, else their mean."""
        return cast(
            "embeddings.Pooling", self.profile.settings.get("pooling") or self.encoder.pooling or "mean"
        )

    @property
    def tokens(self) -> Tokens:
        """Return the tokenizer, loading it on the first read."""
        found: Tokens = self._once("tokens", lambda: loading.load_tokens(self.profile, self._parts))
        return found

    @property
    def engine(self) -> Engine:
        """Return the loaded model that writes, loading it on the first read."""
        found: Engine = self._once(
            "engine", lambda: loading.load_engine(self.profile, self.tokens, self._parts)
        )
        return found

    @property
    def encoder(self) -> embeddings.Encoder:
        """Return the loaded model without a head, loading it on the first read."""
        found: embeddings.Encoder = self._once(
            "encoder", lambda: embeddings.load_encoder(self.profile, self.tokens, self._parts)
        )
        return found

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @property
    def head(self) -> heads.Head | None:
        """Return the model with the head that answers what is asked, None where a text must say it."""
        found: heads.Head | None = self._once(
            "head", lambda: heads.load(self.profile, self.tokens, self._parts)
        )
        return found

    @cached_property
    def budget(self) -> BatchBudget:
        """How much one forward pass may read, on the device of the model that is asked."""
        loaded = self.encoder if self._embeds else self.head or self.engine
        tokens, held = CPU if loaded.device.type == "cpu" else GPU
        if loaded.device.type == "cpu" and isinstance(loaded, Engine) and loaded.token_bytes:
            held = max(tokens, HELD // loaded.token_bytes)
        size = self.profile.settings.get("batch_size") or "auto"
        rows = None if size == "auto" else max(1, int(size))
        return BatchBudget(tokens, held, rows, free=loaded.free, named=rows is not None)

    @property
    def reader(self) -> LogprobReader | PairReader:
        """Return what reads likelihoods."""
        pad = self.tokens.pad
        kind: Any = PairReader if self.engine.pair else LogprobReader
        found: LogprobReader | PairReader = self._once("reader", lambda: kind(self.engine, pad, self.budget))
        return found

    def prepare(self) -> None:
        """Load the tokenizer and the model that will be asked, and try what it can.

        Raises:
            Unavailable: as `loading.load_engine`.
        """
        if self._embeds:
            _ = self.encoder
        elif self.head is not None:
            return
        elif self.profile.ask == "score" and self.engine.pair:
            raise Unavailable(
                f"{self.profile.model} is an encoder-decoder, which reads a text whole: it has no likelihood"
            )
        else:
            _ = self.reader

    def loaded(self) -> Mapping[str, Any]:
        """Return device, dtype, how likelihoods are read, and a system text that the template adds."""
        model: Any = self.encoder if self._embeds else self.head or self.engine
        facts: dict[str, Any] = {
            "device": str(model.device),
            "dtype": str(model.model.dtype).removeprefix("torch."),
        }
        if self._embeds:
            facts["pooling"] = self.pooling
        if isinstance(model, Engine):
            facts["road"] = self.reader.road
        return {**facts, **self.tokens.chat_facts()}

    def identity(self) -> Mapping[str, str]:
        """Return the hub's `revision`, which is then what is loaded, or the directory's `sha256`."""
        known = places.identity(self.profile)
        self._parts.commit = known.get("revision")
        held = self.profile.choose_by == "structured" and self.profile.ask in (*WRITTEN, *CHOOSING)
        return {**known, "constrained": "llguidance"} if held else known

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens left out."""
        return len(self.tokens.encode([text], special=False)[0])

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return each token of `text` in order: its id, and the part of the text that it stands for."""
        return self.tokens.pieces(text)

    def close(self) -> None:
        """Let go of the model and of the memory it held."""
        self._forget()
        self._parts.close()

    def another(self, profile: Profile) -> Adapter | None:
        """Return an adapter of the same model for another task; tokenizer and model are not loaded again."""
        parts = self._parts.handed_to(profile)
        if parts is None:
            return None
        self._forget()
        return HuggingFace(profile, parts)

    def _forget(self) -> None:
        self._made.clear()
        vars(self).pop("budget", None)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, as its batches finish.

        Raises:
            Unavailable: the model cannot be loaded; nothing was answered.
        """
        self._windows = Lookahead(windows(requests, FIRST, WINDOW, together=_on_one_text, idle=True))
        for window in self._windows:
            by_ask: dict[str, list[Request]] = {}
            for request in window:
                by_ask.setdefault(request.ask, []).append(request)
            for alike in by_ask.values():
                yield from self._way(alike[0])(alike)

    def _way(self, request: Request) -> _Way:
        """Return what answers the request and its like."""
        if request.ask == "embed" and self.profile.ask != "rate":  # a head may have learnt how alike they are
            return self._embed
        if request.ask == "retrieve":
            return self._retrieve
        if request.ask == "score":
            return self._read
        if self.head is not None:
            return partial(self.head.answer, budget=self.budget)
        compares = request.ask in CHOOSING and self.profile.choose_by == "logprobs"
        return self._choose if compares else self._generate

    # ---- choose and score -------------------------------------------------------------------------

    def _choose(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._summed(requests, partial(fitting.choice, tokens=self.tokens, engine=self.engine))

    def _read(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._summed(requests, partial(fitting.passage, tokens=self.tokens, engine=self.engine))

    def _summed(
        self, requests: Sequence[Request], prepare: Callable[[Request], likelihood.Summed]
    ) -> Iterator[Response]:
        owners: list[likelihood.Summed] = []
        for prepared in self._prepared(requests, prepare):
            if isinstance(prepared, Response):
                yield prepared
            elif prepared.left:
                owners.append(prepared)
            else:  # nothing is read of an empty text
                yield prepared.response(self.profile.normalise)
        for done in self.reader.read(one for owner in owners for one in owner.wanted()):
            owner: likelihood.Summed = done.owner
            owner.settle(done)
            if not owner.left:
                yield owner.response(self.profile.normalise)

    # ---- generate ---------------------------------------------------------------------------------

    def _generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        headroom = int(self.profile.settings.get("reasoning_headroom") or 0)
        grammars = self.grammars

        def prepare(request: Request) -> TokenPrompt:
            if grammars is not None:
                grammars.require(request)
            return fitting.prompt(request, tokens=self.tokens, engine=self.engine, headroom=headroom)

        by_road: dict[Any, list[TokenPrompt]] = {}
        for prepared in self._prepared(requests, prepare):
            if isinstance(prepared, Response):
                yield prepared
            else:
                road = self._generator if _whole(prepared.request.decoding) else self._writer
                by_road.setdefault(road, []).append(prepared)
        for road, prompts in by_road.items():
            alone = len(by_road) == 1 and isinstance(road, RunningWriter)
            refused: list[Response] = []
            written = (
                road.write(prompts, partial(self._more, prepare, refused)) if alone else road.write(prompts)
            )
            for prompt, reply, span in written:
                yield prompt.response(reply, span)
                yield from refused
                refused.clear()
            yield from refused

    def _more(
        self, prepare: Callable[[Request], TokenPrompt], refused: list[Response]
    ) -> list[TokenPrompt] | None:
        """Return the prompts of the next window, None where there is none now or it is answered otherwise."""
        window = self._windows.next_if(lambda window: all(map(self._runs_on, window)))
        if not window:
            return None
        prompts: list[TokenPrompt] = []
        for prepared in self._prepared(window, prepare):
            if isinstance(prepared, Response):
                refused.append(prepared)
            else:
                prompts.append(prepared)
        return prompts

    def _runs_on(self, request: Request) -> bool:
        """Return whether a request's reply is written in the running batch."""
        return self._way(request) == self._generate and not _whole(request.decoding)

    @property
    def grammars(self) -> Grammars | None:
        """Return what holds replies to options or a schema, None where the profile asks for no structure.

        Raises:
            Unavailable: llguidance is not there, or cannot read the tokenizer.
        """
        if self.profile.choose_by != "structured":
            return None
        engine = self.engine
        head = engine.model.get_output_embeddings()
        size = len(self.tokens.tokenizer) if head is None else int(head.weight.shape[0])
        ends = sorted(engine.ends)
        found: Grammars = self._once("grammars", lambda: Grammars(self.tokens, self.profile, size, ends))
        return found

    @property
    def _generator(self) -> Generator:
        found: Generator = self._once(
            "generator", lambda: Generator(self.engine, self.tokens, self.budget.whole(), self.grammars)
        )
        return found

    @property
    def _writer(self) -> Writer | Generator:
        """Return what writes replies token by token, or `generate` where a past cannot be gone on from."""
        if not (isinstance(self.reader, LogprobReader) and self.reader.road != "plain"):
            return self._generator
        found: Writer = self._once(
            "writer",
            lambda: RunningWriter(
                *(self.engine, self.tokens, self.budget),
                packs=self.reader.road == "packed",
                grammars=self.grammars,
            ),
        )
        return found

    # ---- embed ------------------------------------------------------------------------------------

    def _embed(self, requests: Sequence[Request]) -> Iterator[Response]:
        comparisons: list[embeddings.EmbeddingComparison] = []
        prefix = str(self.profile.settings.get("query_prefix") or "")
        prepare = partial(embeddings.comparison, tokens=self.tokens, encoder=self.encoder, prefix=prefix)
        for prepared in self._prepared(requests, prepare):
            if isinstance(prepared, Response):
                yield prepared
            else:
                comparisons.append(prepared)
        sentences = embeddings.shared(comparisons)
        for part, vectors, span in batches.run(sentences, self._vectors, self.budget):
            for n, row in enumerate(part):
                for comparison, side in row.wants:
                    comparison.settle(side, vectors if isinstance(vectors, Failure) else vectors[n], span)
                    if not comparison.left:
                        yield comparison.response()

    def _vectors(self, rows: Sequence[embeddings.Sentence]) -> list[Any]:
        """Return each sentence's vector (D,) of length 1, or a Failure."""
        encoder = self.encoder
        ids, mask = batch(encoder.torch, [row.ids for row in rows], self.tokens.pad, encoder.device)
        with encoder.torch.inference_mode():
            states = encoder.model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, D)
            found = embeddings.pooled(encoder.torch, states, mask, self.pooling).cpu()
        broken = found.isnan().any(-1).tolist()
        return [BROKEN if broken[n] else vector for n, vector in enumerate(found)]

    # ---- retrieve ---------------------------------------------------------------------------------

    def index(self, corpus: Corpus) -> None:
        """Embed the passages, `passage_prefix` before each.

        Raises:
            Unavailable: the model broke over one.
        """
        self._vectors_of = self.embedded("passage", corpus.texts)
        self._corpus = corpus

    def search(self, queries: Sequence[str], k: int) -> Iterator[list[Scored]]:
        """Yield the best `k` passages of each query by the cosine of their vectors.

        Raises:
            Unavailable: there is no corpus yet, or the model broke over a query.
        """
        from harness.models.ranked import searched

        if self._corpus is None:
            raise Unavailable(f"{self.profile.name} has no passages to look through")
        return searched(self.embedded("query", queries), self._vectors_of.T, self._corpus.ids, k)

    def _retrieve(self, requests: Sequence[Request]) -> Iterator[Response]:
        depth, began = self._corpus.depth if self._corpus else 0, time.perf_counter()
        found = list(self.search([field_text(one.example, "query") for one in requests], depth))
        seconds = time.perf_counter() - began
        for request, ranking in zip(requests, found, strict=True):
            yield Response(request.key, ranking=ranking, finish="stop", timing=Timing(e2e=seconds))

    def embedded(self, side: Literal["query", "passage"], texts: Sequence[str]) -> Any:
        """Return (N, D) vectors of length 1, float32; equal texts are read once."""
        import numpy as np

        prefix = str(self.profile.settings.get(f"{side}_prefix") or "")
        rows: dict[tuple[int, ...], embeddings.Sentence] = {}
        of_text = []
        for text in texts:
            ids = tuple(self.tokens.sentence(prefix + text, self.encoder.context)[0])
            rows.setdefault(ids, embeddings.Sentence(ids))
            of_text.append(ids)
        known: dict[tuple[int, ...], Any] = {}
        for part, vectors, _ in batches.run(rows.values(), self._vectors, self.budget):
            for n, row in enumerate(part):
                vector = vectors if isinstance(vectors, Failure) else vectors[n]
                if isinstance(vector, Failure):
                    raise Unavailable(f"{self.profile.name} cannot embed a {side}: {vector.message}")
                known[row.ids] = vector.numpy()
        return np.stack([known[ids] for ids in of_text]).astype(np.float32)

    def _prepared(
        self, requests: Iterable[Request], prepare: Callable[[Request], Made]
    ) -> Iterator[Made | Response]:
        """Yield each request in tokens, or the Response that says why it cannot be."""
        for request in requests:
            try:
                yield prepare(request)
            except HarnessError:
                raise
            except Exception as error:
                yield refusal(request.key, error)
