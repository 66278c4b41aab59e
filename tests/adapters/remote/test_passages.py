"""Passages found by the vectors of a service: embedded once, before the queries, and searched here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.model_server import Asked, ModelServer, Reply, refuse, whole

TASK = """\
version: 1
description: Letters looked for by what they are about
data:
  format: jsonl
  files: {test: queries.jsonl, corpus: corpus.jsonl}
fields: {id: id, query: text, target: target}
ask: retrieve
corpus: {split: corpus, id: id, text: text}
metrics: [recip_rank, unanswered]
"""
SAID = ["대추를 판다", "배가 뜬다", "낫을 벼린다"]
LETTERS = {f"l{n:03}": SAID[n % 3] * (n % 4 + 1) for n in range(120)}
QUERIES = {"q1": "대추를 파는 장터", "q2": "배가 뜨는 때", "q3": " "}
PREFIXES = ('query_prefix="Q: "', 'passage_prefix="P: "')


def vector(text: str) -> list[float]:
    """Return how often each of 32 kinds of letters comes."""
    return np.bincount([ord(one) % 32 for one in text], minlength=32).astype(float).tolist()


def openai(one: Asked) -> Reply:
    texts = one.body["input"]
    rows = [{"index": n, "embedding": vector(text)} for n, text in enumerate(texts)]
    return whole(json.dumps({"data": rows, "usage": {"prompt_tokens": 2 * len(texts)}}).encode())


def gemini(one: Asked) -> Reply:
    texts = [asked["content"]["parts"][0]["text"] for asked in one.body["requests"]]
    return whole(json.dumps({"embeddings": [{"values": vector(text)} for text in texts]}).encode())


BACKENDS = {"local_server": openai, "gemini_2_5_flash_lite": gemini}


@pytest.fixture
def letters(shell, monkeypatch):
    """A project with the task `letters`."""
    monkeypatch.setenv("GEMINI_API_KEY", "k")

    def jsonl(rows: list[dict[str, Any]]) -> str:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    shell.write("tasks/letters.yaml", TASK)
    shell.write("tasks/corpus.jsonl", jsonl([{"id": name, "text": text} for name, text in LETTERS.items()]))
    queries = [{"id": name, "text": text, "target": "l000"} for name, text in QUERIES.items()]
    shell.write("tasks/queries.jsonl", jsonl(queries))
    return shell


def run(shell: Any, server: ModelServer, backend: str, *more: str) -> Any:
    given = [f"base_url={server.url}", *PREFIXES]
    told = [word for one in given for word in ("-m", one)] + ["--no-latency", "-q", *more]
    if backend == "local_server":
        told += ["-m", "model=e"]
    return shell("run", "-t", "letters", "-b", backend, *told)


@pytest.mark.parametrize("backend", BACKENDS)
def test_passages_are_ranked_by_the_cosine_of_their_vectors(letters, backend):
    with ModelServer(script=BACKENDS[backend]) as server:
        done = run(letters, server, backend)
    assert done.code == 0, done.err
    (journal,) = Path("runs").rglob("samples.jsonl")
    for line in map(json.loads, journal.read_text("utf-8").splitlines()):
        query = np.array(vector("Q: " + QUERIES[line["id"]]))
        for name, score in line["response"]["ranking"]:
            passage = np.array(vector("P: " + LETTERS[name]))
            cosine = query @ passage / np.linalg.norm(query) / np.linalg.norm(passage)
            assert score == pytest.approx(cosine, abs=1e-6)
        assert len(line["response"]["ranking"]) == (0 if line["id"] == "q3" else 100)


def test_each_passage_is_sent_once_and_what_the_service_counted_is_told(letters):
    with ModelServer(script=openai) as server:
        assert run(letters, server, "local_server").code == 0
    sent = [text for one in server.seen for text in one.body["input"]]
    passages = [text for text in sent if text.startswith("P: ")]
    assert set(passages) == {f"P: {text}" for text in LETTERS.values()}
    assert sorted(set(sent) - set(passages)) == [f"Q: {QUERIES[name]}" for name in ("q1", "q2")]
    (file,) = Path("runs").rglob("run.json")
    index = json.loads(file.read_text("utf-8"))["index"]
    assert (index["passages"], index["tokens"]) == (len(LETTERS), 2 * len(passages))


def test_a_passage_that_is_refused_ends_the_run_before_a_query_is_sent(letters):
    with ModelServer(script=lambda _one: refuse(400, "too long")) as server:
        done = run(letters, server, "local_server")
    assert done.code == 3
    assert "cannot embed a passage" in done.err
    assert not [one for one in server.seen if b"Q: " in one.raw]


def test_a_service_finds_passages_for_the_prompts_of_another_task(shell):
    with ModelServer(script=openai) as server:
        settings = f"settings: {{base_url: {server.url}}}"
        shell.write("backends/vectors.yaml", f"adapter: openai\nmodel: e\nkind: api\n{settings}\n")
        how = ("--context", "vectors@1", "-q")
        done = shell("run", "-t", "xquad_en", "-b", "dummy", "--sample", *how)
    assert done.code == 0, done.err
    (file,) = Path("runs").rglob("run.json")
    assert json.loads(file.read_text("utf-8"))["retrieval"]["retriever"] == "vectors"


@pytest.mark.parametrize("how", [("-b", "dummy", "--context", "theirs@1"), ("-b", "mixed")])
def test_a_key_goes_to_no_address_that_only_a_retrievers_file_names(shell, monkeypatch, how):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-user")
    with ModelServer(script=openai) as server:
        settings = f"settings: {{base_url: {server.url}, api_key_env: OPENAI_API_KEY}}"
        shell.write("backends/theirs.yaml", f"adapter: openai\nmodel: e\nkind: api\n{settings}\n")
        mixed = "adapter: hybrid\nkind: api\nsettings: {retrievers: [bm25, theirs]}\n"
        shell.write("backends/mixed.yaml", mixed)
        task = "squad_retrieval" if "mixed" in how else "xquad_en"
        done = shell("run", "-t", task, "--sample", *how, "-q")
        assert done.code == 2
        assert "--allow-endpoint" in done.err
        assert not server.seen


def test_a_limit_of_money_is_refused_where_a_corpus_would_be_billed_beside_it(letters, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    done = letters("run", "-t", "letters", "-b", "text_embedding_3_small", "--max-cost", "1USD")
    assert done.code == 2
    assert "embedding a corpus" in done.complaint
