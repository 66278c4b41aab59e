"""Requests as rows of tokens for vLLM, and what its outputs mean to them.

What a prompt is in tokens, where an option begins, when a reply ends, what of it is a thought: `hf` says it
for both roads, which must agree.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from harness.adapters.hf.embedding import EmbeddingComparison
from harness.adapters.lm.errors import BROKEN, failure, one_line
from harness.adapters.lm.likelihood import Sum, Summed
from harness.adapters.lm.stopping import OpenReply, TokenPrompt
from harness.adapters.lm.tokenizer import Tokens
from harness.adapters.vllm.engine import EngineRequest, VllmEngine
from harness.errors import BadInput, HarnessError
from harness.schema import Failure, Request, Response, Timing

MOST_TOKENS = 128  # whose log-probabilities vLLM tells at one place
# What vLLM calls as we do, and leaves alone where it is not asked.
SHAPING = ("top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty")


class Job(ABC):
    """A request whose rows are in the engine."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.began = time.perf_counter()
        self.failure: Failure | None = None
        self.cached: int | None = None
        self.rows: list[EngineRequest] = []

    def start(self, engine: VllmEngine) -> None:
        """Give the engine all rows. Raises what vLLM raises where it refuses one.

        Raises:
            BadInput: vLLM has no such decoding.
        """
        self.rows = list(self._rows(engine))
        for row in self.rows:
            engine.add(row)

    def take(self, row: EngineRequest, output: Any, engine: VllmEngine) -> None:
        """Take what the engine says of a row; when no `rows` are left, the request is answered."""
        if self.cached is None:
            self.cached = output.num_cached_tokens
        self._take(row, output, engine)
        if self.failure is not None:
            self._drop(engine)

    @contextmanager
    def failing(self, engine: VllmEngine) -> Iterator[None]:
        """Turn what goes wrong with this request into its failure."""
        try:
            yield
        except HarnessError:
            raise
        except Exception as error:
            self.failure = failure(error)
            self._drop(engine)

    def _drop(self, engine: VllmEngine) -> None:
        engine.drop(self.rows)
        self.rows = []

    def response(self) -> Response:
        """Return the answer; its time is from the first row's start to the last one's end."""
        answer = self._told() if self.failure is None else Response(self.request.key, error=self.failure)
        answer.timing = Timing(e2e=time.perf_counter() - self.began)
        if answer.usage is not None and answer.usage.prompt_tokens is not None and self.cached is not None:
            answer.usage.cached_tokens = min(self.cached, answer.usage.prompt_tokens)
        return answer

    @abstractmethod
    def _rows(self, engine: VllmEngine) -> Iterator[EngineRequest]:
        """Yield what is to be read."""

    @abstractmethod
    def _take(self, row: EngineRequest, output: Any, engine: VllmEngine) -> None:
        """Keep what counts of an output, and take the row from `rows` when it has ended."""

    @abstractmethod
    def _told(self) -> Response:
        """Return the answer to a request all of whose rows have ended."""


class ScoringJob(Job):
    """Sums of log-probabilities: of options, or of a text's windows.

    A row is read for the tokens that it holds and for all that may come next, so that options which differ in
    their last token are one row; the prefix before them is in vLLM's cache.
    """

    def __init__(self, owner: Summed, normalise: str) -> None:
        super().__init__(owner.request)
        self.owner, self.normalise = owner, normalise

    def _rows(self, engine: VllmEngine) -> Iterator[EngineRequest]:
        alike: dict[tuple[int, ...], list[Sum]] = {}
        for one in self.owner.wanted():
            alike.setdefault(tuple(one.ids), []).append(one)
        for ids, sums in alike.items():
            for first in range(0, len(sums), MOST_TOKENS):
                some = sums[first : first + MOST_TOKENS]
                yield EngineRequest(list(ids), _read(engine, some, cached=True), self, some)

    def _take(self, row: EngineRequest, output: Any, engine: VllmEngine) -> None:
        self.rows.remove(row)
        sums: list[Sum] = row.part
        if output.num_cached_tokens > min(one.first for one in sums):
            # Nothing is predicted inside what came from the cache: somebody asked this very row before.
            row.params = _read(engine, sums, cached=False)
            self.rows.append(row)
            engine.add(row)
            return
        for one in sums:
            one.total = sum(_predictions(one, output))
            self.owner.settle(one.ended())
        self.failure = self.owner.failure

    def _told(self) -> Response:
        return self.owner.response(self.normalise)


def _read(engine: VllmEngine, sums: Sequence[Sum], *, cached: bool) -> Any:
    """Return what vLLM is asked of one row: its own tokens where options have several, and what comes next.

    vLLM itself never takes a row from the cache whose own tokens are asked for; `cached` lets it, since those
    that count stand at the row's end.
    """
    several = any(len(one.targets) > 1 for one in sums)
    return engine.vllm.SamplingParams(
        max_tokens=1,
        temperature=0.0,
        detokenize=False,
        prompt_logprobs=0 if several else None,
        logprob_token_ids=sorted({one.targets[-1] for one in sums}),
        skip_reading_prefix_cache=not cached,
        output_kind=engine.vllm.sampling_params.RequestOutputKind.FINAL_ONLY,
    )


def _predictions(one: Sum, output: Any) -> Iterator[float]:
    """Yield the log-probability (nats) of each target: the row's own tokens, and one that may come next."""
    for place, token in enumerate(one.targets[:-1], one.first + 1):
        yield output.prompt_logprobs[place][token].logprob
    yield output.outputs[0].logprobs[0][one.targets[-1]].logprob


class GenerationJob(Job):
    """A reply as it is written. vLLM draws the tokens; when they end, and what they say, is `OpenReply`'s."""

    def __init__(
        self,
        prompt: TokenPrompt,
        tokens: Tokens,
        ends: frozenset[int],
        choices: Sequence[str],
        schema: Mapping[str, Any] | None = None,
    ) -> None:
        """Only `choices` may be said, where there are any, or what is valid under the JSON `schema`."""
        super().__init__(prompt.request)
        self.prompt, self.choices, self.schema = prompt, choices, schema
        self.line = OpenReply(prompt, tokens, ends)

    def _rows(self, engine: VllmEngine) -> Iterator[EngineRequest]:
        yield EngineRequest(self.prompt.ids, self._drawn(engine), self)

    def _drawn(self, engine: VllmEngine) -> Any:
        """Return how vLLM is to draw: all that was asked, and nothing that was not.

        vLLM takes the penalties off, divides by the temperature, then leaves out by min-p, top-k and top-p.
        """
        decoding, params = self.request.decoding, engine.vllm.sampling_params
        asked = {name: value for name in SHAPING if (value := getattr(decoding, name)) is not None}
        if self.choices:
            asked["structured_outputs"] = params.StructuredOutputsParams(choice=list(self.choices))
        elif self.schema is not None:
            asked["structured_outputs"] = params.StructuredOutputsParams(json=dict(self.schema))
        try:
            return params.SamplingParams(
                max_tokens=self.prompt.new,
                temperature=decoding.temperature or 0.0,
                seed=(self.request.seed + (decoding.seed or 0)) % 2**63,
                stop_token_ids=sorted(self.line.ends),
                detokenize=False,
                logprobs=0,  # one that is no number gives broken logits away
                output_kind=params.RequestOutputKind.DELTA,
                **asked,
            )
        except Exception as error:  # vLLM's own, of no common kind
            raise BadInput(f"vllm cannot decode so: {one_line(error)}") from error

    def _take(self, row: EngineRequest, output: Any, engine: VllmEngine) -> None:
        said = output.outputs[0]
        if any(math.isnan(logp.logprob) for place in said.logprobs or () for logp in place.values()):
            self.failure = BROKEN
            return
        for token in said.token_ids:
            if self.line.ended or self.line.take(token):
                break
        if self.line.ended or output.finished:
            self._drop(engine)
        if output.finished and said.finish_reason not in ("stop", "length"):
            self.failure = Failure("error", f"vllm ended a reply with {said.finish_reason!r}")

    def _told(self) -> Response:
        return self.prompt.response(self.line.reply(), (self.began, time.perf_counter()))


class Comparing(Job):
    """Two sentences as vectors, to be compared."""

    def __init__(self, comparison: EmbeddingComparison) -> None:
        super().__init__(comparison.request)
        self.comparison = comparison

    def _rows(self, engine: VllmEngine) -> Iterator[EngineRequest]:
        for side, ids in enumerate(self.comparison.sentences):
            yield EngineRequest(ids, engine.vllm.PoolingParams(task="embed"), self, side)

    def _take(self, row: EngineRequest, output: Any, engine: VllmEngine) -> None:
        self.rows.remove(row)
        vector = output.outputs.data.float()  # (D,), of length 1
        broken = bool(vector.isnan().any())
        self.comparison.settle(row.part, BROKEN if broken else vector, (self.began, time.perf_counter()))
        self.failure = self.comparison.failure

    def _told(self) -> Response:
        return self.comparison.response()
