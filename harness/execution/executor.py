"""Judging by running: what predictions come to, several at once, while others are still asked for."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.databases import postgres
from harness.errors import BadInput
from harness.execution import python_tests, sandboxes, sql_queries
from harness.execution.limits import Limits
from harness.execution.permission import Permission
from harness.execution.pool import Pool, usual_size
from harness.records.run_schema import ExecutionInfo
from harness.schema import Execution, Failure, Prediction, Response
from harness.tasks.task import Task

SQLITE = "sqlite in memory"
SANDBOX = "sandbox"  # an outcome that is no verdict, and the kind of failure it is


class Executor:
    """Runs what the answers of a task hold, where the task says so; starts nothing before the first."""

    def __init__(
        self, task: Task, permission: Permission, databases: Mapping[str, tuple[Path, str]] = {}
    ) -> None:
        """`databases` are those that queries are run on.

        Raises:
            NotAllowed: the user did not allow it.
            Unavailable: no sandbox works here, and programs need one.
        """
        asked = task.file.execute
        assert asked is not None
        permission.require(task.name)
        self.language = asked.language
        self.limits = Limits(cpu=asked.seconds, memory=asked.memory_mib << 20)
        self.size = usual_size()
        self._databases = databases
        self._pool: Pool | None = None
        self._threads: ThreadPoolExecutor | None = None
        self.sandbox = needed(task, permission)

    def __enter__(self) -> Executor:
        """Return the executor, which ends its sandboxes with the block."""
        return self

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the sandboxes."""
        self.close()

    @property
    def told(self) -> str:
        """Return in what programs are run, in words."""
        if self.sandbox == SQLITE:
            return f"its queries are run on SQLite in memory, for reading, {self.limits.cpu} s of CPU each"
        if self.sandbox == sandboxes.NONE:
            return "what it writes is run with NO sandbox: your rights, files and network"
        bounds = f"{self.limits.cpu} s of CPU and {self.limits.memory >> 20} MiB each"
        return f"what it writes is run in a sandbox ({sandboxes.described(self.sandbox)}), {bounds}"

    def info(self) -> ExecutionInfo:
        """Return in what programs are run, for `run.json`."""
        return ExecutionInfo(
            language=self.language,
            sandbox=sandboxes.described(self.sandbox),
            python=platform.python_version(),
            limits=self.limits.plain(),
        )

    def close(self) -> None:
        """End the sandboxes, if any was started."""
        if self._pool is not None:
            self._pool.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool = self._threads = None

    def submit(self, prediction: str, target: str) -> Future[Execution]:
        """Return the verdict to be of a prediction."""
        mark = marked(self.language, prediction, target)
        given: Future[Execution] = Future()
        running = (
            self._queried(prediction, target) if self.language == "sql" else self._run(prediction, target)
        )
        running.add_done_callback(lambda done: _hand_on(done, given, mark))
        return given

    def _run(self, code: str, target: str) -> Future[Execution]:
        if self._pool is None:
            self._pool = Pool(self.sandbox, self.limits, self.size)
        return self._pool.submit(python_tests.program(code, parsed(target, "test")))

    def _queried(self, query: str, target: str) -> Future[Execution]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="query")
        about = parsed(target, "queries")
        return self._threads.submit(sql_queries.judged, query, about, self._databases, self.limits.cpu)

    def judged(
        self, responses: Iterable[Response], read: Callable[[Response], tuple[Prediction, Any]]
    ) -> Iterator[Response]:
        """Yield the responses with their verdicts, in the order in which these come.

        `read` says what prediction and target a response has. Where a sandbox died, the response has failed.
        """
        running: dict[Future[Execution], Response] = {}
        for response in responses:
            prediction, target = (None, None) if response.error is not None else read(response)
            if prediction is None:
                yield response
                continue
            running[self.submit(str(prediction), str(target))] = response
            yield from _finished(running, most=4 * self.size)
        yield from _finished(running, most=0)


def _finished(running: dict[Future[Execution], Response], *, most: int) -> Iterator[Response]:
    """Yield what has its verdict, and wait while more than `most` have none."""
    while running:
        block = len(running) > most
        done, _ = wait(running, timeout=None if block else 0, return_when=FIRST_COMPLETED)
        if not done:
            return
        for future in done:
            yield with_verdict(running.pop(future), future.result())


def with_verdict(response: Response, verdict: Execution) -> Response:
    """Return a response with what came of running it; failed, where that is the sandbox's fault."""
    if verdict.outcome == SANDBOX:
        return Response(response.key, usage=response.usage, error=Failure(SANDBOX, verdict.error))
    response.execution = verdict
    return response


def _hand_on(done: Future[Execution], given: Future[Execution], mark: str) -> None:
    if done.cancelled():
        given.set_result(Execution(SANDBOX, "the run ended before it was run"))
    elif (error := done.exception()) is not None:
        given.set_exception(error)
    else:
        given.set_result(replace(done.result(), program=mark))


def needed(task: Task, permission: Permission) -> str:
    """Return the sandbox that a task's programs are run in; SQLite in memory, which only reads, needs none.

    Raises:
        NotAllowed: the user did not allow it.
        Unavailable: none works here.
    """
    permission.require(task.name)
    asked = task.file.execute
    if asked is not None and asked.language == "sql":
        postgres.sqlglot()  # is missed now, and not at the first query that sorts its rows
        return SQLITE
    return sandboxes.chosen(permission.sandbox)


def marked(language: str, prediction: str, target: str) -> str:
    """Return the mark of what judges a prediction, by which its verdict is known again.

    Raises:
        BadInput: the target is none of a program.
    """
    if language == "sql":
        source = json.dumps([prediction, parsed(target, "queries")], sort_keys=True)
    else:
        source = python_tests.program(prediction, parsed(target, "test"))
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:16]


def parsed(target: str, key: str) -> dict[str, Any]:
    """Return a target's JSON, which has a `key`.

    Raises:
        BadInput: it is none, or has no such key.
    """
    try:
        found = json.loads(target)
        _ = found[key]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f'the target of what is run should be JSON with "{key}"') from None
    return dict(found)
