"""`harness show`: a task, group or backend as resolved, prompts as rendered, a run as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import Ask, DataDir, Offline, Sample, Settings, Shots, Template, Trust
from harness.cli.output import emit, hand_over
from harness.errors import BadInput, did_you_mean
from harness.terminal import say

if TYPE_CHECKING:
    from harness.reports.prompt_preview import Rendering


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
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options
    from harness.reports.prompt_preview import Rendering

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
        return _print_matrix(name, matrix, format or "md")
    return _print(name, rendering)


def _print(name: str, rendering: Rendering) -> int:
    """Print what `name` is: a run directory, else a task or group, else a backend."""
    from harness.backends import backend as backends
    from harness.config import loader as definitions
    from harness.config.documents import dump
    from harness.records import run_file
    from harness.reports.prompt_preview import preview
    from harness.tasks import task as tasks

    kind = _kind(name)
    if kind != "task" and rendering.asked:
        raise BadInput(f"{name} is a {kind}; -n, -b, -m, --template, --ask and --shots are about a task")
    if kind == "run":
        emit(dump(run_file.read_run(Path(name))), end="")
    elif kind == "group":
        _group(definitions.find("tasks", name, tasks.folders()))
    elif kind == "backend":
        emit(dump(backends.load(name).resolved()), end="")
    else:
        task = tasks.load(name).choose(template=rendering.template, ask=rendering.ask, shots=rendering.shots)
        emit(dump(task.resolved()), end="")
        if rendering.n or rendering.backend:
            for text in preview(task, rendering):
                emit(text)
    return 0


def _print_matrix(name: str, what: str | None, format: str) -> int:
    """Print a run's examples against its options."""
    from harness.reports import option_matrix

    if what is None:
        raise BadInput("--format is about --matrix cosine or probability")
    if format not in ("md", "csv"):
        raise BadInput(f"--format should be md or csv, not {format}")
    found = option_matrix.matrix(Path(name), what)
    if format == "md":
        emit(option_matrix.markdown(found))
    else:
        hand_over(option_matrix.as_csv(found), None)
    return 0


def _kind(name: str) -> str:
    """Return what `name` names: `run`, `task`, `group` or `backend`.

    Raises:
        BadInput: nothing; the nearest name is told.
    """
    from harness.backends import backend as backends
    from harness.config import loader as definitions
    from harness.records import run_file
    from harness.tasks import task as tasks

    path = Path(name)
    if (path / run_file.RUN).is_file():
        return "run"
    known_tasks, known_backends = tasks.catalogue(), backends.catalogue()
    if name in known_tasks:
        if name in known_backends:
            say(f"{name} is a backend too: harness show {known_backends[name][0]}")
        return _kind_of(known_tasks[name][0])
    if name in known_backends:
        return "backend"
    if name.endswith((".yaml", ".yml")):
        return "backend" if _is_backend(definitions.headline(path), known_backends) else _kind_of(path)
    if path.is_dir():
        inside = run_file.runs([path])
        if inside:
            raise BadInput(f"{name} holds {len(inside)} runs; name one, such as {inside[-1]}")
    hint = did_you_mean(name, [*known_tasks, *known_backends])
    raise BadInput(f"{name!r} is no task, backend or run directory.{hint}")


def _kind_of(path: Path) -> str:
    from harness.tasks import task as tasks

    return "group" if tasks.is_group(path) else "task"


def _group(path: Path) -> None:
    """Print a group as it is written, and in words how its score is made."""
    from harness.config import loader as definitions
    from harness.config.documents import dump, read
    from harness.tasks import groups
    from harness.tasks import task as tasks
    from harness.tasks.schema import Group

    tasks.load_group(path)  # names what is wrong with it
    group = definitions.validate(Group, read(path))
    members = [member.short() for member in group.members]
    emit(dump({**group.model_dump(exclude_defaults=True), "members": members}), end="")
    scored = groups.load(path)
    if scored is not None:
        emit(groups.described(scored))


def _is_backend(head: dict[str, Any], known: dict[str, list[Path]]) -> bool:
    return "adapter" in head or ("ask" not in head and str(head.get("extends")) in known)
