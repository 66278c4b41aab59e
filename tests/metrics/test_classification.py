import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
)

from harness.errors import BadInput, HarnessError
from harness.metrics.aggregates import weighted_mean
from harness.metrics.classification import (
    accuracy,
    balanced_accuracy,
    f1,
    macro_f1,
    mcc,
    micro_f1,
    unanswered,
    weighted_f1,
)
from tests.support import metric_figures
from tests.support.metric_figures import rows, weightings, with_rows_repeated, with_weights
from tests.support.paths import DATA

LABELS = ("부정", "긍정", "중립")
TWO = ("0", "1")
ANSWERS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, None))), min_size=1, max_size=30
)


def f1_of_neutral(labels):
    return f1(labels, positive="중립")


def micro_f1_without_neutral(labels):
    return micro_f1(labels, without="중립")


OF_ONE = [f1_of_neutral, micro_f1_without_neutral]
EVERY = [accuracy, unanswered, macro_f1, micro_f1, weighted_f1, balanced_accuracy, mcc, *OF_ONE]
OVER_LABELS = [macro_f1, micro_f1, weighted_f1, balanced_accuracy, mcc, f1]


def seen_first(pairs):
    return [(prediction, target) for target, prediction in pairs]


def figure(metric, pairs):
    return metric_figures.figure(metric, seen_first(pairs))


def columns(pairs):
    """Return targets and predictions as scikit-learn takes them: unanswered is a class more."""
    return [target for target, _ in pairs], [prediction or "unanswered" for _, prediction in pairs]


def sklearn_f1(average):
    def over_labels_that_occur(pairs):
        targets, predictions = columns(pairs)
        present = sorted({*targets, *predictions} - {"unanswered"})
        return f1_score(targets, predictions, labels=present, average=average, zero_division=0)

    return over_labels_that_occur


def sklearn_balanced_accuracy(pairs):
    return balanced_accuracy_score(*columns(pairs))


def sklearn_mcc(pairs):
    return matthews_corrcoef(*columns(pairs))


def sklearn_f1_of_neutral(pairs):
    targets, predictions = columns(pairs)
    return f1_score(targets, predictions, labels=["중립"], average=None, zero_division=0)[0]


def sklearn_micro_f1_without_neutral(pairs):
    kept = [label for label in LABELS if label != "중립"]
    return f1_score(*columns(pairs), labels=kept, average="micro", zero_division=0)


ORACLES = [
    (macro_f1, sklearn_f1("macro")),
    (micro_f1, sklearn_f1("micro")),
    (weighted_f1, sklearn_f1("weighted")),
    (balanced_accuracy, sklearn_balanced_accuracy),
    (mcc, sklearn_mcc),
    (f1_of_neutral, sklearn_f1_of_neutral),
    (micro_f1_without_neutral, sklearn_micro_f1_without_neutral),
]


# Known numbers


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


@pytest.mark.parametrize(
    ("factory", "wanted"),
    [
        # 부정: 2 of 3 found, 긍정: 1 of 2 found and the one unanswered; 부정 never said falsely.
        (accuracy, 3 / 5),
        (unanswered, 1 / 5),
        (balanced_accuracy, (2 / 3 + 1 / 2) / 2),
        (micro_f1, 2 * 3 / (5 + 4)),
        (weighted_f1, (3 * 4 / 5 + 2 * 2 / 4) / 5),
        (f1, 2 / 4),
        # 3·5 - (3·2 + 2·2) = 5 over the roots of 25 - (9 + 4) and 25 - (4 + 4 + 1)
        (mcc, 5 / (12 * 16) ** 0.5),
    ],
)
def test_five_answers_done_by_hand(factory, wanted):
    pairs = [("부정", "부정"), ("부정", "부정"), ("부정", "긍정"), ("긍정", "긍정"), ("긍정", None)]
    assert figure(factory(("부정", "긍정")), pairs) == pytest.approx(wanted)


@pytest.mark.parametrize(("factory", "oracle"), ORACLES)
@settings(deadline=None)
@given(pairs=ANSWERS)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true", "ignore:A single label")
def test_a_figure_is_sklearns_over_the_labels_that_occur(factory, oracle, pairs):
    assert figure(factory(LABELS), pairs) == pytest.approx(oracle(pairs), abs=1e-9)


@pytest.mark.parametrize("classes", [2, 7, 300])
@pytest.mark.parametrize(("factory", "oracle"), ORACLES[:5])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_a_figure_is_sklearns_of_many_answers(factory, oracle, classes):
    rng = np.random.default_rng(classes)
    labels = [str(i) for i in range(classes)]
    targets = rng.choice(labels, 5000, p=rng.dirichlet(np.ones(classes)))
    said = np.where(rng.random(5000) < 0.6, targets, rng.choice([*labels, "unanswered"], 5000))
    pairs = [(t, None if s == "unanswered" else str(s)) for t, s in zip(targets.tolist(), said, strict=True)]
    assert figure(factory(labels), pairs) == pytest.approx(oracle(pairs), abs=1e-9)


def test_macro_f1_is_sklearns_with_the_tasks_labels_when_all_occur():
    rng = np.random.default_rng(0)
    targets, predictions = rng.choice(LABELS, 500), rng.choice([*LABELS, "unanswered"], 500)
    ours = [
        (target, None if said == "unanswered" else said)
        for target, said in zip(targets, predictions, strict=True)
    ]
    wanted = f1_score(targets, predictions, labels=LABELS, average="macro", zero_division=0)
    assert figure(macro_f1(LABELS), ours) == pytest.approx(wanted, abs=1e-12)


@settings(deadline=None)
@given(ANSWERS)
def test_accuracy_is_sklearns_with_unanswered_wrong(pairs):
    assert figure(accuracy(LABELS), pairs) == pytest.approx(accuracy_score(*columns(pairs)))


@settings(deadline=None)
@given(ANSWERS)
def test_unanswered_is_the_share_of_none(pairs):
    assert figure(unanswered(LABELS), pairs) == pytest.approx(np.mean([p is None for _, p in pairs]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=30))
def test_micro_f1_is_the_accuracy_where_all_is_answered(pairs):
    assert figure(micro_f1(LABELS), pairs) == pytest.approx(figure(accuracy(LABELS), pairs))


@pytest.mark.parametrize("pairs", [[("0", "0"), ("1", "0")], [("0", "0"), ("0", "1")], [("0", None)]])
def test_an_mcc_of_what_never_varies_is_0(pairs):
    assert figure(mcc(TWO), pairs) == 0


@pytest.mark.parametrize("said", ["0", None])
def test_an_f1_of_a_label_that_does_not_occur_is_0(said):
    assert figure(f1(TWO), [("0", said)]) == 0


def test_swapping_two_labels_everywhere_leaves_mcc_and_swaps_f1():
    pairs = [("0", "0"), ("0", "1"), ("0", "0"), ("1", "1"), ("1", "0")]
    swapped = [("10"[int(target)], "10"[int(said)]) for target, said in pairs]
    assert figure(mcc(TWO), swapped) == pytest.approx(figure(mcc(TWO), pairs))
    assert figure(f1(TWO), swapped) == pytest.approx(figure(f1(TWO, positive="0"), pairs))
    assert figure(f1(TWO), swapped) != figure(f1(TWO), pairs)


# Real data, with predictions that are wrong here and there


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "glue").is_dir(), reason="GLUE is not here")
@pytest.mark.parametrize(
    ("file", "column", "count"),
    [("CoLA/dev.tsv", 1, 1043), ("SST-2/dev.tsv", -1, 872), ("WNLI/dev.tsv", -1, 71)],
)
def test_glues_figures_are_sklearns(file, column, count):
    lines = (DATA / "glue" / file).read_text(encoding="utf-8").splitlines()
    targets = [label for line in lines if (label := line.split("\t")[column]) in TWO]
    assert len(targets) == count
    rng = np.random.default_rng(0)
    said = np.where(rng.random(count) < 0.8, targets, rng.choice(TWO, count)).tolist()
    pairs = list(zip(targets, said, strict=True))
    assert figure(mcc(TWO), pairs) == pytest.approx(matthews_corrcoef(targets, said), abs=1e-9)
    assert figure(f1(TWO), pairs) == pytest.approx(f1_score(targets, said, pos_label="1"), abs=1e-9)
    assert figure(accuracy(TWO), pairs) == pytest.approx(accuracy_score(targets, said), abs=1e-9)


# What an aggregate keeps to


@pytest.mark.parametrize("factory", EVERY)
@settings(deadline=None)
@given(pairs=ANSWERS, data=st.data())
def test_a_weight_is_a_row_as_often(factory, pairs, data):
    metric, seen, weights = factory(LABELS), seen_first(pairs), weightings(data, len(pairs))
    wanted = pytest.approx(with_rows_repeated(metric, seen, weights), abs=1e-12)
    assert with_weights(metric, seen, weights) == wanted
    assert metric_figures.with_equal_rows_merged(metric, seen, weights) == wanted
    assert metric_figures.reordered(metric, seen, weights) == wanted


@pytest.mark.parametrize("factory", EVERY)
def test_an_empty_run_has_no_figure(factory):
    metric = factory(LABELS)
    with pytest.raises(HarnessError, match="at least one example"):
        metric.aggregate(np.empty((0, 2)), np.empty((1, 0)))


def test_a_mean_follows_the_weights():
    stats, weights = np.array([[1.0], [4.0]]), np.array([[1.0, 1.0], [3.0, 0.0], [1.0, 2.0]])
    assert weighted_mean(stats, weights).tolist() == [2.5, 1.0, 3.0]


# Labels


def test_accuracy_needs_no_common_labels():
    assert accuracy(()).statistics("서울", "서울") == (1.0,)


@pytest.mark.parametrize("references", [("서울", "서울시"), ["서울", "서울시"]], ids=["tuple", "list"])
@pytest.mark.parametrize(
    ("prediction", "right"), [("서울", 1.0), ("서울시", 1.0), ("부산", 0.0), ("서", 0.0), (None, 0.0)]
)
def test_any_of_several_references_is_right(references, prediction, right):
    assert accuracy(()).statistics(prediction, references) == (right,)


def test_a_part_of_the_one_reference_is_not_right():
    assert accuracy(()).statistics("서울", "서울시") == (0.0,)


@pytest.mark.parametrize("target", [(), None])
def test_where_there_is_no_reference_nothing_is_right(target):
    assert accuracy(()).statistics("서울", target) == (0.0,)


def test_nothing_agrees_with_a_missing_target():
    assert accuracy(LABELS).statistics(None, None) == (0.0,)


@pytest.mark.parametrize("factory", OVER_LABELS)
def test_a_figure_over_labels_needs_common_ones(factory):
    with pytest.raises(BadInput, match=f"^{factory.__name__} .*accuracy works without"):
        factory(())


@pytest.mark.parametrize("factory", OVER_LABELS)
def test_a_figure_over_labels_refuses_one_twice(factory):
    with pytest.raises(BadInput, match="twice"):
        factory(("긍정", "긍정"))


@pytest.mark.parametrize("factory", OVER_LABELS)
def test_an_unknown_target_is_an_error_with_a_near_match(factory):
    with pytest.raises(BadInput, match=f"^{factory.__name__}: .*Did you mean 'positive'"):
        factory(("positive", "negative")).statistics("positive", "postive")


@pytest.mark.parametrize("factory", EVERY[2:])
def test_a_prediction_outside_the_labels_is_a_miss(factory):
    metric = factory(LABELS)
    assert metric.statistics("긍정적", "긍정") == metric.statistics(None, "긍정")


def test_f1_is_of_the_last_of_two_labels():
    assert f1(TWO).signature == f1(TWO, positive="1").signature == "f1|v:1|positive:1"


@pytest.mark.parametrize("labels", [("하나",), LABELS])
def test_f1_of_other_than_two_labels_must_say_of_which(labels):
    with pytest.raises(BadInput, match=f"which of {len(labels)} labels"):
        f1(labels)
    assert f1(labels, positive=labels[0]).name == "f1"


def test_f1_of_no_label_is_an_error_with_a_near_match():
    with pytest.raises(BadInput, match=r"'entailmnt' is not a label\..*Did you mean 'entailment'"):
        f1(("entailment", "not_entailment"), positive="entailmnt")


def test_micro_f1_without_no_label_is_an_error_with_a_near_match():
    with pytest.raises(BadInput, match=r"'no_relatoin' is not a label\..*Did you mean 'no_relation'"):
        micro_f1(("no_relation", "per:title"), without="no_relatoin")


@pytest.mark.parametrize(
    ("metric", "signature", "interval", "higher", "unit"),
    [
        (accuracy(LABELS), "accuracy|v:1", "wilson", True, "0-1"),
        (unanswered(LABELS), "unanswered|v:1", "wilson", False, "0-1"),
        (macro_f1(LABELS), "macro_f1|v:1|labels:3", "bootstrap", True, "0-1"),
        (micro_f1(LABELS), "micro_f1|v:1|labels:3", "bootstrap", True, "0-1"),
        (micro_f1_without_neutral(LABELS), "micro_f1|v:1|labels:3|without:중립", "bootstrap", True, "0-1"),
        (weighted_f1(LABELS), "weighted_f1|v:1|labels:3", "bootstrap", True, "0-1"),
        (balanced_accuracy(LABELS), "balanced_accuracy|v:1|labels:3", "bootstrap", True, "0-1"),
        (f1(TWO), "f1|v:1|positive:1", "bootstrap", True, "0-1"),
        (mcc(LABELS), "mcc|v:1|labels:3", "bootstrap", True, "-1-1"),
    ],
)
def test_a_metric_says_what_it_is(metric, signature, interval, higher, unit):
    assert (metric.signature, metric.interval, metric.higher_is_better) == (signature, interval, higher)
    assert (metric.unit, metric.reads) == (unit, "prediction")
    assert metric.name == signature.split("|")[0]


def test_a_pair_of_rows_has_the_indices_of_target_and_prediction():
    assert rows(macro_f1(LABELS), [("긍정", "부정"), (None, "중립")]).tolist() == [[0, 1], [2, 3]]
