"""`harness judge`: verdicts of a judge on the replies of runs."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import fail, print_json
from harness.errors import BadInput, HarnessError
from harness.options import values
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json
from harness.terminal import say

if TYPE_CHECKING:
    from harness.evaluation.grid_loop import GridOutcome
    from harness.evaluation.plan import Plan
    from harness.evaluation.runner import Outcome

ROUNDS = 3  # times that a verdict which is missing is asked for in one call


def judge(
    options: RunOptions,
    runs: Annotated[
        list[Path],
        Positional(
            "RUN…",
            help="run directories of one task whose replies are judged",
            ko="답을 심판할, 한 과제의 실행 폴더들",
        ),
    ],
    by: Annotated[
        list[str],
        Flag("--by", metavar="BACKEND[,…]", help="the judges", ko="심판", read=values.names),
    ],
    rubric: Annotated[
        str,
        Flag(
            "--rubric",
            metavar="NAME",
            help="judge_single, judge_single_zero, judge_pair, or a task of your own",
            ko="judge_single, judge_single_zero, judge_pair, 또는 직접 쓴 과제",
        ),
    ] = "judge_single",
    baseline: Annotated[
        str | None,
        Flag(
            "--baseline",
            metavar="SYSTEM",
            help="of pairs: only those with this system",
            ko="짝 비교에서, 이 시스템이 든 짝만",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Have a judge say how good the replies of runs are.

    A judging is an ordinary run whose examples are replies and whose task is the rubric: it is resumed by the
    same command, cached, bounded by --max-cost. What cannot be read is no verdict: it is asked again.
    """
    from harness.backends import allowed_endpoints
    from harness.cli.planning import reporter
    from harness.evaluation.grid import plans
    from harness.evaluation.runner import finish_exit_code
    from harness.judging import replies
    from harness.tasks import task as tasks

    allowed_endpoints.allow(options.allow_endpoint)
    task = tasks.load(rubric)
    found = replies.read_replies(runs)
    pairs = "first_reply" in task.file.inputs
    if baseline is not None and not pairs:
        raise BadInput(f"--baseline is about pairs; {rubric} judges single replies")
    rows = list(replies.pair_rows(found, baseline) if pairs else replies.single_rows(found))
    folder = replies.write_rows(rows, Path(options.runs_dir))
    if silent := sum(run.silent for run in found):
        say(f"{silent:,} replies are missing, failed or empty, and are not judged")
    chosen = replace(options, task=rubric, backend=by, data_dir=str(folder), max_failures=len(rows))
    ready, failed = plans(chosen, reporter(chosen), shlex.join(["harness", *sys.argv[1:]]))
    for error in failed:
        fail(str(error))
    grids = [_judged(plan, quiet=chosen.quiet) for plan in ready]
    outcomes = [outcome for grid in grids for outcome in grid.outcomes]
    errors = [error for grid in grids for error in grid.errors]
    _print(outcomes, rubric, json=json)
    return finish_exit_code(outcomes, [*failed, *errors])


def _judged(plan: Plan, *, quiet: bool) -> GridOutcome:
    """Ask a judge, and again for the verdicts that are missing once all is asked; say how that ended."""
    from harness.cli.planning import tell_end
    from harness.evaluation.grid_loop import execute_all
    from harness.evaluation.progress import display

    for _ in range(ROUNDS):
        grid = execute_all([plan], lambda: display(quiet=quiet), lambda _plan, _ended: None)
        if not any(_lacks_verdicts(plan, outcome) for outcome in grid.outcomes):
            break
    ends: list[Outcome | HarnessError] = [*grid.outcomes, *grid.errors]
    for ended in ends:
        tell_end(plan, ended, quiet=quiet)
    return grid


def _lacks_verdicts(plan: Plan, outcome: Outcome) -> bool:
    """Return whether all that is judged was asked, and some of it has no verdict."""
    counts = outcome.run.counts
    return counts.examples == plan.total and counts.failed > 0


def _print(outcomes: list[Outcome], rubric: str, *, json: bool) -> None:
    """Print each judge's figures by system; of pairs, how to see the board."""
    if json:
        print_json({"runs": [{**one.run.to_dict(), "directory": str(one.directory)} for one in outcomes]})
        return
    from harness.cli.output import emit, show
    from harness.reports.writers.blocks import TableBlock

    rows = []
    for outcome in outcomes:
        name, whole = next(iter(outcome.run.metrics.items()), ("", None))
        for system, figures in (outcome.run.breakdown or {}).get("system", {}).items():
            figure = figures.get(name)
            if figure is not None and figure.value is not None:
                ends = f" [{figure.ci_low:.2f}, {figure.ci_high:.2f}]" if figure.ci_low is not None else ""
                rows.append([outcome.run.label, system, f"{figure.value:.2f}{ends}", f"{figure.n:,}"])
        if name == "first_wins" and whole is not None and whole.value is not None:
            emit(f"{outcome.run.label}: the reply shown first wins {whole.value:.3f}; the board: ", end="")
            emit(f"harness arena {shlex.quote(str(outcome.directory))}")
    if rows:
        show([TableBlock(["judge", "system", "score", "verdicts"], rows, names=1)])
