"""`harness run`: tasks on backends; a grid of them where something has several values."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import emit, fail, print_json
from harness.errors import BadInput, HarnessError
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json
from harness.terminal import say

_FEW = 20  # clusters, from which on an interval is as wide as it should be

if TYPE_CHECKING:
    from harness.evaluation.grid_loop import GridOutcome
    from harness.evaluation.plan import Plan
    from harness.evaluation.runner import Outcome


def run(
    options: RunOptions,
    grid: Annotated[
        list[Path] | None,
        Positional("GRID", help="files of runs, such as grid.yaml", ko="실행을 적어 둔 파일, 예: grid.yaml"),
    ] = None,
    resume: Annotated[
        Path | None,
        Flag("--resume", metavar="RUN", help="go on with this directory", ko="이 실행 폴더를 이어서 함"),
    ] = None,
    json: Json = False,
) -> int:
    """Run tasks on backends.

    Several values of a task, a backend or a setting make a grid. The same command again goes on where it
    stopped.
    """
    from harness.backends import allowed_endpoints
    from harness.evaluation.grid import Grid
    from harness.evaluation.grid_loop import execute_all
    from harness.evaluation.progress import display

    allowed_endpoints.allow(options.allow_endpoint)
    if grid:
        return _run_grids(grid, options, json=json)
    plans, failed = _plans(options, resume)
    for error in failed:
        fail(str(error))
    done = execute_all(plans, lambda: display(quiet=options.quiet), partial(told, quiet=options.quiet))
    return finished(plans, done, failed, Grid.of(options).tasks, json=json)


def finished(
    plans: Sequence[Plan],
    done: GridOutcome,
    failed: Sequence[HarnessError],
    named: Sequence[str],
    *,
    json: bool,
) -> int:
    """Have judged what names a judge, print the results and return the exit code; `named` are the tasks."""
    from harness.evaluation.runner import finish_exit_code

    verdicts, missing = ([], []) if done.interrupted else _judged(plans, done.outcomes)
    _print([*done.outcomes, *verdicts] if json else done.outcomes, named, json=json)
    _print_verdicts(verdicts, json=json)
    return finish_exit_code([*done.outcomes, *verdicts], [*failed, *done.errors, *missing])


def _judged(plans: Sequence[Plan], outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[HarnessError]]:
    """Have the replies of tasks that name a judge judged; return the judgings, and what hindered others."""
    verdicts: list[Outcome] = []
    failed: list[HarnessError] = []
    for plan in {plan.task.name: plan for plan in plans if plan.task.file.judge is not None}.values():
        from harness.cli.judge import judge_all
        from harness.cli.planning import reporter
        from harness.evaluation.judgings import jury_of, of_task

        judge = plan.task.file.judge
        assert judge is not None
        mine = [outcome for outcome in outcomes if outcome.run.task.name == plan.task.name]
        try:
            ready, dead = of_task(judge, mine, plan.options, reporter(plan.options))
        except HarnessError as error:
            ready, dead = [], [error]
        for problem in dead:
            fail(str(problem))
        found, errors = judge_all(ready, jury_of(judge.rubric, judge.jury), quiet=plan.options.quiet)
        verdicts += found
        failed += [*dead, *errors]
    return verdicts, failed


def _print_verdicts(verdicts: Sequence[Outcome], *, json: bool) -> None:
    if verdicts and not json:
        from harness.cli.judge import print_verdicts

        print_verdicts(verdicts)


def _require_judges(plans: Sequence[Plan]) -> None:
    """Check that who is to judge is known before anything is asked.

    Raises:
        BadInput: no such backend or rubric.
    """
    from harness.backends import backend as backends
    from harness.tasks import task as tasks

    for judge in (plan.task.file.judge for plan in plans):
        if judge is not None:
            tasks.load(judge.rubric)
            for name in judge.judges:
                backends.load(name)


def _run_grids(paths: Sequence[Path], given: RunOptions, *, json: bool) -> int:
    """Run the parts of grid files, each checked before anything is run."""
    from harness.evaluation.grid import Grid
    from harness.evaluation.grid_file import read_grid
    from harness.evaluation.grid_loop import execute_all
    from harness.evaluation.progress import display
    from harness.evaluation.runner import finish_exit_code

    _require_files(paths)
    if given.task or given.backend:
        raise BadInput("the grid names tasks and backends; leave out -t and -b")
    files = [read_grid(path, given) for path in paths]
    parts, stops = [part for file in files for part in file.parts], any(file.stops for file in files)
    plans: list[Plan] = []
    failed: list[HarnessError] = []
    priorities: list[int] = []
    for part in parts:
        ready, dead = _plans(part.options, None)
        plans += ready
        failed += dead
        priorities += [part.priority] * len(ready)
    for error in failed:
        fail(str(error))
    if failed and stops:
        return finish_exit_code([], failed)
    quiet = given.quiet
    tell = partial(told, quiet=quiet)
    done = execute_all(plans, lambda: display(quiet=quiet), tell, priorities=priorities, stops=stops)
    named = [task for part in parts for task in Grid.of(part.options).tasks]
    return finished(plans, done, failed, named, json=json)


def _require_files(paths: Sequence[Path]) -> None:
    """Check that what is named without an option are files: tasks and backends have options.

    Raises:
        BadInput: one is none.
    """
    from harness.cli.mistakes import named

    lost = [str(path) for path in paths if not path.is_file()]
    if lost:
        others = [word for word in sys.argv[2:] if word not in lost]
        raise BadInput(f"no such grid file: {lost[0]}.{named('run', lost, others)}")


def _plans(options: RunOptions, resume: Path | None) -> tuple[list[Plan], list[HarnessError]]:
    """Return the runs that can begin, and why the others cannot."""
    from harness.cli.planning import reporter, require_named
    from harness.evaluation import energy
    from harness.evaluation.grid import Grid, plans
    from harness.evaluation.plan import resumed
    from harness.metrics import permissions as consent

    report = reporter(options)
    consent.REMOTE_CODE.set(options.trust_remote_code)
    consent.OFFLINE.set(options.offline)
    if options.energy:
        energy.require()
    if resume is not None:
        if options.task or options.backend:
            raise BadInput("--resume names the task and the backend; leave out -t and -b")
        settings = Grid.of(options).settings
        if len(settings) > 1:
            raise BadInput("--resume goes on with one run: give -m one value each")
        return [resumed(resume, options, report, settings[0])], []
    require_named(options)
    _check_folder(Path(options.runs_dir))
    found = plans(options, report, shlex.join(["harness", *sys.argv[1:]]))
    _require_judges(found[0])
    return found


def _check_folder(runs_dir: Path) -> None:
    """Check that runs can be kept in `runs_dir`, which need not be there yet."""
    for place in (runs_dir, *runs_dir.parents):
        if place.exists():
            if not place.is_dir():
                raise BadInput(f"--runs-dir {runs_dir}: {place} is a file")
            return


def told(plan: Plan, ended: Outcome | HarnessError, *, quiet: bool) -> None:
    """Say how a run ended and, of one that is whole, whether it is about too few clusters."""
    from harness.cli.planning import tell_end
    from harness.evaluation.runner import Outcome

    tell_end(plan, ended, quiet=quiet)
    if isinstance(ended, Outcome) and ended.error is None and not quiet:
        _warn_of_few_clusters(plan, ended)


def _warn_of_few_clusters(plan: Plan, outcome: Outcome) -> None:
    """Say that the first N questions are about few articles, and how to ask about more of them."""
    limit = plan.options.limit
    found = next(iter(outcome.run.metrics.values()), None)
    units = found.units if found else None
    if type(limit) is int and found and units is not None and units < min(_FEW, found.n or 0):
        say(
            f"warning: {plan.label}: the first {limit:,} examples are of {units:,} clusters, too few for a"
            " narrow interval; a share (--limit 0.05) is drawn from all"
        )


def _print(outcomes: list[Outcome], named: Sequence[str], *, json: bool) -> None:
    if json:
        print_json(
            {"runs": [{**outcome.run.to_dict(), "directory": str(outcome.directory)} for outcome in outcomes]}
        )
    elif outcomes and all(outcome.run.status == "running" for outcome in outcomes):
        for outcome in outcomes:  # for `harness work`
            emit(str(outcome.directory))
    elif outcomes:
        # Reports are imported when there is something to report: the first request does not wait for them.
        from harness.cli.leaderboard import print_board
        from harness.reports.run import Run

        found = (Run(outcome.directory, outcome.run) for outcome in outcomes)
        print_board(found, named=named)
