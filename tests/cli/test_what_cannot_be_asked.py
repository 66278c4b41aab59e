"""Tasks that a system cannot answer are refused before anything is run, and passed over in a sweep."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("task", "backend", "said"),
    [
        (
            "cifar10",
            "nb",
            "nb (nb) sees no pictures, and cifar10 is about some; adapters that can: dummy, majority,",
        ),
        ("cifar10", "huggingface", "huggingface (huggingface) sees no pictures"),
        ("mmlu", "tfidf", "tfidf needs options that all examples share; in mmlu each has its own"),
        ("click", "nb", "nb needs options that all examples share"),
        ("korsts", "nb", "nb (nb) cannot 'embed'; adapters that can: "),
    ],
)
def test_a_named_task_is_refused_in_one_line(shell, task, backend, said):
    ended = shell("run", "-t", task, "-b", backend, "--sample")
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.complaint
    assert not (shell.home / "runs").exists()


def test_in_a_sweep_it_is_a_line_and_the_others_run(shell):
    shell.write("tasks/both.yaml", "members: [click, klue_nli]\n")
    ended = shell("run", "-t", "both", "-b", "nb", "--sample", "--quiet")
    assert ended.code == 2
    assert "nb needs options that all examples share; in click each has its own" in ended.complaint
    assert "klue_nli accuracy" in ended.out


@pytest.mark.parametrize("backend", ["random", "dummy"])
def test_what_reads_no_input_may_be_asked_about_pictures(shell, backend):
    assert shell("run", "-t", "cifar10", "-b", backend, "--sample", "--quiet").code == 0


def test_a_sample_without_train_rows_stops_only_what_learns_from_them(shell):
    shell.write("tasks/both.yaml", "members: [stsbenchmark, korsts]\n")
    ended = shell("run", "-t", "both", "-b", "tfidf,ngrams", "--sample", "--quiet")
    assert ended.code == 2
    assert ended.complaint == "harness: the sample of stsbenchmark has no rows of the split 'train'"
    assert "ngrams" in ended.out
