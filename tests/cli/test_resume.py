"""`harness resume`: runs that stopped before their end go on, and nothing is asked twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.running import Project, keys_of, one_line, rows, said


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews(rows(40))
    project.install_rehearsal()
    return project


LIMIT = ("--max-cost", "50USD")


def stopped(project: Project, backend: str = "metered", limit: str = "0.5USD") -> None:
    """Leave a run behind that a limit stopped."""
    told = ("run", "-t", "reviews", "--data-dir", "data", "-q", "--no-cache", "-b", backend)
    assert project.harness(*told, "--max-cost", limit).returncode == 4


def test_all_that_stopped_in_the_folder_go_on(project):
    stopped(project)
    done = project.harness("resume", "--data-dir", "data", "-q", "--no-cache", "--json", *LIMIT)
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["status"] == said(project.only())["status"] == "complete"
    assert len(keys_of(project.only())) == 40
    again = project.harness("resume", "--data-dir", "data", "-q")
    assert again.returncode == 2
    assert "nothing is left to go on with" in one_line(again)


def test_one_that_is_named_goes_on_by_several_processes(project):
    stopped(project)
    directory = project.only().relative_to(project.home)
    done = project.harness(
        "resume", directory, "--data-dir", "data", "-q", "--no-cache", "--replicas", "2", *LIMIT
    )
    assert done.returncode == 0, done.stderr
    assert len(keys_of(project.only())) == 40


def test_what_had_a_limit_on_its_cost_does_not_go_on_without_one(project):
    stopped(project)
    answered = len(keys_of(project.only()))
    done = project.harness("resume", "--data-dir", "data", "-q", "--no-cache")
    assert done.returncode == 2
    assert "began under --max-cost 0.5USD; say --max-cost again" in one_line(done)
    assert len(keys_of(project.only())) == answered
