"""The benchmarks run in an installed environment, and over what is registered today."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np

from benchmarks.answered import statistics_of_all
from tests.support.paths import ROOT


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports as it is loaded itself."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    given = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return (
        plain
        | {node.module for node in given}
        | {f"{node.module}.{n.name}" for node in given for n in node.names}
    )


def test_benchmarks_run_where_pytest_is_not_installed():
    todo, seen = sorted(ROOT.glob("benchmarks/**/*.py")), set[Path]()
    while todo:
        path = todo.pop()
        seen.add(path)
        found = imported(path)
        assert "pytest" not in found, path
        files = (
            ROOT / f"{name.replace('.', '/')}.py"
            for name in found
            if name.startswith(("benchmarks", "tests"))
        )
        todo += [file for file in files if file.is_file() and file not in seen]


def test_whatever_metric_is_registered_is_judged_or_left_out_with_a_reason():
    judged, left_out = statistics_of_all(20)
    assert len(judged) > 3 * len(left_out)
    assert all(np.isfinite(stats).all() for _, stats in judged.values())
    assert all(reason for reason in left_out.values())
