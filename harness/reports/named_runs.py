"""A run by what it is called: its directory, or the name of its system as boards print it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import BadInput, did_you_mean
from harness.records import run_file
from harness.records.run_schema import COMPLETE
from harness.reports.run import Run, load

RUNS = Path("runs")


def only_run(place: Path, runs_dir: Path = RUNS) -> Run:
    """Return the run that `place` is, or the only one in it, or the only one of a system of that name.

    Raises:
        BadInput: there is none, there are several, or it is torn.
    """
    if not place.is_dir():
        return _only(str(place), of_system(str(place), runs_dir))
    found = run_file.runs([place])
    if not found:
        raise BadInput(f"no run in {place}; `harness list runs` shows where runs are")
    if len(found) > 1:
        raise BadInput(f"{place} holds {len(found)} runs; name one of them, such as {found[-1]}")
    (entry,) = load(found, lambda _message: None)
    return entry


def two_runs(a: Path, b: Path, runs_dir: Path = RUNS) -> tuple[Run, Run]:
    """Return two runs by their directories or names; of systems, those of the task that both ran.

    Raises:
        BadInput: one of them is not there, or they share several tasks, or none.
    """
    sides = [[only_run(one, runs_dir)] if one.is_dir() else of_system(str(one), runs_dir) for one in (a, b)]
    pairs = [(one, other) for one in sides[0] for other in sides[1] if one.column == other.column]
    if len(pairs) == 1:
        return pairs[0]
    if pairs:
        shared = ", ".join(one.task for one, _ in pairs)
        first = f"harness compare {_typed(pairs[0][0])} {_typed(pairs[0][1])}"
        raise BadInput(f"{a} and {b} both ran {shared}; name the task too: {first}")
    return _only(str(a), sides[0]), _only(str(b), sides[1])


def of_system(name: str, runs_dir: Path = RUNS) -> list[Run]:
    """Return the runs of a system, `NAME` or `TASK/NAME`, one a column of a board, the latest.

    Raises:
        BadInput: no run is of a system that is called so.
    """
    known = load([runs_dir], lambda _message: None) if runs_dir.is_dir() else []
    task, _, system = name.rpartition("/")
    found = [run for run in known if name in _names(run)]
    if not found and task:
        found = [run for run in known if system in _names(run) and run.task == task]
    if not found:
        systems = {run.system for run in known}
        hint = did_you_mean(name, systems)
        raise BadInput(f"{name} is neither a run directory nor a system with a run in {runs_dir}.{hint}")
    latest = sorted(found, key=lambda run: (run.status == COMPLETE, run.id))
    return list({run.column: run for run in latest}.values())


def _names(run: Run) -> tuple[str, ...]:
    return run.system, run.label, run.id


def _only(name: str, found: Sequence[Run]) -> Run:
    if len(found) > 1:
        each = ", ".join(map(_typed, found))
        raise BadInput(f"{name} has {len(found)} runs; name one: {each}")
    return found[0]


def _typed(run: Run) -> str:
    """Return what names this run and no other: its task and system, or its directory where they do not."""
    plain = run.limit is None and not any(sign in run.system for sign in " /'\"")
    return f"{run.task}/{run.system}" if plain else str(run.directory)
