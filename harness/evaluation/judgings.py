"""A judging: an ordinary run whose examples are the replies of other runs and whose task is the rubric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import BadInput, HarnessError
from harness.evaluation.grid import plans
from harness.evaluation.grid_loop import GridOutcome, execute_all
from harness.evaluation.progress import display
from harness.judging import calls, juries, replies
from harness.judging.replies import Replies
from harness.options.running import RunOptions
from harness.records.run_schema import COMPLETE
from harness.tasks import task as tasks
from harness.tasks.schema import JuryFile
from harness.terminal import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.evaluation.plan import Plan
    from harness.evaluation.runner import Outcome
    from harness.tasks.schema import JudgeFile

One = TypeVar("One")

CRITERION = "criterion_text"  # the field of a rubric that is a checklist
ROUNDS = 3  # times that a verdict which is missing is asked for in one call


def judging_plans(
    options: RunOptions,
    runs: Sequence[Path],
    by: Sequence[str],
    rubric: str,
    baseline: str | None,
    report: Callable[[str], None],
    command: str,
    *,
    control: bool = False,
) -> tuple[list[Plan], list[HarnessError]]:
    """Return the judgings of the replies of `runs` by each of `by`, checked, and why others cannot begin.

    With `control` the replies are judged beside themselves with their words swapped.

    Raises:
        BadInput: there is nothing to judge, or the runs do not go together.
    """
    found = replies.read_replies(runs)
    made = plans_of(options, found, by, rubric, baseline, report, command, control=control)
    empty = of_calls(rubric)  # a reply that calls nothing is judged, too
    if silent := sum(run.silent - (len(run.empty) if empty else 0) for run in found):
        say(f"{silent:,} replies are missing, failed or empty, and are not judged")
    return made


def plans_of(
    options: RunOptions,
    found: Sequence[Replies],
    by: Sequence[str],
    rubric: str,
    baseline: str | None,
    report: Callable[[str], None],
    command: str = "",
    *,
    keys: bool = True,
    control: bool = False,
) -> tuple[list[Plan], list[HarnessError]]:
    """Return the judgings of these replies; what is judged is written into `options.runs_dir`.

    Raises:
        BadInput: there is nothing to judge.
    """
    pairs = of_pairs(rubric)
    if baseline is not None and not pairs:
        raise BadInput(f"--baseline is about pairs; {rubric} judges single replies")
    rows = list(_rows(found, rubric, baseline, control=control))
    folder = replies.write_rows(rows, Path(options.runs_dir))
    chosen = replace(
        options, task=rubric, backend=list(by), data_dir=str(folder), max_failures=max(1, len(rows))
    )
    chosen.spend_from(options.budget)
    return plans(chosen, report, command, keys=keys)


def jury_plan(judgings: Sequence[tuple[Plan, Outcome]], jury: JuryFile) -> Plan:
    """Return the judging of a jury: an ordinary run whose replies are what its jurors said of the same.

    Raises:
        Unavailable: it cannot begin.
    """
    options = judgings[0][0].options
    places = [outcome.directory for _, outcome in judgings]
    name, file = juries.write_verdicts(places, jury.rule, jury.least, Path(options.runs_dir))
    chosen = RunOptions(
        task=options.task,
        backend="recorded",
        name=name,
        settings={"file": str(file.resolve()), "repeat": "repeat"},
        **{key: getattr(options, key) for key in _JURY_SHARED},
    )
    ready, dead = plans(chosen, lambda _message: None, judgings[0][0].command)
    if dead:
        raise dead[0]
    return ready[0]


def jury_of(rubric: str, said: JuryFile | None) -> JuryFile | None:
    """Return how a jury's verdict is made: as was said, else as the rubric says; None where nobody does."""
    return said or tasks.load(rubric).file.jury


def _rows(
    found: Sequence[Replies], rubric: str, baseline: str | None, *, control: bool
) -> Iterator[dict[str, Any]]:
    file = tasks.load(rubric).file
    if file.settled is not None:
        if control:
            raise BadInput(f"--control swaps words; {rubric} judges calls")
        return calls.call_rows(found)
    if CRITERION in file.inputs:
        if control:
            raise BadInput("--control is of rubrics that judge replies as wholes, not of checklists")
        return replies.checklist_rows(found, file.criteria)
    pairs = of_pairs(rubric)
    if control:
        return replies.control_rows(found, pairs=pairs)
    return replies.pair_rows(found, baseline) if pairs else replies.single_rows(found)


def of_calls(rubric: str) -> bool:
    """Return whether a rubric judges calls, of which a rule may know the verdict before anybody is asked."""
    return tasks.load(rubric).file.settled is not None


def named_jury(rule: str | None, judges: Sequence[str]) -> JuryFile | None:
    """Return the jury of a rule that somebody named, None where nobody did.

    Raises:
        BadInput: there is no such rule, or one judge alone.
    """
    if rule is None:
        return None
    if len(judges) < 2:
        raise BadInput("--jury needs two judges or more (--by A,B)")
    return JuryFile.model_validate({"rule": juries.require_rule(rule)})


def of_pairs(rubric: str) -> bool:
    """Return whether a rubric judges two replies at a time."""
    return "first_reply" in tasks.load(rubric).file.inputs


def all_judged(
    plans: Sequence[Plan],
    jury: JuryFile | None,
    told: Callable[[Plan, Outcome | HarnessError], None],
    *,
    quiet: bool,
) -> tuple[list[Outcome], list[HarnessError]]:
    """Have the judges judge, one after the other, and then each jury of those who judged the same.

    `told` hears how each ended. A jury sits once all of its jurors have ended, whether or not each has every
    verdict; its own outcomes come last.
    """
    outcomes: list[Outcome] = []
    errors: list[HarnessError] = []
    benches: dict[str, list[tuple[Plan, Outcome]]] = {}
    interrupted = False

    def ask(plan: Plan) -> None:
        nonlocal interrupted
        grid = judged(plan, quiet=quiet)
        ends: list[Outcome | HarnessError] = [*grid.outcomes, *grid.errors]
        for ended in ends:
            told(plan, ended)
        outcomes.extend(grid.outcomes)
        errors.extend(grid.errors)
        interrupted = grid.interrupted is not None
        if grid.outcomes and not juries.is_jury(plan.system):
            benches.setdefault(str(plan.options.data_dir), []).append((plan, grid.outcomes[0]))

    for plan in plans:
        if not interrupted:
            ask(plan)
    for bench in benches.values():
        if jury is not None and len(bench) > 1 and not interrupted:
            try:
                ask(jury_plan(bench, jury))
            except HarnessError as error:
                errors.append(error)
    return outcomes, errors


def judged(plan: Plan, *, quiet: bool) -> GridOutcome:
    """Ask a judge, and again for the verdicts that are missing once all is asked."""
    for _ in range(ROUNDS):
        grid = execute_all([plan], lambda: display(quiet=quiet), lambda _plan, _ended: None)
        if not any(_lacks_verdicts(plan, outcome) for outcome in grid.outcomes):
            break
    return grid


def _lacks_verdicts(plan: Plan, outcome: Outcome) -> bool:
    """Return whether all that is judged was asked, and some of it has no verdict."""
    counts = outcome.run.counts
    return counts.examples == plan.total and counts.failed > 0


def of_task(
    judge: JudgeFile, outcomes: Sequence[Outcome], options: RunOptions, report: Callable[[str], None]
) -> tuple[list[Plan], list[HarnessError]]:
    """Return the judgings that a task's `judge` asks for: of single replies one a run, of pairs one of all.

    They spend from the budget of the runs. Runs that have not come to their end are judged once they have.
    """
    whole = [outcome.directory for outcome in outcomes if outcome.run.status == COMPLETE]
    if waiting := len(outcomes) - len(whole):
        say(f"{waiting:,} runs are not whole and are not judged yet")
    mine = options_of(judge, options)
    mine.spend_from(options.budget)
    ready: list[Plan] = []
    failed: list[HarnessError] = []
    for runs in together(judge.rubric, whole):
        more, dead = judging_plans(mine, runs, judge.judges, judge.rubric, judge.baseline, report, "")
        ready += more
        failed += dead
    return ready, failed


def together(rubric: str, runs: Sequence[One]) -> list[list[One]]:
    """Return which runs of one task are judged in one judging: of single replies each alone, of pairs all."""
    if not of_pairs(rubric):
        return [[one] for one in runs]
    if len(runs) == 1:
        say(f"{rubric} compares two systems; one alone is not judged")
    return [list(runs)] if len(runs) > 1 else []


def options_of(judge: JudgeFile, options: RunOptions) -> RunOptions:
    """Return how the judge that a task names is asked, where its runs are made with `options`."""
    return RunOptions(
        task=judge.rubric,
        backend=judge.judges,
        template=judge.template,
        **{name: getattr(options, name) for name in _SHARED},
    )


_JURY_SHARED = ("data_dir", "runs_dir", "repeat", "quiet", "template", "max_failures")
# What is said of a run's machine and purse is said of its judging, too.
_SHARED = (
    *("runs_dir", "offline", "trust_remote_code", "allow_endpoint", "concurrency", "cache", "quiet"),
    *("max_cost", "usd_krw"),
)
