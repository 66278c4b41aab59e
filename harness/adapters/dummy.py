"""An adapter that answers at once: for measuring what the harness itself costs, and for rehearsing faults.

It runs nothing and knows nothing: its scores, ratings and cosines are cheap draws from the request's seed,
its text is the first option or the context's first word, its likelihood 8 bits a byte, and it tags nothing.
With `reply` it says that wherever text is an answer. Which requests fail or stay unanswered is drawn
from the seed too: the same ones on every try and after a resume.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from harness.adapters.base import Adapter
from harness.adapters.fields import field_text, uniform_likelihood
from harness.schema import CHOOSING, Corpus, Failure, Profile, Request, Response, Scored, Timing

MASK = 2**64 - 1
STRIDE = 0x9E3779B97F4A7C15  # the golden ratio of 2**64: neighbouring seeds land far apart
UNANSWERED = "?"
MEASURED = ("score", "embed", "retrieve")  # asks without a prompt, whose answer no text can be


class Dummy(Adapter):
    """Answers any ask instantly; it reads the prompt, so that rendering is paid for."""

    def __init__(self, profile: Profile) -> None:
        """Settings: `reply` (text), `failure_rate`, `unanswered_rate` (0 to 1); knob: `latency_ms`."""
        settings = profile.settings
        self.reply: str | None = settings.get("reply")
        self.compares = profile.choose_by == "logprobs"
        self.chat, self.shots_as = profile.chat, profile.shots_as
        self.found: list[Scored] = []
        self.latency = float(settings.get("latency_ms") or 0) / 1000
        self.failures = float(settings.get("failure_rate") or 0)
        self.unanswered = self.failures + float(settings.get("unanswered_rate") or 0) * (1 - self.failures)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, one at a time."""
        for request in requests:
            if request is not None:
                yield self._respond(request)

    def index(self, corpus: Corpus) -> None:
        """Take the first passages as what every query finds."""
        first = corpus.ids[: corpus.depth]
        self.found = [(name, float(len(first) - place)) for place, name in enumerate(first)]

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""

    def _respond(self, request: Request) -> Response:
        began = time.perf_counter()
        measured = request.ask in MEASURED
        if not measured:
            _ = request.messages(self.shots_as) if self.chat else request.prompt
        if self.latency:
            time.sleep(self.latency)
        share = share_of(request.seed) if self.unanswered else 1.0
        response = Response(request.key, finish="stop", timing=Timing(e2e=time.perf_counter() - began))
        if share < self.failures:
            response.finish, response.error = (
                None,
                Failure("rehearsed", "a failure asked for by failure_rate"),
            )
        elif share < self.unanswered:
            response.text = None if measured else UNANSWERED
        elif self.compares and request.ask in CHOOSING:
            response.option_scores = scores(request.seed, len(request.options))
        elif self.reply is not None and not measured:
            response.text = self.reply
        elif request.ask == "retrieve":
            response.ranking = self.found
        else:
            _answer(request, response)
        return response


def _answer(request: Request, response: Response) -> None:
    """Put into `response` what the ask wants to hear."""
    if request.ask == "score":
        response.value, response.tokens = uniform_likelihood(field_text(request.example, "text"))
    elif request.ask == "embed":
        response.value = 2 * share_of(request.seed) - 1
    elif request.ask == "rate":
        least, most = request.bounds or (0.0, 1.0)
        response.value = least + share_of(request.seed) * (most - least)
    elif request.ask == "tag":
        response.spans = ()
    elif request.ask == "extract":
        response.text = next(iter(field_text(request.example, "context").split(maxsplit=1)), "")
    elif request.ask == "call":
        response.text = "[]"
    else:
        response.text = request.options[0].text if request.options else ""


def share_of(seed: int) -> float:
    """Return a draw from [0, 1) that `seed` alone decides, spread evenly over seeds."""
    mixed = seed * STRIDE & MASK
    mixed = (mixed ^ mixed >> 32) * STRIDE & MASK
    return (mixed >> 11) / 2**53


def scores(seed: int, count: int) -> list[float]:
    """Return `count` log-probabilities (nats) that `seed` alone decides, each from (-16, 0]."""
    drawn, mixed = [], seed ^ STRIDE
    for _ in range(count):
        mixed = (mixed * STRIDE ^ mixed >> 29) & MASK
        drawn.append((mixed >> 44) / -65536)
    return drawn
