"""Looking into runs while they are made, and stopping them gently."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.records import pausing
from harness.reports.status import follow
from tests.support.running import PATIENCE, Project, here, keys_of, one_line, rows, said

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

SLOW = ("run", "-t", "reviews", "-b", "dummy", "--data-dir", "data", "-m", "latency_ms=25")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    return project


def looked(project: Project, *more: str) -> list[dict[str, Any]]:
    done = project.harness("status", "--json", *more)
    assert done.returncode == 0, done.stderr
    runs: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    return runs


class TestARunUnderWay:
    def test_it_is_seen_how_far_it_is_and_who_makes_it(self, project):
        with project.started(*SLOW) as process:
            project.wait_for(process, lambda: project.journal_lines() >= 8)
            (run,) = looked(project)
            process.kill()
        assert (run["state"], run["total"]) == ("running", 40)
        assert 8 <= run["answered"] <= 40
        assert run["rate"] > 0
        assert run["left"] == pytest.approx((40 - run["answered"]) / run["rate"])
        assert run["by"].startswith("process ")

    def test_one_that_was_killed_is_told_with_the_way_to_go_on(self, project):
        project.killed_at(8, *SLOW)
        (run,) = looked(project)
        assert run["state"] == "killed"
        shown = project.harness("status").stdout
        assert f"harness run --resume {Path(run['directory'])} goes on" in shown

    def test_one_that_is_stopped_by_a_signal_is_silent_after_a_while(self, project, monkeypatch):
        monkeypatch.setattr(follow, "SILENT_S", 0.2)
        with project.started(*SLOW) as process:
            project.wait_for(process, lambda: project.journal_lines() >= 3)
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            (run,) = follow.Follower([project.home / "runs"]).look()
            process.send_signal(signal.SIGCONT)
            process.kill()
        assert run.state == "silent"

    def test_a_complete_run_names_nobody_who_makes_it(self, project):
        assert here(project).run.under_way is None
        assert "under_way" not in said(project.only())
        assert looked(project) == []
        assert [run["state"] for run in looked(project, "--all")] == ["complete"]


class TestPausing:
    def test_a_run_stops_after_what_is_in_flight_and_goes_on_where_it_was(self, project):
        with project.started(*SLOW) as process:
            project.wait_for(process, lambda: project.journal_lines() >= 5)
            done = project.harness("pause")
            assert (done.returncode, "stops after what is in flight" in done.stderr) == (0, True)
            _, told = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        directory = project.only()
        assert f"harness run --resume {Path('runs', *directory.parts[-3:])} goes on" in told
        assert said(directory)["status"] == "partial"
        assert not (directory / pausing.PAUSE).exists()
        assert project.harness("run", "--resume", directory, "--data-dir", "data").returncode == 0
        assert keys_of(directory) == [(name, 0) for name, _, _ in rows(40)]

    def test_the_rest_of_a_grid_waits_too(self, project):
        with project.started(*SLOW[:-1], "latency_ms=25,26") as process:
            project.wait_for(process, lambda: project.journal_lines() >= 2)
            project.harness("pause")
            process.communicate(timeout=PATIENCE)
        assert len(project.runs()) == 1

    def test_a_word_meant_for_a_process_that_is_gone_stops_nobody(self, project):
        project.killed_at(3, *SLOW)
        pausing.ask_to_pause(project.only())
        assert project.harness(*SLOW).returncode == 0
        assert said(project.only())["status"] == "complete"

    def test_where_nothing_is_under_way_that_is_said(self, project):
        here(project)
        done = project.harness("pause")
        assert done.returncode == 2
        assert "nothing is under way" in one_line(done)


def test_a_journal_is_read_on_and_not_again(tmp_path):
    journal = tmp_path / "samples.jsonl"
    line = '{"id": "%s", "repeat": 0, "response": {"error": %s}}\n'
    seen = follow.Journal(journal)
    assert seen.look() == (0, 0)
    first = line % ("a", "null") + line % ("b", '{"kind": "timeout"}')
    again = line % ("b", "null")
    journal.write_text(first + again[:20])  # half a line is on its way
    assert seen.look() == (2, 1)
    with journal.open("a") as stream:
        stream.write(again[20:])
    assert seen.look() == (2, 0)


def test_two_looks_tell_the_rate_of_the_time_between(tmp_path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(follow.time, "time", lambda: clock[0])
    follower = follow.Follower([tmp_path])
    way = follow.UnderWay(process=1, host="h", since="2026-01-01T00:00:00+00:00", answered=0)
    follower._rate(tmp_path, 100, way)
    clock[0] += 10
    assert follower._rate(tmp_path, 150, way) == pytest.approx(5.0)


def test_it_speaks_korean(project):
    project.killed_at(3, *SLOW)
    done = project.harness("status", "--lang", "ko")
    assert "강제로 끝남" in done.stdout
    assert "이어 감" in done.stdout
