"""What a comparison says of two runs whose answers are known."""

from __future__ import annotations

import json
import shutil

import numpy as np
import orjson
import pytest

from harness.errors import BadInput
from harness.records import run_file
from harness.reports.comparison import render as compare_render
from harness.reports.comparison.compare import compare
from harness.reports.comparison.flips import EXCERPT, found
from harness.reports.comparison.settings import Cost
from harness.reports.leaderboard.ranks import statistics
from harness.reports.named_runs import only_run
from harness.stats.paired import paired
from harness.stats.significance import mcnemar
from tests.support.fake_runs import fake_run


def journal(directory, lines):
    """Write a journal of (id, prediction, target) and what either may have beside them."""
    rows = []
    for name, prediction, target, *rest in lines:
        changes = rest[0] if rest else {}
        rows.append(
            {
                "id": name,
                "repeat": 0,
                "request": {"fields": {"text": f"리뷰 {name}"}},
                "response": {"text": None, "error": None, "cached": False, "finish": "stop"},
                "prediction": prediction,
                "target": target,
                "scores": {},
                **changes,
            }
        )
    content = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    (directory / run_file.SAMPLES).write_bytes(content)


def compared(a, b, **how):
    return compare(only_run(a), only_run(b), **how)


def of(found, metric="accuracy"):
    return next(one for one in found.differences if one.metric == metric)


# Figures


def test_figures_are_bit_for_bit_those_of_run_json(tmp_path):
    a, b = fake_run(tmp_path, "a", "110-" * 30), fake_run(tmp_path, "b", "1010" * 30)
    both = compared(a, b)
    for side, directory in (("a", a), ("b", b)):
        written = run_file.read_run(directory).metrics
        assert {one.metric: getattr(one, side) for one in both.differences} == {
            name: figure.value for name, figure in written.items()
        }


def test_a_difference_is_b_minus_a_with_its_paired_interval_and_mcnemars_p(tmp_path):
    answers_a, answers_b = "1" * 60 + "0" * 30 + "1" * 10, "1" * 60 + "1" * 30 + "0" * 10
    both = compared(fake_run(tmp_path, "a", answers_a), fake_run(tmp_path, "b", answers_b))
    one, by_hand = of(both), [np.array(list(x), float)[:, None] for x in (answers_b, answers_a)]
    metric = both.a.definition().metrics[0]
    estimate = paired(metric, *by_hand)
    assert (one.a, one.b, one.value) == (0.7, 0.9, pytest.approx(0.2))
    assert (one.ci_low, one.ci_high) == (estimate.ci_low, estimate.ci_high)
    assert (one.test, one.p_value, one.draws) == ("McNemar exact", mcnemar(30, 10), None)
    assert one.effect == ("Cohen's h", pytest.approx(2 * np.arcsin(0.9**0.5) - 2 * np.arcsin(0.7**0.5)))
    assert one.better == "b"


def test_macro_f1_is_tested_by_permutation(tmp_path):
    both = compared(fake_run(tmp_path, "a", "1100" * 20), fake_run(tmp_path, "b", "1110" * 20))
    one = of(both, "macro_f1")
    assert (one.test, one.draws, one.effect) == ("paired permutation", 9_999, None)
    assert one.p_value == 1 / 10_000


def test_swapping_the_runs_turns_every_sign(tmp_path):
    a, b = fake_run(tmp_path, "a", "1100-0" * 20), fake_run(tmp_path, "b", "111100" * 20)
    there, back = compared(a, b), compared(b, a)
    for one, other in zip(there.differences, back.differences, strict=True):
        assert one.value == -other.value
        assert (one.ci_low, one.ci_high) == pytest.approx((-other.ci_high, -other.ci_low))
        assert one.p_value == pytest.approx(other.p_value, abs=0.02)
        assert {one.better, other.better} in ({"a", "b"}, {None})


def test_where_less_is_better_the_lower_figure_wins(tmp_path):
    both = compared(fake_run(tmp_path, "a", "-" * 40), fake_run(tmp_path, "b", "1" * 40))
    assert (of(both, "unanswered").value, of(both, "unanswered").better) == (-1, "b")


def test_a_run_ties_with_itself_and_says_so(tmp_path):
    run = fake_run(tmp_path, "a", "1100" * 10)
    both = compared(run, run)
    assert [(one.value, one.better, one.p_value) for one in both.differences] == [(0, None, 1)] * 3
    assert "A and B are the same run" in both.notes


def test_clusters_are_respected(tmp_path):
    a, b = "1" * 50 + "0" * 50, "1" * 80 + "0" * 20
    plain = compared(fake_run(tmp_path, "a", a), fake_run(tmp_path, "b", b))
    articles = [f"문서 {n // 10}" for n in range(100)]
    whole = compared(
        fake_run(tmp_path, "a", a, clusters=articles), fake_run(tmp_path, "b", b, clusters=articles)
    )
    assert (plain.units, whole.units) == (None, 10)
    assert of(whole).p_value == 0.25  # three articles differ, all for b: 2 of 8 ways to swap them
    assert of(whole).ci_low < of(plain).ci_low
    assert "100 examples in 10 clusters" in compare_render.markdown(whole)


# Pairs


def test_only_what_both_answered_is_compared_whatever_the_order(tmp_path):
    a = fake_run(tmp_path, "a", "1101", ids=["p", "q", "r", "s"])
    b = fake_run(tmp_path, "b", "1x10", ids=["s", "q", "p", "r"])
    both = compared(a, b)
    assert (both.pairs.n, both.pairs.only_a, both.pairs.only_b) == (3, 1, 0)
    assert (of(both).a, of(both).b) == pytest.approx((2 / 3, 2 / 3))
    assert "1 that only A answered are left out, B has none to pair with them" in both.notes
    assert "B: 1 failed" in both.notes


def test_runs_without_a_common_example_do_not_compare(tmp_path):
    a, b = fake_run(tmp_path, "a", "11", ids=["p", "q"]), fake_run(tmp_path, "b", "11", ids=["r", "s"])
    with pytest.raises(BadInput, match="no example was answered in both"):
        compared(a, b)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"data": {"sha256": {"test": "0" * 64}}}, "other data: reviews of .* and reviews of 00000000"),
        ({"data": {"sample": True}}, "of the shipped sample"),
        ({"task": {"split": "dev"}, "data": {"sha256": {"dev": "1"}}}, "other splits, test and dev"),
        ({"metrics": {}}, "no common metric|no metric in common"),
    ],
)
def test_runs_of_other_data_are_refused(tmp_path, changes, complaint):
    a, b = fake_run(tmp_path, "a", "1100"), fake_run(tmp_path, "b", "1100", run=changes)
    if changes == {"metrics": {}}:
        run = run_file.read_run(b)
        run.metrics = {"bleu": run.metrics["accuracy"]}
        run_file.write_run(b, run)
    with pytest.raises(BadInput, match=complaint):
        compared(a, b)


def test_a_run_without_answers_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no answers to compare"):
        compared(fake_run(tmp_path, "a", "1100"), fake_run(tmp_path, "b", "xx"))


def resigned(directory, metric, signature):
    run = run_file.read_run(directory)
    run.metrics[metric].signature = signature
    run_file.write_run(directory, run)


def test_a_metric_judged_in_two_ways_is_left_out_and_named(tmp_path):
    a, b = fake_run(tmp_path, "a", "1100"), fake_run(tmp_path, "b", "1110")
    resigned(b, "accuracy", "accuracy|v:0|n:4")
    both = compared(a, b)
    assert [one.metric for one in both.differences] == ["macro_f1", "unanswered"]
    (note,) = [note for note in both.notes if "accuracy" in note]
    assert "judged by accuracy|v:1 and by accuracy|v:0; `harness rescore`" in note
    with pytest.raises(BadInput, match="--metric accuracy: judged by"):
        compared(a, b, metrics=["accuracy"])


def test_statistics_of_a_version_that_is_not_here_are_not_summed_by_this_one(tmp_path):
    a, b = fake_run(tmp_path, "a", "1100"), fake_run(tmp_path, "b", "1110")
    for run in (a, b):
        resigned(run, "macro_f1", "macro_f1|v:0|labels:2|n:4")
    both = compared(a, b)
    assert [one.metric for one in both.differences] == ["accuracy", "unanswered"]
    assert any("this harness has macro_f1|v:1" in note for note in both.notes)


def test_a_named_metric_stands_alone(tmp_path):
    a, b = fake_run(tmp_path, "a", "1100"), fake_run(tmp_path, "b", "1110")
    assert [one.metric for one in compared(a, b, metrics=["macro_f1"]).differences] == ["macro_f1"]
    with pytest.raises(BadInput, match="Did you mean 'accuracy'"):
        compared(a, b, metrics=["acuracy"])


def test_another_version_of_the_task_or_another_task_is_said(tmp_path):
    a, b = fake_run(tmp_path, "a"), fake_run(tmp_path, "b", changes={"version": 2})
    assert "two versions of the task: 1 and 2" in compared(a, b).notes
    other = fake_run(tmp_path, "b", task="others", run={"data": {"sha256": run_file.read_run(a).data.sha256}})
    assert "two tasks on the same data: reviews and others" in compared(a, other).notes


def test_partial_sample_and_other_hardware_are_said(tmp_path):
    sample = {"data": {"sample": True}}
    cpus = [{"environment": {"hardware": {"cpu": name, "cores": 2}}} for name in ("one", "another")]
    a = fake_run(tmp_path, "a", run={**sample, **cpus[0], "status": "partial"})
    b = fake_run(tmp_path, "b", run={**sample, **cpus[1]})
    notes = compared(a, b).notes
    assert notes[0] == "A: partial"
    assert "the project's own small sample, not the dataset" in notes
    assert "on other hardware: times say little of the systems" in notes


# Flips


def test_flips_are_counted_both_ways(tmp_path):
    both = compared(fake_run(tmp_path, "a", "111000-"), fake_run(tmp_path, "b", "1001101"))
    flips = both.flips
    assert (flips.metric, flips.a_better, flips.b_better) == ("accuracy", 2, 3)
    assert (flips.same, flips.both_right) == (2, 1)
    assert "A right and B wrong 2; B right and A wrong 3; both right 1; both wrong 1." in (
        compare_render.markdown(both)
    )


def test_flips_are_shown_with_what_either_said(tmp_path):
    a, b = fake_run(tmp_path, "a", "10"), fake_run(tmp_path, "b", "01")
    journal(a, [("e0", "0", "0"), ("e1", "0", "1")])
    journal(b, [("e0", "1", "0"), ("e1", "1", "1")])
    flips = compared(a, b).flips
    ((first,), (second,)) = flips.a_examples, flips.b_examples
    assert (first.id, first.prompt, first.target) == ("e0", "리뷰 e0", "0")
    assert (first.a.prediction, first.b.prediction) == ("0", "1")
    assert (second.id, second.a.prediction, second.b.prediction) == ("e1", "0", "1")
    shown = compare_render.markdown(compared(a, b))
    assert "| e0               | 리뷰 e0 | 부정   | 부정 | 긍정 |" in shown


def test_as_many_examples_are_shown_as_asked_for_and_none_without_a_journal(tmp_path):
    a, b = fake_run(tmp_path, "a", "1" * 9), fake_run(tmp_path, "b", "0" * 9)
    assert compared(a, b).flips.a_examples == []
    for run in (a, b):
        journal(run, [(f"e{n}", "0", "1") for n in range(9)])
    for n in (0, 2, 99):
        assert [flip.id for flip in compared(a, b, examples=n).flips.a_examples] == [
            f"e{k}" for k in range(min(n, 9))
        ]


def test_an_unanswered_example_shows_what_was_said_instead(tmp_path):
    a, b = fake_run(tmp_path, "a", "1"), fake_run(tmp_path, "b", "-")
    journal(a, [("e0", "0", "0")])
    response = {"text": "모르겠\n습니다", "error": None, "cached": False, "finish": "stop"}
    journal(b, [("e0", None, "0", {"response": response})])
    assert "(unanswered) 모르겠 습니다" in compare_render.markdown(compared(a, b))


@pytest.mark.parametrize("name", ['a"b', "줄\n바꿈", "back\\slash", "새\u2028줄", '","repeat":0', "e\u0301"])
def test_an_example_is_found_whatever_its_id(tmp_path, name):
    a, b = (fake_run(tmp_path, who, "1" if who == "a" else "0", ids=[name]) for who in "ab")
    for run in (a, b):
        journal(run, [(name, "0", "0")])
    assert [flip.id for flip in compared(a, b).flips.a_examples] == [name]


def test_the_last_line_of_an_example_counts_and_a_torn_one_does_not(tmp_path):
    run = fake_run(tmp_path)
    journal(run, [("e0", "0", "0"), ("e0", "1", "0")])
    path = run / run_file.SAMPLES
    path.write_bytes(path.read_bytes() + b'{"id":"e0","repeat":0,"resp')
    assert found(path, {("e0", 0)})["e0", 0].prediction == "1"


def test_a_journal_that_somebody_else_wrote_again_is_read_too(tmp_path):
    run = fake_run(tmp_path)
    journal(run, [("e0", "0", "0")])
    path = run / run_file.SAMPLES
    row = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(row, sort_keys=True, indent=None), encoding="utf-8")
    assert found(path, {("e0", 0), ("e9", 0)}).keys() == {("e0", 0)}


def test_a_long_prompt_shows_its_end_where_the_example_stands(tmp_path):
    a, b = fake_run(tmp_path, "a", "1"), fake_run(tmp_path, "b", "0")
    request = {"request": {"prompt": "예시\n" * 10_000 + "문장: 재미있다\n감정:"}}
    for run in (a, b):
        journal(run, [("e0", "0", "0", request)])
    (flip,) = compared(a, b).flips.a_examples
    assert len(flip.prompt) == EXCERPT
    assert flip.prompt.endswith("문장: 재미있다\n감정:")


GRADED = {
    "ask": "generate",
    "options": None,
    "metrics": ["korquad_f1", "unanswered"],
    "fields": {"id": "id", "input": "text", "target": "label"},
}


def test_where_nothing_is_right_or_wrong_the_examples_own_figures_part_the_runs(tmp_path):
    changes = {key: value for key, value in GRADED.items() if value is not None}
    a = fake_run(tmp_path, "a", "1100-", changes={**changes, "options": {}})
    b = fake_run(tmp_path, "b", "10011", changes={**changes, "options": {}})
    flips = compared(a, b).flips
    assert (flips.metric, flips.binary) == ("korquad_f1", False)
    assert (flips.a_better, flips.b_better, flips.same, flips.both_right) == (1, 2, 2, None)
    assert "A better 1; B better 2; the same 2." in compare_render.markdown(compared(a, b))


# What differs, and what it cost


def test_only_what_differs_is_listed(tmp_path):
    a = fake_run(tmp_path, "a", run={"decoding": {"asked": {"temperature": 0}}, "seed": 1})
    b = fake_run(tmp_path, "b", run={"decoding": {"asked": {"temperature": 0.7, "n": 2}}, "seed": 1})
    settings = {one.name: (one.a, one.b) for one in compared(a, b).settings}
    assert settings == {
        "backend.name": ("a", "b"),
        "decoding.temperature": (0, 0.7),
        "decoding.n": (None, 2),
    }


def test_a_template_that_reads_otherwise_is_a_difference_though_it_has_the_same_name(tmp_path):
    used = {"task": {"template": "plain"}}
    a = fake_run(tmp_path, "a", run=used)
    other = {"templates": {"plain": {"query": "문장: {{ input }}"}}}
    b = fake_run(tmp_path, "a", run=used, changes=other)
    settings = {one.name: (one.a, one.b) for one in compared(a, b).settings}
    assert settings == {"task.prompt.query": ("{{ input }}", "문장: {{ input }}")}


def test_costs_and_times_are_compared_where_they_were_measured(tmp_path):
    cost = {"currency": "USD", "per_1k_examples": 0.5, "total": 2.0}
    latency = {"e2e": {"p50": 0.1, "p95": 0.4}}
    a = fake_run(tmp_path, "a", run={"cost": cost, "latency_s": latency})
    b = fake_run(tmp_path, "b", run={"latency_s": {"e2e": {"p50": 0.2, "p95": 0.2}}})
    costs = {one.name: one for one in compared(a, b).costs}
    assert costs["cost per 1,000 examples"] == ("cost per 1,000 examples", "USD", 0.5, None)
    assert costs["cost per 1,000 examples"].difference is None
    assert (costs["latency p95"].difference, costs["latency p95"].ratio) == (-0.2, 0.5)
    assert "energy" not in costs


def test_two_currencies_are_not_subtracted(tmp_path):
    runs = [
        fake_run(tmp_path, name, run={"cost": {"currency": name, "per_1k_examples": 3.0}})
        for name in ("USD", "KRW")
    ]
    costs = [one for one in compared(*runs).costs if one.name == "cost per 1,000 examples"]
    assert [(one.unit, one.a, one.b) for one in costs] == [("USD", 3.0, None), ("KRW", None, 3.0)]


def test_nothing_is_divided_by_a_cost_of_nothing():
    assert Cost("cost", "USD", 0.0, 2.0).ratio is None


# Robustness


def test_a_comparison_works_where_the_runs_were_moved(tmp_path):
    a, b = fake_run(tmp_path / "here", "a", "1100"), fake_run(tmp_path / "here", "b", "1110")
    before = compare_render.as_json(compared(a, b))
    shutil.move(tmp_path / "here", tmp_path / "there")
    after = compare_render.as_json(compared(*sorted((tmp_path / "there").glob("*/*"))))
    for document in (before, after):
        for side in ("a", "b"):
            del document[side]["directory"]
    assert before == after


@pytest.mark.parametrize(
    "hostile", ["a|b\nc", "<script>alert(1)</script>", "\x1b[31mred", "\u202eenod", "`x`"]
)
def test_names_stay_in_their_cells(tmp_path, hostile):
    a, b = fake_run(tmp_path, hostile, "1"), fake_run(tmp_path, "b", "0")
    for run in (a, b):
        journal(run, [("e0", hostile, hostile, {"request": {"fields": {"text": hostile}}})])
    shown = compare_render.markdown(compared(a, b))
    assert shown.count("\n") == compare_render.markdown(compared(a, b)).count("\n")
    for line in shown.splitlines():
        assert line.isprintable()
        assert "<script" not in line.replace("\\<script", "")
    widths = {len(line.replace("\\|", "").split("|")) for line in shown.splitlines() if "e0" in line}
    assert widths == {7}


def test_json_has_every_part_and_no_nan(tmp_path):
    document = compare_render.as_json(compared(fake_run(tmp_path, "a", "1"), fake_run(tmp_path, "b", "0")))
    assert json.loads(orjson.dumps(document)) == document
    assert list(document) == [
        *("a", "b", "n", "only_a", "only_b", "clusters", "notes", "metrics", "flips", "drift"),
        *("settings", "costs"),
    ]
    assert document["metrics"]["accuracy"]["difference"] == -1
    assert document["metrics"]["accuracy"]["ci_low"] is None


def test_one_example_has_a_difference_and_no_certainty(tmp_path):
    both = compared(fake_run(tmp_path, "a", "1"), fake_run(tmp_path, "b", "0"))
    assert (of(both).value, of(both).ci_low, of(both).p_value, of(both).better) == (-1, None, None, None)


def test_lost_statistics_say_how_to_make_them_again(tmp_path):
    a, b = fake_run(tmp_path, "a"), fake_run(tmp_path, "b")
    (b / run_file.STATISTICS).unlink()
    with pytest.raises(BadInput, match="`harness rescore` writes it again"):
        compared(a, b)


def test_a_folder_of_one_run_is_that_run(tmp_path):
    run = fake_run(tmp_path / "one", "a")
    assert only_run(tmp_path / "one").directory == run
    fake_run(tmp_path / "one", "b")
    with pytest.raises(BadInput, match="holds 2 runs; name one of them, such as"):
        only_run(tmp_path / "one")
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInput, match="no run in"):
        only_run(tmp_path / "none")


@pytest.mark.slow
def test_statistics_of_20_000_examples_are_read_once_a_metric_and_the_journal_line_by_line(
    tmp_path, monkeypatch
):
    answers = [np.where(np.random.default_rng(k).random(20_000) < 0.8, "1", "0") for k in range(2)]
    a, b = (fake_run(tmp_path, name, "".join(x)) for name, x in zip("ab", answers, strict=True))
    for run in (a, b):
        journal(run, [(f"e{n}", "0", "1") for n in range(20_000)])
    parsed = []
    loads = orjson.loads
    monkeypatch.setattr(
        "harness.reports.comparison.flips.orjson.loads", lambda line: parsed.append(1) or loads(line)
    )
    both = compared(a, b)
    assert both.pairs.n == 20_000
    assert len(both.flips.a_examples) == len(both.flips.b_examples) == 5
    # two journals with ten lines wanted of each, and two run.json
    assert len(parsed) <= 2 * 10 + 2
    assert of(both).value == pytest.approx(
        np.diff([statistics(run / run_file.STATISTICS, "accuracy").rows.mean() for run in (a, b)])[0]
    )
