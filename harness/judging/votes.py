"""Files of pairwise verdicts: votes of people, judgements of models, and what others have published.

A row says who stood first and second (`first`, `second`; also `model_a` and `model_b`, `generator_1` …)
and who won (`verdict` or `winner`: A>>B, A>B, A=B, B>A, B>>A, first, second, tie, model_a …; or AlpacaEval's
`preference`, 1 to 2). `question` says which rows belong together, `judge` whose verdict it is; the replies
(`first_reply`, `output_1` …) or their counts (`first_length`, `first_headers` …) tell their style.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Place, did_you_mean
from harness.extraction.verdicts import GRADES, Verdict, verdict_of
from harness.judging.controls import is_swapped
from harness.judging.style import FEATURES, style_of
from harness.records import run_file
from harness.records.journal import read_records
from harness.tables.rows import named_rows

# A column, and what others call it.
NAMES = {
    "question": ("question", "question_id", "instruction", "prompt"),
    "first": ("first", "model_a", "generator_1"),
    "second": ("second", "model_b", "generator_2"),
    "verdict": ("verdict", "winner"),
    "preference": ("preference",),
    "judge": ("judge", "annotator"),
    "first_reply": ("first_reply", "output_1", "response_a"),
    "second_reply": ("second_reply", "output_2", "response_b"),
}
Style = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """One verdict between two replies to a question; None where there is none yet."""

    question: str
    first: str
    second: str
    verdict: Verdict | None
    judge: str = ""
    first_style: Style | None = None
    second_style: Style | None = None


def read_votes(paths: Sequence[Path]) -> list[Vote]:
    """Return the verdicts of the files, in order. A row without a question is a question of its own.

    Raises:
        BadInput: a file is none of votes, or a row says what is no verdict.
    """
    votes = [vote for path in paths for vote in (_judged(path) if path.is_dir() else _votes(path))]
    if not votes:
        raise BadInput("holds no verdicts", place=Place(paths[0]))
    return votes


def _votes(path: Path) -> Iterator[Vote]:
    table = named_rows(path)
    for number, row in table.rows:
        place = Place(path, number if table.has_lines else None)
        first, second = (_named(row, name, place) for name in ("first", "second"))
        if first == second:
            raise BadInput(f"{first!r} stands on both sides", place=place)
        question = _cell(row, "question")
        yield Vote(
            f"{path.name}:{number}" if question is None else str(question),
            *(first, second, _verdict(row, place), str(_cell(row, "judge") or "")),
            *(_style(row, side, place) for side in ("first", "second")),
        )


def _judged(place: Path) -> Iterator[Vote]:
    """Yield the verdicts of the judgings of pairs in a folder; one that is still missing is none.

    Raises:
        BadInput: a run there is no judging of pairs.
    """
    for directory in run_file.runs([place]):
        judge = run_file.read_run(directory).label
        last = {line.record.key: line.record for line in read_records(directory / run_file.SAMPLES)}
        for record in last.values():
            sides = record.groups or {}
            if "first" not in sides or "second" not in sides:
                raise BadInput(
                    "no judging of pairs (harness judge --rubric judge_pair)", place=Place(directory)
                )
            if is_swapped(sides["first"]) or is_swapped(sides["second"]):
                continue  # a control of the judge, no game
            question = record.cluster or record.id
            said = None if record.prediction is None else verdict_of(str(record.prediction))
            yield Vote(question, sides["first"], sides["second"], said, judge)


def _cell(row: Mapping[str, Any], name: str) -> Any:
    found = (row[one] for one in NAMES[name] if row.get(one) not in (None, ""))
    return next(found, None)


def _named(row: Mapping[str, Any], name: str, place: Place) -> str:
    cell = _cell(row, name)
    if cell is None:
        known = " or ".join(NAMES[name])
        raise BadInput(f"who stood {name} is not told: no column {known}", place=place)
    return str(cell)


def _verdict(row: Mapping[str, Any], place: Place) -> Verdict | None:
    if not any(name in row for name in (*NAMES["verdict"], *NAMES["preference"])):
        raise BadInput(f"no verdict: no column {' or '.join(NAMES['verdict'])}", place=place)
    cell, preference = _cell(row, "verdict"), _cell(row, "preference")
    if cell is not None:
        found = verdict_of(str(cell))
        if found is None:
            raise BadInput(
                f"{cell!r} is no verdict: {', '.join(GRADES)}.{did_you_mean(str(cell), GRADES)}", place=place
            )
        return found
    if preference is None:
        return None
    return _preferred(_number(preference, "preference", place), place)


def _preferred(preference: float, place: Place) -> Verdict | None:
    """Return AlpacaEval's verdict: 1 is the first's, 2 the second's, 1.5 and 0 a tie."""
    if math.isnan(preference):
        return None
    if preference != 0 and not 1 <= preference <= 2:
        raise BadInput(f"a preference of {preference:g}: it should lie from 1 to 2", place=place)
    return Verdict(2 - (preference or 1.5))


def _number(cell: Any, name: str, place: Place) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise BadInput(f"{name} should be a number, not {cell!r}", place=place) from None


def _style(row: Mapping[str, Any], side: str, place: Place) -> Style | None:
    """Return the style of the reply on a side: counted from it, or as the row's columns have it."""
    reply = _cell(row, f"{side}_reply")
    if reply is not None:
        return style_of(str(reply))
    names = [f"{side}_{feature}" for feature in FEATURES]
    if any(row.get(name) in (None, "") for name in names):
        return None
    return tuple(_number(row[name], name, place) for name in names)
