"""A worker: one of several processes that make a run, each on the ranges that it holds a lease on."""

from __future__ import annotations

import os
import socket
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, Capability
from harness.errors import HarnessError, Interrupted
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.evaluation.runner import GO_ON, OpenRun
from harness.evaluation.workers.purse import Purse
from harness.records import run_file
from harness.records.journal import Journal, Key, read_records
from harness.records.leases import BEAT_S, LIMITS, Division, Held, Life, new_owner
from harness.records.run_schema import RunDocument
from harness.schema import DROPPED, Example, Failure, Request, Response

ALONE_FROM = 2  # the generation of a range from which on its examples are asked one by one
DEATHS = 3  # of workers, each while it asked one example alone, that make the example failed
LOOK_S = 1.0  # between two looks for an heir
LAST_TRIES = 4  # to take what others gave back, once none of them has any more in hand
WAIT_S = (0.05, 1.0)  # between two looks for a range to take, at first and at last


class Worker(OpenRun):
    """A run that takes ranges until all are done, and writes into a journal of its own.

    `keeper` is the process that started it here: a worker whose keeper is gone stops gently. None where it
    came by itself.
    """

    def __init__(
        self,
        plan: Plan,
        adapter: Adapter,
        directory: Path,
        mark: str,
        identity: Mapping[str, Any],
        known: RunDocument | None,
        display: Display,
        keeper: int | None = None,
    ) -> None:
        """Take a name and a folder; nothing is held yet.

        Raises:
            BadInput: the directory is divided for another run.
        """
        self.display: Through
        self.division = Division(directory)
        self.bounds = self.division.bounds(len(plan.material.selection.order))
        self.owner = new_owner()
        self.own = self.division.make(self.owner)
        super().__init__(plan, adapter, directory, mark, identity, known, Through(display), folder=self.own)
        self.keeper = keeper
        self.life = Life(os.getpid(), socket.gethostname())
        self._starts = [start for start, _ in self.bounds]
        self._holding: dict[int, Held] = {}
        self._left: dict[int, set[Key]] = {}  # unit → what has not ended of it
        self._order = plan.material.selection.order
        self._ended: set[Key] = set()
        self._rows = Rows(plan.evaluated)
        self._looked = 0.0
        self._others_failed = 0
        self._last_tries = LAST_TRIES
        self._part = 1.0  # of all workers that are on this machine
        if isinstance(plan.options.budget, Purse):
            plan.options.budget.others_hold = self._others_hold

    def work(self) -> None:
        """Ask whatever nobody else asks, until all of the run has ended or something stops it.

        What stopped it is in `stopped`. It holds nothing any more.
        """
        self.division.say(self.owner, self.life)
        beating = Beating(self._beat)
        try:
            prompts = self.prompts()
            with self._noting(), beating:
                self._learn(prompts)
                self._ended = self._before()
                if len(self._ended) >= self.plan.total:
                    return
                self._prepare_to_ask()
                if self.adapter.can(Capability.SHARE_LIMITS):
                    self.adapter.share_limits(self.division.folder / LIMITS, lambda: self._part)
                journal = Journal(self.samples)
                try:
                    self._take_turns(journal)
                finally:
                    journal.close()
        finally:
            self.display.end()
            self.life.left = True
            self.life.stopped = str(self.stopped) if self.stopped else None
            self.life.code = self.stopped.exit_code if self.stopped else 0
            self._beat()

    def _before(self) -> set[Key]:
        """Return what had been answered before the run was divided."""
        lines = read_records(self.directory / run_file.SAMPLES)
        return {line.record.key for line in lines if not line.record.failed}

    def _take_turns(self, journal: Journal) -> None:
        wait = WAIT_S[0]
        while not self._over():
            held = self._claimed()
            if held is not None:
                wait = WAIT_S[0]
                self._work_on(held, journal)
                self._looked = 0.0
                continue
            done = self.division.held()[1]
            if len(done) >= len(self.bounds):
                return
            time.sleep(wait)
            wait = min(2 * wait, WAIT_S[1])

    def _over(self) -> bool:
        if self.keeper is not None and os.getppid() != self.keeper:
            self._stop(Interrupted(GO_ON))
        if self._pausing.wanted:
            self._pause()
        return self.stopped is not None or self._ending

    def _claimed(self) -> Held | None:
        """Return a range that is this worker's from now on, None where all are done or held by others."""
        latest, done = self.division.held()
        for unit, (start, stop) in enumerate(self.bounds):
            if unit in done:
                continue
            generation = latest.get(unit, -1) + 1
            if generation and not self._is_free(unit, self.division.owner(unit, generation - 1)):
                continue
            if self.division.take(unit, generation, self.owner):
                return Held(unit, generation, start, stop)
        return None

    def _is_free(self, unit: int, owner: str) -> bool:
        """Return whether a range that is not done may be taken over from its owner."""
        return unit not in self._holding if owner == self.owner else self.division.lapsed(owner)

    def _work_on(self, held: Held, journal: Journal) -> None:
        """Ask what has not ended of a range, and of a server's ranges those that come after it too."""
        if self.plan.backend.entry.remote:
            self._ask(self._stream(held), journal)
        elif held.generation < ALONE_FROM:
            self._ask(self._examples(held), journal)
        else:
            self._one_by_one(held, journal)
        for one in list(self._holding.values()):
            self._let_go(one)

    def _stream(self, held: Held) -> Iterator[Example]:
        """Yield examples of range after range: what is on the wire need not come before more is sent."""
        more: Held | None = held
        while more is not None:
            yield from self._examples(more)
            more = None if self._over() else self._claimed()

    def _examples(self, held: Held) -> Iterator[Example]:
        """Yield the examples of a range, until it has an heir."""
        examples = self._begin_with(held)
        for example in examples:
            if self._has_heir(held):
                return
            yield example

    def _begin_with(self, held: Held) -> list[Example]:
        """Return the examples of a range in which something has not ended; what earlier owners got has."""
        if held.generation:
            for _, path in self.division.journals(run_file.SAMPLES):
                lines = read_records(path)
                self._ended |= {line.record.key for line in lines if not line.record.failed}
        repeats = range(self.plan.options.repeat)
        examples = self._rows.between(held.start, held.stop)
        if self._ended:
            examples = [
                one for one in examples if any((one.id, repeat) not in self._ended for repeat in repeats)
            ]
        keys = {(example.id, repeat) for example in examples for repeat in repeats}
        self._holding[held.unit] = held
        self._left[held.unit] = keys - self._ended
        if not self._left[held.unit]:
            self._done_with(held.unit)
        return examples

    def _one_by_one(self, held: Held, journal: Journal) -> None:
        """Ask the examples of a range alone, each noted before; what killed its workers so is failed."""
        killed = self.division.deaths(held)
        for example in self._begin_with(held):
            for repeat in range(self.plan.options.repeat):
                key = (example.id, repeat)
                if key in self._ended:
                    continue
                if self._over() or self._has_heir(held):
                    return
                if killed.count(key) >= DEATHS:
                    why = f"killed its worker {DEATHS} times, asked alone"
                    request = self._make(example, repeat)
                    failed = Response(request.key, error=Failure("killed", why))
                    self._keep(failed, {request.key: request}, journal)
                    continue
                self.division.note(held, key)
                self._ask([example], journal, only=repeat)

    def _has_heir(self, held: Held) -> bool:
        """Return whether somebody took over while this worker was stopped: then not one call more is made."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return False
        self._looked = now
        return self.division.has_heir(held)

    def _answered(self) -> set[Key]:
        return self._ended

    def _take(self, response: Response, pending: dict[Key, Request], journal: Journal) -> None:
        """Judge one response and write its record; the last of a range ends it."""
        super()._take(response, pending, journal)
        if response.error is not None and response.error.kind == DROPPED:
            return
        key = response.key
        self.life.answers += 1
        unit = bisect_right(self._starts, self._order[key[0]]) - 1
        left = self._left.get(unit)
        if left is None:
            self._ended.add(key)
            return
        left.discard(key)
        if not left:
            self._done_with(unit)

    def _done_with(self, unit: int) -> None:
        self.division.finish(unit)
        self._holding.pop(unit, None)
        self._left.pop(unit, None)

    def _let_go(self, held: Held) -> None:
        """Forget a range that did not end here; it is an heir's, or will be when this worker has left."""
        self._holding.pop(held.unit, None)
        self._left.pop(held.unit, None)

    def _others_hold(self, dry: bool) -> bool:
        """Say whether this worker has no money in hand; return whether another may give some back.

        Where none has any, the first by name looks once more, while nobody else takes.
        """
        was, self.life.dry = self.life.dry, dry
        if was != dry:
            self._beat()
        if self._over():
            return False
        names = [n for n in self.division.owners() if n == self.owner or not self.division.lapsed(n)]
        lives = {name: self.division.life(name) for name in names}
        if any(life is not None and not life.dry for life in lives.values()):
            self._last_tries = LAST_TRIES
            return True
        self._last_tries -= 1
        return self.owner == names[0] and self._last_tries > 0

    def _failures(self) -> int:
        return self.session.failed + self._others_failed

    def _pause(self) -> None:
        """Ask no more; the word stays for the others to hear."""
        self._stop(Interrupted(f"paused; harness run --resume {self.directory} goes on"))

    def _beat(self) -> None:
        """Say that this worker lives, and hear how many requests failed elsewhere."""
        self.life.beats += 1
        self.life.failed = self.session.failed
        self.life.session = self.session.info().to_dict()
        self.life.fit = asdict(self.fit) if self.fit else None
        self.division.say(self.owner, self.life)
        others = [owner for owner in self.division.owners() if owner != self.owner]
        lives = {owner: life for owner in others if (life := self.division.life(owner)) is not None}
        self._others_failed = sum(life.failed for life in lives.values())
        working = [life for owner, life in lives.items() if not self.division.lapsed(owner)]
        here = 1 + sum(life.host == self.life.host for life in working)
        self._part = here / (1 + len(working))


class Through:
    """A display that begins with the first range and ends with the last."""

    def __init__(self, display: Display) -> None:
        """Show nothing yet."""
        self.phase, self.step, self.reach, self.end = display.phase, display.step, display.reach, display.stop
        self._display, self._began = display, False

    def start(self, label: str, total: int, done: int) -> None:
        """Begin, unless it has begun."""
        if not self._began:
            self._began = True
            self._display.start(label, total, done)

    def stop(self) -> None:
        """Go on: another range may come."""


class Rows:
    """The evaluated examples by their places; going forward reads nothing twice."""

    def __init__(self, evaluated: Callable[[], Iterable[Example]]) -> None:
        """`evaluated` yields all of them in the order of their places."""
        self._evaluated = evaluated
        self._at, self._rest = 0, iter(evaluated())

    def between(self, start: int, stop: int) -> list[Example]:
        """Return the examples at the places from start to stop."""
        if start < self._at:
            self._at, self._rest = 0, iter(self._evaluated())
        found = list(islice(self._rest, start - self._at, stop - self._at))
        self._at = stop
        return found


class Beating:
    """Calls a function every few seconds beside what is done: an engine that computes for long lives."""

    def __init__(self, beat: Callable[[], None]) -> None:
        """Call nothing yet."""
        self._beat = beat
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)

    def __enter__(self) -> Beating:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End, once what is being written is."""
        self._end.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._end.wait(BEAT_S):
            try:
                self._beat()
            except (OSError, HarnessError):  # a disk that is full: then it has heirs, who find the same
                continue
