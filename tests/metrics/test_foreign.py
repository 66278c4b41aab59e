"""Metrics of Hugging Face's `evaluate`: run as they are, on all examples at once, with the user's leave."""

from __future__ import annotations

import math
import sys
import unicodedata
from contextvars import copy_context
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness import builtin, plugins
from harness.config import settings
from harness.errors import BadInput, HarnessError, Unavailable
from harness.metrics import hf_evaluate as foreign
from tests.support.small_tasks import question_task, small_task

# Importing it takes seconds, which belong to these tests and not to the collecting of all.
pytestmark = pytest.mark.skipif(find_spec("evaluate") is None, reason="needs evaluate")

TEXT, TEXTS = 'datasets.Value("string")', 'datasets.Sequence(datasets.Value("string"))'
SCRIPT = """
import datasets
import evaluate


class Metric(evaluate.Metric):
    def _info(self):
        features = [datasets.Features({{"predictions": p, "references": r}}) for p, r in [{layouts}]]
        features = features[0] if len(features) == 1 else features
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references, **given):
        {body}
"""
SHARE = "return {'share': sum(p == r for p, r in zip(predictions, references)) / len(references)}"
SHOW = "raise ValueError(repr((list(predictions), list(references), given)))"


@pytest.fixture(autouse=True, scope="module")
def _scripts(tmp_path_factory):
    """Keep the network out, and out of the user's home evaluate's copies of the scripts, one package."""
    config = pytest.importorskip("evaluate").config
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_MODULES_CACHE", "HF_METRICS_CACHE"):
            patch.setattr(config, name, tmp_path_factory.mktemp(name))
        # Another test of this process may have loaded scripts from a place of its own.
        patch.syspath_prepend(str(config.HF_MODULES_CACHE))
        for module in [name for name in sys.modules if name.split(".")[0] == "evaluate_modules"]:
            patch.delitem(sys.modules, module)
        patch.setattr(config, "HF_EVALUATE_OFFLINE", True)
        yield


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    foreign._loaded.cache_clear()
    leave = foreign.REMOTE_CODE.set(True)
    yield
    foreign.REMOTE_CODE.reset(leave)


@pytest.fixture
def _without_leave():
    leave = foreign.REMOTE_CODE.set(False)
    yield
    foreign.REMOTE_CODE.reset(leave)


def script(name, body, *layouts):
    """Write a metric's script, as its author would, into a folder of that name."""
    Path(name).mkdir()
    pairs = ", ".join(f"({said}, {wanted})" for said, wanted in layouts or [(TEXT, TEXT)])
    Path(name, f"{name}.py").write_text(SCRIPT.format(layouts=pairs, body=body), encoding="utf-8")


def metric(where, labels=(), **given):
    return plugins.load(plugins.metric(f"evaluate:{where}").target)(labels, **given)


def given_to(name, predictions, targets, labels=(), **settings):
    """Return what a script was called with."""
    with pytest.raises(Unavailable) as caught:
        metric(f"./{name}", labels, **settings).corpus(predictions, targets)
    return str(caught.value).partition("ValueError: ")[2]


class TestFigure:
    def test_it_is_what_the_script_says_of_all_examples(self):
        script("share_of_equals", SHARE)
        assert metric("./share_of_equals").corpus(["가", "나", "다"], ["가", "나", "라"]) == pytest.approx(
            2 / 3
        )

    def test_a_second_time_it_is_the_same(self):
        script("share_again", SHARE)
        judge = metric("./share_again")
        assert [judge.corpus(["가"], ["가"]), judge.corpus(["가", "나"], ["가", "다"])] == [1, 0.5]

    @pytest.mark.parametrize("where", ["./by_path", "by_path/by_path.py", "{here}/by_path"])
    def test_a_script_is_found_by_its_folder_or_its_file(self, where, tmp_path):
        script("by_path", SHARE)
        assert metric(where.format(here=tmp_path)).corpus(["가"], ["가"]) == 1

    def test_it_has_no_statistics_no_interval_and_no_weights(self):
        script("whole", SHARE)
        judge = metric("./whole")
        assert (judge.statistics("가", "가"), judge.interval) == ((), "none")
        with pytest.raises(HarnessError, match=r"evaluate:\./whole has a figure of all examples only"):
            judge.aggregate(np.empty((2, 0)), np.ones((1, 2)))

    @pytest.mark.parametrize(
        ("returned", "key", "figure"),
        [
            ("{'f1': 0.5, 'note': 'text'}", None, 0.5),
            ("{'f1': 0.5, 'recall': 0.25}", "recall", 0.25),
            ("{'f1': __import__('numpy').float32(0.5)}", None, 0.5),
            ("{'f1': [0.5, 1.0], 'mean': 0.75}", None, 0.75),
            ("{'f1': __import__('numpy').array(0.5), 'exact': True}", None, 0.5),
        ],
    )
    def test_the_one_number_it_returns_or_the_one_that_key_names(self, returned, key, figure):
        script("returns", f"return {returned}")
        assert metric("./returns", key=key).corpus(["가"], ["가"]) == figure

    @pytest.mark.parametrize(
        ("returned", "key", "said"),
        [
            ("{'f1': 0.5, 'recall': 0.25}", None, "evaluate:./odd returns f1, recall; set 'key' to one"),
            ("{'f1': 0.5}", "recall", "evaluate:./odd returns no number called 'recall'. Known: f1."),
            (
                "{'recall': 0.5}",
                "recal",
                "evaluate:./odd returns no number called 'recal'. Did you mean 'recall'?",
            ),
            ("{'f1': [0.5]}", "f1", "evaluate:./odd returns no number called 'f1'."),
            ("{'f1': __import__('numpy').ones(2)}", "f1", "evaluate:./odd returns no number called 'f1'."),
            ("{}", None, "evaluate:./odd returns no number; set 'key' to one"),
        ],
    )
    def test_which_of_several_is_never_guessed(self, returned, key, said):
        script("odd", f"return {returned}")
        with pytest.raises(BadInput) as caught:
            metric("./odd", key=key).corpus(["가"], ["가"])
        assert str(caught.value) == said


class TestWhatItIsGiven:
    def test_texts_as_they_are_an_unanswered_one_empty(self):
        script("texts", SHOW)
        pieces = unicodedata.normalize("NFD", "서울。")
        assert (
            given_to("texts", [pieces, None], ["서울", ("부산",)])
            == f"({[pieces, '']}, ['서울', '부산'], {{}})"
        )

    def test_texts_normalised_where_that_is_asked_for(self):
        script("normalised", SHOW)
        said = given_to("normalised", ["서울。"], ["서울"], normalise="ko.v1")
        assert said == "(['서울'], ['서울'], {})"

    def test_all_references_where_it_takes_a_list(self):
        script("lists", SHOW, (TEXT, TEXTS))
        assert (
            given_to("lists", ["가", "나"], [("가", "거"), "나"])
            == "(['가', '나'], [['가', '거'], ['나']], {})"
        )

    @pytest.mark.parametrize(
        ("targets", "references"),
        [(["가", "나"], "['가', '나']"), (["가", ("나", "너")], "[['가'], ['나', '너']]")],
    )
    def test_of_two_layouts_the_plainest_that_holds_the_references(self, targets, references):
        script("layouts", SHOW, (TEXT, TEXTS), (TEXT, TEXT))
        assert given_to("layouts", ["가", "나"], targets) == f"(['가', '나'], {references}, {{}})"

    def test_labels_by_their_number_a_missing_one_minus_one(self):
        whole = 'datasets.Value("int32")'
        script("numbers", SHOW, (whole, whole))
        said = given_to("numbers", ["긍정", None, "?"], ["긍정", "부정", "부정"], labels=("부정", "긍정"))
        assert said == "([1, -1, -1], [1, 0, 0], {})"

    def test_numbers_without_the_examples_that_have_none(self):
        real = 'datasets.Value("float32")'
        script("floats", SHOW, (real, real))
        assert (
            given_to("floats", [1.5, None, "2", "two"], ["1", "2", "3", "4"])
            == "([1.5, 2.0], [1.0, 3.0], {})"
        )

    def test_whole_numbers_without_what_is_none(self):
        whole = 'datasets.Value("int64")'
        script("wholes", SHOW, (whole, whole))
        said = given_to("wholes", [1.0, 2.5, math.nan, math.inf, "4"], ["1", "2", "3", "4", "5.0"])
        assert said == "([1, 4], [1, 5], {})"

    def test_its_own_arguments_with_values_as_in_yaml(self):
        script("arguments", SHOW)
        said = given_to("arguments", ["가"], ["가"], arguments=["average=macro", "k=3", "deep=true"])
        assert said == "(['가'], ['가'], {'average': 'macro', 'k': 3, 'deep': True})"

    def test_of_nothing_it_has_no_figure(self):
        real = 'datasets.Value("float64")'
        script("nothing", SHOW, (real, real))
        assert math.isnan(metric("./nothing").corpus([None], ["1"]))

    @pytest.mark.parametrize(
        ("layout", "prediction", "target", "said"),
        [
            ((TEXT, TEXT), "가", ("가", "나"), "takes one reference an example, not 2"),
            ((TEXT, TEXT), "가", None, "needs a target"),
            (('datasets.Value("float32")',) * 2, 1.0, "많이", "takes numbers; the target '많이' is none"),
            (
                ('{"id": datasets.Value("string")}', TEXT),
                "가",
                "가",
                "a prediction and references, each one value",
            ),
            ((TEXTS, TEXTS), "가", "가", "a prediction and references, each one value"),
        ],
    )
    def test_what_it_cannot_take_is_told_at_the_first_example(self, layout, prediction, target, said):
        script("picky", SHOW, layout)
        with pytest.raises(BadInput) as caught:
            metric("./picky").statistics(prediction, target)
        assert str(caught.value).startswith("evaluate:./picky ")
        assert said in str(caught.value)


class TestConsent:
    @pytest.mark.usefixtures("_without_leave")
    @pytest.mark.parametrize("name", ["accuracy", "somebody/their_metric"])
    def test_a_name_on_the_hub_runs_nothing_without_leave(self, name):
        with pytest.raises(Unavailable) as caught:
            metric(name)
        assert str(caught.value) == f"evaluate:{name} runs code from the hub: --trust-remote-code allows it"

    @pytest.mark.parametrize("name", ["accuracy", "somebody/their_metric"])
    def test_with_leave_and_without_network_it_is_one_clear_line(self, name):
        def asked():
            foreign.REMOTE_CODE.set(True)
            foreign.OFFLINE.set(True)
            metric(name).statistics("가", "가")

        with pytest.raises(
            Unavailable, match=rf"^evaluate:{name}: neither a script here nor to be had from the hub"
        ):
            copy_context().run(asked)

    def test_leave_ends_where_it_was_given(self):
        copy_context().run(foreign.REMOTE_CODE.set, False)
        assert foreign.REMOTE_CODE.get() is True

    def test_no_setting_of_a_task_can_give_it(self):
        assert not {"trust_remote_code", "remote_code"} & set(plugins.metric("evaluate:x").settings)

    def test_a_script_runs_nothing_before_the_first_example(self):
        Path("loud").mkdir()
        Path("loud/loud.py").write_text("raise SystemError('ran')", encoding="utf-8")
        judge = metric("./loud")
        with pytest.raises(Unavailable, match=r"^evaluate:\./loud cannot be loaded: SystemError: ran$"):
            judge.statistics("가", "가")


class TestProblems:
    @pytest.mark.parametrize("where", ["./nowhere", "nowhere.py", "~/nowhere", "a/b/c", "/nowhere"])
    def test_a_path_without_a_script_is_told(self, where):
        with pytest.raises(BadInput, match=r"no metric's script at .*(nowhere|c)\.py"):
            metric(where)

    @pytest.mark.parametrize("error", ["KeyError('x')", "SystemExit('x')"])
    def test_a_script_that_breaks_is_one_line_with_its_name(self, error):
        script("breaks", f"raise {error}")
        with pytest.raises(Unavailable, match=r"^evaluate:\./breaks broke: (KeyError: 'x'|SystemExit: x)$"):
            metric("./breaks").corpus(["가"], ["가"])

    def test_evaluate_that_is_missing_is_told_with_its_extra(self, monkeypatch):
        script("needs", SHARE)
        monkeypatch.setattr(foreign.importlib.util, "find_spec", lambda module: None)
        with pytest.raises(
            Unavailable, match=r"evaluate:\./needs needs evaluate: pip install 'harness-ko\[hub\]'"
        ):
            metric("./needs")

    @pytest.mark.parametrize("text", ["average", "=macro", "a b=1", 3])
    def test_an_argument_has_a_name_and_a_value(self, text):
        script("named", SHARE)
        with pytest.raises(BadInput, match="an argument of a metric is written name=value"):
            metric("./named", arguments=[text])

    def test_a_value_that_is_not_yaml_is_told(self):
        script("valued", SHARE)
        with pytest.raises(BadInput, match=r"the value in 'a=\[1' is not YAML"):
            metric("./valued", arguments=["a=[1"])


class TestSignature:
    def test_it_changes_with_the_script(self):
        script("changing", SHARE)
        before = metric("./changing").signature
        path = Path("changing/changing.py")
        path.write_text(path.read_text(encoding="utf-8") + "\n# another one\n", encoding="utf-8")
        assert metric("./changing").signature != before

    @pytest.mark.parametrize(
        "given",
        [{"key": "f1"}, {"config": "large"}, {"arguments": ["k=1"]}, {"normalise": "nfc"}],
        ids=lambda given: next(iter(given)),
    )
    def test_it_changes_with_every_setting_that_changes_the_figure(self, given):
        script("settled", SHARE)
        assert metric("./settled", **given).signature != metric("./settled").signature

    def test_unit_and_direction_are_as_declared(self):
        script("declared", SHARE)
        judge = metric("./declared", unit="0-100", higher_is_better=False)
        assert (judge.unit, judge.higher_is_better) == ("0-100", False)


class TestInATask:
    def test_it_stands_beside_other_metrics(self):
        script("in_a_task", SHARE)
        task = question_task(metrics=["exact_match", "evaluate:./in_a_task"])
        assert [named.name for named in task.file.metrics] == ["exact_match", "evaluate:./in_a_task"]

    @pytest.mark.parametrize(
        ("metrics", "said"),
        [
            (["evaluate:./nowhere"], "no metric's script at nowhere/nowhere.py"),
            ([{"evaluate:./there": {"kee": "f1"}}], "'kee': no such setting. Did you mean 'key'?"),
            (["evaluate:./there", "evaluate:./there"], "the metric 'evaluate:./there' stands twice"),
            (["evaluate:"], "no metric is called 'evaluate:'. Did you mean 'evaluate:NAME_OR_PATH'?"),
            (["evalute:./there"], "no metric is called 'evalute:./there'."),
        ],
    )
    def test_what_is_wrong_with_it_is_told_before_a_run(self, metrics, said):
        script("there", SHARE)
        with pytest.raises(BadInput) as caught:
            small_task(metrics=metrics)
        assert said in str(caught.value)

    def test_a_name_of_the_hub_is_no_fault_of_the_task(self):
        assert small_task(metrics=["evaluate:accuracy"]).file.metrics[0].name == "evaluate:accuracy"

    def test_every_registered_setting_is_one_of_the_factory(self):
        entry = next(entry for entry in builtin.METRICS if entry.name == "evaluate:NAME_OR_PATH")
        assert list(settings.problems(dict.fromkeys(entry.settings), entry.settings)) == []
        assert set(foreign.evaluate.__kwdefaults__) == set(entry.settings)
