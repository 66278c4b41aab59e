"""`harness judge`: verdicts of a judge on the replies of runs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import fail, print_json
from harness.errors import BadInput
from harness.options import values
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.errors import HarnessError
    from harness.evaluation.plan import Plan
    from harness.evaluation.runner import Outcome
    from harness.tasks.schema import JuryFile


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
            help="judge_single, judge_pair, judge_checklist, or a task of your own",
            ko="judge_single, judge_pair, judge_checklist …, 또는 직접 쓴 과제",
        ),
    ] = "judge_single",
    jury: Annotated[
        str | None,
        Flag(
            "--jury",
            metavar="RULE",
            help="the judges' verdicts made into one: mean, median or majority",
            ko="여러 심판의 판정을 하나로: mean, median, majority",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        Flag(
            "--baseline",
            metavar="SYSTEM",
            help="of pairs: only those with this system",
            ko="짝 비교에서, 이 시스템이 든 짝만",
        ),
    ] = None,
    control: Annotated[
        bool,
        Flag(
            "--control",
            help="judge each reply beside itself with its words swapped: can the judge tell them?",
            ko="각 답을 낱말 순서를 뒤섞은 같은 답과 나란히 심판: 심판이 둘을 가려내는지",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Have a judge say how good the replies of runs are.

    A judging is an ordinary run whose examples are replies and whose task is the rubric: it is resumed by the
    same command, cached, bounded by --max-cost. What cannot be read is no verdict: it is asked again.
    """
    from harness.backends import allowed_endpoints
    from harness.cli.planning import reporter
    from harness.evaluation.judgings import judging_plans, jury_of, named_jury
    from harness.evaluation.runner import finish_exit_code

    allowed_endpoints.allow(options.allow_endpoint)
    sat = jury_of(rubric, named_jury(jury, by))
    command = shlex.join(["harness", *sys.argv[1:]])
    ready, failed = judging_plans(
        options, runs, by, rubric, baseline, reporter(options), command, control=control
    )
    for error in failed:
        fail(str(error))
    outcomes, errors = judge_all(ready, sat, quiet=options.quiet)
    print_verdicts(outcomes, json=json)
    return finish_exit_code(outcomes, [*failed, *errors])


def judge_all(
    plans: Sequence[Plan], jury: JuryFile | None, *, quiet: bool
) -> tuple[list[Outcome], list[HarnessError]]:
    """Have the judges judge, one after the other, then the jury they make; say how each ended."""
    from harness.cli.planning import tell_end
    from harness.evaluation.judgings import all_judged

    return all_judged(plans, jury, lambda plan, ended: tell_end(plan, ended, quiet=quiet), quiet=quiet)


def print_verdicts(outcomes: Sequence[Outcome], *, json: bool = False) -> None:
    """Print each judge's figures by system; of pairs, how to see the board."""
    if json:
        print_json({"runs": [{**one.run.to_dict(), "directory": str(one.directory)} for one in outcomes]})
        return
    from harness.cli.output import emit, headed, show, tell
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
            tell(f"{outcome.run.label}: the reply shown first wins {whole.value:.3f}; the board: ", end="")
            emit(shlex.join(["harness", "arena", str(outcome.directory)]))
    if rows:
        show([TableBlock(headed(["judge", "system", "score", "verdicts"]), rows, names=1)])
    _print_agreement(outcomes)


def _print_agreement(outcomes: Sequence[Outcome]) -> None:
    """Print how far jurors agree, where a jury sat."""
    from harness.cli.output import tell
    from harness.judging.agreement import agree
    from harness.judging.juries import is_jury
    from harness.judging.ratings import read_ratings
    from harness.reports.writers.numbers import within

    for number, outcome in enumerate(outcomes):
        if not is_jury(outcome.run.label):
            continue
        same = [one for one in outcomes[:number] if one.run.data == outcome.run.data]
        jurors = [one.directory for one in same if not is_jury(one.run.label)]
        try:
            alpha = agree(read_ratings(jurors), "").alpha
        except BadInput:  # no reply that two have rated
            continue
        value = "undefined" if alpha.value is None else within(alpha.value, alpha.low, alpha.high, 3)
        tell(f"{outcome.run.label}: the jurors agree: Krippendorff's alpha {value}")
