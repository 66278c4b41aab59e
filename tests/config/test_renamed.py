"""Keys of YAML under the names they had once: read with a notice, and hashed as they were."""

from __future__ import annotations

import pytest

from harness.records.fingerprint import rendering, task_hash
from harness.tasks import task as tasks
from tests.support.shell import Shell

NOW = """\
version: 1
description: a quiz
data: {format: csv, files: {all: x.csv}, hash_split: {of: all, by: A, shares: {train: 0.5, test: 0.5}}}
fields: {id: id, question: question, A: A, B: B, target: answer}
options_from: [A, B]
target_format: number
option_marks: letter
ask: choose
templates: {exam: {query: "{{ question }} {{ options }}"}}
metrics: [accuracy]
"""
BEFORE = (
    NOW.replace("hash_split", "divided").replace("target_format", "answer_is").replace("option_marks", "say")
)


def test_the_old_names_make_the_same_task_with_the_same_hashes(shell: Shell):
    shell.write("tasks/now.yaml", NOW)
    shell.write("tasks/before.yaml", BEFORE)
    now, before = tasks.load("now"), tasks.load("before")
    assert now.file == before.file
    assert (task_hash(now), rendering(now)) == (task_hash(before), rendering(before))
    assert "answer_is" not in before.resolved()


def test_they_are_told_of_with_their_line(shell: Shell):
    shell.write("tasks/quiz.yaml", BEFORE)
    said = shell("check", "tasks")
    assert said.code == 0
    assert "quiz.yaml:6: 'answer_is' is called 'target_format' now; the old name still works" in said.err
    assert "quiz.yaml:3: 'divided' is called 'hash_split' now" in said.err


def test_an_heir_may_still_use_one_over_a_parent_that_does_not(shell: Shell):
    shell.write("tasks/quiz.yaml", NOW)
    shell.write("tasks/heir.yaml", "extends: quiz\nsay: number\n")
    assert tasks.load("heir").file.option_marks == "number"


@pytest.mark.parametrize(
    ("old", "line"), [("say: letters", 7), ("say: letter\noption_marks: letter", 7), ("say: {}", 7)]
)
def test_what_is_wrong_with_one_is_said_at_its_line(shell: Shell, old, line):
    shell.write("tasks/quiz.yaml", NOW.replace("option_marks: letter", old))
    said = shell("check", "tasks")
    assert said.code == 2
    assert f"quiz.yaml:{line}: " in said.out
