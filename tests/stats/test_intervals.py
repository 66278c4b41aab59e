import math
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from sklearn.metrics import f1_score

from harness.errors import HarnessError
from harness.metrics.aggregates import weighted_mean
from harness.metrics.classification import accuracy, macro_f1
from harness.schema import Metric
from harness.stats import bootstrap as drawing
from harness.stats import intervals
from harness.stats.intervals import IntervalEstimate, estimates, wilson
from harness.stats.paired import paired
from harness.stats.ranking import proven_above
from harness.stats.student import t_quantile

RIGHT = accuracy(())
MEAN = Metric("mean", lambda seen, target: (0.0,), weighted_mean, "mean|v:1")
PLAIN = Metric("plain", lambda seen, target: (0.0,), weighted_mean, "plain|v:1", interval="none")
F1 = macro_f1(("a", "b", "c"))


def column(values):
    return np.asarray(values, float)[:, None]


def classified(rng, n, share=0.8, classes=3):
    target = rng.integers(classes, size=n)
    predicted = np.where(rng.random(n) < share, target, rng.integers(classes + 1, size=n))
    return np.stack([target, predicted], axis=1).astype(float)


def one(metric, stats, *args, **settings):
    return estimates({"it": (metric, stats)}, *args, **settings)["it"]


# Known numbers


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_table(successes, n, low, high):
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_wilson_is_symmetric_and_touches_the_ends(n):
    assert wilson(0, n)[0] == 0
    assert wilson(n, n)[1] == 1
    assert wilson(0, n)[1] == pytest.approx(1 - wilson(n, n)[0])


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 5), (1, -1)])
def test_wilson_refuses_what_is_no_proportion(successes, n):
    with pytest.raises(HarnessError, match="no proportion"):
        wilson(successes, n)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("df", [1, 2, 3, 4, 10, 59, 199, 5000, 1_000_000])
def test_t_quantile_is_scipys(level, df):
    assert t_quantile(level, df) == pytest.approx(scipy_stats.t.ppf((1 + level) / 2, df), rel=1e-7)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((59, 6, 16, 80), -0.1195, -0.0032),  # Cavo et al. (2012), as R's contingencytables has it
        ((6, 26, 4, 12), 0.2548, 0.6252),  # the example of R's statpsych, by Bonett
    ],
)
def test_paired_proportions_give_bonett_and_prices_interval(counts, low, high):
    a, b = outcomes(*counts)
    found = paired(RIGHT, a, b)
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=5e-5)
    assert found.value == pytest.approx((a - b).mean())
    assert found.stderr == pytest.approx((a - b).std() / math.sqrt(len(a)))


def outcomes(both, wins, losses, neither):
    counts = (both, wins, losses, neither)
    return column(np.repeat([1, 1, 0, 0], counts)), column(np.repeat([1, 0, 1, 0], counts))


@pytest.mark.parametrize(("wins", "losses", "tie"), [(4, 0, True), (5, 0, True), (6, 0, False), (9, 2, True)])
def test_few_discordant_examples_are_judged_as_mcnemars_exact_test_does(wins, losses, tie):
    exact = scipy_stats.binomtest(wins, wins + losses).pvalue
    assert (exact > 0.05) == tie
    assert paired(RIGHT, *outcomes(150, wins, losses, 50 - wins - losses)).allows(0) == tie


# Coverage


@pytest.mark.parametrize("share", [0.5, 0.7, 0.87, 0.95])
def test_an_accuracys_interval_covers_the_truth(share):
    rng = np.random.default_rng(0)
    runs = (rng.random((2000, 200, 1)) < share).astype(float)
    assert 0.93 < np.mean([one(RIGHT, run).allows(share) for run in runs]) < 0.97


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.7, 0.87, 0.95])
def test_wilsons_exact_coverage_is_as_promised(share):
    successes = np.arange(201)
    covered = [low <= share <= high for low, high in (wilson(x, 200) for x in successes)]
    assert 0.94 < scipy_stats.binom.pmf(successes, 200, share) @ covered < 0.97


def test_clusters_are_covered_only_when_they_are_resampled():
    # A random effect of each cluster. Drawn as if alone, the rows claim five times the evidence
    # there is (mean size 11, intraclass correlation 0.3) and the interval is half as wide as it must be.
    rng = np.random.default_rng(0)
    clustered, naive = [], []
    for run in range(1000):
        clusters = np.repeat(np.arange(60), rng.integers(2, 21, size=60))
        values = column(rng.normal(size=60)[clusters] + 1.5 * rng.normal(size=len(clusters)))
        clustered.append(one(MEAN, values, clusters, draws=400).allows(0))
        if run < 300:
            naive.append(one(MEAN, values, draws=400).allows(0))
    assert 0.93 < np.mean(clustered) < 0.97
    assert np.mean(naive) < 0.88


def test_an_accuracy_in_clusters_is_covered_too():
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(60), rng.integers(2, 21, size=60))
    runs = [column(rng.random(len(clusters)) < rng.beta(4, 2, size=60)[clusters]) for _ in range(1000)]
    assert 0.93 < np.mean([one(RIGHT, run, clusters, draws=400).allows(2 / 3) for run in runs]) < 0.97
    assert np.mean([one(RIGHT, run).allows(2 / 3) for run in runs]) < 0.88


def test_few_examples_are_covered_because_the_interval_is_expanded(monkeypatch):
    runs = np.random.default_rng(0).normal(size=(500, 10, 1))
    assert 0.92 < np.mean([one(MEAN, run).allows(0) for run in runs]) < 0.97
    monkeypatch.setattr(intervals, "tails_of", lambda plan: (0.025, 0.025))
    assert np.mean([one(MEAN, run).allows(0) for run in runs]) < 0.91


def test_macro_f1_over_many_labels_is_covered():
    # 50 labels with 10 examples each: resampled with whole weights, rare labels would lose their hits.
    rng, labels = np.random.default_rng(0), 50
    metric = macro_f1([str(i) for i in range(labels)])
    truth = 0.7 + 0.3 / labels
    runs = []
    for _ in range(150):
        target = rng.integers(labels, size=10 * labels)
        said = np.where(rng.random(len(target)) < 0.7, target, rng.integers(labels, size=len(target)))
        runs.append(np.stack([target, said], axis=1).astype(float))
    assert np.mean([one(metric, run, draws=400).allows(truth) for run in runs]) > 0.9


def test_equal_systems_tie_in_95_of_100_comparisons():
    rng = np.random.default_rng(0)
    ties = []
    for _ in range(500):
        hard = rng.random(300)
        a, b = (answers(rng, hard) for _ in range(2))
        ties.append(paired(F1, a, b, draws=400).allows(0))
    assert 0.92 < np.mean(ties) < 0.98


def answers(rng, hard):
    target = (hard * 1e6).astype(int) % 3
    luck = np.where(rng.random(len(hard)) < 0.6, hard, rng.random(len(hard)))
    return np.stack([target, np.where(luck < 0.75, target, (target + 1) % 3)], axis=1).astype(float)


# The bootstrap


@pytest.mark.slow
def test_macro_f1s_interval_is_that_of_a_plain_loop_with_sklearn():
    rng = np.random.default_rng(3)
    stats = classified(rng, 400)
    loop = []
    for _ in range(1000):
        target, said = stats[rng.integers(400, size=400)].T
        loop.append(f1_score(target, said, labels=[0, 1, 2], average="macro", zero_division=0))
    found = one(F1, stats, draws=20_000)
    noise = 0.25 * np.std(loop)  # an end of the loop's 1,000 draws is known to 0.1 standard errors
    assert (found.ci_low, found.ci_high) == pytest.approx(np.quantile(loop, [0.025, 0.975]), abs=noise)
    assert found.stderr == pytest.approx(np.std(loop), rel=0.1)


def test_draws_by_value_and_by_example_have_one_distribution():
    stats = classified(np.random.default_rng(0), 2000)
    plan = drawing.ResamplingPlan.of(None, [stats], 2000, 1, 0.95)
    rows, chunks = drawing.draw_by_value(stats, plan)
    by_value = np.concatenate([F1.aggregate(rows, drawn.weights) for drawn in chunks])
    by_example = np.concatenate([F1.aggregate(stats, drawn.weights) for drawn in drawing.draw(plan)])
    assert len(rows) <= 12
    assert scipy_stats.ks_2samp(by_value, by_example).pvalue > 0.05


@pytest.mark.parametrize("clusters", [None, np.arange(900) % 70])
def test_merging_equal_rows_leaves_every_draw_as_it_was(clusters):
    stats = classified(np.random.default_rng(0), 900)
    plan = drawing.ResamplingPlan.of(clusters, [stats], 50, 1, 0.95)
    merged, plain = drawing.StatisticRows.of(F1, stats, plan), drawing.StatisticRows(F1, stats, None, plan)
    assert merged.table is not None
    for drawn in drawing.draw(plan):
        assert merged.figures(drawn) == pytest.approx(plain.figures(drawn), abs=1e-12)


def test_the_examples_of_a_cluster_weigh_alike_and_never_nothing():
    plan = drawing.ResamplingPlan.of(np.array(list("aabbbc")), [np.zeros((6, 1))], 20, 1, 0.95)
    (drawn,) = drawing.draw(plan)
    assert (drawn.units > 0).all()
    assert (drawn.weights == drawn.units[:, [0, 0, 1, 1, 1, 2]]).all()
    assert drawn.examples == pytest.approx(drawn.weights.sum(axis=1))


@pytest.mark.parametrize("clusters", [None, np.arange(500) // 5])
def test_the_same_seed_gives_the_same_interval_whatever_fits_in_memory(clusters, monkeypatch):
    rng = np.random.default_rng(0)
    metrics = {"mean": (MEAN, rng.random((500, 1))), "f1": (F1, classified(rng, 500))}
    first = estimates(metrics, clusters)
    assert estimates(metrics, clusters) == first
    assert estimates(metrics, clusters, seed=1) != first
    monkeypatch.setattr(drawing, "_CHUNK", 3000)
    for name, found in estimates(metrics, clusters).items():
        assert numbers(found) == pytest.approx(numbers(first[name]), abs=1e-12)


def numbers(found):
    return found.value, found.ci_low, found.ci_high, found.stderr


def test_a_metrics_interval_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(0)
    metrics = {"mean": (MEAN, rng.random((500, 1))), "f1": (F1, classified(rng, 500))}
    together = estimates(metrics)
    assert together == {name: one(*pair) for name, pair in metrics.items()}


def test_the_order_of_rows_changes_no_value():
    rng = np.random.default_rng(0)
    values, classes, order = rng.random((500, 1)), classified(rng, 500), rng.permutation(500)
    assert one(MEAN, values[order]).value == pytest.approx(one(MEAN, values).value, abs=1e-12)
    assert one(F1, classes[order]) == one(F1, classes)


def test_a_million_rows_take_bounded_memory():
    values = np.random.default_rng(0).random((1_000_000, 1))
    clusters = np.arange(1_000_000) // 4
    tracemalloc.start()
    one(MEAN, values, draws=3)
    one(MEAN, values, clusters, draws=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6


# Few units, and near a bound


def test_forty_answers_in_three_articles_have_a_width():
    hits = column([1] * 26 + [0] * 14)
    found = one(RIGHT, hits[np.argsort(np.tile(np.arange(20), 2), kind="stable")], np.arange(40) % 3)
    assert found.units == 3
    assert found.ci_high - found.ci_low > 0.3


@pytest.mark.parametrize("share", [0.67, 0.95])
@pytest.mark.parametrize("articles", [3, 5, 10])
def test_few_clusters_are_covered(articles, share):
    """A small one of `benchmarks/coverage.py`: clusters of 4 to 60, intra-class correlation 0.3."""
    rng, covered = np.random.default_rng(articles), 0
    for _ in range(100):
        codes = np.repeat(np.arange(articles), rng.integers(4, 60, articles))
        own = rng.beta(share * 7 / 3, (1 - share) * 7 / 3, articles)
        covered += one(RIGHT, column(rng.random(len(codes)) < own[codes]), codes).allows(share)
    assert covered >= 90


def perfect(name):
    from harness.metrics.classification import balanced_accuracy, f1, mcc, micro_f1, weighted_f1
    from harness.metrics.entity_f1 import entity_f1
    from harness.metrics.translation import bleu, chrf, ter

    labels = ("0", "1")
    made = {"macro_f1": macro_f1, "weighted_f1": weighted_f1, "balanced_accuracy": balanced_accuracy}
    made |= {"mcc": mcc, "micro_f1": micro_f1, "f1": f1}
    if name in made:
        metric = made[name](labels)
        return metric, [metric.statistics(label, label) for label in labels * 10]
    if name == "entity_f1":
        metric = entity_f1(labels)
        return metric, [metric.statistics([(0, 1, "0")], [(0, 1, "0")])] * 20
    if name == "entity_f1 macro":
        metric = entity_f1(labels, average="macro")
        return metric, [metric.statistics([(0, 1, x)], [(0, 1, x)]) for x in labels * 10]
    if name in ("bleu", "chrf", "ter"):
        metric = {"bleu": bleu, "chrf": chrf, "ter": ter}[name](())
        return metric, [metric.statistics("나는 오늘 학교에 갔다", "나는 오늘 학교에 갔다")] * 20
    return MEAN, [(1.0,)] * 20


NAMES = ["macro_f1", "weighted_f1", "balanced_accuracy", "mcc", "micro_f1", "f1", "entity_f1"]
NAMES += ["entity_f1 macro", "bleu", "chrf", "ter", "a mean"]


@pytest.mark.parametrize("clusters", [None, np.arange(20) // 4], ids=["alone", "in clusters"])
@pytest.mark.parametrize("name", NAMES)
def test_twenty_of_twenty_right_are_no_certainty(name, clusters):
    metric, rows = perfect(name)
    found = one(metric, np.array(rows), clusters)
    reach = 100 if metric.unit == "0-100" else 1
    assert reach * 0.04 < found.ci_high - found.ci_low < reach * 0.9
    assert any(found.value == pytest.approx(end) for end in (found.ci_low, found.ci_high))


@pytest.mark.parametrize("make", [macro_f1], ids=["macro-F1"])
def test_a_label_that_was_said_and_has_no_target_leaves_no_interval(make):
    rows = np.array([[0, 0]] * 15 + [[0, 1]] * 5, float)
    assert one(make(("a", "b")), rows).ci_low is None
    assert one(make(("a", "b")), np.vstack([rows, [[1, 1]] * 5])).ci_low is not None


def test_what_never_varies_and_has_no_bound_has_no_interval():
    boundless = Metric("x", MEAN.statistics, weighted_mean, "x|v:1", unit="seconds")
    assert one(boundless, np.ones((30, 1))).ci_low is None


# What an estimate says


def test_a_proportion_without_clusters_has_wilsons_interval_and_stderr():
    found = one(RIGHT, column([1] * 87 + [0] * 13))
    assert (found.ci_low, found.ci_high) == pytest.approx(wilson(87, 100))
    assert (found.value, found.n) == (0.87, 100)
    assert found.stderr == pytest.approx(math.sqrt(0.87 * 0.13 / 100))


def test_a_proportion_in_clusters_is_resampled():
    values = column([1, 1, 1, 0, 0, 0] * 20)
    found = one(RIGHT, values, np.repeat(np.arange(40), 3))
    assert found.ci_high - found.ci_low > 1.5 * np.diff(wilson(60, 120))[0]


def test_clusters_of_one_row_are_no_clusters():
    values = column([1] * 87 + [0] * 13)
    assert one(RIGHT, values, np.arange(100)) == one(RIGHT, values)


def test_cluster_ids_may_be_text_or_numbers():
    values = np.random.default_rng(0).random((60, 1))
    numbered = np.repeat(np.arange(20), 3)
    named = np.array([f"문서 {i}" for i in numbered], object)
    assert one(MEAN, values, named) == one(MEAN, values, numbered)


@pytest.mark.parametrize(
    ("metric", "stats", "clusters"),
    [
        (RIGHT, [[1.0]], None),
        (MEAN, [[0.5]], None),
        (MEAN, [[0.5], [0.7]], np.array(["a", "a"])),
        (RIGHT, [[1.0], [0.0]], np.array(["a", "a"])),
        (RIGHT, [[1.0], [0.0], [1.0]], np.array(["a", "a", "b"])),
        (PLAIN, [[0.5], [0.7]], None),
    ],
)
def test_without_two_examples_or_three_clusters_or_by_its_own_word_a_metric_has_no_interval(
    metric, stats, clusters
):
    found = one(metric, np.array(stats), clusters)
    units = None if clusters is None else len(set(clusters))
    assert found == IntervalEstimate(np.mean(stats), None, None, None, len(stats), units)
    assert found.allows(0)


def test_draws_without_a_figure_are_left_out():
    def spread(stats, weights):
        figures = weighted_mean(stats, weights)
        return np.where(figures < 0.5, np.nan, figures)

    found = one(Metric("spread", MEAN.statistics, spread, "spread|v:1"), np.linspace(0, 1.2, 30)[:, None])
    assert found.ci_low >= 0.5
    assert found.value <= found.ci_high


def test_no_figure_means_no_interval():
    empty = Metric("empty", MEAN.statistics, lambda stats, weights: np.full(len(weights), np.nan), "empty")
    found = one(empty, np.ones((9, 1)))
    assert (found.ci_low, found.ci_high, found.stderr) == (None, None, None)


def test_an_empty_run_is_an_error():
    with pytest.raises(HarnessError, match="at least one example"):
        one(MEAN, np.empty((0, 1)))


def test_no_metrics_have_no_estimates():
    assert estimates({}) == {}


@pytest.mark.parametrize(
    "work",
    [
        lambda: estimates({"a": (MEAN, np.ones((3, 1))), "b": (MEAN, np.ones((4, 1)))}),
        lambda: one(MEAN, np.ones((3, 1)), np.arange(4)),
        lambda: paired(MEAN, np.ones((3, 1)), np.ones((4, 1))),
    ],
)
def test_statistics_of_other_examples_are_an_error(work):
    with pytest.raises(HarnessError, match="differ in length"):
        work()


@pytest.mark.parametrize("settings", [{"draws": 0}, {"level": 0}, {"level": 1}])
def test_settings_without_an_interval_are_an_error(settings):
    with pytest.raises(HarnessError, match="no interval"):
        one(MEAN, np.ones((3, 1)), **settings)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 4)), min_size=2, max_size=40),
    st.booleans(),
)
def test_an_interval_holds_its_value(rows, by_cluster):
    rows = np.array(rows, float)
    clusters = rows[:, 2] if by_cluster else None
    metrics = {"f1": (F1, rows[:, :2]), "mean": (MEAN, rows[:, :1]), "right": (RIGHT, rows[:, :1] == 1)}
    metrics = {name: (metric, stats.astype(float)) for name, (metric, stats) in metrics.items()}
    for found in estimates(metrics, clusters, draws=100).values():
        assert found.allows(found.value)
    a, b = (rows[:, :1] > 0).astype(float), (rows[:, :1] > 1).astype(float)
    difference = paired(RIGHT, a, b, clusters, draws=100)
    assert difference.allows(difference.value)


def test_a_wider_level_gives_a_wider_interval():
    stats = np.random.default_rng(0).random((50, 1))
    widths = [found.ci_high - found.ci_low for found in (one(MEAN, stats, level=x) for x in (0.5, 0.8, 0.99))]
    assert all(a < b for a, b in pairwise(widths))


# Pairs


def test_a_pairs_interval_is_narrower_than_the_two_intervals_tell():
    rng = np.random.default_rng(0)
    hard = rng.random((400, 1))
    a, b = hard + 0.01 + 0.01 * rng.random((400, 1)), hard
    found = paired(MEAN, a, b)
    assert not found.allows(0)
    assert found.value == pytest.approx(0.015, abs=0.001)
    assert one(MEAN, a).ci_low < one(MEAN, b).ci_high


@pytest.mark.parametrize("metric", [RIGHT, MEAN])
def test_a_system_ties_with_itself(metric):
    stats = column(np.arange(40) % 3 == 0)
    found = paired(metric, stats, stats)
    assert found.value == 0
    assert found.allows(0)


def test_swapping_the_systems_turns_the_sign():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 300, 1))
    there, back = paired(MEAN, a, b), paired(MEAN, b, a)
    assert numbers(back) == pytest.approx((-there.value, -there.ci_high, -there.ci_low, there.stderr))


def test_rounding_is_no_difference():
    # In floats, 0.1 + 0.2 lies above 0.3: a hair, but in every draw.
    a, b = column([0.1 + 0.2] * 30), column([0.3] * 30)
    assert paired(MEAN, a, b).value == 0
    assert paired(MEAN, a, b).allows(0)
    assert not proven_above(MEAN, [a, b]).any()
