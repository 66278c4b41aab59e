"""Commands that ask systems or hand them over: `run`, `try`, `export`. What they do is in modules beside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    Ask,
    Backend,
    Backends,
    Concurrency,
    DataDir,
    Decodings,
    DedupeTrain,
    Energy,
    Fresh,
    Json,
    Latency,
    Limit,
    MaxCost,
    MaxFailures,
    NoCache,
    Offline,
    Quiet,
    Repeat,
    Resume,
    RunsDir,
    Sample,
    Seed,
    Settings,
    Shots,
    Slo,
    Split,
    Task,
    Tasks,
    Template,
    TrainLimit,
    Trust,
    UsdKrw,
)

if TYPE_CHECKING:
    from harness.evaluation.plan import Grid

app = typer.Typer()


def _grid(
    task: list[str],
    backend: list[str],
    template: str | None,
    ask: str | None,
    shots: int | None,
    split: str | None,
    seed: int | None,
    decoding: list[str] | None,
    set_: list[str] | None,
    train_limit: str | None = None,
) -> Grid:
    """Return the grid that the options of a command make."""
    from harness.cli import arguments
    from harness.evaluation.plan import Grid

    return Grid(
        tasks=arguments.names(task),
        backends=arguments.names(backend),
        templates=arguments.names([template]) if template else [None],
        asks=arguments.names([ask]) if ask else [None],
        shots=shots,
        split=split,
        seed=seed,
        train_limits=arguments.train_limits(train_limit),
        decodings=arguments.decodings(decoding),
        settings=arguments.grid(set_, "-m"),
    )


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
    train_limit: TrainLimit = None,
    dedupe_train: DedupeTrain = False,
    sample: Sample = False,
    decoding: Decodings = None,
    set_: Settings = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = Path("runs"),
    offline: Offline = False,
    fresh: Fresh = False,
    resume: Resume = None,
    no_cache: NoCache = False,
    max_cost: MaxCost = None,
    usd_krw: UsdKrw = None,
    max_failures: MaxFailures = "0.01",
    slo: Slo = None,
    concurrency: Concurrency = None,
    latency: Latency = None,
    energy: Energy = False,
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
    from harness.costs import money
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options

    asked = Asked(
        grid=_grid(task, backend, template, ask, shots, split, seed, decoding, set_, train_limit),
        options=Options(
            where=Where(data_dir=data_dir, sample=sample, offline=offline),
            runs_dir=runs_dir,
            limit=arguments.limit(limit),
            repeat=repeat,
            max_failures=arguments.limit(max_failures, "--max-failures") or 0,
            fresh=fresh,
            trust_remote_code=trust_remote_code,
            cache=not no_cache,
            budget=money.budget(max_cost, usd_krw),
            slo=arguments.slo(slo),
            concurrency=concurrency,
            latency=latency,
            dedupe_train=dedupe_train,
            energy=energy,
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
    nearest: Annotated[
        int, typer.Option("--nearest", min=0, metavar="N", help="the N words nearest to each TEXT instead")
    ] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Ask a system about texts of your own.

    Each is shown as it goes the whole road: prompt, answer, probabilities, time and cost.
    """
    from harness.cli.try_ import try_command
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options

    grid = _grid([task], [backend], template, ask, shots, None, seed, decoding, set_)
    where = Where(data_dir=data_dir, sample=sample, offline=offline)
    options = Options(where=where, trust_remote_code=trust_remote_code, limit=1, latency=True)
    return try_command(grid, options, texts or [], nearest=nearest, json=json, quiet=quiet)


@app.command()
def estimate(
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
    pilot: Annotated[
        int,
        typer.Option(
            "--pilot", min=0, max=20, metavar="N", help="ask N requests, and learn from their answers"
        ),
    ] = 0,
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", metavar="FILE|DIR", help="count tokens by this tokenizer.json"),
    ] = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    no_cache: NoCache = False,
    concurrency: Concurrency = None,
    trust_remote_code: Trust = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Say what a run would take: requests, tokens, money, time.

    Nothing is asked but the requests of a pilot, whose answers are kept: the run does not pay for them again.
    """
    from harness.cli import arguments
    from harness.cli.estimate import Asked, estimate_command
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options

    asked = Asked(
        grid=_grid(task, backend, template, ask, shots, split, seed, decoding, set_),
        options=Options(
            where=Where(data_dir=data_dir, sample=sample, offline=offline),
            limit=arguments.limit(limit),
            repeat=repeat,
            trust_remote_code=trust_remote_code,
            cache=not no_cache,
            concurrency=concurrency,
            asks=pilot > 0,
        ),
        pilot=pilot,
        tokenizer=tokenizer,
        json=json,
        quiet=quiet,
    )
    return estimate_command(asked)


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="the folder to write")],
    run: Annotated[Path | None, typer.Argument(metavar="RUN", help="a run directory, or -t and -b")] = None,
    task: Task = "",
    backend: Backend = "",
    template: Template = None,
    ask: Ask = None,
    seed: Seed = None,
    sample: Sample = False,
    set_: Settings = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Write a fitted model as a directory that others load.

    A model that is not fitted yet is fitted first.
    """
    from harness.cli.export import export_command
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options

    named = ([task] if task else [], [backend] if backend else [])
    grid = _grid(*named, template, ask, None, None, seed, None, set_)
    options = Options(where=Where(data_dir=data_dir, sample=sample, offline=offline))
    return export_command(run, grid, options, out, json=json, quiet=quiet)
