"""`harness leaderboard` and `rescore` as commands; what stands on a board is tested in tests/reports."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.support.fake_runs import fake_run

RUN = ("run", "-t", "nsmc_zeroshot", "--sample", "--quiet", "--limit", "40")


@pytest.fixture
def project(shell):
    """A project with two runs."""
    fake_run(shell.home / "runs", "good", "1" * 40)
    fake_run(shell.home / "runs", "poor", "10" * 20)
    return shell


def test_the_runs_of_the_project_are_ranked(project):
    said = project("leaderboard")
    assert (said.code, said.err) == (0, "")
    assert said.out.index("good") < said.out.index("poor")


def test_only_the_named_runs_are_shown(project):
    run = fake_run(project.home / "other", "named")
    assert "good" not in project("leaderboard", run).out
    assert "named" in project("leaderboard", run).out


def test_runs_lie_where_the_user_says(project):
    fake_run(project.home / "elsewhere", "distant")
    assert "distant" in project("leaderboard", "--runs-dir", "elsewhere").out


@pytest.mark.parametrize("kind", ["md", "json", "csv"])
def test_a_file_holds_what_stdout_would(project, kind):
    shown = project("leaderboard", "--format", kind).out
    said = project("leaderboard", "--format", kind, "--out", "deep/board.txt")
    assert (said.out, said.err) == ("", "written: deep/board.txt\n")
    assert (project.home / "deep/board.txt").read_bytes().decode() == shown


def test_the_name_of_the_file_says_its_format(project):
    for name in ("board.csv", "board.JSON", "board.md"):
        project("leaderboard", "--out", name)
    assert (project.home / "board.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert json.loads((project.home / "board.JSON").read_text(encoding="utf-8"))["ranked_by"]
    assert (project.home / "board.md").read_text(encoding="utf-8").startswith("| rank")


def test_json_is_one_document(project):
    assert [row["system"] for row in project("leaderboard", "-f", "json").json["rows"]] == ["good", "poor"]


def test_csv_has_a_line_a_figure(project):
    rows = list(csv.DictReader(io.StringIO(project("leaderboard", "-f", "csv").out.removeprefix("\ufeff"))))
    assert [row["system"] for row in rows] == ["good", "poor"]


@pytest.mark.parametrize("kind", ["md", "json", "csv"])
def test_a_baseline_adds_what_an_example_takes(project, kind):
    named = {"md": "speed-up", "json": '"speed_up"', "csv": '"speed_up"'}[kind]
    assert named not in project("leaderboard", "-f", kind).out
    assert named in project("leaderboard", "-f", kind, "--baseline", "poor").out


def test_an_unknown_baseline_is_a_mistake(project):
    said = project("leaderboard", "--baseline", "pooor")
    assert (said.code, said.out) == (2, "")
    assert said.complaint.endswith("--baseline pooor: no system here is called so. Did you mean 'poor'?")


def test_a_breakdown_has_no_baseline(project):
    said = project("leaderboard", "--by", "topic", "--baseline", "poor")
    assert said.code == 2
    assert "leave out --baseline" in said.complaint


def test_a_broken_run_is_named_and_hides_no_other(project):
    project.write("runs/torn/run.json", "{")
    (fake_run(project.home / "runs", "bare") / "statistics.npz").unlink()
    said = project("leaderboard")
    assert said.code == 0
    assert {"good", "poor", "bare"} < set(said.out.split())
    left_out, unranked = said.err.splitlines()
    assert left_out.startswith("warning: left out: runs/torn/run.json")
    assert unranked.startswith("warning: not ranked: runs/reviews/run")


def test_a_folder_without_runs_gives_an_empty_board(shell):
    (shell.home / "runs").mkdir()
    assert shell("leaderboard").out == "No runs with answers.\n"


def test_the_same_runs_give_the_same_file(project):
    project("leaderboard", "--out", "one.md")
    project("leaderboard", "--out", "two.md")
    assert (project.home / "one.md").read_bytes() == (project.home / "two.md").read_bytes()


def test_a_rescored_run_comes_to_the_same(shell):
    shell(*RUN, "-b", "majority")
    before = shell("leaderboard").out
    said = shell("rescore", "runs")
    assert (said.code, said.out) == (0, before)
    assert shell("leaderboard").out == before


def test_rescore_writes_lost_statistics_again(shell):
    shell(*RUN, "-b", "majority")
    (statistics,) = shell.home.glob("runs/*/*/*/statistics.npz")
    statistics.unlink()
    assert "harness rescore" in shell("leaderboard").err
    shell("rescore", "runs")
    assert shell("leaderboard").err == ""


def test_rescore_gives_json_of_every_run_and_where_it_lies(shell):
    shell(*RUN, "-b", "majority,random")
    runs = shell("rescore", "runs", "--json").json["runs"]
    assert [run["label"] for run in runs] == ["majority", "random"]
    assert all((shell.home / run["directory"] / "run.json").is_file() for run in runs)


def test_a_run_that_cannot_be_rescored_stops_no_other(shell):
    shell(*RUN, "-b", "majority")
    fake_run(shell.home / "runs", "fake")
    said = shell("rescore", "runs", "--json")
    assert said.code == 2
    assert [run["label"] for run in said.json["runs"]] == ["majority"]
    assert "no samples.jsonl" in said.complaint
