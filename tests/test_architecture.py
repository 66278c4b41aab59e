"""The pages that say where things are name what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PLACES = re.findall(
    r"^\| (.+\?) \| `(.+)` \|$", (ROOT / "docs/where.md").read_text(encoding="utf-8"), re.MULTILINE
)
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PACKAGES = sorted(path.parent.name for path in (ROOT / "harness").glob("*/__init__.py"))
MODULES = sorted(path.stem for path in (ROOT / "harness").glob("*.py") if not path.stem.startswith("__"))


def test_forty_questions_are_answered():
    assert len(PLACES) == len(set(PLACES)) >= 40


@pytest.mark.parametrize(("question", "file"), PLACES)
def test_every_question_is_answered_by_a_file(question, file):
    assert (ROOT / file).is_file(), question


@pytest.mark.parametrize("name", PACKAGES + MODULES)
def test_every_package_stands_in_the_table(name):
    assert re.search(rf"^\|[^|]*\|[^|]*`{name}[`/]", PAGE, re.MULTILINE)


def test_the_page_is_one_page():
    assert len(PAGE.splitlines()) <= 90


def test_every_path_and_module_that_the_page_names_is_there():
    named = set(re.findall(r"`(docs/[\w/.]+|harness/[\w/]+/)`", PAGE))
    modules = set(
        re.findall(r"`((?:adapters|scoring|tasks|evaluation|builtin|extraction)(?:[./]\w+)+)(?:\.py)?`", PAGE)
    )
    assert all((ROOT / path).exists() for path in named)
    for name in modules:
        path = (
            ROOT
            / "harness"
            / re.sub(r"\.(Concurrent|Format)$", "", name.removesuffix(".py")).replace(".", "/")
        )
        assert path.is_dir() or path.with_suffix(".py").is_file(), name


def test_decisions_are_numbered_once():
    numbers = [path.name[:3] for path in (ROOT / "docs/adr").glob("*.md")]
    assert len(numbers) == len(set(numbers)) > 24
    assert all(number.isdecimal() for number in numbers)


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
