"""Finding a definition by its name, inheriting from another, and saying what is wrong with one."""

from __future__ import annotations

import os
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from harness.backends import backend as backends
from harness.config import documents
from harness.config import loader as definitions
from harness.errors import BadInput, Place
from harness.tasks import task as tasks

TASK = """\
version: 1
description: reviews
data: {format: jsonl, files: {train: train.jsonl, test: test.jsonl}}
fields: {input: text, target: label}
ask: choose
options: {0: 부정, 1: 긍정}
templates:
  plain: {query: "{{ input }}", shot_end: "\\n"}
  other: {query: "글: {{ input }}"}
shots: {k: 4, max_chars: 40}
decoding: {max_tokens: 4, stop: ["\\n"]}
metrics: [accuracy]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's project, and the folder the command is started in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> Path:
    """Write a file below the folder one is in."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return Path(path)


def complaint(name: str) -> str:
    """Return what is wrong with the task called `name`, its paths seen from here."""
    with pytest.raises(BadInput) as caught:
        tasks.load(name)
    return str(caught.value).replace(f"{Path.cwd()}/", "")


class TestFinding:
    def test_a_task_of_ones_own_comes_before_the_shipped_one(self, home):
        write("tasks/nsmc_fewshot.yaml", TASK)
        assert tasks.load("nsmc_fewshot").file.description == "reviews"

    def test_what_is_not_ones_own_is_the_shipped_one(self, home):
        write("tasks/mine.yaml", TASK)
        assert tasks.load("nsmc_fewshot").file.language == "ko"

    @pytest.mark.parametrize("path", ["tasks/deep/er/mine.yaml", "tasks/mine.yml"])
    def test_a_file_lies_anywhere_below_the_folder(self, home, path):
        write(path, TASK)
        assert tasks.load("mine").name == "mine"

    @pytest.mark.parametrize("name", ["elsewhere/mine.yaml", "./elsewhere/mine.yaml", "mine.yml"])
    def test_a_path_is_a_name_too(self, home, name):
        write(name, TASK)
        assert tasks.load(name).name == "mine"

    @pytest.mark.parametrize(
        "name", ["elsewhere/mine.yaml", "tasks/", "/", "a" * 5000 + "/b.yaml", "a\0b/c.yaml"]
    )
    def test_a_path_that_is_no_file_is_named(self, home, name):
        assert complaint(name).startswith("no such task file: ")

    def test_a_folder_that_looks_like_a_file_is_none(self, home):
        Path("tasks/mine.yaml").mkdir(parents=True)
        assert complaint("tasks/mine.yaml") == "no such task file: 'tasks/mine.yaml'"

    def test_the_nearest_name_is_named(self, home):
        assert complaint("nsmc_fewshoot") == "no task is called 'nsmc_fewshoot'. Did you mean 'nsmc_fewshot'?"

    def test_without_a_near_name_it_is_said_what_there_is_and_where(self, home):
        write("tasks/mine.yaml", TASK)
        said = complaint("고래")
        assert said.startswith("no task is called '고래'. Known: advglue, ")
        assert "…. Searched: tasks, " in said

    def test_two_files_of_one_name_are_both_named(self, home):
        write("tasks/a/mine.yaml", TASK)
        write("tasks/b/mine.yml", TASK)
        assert complaint("mine") == "two tasks are called 'mine': tasks/a/mine.yaml and tasks/b/mine.yml"

    @pytest.mark.parametrize("text", ["- hosts: all\n", "name: install\nhosts: all\n", "{}\n"])
    def test_a_file_without_a_mark_is_not_listed(self, home, text):
        write("tasks/ansible.yaml", text)
        assert "ansible" not in tasks.catalogue()

    def test_a_file_without_a_mark_does_not_hide_a_shipped_task(self, home):
        write("tasks/nsmc_fewshot.yaml", "- hosts: all\n")
        assert tasks.load("nsmc_fewshot").file.version == 1

    def test_a_file_whose_mark_is_mistyped_is_found_when_named(self, home):
        write("tasks/mine.yaml", TASK.replace("ask:", "aks:"))
        assert complaint("mine") == "tasks/mine.yaml:5: 'aks': no such key. Did you mean 'ask'?"

    def test_a_broken_file_is_found_when_named(self, home):
        write("tasks/mine.yaml", "description: x\n\task: choose\n")
        assert complaint("mine").startswith("tasks/mine.yaml:2: YAML is indented with spaces")

    def test_a_broken_file_does_not_give_way_to_the_shipped_one(self, home):
        write("tasks/nsmc_fewshot.yaml", "description: [x\n")
        assert complaint("nsmc_fewshot").startswith("tasks/nsmc_fewshot.yaml:1: not YAML")

    @pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
    @pytest.mark.parametrize("asked", ["NFC", "NFD"])
    def test_a_hangul_name_is_one_name_composed_or_in_pieces(self, home, on_disk, asked):
        write(f"tasks/{unicodedata.normalize(on_disk, '감성')}.yaml", TASK)
        assert tasks.load(unicodedata.normalize(asked, "감성")).name == "감성"

    def test_the_checkouts_own_folder_is_not_a_users(self, monkeypatch):
        from harness.paths import shipped

        monkeypatch.chdir(shipped("tasks").parent)
        assert [own for _, own in tasks.folders()] == [False]

    def test_backends_are_found_the_same_way(self, home):
        write("backends/mine.yaml", "adapter: dummy\n")
        write("backends/not_ours.yaml", "servers: [a, b]\n")
        assert "not_ours" not in backends.catalogue()
        assert backends.load("mine").file.adapter == "dummy"
        with pytest.raises(BadInput, match=r"no backend is called 'tfidff'\. Did you mean 'tfidf'\?"):
            backends.load("tfidff")

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
    def test_a_folder_one_may_not_enter_holds_nothing(self, home):
        write("closed/mine.yaml", TASK)
        Path("closed").chmod(0)
        assert complaint("closed/mine.yaml") == "no such task file: 'closed/mine.yaml'"


class TestInheriting:
    def child(self, text: str, parent: str = TASK) -> documents.Document:
        """Return the resolved document of a task that extends `parent`."""
        write("tasks/parent.yaml", parent)
        path = write("tasks/child.yaml", f"extends: parent\n{text}")
        return definitions.resolve("tasks", path, tasks.folders(), ("data", "templates", "shots", "decoding"))

    @pytest.mark.parametrize(
        ("text", "loc", "value"),
        [
            ("description: mine\n", ("description",), "mine"),
            ("", ("description",), "reviews"),
            # joined key by key
            ("shots: {k: 0}\n", ("shots",), {"k": 0, "max_chars": 40}),
            ("shots: {max_chars: null}\n", ("shots",), {"k": 4}),
            ("shots: null\n", ("shots",), None),
            ("decoding: {stop: [x]}\n", ("decoding",), {"max_tokens": 4, "stop": ["x"]}),
            ("decoding: {temperature: 0}\n", ("decoding", "temperature"), 0),
            ("data: {format: csv}\n", ("data", "files", "test"), "test.jsonl"),
            ("data: {files: {test: x}}\n", ("data", "files"), {"test": "x"}),
            ("templates: {plain: null}\n", ("templates",), {"other": {"query": "글: {{ input }}"}}),
            ("templates: {new: {query: x}}\n", ("templates", "new"), {"query": "x"}),
            ("templates: {plain: {query: x}}\n", ("templates", "plain"), {"query": "x"}),
            # replaced
            ("options: {a: A, b: B}\n", ("options",), {"a": "A", "b": "B"}),
            ("fields: {input: doc}\n", ("fields",), {"input": "doc"}),
            ("metrics: [macro_f1]\n", ("metrics",), ["macro_f1"]),
            ("options: null\n", ("options",), None),
            # nothing to take away, nothing to join
            ("clean: null\n", ("clean",), None),
            ("source: {url: x}\n", ("source",), {"url": "x"}),
        ],
    )  # fmt: skip
    def test_a_child_says_what_is_different(self, home, text, loc, value):
        found: Any = self.child(text).values
        for key in loc:
            found = found.get(key)
        assert found == value

    @pytest.mark.parametrize(
        ("text", "parent", "said"),
        [
            ("shots:\n  kk: 3\n", TASK, "tasks/child.yaml:3: 'kk': no such key. Did you mean 'k'?"),
            ("", TASK.replace("max_chars", "max_char"), "tasks/parent.yaml:10: 'max_char': no such key."),
            ("shots: {k: 0}\n", TASK.replace("max_chars", "max_char"), "tasks/parent.yaml:10: 'max_char'"),
            ("shots: {k: -1}\n", TASK, "tasks/child.yaml:2: 'shots.k' is -1"),
            ("metrics: [acuracy]\n", TASK, "tasks/child.yaml:2: no metric is called 'acuracy'."),
            ("", TASK.replace("[accuracy]", "[acuracy]"), "tasks/parent.yaml:12: no metric is called"),
            ("templates: {plain: {query: '{{ x }}'}}\n", TASK, "tasks/child.yaml:2: the template uses 'x'"),
            (
                "fields: {document: text, target: label}\n",
                TASK,
                "tasks/parent.yaml:8: the template uses 'input'",
            ),
            ("version: null\n", TASK, "tasks/child.yaml:2: 'version' is missing"),
            ("options: null\n", TASK, "tasks/parent.yaml:5: 'choose' needs 'options'"),
        ],
    )
    def test_a_problem_has_the_file_and_line_where_it_was_written(self, home, text, parent, said):
        self.child(text, parent)
        assert complaint("child").startswith(said)

    def test_a_chain_is_followed_to_its_end(self, home):
        write("tasks/a.yaml", TASK)
        for name, parent in (("b", "a"), ("c", "b"), ("d", "c")):
            write(f"tasks/{name}.yaml", f"extends: {parent}\ndescription: of {name}\n")
        shots = tasks.load("d").file.shots
        assert (shots.k, shots.max_chars) == (4, 40)
        assert tasks.load("d").file.description == "of d"

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ({"a": "a"}, "tasks/a.yaml:2: 'a' extends itself"),
            ({"a": "b", "b": "a"}, "tasks/b.yaml:2: 'a' extends itself"),
            ({"a": "b", "b": "c", "c": "b"}, "tasks/c.yaml:2: 'b' extends itself"),
            ({"a": "./a.yaml"}, "tasks/a.yaml:2: './a.yaml' extends itself"),
            ({"a": "nsmc_fewshoot"}, "tasks/a.yaml:2: no task is called 'nsmc_fewshoot'. Did you mean"),
            ({"a": "nowhere.yaml"}, "tasks/a.yaml:2: no such task file: 'nowhere.yaml'"),
            ({"a": "[b]"}, "tasks/a.yaml:2: 'extends' should be a name, not ['b']"),
            ({"a": "5"}, "tasks/a.yaml:2: 'extends' should be a name, not 5"),
            ({"a": "b", "b": "[x"}, "tasks/b.yaml:2: not YAML"),
        ],
    )
    def test_a_parent_that_cannot_be_had_is_said_at_its_line(self, home, files, said):
        for name, parent in files.items():
            write(f"tasks/{name}.yaml", f"# {name}\nextends: {parent}\n")
        assert complaint("a").startswith(said)

    def test_a_long_chain_is_no_deeper_than_a_short_one(self, home):
        write("tasks/t0.yaml", TASK)
        for number in range(1, 300):
            write(f"tasks/t{number}.yaml", f"extends: ./t{number - 1}.yaml\n")
        assert tasks.load("tasks/t299.yaml").file.description == "reviews"

    def test_a_parents_path_is_seen_from_the_child(self, home):
        write("far/parent.yaml", TASK)
        write("far/away/child.yaml", "extends: ../parent.yaml\ndescription: child\n")
        assert tasks.load("far/away/child.yaml").file.description == "child"

    def test_a_group_is_no_parent(self, home):
        write("tasks/all_of_it.yaml", "members: [nsmc_fewshot]\n")
        write("tasks/child.yaml", "extends: all_of_it\n")
        assert complaint("child") == "tasks/all_of_it.yaml:1: 'all_of_it' is a group; its members are tasks"


class TestChecking:
    @pytest.mark.parametrize(
        ("wrong", "right", "said"),
        [
            # a typo at every level, with the nearest key
            ("metrcs: [accuracy]", "metrics: [accuracy]", "12: 'metrcs': no such key. Did you mean 'metr"),
            ("formt: jsonl", "format: jsonl", "3: 'formt': no such key. Did you mean 'format'?"),
            ("shot_ends:", "shot_end:", "8: 'shot_ends': no such key. Did you mean 'shot_end'?"),
            ("qury: \"글", "query: \"글", "9: 'qury': no such key. Did you mean 'query'?"),
            ("max_charss: 40", "max_chars: 40", "10: 'max_charss': no such key. Did you mean 'max_chars'?"),
            ("max_token: 4", "max_tokens: 4", "11: 'max_token': no such key. Did you mean 'max_tokens'?"),
            ("zzz: 1\nmetrics:", "metrics:", "12: 'zzz': no such key. Known: aliases, ask, both_orders, "),
            # what is missing
            ("", "version: 1\n", "1: 'version' is missing"),
            ("{shot_end", '{query: "{{ input }}", shot_end', "8: 'templates.plain.query' is missing"),
            ("data: {format: jsonl}", "data: {format: jsonl, files: {train: train.jsonl, test: test.jsonl}}",
             "3: 'data': name at least one of files, package, url, hub and sample"),
            # wrong types
            ("version: '1'", "version: 1", "1: 'version' should be a whole number, not '1'"),
            ("version: 0", "version: 1", "1: 'version' is 0: input should be greater than or equal to 1"),
            ("description: 5", "description: reviews", "2: 'description' should be text, not 5; put it"),
            ("description:", "description: reviews", "2: 'description' should be text, not None"),
            ("format: jsn", "format: jsonl", "3: 'data.format' cannot be 'jsn'. Did you mean 'json'?"),
            ("ask: chose", "ask: choose", "5: 'ask' cannot be 'chose'. Did you mean 'choose'?"),
            ("options: [부정, 긍정]", "options: {0: 부정, 1: 긍정}", "6: 'options' should be a mapping, "),
            ("0: true", "0: 부정", "6: 'options.0': should be text, not True; put it in quotes"),
            ("test: []", "test: test.jsonl", "3: 'data.files.test' should not be empty"),
            ("test: ''", "test: test.jsonl", "3: 'data.files.test': should not be empty"),
            ("header: yes, files", "files", "3: 'data.header': should be true, false or a list of names"),
            ("input: [text]", "input: text", "4: several columns can only be references, the target's"),
            ("input: [[a]]", "input: text", "4: 'fields.input': should be a column's name, or its number"),
            ("input: -1", "input: text", "4: 'fields.input': should be a column's name, or its number"),
            ("k: 2.5", "k: 4", "10: 'shots.k' should be a whole number, not 2.5"),
            ("k: yes", "k: 4", "10: 'shots.k' should be a whole number, not 'yes'"),
            ("k: true", "k: 4", "10: 'shots.k' should be a whole number, not True"),
            ("k: 1001", "k: 4", "10: 'shots.k' is 1001: input should be less than or equal to 1000"),
            ("top_p: .nan", "max_tokens: 4", "11: 'decoding.top_p' is nan"),
            ("temperature: .inf", "max_tokens: 4", "11: 'decoding.temperature' is inf"),
            ('stop: [""]', 'stop: ["\\n"]', "11: 'decoding.stop.0': should not be empty"),
            ("metrics: accuracy", "metrics: [accuracy]", "12: 'metrics' should be a list, not 'accuracy'"),
            ("metrics: []", "metrics: [accuracy]", "12: 'metrics' should not be empty"),
            ("metrics: [5]", "metrics: [accuracy]", "12: 'metrics.0': should be a name or {name: "),
            ("metrics: [{accuracy: [x]}]", "metrics: [accuracy]", "12: 'metrics.0': should be a name or"),
            ("templates: {default: plain}\nx:", "templates:", "7: 'templates': name at least one template"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_in_our_words_at_its_line(self, home, wrong, right, said):
        assert right in TASK
        write("tasks/mine.yaml", TASK.replace(right, wrong, 1))
        assert complaint("mine").startswith(f"tasks/mine.yaml:{said}")

    def test_a_mistyped_key_is_one_problem_and_not_two(self, home):
        write("tasks/mine.yaml", TASK.replace("metrics", "metrcs"))
        assert complaint("mine").endswith("Did you mean 'metrics'?")

    def test_a_mistyped_extends_is_all_that_is_wrong(self, home):
        write("tasks/mine.yaml", "description: mine\nextnds: nsmc_fewshot\n")
        assert complaint("mine") == "tasks/mine.yaml:2: 'extnds': no such key. Did you mean 'extends'?"

    def test_the_first_of_several_problems_stands_for_them_all(self, home):
        write("tasks/mine.yaml", TASK.replace("k: 4", "k: x").replace("format: jsonl", "format: x"))
        said = complaint("mine")
        assert said.startswith("tasks/mine.yaml:3: 'data.format' cannot be 'x'.")
        assert said.endswith("(and 1 more: harness check shows all)")

    def test_problems_are_in_the_order_of_their_lines(self):
        places = [Place(Path("x"), line) for line in (9, 2, 5)]
        problems = definitions.BadInputs([BadInput(f"at {place.line}", place=place) for place in places])
        assert [str(problem) for problem in problems.problems] == ["x:2: at 2", "x:5: at 5", "x:9: at 9"]
        assert str(problems) == "x:2: at 2 (and 2 more: harness check shows all)"


# What is listed


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A folder with a folder in it, nothing written to for a minute, and listed."""
    for name in ("one.yaml", "inner/other.yml", "inner/notes.txt"):
        path = tmp_path / "tasks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("ask: choose\n")
    for place in (tmp_path / "tasks/inner", tmp_path / "tasks"):
        os.utime(place, (time.time() - 60, time.time() - 60))
    assert seen(tmp_path / "tasks") == ["inner/other.yml", "one.yaml"]
    return tmp_path / "tasks"


def seen(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in definitions.files(folder)]


def test_a_folder_that_nobody_wrote_to_is_walked_once(listed, monkeypatch):
    monkeypatch.setattr(definitions.os, "walk", lambda folder: pytest.fail("walked again"))
    assert seen(listed) == ["inner/other.yml", "one.yaml"]


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (lambda f: (f / "two.yaml").touch(), ["inner/other.yml", "one.yaml", "two.yaml"]),
        (lambda f: (f / "inner/a.yaml").touch(), ["inner/a.yaml", "inner/other.yml", "one.yaml"]),
        (lambda f: (f / "one.yaml").unlink(), ["inner/other.yml"]),
        (lambda f: (f / "inner/other.yml").rename(f / "inner/b.yaml"), ["inner/b.yaml", "one.yaml"]),
        (lambda f: (f / "inner").rename(f / "moved"), ["moved/other.yml", "one.yaml"]),
        (shutil.rmtree, []),
    ],
    ids=["added", "added below", "removed", "renamed", "moved", "all gone"],
)
def test_what_changes_in_a_folder_is_seen_at_once(listed, change, then):
    change(listed)
    assert seen(listed) == then


def test_of_two_files_written_in_one_moment_both_are_seen(tmp_path):
    """A file system's clock may stand still meanwhile."""
    moment = time.time() + 60
    for count in range(1, 4):
        (tmp_path / f"{count}.yaml").touch()
        os.utime(tmp_path, (moment, moment))
        assert len(seen(tmp_path)) == count
