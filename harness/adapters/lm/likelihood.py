"""What is summed from log-probabilities: each option after its prompt, a whole text window by window."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.adapters.lm.errors import BROKEN, TimeSpan
from harness.adapters.lm.prefix_tree import Node
from harness.adapters.lm.tokenizer import Pair
from harness.schema import Failure, Request, Response, Timing, Usage


@dataclass(slots=True, eq=False)
class Sum:
    """Tokens to read, and what is summed over: the log-probability (nats) of `targets` at their end.

    The last of the targets is predicted, never read. `owner` and `number` are whose sum it is.
    """

    owner: Any
    number: int
    ids: Sequence[int]
    targets: Sequence[int]
    total: float = 0.0
    failure: Failure | None = None
    spans: set[TimeSpan] = field(default_factory=set)

    @property
    def first(self) -> int:
        """Return the position whose prediction is the first that counts."""
        return len(self.ids) - len(self.targets)

    def within(self, node: Node[Sum]) -> range:
        """Return the targets that are predicted inside the node, by number."""
        before = node.start - self.first
        return range(max(0, before), min(len(self.targets), before + len(node.ids)))

    def ended(self, failure: Failure | None = None) -> Sum:
        """Return itself, done; a total that is no number is a failure."""
        self.failure = failure or (BROKEN if math.isnan(self.total) else None)
        return self


@dataclass(slots=True)
class Summed(ABC):
    """A request whose pairs are being scored, in any order, over one batch or several."""

    request: Request
    pairs: Sequence[Pair]
    truncated: bool = False
    sums: dict[int, float] = field(default_factory=dict)
    failure: Failure | None = None
    spans: set[TimeSpan] = field(default_factory=set)
    left: int = -1

    def __post_init__(self) -> None:
        self.left = len(self.pairs)

    def wanted(self) -> Iterator[Sum]:
        """Yield what is to be read for each pair."""
        for number, (prompt, targets) in enumerate(self.pairs):
            yield Sum(self, number, (*prompt, *targets[:-1]), targets)

    def settle(self, done: Sum) -> None:
        """Take the log-probability (nats) of one pair's second part, or why there is none."""
        self.failure = self.failure or done.failure
        self.sums[done.number] = done.total
        self.spans |= done.spans
        self.left -= 1

    def response(self, normalise: str) -> Response:
        """Return the answer once all is settled; one pair that failed fails it."""
        answer = Response(self.request.key, truncated=self.truncated)
        answer.timing = Timing(e2e=sum(end - began for began, end in self.spans))
        if self.failure is not None:
            answer.error = self.failure
        else:
            self._tell(answer, normalise)
        return answer

    @abstractmethod
    def _tell(self, answer: Response, normalise: str) -> None:
        """Put into `answer` what the sums say."""


class Choice(Summed):
    """Options after one prompt, to be compared."""

    def _tell(self, answer: Response, normalise: str) -> None:
        answer.option_scores = [self.sums[n] / self._length(n, normalise) for n in range(len(self.pairs))]
        answer.usage = Usage(prompt_tokens=len(self.pairs[0].prompt), completion_tokens=0)

    def _length(self, option: int, normalise: str) -> int:
        """Return what the score is divided by: 1, tokens scored, or UTF-8 bytes of the option's text."""
        if normalise == "tokens":
            return len(self.pairs[option].option)
        if normalise == "bytes":
            return len(self.request.options[option].text.encode()) or 1
        return 1


class Passage(Summed):
    """A text in windows, each of which is predicted from what stands before it."""

    def _tell(self, answer: Response, normalise: str) -> None:
        answer.value = sum(self.sums[n] for n in range(len(self.pairs)))
        answer.tokens = sum(len(pair.option) for pair in self.pairs)
        answer.usage = Usage(prompt_tokens=answer.tokens, completion_tokens=0)


def windows(ids: Sequence[int], start: int, size: int) -> list[Pair]:
    """Return a text's tokens in windows, each once after some that came before; none of no tokens.

    `size` is the most that is read at a time; the first window is read after the token `start`. As lm-
    evaluation-harness rolls over a text with `context_len` 1: a full window follows one token, and the
    last, shorter one as many as fill it up.
    """
    found = [Pair([start], list(ids[:size]))] if ids else []
    for first in range(size, len(ids), size):
        end = min(first + size, len(ids))
        found.append(Pair(list(ids[end - size - 1 : first]), list(ids[first:end])))
    return found
