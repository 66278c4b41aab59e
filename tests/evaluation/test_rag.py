"""`--context`: the same questions closed-book, with passages that a retriever finds, and with their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.adapters.classical.bm25 import Bm25
from harness.evaluation import rag
from harness.evaluation.attribution import sources
from harness.tasks import task as tasks
from tests.support.model_server import ModelServer, say
from tests.support.paths import DATA, needs_data


def ways(shell, *contexts, task="xquad_en", where=("--sample",)):
    """Run the ways with what costs nothing; return each way's run.json and journal."""
    said = shell("run", "-t", task, "-b", "dummy", "--context", ",".join(contexts), *where, "-q")
    assert said.code == 0, said.err
    found = {}
    for file in Path("runs").rglob("run.json"):
        run = json.loads(file.read_text("utf-8"))
        lines = (file.parent / "samples.jsonl").read_text("utf-8").splitlines()
        found[run["task"]["context"]] = (file.parent, run, [json.loads(line) for line in lines])
    return found


@pytest.fixture
def three(shell):
    return ways(shell, "closed", "gold", "retrieved")


def test_each_way_is_a_run_whose_label_says_which(three):
    assert {run["label"] for _, run, _ in three.values()} == {
        "dummy [context=closed]",
        "dummy [context=gold]",
        "dummy [context=bm25@3]",
    }
    assert len({run["fingerprint"] for _, run, _ in three.values()}) == 3


def test_closed_book_holds_the_question_and_no_passage(three):
    _, run, lines = three["closed"]
    for line in lines:
        assert line["request"]["prompt"].splitlines()[0] == rag.ALONE["en"]
        assert "Passage" not in line["request"]["prompt"]
        assert "Question: " in line["request"]["prompt"]
        assert line["passages"].items() >= {"ids": [], "answer": False, "own": False}.items()
    assert run["retrieval"]["answer"] == 0


def test_the_answer_that_is_only_weighed_has_its_ways_too(shell):
    found = ways(shell, "closed", "gold", "bm25@1", task="xquad_en_likelihood")
    for name, (_, run, lines) in found.items():
        assert run["metrics"]["answer_log_probability"]["value"] < 0
        for line in lines:
            passage = line["request"]["prompt"].rpartition("Question: ")[0]
            shown = any(option in passage for option in line["request"]["options"])
            assert line["passages"]["answer"] == shown == (name != "closed")


def test_gold_is_asked_word_for_word_as_the_task_asks(shell, three):
    assert shell("run", "-t", "xquad_en", "-b", "dummy", "--sample", "-q", "--runs-dir", "plain").code == 0
    (plain,) = Path("plain").rglob("samples.jsonl")
    asked = [json.loads(line)["request"] for line in plain.read_text("utf-8").splitlines()]
    _, run, lines = three["gold"]
    assert [line["request"] for line in lines] == asked
    assert (run["retrieval"]["answer"], run["retrieval"]["own"]) == (1, 1)


def test_the_journal_says_which_passages_were_shown_and_whether_an_answer_stands_in_them(three):
    _, run, lines = three["bm25@3"]
    for line in lines:
        assert 1 <= len(line["passages"]["ids"]) <= run["retrieval"]["k"] == 3
        prompt = line["request"]["prompt"]
        shown = prompt[prompt.index("Passage: ") : prompt.index("\nQuestion: ")]
        assert line["passages"]["answer"] == any(answer in shown for answer in line["target"])
        assert line["groups"]["answer_shown"] == ("yes" if line["passages"]["answer"] else "no")


def test_the_figure_of_retrieval_is_the_share_in_the_journal_after_rescoring_too(shell, three):
    directory, run, lines = three["bm25@3"]
    share = sum(line["passages"]["answer"] for line in lines) / len(lines)
    assert run["retrieval"]["answer"] == pytest.approx(share)
    assert shell("rescore", directory).code == 0
    again = json.loads((directory / "run.json").read_text("utf-8"))
    assert again["retrieval"] == run["retrieval"]
    assert again["breakdown"].keys() == {"answer_shown"}


def test_the_same_command_goes_on_with_the_same_passages(shell, three):
    directory, _, lines = three["bm25@3"]
    journal = directory / "samples.jsonl"
    journal.write_text("".join(journal.read_text("utf-8").splitlines(keepends=True)[:3]), "utf-8")
    values = json.loads((directory / "run.json").read_text("utf-8"))
    (directory / "run.json").write_text(json.dumps({**values, "status": "partial"}), "utf-8")
    assert shell("run", "--resume", directory, "-q").code == 0
    again = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert [(one["request"], one["passages"]) for one in again] == [
        (one["request"], one["passages"]) for one in lines
    ]


def test_compare_pairs_two_ways_by_question_and_names_what_differs(shell, three):
    said = shell("compare", three["gold"][0], three["bm25@3"][0])
    assert said.code == 0, said.err
    assert "paired by id" in said.out
    assert "| task.context | gold | bm25@3 |" in said.out
    assert "answer in the passages shown" in said.out


def test_a_grid_of_ways_takes_the_passages_once_and_a_smaller_k_begins_as_a_larger_does(shell, monkeypatch):
    taken = []
    learn = Bm25.learn
    monkeypatch.setattr(Bm25, "learn", lambda self, texts: taken.append(len(texts)) or learn(self, texts))
    monkeypatch.setattr(rag, "_found", {})
    found = ways(shell, "bm25@1", "bm25@2", "closed")
    assert taken == [3]
    for one, two in zip(found["bm25@1"][2], found["bm25@2"][2], strict=True):
        assert one["passages"]["ids"] == two["passages"]["ids"][:1]
    assert any(len(line["passages"]["ids"]) == 2 for line in found["bm25@2"][2])


def test_any_backend_that_retrieves_finds_passages(shell):
    found = ways(shell, "hybrid@1", "tfidf@1")
    assert {name: run["retrieval"]["retriever"] for name, (_, run, _) in found.items()} == {
        "hybrid@1": "hybrid",
        "tfidf@1": "tfidf",
    }


def test_a_korean_task_is_told_in_korean_to_answer_by_itself(shell):
    _, _, lines = ways(shell, "closed", task="korquad_v1")["closed"]
    assert lines[0]["request"]["prompt"].startswith(rag.ALONE["ko"])
    assert "지문" not in lines[0]["request"]["prompt"].split("질문: ")[0]


def test_a_model_behind_a_server_that_only_reads_is_right_exactly_where_an_answer_is_shown(shell):
    """It says the answer if that stands in its prompt; the answer cache keeps the ways apart."""
    data = (tasks.sample_path(tasks.load("xquad_en"))).read_text("utf-8").splitlines()
    answers = {row["question"]: row["answers"][0] for row in map(json.loads, data)}

    def read(asked):
        question = asked.prompt.rpartition("Question: ")[2].partition("\n")[0]
        passages = asked.prompt.rpartition("Question: ")[0]
        return say(answers[question] if answers[question] in passages else "nobody")

    with ModelServer(read) as server:
        told = ("-b", "local_server", "-m", "model=reader", "-m", f"base_url={server.url}", "--no-latency")
        ways_ = ("--context", "closed,gold,retrieved,bm25@1")
        said = shell("run", "-t", "xquad_en", "--sample", *told, *ways_, "-q")
    assert said.code == 0, said.err
    right = {}
    for file in Path("runs").rglob("run.json"):
        run = json.loads(file.read_text("utf-8"))
        right[run["task"]["context"]] = run["metrics"]["squad_em"]["value"]
        for group, figures in run["breakdown"]["answer_shown"].items():
            assert figures["squad_em"]["value"] == (group == "yes")
    assert right["closed"] == 0
    assert right["gold"] == 1


def test_each_sentence_of_an_answer_is_attributed_to_a_passage_shown_or_to_none(shell):
    """Closed-book there is none to attribute to, whatever is said."""
    data = (tasks.sample_path(tasks.load("xquad_en"))).read_text("utf-8").splitlines()
    passage = json.loads(data[0])["context"]
    copied = passage.partition(". ")[0]
    with ModelServer(lambda _asked: say(copied)) as server:
        told = ("-b", "local_server", "-m", "model=reader", "-m", f"base_url={server.url}", "--no-latency")
        how = ("--sample", "--limit", "3", "--context", "closed,bm25@3")
        assert shell("run", "-t", "xquad_en", *told, *how, "-q").code == 0
    for file in Path("runs").rglob("run.json"):
        run = json.loads(file.read_text("utf-8"))
        lines = (file.parent / "samples.jsonl").read_text("utf-8").splitlines()
        found = [json.loads(line)["passages"] for line in lines]
        closed = run["task"]["context"] == "closed"
        assert run["retrieval"]["attributed"] == (0 if closed else 1)
        assert all((one["sources"][0] in one["ids"]) != closed for one in found)
        directory = file.parent
        assert shell("rescore", directory).code == 0
        assert json.loads(file.read_text("utf-8"))["retrieval"] == run["retrieval"]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("등대는 1911년에 세워졌다. 고래가 산다.", ["a", None]),
        ("등대는 1912년에 세워졌다.", [None]),  # the number stands nowhere
        ("항구의 시장은 새벽에 연다!\n(끝)", ["b", None]),
        ("...", []),
    ],
)
def test_a_sentence_comes_from_the_passage_that_holds_most_of_it(reply, found):
    passages = {"a": "언덕 위의 등대는 1911년에 세워졌다.", "b": "항구의 시장은 새벽에 연다."}
    assert sources(reply, passages) == found


def test_accuracy_by_the_passages_shown_is_a_picture_with_the_own_passage_beside(shell):
    ways(shell, "closed", "bm25@1", "bm25@2", "gold")
    assert shell("report", "runs", "-o", "site").code == 0
    pages = [page.read_text("utf-8") for page in Path("site").rglob("*.html")]
    assert any("Passages shown" in page and "dummy, own passage" in page for page in pages)


@needs_data
def test_k_passages_hold_the_answer_as_often_as_trec_evals_recall_says(shell):
    """The one relevant passage among the first k is hit@k, which `xquad_en_retrieval` counts."""
    found = ways(shell, "bm25@1", "bm25@10", where=("--data-dir", DATA))
    where = ("--data-dir", DATA, "--runs-dir", "r", "-q")
    assert shell("run", "-t", "xquad_en_retrieval", "-b", "bm25", *where).code == 0
    (run,) = Path("r").rglob("run.json")
    figures = json.loads(run.read_text("utf-8"))["metrics"]
    assert found["bm25@10"][1]["retrieval"]["own"] == pytest.approx(figures["recall@10"]["value"])
    assert found["bm25@1"][1]["retrieval"]["own"] < found["bm25@10"][1]["retrieval"]["own"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("closd", "Did you mean 'closed'?"),
        ("bm52@3", "Did you mean 'bm25'?"),
        ("bm25@0", "k should be 1 to 100"),
        ("reader@2", "reader finds no passages"),
    ],
)
def test_a_wrong_way_is_refused_before_anything_is_asked(shell, said, told):
    found = shell("run", "-t", "xquad_en", "-b", "dummy", "--sample", "--context", said)
    assert found.code == 2
    assert told in found.complaint


def test_a_task_without_a_passage_has_no_ways(shell):
    found = shell("run", "-t", "nsmc_fewshot", "-b", "dummy", "--sample", "--context", "closed")
    assert "asks no question about a passage" in found.complaint


def test_what_was_asked_elsewhere_is_not_asked_another_way(shell):
    shell.write("replies.jsonl", '{"id": "1", "text": "a"}\n')
    found = shell(
        *("run", "-t", "xquad_en", "-b", "recorded", "-m", "file=replies.jsonl"),
        "--sample",
        "--context",
        "gold",
    )
    assert "was asked elsewhere" in found.complaint


def test_only_the_lines_that_insert_the_passage_are_left_out():
    task = tasks.load("korquad_v1").choose(template="question_first")
    assert (
        rag.posed(task, "closed").template.query == "질문: {{ question }}\n다음 글에서 답을 찾아 쓰세요.\n답:"
    )
    assert rag.posed(task, "gold") is task
