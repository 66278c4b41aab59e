"""A run made by several processes of this machine, and what any run that was shared ends with."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from harness.errors import BadInput, HarnessError, Interrupted, Stopped, Unavailable
from harness.evaluation.interrupts import SIGNALS, GracefulShutdown
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import GO_ON, OpenRun, Outcome
from harness.evaluation.workers import purse
from harness.evaluation.workers.division import require_divisible, sizes
from harness.evaluation.workers.worker import Worker
from harness.records import atomic, run_file
from harness.records.leases import Division, Life
from harness.records.pausing import forget
from harness.schema import Failure, Fit
from harness.terminal import say

LOOK_S = 0.3  # between two looks at how far the workers are
FRUITLESS = 12  # workers that die one after the other without an answer, after which no more are started


def divide(run: OpenRun) -> Outcome:
    """Divide a run that is open and locked, so that workers may come; ask nothing.

    Raises:
        BadInput: it cannot be divided, or workers are at it.
    """
    require_divisible(run.plan)
    run.register()
    purse.lay_out(run)
    Division(run.directory).divide(sizes(len(run.plan.material.selection.order)))
    return Outcome(run.directory, run_file.read_run(run.directory))


def share(run: OpenRun, count: int) -> Outcome:
    """Make a run that is open and locked by `count` processes here, and return how it ended.

    One that dies is started again; what it held is taken over at once.

    Raises:
        BadInput: it cannot be divided, or workers are at it, or this system cannot fork.
    """
    if not hasattr(os, "fork"):
        raise BadInput("--replicas needs a system that forks; start `harness work RUN` several times instead")
    divide(run)
    began = time.monotonic()
    run.stopped = Crew(run, count).work()
    return sum_up(run, time.monotonic() - began)


def sum_up(run: OpenRun, seconds: float | None = None) -> Outcome:
    """Fold what workers left of a run that is locked here, and finish it.

    `seconds` is how long they worked; None takes that of the longest.
    """
    finished = atomic.now()
    lives = run.fold()
    run.compacted = True
    forget(run.directory)
    purse.settle(run)
    _note(run, lives, seconds, finished)
    return run.finish()


def _note(run: OpenRun, lives: Sequence[Life], seconds: float | None, finished: str) -> None:
    """Write into the run's session what the workers did together."""
    told = [life.session for life in lives if life.session]
    session = run.session
    session.requests = sum(_number(one, "requests") for one in told)
    session.failed = sum(_number(one, "failed") for one in told)
    session.answered = sum(_number(one, "answered") for one in told)
    session.output_tokens = sum(_number(one, "output_tokens") for one in told)
    longest = max((float(one.get("seconds") or 0.0) for one in told), default=0.0)
    session.seconds = longest if seconds is None or not session.requests else seconds
    session.finished = finished
    if session.failed:
        run.last_failure = Failure("failed", f"the errors are in {run.samples}")
    fits = [Fit(**life.fit) for life in lives if life.fit]
    run.fit = next((fit for fit in fits if not fit.reused), fits[0] if fits else None)


def _number(values: dict[str, object], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else 0


class Crew:
    """Processes here that work on one run, and are started again where they die."""

    def __init__(self, run: OpenRun, count: int) -> None:
        """Start nothing yet."""
        self.run, self.count = run, count
        self.division = Division(run.directory)
        self._fork = multiprocessing.get_context("fork")
        self._processes: dict[int, BaseProcess] = {}
        self._fruitless, self._reached = 0, -1
        self._shown = 0, 0  # answers, and failed ones among them

    def work(self) -> HarnessError | None:
        """Return why they ended early, None where they did all."""
        stopping = GracefulShutdown(lambda: self._tell(signal.SIGTERM))
        why: HarnessError | None = None
        self.run.display.phase(f"{self.run.plan.label}: {self.count} workers")
        try:
            with stopping:
                for place in range(self.count):
                    self._start(place)
                done = sum(not failed for failed in self.run.answered_before().values())
                self.run.display.start(self.run.plan.label, self.run.plan.total, done)
                while self._processes:
                    wait([process.sentinel for process in self._processes.values()], LOOK_S)
                    why = self._look(again=not stopping.asked) or why
                    self._show()
        finally:
            self._kill()
            self.run.display.stop()
        if stopping.asked:
            return Interrupted(GO_ON)
        return None if self._is_done() else why

    def _show(self) -> None:
        """Show how far the workers are, as they said last."""
        lives = self.division.lives()
        answers, failed = sum(life.answers for life in lives), sum(life.failed for life in lives)
        for number in range(self._shown[0], answers):
            fails = number < self._shown[0] + failed - self._shown[1]
            self.run.display.step(failed=fails, score=None)
        self._shown = max(answers, self._shown[0]), max(failed, self._shown[1])

    def _is_done(self) -> bool:
        done = self.division.held()[1]
        return len(done) >= len(self.division.bounds(len(self.run.plan.material.selection.order)))

    def _look(self, *, again: bool) -> HarnessError | None:
        """Take note of workers that ended: start those again that were killed, return why others stopped."""
        why: HarnessError | None = None
        for place, process in list(self._processes.items()):
            if process.is_alive():
                continue
            process.join()
            del self._processes[place]
            if process.exitcode == 0 or not again:
                continue
            stopped = self._stopped_by(process.pid)
            if stopped is not None:
                why = stopped
            elif self._is_fruitless():
                why = Unavailable(f"{FRUITLESS} workers died one after the other, the last {_how(process)}")
            else:
                say(f"{self.run.plan.label}: a worker died ({_how(process)}); another takes its place")
                self._start(place)
        return why

    def _is_fruitless(self) -> bool:
        """Return whether one worker after the other died without an answer."""
        reached = sum(life.answers for life in self.division.lives())
        self._fruitless = 0 if reached > self._reached else self._fruitless + 1
        self._reached = reached
        return self._fruitless >= FRUITLESS

    def _stopped_by(self, process: int | None) -> HarnessError | None:
        """Return what a worker said that it stopped by, None where it said nothing."""
        for life in self.division.lives():
            if life.process == process and life.left and life.stopped:
                kind = {130: Interrupted, 4: Stopped, 2: BadInput}.get(life.code, Unavailable)
                return kind(life.stopped)
        return None

    def _start(self, place: int) -> None:
        keeper = os.getpid()
        process = self._fork.Process(target=self._worker, args=(place, keeper), daemon=False)
        process.start()
        self._processes[place] = process

    def _worker(self, place: int, keeper: int) -> None:
        """Be a worker, in a process of its own."""
        for number in SIGNALS:
            signal.signal(number, signal.default_int_handler)
        gc.freeze()  # what the keeper read is looked through no more, and its pages are not copied for that
        os.setpgrp()  # a Ctrl-C is the keeper's to pass on, once
        _take_part_of_machine(place, self.count)
        run = self.run
        if (spends := purse.open_purse(run.directory)) is not None:
            run.plan.options.spend_from(spends)
        about = (run.plan, run.adapter, run.directory, run.mark, run.identity, run.known, Quiet())
        stopped: HarnessError | None = None
        try:
            with Worker(*about, keeper=keeper) as worker:
                worker.work()
                stopped = worker.stopped
        except KeyboardInterrupt:
            sys.exit(1)
        sys.exit(0 if stopped is None else 1)

    def _tell(self, what: signal.Signals) -> None:
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                if process.pid is not None:
                    os.kill(process.pid, what)

    def _kill(self) -> None:
        """End those that are still there: the keeper itself breaks off."""
        for process in self._processes.values():
            process.kill()
            process.join()


def _how(process: BaseProcess) -> str:
    code = process.exitcode or 0
    if code >= 0:
        return f"exit {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def _take_part_of_machine(place: int, count: int) -> None:
    """Leave the other workers their cores, and take one graphics card where there are some."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    each = max(1, cores // count)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(each))
    with contextlib.suppress(ImportError):
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        threadpool_limits(each)
    cards = _cards()
    if len(cards) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = cards[place % len(cards)]


def _cards() -> list[str]:
    """Return the names of the graphics cards that may be used."""
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    if said is not None:
        return [name for name in said.split(",") if name]
    with contextlib.suppress(OSError):
        return [str(number) for number, _ in enumerate(os.listdir("/proc/driver/nvidia/gpus"))]
    return []
