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
        list[str] | None, typer.Argument(metavar="TEXT", help="inputs of your own; else stdin, a line each")
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
) -> int:
    """Show a task (and its prompts), a backend or a run."""
    from harness.cli import arguments
    from harness.cli.show import Rendering, show_command
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
        str | None, typer.Option("--group", metavar="TAG", help="only tasks with this tag")
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="TASK|METRIC", help="rank by this task or this metric")
    ] = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Rank runs: a row a system, a column a task, with intervals.

    A run that is broken is left out or not ranked, and named on stderr; one that you name yourself is a
    mistake.
    """
    from harness.cli.results import leaderboard_command

    return leaderboard_command(runs or [], runs_dir, format=format, out=out, group=group, sort=sort)


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
