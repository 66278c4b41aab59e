import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from harness.errors import BadInput, HarnessError
from harness.metrics import weighted_mean
from harness.metrics.classification import accuracy, macro_f1, unanswered

LABELS = ("부정", "긍정", "중립")
ANSWERS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, None))), min_size=1, max_size=30
)


def rows(metric, pairs):
    return np.array([metric.statistics(prediction, target) for target, prediction in pairs])


def figure(metric, pairs):
    return metric.aggregate(rows(metric, pairs), np.ones((1, len(pairs))))[0]


def sklearn_macro_f1(pairs):
    targets = [target for target, _ in pairs]
    predictions = [prediction or "unanswered" for _, prediction in pairs]
    present = sorted({*targets, *predictions} - {"unanswered"})
    return f1_score(targets, predictions, labels=present, average="macro", zero_division=0)


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([("부정", "부정"), ("긍정", "긍정")], 1.0),
        ([("부정", "부정"), ("긍정", "부정")], (2 / 3 + 0) / 2),
        ([("부정", "부정"), ("긍정", None)], (1 + 0) / 2),
        ([("부정", "부정"), ("부정", None)], 2 / 3),
        ([("부정", None)], 0.0),
        ([("부정", "중립")], 0.0),
    ],
)
def test_macro_f1_of_counts_done_by_hand(pairs, wanted):
    assert figure(macro_f1(LABELS), pairs) == pytest.approx(wanted)


@settings(deadline=None)
@given(ANSWERS)
def test_macro_f1_is_sklearns_over_the_labels_that_occur(pairs):
    assert figure(macro_f1(LABELS), pairs) == pytest.approx(sklearn_macro_f1(pairs), abs=1e-12)


def test_macro_f1_is_sklearns_with_the_tasks_labels_when_all_occur():
    rng = np.random.default_rng(0)
    targets, predictions = rng.choice(LABELS, 500), rng.choice([*LABELS, "unanswered"], 500)
    ours = [
        (target, None if said == "unanswered" else said)
        for target, said in zip(targets, predictions, strict=True)
    ]
    wanted = f1_score(targets, predictions, labels=LABELS, average="macro", zero_division=0)
    assert figure(macro_f1(LABELS), ours) == pytest.approx(wanted, abs=1e-12)


def test_macro_f1_of_many_labels_is_sklearns():
    rng = np.random.default_rng(0)
    labels = [str(i) for i in range(300)]
    targets, predictions = rng.choice(labels, (2, 5000))
    pairs = list(zip(targets, predictions, strict=True))
    assert figure(macro_f1(labels), pairs) == pytest.approx(sklearn_macro_f1(pairs), abs=1e-12)


@settings(deadline=None)
@given(ANSWERS)
def test_accuracy_is_sklearns_with_unanswered_wrong(pairs):
    wanted = accuracy_score([t for t, _ in pairs], [p or "unanswered" for _, p in pairs])
    assert figure(accuracy(LABELS), pairs) == pytest.approx(wanted)


@settings(deadline=None)
@given(ANSWERS)
def test_unanswered_is_the_share_of_none(pairs):
    assert figure(unanswered(LABELS), pairs) == pytest.approx(np.mean([p is None for _, p in pairs]))


@pytest.mark.parametrize("factory", [accuracy, macro_f1, unanswered])
@settings(deadline=None)
@given(pairs=ANSWERS, data=st.data())
def test_a_weight_is_a_row_as_often(factory, pairs, data):
    metric = factory(LABELS)
    counts = st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs)).filter(any)
    weights = np.array(data.draw(st.lists(counts, min_size=1, max_size=4)), float)
    stats = rows(metric, pairs)
    repeated = [np.repeat(stats, draw.astype(int), axis=0) for draw in weights]
    wanted = [metric.aggregate(one, np.ones((1, len(one))))[0] for one in repeated]
    assert metric.aggregate(stats, weights) == pytest.approx(np.array(wanted), abs=1e-12)


@pytest.mark.parametrize("factory", [accuracy, macro_f1, unanswered])
def test_an_empty_run_has_no_figure(factory):
    metric = factory(LABELS)
    with pytest.raises(HarnessError, match="at least one example"):
        metric.aggregate(np.empty((0, 2)), np.empty((1, 0)))


def test_accuracy_needs_no_common_labels():
    assert accuracy(()).statistics("서울", "서울") == (1.0,)


def test_nothing_agrees_with_a_missing_target():
    assert accuracy(LABELS).statistics(None, None) == (0.0,)


def test_macro_f1_needs_common_labels():
    with pytest.raises(BadInput, match="accuracy works without"):
        macro_f1(())


def test_macro_f1_refuses_a_label_twice():
    with pytest.raises(BadInput, match="twice"):
        macro_f1(("긍정", "긍정"))


def test_an_unknown_target_is_an_error_with_a_near_match():
    with pytest.raises(BadInput, match="Did you mean 'positive'"):
        macro_f1(("positive", "negative")).statistics("positive", "postive")


def test_a_prediction_outside_the_labels_is_a_miss():
    metric = macro_f1(LABELS)
    assert metric.statistics("긍정적", "긍정") == metric.statistics(None, "긍정") == (1.0, 3.0)


@pytest.mark.parametrize(
    ("metric", "signature", "interval", "higher"),
    [
        (accuracy(LABELS), "accuracy|v:1", "wilson", True),
        (macro_f1(LABELS), "macro_f1|v:1|labels:3", "bootstrap", True),
        (unanswered(LABELS), "unanswered|v:1", "wilson", False),
    ],
)
def test_a_metric_says_what_it_is(metric, signature, interval, higher):
    assert (metric.signature, metric.interval, metric.higher_is_better) == (signature, interval, higher)
    assert metric.unit == "0-1"
    assert metric.name == signature.split("|")[0]


def test_a_mean_follows_the_weights():
    stats, weights = np.array([[1.0], [4.0]]), np.array([[1.0, 1.0], [3.0, 0.0], [1.0, 2.0]])
    assert weighted_mean(stats, weights).tolist() == [2.5, 1.0, 3.0]
