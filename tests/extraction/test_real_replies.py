"""Our readers against what careful reading wrote down of real replies."""

from __future__ import annotations

import json

import pytest

from benchmarks import readers, real_replies

LABELS = [json.loads(line) for line in real_replies.GOLD.read_text(encoding="utf-8").splitlines()]


def test_the_labels_are_of_600_replies_and_hold_no_text():
    assert len({row["id"] for row in LABELS}) == len(LABELS) == 600
    assert all(set(row) <= {"id", "states", "second"} for row in LABELS)
    assert sum(row["states"] is None for row in LABELS) > 40
    assert all(len(form) < 30 for row in LABELS for form in row["states"] or ())


@pytest.mark.data
@pytest.mark.skipif(not real_replies.REPLIES.exists(), reason="the recorded replies are not at hand")
def test_the_seeds_draw_the_replies_that_were_read():
    assert [reply.id for reply in real_replies.drawn()] == [row["id"] for row in LABELS]
    more = [json.loads(line) for line in real_replies.MORE_NUMBERS.read_text(encoding="utf-8").splitlines()]
    assert [reply.id for reply in real_replies.more_numbers()] == [row["id"] for row in more]
    assert not {row["id"] for row in more} & {row["id"] for row in LABELS}


@pytest.mark.data
@pytest.mark.skipif(not real_replies.REPLIES.exists(), reason="the recorded replies are not at hand")
@pytest.mark.parametrize("seed", real_replies.read_by_hand())
def test_a_blind_sample_holds_nothing_of_an_earlier_one(seed):
    drawn = [reply.id for reply in real_replies.blind(seed)]
    labels = [
        json.loads(line) for line in real_replies.blind_labels(seed).read_text(encoding="utf-8").splitlines()
    ]
    assert drawn == [row["id"] for row in labels]
    earlier = {row["id"] for row in LABELS}
    earlier |= {reply.id for one in real_replies.BLIND if one < seed for reply in real_replies.blind(one)}
    assert not earlier & set(drawn)
    assert all(len(form) < 30 for row in labels for form in row["states"] or ())


@pytest.mark.data
@pytest.mark.skipif(not real_replies.REPLIES.exists(), reason="the recorded replies are not at hand")
@pytest.mark.parametrize(
    ("kind", "precision", "recall"),
    [
        ("options", 0.99, 0.99),
        ("numbers", 0.99, 0.97),
        ("more numbers", 0.99, 0.97),
        ("19: options", 0.99, 0.99),
        ("19: numbers", 0.99, 0.99),
        ("20: numbers", 0.99, 0.98),
        ("22: numbers", 0.99, 0.99),
        ("23: numbers", 0.99, 0.98),
        ("21: logickor_11_1", 0.99, 0.99),
        ("21: gsm8k", 0.99, 0.99),
    ],
)
def test_what_replies_state_is_read(kind, precision, recall):
    """Just under what is measured: benchmarks/README.md."""
    table = readers.tables()[kind]
    assert table.right / table.read >= precision
    assert table.right / table.stating >= recall


@pytest.mark.data
@pytest.mark.skipif(not real_replies.REPLIES.exists(), reason="the recorded replies are not at hand")
def test_a_reply_that_states_nothing_scores_no_better_than_chance():
    table = readers.tables()["all"]
    assert table.silent_right <= table.silent_by_chance
