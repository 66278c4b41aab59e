"""Commands that judge what was answered. What they do is in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import GroupOf, Json, Lang, Offline, Runs, RunsDir, Slo, SortBy

app = typer.Typer()


@app.command()
def leaderboard(
    runs: Runs = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="NAME", help="md, html, csv, json or latex; as FILE ends, else md"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
    group: GroupOf = None,
    sort: SortBy = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="BREAKDOWN", help="the figures by group, such as category")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="SYSTEM", help="add ms an example and speed-up over this one"),
    ] = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Rank runs: a row a system, a column a task, with intervals.

    A run that is broken is left out or not ranked, and named on stderr; one that you name yourself is a
    mistake.
    """
    from harness.cli.results import leaderboard_command

    return leaderboard_command(
        runs or [],
        runs_dir,
        format=format,
        out=out,
        group=group,
        sort=sort,
        by=by,
        baseline=baseline,
        lang=lang,
    )


@app.command()
def report(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="the folder; a report there is replaced")
    ],
    runs: Runs = None,
    group: GroupOf = None,
    sort: SortBy = None,
    examples: Annotated[
        int | None,
        typer.Option("--examples", min=0, metavar="N", help="show the first N of each run (default: all)"),
    ] = None,
    no_texts: Annotated[
        bool,
        typer.Option("--no-texts", help="leave out inputs, targets' texts, prompts and replies"),
    ] = False,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Write runs as a site: leaderboard, pictures, every example.

    The pages need no server and no network: open index.html. The same runs make the same files. With
    --no-texts a site holds nothing that a data set's licence may forbid to copy; ids, labels, verdicts,
    scores and pictures stay.
    """
    from harness.cli.report import report_command
    from harness.reports.site.examples import Shown

    shown = Shown(texts=not no_texts, most=examples)
    return report_command(runs or [], runs_dir, out=out, group=group, sort=sort, lang=lang, shown=shown)


@app.command()
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
    from harness.cli.compare import compare_command

    metrics = arguments.names(metric)
    return compare_command(a, b, metrics=metrics, examples=n, format=format, out=out, lang=lang)


@app.command()
def gate(
    runs: Runs = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE|DIR", help="compare with this file, or folder of runs"),
    ] = None,
    update: Annotated[
        Path | None, typer.Option("--update", metavar="FILE", help="make the baseline of the runs instead")
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", metavar="P", help="chance of a false alarm, shared among the runs")
    ] = 0.01,
    margin: Annotated[
        list[str] | None,
        typer.Option(
            "--margin", metavar="X|NAME=X[,…]", help="falls that pass, in the metric's unit (default 0)"
        ),
    ] = None,
    max_cost_increase: Annotated[
        str | None, typer.Option("--max-cost-increase", metavar="SHARE", help="of the cost per 1,000, as 10%")
    ] = None,
    max_p95_increase: Annotated[
        str | None, typer.Option("--max-p95-increase", metavar="SHARE", help="of the p95 latency, as 20%")
    ] = None,
    max_failures: Annotated[
        str,
        typer.Option("--max-failures", metavar="N|FRACTION", help="a run with more failed is not judged"),
    ] = "0.01",
    max_unanswered: Annotated[
        str | None, typer.Option("--max-unanswered", metavar="N|FRACTION", help="a regression if exceeded")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="inconclusive is exit code 1")] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="write JUnit XML for the CI")
    ] = None,
    dated: Annotated[bool, typer.Option("--dated", help="with --update: say when it was made")] = False,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
    json: Json = False,
) -> int:
    """Say whether tonight's runs are worse than a baseline's.

    A regression (exit code 1) is a fall that the paired test tells from chance and that exceeds the margin. A
    fall that may be chance is inconclusive (0, with a warning); runs that are missing, unfinished or not
    comparable are infrastructure (3). Where there are several runs of one kind, the latest is tonight's.
    """
    from harness.cli import arguments
    from harness.cli import gate as gates
    from harness.reports.gate.gate import Limits

    every, named = gates.margins(margin or ["0"])
    limits = Limits(
        alpha=gates.alpha(alpha),
        margin=every,
        margins=named,
        max_cost_increase=gates.increase("--max-cost-increase", max_cost_increase),
        max_p95_increase=gates.increase("--max-p95-increase", max_p95_increase),
        max_failures=arguments.limit(max_failures, "--max-failures") or 0,
        max_unanswered=arguments.limit(max_unanswered, "--max-unanswered"),
    )
    asked = gates.Asked(
        runs=runs or [],
        runs_dir=runs_dir,
        baseline=baseline,
        update=update,
        limits=limits,
        strict=strict,
        dated=dated,
        junit=junit,
        json=json,
        lang=lang,
    )
    return gates.gate_command(asked)


@app.command()
def push(
    runs: Runs = None,
    to: Annotated[
        str, typer.Option("--to", metavar="EXPORTER", help="csv, parquet, wandb, mlflow, or a plugin's")
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("-m", "--set", metavar="KEY=VALUE", help="the exporter's setting, such as out=DIR"),
    ] = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Hand runs to a table or a tracker of experiments.

    Their figures, settings and (samples=true) examples. Nothing leaves the machine that a setting does not
    send: wandb writes a folder unless mode=online, mlflow too unless uri is an address.
    """
    from harness.cli import arguments
    from harness.cli.push import push_command

    return push_command(runs or [], runs_dir, to=to, given=arguments.grid(set_, "-m"))


@app.command()
def rescore(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="run directories, or folders of them")],
    task: Annotated[
        str | None,
        typer.Option("--task", "-t", metavar="TASK", help="take metrics and extraction from this task"),
    ] = None,
    slo: Slo = None,
    json: Json = False,
) -> int:
    """Compute the metrics again from stored responses."""
    from harness.cli import arguments
    from harness.cli.results import rescore_command

    return rescore_command(runs, task=task, slo=arguments.slo(slo), json=json)


@app.command()
def score(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="JSONL; or line-aligned texts: predictions, then references"),
    ],
    metric: Annotated[
        list[str],
        typer.Option("--metric", "-M", metavar="NAME[,NAME]", help="as `harness list metrics` has them"),
    ] = [],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--set", metavar="METRIC.KEY=VALUE", help="a metric's setting, such as bleu.tokenizer=char"
        ),
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--labels", metavar="A,B[,…]", help="the labels in their order; else those that occur"),
    ] = None,
    offline: Offline = False,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="let evaluate:NAME run code from the hub")
    ] = False,
    json: Json = False,
) -> int:
    """Score answers made elsewhere: value, interval, signature.

    A line of JSONL has `prediction` (null: unanswered) and `target` (one, or a list of references); spans are
    lists of [start, end, type]. Where a metric reads them: `option_scores`, or `value` and `tokens` (a text's
    log-likelihood in nats). Lines of one `cluster` or `id` rise and fall together. A run's samples.jsonl will
    do, and so will .gz.
    """
    from harness.cli import arguments
    from harness.cli.score import score_command
    from harness.metrics import permissions as consent

    consent.REMOTE_CODE.set(trust_remote_code)
    consent.OFFLINE.set(offline)
    return score_command(files, arguments.names(metric), set_ or [], arguments.names(labels), json=json)
