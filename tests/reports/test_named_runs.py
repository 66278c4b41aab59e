"""Runs are named as the board prints their systems; what is not plain is told with the command to type."""

from __future__ import annotations

import pytest

from tests.support.fake_runs import fake_run


@pytest.fixture
def board(shell):
    """Two systems on two tasks, of which one ran one of them again."""
    for task in ("reviews", "topics"):
        for name, answers in (("nb", "1110"), ("tfidf", "0110")):
            fake_run(shell.home / "runs", name, answers, task=task)
    return shell


def test_a_task_and_a_system_name_a_run(board):
    said = board("compare", "reviews/nb", "reviews/tfidf")
    assert said.code == 0
    assert "* A: nb on reviews, runs/" in said.out


def test_systems_that_share_one_task_need_no_more(board):
    fake_run(board.home / "runs", "svm", "1111", task="topics")
    said = board("compare", "svm", "nb")
    assert "* B: nb on topics, runs/" in said.out


def test_systems_that_share_several_are_told_what_to_type(board):
    assert board("compare", "nb", "tfidf").complaint == (
        "harness: nb and tfidf both ran reviews, topics; name the task too: "
        "harness compare reviews/nb reviews/tfidf"
    )


def test_of_runs_again_the_latest_that_is_complete_counts(board):
    again = fake_run(board.home / "runs", "nb", "1111", task="reviews")
    assert f"runs{str(again).rpartition('runs')[2]}" in board("compare", "reviews/nb", "reviews/tfidf").out


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "compare nbb tfidf",
            "nbb is neither a run directory nor a system with a run in runs. Did you mean 'nb'?",
        ),
        ("compare nb tfidf --runs-dir no", "nb is neither a run directory nor a system with a run in no."),
        ("export nb --out x", "nb has 2 runs; name one: reviews/nb, topics/nb"),
    ],
)
def test_a_name_that_is_none_or_several_is_told_what_there_is(board, command, told):
    assert board(*command.split()).complaint == f"harness: {told}"


def test_show_shows_a_run_by_its_name(board):
    assert "label: nb\n" in board("show", "reviews/nb").out


def test_python_takes_the_names_too(board):
    import harness

    assert harness.compare("reviews/nb", "reviews/tfidf").pairs.n == 4
