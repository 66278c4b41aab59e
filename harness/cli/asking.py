"""Commands that ask systems: `run`, `try`. What they do is in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    Ask,
    Backend,
    Backends,
    DataDir,
    Decodings,
    Energy,
    Fresh,
    Json,
    Limit,
    MaxFailures,
    Offline,
    Quiet,
    Repeat,
    Resume,
    RunsDir,
    Sample,
    Seed,
    Settings,
    Shots,
    Split,
    Task,
    Tasks,
    Template,
    Trust,
)

app = typer.Typer()


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
