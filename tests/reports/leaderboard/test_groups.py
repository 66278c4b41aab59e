"""Scores of groups on the leaderboard: who has one, who lacks what, and what is said beside it."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from harness.config import documents
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import Board, board
from harness.reports.run import load
from harness.stats.intervals import wilson
from tests.support.fake_runs import TASK, fake_run

GROUP = """\
score: {scale: 100}
members: [a, {task: b, metrics: [accuracy, macro_f1]}, c]
reference:
- {system: Famous, score: 81.9, figures: {a: 90, b: 80.5}, source: a paper, note: test-server figures}
- {system: Unknown, source: another}
"""
SAMPLE = {"data": {"sample": True, "sha256": {"test": "0"}}}
PARTIAL = {"run": {"status": "partial"}}


def data(split: str) -> dict[str, Any]:
    """Return what a run says of data that no other run has."""
    return {"data": {"sample": False, "sha256": {split: "other"}}}


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> Any:
    """Return the board of the runs in a project that has the group `three` of the tasks a, b, c."""
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        write(f"tasks/{name}.yaml", documents.dump(TASK))
    write("tasks/three.yaml", GROUP)

    def made(**how: Any) -> Board:
        return board(load([tmp_path / "runs"], warnings.append), warnings.append, **how)

    return made


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def ran(system: str = "tfidf", how: dict[str, Any] | None = None, **answers: str) -> None:
    """Write a run of each task, with its answers as `fake_run` reads them."""
    for task, text in answers.items():
        fake_run(Path("runs"), system, text, task=task, **(how or {}))


def rows(found: Board) -> list[dict[str, str]]:
    """Return the rows of the group tables in Markdown, cell by heading."""
    kept: list[dict[str, str]] = []
    header: list[str] = []
    for line in render.markdown(found).split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "members" in cells or line.startswith("| published, not ranked: three"):
            header = cells
        elif not line.startswith("|"):
            header = []
        elif header and not line.startswith("|-"):
            kept.append(dict(zip(header, cells, strict=True)))
    return kept


def test_a_system_that_ran_all_members_has_the_mean_of_their_figures(show):
    ran(a="1110" * 5, b="1111" * 5, c="1010" * 5)
    (row, *_) = rows(show())
    figures = (row["a"], row["b accuracy+macro_f1"], row["c"])
    assert (row["three"], *figures) == ("tfidf", "75.0", "100.0", "50.0")
    assert row["score"].startswith("75.0 [")
    assert row["members"] == "3 of 3"


def test_its_interval_is_put_together_from_the_members_own(show):
    write("tasks/three.yaml", "score: {}\nmembers: [a, c]\n")
    ran(a="1110" * 25, c="10" * 50)
    (table,) = show().groups
    score = table.rows[0].score
    ends = [wilson(75, 100), wilson(50, 100)]
    below = ((0.75 - ends[0][0]) ** 2 + (0.5 - ends[1][0]) ** 2) ** 0.5 / 2
    above = ((ends[0][1] - 0.75) ** 2 + (ends[1][1] - 0.5) ** 2) ** 0.5 / 2
    assert (score.value, score.low, score.high) == pytest.approx((0.625, 0.625 - below, 0.625 + above))
    assert score.n == 200


def test_without_a_member_there_is_no_score_and_the_missing_are_named(show):
    ran(a="11")
    ran(b="1x", how=PARTIAL)
    (row, *_) = rows(show(named=["three"]))
    assert row["score"] == ""
    assert row["members"] == "1 of 3; without b (partial), c"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"changes": {"version": 2}}, "version 2 was run, and this is 1"),
        ({"run": {"task": {"split": "dev"}, **data("dev")}}, "split dev was run"),
        ({"changes": {"metrics": ["accuracy"]}}, "no macro_f1; rescore it"),
    ],
)  # fmt: skip
def test_a_run_that_does_not_fit_is_missing_and_says_why(show, how, why):
    ran(a="11", c="11")
    ran(b="11", how=how)
    (row, *_) = rows(show())
    assert row["members"].replace("\\", "") == f"2 of 3; without b ({why})"


def test_the_latest_complete_run_of_a_member_counts(show):
    ran(a="00" * 10)
    ran(a="11" * 10, b="11" * 10, c="11" * 10)
    ran(a="0x" * 10, how=PARTIAL)
    assert rows(show())[0]["score"].startswith("100.0 [")


def test_the_highest_score_stands_first_and_those_without_one_last(show):
    ran("middle", a="1100", b="1100", c="1100")
    ran("best", a="1111", b="1111", c="1111")
    ran("short", a="1111", b="1111")
    systems = [row["three"] for row in rows(show()) if row.get("members")]
    assert systems == ["best", "middle", "short"]


def test_sample_and_limit_make_tables_of_their_own(show):
    for how in ({}, {"run": SAMPLE}, {"run": {"task": {"limit": 2}}}):
        ran(a="11", b="11", how=how)
    assert [table.title for table in show().groups] == ["three", "three (limit 2)", "three (sample)"]


def test_what_is_to_be_known_of_a_members_run_is_said_beside_the_score(show):
    ran(a="111x", b="1111", c="1111")
    assert rows(show())[0]["members"] == "3 of 3; a: 1 failed"


def test_figures_over_other_data_than_the_latest_are_marked(show):
    ran("old", a="11", c="11")
    ran("old", b="11", how={"run": data("test")})
    ran("new", a="11", b="11", c="11")
    said = {row["three"]: row["members"] for row in rows(show()) if "members" in row}
    assert said == {"old": "3 of 3; b: other data than new", "new": "3 of 3"}


def test_a_group_is_shown_for_half_of_its_members_or_if_it_is_named(show):
    ran(a="11")
    assert show().groups == []
    assert len(show(named=["three"]).groups) == 1
    assert len(show(group="three").groups) == 1
    ran(c="11")
    assert len(show().groups) == 1


def test_a_group_is_named_by_its_path_too_and_in_pieces(show):
    ran(a="11")
    write("elsewhere/mine.yaml", "score: {}\nmembers: [a, b]\n")
    write("tasks/셋.yaml", GROUP)
    assert [t.group.name for t in show(named=["elsewhere/mine.yaml"]).groups] == ["mine"]
    assert [t.group.name for t in show(named=["tasks/three.yaml"]).groups] == ["three"]
    assert [t.group.name for t in show(named=[unicodedata.normalize("NFD", "셋")]).groups] == ["셋"]


def test_a_groups_name_shows_the_columns_of_its_members_only(show):
    ran(a="11", other="11", how={"changes": {"tags": []}})
    assert [column.task for column in show(group="three").columns] == ["a"]


def test_published_scores_stand_apart_the_highest_first(show):
    ran(a="11", b="11")
    famous, unknown = [row for row in rows(show()) if "source" in row]
    assert famous == {
        "published, not ranked: three": "Famous", "score": "81.9", "a": "90.0", "b accuracy+macro_f1": "80.5",
        "c": "", "source": "test-server figures; a paper",
    }  # fmt: skip
    assert (unknown["score"], unknown["source"]) == ("", "another")


def test_published_scores_do_not_stand_beside_the_sample(show):
    ran(a="11", b="11", how={"run": SAMPLE})
    assert not [row for row in rows(show()) if "source" in row]


def test_json_has_the_figures_on_the_groups_scale_and_the_reasons(show):
    ran(a="1110", b="1111")
    (group,) = render.as_json(show())["groups"]
    (row,) = group["rows"]
    assert (group["group"], group["scale"], group["members"]["b"]) == ("three", 100, ["accuracy", "macro_f1"])
    assert (row["score"], row["missing"], row["figures"]["a"]["value"]) == (None, {"c": "not run"}, 75)
    assert [one["system"] for one in group["published"]] == ["Famous", "Unknown"]


def test_csv_has_a_line_a_score(show):
    ran(a="1110", b="1111", c="1010")
    lines = csv.DictReader(io.StringIO(render.as_csv(show()).removeprefix("\ufeff")))
    keys = ("system", "kind", "value", "unit", "marks")
    assert [[line[key] for key in keys] for line in lines if line["task"] == "three"] == [
        ["tfidf", "group", "75.0", "0-100", "3 of 3"],
        ["Famous", "published", "81.9", "0-100", "not ranked"],
        ["Unknown", "published", "", "0-100", "not ranked"],
    ]


def test_a_broken_group_is_named_and_hides_nothing(show, warnings):
    write("tasks/three.yaml", "score: {}\nmembers: [a, {task: b, metrics: [rouge1]}]\n")
    ran(a="11", b="11")
    assert [row.system for row in show().rows] == ["tfidf"]
    (warning,) = warnings
    assert warning.startswith("no score of three: ")
    assert "three.yaml:2: 'rouge1' is no metric of b." in warning


def test_a_large_group_is_shown_without_its_members_one_by_one(show):
    names = [f"t{number:02}" for number in range(13)]
    for name in names:
        write(f"tasks/{name}.yaml", documents.dump(TASK))
        ran(**{name: "11"})
    write("tasks/many.yaml", f"score: {{}}\nmembers: [{', '.join(names)}]\n")
    (row,) = [row for row in rows(show()) if "many" in row]
    assert row.keys() == {"many", "score", "members"}
    assert row["members"] == "13 of 13"
