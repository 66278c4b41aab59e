"""Which directory a run is written in: what may change a response has one of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.datasets import corpus as corpora
from harness.errors import BadInput, LaterFormat, Place
from harness.evaluation import rag
from harness.evaluation.plan import Plan
from harness.files import is_below
from harness.perturbations.perturbed import RULES
from harness.records import atomic, run_file
from harness.records.fingerprint import digest, fingerprint
from harness.records.run_schema import RunDocument


def read_existing_run(directory: Path, tell: Callable[[str], None] = lambda _: None) -> RunDocument | None:
    """Return what `run.json` says, None where there is none yet or where it is torn.

    A torn one costs what it told of earlier sessions, and no answer: those are in the journal.

    Raises:
        LaterFormat: a later harness wrote it.
    """
    if not (directory / run_file.RUN).exists():
        return None
    try:
        run = run_file.read_run(directory)
        if run.fingerprint is None:
            raise BadInput("lacks 'fingerprint'", place=Place(directory / run_file.RUN))
    except LaterFormat:
        raise
    except BadInput as error:
        tell(f"warning: {error}; it is written again, and the run goes on from its journal")
        return None
    return run


def run_fingerprint(plan: Plan, identity: Mapping[str, Any]) -> str:
    """Return the fingerprint of all that can change a response; `identity` is that of the weights."""
    material = plan.material
    used = [plan.task.split]
    if plan.task.shots or plan.backend.entry.learns:
        used.append(plan.task.file.shots.from_)
    used += corpora.splits(plan.task)
    mark = fingerprint(
        plan.task,
        plan.backend,
        plan.decoding,
        data={split: material.sha256[split] for split in used},
        identity=identity,
        limit=plan.options.limit,
        repeat=plan.options.repeat,
        taught=plan.taught,
    )
    if plan.logged is not None:
        mark = digest({"plain": mark, "logged": plan.logged.sha256})
    if plan.context is not None:
        mark = digest({"plain": mark, **rag.mark(plan.context)})
    return mark if plan.perturb is None else digest({"plain": mark, "perturb": plan.perturb, "rules": RULES})


def run_directory(plan: Plan, mark: str) -> Path:
    """Return the directory to write: the one that is resumed, the latest of this fingerprint, or a new one.

    Raises:
        BadInput: the one to resume began with something else, or a file is in the way.
    """
    return _resumed(plan.resume, mark) if plan.resume else _directory(plan, mark)


def _directory(plan: Plan, mark: str) -> Path:
    home = Path(plan.options.runs_dir) / _safe(plan.task.name) / _safe(plan.backend.name)
    if not plan.options.fresh:
        for directory in sorted(home.glob(f"*-{mark[:8]}"), reverse=True):
            if not directory.is_symlink() and (directory / run_file.RUN).exists() and _is_of(directory, mark):
                return directory
    name, number = run_file.directory_name(mark), 1
    directory = home / name
    while (directory / run_file.RUN).exists():  # --fresh twice within a second
        number += 1
        directory = home / name.replace("Z-", f"Z.{number}-")  # sorts after the first
    _require_inside(home, Path(plan.options.runs_dir))
    with atomic.disk_errors(home):
        try:
            home.mkdir(parents=True, exist_ok=True)
            directory.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise BadInput("a run is a folder, and a file is in its way", place=Place(directory)) from None
    return directory


def _require_inside(folder: Path, runs_dir: Path) -> None:
    """Check that no link on the way to a folder of runs leads elsewhere.

    Raises:
        BadInput: one does.
    """
    if not is_below(folder, [runs_dir]):
        raise BadInput(f"a link on the way leads out of --runs-dir {runs_dir}", place=Place(folder))


def _is_of(directory: Path, mark: str) -> bool:
    """Return whether a directory whose name ends in the mark's first 8 hex holds the run of that mark.

    Where `run.json` is torn, its name is all there is to go by, beside the task and backend it lies under.
    """
    try:
        return run_file.read_run(directory).fingerprint in (None, mark)
    except LaterFormat:
        raise
    except BadInput:
        return True


def _resumed(directory: Path, mark: str) -> Path:
    """Return the directory the user named, if this plan is what it holds."""
    if run_file.read_run(directory).fingerprint != mark:
        raise BadInput(
            "the data, the model or the task is not what this run began with; its answers cannot go on",
            place=Place(directory),
        )
    return directory


def _safe(name: str) -> str:
    """Return a name as a folder's: no separators, no control characters, no colon."""
    return "".join(c if c.isalnum() or c in "._- " else "_" for c in name).strip(". ") or "_"
