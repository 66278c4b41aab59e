"""CPU seconds beside wall time: in run.json, on the board, in a comparison."""

from __future__ import annotations

import csv
import io

import pytest

from harness.evaluation.run_document import throughput
from harness.records.run_schema import SessionInfo
from tests.support.running import Project, said


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.apart = True  # its CPU seconds are its own
    made.reviews()
    return made


RUN = ("run", "-t", "reviews", "--data-dir", "data", "-b")


def test_waiting_takes_wall_time_and_no_cpu(project):
    assert project.harness(*RUN, "dummy", "-m", "latency_ms=20").returncode == 0
    run = said(project.only())
    (session,) = run["sessions"]
    assert session["seconds"] >= 40 * 0.02
    assert 0 < session["cpu_seconds"] < session["seconds"]
    assert run["throughput"]["cpu_ms_per_example"] == pytest.approx(1000 * session["cpu_seconds"] / 40)


def test_the_board_and_a_comparison_show_them_beside_the_wall_s(project):
    for backend in ("nb", "majority"):
        assert project.harness(*RUN, backend).returncode == 0
    one, other = project.runs()
    assert said(one)["fit"]["cpu_seconds"] > 0
    project.harness("leaderboard", "-o", "board.csv")
    lines = csv.DictReader(io.StringIO((project.home / "board.csv").read_text()))
    rows = {row["system"]: row for row in lines}
    assert float(rows["nb"]["fit_cpu_s"]) > 0
    assert float(rows["nb"]["cpu_ms_per_example"]) > 0
    project.harness("leaderboard", "-o", "board.md")
    heads = (project.home / "board.md").read_text().split("\n")[0].split("|")
    assert {"fit s", "fit CPU s", "examples/s", "CPU ms/example"} <= {head.strip() for head in heads}
    project.harness("compare", str(one), str(other), "-o", "two.md")
    compared = (project.home / "two.md").read_text()
    assert "CPU time per example" in compared
    assert "fit, CPU" in compared


def test_a_session_that_does_not_tell_is_left_out():
    sessions = [SessionInfo(seconds=2.0, cpu_seconds=1.0, answered=10), SessionInfo(seconds=2.0, answered=30)]
    found = throughput(sessions, replayed=False)
    assert (found.cpu_ms_per_example, found.examples_per_s) == (100.0, 10.0)
