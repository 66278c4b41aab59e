"""`harness work`: a process that joins a run, here or on another machine that sees its directory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter
from harness.errors import BadInput
from harness.evaluation import adapter_lifecycle as engines
from harness.evaluation import run_directory as directories
from harness.evaluation.adapter_pool import AdapterPool
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.evaluation.runner import OpenRun, Outcome
from harness.evaluation.workers import purse
from harness.evaluation.workers.keeper import divide, sum_up
from harness.evaluation.workers.worker import Worker
from harness.records import run_file
from harness.records.leases import Division
from harness.records.lock import Lock
from harness.records.run_schema import COMPLETE

OTHERS_S = 60.0  # seconds that another process may take to divide the run
LOOK_S = 0.2


def join(plan: Plan, display: Display) -> Outcome:
    """Work on a run until all of it has ended, and sum it up if nobody else does; return how it is then.

    Raises:
        BadInput: the directory is another run's, or one process makes it alone.
        Unavailable: the backend cannot be made ready.
    """
    assert plan.resume is not None
    with AdapterPool() as pool, pool.lent(plan.backend, plan.profile) as lent:
        with engines.adapter_errors(plan.backend.name):
            identity = lent.adapter.identity()
        mark = directories.run_fingerprint(plan, identity)
        directory = directories.run_directory(plan, mark)
        known = run_file.read_run(directory)
        if known.status == COMPLETE:
            return Outcome(directory, known, reused=True)
        about = (plan, lent.adapter, directory, mark, identity)
        if not Division(directory).exists:
            _divide(*about, display)
        if (spends := purse.open_purse(directory)) is not None:
            plan.options.spend_from(spends)
        with Worker(*about, known, display) as worker:
            worker.work()
        return _ended(worker, display)


def _divide(
    plan: Plan, adapter: Adapter, directory: Path, mark: str, identity: Mapping[str, Any], display: Display
) -> None:
    """Divide a run that nobody divided yet; where another process is at that, wait for it."""
    until = time.monotonic() + OTHERS_S
    while not Division(directory).exists:
        try:
            with Lock(directory):
                known = run_file.read_run(directory)
                if known.status == COMPLETE or Division(directory).exists:
                    return
                with OpenRun(plan, adapter, directory, mark, identity, known, display) as run:
                    divide(run)
        except BadInput:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_S)


def _ended(worker: Worker, display: Display) -> Outcome:
    """Sum the run up, where this worker is the last; else others that live, or its keeper, do that."""
    directory, plan = worker.directory, worker.plan
    if worker.stopped is not None and not all(life.gone for life in worker.division.lives()):
        return Outcome(directory, run_file.read_run(directory), worker.stopped)  # others go on
    try:
        with Lock(directory):
            known = run_file.read_run(directory)
            if known.status == COMPLETE or not Division(directory).exists:
                return Outcome(directory, known)
            about = (plan, worker.adapter, directory, worker.mark, worker.identity, known, display)
            with OpenRun(*about) as run:
                run.stopped = worker.stopped
                return sum_up(run)
    except BadInput:
        return Outcome(directory, run_file.read_run(directory), worker.stopped)
