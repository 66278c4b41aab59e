"""Every shipped task, through the command: on the real data where these are at hand, and on its sample."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets import sources
from harness.datasets.sources import Where
from harness.errors import BadInput, Unavailable
from harness.tasks import task as tasks
from tests.support.paths import DATA, needs_data
from tests.support.shell import Shell

ALL = tasks.expand(["all"])
ALLOW = "--allow-code-execution"
Sweep = Callable[..., tuple[dict[str, dict], list[str]]]


FEW = 20  # examples of each task


@pytest.fixture
def sweep(shell: Shell) -> Sweep:
    """Runs all tasks, and returns the runs by task and the lines that were said of the others."""

    def swept(*arguments: object) -> tuple[dict[str, dict], list[str]]:
        done = shell("run", "-t", "all", "-b", "random", "--quiet", "--json", "--fresh", ALLOW, *arguments)
        said = [line for line in done.err.splitlines() if line.startswith("harness: ")]
        absent = any("is not here" in line for line in said)
        assert done.code == (2 if absent else 3 if said else 0), done.err
        return {run["task"]["name"]: run for run in done.json["runs"]}, said

    return swept


def without_extra(said: list[str]) -> set[str]:
    """Return the tasks of which it was said that a package is missing, and how to install it."""
    return {name for name in ALL for line in said if re.search(rf"\b{name}\b.*pip install", line)}


def at_hand(name: str) -> bool:
    task = tasks.load(name)
    try:
        sources.locate(task, [task.split], Where(DATA, offline=True), lambda _: None)
    except (BadInput, Unavailable):
        return False
    return True


@pytest.mark.slow
@needs_data
def test_one_sweep_runs_every_task_whose_data_are_at_hand_and_names_the_others(sweep):
    runs, said = sweep("--limit", FEW, "--data-dir", DATA, "--offline")
    here = [name for name in ALL if at_hand(name)]
    assert sorted(runs) == sorted(set(here) - without_extra(said))
    assert len(here) >= 53
    for name, run in runs.items():
        assert run["status"] == "complete", name
        assert run["counts"]["failed"] == 0
        conversations = tasks.load(name).file.turns is not None  # of which a few are more examples
        n = run["task"]["n"]
        assert run["counts"]["examples"] == (n if conversations else min(FEW, n))
        assert next(iter(run["metrics"].values()))["n"] > 0
    for name in set(ALL) - set(here) - without_extra(said):
        here_or_there = (f"the data of {name} is not here", f" of {name} (", f"harness: {name}: ")
        assert any(words in line for words in here_or_there for line in said), name


def test_every_task_runs_on_its_sample_with_shots_and_all(sweep):
    runs, said = sweep("--sample")
    assert sorted(runs) == sorted(set(ALL) - without_extra(said))
    assert all("pip install" in line for line in said)
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
