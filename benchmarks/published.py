"""Published figures out of the replies behind them: theirs, ours by their reader, our own beside it.

    python -m benchmarks.published --replies DIR --data-dir DIR [--runs-dir DIR] [--only mmlu_pro]

`--replies` holds the replies as their authors recorded them: `mmlu_pro/MODEL.jsonl.gz`, `gsm8k/`,
`korean/SUITE/MODEL.csv.gz` with `PUBLISHED.md`, `bbh/{direct,cot}/TASK.jsonl.gz`. Each goes the road of
any run, by the backend `recorded`; `published.md` is written from the journals. No text of theirs is in
it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import harness
from harness.config.documents import dump
from harness.records.sample_schema import Record
from harness.reports.writers.markdown import table
from harness.runs import Run

OUT = Path(__file__).with_name("published.md")
TASKS = Path(__file__).with_name("published_tasks")

# The share right as published: unread replies wrong, and each counted as a guess.
MMLU_PRO = {
    "Llama-2-7b-hf": (0.1834, 0.2013),
    "Qwen1.5-7B-Chat": (0.2644, 0.2902),
    "Phi-3-mini-4k-instruct": (0.4148, 0.4309),
    "Mistral-7B-Instruct-v0.2": (0.2876, 0.3077),
    "Yi-6b-Chat": (0.2680, 0.2883),
    "Mixtral-8x7B-Instruct-v0.1": (0.4189, 0.4314),
    # Read by all three patterns; what stayed unread was drawn, so there is one figure, by expectation here.
    "Meta-Llama-3_1-8B-Instruct": (None, 0.4417),
    "mathstral-7B": (None, 0.4194),
}
LATER = ("Meta-Llama-3_1-8B-Instruct", "mathstral-7B")
GSM8K = {"6b_finetuning": 286, "6b_verification": 515, "175b_finetuning": 458, "175b_verification": 742}
TORA, GSM8K_ROWS = 1062, 1319
BBH = {  # per cent right: direct, chain of thought
    "boolean_expressions": (88.4, 92.8),
    "causal_judgement": (63.64, 54.01),
    "formal_fallacies": (52.4, 50.4),
    "geometric_shapes": (32.0, 54.4),
    "logical_deduction_seven_objects": (26.0, 38.8),
    "logical_deduction_three_objects": (52.8, 87.6),
    "navigate": (50.4, 96.4),
    "object_counting": (45.2, 93.2),
    "reasoning_about_colored_objects": (67.6, 91.6),
    "salient_translation_error_detection": (62.0, 60.8),
    "sports_understanding": (72.8, 97.6),
    "tracking_shuffled_objects_five_objects": (20.4, 89.6),
    "tracking_shuffled_objects_seven_objects": (14.4, 85.6),
    "tracking_shuffled_objects_three_objects": (37.6, 78.4),
    "web_of_lies": (51.6, 95.2),
}
# File → the column of PUBLISHED.md that is about it. Other files are of models or ways of asking without one.
KOREAN = {
    "click": {
        "gpt-35-turbo-230613": "GPT-3.5-turbo",
        "gpt-4o-mini-240718": "GPT-4o-mini",
        "gpt-5-mini-2025-08-08": "GPT-5-mini",
        "gpt-5.1-2025-11-13": "GPT-5.1",
        "llama-3-1-8b-instruct": "Llama-3.1-8B-Instruct",
        "phi-3-5-mini-instruct": "Phi-3.5-mini-instruct",
        "phi-3-mini-128k-june": "Phi-3-mini-128k-instruct-June",
        "phi-4": "Phi-4",
    },
    "haerae": {"gpt-5.1-2025-11-13": "GPT-5.1", "phi-3-5-mini-instruct": "Phi-3.5-mini-instruct"},
    "kmmlu": {"gpt-5.1-2025-11-13-0shot": "GPT-5.1", "llama-3-1-8b-instruct": "Llama-3.1-8B-Instruct"},
    "kmmlu_hard": {
        "gpt-35-turbo-230613": "GPT-3.5-turbo",
        "gpt-4o-240513": "GPT-4o",
        "gpt-5-mini-2025-08-08-0shot": "GPT-5-mini",
        "llama-3-1-8b-instruct": "Llama-3.1-8B-Instruct",
        "phi-4-0shot": "Phi-4",
    },
}
HEADINGS = {"click": "CLIcK", "haerae": "HAERAE", "kmmlu": "KMMLU", "kmmlu_hard": "KMMLU-HARD"}
LETTERS = {"haerae": "ABCDE", "kmmlu": "ABCD", "kmmlu_hard": "ABCD"}
FILTERED = ["CONTENT_FILTER_ERROR", "[EMPTY_RESPONSE]"]
Key = dict[str, str | list[str]]  # settings of `recorded`: which row is about which example
CLICK_KEY: Key = {"id": ["id", "answer"], "example": ["{{ id.split('/')[-1] }}", "answer"]}
ROW_KEY: Key = {"id": "row", "example": "{{ id.rpartition('-')[2] }}"}


@dataclass
class Line:
    """A published figure, ours by the authors' reader, our own, and the two readings of each reply counted.

    `counts` maps (how the readings stand to each other, right by theirs, right by ours) to replies.
    """

    name: str
    theirs: float | None
    by_their_reader: float | None
    ours: float
    counts: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)
    also: tuple[tuple[float | None, float], ...] = ()
    failed: int = 0


def main() -> None:
    """Replay what is asked for and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replies", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--runs-dir", type=Path)
    parser.add_argument("--only", choices=("mmlu_pro", "gsm8k", "korean", "bbh"))
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        replies = Replies(
            asked.replies.absolute(), asked.data_dir.absolute(), asked.runs_dir or Path(folder, "runs")
        )
        parts = {"mmlu_pro": mmlu_pro, "gsm8k": gsm8k, "korean": korean, "bbh": bbh}
        chosen = [make for name, make in parts.items() if asked.only in (None, name)]
        text = "\n".join([HEAD, *(make(replies, Path(folder)) for make in chosen)])
    asked.out.write_text(text, encoding="utf-8")
    print(f"written: {asked.out}")


@dataclass(frozen=True)
class Replies:
    """Where the replies and the data lie, and where runs are kept."""

    folder: Path
    data: Path
    runs: Path

    def run(self, task: str, file: str, name: str, data: Path, settings: Mapping[str, Any]) -> Run:
        """Return the run of a task on a recorded file, whatever is missing in it."""
        print(f"{name}: {file}", flush=True)
        given = {"file": os.path.relpath(self.folder / file), **settings}
        (made,) = harness.run(
            task,
            "recorded",
            settings=given,
            name=name,
            data_dir=data,
            runs_dir=self.runs,
            max_failures=1.0,
        )
        return made


def mmlu_pro(replies: Replies, _scratch: Path) -> str:
    """Return the eight models of MMLU-Pro."""
    lines = []
    for model, (wrong, guessed) in MMLU_PRO.items():
        path = f"mmlu_pro/{model}.jsonl.gz"
        made = replies.run("mmlu_pro_cot", path, model, replies.data, {"id": "question_id"})
        reader = "mmlu_pro.v2" if model in LATER else "mmlu_pro.v1"
        right, with_guess = (
            value(made, f"{metric}@{reader}") for metric in ("accuracy", "accuracy_with_guess")
        )
        readings = (((one.official or {})[reader], one.prediction, one.target) for one in of(made))
        counts = compared(readings)
        ours = value(made, "accuracy")
        if wrong is None:
            lines.append(Line(model, 100 * guessed, 100 * with_guess, 100 * ours, counts))
        else:
            also = ((100 * guessed, 100 * with_guess),)
            lines.append(Line(model, 100 * wrong, 100 * right, 100 * ours, counts, also))
    said = (
        "12,032 questions, five shots with reasoning; per cent right. Read by `official:mmlu_pro.v1` "
        "(the first `answer is (X)`), an unread reply wrong; below, each unread reply counts as 1 / "
        "its options. The last two models were read by `official:mmlu_pro.v2`, and what that did not "
        "read was drawn: their one figure is held against the expectation of the draw."
    )
    guesses = [[line.name, *pair(*also)] for line in lines for also in line.also]
    return (
        section("MMLU-Pro", said, lines)
        + "\n"
        + table(["unread as a guess", "theirs", "ours", "difference"], guesses)
        + "\n"
    )


def gsm8k(replies: Replies, _scratch: Path) -> str:
    """Return the four systems of GSM8K's authors, and ToRA."""
    lines = []
    key = {"id": "question", "example": "question"}
    for system, right in GSM8K.items():
        settings = {**key, "reply": f"{system}.solution"}
        made = replies.run("gsm8k", "gsm8k/openai_solutions.jsonl.gz", system, replies.data, settings)
        lines.append(numbers(made, system, right, "gsm8k.v1"))
    task, path = str(TASKS / "gsm8k_tora.yaml"), "gsm8k/tora_code_34b.jsonl.gz"
    tora = replies.run(task, path, "tora_code_34b", replies.data, key)
    lines.append(numbers(tora, "tora_code_34b", TORA, "tora.v1"))
    said = (
        f"{GSM8K_ROWS:,} questions; per cent right. The four systems of the authors by "
        "`official:gsm8k.v1` (the line after `A:`), ToRA by `official:tora.v1` (the last `\\boxed{}`, "
        "else what the program printed)."
    )
    return section("GSM8K", said, lines)


def numbers(made: Run, name: str, right: int, reader: str) -> Line:
    """Return a system whose answers are numbers: the statistics say whether each is right."""
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for record in of(made):
        theirs, ours = (record.official or {})[reader], record.prediction
        scores = record.scores or {}
        theirs_right, ours_right = (
            bool(scores[metric][0] == 1) for metric in (f"numeric_match@{reader}", "numeric_match")
        )
        counts[stand(theirs, ours), theirs_right, ours_right] += 1
    by_reader, own = (100 * value(made, metric) for metric in (f"numeric_match@{reader}", "numeric_match"))
    return Line(name, 100 * right / GSM8K_ROWS, by_reader, own, counts)


def korean(replies: Replies, scratch: Path) -> str:
    """Return the Korean files for which there is a published row."""
    published = overall((replies.folder / "korean/PUBLISHED.md").read_text(encoding="utf-8"))
    lines = []
    for suite, files in KOREAN.items():
        for file, column in files.items():
            lines.append(korean_line(replies, scratch, suite, file, published[suite, column]))
    said = (
        "Per cent right of the examples that did not fail: `BAD_REQUEST_ERROR` and rows that are not "
        "there are failures; a filtered or an empty reply counts wrong. Their reading is the column "
        "`pred` of their files (`label=pred`), their figures are those of `PUBLISHED.md`. CLIcK is "
        "judged by its own data, matched by id and answer; of the others the questions are not at "
        "hand, and the recorded file is the data, a task whose target is its column `answer`."
    )
    return section("Korean multiple choice", said, lines)


def korean_line(replies: Replies, scratch: Path, suite: str, file: str, theirs: float) -> Line:
    """Return a file of Korean replies, read by the column that their authors made of them, and by us."""
    task, data, key = "click", replies.data, CLICK_KEY
    if suite != "click":
        task, data, key = recorded_task(suite, file, scratch), replies.folder / "korean" / suite, ROW_KEY
    path, name = f"korean/{suite}/{file}.csv.gz", f"{suite} {file}"
    read = {"label": "pred", "failed": "FAILED"}
    by_them = replies.run(task, path, f"{name}, their reading", data, {**read, **key})
    read = {"reply": "response", "failed": "BAD_REQUEST_ERROR"}
    by_us = replies.run(task, path, name, data, {**read, "filtered": FILTERED, **key})
    predicted = {record.id: record.prediction for record in of(by_them)}
    both = (record for record in of(by_us) if record.id in predicted)
    counts = compared((predicted[one.id], one.prediction, one.target) for one in both)
    by_reader, ours = (100 * value(made, "accuracy") for made in (by_them, by_us))
    return Line(name, theirs, by_reader, ours, counts, failed=by_us.document.counts.failed)


def recorded_task(suite: str, file: str, scratch: Path) -> str:
    """Return the path of a task whose data is the recorded file itself."""
    path = scratch / f"{suite}_{file}.yaml"
    values = {
        "extends": str(TASKS / "korean_choice.yaml"),
        "data": {"files": {"test": f"{file}.csv"}},
        "options": {letter: letter for letter in LETTERS[suite]},
    }
    path.write_text(dump(values), encoding="utf-8")
    return str(path)


def bbh(replies: Replies, scratch: Path) -> str:
    """Return code-davinci-002 on fifteen tasks of BIG-Bench Hard, answered directly and after thinking."""
    lines = []
    for place, way in enumerate(("direct", "cot")):
        for name, figures in BBH.items():
            path = scratch / f"bbh_{way}_{name}.yaml"
            values = {
                "extends": str(TASKS / "bbh_recorded.yaml"),
                "data": {"files": {"test": f"{name}.jsonl"}},
            }
            path.write_text(dump(values), encoding="utf-8")
            folder = replies.folder / "bbh" / way
            file = f"bbh/{way}/{name}.jsonl.gz"
            made = replies.run(str(path), file, f"{way} {name}", folder, ROW_KEY)
            by_reader = 100 * value(made, "exact_match@bbh.v1")
            lines.append([f"{way} {name}", *pair(figures[place], by_reader)])
    said = (
        "code-davinci-002, three shots; per cent right, read by `official:bbh.v1` (what follows the "
        "last `the answer is `). The recorded file is the data. Our own reading comes with the tasks."
    )
    head = ["BIG-Bench Hard", "theirs", "by their reader", "difference"]
    return f"## BIG-Bench Hard\n\n{said}\n\n{table(head, lines)}\n"


# From journals to counts


def of(made: Run) -> Iterator[Record]:
    """Yield the records of what was answered."""
    return (record for record in made.samples() if not record.failed)


def value(made: Run, metric: str) -> float:
    """Return a figure of a run."""
    return float(made.metrics[metric].value or 0.0)


def compared(readings: Iterable[tuple[Any, Any, Any]]) -> Counter[tuple[str, bool, bool]]:
    """Return the counts of (theirs, ours, target)."""
    return Counter(
        (stand(theirs, ours), theirs == target, ours == target) for theirs, ours, target in readings
    )


def stand(theirs: Any, ours: Any) -> str:
    """Return how two readings of a reply stand to each other."""
    if theirs is None or ours is None:
        return "neither" if theirs is ours else "theirs alone" if ours is None else "ours alone"
    return "same" if str(theirs) == str(ours) else "differ"


def overall(text: str) -> Mapping[tuple[str, str], float]:
    """Return (suite, model) → per cent, of the first row **Overall** of each suite."""
    found: dict[tuple[str, str], float] = {}
    suite, head = "", []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("### "):
            suite = next((key for key, heading in HEADINGS.items() if heading == line[4:].strip()), "")
        elif cells[0] in ("supercategory", "category"):
            head = cells
        elif cells[0] == "**Overall**" and suite:
            for model, cell in zip(head, cells, strict=True):
                if cell and not cell.startswith("*"):
                    found.setdefault((suite, model), float(cell))
    return found


# Tables


def pair(theirs: float | None, ours: float) -> list[str]:
    """Return two figures in per cent and their difference."""
    if theirs is None:
        return ["", f"{ours:.2f}", ""]
    return [f"{theirs:.2f}", f"{ours:.2f}", f"{ours - theirs:+z.2f}"]


def section(title: str, said: str, lines: Sequence[Line]) -> str:
    """Return a heading, a table of the figures, and one of where the two readings part."""
    figures = [
        [
            line.name,
            *pair(line.theirs, line.by_their_reader or 0.0),
            f"{line.ours:.2f}",
            str(line.failed or ""),
        ]
        for line in lines
    ]
    head = [title, "theirs", "by their reader", "difference", "our reader", "failed"]
    counted = table(COUNTED, [parted(line) for line in lines])
    return f"## {title}\n\n{said}\n\n{table(head, figures)}\n\n{counted}\n"


COUNTED = [
    *("where the two readings part", "both, the same", "both, another: right by theirs / by ours / by none"),
    *("ours alone: right / wrong", "theirs alone: right / wrong", "neither"),
]


def parted(line: Line) -> list[str]:
    """Return the counts of a line: what the difference between the two readings is made of."""

    def count(stands: str, **verdicts: bool) -> int:
        wanted = (verdicts.get("theirs"), verdicts.get("ours"))
        return sum(
            n
            for (kind, *judged), n in line.counts.items()
            if kind == stands and all(w is None or w == j for w, j in zip(wanted, judged, strict=True))
        )

    another = (
        count("differ", theirs=True, ours=False),
        count("differ", theirs=False, ours=True),
        count("differ", theirs=False, ours=False),
    )
    # Two spellings of one number are another text, and right both ways: the same reading.
    same = count("same") + count("differ", theirs=True, ours=True)
    return [
        line.name,
        f"{same:,}",
        " / ".join(f"{n:,}" for n in another),
        f"{count('ours alone', ours=True):,} / {count('ours alone', ours=False):,}",
        f"{count('theirs alone', theirs=True):,} / {count('theirs alone', theirs=False):,}",
        f"{count('neither'):,}",
    ]


HEAD = """\
# Published figures, out of the replies behind them

`python -m benchmarks.published --replies DIR --data-dir DIR` replays what real systems answered through `-b
recorded`. *theirs* is what was published, *by their reader* is ours with the authors' own reader of
replies, and *our reader* is the task's own extraction on the same replies. Where the two readings part is
counted beside: a reply that ours alone reads was lost to theirs, and the other way round.
"""

if __name__ == "__main__":
    main()
