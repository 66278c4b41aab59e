"""Sentences as vectors: an encoder's or a causal model's last hidden states, pooled; and their cosine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.adapters.fields import field_text
from harness.adapters.hf import loading, sentence_modules
from harness.adapters.hf.engine import free
from harness.adapters.lm.errors import TimeSpan
from harness.adapters.lm.loaded_parts import LoadedParts
from harness.adapters.lm.tokenizer import Tokens
from harness.errors import Unavailable
from harness.schema import Failure, Profile, Request, Response, Timing, Usage

Pooling = Literal["mean", "cls", "last"]
# Heads that some encoders have beside their hidden states; their weights, missing or random, are never used.
UNUSED = ("pooler.",)


@dataclass(slots=True)
class Encoder:
    """A loaded model without a head; `context` is the longest input in tokens, None where none is named.

    `pooling` is how the model was trained to be pooled; None where nobody says.
    """

    torch: Any
    model: Any
    device: Any
    context: int | None
    pooling: str | None = None

    def free(self) -> None:
        """Give back the memory that torch keeps for later."""
        free(self.torch, self.device)


def load_encoder(profile: Profile, tokens: Tokens, parts: LoadedParts) -> Encoder:
    """Return the model that reads sentences: an encoder, a causal model, or the encoder of a pair.

    Raises:
        Unavailable: it cannot be loaded, some of its weights are missing, or the device is not there.
    """
    found: Encoder = parts.once("encoder", lambda: _load_encoder(profile, tokens, parts.commit))
    return found


def _load_encoder(profile: Profile, tokens: Tokens, commit: str | None) -> Encoder:
    torch, transformers = loading.engine_libraries()
    model = loading.load_model(profile, transformers.AutoModel, "an encoder", commit, unused=UNUSED)
    if getattr(model.config, "is_encoder_decoder", False):
        if not hasattr(model, "get_encoder"):
            raise Unavailable(f"{profile.model} is a {type(model).__name__}, which has no encoder of texts")
        model = model.get_encoder()
    model.config.use_cache = False  # nothing is ever continued
    # An encoder's tokenizer knows of places that are taken: RoBERTa numbers its 514 from 2.
    trained = sentence_modules.read(profile, commit)
    limits = (loading.context_size(model.config), tokens.tokenizer.model_max_length, trained.length)
    context = min(limit for limit in limits if limit)
    return Encoder(torch, model, model.device, context if context < 10**9 else None, trained.pooling)


def pooled(torch: Any, states: Any, mask: Any, pooling: Pooling) -> Any:
    """Return (B, D) vectors of length 1, float32, from hidden states (B, T, D) and their mask (B, T).

    `mean` is over a sentence's tokens, special ones included, `cls` its first and `last` its last.
    Padding stands on the right and is never looked at.
    """
    states, mask = states.float(), mask.float()
    if pooling == "cls":
        found = states[:, 0]
    elif pooling == "last":
        ends = mask.sum(1).long() - 1
        found = states[torch.arange(len(states), device=states.device), ends]
    else:
        found = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(found, dim=-1)


@dataclass(slots=True)
class EmbeddingComparison:
    """Two sentences in tokens, whose vectors come in any order, from one batch or two."""

    request: Request
    sentences: Sequence[list[int]]
    truncated: bool
    vectors: dict[int, Any] = field(default_factory=dict)
    failure: Failure | None = None
    spans: set[TimeSpan] = field(default_factory=set)
    left: int = 2

    def settle(self, side: int, vector: Any, span: TimeSpan) -> None:
        """Take one sentence's vector (D,), or the failure that its batch met."""
        if isinstance(vector, Failure):
            self.failure = vector
        else:
            self.vectors[side] = vector
        self.spans.add(span)
        self.left -= 1

    def response(self) -> Response:
        """Return the cosine, once both are settled."""
        answer = Response(self.request.key, truncated=self.truncated)
        answer.timing = Timing(e2e=sum(end - began for began, end in self.spans))
        if self.failure is not None:
            answer.error = self.failure
        else:
            answer.value = float(self.vectors[0] @ self.vectors[1])
            answer.usage = Usage(prompt_tokens=sum(map(len, self.sentences)), completion_tokens=0)
        return answer


def comparison(request: Request, tokens: Tokens, encoder: Encoder, prefix: str = "") -> EmbeddingComparison:
    """Return the request's two sentences in tokens, `prefix` before both, their ends cut where too long."""
    texts = [prefix + field_text(request.example, name) for name in ("sentence1", "sentence2")]
    (left, cut_left), (right, cut_right) = (tokens.sentence(text, encoder.context) for text in texts)
    return EmbeddingComparison(request, (left, right), cut_left or cut_right)


@dataclass(slots=True)
class Sentence:
    """Tokens to read, and the sides of comparisons that wait for their vector."""

    ids: tuple[int, ...]
    wants: list[tuple[EmbeddingComparison, int]] = field(default_factory=list)


def shared(comparisons: Iterable[EmbeddingComparison]) -> Iterable[Sentence]:
    """Return the sentences to read, each once."""
    rows: dict[tuple[int, ...], Sentence] = {}
    for comparison in comparisons:
        for side, ids in enumerate(comparison.sentences):
            key = tuple(ids)
            rows.setdefault(key, Sentence(key)).wants.append((comparison, side))
    return rows.values()
