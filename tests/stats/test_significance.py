import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.errors import HarnessError
from harness.metrics.aggregates import weighted_mean
from harness.metrics.classification import accuracy, macro_f1
from harness.metrics.correlation import pearson, spearman
from harness.metrics.ranking import mean_rank
from harness.metrics.translation import chrf
from harness.schema import Metric
from harness.stats import significance as tests_of_difference
from harness.stats.effect_sizes import by_example, cohen_h, effect
from harness.stats.paired import paired
from harness.stats.significance import Significance, discordant, holm, mcnemar, significance

RIGHT, F1 = accuracy(()), macro_f1(("a", "b", "c"))
MEAN = Metric("mean", lambda seen, target: (0.0,), weighted_mean, "mean|v:1")
SLOW = Metric("slow", MEAN.statistics, weighted_mean.__call__, "slow|v:1")
PLAIN = Metric("plain", MEAN.statistics, weighted_mean, "plain|v:1", interval="none")


def column(values):
    return np.asarray(values, float)[:, None]


def outcomes(both, only_a, only_b, neither):
    counts = (both, only_a, only_b, neither)
    return column(np.repeat([1, 1, 0, 0], counts)), column(np.repeat([1, 0, 1, 0], counts))


def classified(rng, n, share):
    target = rng.integers(3, size=n)
    return target, np.where(rng.random(n) < share, target, rng.integers(4, size=n))


# McNemar's exact test


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize(
    ("only_a", "only_b"),
    [(0, 1), (1, 0), (5, 5), (6, 0), (9, 2), (59, 80), (400, 2000), (25_000, 24_700), (500_000, 499_000)],
)
def test_mcnemar_is_scipys_binomial_test(only_a, only_b, alternative):
    exact = scipy_stats.binomtest(only_a, only_a + only_b, alternative=alternative).pvalue
    assert mcnemar(only_a, only_b, alternative) == pytest.approx(exact, rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("heads", range(8))
def test_a_few_tosses_are_counted_out(heads):
    ways = [sum(toss) <= heads for toss in itertools.product((0, 1), repeat=7)]
    assert mcnemar(heads, 7 - heads, "less") == pytest.approx(np.mean(ways), rel=1e-12)


def test_mcnemar_gives_agrestis_approval_ratings():
    # Agresti, Categorical Data Analysis, table 10.1: 150 and 86 changed their minds, z = 4.17
    assert mcnemar(150, 86) == pytest.approx(3.716e-05, rel=1e-3)


def test_without_discordant_examples_nothing_is_surprising():
    assert [mcnemar(0, 0, side) for side in ("two-sided", "less", "greater")] == [1, 1, 1]


def test_negative_counts_are_an_error():
    with pytest.raises(HarnessError, match="no counts"):
        mcnemar(-1, 3)


def test_right_and_wrong_are_judged_by_mcnemars_test():
    a, b = outcomes(100, 9, 2, 40)
    assert discordant(a, b) == (9, 2)
    assert significance(RIGHT, a, b) == Significance("McNemar exact", mcnemar(9, 2))
    assert significance(RIGHT, a, b, np.arange(151)) == significance(RIGHT, a, b)


# Swapping


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_few_examples_are_swapped_in_every_way_as_scipy_does(alternative):
    a, b = np.random.default_rng(0).normal([[0.0], [0.5]], size=(2, 11))
    every = scipy_stats.permutation_test(
        (a, b),
        lambda x, y: x.mean() - y.mean(),
        permutation_type="samples",
        alternative=alternative,
        n_resamples=np.inf,
    )
    found = significance(MEAN, column(a), column(b), alternative=alternative)
    assert found == Significance("paired permutation", pytest.approx(every.pvalue, abs=1e-12))


@pytest.mark.parametrize("metric", [MEAN, SLOW])
def test_a_sum_and_any_other_metric_are_swapped_alike(metric):
    a, b = np.random.default_rng(1).normal([[[0.0]], [[0.25]]], size=(2, 80, 1))
    reference = scipy_stats.permutation_test(
        (a[:, 0], b[:, 0]),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=50_000,
        rng=np.random.default_rng(0),
    )
    found = significance(metric, a, b)
    assert found.draws == 9_999
    assert found.p_value == pytest.approx(reference.pvalue, abs=0.015)
    assert found.p_value == significance(MEAN, a, b).p_value


def test_labels_are_swapped_by_value_as_one_by_one(monkeypatch):
    rng = np.random.default_rng(3)
    target, said = classified(rng, 600, 0.7)
    other = np.where(rng.random(600) < 0.65, target, rng.integers(4, size=600))
    a, b = (np.stack([target, x], axis=1).astype(float) for x in (said, other))
    by_value = significance(F1, a, b)
    monkeypatch.setattr(tests_of_difference, "distinct_rows", lambda rows, limit: None)
    one_by_one = significance(F1, a, b)
    assert by_value != one_by_one  # other draws of the same distribution
    assert by_value.p_value == pytest.approx(one_by_one.p_value, abs=0.02)


def test_macro_f1_is_swapped_as_a_plain_loop_with_sklearn_does():
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(7)
    target, a = classified(rng, 60, 0.75)
    b = np.where(rng.random(60) < 0.8, a, rng.integers(4, size=60))
    apart = np.flatnonzero(a != b)
    scores = []
    for swaps in itertools.product((False, True), repeat=len(apart)):
        said = a.copy()
        said[apart[list(swaps)]] = b[apart[list(swaps)]]
        scores.append(f1_score(target, said, labels=[0, 1, 2], average="macro", zero_division=0))
    # every way to swap them, and what the other system has then: the same list from its end
    falls = np.abs(np.subtract(scores, scores[::-1]))
    found = significance(F1, *(np.stack([target, x], axis=1).astype(float) for x in (a, b)))
    assert len(apart) > 5
    assert found.p_value == pytest.approx(np.mean(falls >= falls[0] - 1e-12), abs=0.02)


@pytest.mark.parametrize("metric", [MEAN, RIGHT, SLOW])
def test_clusters_are_swapped_whole(metric):
    a = column([1, 1, 1, 0, 0, 0, 1, 1])
    b = column([0, 0, 0, 0, 0, 0, 0, 1])
    clusters = np.array(list("xxxyyyzz"))
    # x and z differ, by 3 and by 1: of the four ways to swap, two are as far apart as 4
    assert significance(metric, a, b, clusters) == Significance("paired permutation", 0.5)


def test_the_null_is_rejected_as_often_as_promised_only_when_clusters_are_known():
    rng = np.random.default_rng(0)
    known, ignored = [], []
    for _ in range(600):
        clusters = np.repeat(np.arange(40), 6)
        shift = rng.normal(size=40)[clusters] + rng.normal(size=240)
        a = column(rng.normal(size=240))
        b = a + column(shift)
        known.append(significance(MEAN, a, b, clusters, draws=199).p_value <= 0.05)
        ignored.append(significance(MEAN, a, b, draws=199).p_value <= 0.05)
    assert 0.03 < np.mean(known) < 0.07
    assert np.mean(ignored) > 0.2


def test_the_paired_interval_covers_the_true_difference():
    rng, covered, excluded = np.random.default_rng(0), [], []
    for _ in range(2000):
        kinds = rng.choice(3, size=400, p=[0.03, 0.07, 0.9])  # only a, only b, both alike
        a, b = column(kinds != 1), column(kinds != 0)
        difference = paired(RIGHT, b, a)
        covered.append(difference.allows(0.04))
        excluded.append(not difference.allows(0))
    assert 0.93 < np.mean(covered) < 0.97
    assert np.mean(excluded) > 0.7


def test_the_same_seed_gives_the_same_p_value():
    a, b = np.random.default_rng(0).random((2, 200, 1))
    assert significance(MEAN, a, b) == significance(MEAN, a, b)
    assert significance(MEAN, a, b, seed=1) != significance(MEAN, a, b)


@pytest.mark.parametrize("metric", [MEAN, SLOW])
def test_the_size_of_the_chunks_changes_nothing(metric, monkeypatch):
    a, b = np.random.default_rng(0).random((2, 150, 1))
    whole = significance(metric, a, b)
    swaps = tests_of_difference._swaps

    def small(count, draws, seed, *, exact):
        for chunk in swaps(count, draws, seed, exact=exact):
            yield from np.array_split(chunk, 7)

    monkeypatch.setattr(tests_of_difference, "_swaps", small)
    assert significance(metric, a, b) == whole


def test_a_metric_that_must_weigh_every_row_is_swapped_less_often_over_many(monkeypatch):
    monkeypatch.setattr(tests_of_difference, "CELLS", tests_of_difference.CELLS // 10)
    rng = np.random.default_rng(0)
    numbers = np.stack([rng.normal(size=4000), rng.normal(size=4000), np.ones(4000)], axis=1)
    other = numbers + rng.normal(size=(4000, 1)) * [0.1, 0, 0]
    found = significance(spearman(()), numbers, other)
    assert found.draws == tests_of_difference.CELLS // 8000
    assert 0 < found.p_value <= 1


@pytest.mark.parametrize("metric", [RIGHT, MEAN, SLOW])
def test_a_system_does_not_differ_from_itself(metric):
    stats = column(np.arange(40) % 3 == 0)
    assert significance(metric, stats, stats).p_value == 1


def test_a_rounding_is_a_tie():
    # 0.1 + 0.2 lies above 0.3, and sums of either in another order do not agree in their last digit
    a, b = column([0.1 + 0.2] * 12 + [0.5]), column([0.3] * 12 + [0.5])
    assert significance(MEAN, a, b).p_value == 1


@pytest.mark.parametrize(
    ("metric", "a", "b", "clusters"),
    [
        (MEAN, [[1.0]], [[0.0]], None),
        (RIGHT, [[1.0]], [[0.0]], None),
        (RIGHT, [[1.0], [1.0]], [[0.0], [0.0]], np.array(["x", "x"])),
        (PLAIN, [[1.0], [2.0]], [[0.0], [0.0]], None),
        (pearson(()), [[1.0, 1.0, 1.0]] * 3, [[1.0, 2.0, 1.0]] * 3, None),
    ],
)
def test_nothing_is_tested_without_two_units_an_interval_or_a_figure(metric, a, b, clusters):
    assert significance(metric, np.array(a), np.array(b), clusters) == Significance(None, None)


def test_other_examples_are_an_error():
    with pytest.raises(HarnessError, match="differ in length"):
        significance(MEAN, np.ones((3, 1)), np.ones((4, 1)))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30),
    st.booleans(),
)
def test_p_is_a_probability_and_does_not_depend_on_who_is_a(rows, by_cluster):
    rows = np.array(rows, float)
    clusters = rows[:, 0] if by_cluster else None
    for metric, a, b in [
        (F1, rows[:, [0, 1]], rows[:, [0, 2]]),
        (RIGHT, rows[:, [1]] > 1, rows[:, [2]] > 1),
        (MEAN, rows[:, [1]], rows[:, [2]]),
    ]:
        there, back = (
            significance(metric, x.astype(float), y.astype(float), clusters, draws=99)
            for x, y in ((a, b), (b, a))
        )
        assert there.p_value is None or 0 < there.p_value <= 1
        assert (there.p_value is None) == (back.p_value is None)
        if there.draws is None:
            assert there == back


# Holm's correction


def test_holm_gives_the_textbooks_adjusted_values():
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.2))
def test_holm_rejects_what_his_steps_reject(values, alpha):
    rejected = set()
    for step, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[place] * (len(values) - step) > alpha:
            break
        rejected.add(place)
    assert {i for i, p in enumerate(holm(values)) if p <= alpha} == rejected


# How large


@pytest.mark.parametrize(("a", "b", "h"), [(0.5, 0.5, 0.0), (1, 0, math.pi), (0.75, 0.25, math.pi / 3)])
def test_cohens_h_is_the_difference_of_arcsines(a, b, h):
    assert cohen_h(a, b) == pytest.approx(h, abs=1e-12)
    assert cohen_h(b, a) == pytest.approx(-h, abs=1e-12)


def test_cohens_h_gives_cohens_table():
    # Cohen (1988), table 6.2.2: phi of .65 is 1.875, of .55 is 1.671
    assert cohen_h(0.65, 0.55) == pytest.approx(1.875 - 1.671, abs=1e-3)


def test_the_effect_of_a_mean_is_that_of_the_examples_differences():
    a, b = np.random.default_rng(0).normal([[[0.2]], [[0.0]]], size=(2, 50, 1))
    t = scipy_stats.ttest_rel(a[:, 0], b[:, 0]).statistic
    assert effect(MEAN, a, b) == ("Cohen's dz", pytest.approx(t / math.sqrt(50)))


def test_the_effect_of_an_accuracy_is_h():
    a, b = outcomes(50, 25, 0, 25)
    assert effect(RIGHT, a, b) == ("Cohen's h", pytest.approx(math.pi / 6))


@pytest.mark.parametrize(
    ("metric", "a", "b"),
    [(F1, [[0, 0], [1, 1]], [[0, 1], [1, 1]]), (MEAN, [[1], [2]], [[0], [1]]), (MEAN, [[1]], [[0]])],
)
def test_what_is_no_mean_or_does_not_vary_has_no_effect_size(metric, a, b):
    assert effect(metric, np.array(a, float), np.array(b, float)) is None


@pytest.mark.parametrize(
    ("metric", "said", "targets"),
    [
        (RIGHT, ["a", "b", None], ["a", "a", "a"]),
        (chrf(()), ["고양이가 잔다", "개", ""], ["고양이가 잔다", "개가 짖는다", "새"]),
        (mean_rank(("a", "b")), [[0.0, -1.0], [-1.0, 0.0]], ["a", "a"]),
    ],
)
def test_an_examples_own_figure_is_that_of_a_run_with_only_it(metric, said, targets):
    stats = np.array([metric.statistics(one, target) for one, target in zip(said, targets, strict=True)])
    alone = [metric.aggregate(stats[[i]], np.ones((1, 1)))[0] for i in range(len(stats))]
    assert by_example(metric, stats).tolist() == alone


@pytest.mark.parametrize("metric", [F1, pearson(())])
def test_what_says_nothing_of_one_example_has_no_figure_of_it(metric):
    assert by_example(metric, np.ones((4, 3))) is None
