"""Tasks: the shipped ones, what must hold of each, groups of them, and what a run chooses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.config import documents
from harness.errors import BadInput
from harness.paths import shipped
from harness.tasks import task as tasks
from tests.support.small_tasks import SENTIMENT, question_task, small_task

TASK = documents.dump(SENTIMENT)
FILES = sorted(shipped("tasks").rglob("*.yaml"))
RUBRICS = [path.stem for path in FILES if "on_unread" in documents.headline(path, ("on_unread",))]
SHIPPED = [path.stem for path in FILES if not tasks.is_group(path) and path.stem not in RUBRICS]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's project, and the folder the command is started in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str = TASK) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return Path(path)


def complaint(make: Any, *arguments: Any, **keys: Any) -> str:
    with pytest.raises(BadInput) as caught:
        make(*arguments, **keys)
    return str(caught.value).replace(f"{Path.cwd()}/", "")


class TestShipped:
    @pytest.mark.parametrize("name", tasks.expand(["all"]))
    def test_it_is_right_and_says_what_it_is(self, name):
        task = tasks.load(name)
        assert task.file.description
        assert task.file.source.licence or tasks.sample_path(task)

    @pytest.mark.parametrize("name", tasks.expand(["all"]))
    def test_as_resolved_it_is_the_same_task(self, name, tmp_path):
        task = tasks.load(name)
        path = tmp_path / "task.yaml"
        path.write_text(documents.dump(task.resolved()), encoding="utf-8")
        again = tasks.parse(documents.read(path), name)
        assert again.resolved() == task.resolved()
        assert tasks.sample_path(again) == tasks.sample_path(task)

    def test_every_shipped_file_has_a_name_of_its_own(self):
        assert len(FILES) == len({path.stem for path in FILES})


class TestOverriding:
    def test_a_task_may_change_the_shipped_one_of_its_own_name(self, home):
        write("tasks/nsmc_zeroshot.yaml", "extends: nsmc_zeroshot\ndescription: mine\nclean: []\n")
        task = tasks.load("nsmc_zeroshot")
        assert (task.file.description, task.file.clean, task.shots) == ("mine", [], 0)
        assert task.document.path == home / "tasks/nsmc_zeroshot.yaml"

    def test_one_that_hides_nothing_extends_itself(self, home):
        write("tasks/lonely.yaml", "extends: lonely\n")
        assert complaint(tasks.load, "lonely") == "tasks/lonely.yaml:1: 'lonely' extends itself"


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"fields": {"id": "id", "target": "label"}, "templates": {"t": {"query": "x"}}},
             "'fields' needs an input beside id and target"),
            ({"fields": {"id": "id", "input": "document"}}, "'fields' names no target"),
            ({"fields": {"input": "document", "targt": "label"}}, "'fields' names no target"),
            ({"options": None}, "'choose' needs 'options' or 'options_from'"),
            ({"options": {"0": "부정"}}, "one option is no choice"),
            ({"options": {"0": "부정", "1": "부정"}}, "two options read '부정'"),
            ({"options_from": "input"}, "'options' and 'options_from' exclude each other"),
            ({"options": None, "options_from": "inputs"},
             "'options_from' names no field of the task. Did you mean 'input'?"),
            ({"split": "tset"}, "the data has no split 'tset'. Did you mean 'test'?"),
            ({"shots": {"k": 2, "from": "trian"}}, "the data has no split 'trian'. Did you mean 'train'?"),
            ({"clean": ["hangul_onyl"]}, "no cleaning is called 'hangul_onyl'. Did you mean 'hangul_only'?"),
            ({"metrics": ["acuracy"]}, "no metric is called 'acuracy'. Did you mean 'accuracy'?"),
            ({"metrics": [{"accuracy": {"weight": 1}}]}, "accuracy: 'weight': no such setting. It "),
            ({"metrics": ["accuracy", "accuracy"]}, "the metric 'accuracy' stands twice"),
            ({"extract": ["first_optoin"]},
             "no extraction step is called 'first_optoin'. Did you mean 'first_option'?"),
            ({"extract": [{"regex": {"patern": "x"}}]}, "regex: 'patern': no such setting. Did you"),
            ({"extract": [{"regex": {"pattern": 5}}]}, "regex: 'pattern' should be text, not 5"),
            ({"extract": [{"regex": {"pattern": "("}}]}, "regex: '(' is not a regular expression"),
            ({"extract": [{"regex": {"pattern": "x", "group": 1}}]}, "regex: 'x' has 0 groups, not 1"),
            ({"extract": ["regex"]}, "regex: "),
            ({"reference": [{"system": "a", "source": "b", "acuracy": 0.9}]},
             "'acuracy' is no metric of this task. Did you mean 'accuracy'?"),
            ({"reference": [{"system": "a", "source": "b", "template": "reviw"}]},
             "no template is called 'reviw'. Did you mean 'review'?"),
            ({"templates": {"review": {"query": "{{ input }}"}, "default": "reviw"}},
             "no template is called 'reviw'. Did you mean 'review'?"),
            ({"templates": {"t": {"query": "{{ inptu }}"}}},
             "the template uses 'inptu', which is no field of the task. Did you mean 'input'?"),
            ({"templates": {"t": {"query": "{{ target }}"}}}, "the template uses 'target', which"),
            ({"templates": {"t": {"query": "{{ input"}}}, "bad Jinja in line 1: unexpected end of template"),
            ({"templates": {"t": {"query": "x\n{{ input | uper }}"}}},
             "bad Jinja in line 2: No filter named 'uper'."),
            ({"templates": {"t": {"query": "x", "system": "{{ a }}"}}}, "the template uses 'a'"),
            ({"templates": {"t": {"query": "x", "instruction": "{% if %}"}}}, "bad Jinja in line 1"),
            ({"options": {"0": "{{ a }}", "1": "{{ input }}"}}, "the template uses 'a'"),
            # columns that no file of the layout has
            ({"fields": {"input": 0, "target": "label"}}, "columns of jsonl have names; 0 is a number"),
            ({"data": {"format": "csv", "files": {"test": "x"}, "header": False}},
             "without a header a column is a number from 0; 'id' is none"),
            ({"data": {"format": "csv", "files": {"test": "x"}, "header": ["id", "text", "label"]}},
             "'header' names no column 'document'."),
            ({"cluster": 3}, "columns of jsonl have names; 3 is a number"),
        ],
    )  # fmt: skip
    def test_a_broken_rule_is_named_with_what_would_be_right(self, changes, said):
        assert complaint(small_task, **changes).startswith(f"small.yaml: {said}")

    @pytest.mark.parametrize(
        "changes",
        [
            {"clean": ["nfc", "hangul_only"]},
            {"metrics": ["accuracy", {"macro_f1": {}}, {"unanswered": None}]},
            {"extract": [{"regex": {"pattern": r"답: (\S+)", "group": 1}}, "strip"]},
            {"extract": [{"name": "regex", "settings": {"pattern": "x"}}]},
            {"options": {"0": "{{ input }} 아님", "1": "{{ input }}"}},
            {"split": "any", "data": {"format": "csv", "hub": {"id": "a/b", "files": {"any": "x"}}}},
            {"shots": {"k": 0, "from": "nowhere"}},
            {"cluster": "document"},
            {"templates": {"t": {"query": "{% for w in input %}{{ loop.index }}{{ w }}{% endfor %}"}}},
            {"data": {"format": "tsv", "files": {"test": "x"}, "header": ["id", "document", "label"]}},
            {"data": {"format": "csv", "files": {"test": ["a", "b"]}, "header": False},
             "fields": {"input": 0, "target": 1}},
        ],
    )  # fmt: skip
    def test_what_breaks_no_rule_is_a_task(self, changes):
        assert small_task(**changes).name == "small"

    def test_free_text_needs_no_target_and_no_options(self):
        assert question_task(fields={"input": "q"}).labels == ()

    def test_a_metric_that_cannot_judge_the_ask_is_named(self):
        fields = {"text": "input", "target": "target"}
        said = complaint(question_task, ask="score", fields=fields, templates=None)
        assert "'exact_match' cannot judge 'score'" in said

    def test_a_metric_that_needs_labels_is_refused_where_there_are_none(self):
        changes = {"options": None, "options_from": "input", "metrics": ["macro_f1"]}
        assert "macro_f1 needs labels that all examples share" in complaint(small_task, **changes)

    @pytest.mark.parametrize(
        ("right", "wrong", "said"),
        [
            ("target: label", "targt: label", "8: 'fields' names no target"),
            ("'1': 긍정", "'1': 부정", "14: two options read '부정'"),
            ("'1': 긍정", "'1': '{{ x }}'", "14: the template uses 'x'"),
            ("{{ input }}", "{{ x }}", "18: the template uses 'x'"),
            ("shot_end:", "default: x\n    shot_end:", "19: 'default': no such key."),
            ("- accuracy", "- accuracy\n- acuracy", "22: no metric is called 'acuracy'"),
            ("- accuracy", "- accuracy:\n    k: 1", "22: accuracy: 'k': no such setting"),
            ("ask: choose", "ask: score", "8: 'score' needs a field called 'text'"),
            ("ask: choose", "ask: choose\nextract:\n- strip\n- x", "18: no extraction step is called 'x'"),
            ("ask: choose", "ask: choose\nclean:\n- nfc\n- x", "18: no cleaning is called 'x'"),
            ("ask: choose", "ask: choose\nshots:\n  k: 1\n  from: x", "18: the data has no split 'x'"),
            ("ask: choose", "ask: choose\nsplit: x", "16: the data has no split 'x'"),
        ],
    )
    def test_a_broken_rule_has_its_line(self, home, right, wrong, said):
        assert right in TASK
        write("mine.yaml", TASK.replace(right, wrong, 1))
        assert complaint(tasks.load, "./mine.yaml").startswith(f"mine.yaml:{said}")


class TestSamples:
    def test_a_sample_is_beside_the_file_that_names_it(self, home):
        write("far/rows.jsonl", "{}\n")
        write("far/parent.yaml", TASK.replace("format: jsonl\n", "format: jsonl\n  sample: rows.jsonl\n"))
        write("near/child.yaml", "extends: ../far/parent.yaml\ndescription: child\n")
        assert tasks.sample_path(tasks.load("near/child.yaml")) == (home / "far/rows.jsonl").resolve()

    def test_a_childs_own_sample_is_beside_the_child(self, home):
        write("far/rows.jsonl", "{}\n")
        write("far/parent.yaml", TASK.replace("format: jsonl\n", "format: jsonl\n  sample: rows.jsonl\n"))
        write("near/own.jsonl", "{}\n")
        write("near/child.yaml", "extends: ../far/parent.yaml\ndata: {sample: own.jsonl}\n")
        assert tasks.sample_path(tasks.load("near/child.yaml")) == (home / "near/own.jsonl").resolve()

    @pytest.mark.parametrize("sample", ["rows.jsonl", "/", ".", '"a\\0b"', "n" * 300, '""'])
    def test_a_sample_that_is_not_there_is_named_at_its_line(self, home, sample):
        write("mine.yaml", TASK.replace("format: jsonl\n", f"format: jsonl\n  sample: {sample}\n"))
        assert complaint(tasks.load, "./mine.yaml").startswith("mine.yaml:5: the sample ")

    def test_a_shipped_sample_is_found_wherever_the_harness_is_installed(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # in a checkout, its ./tasks come first
        task = tasks.load("nsmc_zeroshot")
        assert task.resolved()["data"]["sample"] == "shipped:nsmc/sample/nsmc.jsonl"
        assert tasks.sample_path(task).is_file()

    def test_a_sample_with_numbered_columns_is_refused(self, home):
        write("rows.jsonl", "{}\n")
        data = {"format": "csv", "header": False, "sample": "rows.jsonl"}
        write("mine.yaml", documents.dump({**SENTIMENT, "data": data, "fields": {"input": 0, "target": 1}}))
        assert "the sample's columns have names; name column 0 with header" in complaint(
            tasks.load, "./mine.yaml"
        )

    def test_a_task_may_have_none(self):
        assert tasks.sample_path(small_task()) is None


class TestGroups:
    def test_a_group_is_its_members(self, home):
        write("tasks/a.yaml")
        write("tasks/both.yaml", "members: [a, nsmc_fewshot]\n")
        assert tasks.expand(["both"]) == ["a", "nsmc_fewshot"]

    def test_a_group_in_a_group_is_its_members_too_and_each_once(self, home):
        for name in "abc":
            write(f"tasks/{name}.yaml")
        write("tasks/inner.yaml", "members: [a, b]\ndescription: two\ntags: [x]\n")
        write("tasks/outer.yaml", "members: [c, inner, a, inner]\n")
        assert tasks.expand(["b", "outer", "a"]) == ["b", "c", "a"]

    def test_a_members_path_is_seen_from_the_group(self, home):
        path = write("far/a.yaml")
        write("far/away/group.yaml", "members: [../a.yaml]\n")
        (found,) = tasks.expand(["far/away/group.yaml"])
        assert tasks.load(found).name == "a"
        assert Path(found).samefile(path)

    def test_all_is_every_task_that_is_no_group(self, home):
        write("tasks/a.yaml")
        write("tasks/some.yaml", "members: [a]\n")
        assert tasks.expand(["all"]) == sorted(["a", *SHIPPED])

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "members:\n- a\n- nsmc_fewshoot\n",
                "3: no task is called 'nsmc_fewshoot'. Did you mean 'nsmc_fewshot'?",
            ),
            ("members:\n- a\n- b/c.yaml\n", "3: no such task file: 'b/c.yaml'"),
            ("members: [a]\nmetric: x\n", "2: 'metric': no such key. Known: description, members, "),
            ("members: []\n", "1: 'members' should not be empty"),
            ("members: a\n", "1: 'members' should be a list, not 'a'"),
            ("members: [5]\n", "1: 'members.0': should be a task's name, or what counts of it, not 5"),
            ("members: [a, group]\n", "1: the group 'group' holds itself"),
            ("members: [all]\n", "1: no task is called 'all'."),
        ],
    )
    def test_what_is_wrong_with_a_group_is_said_at_its_line(self, home, text, said):
        write("tasks/a.yaml")
        write("tasks/group.yaml", text)
        assert complaint(tasks.expand, ["group"]).startswith(f"tasks/group.yaml:{said}")

    def test_groups_that_hold_each_other_are_found_out(self, home):
        write("tasks/a.yaml", "members: [b]\n")
        write("tasks/b.yaml", "description: x\nmembers: [nsmc_fewshot, a]\n")
        assert complaint(tasks.expand, ["a"]) == "tasks/b.yaml:2: the group 'a' holds itself"

    def test_a_group_is_not_loaded_as_a_task(self, home):
        write("tasks/group.yaml", "members: [nsmc_fewshot]\n")
        assert (
            complaint(tasks.load, "group") == "tasks/group.yaml:1: 'group' is a group; its members are tasks"
        )


class TestChoosing:
    def test_nothing_chosen_is_the_task_as_written(self):
        task = tasks.load("nsmc_fewshot")
        assert task.choose() == task
        assert (task.ask, task.template_name, task.shots, task.split) == ("choose", "review", 10, "test")

    def test_the_first_template_is_used_where_none_is_default(self):
        templates = {"b": {"query": "x"}, "a": {"query": "y"}}
        assert small_task(templates=templates).template_name == "b"

    def test_what_is_chosen_takes_the_place_of_the_tasks_own(self):
        task = tasks.load("nsmc_fewshot").choose(
            ask="generate", template="question", shots=0, split="train", seed=0
        )
        assert (task.ask, task.template_name, task.shots, task.split, task.seed) == (
            "generate", "question", 0, "train", 0,
        )  # fmt: skip
        said = task.resolved()
        assert (said["ask"], said["templates"]["default"], said["shots"]["k"], said["split"]) == (
            "generate", "question", 0, "train",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("choice", "said"),
        [
            ({"template": "reviw"}, "small has no template 'reviw'. Did you mean 'review'?"),
            ({"split": "tset"}, "small has no split 'tset'. Did you mean 'test'?"),
            ({"ask": "chose"}, "--ask chose: no such ask. Did you mean 'choose'?"),
            ({"ask": "rate"}, "small.yaml: 'accuracy' cannot judge 'rate'"),
        ],
    )
    def test_what_cannot_be_chosen_is_named(self, choice, said):
        assert complaint(small_task().choose, **choice) == said

    def test_shots_need_a_split_to_come_from(self):
        task = small_task(data={"format": "jsonl", "files": {"test": "x"}})
        assert complaint(task.choose, shots=3) == "small.yaml: the data has no split 'train'. Known: test."

    def test_the_first_metric_is_the_main_one(self):
        metrics = small_task(metrics=["unanswered", "macro_f1", "accuracy"]).metrics
        assert [metric.name for metric in metrics] == ["unanswered", "macro_f1", "accuracy"]


PUBLISHED = "reference:\n- {system: theirs, accuracy: 0.9, source: s}\n"
PARENT = """\
version: 1
description: parent
data: {format: jsonl, files: {train: r.jsonl, test: t.jsonl}}
fields: {input: q, target: a}
options: {0: 부정, 1: 긍정}
ask: choose
templates: {plain: {query: "{{ input }}"}}
metrics: [accuracy]
"""


@pytest.mark.parametrize(
    ("own", "systems"),
    [
        ("tags: [mine]\n", ["theirs"]),
        ("metrics: [macro_f1, accuracy]\n", ["theirs"]),
        ("data: {files: {test: u.jsonl}}\n", ["theirs"]),
        ("ask: generate\n", []),
        ("templates: {plain: {query: '{{ input }}?'}}\n", []),
        ("shots: {k: 3}\n", []),
        ("options: {0: 나쁨, 1: 좋음}\n", []),
        ("clean: [hangul_only]\n", []),
        ("shots: {k: 3}\n" + PUBLISHED.replace("theirs", "own"), ["own"]),
    ],
)
def test_an_heir_that_asks_otherwise_inherits_no_published_figures(tmp_path, monkeypatch, own, systems):
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "parent.yaml").write_text(PARENT + PUBLISHED, encoding="utf-8")
    (folder / "heir.yaml").write_text(f"extends: parent\n{own}", encoding="utf-8")
    (folder / "grandchild.yaml").write_text("extends: heir\ndescription: one more\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("heir", "grandchild"):
        assert [row.system for row in tasks.load(name).file.reference] == systems
