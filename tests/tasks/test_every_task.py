"""Every shipped task, through the command: on the real data where these are at hand, and on its sample."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import sources, tasks
from harness.errors import BadInput
from harness.sources import Where
from tests.running import Project
from tests.test_datasets import REAL, needs_data

ALL = tasks.expand(["all"])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("sweep"))


def swept(project: Project, *arguments: object) -> tuple[dict[str, dict], list[str]]:
    """Return the runs of a sweep by task, and the lines that were said of the others."""
    done = project.harness(*("run", "-t", "all", "-b", "random", "--quiet", "--json", "--fresh"), *arguments)
    said = [line for line in done.stderr.splitlines() if line.startswith("harness: ")]
    assert done.returncode == (2 if said else 0), done.stderr
    return {run["task"]["name"]: run for run in json.loads(done.stdout)["runs"]}, said


def at_hand(name: str) -> bool:
    task = tasks.load(name)
    try:
        sources.locate(task, [task.split], Where(REAL), lambda _: None)
    except BadInput:
        return False
    return True


@needs_data
def test_one_sweep_runs_every_task_whose_data_are_at_hand_and_names_the_others(project):
    runs, said = swept(project, "--limit", 100, "--data-dir", REAL)
    here = [name for name in ALL if at_hand(name)]
    assert sorted(runs) == sorted(here)
    assert len(here) >= 56
    for name, run in runs.items():
        assert run["status"] == "complete", name
        assert run["counts"]["failed"] == 0
        assert run["counts"]["examples"] == min(100, run["task"]["n"])
        assert next(iter(run["metrics"].values()))["n"] > 0
    for name in set(ALL) - set(here):
        assert any(f"the data of {name} is not here" in line for line in said), name


def test_every_task_runs_on_its_sample_with_shots_and_all(project):
    runs, said = swept(project, "--sample")
    assert said == []
    assert sorted(runs) == ALL
    for name, run in runs.items():
        assert run["status"] == "complete", name
        assert run["data"]["sample"]
        sample = tasks.sample_path(tasks.load(name))
        assert sample is not None
        assert 8 <= len(sample.read_bytes().splitlines()) <= 1000  # skimage is eight pictures


@pytest.mark.parametrize("name", ALL)
def test_it_says_where_its_data_come_from_and_under_which_licence(name):
    file = tasks.load(name).file
    assert file.source.citation
    assert file.source.licence
    assert file.tags
    assert file.language
    assert " / " in file.description
    assert Path(tasks.sample_path(tasks.load(name)) or "").is_file()
