"""Figures of a ranking, held against trec_eval's own code."""

from __future__ import annotations

import random
from math import log2

import pytest

from harness import plugins
from harness.models.ranked import ranked

CUTOFFS = (1, 3, 5, 10, 20)
NAMES = {
    **{f"recall@{k}": f"recall_{k}" for k in CUTOFFS},
    **{f"precision@{k}": f"P_{k}" for k in CUTOFFS},
    **{f"ndcg@{k}": f"ndcg_cut_{k}" for k in CUTOFFS},
    **{f"hit@{k}": f"success_{k}" for k in (1, 5, 10)},
    **{"recip_rank": "recip_rank", "map": "map"},
}


def figure(name: str, prediction: object, target: object) -> float:
    """Return a metric's figure of one query."""
    (value,) = plugins.load(plugins.metric(name).target)(()).statistics(prediction, target)
    return value


def queries(count: int) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Return graded qrels and rankings with many ties; some short, some of queries without a relevant one."""
    draw = random.Random(7)
    names = [f"p{number}" for number in range(40)]
    qrels, run = {}, {}
    for number in range(count):
        query = f"q{number}"
        qrels[query] = {name: draw.choice([0, 0, 1, 2, 3]) for name in draw.sample(names, draw.randint(1, 9))}
        found = draw.sample(names, draw.choice([1, 5, 30, 40]))
        # Scores that are equal, and scores that are equal in 32 bits only.
        run[query] = {name: draw.choice([1.0, 2.0, 2.0 + 1e-9, draw.random()]) for name in found}
    return qrels, run


@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_the_figure_that_trec_eval_gives_it(name):
    pytrec_eval = pytest.importorskip("pytrec_eval")
    qrels, run = queries(60)
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {NAMES[name]}).evaluate(run)
    ours = {
        query: figure(name, ranked(list(found.items())), tuple(qrels[query].items()))
        for query, found in run.items()
    }
    assert ours == pytest.approx({query: theirs[query][NAMES[name]] for query in run}, abs=1e-9)


def test_equal_scores_stand_by_their_ids_the_last_first():
    assert ranked([("a", 1.0), ("b", 2.0), ("c", 1.0 + 1e-12)]) == ("b", "c", "a")


def test_a_score_that_is_no_number_comes_last():
    assert ranked([("a", float("nan")), ("b", -5.0)]) == ("b", "a")


def test_grades_are_gains_and_the_ideal_is_of_all_that_is_relevant():
    target = (("a", 3), ("b", 1))
    assert figure("ndcg@2", ("b", "a"), target) == pytest.approx((1 + 3 / log2(3)) / (3 + 1 / log2(3)))


@pytest.mark.parametrize("name", NAMES)
def test_a_query_without_an_answer_counts_nothing_and_stays(name):
    assert figure(name, None, ("a",)) == figure(name, (), ("a",)) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_query_that_nothing_is_relevant_to_counts_nothing(name):
    assert figure(name, ("a", "b"), (("a", 0),)) == 0
