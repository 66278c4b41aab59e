"""The scores that every system must beat: the most frequent answer, and a guess."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random as Generator

from harness.adapters.base import Adapter
from harness.adapters.fields import bare_text, field_text, known_target, uniform_likelihood
from harness.errors import BadInput, Unavailable
from harness.schema import Ask, Corpus, Example, FitTask, Profile, Request, Response, Timing
from harness.seeding import number

COUNTS = "counts.json"

WORD = re.compile(r"\S+")
MOST_WORDS = 32  # of a reply that nothing bounds
MOST_WORDS_OF_A_SPAN = 5
TAGGED = 0.1  # the share of words that a guess gives a type


class Majority(Adapter):
    """Answers every request with what the train split says most often; a rating with its mean.

    A reply in free text is the train split's most frequent one, of several references the first; where an
    example has options, it is the text of the most frequent option.
    """

    def __init__(self, profile: Profile) -> None:
        """There are no settings."""
        self.name, self.ask = profile.name, profile.ask
        self.counts: Counter[str] | None = None

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Count the targets: labels, where the task has fixed options.

        Raises:
            BadInput: an example has no target, one that is not an option, or to be rated and no number;
                there are no examples; or no two replies in free text are the same.
        """
        counts = Counter(self._target(example, task.labels) for example in train)
        if not counts:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        if self.ask == "generate" and not task.labels and max(counts.values()) == 1:
            raise BadInput(f"{self.name}: no two answers of {task.name} are the same, so none is frequent")
        self.counts = counts

    def save(self, folder: Path) -> None:
        """Write the counts."""
        (folder / COUNTS).write_text(json.dumps(self.counts, ensure_ascii=False), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read the counts."""
        self.counts = Counter(json.loads((folder / COUNTS).read_text(encoding="utf-8")))

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order; equal counts leave the choice to the first option.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: a request that compares options has none.
        """
        if self.counts is None:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        ways = {"generate": _most_frequent, "rate": _mean}
        return _timed(requests, ways.get(self.ask, _frequencies)(self.counts))

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""

    def _target(self, example: Example, labels: Sequence[str]) -> str:
        if self.ask == "generate" and isinstance(example.target, tuple) and example.target:
            example = example._replace(target=str(example.target[0]))
        target = known_target(example, labels)
        if self.ask == "rate" and _number(target) is None:
            raise BadInput(f"example {example.id!r}: the target {target!r} is no number")
        return target


class Random(Adapter):
    """Answers with a draw that the request's seed and the task's name decide: order and batch cannot matter.

    Without the name, rows that are called alike in two tasks (`test-0`) would have the same answer in both.

    It guesses without looking at the words. `choose`, `rank`: each option is the likeliest equally often.
    `generate`: an option's text, else a stretch of the input's own words, of any length up to `max_tokens`
    words (32 where nothing bounds them). `extract`: 1 to 5 words of the context. `tag`: each word has a
    type with probability 0.1. `rate`: uniform in the task's range. `embed`: uniform in [−1, 1].
    `retrieve`: passages in a drawn order. `score`: nothing is drawn, every byte is as likely as any other.
    """

    def __init__(self, profile: Profile) -> None:
        """There are no settings."""
        self.task = profile.task
        self.corpus = Corpus((), ())

    def index(self, corpus: Corpus) -> None:
        """Take the passages to draw from."""
        self.corpus = corpus

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order.

        Raises:
            BadInput: a request lacks what is drawn from: options, a range, a field.
        """
        return _timed(requests, partial(_guess, self.task, self.corpus))

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""


Answer = Callable[[Request], Response]


def _timed(requests: Iterable[Request | None], answer: Answer) -> Iterator[Response]:
    for request in requests:
        if request is None:
            continue
        began = time.perf_counter()
        response = answer(request)
        response.finish = "stop"
        response.timing = Timing(e2e=time.perf_counter() - began)
        yield response


def _weighed(request: Request, weights: Sequence[float]) -> Response:
    """Return scores of the options: the logarithms of `weights`, scaled to sum to 1."""
    total = sum(weights)
    return Response(request.key, option_scores=[math.log(weight / total) for weight in weights])


def _check_options(request: Request) -> None:
    if not request.options:
        raise BadInput(f"example {request.example.id!r} has no options to choose from")


# The most frequent


def _frequencies(counts: Counter[str]) -> Answer:
    def answer(request: Request) -> Response:
        _check_options(request)
        # A label that train lacks is rare, not impossible: every count is one higher.
        return _weighed(request, [counts[option.label] + 1 for option in request.options])

    return answer


def _most_frequent(counts: Counter[str]) -> Answer:
    ((usual, _),) = counts.most_common(1)

    def answer(request: Request) -> Response:
        best = max(request.options, key=lambda option: counts[option.label], default=None)
        return Response(request.key, text=best.text if best else usual)

    return answer


def _mean(counts: Counter[str]) -> Answer:
    numbers = [(_number(target) or 0.0, count) for target, count in counts.items()]
    mean = math.fsum(number * count for number, count in numbers) / counts.total()
    return lambda request: Response(request.key, value=mean)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


# Guesses


def _guess(task: str, corpus: Corpus, request: Request) -> Response:
    draw = Generator(number("random", task, request.seed))
    if request.ask == "retrieve":
        return _drawn(request, draw, corpus)
    return _GUESSES[request.ask](request, draw)


def _drawn(request: Request, draw: Generator, corpus: Corpus) -> Response:
    places = draw.sample(range(len(corpus)), min(corpus.depth, len(corpus)))
    found = [(corpus.ids[at], float(len(places) - rank)) for rank, at in enumerate(places)]
    return Response(request.key, ranking=found)


def _choice(request: Request, draw: Generator) -> Response:
    _check_options(request)
    # (0, 1]: the logarithm is finite.
    return _weighed(request, [1.0 - draw.random() for _ in request.options])


def _reply(request: Request, draw: Generator) -> Response:
    if request.options:
        return Response(request.key, text=draw.choice(request.options).text)
    decoding = request.decoding
    text = _stretch(bare_text(request.example), draw, decoding.max_tokens or MOST_WORDS)
    ends = [at for stop in decoding.stop or () if (at := text.find(stop)) >= 0]
    return Response(request.key, text=text[: min(ends, default=None)])


def _span(request: Request, draw: Generator) -> Response:
    context = field_text(request.example, "context")
    return Response(request.key, text=_stretch(context, draw, MOST_WORDS_OF_A_SPAN))


def _stretch(text: str, draw: Generator, most: int) -> str:
    """Return 1 to `most` neighbouring words of `text`, as they stand there; none of an empty text."""
    words = list(WORD.finditer(text))
    if not words:
        return ""
    count = draw.randint(1, min(most, len(words)))
    first = draw.randint(0, len(words) - count)
    return text[words[first].start() : words[first + count - 1].end()]


def _tags(request: Request, draw: Generator) -> Response:
    _check_options(request)
    words = WORD.finditer(field_text(request.example, "context"))
    spans = [(*word.span(), draw.choice(request.options).label) for word in words if draw.random() < TAGGED]
    return Response(request.key, spans=spans)


def _rating(request: Request, draw: Generator) -> Response:
    if request.bounds is None:
        raise BadInput("a rating is drawn from the task's 'range', and this task has none")
    return Response(request.key, value=draw.uniform(*request.bounds))


def _call(request: Request, draw: Generator) -> Response:
    """Return a call of a tool that is drawn, without arguments, or none: each as likely."""
    names = [[], *([{"name": tool["name"], "arguments": {}}] for tool in request.tools)]
    return Response(request.key, text=json.dumps(draw.choice(names), ensure_ascii=False))


def _cosine(request: Request, draw: Generator) -> Response:
    return Response(request.key, value=draw.uniform(-1, 1))


def _likelihood(request: Request, _draw: Generator) -> Response:
    value, tokens = uniform_likelihood(field_text(request.example, "text"))
    return Response(request.key, value=value, tokens=tokens)


_GUESSES: Mapping[Ask, Callable[[Request, Generator], Response]] = {
    "choose": _choice,
    "rank": _choice,
    "generate": _reply,
    "extract": _span,
    "tag": _tags,
    "rate": _rating,
    "embed": _cosine,
    "score": _likelihood,
    "call": _call,
}
