"""Readers that are a benchmark's authors' own: what each reads, and where their figures stand."""

from __future__ import annotations

import time

import pytest

from harness import plugins
from harness.metrics.classification import accuracy_with_guess
from harness.records import run_file
from harness.schema import Option
from tests.cli.test_recorded import TASK, jsonl, only, questions, run
from tests.support.shell import Shell

LETTERS = tuple(Option(str(place), letter) for place, letter in enumerate("ABCDEFGHIJ"))


def read(name, text):
    return plugins.load(plugins.extractors()[f"official:{name}"].target)()(text, LETTERS)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mmlu_pro.v1", "So the answer is (D).", "D"),
        ("mmlu_pro.v1", "The answer is D. No: the answer is (E).", "D"),
        ("mmlu_pro.v1", "The answer is: D", None),
        ("mmlu_pro.v1", "The Answer is (D)", None),
        ("mmlu_pro.v1", "The answer is **D**", None),
        ("mmlu_pro.v2", "The answer is (C). Answer: D", "C"),
        ("mmlu_pro.v2", "Answer: C\nanswer:D", "C"),
        ("mmlu_pro.v2", "It may be A or B.", "B"),
        ("mmlu_pro.v2", "As far as I can say, it is open.", "I"),
        ("mmlu_pro.v2", "It is open.", None),
        ("bbh.v1", "They turn left. So the answer is Yes.", "Yes"),
        ("bbh.v1", "So the answer is (A). No, the answer is (B).", "(B)"),
        ("bbh.v1", " False", "False"),
        ("gsm8k.v1", "2 + 2 = 4\nA: 4", "4"),
        ("gsm8k.v1", "A: 3\nAgain.\nA: 1,400", "1400"),
        ("gsm8k.v1", "so\n#### 72 (i.e., 6 dozen)", "72 (i.e. 6 dozen)"),
        ("gsm8k.v1", "It is 72.", None),
        ("tora.v1", "```output\n7\n```\nIt is $\\boxed{1,400.00}$ dollars.", "1400"),
        ("tora.v1", "It is $\\boxed{40\\%}$.", "40"),
        ("tora.v1", "```output\n3\n```\nno:\n```output\n2.0\n```\nTwo people.", "2"),
        ("tora.v1", "Two people.", None),
    ],
)
def test_reads_as_its_authors_did(name, text, said):
    assert read(name, text) == said


@pytest.mark.parametrize("name", ["mmlu_pro.v1", "mmlu_pro.v2", "bbh.v1", "gsm8k.v1", "tora.v1"])
@pytest.mark.parametrize(
    "text",
    ["answer is (" * 20_000, "A:\n" * 60_000, "\\boxed{" * 30_000, "Answer: \n " * 20_000, " " * 200_000],
)
def test_a_hostile_text_takes_no_longer_than_its_length(name, text):
    began = time.process_time()
    read(name, text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("seen", "worth"),
    [
        (("3", 10), 1.0),
        (("2", 10), 0.0),
        (("J", 4), 0.0),
        ((None, 10), 0.1),
        ((None, 4), 0.25),
        ((None, 0), 0.0),
    ],
)
def test_an_unread_reply_is_worth_a_guess_and_a_wrong_letter_nothing(seen, worth):
    assert accuracy_with_guess(()).statistics(seen, "3") == (worth,)


OFFICIAL = TASK + "official: {mmlu_pro.v1: [accuracy, accuracy_with_guess]}\n"


@pytest.fixture
def project(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.write("tasks/capitals.yaml", OFFICIAL)
    shell.write("data/capitals.jsonl", jsonl(questions()))
    replies = ["The answer is (A).", "정답은 B입니다.", "The answer is (J).", "정답: D"]
    shell.write("replies.jsonl", jsonl([{"id": f"q{n}", "reply": text} for n, text in enumerate(replies)]))
    return shell


class TestBesideOurs:
    def test_a_run_has_both_figures_and_the_board_says_so(self, project):
        found = {name: one["value"] for name, one in only(run(project))["metrics"].items()}
        assert found["accuracy"] == 0.75
        assert found["accuracy@mmlu_pro.v1"] == 0.25
        assert found["accuracy_with_guess@mmlu_pro.v1"] == pytest.approx((1 + 0.25 + 0 + 0.25) / 4)
        assert "official mmlu_pro.v1 0.2500)" in project("leaderboard").out
        assert "공식 mmlu_pro.v1 0.2500)" in project("leaderboard", "--lang", "ko").out

    def test_its_signature_names_the_reader(self, project):
        signature = only(run(project))["metrics"]["accuracy@mmlu_pro.v1"]["signature"]
        assert signature == "accuracy@mmlu_pro.v1|v:1|n:4"

    def test_a_rescore_finds_the_same(self, project):
        found = only(run(project))
        project("rescore", found["directory"])
        again = run_file.read_run(project.home / found["directory"])
        assert again.to_dict()["metrics"] == found["metrics"]
        assert again.rescored

    def test_a_reader_that_is_none_is_named_with_the_nearest(self, project):
        project.write("tasks/capitals.yaml", OFFICIAL.replace("mmlu_pro.v1", "mmlu_pro.v3"))
        said = project("check", "tasks")
        assert said.code == 2
        assert "no official reader is called 'mmlu_pro.v3'. Did you mean 'mmlu_pro.v" in said.out + said.err
