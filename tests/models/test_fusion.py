"""Rankings fused, by hand."""

from __future__ import annotations

import pytest

from harness.models.fusion import fused

FIRST = [("a", 9.0), ("b", 5.0), ("c", 1.0)]
SECOND = [("c", 0.9), ("b", 0.5)]


def test_reciprocal_ranks_are_summed_with_their_weights():
    assert dict(fused([FIRST, SECOND], [1, 2], "rrf", 3)) == pytest.approx(
        {"a": 1 / 61, "b": 1 / 62 + 2 / 62, "c": 1 / 63 + 2 / 61}
    )


def test_what_a_ranking_lacks_has_its_lowest_z_score():
    spread = (32 / 3) ** 0.5
    found = fused([FIRST, SECOND], [1, 1], "zscore", 3)
    assert dict(found) == pytest.approx({"a": 4 / spread - 1, "b": -1, "c": 1 - 4 / spread})
    assert [name for name, _ in found] == ["a", "c", "b"]


@pytest.mark.parametrize("fuse", ["rrf", "zscore"])
def test_an_empty_ranking_decides_nothing(fuse):
    assert [name for name, _ in fused([FIRST, []], [1, 1], fuse, 2)] == ["a", "b"]


def test_equal_scores_have_no_spread_and_no_fault():
    assert fused([[("a", 1.0), ("b", 1.0)]], [1], "zscore", 2) == [("b", 0.0), ("a", 0.0)]
