"""Two rankings fused with a weight that no question of its own article had a say in."""

from __future__ import annotations

import pytest

from benchmarks.fused import FOLDS, WEIGHTS, Asked, cross_fitted, fold

ARTICLES = [f"article {number}" for number in range(40)]
BEST_FIRST, BEST_LAST = [("a", 2.0), ("b", 1.0)], [("b", 2.0), ("a", 1.0)]


def asked(article: str, right: str) -> Asked:
    """Return a question of which the first run finds `a` and the second `b`."""
    return Asked(article, article, [right], (BEST_FIRST, BEST_LAST))


def test_the_run_that_is_right_gets_the_weight():
    chosen, rankings = cross_fitted([asked(one, "b") for one in ARTICLES], "zscore")
    assert min(chosen) >= 0.5  # at a half both are equal, and the later id is first
    assert {ranking[0][0] for ranking in rankings} == {"b"}


def test_an_article_has_no_say_in_its_own_weight():
    """Articles of one part want the second run, all others the first: each gets what the others want."""
    questions = [asked(one, "b" if fold(one) == 0 else "a") for one in ARTICLES]
    chosen, _ = cross_fitted(questions, "zscore")
    assert chosen[0] < 0.5
    assert len(chosen) == FOLDS
    assert set(chosen) <= set(WEIGHTS)


def test_questions_of_one_article_have_one_weight():
    questions = [asked(one, right) for one in ARTICLES for right in ("a", "b", "b")]
    _, rankings = cross_fitted(questions, "rrf")
    by_article: dict[str, set[str]] = {}
    for one, ranking in zip(questions, rankings, strict=True):
        by_article.setdefault(one.article, set()).add(ranking[0][0])
    assert all(len(found) == 1 for found in by_article.values())


@pytest.mark.parametrize("article", ARTICLES[:3])
def test_the_part_of_an_article_is_the_same_everywhere(article):
    assert fold(article) == {"article 0": 3, "article 1": 1, "article 2": 4}[article]
