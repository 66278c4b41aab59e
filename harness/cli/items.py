"""`harness items`: what many systems' answers say of a task's items."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.output import format_named, hand_over, warn
from harness.options.flags import Flag, Positional
from harness.options.shared import Lang, Out, ReportFormat, Runs, RunsDir

FORMATS = ("md", "html", "json")


def items(
    task: Annotated[
        str, Positional("TASK", help="the task whose items are looked at", ko="문항을 살펴볼 과제")
    ],
    runs: Runs = None,
    count: Annotated[
        int,
        Flag(
            "--subset",
            least=1,
            metavar="N",
            help="how many items shall predict all of them",
            ko="전체를 예측할 문항 수",
        ),
    ] = 100,
    n: Annotated[
        int, Flag("-n", least=0, metavar="N", help="lines in each table", ko="표마다 보일 줄 수")
    ] = 20,
    format: ReportFormat = None,
    out: Out = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Say how hard items are, and which keys may be wrong.

    Of three systems' runs or more: difficulty and discrimination by item response theory, keys against which
    strong systems agree, items that everybody or nobody solves, and the few that predict the figure of all.
    """
    import orjson

    from harness.reports.items import analysis, render
    from harness.reports.run import load
    from harness.reports.writers.translations import language

    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        found = analysis.analyse(task, load(runs or [runs_dir], warn), warn, count)
        if kind == "json":
            hand_over(orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n", out)
        else:
            hand_over(render.html(found, n) if kind == "html" else list(render.blocks(found, n)), out)
    return 0
