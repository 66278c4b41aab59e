"""`harness explain`: why two figures differ, setting by setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import fail, print_json, show
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json, Lang

if TYPE_CHECKING:
    from harness.evaluation.explain.walk import Explanation
    from harness.reports.run import Run


def explain(
    a: Annotated[
        Path,
        Positional(
            "RUN_A", help="a run directory, or a folder of one run", ko="실행 폴더, 또는 실행 하나가 든 폴더"
        ),
    ],
    b: Annotated[
        str,
        Positional(
            "RUN_B|ROW",
            help="the run beside it, an imported one too, or a published row by its system's name",
            ko="견줄 다른 실행(가져온 것도 됨), 또는 발표된 행의 시스템 이름",
        ),
    ],
    options: RunOptions,
    n: Annotated[
        int,
        Flag("-n", least=10, metavar="N", help="examples asked at each step", ko="단계마다 물을 예제 수"),
    ] = 200,
    metric: Annotated[
        str | None,
        Flag("--metric -M", metavar="NAME", help="the figure to explain", ko="설명할 지표"),
    ] = None,
    work: Annotated[
        Path,
        Flag(
            "--work",
            metavar="DIR",
            help="where what is asked in between is kept, so that a walk goes on",
            ko="중간 단계의 실행을 두어 이어서 할 폴더",
        ),
    ] = Path("explained"),
    lang: Lang = None,
    json: Json = False,
) -> int:
    """Say why two figures differ.

    Walks from A's settings to B's, one at a time, on some of the examples that both answered: what each
    setting is worth with its 95 % interval, what that took, and what remains. The same command goes on.
    """
    from harness.cli.planning import permit, reporter
    from harness.reports import explain as report
    from harness.reports.writers.translations import language

    permit(options)
    found = _explained(a, b, replace(options, runs_dir=work), n, metric, reporter(options))
    with language("en" if json else lang):
        if json:
            print_json(report.as_json(found))
        else:
            show(list(report.blocks(found)))
    if found.error is not None:
        fail(str(found.error))
        return found.error.exit_code
    return 0


def _other_run(b: str) -> Run | None:
    """Return the run that `b` is or names; None where it is neither, but may be a published row."""
    from harness.reports.named_runs import only_run

    try:
        return only_run(Path(b))
    except BadInput:
        if Path(b).is_dir():
            raise
        return None


def _explained(
    a: Path, b: str, options: RunOptions, n: int, metric: str | None, tell: Callable[[str], None]
) -> Explanation:
    from harness.evaluation.explain import ends
    from harness.evaluation.explain.walk import explain as walk
    from harness.interchange.their_side import of_foreign
    from harness.reports.named_runs import only_run

    one = only_run(a)
    if one.document.foreign is not None:
        raise BadInput(f"{a} was made by another harness and cannot be asked again; name our run first")
    other = _other_run(b)
    if other is None:
        row = ends.row_named(one.definition(), b)
        name = metric or next((m for m in one.metrics if row.figures.get(m) is not None), "")
        if name not in one.metrics:
            raise BadInput(f"{b}: no metric in common with {a}: {', '.join(row.figures)}")
        here = ends.of_run(one.directory, name, options, tell)
        found = walk(here, ends.of_row(here, row), n, options.where, tell)
        return replace(found, untold=tuple(ends.untold(row)))
    name = ends.metric_of_both(one.document, other.document, metric)
    here = ends.of_run(one.directory, name, options, tell)
    there = (
        ends.of_run(other.directory, name, options, tell)
        if other.document.foreign is None
        else of_foreign(other.directory, here.side, tell)
    )
    return walk(here, there, n, options.where, tell)
