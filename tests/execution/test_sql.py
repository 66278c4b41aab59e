"""Queries that models wrote: judged by what they return, and harmless whatever they try."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from harness.databases.results import same
from harness.databases.sqlite import Result
from harness.execution import sql_queries
from harness.extraction.code_blocks import query
from tests.support.paths import DATA, ROOT

pytest.importorskip("sqlglot")
WORKER = {"worker": (ROOT / "tasks" / "sql" / "worker.sql", "sqlite")}
SAMPLE = ROOT / "tasks" / "sql" / "sample" / "sql_worker.jsonl"


def outcome(given: str, *accepted: str, seconds: float = 1.0):
    return sql_queries.judged(given, {"database": "worker", "queries": list(accepted)}, WORKER, seconds)


def result(*rows):
    return Result(tuple("abcdef"[: len(rows[0])]), list(rows))


@pytest.mark.parametrize(
    ("found", "accepted", "order", "equal"),
    [
        ([(1, "x"), (2, "y")], [(2, "y"), (1, "x")], None, True),
        ([(1, "x"), (2, "y")], [(2, "y"), (1, "x")], ["0"], False),
        ([("x", 1), ("y", 2)], [(1, "x"), (2, "y")], ["0"], True),  # columns in another order
        ([(1,), (1,)], [(1,)], None, False),  # a duplicate is a row more
        ([(1,), (1,), (2,)], [(1,), (2,), (2,)], None, False),
        ([(None,)], [(0,)], None, False),
        ([(None,)], [("",)], None, False),
        ([(None,), (1,)], [(1,), (None,)], None, True),
        ([(0.1 + 0.2,)], [(0.3,)], None, True),
        ([(1 / 3,)], [(0.33,)], None, False),
        ([(1,)], [(1.0,)], None, True),
        ([(1,)], [("1",)], None, False),
        ([(1, 2)], [(1,)], None, False),  # a column more
        ([(1, "a"), (1, "b")], [(1, "b"), (1, "a")], ["0"], True),  # equal in the key that orders
        ([(1, "a"), (1, "b")], [(1, "b"), (1, "a")], [""], False),  # ordered by what is not shown
        ([(1, 2), (3, 4)], [(2, 1), (4, 3)], None, True),
        ([(1, 2), (4, 3)], [(2, 1), (4, 3)], None, False),  # each column holds the values, no row does
    ],
)
def test_two_results_are_one_as_the_order_clause_says(found, accepted, order, equal):
    assert same(result(*found), result(*accepted), order) is equal


def test_each_of_several_accepted_queries_will_do():
    one, other = "SELECT FIRST_NAME FROM Worker LIMIT 1", "SELECT LAST_NAME FROM Worker LIMIT 1"
    assert {outcome(given, one, other).outcome for given in (one, other)} == {"passed"}
    assert outcome("SELECT 1", one, other).outcome == "failed"


def test_ties_may_change_places_and_other_rows_may_not():
    accepted = "SELECT FIRST_NAME, SALARY FROM Worker WHERE SALARY IS NOT NULL ORDER BY SALARY DESC"
    assert outcome(f"{accepted}, FIRST_NAME DESC", accepted).outcome == "passed"
    assert outcome(accepted.replace("DESC", "ASC"), accepted).outcome == "failed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELEC 1", "syntax"),
        ("SELECT", "syntax"),
        ("SELECT nobody FROM Worker", "raised"),
        ("ATTACH DATABASE '/tmp/harness-attached.db' AS other", "raised"),
        ("PRAGMA writable_schema = 1", "raised"),
        ("SELECT * FROM pragma_database_list", "raised"),
        ("DELETE FROM Worker", "raised"),
        ("INSERT INTO Worker VALUES (99,'a','b',1,'c','d')", "raised"),
        ("DROP TABLE Worker", "raised"),
        ("CREATE TABLE mine (x)", "raised"),
        ("VACUUM INTO '/tmp/harness-attached.db'", "raised"),
        ("BEGIN", "raised"),
        ("SELECT 1; DROP TABLE Worker", "raised"),
        ("SELECT load_extension('/tmp/x')", "raised"),
        ("SELECT randomblob(1000000000)", "raised"),
        ("SELECT 1 -- \x00", "raised"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT MAX(x) FROM n", "timeout"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n", "output"),
    ],
)
def test_what_is_no_query_or_takes_too_much_has_an_outcome_and_harms_nothing(text: str, expected: str):
    assert outcome(text, "SELECT 1", seconds=0.2).outcome == expected
    assert outcome("SELECT COUNT(*) FROM Worker", "SELECT 10").passed
    assert not Path("/tmp/harness-attached.db").exists()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("```sql\nSELECT 1;\n```", "SELECT 1"),
        ("먼저 ```sql\nSELECT 1\n```\n고치면:\n```sql\nSELECT 2;\n```\n입니다.", "SELECT 2"),
        ("The answer is:\nSELECT a\nFROM t\n\nIt returns a.", "SELECT a\nFROM t"),
        ("SQL: SELECT ';' FROM t; SELECT 2", "SELECT ';' FROM t"),
        (
            "WITH x AS (SELECT 1)\nSELECT * FROM x -- all; of it\n",
            "WITH x AS (SELECT 1)\nSELECT * FROM x -- all; of it",
        ),
        ("```python\nprint(1)\n```", None),
        ("잘 모르겠습니다.", None),
    ],
)
def test_the_query_is_taken_out_of_a_reply(reply: str, expected: str | None):
    assert query(reply) == expected


def test_every_accepted_query_of_the_workers_is_right_and_no_question_takes_any_answer():
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    assert len({row["queries"][0] for row in rows}) >= 60
    assert Counter(row["language"] for row in rows) == {"ko": len(rows) // 2, "en": len(rows) // 2}
    for row in rows:
        assert all(outcome(one, *row["queries"]).passed for one in row["queries"]), row
        assert not outcome("SELECT 'nobody'", *row["queries"]).passed, row


def test_a_run_on_the_command_line_counts_outcomes_and_needs_no_sandbox(shell):
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()][:4]
    replies = [f"```sql\n{rows[0]['queries'][0]}\n```", "SELECT 1", "SELECT nobody FROM Worker", "모릅니다"]
    written = [{"id": row["id"], "reply": reply} for row, reply in zip(rows, replies, strict=True)]
    shell.write("replies.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in written))
    asked = (
        "run",
        "-t",
        "sql_worker",
        "-b",
        "recorded",
        "-m",
        "file=replies.jsonl",
        "--sample",
        "--limit",
        "4",
    )
    assert shell(*asked).code == 2
    (run,) = shell(*asked, "--allow-code-execution", "--json").json["runs"]
    assert run["metrics"]["execution_accuracy"]["value"] == 0.25
    assert run["metrics"]["ran"]["value"] == 0.5
    assert run["outcomes"] == {"passed": 1, "failed": 1, "raised": 1}
    assert run["execution"]["sandbox"] == "sqlite in memory"


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not beside the checkout")
def test_every_accepted_query_of_sql_eval_runs_and_is_right():
    folder = DATA / "sql_eval"
    known = {path.stem: (path.resolve(), "postgres") for path in (folder / "schemas").glob("*.sql")}
    outcomes, questions = Counter[str](), 0
    for name in ("questions_gen", "instruct_basic", "instruct_advanced"):
        with (folder / f"{name}_sqlite.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                questions += 1
                target = {"database": row["db_name"], "queries": row["query"]}
                for one in sql_queries.accepted_queries(row["query"]):
                    outcomes[sql_queries.judged(one, target, known, 10.0).outcome] += 1
    assert (questions, outcomes) == (314, {"passed": 467})
