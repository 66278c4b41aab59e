"""A jury: the verdicts of several judges on one reply made into one, by a rule that is named.

A jury's judging is a run as a judge's is: its replies are what the jurors said, its verdict stands after
them. So boards, comparisons, gates and sites take it as they take a judge's.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import BadInput, did_you_mean
from harness.extraction.verdicts import GRADES, verdict_of, word_of
from harness.records import atomic, run_file
from harness.records.journal import Key, read_records

RULES = ("mean", "median", "majority")
NAMED = "jury ("  # how the name of a jury's row begins
FILE = "jury.jsonl"
WORDS = ("B>>A", "B>A", "A=B", "A>B", "A>>B")  # from the worst for the first to the best
MIDDLE = 2


def require_rule(rule: str) -> str:
    """Return the rule.

    Raises:
        BadInput: there is none of this name.
    """
    if rule not in RULES:
        raise BadInput(f"--jury {rule}: it should be one of {', '.join(RULES)}.{did_you_mean(rule, RULES)}")
    return rule


def quorum(jurors: int, least: int | None = None) -> int:
    """Return how many jurors have to have a verdict: `least`, or more than half of them."""
    return jurors // 2 + 1 if least is None else min(least, jurors)


def verdict(said: Sequence[str | None], rule: str, least: int | None = None) -> str | None:
    """Return the jury's verdict; None where too few jurors have one.

    Of scores: their mean, their median, or the score that most gave (the median of those that as many gave).
    Of verdicts between two, on the scale of five from `B>>A` to `A>>B`: the mean or the median, a half toward
    the tie; by majority the side that more than half gave, else a tie, `>>` where most of that side say so.
    """
    known = [one for one in said if one is not None]
    if len(known) < quorum(len(said), least):
        return None
    if all(one in GRADES for one in known):
        return _between([WORDS.index(one) - MIDDLE for one in known], rule)
    scores = [float(one) for one in known]
    if rule == "majority":
        counts = Counter(scores)
        most = max(counts.values())
        return f"{statistics.median(score for score, n in counts.items() if n == most):g}"
    return f"{statistics.median(scores) if rule == 'median' else statistics.fmean(scores):.6g}"


def _between(grades: list[int], rule: str) -> str:
    if rule == "majority":
        for side in (1, -1):
            mine = [abs(grade) for grade in grades if grade * side > 0]
            if 2 * len(mine) > len(grades):
                return WORDS[MIDDLE + side * (2 if 2 * mine.count(2) > len(mine) else 1)]
        return WORDS[MIDDLE]
    middle = statistics.median(grades) if rule == "median" else statistics.fmean(grades)
    return WORDS[MIDDLE + int(math.copysign(math.ceil(abs(middle) - 0.5), middle))]


def row_name(jurors: Sequence[str], rule: str) -> str:
    """Return what a jury's row is called."""
    return f"{NAMED}{rule}): {', '.join(jurors)}"


def is_jury(name: str) -> bool:
    """Return whether a row of this name is a jury's."""
    return name.startswith(NAMED)


def write_verdicts(jurors: Sequence[Path], rule: str, least: int | None, runs_dir: Path) -> tuple[str, Path]:
    """Return the jury's name, and the file of its verdicts for the `recorded` adapter.

    `jurors` are the judgings of the same replies. What the jury has no verdict on has no row.
    """
    names, said = [], []
    for directory in jurors:
        names.append(run_file.read_run(directory).label)
        said.append(_predictions(directory))
    rows = list(_rows(names, said, rule, least))
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    folder = runs_dir / ".judged" / hashlib.sha256(data).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_atomically(folder / FILE, data)
    return row_name(names, rule), folder / FILE


def _predictions(directory: Path) -> dict[Key, str | None]:
    return {
        line.record.key: None if line.record.prediction is None else _plain(str(line.record.prediction))
        for line in read_records(directory / run_file.SAMPLES)
    }


def _plain(said: str) -> str:
    found = verdict_of(said) if not said.replace(".", "", 1).isdigit() else None
    return said if found is None else word_of(found)


def _rows(
    names: Sequence[str], said: Sequence[dict[Key, str | None]], rule: str, least: int | None
) -> Iterator[dict[str, str | int]]:
    for key in dict.fromkeys(key for one in said for key in one):
        each = [one.get(key) for one in said]
        if (found := verdict(each, rule, least)) is not None:
            lines = [f"{name}: {one or '–'}" for name, one in zip(names, each, strict=True)]
            name, repeat = key
            yield {"id": name, "repeat": repeat, "reply": "\n".join([*lines, f"[[{found}]]"])}
