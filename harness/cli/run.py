"""`harness run`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cli.output import fail, print_json
from harness.errors import BadInput, HarnessError, Interrupted
from harness.evaluation import energy
from harness.evaluation import plan as planning
from harness.evaluation.plan import Grid, Options, Plan
from harness.evaluation.progress import display
from harness.evaluation.runner import Outcome, execute, finish_exit_code
from harness.metrics import permissions as consent
from harness.terminal import say


@dataclass(frozen=True)
class Asked:
    """What the user asked of `run`."""

    grid: Grid
    options: Options
    resume: Path | None
    json: bool
    quiet: bool


def run_command(asked: Asked) -> int:
    """Run the grid and print its results; return the gravest exit code."""
    report = (lambda _message: None) if asked.quiet else say
    consent.REMOTE_CODE.set(asked.options.trust_remote_code)
    consent.OFFLINE.set(asked.options.where.offline)
    plans, dead = _plans(asked, report)
    for error in dead:
        fail(str(error))
    outcomes: list[Outcome] = []
    failed: list[HarnessError] = list(dead)
    for plan in plans:
        try:
            outcome = execute(plan, display(quiet=asked.quiet))
        except KeyboardInterrupt:
            failed.append(Interrupted("stopped before anything was asked"))
            break
        except HarnessError as error:
            fail(f"{plan.label}: {error}")
            failed.append(error)
            continue
        outcomes.append(outcome)
        _tell(plan, outcome, quiet=asked.quiet)
        if isinstance(outcome.error, Interrupted):
            break
    _print(outcomes, asked)
    return finish_exit_code(outcomes, failed)


def _plans(asked: Asked, report: Any) -> tuple[list[Plan], list[Any]]:
    if asked.options.energy:
        energy.require()
    command = shlex.join(["harness", *sys.argv[1:]])
    if asked.resume is not None:
        if asked.grid.tasks or asked.grid.backends:
            raise BadInput("--resume names the task and the backend; leave out -t and -b")
        return [planning.resumed(asked.resume, asked.options, report)], []
    named(asked.grid)
    _check_folder(asked.options.runs_dir)
    return planning.plans(asked.grid, asked.options, report, command)


def named(grid: Grid) -> None:
    """Check that a task and a backend are named.

    Raises:
        BadInput: one is not.
    """
    for option, names, kind in (("-t TASK", grid.tasks, "tasks"), ("-b BACKEND", grid.backends, "backends")):
        if not names:
            raise BadInput(f"{option} is missing; `harness list {kind}` shows what there is")


def _check_folder(runs_dir: Path) -> None:
    """Check that runs can be kept in `runs_dir`, which need not be there yet."""
    for place in (runs_dir, *runs_dir.parents):
        if place.exists():
            if not place.is_dir():
                raise BadInput(f"--runs-dir {runs_dir}: {place} is a file")
            return


def _tell(plan: Plan, outcome: Outcome, *, quiet: bool) -> None:
    """Say where a run lies and, if it ended early, why and how to go on."""
    if outcome.error is not None:
        fail(f"{plan.label}: {outcome.error} ({outcome.directory})")
    elif not quiet:
        again = " is complete already (--fresh runs it again)" if outcome.reused else ""
        say(f"{plan.label}: {outcome.directory}{again}")


def _print(outcomes: list[Outcome], asked: Asked) -> None:
    if asked.json:
        print_json({"runs": [{**outcome.run, "directory": str(outcome.directory)} for outcome in outcomes]})
    elif outcomes:
        # Reports are imported when there is something to report: the first request does not wait for them.
        from harness.cli.results import print_board
        from harness.reports.entries import Entry

        found = (Entry(outcome.directory, outcome.run) for outcome in outcomes)
        print_board(found, named=asked.grid.tasks)
