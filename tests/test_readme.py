"""What the README promises is what is there."""

from __future__ import annotations

import re
import shlex

import pytest

from harness.backends import backend as backends
from harness.tasks import task as tasks
from tests.support.paths import ROOT

READMES = ("README.md", "README.ko.md")


def blocks(name: str, kind: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL)


def commands(name: str) -> list[str]:
    lines = [line for block in blocks(name, "console") for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_ci_runs_the_readmes_test_command_word_for_word():
    assert commands("README.md")[-1] in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def plain(line: str) -> str:
    return re.sub(r"model=\S+", "model=…", line.split("#", maxsplit=1)[0])


def test_both_readmes_show_the_same_commands():
    english, korean = ([plain(line) for line in commands(name)] for name in READMES)
    assert english == korean


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_tasks_and_backends_exist(name):
    for line in commands(name):
        words = shlex.split(line.split("#")[0])
        for flag, load in (("-t", tasks.load), ("-b", backends.load)):
            for word in [words[i + 1] for i, word in enumerate(words) if word == flag]:
                for one in word.split(","):
                    assert load(one)


@pytest.mark.parametrize("name", READMES)
def test_a_readme_sells_on_a_screen_or_two(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 110


@pytest.mark.parametrize("name", READMES)
def test_where_a_readme_leads_there_is_something(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    found = [to for to in re.findall(r"\]\(([^)#]+)", text) if not to.startswith("http")]
    assert len(found) > 10
    assert not [to for to in found if not (ROOT / to).exists()]
