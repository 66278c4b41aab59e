"""Passages that BM25 finds, put in order by a cross-encoder that reads each beside the query."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the reranker needs torch")
transformers = pytest.importorskip("transformers", reason="the reranker needs transformers")

from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import tiny_encoder, tiny_reranker  # noqa: E402

TASK = """\
version: 1
description: Reviews looked for by what they say
data:
  format: jsonl
  files: {test: queries.jsonl, corpus: corpus.jsonl}
fields: {id: id, query: text, target: target}
ask: retrieve
corpus: {split: corpus, id: id, text: text}
metrics: [recip_rank]
"""
TEXTS = {"a": "배우가 좋았다", "b": "배우가 지루하다", "c": "배우가 최고의 영화", "d": "친구와 봤는데 잤다"}
QUERIES = {"q1": "배우가 어땠나", "q2": "배우가 나는"}


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_reranker)


@pytest.fixture
def reviews(shell):
    """A project with the task `reviews`."""
    shell.write("tasks/reviews.yaml", TASK)
    shell.write("tasks/corpus.jsonl", jsonl([{"id": name, "text": text} for name, text in TEXTS.items()]))
    queries = [{"id": name, "text": text, "target": "c"} for name, text in QUERIES.items()]
    shell.write("tasks/queries.jsonl", jsonl(queries))
    return shell


def rankings(shell: Any, backend: str, *settings: str) -> dict[str, list[list[Any]]]:
    told = [word for one in settings for word in ("-m", one)]
    done = shell("run", "-t", "reviews", "-b", backend, *told, "--runs-dir", backend, "-q")
    assert done.code == 0, done.err
    (journal,) = Path(backend).rglob("samples.jsonl")
    lines = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
    return {line["id"]: line["response"]["ranking"] for line in lines}


def by_hand(folder: Path, query: str, text: str) -> float:
    """Return what transformers says of a query with a passage, read alone."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    reader = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return float(reader(**tokenizer(query, text, return_tensors="pt")).logits)


def test_each_passage_has_the_score_that_transformers_gives_the_pair(reviews, model):
    for name, ranking in rankings(reviews, "reranker", f"model={model}").items():
        assert dict(ranking).keys() == {"a", "b", "c"}  # what BM25 finds: the last shares no term
        for passage, score in ranking:
            assert score == pytest.approx(by_hand(model, QUERIES[name], TEXTS[passage]), abs=1e-5)


def test_what_lies_deeper_keeps_its_order_behind(reviews, model):
    first = rankings(reviews, "bm25")
    found = rankings(reviews, "reranker", f"model={model}", "depth=1")
    for name, ranking in found.items():
        order = [passage for passage, _ in sorted(ranking, key=lambda pair: -pair[1])]
        assert order == [passage for passage, _ in first[name]]


def test_another_retriever_is_another_run(reviews, model):
    rankings(reviews, "reranker", f"model={model}")
    told = ("-m", f"model={model}", "-m", "retriever=tfidf", "--runs-dir", "reranker", "-q")
    assert reviews("run", "-t", "reviews", "-b", "reranker", *told).code == 0
    assert len(list(Path("reranker").rglob("run.json"))) == 2


@pytest.mark.parametrize(
    ("setting", "told"),
    [("retriever=nb", "nb finds no passages"), ("depth=0", "'depth' should be 1 or more")],
)
def test_a_setting_that_is_wrong_is_said_before_anything_is_loaded(reviews, model, setting, told):
    done = reviews("run", "-t", "reviews", "-b", "reranker", "-m", f"model={model}", "-m", setting)
    assert done.code == 2
    assert told in done.complaint


def test_a_model_without_a_head_of_one_number_is_no_cross_encoder(reviews, tmp_path):
    plain = tiny_encoder(tmp_path / "plain")
    done = reviews("run", "-t", "reviews", "-b", "reranker", "-m", f"model={plain}")
    assert done.code != 0
    assert "is no cross-encoder" in done.err
