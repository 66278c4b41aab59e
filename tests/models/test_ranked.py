"""The exact best of many scores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from harness.models.ranked import places, ranked, searched, top_k

IDS = [f"p{number}" for number in range(1000)]


@pytest.mark.parametrize("k", [1, 7, 100, 1000, 5000])
def test_the_best_are_those_that_sorting_everything_gives(k):
    scores = np.random.default_rng(0).integers(0, 60, (20, 1000)).astype(np.float32)  # ties everywhere
    found = top_k(scores, places(IDS), k)
    for row, columns in zip(scores, found, strict=True):
        everything = ranked(list(zip(IDS, row.tolist(), strict=True)))
        assert tuple(IDS[column] for column in columns) == everything[:k]


def test_dense_and_sparse_products_find_the_same():
    draw = np.random.default_rng(1)
    left = (draw.random((30, 50)) * (draw.random((30, 50)) < 0.2)).astype(np.float32)
    right = (draw.random((50, 1000)) * (draw.random((50, 1000)) < 0.1)).astype(np.float32)
    dense = searched(left, right, IDS, 10)
    by_terms = searched(sparse.csr_matrix(left), sparse.csr_matrix(right), IDS, 10)
    for one, other in zip(dense, by_terms, strict=True):
        assert [name for name, _ in one] == [name for name, _ in other]


def test_what_shares_nothing_is_not_found_by_terms():
    left, right = sparse.csr_matrix([[1.0, 0.0]]), sparse.csr_matrix([[0.5, 0.0], [0.0, 1.0]])
    assert list(searched(left, right, ["a", "b"], 2)) == [[("a", 0.5)]]
