"""A run's examples against its options, as a table."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.records import run_file
from harness.reports.option_matrix import as_csv, blocks, matrix
from harness.reports.writers.markdown import document
from tests.support.fake_runs import fake_run
from tests.support.shell import Shell

THREE = {"options": {"0": "고양이", "1": "개", "=2": "새"}}


def answered(directory: Path, *rows: tuple[str, str, list[float] | None, list[float] | None]) -> Path:
    """Write the journal of a run: id, target, scores and cosines of each example."""
    with (directory / run_file.SAMPLES).open("w") as journal:
        for name, target, scores, cosines in rows:
            response: dict[str, Any] = {"option_scores": scores, "error": None}
            if cosines is not None:
                response["similarities"] = cosines
            record = {"id": name, "repeat": 0, "response": response, "target": target}
            journal.write(json.dumps({**record, "prediction": None, "scores": {}}) + "\n")
    return directory


@pytest.fixture
def run(tmp_path) -> Path:
    return answered(
        fake_run(tmp_path, changes=THREE),
        ("a", "0", [-0.1, -2.5, -4.0], [0.9, 0.2, -0.1]),
        ("b|1", "=2", [-0.7, -0.7, -9.0], [0.31, 0.31, 0.02]),
        ("failed", "1", None, None),
    )


def test_cosines_stand_as_they_were_measured_with_the_rank_of_the_right_option(run):
    found = matrix(run, "cosine")
    assert [(row.name, row.values, row.rank) for row in found.rows] == [
        ("a", [0.9, 0.2, -0.1], 1),
        ("b|1", [0.31, 0.31, 0.02], 3),
    ]


def test_in_markdown_the_right_option_is_ticked(run):
    assert document(blocks(matrix(run, "cosine"))).splitlines()[:4] == [
        "| cosine |       0 |     1 |      =2 | rank |",
        "|--------|--------:|------:|--------:|-----:|",
        "| a      | 0.900 ✓ | 0.200 |  -0.100 |    1 |",
        "| b\\|1   |   0.310 | 0.310 | 0.020 ✓ |    3 |",
    ]


def test_probabilities_are_shares_of_all_options(run):
    for row in matrix(run, "probability").rows:
        assert sum(row.values) == pytest.approx(1)
    assert matrix(run, "probability").rows[1].values[0] == pytest.approx(0.5, abs=1e-3)


def test_in_csv_figures_are_whole_and_no_name_is_a_formula(run):
    lines = list(csv.reader(io.StringIO(as_csv(matrix(run, "cosine")))))
    assert lines == [
        ["id", "0", "1", "'=2", "target", "rank"],
        ["a", "0.9", "0.2", "-0.1", "0", "1"],
        ["b|1", "0.31", "0.31", "0.02", "'=2", "3"],
    ]


def test_scores_that_decide_nothing_have_no_row(tmp_path):
    directory = answered(fake_run(tmp_path), ("a", "0", [-1.0, -2.0], None), ("b", "1", [None, -1.0], None))
    assert [row.name for row in matrix(directory, "probability").rows] == ["a"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("cosine", "this run kept no cosines; --matrix probability may work"),
        ("distance", "a matrix is of cosine or probability, not distance"),
    ],
)
def test_what_a_run_did_not_keep_is_not_shown(tmp_path, what, said):
    directory = answered(fake_run(tmp_path), ("a", "0", [-1.0, -2.0], None))
    with pytest.raises(BadInput, match=said):
        matrix(directory, what)


def test_a_run_without_answers_has_no_matrix(tmp_path):
    with pytest.raises(BadInput, match="this run kept no scores of the options"):
        matrix(answered(fake_run(tmp_path)), "probability")


def test_examples_with_options_of_their_own_have_no_matrix(tmp_path):
    own = {
        "options": {},
        "options_from": "choices",
        "fields": {"id": "id", "choices": "choices", "input": "text", "target": "label"},
        "metrics": ["accuracy"],
    }
    with pytest.raises(BadInput, match="a matrix needs a task with the same options for all"):
        matrix(fake_run(tmp_path, changes=own), "probability")


class TestCommand:
    @pytest.fixture
    def shell(self, tmp_path, monkeypatch, capsys) -> Shell:
        monkeypatch.chdir(tmp_path)
        return Shell(tmp_path, monkeypatch, capsys)

    def test_it_shows_any_run_that_scored_options(self, shell):
        assert shell("run", "-t", "skimage_captions", "-b", "random", "--sample").code == 0
        (directory,) = (path.parent for path in shell.home.glob("runs/*/*/*/run.json"))
        said = shell("show", directory, "--matrix", "probability", "--format", "csv")
        lines = list(csv.reader(io.StringIO(said.out)))
        assert [line[0] for line in lines[1:]] == lines[0][1:9]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("nsmc_fewshot", "--matrix", "cosine"), "is neither a run directory nor a system with a run"),
            (("nsmc_fewshot", "-f", "csv"), "--format is about --matrix cosine or probability"),
            (("nsmc_fewshot", "--matrix", "cosine", "-f", "html"), "--format should be md or csv, not html"),
        ],
    )
    def test_what_it_cannot_show_it_says_in_one_line(self, shell, arguments, said):
        done = shell("show", *arguments)
        assert (done.code, said in done.complaint) == (2, True)
