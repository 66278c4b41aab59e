"""A metric of Hugging Face's `evaluate` from the task's YAML to the leaderboard."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.support.running import REVIEWS, Project, said

# Importing it takes seconds: one run serves all that only look at it.
pytestmark = pytest.mark.skipif(find_spec("evaluate") is None, reason="evaluate is not installed")

TEXT = 'datasets.Value("string")'
SCRIPT = f"""\
import datasets
import evaluate


class Share(evaluate.Metric):
    def _info(self):
        features = datasets.Features({{"predictions": {TEXT}, "references": {TEXT}}})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        return {{"share": sum(p == r for p, r in zip(predictions, references)) / len(predictions)}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which two systems were judged by a script of its own."""
    made = Project(tmp_path_factory.mktemp("project"))
    made.write("share/share.py", SCRIPT)
    made.reviews(text=REVIEWS.replace("[accuracy,", '["evaluate:./share", accuracy,'))
    made.env |= {"HF_HOME": str(made.home / "hf")}
    made.apart = True  # where `evaluate` keeps its modules is read as it is imported
    asked = ("run", "-t", "reviews", "-b", "random,dummy", "--data-dir", "data")
    done = made.harness(*asked, "--trust-remote-code")
    assert done.returncode == 0, done.stderr
    assert "not ranked: evaluate:./share says nothing of single examples" in done.stderr
    assert done.stdout.count("evaluate:./share") == 1
    return made


def test_its_figure_stands_beside_the_others_without_an_interval(project):
    for directory in project.runs():
        metrics = said(directory)["metrics"]
        share = metrics["evaluate:./share"]
        assert list(metrics) == ["evaluate:./share", "accuracy", "macro_f1", "unanswered"]
        assert share["value"] == pytest.approx(metrics["accuracy"]["value"])
        assert (share["ci_low"], share["stderr"], share["n"]) == (None, None, 40)


def test_a_rescored_run_has_the_same_figure(project):
    directory = project.runs()[0]
    before = said(directory)["metrics"]
    assert project.harness("rescore", directory, "--trust-remote-code").returncode == 0
    assert said(directory)["metrics"] == before


def test_a_name_on_the_hub_is_not_run_without_consent(tmp_path):
    project = Project(tmp_path)
    project.reviews(text=REVIEWS.replace("[accuracy,", '["evaluate:accuracy",'))
    done = project.harness("run", "-t", "reviews", "-b", "random", "--data-dir", "data")
    assert done.returncode == 3
    assert "runs code from the hub: --trust-remote-code allows it" in done.stderr
    assert not project.runs()
