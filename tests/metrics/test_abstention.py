"""Abstention as a class: scikit-learn's precision, recall and F1, and what is no abstention."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from harness.metrics import abstention

SAID = ["", "서울", "", None, "부산", "", None, "대구"]
TRUE = [[""], [""], ["서울"], [""], ["부산"], [""], ["대구"], ["인천"]]
OTHERS = {"precision": precision_score, "recall": recall_score, "f1": f1_score}


def figure(name, said, true):
    metric = getattr(abstention, f"abstention_{name}")(())
    rows = np.array([metric.statistics(one, tuple(other)) for one, other in zip(said, true, strict=True)])
    return float(metric.aggregate(rows, np.ones((1, len(rows))))[0])


@pytest.mark.parametrize("name", OTHERS)
def test_the_figure_is_scikit_learns_of_the_class_of_questions_without_an_answer(name):
    wanted = OTHERS[name]([true == [""] for true in TRUE], [said == "" for said in SAID])
    assert figure(name, SAID, TRUE) == pytest.approx(wanted)


def test_an_unanswered_example_abstains_from_nothing():
    assert figure("recall", [None, ""], [[""], [""]]) == 0.5


def test_who_never_abstains_has_no_precision_and_an_f1_of_nought():
    assert math.isnan(figure("precision", ["서울"], [[""]]))
    assert figure("f1", ["서울"], [[""]]) == 0


def test_without_a_question_of_the_kind_there_is_no_recall():
    assert math.isnan(figure("recall", ["서울"], [["서울"]]))
