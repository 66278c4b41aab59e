"""Sandboxes kept warm, as many as run at once; each program takes one that is idle."""

from __future__ import annotations

import os
import queue
from concurrent.futures import Future, ThreadPoolExecutor

from harness.execution import sandboxes
from harness.execution.limits import Limits
from harness.execution.unconfined import Unconfined
from harness.execution.worker import Worker
from harness.schema import Execution

MOST_WORKERS = 8


def usual_size() -> int:
    """Return how many programs run at once here: one a core, of a few."""
    return max(1, min(MOST_WORKERS, os.cpu_count() or 1))


class Pool:
    """Runs programs, several at once; every one has an outcome, or that of a sandbox which died."""

    def __init__(self, sandbox: str, limits: Limits, size: int | None = None) -> None:
        """`sandbox` is a name that `sandboxes.chosen` gave; nothing is started before the first program."""
        size = size or usual_size()
        self._idle: queue.SimpleQueue[Worker | Unconfined] = queue.SimpleQueue()
        self._workers = [
            Unconfined(limits) if sandbox == sandboxes.NONE else Worker(sandbox, limits) for _ in range(size)
        ]
        for worker in self._workers:
            self._idle.put(worker)
        # bubblewrap ends when the thread that started it does: these live as long as the pool.
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="sandbox")

    def submit(self, source: str) -> Future[Execution]:
        """Return the verdict to be of a program."""
        return self._threads.submit(self._run, source)

    def _run(self, source: str) -> Execution:
        worker = self._idle.get()
        try:
            return worker.run(source)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End all sandboxes, and what runs in them; what waits is not run any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
