"""`harness data`: where the data of tasks is, and having it beforehand."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from harness.cli.output import fail, print_json, show_columns, tell
from harness.errors import BadInput, HarnessError, Unavailable, did_you_mean
from harness.options.flags import Flag, Positional
from harness.options.shared import DataDir, Json
from harness.terminal import say

if TYPE_CHECKING:
    from harness.datasets.availability import Availability
    from harness.tasks.task import Task

COLUMNS = ("task", "data", "files", "size", "from", "licence")


def data(
    what: Annotated[
        str,
        Positional(
            "list|get", help="where it is, or have it downloaded", ko="어디 있는지 보기, 또는 내려받기"
        ),
    ],
    tasks: Annotated[
        list[str] | None,
        Positional(
            "TASK",
            help="tasks or groups; list shows all without one",
            ko="과제나 묶음; 없으면 list는 전부 보임",
        ),
    ] = None,
    data_dir: DataDir = None,
    yes: Annotated[
        bool,
        Flag(
            "--yes -y",
            help="agree to the terms of what is downloaded",
            ko="내려받는 데이터의 이용 조건에 동의",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Say where the data of tasks is, or download it beforehand."""
    from harness.tasks import task as known

    if what not in ("list", "get"):
        raise BadInput(f"data {what}: should be list or get.{did_you_mean(what, ('list', 'get'))}")
    if what == "get" and not tasks:
        raise BadInput("data get: name a task or a group; `harness data list` shows them")
    chosen = [known.load(name) for name in known.expand(tasks or ["all"])]
    if what == "list":
        return _list(chosen, data_dir, json=json)
    return _get(chosen, data_dir, yes=yes, json=json)


def _list(tasks: list[Task], data_dir: Path | None, *, json: bool) -> int:
    from harness.datasets.availability import availability
    from harness.datasets.sources import Where

    found = [availability(task, Where(data_dir)) for task in tasks]
    if json:
        print_json({"data": [asdict(one) for one in found]})
        return 0
    show_columns(COLUMNS, map(_cells, found))
    return 0


def _cells(one: Availability) -> list[str]:
    files = str(one.files) if one.files else ""
    return [one.task, one.state, files, one.size, one.host or "", one.licence or "unstated"]


def _get(tasks: list[Task], data_dir: Path | None, *, yes: bool, json: bool) -> int:
    """Download what is not at hand; the exit code is the gravest of the tasks'."""
    from harness.datasets.availability import used_splits
    from harness.datasets.sources import Where, locate

    rows: list[dict[str, Any]] = []
    code = 0
    for task in tasks:
        splits = list(dict.fromkeys([*used_splits(task), *task.file.data.downloaded]))
        row: dict[str, Any] = {"task": task.name, "origin": None, "files": 0, "problem": None}
        try:
            source = locate(task, splits, Where(data_dir, agreed=yes), say)
        except (BadInput, Unavailable) as error:
            code = max(code, _told(error))
            row["problem"] = str(error)
        else:
            row |= {"origin": source.origin, "files": sum(map(len, source.files.values()))}
            if not json:
                tell(f"{task.name}: {row['files']} file{'s' if row['files'] != 1 else ''} ({source.origin})")
        rows.append(row)
    if json:
        print_json({"data": rows})
    return code


def _told(error: HarnessError) -> int:
    fail(str(error))
    return error.exit_code
