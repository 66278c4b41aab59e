"""`harness audit`: planted copies and planted cues are found, and clean data is clean."""

from __future__ import annotations

import json

import pytest

TASK = """\
version: 1
description: a task / 과제
data: {format: jsonl, files: {train: train.jsonl, test: test.jsonl}}
fields: {id: id, premise: premise, hypothesis: hypothesis, target: label}
options: {"0": 아니다, "1": 맞다}
ask: choose
templates: {plain: {query: "{{ premise }} {{ hypothesis }}"}}
metrics: [accuracy]
"""


def row(name: str, number: int) -> str:
    """Return an example whose hypothesis gives the label away, and whose premise is its own."""
    cue = ("절대로 그렇지 않다", "언제나 그런 편이다")[number % 2]
    start = number * 7919 + len(name) * 31 + ord(name[0]) * 104729
    premise = "".join(chr(0xAC00 + start * step % 11172) for step in range(1, 41))
    told = {"id": f"{name}{number}", "premise": premise, "hypothesis": cue, "label": str(number % 2)}
    return json.dumps(told, ensure_ascii=False) + "\n"


@pytest.fixture
def project(shell):
    shell.write("tasks/pairs.yaml", TASK)
    train, test = ["".join(row(name, at) for at in range(60)) for name in ("t", "e")]
    shell.write("tasks/train.jsonl", train)
    shell.write("tasks/test.jsonl", test + train.splitlines()[3].replace('"t3"', '"leaked"') + "\n")
    return shell


def test_what_leaked_and_what_gives_the_label_away_is_found(project):
    said = project("audit", "pairs", "--json")
    assert said.code == 0, said.err
    found = said.json
    assert list(found["copies"]["train"]) == ["leaked"]
    shares = {one["sees"]: one["share"] for one in found["instruments"]}
    assert shares["hypothesis"] == 1
    assert shares["hypothesis"] > shares["premise"] + 0.2
    assert found["labels"] == {"0": 30, "1": 31}


def test_a_corpus_that_holds_the_test_is_told(project):
    corpus = project.write(
        "corpus.txt", "서문\n" + (project.home / "tasks/test.jsonl").read_text(encoding="utf-8")
    )
    assert len(project("audit", "pairs", "--corpus", corpus, "--json").json["copies"]["corpus"]) == 61
    assert project("audit", "pairs", "--corpus", "none.txt").complaint.startswith(
        "harness: --corpus none.txt"
    )
