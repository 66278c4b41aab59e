"""What is summed from log-probabilities: each option after its prompt, a whole text window by window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.adapters._hf_generating import Span
from harness.adapters._hf_tokens import Pair
from harness.schema import Failure, Request, Response, Timing, Usage


@dataclass(slots=True)
class Summed(ABC):
    """A request whose pairs are being scored, in any order, over one batch or several."""

    request: Request
    pairs: Sequence[Pair]
    truncated: bool = False
    sums: dict[int, float] = field(default_factory=dict)
    failure: Failure | None = None
    spans: set[Span] = field(default_factory=set)
    left: int = -1

    def __post_init__(self) -> None:
        self.left = len(self.pairs)

    def settle(self, pair: int, total: float | Failure, span: Span) -> None:
        """Take the log-probability (nats) of one pair's second part, or the failure that its batch met."""
        if isinstance(total, Failure):
            self.failure = total
        else:
            self.sums[pair] = total
        self.spans.add(span)
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


class Want(NamedTuple):
    """One pair's claim on a row: the tokens that the row's end must predict."""

    owner: Summed
    pair: int
    targets: list[int]


@dataclass(slots=True)
class Row:
    """Tokens to read, and the pairs that are scored from what is predicted at their end."""

    ids: tuple[int, ...]
    wants: list[Want] = field(default_factory=list)

    @property
    def positions(self) -> range:
        """Return the positions whose predictions are read."""
        return range(len(self.ids) - max(len(want.targets) for want in self.wants), len(self.ids))


def shared(owners: Iterable[Summed]) -> Iterable[Row]:
    """Return the rows to run: one for all pairs that read the same tokens."""
    rows: dict[tuple[int, ...], Row] = {}
    for owner in owners:
        for number, (prompt, targets) in enumerate(owner.pairs):
            ids = (*prompt, *targets[:-1])
            rows.setdefault(ids, Row(ids)).wants.append(Want(owner, number, targets))
    return rows.values()
