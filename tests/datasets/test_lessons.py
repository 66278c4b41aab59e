"""What learners learn from: a seeded part, the same for all, and what of the test was in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.datasets import train_subset as lessons
from harness.schema import Example
from tests.support.running import Project, one_line, rows, said

TRAIN = [Example(f"t{n}", {"document": f"글 {n}"}, str(n % 2)) for n in range(200)]


def ids(found: lessons.TrainSubset) -> list[str]:
    return [example.id for example in found.rows]


def test_all_is_the_split_itself():
    assert lessons.of(TRAIN, [], seed=1).rows is TRAIN


def test_a_part_has_that_many_rows_in_file_order():
    found = ids(lessons.of(TRAIN, [], limit=50, seed=1))
    assert len(found) == 50
    assert found == [example.id for example in TRAIN if example.id in found]


def test_a_small_part_is_within_a_larger_one():
    small, large = (set(ids(lessons.of(TRAIN, [], limit=limit, seed=1))) for limit in (10, 0.5))
    assert (len(small), len(large)) == (10, 100)
    assert small < large


def test_a_part_depends_on_the_seed_and_on_no_order():
    drawn = set(ids(lessons.of(TRAIN, [], limit=20, seed=1)))
    assert set(ids(lessons.of(TRAIN[::-1], [], limit=20, seed=1))) == drawn
    assert set(ids(lessons.of(TRAIN, [], limit=20, seed=2))) != drawn


def test_a_limit_beyond_the_split_is_all_of_it():
    assert len(lessons.of(TRAIN, [], limit=10**6, seed=1).rows) == 200


def test_evaluated_inputs_that_were_learnt_are_counted():
    asked = [
        Example("a", {"document": "글  3"}),
        Example("b", {"document": "글 3"}),
        Example("c", {"document": "새 글"}),
    ]
    found = lessons.of(TRAIN, asked, seed=1)
    assert (found.leaked, found.dropped, len(found.rows)) == (2, 0, 200)


def test_rows_that_are_evaluated_can_be_left_out():
    found = lessons.of([*TRAIN, TRAIN[3]], [Example("a", {"document": "글 3"})], dedupe=True, seed=1)
    assert (found.leaked, found.dropped, len(found.rows)) == (0, 2, 199)


def test_what_is_left_out_does_not_count_towards_the_limit():
    found = lessons.of(TRAIN, TRAIN[:100], dedupe=True, limit=100, seed=1)
    assert ids(found) == [example.id for example in TRAIN[100:]]


def test_an_empty_input_gives_nothing_away():
    empty = [Example("e", {"document": " "}, "0")]
    found = lessons.of([*TRAIN, *empty], empty, dedupe=True, seed=1)
    assert (found.leaked, len(found.rows)) == (0, 201)


# as a user makes it


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    return project


RUN = ("run", "-t", "reviews", "--data-dir", "data", "-q")


def test_train_limits_make_a_grid_of_learners_alone(project):
    done = project.harness(*RUN, "-b", "nb,dummy", "--train-limit", "10,20,all")
    assert done.returncode == 0, done.stderr
    found = {said(run)["label"]: (said(run)["fit"] or {}).get("examples") for run in project.runs()}
    assert found == {"nb [train_limit=10]": 10, "nb [train_limit=20]": 20, "nb": 40, "dummy": None}
    assert "trained on" in done.stdout


def test_the_shots_are_the_same_whatever_is_learnt_from(project):
    text = (project.home / "tasks/reviews.yaml").read_text(encoding="utf-8")
    project.write("tasks/reviews.yaml", text + "shots: {k: 2, from: train}\n")
    project.harness(*RUN, "-b", "dummy")
    project.harness(*RUN, "-b", "dummy", "--train-limit", "10")
    assert len(project.runs()) == 1  # nothing that dummy reads is another


def test_a_part_and_a_deduped_split_are_fits_and_runs_of_their_own(project):
    project.reviews(train=rows(60, "t"))  # the last twenty are not in the test
    for more in ((), ("--train-limit", "10"), ("--dedupe-train",), ("--train-limit", "10", "--dedupe-train")):
        assert project.harness(*RUN, "-b", "nb", *more).returncode == 0
    runs = [said(run) for run in project.runs()]
    assert len({run["fingerprint"] for run in runs}) == 4
    assert not any(run["fit"]["reused"] for run in runs)


def test_a_run_says_how_much_of_the_test_was_learnt(project):
    new = [(f"n{n}", f"새 글 {n}", str(n % 2)) for n in range(6)]
    project.reviews(train=[*rows(10, "t"), ("x", "정말 재미있다 31", "1"), *new], test=rows(40))
    project.harness(*RUN, "-b", "nb")
    project.harness(*RUN, "-b", "nb", "--dedupe-train")
    first, second = (said(run)["data"] for run in project.runs())
    assert (first["leaked"], first["dropped_from_train"]) == (11, 0)
    assert (second["leaked"], second["dropped_from_train"]) == (0, 11)


def test_the_board_says_which_systems_learnt_what_they_were_asked(project):
    project.reviews(train=[*rows(10, "t"), *((f"n{n}", f"새 글 {n}", str(n % 2)) for n in range(10))])
    done = project.harness(*RUN, "-b", "nb,majority")
    assert "of its examples 10 in the train split of " in done.stdout
    assert " too (--dedupe-train)" in done.stdout


def test_a_resumed_run_learns_from_the_same_part(project):
    project.harness(*RUN, "-b", "nb", "--train-limit", "10")
    run = project.only()
    (run / "samples.jsonl").unlink()
    document = (
        (run / "run.json").read_text(encoding="utf-8").replace('"status": "complete"', '"status": "partial"')
    )
    (run / "run.json").write_text(document, encoding="utf-8")
    done = project.harness("run", "--resume", run, "--data-dir", "data", "-q")
    assert done.returncode == 0, done.stderr
    assert said(run)["fit"]["examples"] == 10


@pytest.mark.parametrize("limit", ["0", "-3", "many", "1.5", ","])
def test_a_part_that_is_none_is_told(project, limit):
    done = project.harness(*RUN, "-b", "nb", f"--train-limit={limit}")
    assert done.returncode == 2
    assert "--train-limit" in one_line(done)


def test_python_says_it_in_the_same_words(project, monkeypatch):
    from harness import run

    monkeypatch.chdir(project.home)
    monkeypatch.setenv("HARNESS_CACHE", project.env["HARNESS_CACHE"])
    found = run("reviews", "nb", data_dir="data", train_limit=[10, "all"], dedupe_train=False)
    assert [one.system for one in found] == ["nb [train_limit=10]", "nb"]
