"""Variances of shares in clusters: of the units as they are, and of all units pooled."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.classification import accuracy
from harness.stats.intervals import estimates
from harness.stats.shares import cr2, exchangeable

SIZES = np.array([4.0, 9.0, 25.0, 60.0, 102.0])


def in_articles(hits: list[int], sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of articles with so many right answers, and the article of each."""
    rows = [[1.0] * right + [0.0] * (size - right) for right, size in zip(hits, sizes, strict=True)]
    return np.concatenate(rows)[:, None], np.repeat(np.arange(len(sizes)), sizes)


def test_units_of_one_size_say_the_same_pooled_or_not():
    residuals = np.array([3.0, -2.0, 4.0, -5.0, 0.0])
    sizes = np.full(5, 12.0)
    assert exchangeable(residuals, sizes, 0.2) == pytest.approx(cr2(residuals, sizes))


def test_units_that_differ_no_more_than_chance_are_as_many_examples():
    assert exchangeable(np.zeros(5), SIZES, 0.2) == pytest.approx(0.2 / SIZES.sum())


def test_units_that_are_wholly_right_or_wrong_are_so_many_answers_of_their_size():
    hits = np.array([4.0, 0, 25, 0, 102])
    share = hits.sum() / SIZES.sum()
    found = exchangeable(hits - share * SIZES, SIZES, share * (1 - share))
    assert found == pytest.approx(share * (1 - share) * (SIZES**2).sum() / SIZES.sum() ** 2)


def test_a_long_article_without_a_mistake_is_not_taken_for_one_that_makes_none():
    sizes = [20] * 29 + [400]
    spread = [20 if place % 4 else 5 for place in range(29)]
    rows, articles = in_articles([*spread, 400], sizes)
    found = estimates({"it": (accuracy(()), rows)}, articles)["it"]
    by_units = cr2(np.array([*spread, 400]) - found.value * np.array(sizes), np.array(sizes, float))
    assert found.value - found.ci_low > 1.3 * 1.96 * by_units**0.5
