"""`harness resume`: go on with runs that stopped before their end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.output import fail
from harness.errors import BadInput, HarnessError
from harness.options.running import RunOptions
from harness.options.shared import Json, Runs

if TYPE_CHECKING:
    from harness.evaluation.plan import Plan


def resume(options: RunOptions, runs: Runs = None, json: Json = False) -> int:
    """Go on with runs that stopped before their end.

    They were paused, interrupted or killed, or a limit stopped them. Without RUN all of them in the folder
    of runs, those of one model one after the other. Each goes on as it began: task, backend and decoding
    stand in its directory. What was answered is not asked again.
    """
    from harness.cli.planning import permit
    from harness.cli.run import finished, told
    from harness.evaluation.grid_loop import execute_all
    from harness.evaluation.progress import display

    permit(options)
    directories = _unfinished([Path(one) for one in runs or [Path(options.runs_dir)]], named=bool(runs))
    plans, failed = _plans(directories, options)
    for error in failed:
        fail(str(error))
    done = execute_all(plans, lambda: display(quiet=options.quiet), partial(told, quiet=options.quiet))
    return finished(plans, done, failed, (), json=json)


def _unfinished(places: list[Path], *, named: bool) -> list[Path]:
    """Return the directories of runs that are not complete and that nobody works on.

    Raises:
        BadInput: there are none, or one that is `named` is under way.
    """
    from harness.reports.status.follow import OVER, Follower

    found = Follower(places).look()
    going = [one for one in found if one.state not in OVER]
    if named and going:
        raise BadInput(f"{going[0].directory} is under way ({going[0].by}); `harness pause` stops it gently")
    left = [one.directory for one in found if one.state in OVER and one.state != "complete"]
    if not left:
        raise BadInput("nothing is left to go on with here; `harness status --all` shows what there is")
    return left


def _require_limit(directory: Path, options: RunOptions) -> None:
    """Refuse to go on without a limit on what is spent where a run had one.

    Raises:
        BadInput: it had one, and none is said now.
    """
    from harness.records import run_file

    began = run_file.read_run(directory).budget
    if began is not None and began.limit and options.budget is None:
        raise BadInput(
            f"{directory} began under --max-cost {began.limit.replace(' ', '')}; say --max-cost again, "
            "as much as may still be spent"
        )


def _plans(directories: list[Path], options: RunOptions) -> tuple[list[Plan], list[HarnessError]]:
    """Return the runs that can go on, and why the others cannot."""
    from harness.cli.planning import reporter
    from harness.evaluation.grid import Grid
    from harness.evaluation.plan import resumed

    settings = Grid.of(options).settings
    if len(settings) > 1:
        raise BadInput("a run has one value of each setting: give -m one value each")
    plans: list[Plan] = []
    failed: list[HarnessError] = []
    for directory in directories:
        try:
            _require_limit(directory, options)
            plans.append(resumed(directory, options, reporter(options), settings[0]))
        except HarnessError as error:
            failed.append(error)
    return plans, failed
