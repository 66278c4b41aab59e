"""Run directories that earlier versions wrote load, report, compare, gate, rescore and go on as they were.

`layout_1` was written by the last version of that layout: a task in its words, a run that answered by chance,
and one of recorded replies of which two have no price.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.shell import Shell

OLD = Path(__file__).parent / "layout_1"
FIGURE = 0.42857142857142855  # of either run
RUN = ("run", "-t", "quiz", "--data-dir", "data", "-b", "random")


@pytest.fixture
def old(shell: Shell) -> Shell:
    """A project that an earlier version was used in."""
    shutil.copytree(OLD, shell.home, dirs_exist_ok=True)
    return shell


def directory(old: Shell, backend: str = "random") -> Path:
    (found,) = (old.home / "runs/quiz" / backend).iterdir()
    return found


def test_they_stand_on_a_board_with_their_figures(old):
    rows = old("leaderboard", "--format", "json").json["rows"]
    assert {row["system"]: row["cells"][0]["value"] for row in rows} == {"random": FIGURE, "replies": FIGURE}
    assert "cost of 2 unknown" in old("leaderboard").out


def test_a_key_of_before_is_read_under_its_name_of_now(old):
    directory(old, "recorded")
    said = old("rescore", directory(old, "recorded"), "--json")
    assert (
        said.json["runs"][0]["schema_version"],
        said.json["runs"][0]["cost"]["responses_without_usage"],
    ) == (2, 2)
    assert "untold" not in said.json["runs"][0]["cost"]


def test_they_have_pages(old):
    assert old("report", "--out", "site").code == 0
    assert len(list((old.home / "site/runs").iterdir())) == 2


def test_they_are_compared_and_gated(old):
    said = old("compare", directory(old), directory(old, "recorded"), "--format", "json")
    assert said.json["metrics"]["accuracy"]["difference"] == 0
    shutil.copytree(old.home / "runs", old.home / "baseline")
    assert old("gate", "--baseline", "baseline", "runs").code == 0


@pytest.mark.parametrize("backend", ["random", "recorded"])
def test_they_are_judged_again_alike(old, backend):
    said = old("rescore", directory(old, backend), "--json")
    assert said.json["runs"][0]["metrics"]["accuracy"]["value"] == FIGURE
    assert said.err == ""


def test_the_same_command_finds_them_complete(old):
    said = old(*RUN, "--json")
    assert said.json["runs"][0]["directory"] == str(directory(old).relative_to(old.home))


def test_one_that_was_stopped_goes_on_to_the_same_figures(old):
    run, samples = directory(old) / "run.json", directory(old) / "samples.jsonl"
    run.write_text(run.read_text().replace('"complete"', '"partial"', 1))
    samples.write_bytes(b"".join(samples.read_bytes().splitlines(keepends=True)[:3]))
    said = old("run", "--resume", directory(old), "--data-dir", "data")
    assert said.code == 0, said.err
    written = json.loads(run.read_bytes())
    assert (written["status"], written["metrics"]["accuracy"]["value"]) == ("complete", FIGURE)
    assert len(written["sessions"]) == 2
