"""Goodput, waits and money in the tables of a leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.reports.comparison.compare import compare
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import Board, board
from harness.reports.run import load
from tests.support.fake_runs import fake_run

COST = {"total": 1.0, "paid": 1.0, "responses_without_usage": 0, "price_source": "a page"}
SLO = {"ttft": 0.5, "e2e": 5.0}


def shown(tmp_path: Path, *runs: dict[str, Any]) -> Board:
    for number, run in enumerate(runs):
        fake_run(tmp_path, f"system{number}", "1101", run=run)
    return board(load([tmp_path], print), print)


def test_a_currency_has_a_column_of_its_own(tmp_path):
    found = shown(
        tmp_path,
        {"cost": {**COST, "currency": "USD", "per_1k_examples": 2.5}},
        {"cost": {**COST, "currency": "KRW", "per_1k_examples": 3400.0}},
    )
    header, _, *rows = render.markdown(found).splitlines()[:4]
    assert header.rstrip(" |").endswith("KRW/1k | USD/1k")
    assert sorted(row.split("|")[-3].strip() for row in rows) == ["", "3,400"]
    assert sorted(row.split("|")[-2].strip() for row in rows) == ["", "2.5"]


def test_a_price_that_nobody_knows_is_said_beside_the_figure(tmp_path):
    unknown = {
        "total": None,
        "paid": None,
        "responses_without_usage": None,
        "per_1k_examples": None,
        "price_source": None,
    }
    text = render.markdown(
        shown(tmp_path, {"cost": unknown}, {"cost": {**COST, "responses_without_usage": 3}})
    )
    assert "(price unknown)" in text
    assert "(cost of 3 unknown)" in text


def test_what_never_came_back_is_said_with_the_most_it_may_have_cost(tmp_path):
    lost = {**COST, "currency": "USD", "unaccounted": 12.5, "unaccounted_requests": 128}
    unbounded = {**lost, "unaccounted": None}
    text = render.markdown(shown(tmp_path, {"cost": lost}, {"cost": unbounded}))
    assert "(128 requests unaccounted, ≤ 12.5 USD)" in text
    assert "(128 requests unaccounted, ?)" in text


def test_goodput_and_the_first_token_stand_where_they_were_measured(tmp_path):
    served = {
        "goodput": {"slo": SLO, "share": 0.925, "requests_per_s": 9.0, "n": 4, "unmeasured": 0},
        "latency_s": {"ttft": {"p50": 0.1, "p95": 0.42}},
    }
    text = render.markdown(shown(tmp_path, served, {}))
    assert "92.5 %" in text
    assert "0.42" in text
    assert "goodput: the share of requests with ttft ≤ 0.5 s, e2e ≤ 5 s" in text
    assert "goodput" not in render.markdown(shown(tmp_path / "other", {}))


def test_a_comparison_tells_both_goodputs(tmp_path):
    runs = [
        {"goodput": {"slo": SLO, "share": share, "requests_per_s": 1.0, "n": 4, "unmeasured": 0}}
        for share in (0.5, 0.75)
    ]
    a, b = (
        load([fake_run(tmp_path, f"system{number}", "1101", run=run)], print)[0]
        for number, run in enumerate(runs)
    )
    (found,) = [cost for cost in compare(a, b).costs if cost.name.startswith("goodput")]
    assert (found.name, found.a, found.b) == ("goodput (ttft ≤ 0.5 s, e2e ≤ 5 s)", 0.5, 0.75)
