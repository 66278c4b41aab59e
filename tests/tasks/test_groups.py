"""Groups with a score: how it is made of the members' figures, how sure it is, what may not stand in it."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean

import pytest

from harness.config import documents
from harness.errors import BadInput
from harness.paths import shipped
from harness.stats.composite import Figure, combined, mean_of_metrics
from harness.stats.intervals import wilson
from harness.tasks import groups
from tests.support.small_tasks import SENTIMENT

GROUPS = shipped("tasks") / "groups"


def share(successes: int, n: int) -> Figure:
    """Return a proportion with Wilson's interval."""
    return Figure(successes / n, *wilson(successes, n), n)


def point(value: float, n: int = 1) -> Figure:
    return Figure(value, None, None, n)


def shipped_group(name: str) -> groups.Scored:
    found = groups.load(GROUPS / f"{name}.yaml")
    assert found is not None
    return found


class TestCombining:
    def test_two_proportions_have_the_interval_that_newcombe_published(self):
        # Newcombe (1998), Statistics in Medicine 17: 56/70 - 48/80, method 10. The difference p - q is
        # the sum of p and 1 - q, less 1.
        value, low, high, n = combined([share(56, 70), share(32, 80)], [1, 1])
        assert [round(2 * end - 1, 4) for end in (value, low, high)] == [0.2, 0.0524, 0.3339]
        assert n == 150

    def test_symmetric_intervals_add_up_as_variances_do(self):
        figures = [Figure(0.5, 0.5 - 1.96 * s, 0.5 + 1.96 * s, 9) for s in (0.03, 0.04)]
        _, low, high, _ = combined(figures, [1, 1])
        assert (high - low) / 2 == pytest.approx(1.96 * math.sqrt(0.03**2 + 0.04**2) / 2)

    def test_all_right_everywhere_is_not_beyond_doubt_and_not_beyond_all(self):
        value, low, high, _ = combined([share(20, 20), share(20, 20)], [1, 1])
        assert (value, high) == (1, 1)
        assert 0.83 < low < 1

    def test_weights_by_examples_make_the_figure_over_all_examples(self):
        figures = [share(9, 10), share(30, 90)]
        assert combined(figures, [10, 90]).value == pytest.approx(39 / 100)

    def test_one_figure_is_itself(self):
        assert combined([share(3, 4)], [7]) == pytest.approx(share(3, 4))

    def test_a_figure_without_an_interval_leaves_the_mean_without_one(self):
        assert combined([share(3, 4), point(0.25)], [1, 1]) == (0.5, None, None, 5)

    def test_metrics_over_the_same_examples_do_not_make_each_other_surer(self):
        assert mean_of_metrics([Figure(0.8, 0.7, 0.9, 50), Figure(0.6, 0.5, 0.7, 50)]) == pytest.approx(
            (0.7, 0.6, 0.8, 50)
        )


# MNLI-m, MNLI-mm, QQP, QNLI, SST-2, CoLA, STS-B, MRPC, RTE: the columns of Table 1 in the BERT paper's first
# version, and its average.
TABLE = {
    "Pre-OpenAI SOTA": ([80.6, 80.1, 66.1, 82.3, 93.2, 35.0, 81.0, 86.0, 61.7], 74.0),
    "BiLSTM+ELMo+Attn": ([76.4, 76.1, 64.8, 79.9, 90.4, 36.0, 73.3, 84.9, 56.8], 71.0),
    "OpenAI GPT": ([82.1, 81.4, 70.3, 88.1, 91.3, 45.4, 80.0, 82.3, 56.0], 75.2),
    "BERT-base": ([84.6, 83.4, 71.2, 90.1, 93.5, 52.1, 85.8, 88.9, 66.4], 79.6),
    "BERT-large": ([86.7, 85.9, 72.1, 91.1, 94.9, 60.5, 86.5, 89.3, 70.1], 81.9),
}


class TestBertTable:
    def test_its_columns_are_those_of_the_table_in_order(self):
        assert [(m.name, m.metrics) for m in shipped_group("glue_bert_table").members] == [
            ("mnli_matched", ("accuracy",)), ("mnli_mismatched", ("accuracy",)), ("qqp", ("f1",)),
            ("qnli", ("accuracy",)), ("sst2", ("accuracy",)), ("cola", ("mcc",)), ("stsb", ("spearman",)),
            ("mrpc", ("f1",)), ("rte", ("accuracy",)),
        ]  # fmt: skip

    def test_its_rows_are_the_published_ones(self):
        rows = {row.system: row for row in shipped_group("glue_bert_table").file.reference}
        assert rows.keys() == TABLE.keys()
        for system, (columns, average) in TABLE.items():
            assert [*rows[system].figures.values()] == columns
            assert rows[system].score == average
            assert rows[system].note == "test-server figures"

    @pytest.mark.parametrize("system", TABLE)
    def test_the_groups_score_of_a_rows_columns_is_its_published_average(self, system):
        group = shipped_group("glue_bert_table")
        (row,) = [row for row in group.file.reference if row.system == system]
        columns, average = TABLE[system]
        score = group.score([point(row.figures[m.name] / 100) for m in group.members]).value
        assert score == pytest.approx(fmean(columns))
        assert round(score, 1) == average


class TestGlue:
    def test_its_score_is_the_mean_of_nine_tasks_of_which_mnli_is_one_and_four_have_two_metrics(self):
        group = shipped_group("glue")
        figures = {
            "cola": 0.5, "sst2": 0.9, "mrpc": (0.84 + 0.88) / 2, "qqp": (0.9 + 0.86) / 2,
            "stsb": (0.87 + 0.85) / 2, "mnli_matched": 0.82, "mnli_mismatched": 0.84, "qnli": 0.9,
            "rte": 0.66, "wnli": 0.56,
        }  # fmt: skip
        by_hand = (50 + 90 + 86 + 88 + 86 + 83 + 90 + 66 + 56) / 9
        assert group.score([point(figures[m.name]) for m in group.members]).value == pytest.approx(by_hand)
        assert {m.name: m.metrics for m in group.members if len(m.metrics) == 2} == {
            "mrpc": ("accuracy", "f1"), "qqp": ("accuracy", "f1"), "stsb": ("pearson", "spearman"),
        }  # fmt: skip

    def test_it_is_told_in_words(self):
        said = groups.described(shipped_group("glue"))
        assert said.startswith("# score: the mean of 9 figures, times 100\n#   cola mcc\n")
        assert "#   mean of (mnli_matched accuracy, mnli_mismatched accuracy)\n" in said


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three tasks and the metrics that make or break a score."""
    monkeypatch.chdir(tmp_path)
    metrics = ["accuracy", "macro_f1", "unanswered"]
    for name in "abc":
        write(f"tasks/{name}.yaml", documents.dump({**SENTIMENT, "metrics": metrics}))
    return tmp_path


def write(path: str, text: str) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return Path(path)


def score(text: str, *figures: Figure) -> Figure:
    group = groups.load(write("tasks/group.yaml", text))
    assert group is not None
    return group.score(figures)


def complaint(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        groups.load(write("tasks/group.yaml", text))
    return str(caught.value)


class TestDefining:
    def test_a_group_that_says_nothing_of_a_score_has_none(self, home):
        assert groups.load(write("tasks/group.yaml", "members: [a, b]\n")) is None

    def test_plain_names_count_alike_with_their_main_metrics(self, home):
        assert score("members: [a, b]\nscore: {}\n", point(0.2), point(0.6)).value == pytest.approx(0.4)

    def test_weights_are_numbers(self, home):
        text = "score: {scale: 10}\nmembers: [{task: a, weight: 3}, b]\n"
        assert score(text, point(0.2), point(0.6)).value == pytest.approx(10 * (3 * 0.2 + 0.6) / 4)

    def test_or_the_number_of_examples(self, home):
        text = "score: {weight: n}\nmembers: [a, b]\n"
        assert score(text, point(0.2, 300), point(0.6, 100)).value == pytest.approx(0.3)

    def test_the_members_of_a_part_share_its_weight(self, home):
        text = "score: {}\nmembers: [{task: a, part: x}, {task: b, part: x}, c]\n"
        figures = [point(0.2), point(0.4), point(0.9)]
        assert score(text, *figures).value == pytest.approx((0.3 + 0.9) / 2)

    def test_a_metric_in_percent_counts_as_what_it_is_a_share_of(self, home):
        question = {**SENTIMENT, "ask": "generate", "metrics": ["bleu"]}
        write("tasks/d.yaml", documents.dump({k: v for k, v in question.items() if k != "options"}))
        group = groups.load(write("tasks/group.yaml", "score: {}\nmembers: [a, d]\n"))
        assert group is not None
        assert [groups.REACH[m.unit] for c in group.members for m in c.task.metrics[:1]] == [1, 100]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("members:\n- a\n- {task: b, metrics: [f1]}\nscore: {}\n", "3: 'f1' is no metric of b."),
            ("members:\n- a\n- {task: b, metrics: [unanswered]}\nscore: {}\n", "3: no score can be made of"),
            ("members:\n- a\n- {task: b, part: x}\n", "3: 'part' is about a score, and this group has none"),
            ("members:\n- a\n- a\nscore: {}\n", "2: 'a' stands twice; a score counts it once"),
            ("members:\n- a\n- {task: b, weight: 0}\nscore: {}\n", "3: 'members.1.weight': should be a"),
            ("members:\n- a\n- {task: b, weight: .inf}\nscore: {}\n", "3: 'members.1.weight': should be a"),
            ("members:\n- a\n- {task: b, weigth: 2}\nscore: {}\n", "3: 'weigth': no such key. Did you mean"),
            ("members:\n- a\n- {tsk: b}\nscore: {}\n", "3: 'tsk': no such key. Did you mean 'task'?"),
            ("members: [a]\nscore: {scale: 0}\n", "2: 'score.scale' is 0: input should be greater than 0"),
            ("members:\n- a\n- group2\nscore: {}\n", "3: 'group2' is a group; a score is made of tasks"),
            ("members:\n- {task: a, part: x, weight: 1}\n- {task: b, part: x, weight: 2}\nscore: {}\n",
             "2: the part 'x' has one weight, and more are written"),
            ("members: [a]\nscore: {}\nreference:\n- {system: s, source: t, figures: {b: 1}}\n",
             "4: 'b' is no member."),
            ("members: [a]\nreference:\n- {system: s, source: t, score: 1}\n", "2: 'reference' is about a"),
            ("members: [a]\nscore: {}\nreference:\n- {system: s, source: t, score: .nan}\n", "4: "),
        ],
    )  # fmt: skip
    def test_what_is_wrong_with_a_score_is_said_at_its_line(self, home, text, said):
        write("tasks/group2.yaml", "members: [a]\n")
        assert complaint(text).startswith(f"tasks/group.yaml:{said}")
