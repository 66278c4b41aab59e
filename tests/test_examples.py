"""Each example does what its README says, command by command."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docs_site import module
from tests.support.paths import ROOT
from tests.support.reading import Reader, occurs, steps
from tests.support.wheels import needs_builder

EXAMPLES = ROOT / "examples"
FOLDERS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    someone = Reader(tmp_path / "copy")
    yield someone
    someone.leave()


WITH_COMMANDS = [name for name in FOLDERS if name not in ("notebook", "course")]
LESSONS = sorted(path.stem for path in (EXAMPLES / "course" / "en").iterdir())
QUICK = ("01_bag_of_words", "02_tfidf", "08_llm")  # `tox -e notebooks` runs the networks' too


@needs_builder
@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_an_example_does_what_its_readme_says(name, reader):
    shutil.copytree(EXAMPLES / name, reader.folder)
    for command, shown in steps((EXAMPLES / name / "README.md").read_text(encoding="utf-8")):
        code, output = reader.type(command)
        assert code == 0, f"$ {command}\n{output}"
        assert [line for line in shown if not occurs(line, output)] == [], f"$ {command}\n{output}"


def test_the_notebooks_cells_run_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    notebook = json.loads((EXAMPLES / "notebook" / "ladder.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["difference"].better == "b"


def test_the_courses_notebooks_are_its_lessons():
    """Mend them by `python docs/_site/notebooks.py`."""
    made = dict(module("notebooks").notebooks())
    assert {path: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("course/*/*.ipynb")} == made


@pytest.mark.parametrize("lesson", LESSONS if os.environ.get("HARNESS_LESSONS") == "all" else QUICK)
def test_a_lessons_cells_run_from_top_to_bottom_on_the_sample(lesson, reader):
    reader.folder.mkdir(exist_ok=True)
    notebook = json.loads((EXAMPLES / "course" / "en" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        command = "".join(cell["source"])
        if cell["cell_type"] == "code" and command.startswith("!"):
            code, output = reader.type(command[1:].replace("{SAMPLE}", "--sample"), patience=900)
            # Without the key or the weights of its tag a cell says what is missing.
            assert code == (3 if cell["metadata"].get("tags") else 0), f"$ {command}\n{output}"


def test_a_notebook_is_kept_without_outputs():
    for path in EXAMPLES.rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert not any(cell.get("outputs") for cell in notebook["cells"]), path.name


def test_every_example_is_listed():
    listed = re.findall(r"\]\((\w+)\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == FOLDERS
