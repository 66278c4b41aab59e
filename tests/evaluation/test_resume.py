"""A run that is killed, interrupted, moved or starved of disk goes on, and ends as if it never was."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.disks import mounted, remount
from tests.support.running import (
    PATIENCE,
    REVIEWS,
    Project,
    doubled,
    here,
    keys_of,
    one_line,
    outcome,
    records_of,
    rehearsing,
    rows,
    said,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

SAMPLE = ("run", "-t", "nsmc_fewshot", "-b", "dummy", "--sample", "-m", "latency_ms=3")
OWN = ("run", "-t", "reviews", "-b", "dummy", "--data-dir", "data")
SLOW = ("-m", "latency_ms=20")
ENDLESS = ("-m", "latency_ms=60000")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    return project


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What SAMPLE finds out if nobody stops it."""
    project = Project(tmp_path_factory.mktemp("uninterrupted"))
    assert project.harness(*SAMPLE).returncode == 0
    return outcome(project.only())


def sample_ids() -> list[str]:
    """Return the ids of the shipped sample's test rows, in file order."""
    from harness.tasks import task as tasks

    path = tasks.sample_path(tasks.load("nsmc_fewshot"))
    assert path is not None
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [line["id"] for line in lines if line["split"] == "test"]


def assert_as_if_uninterrupted(directory: Path, uninterrupted: dict[str, Any]) -> None:
    assert outcome(directory) == uninterrupted
    assert doubled(directory) == []
    assert keys_of(directory) == [(name, 0) for name in sample_ids()]


# SIGKILL


@pytest.mark.slow
def test_a_run_killed_five_times_ends_as_if_it_never_was(tmp_path, uninterrupted):
    project, draw = Project(tmp_path), random.Random(1)
    for _ in range(5):
        project.killed_at(draw.randint(1, 30), *SAMPLE)
    assert said(project.only())["status"] == "running"
    assert project.harness(*SAMPLE).returncode == 0
    assert_as_if_uninterrupted(project.only(), uninterrupted)


@pytest.mark.parametrize("count", random.Random(0).sample(range(1, 150), 5))
def test_a_run_killed_at_any_line_ends_as_if_it_never_was(tmp_path, uninterrupted, count):
    project = Project(tmp_path)
    project.killed_at(count, *SAMPLE)
    answered = keys_of(project.only())
    assert project.harness(*SAMPLE).returncode == 0
    assert_as_if_uninterrupted(project.only(), uninterrupted)
    (last,) = said(project.only())["sessions"]  # the killed one could not say how long it took
    assert last["requests"] == len(sample_ids()) - len(answered)


def test_a_run_killed_before_its_first_answer_starts_anew(tmp_path, uninterrupted):
    project = Project(tmp_path)
    with project.started(*SAMPLE) as process:
        project.wait_for(process, lambda: bool(project.runs()))
    assert project.harness(*SAMPLE).returncode == 0
    assert_as_if_uninterrupted(project.only(), uninterrupted)


def test_a_run_killed_before_it_was_summed_up_asks_nothing_again(project):
    assert project.harness(*OWN).returncode == 0
    before, journal = outcome(project.only()), (project.only() / "samples.jsonl").read_bytes()
    (project.only() / "statistics.npz").unlink()
    run = said(project.only()) | {"status": "running", "sessions": []}
    (project.only() / "run.json").write_text(json.dumps(run))
    assert project.harness(*OWN).returncode == 0
    assert outcome(project.only()) == before
    assert (project.only() / "samples.jsonl").read_bytes() == journal
    assert (project.only() / "statistics.npz").exists()
    assert said(project.only())["throughput"]["examples_per_s"] is None  # nobody measured it


# Torn and damaged journals


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of a project whose OWN was killed after some answers."""
    project = Project(tmp_path_factory.mktemp("killed"))
    project.reviews()
    project.killed_at(10, *OWN, *SLOW)
    return project.home / "runs"


@pytest.fixture
def partial(project: Project, killed: Path) -> Path:
    """The run directory of a run of OWN that was killed after some answers."""
    shutil.copytree(killed, project.home / "runs")
    return project.only()


def test_a_torn_last_line_is_asked_again(project, partial):
    journal = partial / "samples.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    assert project.harness(*OWN).returncode == 0
    assert keys_of(partial) == [(name, 0) for name, _, _ in rows(40)]


def test_a_last_line_that_lacks_only_its_end_is_kept(project, partial):
    journal = partial / "samples.jsonl"
    journal.write_bytes(journal.read_bytes()[:-1])
    last = records_of(partial)[-1]
    assert project.harness(*OWN).returncode == 0
    assert keys_of(partial) == [(name, 0) for name, _, _ in rows(40)]
    assert last in records_of(partial)  # its latency too: it was not asked again


def test_a_damaged_line_in_the_middle_is_asked_again_and_gone(project, partial):
    journal = partial / "samples.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[4] = b"\0" * len(lines[4].rstrip()) + b"\n"
    journal.write_bytes(b"".join(lines))
    assert project.harness(*OWN).returncode == 0
    assert keys_of(partial) == [(name, 0) for name, _, _ in rows(40)]


# Elsewhere


def test_a_run_moved_to_another_runs_dir_goes_on_there(project, partial):
    answered = len(keys_of(partial))
    shutil.move(project.home / "runs", project.home / "elsewhere")
    assert project.harness(*OWN, "--runs-dir", "elsewhere").returncode == 0
    assert said(project.only("elsewhere"))["sessions"][-1]["requests"] == 40 - answered
    assert project.runs() == []


def test_a_run_goes_on_by_its_directory_alone(project, partial, tmp_path):
    answered = len(keys_of(partial))
    shutil.move(partial, tmp_path / "usb stick")
    shutil.rmtree(project.home / "tasks")  # the directory is complete in itself
    (tmp_path / "another place").mkdir()
    done = project.harness(
        "run", "--resume", "../usb stick", "--data-dir", "../data", cwd=tmp_path / "another place"
    )
    assert done.returncode == 0
    run = said(tmp_path / "usb stick")
    assert (run["status"], run["counts"]["answered"]) == ("complete", 40)
    assert run["sessions"][-1]["requests"] == 40 - answered
    assert run["label"] == "dummy"  # a knob makes no other system
    assert list((tmp_path / "another place").iterdir()) == []


def test_a_sample_run_goes_on_by_its_directory_alone(tmp_path, uninterrupted):
    project = Project(tmp_path)
    project.killed_at(20, *SAMPLE)
    assert project.harness("run", "--resume", project.only()).returncode == 0
    assert_as_if_uninterrupted(project.only(), uninterrupted)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: p.reviews(test=rows(41)), "is not what this run began with"),
        (lambda p: shutil.rmtree(p.home / "data" / "reviews"), "give --data-dir DIR"),
        (lambda p: (p.only() / "task.yaml").unlink(), "cannot be read"),
        (lambda p: (p.only() / "run.json").unlink(), "no run.json"),
        (lambda p: (p.only() / "run.json").write_text('{"schema_version": 99}'), "later harness"),
    ],
    ids=["other data", "no data", "no task", "no run", "a later format"],
)
def test_what_cannot_go_on_is_refused_in_one_line(project, partial, damage, message):
    damage(project)
    before = (partial / "samples.jsonl").read_bytes()
    done = project.harness("run", "--resume", partial, "--data-dir", "data")
    assert done.returncode == 2
    assert message in one_line(done)
    assert (partial / "samples.jsonl").read_bytes() == before


def test_a_run_whose_task_was_renamed_in_between_begins_anew(project, partial):
    project.write("tasks/reviews.yaml", REVIEWS.replace("문장:", "리뷰:"))  # another prompt
    assert project.harness(*OWN).returncode == 0
    assert [said(run)["status"] for run in project.runs()] == ["running", "complete"]


# Ctrl-C


def interrupted(process: subprocess.Popen, number: int) -> str:
    """Send the signal, wait for the end, and return what was said."""
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE)
    return told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_a_run_resumably(project, number):
    with project.started(*OWN, *SLOW) as process:
        project.wait_for(process, lambda: project.journal_lines() >= 5)
        told = interrupted(process, number)
    assert process.returncode == 130
    assert "the same command goes on" in told
    assert str(project.only().name) in told
    run = said(project.only())
    assert run["status"] == "partial"
    assert 5 <= run["counts"]["answered"] == len(keys_of(project.only())) < 40
    assert project.harness(*OWN, *SLOW).returncode == 0
    assert said(project.only())["status"] == "complete"
    assert keys_of(project.only()) == [(name, 0) for name, _, _ in rows(40)]


def test_the_first_signal_waits_for_what_is_in_flight_and_the_second_does_not(project):
    with project.started(*OWN, *ENDLESS) as process:
        project.wait_for(process, lambda: bool(list(project.home.glob("runs/*/*/*/samples.jsonl"))))
        time.sleep(0.3)  # until the first request is in flight
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "Ctrl-C again stops at once" in process.stderr.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        told = interrupted(process, signal.SIGINT)
    assert process.returncode == 130
    assert "the same command goes on" in told
    assert "Traceback" not in told
    assert project.harness(*OWN).returncode == 0
    assert said(project.only())["counts"]["answered"] == 40


def test_an_impatient_user_is_let_go_at_any_time(project):
    with project.started(*OWN, *ENDLESS) as process:
        project.wait_for(process, lambda: bool(project.runs()))
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        process.wait(PATIENCE)
    assert process.returncode in (130, -signal.SIGINT)  # the latter from Python itself, on its way out
    assert project.harness(*OWN).returncode == 0
    assert keys_of(project.only()) == [(name, 0) for name, _, _ in rows(40)]


def test_a_run_whose_folder_is_removed_under_way_says_so_and_starts_anew(project):
    with project.started(*OWN, *SLOW) as process:
        project.wait_for(process, lambda: project.journal_lines() >= 5)
        shutil.rmtree(project.home / "runs")
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert "its folder is gone, removed or moved while it was written" in told
    assert "Traceback" not in told
    assert project.harness(*OWN).returncode == 0
    assert said(project.only())["counts"]["answered"] == 40


# One writer


def test_a_second_process_is_told_the_holders_number_and_a_killed_holder_holds_nothing(project):
    with project.started(*OWN, *ENDLESS) as holder:
        project.wait_for(holder, lambda: bool(list(project.home.glob("runs/*/*/*/samples.jsonl"))))
        done = project.harness(*OWN)
        assert done.returncode == 2
        assert f"held by process {holder.pid} " in one_line(done)
        done = project.harness("rescore", project.only())
        assert done.returncode == 2
        assert f"held by process {holder.pid} " in one_line(done)
        holder.send_signal(signal.SIGKILL)
        holder.wait(PATIENCE)
        assert project.harness(*OWN).returncode == 0
    assert said(project.only())["status"] == "complete"


# Disks


def test_a_full_disk_costs_nothing_that_was_answered(tmp_path, uninterrupted):
    project = Project(tmp_path)
    with mounted(tmp_path / "runs", "128k"):
        done = project.harness(*SAMPLE)
        assert done.returncode == 4
        assert "No space left on device" in one_line(done)
        answered = keys_of(project.only())
        assert len(answered) > 20
        again = project.harness(*SAMPLE)  # still full
        assert again.returncode == 4
        assert "No space left on device" in one_line(again)
        assert keys_of(project.only())[: len(answered)] == answered
        remount(tmp_path / "runs", "size=8m")
        assert project.harness(*SAMPLE).returncode == 0
        assert_as_if_uninterrupted(project.only(), uninterrupted)


def test_a_disk_that_was_full_from_the_start_is_named(tmp_path):
    project = Project(tmp_path)
    with mounted(tmp_path / "runs", "16k"):
        (tmp_path / "runs" / "ballast").write_bytes(b"x" * 16_384)
        done = project.harness(*SAMPLE)
        assert done.returncode == 4
        assert "No space left on device" in one_line(done)


def test_a_quota_on_files_costs_nothing_that_was_answered(tmp_path, uninterrupted):
    import resource

    project = Project(tmp_path)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731
    done = project.harness(*SAMPLE, preexec_fn=limit)
    assert done.returncode == 4
    assert "File too large" in one_line(done)
    run = said(project.only())
    assert run["status"] == "partial"
    assert 20 < run["counts"]["answered"] == len(keys_of(project.only())) < 200
    assert project.harness(*SAMPLE).returncode == 0
    assert_as_if_uninterrupted(project.only(), uninterrupted)


def test_a_read_only_disk_stops_a_run_and_lets_a_finished_one_be_reported(project):
    with mounted(project.home / "runs", "1m"):
        project.killed_at(5, *OWN, *SLOW)
        remount(project.home / "runs", "ro")
        done = project.harness(*OWN)
        assert done.returncode == 4
        assert "Read-only file system" in one_line(done)
        remount(project.home / "runs", "rw")
        assert project.harness(*OWN).returncode == 0
        remount(project.home / "runs", "ro")
        done = project.harness(*OWN)
        assert done.returncode == 0
        assert "is complete already" in done.stderr


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_named(project):
    (project.home / "runs").mkdir(mode=0o500)
    done = project.harness(*OWN)
    assert done.returncode == 4
    assert "Permission denied" in one_line(done)


def test_a_file_in_the_place_of_the_runs_is_the_users_mistake(project):
    project.write("runs/reviews", "")
    done = project.harness(*OWN)
    assert done.returncode == 2
    assert "a file is in its way" in one_line(done)


# A complete run, and --fresh


def test_a_complete_run_is_reported_and_not_asked_again(project):
    assert project.harness(*OWN).returncode == 0
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in project.only().iterdir()}
    done = project.harness(*OWN)
    assert done.returncode == 0
    assert "is complete already (--fresh runs it again)" in done.stderr
    assert "0." in done.stdout
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in project.only().iterdir()} == before


def test_fresh_runs_into_a_directory_of_its_own(project):
    for _ in range(3):
        assert here(project, fresh=True).run.status == "complete"
    assert len(project.runs()) == 3
    assert here(project).directory == project.runs()[-1]
    assert len({run.name for run in project.runs()}) == 3


def test_the_same_command_goes_on_with_the_latest_of_its_runs(project):
    project.rehearsal_backends()
    with rehearsing():
        whole = here(project, "rehearsal").directory
        broken = here(project, "rehearsal", {"how": "raises"}, fresh=True)
        assert (broken.directory != whole, broken.run.status) == (True, "partial")
        again = here(project, "rehearsal")
    assert (again.directory, again.run.status) == (broken.directory, "complete")


# What was judged before the task changed


def test_metrics_added_in_between_are_computed_for_what_was_answered_before(project, partial):
    answered = len(keys_of(partial))
    project.write("tasks/reviews.yaml", REVIEWS.replace("[accuracy,", "[exact_match, accuracy,"))
    assert project.harness(*OWN).returncode == 0
    assert project.only() == partial
    run = said(partial)
    assert list(run["metrics"]) == ["exact_match", "accuracy", "macro_f1", "unanswered"]
    assert {metric["n"] for metric in run["metrics"].values()} == {40}
    assert run["sessions"][-1]["requests"] == 40 - answered
    assert "exact_match" in (partial / "task.yaml").read_text(encoding="utf-8")
