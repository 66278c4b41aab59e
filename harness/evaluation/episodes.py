"""Episodes in a simulated world: a step is asked once the world has answered the calls of the one before.

A row has as many steps as its task allows, each a line of the journal. The calls that a reply makes are
answered by the world, in this process, and what came of them stands in the next step's talk; a reply in
words ends the episode, or hears what the user says next. Steps that are then left over are written down as
not needed, and the last of them says how the episode ended. On resume the world is begun anew and goes
through the calls that the journal holds; a step whose talk would be another now is asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import Unavailable
from harness.evaluation.conversations import EARLIER_TURN, Turns, asked_so
from harness.extraction.structured import written
from harness.prompts.renderer import Prompts
from harness.schema import Episode, Example, Failure, Prediction, Request, Response
from harness.text.thoughts import spoken
from harness.worlds.world import World

ENDED = "ended"  # the finish of a step that was not needed
BROKEN = "world"  # the kind of failure of a step after which a world tells no state

Read = Callable[[Request, Response], Prediction]


class Acting:
    """One episode under way: its steps, the talk so far, and the world it happens in."""

    def __init__(self, turns: tuple[Example, ...], repeat: int, said: list[str], world: World) -> None:
        """`turns` are the steps it may have, `said` what the user says, one text after the other."""
        self.turns, self.repeat, self.world = turns, repeat, world
        self._said = iter(said)
        self._talk: list[Mapping[str, Any]] = [_user(next(self._said))]
        self._counts = {"steps": 0, "calls": 0, "refused": 0, "invalid": 0}
        self.end: str | None = None

    @property
    def next(self) -> Example:
        """Return the step that comes next."""
        return self.turns[self.taken]

    @property
    def taken(self) -> int:
        """Return how many steps were taken."""
        return self._counts["steps"]

    @property
    def history(self) -> tuple[Any, ...]:
        """Return the talk so far, as OpenAI writes it."""
        return tuple(self._talk)

    def act(self, text: str | None, made: list[Any] | None) -> Episode:
        """Take a reply: its calls, none of words, None of a reply that nobody can read.

        Raises:
            Unavailable: the world tells no state that is JSON.
        """
        self._counts["steps"] += 1
        results: list[dict[str, str]] = []
        if made is None:
            self.end = "unanswered"
        elif made:
            results = self._call(text, made)
        else:
            self._talk.append({"role": "assistant", "content": text or ""})
            heard = next(self._said, None)
            if heard is None:
                self.end = "answered"
            else:
                self._talk.append(_user(heard))
        if self.end is None and self.taken == len(self.turns):
            self.end = "max_steps"
        return self.seen(results)

    def seen(self, results: list[dict[str, str]] = []) -> Episode:
        """Return how it stands; how it ended only where no step is left over."""
        last = self.taken == len(self.turns)
        return Episode(results, self.world.state(), **self._counts, end=self.end if last else None)

    def left(self) -> Episode:
        """Return how it ended."""
        return Episode((), self.world.state(), **self._counts, end=self.end)

    def _call(self, text: str | None, made: list[Any]) -> list[dict[str, str]]:
        """Return what the world says to calls, having put both into the talk."""
        found, calls, told = [], [], []
        for place, one in enumerate(made, 1):
            name, arguments = str(one.get("name")), one.get("arguments")
            came = self.world.call(name, arguments)
            self._counts["calls"] += 1
            if came.kind != "done":
                self._counts[came.kind] += 1
            mark = f"call_{self.taken}_{place}"
            function = {"name": name, "arguments": written(arguments if isinstance(arguments, dict) else {})}
            calls.append({"id": mark, "type": "function", "function": function})
            told.append({"role": "tool", "tool_call_id": mark, "name": name, "content": came.content})
            found.append({"name": name, "content": came.content, "kind": came.kind})
        self._talk += [{"role": "assistant", "content": text, "tool_calls": calls}, *told]
        return found


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


class Episodes(Turns[Acting]):
    """The requests of a run whose examples are steps in worlds."""

    def __init__(self, samples: Path, prompts: Prompts, repeats: int, read: Read) -> None:
        """Read what the journal holds; `read` returns the prediction in a response: its calls."""
        super().__init__(samples, prompts.step, repeats)
        self._prompts, self._read = prompts, read

    def lived(self, responses: Iterator[Response]) -> Iterator[Response]:
        """Yield each response with what its calls came to in its world."""
        for response in responses:
            going, request = self._asked.get(response.key, (None, None))
            if going is None or request is None or response.error is not None:
                yield response
                continue
            made = _calls(self._read(request, response))
            words = None if made and response.calls is None else spoken(response.text)
            try:
                response.world = going.act(words, made)
                yield response
            except Unavailable as error:
                lost = Failure(BROKEN, error.message)
                yield Response(response.key, usage=response.usage, attempts=response.attempts, error=lost)

    def heard(self, request: Request, response: Response) -> None:
        """Take the answer to a step: the next is ready, or none is needed."""
        going, _ = self._asked.pop(request.key, (None, None))
        if going is None:
            return
        if response.error is not None:
            place = going.turns.index(request.example) + 1
            self._fail(going, place, Failure(EARLIER_TURN, f"step {place} failed: {response.error.kind}"))
        elif going.end is None:
            self._ready.append(going)
        else:
            self._leave_over(going, going.taken)

    def _fail(self, going: Acting, place: int, error: Failure) -> None:
        for turn in going.turns[place:]:
            request = self._make(turn, going.repeat, ())
            self._unasked.append((request, Response(request.key, error=error, attempts=0)))

    def _leave_over(self, going: Acting, after: int) -> None:
        """Note the steps that were not needed; the last says how the episode ended."""
        for place, turn in enumerate(going.turns[after:], after + 1):
            request = self._make(turn, going.repeat, ())
            world = going.left() if place == len(going.turns) else None
            ended = Response(request.key, calls=(), finish=ENDED, attempts=0, world=world)
            self._unasked.append((request, ended))

    def _begin(self, turns: tuple[Example, ...], repeat: int) -> Acting:
        world = self._prompts.task.file.world
        assert world is not None
        first = turns[0]
        return Acting(turns, repeat, self._prompts.said(first), World(world.name, first.fields[world.state]))

    def _resume(self, turns: tuple[Example, ...], repeat: int) -> None:
        """Go on with an episode where its answers end; one that is whole is not asked at all."""
        standing, going = self._again(turns, repeat)
        if standing == len(turns):
            return
        if going.end is None:
            self._ready.append(going)
        else:  # killed between its last reply and the lines after it
            self._leave_over(going, standing)

    def _stands(self, turns: tuple[Example, ...], repeat: int) -> int:
        """Return how many steps, from the first, are written down as they would be now."""
        return self._again(turns, repeat)[0]

    def _again(self, turns: tuple[Example, ...], repeat: int) -> tuple[int, Acting]:
        """Return how many steps stand, and the episode gone through as far as they say.

        Where a step that stands was the last of it, no later one stands unless all do.
        """
        going = self._begin(turns, repeat)
        for number, turn in enumerate(turns):
            record = self._known.get((turn.id, repeat))
            if record is None or record.failed:
                return number, going
            if going.end is not None:
                if record.response.finish != ENDED:
                    return number, going
                continue
            request = self._make(turn, repeat, going.history)
            if record.response.finish == ENDED or not asked_so(record, request):
                return number, going
            made, said = _calls(record.prediction), record.response
            going.act(None if made and said.calls is None else spoken(said.text), made)
        last = self._known[turns[-1].id, repeat].response.world
        if last is None or last.state != going.world.state() or last.end != going.end:
            return 0, self._begin(turns, repeat)  # a world that does not do the same again
        return len(turns), going


def _calls(prediction: Prediction) -> list[Any] | None:
    """Return the calls of a prediction, none of words; None where there is none to be read."""
    if not isinstance(prediction, str):
        return None
    try:
        found = json.loads(prediction)
    except ValueError:
        return None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None
