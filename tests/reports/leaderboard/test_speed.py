"""Speed beside a baseline: the same examples only, absent where nothing was measured."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import Board, board
from harness.reports.run import load
from tests.support.fake_runs import fake_run


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def show(tmp_path: Path, warnings: list[str]) -> Any:
    """Return the board of the runs in the temporary folder beside a baseline."""

    def made(baseline: str = "slow", **how: Any) -> Board:
        return board(load([tmp_path], warnings.append), warnings.append, baseline=baseline, **how)

    return made


def timed(folder: Path, system: str, ms: float | None, cpu: str | None = None, **how: Any) -> Path:
    """Write a run that took so many milliseconds an example."""
    run = {
        "throughput": {"examples_per_s": None if ms is None else 1000 / ms},
        "environment": {"hardware": {"cpu": cpu, "cores": 2}} if cpu else None,
        **how.pop("run", {}),
    }
    return fake_run(folder, system, "1100", run=run, **how)


def lines(found: Board) -> dict[tuple[str, str], dict[str, str]]:
    """Return the lines of the CSV by system and task."""
    text = render.as_csv(found).removeprefix("\ufeff")
    return {(line["system"], line["task"]): line for line in csv.DictReader(io.StringIO(text))}


def table(found: Board, title: str) -> dict[str, list[str]]:
    """Return the rows of the table of Markdown whose header has the title, by system."""
    (text,) = [part for part in render.markdown(found).split("\n\n") if title in part.split("\n")[0]]
    header, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.split("\n")]
    start = header.index("ms/example") if title == "speed-up |" else 1
    return {row[1] if title == "speed-up |" else row[0]: row[start:] for row in rows}


def test_a_speed_up_is_the_baselines_time_over_the_systems(tmp_path, show):
    timed(tmp_path, "slow", 23.1)
    timed(tmp_path, "quick", 10)
    timed(tmp_path, "slower", 46.2)
    assert table(show(), "speed-up |") == {
        "quick": ["10.0", "×2.31"],
        "slow": ["23.1", "×1.00"],
        "slower": ["46.2", "×0.50"],
    }


def test_without_a_baseline_nothing_is_said_of_speed(tmp_path, warnings):
    timed(tmp_path, "slow", 20)
    found = board(load([tmp_path], warnings.append), warnings.append)
    assert "ms/example" not in render.markdown(found)
    assert '"ms_per_example"' not in render.as_csv(found)
    assert "baseline" not in render.as_json(found)


def test_the_time_is_the_runs_and_not_that_of_a_batch(tmp_path, show):
    """Eight examples answered in one batch of 0.4 s took 50 ms each, though each waited 400."""
    timed(tmp_path, "slow", 50, run={"latency_s": {"e2e": {"mean": 0.4, "p95": 0.4}}})
    assert table(show(), "speed-up |")["slow"] == ["50.0", "×1.00"]


def test_speeds_of_several_tasks_are_geometric_means(tmp_path, show):
    for task, slow, quick in (("a", 10, 5), ("b", 90, 11.25)):
        timed(tmp_path, "slow", slow, task=task)
        timed(tmp_path, "quick", quick, task=task)
    assert table(show(), "speed-up |") == {"slow": ["30.0", "×1.00"], "quick": ["7.5", "×4.00"]}


def test_each_task_is_compared_with_itself(tmp_path, show):
    for task, slow, quick in (("a", 10, 5), ("b", 90, 11.25)):
        timed(tmp_path, "slow", slow, task=task)
        timed(tmp_path, "quick", quick, task=task)
    assert table(show(), "speed-up over slow") == {
        "a accuracy": ["4", "5 (×2.00)", "10.0 (×1.00)"],
        "b accuracy": ["4", "11.2 (×8.00)", "90.0 (×1.00)"],
    }


def test_what_was_not_measured_is_absent(tmp_path, show):
    timed(tmp_path, "slow", 20)
    timed(tmp_path, "mute", None)
    assert table(show(), "speed-up |")["mute"] == ["", ""]
    line = lines(show())["mute", "reviews"]
    assert (line["ms_per_example"], line["speed_up"]) == ("", "")


def test_a_baseline_without_time_has_no_speed_ups_and_says_so(tmp_path, show, warnings):
    timed(tmp_path, "slow", None)
    timed(tmp_path, "quick", 5)
    header = render.markdown(show()).split("\n")[0]
    assert "ms/example" in header
    assert "speed-up" not in header
    assert warnings == ["no speed-up on reviews: no run of slow over the same examples tells its time"]


def test_where_nothing_was_measured_nothing_is_said_of_speed(tmp_path, show):
    for task in "ab":
        timed(tmp_path, "slow", None, task=task)
    text = render.markdown(show())
    assert "ms/example" not in text
    assert "speed-up" not in text


def test_a_task_that_the_baseline_did_not_run_is_named_in_one_line(tmp_path, show, warnings):
    timed(tmp_path, "slow", 20, task="a")
    for task in "abcdef":
        timed(tmp_path, "quick", 5, task=task)
    assert table(show(), "speed-up |") == {"slow": ["20.0", "×1.00"], "quick": ["5", "×4.00"]}
    assert warnings == [
        "no speed-up on b, c, d and 2 more: no run of slow over the same examples tells its time"
    ]


def test_a_system_with_fewer_tasks_than_the_baseline_says_so(tmp_path, show):
    for task in "abc":
        timed(tmp_path, "slow", 20, task=task)
    timed(tmp_path, "quick", 5, task="a")
    assert table(show(), "speed-up |")["quick"] == ["5", "×4.00 (1 of 3 tasks)"]


@pytest.mark.parametrize(
    "other",
    [
        {"task": {"limit": 100}},
        {"data": {"sha256": {"test": "f" * 64}}},
        {"task": {"version": 2}},
        {"data": {"sample": True}},
    ],
    ids=str,
)
def test_other_examples_are_not_compared(tmp_path, show, warnings, other):
    timed(tmp_path, "slow", 20)
    timed(tmp_path, "quick", 5, run=other)
    found = show()
    assert lines(found)["quick", "reviews"]["speed_up"] == ""
    assert len(warnings) == 1


def test_another_metric_over_the_same_examples_is_the_same_work(tmp_path, show, warnings):
    timed(tmp_path, "slow", 20)
    timed(tmp_path, "quick", 5, changes={"metrics": ["macro_f1"]})
    assert lines(show())["quick", "reviews"]["speed_up"] == "4.0"
    assert warnings == []


def test_other_hardware_is_said(tmp_path, show):
    timed(tmp_path, "slow", 20, "Xeon")
    timed(tmp_path, "quick", 5, "Ryzen")
    timed(tmp_path, "same", 10, "Xeon")
    timed(tmp_path, "unknown", 10)
    found = show()
    speeds = {system: row[1] for system, row in table(found, "speed-up |").items()}
    assert speeds == {
        "slow": "×1.00",
        "quick": "×4.00 (other hardware)",
        "same": "×2.00",
        "unknown": "×2.00",
    }
    said = {system: line["other_hardware"] for (system, _), line in lines(found).items()}
    assert said == {"slow": "false", "quick": "true", "same": "false", "unknown": ""}


def test_a_backends_name_will_do_where_one_system_is_of_it(tmp_path, show):
    timed(tmp_path, "dummy [temperature=0]", 20, run={"backend": {"name": "dummy"}})
    timed(tmp_path, "quick", 5)
    assert show("dummy").speeds.baseline == "dummy [temperature=0]"


def test_a_system_goes_before_a_backend_of_that_name(tmp_path, show):
    for label in ("dummy", "dummy [temperature=1]"):
        timed(tmp_path, label, 20, run={"backend": {"name": "dummy"}})
    assert show("dummy").speeds.baseline == "dummy"


def test_a_backend_of_several_systems_is_a_mistake(tmp_path, show):
    for label in ("dummy [temperature=0]", "dummy [temperature=1]"):
        timed(tmp_path, label, 20, run={"backend": {"name": "dummy"}})
    with pytest.raises(BadInput, match=r"--baseline dummy: 2 systems .*: dummy \[temperature=0\]; dummy"):
        show("dummy")


def test_an_unknown_baseline_is_a_mistake_that_names_the_nearest(tmp_path, show):
    timed(tmp_path, "tfidf", 20)
    with pytest.raises(BadInput, match=r"--baseline tfdif: .* Did you mean 'tfidf'"):
        show("tfdif")


def test_a_name_in_pieces_is_the_same_name(tmp_path, show):
    timed(tmp_path, "한글", 20)
    pieces = unicodedata.normalize("NFD", "한글")
    assert len(pieces) == 6
    assert show(pieces).speeds.baseline == "한글"


def test_json_has_the_times_as_they_are(tmp_path, show):
    timed(tmp_path, "slow", 20)
    timed(tmp_path, "quick", 8)
    found = render.as_json(show())
    assert found["baseline"] == "slow"
    row = next(row for row in found["rows"] if row["system"] == "quick")
    for cell in (row, row["cells"][0]):
        assert cell["ms_per_example"] == pytest.approx(8)
        assert cell["speed_up"] == pytest.approx(2.5)


def test_the_note_says_what_is_counted_and_against_what(tmp_path, show):
    timed(tmp_path, "a|b", 20)
    assert "how many times less than a\\|b takes" in render.markdown(show("a|b"))
