"""Commands that show what there is, and that begin a project. Their work is in modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    Ask,
    Backends,
    DataDir,
    Json,
    Offline,
    Quiet,
    RunsDir,
    Sample,
    Settings,
    Shots,
    Template,
    Trust,
)

app = typer.Typer()


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="tasks|backends|metrics|exporters|runs")],
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="only those with this tag")
    ] = None,
    runs_dir: RunsDir = Path("runs"),
    json: Json = False,
) -> int:
    """List tasks, backends, metrics, exporters or runs."""
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
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options

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
def tokenizers(
    what: Annotated[str, typer.Argument(metavar="TEXT_OR_TASK", help="a text, or a task for its texts")],
    backend: Backends = [],
    set_: Settings = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Count the tokens of a text, and of Korean against English."""
    from harness.cli import arguments
    from harness.cli.tokenizers import tokenizers_command
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options

    where = Where(data_dir=data_dir, sample=sample, offline=offline)
    options = Options(where=where, trust_remote_code=trust_remote_code)
    settings = arguments.one(set_, "-m")
    return tokenizers_command(what, arguments.names(backend), options, settings, json=json, quiet=quiet)


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
def doctor(
    numerics: Annotated[
        bool, typer.Option("--numerics", help="measure how a backend's answers depend on its batches")
    ] = False,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", metavar="BACKEND", help="with --numerics: which one")
    ] = None,
    set_: Settings = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    json: Json = False,
) -> int:
    """Say what is installed and what each backend still needs."""
    from harness.cli import arguments
    from harness.cli.doctor import doctor_command, numerics_command

    if not numerics:
        return doctor_command(json=json)
    settings = arguments.grid(set_, "-m")
    return numerics_command(
        backend, settings, offline=offline, trust_remote_code=trust_remote_code, json=json
    )


@app.command()
def cache(
    what: Annotated[str, typer.Argument(metavar="stats|clear")],
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", metavar="BACKEND", help="only the answers of this one")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="only these, such as 30d, 12h or 10m")
    ] = None,
    json: Json = False,
) -> int:
    """Show or clear what is kept of answers that servers gave."""
    from harness.cli.cache import cache_command

    return cache_command(what, backend=backend, older_than=older_than, json=json)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="the folder; else this one")] = Path(),
) -> int:
    """Start a project of your own, with a nightly workflow."""
    from harness.cli.init import init_command

    return init_command(directory)
