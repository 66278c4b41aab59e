"""What is shown and not only counted: pieces of tokenizers, weights, sums of words, BLEU, prices, lengths."""

from __future__ import annotations

import json
import math

import pytest

from harness.models.word_arithmetic import Term, is_sum, summed, terms


def test_a_tokenizer_is_learnt_and_shown_and_no_model_is_trained(shell, monkeypatch):
    pytest.importorskip("torch")
    pytest.importorskip("tokenizers")
    from harness.models import networks, training

    def never(*_given, **_named):
        raise AssertionError("a model is trained")

    monkeypatch.setattr(training, "train", never)
    monkeypatch.setattr(networks, "train", never)
    said = shell("tokenizers", "nsmc_fewshot", "-b", "gpt,cnn_text", "--sample", "-q", "--pieces", "--json")
    assert said.code == 0, said.err
    for row in said.json["tokenizers"]:
        assert len(row["pieces"]) == 5
        assert all(isinstance(number, int) and piece for text in row["pieces"] for number, piece in text)


def test_the_pieces_of_a_local_model_are_the_text(shell, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.support.tiny_models import tiny_llama, tiny_tokenizer

    tiny_llama(tmp_path / "tiny")
    text = "친구와 봤는데 재미있다"
    asked = ("-b", "huggingface", "-m", f"model={tmp_path / 'tiny'}", "--pieces", "-q")
    (row,) = shell("tokenizers", text, *asked, "--json").json["tokenizers"]
    (pieces,) = row["pieces"]
    assert [number for number, _ in pieces] == tiny_tokenizer()(text)["input_ids"]
    assert [piece for _, piece in pieces] == ["친…", "…친구…", "…구와", " 봤는데", " 재미있다"]  # bytes share
    assert "(3)" in shell("tokenizers", "이 영화는 재미있다", *asked).out


def test_the_weights_of_a_sentence_are_tf_idf_by_the_formula(shell):
    asked = ("try", "-t", "nsmc_fewshot", "--sample", "-b", "tfidf", "-q", "--json")
    found = shell(*asked, "--weights", "1000", "정말 정말 재미있는 영화").json
    rows = {row["ngram"]: row for row in found["weights"]["정말 정말 재미있는 영화"]}
    assert rows["정말"]["times"] == 2
    twice, once = rows["정말"], rows["영화"]
    expected = (1 + math.log(2)) * twice["idf"] / once["idf"]
    assert twice["weight"] / once["weight"] == pytest.approx(expected, rel=1e-5)
    assert sum(row["weight"] ** 2 for row in rows.values()) == pytest.approx(1, abs=1e-4)


def test_who_weighs_no_ngrams_says_so(shell):
    said = shell("try", "-t", "nsmc_zeroshot", "--sample", "-b", "dummy", "--weights", "3", "글", "-q")
    assert (said.code, "weighs no n-grams; tfidf does" in said.complaint) == (2, True)


@pytest.mark.parametrize(
    ("text", "wanted", "whole"),
    [
        ("영화 - 배우 + 감독", [(1, "영화"), (-1, "배우"), (1, "감독")], True),
        ("e-mail + 편지", [(1, "e-mail"), (1, "편지")], True),
        ("재미있는 영화", [(1, "재미있는 영화")], False),
        ("정말 좋은 영화 + 배우", [(1, "정말 좋은 영화"), (1, "배우")], False),
        ("10-3", [(1, "10-3")], False),
    ],
)
def test_a_sum_of_words_is_known_by_its_signs(text, wanted, whole):
    assert [tuple(term) for term in terms(text)] == wanted
    assert is_sum(text) is whole


def test_each_word_of_a_sum_counts_alike_however_long_its_vector():
    import numpy as np

    parts = [Term(1, "a"), Term(-1, "b"), Term(1, "c")]
    found = summed(parts, np.array([[3.0, 0.0], [5.0, 0.0], [0.0, 0.5]]))
    assert found.tolist() == [0.0, 1.0]


def test_a_sum_of_words_is_answered_by_words(shell):
    pytest.importorskip("torch")
    learnt = ("try", "-t", "nsmc_fewshot", "--sample", "-b", "word2vec", "-m", "epochs=1", "-m", "dim=8")
    found = shell(*learnt, "영화 - 배우 + 감독", "-q", "--json").json["nearest"]["영화 - 배우 + 감독"]
    assert len(found) == 10
    assert not {"영화", "배우", "감독"} & {word for word, _ in found}


def test_bleu_is_worked_out_on_ones_own_pair(shell):
    rows = [{"prediction": "a b c d", "target": "a b c e"}, {"prediction": "x", "target": ["y", "x"]}]
    shell.write("pairs.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    said = shell("score", "pairs.jsonl", "-M", "bleu", "--explain", "1")
    assert "2-grams  2 of 3 = 66.67 %" in said.out
    assert said.out.count("brevity") == 1
    refused = shell("score", "pairs.jsonl", "-M", "exact_match", "--explain", "1")
    assert (refused.code, "add --metric bleu" in refused.complaint) == (2, True)


def test_a_backend_shows_what_a_million_tokens_cost(shell):
    assert "# price: USD a million tokens: read 0.15, read from the cache 0.075, written 0.6 (" in (
        shell("show", "gpt_4o_mini").out
    )
    assert "# price" not in shell("show", "tfidf").out
    assert "# price: nobody knows" in shell("show", "local_server").out


def test_an_audit_tells_how_long_the_texts_are(shell):
    found = shell("audit", "nsmc_zeroshot", "--sample", "--json").json["lengths"]
    characters, words = found
    assert (characters["field"], characters["unit"], words["unit"]) == ("input", "characters", "words")
    assert characters["percentiles"]["5"] <= characters["mean"] <= characters["longest"]
    assert "표준편차" in shell("audit", "nsmc_zeroshot", "--sample", "--lang", "ko").out
