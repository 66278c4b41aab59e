"""`harness convert lm_eval`: a task file of theirs as ours, or line by line why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

CHOICE = """\
task: weather
dataset_path: json
dataset_kwargs: {data_files: {test: test.jsonl, train: train.jsonl}}
output_type: multiple_choice
training_split: train
test_split: test
description: "Answer about the weather.\\n\\n"
doc_to_text: "문장: {{text.strip()}} 답변:"
doc_to_choice: ["맑음", "비"]
doc_to_target: label
num_fewshot: 1
fewshot_config: {sampler: first_n}
metric_list: [{metric: acc}, {metric: f1, average: macro, aggregation: !function utils.f1}]
"""


def converted(shell, text):
    shell.write("theirs.yaml", text)
    return shell("convert", "lm_eval", "theirs.yaml", "--json")


def test_what_is_written_is_a_task_that_asks_as_theirs_does(shell):
    shell.write("theirs.yaml", CHOICE)
    assert shell("convert", "lm_eval", "theirs.yaml", "--out", "tasks/weather.yaml").code == 0
    rows = [{"text": f" 하늘 {i} ", "label": i % 2} for i in range(4)]
    for split in ("test", "train"):
        shell.write(f"data/{split}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert shell("check", "tasks/weather.yaml").code == 0
    done = shell("run", "-t", "tasks/weather.yaml", "-b", "dummy", "--data-dir", "data", "-q", "--json")
    assert done.code == 0, done.err
    (journal,) = Path("runs").rglob("samples.jsonl")
    asked = json.loads(journal.read_text("utf-8").splitlines()[1])["request"]
    shot = "문장: 하늘 0 답변: 맑음\n\n"
    assert asked["prompt"] == f"Answer about the weather.\n\n{shot}문장: 하늘 1 답변:"
    assert asked["options"] == ["맑음", "비"]


def test_every_line_of_python_is_named(shell):
    said = converted(shell, CHOICE.replace("doc_to_target: label", "doc_to_target: !function utils.target"))
    assert said.code == 2
    (problem,) = said.json["problems"]
    assert problem["place"] == "theirs.yaml:10"
    assert "utils.target is Python" in problem["why"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("gen_prefix: 'A:'", "gen_prefix"),
        ("process_docs: !function utils.p", "Python: process_docs"),
        ("output_type: loglikelihood", "output_type: loglikelihood"),
        ("filter_list: [{name: a, filter: [{function: custom}]}]", "the filter custom"),
    ],
)
def test_what_has_no_like_here_is_said(shell, line, kind):
    text = CHOICE.replace("output_type: multiple_choice", "output_type: generate_until").replace(
        "metric_list: [{metric: acc}, {metric: f1, average: macro, aggregation: !function utils.f1}]",
        "metric_list: [{metric: exact_match}]",
    )
    text = "".join(one + "\n" for one in text.splitlines() if one.split(":")[0] != line.split(":")[0])
    assert kind in {problem["kind"] for problem in converted(shell, text + line + "\n").json["problems"]}


def test_a_number_after_a_mark_is_the_target_and_its_shots_show_the_work(shell):
    said = converted(
        shell,
        """\
task: sums
dataset_path: json
dataset_kwargs: {data_files: {test: a.jsonl, train: b.jsonl}}
training_split: train
test_split: test
doc_to_text: "Q: {{question}}"
doc_to_target: "{{answer}}"
num_fewshot: 2
metric_list: [{metric: exact_match, regexes_to_ignore: [",", "(?s).*#### "]}]
""",
    ).json["task"]
    assert said["fields"]["target"] == "{{ answer.split('#### ')[-1] }}"
    assert said["shots"]["answer"] == "worked"
    assert said["metrics"] == ["numeric_match"]


def test_an_include_outside_of_its_folder_is_not_read(shell, tmp_path):
    said = converted(shell, "task: a\ninclude: /etc/hostname\n")
    assert (said.code, "lies outside" in said.err) == (2, True)


def test_a_group_is_its_members(shell):
    assert converted(shell, "group: g\ntask: [a, b]\n").json["task"]["members"] == ["a", "b"]


def test_a_file_is_not_overwritten(shell):
    shell.write("theirs.yaml", CHOICE)
    shell.write("ours.yaml", "mine")
    assert shell("convert", "lm_eval", "theirs.yaml", "--out", "ours.yaml").code == 2
    assert Path("ours.yaml").read_text() == "mine"
