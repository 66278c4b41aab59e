"""The commands and their options; what they do is in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="harness",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done; 1 regression; 2 wrong input; 3 a backend (or the harness) cannot work; "
    "4 stopped by a limit, resumable; 130 interrupted, resumable. --debug shows tracebacks.",
)

Tasks = Annotated[
    list[str], typer.Option("--task", "-t", metavar="TASK[,TASK…]", help="tasks, groups, or all")
]
Backends = Annotated[
    list[str], typer.Option("--backend", "-b", metavar="BACKEND[,…]", help="systems under test")
]
Task = Annotated[str, typer.Option("--task", "-t", metavar="TASK", help="the task")]
Backend = Annotated[str, typer.Option("--backend", "-b", metavar="BACKEND", help="the system under test")]
Limit = Annotated[
    str | None, typer.Option("--limit", metavar="N|FRACTION", help="the first N, or a seeded share")
]
Shots = Annotated[
    int | None, typer.Option("--shots", min=0, metavar="K", help="worked examples in the prompt")
]
Template = Annotated[
    str | None, typer.Option("--template", metavar="NAME|all", help="how the query is written")
]
Ask = Annotated[
    str | None,
    typer.Option("--ask", metavar="choose|generate", help="where the task's metrics can judge both"),
]
Split = Annotated[str | None, typer.Option("--split", metavar="NAME", help="the split to evaluate")]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="of shots, shares and sampling (default 1234)")
]
Repeat = Annotated[int, typer.Option("--repeat", min=1, metavar="N", help="ask every example N times")]
Fresh = Annotated[bool, typer.Option("--fresh", help="don't resume and don't reuse a fit")]
Resume = Annotated[Path | None, typer.Option("--resume", metavar="RUN", help="go on with this directory")]
MaxFailures = Annotated[
    str,
    typer.Option("--max-failures", metavar="N|FRACTION", help="stop after more failed requests than this"),
]
Sample = Annotated[bool, typer.Option("--sample", help="use the small sample shipped with the task")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="HARNESS_DATA", metavar="DIR", help="the datasets' own original files"),
]
Offline = Annotated[bool, typer.Option("--offline", help="download nothing")]
Decodings = Annotated[
    list[str] | None,
    typer.Option("-d", "--decoding", metavar="KEY=VALUE[,…]", help="decoding, such as temperature=0,0.7"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("-m", "--set", metavar="KEY=VALUE[,…]", help="a backend's setting, such as model=DIR"),
]
Trust = Annotated[bool, typer.Option("--trust-remote-code", help="let a model run code from its repository")]
RunsDir = Annotated[Path, typer.Option("--runs-dir", metavar="DIR", help="where runs are kept")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout, and nothing else")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress")]
Runs = Annotated[list[Path] | None, typer.Argument(metavar="RUN", help="run directories, or folders of them")]


def _version(wanted: bool) -> None:
    if wanted:
        from harness import __version__

        print(f"harness {__version__}")
        raise typer.Exit


@app.callback()
def _harness(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print it")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
) -> None:
    """Evaluate language systems, from bag-of-words to LLM, on the same examples. Korean first."""


@app.command()
def run(
    task: Tasks = [],
    backend: Backends = [],
    limit: Limit = None,
    shots: Shots = None,
    template: Template = None,
    ask: Ask = None,
    split: Split = None,
    repeat: Repeat = 1,
    seed: Seed = None,
    sample: Sample = False,
    decoding: Decodings = None,
    set_: Settings = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = Path("runs"),
    offline: Offline = False,
    fresh: Fresh = False,
    resume: Resume = None,
    max_failures: MaxFailures = "0.01",
    trust_remote_code: Trust = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run tasks on backends.

    Several values of a task, a backend or a setting make a grid. The same command again goes on where it
    stopped.
    """
    from harness.cli import arguments
    from harness.cli.run import Asked, run_command
    from harness.plan import Grid, Options
    from harness.sources import Where

    asked = Asked(
        grid=Grid(
            tasks=arguments.names(task),
            backends=arguments.names(backend),
            templates=arguments.names([template]) if template else [None],
            asks=arguments.names([ask]) if ask else [None],
            shots=shots,
            split=split,
            seed=seed,
            decodings=arguments.decodings(decoding),
            settings=arguments.grid(set_, "-m"),
        ),
        options=Options(
            where=Where(data_dir=data_dir, sample=sample, offline=offline),
            runs_dir=runs_dir,
            limit=arguments.limit(limit),
            repeat=repeat,
            max_failures=arguments.limit(max_failures, "--max-failures") or 0,
            fresh=fresh,
            trust_remote_code=trust_remote_code,
        ),
        resume=resume,
        json=json,
        quiet=quiet,
    )
    return run_command(asked)


@app.command("try")
def try_(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="a text, or field=value each, or JSON; else stdin, a line each"),
    ] = None,
    task: Task = "",
    backend: Backend = "",
    shots: Shots = None,
    template: Template = None,
    ask: Ask = None,
    seed: Seed = None,
    sample: Sample = False,
    decoding: Decodings = None,
    set_: Settings = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Ask a system about texts of your own.

    Each is shown as it goes the whole road: prompt, answer, probabilities and time.
    """
    from harness.cli import arguments
    from harness.cli.try_ import try_command
    from harness.plan import Grid, Options
    from harness.sources import Where

    grid = Grid(
        tasks=arguments.names([task]),
        backends=arguments.names([backend]),
        templates=arguments.names([template]) if template else [None],
        asks=arguments.names([ask]) if ask else [None],
        shots=shots,
        seed=seed,
        decodings=arguments.decodings(decoding),
        settings=arguments.grid(set_, "-m"),
    )
    where = Where(data_dir=data_dir, sample=sample, offline=offline)
    options = Options(where=where, trust_remote_code=trust_remote_code, limit=1)
    return try_command(grid, options, texts or [], json=json, quiet=quiet)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="tasks|backends|metrics|runs")],
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="only those with this tag")
    ] = None,
    runs_dir: RunsDir = Path("runs"),
    json: Json = False,
) -> int:
    """List tasks, backends, metrics or runs."""
    from harness.cli.listing import list_command

    return list_command(kind, tags=tag or [], runs_dir=runs_dir, json=json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="TASK|BACKEND|RUN")],
    n: Annotated[int, typer.Option("-n", min=0, metavar="N", help="rendered prompts of a task")] = 0,
    backend: Annotated[
        str | None,
        typer.Option("--backend", "-b", metavar="BACKEND", help="render and count tokens for this one"),
    ] = None,
    set_: Settings = None,
    template: Template = None,
    ask: Ask = None,
    shots: Shots = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    matrix: Annotated[
        str | None,
        typer.Option("--matrix", metavar="cosine|probability", help="a run's examples against its options"),
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="md|csv", help="of the matrix, else md")
    ] = None,
) -> int:
    """Show a task (and its prompts), a group, a backend or a run."""
    from harness.cli import arguments
    from harness.cli.show import Rendering, matrix_command, show_command
    from harness.plan import Options
    from harness.sources import Where

    where = Where(data_dir=data_dir, sample=sample, offline=offline)
    rendering = Rendering(
        n=n,
        options=Options(where=where, trust_remote_code=trust_remote_code),
        backend=backend,
        settings=arguments.grid(set_, "-m"),
        template=template,
        ask=ask,
        shots=shots,
    )
    if matrix is not None or format is not None:
        return matrix_command(name, matrix, format or "md")
    return show_command(name, rendering)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="files or folders; else all")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option("--schema", metavar="DIR", help="write JSON schemas for editors into DIR")
    ] = None,
    json: Json = False,
) -> int:
    """Check YAML definitions; every problem with its file and line."""
    from harness.cli.check import check_command

    return check_command(paths or [], schema=schema, json=json)


@app.command()
def leaderboard(
    runs: Runs = None,
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="md|json|csv", help="md unless FILE says another")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="TAG|GROUP", help="tasks with this tag or in this group")
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="TASK|METRIC", help="rank by this task or this metric")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="BREAKDOWN", help="the figures by group, such as category")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="SYSTEM", help="add ms an example and speed-up over this one"),
    ] = None,
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
    )


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
        str | None, typer.Option("--format", "-f", metavar="md|json", help="md unless FILE says another")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
) -> int:
    """Compare two runs, example by example.

    How B differs from A on the examples that both answered: each metric's difference with its paired interval
    and p-value, where they part, what differs in their settings, cost and time.
    """
    from harness.cli import arguments
    from harness.cli.compare import compare_command

    return compare_command(a, b, metrics=arguments.names(metric), examples=n, format=format, out=out)


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
    from harness.reports.gate import Limits

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
    )
    return gates.gate_command(asked)


@app.command()
def rescore(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="run directories, or folders of them")],
    task: Annotated[
        str | None,
        typer.Option("--task", "-t", metavar="TASK", help="take metrics and extraction from this task"),
    ] = None,
    json: Json = False,
) -> int:
    """Compute the metrics again from stored responses."""
    from harness.cli.results import rescore_command

    return rescore_command(runs, task=task, json=json)


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
    from harness import consent
    from harness.cli import arguments
    from harness.cli.score import score_command

    consent.REMOTE_CODE.set(trust_remote_code)
    consent.OFFLINE.set(offline)
    return score_command(files, arguments.names(metric), set_ or [], arguments.names(labels), json=json)


@app.command()
def doctor(json: Json = False) -> int:
    """Say what is installed and what each backend still needs."""
    from harness.cli.doctor import doctor_command

    return doctor_command(json=json)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="the folder; else this one")] = Path(),
) -> int:
    """Start a project of your own, with a nightly workflow."""
    from harness.cli.init import init_command

    return init_command(directory)
