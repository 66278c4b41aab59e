"""Replies of a network of our own: tokens drawn by `models.decoding`, cut at stop strings, as Responses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import BadInput
from harness.schema import Decoding, Request, Response, Timing, Usage

if TYPE_CHECKING:
    from harness.models.decoding import Decoded

MAX_TOKENS = 32


@dataclass(frozen=True)
class Prompt:
    """A request in tokens; `seen` is what a repetition penalty looks at before the first new token."""

    request: Request
    ids: list[int]
    new: int  # tokens that may be written
    seen: Sequence[int] = ()
    truncated: bool = False


@dataclass(frozen=True)
class GeneratingNetwork:
    """A network that writes: `begin` reads prompts that may share a batch, `text` makes text of tokens."""

    begin: Callable[[list[list[int]]], tuple[Any, Any]]
    text: Callable[[Sequence[int]], str]
    end: int
    length_penalty: float

    def replies(self, prompts: Sequence[Prompt]) -> Iterator[Response]:
        """Yield the reply to each of `prompts`, which share one decoding."""
        decoding = prompts[0].request.decoding
        beams = (decoding.beams or 1) > 1
        if beams and decoding.temperature:
            raise BadInput(
                "beams and a temperature above 0 ask for the likeliest text and for a draw; give one"
            )
        size = 1 if beams else len(prompts)
        for start in range(0, len(prompts), size):
            batch = prompts[start : start + size]
            began = time.perf_counter()
            found = self._written(batch, decoding, beams=beams)
            seconds = time.perf_counter() - began
            for prompt, reply in zip(batch, found, strict=True):
                yield self._response(prompt, reply, seconds)

    def _written(self, batch: Sequence[Prompt], decoding: Decoding, *, beams: bool) -> list[Decoded]:
        from harness.models import decoding as drawing

        texts = [drawing.OpenText(prompt.request.seed, prompt.new, prompt.seen) for prompt in batch]
        model, logits = self.begin([prompt.ids for prompt in batch])
        enough = self._enough(decoding)
        if beams:
            how = {"length_penalty": self.length_penalty}
            return [drawing.beam(model, logits, texts[0], decoding, self.end, enough, **how)]
        return drawing.write(model, logits, texts, decoding, self.end, enough)

    def _enough(self, decoding: Decoding) -> Callable[[Sequence[int]], bool]:
        """Return the function that says whether a text holds a stop string."""
        stops = [stop for stop in decoding.stop or () if stop]
        # A token has a byte or more, so this many of the last ones hold any stop string.
        tail = max((len(stop.encode()) for stop in stops), default=0) + 4

        def enough(ids: Sequence[int]) -> bool:
            if _first(self.text(ids[-tail:]), stops) is None:
                return False
            return _first(self.text(ids), stops) is not None

        return enough if stops else lambda _ids: False

    def _response(self, prompt: Prompt, reply: Decoded, seconds: float) -> Response:
        text = self.text(reply.ids)
        at = _first(text, prompt.request.decoding.stop or ())
        return Response(
            prompt.request.key,
            text=text[:at],
            finish=reply.finish,
            usage=Usage(prompt_tokens=len(prompt.ids), completion_tokens=reply.tokens),
            timing=Timing(e2e=seconds),
            truncated=prompt.truncated,
        )


def _first(text: str, stops: Sequence[str]) -> int | None:
    """Return where the first stop string begins."""
    return min((at for stop in stops if stop and (at := text.find(stop)) >= 0), default=None)
