"""What judges lean to, whatever the replies are worth: a place, length, their own; and whether they repeat.

All from judgings, which are runs: of pairs in both orders, or of single replies. Points are of 100 where
a figure is a share of wins, and of the rubric's scale where it is a score.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import BadInput, did_you_mean
from harness.extraction.verdicts import shown, verdict_of
from harness.judging.controls import is_swapped, original
from harness.judging.juries import is_jury
from harness.records import run_file
from harness.records.journal import read_records
from harness.records.sample_schema import Record
from harness.stats.leanings import Leaning, mean, share, slope

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDES = ("first", "second")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict: whose replies, how long they are in characters, and the score or the first's share."""

    item: str  # the question's, turn's and repeat's name, without the systems
    repeat: int  # which of the times the judge was asked
    question: str
    systems: tuple[str, ...]
    lengths: tuple[int | None, ...]
    score: float
    fresh: bool  # it was asked, and not taken from the answer cache


@dataclass(frozen=True)
class Judge:
    """A judge under one rubric, its verdicts, and what the model behind it is called."""

    name: str
    rubric: str
    pairs: bool
    model: str
    verdicts: list[Verdict]


@dataclass(frozen=True)
class Leanings:
    """What is found of a judge; None where its judgings cannot tell it.

    `place` is how much oftener the reply shown first wins than the second, over both orders; `consistent` the
    share of pairs with one verdict in both. `length` is how much oftener the longer of two wins, or how much
    more a reply of twice the length gets. `own` is how much more than the other judges it gives to the system
    it is itself. `repeats` is the share of verdicts that were the same again. `swapped` is how much more a
    reply gets than the same with its words swapped.
    """

    judge: str
    rubric: str
    pairs: bool
    system: str | None  # the one that it is itself
    place: Leaning | None
    consistent: Leaning | None
    length: Leaning | None
    own: Leaning | None
    repeats: Leaning | None
    swapped: Leaning | None

    @property
    def blind(self) -> bool | None:
        """Return whether it cannot tell replies from the same with their words swapped; None if untold."""
        if self.swapped is None or self.swapped.low is None:
            return None
        return self.swapped.low <= 0


def read_judges(places: Sequence[Path]) -> list[Judge]:
    """Return the judges of the judgings in these places; several judgings of one are put together."""
    found: dict[tuple[str, str], Judge] = {}
    for place in places:
        for directory in run_file.runs([place]):
            run = run_file.read_run(directory)
            last = {line.record.key: line.record for line in read_records(directory / run_file.SAMPLES)}
            verdicts = list(_verdicts(last.values()))
            if not verdicts:
                continue
            pairs = len(verdicts[0].systems) > 1
            new = Judge(run.label, run.task.name, pairs, run.backend.model or run.backend.name, [])
            found.setdefault((run.label, run.task.name), new).verdicts.extend(verdicts)
    return list(found.values())


def _verdicts(records: Iterable[Record]) -> Iterator[Verdict]:
    for record in records:
        score = _score(record.prediction)
        systems = _systems(record)
        if score is None or not systems:
            continue
        name = record.id.removeprefix("|".join(systems) + "|")
        texts = shown(_asked(record))
        sides = ("reply_a", "reply_b") if len(systems) > 1 else ("reply",)
        lengths = tuple(len(texts[side]) if side in texts else None for side in sides)
        about = name, record.repeat, record.cluster or record.id
        yield Verdict(*about, systems, lengths, score, not record.response.cached)


def _score(prediction: object) -> float | None:
    if prediction is None:
        return None
    verdict = verdict_of(str(prediction))
    if verdict is not None and not str(prediction).isdigit():
        return verdict.share
    try:
        return float(str(prediction))
    except ValueError:
        return None


def _systems(record: Record) -> tuple[str, ...]:
    groups = record.groups or {}
    if all(side in groups for side in SIDES):
        return groups["first"], groups["second"]
    return (groups["system"],) if "system" in groups else ()


def _asked(record: Record) -> str:
    asked = record.request or {}
    if "messages" in asked:
        return "\n".join(str(one["content"] or "") for one in asked["messages"])
    return str(asked.get("prompt") or "")


def leanings(judges: Sequence[Judge], own: Mapping[str, str] = {}) -> list[Leanings]:
    """Return what each judge leans to. `own` says which system a judge is itself, else its name says it.

    Raises:
        BadInput: `own` names no judge, or no system.
    """
    _require_known(judges, own)
    return [_leanings(judge, [one for one in judges if one is not judge], own) for judge in judges]


def _require_known(judges: Sequence[Judge], own: Mapping[str, str]) -> None:
    names = sorted({judge.name for judge in judges})
    systems = sorted({system for judge in judges for one in judge.verdicts for system in one.systems})
    for judge, system in own.items():
        for what, name, known in (("judge", judge, names), ("system", system, systems)):
            if name not in known:
                raise BadInput(f"--own {judge}={system}: no {what} {name!r}.{did_you_mean(name, known)}")


def _leanings(judge: Judge, others: Sequence[Judge], own: Mapping[str, str]) -> Leanings:
    plain = [one for one in judge.verdicts if not any(map(is_swapped, one.systems))]
    first = list({(one.item, one.systems): one for one in plain if one.repeat == 0}.values())
    system = own.get(judge.name) or _itself(judge, first)
    alike = [one for one in others if one.rubric == judge.rubric and not is_jury(one.name)]
    return Leanings(
        judge=judge.name,
        rubric=judge.rubric,
        pairs=judge.pairs,
        system=system,
        place=_place(first) if judge.pairs else None,
        consistent=_consistent(first) if judge.pairs else None,
        length=_length(first, pairs=judge.pairs),
        own=_own(first, alike, system) if system is not None else None,
        repeats=_repeats(plain),
        swapped=_swapped(judge),
    )


def _itself(judge: Judge, verdicts: Sequence[Verdict]) -> str | None:
    systems = {system for one in verdicts for system in one.systems}
    return next((name for name in (judge.name, judge.model) if name in systems), None)


def _both_orders(verdicts: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return the pairs of verdicts on the same two replies, each of which stood first once."""
    by_key = {(one.item, one.systems): one for one in verdicts}
    swapped = ((one, by_key.get((one.item, one.systems[::-1]))) for one in verdicts)
    return [(one, other) for one, other in swapped if other is not None and one.systems < other.systems]


def _place(verdicts: Sequence[Verdict]) -> Leaning | None:
    both = [one for pair in _both_orders(verdicts) for one in pair]
    return mean(_array(200 * one.score - 100 for one in both), _codes(one.question for one in both))


def _consistent(verdicts: Sequence[Verdict]) -> Leaning | None:
    both = _both_orders(verdicts)
    same = _array(float(one.score == 1 - other.score) for one, other in both)
    return share(same, _codes(one.question for one, _ in both))


def _length(verdicts: Sequence[Verdict], *, pairs: bool) -> Leaning | None:
    """Return the lead of the longer reply within a pair of systems and a place, or the points a doubling.

    Of scores within a system and a question, so that neither who writes more nor what asks for more counts.
    """
    known = [one for one in verdicts if all(one.lengths)]
    lengths = [[float(n or 0) for n in one.lengths] for one in known]
    units = _codes(one.question for one in known)
    if not known:
        return None
    systems = _codes("|".join(one.systems) for one in known)
    if pairs:
        longer = _array(float((a > b) - (a < b)) for a, b in lengths)
        return slope(_array(200 * one.score for one in known), longer, units, [systems])
    doublings = _array(math.log2(n) for (n,) in lengths)
    return slope(_array(one.score for one in known), doublings, units, [systems, units])


def _own(verdicts: Sequence[Verdict], others: Sequence[Judge], system: str) -> Leaning | None:
    """Return how much more its own replies get than others', beyond what the other judges give them.

    Of pairs, in points of the share of wins; of scores, within a question.
    """
    theirs: dict[tuple[str, tuple[str, ...]], list[float]] = defaultdict(list)
    for judge in others:
        for one in judge.verdicts:
            if one.repeat == 0:
                theirs[one.item, one.systems].append(one.score)
    known = [one for one in verdicts if (one.item, one.systems) in theirs]
    if not known:
        return None
    others_say = [theirs[one.item, one.systems] for one in known]
    beyond = [one.score - sum(said) / len(said) for one, said in zip(known, others_say, strict=True)]
    units = _codes(one.question for one in known)
    if len(known[0].systems) > 1:
        side = _array(float((one.systems[0] == system) - (one.systems[1] == system)) for one in known)
        return slope(100 * _array(beyond), side, units, rare=True)
    return slope(_array(beyond), _array(float(one.systems[0] == system) for one in known), units, [units])


def _repeats(verdicts: Sequence[Verdict]) -> Leaning | None:
    again: dict[tuple[str, tuple[str, ...]], list[Verdict]] = defaultdict(list)
    for one in verdicts:
        if one.fresh:
            again[one.item, one.systems].append(one)
    pairs = [pair for same in again.values() for pair in combinations(same, 2)]
    equal = _array(float(one.score == other.score) for one, other in pairs)
    return share(equal, _codes(one.question for one, _ in pairs))


def _swapped(judge: Judge) -> Leaning | None:
    """Return how much more a reply gets than the same with its words swapped."""
    first = [one for one in judge.verdicts if one.repeat == 0]
    if judge.pairs:
        mixed = [
            (one, -1 if is_swapped(one.systems[0]) else 1)
            for one in first
            if original(one.systems[0]) == original(one.systems[1])
        ]
        leads = _array(sign * (200 * one.score - 100) for one, sign in mixed)
        return mean(leads, _codes(one.question for one, _ in mixed))
    right = {(one.item, one.systems[0]): one for one in first if not is_swapped(one.systems[0])}
    pairs = [
        (right[one.item, original(one.systems[0])], one)
        for one in first
        if is_swapped(one.systems[0]) and (one.item, original(one.systems[0])) in right
    ]
    more = _array(one.score - other.score for one, other in pairs)
    return mean(more, _codes(one.question for one, _ in pairs))


def _array(figures: Iterable[float]) -> NDArray[np.float64]:
    import numpy as np

    return np.array(list(figures), np.float64)


def _codes(names: Iterable[str]) -> NDArray[np.intp]:
    import numpy as np

    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.intp)
