"""`harness check`: every problem of every definition, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import isfile
from pathlib import Path
from typing import Any

from harness.backends import backend as backends
from harness.backends.backend import BackendFile
from harness.config import loader as definitions
from harness.config.documents import read
from harness.errors import BadInput, HarnessError, Place
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.tasks.schema import Group, TaskFile
from harness.terminal import say


def check_command(paths: list[Path], *, schema: Path | None, json: bool) -> int:
    """Check the files; print each problem; return 2 if there is any."""
    if schema is not None:
        return _write_schemas(schema)
    files = list(_files(paths)) if paths else list(_everything())
    found = [problem for path in files for problem in problems(path)]
    if json:
        import orjson

        rows = [
            {
                "file": str(problem.place.path) if problem.place else None,
                "line": problem.place.line if problem.place else None,
                "message": problem.message,
            }
            for problem in found
        ]
        print(orjson.dumps({"files": len(files), "problems": rows}, option=orjson.OPT_INDENT_2).decode())
        return 2 if found else 0
    for problem in found:
        print(problem)
    say(_summary(len(files), len(found)))
    return 2 if found else 0


def _summary(files: int, found: int) -> str:
    counted = "1 file" if files == 1 else f"{files} files"
    if not found:
        return f"{counted}, nothing wrong"
    return f"{counted}, {'1 problem' if found == 1 else f'{found} problems'}"


def _files(paths: list[Path]) -> Iterator[Path]:
    marks = (*definitions.MARKS["tasks"], *definitions.MARKS["backends"])
    for path in paths:
        if path.is_dir():
            yield from (file for file in definitions.files(path) if definitions.is_marked(file, marks))
        elif isfile(path):
            yield path
        else:
            raise BadInput(f"no such file: {path}")


def _everything() -> Iterator[Path]:
    for names in (tasks.catalogue(), backends.catalogue()):
        for paths in names.values():
            yield from paths


def problems(path: Path) -> list[BadInput]:
    """Return what is wrong with one definition, in the order of its lines."""
    try:
        keys = read(path).values
        if "members" in keys:
            tasks.load_group(path)
            groups.load(path)
        elif _is_backend(path, keys):
            backends.load(str(path.absolute()))
        else:
            tasks.load(str(path.absolute()))
    except definitions.BadInputs as error:
        return [_shown(problem, path) for problem in error.problems]
    except HarnessError as error:
        return [_shown(error, path)]
    return []


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


def _write_schemas(folder: Path) -> int:
    """Write JSON schemas that editors check YAML with."""
    import orjson

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, model in (("task", TaskFile), ("backend", BackendFile), ("group", Group)):
            values = model.model_json_schema(by_alias=True)
            if model is not Group:
                values["properties"]["extends"] = {"type": "string"}
                values["required"] = []  # a child inherits what it leaves out
            path = folder / f"{name}.schema.json"
            path.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2) + b"\n")
            print(f"{path}   # first line of a {name}: # yaml-language-server: $schema={path}")
    except OSError as error:
        raise BadInput(f"--schema {folder}: {error.strerror}") from None
    return 0
