"""Sentences compared by their character n-grams, weighed by tf-idf or all alike."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer

from harness.adapters.base import Adapter, Capability
from harness.adapters.classical.classifiers import Tfidf, tfidf
from harness.adapters.classical.ngram_cosine import NgramCosine, TfidfCosine
from harness.errors import BadInput, Unavailable
from harness.schema import Example, Parts, Profile, Request
from tests.support.paths import DATA

TRAIN = [("비가 온다", "비가 내린다"), ("고양이가 잔다", "개가 짖는다"), ("비행기가 떴다", "배가 떴다")]
PAIRS = [("비가 많이 온다", "비가 내렸다"), ("고양이가 떴다", "개가 떴다"), ("잔다", "짖는다")]


class Task:
    name, labels = "pairs", ()

    def text(self, example: Example) -> str:
        raise AssertionError("two sentences are no one text")

    def request(self, example: Example) -> Request:
        raise AssertionError("nothing is asked of the train split")


def example(pair: tuple[str | None, str | None], name: str = "1") -> Example:
    return Example(name, {"sentence1": pair[0], "sentence2": pair[1]})


def compared(pair: tuple[str | None, str | None], name: str = "1") -> Request:
    def render() -> Parts:
        raise AssertionError("it pays for no prompt")

    return Request(example(pair, name), render, ask="embed")


def ngrams(**settings: Any) -> NgramCosine:
    return NgramCosine(Profile("ngrams", "ngrams", settings=settings, ask="embed"))


def fitted(train: list[tuple[str, str]] = TRAIN, **settings: Any) -> TfidfCosine:
    adapter = TfidfCosine(Profile("mine", "tfidf", settings=settings, ask="embed"))
    adapter.fit(map(example, train), Task())
    return adapter


def cosines(adapter: NgramCosine, *pairs: tuple[str | None, str | None]) -> list[float]:
    requests = [compared(pair, f"p{n}") for n, pair in enumerate(pairs)]
    return [float(response.value or 0) for response in adapter.answer(requests)]


def test_one_learns_and_the_other_does_not():
    assert fitted().can(Capability.LEARN)
    assert isinstance(ngrams(), Adapter)
    assert not ngrams().can(Capability.LEARN)


def test_what_is_asked_decides_what_tfidf_is():
    assert isinstance(tfidf(Profile("t", "tfidf", ask="embed")), TfidfCosine)
    assert isinstance(tfidf(Profile("t", "tfidf", ask="choose")), Tfidf)


def test_cosines_are_those_of_scikit_learn():
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    theirs.fit([sentence for pair in TRAIN for sentence in pair])
    rows = [theirs.transform([pair[side] for pair in PAIRS]) for side in (0, 1)]
    by_hand = np.asarray(rows[0].multiply(rows[1]).sum(axis=1)).ravel()
    assert cosines(fitted(), *PAIRS) == pytest.approx(by_hand.tolist(), abs=1e-6)


def test_without_train_every_ngram_tells_as_much():
    # 가나 and 가다: 가, 나, 가나 against 가, 다, 가다; 가 twice weighs 1 + log 2
    (once,) = cosines(ngrams(ngram_max=2), ("가나", "가다"))
    (twice,) = cosines(ngrams(ngram_max=1), ("가가나", "가"))
    assert once == pytest.approx(1 / 3)
    assert twice == pytest.approx((1 + math.log(2)) / math.hypot(1 + math.log(2), 1))


@pytest.mark.parametrize("make", [fitted, ngrams])
def test_a_sentence_is_like_itself_and_never_more(make):
    (same,) = cosines(make(), ("비가 온다", "비가 온다"))
    assert 1 - 1e-6 < same <= 1


@pytest.mark.parametrize("make", [fitted, ngrams])
def test_decomposed_hangul_is_the_same_sentence(make):
    (same,) = cosines(make(), ("비가", "\u1107\u1175\u1100\u1161"))
    assert same == pytest.approx(1)


@pytest.mark.parametrize("make", [fitted, ngrams])
@pytest.mark.parametrize("pair", [("", "비"), ("", ""), (None, "비"), (None, None)])
def test_an_empty_sentence_is_like_nothing(make, pair):
    assert cosines(make(), pair) == [0]


def test_words_that_train_lacks_are_not_looked_at():
    assert cosines(fitted(), ("xyz", "xyz")) == [0]


@pytest.mark.parametrize("make", [fitted, ngrams])
def test_a_cosine_does_not_depend_on_what_is_asked_beside(make):
    many = [(f"{a} {n}", b) for n in range(40) for a, b in PAIRS]
    adapter = make()
    assert cosines(adapter, *many) == [cosines(adapter, pair)[0] for pair in many]


def test_a_loaded_fit_answers_bit_for_bit_as_the_saved_one(tmp_path):
    before, after = fitted(ngram_min=2), TfidfCosine(Profile("mine", "tfidf", ask="embed"))
    before.save(tmp_path)
    after.load(tmp_path)
    assert cosines(after, *PAIRS) == cosines(before, *PAIRS)


def test_a_damaged_fit_is_unavailable(tmp_path):
    fitted().save(tmp_path)
    saved = (tmp_path / "ngrams.npz").read_bytes()
    (tmp_path / "ngrams.npz").write_bytes(saved[: len(saved) // 2])
    with pytest.raises(Unavailable, match="damaged"):
        fitted().load(tmp_path)


def test_it_does_not_answer_before_it_learns():
    with pytest.raises(Unavailable, match="mine must be fitted"):
        TfidfCosine(Profile("mine", "tfidf", ask="embed")).answer([])


def test_learning_from_nothing_is_an_error():
    with pytest.raises(BadInput, match="pairs has no examples"):
        fitted([])


def test_an_example_without_two_sentences_is_named():
    request = Request(Example("7", {"sentence1": "가"}), Parts, ask="embed")
    with pytest.raises(BadInput, match=r"'7' has no field 'sentence2'\. Did you mean 'sentence1'"):
        list(ngrams().answer([request]))


def test_a_setting_out_of_range_is_an_error_before_any_work():
    with pytest.raises(BadInput):
        ngrams(ngram_min=3, ngram_max=2)


def test_importing_it_imports_no_numpy():
    code = "import sys, harness.adapters.classical.ngram_cosine; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# real sentences


def korsts(split: str) -> list[list[str]]:
    if not (DATA / "korsts").is_dir():
        pytest.skip("KorSTS is not here")
    with (DATA / "korsts" / f"sts-{split}.tsv").open(encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\r\n").split("\t") for line in file][1:]


@pytest.mark.data
def test_sentences_are_ranked_and_rare_ngrams_tell_more():
    train, test = korsts("train"), korsts("test")
    pairs, scores = [(row[5], row[6]) for row in test], [float(row[4]) for row in test]
    weighed = spearmanr(cosines(fitted([(row[5], row[6]) for row in train]), *pairs), scores).statistic
    alike = spearmanr(cosines(ngrams(), *pairs), scores).statistic
    assert len(pairs) == 1379
    assert 0.6 < weighed < 0.7
    assert 0.5 < alike < weighed
