"""`harness check`: every problem of every definition, with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from harness.cli.output import emit, print_json
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.shared import Json
from harness.terminal import say, spoken


def check(
    paths: Annotated[
        list[Path] | None,
        Positional("PATH", help="files or folders; else all", ko="파일이나 폴더; 없으면 전부"),
    ] = None,
    schema: Annotated[
        Path | None,
        Flag(
            "--schema",
            metavar="DIR",
            help="write JSON schemas into DIR: of YAML, of run directories",
            ko="YAML과 실행 폴더의 JSON 스키마를 DIR에 씀",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Check YAML definitions; every problem with its file and line."""
    from harness.tasks.checking import all_definitions, definition_files

    if schema is not None:
        return _write_schemas(schema)
    files = list(definition_files(paths)) if paths else list(all_definitions())
    found = [problem for path in files for problem in _problems(path)]
    if json:
        rows = [
            {
                "file": str(problem.place.path) if problem.place else None,
                "line": problem.place.line if problem.place else None,
                "message": problem.message,
            }
            for problem in found
        ]
        print_json({"files": len(files), "problems": rows})
        return 2 if found else 0
    for problem in found:
        emit(spoken(str(problem)))
    say(_summary(len(files), len(found)))
    return 2 if found else 0


def _problems(path: Path) -> list[BadInput]:
    """Return what is wrong with one definition, or with one grid of runs."""
    from harness.config.documents import read
    from harness.datasets.first_rows import wrong_rows
    from harness.evaluation.grid_file import is_grid, read_grid
    from harness.options.running import RunOptions
    from harness.tasks.checking import problems

    try:
        if not is_grid(read(path).values):
            return problems(path, wrong_rows)
        read_grid(path, RunOptions((), ()))
    except BadInput as error:
        return [error]
    return []


def _summary(files: int, found: int) -> str:
    counted = "1 file" if files == 1 else f"{files} files"
    if not found:
        return f"{counted}, nothing wrong"
    return f"{counted}, {'1 problem' if found == 1 else f'{found} problems'}"


def _write_schemas(folder: Path) -> int:
    """Write JSON schemas that editors check YAML with, and those of what a run directory holds."""
    from harness.records import published_schemas
    from harness.tasks import checking

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in checking.schemas():
            path = _write_schema(folder, name, values)
            emit(f"{path}   # first line of a {name}: # yaml-language-server: $schema={path}")
        for name, values in published_schemas.schemas():
            emit(f"{_write_schema(folder, name, values)}   # {_OF_A_RUN[name]}")
    except OSError as error:
        raise BadInput(f"--schema {folder}: {error.strerror}") from None
    return 0


_OF_A_RUN = {"run": "run.json of a run directory", "sample": "a line of its samples.jsonl"}


def _write_schema(folder: Path, name: str, values: dict[str, Any]) -> Path:
    import orjson

    path = folder / f"{name}.schema.json"
    path.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2) + b"\n")
    return path
