"""The lectures' last tasks: rows from nested lists, worked examples, mixed options, the board's score."""

from __future__ import annotations

import gzip
import json

import pytest

from harness.config.documents import dump
from harness.datasets.sources import Where
from harness.datasets.task_data import supply
from harness.errors import BadInput
from harness.paths import shipped
from harness.prompts.renderer import Prompts
from harness.stats.composite import Figure, above_chance
from harness.tasks import groups
from harness.tasks import task as tasks
from tests.support.paths import DATA, needs_data
from tests.support.running import Project


def evaluated(task, where):
    return list(supply(task, where, lambda _: None, train=False).evaluated())


def own_task(folder, values, rows):
    """Return a task of the folder's own over rows of JSON."""
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "own.yaml").write_text(dump({"version": 1, "description": "own", **values}), encoding="utf-8")
    return tasks.load(str(folder / "own.yaml"))


STORIES = [
    {
        "context": "c1",
        "questions": [{"q": "a?", "o": ["x", "y"], "a": 1}, {"q": "b?", "o": ["x", "y"], "a": 0}],
    },
    {"context": "c2", "questions": [{"q": "c?", "o": ["x", "y"], "a": 1}]},
]
NESTED = {
    "data": {"format": "json", "each": "questions", "files": {"test": "rows.json"}},
    "fields": {"context": "context", "question": "q", "choices": "o", "target": "a"},
    "ask": "choose",
    "options_from": ["choices"],
    "templates": {"plain": {"query": "{{ context }} {{ question }}"}},
    "metrics": ["accuracy"],
}


def test_a_row_is_a_question_of_a_nested_list_and_knows_its_story(tmp_path):
    found = evaluated(own_task(tmp_path, NESTED, STORIES), Where(tmp_path))
    assert [(e.fields["context"], e.fields["question"], e.target) for e in found] == [
        ("c1", "a?", "1"),
        ("c1", "b?", "0"),
        ("c2", "c?", "1"),
    ]


def test_a_list_that_holds_no_objects_is_the_users_error(tmp_path):
    task = own_task(tmp_path, NESTED, [{"context": "c", "questions": ["a?"]}])
    with pytest.raises(BadInput, match="'questions' should be a list of objects"):
        evaluated(task, Where(tmp_path))


MIXED = {
    "data": {"format": "json", "files": {"test": "rows.json"}, "lists": {"wrong": ";"}},
    "fields": {"id": "id", "question": "q", "right": "right", "wrong": "wrong", "target": "right"},
    "ask": "choose",
    "options_from": ["right", "wrong"],
    "target_format": "text",
    "shuffle_options": True,
    "templates": {"plain": {"query": "{{ question }}"}},
    "metrics": ["accuracy"],
}
MIXED_ROWS = [{"id": str(n), "q": f"q{n}", "right": "r", "wrong": "a; b ;c"} for n in range(40)]


def test_mixed_options_keep_the_right_one_and_stand_in_every_place(tmp_path):
    task = own_task(tmp_path, MIXED, MIXED_ROWS)
    found = evaluated(task, Where(tmp_path))
    for example in found:
        choices = task.choices(example.fields)
        assert sorted(choices) == ["a", "b", "c", "r"]
        assert choices[int(example.target)] == "r"
    assert {example.target for example in found} == {"0", "1", "2", "3"}
    assert evaluated(task, Where(tmp_path)) == found


def test_several_right_answers_are_their_places(tmp_path):
    values = {**MIXED, "fields": {**MIXED["fields"], "target": "wrong"}, "metrics": ["truthful_mass"]}
    task = own_task(tmp_path, {**values, "shuffle_options": False}, MIXED_ROWS[:1])
    (example,) = evaluated(task, Where(tmp_path))
    assert example.target == ("1", "2", "3")


class TestAboveChance:
    def test_a_share_is_what_lies_above_chance(self):
        assert above_chance(Figure(0.625, 0.5, 0.75, 8), 0.25) == pytest.approx((0.5, 1 / 3, 2 / 3, 8))

    def test_below_chance_is_nothing(self):
        assert above_chance(Figure(0.1, 0.05, 0.3, 8), 0.25)[:2] == (0.0, 0.0)

    @pytest.mark.parametrize(("chance", "words"), [("1/0", "0.25 or 1/3"), (1, "below 1"), (True, "below 1")])
    def test_chance_is_a_share(self, tmp_path, chance, words):
        path = tmp_path / "own.yaml"
        path.write_text(
            dump({"score": {}, "members": [{"task": "gpqa", "chance": chance}]}), encoding="utf-8"
        )
        with pytest.raises(BadInput, match=words):
            groups.load(path)

    def test_groups_with_chances_are_a_breakdown_of_the_task(self, tmp_path):
        path = tmp_path / "own.yaml"
        member = {"task": "gpqa", "chance": {"domian": {"Physics": 0.25}}}
        path.write_text(dump({"score": {}, "members": [member]}), encoding="utf-8")
        with pytest.raises(BadInput, match="Did you mean 'domain'"):
            groups.load(path)

    def test_the_lectures_rows_stand_beside_the_group(self):
        found = groups.load(shipped("tasks") / "groups" / "open_llm.yaml")
        calme, exaone = found.file.reference
        figures = {
            "ifeval": 80.63,
            "bbh": 62.61,
            "math500": 39.95,
            "gpqa": 20.36,
            "musr": 38.53,
            "mmlu_pro": 70.03,
        }
        assert (calme.score, calme.figures) == (52.02, figures)
        assert (exaone.score, set(exaone.figures)) == (26.69, {"ifeval", "bbh", "math500", "gpqa"})


def test_the_open_llm_leaderboard_has_a_score_of_every_column(tmp_path):
    pytest.importorskip("langdetect")
    pytest.importorskip("math_verify")
    project = Project(tmp_path)
    project.harness("run", "-t", "open_llm", "-b", "dummy", "--limit", 20, "--sample", "--quiet")
    (table,) = json.loads(project.harness("leaderboard", "--format", "json").stdout)["groups"]
    (row,) = table["rows"]
    assert list(row["figures"]) == ["ifeval", "bbh", "math500", "gpqa", "musr", "mmlu_pro"]
    assert row["score"]["value"] is not None
    assert "bbh: 4 of 24 subtasks" in row["marks"]


@needs_data
@pytest.mark.parametrize(
    ("name", "way", "subtask"),
    [
        ("bbh", "direct", "navigate"),
        ("bbh_cot", "cot", "sports_understanding"),
        ("bbh_cot", "cot", "web_of_lies"),
    ],
)
def test_prompts_are_those_that_were_sent_byte_for_byte(name, way, subtask):
    path = DATA.parent / "replies" / "bbh" / way / f"{subtask}.jsonl.gz"
    if not path.exists():
        pytest.skip("the recorded replies are not beside the checkout")
    task = tasks.load(name)
    material = supply(task, Where(DATA), lambda _: None, train=True)
    prompts = Prompts(task, lambda: material.train)
    own = (e for e in material.evaluated() if e.meta["subtask"] == subtask)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        sent = [json.loads(line)["prompt"] for line in lines]
    assert [prompts.request(example).prompt for example in own] == sent


def test_pairs_in_both_orders_count_once(tmp_path):
    task = own_task(tmp_path, {**MIXED, "shuffle_options": False, "both_orders": True}, MIXED_ROWS[:2])
    found = evaluated(task, Where(tmp_path))
    assert [(e.id, e.target, e.cluster) for e in found] == [
        ("0", "0", "0"),
        ("0-exchanged", "3", "0"),
        ("1", "0", "1"),
        ("1-exchanged", "3", "1"),
    ]
    assert task.choices(found[1].fields) == task.choices(found[0].fields)[::-1]
