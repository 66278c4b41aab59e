"""The nightly gate: when it rings, when it must not, and when it has to say that it cannot know."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from scipy.stats import binomtest

from harness.errors import BadInput
from harness.metrics.classification import accuracy
from harness.records import run_file
from harness.records.run_schema import MetricResult
from harness.reports.columns import Column
from harness.reports.gate import baselines
from harness.reports.gate import render as gate_render
from harness.reports.gate.gate import (
    INCONCLUSIVE,
    INFRASTRUCTURE,
    PASS,
    REGRESSION,
    Gate,
    Limits,
    Verdict,
    gate,
)
from harness.reports.gate.measurements import RunKey, RunSummary, latest, measured
from harness.reports.leaderboard.ranks import Statistics
from harness.reports.run import load
from harness.schema import Metric
from harness.stats.power import mcnemar_detectable
from tests.support.fake_runs import fake_run

ACCURACY = accuracy(["0", "1"])

# 200 examples of which 150 are right; tonight fifteen, or five, of those are wrong.
BEFORE = "1" * 150 + "0" * 50
FALLEN = "1" * 135 + "0" * 65
SLIPPED = "1" * 145 + "0" * 55


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "before", tmp_path / "tonight"


@pytest.fixture
def judge(folders: tuple[Path, Path], warnings: list[str]) -> Callable[..., Gate]:
    """Return the gate over the two folders, with such limits."""

    def judged(**limits: Any) -> Gate:
        for folder in folders:
            folder.mkdir(exist_ok=True)
        tonight = latest(map(measured, load([folders[1]], warnings.append)))
        return gate(baselines.read(folders[0], warnings.append), tonight, Limits(**limits))

    return judged


def of(found: Gate, what: str = "accuracy") -> Verdict:
    """Return the one line about `what`."""
    (line,) = [line for line in found.lines if line.what == what]
    return line


def verdicts(found: Gate) -> dict[str, str]:
    """Return the verdict of each main metric, or of the run as a whole, by system."""
    return {line.slot.system: line.verdict for line in found.lines if line.what in ("accuracy", "run")}


# Regressions ------------------------------------------------------------------------------------------


def test_the_same_answers_pass(folders, judge):
    for folder in folders:
        fake_run(folder, "nb", BEFORE)
    found = judge()
    assert (found.verdict, found.exit_code(), found.exit_code(strict=True)) == (PASS, 0, 0)
    assert of(found).paired.change == 0


def test_fifteen_of_two_hundred_lost_and_none_won_is_a_regression(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", FALLEN)
    found = judge()
    assert (found.verdict, found.exit_code()) == (REGRESSION, 1)
    assert of(found).paired.p_value == pytest.approx(binomtest(0, 15, alternative="less").pvalue)
    assert of(found).paired.fall == 0.075


def test_a_gain_of_the_same_size_passes(folders, judge):
    fake_run(folders[0], "nb", FALLEN)
    fake_run(folders[1], "nb", BEFORE)
    assert judge().verdict == PASS


def test_where_lower_is_better_a_rise_is_the_fall(folders, judge):
    quiet = {"metrics": ["unanswered", "accuracy"]}
    fake_run(folders[0], "nb", "1" * 200, changes=quiet)
    fake_run(folders[1], "nb", "1" * 180 + "-" * 20, changes=quiet)
    line = of(judge(), "unanswered")
    assert (line.verdict, line.paired.change, line.paired.fall) == (REGRESSION, 0.1, 0.1)


def test_where_lower_is_better_a_fall_passes(folders, judge):
    quiet = {"metrics": ["unanswered", "accuracy"]}
    fake_run(folders[0], "nb", "1" * 180 + "-" * 20, changes=quiet)
    fake_run(folders[1], "nb", "1" * 200, changes=quiet)
    assert of(judge(), "unanswered").verdict == PASS


@pytest.mark.parametrize(
    ("margin", "verdict"),
    [(0.02, REGRESSION), (0.045, INCONCLUSIVE), (0.07, PASS), (0.075, PASS), (0.08, PASS)],
)
def test_a_fall_must_be_proven_to_exceed_the_margin(folders, judge, margin, verdict):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", FALLEN)
    line = of(judge(margin=margin))
    assert line.verdict == verdict
    assert ("within the margin" in line.why) is (margin >= line.paired.fall)


@pytest.mark.parametrize("name", ["reviews", "accuracy"])
def test_a_task_or_a_metric_may_have_a_margin_of_its_own(folders, judge, name):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", FALLEN)
    assert of(judge(margin=0.9, margins={name: 0.0})).verdict == REGRESSION


def test_one_fall_among_many_tests_must_be_the_clearer(folders, judge):
    """Seven losses and no win: p = 1/128 is below 0.01 alone, and above 0.01/2."""
    for folder, answers in zip(folders, (BEFORE, "1" * 143 + "0" * 57), strict=True):
        fake_run(folder, "a", answers)
    assert verdicts(judge()) == {"a": REGRESSION}
    for folder in folders:
        fake_run(folder, "b", BEFORE)
    found = judge()
    assert verdicts(found) == {"a": INCONCLUSIVE, "b": PASS}
    assert [line.paired.adjusted for line in found.lines if line.paired] == pytest.approx([2 / 128, 1])


def test_holm_lets_the_second_clearest_have_more_than_bonferroni(folders, judge):
    """Eight losses: p = 1/256, which is above 0.01/3 and below 0.01/2."""
    for system, lost in (("a", 20), ("b", 8), ("c", 0)):
        fake_run(folders[0], system, BEFORE)
        fake_run(folders[1], system, "1" * (150 - lost) + "0" * (50 + lost))
    assert verdicts(judge()) == {"a": REGRESSION, "b": REGRESSION, "c": PASS}


def test_of_three_hundred_tests_a_fall_of_any_metric_is_still_found():
    """Alpha's smallest share is below what ten thousand random swaps can tell."""
    rng = np.random.default_rng(17)
    quiet = np.vstack([np.arange(200) % 2] * 300)
    fallen = quiet.copy()
    fallen[0, rng.choice(200, 60, replace=False)] = 0
    by_swaps = dataclasses.replace(ACCURACY, interval="bootstrap")
    lines = one_night(quiet, fallen, metric=by_swaps).lines
    assert [line.slot.task for line in lines if line.verdict == REGRESSION] == ["t0"]
    assert lines[0].paired.p_value < 0.01 / 300


def test_losses_within_one_cluster_are_one_loss(folders, judge):
    clusters = [f"article{row // 20}" for row in range(200)]
    for folder, answers in zip(folders, (BEFORE, "1" * 140 + "0" * 60), strict=True):
        fake_run(folder, "nb", answers, clusters=clusters)
    line = of(judge())
    assert line.verdict == PASS
    assert line.paired.p_value == 0.5
    assert (line.paired.units, line.paired.clusters, line.paired.on_these) == (10, 10, False)


# Few units --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("articles", "limit"), [(2, 24), (3, 60), (4, 88), (6, 100), (7, 100), (9, 120)])
def test_a_collapse_is_a_regression_however_few_the_articles(folders, judge, articles, limit):
    clusters = [f"article{row * articles // limit}" for row in range(limit)]
    for folder, answers in zip(folders, ("1" * limit, "0" * limit), strict=True):
        fake_run(folder, "nb", answers, clusters=clusters)
    found = judge()
    line = of(found)
    assert (found.verdict, found.exit_code()) == (REGRESSION, 1)
    few = 2**-articles > 0.01
    assert line.paired.on_these is few
    assert ("on these questions" in line.why) is few
    assert ("of other articles it says nothing" in gate_render.markdown(found)) is few
    assert f"{limit} ({articles} clusters)" in gate_render.markdown(found)


def test_on_few_articles_a_fall_that_chance_makes_still_passes(folders, judge):
    clusters = [f"article{row // 12}" for row in range(24)]
    for folder, answers in zip(folders, ("1" * 20 + "0" * 4, "1" * 19 + "0" * 5), strict=True):
        fake_run(folder, "nb", answers, clusters=clusters)
    assert judge().verdict == PASS


def repeated(folder: Path, rows: list[str], asked: int) -> None:
    """Write a run of `asked` questions, each repeated as often as there are rows of answers."""
    answers = "".join(rows)
    ids = [f"e{number}" for _ in rows for number in range(asked)]
    fake_run(folder, "nb", answers, ids=ids, journal=lambda row: {"repeat": row // asked})


def test_a_cached_answer_that_is_repeated_is_one_answer(folders, judge):
    """Two questions, thirty times the same answer: no fall could be proven, and how many it takes is said."""
    repeated(folders[0], ["11"] * 30, 2)
    repeated(folders[1], ["00"] * 30, 2)
    found = judge()
    line = of(found)
    assert (found.verdict, line.paired.units, line.paired.shared) == (INCONCLUSIVE, 2, True)
    assert line.why == "needs 7 questions, and has 2: the repeats of one say the same"
    assert line.paired.detectable is None


def test_repeats_that_were_drawn_anew_each_time_are_answers_of_their_own(folders, judge):
    repeated(folders[0], ["11", "10"] * 15, 2)
    repeated(folders[1], ["00", "01"] * 15, 2)
    line = of(judge())
    assert (line.verdict, line.paired.units, line.paired.on_these) == (REGRESSION, 60, True)


def test_what_could_be_detected_is_never_more_than_can_be_lost(folders, judge):
    for folder, answers in zip(folders, ("1" + "0" * 99, "0" * 100), strict=True):
        fake_run(folder, "nb", answers)
    line = of(judge())
    assert line.paired.possible == 0.01
    assert line.paired.detectable is None


def test_what_both_answered_is_compared(folders, judge):
    fake_run(folders[0], "nb", "x" + BEFORE[1:])
    fake_run(folders[1], "nb", BEFORE[:-1] + "x")
    assert of(judge()).paired.n == 198


def test_the_order_of_the_examples_does_not_matter(folders, judge):
    ids = [f"e{row}" for row in range(200)]
    fake_run(folders[0], "nb", BEFORE, ids=ids)
    fake_run(folders[1], "nb", BEFORE[::-1], ids=ids[::-1])
    assert (of(judge()).paired.n, of(judge()).paired.change) == (200, 0)


def test_a_metric_of_the_whole_alone_is_never_a_proven_regression(folders, judge, monkeypatch):
    for folder, value in zip(folders, (0.8, 0.7), strict=True):
        run = fake_run(folder, "nb", BEFORE)
        told = run_file.read_run(run)
        told.metrics["accuracy"].value = value
        run_file.write_run(run, told)
    corpus = dataclasses.replace(ACCURACY, corpus=lambda seen, targets: 0.0)
    monkeypatch.setattr("harness.reports.gate.measurements._metric", lambda entry: corpus)
    line = of(judge())
    assert (line.verdict, line.paired.fall, line.paired.p_value) == (INCONCLUSIVE, 0.1, None)


# Inconclusive -----------------------------------------------------------------------------------------


def test_a_fall_that_may_be_chance_is_inconclusive_and_says_how_many_examples_it_would_take(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", SLIPPED)
    found = judge()
    line = of(found)
    assert (found.verdict, found.exit_code(), found.exit_code(strict=True)) == (INCONCLUSIVE, 0, 1)
    assert line.paired.detectable > line.paired.fall == 0.025
    assert line.why == f"needs n ≥ {line.paired.needed:,}"
    assert line.paired.needed > 200


def test_so_many_examples_do_find_it(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", SLIPPED)
    needed, rng, found = of(judge()).paired.needed, np.random.default_rng(2), 0
    before = np.ones(needed)
    for _ in range(1000):
        now = before - (rng.random(needed) < 0.025)
        found += verdict_of(one_night(before, now)) == REGRESSION
    assert found / 1000 >= 0.77


def test_a_margin_lets_what_may_be_chance_pass(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", SLIPPED)
    assert judge(margin=0.03).verdict == PASS


def test_one_example_proves_nothing(folders, judge):
    fake_run(folders[0], "nb", "1")
    fake_run(folders[1], "nb", "0")
    line = of(judge())
    assert (line.verdict, line.paired.p_value, line.paired.detectable) == (INCONCLUSIVE, None, None)
    assert line.why == "needs 7 examples, and has 1"


def test_a_fall_of_one_in_ten_tasks_must_be_rarer_than_of_one(folders, judge):
    """Six losses: p = 1/64, in a lone task worth a warning, among ten what chance makes."""
    for folder, answers in zip(folders, (BEFORE, "1" * 144 + "0" * 56), strict=True):
        fake_run(folder, "a", answers)
    assert judge().verdict == INCONCLUSIVE
    for number in range(9):
        for folder in folders:
            fake_run(folder, f"quiet {number}", BEFORE)
    assert judge().verdict == PASS


def test_nights_of_ten_tasks_without_a_change_are_hardly_ever_inconclusive():
    rng = np.random.default_rng(19)
    nights = [one_night(*differing(rng, (10, 300), 0.1, 0.0)) for _ in range(150)]
    assert sum(night.exit_code(strict=True) for night in nights) <= 14


# Infrastructure ---------------------------------------------------------------------------------------


def trouble(found: Gate) -> str:
    """Return why a run was not judged; nothing else may be said of it."""
    (line,) = found.lines
    assert (line.what, line.verdict, found.exit_code()) == ("run", INFRASTRUCTURE, 3)
    return line.why


def test_a_run_that_is_not_there_is_missing(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    assert trouble(judge()) == "no run tonight"


@pytest.mark.parametrize(
    ("run", "about"),
    [
        ({"task": {"limit": 100}}, "no limit"),
        ({"task": {"split": "dev"}, "data": {"sha256": {"dev": "0" * 64}}}, "split test"),
        ({"data": {"sample": True}}, "no sample"),
    ],
)
def test_a_run_of_something_else_is_missing_too(folders, judge, run, about):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", BEFORE, run=run)
    found = judge()
    assert trouble(found) == f"no run tonight with {about}, as the baseline has it"
    assert len(found.new) == 1


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("running", "not finished: killed, or still running"),
        ("partial", "partial: stopped by a limit"),
        ("failed", "failed"),
    ],
)
@pytest.mark.parametrize("side", [0, 1])
def test_a_run_that_did_not_end_says_nothing(folders, judge, status, why, side):
    for number, folder in enumerate(folders):
        fake_run(folder, "nb", BEFORE, run={"status": status} if number == side else {})
    assert trouble(judge()) == (why if side else f"the baseline's run: {why}")


def test_a_run_of_tonight_that_was_killed_is_not_replaced_by_an_older_one(folders, judge):
    fake_run(folders[1], "nb", BEFORE, run={"started": "2026-01-02T00:00:00+00:00", "status": "running"})
    for folder in folders:
        fake_run(folder, "nb", BEFORE, run={"started": "2026-01-01T00:00:00+00:00"})
    assert trouble(judge()).startswith("not finished")


def test_of_a_baselines_runs_the_latest_complete_one_counts(folders, judge):
    for day, answers, status in ((1, FALLEN, "complete"), (2, BEFORE, "complete"), (3, FALLEN, "partial")):
        about = {"started": f"2026-01-0{day}T00:00:00+00:00", "status": status}
        fake_run(folders[0], "nb", answers, run=about)
    fake_run(folders[1], "nb", BEFORE)
    assert of(judge()).before == 0.75


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": 2}, "not comparable: version 2, and the baseline's is version 1"),
        ({"metrics": ["macro_f1", "accuracy"]}, "not comparable: macro_f1, and the baseline's is accuracy"),
    ],
)
def test_another_task_is_not_compared(folders, judge, changes, why):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", FALLEN, changes=changes)
    assert trouble(judge()) == why


def test_other_data_are_not_compared(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", FALLEN, run={"data": {"sha256": {"test": "feedbeef" * 8}}})
    assert trouble(judge()).startswith("not comparable: data feedbeef, and the baseline's is ")


def test_another_signature_is_not_compared(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    run = fake_run(folders[1], "nb", FALLEN)
    told = run_file.read_run(run)
    told.metrics["accuracy"].signature = "accuracy|v:2|n:200"
    run_file.write_run(run, told)
    assert trouble(judge()) == (
        "not comparable: signature accuracy|v:2, and the baseline's is signature accuracy|v:1"
    )


def test_examples_with_other_ids_are_not_compared(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", BEFORE, ids=[f"other{row}" for row in range(200)])
    assert trouble(judge()) == "cannot be compared: 0 examples in common, of 200 and 200"


def test_five_per_cent_of_failed_requests_are_no_regression(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", "x" * 10 + FALLEN[10:])
    assert trouble(judge()) == "10 of 200 requests failed"


@pytest.mark.parametrize(
    ("allowed", "verdict"), [(2, PASS), (1, INFRASTRUCTURE), (0.01, PASS), (0, INFRASTRUCTURE)]
)
def test_so_many_failures_are_let_pass(folders, judge, allowed, verdict):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", "xx" + BEFORE[2:])
    assert judge(max_failures=allowed).verdict == verdict


def test_a_run_without_answers_says_nothing(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    fake_run(folders[1], "nb", "xx")
    assert trouble(judge(max_failures=1.0)) == "nothing was answered"


def test_an_undefined_figure_says_nothing(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    run = fake_run(folders[1], "nb", BEFORE)
    told = run_file.read_run(run)
    told.metrics["accuracy"].value = None
    run_file.write_run(run, told)
    assert trouble(judge()) == "accuracy is undefined"


def test_statistics_that_are_gone_are_named(folders, judge):
    fake_run(folders[0], "nb", BEFORE)
    (fake_run(folders[1], "nb", BEFORE) / run_file.STATISTICS).unlink()
    assert trouble(judge()).startswith("cannot be compared: ")
    assert "harness rescore" in trouble(judge())


def test_a_torn_run_is_named_and_missing(folders, judge, warnings):
    fake_run(folders[0], "nb", BEFORE)
    (fake_run(folders[1], "nb", BEFORE) / run_file.RUN).write_text("{")
    assert trouble(judge()) == "no run tonight"
    assert "left out" in warnings[0]


def test_a_proven_regression_is_not_hidden_by_what_could_not_be_looked_at(folders, judge):
    fake_run(folders[0], "a", BEFORE)
    fake_run(folders[0], "b", BEFORE)
    fake_run(folders[1], "b", FALLEN)
    found = judge()
    assert verdicts(found) == {"a": INFRASTRUCTURE, "b": REGRESSION}
    assert found.exit_code() == 1


def test_runs_that_the_baseline_does_not_know_are_named_and_not_judged(folders, judge):
    for folder in folders:
        fake_run(folder, "nb", BEFORE)
    fake_run(folders[1], "new", "0" * 200)
    found = judge()
    assert (found.verdict, [slot.system for slot in found.new]) == (PASS, ["new"])
    assert "Not in the baseline, so not judged: reviews new." in gate_render.markdown(found)


def test_a_name_typed_with_loose_jamo_is_the_same_name(folders, judge):
    fake_run(folders[0], "나이브", BEFORE)
    fake_run(folders[1], "나이브", BEFORE, run={"label": "\u1102\u1161\u110b\u1175\u1107\u1173"})
    assert judge().verdict == PASS


def test_an_empty_baseline_is_a_mistake(folders, judge):
    fake_run(folders[1], "nb", BEFORE)
    with pytest.raises(BadInput, match="holds no runs"):
        judge()


# Limits -----------------------------------------------------------------------------------------------


def costing(usd: float | None, currency: str = "USD") -> dict[str, Any]:
    return {"cost": None if usd is None else {"currency": currency, "per_1k_examples": usd}}


@pytest.mark.parametrize(
    ("before", "now", "verdict", "why"),
    [
        (1.0, 1.1, PASS, ""),
        (1.0, 1.2, REGRESSION, "+20%, allowed +10%"),
        (0.0, 0.1, REGRESSION, "from nothing, allowed +10%"),
        (1.0, 0.5, PASS, ""),
        (None, None, PASS, "not measured"),
        (None, 1.0, INFRASTRUCTURE, "not measured in the baseline"),
        (1.0, None, INFRASTRUCTURE, "not measured tonight"),
    ],
)
def test_the_cost_may_rise_by_so_much(folders, judge, before, now, verdict, why):
    for folder, usd in zip(folders, (before, now), strict=True):
        fake_run(folder, "nb", BEFORE, run=costing(usd))
    line = of(judge(max_cost_increase=0.1), "cost")
    assert (line.verdict, line.why) == (verdict, why)


def test_costs_in_two_currencies_are_not_compared(folders, judge):
    fake_run(folders[0], "nb", BEFORE, run=costing(1.0))
    fake_run(folders[1], "nb", BEFORE, run=costing(1.0, "KRW"))
    assert of(judge(max_cost_increase=0.1), "cost").verdict == INFRASTRUCTURE


def taking(p95: float, cpu: str = "one") -> dict[str, Any]:
    hardware = {"hardware": {"cpu": cpu, "cores": 2, "memory_gib": 4}}
    return {"latency_s": {"e2e": {"p95": p95}}, "environment": hardware}


@pytest.mark.parametrize(
    ("p95", "cpu", "verdict"),
    [(1.2, "one", PASS), (1.3, "one", REGRESSION), (1.3, "two", INCONCLUSIVE), (1.2, "two", PASS)],
)
def test_the_p95_may_rise_by_so_much_and_proves_nothing_on_other_hardware(folders, judge, p95, cpu, verdict):
    fake_run(folders[0], "nb", BEFORE, run=taking(1.0))
    fake_run(folders[1], "nb", BEFORE, run=taking(p95, cpu))
    assert of(judge(max_p95_increase=0.2), "p95").verdict == verdict


@pytest.mark.parametrize(
    ("allowed", "verdict"), [(10, PASS), (9, REGRESSION), (0.05, PASS), (0.04, REGRESSION)]
)
def test_so_many_may_stay_unanswered(folders, judge, allowed, verdict):
    fake_run(folders[0], "nb", "0" * 200)
    fake_run(folders[1], "nb", "-" * 10 + "0" * 190)
    found = judge(max_unanswered=allowed)
    assert of(found, "unanswered").verdict == found.verdict == verdict


def test_a_limit_that_is_not_set_has_no_line(folders, judge):
    for folder in folders:
        fake_run(folder, "nb", BEFORE, run=costing(1.0))
    assert [line.what for line in judge().lines] == ["accuracy", "failures"]


# How often it rings, by simulation ------------------------------------------------------------------


def simulated(name: str, right: np.ndarray, metric: Metric) -> RunSummary:
    """Return a run whose accuracy statistics are these, 1 or 0."""
    n, value = len(right), float(right.mean())
    column = Column(name, 1, "test", None, "0" * 64, "accuracy", "accuracy|v:1", False, True)
    keys = "\n".join(map(str, range(n))).encode(), np.zeros(n, np.int64).tobytes()
    return RunSummary(
        slot=RunKey(name, "system", "test", "", False),
        status="complete",
        column=column,
        figure=MetricResult(
            value=value,
            ci_low=None,
            ci_high=None,
            n=n,
            unit="0-1",
            higher_is_better=True,
            signature=f"accuracy|v:1|n:{n}",
        ),
        examples=n,
        failed=0,
        unanswered=0,
        cost=None,
        currency=None,
        p95=None,
        hardware=None,
        statistics=lambda: Statistics(keys, right[:, None].astype(float), None),
        metric=lambda: metric,
    )


def one_night(*sides: np.ndarray, metric: Metric = ACCURACY, **limits: Any) -> Gate:
    """Return the gate over tasks; each of the two sides is (T, N), or (N,) of one task."""
    before, now = (
        [simulated(f"t{number}", row, metric) for number, row in enumerate(np.atleast_2d(side))]
        for side in sides
    )
    return gate({run.slot: run for run in before}, {run.slot: run for run in now}, Limits(**limits))


def verdict_of(found: Gate) -> str:
    return found.verdict


def differing(rng: np.random.Generator, shape: tuple[int, ...], share: float, fall: float) -> Any:
    """Return both sides' answers: so many pairs differ, and so many more of them are losses."""
    drawn, right = rng.random(shape), rng.random(shape) < 0.7
    losses, wins = drawn < (share + fall) / 2, drawn > 1 - (share - fall) / 2
    return (right | losses) & ~wins, (right | wins) & ~losses


def test_what_is_detectable_is_told_at_the_share_of_alpha_that_one_of_ten_tests_has():
    quiet = np.vstack([np.arange(500) % 2] * 10)
    lines = one_night(quiet, quiet).lines
    told = {line.paired.detectable for line in lines if line.paired}
    assert told == {mcnemar_detectable(500, 0.0, 0.001)}


@pytest.mark.slow
def test_over_five_hundred_nights_without_a_change_at_most_one_in_a_hundred_rings():
    rng = np.random.default_rng(7)
    nights = [one_night(*differing(rng, (10, 500), 0.1, 0.0)) for _ in range(500)]
    assert {night.tests for night in nights} == {10}
    assert sum(night.verdict == REGRESSION for night in nights) <= 5


@pytest.mark.slow
@pytest.mark.parametrize("tasks", [1, 5])
def test_a_fall_as_large_as_it_says_it_can_detect_is_found_four_times_in_five(tasks):
    rng = np.random.default_rng(11)
    still = np.arange(500) % 2 == 0
    moved = still.copy()
    moved[:50] = ~moved[:50]  # 10 % differ, as many for the better as for the worse
    quiet = np.vstack([still] * tasks)
    line = one_night(quiet, np.vstack([moved, *quiet[1:]])).lines[0]
    assert line.paired.fall == 0
    found = 0
    for _ in range(1000):
        before, now = differing(rng, (500,), 0.1, line.paired.detectable)
        night = one_night(np.vstack([before, *quiet[1:]]), np.vstack([now, *quiet[1:]]))
        found += night.verdict == REGRESSION
    assert 0.77 <= found / 1000 <= 0.83


def test_four_points_lost_of_two_thousand_are_found_beyond_a_margin_of_one():
    rng = np.random.default_rng(13)
    nights = [one_night(*differing(rng, (2000,), 0.1, 0.04), margin=0.01) for _ in range(300)]
    assert sum(night.verdict == REGRESSION for night in nights) >= 270


def test_a_fall_by_the_margin_is_a_false_alarm_as_rarely_as_alpha_says():
    rng = np.random.default_rng(23)
    nights = [one_night(*differing(rng, (500,), 0.1, 0.03), margin=0.03) for _ in range(500)]
    assert sum(night.verdict == REGRESSION for night in nights) <= 12


# The committed baseline -------------------------------------------------------------------------------


def both_kinds(folders: tuple[Path, Path], **limits: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the verdicts by the folder, and by the file that is made of it."""
    file = folders[0].parent / "baseline.json"
    runs = latest(map(measured, load([folders[0]], pytest.fail)))
    baselines.write(file, runs.values())
    tonight = latest(map(measured, load([folders[1]], pytest.fail)))
    by_folder, by_file = (
        gate(baselines.read(place, pytest.fail), tonight, Limits(**limits)) for place in (folders[0], file)
    )
    return gate_render.as_json(by_folder), gate_render.as_json(by_file)


def test_the_file_gives_the_very_verdicts_of_the_folder(folders):
    limits = {"max_cost_increase": 0.1, "max_p95_increase": 0.1, "max_unanswered": 0.01}
    clusters = [f"c{row // 4}" for row in range(200)]
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("same", BEFORE, {}),
        ("fallen", FALLEN, {}),
        ("slipped", "1" * 143 + "0" * 57, {}),
        ("failing", "x" * 20 + BEFORE[20:], {}),
        ("silent", "-" * 20 + BEFORE[20:], {}),
        ("clustered", FALLEN, {"clusters": clusters}),
        ("f1", FALLEN, {"changes": {"metrics": ["macro_f1"]}}),
    ]
    for system, answers, how in cases:
        about = taking(0.1) | costing(1.0)
        fake_run(folders[0], system, "x" + BEFORE[1:], run=about, **how)
        fake_run(folders[1], system, answers, run=taking(0.2) | costing(1.05), **how)
    by_folder, by_file = both_kinds(folders, **limits)
    assert by_file == by_folder
    assert {line["verdict"] for line in by_file["lines"]} == {PASS, REGRESSION, INCONCLUSIVE, INFRASTRUCTURE}


def test_the_same_runs_make_the_same_bytes_whatever_their_order(folders):
    for system in ("b", "a"):
        fake_run(folders[0], system, BEFORE)
    runs = list(map(measured, load([folders[0]], pytest.fail)))
    places = [folders[0] / "one.json", folders[0] / "two.json"]
    for place, order in zip(places, (runs, runs[::-1]), strict=True):
        baselines.write(place, order)
    assert places[0].read_bytes() == places[1].read_bytes()


def test_the_file_tells_the_time_only_if_asked(folders):
    fake_run(folders[0], "a", BEFORE, run={"started": "2026-01-01T00:00:00+00:00"})
    runs = list(map(measured, load([folders[0]], pytest.fail)))
    baselines.write(folders[0] / "plain.json", runs)
    baselines.write(folders[0] / "dated.json", runs, dated=True)
    plain, dated = (orjson.loads((folders[0] / name).read_bytes()) for name in ("plain.json", "dated.json"))
    assert b"2026" not in (folders[0] / "plain.json").read_bytes()
    assert dated.pop("made").startswith("20")
    assert dated == plain


def test_another_answer_of_one_system_changes_the_lines_of_this_system_alone(folders):
    for system in ("a", "b", "c"):
        fake_run(folders[0], system, BEFORE)
        fake_run(folders[1], system, SLIPPED if system == "b" else BEFORE)
    texts = []
    for folder in folders:
        baselines.write(folder / "made.json", map(measured, load([folder], pytest.fail)))
        texts.append((folder / "made.json").read_text().splitlines())
    assert len(texts[0]) == len(texts[1])
    changed = {old.split('"')[1] for old, new in zip(*texts, strict=True) if old != new}
    assert changed == {"value", "ci_low", "ci_high", "statistics"}


def test_systems_over_the_same_examples_keep_their_ids_once(folders):
    for system in ("a", "b", "c"):
        fake_run(folders[0], system, BEFORE)
    baselines.write(folders[0] / "made.json", map(measured, load([folders[0]], pytest.fail)))
    assert len(orjson.loads((folders[0] / "made.json").read_bytes())["examples"]) == 1


def test_five_tasks_of_a_thousand_examples_take_32_kilobytes(folders):
    rng = np.random.default_rng(3)
    for task in range(5):
        answers = "".join(rng.choice(["1", "0"], 1000))
        ids = [str(number) for number in rng.integers(10**6, 10**7, 1000)]
        fake_run(folders[0], "a", answers, task=f"t{task}", ids=ids)
    size = baselines.write(folders[0] / "made.json", map(measured, load([folders[0]], pytest.fail)))
    assert size < 32_000


@pytest.fixture
def file(folders) -> Path:
    fake_run(folders[0], "nb", BEFORE)
    path = folders[0].parent / "baseline.json"
    baselines.write(path, map(measured, load([folders[0]], pytest.fail)))
    return path


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (lambda v: v.pop("baseline"), "not a baseline"),
        (lambda v: v.update(baseline=2), "written by a later harness"),
        (lambda v: v.update(surprise=1), "surprise: Extra inputs"),
        (lambda v: v.pop("examples"), "examples: Field required"),
        (lambda v: v["runs"][0].update(n=-1), "runs.0.n: Input should be greater"),
        (lambda v: v["runs"][0].update(value="0.5"), "runs.0.value: Input should be a valid number"),
    ],
)
def test_what_is_no_baseline_is_a_mistake_told_in_a_line(file, broken, complaint):
    values = orjson.loads(file.read_bytes())
    broken(values)
    file.write_bytes(orjson.dumps(values))
    with pytest.raises(BadInput, match=complaint) as error:
        baselines.read(file, pytest.fail)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "broken",
    [
        lambda v: v["runs"][0].update(statistics="!"),
        lambda v: v["runs"][0].update(statistics="QUJD"),
        lambda v: v["runs"][0].update(statistics=v["runs"][0]["statistics"][:40]),
        lambda v: v["runs"][0].update(statistics=None),
        lambda v: v["runs"][0].update(of_examples="gone"),
        lambda v: next(iter(v["examples"].values())).update(repeats=v["runs"][0]["of_examples"]),
        lambda v: next(iter(v["examples"].values())).update(clusters="QlpoOQ=="),
    ],
)
def test_damaged_statistics_make_a_run_that_cannot_be_compared(file, folders, broken):
    fake_run(folders[1], "nb", BEFORE)
    values = orjson.loads(file.read_bytes())
    broken(values)
    file.write_bytes(orjson.dumps(values))
    tonight = latest(map(measured, load([folders[1]], pytest.fail)))
    why = trouble(gate(baselines.read(file, pytest.fail), tonight, Limits()))
    assert "damaged" in why
