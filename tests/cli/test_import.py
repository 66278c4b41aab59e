"""`harness import`: logs that lm-evaluation-harness and Inspect wrote, on boards beside our own runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from harness.records import run_file
from tests.support.paths import ROOT

GOLD = ROOT / "tests" / "gold" / "foreign"
LM_EVAL, INSPECT = GOLD / "lm_eval", GOLD / "inspect"
needs_zstd = pytest.mark.skipif(
    sys.version_info < (3, 14) and not pytest.importorskip("importlib.util").find_spec("backports"),
    reason="backports.zstd is not installed",
)


def imported(shell, path, *options):
    said = shell("import", path, *options, "--json")
    assert said.code == 0, said.err
    return {run["task"]["name"]: run for run in said.json["runs"]}


def samples(run):
    lines = (Path(run["directory"]) / run_file.SAMPLES).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_score_of_lm_eval_is_kept(shell):
    run = imported(shell, LM_EVAL)["kobest_boolq_sample"]
    (log,) = LM_EVAL.glob("samples_kobest*.jsonl")
    theirs = [json.loads(line)["acc"] for line in log.read_text("utf-8").splitlines()]
    assert [record["scores"]["lm_eval/acc"] for record in samples(run)] == [[score] for score in theirs]
    assert run["metrics"]["lm_eval/acc"]["value"] == 0.5 == run["foreign"]["figures"]["acc"]["value"]


def test_lines_of_one_example_under_two_filters_are_one_example(shell):
    run = imported(shell, LM_EVAL)["gsm8k_sample"]
    assert run["counts"]["examples"] == 12
    assert set(run["metrics"]) == {
        "lm_eval/exact_match,strict-match",
        "lm_eval/exact_match,flexible-extract",
    }


@needs_zstd
def test_every_score_of_inspect_is_kept(shell):
    found = imported(shell, INSPECT)
    match = found["gsm8k_sample"]
    assert match["metrics"]["inspect_ai/match"]["value"] == pytest.approx(8 / 12)
    assert match["foreign"]["figures"]["match"]["value"] == match["metrics"]["inspect_ai/match"]["value"]
    assert match["decoding"]["asked"] == {"max_tokens": 64, "temperature": 0.0}
    assert found["kobest_boolq_sample"]["metrics"]["inspect_ai/choice"]["value"] == 0.75


def test_every_score_of_helm_is_kept_and_the_model_is_no_part_of_the_task(shell):
    run = imported(shell, GOLD / "helm")["simple_mcqa"]
    stats = json.loads((GOLD / "helm" / "stats.json").read_text("utf-8"))
    plain = [one for one in stats if "perturbation" not in one["name"]]
    (theirs,) = [one["mean"] for one in plain if one["name"]["name"] == "exact_match"]
    assert run["metrics"]["helm/exact_match"]["value"] == theirs
    assert run["counts"]["examples"] == 10
    assert run["task"]["shots"] == {"k": 5}
    assert "helm/prompt_truncated" not in run["metrics"]


def test_with_a_task_of_ours_their_log_probabilities_are_judged_as_ours_are(shell):
    run = imported(shell, LM_EVAL, "--only", "kobest_boolq_sample", "-t", "kobest_boolq", "--sample")
    ours, theirs = run["kobest_boolq"]["metrics"], run["kobest_boolq"]["foreign"]["figures"]
    assert ours["accuracy"]["value"] == theirs["acc"]["value"]
    assert ours["macro_f1"]["value"] == pytest.approx(theirs["f1"]["value"])


@needs_zstd
def test_with_a_task_of_ours_a_chosen_letter_is_our_option(shell):
    (log,) = INSPECT.glob("*boolq*")
    run = imported(shell, log, "-t", "kobest_boolq", "--sample")["kobest_boolq"]
    assert run["metrics"]["accuracy"]["value"] == 0.75
    assert run["counts"]["unanswered"] == 0


def test_a_foreign_run_stands_beside_ours_on_the_board_and_says_whose_it_is(shell):
    imported(shell, LM_EVAL, "--only", "kobest_boolq_sample", "-t", "kobest_boolq", "--sample")
    assert shell("run", "-t", "kobest_boolq", "-b", "dummy", "--sample", "-q").code == 0
    board = shell("leaderboard", "runs").out
    assert "imported from lm_eval 0.4.13: acc 0.5000, f1 0.3333" in board
    assert board.count("kobest_boolq macro_f1 (sample)") == 1  # one column holds both
    found = shell("compare", *sorted(str(path.parent) for path in Path("runs").rglob("run.json")))
    assert "8 examples that both answered" in found.out
    assert "task.shots.k" in found.out


def test_the_same_log_again_is_the_same_run(shell):
    first = imported(shell, LM_EVAL)
    assert {r["directory"] for r in imported(shell, LM_EVAL).values()} == {
        r["directory"] for r in first.values()
    }


def test_every_eval_ever_brings_back_every_score(shell):
    first = imported(shell, LM_EVAL, "-t", "kobest_boolq", "--only", "kobest_boolq_sample", "--sample")
    assert shell("push", "runs", "--to", "every_eval_ever", "-m", "out=out").code == 0
    again = imported(shell, "out", "--runs-dir", "again")["kobest_boolq"]
    one = [record["scores"]["accuracy"] for record in samples(first["kobest_boolq"])]
    assert [record["scores"]["harness-ko/accuracy"] for record in samples(again)] == one
    assert again["foreign"]["figures"]["macro_f1"]["value"] == pytest.approx(1 / 3)


def test_another_task_is_refused_and_nothing_is_guessed(shell):
    said = shell("import", LM_EVAL, "--only", "gsm8k_sample", "-t", "kobest_boolq", "--sample")
    assert said.code == 2
    assert "is no example of kobest_boolq test" in said.err


def test_figures_without_samples_are_no_run(shell):
    (log,) = LM_EVAL.glob("results*.json")
    shutil.copy(log, "results_alone.json")
    said = shell("import", "results_alone.json")
    assert said.code == 2
    assert "--log_samples" in said.err


def test_a_link_is_not_followed(shell):
    secret = shell.write("secret.json", '{"results": {}, "configs": {}}')
    Path("log").mkdir()
    os.symlink(secret, "log/results_1.json")
    assert "holds no run" in shell("import", "log").err


def test_an_instance_file_elsewhere_is_not_opened(shell):
    imported(shell, LM_EVAL, "--only", "kobest_boolq_sample")
    shell("push", "runs", "--to", "every_eval_ever", "-m", "out=out")
    (document,) = (path for path in Path("out").rglob("*.json"))
    (instances,) = Path("out").rglob("*.jsonl")
    instances.rename("elsewhere.jsonl")
    told = json.loads(document.read_text("utf-8"))
    told["detailed_evaluation_results"]["file_path"] = str(Path("elsewhere.jsonl").resolve())
    document.write_text(json.dumps(told), "utf-8")
    assert "figures without samples" in shell("import", document).err


@needs_zstd
@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("header.json", b"{", "not JSON"),
        ("../../header.json", b"{}", "no header.json"),
        ("header.json", b"[" * 100_000, "not JSON"),
    ],
)
def test_a_hostile_zip_is_one_line(shell, name, content, complaint):
    with zipfile.ZipFile("bad.eval", "w") as archive:
        archive.writestr(name, content)
    said = shell("import", "bad.eval")
    assert said.code == 2
    assert complaint in said.complaint


@needs_zstd
def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(shell, monkeypatch):
    monkeypatch.setattr("harness.interchange.inspect_log.LONGEST_LINE", 1000)
    with zipfile.ZipFile("bomb.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b" " * 1_000_000)
    assert "a member of more than 1,000 bytes" in shell("import", "bomb.eval").complaint


def test_a_file_of_another_kind_is_one_line(shell):
    shell.write("notes.txt", "nothing")
    said = shell("import", "notes.txt")
    assert (said.code, "none of the formats" in said.complaint) == (2, True)
