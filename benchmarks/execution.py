"""Programs that models wrote, judged here and by those who recorded them: HumanEval.

    python -m benchmarks.execution --replies DIR --data-dir DIR [--only verdicts,solutions,queries,mutants]

`--replies` holds `humaneval/MODEL.jsonl.gz`, ten programs a problem with the verdict `passed` that its
authors gave each. They go the road of any run, by the backend `recorded`; `execution.md` is written from the
journals. Mutants are canonical solutions with one operator, number or comparison changed; their oracle is a
plain `python FILE`. No text of the data set is in the page.
"""

from __future__ import annotations

import argparse
import ast
import csv
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import harness
from harness.databases.sqlite import database
from harness.execution import python_tests, sandboxes, sql_queries
from harness.execution.limits import Limits
from harness.execution.pool import Pool
from harness.reports.writers.markdown import table
from harness.runs import Run

OUT = Path(__file__).with_name("execution.md")
PUBLISHED = {"gpt-3.5-turbo": 0.7695, "codellama-34b-instruct": 0.4512}
RUNS, MUTANTS, SQL_MUTANTS, SEED = 10, 500, 300, 23

TIES = (
    "The oracle is strict about the order of rows that tie in every key shown; a verdict differs there alone."
)

Problem = dict[str, Any]


def problems(data: Path) -> list[Problem]:
    """Return HumanEval's problems."""
    with gzip.open(data / "humaneval" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def verdicts(replies: Path, data: Path, runs: Path) -> Iterator[list[str]]:
    """Yield a row a model: verdicts, those that differ, pass@1 here and as published, outcomes, seconds."""
    for model, published in PUBLISHED.items():
        path = replies / "humaneval" / f"{model}.jsonl.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            theirs = {(row["task_id"], row["run"] - 1): row["passed"] for row in map(json.loads, lines)}
        began = time.perf_counter()
        run = harness.run(
            "humaneval",
            "recorded",
            settings={"file": str(path), "id": "task_id", "repeat": "run"},
            data_dir=data,
            runs_dir=runs,
            repeat=RUNS,
            allow_code_execution=True,
        )[0]
        seconds = time.perf_counter() - began
        differ = [f"{key[0]} run {key[1] + 1}" for key, passed in _ours(run).items() if theirs[key] != passed]
        found = run.metrics["pass@1"]
        outcomes = ", ".join(f"{name} {count}" for name, count in run.document.outcomes.items())
        yield [
            *(model, f"{len(theirs):,}", str(len(differ)), f"{found.value:.4f}", f"{published:.4f}"),
            *(f"[{found.ci_low:.4f}, {found.ci_high:.4f}]", f"{run.metrics[f'pass@{RUNS}'].value:.4f}"),
            *(outcomes, f"{seconds:.0f}"),
        ]
        for one in differ[:10]:
            sys.stderr.write(f"{model}: {one} differs\n")


def _ours(run: Run) -> dict[tuple[str, int], bool]:
    return {record.key: bool((record.scores or {})["pass@1"][0]) for record in run.samples()}


def solutions(data: Path) -> Iterator[list[str]]:
    """Yield how many of the canonical solutions, and of two bodies that do nothing, pass."""
    bodies = {"canonical solution": None, "pass": "    pass\n", "return None": "    return None\n"}
    for name, body in bodies.items():
        sources = [
            python_tests.program(body or one["canonical_solution"], _target(one)) for one in problems(data)
        ]
        yield [name, str(sum(_passed(sources))), str(len(sources))]


def _target(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {key: problem[key] for key in ("prompt", "entry_point", "test")}


def _passed(sources: list[str]) -> list[bool]:
    pool = Pool(sandboxes.chosen(), Limits())
    try:
        return [future.result().passed for future in [pool.submit(source) for source in sources]]
    finally:
        pool.close()


class _Edit(ast.NodeTransformer):
    """Changes the n-th place of a module that can be changed; `places` counts them."""

    COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq}
    COMPUTED = {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Add,
        ast.FloorDiv: ast.Div,
        ast.Mod: ast.Mult,
    }

    def __init__(self, place: int) -> None:
        self.place, self.places = place, 0

    def _here(self) -> bool:
        self.places += 1
        return self.places - 1 == self.place

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Change the first comparison of a chain."""
        self.generic_visit(node)
        other = self.COMPARED.get(type(node.ops[0]))
        if other is not None and self._here():
            node.ops[0] = other()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Change an operator."""
        self.generic_visit(node)
        other = self.COMPUTED.get(type(node.op))
        if other is not None and self._here():
            node.op = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Change `and` to `or`, `or` to `and`."""
        self.generic_visit(node)
        if self._here():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Change a number by one, a truth to its opposite."""
        if isinstance(node.value, bool) and self._here():
            return ast.copy_location(ast.Constant(not node.value), node)
        if type(node.value) is int and self._here():
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node


def mutants(data: Path) -> list[tuple[str, str, str]]:
    """Return (problem, edit, program) of one-edit mutants, drawn by a seed."""
    found = []
    for problem in problems(data):
        module = problem["prompt"] + problem["canonical_solution"]
        counter = _Edit(-1)
        counter.visit(ast.parse(module))
        for place in range(counter.places):
            edited = ast.unparse(ast.fix_missing_locations(_Edit(place).visit(ast.parse(module))))
            found.append(
                (problem["task_id"], f"place {place}", python_tests.program(edited, _target(problem)))
            )
    return random.Random(SEED).sample(found, MUTANTS)


def _plain(source: str) -> bool:
    """Return whether a plain Python gets to the last line of a program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(f"{source}\nprint('got there')\n", encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(path)], capture_output=True, timeout=30, check=False, cwd=folder
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0 and done.stdout.endswith(b"got there\n")


def mutated(data: Path) -> tuple[list[list[str]], list[str]]:
    """Return the table of mutants here and in a plain process, and those that pass."""
    drawn = mutants(data)
    sources = [source for _, _, source in drawn]
    ours = _passed(sources)
    with ThreadPoolExecutor(2) as threads:
        theirs = list(threads.map(_plain, sources))
    pairs = Counter(zip(ours, theirs, strict=True))
    rows = [[str(len(drawn)), str(sum(ours)), str(pairs[True, False] + pairs[False, True])]]
    return rows, [f"{name} {edit}" for (name, edit, _), passed in zip(drawn, ours, strict=True) if passed]


def queries(data: Path) -> Iterator[list[str]]:
    """Yield how the accepted queries of sql-eval fare, and one-edit mutants of them.

    A mutant is right where its rows are those of an accepted query, which is asked of the databases alone:
    sorted, or in order where the accepted query sorts.
    """
    bases, rows = _databases(data), _questions(data)
    accepted = [(row, one) for row in rows for one in sql_queries.accepted_queries(row["query"])]
    right = [_verdict(row, one, bases) for row, one in accepted]
    yield ["accepted", str(len(rows)), str(len(accepted)), str(sum(right)), "0"]
    drawn, wrong, passed = random.Random(SEED).sample(accepted, len(accepted)), 0, 0
    judged = 0
    for row, one in drawn:
        mutant = _mutant(one)
        if mutant is None or judged == SQL_MUTANTS:
            continue
        judged += 1
        ours, plain = _verdict(row, mutant, bases), _plainly_right(row, mutant, bases)
        passed, wrong = passed + ours, wrong + (ours != plain)
    yield ["one edit", "", str(judged), str(passed), str(wrong)]


def _questions(data: Path) -> list[dict[str, str]]:
    names = ("questions_gen", "instruct_basic", "instruct_advanced")
    rows: list[dict[str, str]] = []
    for name in names:
        with (data / "sql_eval" / f"{name}_sqlite.csv").open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines)
    return rows


def _databases(data: Path) -> dict[str, tuple[Path, str]]:
    return {path.stem: (path.resolve(), "postgres") for path in (data / "sql_eval/schemas").glob("*.sql")}


def _verdict(row: Mapping[str, str], query: str, bases: Mapping[str, tuple[Path, str]]) -> bool:
    return sql_queries.judged(
        query, {"database": row["db_name"], "queries": row["query"]}, bases, 10.0
    ).passed


def _mutant(query: str) -> str | None:
    """Return a query with one thing changed: a comparison, a number, an order, a function, DISTINCT."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(query, read="sqlite")
    except sqlglot.errors.SqlglotError:
        return None
    swaps = {exp.GT: exp.LTE, exp.LT: exp.GTE, exp.GTE: exp.LT, exp.LTE: exp.GT, exp.EQ: exp.NEQ}
    swaps |= {exp.Sum: exp.Max, exp.Max: exp.Min, exp.Avg: exp.Sum, exp.And: exp.Or}
    places = [node for node in tree.walk() if type(node) in swaps or isinstance(node, exp.Ordered)]
    places += [node for node in tree.find_all(exp.Literal) if node.is_int]
    if not places:
        return None
    node = random.Random(f"{SEED}{query}").choice(places)
    if isinstance(node, exp.Ordered):
        node.set("desc", not node.args.get("desc"))
    elif isinstance(node, exp.Literal):
        node.replace(exp.Literal.number(int(node.name) + 1))
    else:
        node.replace(swaps[type(node)](**node.args))
    return str(tree.sql(dialect="sqlite"))


def _plainly_right(row: Mapping[str, str], query: str, bases: Mapping[str, tuple[Path, str]]) -> bool:
    base = database(*bases[row["db_name"]])
    try:
        found = _plain_rows(base.query(query, 10.0).rows)
    except Exception:
        return False
    for one in sql_queries.accepted_queries(row["query"]):
        wanted = _plain_rows(base.query(one, 60.0).rows)
        if sorted(found) == sorted(wanted) and (found == wanted or "ORDER BY" not in one.upper()):
            return True
    return False


def _plain_rows(rows: list[tuple[Any, ...]]) -> list[str]:
    return [
        repr([float(f"{one:.6g}") if isinstance(one, (int, float)) else one for one in row]) for row in rows
    ]


def main() -> None:
    """Write `execution.md` anew, or print the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--replies", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--runs-dir", type=Path)
    parser.add_argument("--only", default="verdicts,solutions,queries,mutants")
    asked = parser.parse_args()
    parts = asked.only.split(",")
    told = ["# Programs that models wrote\n", f"Sandbox: {sandboxes.described(sandboxes.chosen())}.\n"]
    with tempfile.TemporaryDirectory() as folder:
        if "verdicts" in parts:
            header = [
                "replies of",
                "verdicts",
                "differ",
                "pass@1",
                "published",
                "95 %",
                "pass@10",
                "outcomes",
                "s",
            ]
            told += [
                "## Recorded verdicts\n",
                table(header, list(verdicts(asked.replies, asked.data_dir, asked.runs_dir or Path(folder)))),
            ]
        if "solutions" in parts:
            told += ["\n## Bodies\n", table(["body", "pass", "of"], list(solutions(asked.data_dir)))]
        if "queries" in parts:
            header = ["queries", "questions", "asked", "right", "differ from the oracle"]
            told += ["\n## SQL\n", table(header, list(queries(asked.data_dir))), f"\n{TIES}"]
        if "mutants" in parts:
            rows, survivors = mutated(asked.data_dir)
            told += [
                "\n## One-edit mutants\n",
                table(["mutants", "pass", "differ from a plain process"], rows),
            ]
            told += [f"\nThose that pass ({len(survivors)}): {', '.join(survivors)}."]
    text = "\n".join(told) + "\n"
    print(text)
    if len(parts) == 4:
        OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
