"""How far a run's main metric has moved since the baseline, and whether it fell by more than a margin.

A gate asks whether the system changed on these very questions. Whole clusters (articles) are swapped where
there are enough of them to prove anything; where there are not, single questions are, and the verdict is
about these. Repeats of one question stay together where all say the same: one cached or seeded answer is one
answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import HarnessError
from harness.reports.comparison.pairs import keys_of, pairs
from harness.reports.gate.measurements import RunSummary
from harness.reports.leaderboard.ranks import Statistics
from harness.schema import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.power import Sensitivity

    Rows = NDArray[np.float64]
    Codes = NDArray[np.int64]

DIGITS = 12  # a fall of 0.87 - 0.86 does not exceed a margin of 0.01
_SIFTING, _SUSPICIOUS = 999, 0.1  # random swaps at first, and the p-value up to which more are worth while
FLIPPED = 5  # examples that a fall is told by
_MOST_SWAPS = 1_000_000


@dataclass(frozen=True)
class Paired:
    """The paired comparison of the examples that both sides answered, in the metric's unit.

    `change` is tonight's figure minus the baseline's over these `n` examples, `fall` how much of it is for
    the worse. `p_value` is one-sided, of a fall beyond the `margin` (`p_of_any` of any fall), `adjusted` by
    Holm. What was swapped are `units`: whole clusters, single questions where those are too few (`on_these`),
    or all repeats of a question that say the same (`shared`). `detectable` is the fall that this test would
    have found with 80 % power at its share of alpha, `needed` the number of examples at which it would find
    an inconclusive fall; None where that cannot be told, or it is more than the `possible` fall. `flipped`
    are a few examples that fell.
    """

    n: int
    change: float
    ci_low: float | None
    ci_high: float | None
    fall: float
    test: str | None = None
    p_value: float | None = None
    p_of_any: float | None = None
    sensitivity: Sensitivity | None = None
    adjusted: float | None = None
    margin: float = 0.0
    detectable: float | None = None
    needed: int | None = None
    units: int = 0
    clusters: int | None = None
    on_these: bool = False
    shared: bool = False
    possible: float | None = None
    flipped: tuple[str, ...] = ()

    def detectable_at(self, alpha: float) -> float | None:
        """Return the fall found with 80 % power at this level; None where none so large is possible."""
        found = self.sensitivity.detectable(alpha, self.margin) if self.sensitivity else None
        beyond = found is not None and self.possible is not None and found > self.possible
        return None if beyond else found


class _Units(NamedTuple):
    """What is swapped: the unit of each row, None where each is its own; how many, and which."""

    codes: Codes | None
    number: int
    clusters: int | None
    on_these: bool
    shared: bool


def changed(before: RunSummary, now: RunSummary, margin: float, allowed: int | float, share: float) -> Paired:
    """Return the comparison of two runs of a slot, `share` being what its test has of the night's alpha.

    `allowed` are the examples, or their share, that one side may lack.

    Raises:
        HarnessError: the statistics of a side or tonight's task cannot be read, or the examples are others.
    """
    assert now.metric is not None
    metric = now.metric()
    if metric.corpus is not None:
        change = (now.figure.value or 0.0) - (before.figure.value or 0.0)
        return Paired(now.figure.n, change, None, None, _fall(metric, change), margin=margin)
    ours, theirs = now.statistics(), before.statistics()
    sides = _aligned(ours, theirs, allowed)
    draws = min(_MOST_SWAPS, round(10 / share))  # p-values far below alpha's smallest share
    found = _paired(metric, *sides, margin, share, draws)
    return replace(found, flipped=_flipped(metric, ours, theirs)) if found.fall > 0 else found


def _flipped(metric: Metric, now: Statistics, before: Statistics) -> tuple[str, ...]:
    """Return the ids of a few examples that fell, the furthest first; none of a metric of several counts."""
    import numpy as np

    found = pairs(now, before)
    ours, theirs = now.rows[found.here], before.rows[found.there]
    if ours.shape[1] != 1:
        return ()
    falls = np.nan_to_num((theirs - ours)[:, 0]) * (1 if metric.higher_is_better else -1)
    key = keys_of(now, found.here)
    worst = np.argsort(-falls, kind="stable")[:FLIPPED]
    return tuple(key(int(place))[0] for place in worst if falls[place] > 0)


def exceeds(count: int, whole: int, limit: int | float) -> bool:
    """Return whether so many of the whole are more than a limit, a count or a share."""
    return count > (limit if isinstance(limit, int) else limit * whole)


def _aligned(
    now: Statistics, before: Statistics, allowed: int | float
) -> tuple[Rows, Rows, Codes | None, Codes]:
    """Return both sides' statistics (N, K) of the examples they share, with their clusters and questions."""
    import numpy as np

    found = pairs(now, before)
    most = max(len(now.rows), len(before.rows))
    if not found.n or exceeds(most - found.n, most, allowed):
        raise HarnessError(f"{found.n:,} examples in common, of {len(now.rows):,} and {len(before.rows):,}")
    if now.rows.shape[1:] != before.rows.shape[1:]:
        raise HarnessError("the statistics of an example are others than the baseline's")
    questions = np.arange(found.n)
    if any(now.keys[1]):  # repeats: ids stand more than once
        ids = np.array(now.keys[0].split(b"\n"), object)[found.here]
        numbers: dict[bytes, int] = {}
        questions = np.array([numbers.setdefault(name, len(numbers)) for name in ids], np.int64)
    return now.rows[found.here], before.rows[found.there], found.clusters, questions


def _units(now: Rows, before: Rows, clusters: Codes | None, questions: Codes, share: float) -> _Units:
    """Return what is to be swapped so that a test at this `share` of alpha can prove anything at all."""
    import numpy as np

    from harness.stats.power import fewest

    n, asked = len(now), len(np.unique(questions))
    whole = n if clusters is None else len(np.unique(clusters))
    named = None if clusters is None or whole in (n, asked) else whole  # by the data, not by repeats
    if clusters is None or whole == n:
        return _Units(None, n, None, on_these=False, shared=False)
    if whole >= fewest(share):
        return _Units(clusters, whole, named, on_these=False, shared=False)
    if asked < n and _says_the_same(np.hstack([now, before]), questions):
        return _Units(questions, asked, named, on_these=named is not None, shared=True)
    return _Units(None, n, whole, on_these=True, shared=False)


def _says_the_same(rows: Rows, questions: Codes) -> bool:
    """Return whether all repeats of each question have the same statistics, on both sides."""
    import numpy as np

    first = np.unique(questions, return_index=True)[1]
    codes = np.unique(questions, return_inverse=True)[1]
    return bool(np.array_equal(rows, rows[first][codes], equal_nan=True))


def _paired(
    metric: Metric,
    now: Rows,
    before: Rows,
    clusters: Codes | None,
    questions: Codes,
    margin: float,
    share: float,
    draws: int,
) -> Paired:
    """Return the comparison of statistics (N, K) of the same examples, before alpha is shared out.

    Where swaps are drawn, a few sift: to ask more of those that have not fallen would change nothing. A fall
    beyond the margin is a fall first: its p-value is never the lower.
    """
    from harness.stats.margins import p_beyond
    from harness.stats.paired import paired
    from harness.stats.power import sensitivity
    from harness.stats.significance import SWAPS, significance

    units = _units(now, before, clusters, questions, share)
    found = paired(metric, now, before, units.codes)
    worse = partial(
        significance,
        *(metric, now, before, units.codes),
        alternative="less" if metric.higher_is_better else "greater",
    )
    tested, swaps = worse(draws=_SIFTING), _SIFTING
    if tested.draws and tested.p_value is not None and tested.p_value <= _SUSPICIOUS:
        swaps = max(SWAPS, draws)
        tested = worse(draws=swaps)
    p_value = tested.p_value
    if margin and p_value is not None:
        p_value = max(p_value, p_beyond(metric, now, before, margin, units.codes, draws=swaps))
    return Paired(
        n=found.n,
        change=round(found.value, DIGITS),
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        fall=_fall(metric, found.value),
        test=tested.test,
        p_value=p_value,
        p_of_any=tested.p_value,
        sensitivity=sensitivity(metric, now, before, units.codes, stderr=found.stderr),
        margin=margin,
        units=units.number,
        clusters=units.clusters,
        on_these=units.on_these,
        shared=units.shared,
        possible=_possible(metric, before),
    )


def _possible(metric: Metric, before: Rows) -> float | None:
    """Return the largest fall that there could be, None where the metric's unit has no bounds."""
    from harness.stats.bootstrap import figure_of
    from harness.stats.shares import BOUNDS

    if metric.unit not in BOUNDS:
        return None
    low, high = BOUNDS[metric.unit]
    value = figure_of(metric, before)
    return value - low if metric.higher_is_better else high - value


def _fall(metric: Metric, change: float) -> float:
    return round(-change if metric.higher_is_better else change, DIGITS) + 0.0  # never -0.0
