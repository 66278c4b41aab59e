"""`harness estimate`: what a run would take, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import fail, print_json, show
from harness.errors import BadInput, HarnessError, Unavailable
from harness.options.flags import Flag
from harness.options.running import RunOptions
from harness.options.shared import Json

if TYPE_CHECKING:
    from harness.evaluation.estimate import Estimate
    from harness.evaluation.plan import Plan


def estimate(
    options: RunOptions,
    pilot: Annotated[
        int,
        Flag(
            "--pilot",
            least=0,
            most=20,
            metavar="N",
            help="ask N requests, and learn from their answers",
            ko="요청 N개를 먼저 물어 그 답에서 짐작함",
        ),
    ] = 0,
    tokenizer: Annotated[
        Path | None,
        Flag(
            "--tokenizer",
            metavar="FILE|DIR",
            help="count tokens by this tokenizer.json",
            ko="이 tokenizer.json으로 토큰을 셈",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Say what a run would take: requests, tokens, money, time.

    Nothing is asked but the requests of a pilot, whose answers are kept: the run does not pay for them again.
    Of a task that names its judge, the judging is part of it.
    """
    from harness.backends import allowed_endpoints
    from harness.cli.planning import reporter, require_named
    from harness.evaluation import estimate as estimating
    from harness.evaluation.grid import plans
    from harness.reports import estimates
    from harness.stats.prediction_intervals import LEAST

    allowed_endpoints.allow(options.allow_endpoint)
    require_named(options)
    if 0 < pilot < LEAST:
        raise BadInput(f"--pilot {pilot}: fewer than {LEAST} answers tell no interval")
    count = _counter(tokenizer) if tokenizer is not None else None
    ready, errors = plans(options, reporter(options), keys=pilot > 0, judges=False)
    found = []
    for plan in ready:
        try:
            found.append(_timed(estimating.estimate(plan, pilot, count), Path(options.runs_dir)))
        except HarnessError as error:
            errors.append(error)
    judging, dead = _judging(ready, pilot, count, reporter(options))
    errors += dead
    for problem in errors:
        fail(str(problem))
    found += [_timed(one, Path(options.runs_dir)) for one in judging]
    if json:
        print_json(estimates.as_json(found))
    elif found:
        show(estimates.blocks(found))
    return max((error.exit_code for error in errors), default=0)


def _judging(
    plans: Sequence[Plan],
    pilot: int,
    count: Callable[[str], int] | None,
    report: Callable[[str], None],
) -> tuple[list[Estimate], list[HarnessError]]:
    """Return what the judging of tasks that name a judge would take, and why some cannot be judged."""
    from harness.evaluation.judging_estimate import of_task

    found: list[Estimate] = []
    errors: list[HarnessError] = []
    for name in dict.fromkeys(plan.task.name for plan in plans if plan.task.file.judge is not None):
        mine = [plan for plan in plans if plan.task.name == name]
        judge = mine[0].task.file.judge
        assert judge is not None
        try:
            more, dead = of_task(judge, mine, pilot, count, report)
        except HarnessError as error:
            more, dead = [], [error]
        found += more
        errors += dead
    return found, errors


def _timed(one: Estimate, runs_dir: Path) -> Estimate:
    """Return an estimate that tells no time with that of the latest earlier run, if there is one.

    A run of the same system on the same task, whatever its limit: what to expect of as many examples.
    """
    from harness.reports.run import load
    from harness.stats.prediction_intervals import Range

    if one.seconds is not None or not runs_dir.is_dir():
        return one
    known = load([runs_dir], lambda _message: None)
    alike = [run for run in known if (run.task, run.label) == (one.plan.task.name, one.plan.system)]
    for run in sorted(alike, key=lambda run: run.id, reverse=True):
        if rate := run.document.throughput.examples_per_s:
            return replace(one, seconds=Range(0.0, one.requests / rate, None), timed_by=run.id)
    return one


def _counter(path: Path) -> Callable[[str], int]:
    """Return what counts tokens by a `tokenizer.json`, or the one in a folder.

    Raises:
        Unavailable: the package is not installed.
        BadInput: there is no such file, or it is none.
    """
    file = path / "tokenizer.json" if path.is_dir() else path
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError:
        raise Unavailable("--tokenizer needs tokenizers: pip install tokenizers") from None
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library knows no kinds
        raise BadInput(f"--tokenizer {path}: {error}") from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
