"""Questions beside another article's passage: the same for everybody, and really without an answer."""

from __future__ import annotations

import json

import pytest

from harness.datasets import examples as datasets
from harness.datasets import sources
from harness.datasets.sources import Where
from harness.tasks import task as tasks
from tests.support.paths import DATA, needs_data


@pytest.fixture(scope="module")
def both():
    """The task's questions and KorQuAD's own, by id."""
    found = []
    for name in ("korquad_unanswerable", "korquad_v1"):
        task = tasks.load(name)
        source = sources.locate(task, ["dev"], Where(DATA), lambda _: None)
        found.append({one.id: one for one in datasets.examples(task, source, "dev")})
    return found


@needs_data
def test_half_of_the_questions_have_a_passage_of_another_article_without_any_answer(both):
    asked, own = both
    title_of = {" ".join(one.fields["context"].split()): one.cluster for one in own.values()}
    swapped = [one for one in asked.values() if one.meta["answerable"] == "no"]
    assert len(swapped) / len(asked) == pytest.approx(0.5, abs=0.03)
    for one in swapped:
        assert title_of[" ".join(one.fields["context"].split())] != one.cluster
        assert not any(answer in one.fields["context"] for answer in own[one.id].target)
        assert one.target == ("",)


@needs_data
def test_the_others_are_as_they_were(both):
    asked, own = both
    kept = [one for one in asked.values() if one.meta["answerable"] == "yes"]
    assert all(one.fields == own[one.id].fields and one.target == own[one.id].target for one in kept)


def test_saying_that_there_is_no_answer_is_right_where_there_is_none(shell):
    rows = [
        {
            "split": "dev",
            "id": str(n),
            "title": f"t{n}",
            "context": f"{n}번 글이다.",
            "question": "몇 번?",
            "answers": [f"{n}번"],
        }
        for n in range(1, 9)
    ]
    shell.write("tasks/own.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    shell.write(
        "tasks/own.yaml",
        "extends: korquad_unanswerable\nversion: 1\ndescription: own\n"
        "data: {format: jsonl, files: {dev: own.jsonl}, sample: null}\n",
    )
    shell.write("said.jsonl", "\n".join(json.dumps({"id": str(n), "text": "답 없음"}) for n in range(1, 9)))
    found = shell("run", "-t", "own", "-b", "recorded", "-m", "file=said.jsonl", "-m", "reply=text", "--json")
    assert found.code == 0, found.err
    metrics = found.json["runs"][0]["metrics"]
    assert metrics["abstention_recall"]["value"] == 1
    assert metrics["klue_mrc_em"]["value"] == metrics["abstention_precision"]["value"]
