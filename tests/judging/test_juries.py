"""What a jury says, by each rule."""

from __future__ import annotations

import pytest

from harness.judging.juries import verdict


@pytest.mark.parametrize(
    ("said", "mean", "median", "majority"),
    [
        (["6", "7", "10"], "7.66667", "7", "7"),
        (["6", "6", "10"], "7.33333", "6", "6"),
        (["8", "9"], "8.5", "8.5", "8.5"),
        (["8", None, "8"], "8", "8", "8"),
        (["8", None, None], None, None, None),
        (["8", None], None, None, None),
        (["A>B", "A>B", "B>A"], "A=B", "A>B", "A>B"),
        (["A>>B", "A>>B", "A>B"], "A>>B", "A>>B", "A>>B"),
        (["A>>B", "A>B", "A>B"], "A>B", "A>B", "A>B"),
        (["A>B", "B>A"], "A=B", "A=B", "A=B"),
        (["A>>B", "A=B", "A=B"], "A>B", "A=B", "A=B"),
        (["B>>A", "B>A", "A=B"], "B>A", "B>A", "B>A"),
        (["B>>A", "B>>A", "A>B", "A>B"], "A=B", "A=B", "A=B"),
        (["A>B", "A=B"], "A=B", "A=B", "A=B"),
    ],
)
def test_a_jurys_verdict_is_by_its_rule(said, mean, median, majority):
    assert [verdict(said, rule) for rule in ("mean", "median", "majority")] == [mean, median, majority]


def test_the_jury_of_swapped_places_says_the_swapped_verdict():
    swap = {"A>>B": "B>>A", "A>B": "B>A", "A=B": "A=B", "B>A": "A>B", "B>>A": "A>>B", None: None}
    words = [*list(swap)[:5]]
    for a in words:
        for b in words:
            for c in words:
                for rule in ("mean", "median", "majority"):
                    turned = verdict([swap[a], swap[b], swap[c]], rule)
                    assert turned == swap[verdict([a, b, c], rule)]


def test_a_jury_may_need_fewer_or_all_of_its_jurors():
    assert verdict(["8", None, None], "mean", 1) == "8"
    assert verdict(["8", "8", None], "mean", 3) is None
    assert verdict(["8", "8"], "mean", 3) == "8"
