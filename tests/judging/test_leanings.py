"""Leanings that are planted are found, and their intervals cover them."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judging.controls import SWAPPED
from harness.judging.leanings import Judge, Leanings, Verdict, leanings
from harness.stats import leanings as stats

SYSTEMS = ("mild", "long", "self")
PAIRS = [(a, b) for a in SYSTEMS for b in SYSTEMS if a != b]
WORTH = {"mild": 0.0, "long": 0.4, "self": 0.8}


def pairwise(draw, questions: int, first: float = 0.0, longer: float = 0.0, own: float = 0.0) -> Judge:
    """Return a judge of three systems that takes the first, the longer or its own reply in such shares."""
    said = []
    better = {(q, pair): None for q in range(questions) for pair in PAIRS}
    for q in range(questions):
        length = dict(zip(SYSTEMS, map(int, draw.integers(100, 900, 3)), strict=True))
        for a, b in PAIRS:
            if better[q, (b, a)] is None:  # the truth is one, whichever stands first
                p = 1 / (1 + np.exp(WORTH[b] - WORTH[a]))
                better[q, (a, b)] = bool(draw.random() < p)
            else:
                better[q, (a, b)] = not better[q, (b, a)]
            wins, chance = better[q, (a, b)], draw.random()
            if chance < first:
                wins = True
            elif chance < first + longer:
                wins = length[a] > length[b]
            elif chance < first + longer + own and "self" in (a, b):
                wins = a == "self"
            lengths = length[a], length[b]
            said.append(Verdict(f"q{q}|0", 0, f"q{q}", (a, b), lengths, float(wins), True))
    return Judge("self", "judge_pair", True, "self", said)


def scored(draw, questions: int, doubling: float = 0.0, own: float = 0.0, name: str = "self") -> Judge:
    """Return a judge whose scores grow with length and for its own replies."""
    rng, said = np.random.default_rng(7), []
    for q in range(questions):
        hard = rng.normal()
        for system in SYSTEMS:
            length = int(rng.integers(50, 1600))
            score = 6 + hard + WORTH[system] + doubling * np.log2(length) + own * (system == "self")
            score += rng.normal(0, 0.5) + draw.normal(0, 0.5)
            said.append(Verdict(f"q{q}|0", 0, f"q{q}", (system,), (length,), float(score), True))
    return Judge(name, "judge_single", False, name, said)


def covered(make, figure: str, truth: float, rounds: int = 150) -> float:
    held = []
    for number in range(rounds):
        found: Leanings = make(np.random.default_rng(number))
        one = getattr(found, figure)
        held.append(one.low <= truth <= one.high)
    return float(np.mean(held))


def test_a_taste_for_the_first_place_is_found_whoever_is_better():
    """In 10 of 100 cases: the first wins 55 and the second 45, so it leads by 10 points."""
    judge = lambda draw: leanings([pairwise(draw, 60, first=0.1)])[0]  # noqa: E731
    assert covered(judge, "place", 10) >= 0.9
    found = leanings([pairwise(np.random.default_rng(0), 2000, first=0.1)])[0]
    assert found.place.value == pytest.approx(10, abs=1)
    assert found.place.low > 0
    assert found.consistent.value == pytest.approx(0.9, abs=0.02)


def test_a_taste_for_length_is_found_beside_the_systems_strengths():
    judge = lambda draw: leanings([pairwise(draw, 60, longer=0.1)])[0]  # noqa: E731
    assert covered(judge, "length", 10) >= 0.9
    assert leanings([pairwise(np.random.default_rng(0), 300)])[0].length.low < 0


def test_points_for_a_doubling_are_found_though_questions_and_systems_differ():
    judge = lambda draw: leanings([scored(draw, 40, doubling=0.3)])[0]  # noqa: E731
    found = judge(np.random.default_rng(0))
    assert found.length.low < 0.3 < found.length.high
    assert found.length.low > 0


def test_what_a_judge_gives_to_itself_is_told_by_the_others():
    honest = scored(np.random.default_rng(99), 40, name="other")
    judge = lambda draw: leanings([scored(draw, 40, own=0.5), honest])[0]  # noqa: E731
    found = judge(np.random.default_rng(0))
    assert found.system == "self"
    assert found.own.low > 0
    assert found.own.low < 0.5 < found.own.high
    assert leanings([scored(np.random.default_rng(0), 40, own=0.5)])[0].own is None  # nobody to tell it by


def test_of_pairs_a_judge_that_takes_its_own_gives_it_more_of_the_win_than_others_do():
    """It takes its own in 20 of 100 cases in which it would have lost 33: p is 0.67 on average."""
    fair = pairwise(np.random.default_rng(5), 200)
    partial = pairwise(np.random.default_rng(5), 200, own=0.2)
    fair = Judge("other", fair.rubric, True, "other", fair.verdicts)
    found = leanings([partial, fair])[0]
    lost = np.mean([one.score == 0 for one in fair.verdicts if one.systems[0] == "self"])
    assert found.own.low < 20 * lost < found.own.high
    assert found.own.low > 0


def test_repeatability_counts_what_was_asked_again_and_not_what_was_kept():
    said = [
        Verdict(f"q{q}|0", repeat, f"q{q}", ("a",), (9,), float(q % 4 == 0 and repeat), True)
        for q in range(40)
        for repeat in (0, 1)
    ]
    found = leanings([Judge("j", "judge_single", False, "j", said)])[0]
    assert found.repeats.value == 0.75
    assert found.repeats.low < 0.75 < found.repeats.high
    kept = [Verdict(*[getattr(one, name) for name in one.__slots__[:-1]], False) for one in said]
    assert leanings([Judge("j", "judge_single", False, "j", kept)])[0].repeats is None


@pytest.mark.parametrize(("lead", "blind"), [(0.0, True), (1.0, False)])
def test_a_judge_that_cannot_tell_swapped_words_is_named(lead, blind):
    draw = np.random.default_rng(0)
    said = [
        Verdict(f"q{q}|0", 0, f"q{q}", (system,), (9,), 5 + lead * (system == "a") + draw.normal(), True)
        for q in range(60)
        for system in ("a", f"a{SWAPPED}")
    ]
    assert leanings([Judge("j", "judge_single", False, "j", said)])[0].blind is blind
    few = [one for one in said if int(one.item[1:].split("|")[0]) < 10]
    assert leanings([Judge("j", "judge_single", False, "j", few)])[0].blind is None


def test_an_interval_by_question_is_wider_where_a_questions_verdicts_go_together():
    units = np.repeat(np.arange(50), 8)
    figures = np.repeat(np.random.default_rng(0).normal(size=50), 8)
    together, apart = stats.mean(figures, units), stats.mean(figures, np.arange(400))
    assert (together.high - together.low) / (apart.high - apart.low) == pytest.approx(np.sqrt(8), rel=0.05)


def test_a_slope_is_least_squares_with_a_constant_a_group():
    draw = np.random.default_rng(3)
    groups, units = draw.integers(0, 5, 200), draw.integers(0, 30, 200)
    x = draw.normal(size=200) + groups
    y = 2 * x + 3 * groups + units / 10 + draw.normal(size=200)
    design = np.column_stack([x, np.eye(5)[groups], np.eye(30)[units]])
    found = stats.slope(y, x, units, [groups, units])
    assert found.value == pytest.approx(np.linalg.lstsq(design, y, rcond=None)[0][0])
    assert stats.slope(y, groups * 1.0, units, [groups]) is None


def test_a_share_that_is_whole_has_wilsons_interval_of_so_many_questions():
    """Wilson (1927) of 40 in 40: from 0.912."""
    one = stats.share(np.ones(120), np.repeat(np.arange(40), 3))
    assert (one.low, one.high) == (pytest.approx(0.9124, abs=1e-4), pytest.approx(1))


def test_what_few_questions_tell_of_has_no_interval():
    figures = np.zeros(200)
    figures[:9] = 1
    sides = np.tile([1.0, -1.0], 100)
    assert stats.slope(figures, sides, np.arange(200), rare=True).low is None
    figures[9] = 1
    assert stats.slope(figures, sides, np.arange(200), rare=True).low is not None
