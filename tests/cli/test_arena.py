"""`harness arena`: strengths from verdicts between two replies."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as some

from harness.judging.style import style_of
from harness.stats import bradley_terry
from harness.stats.bradley_terry import Games
from harness.stats.win_rates import lasso
from tests.support.paths import SHARED

HEAD = "question,first,second,verdict"


def votes(shell, rows, head=HEAD, name="votes.csv"):
    return shell.write(name, "\n".join([head, *rows]) + "\n")


def simulated(strengths, questions, place=0.0, seed=0, always_first=None):
    """Rows of verdicts: each pair meets once a question, in a random order or with one always first."""
    draw, rows = np.random.default_rng(seed), []
    names = list(strengths)
    for question in range(questions):
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                swap = b == always_first if always_first in (a, b) else draw.random() < 0.5
                first, second = (b, a) if swap else (a, b)
                p = 1 / (1 + math.exp(-(strengths[first] - strengths[second] + place)))
                rows.append(f"{question},{first},{second},{'A>B' if draw.random() < p else 'B>A'}")
    return rows


def test_three_wins_to_one_are_191_points_of_elo(shell):
    rows = [f"{q},a,b,{verdict}" for q, verdict in enumerate(["A>B", "A>B", "A>B", "B>A"])]
    found = shell("arena", votes(shell, rows), "--no-place", "--draws", 100, "-f", "json").json
    elo = {one["system"]: one["elo"]["value"] for one in found["standings"]}
    assert elo["a"] - elo["b"] == pytest.approx(400 * math.log10(3))
    assert elo["a"] + elo["b"] == pytest.approx(2000)
    assert found["expected"]["a"]["b"] == pytest.approx(0.75)


def test_a_tie_is_half_a_win_and_much_better_counts_three_by_arena_hards_rule(shell):
    path = votes(shell, ["1,x,base,A>>B", "2,x,base,A=B", "3,x,base,B>A"])
    plain = shell("arena", path, "--baseline", "base", "--draws", 100, "-f", "json").json
    assert plain["standings"][0]["score"]["value"] == pytest.approx(100 * 1.5 / 3)
    told = ["--rule", "arena_hard", "--baseline", "base", "--draws", 100, "-f", "json"]
    threefold = shell("arena", path, *told).json
    assert threefold["standings"][0]["score"]["value"] == pytest.approx(100 * 3.5 / 5)


def test_who_lost_all_has_no_strength_and_that_is_said(shell):
    said = shell("arena", votes(shell, ["1,a,b,A>B", "2,b,a,B>A", "3,c,a,A>B", "4,a,c,A>B"]))
    assert said.code == 0
    assert "no strengths" in said.out
    assert "a, c; b" in said.out
    assert "50.0" in said.out  # c's plain share: it needs no model


def test_systems_that_never_met_are_no_one_board(shell):
    said = shell(
        "arena", votes(shell, ["1,a,b,A>B", "2,a,b,B>A", "3,c,d,A>B", "4,c,d,B>A"]), "-f", "json"
    ).json
    assert said["expected"] is None
    assert sorted(map(sorted, said["parts"])) == [["a", "b"], ["c", "d"]]


def test_draws_without_strengths_are_counted_and_then_there_are_no_intervals(shell):
    rows = [f"{q},a,b,{'B>A' if q == 0 else 'A>B'}" for q in range(30)]  # a third of the draws lack the one
    found = shell("arena", votes(shell, rows), "--no-place", "--draws", 200, "-f", "json").json
    assert 40 < found["draws_without"] < 110
    assert found["standings"][0]["elo"]["low"] is None
    assert "no intervals" in shell("arena", votes(shell, rows), "--no-place", "--draws", 200).out


def test_few_questions_have_no_interval(shell):
    rows = simulated({"a": 0.3, "b": 0.0}, 19)
    assert "fewer than 20 questions" in shell("arena", votes(shell, rows), "--draws", 100).out


def test_the_place_is_found_and_taken_away(shell):
    """The weaker is always shown first to judges who favour the first: without the term it stands above."""
    strengths = {"strong": 0.5, "weak": 0.0, "other": -0.5}
    path = votes(shell, simulated(strengths, 400, place=1.2, always_first="weak"))
    naive = shell("arena", path, "--no-place", "--draws", 100, "-f", "json").json
    assert naive["standings"][0]["system"] == "weak"
    found = shell("arena", path, "--draws", 100, "-f", "json").json
    assert [one["system"] for one in found["standings"]] == ["strong", "weak", "other"]
    place = found["place"]
    assert place["low"] < 100 * math.tanh(0.6) < place["high"]


def test_a_place_that_nobody_changed_is_not_told_from_strength(shell):
    said = shell("arena", votes(shell, ["1,a,b,A>B", "2,a,b,B>A"]), "--draws", 100)
    assert "nobody stood in both places" in said.out


def test_style_is_taken_away_from_the_replies_themselves(shell):
    """Judges of equal systems who like it long: at equal style the wordy one is no better."""
    draw, rows = np.random.default_rng(0), []
    for question in range(300):
        one, other = (int(x) for x in draw.integers(20, 60, 2))
        wordy = 3 * one
        p = 1 / (1 + math.exp(-4 * (wordy - other) / (wordy + other + 1)))
        who = "A>B" if draw.random() < p else "B>A"
        rows.append(f"{question},wordy,brief,{who},{'가' * wordy},{'나' * other}")
    path = votes(shell, rows, HEAD + ",first_reply,second_reply")
    plain = shell("arena", path, "--draws", 100, "--baseline", "brief", "-f", "json").json
    assert plain["standings"][0]["score"]["low"] > 60
    equal = shell("arena", path, "--draws", 100, "--baseline", "brief", "--style-control", "-f", "json").json
    score = next(one["score"] for one in equal["standings"] if one["system"] == "wordy")
    assert score["low"] < 50 < score["high"]
    assert list(equal["style"]) == ["length"]  # no reply has a header, a list or bold words


def test_what_looks_like_markdown_in_code_is_no_style():
    assert style_of("# 제목\n- 하나\n1. 둘\n**굵게**\n```\n# 주석\n- x\n```")[1:] == (1, 2, 1)


def test_a_page_has_both_pictures_and_speaks_korean(shell):
    rows = simulated({"가온": 0.8, "나래": 0.0, "다솜": -0.5}, 40)
    assert shell("arena", votes(shell, rows), "--draws", 100, "--lang", "ko", "-o", "arena.html").code == 0
    page = (shell.home / "arena.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "판정 120건, 문항 40개, 시스템 3개" in page


@pytest.mark.parametrize(
    ("rows", "options", "complaint"),
    [
        (["1,a,b,A>>>B"], [], "votes.csv:2: 'A>>>B' is no verdict"),
        (["1,a,a,A>B"], [], "votes.csv:2: 'a' stands on both sides"),
        (["1,,b,A>B"], [], "votes.csv:2: who stood first is not told"),
        (["1,a,b,"], [], "no verdict to count"),
        (["1,a,b,A>B"], ["--baseline", "z"], "--baseline z: not among a, b"),
        (["1,a,b,A>B"], ["--rule", "elo"], "--rule elo: it should be one of bradley_terry"),
        (["1,a,b,A>B"], ["--rule", "arena_hard"], "--rule arena_hard needs --baseline"),
        (["1,a,b,A>B"], ["--style-control"], "no reply's style is known"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(shell, rows, options, complaint):
    said = shell("arena", votes(shell, rows), *options)
    assert said.code == 2
    assert complaint in said.complaint


# AlpacaEval


def annotated(shell, preferences):
    lines = [
        {
            "instruction": f"q{n}",
            "generator_1": "base",
            "generator_2": "x",
            "output_1": "a" * 9,
            "output_2": "b" * (n + 5),
        }
        | {"preference": preference}
        for n, preference in enumerate(preferences)
    ]
    return shell.write("x.jsonl", "\n".join(map(json.dumps, lines)) + "\n")


def test_alpaca_evals_rate_is_the_mean_preference_and_its_standard_error(shell):
    path = annotated(shell, [1.0, 2.0, 1.5, None, 2.0])
    (found,) = shell("arena", path, "--rule", "alpaca_eval", "--baseline", "base", "-f", "json").json[
        "systems"
    ]
    assert found["plain"]["value"] == pytest.approx(62.5)
    assert found["plain"]["stderr"] == pytest.approx(100 * np.std([0, 1, 0.5, 1], ddof=1) / 2)
    assert found["plain"]["n"] == 4
    assert found["controlled"] is None
    said = shell("arena", path, "--rule", "alpaca_eval", "--baseline", "base").out
    assert "df_gamed.csv in --data-dir" in said


def test_the_length_controlled_rate_is_printed_where_its_two_files_are(shell):
    path = annotated(shell, [1 + (n % 3) / 2 for n in range(30)])
    shell.write(
        "data/instruction_difficulty.csv", "index,x\n" + "".join(f"{n},{n / 30}\n" for n in range(30))
    )
    gamed = [f"m,{n},{0.4 + n / 100},{(-1) ** n},{n / 30}" for n in range(30)]
    head = "model,index,preference,std_delta_len,instruction_difficulty"
    shell.write("data/df_gamed.csv", "\n".join([head, *gamed]) + "\n")
    told = ["--rule", "alpaca_eval", "--baseline", "base", "--data-dir", "data", "-f", "json"]
    (found,) = shell("arena", path, *told).json["systems"]
    assert 40 < found["controlled"]["value"] < 60


@pytest.mark.parametrize("c", [0.05, 1.0, 100.0])
def test_the_lasso_is_at_its_minimum(c):
    """A coefficient's gradient is as large as the penalty's, or the coefficient is 0 and it is smaller."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 3))
    y = (draw.random(300) < 1 / (1 + np.exp(-x @ [1.0, -0.5, 0.0]))).astype(float)
    b = lasso(x, y, np.ones(300), c)
    gradient = c * x.T @ (1 / (1 + np.exp(-x @ b)) - y)
    for slope, coefficient in zip(gradient, b, strict=True):
        if coefficient:
            assert slope == pytest.approx(-np.sign(coefficient), abs=1e-6)
        else:
            assert abs(slope) <= 1
    assert c > 0.05 or not b.all()


# The model


def games_of(rows, systems):
    first, second, share, unit = (np.array(column) for column in zip(*rows, strict=True))
    return Games(
        first, second, share.astype(float), np.ones(len(rows)), unit, systems, np.zeros((len(rows), 0))
    )


pairs = some.tuples(some.integers(0, 3), some.integers(1, 3), some.sampled_from([0.0, 0.5, 1.0]))


@settings(max_examples=50, deadline=None)
@given(some.lists(pairs, min_size=4, max_size=40))
def test_at_the_maximum_everybody_has_won_as_much_as_was_expected(drawn):
    rows = [(a, (a + step) % 4, share, n) for n, (a, step, share) in enumerate(drawn)]
    games = games_of(rows, 4)
    found = bradley_terry.fit(games)
    one_group = len(bradley_terry.parts(games)) == 1
    assert isinstance(found, bradley_terry.Fit) == one_group
    if isinstance(found, bradley_terry.Fit):
        expected = found.expected()[games.first, games.second]
        for system in range(4):
            gap = (games.share - expected) * ((games.first == system) * 1.0 - (games.second == system))
            assert gap.sum() == pytest.approx(0, abs=1e-7)


@settings(max_examples=20, deadline=None)
@example([(0, 1, 0.0)] * 6 + [(0, 1, 0.5), (0, 2, 0.5), (1, 2, 0.0), (3, 1, 0.5)])
@given(some.lists(pairs, min_size=10, max_size=40))
def test_places_exchanged_throughout_exchange_what_the_place_is_worth(drawn):
    rows = [(a, (a + step) % 4, share, n) for n, (a, step, share) in enumerate(drawn)]
    turned = [(b, a, 1 - share, n) for a, b, share, n in rows]
    assume(bradley_terry.tells_place(games_of(rows, 4)))
    one, other = (bradley_terry.fit(games_of(these, 4), place=True) for these in (rows, turned))
    assert type(one) is type(other)
    if isinstance(one, bradley_terry.Fit) and isinstance(other, bradley_terry.Fit):
        assert one.strength == pytest.approx(other.strength, abs=1e-6)
        assert one.place == pytest.approx(-other.place, abs=1e-6)


@pytest.mark.skipif(not (SHARED / "replies/alpaca_eval").is_dir(), reason="no recorded verdicts at hand")
def test_published_win_rates_come_out(shell):
    path = SHARED / "replies/alpaca_eval/alpaca-7b.jsonl.gz"
    baseline = json.loads(gzip.decompress(path.read_bytes()).decode("utf-8-sig").split("\n")[0])[
        "generator_1"
    ]
    (found,) = shell("arena", path, "--rule", "alpaca_eval", "--baseline", baseline, "-f", "json").json[
        "systems"
    ]
    assert found["plain"]["value"] == pytest.approx(2.591451, abs=1e-3)
