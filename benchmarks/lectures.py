"""The lectures' last rows against the world: verdicts of others on recorded replies, prompts, equal answers.

    python -m benchmarks.lectures --replies DIR --data-dir DIR [--only ifeval|bbh|math|reward]

`--replies` holds `ifeval/MODEL.jsonl.gz` and `bbh/{direct,cot}/TASK.jsonl.gz`, as others recorded them.
Replies go the road of any run, by the backend `recorded`. `lectures.md` is written: ours, theirs, difference,
and every verdict that differs by its key. No text of theirs is in it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import harness
from benchmarks.published import BBH
from harness.datasets.sources import Where
from harness.datasets.task_data import supply
from harness.metrics.instruction_following import verdicts
from harness.prompts.renderer import Prompts
from harness.records.sample_schema import Record
from harness.reports.writers.markdown import table
from harness.runs import Run
from harness.stats.intervals import wilson
from harness.tasks import task as tasks

OUT = Path(__file__).with_name("lectures.md")
HEAD = "# The lectures' last rows\n\nMade by `python -m benchmarks.lectures`; see there.\n"
FIGURES = ("prompt_strict", "prompt_loose", "instruction_strict", "instruction_loose")
PARTS = ("ifeval", "bbh", "math", "reward")
SLIP = "thehg sy dance"
# A recorded prompt ends with the example's input, and what asks for the answer.
ASKED = r"{{ prompt.split('\n\nQ: ')[-1].rpartition('\nA:')[0] }}"


def main() -> None:
    """Replay what is asked for and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replies", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    makers = (ifeval, bbh, mathematics, reward)
    parts = dict(zip(PARTS, makers, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        places = asked.replies.absolute(), asked.data_dir.absolute(), Path(folder)
        chosen = [make for name, make in parts.items() if asked.only in (None, name)]
        text = "\n".join([HEAD, *(make(*places) for make in chosen)])
    asked.out.write_text(text, encoding="utf-8")
    print(f"written: {asked.out}")


def ifeval(replies: Path, data: Path, runs: Path) -> str:
    """Return IFEval's four accuracies and the verdicts that differ, a line an instruction."""
    lines, differ, count = [], [], Counter[str]()
    for path in sorted((replies / "ifeval").glob("*.jsonl.gz")):
        made = replayed("ifeval", path, {"id": "prompt", "example": "prompt"}, data, runs)
        theirs = {row["prompt"]: row for row in rows(path)}
        official = Counter[str]()
        for record in answered(made):
            asked = json.loads(str(record.target))
            row = theirs[(record.request or {})["fields"]["prompt"]]
            count["replies"] += 1
            for way, loosely in (("strict", False), ("loose", True)):
                ours = verdicts(row["reply"], str(record.target), loosely=loosely)
                official[f"prompt_{way}"] += all(row[way])
                official[f"instruction_{way}"] += sum(row[way])
                official[f"of_{way}"] += len(row[way])
                for name, mine, his in zip(asked["ids"], ours, row[way], strict=True):
                    count["verdicts"] += 1
                    if mine != his:
                        differ.append([path.name.split(".jsonl")[0], record.id, name, way, str(mine)])
        n = made.metrics["prompt_strict"].n
        of = {"prompt": n, "instruction": official["of_strict"]}
        pairs = [(value(made, name), official[name] / of[name.split("_")[0]]) for name in FIGURES]
        lines.append([path.name.split(".jsonl")[0], str(n), *(f"{a:.4f} / {b:.4f}" for a, b in pairs)])
    kinds = Counter(line[2] for line in differ)
    return "\n\n".join(
        [
            "## IFEval",
            f"{count['replies']:,} replies, {count['verdicts']:,} verdicts on instructions, "
            f"{len(differ)} differ. "
            "Ours / the official one, on the replies whose prompt is in the data:",
            table(["model", "n", *FIGURES], lines),
            "Every verdict that differs (ours is the last column). Of the 'letters' # and ! the official "
            "checker draws a letter of its own at random, so ours is right; its language detector is not "
            "seeded and draws too, ours gives the same verdict each time. "
            + ", ".join(f"{name} {n}" for name, n in kinds.most_common()),
            table(["model", "key", "instruction", "way", "ours"], differ) + "\n",
        ]
    )


def bbh(replies: Path, data: Path, runs: Path) -> str:
    """Return whether prompts are the recorded ones to the byte, and the figures of the replies."""
    lines, total = [], Counter[str]()
    for place, (way, name) in enumerate((("direct", "bbh"), ("cot", "bbh_cot"))):
        prompts: dict[str, list[str]] = {}
        task = tasks.load(name)
        material = supply(task, Where(data), print, train=True)
        renderer = Prompts(task, partial(getattr, material, "train"))
        for example in material.evaluated():
            prompts.setdefault(example.meta["subtask"], []).append(renderer.request(example).prompt)
        for subtask, figures in BBH.items():
            path = replies / "bbh" / way / f"{subtask}.jsonl.gz"
            recorded = [row["prompt"] for row in rows(path)]
            equal = sum(a == b for a, b in zip(prompts[subtask], recorded, strict=True))
            made = replayed(name, path, {"id": ASKED, "example": "input"}, data, runs)
            whole = made.document.breakdown["subtask"][subtask]
            ours = [100 * float(whole[metric].value or 0) for metric in ("exact_match@bbh.v1", "exact_match")]
            total["prompts"] += len(recorded)
            total["equal"] += equal
            slip = f" (sent with a slip: {SLIP!r})" if any(SLIP in one for one in recorded) else ""
            lines.append(
                [
                    f"{way} {subtask}",
                    f"{equal} of {len(recorded)}{slip}",
                    f"{figures[place]:.2f}",
                    *(f"{one:.2f}" for one in ours),
                ]
            )
    said = (
        f"code-davinci-002. {total['equal']:,} of {total['prompts']:,} prompts are the recorded ones byte "
        "for byte. Per cent right: published, by the authors' reader, by ours."
    )
    head = ["BIG-Bench Hard", "prompts equal", "published", "official bbh.v1", "ours"]
    return f"## BIG-Bench Hard\n\n{said}\n\n{table(head, lines)}\n"


def mathematics(_replies: Path, data: Path, _runs: Path) -> str:
    """Return how often our verdict is math-verify's: on 500 true answers and 5,000 perturbed ones."""
    from math_verify import parse, verify

    from harness.metrics.math_equal import same

    draw, count = random.Random(0), Counter[tuple[str, str]]()
    for row in rows(data / "math500" / "test.jsonl"):
        gold = row["answer"]
        for kind, said in {"as it is": gold, **perturbed(gold, draw)}.items():
            ours = same(said, gold)
            theirs = bool(verify(parse(f"${gold}$"), parse(f"${said}$")))
            count[kind, "asked"] += 1
            count[kind, "theirs"] += theirs
            count[kind, "ours"] += ours
            count[kind, "more"] += ours and not theirs
            count[kind, "fewer"] += theirs and not ours
    keys = ("asked", "theirs", "ours", "more", "fewer")
    kinds = list(dict.fromkeys(kind for kind, _ in count))
    lines = [[kind, *(f"{count[kind, key]:,}" for key in keys)] for kind in kinds]
    head = ["answer", "asked", "equal by math-verify", "by ours", "by ours alone", "by math-verify alone"]
    said = (
        "Each reference, and ten answers made of it. Ours alone takes a full stop, blanks and thousands' "
        "commas for what they are; nothing that math-verify finds equal is lost."
    )
    return f"## MATH-500\n\n{said}\n\n{table(head, lines)}\n"


def perturbed(gold: str, draw: random.Random) -> dict[str, str]:
    """Return ten answers by how they differ: five written in another way, five that say something else."""
    digits = [found.start() for found in re.finditer(r"\d", gold)]
    other = list(gold)
    if digits:
        at = draw.choice(digits)
        other[at] = str((int(gold[at]) + draw.randrange(1, 9)) % 10)
    swapped = gold.translate(str.maketrans("()[]+-<>", "[](]-+><"))
    sized = gold if "\\left" in gold else gold.replace("(", "\\left(").replace(")", "\\right)")
    return {
        "blanks around it": f" {gold} ",
        "dfrac for frac": gold.replace("\\frac", "\\dfrac"),
        "sizes of brackets": sized,
        "a blank after commas": gold.replace(",", ", "),
        "a full stop": f"{gold}.",
        "another digit": "".join(other) if digits else gold + "1",
        "other brackets and signs": swapped if swapped != gold else f"-{gold}",
        "two more": f"2 + {gold}",
        "half of it": gold[: max(1, len(gold) // 2)],
        "any number": str(draw.randrange(1000)),
    }


def reward(_replies: Path, data: Path, runs: Path) -> str:
    """Return what the reward model gets right of unseen pairs, beside the longer answer; three seeds."""
    lines, n, longer, decided = [], 0, 0, 0
    for seed in (0, 1, 2):
        (made,) = harness.run("hh_rlhf", "reward", seed=seed, data_dir=data, runs_dir=runs)
        figure = made.metrics["accuracy"]
        kinds = {name: whole["accuracy"] for name, whole in made.document.breakdown["length"].items()}
        n = figure.n or 0
        longer, shorter = (kinds[f"preferred is {name}"].n or 0 for name in ("longer", "shorter"))
        decided = longer + shorter
        parts = [f"{float(kinds[f'preferred is {name}'].value or 0):.4f}" for name in ("longer", "shorter")]
        low, high = figure.ci_low or 0, figure.ci_high or 0
        lines.append([str(seed), f"{value(made, 'accuracy'):.4f} [{low:.4f}, {high:.4f}]", *parts])
    right = longer + (n - decided) / 2  # as long: half
    low, high = wilson(right, n)
    said = (
        f"hh_rlhf, harmless-base: learnt on 80 % of the dialogues, asked about the {n} pairs of the others. "
        f"Taking the longer answer is right of {right / n:.4f} [{low:.4f}, {high:.4f}] of them "
        "(as long: half), guessing of 0.5."
    )
    head = ["seed", "accuracy", "where the preferred is longer", "where it is shorter"]
    return f"## A reward model\n\n{said}\n\n{table(head, lines)}\n"


def replayed(task: str, path: Path, key: dict[str, Any], data: Path, runs: Path) -> Run:
    """Return the run of a task on a recorded file, whatever is missing in it."""
    print(path.name, flush=True)
    settings = {"file": str(path), **key}
    (made,) = harness.run(
        task,
        "recorded",
        settings=settings,
        name=f"{path.parent.name} {path.name}",
        data_dir=data,
        runs_dir=runs,
        max_failures=1.0,
    )
    return made


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file, packed or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as f
    ):
        yield from map(json.loads, f)


def answered(made: Run) -> Iterator[Record]:
    """Yield the records of what was answered."""
    return (record for record in made.samples() if record.response.error is None)


def value(made: Run, metric: str) -> float:
    """Return a figure of a run."""
    return float(made.metrics[metric].value or 0)


if __name__ == "__main__":
    main()
