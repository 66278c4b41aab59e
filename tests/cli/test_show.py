"""`harness show`: definitions as resolved, prompts as a backend gets them, a run as it stands."""

from __future__ import annotations

import importlib.util
import re

import pytest
import yaml

from tests.support.fake_runs import fake_run

PROMPTS = ("show", "nsmc_zeroshot", "--sample")


def prompts(out: str) -> str:
    """Return what follows the YAML."""
    return out[out.index("\n# 1: ") :]


def test_a_task_is_shown_as_resolved(shell):
    said = shell("show", "nsmc_zeroshot")
    assert (said.code, said.err) == (0, "")
    shown = yaml.safe_load(said.out)
    assert "extends" not in shown
    assert shown["data"]["format"] == "tsv"
    assert shown["options"] == {"0": "부정", "1": "긍정"}
    assert "부정" in said.out


def test_what_is_shown_of_a_task_is_a_task_again(shell):
    shell.write("tasks/copy.yaml", shell("show", "nsmc_fewshot").out)
    copy, original = (yaml.safe_load(shell("show", name).out) for name in ("copy", "nsmc_fewshot"))
    assert copy == original


def test_a_backend_is_shown_as_resolved(shell):
    shell.write("backends/mine.yaml", "extends: tfidf\nsettings: {ngram_max: 3}\n")
    shown = yaml.safe_load(shell("show", "mine").out)
    assert (shown["adapter"], shown["settings"], shown["kind"]) == ("tfidf", {"ngram_max": 3}, "classical")


@pytest.mark.parametrize(
    ("path", "text", "key"),
    [
        ("backends/mine.yaml", "adapter: dummy\n", "adapter"),
        ("backends/child.yaml", "extends: tfidf\n", "adapter"),
        ("tasks/child.yaml", "extends: nsmc_fewshot\ndescription: x\n", "ask"),
    ],
)
def test_a_file_is_shown_as_what_it_is(shell, path, text, key):
    shell.write(path, text)
    assert key in yaml.safe_load(shell("show", path).out)


def test_a_run_is_shown_as_it_stands(shell):
    directory = fake_run(shell.home, "tfidf")
    assert yaml.safe_load(shell("show", directory).out)["label"] == "tfidf"


def test_a_folder_of_runs_names_one_to_show(shell):
    directory = fake_run(shell.home / "runs", "tfidf")
    said = shell("show", "runs/reviews")
    assert said.code == 2
    assert f"holds 1 runs; name one, such as {directory.relative_to(shell.home)}" in said.complaint


def test_a_name_that_is_both_shows_the_task_and_says_how_to_see_the_backend(shell):
    shell.write("tasks/both.yaml", "extends: nsmc_fewshot\n")
    path = shell.write("backends/both.yaml", "adapter: dummy\n")
    said = shell("show", "both")
    assert yaml.safe_load(said.out)["ask"] == "choose"
    assert said.complaint == f"both is a backend too: harness show {path}"
    assert yaml.safe_load(shell("show", path).out)["adapter"] == "dummy"


def test_prompts_are_shown_as_they_are_sent(shell):
    shown = prompts(shell(*PROMPTS, "-n", "2").out)
    assert shown.count("\n문장: ") == 2
    assert shown.count("\n감정:\n#   0: ' 부정'\n#   1: ' 긍정'\n") == 2
    assert shown.count(" characters\n") == 2


def test_prompts_name_their_shots(shell):
    shown = prompts(shell(*PROMPTS, "-n", "1", "--shots", "3").out)
    (shots,) = [line for line in shown.splitlines() if line.startswith("# shots: ")]
    assert shots.count(",") == 2
    assert shown.count("감정: ") == 3


def test_another_template_is_shown_on_demand(shell):
    said = shell(*PROMPTS, "-n", "1", "--template", "question")
    assert yaml.safe_load(said.out[: said.out.index("\n# 1: ")])["templates"]["default"] == "question"
    assert "다음 문장은 긍정일까요 부정일까요?" in prompts(said.out)


def test_an_instruction_is_part_of_the_prompt_where_text_is_asked_for(shell):
    assert "문장의 감정을 ‘긍정’" in prompts(shell(*PROMPTS, "-n", "1", "--ask", "generate").out)


def test_a_chat_profile_is_shown_in_turns(shell):
    shell.write("backends/chat.yaml", "adapter: dummy\nchat: true\nshots_as: turns\n")
    shown = prompts(shell(*PROMPTS, "-n", "1", "--shots", "2", "-b", "chat").out)
    assert [line for line in shown.splitlines() if line.startswith("[")] == ["[user]", "[assistant]"] * 2 + [
        "[user]"
    ]


@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="transformers is not installed")
def test_prompts_are_counted_in_the_tokens_of_a_model(shell):
    from transformers import AutoTokenizer

    from tests.support.tiny_models import tiny_llama

    folder = tiny_llama(shell.home / "model")
    said = shell(*PROMPTS, "-n", "1", "-b", "huggingface", "-m", f"model={folder}")
    assert said.code == 0
    head, _, rest = prompts(said.out).lstrip().partition("\n")
    prompt = rest[: rest.index("\n#   0: ")]
    count = len(AutoTokenizer.from_pretrained(folder)(prompt, add_special_tokens=False)["input_ids"])
    assert head.endswith(f" {count:,} tokens")


def test_a_backend_alone_shows_one_prompt(shell):
    assert prompts(shell(*PROMPTS, "-b", "dummy").out).count(": example ") == 1


def test_several_values_of_a_setting_are_a_mistake(shell):
    said = shell(*PROMPTS, "-n", "1", "-b", "dummy", "-m", "reply=a,b")
    assert (said.code, said.complaint) == (2, "harness: -m: show takes one value of each setting")


def test_a_backend_that_cannot_work_is_named(shell):
    said = shell(*PROMPTS, "-n", "1", "-b", "huggingface")
    assert said.code == 3
    assert "names no model" in said.complaint


def test_bleu_is_worked_out_where_a_task_is_judged_by_it(shell):
    said = shell("show", "koen_news_ko_en", "--sample", "-n", "1").out
    worked = said[said.index("# bleu, worked out") :]
    assert "1-grams  16 of 17 = 94.12 %" in worked  # `The` is said twice and counts once
    assert worked.rstrip().endswith("= 88.44")


def test_a_task_without_a_prompt_shows_what_is_compared(shell):
    said = prompts(shell("show", "korsts", "--sample", "-n", "1").out)
    assert [line.partition(":")[0] for line in said.splitlines()[2:]] == ["sentence1", "sentence2"]


def test_marks_are_shown_with_what_follows_the_prompt(shell):
    said = prompts(shell("show", "mmlu", "--sample", "-n", "1", "--shots", "0").out)
    assert [line for line in said.splitlines() if line.startswith("#   ")] == [
        *("#   0: ' A'", "#   1: ' B'", "#   2: ' C'", "#   3: ' D'"),
    ]


# Adapters, metrics and steps


def test_an_adapter_says_what_it_is_asked_and_told(shell):
    said = shell("show", "openai").out
    assert "\ndecoding (-d): max_tokens, temperature" in said
    assert re.search(r"^  base_url +str \\| list +address of the server, or of several$", said, re.MULTILINE)
    assert re.search(r"^settings that change no answer:$", said, re.MULTILINE)


def test_what_is_shown_of_a_backend_is_still_a_backend(shell):
    said = shell("show", "lstm").out
    assert re.search(r"^#   cell +.+ +kind of recurrent cell$", said, re.MULTILINE)
    shell.write("again.yaml", said)
    assert shell("show", "again.yaml").out == said


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ece", "ece: expected calibration error: confidence against accuracy"),
        ("regex", "regex: what a regular expression finds first"),
        ("finetune", "finetune: fine-tunes a pretrained encoder"),
    ],
)
def test_a_metric_a_step_and_an_adapter_are_shown_by_name(shell, name, line):
    assert shell("show", name).out.splitlines()[0] == line


def test_an_adapter_is_shown_in_korean_on_demand(shell, monkeypatch):
    monkeypatch.setenv("HARNESS_LANG", "ko")
    said = shell("show", "finetune").out
    assert said.startswith("finetune: 사전 학습 인코더의 미세 조정\n")
    assert "설정 (-m 이름=값):" in said


def test_a_metric_has_no_prompts_to_show(shell):
    assert shell("show", "ece", "-n", "2").complaint.startswith("harness: ece is a")
