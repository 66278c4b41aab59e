"""`harness items`: what planted runs say of their items."""

from __future__ import annotations

import numpy as np
import pytest

from harness.stats.item_response import fit
from harness.stats.telling_subset import left_out_errors, telling_subset
from harness.stats.wrong_keys import suspects
from tests.support.fake_runs import fake_run

# Eight systems, the strongest first; the third item is marked wrongly, and the last two tell nothing.
ANSWERS = ("11011101", "11011101", "11011001", "11010001", "11000001", "10000001", "10100001", "00100001")


@pytest.fixture
def runs(shell):
    """A run a system, with a journal: what is wrong is the other option."""
    for number, answers in enumerate(ANSWERS):
        fake_run(shell.home / "runs", f"s{number}", answers, journal=lambda _row: {})
    return shell


def test_what_a_key_speaks_against_itself_is_told_with_its_evidence(runs):
    said = runs("items", "reviews", "-f", "json")
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert set(found["systems"]) == {f"s{number}" for number in range(8)}
    assert found["systems"]["s0"] > found["systems"]["s7"]
    ids = [item["id"] for item in found["items"]]
    suspicious = {ids.index(one["id"]): one for one in found["suspects"] if one["evidence"] > 0}
    assert set(suspicious) == {2, 6}  # nobody chose the key of the seventh
    assert [suspicious[2][name] for name in ("chose", "right", "answered")] == [6, 2, 8]
    assert [ids.index(name) for name in found["all_right"]] == [7]
    assert [ids.index(name) for name in found["none_right"]] == [6]


def test_it_speaks_korean_and_writes_a_page(runs):
    assert "시스템 8개" in runs("items", "reviews", "--lang", "ko").out
    assert runs("items", "reviews", "-o", "items.html").code == 0
    assert "Items of reviews" in (runs.home / "items.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["nothing"], "no run of nothing"), (["reviews", "few"], "at least 3")],
)
def test_what_tells_nothing_is_said_in_a_line(runs, arguments, complaint):
    for system in ("s0", "s1"):
        fake_run(runs.home / "few", system, "1100")
    said = runs("items", *arguments)
    assert said.code == 2
    assert complaint in said.complaint


# The model


def made(systems=40, items=300, seed=0):
    """Return answers by the model, with the abilities and difficulties behind them."""
    draw = np.random.default_rng(seed)
    ability, difficulty = draw.standard_normal(systems), draw.standard_normal(items)
    slope = draw.uniform(0.7, 2, items)
    chance = 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty)))
    return (draw.random(chance.shape) < chance).astype(float), ability, difficulty


def test_abilities_and_difficulties_behind_the_answers_are_found_again():
    right, ability, difficulty = made()
    found = fit(right)
    assert np.corrcoef(found.ability, ability)[0, 1] > 0.97
    known = np.isfinite(found.difficulty)
    assert known.mean() > 0.95
    ranks = [np.argsort(np.argsort(one[known])) for one in (found.difficulty, difficulty)]
    assert np.corrcoef(*ranks)[0, 1] > 0.9


def test_a_wrong_key_has_a_slope_below_zero():
    right, *_ = made()
    right[:, 0] = 1 - right[:, 0]
    assert fit(right).slope[0] < 0


def test_missing_answers_change_an_ability_little():
    right, *_ = made()
    whole = fit(right).ability
    right[0, ::3] = np.nan
    assert fit(right).ability[0] == pytest.approx(whole[0], abs=0.4)


def test_a_subset_foretells_better_than_as_many_items_at_random():
    right, *_ = made(12, 400, 3)
    draw = np.random.default_rng(1)
    random = [
        np.abs(right[:, draw.permutation(400)[:40]].mean(axis=1) - right.mean(axis=1)).mean()
        for _ in range(50)
    ]
    assert left_out_errors(right, 40, draws=100).mean() < np.mean(random)


def test_a_subset_of_all_is_all():
    right, *_ = made(6, 30)
    chosen = telling_subset(right, 100, draws=5)
    assert sorted(chosen.items.tolist()) == list(range(30))


def test_the_key_that_the_able_agree_against_is_the_worst():
    ability = {"a": 1.5, "b": 1.0, "c": 0.0, "d": -1.0, "e": -1.5}
    answers = [
        {"a": "1", "b": "1", "c": "1", "d": "2", "e": "3"},  # marked 2
        {"a": "1", "b": "1", "c": "1", "d": "2", "e": "3"},  # marked 1
        {"a": "2", "b": "2", "c": "1", "d": "1", "e": "1"},  # marked 2: hard, and in order
    ]
    found = suspects(answers, ["2", "1", "2"], ability, [4, 4, 4])
    assert (found[0].item, found[0].instead, found[0].evidence > 1) == (0, "1", True)
    assert all(one.evidence < 0 for one in found[1:])
