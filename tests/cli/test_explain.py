"""`harness explain`: which settings tell two runs apart, what each is worth, and what remains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT

ASK = ("run", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample", "--limit", "40", "-q")
LOG = ROOT / "tests/gold/foreign/lm_eval"


def ran(shell, *options: str) -> str:
    """Return the directory of a run."""
    said = shell(*ASK, *options, "--json")
    assert said.code == 0
    return said.json["runs"][0]["directory"]


def explained(shell, *arguments: str):
    said = shell("explain", *arguments, "--json", "-q")
    assert said.code == 0, said.err
    return said.json


def worth(found, name: str) -> float:
    (value,) = (step["worth"]["value"] for step in found["settings"] if step["setting"] == name)
    return value


def test_each_setting_that_differs_has_a_row_and_no_other(shell):
    a = ran(shell)
    b = ran(shell, "--shots", "1", "--template", "question", "-m", "unanswered_rate=0.5")
    found = explained(shell, a, b, "-n", "30")
    assert [step["setting"] for step in found["settings"]] == ["unanswered_rate", "template", "shots"]
    assert worth(found, "unanswered_rate") < -0.1
    assert worth(found, "template") == worth(found, "shots") == 0  # the dummy's draws do not read them


def test_the_rows_and_what_remains_sum_up_to_the_difference(shell):
    a, b = ran(shell), ran(shell, "-m", "unanswered_rate=0.5", "--seed", "7", "--shots", "1")
    found = explained(shell, a, b, "-n", "30")
    steps = [step["worth"]["value"] for step in found["settings"]]
    total = found["again"]["value"] + sum(steps) + found["remainder"]["value"]
    assert total == pytest.approx(found["difference"]["value"])
    assert (found["again"]["value"], found["remainder"]["apart"]) == (0, 0)


def test_a_walk_again_asks_nothing_and_says_the_same(shell):
    a, b = ran(shell), ran(shell, "-m", "unanswered_rate=0.5")
    first, second = (explained(shell, a, b, "-n", "30") for _ in range(2))
    assert [step["calls"] for step in first["settings"]] == [30]
    assert [step["calls"] for step in second["settings"]] == [0]
    assert second["settings"][0]["worth"] == first["settings"][0]["worth"]


def test_reading_otherwise_asks_nothing(shell):
    only = {"regex": {"pattern": "^(긍정|부정)$"}}  # finds nothing in a sentence
    for name, steps in (("strict", [only]), ("loose", ["stated_option"])):
        task = {"extends": "nsmc_zeroshot", "version": 1, "ask": "generate", "extract": steps}
        shell.write(f"tasks/{name}.yaml", yaml.safe_dump(task))
    talks = ("-m", "reply=정답은 긍정입니다", "--json")
    runs = [
        shell("run", "-t", f"tasks/{name}.yaml", *ASK[3:], *talks).json["runs"][0]["directory"]
        for name in ("strict", "loose")
    ]
    found = explained(shell, *runs, "-n", "20")
    assert [(step["setting"], step["calls"]) for step in found["settings"]] == [("extraction", 0)]
    assert worth(found, "extraction") > 0.2


def test_another_split_is_other_examples_and_its_interval_is_of_two_figures(shell):
    for split, label in (("one", "a"), ("two", "b")):
        rows = ({"id": f"{split}-{place}", "text": f"t{place}", "label": label} for place in range(15))
        shell.write(f"data/{split}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    shell.write(
        "tasks/split.yaml",
        yaml.safe_dump(
            {
                **{
                    "version": 1,
                    "description": "d",
                    "ask": "generate",
                    "split": "one",
                    "metrics": ["accuracy"],
                },
                "data": {"format": "jsonl", "files": {"one": "one.jsonl", "two": "two.jsonl"}},
                "fields": {"id": "id", "input": "text", "target": "label"},
                "options": {"a": "가", "b": "나"},
                "templates": {"plain": {"query": "{{ input }}"}},
            }
        ),
    )
    asked = ("run", "-t", "split", "-b", "dummy", "-m", "reply=가")
    data = ("--data-dir", "data")
    runs = [
        shell(*asked, "--split", split, *data, "--json", "-q").json["runs"][0]["directory"]
        for split in ("one", "two")
    ]
    found = explained(shell, *runs, *data)
    (step,) = found["settings"]
    assert (step["setting"], step["worth"]["value"], step["worth"]["n"]) == ("split", -1.0, 0)
    assert -1.0 <= step["worth"]["ci_low"] < step["worth"]["ci_high"] < -0.5


def test_a_published_row_tells_its_template_and_what_it_does_not_tell_is_listed(shell):
    few = ("run", "-t", "nsmc_fewshot", "-b", "dummy", "--sample", "--limit", "20", "-q", "--shots", "1")
    a = shell(*few, "--json").json["runs"][0]["directory"]
    found = explained(shell, a, "KoAlpaca (polyglot-ko-5.8b) · question")
    assert [step["setting"] for step in found["settings"]] == ["template"]
    assert found["remainder"]["after"] == 0.768
    assert {"shots", "decoding", "precision"} <= set(found["untold"])


def test_a_log_of_lm_eval_leaves_nothing_when_its_prompts_are_sent_to_the_same_weights(shell):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.support.tiny_models import tiny_llama

    model = tiny_llama(shell.home / "model", context=1024)
    task = ("-t", "kobest_boolq", "--sample")
    ours = shell("run", *task, "-b", "huggingface", "-m", f"model={model}", "-q", "--json")
    theirs = shell("import", LOG, *task, "--only", "kobest_boolq_sample", "--json")
    runs = [said.json["runs"][0]["directory"] for said in (ours, theirs)]
    found = explained(shell, *runs, "--metric", "accuracy")
    assert [step["setting"] for step in found["settings"]] == [
        *("template", "shots", "precision", "logged prompts")
    ]
    assert (found["remainder"]["value"], found["remainder"]["apart"]) == (0, 0)
    assert found["largest_gap"] < 1e-3
    assert "남은 차이" in shell("explain", *runs, "--lang", "ko", "-q").out


def test_a_log_of_inspect_is_walked_to_and_the_rows_sum_up(shell):
    (log,) = (ROOT / "tests/gold/foreign/inspect").glob("*gsm8k*.eval")
    task = ("-t", "gsm8k", "--sample")
    ours = shell("run", *task, "-b", "dummy", "-q", "--json")
    theirs = shell("import", log, *task, "--json")
    a, b = (said.json["runs"][0]["directory"] for said in (ours, theirs))
    found = explained(shell, a, b)
    assert "decoding" in [step["setting"] for step in found["settings"]]
    steps = [step["worth"]["value"] for step in found["settings"]]
    total = found["again"]["value"] + sum(steps) + found["remainder"]["value"]
    assert total == pytest.approx(found["difference"]["value"])
    assert found["difference"]["n"] == 12


def test_a_log_of_helm_is_walked_to_with_its_own_prompts(shell):
    log = ROOT / "tests/gold/foreign/helm"
    asked = json.loads((log / "scenario_state.json").read_text("utf-8"))["request_states"]
    rows = {
        one["instance"]["id"]: {
            "id": one["instance"]["id"],
            "text": one["instance"]["input"]["text"],
            "label": next(
                r["output"]["text"] for r in one["instance"]["references"] if "correct" in r["tags"]
            ),
        }
        for one in asked
    }
    shell.write("data/test.jsonl", "".join(json.dumps(row) + "\n" for row in rows.values()))
    task = {
        **{"version": 1, "description": "d", "ask": "choose", "metrics": ["accuracy"]},
        "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
        "fields": {"id": "id", "input": "text", "target": "label"},
        "options": {"Even": "A", "Odd": "B"},
        "templates": {"plain": {"query": "{{ input }}"}},
    }
    shell.write("tasks/parity.yaml", yaml.safe_dump(task))
    data = ("-t", "parity", "--data-dir", "data")
    a = shell("run", *data, "-b", "dummy", "-q", "--json").json["runs"][0]["directory"]
    b = shell("import", log, *data, "--json").json["runs"][0]["directory"]
    found = explained(shell, a, b, "--data-dir", "data")
    assert "logged prompts" in [step["setting"] for step in found["settings"]]
    assert found["difference"]["n"] == 10


def test_a_walk_spends_no_more_than_it_may_and_goes_on_where_it_stopped(shell):
    pytest.importorskip("aiohttp")
    from tests.support.model_server import ModelServer, say

    price = {"usd_per_mtok": {"input": 1000, "output": 4000}, "source": "a test", "date": "2026-11-01"}
    system = {"extends": "local_server", "model": "m", "decoding": {"max_tokens": 10}, "price": price}
    with ModelServer(script=lambda asked: say("긍정")) as server:
        where = {"base_url": server.url}
        shell.write("backends/dear.yaml", yaml.safe_dump({**system, "settings": where}))
        asks = ("run", "-t", "nsmc_zeroshot", "-b", "dear", "--sample", "--limit", "20", "-q", "--json")
        a, b = (
            shell(*asks, *template).json["runs"][0]["directory"]
            for template in ((), ("--template", "question"))
        )
        paid = len(server.seen)
        said = shell("explain", a, b, "-n", "20", "--no-cache", "--max-cost", "1USD", "-q")
        assert said.code == 4
        assert "--max-cost 1 USD: " in said.err
        assert len(server.seen) - paid < 40  # A once more, and the template
        explained(shell, a, b, "-n", "20", "--no-cache")
        assert len(server.seen) - paid == 40  # nothing is paid twice


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("nowhere", "is neither a run nor a published row of nsmc_zeroshot"),
        ("runs", "holds"),
    ],
)
def test_what_is_no_other_end_is_told_in_a_line(shell, other, said):
    a = ran(shell)
    ran(shell, "--shots", "1")
    found = shell("explain", a, other)
    assert (found.code, said in found.complaint) == (2, True)


def test_a_run_of_another_harness_cannot_be_asked_again(shell):
    log = shell("import", LOG, "-t", "kobest_boolq", "--sample", "--only", "kobest_boolq_sample", "--json")
    theirs = log.json["runs"][0]["directory"]
    found = shell("explain", theirs, theirs)
    assert (found.code, "name our run first" in found.complaint) == (2, True)


def test_a_folder_of_runs_that_was_moved_is_explained_still(shell):
    a, b = ran(shell), ran(shell, "-m", "unanswered_rate=0.5")
    Path(shell.home / "runs").rename(shell.home / "moved")
    moved = [run.replace("runs/", "moved/", 1) for run in (a, b)]
    assert worth(explained(shell, *moved, "-n", "20"), "unanswered_rate") < 0
