"""Every problem of a definition's file, and the JSON schemas that editors check one with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os.path import isfile
from pathlib import Path
from typing import Any

from harness.backends import backend as backends
from harness.backends.schema import BackendFile
from harness.config import loader as definitions
from harness.config.documents import read
from harness.errors import BadInput, HarnessError, Place
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.tasks.schema import Group, TaskFile
from harness.tasks.task import Task


def definition_files(paths: list[Path]) -> Iterator[Path]:
    """Yield the definitions among files and in folders.

    Raises:
        BadInput: there is no such file.
    """
    marks = (*definitions.MARKS["tasks"], *definitions.MARKS["backends"])
    for path in paths:
        if path.is_dir():
            yield from (file for file in definitions.files(path) if definitions.is_marked(file, marks))
        elif isfile(path):
            yield path
        else:
            raise BadInput(f"no such file: {path}")


def all_definitions() -> Iterator[Path]:
    """Yield the file of every task and backend that a name finds."""
    for names in (tasks.catalogue(), backends.catalogue()):
        for paths in names.values():
            yield from paths


def problems(path: Path, further: Callable[[Task], list[BadInput]] | None = None) -> list[BadInput]:
    """Return what is wrong with one definition, in the order of its lines.

    `further` looks at a task's data, also where other keys are wrong; what it finds comes last.
    """
    of_data: list[BadInput] = []
    try:
        keys = read(path).values
        if "members" in keys:
            tasks.load_group(path)
            groups.load(path)
        elif _is_backend(path, keys):
            backends.load(str(path.absolute()))
        else:
            task, found = tasks.examined(tasks.resolved(path.absolute()), definitions.name_of(path))
            if task is not None and further is not None:
                of_data = further(task)
            if found:
                raise definitions.BadInputs(found)
    except definitions.BadInputs as error:
        return [_shown(problem, path) for problem in (*error.problems, *of_data)]
    except HarnessError as error:
        return [_shown(error, path)]
    return of_data


def _is_backend(path: Path, keys: dict[str, Any]) -> bool:
    """Return whether a definition says what a backend says; else what its parent is, else where it lies."""
    backend, task = (len(model.model_fields.keys() & keys) for model in (BackendFile, TaskFile))
    if backend != task:
        return backend > task
    parent = keys.get("extends")
    if isinstance(parent, str) and definitions.is_path(parent):
        return "adapter" in definitions.headline(path.parent / parent)
    for known, catalogue in ((False, tasks.catalogue), (True, backends.catalogue)):
        if isinstance(parent, str) and parent in catalogue():
            return known
    return "backends" in path.absolute().parts


def _shown(problem: HarnessError, path: Path) -> BadInput:
    """Return the problem at its place, with the path as the user wrote it if it is the same file."""
    place = problem.place or Place(path)
    same = place.path == path.absolute()
    return BadInput(problem.message, place=Place(path, place.line) if same else place)


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a task, a backend and a group may say, as JSON schemas."""
    for name, model in (("task", TaskFile), ("backend", BackendFile), ("group", Group)):
        values = model.model_json_schema(by_alias=True)
        if model is not Group:
            values["properties"]["extends"] = {"type": "string"}
            values["required"] = []  # a child inherits what it leaves out
        yield name, values
