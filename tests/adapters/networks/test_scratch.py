"""The networks as a user meets them: from the command to the board, killed, reused, and without torch."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import plugins
from harness.backends import backend as backends
from harness.errors import BadInput, Unavailable
from harness.schema import Decoding, Profile
from tests.support.running import PATIENCE, Project, here, one_line, outcome, records_of, rows, said

NAMES = ("lstm", "cnn_text", "transformer", "transformer_pretrained", "word2vec")
HERE = all(importlib.util.find_spec(name) for name in ("torch", "tokenizers"))

needs_torch = pytest.mark.skipif(not HERE, reason="needs torch and tokenizers")

SMALL = ("-m", "vocabulary=200", "-m", "dim=16", "-m", "batch_rows=16", "-m", "learning_rate=0.02")
RUN = ("run", "-t", "reviews", "--data-dir", "data", *SMALL)

PAIRS = """\
version: 1
description: Pairs written for a test
data:
  format: tsv
  files: {train: pairs/train.tsv, test: pairs/test.tsv}
fields: {id: id, sentence1: left, sentence2: right, target: score}
ask: embed
metrics: [pearson]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.env["OMP_NUM_THREADS"] = "1"
    project.reviews(train=rows(120, "t"))
    return project


# Without torch


@pytest.mark.parametrize("name", NAMES)
def test_without_torch_they_say_what_to_install(monkeypatch, name):
    monkeypatch.setattr(plugins, "is_installed", lambda module: False)
    with pytest.raises(Unavailable) as caught:
        backends.load(name).require("choose", Decoding(), trust_remote_code=False)
    assert str(caught.value) == f"{name} needs torch, tokenizers: pip install 'harness-ko[torch]'"


def test_importing_their_adapters_imports_neither_torch_nor_numpy():
    code = "import sys, harness.adapters.networks.classifiers as _; "
    code += "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_classical_systems_work_where_torch_cannot_be_imported(project):
    project.write("site/torch.py", "raise ImportError('not here')\n")
    project.write("site/tokenizers.py", "raise ImportError('not here')\n")
    project.env["PYTHONPATH"] = str(project.home / "site")
    done = project.harness("run", "-t", "reviews", "-b", "majority,nb,tfidf", "--data-dir", "data")
    assert done.returncode == 0, done.stderr


# Before any work


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("transformer", {"heads": 3}, "heads 3: should divide dim 128"),
        ("lstm", {"hidden": 0}, "hidden 0: must be at least 1"),
        ("lstm", {"dropout": 1.0}, "dropout 1.0: should be from 0 to below 1"),
        ("cnn_text", {"widths": ["a"]}, "should be numbers of tokens"),
        ("word2vec", {"epochs": 0}, "epochs 0: must be above 0"),
    ],
)
@needs_torch
def test_a_setting_out_of_range_is_told(name, settings, told):
    made = plugins.load(plugins.adapters()[name].target)
    with pytest.raises(BadInput) as caught:
        made(Profile("mine", name, settings=settings))
    assert told in str(caught.value)


def test_options_of_an_examples_own_are_refused(project):
    done = project.harness("run", "-t", "click", "-b", "lstm", "--sample")
    assert done.returncode in (2, 3)
    if HERE:
        assert "needs options that all examples share" in one_line(done)


# What is too long to be read whole

WORDY = [("short", "하나 둘 셋 넷", "1"), ("long", "하나 둘 셋 넷 다섯", "0"), ("empty", "", "0")]
FOUR_WORDS = {"tokeniser": "word", "max_tokens": 4, "dim": 16, "epochs": 1}


@pytest.mark.parametrize("name", ["lstm", "cnn_text", "transformer", "word2vec"])
@needs_torch
def test_a_review_that_is_cut_is_counted(project, name):
    project.reviews(test=WORDY)
    done = here(project, name, FOUR_WORDS)
    cut = {record["id"]: record["response"]["truncated"] for record in records_of(done.directory)}
    assert cut == {"short": False, "long": True, "empty": False}
    assert done.run.counts.truncated == 1


@needs_torch
def test_a_pair_counts_as_cut_if_one_of_its_sentences_is(project):
    project.write("tasks/pairs.yaml", PAIRS)
    lines = ("a\t하나 둘 셋 넷\t하나\t1", "b\t하나\t하나 둘 셋 넷 다섯\t2", "c\t하나 둘 셋 넷 다섯\t둘\t3")
    for split in ("train", "test"):
        project.write(f"data/pairs/{split}.tsv", "\n".join(("id\tleft\tright\tscore", *lines, "")))
    done = here(project, "transformer", FOUR_WORDS, task="pairs")
    assert [record["response"]["truncated"] for record in records_of(done.directory)] == [False, True, True]


# As a user runs them


@needs_torch
def test_the_ladder_stands_in_one_board(project):
    done = project.harness(
        "run", "-t", "reviews", "--data-dir", "data", "-b", "majority,nb,word2vec,lstm,cnn_text,transformer"
    )
    assert done.returncode == 0, done.stderr
    for name in ("majority", "nb", "word2vec", "lstm", "cnn_text", "transformer"):
        assert f"| {name} " in done.stdout
    fits = {said(run)["backend"]["name"]: said(run)["fit"] for run in project.runs()}
    assert fits["nb"]["steps"] is None
    assert fits["lstm"]["steps"] > 0
    assert fits["lstm"]["device"] in ("cpu", "cuda")
    assert {fit["examples"] for fit in fits.values()} == {120}


@needs_torch
def test_what_was_learnt_is_reused_with_its_steps(project):
    project.harness(*RUN, "-b", "lstm", "-q")
    project.harness(*RUN, "-b", "lstm", "-q", "--limit", 20)
    first, second = (said(run)["fit"] for run in project.runs())
    assert second == first | {"reused": True}


@needs_torch
def test_the_same_seed_gives_the_same_answers_and_another_gives_others(project):
    for number, more in enumerate(((), (), ("--seed", "5"))):
        project.env["HARNESS_CACHE"] = str(project.home / f"cache{number}")
        small = ("-m", "epochs=3", "-m", "layers=1", "--runs-dir", f"runs{number}")
        assert project.harness(*RUN, "-b", "transformer", "-q", *small, *more).returncode == 0
    first, again, other = (
        [record["response"]["option_scores"] for record in records_of(project.only(f"runs{number}"))]
        for number in range(3)
    )
    assert first == again != other


@pytest.mark.slow
@needs_torch
def test_a_training_that_was_killed_goes_on_to_the_same_answers(project, tmp_path):
    command = (*RUN, "-b", "lstm", "-q", "-m", "epochs=20", "-m", "patience=20")
    with project.started(*command) as process:
        project.wait_for(process, lambda: any(project.home.glob("cache/fits/*.checkpoint/training.pt")))
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL
    assert not list(project.home.glob("cache/fits/*/fit.json"))
    assert project.harness(*command).returncode == 0
    resumed = project.only()
    assert not list(project.home.glob("cache/fits/*.checkpoint"))  # it went when the fit was kept
    project.env["HARNESS_CACHE"] = str(tmp_path / "other")
    assert project.harness(*command, "--runs-dir", "whole").returncode == 0
    assert outcome(resumed) == outcome(project.only("whole"))
    steps = [said(run)["fit"]["steps"] for run in (resumed, project.only("whole"))]
    assert steps[0] == steps[1]


@needs_torch
def test_a_loss_that_is_no_number_ends_the_run_in_one_line(project):
    done = project.harness(*RUN, "-b", "lstm", "-m", "learning_rate=1e30", "-m", "clip=1e30")
    assert done.returncode == 2  # clip is no setting
    done = project.harness(
        "run", "-t", "reviews", "--data-dir", "data", "-b", "lstm", "-m", "learning_rate=1e38"
    )
    assert done.returncode == 3
    assert "is no number at step" in one_line(done)
    assert "-m learning_rate=1e+37" in one_line(done)


@needs_torch
@pytest.mark.parametrize("name", ["word2vec", "transformer"])
def test_sentences_are_compared_by_their_vectors(project, name):
    same = [(f"{n}", f"영화 {n} 좋다", f"영화 {n} 좋다", "5") for n in range(15)]
    other = [(f"o{n}", f"영화 {n} 좋다", "지루하고 별로인 음악", "0") for n in range(15)]
    project.write("tasks/pairs.yaml", PAIRS)
    for split in ("train", "test"):
        lines = [("id", "left", "right", "score"), *same, *other]
        project.write(f"data/pairs/{split}.tsv", "".join("\t".join(line) + "\n" for line in lines))
    done = project.harness("run", "-t", "pairs", "-b", name, "--data-dir", "data", "-q", *SMALL[:4])
    assert done.returncode == 0, done.stderr
    values = {record["id"]: record["response"]["value"] for record in records_of(project.only())}
    assert values["3"] == pytest.approx(1)
    assert said(project.only())["metrics"]["pearson"]["value"] > 0.8


@needs_torch
def test_nearest_words_are_told_of_each_text(project):
    command = ("try", "-t", "reviews", "--data-dir", "data", *SMALL)
    done = project.harness(*command, "-b", "word2vec", "--nearest", 2, "재미있다", "龍")
    assert done.returncode == 0, done.stderr
    near, nothing = done.stdout.splitlines()
    assert near.startswith("재미있다 → ")
    assert near.count(",") == 1
    assert nothing == "龍 → nothing is known of it"
    assert "word2vec has" in one_line(project.harness(*command, "-b", "lstm", "--nearest", 2, "재미있다"))
