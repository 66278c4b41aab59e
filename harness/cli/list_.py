"""`harness list`, light: nothing is validated and no engine is imported."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from harness.cli.output import print_json, show_columns, warn
from harness.errors import BadInput, did_you_mean
from harness.options.flags import Flag, Positional
from harness.options.shared import DataDir, Json, RunsDir
from harness.terminal import say

Rows = list[dict[str, Any]]

# What the columns show; the rest is for --json.
SHOWN = {
    "tasks": ("name", "ask", "language", "description"),
    "backends": ("name", "adapter", "kind", "description"),
    "adapters": ("name", "asks", "description"),
    "metrics": ("name", "asks", "description"),
    "steps": ("name", "description"),
    "exporters": ("name", "settings", "description"),
    "runs": ("task", "backend", "status", "metric", "value", "n", "sample", "path"),
}


def list_(
    kind: Annotated[
        str,
        Positional(
            "tasks|backends|adapters|metrics|steps|exporters|runs", help="what to list", ko="나열할 것"
        ),
    ],
    tag: Annotated[
        list[str] | None,
        Flag("--tag", metavar="TAG", help="only those with this tag", ko="이 태그가 붙은 것만"),
    ] = None,
    data: Annotated[
        bool,
        Flag(
            "--data",
            help="with tasks: where the data of each is",
            ko="tasks와 함께: 과제마다 데이터가 어디 있는지",
        ),
    ] = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = Path("runs"),
    json: Json = False,
) -> int:
    """List tasks, backends, adapters, metrics, steps or runs."""
    makers: dict[str, Callable[[], Rows]] = {
        "tasks": lambda: _definitions("tasks", ("ask", "language", "tags", "description")),
        "backends": lambda: _definitions("backends", ("adapter", "kind", "tags", "description")),
        "adapters": lambda: _entries("adapters"),
        "metrics": lambda: _entries("metrics"),
        "steps": lambda: _entries("steps"),
        "exporters": _exporters,
        "runs": lambda: _runs(runs_dir),
    }
    if kind not in makers:
        raise BadInput(f"list {kind}: no such list.{did_you_mean(kind, makers)}")
    if tag and kind in ("adapters", "metrics", "steps", "exporters"):
        raise BadInput(f"{kind} have no tags; leave out --tag")
    if data and kind != "tasks":
        raise BadInput(f"--data is about tasks, not {kind}")
    tags = tag or []
    there = makers[kind]()
    rows = _tagged(there, tags)
    shown = SHOWN[kind]
    if data:
        rows = [{**row, "data": _where(row["path"], data_dir)} for row in rows]
        shown = ("name", "data", *SHOWN[kind][1:])
    if json:
        print_json({kind: rows})
    elif rows:
        show_columns(shown, [[_cell(row, name) for name in shown] for row in rows], names=kind == "runs")
        if not tags and sys.stdout.isatty():
            _tell_tags(rows)
    else:
        say(f"no {kind}" + _without(tags, there))
    return 0


def _where(path: str, data_dir: Path | None) -> str | None:
    """Return where the data of the task in `path` is, None of a group or of a task that is wrong."""
    from harness.datasets.availability import availability
    from harness.datasets.sources import Where
    from harness.tasks import task as tasks

    try:
        return availability(tasks.load(path), Where(data_dir)).state
    except BadInput:
        return None


def _exporters() -> Rows:
    from harness import plugins

    return [
        {
            **{"name": entry.name, "settings": list(entry.settings)},
            **{"extra": entry.extra, "description": entry.description},
        }
        for _, entry in sorted(plugins.exporters().items())
    ]


def _entries(kind: str) -> Rows:
    from harness.cli.entry_words import entries

    return [
        {
            **{"name": one.name, "asks": list(getattr(one, "asks", ())), "settings": dict(one.settings)},
            **{"extra": getattr(one, "extra", None), "description": one.description},
        }
        for one in entries(kind).values()
    ]


def _definitions(kind: str, keys: Iterable[str]) -> Rows:
    from harness import plugins
    from harness.config import loader as definitions
    from harness.paths import shipped

    folders = definitions.candidates(kind, plugins.folders(kind), shipped(kind))
    heads = {
        name: (paths[0], definitions.headline(paths[0]))
        for name, paths in sorted(definitions.catalogue(kind, folders).items())
    }
    return [_described(name, path, _with_parents(head, heads), keys) for name, (path, head) in heads.items()]


def _with_parents(
    head: Mapping[str, Any], heads: Mapping[str, tuple[Path, dict[str, Any]]]
) -> dict[str, Any]:
    """Return a headline over those it extends, as far as the names lead."""
    found = dict(head)
    seen: set[Any] = set()
    while (parent := str(head.get("extends"))) in heads and parent not in seen:
        seen.add(parent)
        head = heads[parent][1]
        found = {**head, **found}
    return found


def _described(name: str, path: Path, head: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    row = {"name": name, **{key: head.get(key) for key in keys}, "path": str(path)}
    return {**row, "ask": "group"} if "members" in head else row


def _tagged(rows: Rows, tags: list[str]) -> Rows:
    return [row for row in rows if all(tag in (row["tags"] or ()) for tag in tags)]


def _without(tags: list[str], there: Rows) -> str:
    """Return what is to be said where nothing has all the tags."""
    known = {str(tag) for row in there for tag in row["tags"] or ()} if tags else set()
    hints = [did_you_mean(tag, known) for tag in tags if tag not in known]
    return (f" with the tag {' and '.join(tags)}" + (f".{hints[0]}" if any(hints) else "")) if tags else ""


def _tell_tags(rows: Rows) -> None:
    """Say which tags there are, the most frequent first, as many as a line holds."""
    from harness.text.width import cut

    counts = Counter(str(tag) for row in rows for tag in row.get("tags") or ())
    if counts:
        frequent = ", ".join(f"{tag} {count}" for tag, count in counts.most_common())
        say(cut(f"--tag: {frequent}", shutil.get_terminal_size().columns))


def _runs(runs_dir: Path) -> Rows:
    from harness.reports.run import load

    return [
        {
            "task": entry.task,
            "backend": entry.system,
            "status": entry.status,
            "metric": entry.metric,
            "value": entry.main.value,
            "unit": entry.main.unit or None,
            "n": entry.document.task.n,
            "sample": entry.sample,
            "tags": entry.document.task.tags,
            "path": str(entry.directory),
        }
        for entry in (load([runs_dir], warn) if runs_dir.exists() else [])
    ]


def _cell(row: Mapping[str, Any], name: str) -> str:
    from harness.reports.writers.numbers import number
    from harness.text.width import plain

    value = row[name]
    if name == "value" and row["metric"] is not None:
        return number(value, row["unit"])
    if value is None or isinstance(value, bool):
        return "yes" if value else ""
    return plain(", ".join(map(str, value)) if isinstance(value, list) else str(value))
