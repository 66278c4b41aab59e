"""Our verdicts on calls of functions beside those of BFCL's own checker.

    python -m benchmarks.function_calling --data-dir DIR [--mutants 5000]
    tox -e bfcl -- --data-dir DIR

Needs `pip install --no-deps bfcl-eval==2026.3.23`; its table of models, which would pull every client there
is, is replaced by one that renames no function. Each ground truth is a call of the first values allowed;
mutants change one thing of one: a call more or less, a name, an argument left out, beside, or of another
value or type. The figures are written to `function_calling.md`.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.metrics.function_calling import Call, right
from harness.reports.writers.markdown import table

OUT = Path(__file__).with_name("function_calling.md")
CATEGORIES = (
    *("simple_python", "multiple", "parallel", "parallel_multiple"),
    *("live_simple", "live_parallel", "live_parallel_multiple"),
)
SEED = 5

Item = tuple[str, list[Any], list[Any]]  # category, functions, answers
Checker = Callable[[str, list[Any], list[Call], list[Any]], bool]


def theirs() -> Checker:
    """Return BFCL's checker as a function of category, functions, calls and answers."""
    models = types.ModuleType("bfcl_eval.constants.model_config")
    keeps_names = types.SimpleNamespace(underscore_to_dot=False)
    table_of_models = type("Any", (dict,), {"__missing__": lambda *_: keeps_names})
    models.MODEL_CONFIG_MAPPING = table_of_models()  # type: ignore[attr-defined]
    sys.modules["bfcl_eval.constants.model_config"] = models
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    def check(category: str, functions: list[Any], calls: list[Call], answers: list[Any]) -> bool:
        made = [{call.name: call.arguments} for call in calls]
        return bool(ast_checker(functions, made, answers, Language.PYTHON, category, "any")["valid"])

    return check


def items(data: Path) -> list[Item]:
    """Return every question whose answers are at hand."""
    found: list[Item] = []
    for category in CATEGORIES:
        name = f"BFCL_v4_{category}.json"
        asked = {row["id"]: row["function"] for row in _lines(data / "bfcl" / name)}
        answers = _lines(data / "bfcl" / "possible_answer" / name)
        found += [(category, asked[row["id"]], row["ground_truth"]) for row in answers]
    return found


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def truth(answers: list[Any], which: int = 0) -> list[Call]:
    """Return calls with an allowed value of each argument; some that may be left out are."""
    calls = []
    for one in answers:
        ((name, allowed),) = one.items()
        given = {}
        for key, values in allowed.items():
            value = values[which % len(values)] if values else ""
            if value == "" and values and values[0] != "":
                value = values[0]
            if value != "":
                given[key] = _value(value)
        calls.append(Call(name, given))
    return calls


def _value(allowed: Any) -> Any:
    """Return a value of what is allowed: an object's keys hold lists of values."""
    if isinstance(allowed, dict):
        firsts = {key: one[0] if isinstance(one, list) and one else one for key, one in allowed.items()}
        return {key: _value(one) for key, one in firsts.items() if one != ""}
    return [_value(one) for one in allowed] if isinstance(allowed, list) else allowed


def mutant(calls: list[Call], rng: random.Random) -> list[Call]:
    """Return the calls with one thing changed."""
    made = [Call(call.name, copy.deepcopy(dict(call.arguments))) for call in calls]
    kind, place = rng.randrange(9), rng.randrange(len(made))
    name, arguments = made[place]
    if kind == 0:
        made.pop(place)
    elif kind == 1:
        made.append(rng.choice(made))
    elif kind == 2:
        made[place] = Call(f"{name}_x", arguments)
    elif kind == 3:
        rng.shuffle(made)
    elif kind == 4 or not arguments:
        arguments["extra"] = 1  # type: ignore[index]
    elif kind == 5:
        arguments.pop(rng.choice(list(arguments)))  # type: ignore[attr-defined]
    else:
        key = rng.choice(list(arguments))
        arguments[key] = rng.choice(_others(arguments[key]))  # type: ignore[index]
    return made


def _others(value: Any) -> list[Any]:
    """Return values near to one, most of them of its own type."""
    near: list[Any] = []
    if isinstance(value, str):
        near = [value.upper(), value.replace(" ", "-"), f"{value}x", value[:-1]]
    elif isinstance(value, bool):
        near = [not value]
    elif isinstance(value, int | float):
        near = [value + 1, -value, float(value), int(value)]
    elif isinstance(value, list):
        near = [value[::-1], value + value, value[:-1], [str(one) for one in value]]
    elif isinstance(value, dict):
        pairs = list(value.items())
        near = [dict(pairs[:-1]), {**value, "z": 1}, {key: str(one) for key, one in pairs}]
    return [*near * 3, str(value), value, None, [value], {"a": value}, 1, 1.0, True, "x"]


def main() -> None:
    """Compare, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--mutants", type=int, default=5000)
    asked = parser.parse_args()
    check, known, rng = theirs(), items(asked.data_dir), random.Random(SEED)
    truths = [(c, f, truth(a), a) for c, f, a in known]
    drawn = [rng.choice(known) for _ in range(asked.mutants)]
    changed = [(c, f, mutant(truth(a, rng.randrange(3)), rng), a) for c, f, a in drawn]
    rows = []
    for name, cases in (("ground truths", truths), ("one change", changed)):
        verdicts = [(check(c, f, calls, a), right(f, calls, a, c)) for c, f, calls, a in cases]
        differ = sum(one != other for one, other in verdicts)
        rows.append([name, f"{len(cases):,}", f"{sum(one for one, _ in verdicts):,}", str(differ)])
    text = table(["calls", "cases", "right by their checker", "verdicts that differ"], rows)
    text = f"# Calls of functions, by BFCL's checker and ours\n\n{text}\n"
    sys.stdout.write(text)
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
