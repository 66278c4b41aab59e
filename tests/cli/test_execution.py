"""`harness run` of a task whose replies are programs: allowed, judged, failed, shown, judged again."""

from __future__ import annotations

import ast
import base64
import gzip
import json
import re
import zlib
from pathlib import Path

import pytest

from harness.datasets.sources import Where
from harness.datasets.task_data import supply
from harness.execution import executor
from harness.schema import Execution
from harness.tasks import task as tasks
from tests.support.paths import DATA, ROOT

SAMPLE = ROOT / "tasks" / "humaneval" / "sample" / "humaneval.jsonl"
ALLOW = "--allow-code-execution"


def problems():
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


def recorded(shell, replies: list[str], name="replies.jsonl"):
    rows = [{"id": one["task_id"], "reply": reply} for one, reply in zip(problems(), replies, strict=False)]
    shell.write(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return ("-t", "humaneval", "-b", "recorded", "-m", f"file={name}", "--sample", "--limit", str(len(rows)))


def outcomes(shell) -> list[str]:
    (journal,) = Path(shell.home).glob("runs/humaneval/*/*/samples.jsonl")
    lines = map(json.loads, journal.read_text().splitlines())
    return [line["execution"]["outcome"] for line in lines if "execution" in line]


def test_nothing_is_run_unless_the_user_says_so(shell):
    said = shell("run", *recorded(shell, ["    pass"]))
    assert said.code == 2
    assert ALLOW in said.err


def test_a_task_that_all_names_is_left_out_where_it_may_not_run(shell):
    shell.write("tasks/groups/two.yaml", "members: [humaneval, nsmc_fewshot]\n")
    said = shell("run", "-t", "two", "-b", "majority", "--sample", "--limit", "4")
    assert ALLOW in said.err
    assert "nsmc_fewshot" in said.out


def test_each_reply_is_judged_by_running_it(shell):
    solutions = [one["canonical_solution"] for one in problems()]
    replies = [
        solutions[0],
        f"```python\n{problems()[1]['prompt']}{solutions[1]}```",
        "    pass",
        "    return (",
        "    raise KeyError",
        "",
    ]
    said = shell("run", *recorded(shell, replies), ALLOW, "--json")
    (run,) = said.json["runs"]
    assert run["metrics"]["pass@1"]["value"] == pytest.approx(2 / 6)
    assert run["metrics"]["ran"]["value"] == pytest.approx(3 / 6)
    assert run["outcomes"] == {"passed": 2, "failed": 1, "syntax": 1, "raised": 1}
    assert run["counts"]["unanswered"] == 1
    assert run["execution"]["sandbox"].split()[0] in ("bubblewrap", "unshare")


def test_canonical_solutions_pass_and_repeats_give_pass_at_k(shell):
    rows = [
        {
            "id": one["task_id"],
            "run": run,
            "reply": one["canonical_solution"] if run == number % 2 else "    pass",
        }
        for number, one in enumerate(problems())
        for run in (0, 1)
    ]
    shell.write("twice.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    said = shell(
        *("run", "-t", "humaneval", "-b", "recorded", "-m", "file=twice.jsonl", "-m", "repeat=run"),
        *("--repeat", "2", "--sample", ALLOW, "--json"),
    )
    figures = said.json["runs"][0]["metrics"]
    assert (figures["pass@1"]["value"], figures["pass@2"]["value"]) == (0.5, 1.0)


def test_a_dead_sandbox_fails_its_example_with_the_reason(shell, monkeypatch):
    dead = Execution("sandbox", "the sandbox (unshare) died: it ended")
    monkeypatch.setattr(executor.Pool, "_run", lambda self, source: dead)
    said = shell("run", *recorded(shell, ["    pass", "    pass"]), ALLOW, "--max-failures", "2", "--json")
    (run,) = said.json["runs"]
    assert run["failed_because"] == {"sandbox": 2}
    assert run["counts"]["failed"] == 2
    assert not run["metrics"].get("pass@1", {}).get("n")


def test_a_known_verdict_is_not_made_again_and_a_new_program_needs_the_word(shell):
    shell("run", *recorded(shell, ["```python\nx\n```\n    pass", "    return None"]), ALLOW)
    (run,) = Path(shell.home).glob("runs/humaneval/*/*")
    assert shell("rescore", str(run)).code == 0
    shell.write(
        "tasks/other.yaml", "extends: humaneval\nversion: 2\nextract: [{regex: {pattern: 'return'}}]\n"
    )
    refused = shell("rescore", "-t", "other", str(run))
    assert refused.code == 2
    assert ALLOW in refused.err
    assert shell("rescore", "-t", "other", str(run), ALLOW).code == 0
    assert len(outcomes(shell)) == 1  # the other reply holds no `return`


def test_the_page_of_a_run_shows_the_traceback(shell):
    shell("run", *recorded(shell, ["    raise KeyError('where')"]), ALLOW)
    shell("report", "--out", "site")
    scripts = [path.read_bytes() for path in Path(shell.home, "site").rglob("*.js")]
    packed = [
        found[1] for found in (re.match(rb'harnessData\("\w+","([^"]+)"', one) for one in scripts) if found
    ]
    told = b"".join(zlib.decompress(base64.b64decode(one)) for one in packed).decode()
    assert "KeyError: 'where'" in told


def test_a_metric_of_programs_needs_a_task_that_runs_them(shell):
    shell.write("tasks/bad.yaml", "extends: nsmc_fewshot\nversion: 1\nask: generate\nmetrics: [pass@1]\n")
    said = shell("check", "tasks/bad.yaml")
    assert said.code == 2
    assert "execute" in said.err + said.out


def test_doctor_says_which_sandbox_works(shell):
    said = shell("doctor", "--json").json["sandboxes"]
    assert said["unshare"] is None


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not beside the checkout")
def test_each_of_the_164_problems_has_a_statement_in_korean_in_place_of_its_own():
    task = tasks.load("humaneval_ko")
    where = Where(data_dir=DATA, offline=True)
    korean = supply(task, where, lambda _: None, train=False).evaluated()
    english = supply(tasks.load("humaneval"), where, lambda _: None, train=False).evaluated()
    pairs = list(zip(korean, english, strict=True))
    assert len(pairs) == 164
    for ours, theirs in pairs:
        prompt, target = ours.fields["prompt"], json.loads(theirs.target)
        function = ast.parse(f"{prompt}    pass").body[-1]
        assert (ours.id, function.name) == (theirs.id, target["entry_point"])
        told = prompt.split('"""')[-2]
        assert re.search("[가-힣]{2}.*>>> ", told, re.DOTALL), ours.id
        examples = {line.strip() for line in told.splitlines() if ">>>" in line}
        assert not examples & {line.strip() for line in target["prompt"].splitlines()}, ours.id


def test_problems_and_databases_of_ones_own_need_a_file_and_five_lines(shell):
    """As the guide says."""
    head = "version: 1\ndescription: 우리 / ours\n"
    problem = {"task_id": "a", "prompt": "def f():\n", "entry_point": "f", "test": "assert f() == 1"}
    shell.write("tasks/ours/ours.jsonl", json.dumps(problem) + "\n")
    shell.write("tasks/ours/ours.yaml", f"extends: humaneval\n{head}data: {{files: {{test: ours.jsonl}}}}\n")
    asked = {"id": "q", "language": "ko", "question": "몇 개?", "database": "shop", "queries": ["SELECT 2"]}
    shell.write("tasks/shop/questions.jsonl", json.dumps(asked) + "\n")
    shell.write(
        "tasks/shop/shop.sql", "CREATE TABLE goods (name TEXT); INSERT INTO goods VALUES ('a'), ('b');"
    )
    shell.write(
        "tasks/shop/shop.yaml",
        f"extends: sql_worker\n{head}data: {{files: {{test: questions.jsonl}}}}\n"
        "execute: {language: sql, beside: [shop.sql]}\n",
    )
    shell.write("a.jsonl", '{"id": "a", "reply": "    return 1"}\n')
    shell.write("q.jsonl", '{"id": "q", "reply": "SELECT COUNT(*) FROM goods"}\n')
    for task, file, metric in (("ours/ours", "a", "pass@1"), ("shop/shop", "q", "execution_accuracy")):
        path = f"tasks/{task}.yaml"
        said = shell("run", "-t", path, "-b", "recorded", "-m", f"file={file}.jsonl", ALLOW, "--json")
        assert said.json["runs"][0]["metrics"][metric]["value"] == 1.0


def test_rows_that_the_tasks_own_file_lacks_are_left_out(shell):
    shell.write("tasks/mine/words.jsonl", json.dumps({"key": "b", "said": "나"}) + "\n")
    shell.write("tasks/mine/rows.jsonl", "".join(json.dumps({"key": one, "n": one}) + "\n" for one in "ab"))
    shell.write(
        "tasks/mine/mine.yaml",
        "version: 1\ndescription: a / b\n"
        "data: {format: jsonl, files: {test: rows.jsonl}, columns_from: {file: words.jsonl, on: key}}\n"
        "fields: {id: key, said: said, target: n}\nask: generate\n"
        "templates: {t: {query: '{{ said }}'}}\nmetrics: [exact_match]\n",
    )
    said = shell("show", "tasks/mine/mine.yaml", "-n", "2")
    assert "나" in said.out
    assert "example a" not in said.out


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not beside the checkout")
def test_recorded_programs_of_a_model_get_the_verdicts_that_they_were_published_with(shell):
    replies = DATA.parent / "replies" / "humaneval" / "gpt-3.5-turbo.jsonl.gz"
    said = shell(
        *("run", "-t", "humaneval", "-b", "recorded", "-m", f"file={replies}", "-m", "id=task_id"),
        *("-m", "repeat=run", "--data-dir", str(DATA), "--limit", "40", ALLOW, "--json"),
    )
    with gzip.open(replies, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["run"] == 1][:40]
    assert said.json["runs"][0]["metrics"]["pass@1"]["value"] == sum(row["passed"] for row in rows) / 40
