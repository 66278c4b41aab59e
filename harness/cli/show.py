"""`harness show`: a task, group or backend as resolved, prompts as rendered, a run as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from harness.cli.output import emit, hand_over
from harness.cli.output import show as show_blocks
from harness.errors import BadInput, did_you_mean
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.terminal import say

if TYPE_CHECKING:
    from harness.backends.backend import Backend


def show(
    *,
    name: Annotated[
        str,
        Positional(
            "TASK|BACKEND|RUN|ADAPTER|METRIC|STEP",
            help="what to show",
            ko="볼 과제, 시스템, 실행, 어댑터, 지표 또는 추출 단계",
        ),
    ],
    n: Annotated[
        int,
        Flag("-n", least=0, metavar="N", help="rendered prompts of a task", ko="완성된 프롬프트를 N개 보임"),
    ] = 0,
    options: RunOptions,
    matrix: Annotated[
        str | None,
        Flag(
            "--matrix",
            metavar="cosine|probability",
            help="a run's examples against its options",
            ko="실행의 예제와 선택지를 견주어 보임",
        ),
    ] = None,
    format: Annotated[
        str | None,
        Flag("--format -f", metavar="md|csv", help="of the matrix, else md", ko="--matrix의 형식(기본값 md)"),
    ] = None,
    reader_error: Annotated[
        str | None,
        Flag(
            "--reader-error",
            metavar="RIGHT/READ,FOUND/STATED",
            help="a run's accuracy, and beside it corrected for a reader that was right so often",
            ko="실행의 정확도와 그 옆에 답 추출의 오류를 보정한 값을 보임",
        ),
    ] = None,
) -> int:
    """Show a task, group, backend, run, adapter, metric or step."""
    if reader_error is not None:
        if matrix is not None or format is not None:
            raise BadInput("--reader-error and --matrix are two reports; ask for one")
        return _print_corrected(name, reader_error)
    if matrix is not None or format is not None:
        return _print_matrix(name, matrix, format or "md")
    return _print(name, options, n)


def _print(name: str, options: RunOptions, n: int) -> int:
    """Print what `name` is: a run directory, else a task or group, else a backend."""
    from harness.backends import backend as backends
    from harness.cli import entry_words
    from harness.config import loader as definitions
    from harness.config.documents import dump
    from harness.reports.named_runs import only_run
    from harness.reports.prompt_preview import chosen, preview
    from harness.tasks import task as tasks

    kind = _kind(name)
    of_prompts = (n, options.backend, options.settings, options.template, options.ask)
    if kind != "task" and (any(of_prompts) or options.shots is not None):
        raise BadInput(f"{name} is a {kind}; -n, -b, -m, --template, --ask and --shots are about a task")
    if kind == "run":
        emit(dump(only_run(Path(name)).document.to_dict()), end="")
    elif kind == "group":
        _group(definitions.find("tasks", name, tasks.folders()))
    elif kind == "backend":
        backend = backends.load(name)
        emit(dump(backend.resolved()), end="")
        emit(
            "\n".join(f"# {line}".rstrip() for line in (*_prices(backend), *entry_words.lines(backend.entry)))
        )
    elif kind == "entry":
        emit("\n".join(entry_words.lines(entry_words.entry(name))))
    else:
        task = chosen(tasks.load(name), options)
        emit(dump(task.resolved()), end="")
        if n or options.backend:
            for text in preview(task, options, n or 1):
                emit(text)
    return 0


def _prices(backend: Backend) -> list[str]:
    """Return what a million of a backend's tokens cost, or an hour; nothing of what is local and free."""
    from harness.costs.prices import price

    found = price(backend)
    if found is not None:
        return [f"price: {line}" for line in found.in_words()]
    if (hour := backend.file.price.usd_per_hour) is not None:
        return [f"price: {hour:g} USD an hour"]
    return ["price: nobody knows what a token costs"] if backend.entry.remote else []


def _print_matrix(name: str, what: str | None, format: str) -> int:
    """Print a run's examples against its options."""
    from harness.reports import option_matrix
    from harness.reports.named_runs import only_run

    if what is None:
        raise BadInput("--format is about --matrix cosine or probability")
    if format not in ("md", "csv"):
        raise BadInput(f"--format should be md or csv, not {format}")
    found = option_matrix.matrix(only_run(Path(name)).directory, what)
    if format == "md":
        show_blocks(option_matrix.blocks(found))
    else:
        hand_over(option_matrix.as_csv(found), None)
    return 0


def _print_corrected(name: str, measured: str) -> int:
    """Print a run's accuracy as it was read and as a reader without error would have made it."""
    from harness.reports import reader_error
    from harness.reports.named_runs import only_run

    reader = reader_error.counts(measured)
    show_blocks(reader_error.blocks(reader_error.corrected(only_run(Path(name)), reader)))
    return 0


def _kind(name: str) -> str:
    """Return what `name` names: `run`, `task`, `group`, `backend`, or an `entry`: adapter, metric or step.

    Raises:
        BadInput: nothing; the nearest name is told.
    """
    from harness.backends import backend as backends
    from harness.cli import entry_words
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
    if name in entry_words.names():
        return "entry"
    if _runs(name):
        return "run"
    hint = did_you_mean(name, [*known_tasks, *known_backends, *entry_words.names()])
    raise BadInput(f"{name!r} is no task, backend, run directory, adapter, metric or step.{hint}")


def _runs(name: str) -> bool:
    """Return whether a board would print this name."""
    from harness.reports.named_runs import of_system

    try:
        return bool(of_system(name))
    except BadInput:
        return False


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
