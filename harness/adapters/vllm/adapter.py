"""Language models run here by vLLM: likelihoods of options and of texts, replies, and embeddings.

Prompts, options, windows and the ends of replies are those of the huggingface adapter, token for token; see
there for the convention. What differs is who reads them: vLLM batches what is in it anew at every step, and
keeps what prompts begin with in its cache, so that shots, a passage or a prompt before several options are
read once.

`choose` and `score` ask only for the tokens that count: those of an option after the first, by the row's own
log-probabilities, and the last by what may come next. Requests are pulled as rows leave the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.hf.embedding import comparison
from harness.adapters.hf.loading import load_tokens
from harness.adapters.lm import model_files as places
from harness.adapters.lm import truncation as fitting
from harness.adapters.lm.errors import BROKEN, failure, refusal
from harness.adapters.lm.loaded_parts import LoadedParts
from harness.adapters.lm.tokenizer import Tokens
from harness.adapters.vllm import engine as vllm_engine
from harness.adapters.vllm.jobs import Comparing, GenerationJob, Job, ScoringJob
from harness.errors import HarnessError
from harness.schema import CHOOSING, Example, Parts, Profile, Request, Response

END = object()  # of the source


class Vllm(Adapter):
    """Answers with one model, loaded on first use: for `embed` as a pooling model, else as a causal one."""

    def __init__(self, profile: Profile, parts: LoadedParts | None = None) -> None:
        """Remember the profile, and what another task of the same model has loaded.

        Settings: `dtype`, `quantisation`, `max_model_len`, `pooling` (of `embed`: mean, cls or last),
        `reasoning_headroom` (tokens that a thought may take beside `max_tokens`).
        Knobs: `tensor_parallel`, `gpu_memory_utilization` (on a CPU too), `enforce_eager`, `batch_size` (rows
        in the engine).
        """
        self.profile = profile
        self._parts = parts or LoadedParts(profile)
        self._tokens: Tokens | None = None
        self._engine: vllm_engine.VllmEngine | None = None

    @property
    def tokens(self) -> Tokens:
        """Return the tokenizer, loading it on the first read."""
        if self._tokens is None:
            self._tokens = load_tokens(self.profile, self._parts)
        return self._tokens

    @property
    def engine(self) -> vllm_engine.VllmEngine:
        """Return the engine, loading it on the first read."""
        if self._engine is None:
            self._engine = vllm_engine.load(self.profile, self._parts.commit)
        return self._engine

    def prepare(self) -> None:
        """Load the tokenizer and the engine, and ask once what compiles itself when it is first asked."""
        if self._engine is not None:
            return
        vllm_engine.library()
        _ = self.tokens, self.engine
        if self.profile.ask != "embed":
            first = Request(Example("", {"text": "1 2"}), lambda: Parts(""), ask="score")
            _ = list(self.answer([first]))

    def identity(self) -> Mapping[str, str]:
        """Return the hub's `revision`, which is then what is loaded, or the directory's `sha256`."""
        known = places.identity(self.profile)
        self._parts.commit = known.get("revision")
        return known

    def loaded(self) -> Mapping[str, Any]:
        """Return the device, the dtype, the longest text, and a system text that the template adds."""
        return {**self.engine.facts, **self.tokens.chat_facts()}

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens left out."""
        return len(self.tokens.encode([text], special=False)[0])

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return each token of `text` in order: its id, and the part of the text that it stands for."""
        return self.tokens.pieces(text)

    def close(self) -> None:
        """Let go of the engine and of the memory it held."""
        engine, self._engine, self._tokens = self._engine, None, None
        self._parts.close()
        if engine is not None:
            engine.close()

    def another(self, profile: Profile) -> Adapter | None:
        """Return an adapter with this one's engine; one that pools states is no engine that writes."""
        alike = vllm_engine.loading(profile) == vllm_engine.loading(self.profile)
        parts = self._parts.handed_to(profile) if alike else None
        if parts is None:
            return None
        made = Vllm(profile, parts)
        made._engine, self._engine, self._tokens = self._engine, None, None
        return made

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, as the engine is done with it.

        Raises:
            Unavailable: the model cannot be loaded.
            BadInput: vLLM has no such decoding.
        """
        self.prepare()  # a model that cannot be loaded is nobody's failed request
        source = iter(requests)
        request: object = None
        while request is not END or self._busy:
            while request is not END and not (self._busy and self.engine.full):
                request = next(source, END)
                if request is None:  # nothing more before somebody is answered
                    break
                if isinstance(request, Request):
                    yield from self._started(request)
            if self._busy:
                yield from self._stepped()

    @property
    def _busy(self) -> bool:
        """Return whether anything is in the engine; one that broke is loaded anew when it is needed."""
        return self._engine is not None and bool(self._engine.rows)

    def _started(self, request: Request) -> Iterator[Response]:
        """Give a request to the engine; yield its Response if there is nothing to wait for."""
        try:
            job = self._job(request)
        except HarnessError:
            raise
        except Exception as error:
            yield refusal(request.key, error)
            return
        with job.failing(self.engine):
            job.start(self.engine)
        if not job.rows:  # nothing is read of an empty text
            yield job.response()

    def _stepped(self) -> Iterator[Response]:
        """Let the engine go a step, and yield what it has answered.

        One that breaks fails all that is in it, and is loaded anew for what comes after.
        """
        engine = self.engine
        try:
            outputs = engine.step()
        except Exception as error:
            broken = failure(error)
            lost: list[Job] = list(dict.fromkeys(row.owner for row in engine.rows.values()))
            self.close()
            for each in lost:
                each.failure = broken
                yield each.response()
            return
        done = []
        for row, output in outputs:
            job: Job = row.owner
            if not job.rows:  # it failed by another row of this step
                continue
            with job.failing(engine):
                job.take(row, output, engine)
            if not job.rows:
                done.append(job)
        if any(job.failure is BROKEN for job in done):
            yield from self._again()
        yield from (job.response() for job in done)

    def _again(self) -> Iterator[Response]:
        """Ask again, with a clean cache, all that is in the engine."""
        waiting = list(dict.fromkeys(row.owner.request for row in self.engine.rows.values()))
        self.engine.forget()
        for request in waiting:
            yield from self._started(request)

    # ---- requests as jobs -------------------------------------------------------------------------

    def _job(self, request: Request) -> Job:
        """Return what is asked of the engine for the request, fitted into the context."""
        engine: Any = self.engine  # fitting asks it for its context alone
        if request.ask == "embed":
            return Comparing(comparison(request, self.tokens, engine))
        if request.ask == "score":
            return ScoringJob(fitting.passage(request, self.tokens, engine), self.profile.normalise)
        if request.ask in CHOOSING and self.profile.choose_by == "logprobs":
            return ScoringJob(fitting.choice(request, self.tokens, engine), self.profile.normalise)
        headroom = int(self.profile.settings.get("reasoning_headroom") or 0)
        prompt = fitting.prompt(request, self.tokens, engine, headroom)
        ends, schema = self.engine.ends(self.tokens.eos), None
        if self.profile.choose_by == "structured":
            schema = request.json_schema
        return GenerationJob(prompt, self.tokens, ends, self._choices(request), schema)

    def _choices(self, request: Request) -> list[str]:
        """Return what alone may be said, where the profile chooses by structure; a text's delimiter first."""
        if request.ask not in CHOOSING or self.profile.choose_by != "structured":
            return []
        delimiter = "" if self.profile.chat else request.parts.delimiter
        return [delimiter + option.text for option in request.options]
