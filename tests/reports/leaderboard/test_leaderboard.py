"""The leaderboard: who stands where, what is said beside a figure, and that no name can break it."""

from __future__ import annotations

import csv
import io
import itertools
import random
import re
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from harness.errors import BadInput
from harness.records import run_file
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import Board, board
from harness.reports.run import load
from harness.reports.writers.markdown import escaped
from harness.text.width import width
from tests.support.fake_runs import fake_run

# 200 examples: A is far ahead; B and C are right equally often, and not about the same examples.
FAR = "1" * 180 + "0" * 20
MIDDLE = "1" * 100 + "0" * 100
OTHER = "01" * 100


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def show(tmp_path: Path, warnings: list[str]) -> Any:
    """Return the board of the runs in the temporary folder; what it warns of is in `warnings`."""

    def made(**how: Any) -> Board:
        return board(load([tmp_path], warnings.append), warnings.append, **how)

    return made


def places(found: Board) -> dict[str, int | None]:
    return {row.system: row.rank for row in found.rows}


def cells(found: Board) -> dict[str, list[str]]:
    """Return each system's figures as Markdown shows them, column by column."""
    (
        header,
        *_,
    ) = [line for line in render.markdown(found).split("\n") if line.startswith("| rank")]
    names = [name.strip() for name in header.strip("|").split("|")]
    lines = [line for line in render.markdown(found).split("\n") if re.match(r"\| +\d* \|", line)]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    count = len(found.columns)
    assert names[2 : 2 + count] == [escaped(found.titles[column]) for column in found.columns]
    return {row[1]: row[2 : 2 + count] for row in rows}


# Ranks -----------------------------------------------------------------------------------------------


def test_systems_that_cannot_be_told_apart_share_a_rank(tmp_path, show):
    for system, answers in (("c", OTHER), ("a", FAR), ("b", MIDDLE)):
        fake_run(tmp_path, system, answers)
    assert places(show()) == {"a": 1, "b": 2, "c": 2}


def test_systems_whose_own_intervals_overlap_are_told_apart_if_one_wins_example_by_example(tmp_path, show):
    fake_run(tmp_path, "better", "1" * 240 + "0" * 160)
    fake_run(tmp_path, "worse", "1" * 220 + "0" * 180)
    found = show()
    better, worse = (row.entries[found.columns[0]].main for row in found.rows)
    assert better.ci_low < worse.ci_high
    assert places(found) == {"better": 1, "worse": 2}


def test_a_rank_counts_the_systems_that_are_better(tmp_path, show):
    for system, answers in (("a", FAR), ("b", FAR), ("c", MIDDLE), ("d", "0" * 200)):
        fake_run(tmp_path, system, answers)
    assert places(show()) == {"a": 1, "b": 1, "c": 3, "d": 4}


def test_equals_stand_in_the_order_of_their_figures_and_then_of_their_names(tmp_path, show):
    for system, answers in (("z", MIDDLE), ("y", "1" + MIDDLE[:-1]), ("x", MIDDLE)):
        fake_run(tmp_path, system, answers)
    assert [row.system for row in show().rows] == ["y", "x", "z"]


def test_the_lowest_figure_wins_where_lower_is_better(tmp_path, show):
    quiet = {"metrics": ["unanswered", "accuracy"]}
    fake_run(tmp_path, "silent", "-" * 100 + "1" * 100, changes=quiet)
    fake_run(tmp_path, "talker", "0" * 200, changes=quiet)
    found = show()
    assert list(places(found).items()) == [("talker", 1), ("silent", 2)]
    assert found.columns[0].title == "reviews unanswered ↓"


def test_a_difference_within_few_clusters_is_no_difference(tmp_path, show):
    clusters = ["one"] * 100 + ["two"] * 60 + ["three"] * 40
    fake_run(tmp_path, "a", "1" * 130 + "0" * 70, clusters=clusters)
    fake_run(tmp_path, "b", "1" * 100 + "0" * 100, clusters=clusters)
    assert places(show()) == {"a": 1, "b": 1}


def test_clusters_count_among_what_both_answered_too(tmp_path, show):
    clusters = ["one"] * 100 + ["two"] * 60 + ["three"] * 40
    fake_run(tmp_path, "a", "1" * 130 + "0" * 69 + "x", clusters=clusters)
    fake_run(tmp_path, "b", "x" + "1" * 99 + "0" * 100, clusters=clusters)
    assert places(show()) == {"a": 1, "b": 1}


def test_systems_are_compared_over_what_both_answered(tmp_path, show):
    """Over all its answers `half` looks far better; over those that both gave they are the same."""
    fake_run(tmp_path, "whole", "1" * 100 + "0" * 100)
    fake_run(tmp_path, "half", "1" * 100 + "x" * 100)
    assert places(show()) == {"half": 1, "whole": 1}


def test_systems_without_an_example_in_common_cannot_be_told_apart(tmp_path, show):
    fake_run(tmp_path, "a", "1" * 100, ids=[f"a{n}" for n in range(100)])
    fake_run(tmp_path, "b", "0" * 100, ids=[f"b{n}" for n in range(100)])
    assert places(show()) == {"a": 1, "b": 1}


def test_examples_in_another_order_are_the_same_examples(tmp_path, show):
    fake_run(tmp_path, "a", "1" * 180 + "0" * 20, ids=[f"e{n}" for n in range(200)])
    fake_run(tmp_path, "b", "0" * 20 + "1" * 180, ids=[f"e{n}" for n in reversed(range(200))])
    fake_run(tmp_path, "c", "1" * 20 + "0" * 180, ids=[f"e{n}" for n in reversed(range(200))])
    assert places(show()) == {"a": 1, "b": 1, "c": 3}


def test_a_system_without_the_column_has_no_rank_and_stands_last(tmp_path, show):
    fake_run(tmp_path, "b", MIDDLE)
    fake_run(tmp_path, "a", FAR, task="zoo")
    found = show()
    assert list(places(found).items()) == [("a", None), ("b", None)]
    assert "nobody is ranked: no task was run by more than half of the systems" in render.markdown(found)
    found = show(sort="reviews")
    assert list(places(found).items()) == [("b", 1), ("a", None)]
    assert "ranked by reviews accuracy" in render.markdown(found)


def test_several_tasks_are_ranked_by_the_mean_win_rate_and_not_by_the_first_of_the_alphabet(tmp_path, show):
    for task, first in (("a", False), ("b", True), ("c", True)):
        fake_run(tmp_path, "often", FAR if first else MIDDLE, task=task)
        fake_run(tmp_path, "seldom", MIDDLE if first else FAR, task=task)
    fake_run(tmp_path, "once", FAR, task="a")
    found = show()
    assert [row.system for row in found.rows] == ["often", "seldom", "once"]
    assert found.overall.scores["often"].value == pytest.approx(2 / 3)
    assert "once" not in found.overall.scores
    header = [cell.strip() for cell in render.markdown(found).split("\n")[0].split("|")[1:-1]]
    assert header[:4] == ["rank", "system", "mean win rate (ranks)", "a accuracy"]
    assert "over 3 tasks: a accuracy, b accuracy, c accuracy" in render.markdown(found)
    assert render.as_json(found)["ranked_by"] == "mean win rate"


def test_two_systems_that_are_far_apart_on_both_tasks_are_ranked_apart(tmp_path, show):
    for task in ("a", "b"):
        fake_run(tmp_path, "good", FAR, task=task)
        fake_run(tmp_path, "poor", MIDDLE, task=task)
    assert places(show()) == {"good": 1, "poor": 2}


def test_the_column_that_is_ranked_by_stands_first_and_is_marked(tmp_path, show):
    for task in ("a", "zoo"):
        fake_run(tmp_path, "x", FAR, task=task)
        fake_run(tmp_path, "y", MIDDLE, task=task)
    header = render.markdown(show(sort="zoo")).split("\n")[0]
    assert [cell.strip() for cell in header.split("|")[3:5]] == ["zoo accuracy (ranks)", "a accuracy"]


# Columns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "title"),
    [
        ({"data": {"sha256": {"test": "f" * 64}}}, "reviews accuracy data ffffffff"),
        ({"task": {"version": 2}}, "reviews accuracy v2"),
        ({"task": {"limit": 100}}, "reviews accuracy (limit 100)"),
        ({"task": {"limit": 0.1}}, "reviews accuracy (limit 0.1)"),
        ({"data": {"sample": True}}, "reviews accuracy (sample)"),
        (
            {"task": {"split": "dev"}, "data": {"sha256": {"dev": "a" * 64}}},
            "reviews accuracy (split dev)",
        ),
        ({"data": {"sample": True}, "task": {"limit": 5}}, "reviews accuracy (sample, limit 5)"),
    ],
    ids=str,
)
def test_other_conditions_make_another_column_that_says_so(tmp_path, show, run, title):
    fake_run(tmp_path, "a", FAR)
    fake_run(tmp_path, "a", MIDDLE, run=run)
    found = show()
    assert len(found.rows) == 1
    assert title in found.titles.values()
    assert len(set(found.titles.values())) == 2


def test_another_signature_of_the_metric_makes_another_column(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    newer = fake_run(tmp_path, "a", MIDDLE)
    run = run_file.read_run(newer)
    run.metrics["accuracy"].signature = "accuracy|v:2|n:200"
    run_file.write_run(newer, run)
    assert list(show().titles.values()) == ["reviews accuracy accuracy|v:1", "reviews accuracy accuracy|v:2"]


def test_samples_stand_after_the_datasets(tmp_path, show):
    fake_run(tmp_path, "a", FAR, task="abc", run={"data": {"sample": True}})
    fake_run(tmp_path, "a", FAR, task="xyz")
    assert [column.task for column in show().columns] == ["xyz", "abc"]


# Which run of a row ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "value"),
    [
        ([("complete", "01", "11"), ("complete", "02", "10")], 0.5),
        ([("complete", "02", "11"), ("complete", "01", "10")], 1.0),
        ([("complete", "01", "11"), ("partial", "02", "10")], 1.0),
        ([("partial", "01", "11"), ("partial", "02", "10")], 0.5),
    ],
    ids=["later", "later, written first", "complete", "later partial"],
)
def test_the_latest_complete_run_of_a_row_wins(tmp_path, show, runs, value):
    for status, day, answers in runs:
        fake_run(tmp_path, "a", answers, run={"status": status, "started": f"2026-01-{day}T00:00:00+00:00"})
    (row,) = show().rows
    assert row.some.value == value


def test_a_system_that_never_answered_is_named(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    fake_run(tmp_path, "b", "xx", run={"status": "failed"})
    assert "No answers: b on reviews (failed, 2 requests failed)." in render.markdown(show())


def test_a_system_that_answered_in_another_run_is_not_named_for_the_one_that_failed(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    fake_run(tmp_path, "a", "xx", run={"status": "failed"})
    assert "No answers" not in render.markdown(show())


def test_a_board_of_failures_says_so(tmp_path, show):
    fake_run(tmp_path, "b", "xx", run={"status": "failed"})
    assert render.markdown(show()).startswith("No answers: b on reviews")


# Beside a figure -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "run", "shown"),
    [
        ("11", {}, "1.0000 [0.3424, 1.0000]"),
        ("11", {"status": "partial"}, "1.0000 [0.3424, 1.0000] (partial)"),
        ("11x", {}, "1.0000 [0.3424, 1.0000] (1 failed)"),
        ("11", {"counts": {"cached": 2, "truncated": 1}}, "1.0000 [0.3424, 1.0000] (2 cached, 1 truncated)"),
        ("11x", {"status": "partial"}, "1.0000 [0.3424, 1.0000] (partial, 1 failed)"),
        ("-", {}, "0.0000 (1 unanswered)"),
        ("-", {"unanswered_because": {"length": 9}}, "0.0000 (1 unanswered (length))"),
        ("1", {}, "1.0000"),
        ("1", {"metrics": {"accuracy": None}}, None),
    ],
    ids=str,
)
def test_what_weakens_a_figure_stands_beside_it(tmp_path, show, warnings, answers, run, shown):
    directory = fake_run(tmp_path, "a", answers, run=run)
    if shown is None:
        assert not show().rows
        assert str(directory / "run.json") in warnings[0]
    else:
        assert cells(show()) == {"a": [shown]}


def test_a_figure_that_is_not_a_number_is_undefined_and_stands_last(tmp_path, show):
    directory = fake_run(tmp_path, "mute", MIDDLE)
    run = run_file.read_run(directory)
    main = run.metrics["accuracy"]
    main.value = main.ci_low = main.ci_high = main.stderr = None
    run_file.write_run(directory, run)
    fake_run(tmp_path, "poor", MIDDLE)
    found = show()
    assert [row.system for row in found.rows] == ["poor", "mute"]
    assert cells(found)["mute"] == ["undefined"]


def test_a_system_that_was_fitted_says_on_how_many_examples(tmp_path, show):
    fit = {"seconds": 2.0, "examples": 150_000, "reused": True}
    fake_run(tmp_path, "tfidf", FAR, run={"fit": fit})
    fake_run(tmp_path, "random", MIDDLE)
    header, _, first, second, *_ = render.markdown(show()).split("\n")
    column = header.split("|").index(" trained on ")
    assert [line.split("|")[column].strip() for line in (first, second)] == ["150,000", ""]


def test_what_is_the_same_in_every_column_stands_once(tmp_path, show):
    for task, limit, examples in (("a", None, 150), ("b", None, 150), ("c", 100, 20)):
        fit = {"seconds": examples / 100, "examples": examples, "reused": task == "b"}
        fake_run(tmp_path, "nb", FAR[:100] if limit else FAR, task=task, run={"fit": fit})
    names, _, line, *_ = [row.strip().strip("|").split("|") for row in render.markdown(show()).split("\n")]
    row = dict(zip(map(str.strip, names), map(str.strip, line), strict=True))
    assert (row["trained on"], row["n"], row["fit s"]) == ("150 / 20", "200 / 100", "1.7")


def test_what_nobody_measured_has_no_column(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    header = render.markdown(show()).split("\n")[0]
    assert "USD" not in header
    assert "trained on" not in header
    assert "p95" not in header


def test_what_was_measured_has_a_column(tmp_path, show):
    run = {"cost": {"per_1k_examples": 0.25}, "latency_s": {"e2e": {"p95": 0.00001}}}
    fake_run(tmp_path, "a", FAR, run=run)
    lines = render.markdown(show()).split("\n")
    assert [cell.strip() for cell in lines[0].split("|")[-4:-1]] == ["examples/s", "p95 s", "USD/1k"]
    assert [cell.strip() for cell in lines[2].split("|")[-4:-1]] == ["100", "<0.0001", "0.25"]


# Published figures -----------------------------------------------------------------------------------

REFERENCE = {
    "reference": [
        {"system": "KoAlpaca", "accuracy": 0.694, "source": "a lecture", "note": "subset not stated"},
        {
            "system": "Best",
            "accuracy": 0.9,
            "macro_f1": 0.8,
            "source": "a paper",
            "n": 100,
            "template": "plain",
        },
    ]
}


def test_published_figures_stand_apart_without_a_rank(tmp_path, show):
    fake_run(tmp_path, "a", MIDDLE, changes=REFERENCE)
    found = show()
    assert places(found) == {"a": 1}
    assert [(one.system, one.value) for one in found.published] == [("Best", 0.9), ("KoAlpaca", 0.694)]
    ours, _, published = render.markdown(found).partition("published, not ranked")
    assert "Best" not in ours
    assert "subset not stated; a lecture" in published


def test_published_figures_are_about_the_dataset_and_not_about_a_sample(tmp_path, show):
    fake_run(tmp_path, "a", MIDDLE, changes=REFERENCE, run={"data": {"sample": True}})
    assert show().published == []


def test_published_figures_are_of_the_metric_that_is_shown(tmp_path, show):
    fake_run(tmp_path, "a", MIDDLE, changes=REFERENCE)
    assert [(p.system, p.metric, p.value) for p in show(sort="macro_f1").published] == [
        ("Best", "macro_f1", 0.8)
    ]


def test_published_figures_of_a_task_stand_once(tmp_path, show):
    fake_run(tmp_path, "a", MIDDLE, changes=REFERENCE)
    fake_run(tmp_path, "b", MIDDLE, changes=REFERENCE)
    fake_run(tmp_path, "b", MIDDLE, changes=REFERENCE, run={"task": {"limit": 10}})
    assert len(show().published) == 2


def test_published_figures_are_those_of_the_latest_run(tmp_path, show):
    fake_run(tmp_path, "a", MIDDLE, changes=REFERENCE, run={"started": "2026-01-02"})
    fake_run(tmp_path, "b", MIDDLE, run={"started": "2026-01-03"})
    assert show().published == []


# --group and --sort ----------------------------------------------------------------------------------


def test_a_group_keeps_the_tasks_with_its_tag(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    fake_run(tmp_path, "a", FAR, task="glue", changes={"tags": ["english"]})
    assert [column.task for column in show(group="english").columns] == ["glue"]


def test_a_tag_that_no_run_has_is_a_mistake(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    with pytest.raises(BadInput, match=r"--group koran: .* Did you mean 'korean'"):
        show(group="koran")


def test_sort_by_a_task_ranks_by_its_column(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    fake_run(tmp_path, "b", MIDDLE)
    fake_run(tmp_path, "a", MIDDLE, task="zoo")
    fake_run(tmp_path, "b", FAR, task="zoo")
    assert [list(places(show(sort=sort))) for sort in (None, "zoo")] == [["a", "b"], ["b", "a"]]


def test_sort_by_another_metric_shows_that_metric(tmp_path, show):
    fake_run(tmp_path, "silent", "1" * 150 + "-" * 50)
    fake_run(tmp_path, "talker", "1" * 100 + "0" * 100)
    found = show(sort="unanswered")
    assert cells(found)["talker"] == ["0.0000 [0.0000, 0.0188]"]
    assert list(places(found).items()) == [("talker", 1), ("silent", 2)]


def test_sort_by_nothing_known_is_a_mistake(tmp_path, show):
    fake_run(tmp_path, "a", FAR)
    with pytest.raises(BadInput, match=r"--sort acuracy: .* Did you mean 'accuracy'"):
        show(sort="acuracy")


# Stable ----------------------------------------------------------------------------------------------


def many(folder: Path) -> None:
    for number, (system, task) in enumerate(itertools.product("가bc", ("reviews", "zoo", "나"))):
        fake_run(folder, system, random.Random(number).choices("10", k=60), task=task, changes=REFERENCE)
    fake_run(folder, "broken", "x", run={"status": "failed"})


def test_the_order_of_the_runs_changes_nothing(tmp_path, warnings):
    many(tmp_path)
    entries = load([tmp_path], warnings.append)
    seen = set()
    for seed in range(5):
        random.Random(seed).shuffle(entries)
        found = board(entries, warnings.append)
        seen.add((render.markdown(found), render.as_csv(found), orjson.dumps(render.as_json(found))))
    assert len(seen) == 1


def test_a_run_that_is_named_twice_stands_once(tmp_path, warnings):
    directory = fake_run(tmp_path, "a", FAR)
    assert len(load([tmp_path, directory, tmp_path / "reviews"], warnings.append)) == 1


def test_markdown_holds_no_time_of_day_and_no_place(tmp_path, show):
    directory = fake_run(tmp_path, "a", FAR, run={"id": "20260102T030405Z-1a2b3c4d"})
    text = render.markdown(show())
    assert not re.search(r"2026|\d\d:\d\d|1a2b3c4d", text)
    assert directory.name not in text


def test_every_line_of_a_table_is_equally_wide(tmp_path, show):
    many(tmp_path)
    for table in re.split(r"\n\n", render.markdown(show())):
        lines = [line for line in table.split("\n") if line.startswith("|")]
        assert len({width(line) for line in lines}) <= 1
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) <= 1


# Names from strangers --------------------------------------------------------------------------------

HOSTILE = [
    "a|b",
    "two\nlines",
    "carriage\rreturn",
    "\x1b[31mred\x1b[0m",
    "exa\u202eenoaxe",
    "<script>alert(1)</script>",
    "[click](https://example.com)",
    "`code` *bold* ~~gone~~",
    "__init__",
    "back\\slash|pipe",
    "&lt;b&gt;",
    "=cmd|' /C calc'!A0",
    "  =1+1",
    "\t=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    'quo"te,comma;semicolon',
    "이름 | 이름",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_breaks_out_of_its_cell_in_markdown(tmp_path, show, name):
    reference = {"reference": [{"system": name, "accuracy": 0.5, "source": name, "note": name}]}
    fake_run(tmp_path, name, FAR, task="plain", changes=reference)
    fake_run(
        tmp_path, "b", "x", task="plain", run={"label": name, "task": {"name": name}, "status": "failed"}
    )
    text = render.markdown(show())
    lines = [line for line in text.split("\n") if line.startswith("|")]
    assert len(lines) == 6
    assert [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines] == [7] * 3 + [6] * 3
    assert all(line.isprintable() for line in text.split("\n"))
    assert not re.search(r"(?<!\\)(?:\\\\)*(<[a-z/!]|`|\*|~|\]\()", text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nsmc_fewshot", "nsmc_fewshot"),
        ("dummy [temperature=0.7, stop=a]", "dummy [temperature=0.7, stop=a]"),
        ("EXAONE 3.5 (2.4B)", "EXAONE 3.5 (2.4B)"),
        ("p < 0.05", "p < 0.05"),
        ("Q&A", "Q&A"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("한국어 이름", "한국어 이름"),
        ("_private", "\\_private"),
        ("a|b", "a\\|b"),
    ],
)
def test_ordinary_names_stay_as_they_are_in_markdown(name, shown):
    assert escaped(name) == shown


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_breaks_out_of_its_cell_in_csv(tmp_path, show, name):
    fake_run(tmp_path, name, FAR, task="plain")
    rows = list(csv.reader(io.StringIO(render.as_csv(show()).removeprefix("\ufeff"))))
    assert len(rows) == 2
    assert len(rows[0]) == len(rows[1])
    assert all(cell.isprintable() for cell in rows[1])
    assert not rows[1][1].lstrip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        (" =1", "'=1"),
        ("\t=1", "'=1"),
        ("＠x", "'＠x"),
        ("a=1", "a=1"),
        (-1.5, -1.5),
        (None, ""),
        (0, 0),
    ],
)
def test_only_text_that_would_be_a_formula_gets_a_quote(cell, shown):
    assert render.harmless(cell) == shown


def test_no_text_in_csv_is_left_unquoted(tmp_path, show):
    """Where a semicolon separates cells, `x;=1+1` outside quotes would start a formula."""
    fake_run(tmp_path, "x;=1+1", FAR)
    assert '"x;=1+1"' in render.as_csv(show())


# JSON and CSV ----------------------------------------------------------------------------------------


def test_csv_opens_in_a_spreadsheet(tmp_path, show):
    fake_run(tmp_path, "한글", FAR, changes=REFERENCE)
    fake_run(tmp_path, "한글", FAR, task="zoo", changes=REFERENCE)
    text = render.as_csv(show())
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["rank"], row["system"], row["task"]) for row in rows[:2]] == [
        ("", "한글", "reviews"),  # of several tasks one system has no order
        ("", "한글", "zoo"),
    ]
    assert [float(rows[0][key]) for key in ("value", "n")] == [0.9, 200]
    assert [(row["system"], row["marks"]) for row in rows[2:4]] == [
        ("Best", "not ranked"),
        ("KoAlpaca", "not ranked"),
    ]


def test_json_holds_the_names_as_they_are(tmp_path, show):
    fake_run(tmp_path, "a|\x1b[31m", FAR + "x", changes=REFERENCE)
    found = orjson.loads(orjson.dumps(render.as_json(show())))
    (row,) = found["rows"]
    assert (row["rank"], row["system"]) == (1, "a|\x1b[31m")
    assert row["cells"][0]["value"] == 0.9
    assert row["cells"][0]["marks"] == ["1 failed"]
    assert found["ranked_by"] == found["columns"][0]["title"] == "reviews accuracy"
    assert [one["ranked"] for one in found["published"]] == [False, False]


def test_json_names_the_systems_without_answers(tmp_path, show):
    fake_run(tmp_path, "b", "x", run={"status": "failed"})
    assert render.as_json(show())["no_answers"] == [{"system": "b", "task": "reviews", "status": "failed"}]


# Damaged runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"schema_version": 1, "label"',
        b"[]",
        b'{"schema_version": 1}',
        b'{"schema_version": 99}',
        b"\xff",
    ],
    ids=repr,
)
def test_a_torn_run_is_left_out_and_named(tmp_path, show, warnings, content):
    fake_run(tmp_path, "a", FAR)
    torn = fake_run(tmp_path, "b", FAR) / "run.json"
    torn.write_bytes(content)
    assert places(show()) == {"a": 1}
    (warning,) = warnings
    assert str(torn) in warning


def test_a_torn_run_that_was_named_is_a_mistake(tmp_path, warnings):
    directory = fake_run(tmp_path, "a", FAR)
    (directory / "run.json").write_text("{")
    with pytest.raises(BadInput, match=r"run\.json"):
        load([directory], warnings.append)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"PK\x03\x04 torn"),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"metric:accuracy", b"metric:accurate")),
    ],
    ids=["missing", "empty", "torn at once", "torn late", "another metric"],
)
def test_a_run_without_statistics_is_shown_without_a_rank(tmp_path, show, warnings, damage):
    fake_run(tmp_path, "a", MIDDLE)
    fake_run(tmp_path, "c", OTHER)
    lost = fake_run(tmp_path, "b", FAR) / "statistics.npz"
    damage(lost)
    assert list(places(show()).items()) == [("a", 1), ("c", 1), ("b", None)]
    (warning,) = warnings
    assert str(lost) in warning
    assert "harness rescore" in warning


def test_statistics_of_another_length_than_their_ids_are_not_ranked(tmp_path, show, warnings):
    directory = fake_run(tmp_path, "a", "10")
    kept = dict(np.load(directory / "statistics.npz"))
    np.savez(directory / "statistics.npz", **{**kept, "repeats": kept["repeats"][:1]})
    assert places(show()) == {"a": None}
    assert str(directory / "statistics.npz") in warnings[0]


def test_a_run_that_lost_its_task_is_ranked_by_the_others_metric(tmp_path, show, warnings):
    (fake_run(tmp_path, "a", FAR) / "task.yaml").unlink()
    fake_run(tmp_path, "b", MIDDLE, run={"started": "2027-01-01"})
    assert places(show()) == {"a": 1, "b": 2}
    assert warnings == []


def test_runs_that_all_lost_their_task_are_shown_without_ranks(tmp_path, show, warnings):
    lost = fake_run(tmp_path, "a", FAR) / "task.yaml"
    lost.unlink()
    assert places(show()) == {"a": None}
    assert all(str(lost) in warning for warning in warnings)


# Cost ------------------------------------------------------------------------------------------------


def copies(folder: Path, count: int, examples: int, *, lacking: int = 0) -> None:
    """Write runs with drawn answers, each of them `lacking` so many examples of its own."""
    first = fake_run(folder, "first", "10")
    run, task = run_file.read_run(first), (first / "task.yaml").read_bytes()
    for number in range(count):
        draw = np.random.default_rng(number)
        directory = folder / "copies" / str(number)
        directory.mkdir(parents=True)
        run_file.write_run(directory, run.model_copy(update={"label": f"system {number}"}))
        (directory / "task.yaml").write_bytes(task)
        ids = [str(n) for n in range(examples) if not number <= n < number + lacking]
        np.savez(
            directory / "statistics.npz",
            ids=np.frombuffer("\n".join(ids).encode(), np.uint8),
            repeats=np.zeros(len(ids), np.int64),
            **{"metric:accuracy": draw.integers(2, size=(len(ids), 1)).astype(float)},
        )
    shutil.rmtree(first)


@pytest.mark.parametrize("lacking", [0, 1], ids=["same examples", "each with a failure of its own"])
def test_two_hundred_runs_take_little_time(tmp_path, show, lacking):
    copies(tmp_path, 200, 1000, lacking=lacking)
    began = time.process_time()
    assert len(show().rows) == 200
    assert time.process_time() - began < (6 if lacking else 1.5)


def test_a_board_reads_no_journal(tmp_path, show):
    (fake_run(tmp_path, "a", FAR) / "samples.jsonl").mkdir()
    assert places(show()) == {"a": 1}
