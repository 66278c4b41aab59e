"""The real replies whose answers were written down by hand: which they are, and their text.

The text lies in `../shared/replies` and is never copied; `tests/gold/*.jsonl` hold, by id, what each states:
a letter, or a number in each form that the reply gives it; null where it states nothing, or an expression
still to be worked out. `second` is what the second pass said where it differed. The first samples have been
looked at while rules were made; a *blind* one is drawn, read by hand and committed before a reader sees it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("HARNESS_SHARED") or Path(__file__).parents[2] / "shared")
REPLIES = SHARED / "replies"
GOLD = Path(__file__).parents[1] / "tests" / "gold" / "real_replies.jsonl"
MORE_NUMBERS = GOLD.with_name("more_numbers.jsonl")  # drawn, and read by hand, after the rules were made
SEED, SECOND_SEED = 17, 18
# Seeds of the samples that were read by hand before a reader saw them, and what they are of.
BLIND = {
    **{19: "numbers and options", 20: "numbers", 21: "numbers of other kinds"},
    **{22: "numbers once more", 23: "numbers once more", 24: "prose and choices"},
}
# Files that hold at least 300 Korean replies of more than ten characters: six systems, five suites.
KOREAN = (
    "click/nova-2-lite-medium-2025-12-13",
    "haerae/nova-2-lite-2025-12-05",
    "kmmlu/llama-3-1-8b-instruct",
    "kmmlu/phi-3-5-mini-instruct-5shot",
    "kmmlu_hard/claude-haiku-4-5-2025-12-05",
    "kmmlu_hard/gpt-35-turbo-230613",
    "kmmlu_hard/llama-3-1-8b-instruct",
    "kmmlu_hard/nova-2-lite-medium-2025-12-05",
    "kmmlu_hard/phi-3-5-moe-instruct-5shot",
    "kobalt/nova-2-lite-2025-12-05",
    "kormedmcqa/nova-2-lite-2025-12-11",
)
GSM8K = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification", "tora_code_34b")
# LogicKor's turns of mathematics that ask for one number: ids of its questions, both turns of each.
_FAILURE = re.compile(r"\[?[A-Z]+(?:_[A-Z]+)+\]?")  # CONTENT_FILTER_ERROR is no reply
NUMERIC_TURNS = ((11, 0), (11, 1), (12, 0), (12, 1), (13, 0), (13, 1))
# More that ask for one number: LogicKor's turns of reasoning, AlpacaEval's rows, KoMT-Bench's first turns.
REASONING_TURNS = ((2, 1), (3, 0), (6, 0))
ALPACA_EVAL = (149, 150, 168, 172, 268, 359, 448, 765, 767, 768, 773, 793)
KOMT_BENCH = (111, 112, 113, 114, 115, 117, 118, 119, 120)
ALPACA_EVAL_PROSE = (108, 125, 224, 461, 587)
KOMT_BENCH_SECOND = (104, 111, 112, 113, 114, 115, 118, 119, 120)
ALPACA_EVAL_ESTIMATES = (766, 769, 770, 771, 772, 774)
NUMBERS = (
    *("gsm8k", "logickor", "bbh", "alpaca_eval", "komt_bench", "komt_bench_second"),
    *("logickor_11_1", "mmlu_pro_numbers", "kmmlu_hard_numbers", "alpaca_eval_estimates"),
    "alpaca_eval_prose",
)
# A choice that is one number with its unit: 4.65 kJ/mol, $1,500, 3/4.
_NUMBER = re.compile(
    r"\s*[-$]{0,2}\s*[\d.,/]+\s*(?:[x×*] ?10\^?\{?[-+]?\d+\}?)?\s*[%°]?\s*[A-Za-z/^0-9%° ]{0,14}"
)


@dataclass(frozen=True)
class Reply:
    """A real reply: its id, its text, the options it chooses among (none where a number is asked for)."""

    id: str
    text: str
    choices: tuple[str, ...] = ()
    target: str | None = None

    @property
    def group(self) -> str:
        """Return the folder that the reply is from."""
        return self.id.partition("/")[0]


def drawn() -> list[Reply]:
    """Return the 600 replies that the seed draws, a stratum after another, in order of their ids."""
    counts = {f"mmlu_pro/{path.name[:-9]}": 25 for path in sorted((REPLIES / "mmlu_pro").glob("*.jsonl.gz"))}
    counts |= {f"korean/{name}": 18 + (number < 2) for number, name in enumerate(KOREAN)}
    counts |= {f"gsm8k/{name}": 20 for name in GSM8K} | {"logickor": 100}
    return [reply for stratum, count in counts.items() for reply in _draw(stratum, count)]


def more_numbers() -> list[Reply]:
    """Return 110 other replies that a number is asked of: 20 of GPT-3's solutions, 30 of ToRA's, 60 turns."""
    used = {reply.id for reply in drawn()}
    counts = {f"gsm8k/{name}": 5 for name in GSM8K[:-1]} | {f"gsm8k/{GSM8K[-1]}": 30, "logickor": 60}
    return [reply for stratum, count in counts.items() for reply in _draw(stratum, count, SECOND_SEED, used)]


def blind(seed: int) -> list[Reply]:
    """Return replies of no earlier sample: some 300 that a number is asked of, and of 19 150 of options."""
    used = {reply.id for reply in (*drawn(), *more_numbers())}
    used |= {reply.id for earlier in BLIND if earlier < seed for reply in blind(earlier)}
    used |= {f"logickor_11_1/{key.partition('/')[2]}" for key in used if key.startswith("logickor/")}
    used |= {f"logickor/{key.partition('/')[2]}" for key in used if key.startswith("logickor_11_1/")}
    counts = _other_kinds() if "other" in BLIND[seed] else _numbers()
    if "once more" in BLIND[seed]:
        counts = _numbers_once_more()
    if "prose" in BLIND[seed]:  # by then AlpacaEval's dozen questions and KoMT-Bench's turns are all read
        counts = {f"mmlu_pro_numbers/{name}": 6 for name in _named("mmlu_pro")}
        counts |= {f"alpaca_eval_prose/{name}": 3 for name in (*_named("alpaca_eval"), "gpt4_1106_preview")}
    if "options" in BLIND[seed]:
        counts |= {f"mmlu_pro/{name}": 10 for name in _named("mmlu_pro")}
        counts |= {f"korean/{name}": 6 + (number < 4) for number, name in enumerate(KOREAN)}
    return [reply for stratum, count in counts.items() for reply in _draw(stratum, count, seed, used)]


def _numbers() -> dict[str, int]:
    """Return strata of numbers; of LogicKor three replies of each of its 53 models."""
    counts = {f"logickor/{path.name}": 3 for path in sorted((REPLIES / "logickor").iterdir())}
    counts |= {f"gsm8k/{name}": 10 for name in GSM8K[:-1]} | {f"gsm8k/{GSM8K[-1]}": 50}
    counts |= {"bbh/cot/object_counting": 30, "komt_bench": len(KOMT_BENCH)}
    return counts | {f"alpaca_eval/{name}": 3 for name in (*_named("alpaca_eval"), "gpt4_1106_preview")}


def _numbers_once_more() -> dict[str, int]:
    """Return the strata of `_numbers` again, as far as replies are left; KoMT-Bench's second turns."""
    counts = {f"logickor/{path.name}": 2 for path in sorted((REPLIES / "logickor").iterdir())}
    counts |= {f"gsm8k/{name}": 10 for name in GSM8K[:-1]} | {f"gsm8k/{GSM8K[-1]}": 40}
    counts |= {"bbh/cot/object_counting": 20, "komt_bench_second": 5}
    return counts | {f"alpaca_eval/{name}": 3 for name in (*_named("alpaca_eval"), "gpt4_1106_preview")}


def _other_kinds() -> dict[str, int]:
    """Return strata whose replies no rule has been tried on: another turn, worked solutions of choices."""
    counts = {"logickor_11_1": 40, "bbh/cot/object_counting": 20}
    counts |= {f"mmlu_pro_numbers/{name}": 18 for name in _named("mmlu_pro")}
    counts |= {"kmmlu_hard_numbers/claude-haiku-4-5-2025-12-05": 25}
    counts |= {f"gsm8k/{name}": 8 for name in GSM8K[:-1]} | {f"gsm8k/{GSM8K[-1]}": 28}
    return counts | {
        f"alpaca_eval_estimates/{name}": 3 for name in (*_named("alpaca_eval"), "gpt4_1106_preview")
    }


def _named(folder: str) -> list[str]:
    return sorted(path.name[:-9] for path in (REPLIES / folder).glob("*.jsonl.gz"))


def blind_labels(seed: int) -> Path:
    """Return the file of what the replies of a blind sample state."""
    return GOLD.with_name(f"blind_{seed}.jsonl")


def read_by_hand() -> list[int]:
    """Return the seeds whose replies have been read by hand: a sample is drawn and committed before."""
    return [seed for seed in BLIND if blind_labels(seed).exists()]


def _draw(
    stratum: str, count: int, seed: int = SEED, used: frozenset[str] | set[str] = frozenset()
) -> list[Reply]:
    known = {key: reply for key, reply in stratum_replies(stratum).items() if key not in used}
    chosen = random.Random(f"{seed}/{stratum}").sample(sorted(known), min(count, len(known)))
    return [known[key] for key in sorted(chosen)]


@lru_cache
def stratum_replies(stratum: str) -> dict[str, Reply]:
    """Return every reply of a stratum by its id."""
    group, _, name = stratum.partition("/")
    readers: dict[str, Callable[[str], Iterable[Reply]]] = {
        "mmlu_pro": _mmlu_pro,
        "korean": _korean,
        "gsm8k": _gsm8k,
        "logickor": _logickor,
        "bbh": _bbh,
        "alpaca_eval": _alpaca_eval,
        "komt_bench": _komt_bench,
        "komt_bench_second": _komt_bench_second,
        "logickor_11_1": _logickor_11_1,
        "mmlu_pro_numbers": _mmlu_pro_numbers,
        "kmmlu_hard_numbers": _kmmlu_hard_numbers,
        "alpaca_eval_prose": lambda system: _alpaca_eval(system, "_prose", ALPACA_EVAL_PROSE),
        "alpaca_eval_estimates": lambda system: _alpaca_eval(system, "_estimates", ALPACA_EVAL_ESTIMATES),
    }
    found = readers[group](name)
    return {reply.id: reply for reply in found}


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line]


@lru_cache
def questions() -> dict[int, Any]:
    """Return MMLU-Pro's questions by id."""
    rows = _lines(SHARED / "data" / "mmlu_pro" / "test_full.jsonl.gz")
    return {row["question_id"]: row for row in rows}


def _mmlu_pro(name: str) -> Iterator[Reply]:
    for row in _lines(REPLIES / "mmlu_pro" / f"{name}.jsonl.gz"):
        question = questions()[row["question_id"]]
        yield Reply(
            f"mmlu_pro/{name}/{row['question_id']}",
            row["reply"],
            tuple(question["options"]),
            question["answer"],
        )


@lru_cache
def _click_choices() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return CLIcK's choices by (id, right letter)."""
    found = {}
    for path in sorted((SHARED / "data" / "click" / "Dataset").rglob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            choices = tuple(row["choices"])
            if row["answer"] in choices:
                found[row["id"], "ABCDE"[choices.index(row["answer"])]] = choices
    return found


def _korean(name: str) -> Iterator[Reply]:
    csv.field_size_limit(10**9)
    text = gzip.decompress((REPLIES / "korean" / f"{name}.csv.gz").read_bytes()).decode()
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline=""))):
        said = row["response"] or ""
        if len(said.strip()) > 10 and not _FAILURE.fullmatch(said.strip()):
            choices = _click_choices().get((row.get("id") or "", row["answer"]), ())
            yield Reply(f"korean/{name}/{number}", said, choices, row["answer"])


def _gsm8k(name: str) -> Iterator[Reply]:
    if name == "tora_code_34b":
        for row in _lines(REPLIES / "gsm8k" / "tora_code_34b.jsonl.gz"):
            yield Reply(f"gsm8k/{name}/{row['idx']}", row["reply"], target=str(row["target"]))
        return
    for number, row in enumerate(_lines(REPLIES / "gsm8k" / "openai_solutions.jsonl.gz")):
        yield Reply(f"gsm8k/{name}/{number}", row[name]["solution"])


def _logickor(name: str) -> Iterator[Reply]:
    """Yield the turns of mathematics; of one model, which blind samples are drawn from, of reasoning, too."""
    for path in sorted((REPLIES / "logickor").glob(f"{name or '*'}/*.jsonl.gz")):
        rows = {row["id"]: row for row in _lines(path)}
        for number, turn in (*NUMERIC_TURNS, *(REASONING_TURNS if name else ())):
            key = f"logickor/{path.parent.name}/{path.name[:-9]}/{number}/{turn}"
            yield Reply(key, rows[number]["outputs"][turn])


def _bbh(name: str) -> Iterator[Reply]:
    for number, row in enumerate(_lines(REPLIES / "bbh" / f"{name}.jsonl.gz")):
        yield Reply(f"bbh/{name}/{number}", row["reply"], target=row["target"])


def _alpaca_eval(name: str, kind: str = "", numbers: tuple[int, ...] = ALPACA_EVAL) -> Iterator[Reply]:
    """Yield a system's answers; those of the model that all are held against are in each file."""
    path = REPLIES / "alpaca_eval" / f"{name}.jsonl.gz"
    file, column = (path, "output_2") if path.exists() else (path.with_name("alpaca-7b.jsonl.gz"), "output_1")
    asked = [row["instruction"] for row in _lines(path.with_name("alpaca-7b.jsonl.gz"))]
    rows = {row["instruction"]: row[column] for row in _lines(file)}
    for number in numbers:
        if asked[number] in rows:
            yield Reply(f"alpaca_eval{kind}/{name}/{number}", rows[asked[number]])


def _logickor_11_1(_name: str) -> Iterator[Reply]:
    for reply in _logickor(""):
        if reply.id.endswith("/11/1"):
            yield Reply(f"logickor_11_1/{reply.id.partition('/')[2]}", reply.text)


def _mmlu_pro_numbers(name: str) -> Iterator[Reply]:
    """Yield the replies to questions all of whose choices are numbers."""
    for reply in _mmlu_pro(name):
        if len(reply.choices) > 4 and all(map(_NUMBER.fullmatch, reply.choices)):
            yield Reply(f"mmlu_pro_numbers/{reply.id.partition('/')[2]}", reply.text)


def _kmmlu_hard_numbers(name: str) -> Iterator[Reply]:
    """Yield worked solutions: replies of more than 250 characters."""
    for reply in _korean(f"kmmlu_hard/{name}"):
        if len(reply.text) > 250:
            yield Reply(f"kmmlu_hard_numbers/{name}/{reply.id.rpartition('/')[2]}", reply.text)


def _komt_bench(_name: str) -> Iterator[Reply]:
    """Yield the answers that stand in what the judge was asked about first turns."""
    for row in _lines(REPLIES / "komt_bench" / "gpt-4_single_final.jsonl.gz"):
        if int(row["question_id"]) in KOMT_BENCH and int(row["turn"]) == 1:
            said = (
                row["user_prompt"].partition("[어시스턴트 답변 시작]")[2].partition("[어시스턴트 답변 끝]")[0]
            )
            yield Reply(f"komt_bench/{row['question_id']}", said.strip())


def _komt_bench_second(_name: str) -> Iterator[Reply]:
    """Yield the second answers: the last that stand in what the judge was asked about second turns."""
    for row in _lines(REPLIES / "komt_bench" / "gpt-4_single_final.jsonl.gz"):
        if int(row["question_id"]) in KOMT_BENCH_SECOND and int(row["turn"]) == 2:
            said = row["user_prompt"].rpartition("### 어시스턴트 A:")[2].partition("<|어시스턴트 A와")[0]
            yield Reply(f"komt_bench_second/{row['question_id']}", said.strip())
