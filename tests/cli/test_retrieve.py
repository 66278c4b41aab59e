"""`ask: retrieve` as a user meets it: a corpus, queries and qrels in files of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import said

TASK = """\
version: 1
description: Letters looked for by what they are about
data:
  format: jsonl
  formats: {qrels: tsv}
  files: {test: queries.jsonl, corpus: corpus.jsonl, qrels: qrels.tsv}
fields: {id: _id, query: text}
ask: retrieve
corpus: {split: corpus, id: _id, text: "{{ title }} {{ text }}"}
qrels: {split: qrels, grade: score}
metrics: [ndcg@10, recall@1, recip_rank, unanswered]
"""
LETTERS = [
    {"_id": "l1", "title": "장터", "text": "닷새마다 서는 장터에서 대추를 판다"},
    {"_id": "l2", "title": "나루", "text": "나루의 배는 해가 지면 뜨지 않는다"},
    {"_id": "l3", "title": "대장간", "text": "대장간에서는 호미와 낫을 벼린다"},
]
QUERIES = [
    {"_id": "q1", "text": "대추를 파는 장터"},
    {"_id": "q2", "text": "나루에서 배가 뜨는 때"},
    {"_id": "q3", "text": "아무도 찾지 않은 질의"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tl1\t2\nq1\tl3\t0\nq2\tl2\t1\n"


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def letters(shell):
    """A project with the task `letters`."""
    shell.write("tasks/letters.yaml", TASK)
    for name, text in (
        ("corpus.jsonl", jsonl(LETTERS)),
        ("queries.jsonl", jsonl(QUERIES)),
        ("qrels.tsv", QRELS),
    ):
        shell.write(f"tasks/{name}", text)
    return shell


def run(shell: Any, *arguments: object) -> Any:
    found = shell("run", "-t", "letters", *arguments, "--json")
    assert found.code == 0, found.err
    return found.json


def document(shell: Any, backend: str = "bm25") -> dict[str, Any]:
    (directory,) = (shell.home / "runs/letters" / backend).iterdir()
    return said(directory)


def records(shell: Any, backend: str) -> list[dict[str, Any]]:
    (path,) = (shell.home / "runs/letters" / backend).glob("*/samples.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("backend", ["bm25", "tfidf"])
def test_passages_are_found_without_a_train_split(letters, backend):
    run(letters, "-b", backend)
    assert document(letters, backend)["metrics"]["ndcg@10"]["value"] == 1


def test_queries_that_the_qrels_do_not_name_are_not_asked(letters):
    run(letters, "-b", "bm25")
    assert [record["id"] for record in records(letters, "bm25")] == ["q1", "q2"]


def test_the_corpus_is_counted_on_a_clock_of_its_own_and_stays_whole_under_a_limit(letters):
    run(letters, "-b", "bm25", "--limit", 1)
    found = document(letters)
    assert (found["index"]["passages"], found["task"]["n"]) == (3, 1)
    assert found["index"]["seconds"] > 0


def test_a_line_holds_what_was_found_and_rescoring_it_changes_nothing(letters):
    run(letters, "-b", "bm25")
    first = records(letters, "bm25")[0]
    assert [name for name, _ in first["response"]["ranking"]] == first["prediction"]
    assert first["target"] == [["l1", 2], ["l3", 0]]
    (directory,) = (letters.home / "runs/letters/bm25").iterdir()
    assert letters("rescore", directory).code == 0
    assert records(letters, "bm25")[0] == first


def test_a_finished_run_is_not_asked_again(letters):
    run(letters, "-b", "bm25")
    run(letters, "-b", "bm25")
    assert document(letters)["counts"]["examples"] == 2


def test_a_passage_that_changes_makes_another_run(letters):
    run(letters, "-b", "bm25")
    letters.write(
        "tasks/corpus.jsonl", jsonl([*LETTERS, {"_id": "l4", "title": "우물", "text": "물이 차다"}])
    )
    run(letters, "-b", "bm25")
    assert len(list((letters.home / "runs/letters/bm25").iterdir())) == 2


def test_a_recorded_ranking_without_a_query_has_a_failed_one_and_drops_none(letters):
    letters.write("found.jsonl", jsonl([{"id": "q1", "ranking": {"l2": 0.5, "l1": 0.5, "l3": 0.1}}]))
    found = letters(
        "run", "-t", "letters", "-b", "recorded", "-m", "file=found.jsonl", "-m", "ranking=ranking"
    )
    assert found.code == 4, found.err  # half of the two failed
    told = document(letters, "recorded")
    assert (told["counts"]["failed"], told["counts"]["examples"]) == (1, 2)
    assert records(letters, "recorded")[0]["prediction"] == ["l2", "l1", "l3"]  # a tie: the later id is first


def test_a_recorded_ranking_that_is_empty_counts_nothing_and_stays(letters):
    letters.write("found.jsonl", jsonl([{"id": "q1", "ranking": []}, {"id": "q2", "ranking": ["l2", "l1"]}]))
    run(letters, "-b", "recorded", "-m", "file=found.jsonl", "-m", "ranking=ranking")
    metrics = document(letters, "recorded")["metrics"]
    assert (metrics["recip_rank"]["value"], metrics["recip_rank"]["n"]) == (0.5, 2)


def test_try_says_which_passages_a_text_of_ones_own_finds(letters):
    said = letters("try", "-t", "letters", "-b", "bm25", "호미를 벼리는 대장간")
    assert said.code == 0
    assert "→ l3" in said.out


def test_runs_are_compared_query_by_query(letters):
    run(letters, "-b", "bm25,random")
    said = letters("compare", "bm25", "random")
    assert said.code == 0
    assert "ndcg@10" in said.out


@pytest.mark.parametrize(
    ("was", "now", "complaint"),
    [
        (
            'corpus: {split: corpus, id: _id, text: "{{ title }} {{ text }}"}\n',
            "",
            "'retrieve' needs a 'corpus'",
        ),
        ("id: _id, text:", "text:", "'corpus' needs an 'id'"),
        ("qrels: {split: qrels, grade: score}\n", "", "'retrieve' needs one of a 'target'"),
        ("query: text", "question: text", "needs a field called 'query'"),
        ("split: corpus, id", "split: letters, id", "the data has no split 'letters'"),
    ],
)
def test_a_task_that_cannot_be_is_refused_at_its_line(letters, was, now, complaint):
    letters.write("tasks/letters.yaml", TASK.replace(was, now))
    said = letters("check", "tasks")
    assert said.code == 2
    assert complaint in said.out + said.err


def test_check_reads_the_first_passages_too(letters):
    letters.write("tasks/letters.yaml", TASK.replace("{{ title }} {{ text }}", "{{ tite }}"))
    said = letters("check", "tasks")
    assert said.code == 2
    assert "corpus.jsonl:1" in said.out + said.err


def test_a_classifier_cannot_be_asked_and_those_that_can_are_named(letters):
    said = letters("run", "-t", "letters", "-b", "nb")
    assert said.code == 2
    assert "bm25" in said.complaint


def test_rankings_of_several_backends_are_fused(letters):
    run(letters, "-b", "hybrid")
    assert document(letters, "hybrid")["metrics"]["ndcg@10"]["value"] == 1


def test_a_retriever_that_is_set_otherwise_makes_another_hybrid(letters):
    letters.write("backends/one.yaml", "adapter: bm25\nkind: classical\n")
    given = ("-b", "hybrid", "-m", "retrievers=[one, tfidf]")
    run(letters, *given)
    letters.write("backends/one.yaml", "adapter: bm25\nkind: classical\nsettings: {k1: 0.9}\n")
    run(letters, *given)
    assert len(list((letters.home / "runs/letters/hybrid").iterdir())) == 2


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("retrievers=[bm25]", "two backends or more"),
        ("retrievers=[bm25, nb]", "nb finds no passages"),
        ("retrievers=[bm25, hybrid]", "hybrid finds no passages"),
        ("weights=[1]", "2 numbers of 0 or more"),
    ],
)
def test_what_cannot_be_fused_is_said(letters, setting, complaint):
    said = letters("run", "-t", "letters", "-b", "hybrid", "-m", setting)
    assert said.code == 2
    assert complaint in said.err


SHIPPED = ("korquad_retrieval", "squad_retrieval", "xquad_en_retrieval", "functionchat_retrieval")


@pytest.mark.parametrize("task", SHIPPED)
def test_the_shipped_samples_are_found_by_their_words(shell, task):
    found = shell("run", "-t", task, "-b", "bm25", "--sample", "--json")
    assert found.code == 0
    (path,) = Path(shell.home).glob(f"runs/{task}/bm25/*")
    assert said(path)["metrics"]["ndcg@10"]["value"] > 0.6
