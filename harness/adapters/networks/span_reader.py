"""A reader fitted on the train split: it points at the answer in a passage, and says nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from harness.adapters.batching import windows
from harness.adapters.fields import bare_text, field_text
from harness.adapters.networks.base import NetworkAdapter
from harness.errors import BadInput
from harness.schema import Example, FitTask, Request, Response, Timing

LONGEST = 400  # tokens of a passage that are read
ANSWER = 16  # tokens of an answer


class Lesson(NamedTuple):
    """A passage and its question in tokens; `offsets` say where each token stands in the passage's text."""

    passage: list[int]
    question: list[int]
    offsets: list[tuple[int, int]]
    cut: bool


class ReaderAdapter(NetworkAdapter):
    """Answers `extract` with a span of the context.

    Settings: `width`, `vocabulary`, and those of training. Knobs: `device`, `batch_size`.
    """

    RECIPE: ClassVar[Mapping[str, Any]] = {  # for thousands of questions
        **{"epochs": 8, "learning_rate": 2e-3, "held_out": 0.05, "patience": 3},
        **{"batch_rows": 32, "batch_tokens": 8192},
    }

    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return a reader of random weights."""
        from harness.models.span_reader import SpanReader

        return SpanReader(**shape)

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn where the answers stand; a question whose answer is not in its passage is left out.

        Raises:
            BadInput: no answer stands in its passage.
        """
        from harness.models import tokenizers as tokenisers

        examples = list(train)
        contexts = list(dict.fromkeys(field_text(example, "context") for example in examples))
        texts = [*contexts, *map(_question, examples)]
        shape = self.chosen(width=128, vocabulary=4000, dropout=0.3)
        self.tokeniser = tokenisers.train("bpe", texts, size=shape["vocabulary"])
        known = []
        for example, lesson in zip(examples, self._lessons(examples), strict=True):
            span = _span(field_text(example, "context"), task.answer(example), lesson)
            if span is not None:
                known.append((lesson, span))
        if not known:
            raise BadInput(f"{self.name}: no answer of {task.name} stands in its passage")
        shape |= {"vocabulary": len(self.tokeniser), "d": shape.pop("width")}
        self.start(shape)
        self.network.rarity.copy_(_rarity(self.tokeniser.encode(contexts), len(self.tokeniser)))
        lengths = [len(lesson.passage) for lesson, _ in known]
        self.train(lambda rows: self._loss([known[row] for row in rows]), lengths)

    def _lessons(self, examples: Sequence[Example]) -> list[Lesson]:
        tokenizer: Any = getattr(self.tokeniser, "tokenizer")  # noqa: B009 - the library's own, which has offsets
        passages = tokenizer.encode_batch(
            [field_text(e, "context") for e in examples], add_special_tokens=False
        )
        questions = tokenizer.encode_batch([_question(e) for e in examples], add_special_tokens=False)
        return [
            Lesson(
                passage.ids[:LONGEST] or [1],
                question.ids[:LONGEST] or [1],
                passage.offsets[:LONGEST] or [(0, 0)],
                len(passage.ids) > LONGEST,
            )
            for passage, question in zip(passages, questions, strict=True)
        ]

    def _given(self, lessons: Sequence[Lesson]) -> tuple[Any, Any]:
        """Return passages (B, T) and questions (B, J) as the network reads them."""
        from harness.models.seq2seq import padded

        passages = padded([lesson.passage for lesson in lessons])
        questions = padded([lesson.question for lesson in lessons])
        return passages.to(self.device), questions.to(self.device)

    def _loss(self, batch: Sequence[tuple[Lesson, tuple[int, int]]]) -> tuple[Any, int]:
        import torch

        spans = torch.tensor([span for _, span in batch], device=self.device)
        mean = self.network.loss(*self._given([lesson for lesson, _ in batch]), spans)
        return mean * len(batch), len(batch)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, a batch at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: an example has no context.
        """
        self.ready()
        for window in windows(requests, self.batch_size):
            began = time.perf_counter()
            lessons = self._lessons([request.example for request in window])
            spans = self.network.best(*self._given(lessons), ANSWER)
            seconds = time.perf_counter() - began
            for request, lesson, (first, last) in zip(window, lessons, spans, strict=True):
                start, end = lesson.offsets[first][0], lesson.offsets[last][1]
                text = field_text(request.example, "context")[start:end].strip()
                yield Response(
                    request.key, text=text, finish="stop", timing=Timing(e2e=seconds), truncated=lesson.cut
                )


def _question(example: Example) -> str:
    """Return all that is asked beside the context."""
    rest = {name: value for name, value in example.fields.items() if name != "context"}
    return bare_text(example._replace(fields=rest))


def _span(context: str, answer: str, lesson: Lesson) -> tuple[int, int] | None:
    """Return the first and last token of the answer, None where it does not stand in what is read.

    Where it stands several times, it is the place that shares most tokens with the question.
    """
    asked, found = set(lesson.question), list[tuple[int, int, int]]()
    at = context.find(answer) if answer else -1
    while at >= 0:
        inside = [n for n, (a, b) in enumerate(lesson.offsets) if a < at + len(answer) and b > at]
        if inside:
            first, last = inside[0], inside[-1]
            around = lesson.passage[max(0, first - ANSWER) : last + ANSWER]
            found.append((-sum(token in asked for token in around), first, last))
        at = context.find(answer, at + 1)
    return min(found)[1:] if found else None


def _rarity(passages: Sequence[Sequence[int]], vocabulary: int) -> Any:
    """Return (V,), the inverse document frequency of each token, at most 1."""
    import torch

    counts = torch.zeros(vocabulary)
    for passage in passages:
        counts[list(set(passage))] += 1
    idf = torch.log((1 + len(passages)) / (1 + counts))
    return idf / idf.max().clamp(min=1e-6)
