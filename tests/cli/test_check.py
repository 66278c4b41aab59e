"""`harness check`, and that `harness run` says the same before anything is loaded."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.records.run_schema import RunDocument
from harness.records.sample_schema import Record
from tests.support.running import Project
from tests.support.shell import Shell

TASK = """\
version: 1
description: reviews
data:
  format: jsonl
  sample: rows.jsonl
fields: {input: text, target: label}
ask: choose
options: {0: 부정, 1: 긍정}
clean: hangul_only
templates:
  plain:
    query: "문장: {{ input }}\\n감정:"
shots: {k: 1, from: train}
decoding: {max_tokens: 4}
extract: [first_option]
metrics:
- accuracy
"""

ROWS = "".join(
    json.dumps({"split": split, "text": f"{split} 영화 {'가나다라'[n]}", "label": str(n % 2)}) + "\n"
    for split in ("train", "test")
    for n in range(4)
)

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)

# (what stands in the file, what is put there, the line, what is said)
BROKEN: dict[str, tuple[str, str | bytes, int, str]] = {
    "key": ("metrics:", "metrcs:", 16, "'metrcs': no such key. Did you mean 'metrics'?"),
    "inner key": ("format:", "formt:", 4, "'formt': no such key. Did you mean 'format'?"),
    "deep key": ("query:", "qury:", 12, "'qury': no such key. Did you mean 'query'?"),
    "type": ("k: 1,", "k: one,", 13, "'shots.k' should be a whole number, not 'one'"),
    "NaN": ("max_tokens: 4", "top_p: .nan", 14, "'decoding.top_p' is nan: input should be"),
    "5,000 digits": ("max_tokens: 4", "seed: " + "1" * 5000, 14, "'" + "1" * 56 + "…' is too large a number"),
    "twice": ("ask: choose", "ask: choose\nask: generate", 8, "'ask' stands twice; the second would hide"),
    "tab": ("    query", "\tquery", 12, "YAML is indented with spaces; there is a tab here"),
    "quote": ("감정:\"", "감정:", 12, "not YAML: while scanning a quoted scalar found unexpected end"),
    "bomb": ("version: 1\n", BOMB, 1, "too large or too deep for a definition; are anchors repeated?"),
    "self": ("ask: choose", "ask: &a [*a]", 7, "too large or too deep for a definition; are anchors"),
    "tag": ("ask: choose", "ask: !!python/object/apply:os.system [id]", 7, "the tag '!!python/object/apply"),
    "bytes": ("reviews", b"\xff\xfe", 2, "not UTF-8 text"),
    "NUL": ("reviews", "re\0views", 2, "not YAML: there is a character U+0000 here"),
    "metric": ("- accuracy", "- acuracy", 17, "no metric is called 'acuracy'. Did you mean 'accuracy'?"),
    "step": ("first_option", "first_optoin", 15, "no extraction step is called 'first_optoin'. Did you mean"),
    "setting": ("[first_option]", "[{regex: {patern: x}}]", 15, "regex: 'patern': no such setting. Did"),
    "pattern": ("[first_option]", "[{regex: {pattern: '('}}]", 15, "regex: '(' is not a regular expression"),
    "cleaning": ("hangul_only", "hangul_onyl", 9, "no cleaning is called 'hangul_onyl'. Did you mean"),
    "ask": ("ask: choose", "ask: chose", 7, "'ask' cannot be 'chose'. Did you mean 'choose'?"),
    "field": ("{{ input }}", "{{ inptu }}", 12, "the template uses 'inptu', which is no field of the task."),
    "Jinja": ("{{ input }}", "{{ input }", 12, "bad Jinja in line 1: unexpected '}'"),
    "filter": ("{{ input }}", "{{ input | uper }}", 12, "bad Jinja in line 1: No filter named 'uper'."),
    "sandbox": ("{{ input }}", "{{ ''.__class__ }}", 12, "the template reads '__class__'; "),
    "endless": ("{{ input }}", "{% for i in range(10000000) %}{% endfor %}", 12, "a range may have 100,000"),
    "sample": ("rows.jsonl", "row.jsonl", 5, "the sample 'row.jsonl' is not beside the task"),
    "parent": ("version: 1", "extends: nsmc_fewshoot", 1, "no task is called 'nsmc_fewshoot'. Did you mean"),
    "cycle": ("version: 1", "extends: ./mine.yaml", 1, "'./mine.yaml' extends itself"),
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a task and its sample."""
    project = Project(tmp_path)
    project.write("tasks/mine.yaml", TASK)
    project.write("tasks/rows.jsonl", ROWS)
    return project


def break_task(home: Path, right: str, wrong: str | bytes) -> None:
    """Write the task with one thing wrong."""
    assert right in TASK
    raw = wrong if isinstance(wrong, bytes) else wrong.encode()
    (home / "tasks").mkdir(exist_ok=True)
    (home / "tasks/rows.jsonl").write_text(ROWS)
    (home / "tasks/mine.yaml").write_bytes(TASK.encode().replace(right.encode(), raw, 1))


class TestInAProcess:
    def test_the_task_as_it_should_be_runs(self, project):
        done = project.harness("run", "-t", "tasks/mine.yaml", "-b", "dummy", "--sample", "-q")
        assert done.returncode == 0

    @pytest.mark.parametrize(("right", "wrong", "line", "said"), BROKEN.values(), ids=BROKEN)
    def test_what_is_wrong_is_one_line_and_exit_code_2(self, project, right, wrong, line, said):
        break_task(project.home, right, wrong)
        commands = (["run", "-t", "tasks/mine.yaml", "-b", "dummy", "--sample"], ["check", "tasks/mine.yaml"])
        run, check = (project.harness(*command) for command in commands)
        assert (run.returncode, check.returncode) == (2, 2)
        assert run.stdout == ""
        (complaint,) = run.stderr.splitlines()
        assert complaint.startswith(f"harness: tasks/mine.yaml:{line}: {said}")
        (problem,) = check.stdout.splitlines()
        assert problem.startswith(f"tasks/mine.yaml:{line}: {said}")
        assert check.stderr == "1 file, 1 problem\n"

    @pytest.mark.parametrize("what", ["task", "data"])
    def test_nothing_heavy_is_imported_for_a_mistake(self, project, what):
        if what == "task":
            break_task(project.home, "- accuracy", "- acuracy")
        else:
            project.write("tasks/rows.jsonl", ROWS.replace('"label": "1"}\n', '"label": "2"}\n'))
        code = (
            "import sys; from harness.cli import _guarded; code = _guarded(sys.argv[1:]); "
            "sys.exit(str({'torch', 'transformers', 'sklearn', 'pandas'} & set(sys.modules) or code))"
        )
        command = ["run", "-t", "tasks/mine.yaml", "-b", "huggingface", "-m", "model=/nowhere", "--sample"]
        if importlib.util.find_spec("transformers") is None:
            pytest.skip("without transformers that is what is said first")
        done = subprocess.run(
            [sys.executable, "-c", code, *command],
            cwd=project.home,
            env=project.env,
            capture_output=True,
            text=True,
        )
        assert done.stderr.splitlines()[1:] == ["2"]


class TestChecking:
    def test_what_is_shipped_is_right(self, shell: Shell):
        said = shell("check")
        assert (said.code, said.out) == (0, "")
        assert said.complaint.endswith(" files, nothing wrong")

    def test_a_right_file_is_said_to_be_right(self, shell):
        break_task(shell.home, "", "")
        said = shell("check", "tasks/mine.yaml")
        assert (said.code, said.out, said.err) == (0, "", "1 file, nothing wrong\n")

    def test_every_problem_of_every_file_is_said_in_the_order_of_the_lines(self, shell):
        break_task(shell.home, "metrics:", "metrcs:")
        shell.write(
            "tasks/other.yaml", TASK.replace("- accuracy", "- acuracy\n- macro_f").replace("k: 1", "k: 2")
        )
        said = shell("check", "tasks")
        assert said.code == 2
        assert [line.split(": ")[0] for line in said.out.splitlines()] == [
            "tasks/mine.yaml:16",
            "tasks/other.yaml:17",
            "tasks/other.yaml:18",
        ]
        assert said.err == "2 files, 3 problems\n"

    def test_types_names_and_data_are_checked_at_once(self, shell):
        broken = TASK.replace("max_tokens: 4", "max_tokens: many").replace("- accuracy", "- acuracy")
        shell.write("tasks/mine.yaml", broken)
        shell.write("tasks/rows.jsonl", ROWS.replace('"label": "1"', '"label": "2"', 1))
        said = shell("check", "tasks/mine.yaml")
        assert [line.split(": ", 1) for line in said.out.splitlines()] == [
            ["tasks/mine.yaml:14", "'decoding.max_tokens' should be a whole number, not 'many'"],
            ["tasks/mine.yaml:17", "no metric is called 'acuracy'. Did you mean 'accuracy'?"],
            [f"{shell.home}/tasks/rows.jsonl:2", "unknown label '2'; the task's options are 0, 1"],
        ]

    def test_the_first_rows_of_own_data_are_read(self, shell):
        break_task(shell.home, "input: text", "input: texts")
        assert "no column 'texts', which task mine reads" in shell("check", "tasks/mine.yaml").out

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("{input: text, target: label}", "{input: {}, target: label}"),
            ("{0: 부정, 1: 긍정}", "[부정, 긍정]"),
            ("ask: choose", "ask: chose"),
            ("format: jsonl", "format: jsonn"),
        ],
    )
    def test_what_follows_from_a_wrong_key_is_not_said_beside_it(self, shell, right, wrong):
        break_task(shell.home, right, wrong)
        assert shell("check", "tasks/mine.yaml").err == "1 file, 1 problem\n"

    def test_without_paths_it_checks_the_users_own_files_too(self, shell):
        break_task(shell.home, "metrics:", "metrcs:")
        shell.write("backends/mine.yaml", "adapter: dumy\n")
        said = shell("check")
        own = [line.replace(f"{shell.home}/", "").split(": ")[0] for line in said.out.splitlines()]
        assert (said.code, own) == (2, ["tasks/mine.yaml:16", "backends/mine.yaml:1"])

    def test_a_file_too_broken_to_say_what_it_is_is_checked(self, shell):
        shell.write("tasks/mine.yaml", "description: [open\n")
        said = shell("check")
        assert said.code == 2
        assert "tasks/mine.yaml:1: not YAML" in said.out

    def test_a_strangers_file_in_a_folder_is_left_alone(self, shell):
        shell.write("tasks/ansible.yaml", "- hosts: all\n")
        shell.write("tasks/compose.yaml", "services: {}\n")
        assert shell("check", "tasks").err == "0 files, nothing wrong\n"
        assert shell("check").code == 0

    def test_a_strangers_file_that_is_named_is_checked(self, shell):
        shell.write("compose.yaml", "services: {}\n")
        said = shell("check", "compose.yaml")
        assert said.code == 2
        assert "compose.yaml:1: 'services': no such key." in said.out

    def test_what_is_not_there_is_named(self, shell):
        said = shell("check", "nowhere.yaml")
        assert (said.code, said.out, said.complaint) == (2, "", "harness: no such file: nowhere.yaml")

    def test_json_is_one_document(self, shell):
        break_task(shell.home, "metrics:", "metrcs:")
        said = shell("check", "tasks/mine.yaml", "--json")
        assert said.code == 2
        assert said.json == {
            "files": 1,
            "problems": [
                {
                    "file": "tasks/mine.yaml",
                    "line": 16,
                    "message": "'metrcs': no such key. Did you mean 'metrics'?",
                }
            ],
        }

    def test_json_of_right_files_has_no_problems(self, shell):
        said = shell("check", "--json")
        assert said.code == 0
        assert said.json["problems"] == []
        assert said.err == ""

    @pytest.mark.parametrize(
        ("path", "text", "said"),
        [
            # told apart by what it says
            (
                "profile.yaml",
                "adapter: dumy\n",
                "profile.yaml:1: no adapter is called 'dumy'. Did you mean 'dummy'?",
            ),
            (
                "profile.yaml",
                "adaptr: dummy\nkind: base\n",
                "profile.yaml:1: 'adaptr': no such key. Did you mean",
            ),
            ("profile.yaml", "extends: tfidf\nkind: bas\n", "profile.yaml:2: 'kind' cannot be 'bas'."),
            ("profile.yaml", "extends: tfidf\nsettings: {x: 1}\n", "profile.yaml:2: 'x': no such setting."),
            ("profile.yaml", "extends: tfidf\ntags: x\n", "profile.yaml:2: 'tags' should be a list, not 'x'"),
            (
                "task.yaml",
                "extends: nsmc_fewshot\ntags: x\n",
                "task.yaml:2: 'tags' should be a list, not 'x'",
            ),
            ("task.yaml", "extends: nsmc_fewshot\nshots: {kk: 1}\n", "task.yaml:2: 'kk': no such key."),
            ("task.yaml", "extends: [nsmc_fewshot]\n", "task.yaml:1: 'extends' should be a name"),
            ("group.yaml", "members: [tfidf]\n", "group.yaml:1: no task is called 'tfidf'."),
            # told apart by where it lies
            (
                "backends/x.yaml",
                "adaptr: dummy\n",
                "backends/x.yaml:1: 'adaptr': no such key. Did you mean 'adapter'?",
            ),
            ("backends/x.yaml", "extends: nowhere\n", "backends/x.yaml:1: no backend is called 'nowhere'."),
            ("tasks/x.yaml", "extends: nowhere\n", "tasks/x.yaml:1: no task is called 'nowhere'."),
            ("tasks/x.yaml", "a: 1\nb: [\n", "tasks/x.yaml:2: not YAML"),
            ("tasks/x.yaml", "", "tasks/x.yaml: an empty file defines nothing"),
        ],
    )
    def test_tasks_backends_and_groups_are_told_apart(self, shell, path, text, said):
        shell.write(path, text)
        found = shell("check", path)
        assert found.code == 2
        assert found.out.startswith(said)

    def test_a_problem_of_a_parent_has_the_parents_place(self, shell):
        break_task(shell.home, "metrics:", "metrcs:")
        shell.write("tasks/child.yaml", "extends: mine\n")
        assert f"{shell.home}/tasks/mine.yaml:16: 'metrcs'" in shell("check", "tasks/child.yaml").out

    def test_the_projects_own_templates_are_right(self, shell):
        from harness.paths import shipped

        folder = shipped("reports") / "templates" / "project"
        for path in (*folder.glob("*.yaml"), *folder.glob("*.jsonl")):
            shell.write(f"own/{path.name}", path.read_text(encoding="utf-8"))
        assert shell("check", "own").code == 0


class TestSchemas:
    @pytest.fixture
    def schemas(self, shell: Shell) -> dict[str, dict]:
        assert shell("check", "--schema", "schemas").code == 0
        return {
            name: json.loads((shell.home / f"schemas/{name}.schema.json").read_text())
            for name in ("task", "backend")
        }

    def test_an_editor_is_told_every_key(self, schemas):
        assert {"extends", "data", "fields", "ask", "templates", "metrics"} <= schemas["task"][
            "properties"
        ].keys()
        assert {"extends", "adapter", "model", "settings"} <= schemas["backend"]["properties"].keys()

    def test_an_editor_knows_unknown_keys_and_needs_none(self, schemas):
        for schema in schemas.values():
            assert schema["additionalProperties"] is False
            assert schema["required"] == []

    def test_a_run_directory_has_schemas_too(self, shell):
        said = shell("check", "--schema", "schemas")
        assert "schemas/run.schema.json   # run.json of a run directory" in said.out
        for name, model in (("run", RunDocument), ("sample", Record)):
            written = json.loads((shell.home / f"schemas/{name}.schema.json").read_text())
            assert set(written["properties"]) == set(model.model_fields)
            assert all(key["description"] for key in written["properties"].values())

    def test_a_place_that_cannot_be_written_is_named(self, shell):
        shell.write("file", "")
        said = shell("check", "--schema", "file/schemas")
        assert said.code == 2
        assert said.complaint.startswith("harness: --schema file/schemas: ")
