"""The pages that say where things are name what there is."""

from __future__ import annotations

import re

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
