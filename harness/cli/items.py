"""`harness items`: what many systems' answers say of a task's items."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Lang, Runs, RunsDir
from harness.cli.output import format_named, hand_over, warn

FORMATS = ("md", "html", "json")


def items(
    task: Annotated[str, typer.Argument(metavar="TASK", help="the task whose items are looked at")],
    runs: Runs = None,
    count: Annotated[
        int, typer.Option("--subset", min=1, metavar="N", help="how many items shall predict all of them")
    ] = 100,
    n: Annotated[int, typer.Option("-n", min=0, metavar="N", help="lines in each table")] = 20,
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="md|html|json", help="md unless FILE says another")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Say how hard items are, and which keys may be wrong.

    Of three systems' runs or more: difficulty and discrimination by item response theory, keys against which
    strong systems agree, items that everybody or nobody solves, and the few that predict the figure of all.
    """
    import orjson

    from harness.reports.entries import load
    from harness.reports.items import analysis, render
    from harness.reports.writers.translations import language

    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        found = analysis.analyse(task, load(runs or [runs_dir], warn), warn, count)
        if kind == "json":
            text = orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
        else:
            text = render.html(found, n) if kind == "html" else render.markdown(found, n) + "\n"
    hand_over(text, out)
    return 0
