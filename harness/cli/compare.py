"""`harness compare`: two runs, example by example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Lang
from harness.cli.output import format_named, hand_over

if TYPE_CHECKING:
    from harness.reports.comparison.compare import PairedComparison

FORMATS = ("md", "html", "json")


def compare(
    a: Annotated[Path, typer.Argument(metavar="RUN_A", help="a run directory, or a folder of one run")],
    b: Annotated[Path, typer.Argument(metavar="RUN_B", help="the run beside it")],
    metric: Annotated[
        list[str] | None, typer.Option("--metric", "-M", metavar="NAME[,NAME]", help="only by these")
    ] = None,
    n: Annotated[
        int, typer.Option("-n", min=0, metavar="N", help="examples to show that either run alone has right")
    ] = 5,
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="md|html|json", help="md unless FILE says another")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
    lang: Lang = None,
) -> int:
    """Compare two runs, example by example.

    How B differs from A on the examples that both answered: each metric's difference with its paired interval
    and p-value, where they part, what differs in their settings, cost and time.
    """
    from harness.cli import arguments
    from harness.reports.comparison import compare as comparison
    from harness.reports.comparison.pairs import only_run
    from harness.reports.writers.translations import language

    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        metrics = arguments.names(metric)
        text = _rendered(comparison.compare(only_run(a), only_run(b), metrics=metrics, examples=n), kind)
    hand_over(text, out)
    return 0


def _rendered(found: PairedComparison, kind: str) -> str:
    import orjson

    from harness.reports.comparison import render

    if kind == "json":
        return orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
    return render.html(found) if kind == "html" else render.markdown(found) + "\n"
