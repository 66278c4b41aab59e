"""BM25, held against bm25s and by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from harness.errors import BadInput
from harness.models.bm25 import bm25
from harness.models.index_terms import analyser

PASSAGES = [["콩", "메주", "콩"], ["항아리"], ["메주", "볏짚", "처마", "콩"], ["조개", "호미"], ["호미"]]
QUERIES = [["콩"], ["메주", "볏짚"], ["호미", "없는말"]]


def test_a_term_weighs_what_the_formula_says():
    (scores,) = bm25(PASSAGES, [["조개"]])
    idf, mean = log(1 + 4.5 / 1.5), 11 / 5
    assert scores[3] == pytest.approx(idf * 1 / (1 + 1.5 * (0.25 + 0.75 * 2 / mean)))
    assert np.count_nonzero(scores) == 1


@pytest.mark.parametrize(("k1", "b"), [(1.5, 0.75), (0.9, 0.4)])
def test_scores_are_those_of_bm25s(k1, b):
    bm25s = pytest.importorskip("bm25s")
    model = bm25s.BM25(k1=k1, b=b, method="lucene")
    model.index(PASSAGES, show_progress=False)
    theirs = [model.get_scores([term for term in query if term != "없는말"]) for query in QUERIES]
    assert bm25(PASSAGES, QUERIES, k1=k1, b=b) == pytest.approx(np.array(theirs), abs=1e-6)


@pytest.mark.parametrize(("setting", "value"), [("k1", -1.0), ("b", 1.5)])
def test_a_setting_out_of_range_is_named(setting, value):
    with pytest.raises(BadInput, match=setting):
        bm25(PASSAGES, QUERIES, **{setting: value})


def test_syllables_go_in_pairs_and_other_runs_stay_whole():
    assert analyser("bigram")(["한국어 BM25는 콩이다"]) == [["한국", "국어", "bm25", "는", "콩이", "이다"]]


@pytest.mark.parametrize(("name", "package"), [("morpheme", "kiwipiepy"), ("mecab", "mecab_ko")])
def test_morphemes_leave_particles_and_endings_out(name, package):
    pytest.importorskip(package)
    (terms,) = analyser(name)(["메주를 볏짚으로 묶었다"])
    assert {"메주", "볏짚"} <= set(terms)
    assert not {"를", "으로", "다"} & set(terms)
