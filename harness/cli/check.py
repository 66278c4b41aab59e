"""`harness check`: every problem of every definition, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import backends, definitions, tasks
from harness.errors import BadInput, HarnessError, Place
from harness.progress import say


def check_command(paths: list[Path], *, schema: Path | None, json: bool) -> int:
    """Check the files; print each problem; return 2 if there is any."""
    if schema is not None:
        return _write_schemas(schema)
    files = list(_files(paths)) if paths else list(_everything())
    found = [(path, problem) for path in files for problem in problems(path)]
    if json:
        import orjson

        rows = [
            {
                "file": str(p.place.path if p.place else path),
                "line": p.place.line if p.place else None,
                "message": p.message,
            }
            for path, p in found
        ]
        print(orjson.dumps({"files": len(files), "problems": rows}, option=orjson.OPT_INDENT_2).decode())
    else:
        for _, problem in found:
            print(problem)
        say(f"{len(files)} files, {len(found)} problems" if found else f"{len(files)} files are right")
    return 2 if found else 0


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted((*path.rglob("*.yaml"), *path.rglob("*.yml")))
            yield from (file for file in inside if _is_definition(file))
        elif path.is_file():
            yield path
        else:
            raise BadInput(f"no such file: {path}")


def _is_definition(path: Path) -> bool:
    """Return whether a file in a folder is ours, or too broken to say that it is not."""
    keys = definitions.headline(path)
    marks = (*definitions.MARKS["tasks"], *definitions.MARKS["backends"])
    return not keys or any(mark in keys for mark in marks)


def _everything() -> Iterator[Path]:
    for names in (tasks.catalogue(), backends.catalogue()):
        for paths in names.values():
            yield from paths


def problems(path: Path) -> list[HarnessError]:
    """Return what is wrong with one definition, in the order of its lines."""
    try:
        keys = definitions.read(path).values
        if "members" in keys:
            tasks.load_group(path)
        elif "adapter" in keys or _extends_backend(keys):
            backends.load(str(path.absolute()))
        else:
            tasks.load(str(path.absolute()))
    except definitions.BadInputs as error:
        return [BadInput(problem.message, place=_shown(problem.place, path)) for problem in error.problems]
    except HarnessError as error:
        return [BadInput(error.message, place=_shown(error.place, path))]
    return []


def _extends_backend(keys: dict[str, Any]) -> bool:
    return keys.get("extends") in backends.catalogue() and keys.get("extends") not in tasks.catalogue()


def _shown(place: Place | None, path: Path) -> Place:
    """Return the place with the path as the user wrote it, if it is the same file."""
    if place is None or place.path == path.absolute():
        return Place(path, place.line if place else None)
    return place


def _write_schemas(folder: Path) -> int:
    """Write JSON schemas that editors check YAML with."""
    import orjson

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, model in (("task", tasks.TaskFile), ("backend", backends.BackendFile)):
            values = model.model_json_schema(by_alias=True)
            values["properties"]["extends"] = {"type": "string"}
            values["required"] = []  # a child inherits what it leaves out
            path = folder / f"{name}.schema.json"
            path.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2) + b"\n")
            print(f"{path}   # first line of a {name}: # yaml-language-server: $schema={path}")
    except OSError as error:
        raise BadInput(f"--schema {folder}: {error.strerror}") from None
    return 0
