"""What the README promises is what is there."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from harness.backends import backend as backends
from harness.cli.app import app
from harness.tasks import task as tasks
from tests.support.paths import ROOT
from tests.support.running import Project

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
def test_the_readmes_task_is_right(name, tmp_path):
    (text,) = blocks(name, "yaml")
    path = tmp_path / "delivery.yaml"
    path.write_text(text, encoding="utf-8")
    task = tasks.load(str(path))
    assert [option.label for option in task.options] == ["yes", "no"]
    assert len(text.strip().splitlines()) <= 15


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_task_runs_on_a_csv_of_ones_own(name, tmp_path):
    (text,) = blocks(name, "yaml")
    project = Project(tmp_path)
    project.write("tasks/delivery.yaml", text)
    rows = [
        ("언제 도착하나요", "yes"),
        ("환불해 주세요", "no"),
        ("택배가, 안 와요", "yes"),
        ("색이 달라요", "no"),
    ] * 3
    for split in ("train", "test"):
        lines = "".join(f'"{said}",{label}\r\n' for said, label in rows)
        project.write(f"tasks/delivery/{split}.csv", f"\ufefftext,label\r\n{lines}")
    done = project.harness("run", "-t", "delivery", "-b", "tfidf,random")
    assert done.returncode == 0, done.stderr
    assert "| tfidf" in done.stdout
    assert project.harness("check").returncode == 0


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_tasks_and_backends_exist(name):
    for line in commands(name):
        words = shlex.split(line.split("#")[0])
        for flag, load in (("-t", tasks.load), ("-b", backends.load)):
            for word in [words[i + 1] for i, word in enumerate(words) if word == flag]:
                for one in word.split(","):
                    assert load(one)


def test_every_command_is_in_the_readme():
    names = typer.main.get_command(app).commands
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in names if f"harness {name}" not in text]


@pytest.mark.parametrize("name", READMES)
def test_the_catalogue_counts_every_task_and_names_each_or_its_group(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    listed = re.findall(r"`([a-z0-9_*]+)`", text[text.index("|---|---|---|") :])
    groups = {one for one in listed if one in tasks.catalogue() and tasks.is_group(tasks.catalogue()[one][0])}
    members = set(tasks.expand(groups))
    shown = set(tasks.expand(["all"]))
    assert re.search(rf"(?<!\d){len(shown)}(?!\d)", text)
    assert not [
        task for task in shown - members if not any(task.startswith(one.removesuffix("*")) for one in listed)
    ]


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_answers_score_what_it_says(name, tmp_path):
    (answers,) = blocks(name, "json")
    (shown,) = [block for block in blocks(name, "console") if block.startswith("$ harness score")]
    project = Project(tmp_path)
    project.write("answers.jsonl", answers)
    command, *output = shown.splitlines()
    done = project.harness(*shlex.split(command.removeprefix("$ harness ")))
    assert done.stdout.splitlines() == output
