import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from harness.errors import BadInput, HarnessError
from harness.metrics.correlation import pearson, spearman
from harness.stats.intervals import estimates
from harness.stats.paired import paired
from tests.support import metric_figures
from tests.support.metric_figures import figure, rows, weightings, with_rows_repeated, with_weights
from tests.support.paths import DATA

BOTH = [(pearson, pearsonr), (spearman, spearmanr)]
# Tenths, so that some are equal and none are a hair apart.
NUMBERS = st.integers(-50, 50).map(lambda tenths: tenths / 10)
ANSWERS = st.lists(st.tuples(st.none() | NUMBERS, NUMBERS.map(str)), min_size=1, max_size=25)


def answered(pairs):
    """Return predictions and targets of the answered ones as scipy takes them."""
    known = [(said, float(target)) for said, target in pairs if said is not None]
    return [said for said, _ in known], [target for _, target in known]


def rated(n, seed=0, digits=1):
    """Return pairs with one in ten unanswered; targets, and predictions by `digits`, have equals."""
    rng = np.random.default_rng(seed)
    wanted = np.round(rng.uniform(0, 5, n) * 5) / 5
    said = np.round(wanted + rng.normal(size=n), digits)
    silent = rng.random(n) < 0.1
    return [(None if s else float(p), str(t)) for p, t, s in zip(said, wanted, silent, strict=True)]


# Against the outside


@pytest.mark.parametrize(("factory", "oracle"), BOTH)
@given(pairs=ANSWERS)
def test_a_correlation_is_scipys_of_the_answered(factory, oracle, pairs):
    said, wanted = answered(pairs)
    assume(len(set(said)) > 1 and len(set(wanted)) > 1)
    assert figure(factory(()), pairs) == pytest.approx(oracle(said, wanted)[0], abs=1e-9)


@pytest.mark.parametrize("digits", [0, 1, 15])
@pytest.mark.parametrize(("factory", "oracle"), BOTH)
def test_a_correlation_of_many_is_scipys(factory, oracle, digits):
    pairs = rated(5000, digits=digits)
    assert figure(factory(()), pairs) == pytest.approx(oracle(*answered(pairs))[0], abs=1e-12)


@pytest.mark.parametrize(("factory", "oracle"), BOTH)
def test_a_draws_correlation_is_scipys_of_the_rows_repeated(factory, oracle):
    pairs = rated(400)
    weights = np.random.default_rng(1).multinomial(400, np.full(400, 1 / 400), size=20)
    drawn = [
        answered([pair for pair, times in zip(pairs, w, strict=True) for _ in range(times)]) for w in weights
    ]
    found = with_weights(factory(()), pairs, weights.astype(float))
    assert found == pytest.approx(np.array([oracle(*one)[0] for one in drawn]), abs=1e-9)


@pytest.mark.parametrize(("factory", "oracle"), BOTH)
@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1.0, 1e9, 1e200])
@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_scale_and_place_do_not_matter(factory, oracle, scale, shift):
    pairs = [((said + shift) * scale, target) for said, target in rated(300) if said is not None]
    wanted = oracle([said / scale for said, _ in pairs], [float(target) for _, target in pairs])[0]
    assert figure(factory(()), pairs) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "glue").is_dir(), reason="GLUE is not here")
@pytest.mark.parametrize(("factory", "oracle"), BOTH)
def test_a_correlation_on_sts_b_is_scipys(factory, oracle):
    lines = (DATA / "glue/STS-B/dev.tsv").read_text(encoding="utf-8").split("\n")[1:]
    targets = [line.rstrip("\r").split("\t")[-1] for line in lines if line]
    assert len(targets) == 1500
    rng = np.random.default_rng(0)
    said = np.clip(np.round(np.array(targets, float) + rng.normal(size=1500), 1), 0, 5).tolist()
    pairs = [
        (None if rng.random() < 0.02 else value, target) for value, target in zip(said, targets, strict=True)
    ]
    assert figure(factory(()), pairs) == pytest.approx(oracle(*answered(pairs))[0], abs=1e-9)


# Known numbers


@pytest.mark.parametrize(
    ("pairs", "linear", "ranked"),
    [
        ([(1.0, "1"), (2.0, "2")], 1.0, 1.0),
        ([(1.0, "2"), (2.0, "1")], -1.0, -1.0),
        ([(1.0, "1"), (2.0, "4"), (3.0, "9")], 8 / math.sqrt(2 * 98 / 3), 1.0),
        # Ranks 1.5, 1.5, 3 against 1, 2, 3
        ([(0.5, "1"), (0.5, "2"), (1.0, "3")], math.sqrt(3) / 2, math.sqrt(3) / 2),
        ([(1.0, "1"), (None, "-9"), (2.0, "2")], 1.0, 1.0),
    ],
)
def test_correlations_done_by_hand(pairs, linear, ranked):
    assert figure(pearson(()), pairs) == pytest.approx(linear)
    assert figure(spearman(()), pairs) == pytest.approx(ranked)


@pytest.mark.parametrize("factory", [pearson, spearman])
@pytest.mark.parametrize(
    "pairs",
    [
        [(1.0, "1")],
        [(None, "1"), (None, "2")],
        [(1.0, "1"), (None, "2")],
        [(0.1, "1"), (0.1, "2"), (0.1, "3")],
        [(1.0, "0.1"), (2.0, "0.1"), (3.0, "0.1")],
        [(math.nan, "1"), (math.inf, "2"), (0.5, "3")],
    ],
)
def test_there_is_no_correlation_of_less_than_two_or_of_equals(factory, pairs):
    metric = factory(())
    found = estimates({"it": (metric, rows(metric, pairs))})["it"]
    assert math.isnan(found.value)
    assert (found.ci_low, found.ci_high, found.stderr, found.n) == (None, None, None, len(pairs))


@pytest.mark.parametrize("factory", [pearson, spearman])
def test_a_draw_of_equals_has_no_figure_and_is_left_out_of_the_interval(factory):
    metric = factory(())
    stats = rows(metric, [(0.0, "0"), (0.1, "1"), (0.3, "2")])
    weights = np.array([[3.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    assert np.isnan(metric.aggregate(stats, weights)).tolist() == [True, False]
    pairs = [(0.0, "0"), (0.1, "1"), (0.3, "2"), (0.05, "1"), (0.2, "0")]
    stats = rows(metric, pairs * 4)  # of fewer than ten examples no interval is printed
    found = estimates({"it": (metric, stats)})["it"]
    assert -1 <= found.ci_low <= found.value <= found.ci_high <= 1


# What an aggregate keeps to


@pytest.mark.parametrize("factory", [pearson, spearman])
@given(pairs=ANSWERS, data=st.data())
def test_a_weight_is_a_row_as_often(factory, pairs, data):
    metric, weights = factory(()), weightings(data, len(pairs))
    wanted = pytest.approx(with_rows_repeated(metric, pairs, weights), abs=1e-9, nan_ok=True)
    assert with_weights(metric, pairs, weights) == wanted
    assert metric_figures.with_equal_rows_merged(metric, pairs, weights) == wanted
    assert metric_figures.reordered(metric, pairs, weights) == wanted


@given(ANSWERS)
def test_swapping_the_sides_changes_nothing(pairs):
    known = [(said, target) for said, target in pairs if said is not None]
    assume(known)
    swapped = [(float(target), str(said)) for said, target in known]
    for factory in (pearson, spearman):
        assert figure(factory(()), swapped) == pytest.approx(figure(factory(()), known), nan_ok=True)


@pytest.mark.parametrize("factory", [pearson, spearman])
def test_an_empty_run_has_no_figure(factory):
    with pytest.raises(HarnessError, match="at least one example"):
        factory(()).aggregate(np.empty((0, 3)), np.empty((1, 0)))


# Intervals


@pytest.mark.parametrize("clusters", [None, np.arange(600) // 6])
@pytest.mark.parametrize(("factory", "oracle"), BOTH)
def test_an_interval_is_that_of_a_plain_loop_with_scipy(factory, oracle, clusters):
    metric, rng = factory(()), np.random.default_rng(3)
    stats = rows(metric, rated(600))
    units = np.arange(600) if clusters is None else clusters
    places = [np.flatnonzero(units == unit) for unit in range(units.max() + 1)]
    loop = []
    for _ in range(400):
        drawn = np.concatenate([places[unit] for unit in rng.integers(len(places), size=len(places))])
        said, wanted, _ = stats[drawn][stats[drawn, 2] > 0].T
        loop.append(oracle(said, wanted)[0])
    found = estimates({"it": (metric, stats)}, clusters, draws=4000)["it"]
    assert found.stderr == pytest.approx(np.std(loop), rel=0.15)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        np.quantile(loop, [0.025, 0.975]), abs=0.4 * np.std(loop)
    )


@pytest.mark.parametrize("factory", [pearson, spearman])
def test_a_closer_system_is_better_and_a_rescaled_one_ties(factory):
    metric = factory(())
    close, far = (rows(metric, rated(500, digits=15)), rows(metric, rated(500, digits=15)))
    far[:, 0] += far[:, 2] * np.random.default_rng(5).normal(size=500)
    rescaled = close * [10, 1, 1]
    assert paired(metric, close, far).ci_low > 0
    assert paired(metric, close, rescaled).allows(0)


# Mistakes


@pytest.mark.parametrize("target", ["", "서울", None, ("1", "2"), "nan", "inf"])
def test_a_target_is_a_finite_number(target):
    with pytest.raises(BadInput, match=r"spearman: the target .* number"):
        spearman(()).statistics(0.5, target)


def test_a_prediction_is_no_text():
    with pytest.raises(BadInput, match="pearson: the prediction '비슷함' is not a number"):
        pearson(()).statistics("비슷함", "1")


def test_a_full_width_number_is_a_number():
    assert pearson(()).statistics(1.0, "３.５") == (1.0, 3.5, 1.0)


@pytest.mark.parametrize("factory", [pearson, spearman])
def test_a_metric_says_what_it_is(factory):
    metric = factory(())
    assert metric.signature == f"{factory.__name__}|v:1"
    assert (metric.name, metric.unit, metric.reads) == (factory.__name__, "-1-1", "prediction")
    assert (metric.interval, metric.higher_is_better) == ("bootstrap", True)
