"""A conversation's next turn is asked once the one before is answered; what it was answered stands before it.

Only the source of requests knows: it hands out turns that are ready, then begins another conversation, and
says None while turns are under way. A turn whose predecessor failed is failed unasked, and asked when the run
is resumed; one whose predecessor was not answered is unanswered. On resume a turn counts as done only if all
before it do and what it was asked is what would be asked now.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from harness.records import journal as records
from harness.records.journal import Key
from harness.records.sample_schema import Record
from harness.schema import Example, Exchange, Failure, Request, Response, WithTools
from harness.text.thoughts import spoken

EARLIER_TURN = "earlier_turn"  # the kind of failure of a turn that could not be asked
SILENT = ("filtered", "refused", "too_long")  # ends of a reply after which nobody can go on


@dataclass(frozen=True)
class _Open:
    """A conversation that goes on: its turns, which comes next, and what was said before it."""

    turns: tuple[Example, ...]
    repeat: int
    history: tuple[Exchange, ...]

    @property
    def next(self) -> Example:
        return self.turns[len(self.history)]

    def after(self, said: Exchange) -> _Open | None:
        """Return the conversation with its next turn answered; None where that was the last."""
        history = (*self.history, said)
        return _Open(self.turns, self.repeat, history) if len(history) < len(self.turns) else None


def grouped(examples: Iterable[Example]) -> Iterator[tuple[Example, ...]]:
    """Yield the turns of each conversation; they stand one after the other."""
    for _, turns in groupby(examples, lambda example: example.meta["conversation"]):
        yield tuple(turns)


class Open(Protocol):
    """What goes on: its turns are asked one after the other."""

    @property
    def next(self) -> Example:
        """The turn that comes next."""

    @property
    def repeat(self) -> int:
        """Which of the times it is asked."""

    @property
    def history(self) -> tuple[Any, ...]:
        """What was said before that turn."""


Going = TypeVar("Going", bound=Open)


class Turns(Generic[Going], ABC):
    """The requests of a run in which a turn depends on what the one before was answered."""

    def __init__(self, samples: Path, make: Callable[..., Request], repeats: int) -> None:
        """Read what the journal holds; `make` returns the request of (example, repeat, history)."""
        self._make, self._repeats = make, repeats
        self._known = {line.record.key: line.record for line in records.read_records(samples)}
        self._ready: deque[Going] = deque()
        self._asked: dict[Key, tuple[Going, Request]] = {}
        self._unasked: deque[tuple[Request, Response]] = deque()

    def done(self, examples: Iterable[Example]) -> set[Key]:
        """Return the keys of the turns whose answers still stand."""
        found: set[Key] = set()
        for turns in grouped(examples):
            for repeat in range(self._repeats):
                found |= {(turn.id, repeat) for turn in turns[: self._stands(turns, repeat)]}
        return found

    def requests(
        self, examples: Iterable[Example], pending: MutableMapping[Key, Request], ending: Callable[[], bool]
    ) -> Iterator[Request | None]:
        """Yield what can be asked now; None while an answer has to come first."""
        begun = ((turns, repeat) for turns in grouped(examples) for repeat in range(self._repeats))
        while not ending():
            if self._ready:
                going = self._ready.popleft()
                request = self._make(going.next, going.repeat, going.history)
                self._asked[request.key] = going, request
                pending[request.key] = request
                yield request
            elif (new := next(begun, None)) is not None:
                self._resume(*new)
            elif self._asked:
                yield None
            else:
                return

    def unasked(self) -> Iterator[tuple[Request, Response]]:
        """Yield the turns that turned out not to be asked, with what stands in place of a reply."""
        while self._unasked:
            yield self._unasked.popleft()

    @abstractmethod
    def heard(self, request: Request, response: Response) -> None:
        """Take the answer to a turn: the next is ready, or cannot be asked."""

    @abstractmethod
    def _resume(self, turns: tuple[Example, ...], repeat: int) -> None:
        """Go on where the answers in the journal end; what is whole is not asked at all."""

    @abstractmethod
    def _stands(self, turns: tuple[Example, ...], repeat: int) -> int:
        """Return how many turns, from the first, have an answer that stands."""


class Conversations(Turns[_Open]):
    """The requests of a run whose examples are turns of conversations."""

    def heard(self, request: Request, response: Response) -> None:
        """Take the answer to a turn: the next is ready, or cannot be asked."""
        going, _ = self._asked.pop(request.key, (None, None))
        if going is None:
            return
        if response.error is not None:
            kind = f"turn {len(going.history) + 1} failed: {response.error.kind}"
            self._leave(going, error=Failure(EARLIER_TURN, kind))
        elif (reply := _reply(response.text, response.finish)) is None:
            self._leave(going, finish=response.finish)
        elif (on := going.after((request.parts.query, reply))) is not None:
            self._ready.append(on)

    def _leave(self, going: _Open, *, error: Failure | None = None, finish: str | None = None) -> None:
        """Note the turns after the next one as not asked."""
        for turn in going.turns[len(going.history) + 1 :]:
            request = self._make(turn, going.repeat, ())
            response = Response(request.key, error=error, finish=finish, attempts=0)
            self._unasked.append((request, response))

    def _resume(self, turns: tuple[Example, ...], repeat: int) -> None:
        """Go on with a conversation where its answers end; one that is whole is not asked at all."""
        standing, history = self._standing(turns, repeat)
        if standing == len(turns):
            return
        going = _Open(turns, repeat, history)
        if len(history) == standing:
            self._ready.append(going)
        else:  # after a turn without a reply nothing is asked, and not all of that is written down
            self._leave(going, finish=self._known[going.next.id, repeat].response.finish)

    def _stands(self, turns: tuple[Example, ...], repeat: int) -> int:
        """Return how many turns, from the first, have an answer that stands."""
        return self._standing(turns, repeat)[0]

    def _standing(self, turns: tuple[Example, ...], repeat: int) -> tuple[int, tuple[Exchange, ...]]:
        """Return how many turns, from the first, have an answer that stands, and what was said in them.

        The history ends before the first turn that was not answered.
        """
        history: tuple[Exchange, ...] = ()
        silent = False
        for number, turn in enumerate(turns):
            record = self._known.get((turn.id, repeat))
            if record is None or record.failed:
                return number, history
            if silent:
                if record.response.text is not None:
                    return number, history
                continue
            request = self._make(turn, repeat, history)
            if not asked_so(record, request):
                return number, history
            reply = _reply(record.response.text, record.response.finish)
            if reply is None:
                silent = True
            else:
                history = (*history, (request.parts.query, reply))
        return len(turns), history


def asked_so(record: Record, request: Request) -> bool:
    """Return whether a turn was asked as it would be now; what reads no prompt heard nothing before it."""
    asked, parts = record.request or {}, request.parts
    if "messages" in asked:
        sent = parts.offered if "tools" in asked and isinstance(parts, WithTools) else parts.messages
        return asked["messages"] in [sent(system_as=place) for place in ("system", "user")]
    return "prompt" not in asked or asked["prompt"] == request.parts.prompt


def _reply(text: str | None, finish: str | None) -> str | None:
    """Return what goes on in a conversation of a reply, without thoughts; None where nobody can go on."""
    return None if finish in SILENT else (spoken(text) or None)
