"""Metrics again from stored responses: nothing is asked, nothing is lost, and nothing drifts."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadInput
from harness.scoring.rescore import rescore
from tests.support.running import (
    PATIENCE,
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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    project.rehearsal_backends()
    return project


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_rescoring_changes_no_bit_where_nothing_changed(project):
    directory = here(project, settings={"unanswered_rate": 0.3}).directory
    before, journal, kept = said(directory), records_of(directory), (directory / "statistics.npz")
    with np.load(kept) as arrays:
        statistics = {name: arrays[name].tobytes() for name in arrays}
    done = project.harness("rescore", directory)
    assert done.returncode == 0
    assert "| dummy [unanswered_rate=0.3] " in done.stdout
    after = said(directory)
    assert after.pop("rescored")
    assert after == before
    assert records_of(directory) == journal
    with np.load(kept) as arrays:
        assert {name: arrays[name].tobytes() for name in arrays} == statistics


def test_metrics_edited_in_the_runs_task_are_computed(project):
    directory = here(project).directory
    edit(directory / "task.yaml", "- macro_f1\n", "- exact_match\n")
    assert project.harness("rescore", directory).returncode == 0
    run = said(directory)
    assert list(run["metrics"]) == ["accuracy", "exact_match", "unanswered"]
    assert set(records_of(directory)[0]["scores"]) == {"accuracy", "exact_match", "unanswered"}
    with np.load(directory / "statistics.npz") as arrays:
        assert "metric:exact_match" in arrays
        assert "metric:macro_f1" not in arrays


def test_extraction_edited_in_the_runs_task_is_done_again(project):
    project.write(
        "backends/talks.yaml", "adapter: dummy\nchoose_by: extract\nsettings: {reply: 긍정이고 부정 아님}\n"
    )
    directory = here(project, "talks").directory
    assert {record["prediction"] for record in records_of(directory)} == {"1"}
    with (directory / "task.yaml").open("a", encoding="utf-8") as task:
        task.write("extract: [{regex: {pattern: '부정'}}]\n")
    edit(directory / "task.yaml", "extract: []\n", "")
    assert project.harness("rescore", directory).returncode == 0
    assert {record["prediction"] for record in records_of(directory)} == {"0"}
    assert said(directory)["confusion"]["1"] == {"0": 20, "1": 0, "(unanswered)": 0}


def test_metrics_of_another_task_take_the_place_of_the_runs_own(project):
    directory = here(project).directory
    project.write("tasks/strict.yaml", "extends: reviews\nmetrics: [exact_match]\n")
    assert project.harness("rescore", directory, "-t", "strict").returncode == 0
    assert list(said(directory)["metrics"]) == ["exact_match"]
    assert "exact_match" in (directory / "task.yaml").read_text(encoding="utf-8")
    before = said(directory)["metrics"]
    assert project.harness("rescore", directory).returncode == 0  # it was kept
    assert said(directory)["metrics"] == before


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("options: {0: 나쁨, 1: 좋음}", "other options than this run"),
        ("ask: generate\nmetrics: [loud]", "cannot judge 'choose'"),
    ],
    ids=["other options", "metrics of another ask"],
)
def test_a_task_that_cannot_judge_the_run_is_refused(project, monkeypatch, keys, message):
    from harness import plugins
    from harness.hookspecs import MetricEntry

    entries = plugins.metrics() | {"loud": MetricEntry("loud", "nowhere:loud", asks=("generate",))}
    monkeypatch.setattr(plugins, "metrics", lambda: entries)
    monkeypatch.chdir(project.home)
    directory = here(project).directory
    before = outcome(directory)
    project.write("tasks/other.yaml", f"extends: reviews\n{keys}\n")
    with pytest.raises(BadInput, match=message):
        rescore(directory, "other")
    assert outcome(directory) == before


def test_failed_records_stay_failed(project):
    with rehearsing():
        directory = here(project, "rehearsal", {"how": "fails"}, max_failures=1.0).directory
        before = outcome(directory)
        rescore(directory)
    assert outcome(directory) == before
    assert said(directory)["counts"]["failed"] == 8


@pytest.mark.parametrize("how", ["nan", "infinite", "surrogate"])
def test_answers_that_were_hard_to_write_are_judged_as_before(project, how):
    with rehearsing():
        directory = here(project, "rehearsal", {"how": how}).directory
    before = outcome(directory)
    rescore(directory)
    assert outcome(directory) == before


def test_a_run_that_was_never_summed_up_is_counted_once_each(project):
    with rehearsing():
        directory = here(project, "rehearsal", {"how": "fails"}, max_failures=1.0).directory
    journal = directory / "samples.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    # As if it had been killed after the failed were asked again, and while a line was written.
    journal.write_bytes(b"".join([*lines, *lines[:10], b"{damaged}\n", lines[10][:40]]))
    rescore(directory)
    assert doubled(directory) == []
    assert said(directory)["counts"]["examples"] == 40


def test_statistics_that_are_lost_or_out_of_date_are_written_again(project):
    directory = here(project).directory
    before = (directory / "statistics.npz").read_bytes()
    (directory / "statistics.npz").write_bytes(b"PK out of date")
    assert project.harness("rescore", directory).returncode == 0
    with np.load(directory / "statistics.npz", allow_pickle=False) as arrays:
        assert arrays["metric:accuracy"].mean() == said(directory)["metrics"]["accuracy"]["value"]
    assert len((directory / "statistics.npz").read_bytes()) == len(before)


def test_a_moved_run_is_rescored_without_its_data_and_its_project(project, tmp_path):
    directory = here(project).directory.rename(tmp_path / "moved")
    before = outcome(directory)
    (tmp_path / "empty").mkdir()
    done = project.harness("rescore", directory, cwd=tmp_path / "empty")
    assert done.returncode == 0
    assert outcome(directory) == before


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: (d / "samples.jsonl").unlink(), "no samples.jsonl"),
        (lambda d: (d / "task.yaml").unlink(), "cannot be read"),
        (lambda d: edit(d / "task.yaml", "- accuracy", "- acuracy"), "Did you mean 'accuracy'?"),
        (lambda d: (d / "run.json").write_text('{"schema_version": 7}'), "later harness"),
    ],
    ids=["no journal", "no task", "a misspelt metric", "a later format"],
)
def test_a_run_that_cannot_be_rescored_says_why_in_one_line(project, damage, message):
    directory = here(project).directory
    damage(directory)
    done = project.harness("rescore", directory)
    assert done.returncode == 2
    assert message in one_line(done)


def test_a_folder_without_a_run_gets_no_lock(tmp_path):
    with pytest.raises(BadInput, match=r"no run\.json"):
        rescore(tmp_path)
    assert list(tmp_path.iterdir()) == []


# Cut short


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_disk_too_full_to_rescore_leaves_the_journal_as_it_was(project):
    import resource

    directory = here(project).directory
    journal = (directory / "samples.jsonl").read_bytes()
    before = outcome(directory)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (len(journal) // 2,) * 2)  # noqa: E731
    done = project.harness("rescore", directory, preexec_fn=limit)
    assert done.returncode == 4
    assert "cannot write" in one_line(done)
    assert (directory / "samples.jsonl").read_bytes() == journal
    assert said(directory)["metrics"] == before["metrics"]
    assert project.harness("rescore", directory).returncode == 0
    assert outcome(directory) == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_rescoring_that_is_killed_at_any_moment_loses_no_answer(project):
    project.reviews(test=rows(4000))
    directory = here(project).directory
    before, draw = outcome(directory), random.Random(3)
    command = ("rescore", directory)
    began = time.monotonic()
    assert project.harness(*command).returncode == 0
    seconds = time.monotonic() - began
    for _ in range(4):
        with project.started(*command) as process:
            time.sleep(draw.uniform(0.4, 1) * seconds)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        assert len(keys_of(directory)) == 4000
    assert project.harness(*command).returncode == 0
    assert outcome(directory) == before


def test_a_run_whose_rescoring_was_cut_short_goes_on_with_scores_of_one_kind(project):
    with rehearsing():
        directory = here(project, "rehearsal", {"how": "raises"}).directory
        edit(directory / "task.yaml", "- macro_f1\n", "- exact_match\n")
        stone = directory / ".statistics.npz.new"  # over which it falls when the journal is written
        stone.mkdir()
        with pytest.raises(BadInput, match="a folder is in its way"):
            rescore(directory)
        stone.rmdir()
        assert set(records_of(directory)[0]["scores"]) == {"accuracy", "exact_match", "unanswered"}
        done = here(project, "rehearsal")
    assert (done.directory, done.run.status) == (directory, "complete")
    assert list(done.run.metrics) == ["accuracy", "macro_f1", "unanswered"]
    assert {metric.n for metric in done.run.metrics.values()} == {40}


def test_a_runs_own_metrics_stay_when_it_goes_on_by_its_directory(project):
    with rehearsing():
        directory = here(project, "rehearsal", {"how": "raises"}).directory
    edit(directory / "task.yaml", "- macro_f1\n", "- exact_match\n")
    project.install_rehearsal()
    edit(directory / "backend.yaml", "how: raises", "how: well")
    assert project.harness("run", "--resume", directory, "--data-dir", "data").returncode == 0
    run = said(directory)
    assert run["status"] == "complete"
    assert list(run["metrics"]) == ["accuracy", "exact_match", "unanswered"]
    assert {metric["n"] for metric in run["metrics"].values()} == {40}


def test_a_run_that_goes_on_by_its_directory_is_of_the_same_task(project):
    project.killed_at(5, "run", "-t", "reviews", "-b", "dummy", "--data-dir", "data", "-m", "latency_ms=20")
    before = said(project.only())["task"]
    assert project.harness("run", "--resume", project.only(), "--data-dir", "data").returncode == 0
    assert said(project.only())["task"] == before


READING = """\
version: 1
description: a passage and a question
data: {format: jsonl, files: {test: passages.jsonl}}
fields: {context: passage, question: question, target: answers}
ask: extract
extract: [answer_phrase]
templates: {plain: {query: "지문: {{ context }}\\n질문: {{ question }}\\n답:"}}
metrics: [korquad_em]
"""


def test_a_reply_is_read_against_its_passage_once_more(project):
    project.write("tasks/reading.yaml", READING)
    row = {"passage": "서고에는 8,200권 (책)이 있다. (책)", "question": "무엇?", "answers": ["8,200권 (책)"]}
    project.write("data/passages.jsonl", json.dumps(row, ensure_ascii=False) + "\n")
    project.write("backends/reads.yaml", "adapter: dummy\nsettings: {reply: '8,200권 (책)'}\n")
    directory = here(project, backend="reads", task="reading").directory
    before = records_of(directory)
    assert before[0]["prediction"] == "8,200권 (책)"
    assert project.harness("rescore", directory).returncode == 0
    assert records_of(directory) == before
