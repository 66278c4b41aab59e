"""Files of runs that tore: what is lost is counted and said, the others go on, no good figure is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.reports.leaderboard.ranks import statistics
from tests.support.running import Project, here, keys_of, one_line, records_of, rows, said

OWN = ("run", "-t", "reviews", "-b", "dummy", "--data-dir", "data")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    return project


@pytest.fixture
def run(project: Project) -> Path:
    """A complete run of 40 examples."""
    return here(project).directory


def edit(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what `run.json` says, as a hand or another program would."""
    values = said(directory)
    change(values)
    (directory / "run.json").write_text(json.dumps(values), encoding="utf-8")


def set_line(journal: Path, place: int, line: bytes) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[place] = line + b"\n"
    journal.write_bytes(b"".join(lines))


# A journal that lost lines


def cut_in_half(journal: Path) -> None:
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) // 2])


def zero(journal: Path) -> None:
    journal.write_bytes(b"\0" * journal.stat().st_size)


@pytest.mark.parametrize(
    "damage", [cut_in_half, zero, lambda journal: journal.write_bytes(b"")], ids=["cut", "zeroed", "emptied"]
)
def test_rescoring_a_journal_that_lost_lines_keeps_the_figures_and_says_what_is_lost(project, run, damage):
    before, statistics = said(run), (run / "statistics.npz").read_bytes()
    damage(run / "samples.jsonl")
    journal = (run / "samples.jsonl").read_bytes()
    done = project.harness("rescore", run)
    after = said(run)
    lost = after["lost"]
    assert done.returncode == 4
    assert f"{lost} of 40 answers are lost" in one_line(done)
    assert (after["status"], after["metrics"]) == ("partial", before["metrics"])
    assert lost >= 19
    assert (run / "statistics.npz").read_bytes() == statistics
    assert (run / "samples.jsonl").read_bytes() == journal
    assert f"{lost} answers lost" in project.harness("leaderboard").stdout


def test_what_a_journal_lost_is_asked_again_and_the_run_is_whole_again(project, run):
    before = said(run)
    cut_in_half(run / "samples.jsonl")
    assert project.harness("rescore", run).returncode == 4
    assert project.harness("run", "--resume", run, "--data-dir", "data").returncode == 0
    after = said(run)
    assert (after["status"], after["metrics"], "lost" in after) == ("complete", before["metrics"], False)
    assert len(records_of(run)) == 40


def test_other_metrics_are_not_taken_from_a_journal_that_lost_lines(project, run):
    project.write("tasks/strict.yaml", "extends: reviews\nmetrics: [exact_match]\n")
    before = (run / "task.yaml").read_bytes()
    cut_in_half(run / "samples.jsonl")
    assert project.harness("rescore", run, "-t", "strict").returncode == 4
    assert (run / "task.yaml").read_bytes() == before
    assert list(said(run)["metrics"]) == ["accuracy", "macro_f1", "unanswered"]


def test_a_task_that_was_changed_since_the_figures_were_made_is_said_at_rescoring(project, run):
    text = (run / "task.yaml").read_text(encoding="utf-8")
    (run / "task.yaml").write_text(text.replace("- macro_f1\n", ""), encoding="utf-8")
    done = project.harness("rescore", run)
    assert done.returncode == 0
    assert "task.yaml changed after its figures were made" in done.stderr


# One odd run.json

ODD: dict[str, Callable[[dict[str, Any]], object]] = {
    "figures of words": lambda run: run["metrics"]["accuracy"].update(value="high"),
    "counts as a list": lambda run: run.update(counts=[1, 2]),
    "tags of numbers": lambda run: run["task"].update(tags=[1]),
    "no label": lambda run: run.pop("label"),
    "an unknown status": lambda run: run.update(status="splendid"),
    "a moment that is none": lambda run: run.update(started="yesterday"),
    "costs in words": lambda run: run.update(cost={"per_1k_examples": "cheap", "currency": 1}),
    "a task that is a list": lambda run: run.update(task=[]),
    "latency of words": lambda run: run.update(latency_s={"e2e": {"p95": "slow"}}),
    "a confusion of lists": lambda run: run.update(confusion={"0": ["1"]}),
    "sessions of numbers": lambda run: run.update(sessions=[1]),
}


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of a project that has one of each of two seeds."""
    project = Project(tmp_path_factory.mktemp("two"))
    project.reviews()
    for seed in (1, 2):
        here(project, seed=seed)
    return project.home / "runs"


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_run_is_named_and_left_out_and_the_others_go_on(project, two_runs, odd):
    shutil.copytree(two_runs, project.home / "runs")
    bad, good = project.runs()
    edit(bad, ODD[odd])
    for command in (
        ("leaderboard",),
        ("list", "runs"),
        ("report", "--out", "site"),
        ("push", "--to", "csv"),
        ("gate", "--update", "baseline.json"),
    ):
        done = project.harness(*command)
        assert done.returncode == 0, (command, done.stderr)
        assert (
            f"left out: {bad.relative_to(project.home)}/run.json: not as the harness writes it" in done.stderr
        )
        assert "Traceback" not in done.stderr
    assert good.name in (project.home / "export" / "runs.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_run_that_is_named_itself_is_refused_in_one_line(project, two_runs, odd):
    shutil.copytree(two_runs, project.home / "runs")
    bad, good = project.runs()
    edit(bad, ODD[odd])
    for command in (("rescore", bad), ("compare", bad, good), ("run", "--resume", bad, "--data-dir", "data")):
        done = project.harness(*command)
        assert done.returncode == 2, (command, done.stderr)
        assert "run.json" in one_line(done)


# A torn run.json and the same command


@pytest.mark.parametrize("content", [b"", b'{"schema_version": 1, "sta', b"\0" * 900, b"{}", b"[]", b"null"])
def test_a_torn_run_json_does_not_stop_the_command_that_made_it(project, run, content):
    before = said(run)
    journal = records_of(run)
    (run / "run.json").write_bytes(content)
    done = project.harness(*OWN)
    assert done.returncode == 0, done.stderr
    assert "the run goes on from its journal" in done.stderr
    assert said(project.only())["metrics"] == before["metrics"]
    assert records_of(run) == journal  # nothing was asked again, nothing is lost


def test_a_run_of_a_later_harness_is_not_written_over(project, run):
    (run / "run.json").write_text('{"schema_version": 99}')
    done = project.harness(*OWN)
    assert done.returncode == 2
    assert "later harness" in one_line(done)
    assert (run / "run.json").read_text() == '{"schema_version": 99}'


# One odd line

LINES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a repeat that was not asked": lambda record: record.update(repeat=9),
    "a repeat of words": lambda record: record.update(repeat="0"),
    "scores of words": lambda record: record.update(scores={"accuracy": ["right"]}),
    "scores of another metric": lambda record: record.update(scores={"bleu": [1.0]}),
    "fewer statistics": lambda record: record["scores"].update(macro_f1=[1.0]),
    "a response that is a list": lambda record: record.update(response=[]),
    "an error without a kind": lambda record: record["response"].update(error={}),
    "a prediction that is a list": lambda record: record.update(prediction=[["1"]]),
    "usage in words": lambda record: record["response"].update(usage={"prompt_tokens": "many"}),
    "a cluster nobody else has": lambda record: record.update(cluster="c"),
}


@pytest.mark.parametrize("odd", LINES)
def test_an_odd_line_is_asked_again_and_changes_no_other_example(project, run, odd):
    before, journal = said(run), run / "samples.jsonl"
    record = records_of(run)[3]
    LINES[odd](record)
    set_line(journal, 3, json.dumps(record).encode())
    edit(run, lambda values: values.update(status="running"))  # as if it had been killed at the very end
    done = project.harness(*OWN)
    assert done.returncode == 0, done.stderr
    assert said(run)["metrics"] == before["metrics"]
    assert keys_of(run) == [(name, 0) for name, _, _ in rows(40)]


@pytest.mark.parametrize("odd", sorted(LINES.keys() - {"a repeat that was not asked"}))
def test_an_odd_line_stops_no_report(project, run, odd):
    record = records_of(run)[3]
    LINES[odd](record)
    set_line(run / "samples.jsonl", 3, json.dumps(record).encode())
    for command in (("report", "--out", "site"), ("push", "--to", "csv"), ("compare", run, run)):
        done = project.harness(*command)
        assert "Traceback" not in done.stderr
        assert "a fault of the harness" not in done.stderr, (command, done.stderr)


def test_an_odd_line_is_named_with_its_number(project, run):
    set_line(run / "samples.jsonl", 3, b'{"id": "x"}')
    done = project.harness("rescore", run)
    assert done.returncode == 4
    assert "samples.jsonl:4: repeat: is missing; the line is left out" in done.stderr


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_answers_behind_a_link_to_a_device_are_refused_and_not_read_for_ever(project, run, device):
    (run / "samples.jsonl").unlink()
    (run / "samples.jsonl").symlink_to(device)
    done = project.harness("score", run / "samples.jsonl", "--metric", "accuracy")
    assert done.returncode == 2
    assert "is no regular file" in one_line(done)


# Statistics that claim to be packed as nothing here is


@pytest.mark.parametrize("method", [1, 8, 12, 14, 99], ids=["shrunk", "deflated", "bzip2", "lzma", "AES"])
@pytest.mark.parametrize("locked", [0, 1], ids=["open", "encrypted"])
def test_statistics_that_are_packed_in_another_way_are_named_and_rank_nobody(run, method, locked):
    path = run / "statistics.npz"
    content = bytearray(path.read_bytes())
    for head, flag in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # the member's own header, and the directory's
        place = content.find(head)
        while place >= 0:
            content[place + flag] |= locked
            content[place + flag + 2] = method
            place = content.find(head, place + 4)
    path.write_bytes(bytes(content))
    with pytest.raises(BadInput, match=r"not a run's statistics .*; `harness rescore` writes it again"):
        statistics(path, "accuracy")


def test_a_folder_in_the_place_of_a_journal_is_named_when_runs_are_compared(project, run):
    other = here(project, seed=2).directory
    (run / "samples.jsonl").unlink()
    (run / "samples.jsonl").mkdir()
    told = project.harness("compare", run, other)
    assert told.returncode == 2
    assert one_line(told).startswith(f"harness: {run / 'samples.jsonl'}: ")
