"""How far raters agree, and what people would say of everything that a judge rated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from harness.errors import BadInput
from harness.judging.ratings import Rating
from harness.stats import agreement, prediction_powered
from harness.stats.prediction_powered import Estimate

if TYPE_CHECKING:
    from harness.stats.agreement import Floats, Ints

FEW = 20  # questions, from which on an interval by draws of them is as wide as it should be


@dataclass(frozen=True)
class Figure:
    """A figure and its interval by question; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two raters on what both have rated."""

    one: str
    other: str
    items: int
    equal: Figure
    kappa: Figure
    spearman: Figure
    lead: Figure  # how much more the first gives


@dataclass(frozen=True)
class Agreement:
    """Everything a report needs; `powered` is by judge, None where people's labels do not suffice."""

    raters: list[str]
    items: int
    questions: int
    alpha: Figure
    pairs: list[Pair]
    powered: dict[str, Estimate | None]


def agree(ratings: Sequence[Rating], people: str) -> Agreement:
    """Return how far the raters agree, and the judges' means put right by what `people` said.

    Raises:
        BadInput: fewer than two raters, or two that have rated nothing in common.
    """
    import numpy as np

    raters = sorted({one.rater for one in ratings}, key=lambda name: (name != people, name))
    if len(raters) < 2:
        raise BadInput("agreement needs two raters: files of ratings, or runs of harness judge")
    items = list(dict.fromkeys(one.item for one in ratings))
    row, column = ({name: at for at, name in enumerate(names)} for names in (items, raters))
    table = np.full((len(items), len(raters)), np.nan)
    question = np.zeros(len(items), np.intp)
    numbers: dict[str, int] = {}
    for one in ratings:
        table[row[one.item], column[one.rater]] = one.score
        question[row[one.item]] = numbers.setdefault(one.question, len(numbers))
    found = []
    for a, b in combinations(range(len(raters)), 2):
        both = ~np.isnan(table[:, [a, b]]).any(axis=1)
        if both.sum() > 1:
            found.append(_pair(raters[a], raters[b], table[both][:, [a, b]], question[both]))
    if not found:
        raise BadInput("no two raters have rated the same replies: the ids differ")
    powered = {}
    if people in column:
        labels = table[:, column[people]]
        for name in raters:
            if name != people:
                powered[name] = _powered(labels, table[:, column[name]])
    whole = _figure(agreement.alpha, table, question)
    return Agreement(raters, len(items), len(numbers), whole, found, powered)


def _pair(one: str, other: str, ratings: Floats, question: Ints) -> Pair:
    figures = (agreement.equal, agreement.kappa, agreement.spearman, agreement.lead)
    return Pair(one, other, len(ratings), *(_figure(figure, ratings, question) for figure in figures))


def _figure(figure: Callable[[Floats], float], ratings: Floats, question: Ints) -> Figure:
    import numpy as np

    value, units = figure(ratings), np.unique(question, return_inverse=True)[1]
    if np.isnan(value):
        return Figure(None)
    ends = agreement.interval(figure, ratings, units) if units.max() + 1 >= FEW else None
    return Figure(value, *(ends or (None, None)))


def _powered(people: Floats, judged: Floats) -> Estimate | None:
    import numpy as np

    both, alone = ~np.isnan(people) & ~np.isnan(judged), np.isnan(people) & ~np.isnan(judged)
    return prediction_powered.estimate(people[both], judged[both], judged[alone])
