"""Scores of several raters of the same replies: files of people's, and runs of `harness judge`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import BadInput, Place
from harness.extraction.verdicts import verdict_of
from harness.judging.controls import is_swapped
from harness.judging.juries import is_jury
from harness.records import run_file
from harness.records.journal import read_records
from harness.tables.rows import named_rows

PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Rating:
    """What one rater says of one reply: a score, or the share of the win that the first of two has."""

    item: str
    rater: str
    score: float
    question: str


def read_ratings(places: Sequence[Path]) -> list[Rating]:
    """Return the ratings of files and of judgings.

    A file has `id`, `score` or `verdict`, and `rater` (or `judge`, as of votes) unless they are people's.
    What a judge was asked several times is the mean of what it said; replies with their words swapped are
    none.

    Raises:
        BadInput: a file is none of ratings, a score is none, or one rater rates a reply twice.
    """
    found = [one for place in places if not place.is_dir() for one in _rows(place)]
    found += _means(one for place in places if place.is_dir() for one in _judged(place))
    seen: set[tuple[str, str]] = set()
    for one in found:
        if (one.item, one.rater) in seen:
            raise BadInput(f"{one.rater} rates {one.item!r} twice")
        seen.add((one.item, one.rater))
    return found


def _rows(path: Path) -> Iterator[Rating]:
    table = named_rows(path)
    for number, row in table.rows:
        place = Place(path, number if table.has_lines else None)
        item, said = row.get("id"), row.get("score", row.get("verdict"))
        if item in (None, "") or ("score" not in row and "verdict" not in row):
            raise BadInput("a rating has an id, and a score or a verdict", place=place)
        if said not in (None, ""):
            rater = str(row.get("rater") or row.get("judge") or PEOPLE)
            yield Rating(str(item), rater, _score(str(said), place), str(row.get("question") or item))


def _score(said: str, place: Place) -> float:
    try:
        return float(said)
    except ValueError:
        verdict = verdict_of(said)
    if verdict is None:
        raise BadInput(f"{said!r} is neither a number nor a verdict (A>B, A=B, B>A)", place=place)
    return verdict.share


def _means(ratings: Iterable[Rating]) -> Iterator[Rating]:
    said: dict[tuple[str, str], list[Rating]] = {}
    for one in ratings:
        said.setdefault((one.item, one.rater), []).append(one)
    for same in said.values():
        yield replace(same[0], score=sum(one.score for one in same) / len(same))


def _judged(place: Path) -> Iterator[Rating]:
    for directory in run_file.runs([place]):
        rater = run_file.read_run(directory).label
        if is_jury(rater):  # what it says is its jurors'
            continue
        last = {line.record.key: line.record for line in read_records(directory / run_file.SAMPLES)}
        for record in last.values():
            sides = [(record.groups or {}).get(side, "") for side in ("system", "first", "second")]
            if record.prediction is not None and not any(map(is_swapped, sides)):
                score = _score(str(record.prediction), Place(directory))
                yield Rating(record.id, rater, score, record.cluster or record.id)
