"""What a comparison says of one model that took two roads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.records import run_file
from harness.reports.comparison.compare import compare
from harness.reports.comparison.drift import Drift
from harness.reports.comparison.render import as_json, markdown
from harness.reports.named_runs import only_run
from tests.support.fake_runs import fake_run
from tests.support.running import Project, here, records_of, rows

SHA, COMMIT = {"sha256": "a" * 64}, {"revision": "b" * 40}


def run(folder: Path, adapter: str = "huggingface", scores: Any = (-1.0, -2.0), **changes: Any) -> Path:
    """Write a run of four examples by a model; all answers say what `scores` or `text` do."""
    backend = {"adapter": adapter, "model": "a/model", "identity": SHA, **changes.pop("backend", {})}
    text, failed = changes.pop("text", None), changes.pop("failed", ())
    directory = fake_run(folder, adapter, "1111", run={"backend": backend, **changes})
    lines = [
        {
            "id": f"e{n}",
            "repeat": 0,
            "request": {"prompt": f"문장: {n}"},
            "response": {
                "option_scores": list(scores),
                "text": text,
                "error": {"kind": "timeout", "message": ""} if n in failed else None,
            },
            "prediction": str(int(scores[1] > scores[0])) if text is None else text,
            "target": "0",
            "scores": {},
        }
        for n in range(4)
    ]
    content = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
    (directory / run_file.SAMPLES).write_bytes(content)
    return directory


def between(a: Path, b: Path) -> Drift | None:
    return compare(only_run(a), only_run(b)).drift


def test_the_same_weights_by_two_roads_drift(tmp_path):
    both = compare(only_run(run(tmp_path)), only_run(run(tmp_path, "vllm", (-1.5, -1.25))))
    drift = both.drift
    assert drift is not None
    assert (drift.same, drift.roads, drift.n) == ("weights", ("huggingface", "vllm"), 4)
    assert (drift.predictions, drift.texts, drift.prompts) == (4, None, 0)
    assert (drift.largest, drift.mean) == (0.75, 0.625)
    line = (
        "drift: the same weights, by huggingface and vllm: 4 of 4 predictions differ, "
        "values by up to 0.75, 0.62 on average"
    )
    assert f"* {line}" in markdown(both)
    assert as_json(both)["drift"]["largest"] == 0.75


def test_texts_are_compared_where_both_wrote_some(tmp_path):
    drift = between(run(tmp_path, text="긍정"), run(tmp_path, "vllm", text="긍정이다"))
    assert drift is not None
    assert (drift.predictions, drift.texts) == (4, 4)


def test_what_failed_in_either_run_is_left_out(tmp_path):
    drift = between(run(tmp_path, failed={0}), run(tmp_path, "vllm", failed={1}))
    assert drift is not None
    assert drift.n == 2


def test_a_hash_is_of_the_weights_wherever_they_lie(tmp_path):
    drift = between(run(tmp_path), run(tmp_path, "vllm", backend={"model": "elsewhere"}))
    assert drift is not None
    assert drift.same == "weights"


def test_a_commit_means_something_in_its_own_repository_alone(tmp_path):
    ours = run(tmp_path, backend={"identity": COMMIT})
    assert between(ours, run(tmp_path, "vllm", backend={"identity": COMMIT})) is not None
    assert between(ours, run(tmp_path, "vllm", backend={"identity": COMMIT, "model": "b/model"})) is None


def test_a_server_that_names_the_model_has_it_by_name(tmp_path):
    served = {"identity": {"endpoint": "http://127.0.0.1:8000/v1"}}
    drift = between(run(tmp_path), run(tmp_path, "openai", backend=served))
    assert drift is not None
    assert drift.same == "name"


@pytest.mark.parametrize(
    "changes",
    [
        {"backend": {"identity": {"sha256": "c" * 64}}},
        {"backend": {"identity": None, "model": "b/model"}},
        {"decoding": {"asked": {"temperature": 1.0}}},
        {"task": {"template": "question"}},
        {"task": {"shots": {"k": 5}}},
        {"choose_by": "extract"},
        {"seed": 2},
    ],
    ids=["weights", "model", "decoding", "template", "shots", "choose_by", "seed"],
)
def test_what_is_another_model_or_asked_otherwise_is_no_drift(tmp_path, changes):
    assert between(run(tmp_path), run(tmp_path, "vllm", **changes)) is None


def test_settings_of_the_road_and_how_much_was_asked_may_differ(tmp_path):
    other = run(tmp_path, backend={"settings": {"dtype": "bfloat16"}}, task={"limit": 4})
    drift = between(run(tmp_path), other)
    assert drift is not None
    assert drift.roads == ("huggingface", "huggingface")


def test_a_run_does_not_drift_from_itself_nor_without_a_journal(tmp_path):
    ours, other = run(tmp_path), run(tmp_path, "vllm")
    assert between(ours, ours) is None
    (other / run_file.SAMPLES).unlink()
    assert between(ours, other) is None


def test_systems_without_a_model_do_not_drift(tmp_path):
    assert between(fake_run(tmp_path, "a", "11"), fake_run(tmp_path, "b", "10")) is None


# Two roads that are there: number formats, and ways to batch.


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    pytest.importorskip("torch", reason="a model needs torch")
    pytest.importorskip("transformers", reason="a model needs transformers")
    from tests.support.tiny_models import tiny_llama

    project = Project(tmp_path_factory.mktemp("project"))
    project.reviews(test=rows(24))
    tiny_llama(project.home / "tiny")
    return project


def asked(project: Project, **how: Any) -> Path:
    settings = {"model": str(project.home / "tiny"), **how.pop("settings", {})}
    return here(project, "huggingface", settings, fresh=True, **how).directory


def test_the_drift_of_two_number_formats_is_what_their_journals_say(project):
    a, b = (asked(project, settings={"dtype": dtype}) for dtype in ("float32", "bfloat16"))
    drift = between(a, b)
    assert drift is not None
    pairs = list(zip(records_of(a), records_of(b), strict=True))
    gaps = [
        abs(one - other)
        for x, y in pairs
        for one, other in zip(x["response"]["option_scores"], y["response"]["option_scores"], strict=True)
    ]
    assert (drift.n, drift.same, drift.measured) == (24, "weights", "log-probabilities")
    assert drift.predictions == sum(x["prediction"] != y["prediction"] for x, y in pairs)
    assert drift.largest == max(gaps) > 1e-4
    assert drift.mean == pytest.approx(sum(gaps) / len(gaps))


def test_the_batch_size_flips_nothing(project):
    a, b = (asked(project, settings={"batch_size": size}) for size in (1, 8))
    drift = between(a, b)
    assert drift is not None
    assert (drift.predictions, drift.prompts) == (0, 0)
    assert drift.largest is not None
    assert drift.largest < 1e-4
