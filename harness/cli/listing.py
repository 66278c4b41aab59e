"""`harness list`, light: nothing is validated and no engine is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import BadInput, did_you_mean

Rows = list[dict[str, Any]]


def list_command(kind: str, *, tags: list[str], runs_dir: Path, json: bool) -> int:
    """Print the tasks, backends, metrics or runs there are."""
    makers: dict[str, Callable[[], Rows]] = {
        "tasks": lambda: _tagged(_definitions("tasks", ("ask", "language", "tags", "description")), tags),
        "backends": lambda: _tagged(
            _definitions("backends", ("adapter", "kind", "tags", "description")), tags
        ),
        "metrics": _metrics,
        "runs": lambda: _runs(runs_dir),
    }
    if kind not in makers:
        raise BadInput(f"list {kind}: no such list.{did_you_mean(kind, makers)}")
    rows = makers[kind]()
    if json:
        import orjson

        print(orjson.dumps({kind: rows}, option=orjson.OPT_INDENT_2).decode())
    else:
        print(_columns(rows) if rows else f"no {kind}")
    return 0


def _definitions(kind: str, keys: Iterable[str]) -> Rows:
    from harness import definitions, plugins
    from harness.resources import shipped

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
    row: dict[str, Any] = {"name": name}
    if head.get("members"):
        row["ask"] = "group"
    return {**{key: head.get(key) for key in keys}, **row, "name": name, "path": str(path)}


def _tagged(rows: Rows, tags: list[str]) -> Rows:
    return [row for row in rows if all(tag in (row["tags"] or ()) for tag in tags)]


def _metrics() -> Rows:
    from harness import plugins

    return [
        {"name": entry.name, "asks": list(entry.asks), "settings": dict(entry.settings), "extra": entry.extra}
        for entry in plugins.metrics().values()
    ]


def _runs(runs_dir: Path) -> Rows:
    from harness import records

    rows = []
    for directory in records.runs([runs_dir]) if runs_dir.is_dir() else []:
        run = records.read_run(directory)
        main = next(iter(run.get("metrics") or {}), None)
        rows.append(
            {
                "task": run["task"]["name"],
                "backend": run["label"],
                "status": run["status"],
                "metric": main,
                "value": run["metrics"][main]["value"] if main else None,
                "n": run["task"]["n"],
                "sample": run["data"]["sample"],
                "path": str(directory),
            }
        )
    return rows


def _columns(rows: Rows) -> str:
    """Return rows in columns, as wide as they show on a terminal; paths are for --json."""
    from harness.reports.width import padded

    names = [name for name in rows[0] if name not in ("path", "settings", "tags", "extra")]
    if "name" in names:
        names = ["name", *(name for name in names if name != "name")]
    if "status" in names:
        names.append("path")
    cells = [[_cell(row[name]) for name in names] for row in rows]
    return "\n".join("  ".join(padded(names, cells, line)).rstrip() for line in (names, *cells))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
