"""One task, one backend: asks, judges, writes, and sums up.

The loop knows no engine and no wrapper around one: it hands out requests and takes responses in
whatever order they come.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.adapters.base import Adapter, Capability
from harness.config.documents import dump
from harness.costs.account import ACCOUNT
from harness.costs.accounting import Ledger
from harness.costs.money import Money
from harness.datasets import databases
from harness.errors import BadInput, HarnessError, Interrupted, Place, Stopped, Unavailable
from harness.evaluation import adapter_lifecycle as engines
from harness.evaluation import energy, rag
from harness.evaluation import run_directory as directories
from harness.evaluation.adapter_pool import AdapterPool
from harness.evaluation.conversations import Conversations
from harness.evaluation.episodes import Episodes
from harness.evaluation.fitting import fit_or_load
from harness.evaluation.indexing import index_corpus
from harness.evaluation.interrupts import GracefulShutdown
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.evaluation.run_document import (
    Session,
    described_plan,
    measured,
    sent,
    throughput,
)
from harness.evaluation.wrappers.compose import wrapped
from harness.execution.executor import Executor
from harness.extraction import official
from harness.extraction import predictions as answers
from harness.prompts.renderer import Prompts
from harness.records import atomic, run_file
from harness.records import journal as records
from harness.records.environment import environment
from harness.records.fingerprint import task_hash
from harness.records.folding import fold
from harness.records.journal import Journal, Key
from harness.records.leases import Division, Life
from harness.records.lock import Lock
from harness.records.pausing import Pausing, forget
from harness.records.record_values import record_values
from harness.records.run_schema import (
    COMPLETE,
    FAILED,
    PARTIAL,
    RUNNING,
    FitInfo,
    RetrievalInfo,
    RunDocument,
    Status,
    UnderWay,
)
from harness.records.serialization import Unwritable, whole_characters
from harness.schema import (
    DROPPED,
    Example,
    Failure,
    Fit,
    Metric,
    Prediction,
    Request,
    Response,
)
from harness.scoring.example_scores import score
from harness.scoring.rescore import rejudge
from harness.scoring.summary import Tally, tally
from harness.tasks.task import settled
from harness.terminal import say

GO_ON = "stopped; the same command goes on"


@dataclass
class Outcome:
    """How a run ended: its directory, what `run.json` says, and the error that ended it, if any.

    `signalled`: the user ended it, be it after the last answer, when it is complete all the same.
    """

    directory: Path
    run: RunDocument
    error: HarnessError | None = None
    reused: bool = False
    signalled: bool = False


def execute(plan: Plan, display: Display, pool: AdapterPool | None = None) -> Outcome:
    """Run `plan` to its end, or as far as it goes, and return how it ended.

    The same plan goes on where it stopped; a complete run is reported, not paid for again. Of the `pool` it
    takes its adapter, which is there again, with what it has loaded, when the run has ended well.

    Raises:
        BadInput: the run directory is held by another process, or the directory to resume was
            made with other data, settings or weights.
        Unavailable: the backend cannot be made ready. Nothing was asked.
    """
    with opened(plan, display, pool) as run:
        if not run.complete:
            return _made(run)
        known, name = run_file.read_run(run.directory), plan.options.name
        if name is not None and known.label != name:
            with Lock(run.directory):  # what was answered is the same
                known = run_file.read_run(run.directory)
                known.label = known.name = name
                run_file.write_run(run.directory, known)
        return Outcome(run.directory, known, reused=True)


def _made(run: OpenRun) -> Outcome:
    """Make a run by this process, or by as many as its options say."""
    count = run.plan.options.replicas
    if count is None:
        return run.go()
    from harness.evaluation.workers import keeper  # which knows the run

    return keeper.share(run, count) if count else keeper.divide(run)


@contextmanager
def opened(plan: Plan, display: Display, pool: AdapterPool | None = None) -> Iterator[OpenRun]:
    """Yield the run of `plan`, its directory found or made, and locked where anything is left to ask.

    Raises:
        BadInput, Unavailable: as `execute`.
    """
    with ExitStack() as stack:
        pool = pool or stack.enter_context(AdapterPool())
        lent = stack.enter_context(pool.lent(plan.backend, plan.profile))
        adapter = lent.adapter
        with engines.adapter_errors(plan.backend.name):
            identity = adapter.identity()
        mark = directories.run_fingerprint(plan, identity)
        directory = directories.run_directory(plan, mark)
        known = directories.read_existing_run(directory)
        if known is None or known.status != COMPLETE:
            lock = stack.enter_context(ExitStack())
            lock.enter_context(Lock(directory))
            known = directories.read_existing_run(
                directory, say
            )  # its last writer may have gone on meanwhile
            if known is not None and known.status == COMPLETE:
                lock.close()
        run = stack.enter_context(OpenRun(plan, adapter, directory, mark, identity, known, display))
        yield run
        lent.sound = run.stopped is None


class OpenRun:
    """A run under way: it is opened, asked all of its examples or some at a time, and finished."""

    def __init__(
        self,
        plan: Plan,
        adapter: Adapter,
        directory: Path,
        mark: str,
        identity: Mapping[str, Any],
        known: RunDocument | None,
        display: Display,
        folder: Path | None = None,
    ) -> None:
        """`folder` is where its journal and its account are kept, where that is not the directory."""
        self.plan, self.adapter, self.directory, self.display = plan, adapter, directory, display
        self.mark, self.identity = mark, identity
        self.drains = adapter.can(Capability.DRAIN)
        self.known = known
        self.samples = (folder or directory) / run_file.SAMPLES
        self.metrics: list[Metric] = plan.task.metrics
        self.read = answers.reader(plan.task)
        self.read_officially = official.readings(plan.task)
        self.fit: Fit | None = None
        self.index = known.index if known else None
        self.executed = known.execution if known else None
        self.stopped: HarnessError | None = None
        self.last_failure: Failure | None = None
        self.compacted = False  # the journal is one line an example already, in data order
        self._ending = False
        self._pausing = Pausing(directory)
        self._broken: Exception | None = None
        self._around = ExitStack()
        self._asked: Adapter | None = None  # the engine, with what stands around it
        self._conversations: Conversations | Episodes | None = None
        self._settled: deque[tuple[Request, Response]] = deque()  # what is known without asking
        self._prompts: Prompts
        self._make: Callable[..., Request]
        self.session = Session()
        gone = known.cost.retried if known and known.cost else None
        self.ledger = Ledger(plan.backend, self.samples, gone or 0.0)
        self.engine = (known.backend.engine if known else None) or {}
        self.environment = environment(plan.backend.entry.libraries)

    def __enter__(self) -> Self:
        """Begin nothing yet."""
        return self

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let go of what stands around the engine."""
        self._around.close()

    @property
    def complete(self) -> bool:
        """Return whether all was answered before: there is nothing to ask."""
        return self.known is not None and self.known.status == COMPLETE

    def go(self) -> Outcome:
        """Ask all that has no answer yet, and return how the run ended."""
        self.begin()
        self.ask(self.plan.evaluated())
        return self.finish()

    def begin(self) -> None:
        """Write down what is run, and fit what learns."""
        prompts = self.register()
        with self._noting():
            self._learn(prompts)

    def register(self) -> Prompts:
        """Write down what is run, with what workers left of it, and return what renders its prompts.

        Raises:
            BadInput: workers are at it.
        """
        prompts = self.prompts()
        self._warn_of_other_versions()
        self.fold()
        self._begin()
        self._warn_of_what_never_came_back()
        return prompts

    def prompts(self) -> Prompts:
        """Return what renders the prompts of the run, having rendered one."""
        tokens = self.adapter.count_tokens if self.adapter.can(Capability.COUNT_TOKENS) else None
        prompts = self.plan.prompts(tokens)
        if self.plan.counts_tokens:
            with engines.adapter_errors(self.plan.backend.name):
                self.plan.rehearse(tokens)
        self._prompts, self._make = prompts, prompts.request
        return prompts

    def fold(self) -> list[Life]:
        """Fold what workers left into the run's own journal and account; return what they said of themselves.

        Raises:
            BadInput: one of them is still at it.
        """
        division = Division(self.directory)
        if not division.exists:
            return []
        if (owner := division.anybody()) is not None:
            raise BadInput(
                f"worker {owner} is at it; `harness work {self.directory}` joins, `harness pause` stops it",
                place=Place(self.directory),
            )
        lives = division.lives()
        journals = [path for _, path in division.journals(run_file.SAMPLES)]
        fold(self.samples, journals, self.plan.material.selection.order, self.plan.options.repeat)
        self.ledger.account.absorb(division.journals(ACCOUNT))
        division.remove()
        return lives

    def ask(self, examples: Iterable[Example]) -> None:
        """Ask those of the examples that have no answer yet; what stops that is in `stopped`."""
        if self.stopped is not None:
            return
        with self._noting():
            journal = Journal(self.samples)
            try:
                self._ask(examples, journal)
            finally:
                journal.close()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Keep what ended the run for its outcome."""
        try:
            yield
        except KeyboardInterrupt:
            self.stopped = Interrupted(GO_ON)
        except HarnessError as error:
            self.stopped = error

    def _begin(self) -> None:
        """Write down what is run; what another version of the task judged before is judged again."""
        task, backend = self.plan.task.resolved(), self.plan.backend.resolved()
        judged_by = self.known.task.sha256 if self.known else None
        if self.samples.exists() and (judged_by != task_hash(self.plan.task) or self._holds_odd_lines()):
            rejudge(
                self.directory,
                self.plan.task,
                permission=self.plan.options.permission,
                where=self.plan.options.where,
            )
        forget(self.directory)
        atomic.write_atomically(self.directory / run_file.TASK, dump(task).encode())
        atomic.write_atomically(self.directory / run_file.BACKEND, dump(backend).encode())
        self._write_under_way(None)

    def _write_under_way(self, answered: int | None) -> None:
        """Write down that this process makes the run, and how much of it was answered before."""
        run = self._document()
        run.under_way = UnderWay(
            process=os.getpid(), host=socket.gethostname(), since=atomic.now(), answered=answered
        )
        run_file.write_run(self.directory, run)

    def _warn_of_other_versions(self) -> None:
        before = self.known.environment.packages if self.known else {}
        for name, version in self.environment.packages.items():
            was = before.get(name, version)
            if was != version:
                say(f"warning: {self.plan.label}: {name} was {was} when this run began, now {version}")

    def _warn_of_what_never_came_back(self) -> None:
        before = self.ledger.open()
        if before.requests and self.ledger.price is not None:
            most = before.unaccounted and Money(before.unaccounted, self.ledger.price.currency)
            say(
                f"warning: {self.plan.label}: nobody knows what {before.requests:,} requests that were sent "
                f"earlier cost: {f'up to {most} more' if most else 'nothing bounds it'} (cost.unaccounted)"
            )

    def _learn(self, prompts: Any) -> None:
        if not self.adapter.can(Capability.LEARN):
            return
        self.display.phase(f"{self.plan.label}: fitting")
        lessons, fresh = self.plan.lessons, self.plan.options.fresh
        self.fit = fit_or_load(
            self.adapter, self.plan, prompts, lambda: lessons.rows, self.display, fresh=fresh
        )
        done = "fit reused" if self.fit.reused else f"fitted on {self.fit.examples:,} examples"
        self.display.phase(f"{self.plan.label}: {done} ({self.fit.seconds:.1f} s)")

    def answered_before(self) -> dict[Key, bool]:
        """Return (id, repeat) → failed, of what the journal holds of this run's examples."""
        order, repeats = self.plan.material.selection.order, self.plan.options.repeat
        lines = Tally(self.metrics, self.plan.task.classes).countable(self.samples)
        return {
            line.record.key: line.record.failed
            for line in lines
            if line.record.id in order and line.record.repeat < repeats
        }

    def _answered(self) -> set[Key]:
        """Return what need not be asked any more."""
        return {key for key, failed in self.answered_before().items() if not failed}

    def _holds_odd_lines(self) -> bool:
        """Return whether the journal has lines that are damaged, or whose scores are not of these metrics."""
        odd: list[str] = []
        deque(Tally(self.metrics, self.plan.task.classes).countable(self.samples, odd.append), maxlen=0)
        return bool(odd)

    def _ask(self, examples: Iterable[Example], journal: Journal, only: int | None = None) -> None:
        """Hand out the requests that have no answer yet, and write what comes back; `only` one repeat's."""
        done = self._answered()
        if self.plan.task.file.steps:
            self._conversations = self._turns()
            done &= self._conversations.done(self.plan.evaluated())
        if (
            self._asked is None and len(done) == self.plan.total
        ):  # killed while it summed up: no model is loaded for that
            return
        if self._asked is None:
            self._prepare_to_ask()
            self._write_under_way(len(done))
        pending: dict[Key, Request] = {}
        drain = GracefulShutdown(self._end)
        wanted = self.plan.options.energy and not self.plan.backend.entry.replays
        with energy.metered(wanted=wanted) as self.session.energy:
            self.display.start(self.plan.label, self.plan.total, len(done))
            self._answers(self._source(examples, done, pending, only), pending, journal, drain)

    def _turns(self) -> Conversations | Episodes:
        """Return the source of requests that depend on what came before them."""
        repeats = self.plan.options.repeat
        if self.plan.task.file.world is not None:
            return Episodes(self.samples, self._prompts, repeats, self._read)
        return Conversations(self.samples, self._make, repeats)

    def _prepare_to_ask(self) -> None:
        """Load the engine, put around it what stands there, and begin the session."""
        self._prepare()
        self.session = Session()
        self._asked = self._around.enter_context(wrapped(self.adapter, self.plan, self.identity, self.ledger))

    def _prepare(self) -> None:
        """Load what the first example would otherwise wait for."""
        if self.adapter.can(Capability.PREPARE):
            self.display.phase(f"{self.plan.label}: loading")
            with engines.adapter_errors(self.plan.backend.name):
                self.adapter.prepare()
                self.engine = dict(self.adapter.loaded()) or self.engine
        if self.plan.task.ask == "retrieve":
            self.display.phase(f"{self.plan.label}: indexing {len(self.plan.material.corpus):,} passages")
            with engines.adapter_errors(self.plan.backend.name):
                self.index = index_corpus(self.plan, self.adapter)
        for metric in self.metrics:  # a tokenizer that loads for seconds is no part of answering
            if metric.prepare is not None:
                metric.prepare()

    def _answers(
        self,
        source: Iterator[Request | None],
        pending: dict[Key, Request],
        journal: Journal,
        drain: GracefulShutdown,
    ) -> None:
        """Take what the adapter makes of the requests, and tell the session how long that took."""
        began, cpu_began = time.perf_counter(), time.process_time()
        try:
            assert self._asked is not None
            with drain, engines.adapter_errors(self.plan.backend.name):
                self._pass_over(pending, journal)
                for response in self._run(self._asked.answer(source), pending):
                    self._keep(response, pending, journal)
                    self._pass_over(pending, journal)
                self._pass_over(pending, journal)
                if not (self._ending and self.drains):
                    for key in list(pending):
                        lost = Failure("lost", "the adapter ended without answering")
                        self._keep(Response(key, error=lost), pending, journal)
                    self._pass_over(pending, journal)
                if self._broken is not None:
                    raise self._broken
        finally:
            self.session.seconds += time.perf_counter() - began
            cpu = time.process_time() - cpu_began
            self.session.cpu_seconds = (self.session.cpu_seconds or 0.0) + cpu
            self.session.finished = atomic.now()
            self.display.stop()
            if drain.asked:  # whatever else came of it
                raise Interrupted(GO_ON)

    def _run(self, responses: Iterator[Response], pending: Mapping[Key, Request]) -> Iterator[Response]:
        """Yield the responses, with what came of running what they hold, or of their calls in a world."""
        if isinstance(self._conversations, Episodes):
            yield from self._conversations.lived(responses)
            return
        if self.plan.task.file.execute is None:
            yield from responses
            return

        def predicted(response: Response) -> tuple[Prediction, Any]:
            request = pending.get(response.key)
            return (
                (None, None) if request is None else (self._read(request, response), request.example.target)
            )

        bases = databases.found(self.plan.task, self.plan.material.source)
        with Executor(self.plan.task, self.plan.options.permission, bases) as executor:
            self.executed = executor.info()
            self.display.phase(f"{self.plan.label}: {executor.told}")
            yield from executor.judged(responses, predicted)

    def _read(self, request: Request, response: Response) -> Prediction:
        example = request.example
        context = answers.read_against(self.plan.task, example.fields.get("context", ""), example.target)
        return self.read(response, request.options, context)

    def _source(
        self,
        examples: Iterable[Example],
        done: set[Key],
        pending: dict[Key, Request],
        only: int | None = None,
    ) -> Iterator[Request | None]:
        def ending() -> bool:
            if self._pausing.wanted:
                self._pause()
            return self._ending

        if self._conversations is not None:
            yield from self._conversations.requests(examples, pending, ending)
            return
        repeats = range(self.plan.options.repeat) if only is None else (only,)
        for example in examples:
            for repeat in repeats:
                if ending():
                    return
                if (example.id, repeat) not in done:
                    request = self._make(example, repeat)
                    if known := settled(self.plan.task, example):
                        told = Response(request.key, text=known, finish="settled", attempts=0)
                        self._settled.append((request, told))
                        continue
                    pending[request.key] = request
                    yield request

    def _pause(self) -> None:
        """Ask no more, as the word to pause was left."""
        forget(self.directory)
        self._stop(Interrupted(f"paused; harness run --resume {self.directory} goes on"))

    def _pass_over(self, pending: dict[Key, Request], journal: Journal) -> None:
        """Write down what is not asked: turns after one without an answer, and replies known already."""
        while self._settled:
            request, response = self._settled.popleft()
            pending[request.key] = request
            self._keep(response, pending, journal)
        for request, response in self._conversations.unasked() if self._conversations else ():
            pending[request.key] = request
            self._keep(response, pending, journal)

    def _end(self) -> None:
        """Ask no more: what is on the wire is paid, and is waited for by the adapters that have some."""
        if not self._ending:
            self._ending = True
            if self.drains:
                self.adapter.drain()

    def _stop(self, why: HarnessError) -> None:
        """End the run for a reason that costs nothing of what is on the wire."""
        self.stopped = self.stopped or why
        self._end()

    def _keep(self, response: Response, pending: dict[Key, Request], journal: Journal) -> None:
        """Take one response; what goes wrong here ends the run once what is on the wire has come too."""
        try:
            self._take(response, pending, journal)
        except Exception as error:
            if not self.drains:
                raise
            self._broken = self._broken or error
            self._end()

    def _take(self, response: Response, pending: dict[Key, Request], journal: Journal) -> None:
        """Judge one response and write its record."""
        request = pending.pop(response.key, None)
        if request is None:
            raise Unavailable(
                f"{self.plan.backend.name} answered {response.key!r}, which was not asked or is answered"
            )
        if response.error is not None and response.error.kind == DROPPED:
            return
        if response.text is not None:  # judged as it will be read again
            response.text = whole_characters(response.text)
        if response.value is not None:
            response.value = measured(response.value)
        record, scores = self._judged(request, response)
        try:
            journal.append(record)
        except Unwritable as error:
            response = Response(response.key, usage=response.usage, error=Failure("unwritable", str(error)))
            record, scores = self._judged(request, response)
            journal.append(record)
        if journal.full is not None:
            self._stop(journal.full)
        if self._conversations is not None:
            self._conversations.heard(request, response)
        self.session.count(response)
        self.display.step(failed=response.error is not None, score=scores)
        if response.error is not None:
            self.last_failure = response.error
            if not self.plan.backend.entry.replays:  # nothing is spared by stopping early
                self._check_failures()

    def _judged(self, request: Request, response: Response) -> tuple[dict[str, Any], float | None]:
        """Return the line of the journal, and whether it is right where the main metric says so, 0 or 1."""
        failed = response.error is not None
        prediction = None if failed else self._read(request, response)
        target = request.example.target
        official = {} if failed else self.read_officially(response, request.options)
        count = len(request.options)
        scores = None
        if not failed:
            scores = score(self.metrics, response, prediction, target, options=count, official=official)
        groups = self.plan.task.groups(request.example) if self.plan.task.file.breakdown else None
        shown = None if self.plan.passages is None else self.plan.passages.by_id[request.example.id]
        if shown is not None:
            groups = {**(groups or {}), rag.GROUP: "yes" if shown.answer else "no"}
        record = record_values(
            request,
            response,
            prediction=prediction,
            scores=scores,
            official=official,
            groups=groups,
            passages=None if shown is None else shown.recorded(None if request.options else prediction),
        )
        main = self.metrics[0]
        return record, scores[main.name][0] if scores and main.interval == "wilson" else None

    def _check_failures(self) -> None:
        """Stop, if more requests failed than the user allows."""
        bound = self.plan.options.max_failures
        allowed = bound if isinstance(bound, int) else bound * self.plan.total
        failed, last = self._failures(), self.last_failure
        if failed <= allowed or self.stopped is not None or last is None:
            return
        if self.plan.backend.entry.replays:
            why = (
                f"{failed} of {self.plan.total} examples have no answer in the file, more than "
                f"--max-failures {bound}; the last: {last.message}; --max-failures {failed} takes it as it is"
            )
        else:
            why = (
                f"{failed} of {self.plan.total} requests failed, more than --max-failures {bound}; "
                f"the last: {last.kind}: {last.message}; the same command asks them again"
            )
        self._stop(Stopped(why))

    def _failures(self) -> int:
        """Return how many requests failed that count against what the user allows."""
        return self.session.failed

    def finish(self, because: HarnessError | None = None) -> Outcome:
        """Sum up what was answered; `because` tells why no more was asked, where nothing went wrong."""
        plan = self.plan
        self.stopped = self.stopped or because
        self._check_failures()
        if not self.compacted:
            records.compact(self.samples, plan.material.selection.order, plan.options.repeat)
        found = tally(self.samples, self.metrics, plan.task.classes, plan.options.slo)
        found.save(self.directory / run_file.STATISTICS)
        ended = found.counts["examples"]
        signalled = isinstance(self.stopped, Interrupted)
        if signalled and ended == plan.total and not found.counts["failed"]:
            self.stopped = None  # the last answer had come: nothing is left to go on with
        if ended < plan.total and self.stopped is None:
            self.stopped = Unavailable(f"{plan.backend.name} ended after {ended} of {plan.total} requests")
        if plan.task.file.on_unread == "failed" and found.counts["failed"] and self.stopped is None:
            missing = f"{found.counts['failed']:,} of {plan.total:,} have no verdict"
            self.stopped = Stopped(f"{missing}; the same command asks them again")
        status: Status = COMPLETE if self.stopped is None else PARTIAL if found.ids else FAILED
        run = self._document(status)
        self._fill(run, found)
        run_file.write_run(self.directory, run)
        return Outcome(self.directory, run, self.stopped, signalled=signalled)

    def _document(self, status: Status = RUNNING) -> RunDocument:
        """Return what is known of the run before anything is asked."""
        told = sent(self.plan, self.adapter)
        run = described_plan(self.plan, self.directory.name, self.mark, self.identity, told)
        run.status = status
        if self.executed:
            run.execution = self.executed
        if self.engine:
            run.backend.engine = self.engine
        run.environment = self.environment
        run.started = self.known.started if self.known else self.session.started
        run.sessions = list(self.known.sessions) if self.known else []
        if self.known:
            run.keep_unknown(self.known)
        return run

    def _fill(self, run: RunDocument, found: Tally) -> None:
        """Write into the document what the run found out, and what that took."""
        plan = self.plan
        run.finished = atomic.now()
        run.sessions = [*run.sessions, self.session.info()]
        if plan.context is not None and plan.passages is not None:
            how = rag.way(plan.context)
            run.retrieval = RetrievalInfo(
                passages=plan.passages.corpus, retriever=how.retriever, k=how.k, seconds=plan.passages.seconds
            )
        found.summarize(run, seed=plan.task.seed)
        run.throughput = throughput(run.sessions, replayed=plan.backend.entry.replays)
        run.cost = self.ledger.document(run.sessions, found.share_correct)
        run.budget = plan.options.budget.document() if plan.options.budget else None
        run.goodput = found.goodput.document(run.sessions) if found.goodput else None
        run.energy = energy.total(run.sessions)
        run.fit = None
        if self.fit is not None:
            run.fit = FitInfo(**asdict(self.fit))
            run.data.leaked, run.data.dropped_from_train = plan.lessons.leaked, plan.lessons.dropped
        if self.index is not None:
            run.index = self.index
        run.stopped_because = str(self.stopped) if self.stopped else None


def finish_exit_code(outcomes: Iterable[Outcome], dead: Iterable[HarnessError]) -> int:
    """Return the gravest exit code of a grid: 130, wrong input, 3, then 4; 0 if nothing went wrong."""
    codes = {
        error.exit_code for error in (*(outcome.error for outcome in outcomes), *dead) if error is not None
    }
    return next((code for code in (130, 2, 3, 4) if code in codes), max(codes, default=0))
