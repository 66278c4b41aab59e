"""A board of many tasks: turned on its side, and as true and as stable as any other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness.records import run_file
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import Board, board
from harness.reports.leaderboard.layout import FIGURES, tables
from harness.reports.run import load
from harness.text.width import width
from tests.support.fake_runs import fake_run


@pytest.fixture
def show(tmp_path: Path) -> Any:
    """Return the board of the runs in the temporary folder."""

    def made(**how: Any) -> Board:
        return board(load([tmp_path], print), print, **how)

    return made


def catalogue(folder: Path, systems: tuple[str, ...] = ("good", "poor"), tasks: int = 7, **how: Any) -> None:
    for number in range(tasks):
        for rank, system in enumerate(systems):
            answers = "1" * (200 - 60 * min(rank, 2)) + "0" * 60 * min(rank, 2)
            fake_run(folder, system, answers, task=f"task{number}", **how)


def parts(found: Board) -> list[list[list[str]]]:
    """Return the cells of each table of the board as Markdown shows them, the rule left out."""
    texts = [part.split("\n") for part in render.markdown(found).split("\n\n") if part.startswith("|")]
    return [
        [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in [lines[0], *lines[2:]]]
        for lines in texts
    ]


def test_as_many_columns_as_can_be_read_stand_side_by_side(tmp_path, show):
    catalogue(tmp_path, tasks=FIGURES)
    (only,) = parts(show())
    assert only[0][:4] == ["rank", "system", "mean win rate (ranks)", "task0 accuracy"]


def test_more_columns_become_rows_and_the_systems_columns(tmp_path, show):
    catalogue(tmp_path, tasks=FIGURES + 1)
    figures, _ = parts(show())
    assert figures[0] == ["task and metric", "n", "good", "poor"]
    assert figures[1] == ["mean win rate (ranks)", "", "1.0000", "0.0000"]
    assert figures[2] == ["task0 accuracy", "200", "1.0000 [0.9812, 1.0000]", "0.7000 [0.6332, 0.7593]"]
    assert [row[0] for row in figures[2:]] == [f"task{n} accuracy" for n in range(FIGURES + 1)]


def test_what_the_systems_are_and_took_stands_beneath(tmp_path, show):
    catalogue(tmp_path, run={"cost": {"per_1k_examples": 0.25}, "latency_s": {"e2e": {"p95": 0.5}}})
    _, systems = parts(show())
    assert systems == [
        ["rank", "system", "kind", "examples/s", "p95 s", "USD/1k"],
        ["1", "good", "classical", "100", "0.5", "0.25"],
        ["2", "poor", "classical", "100", "0.5", "0.25"],
    ]


def test_the_systems_stand_in_the_order_of_their_ranks(tmp_path, show):
    catalogue(tmp_path, ("a_poor", "b_good"), tasks=6)
    fake_run(tmp_path, "b_good", "1" * 200, task="zoo")
    fake_run(tmp_path, "a_poor", "0" * 200, task="zoo")
    figures, systems = parts(show(sort="zoo"))
    assert figures[0][2:] == ["b_good", "a_poor"]
    assert [row[:2] for row in systems[1:]] == [["1", "b_good"], ["2", "a_poor"]]


def test_a_task_that_a_system_did_not_run_leaves_its_cell_empty(tmp_path, show):
    catalogue(tmp_path)
    fake_run(tmp_path, "good", "11", task="zoo")
    figures, _ = parts(show())
    assert figures[-1] == ["zoo accuracy", "2", "1.0000 [0.3424, 1.0000]", ""]


def test_systems_that_answered_other_numbers_of_examples_have_both_counts(tmp_path, show):
    catalogue(tmp_path)
    fake_run(tmp_path, "good", "11x", task="zoo")
    fake_run(tmp_path, "poor", "110", task="zoo")
    assert parts(show())[0][-1] == [
        *("zoo accuracy", "2 / 3", "1.0000 [0.3424, 1.0000] (1 failed)"),
        "0.6667 [0.2077, 0.9385]",
    ]


def test_many_systems_stand_in_several_tables(tmp_path, show):
    names = tuple(f"system{n:02}" for n in range(FIGURES + 2))
    catalogue(tmp_path, names)
    first, second, systems = parts(show())
    assert [*first[0][2:], *second[0][2:]] == [row[1] for row in systems[1:]]
    assert (len(first[0]), len(second[0])) == (2 + FIGURES, 2 + 2)


def test_a_table_has_no_row_of_what_none_of_its_systems_ran(tmp_path, show):
    catalogue(tmp_path, tuple(f"system{n:02}" for n in range(FIGURES)))
    fake_run(tmp_path, "apart", "10", task="zoo")
    first, second, _ = parts(show())
    assert "zoo accuracy" not in [row[0] for row in first]
    assert [row[0] for row in second[1:]] == ["zoo accuracy"]


@pytest.mark.parametrize(
    ("run", "heading", "name"),
    [
        ({"data": {"sample": True}}, "task and metric (sample)", "task0 accuracy"),
        (
            {"data": {"sample": True}, "task": {"limit": 20}},
            "task and metric (sample, limit 20)",
            "task0 accuracy",
        ),
        (
            {"task": {"split": "dev"}, "data": {"sha256": {"dev": "a" * 64}}},
            "task and metric (split dev)",
            "task0 accuracy",
        ),
    ],
    ids=str,
)
def test_what_restricts_all_columns_alike_is_said_once(tmp_path, show, run, heading, name):
    catalogue(tmp_path, run=run)
    (header, _, first, *_), _ = parts(show())  # the overall score stands above the tasks
    assert (header[0], first[0]) == (heading, name)


def test_what_restricts_some_columns_is_said_of_those(tmp_path, show):
    catalogue(tmp_path)
    fake_run(tmp_path, "good", "11", task="zoo", run={"task": {"limit": 20}})
    figures, _ = parts(show())
    assert figures[0][0] == "task and metric"
    assert figures[-1][0] == "zoo accuracy (limit 20)"


def test_columns_that_read_alike_say_in_what_they_differ(tmp_path, show):
    catalogue(tmp_path)
    fake_run(tmp_path, "good", "11", task="task0", run={"task": {"version": 2}})
    assert [row[0] for row in parts(show())[0][2:4]] == ["task0 accuracy v1", "task0 accuracy v2"]


def test_counts_of_many_tasks_become_a_range(tmp_path, show):
    for number in range(8):
        fit = {"seconds": 0.5 + number, "examples": 100 + number, "reused": False}
        fake_run(tmp_path, "nb", "10", task=f"task{number}", run={"fit": fit})
    _, systems = parts(show())
    assert dict(zip(*systems, strict=True))["trained on"] == "100 to 107"


def test_the_note_says_by_what_the_ranks_are_and_of_which_task_the_worst_is(tmp_path, show):
    catalogue(tmp_path)
    text = render.markdown(show())
    assert "ranked by the mean win rate" in text
    assert "p95 s and cost are of the worst task" in text


def test_every_line_of_a_table_is_equally_wide_beside_hangul(tmp_path, show):
    catalogue(tmp_path, ("가나다", "b|c", "<i>"))
    fake_run(tmp_path, "가나다", "10", task="과제|하나", changes={"metrics": ["unanswered"]})
    for part in render.markdown(show()).split("\n\n"):
        lines = [line for line in part.split("\n") if line.startswith("|")]
        assert len({width(line) for line in lines}) <= 1
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) <= 1


def test_tasks_whose_names_are_numbers_stand_at_the_left(tmp_path, show):
    for number in range(7):
        fake_run(tmp_path, "good", "11", task=f"{10**number}")
    assert render.markdown(show()).split("\n")[2].startswith("| 1 accuracy ")


def test_a_figure_that_is_undefined_moves_no_other_to_the_left(tmp_path, show):
    catalogue(tmp_path)
    directory = fake_run(tmp_path, "good", "11", task="zoo")
    run = run_file.read_run(directory)
    main = run.metrics["accuracy"]
    main.value = main.ci_low = main.ci_high = None
    run_file.write_run(directory, run)
    assert parts(show())[0][-1][2] == "undefined"
    assert render.markdown(show()).split("\n")[1].split("|")[3].endswith("-:")


def test_the_order_of_the_runs_changes_nothing(tmp_path):
    catalogue(tmp_path)
    entries = load([tmp_path], print)
    assert len({render.markdown(board(order, print)) for order in (entries, entries[::-1])}) == 1


def test_each_task_has_its_speed_beside_a_baseline(tmp_path, show):
    catalogue(tmp_path)
    heading, speeds = tables(show(baseline="good"))[-1][:2]
    assert heading == ["ms/example, speed-up over good", "n", "good", "poor"]
    assert speeds[0] == ["task0 accuracy", "200", "10.0 (×1.00)", "10.0 (×1.00)"]


def test_csv_and_json_are_of_the_same_shape_however_many_tasks(tmp_path, show):
    catalogue(tmp_path)
    wide = show()
    narrow = board([e for e in load([tmp_path], print) if e.task == "task0"], print)
    assert render.as_csv(wide).split("\n")[0] == render.as_csv(narrow).split("\n")[0]
    assert render.as_json(wide).keys() == render.as_json(narrow).keys()
    assert render.as_csv(wide).count("\n") == 1 + 2 * 7 + 2  # a line each of the overall score
