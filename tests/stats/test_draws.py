"""The quick ways to draw, against weighing every row."""

import numpy as np
import pytest

from harness.metrics.aggregates import OfSums, Prepared, product, weighted_mean
from harness.metrics.calibration import ece
from harness.metrics.classification import macro_f1, micro_f1
from harness.metrics.correlation import pearson, spearman
from harness.schema import Metric
from harness.stats import bootstrap as draws
from harness.stats.bootstrap import fading
from harness.stats.intervals import estimates

RNG = np.random.default_rng(0)
N = 900
FIFTHS = RNG.integers(26, size=N) / 5
KNOWN = (RNG.random(N) < 0.9).astype(float)
INDICES = np.stack([RNG.integers(11, size=N), RNG.integers(12, size=N)], axis=1).astype(float)
STATISTICS = {
    "mean": RNG.random((N, 1)),
    "few": RNG.integers(2, size=(N, 1)).astype(float),
    "micro_f1": RNG.integers(2, size=(N, 2)).astype(float),
    "macro_f1": INDICES,
    "ece": np.stack([RNG.uniform(0.1, 1, N), RNG.integers(2, size=N), np.ones(N)], axis=1) * KNOWN[:, None],
    "pearson": np.stack([FIFTHS + RNG.normal(size=N), FIFTHS, np.ones(N)], axis=1) * KNOWN[:, None],
    "spearman": np.stack([FIFTHS + RNG.normal(size=N), FIFTHS, np.ones(N)], axis=1) * KNOWN[:, None],
}
LABELS = [str(i) for i in range(11)]
METRICS = {
    "mean": Metric("mean", lambda seen, target: (0.0,), weighted_mean, "mean|v:1"),
    "few": Metric("few", lambda seen, target: (0.0,), weighted_mean, "few|v:1"),
    "micro_f1": micro_f1(LABELS),
    "macro_f1": macro_f1(LABELS),
    "ece": ece(()),
    "pearson": pearson(()),
    "spearman": spearman(()),
}
ALL = {name: (METRICS[name], STATISTICS[name]) for name in METRICS}
CLUSTERINGS = [None, np.arange(N) // 9, RNG.integers(60, size=N)]


def planned(clusters, times=40):
    return draws.ResamplingPlan.of(clusters, list(STATISTICS.values()), times, 1, 0.95)


def drawn_quickly(name, clusters):
    plan = planned(clusters)
    ready = draws.drawable(*ALL[name], plan)
    return np.concatenate([ready.figures(drawn) for drawn in draws.draw(plan)])


def drawn_row_by_row(name, clusters):
    metric, stats = ALL[name]
    return np.concatenate([metric.aggregate(stats, some.weights) for some in draws.draw(planned(clusters))])


@pytest.mark.parametrize("clusters", CLUSTERINGS)
@pytest.mark.parametrize("name", METRICS)
def test_a_quick_draws_figure_is_that_of_every_row_weighed(name, clusters):
    assert drawn_quickly(name, clusters) == pytest.approx(drawn_row_by_row(name, clusters), abs=1e-9)


@pytest.mark.parametrize("clusters", CLUSTERINGS)
def test_a_metrics_interval_does_not_depend_on_its_neighbours(clusters):
    alone = {name: estimates({name: pair}, clusters, draws=60)[name] for name, pair in ALL.items()}
    assert estimates(ALL, clusters, draws=60) == alone


@pytest.mark.parametrize("clusters", CLUSTERINGS)
def test_small_chunks_draw_the_same(clusters, monkeypatch):
    whole = {name: drawn_quickly(name, clusters) for name in METRICS}
    monkeypatch.setattr(draws, "_CHUNK", 4 * N)
    monkeypatch.setattr("harness.metrics.aggregates._ONE_THREAD", 100)
    for name, figures in whole.items():
        assert drawn_quickly(name, clusters) == pytest.approx(figures, abs=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_by_value_and_by_example_have_the_same_spread(name):
    metric, stats = METRICS[name], np.repeat(STATISTICS[name][:40], 100, axis=0)
    plan = draws.ResamplingPlan.of(None, [stats], 2000, 1, 0.95)
    rows, chunks = draws.draw_by_value(stats, plan)
    merged = draws.StatisticRows(metric, rows, None, plan)
    by_value = np.concatenate([merged.figures(drawn) for drawn in chunks])
    ready = draws.drawable(metric, stats, plan)
    by_example = np.concatenate([ready.figures(drawn) for drawn in draws.draw(plan)])
    assert by_value.mean() == pytest.approx(by_example.mean(), abs=4 * by_example.std() / 2000**0.5)
    assert by_value.std() == pytest.approx(by_example.std(), rel=0.1)


def test_rows_of_too_many_values_are_not_drawn_by_value():
    plan = planned(None)
    assert draws.draw_by_value(STATISTICS["few"], plan) is not None
    assert draws.draw_by_value(STATISTICS["mean"], plan) is None
    assert draws.draw_by_value(STATISTICS["macro_f1"], plan) is None


@pytest.mark.parametrize(("labels", "merged"), [(3, True), (60, False)])
def test_rows_in_clusters_are_merged_where_they_take_few_values(labels, merged):
    stats = RNG.integers(labels, size=(N, 2)).astype(float)
    plan = draws.ResamplingPlan.of(np.arange(N) // 9, [stats], 10, 1, 0.95)
    metric = macro_f1([str(i) for i in range(labels)])
    assert (draws.StatisticRows.of(metric, stats, plan).table is not None) == merged


def test_an_aggregate_is_prepared_once_for_all_draws():
    times = []

    def prepare(stats):
        times.append(len(stats))
        return lambda weights: weights @ stats[:, 0]

    metric = Metric("it", lambda seen, target: (0.0,), Prepared(prepare), "it|v:1")
    plan = planned(None, 1000)
    draws.draw_ends({"it": draws.drawable(metric, STATISTICS["mean"], plan)}, plan)
    assert times == [N]


def test_a_figure_of_sums_sees_the_sums_and_how_many_there_are():
    seen = []

    def figure(sums, counts):
        seen.append((sums.tolist(), counts.tolist()))
        return sums[:, 0] / counts

    OfSums(figure)(np.array([[1.0, 5.0], [2.0, 6.0]]), np.array([[1.0, 1.0], [3.0, 0.0]]))
    assert seen == [([[3.0, 11.0], [3.0, 15.0]], [2.0, 3.0])]


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("width", [1, 2, 7, 300])
def test_a_product_in_pieces_is_the_product(times, width, monkeypatch):
    counts, table = RNG.integers(4, size=(times, 1000)).astype(float), RNG.random((1000, width))
    wanted = pytest.approx(counts @ table, rel=1e-12)
    assert product(counts, table) == wanted
    monkeypatch.setattr("harness.metrics.aggregates._ONE_THREAD", 1000)
    monkeypatch.setattr("harness.metrics.aggregates._ONE_THREAD_DOT", 30)
    assert product(counts, table) == wanted


# The imaginary unit


@pytest.mark.parametrize(
    ("hits", "trials", "part"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], 1.0),  # nothing is seen of how far a unit falls
        ([5] * 20, [10] * 20, 0.0),  # nobody lies at a bound
        ([10] * 30 + [9] * 20, [10] * 50, 0.0),  # twenty say how far
        ([10] * 40 + [9] * 10, [10] * 50, 0.8 * 0.5),  # ten say half of it
        ([10] * 19 + [300], [10] * 19 + [365], 0.95 * 0.95),  # one large unit is one unit
    ],
)
def test_an_imaginary_unit_takes_part_where_units_at_a_bound_hide_how_far_others_fall(hits, trials, part):
    found = fading(np.array(hits, float), np.array(trials, float), 1e-9)
    assert found == pytest.approx(part)


def test_a_table_in_clusters_that_vary_is_as_sure_as_they_say():
    rng, metric = np.random.default_rng(8), macro_f1(["0", "1"])
    clusters = np.repeat(np.arange(60), 20)
    target = rng.random(1200) < 0.4
    hit = rng.random(1200) < rng.beta(9 * 0.7, 9 * 0.3, 60)[clusters]
    stats = np.stack([target, np.where(hit, target, ~target)], axis=1).astype(float)
    one = estimates({"it": (metric, stats)}, clusters)["it"]
    assert one.ci_high - one.ci_low < 1.1 * 3.92 * one.stderr
