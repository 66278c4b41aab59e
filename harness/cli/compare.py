"""`harness compare`: two runs, example by example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import format_named, hand_over
from harness.options.flags import Flag
from harness.options.shared import Lang, Out, ReportFormat, RunA, RunB, RunsDir

if TYPE_CHECKING:
    from harness.reports.comparison.compare import PairedComparison
    from harness.reports.writers.blocks import Block

FORMATS = ("md", "html", "json")


def compare(
    a: RunA,
    b: RunB,
    metric: Annotated[
        list[str] | None, Flag("--metric -M", metavar="NAME[,NAME]", help="only by these", ko="이 지표들로만")
    ] = None,
    n: Annotated[
        int,
        Flag(
            "-n",
            least=0,
            metavar="N",
            help="examples to show that either run alone has right",
            ko="한쪽만 맞힌 예제를 N개씩 보임",
        ),
    ] = 5,
    format: ReportFormat = None,
    out: Out = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Compare two runs, example by example.

    How B differs from A on the examples that both answered: each metric's difference with its paired interval
    and p-value, where they part, what differs in their settings, cost and time.
    """
    from harness.options import values
    from harness.reports.comparison import compare as comparison
    from harness.reports.named_runs import two_runs
    from harness.reports.writers.translations import language

    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        metrics = values.names(metric)
        found = comparison.compare(*two_runs(a, b, runs_dir), metrics=metrics, examples=n)
        hand_over(_rendered(found, kind), out)
    return 0


def _rendered(found: PairedComparison, kind: str) -> str | list[Block]:
    import orjson

    from harness.reports.comparison import render

    if kind == "json":
        return orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
    return render.html(found) if kind == "html" else render.blocks(found)
