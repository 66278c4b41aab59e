"""How two figures differ, with an interval: over the same examples where they are, else over either's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.records.journal import Key
from harness.records.sample_schema import Record
from harness.schema import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """The statistics of examples by one metric; of a figure without examples, that and its interval."""

    metric: Metric
    keys: Sequence[Key] = ()
    stats: Floats | None = None
    records: Mapping[Key, Record] = field(default_factory=dict)
    value: float | None = None
    interval: tuple[float, float] | None = None

    @classmethod
    def of(
        cls, metric: Metric, scored: Iterable[tuple[Record, Sequence[Any]]], records: Mapping[Key, Record]
    ) -> Rows:
        """Return the rows of records with their statistics, and their figure with its interval."""
        import numpy as np

        from harness.stats.bootstrap import figure_of
        from harness.stats.intervals import estimates

        pairs = list(scored)
        stats = np.array([[math.nan if x is None else float(x) for x in row] for _, row in pairs])
        found = cls(metric, [record.key for record, _ in pairs], stats, records)
        estimate = estimates({metric.name: (metric, stats)}, found.clusters(found.keys))[metric.name]
        low, high = estimate.ci_low, estimate.ci_high
        ends = None if low is None or high is None else (low, high)
        return cls(metric, found.keys, stats, records, figure_of(metric, stats), ends)

    @classmethod
    def figure_alone(cls, metric: Metric, value: float | None, interval: tuple[float, float] | None) -> Rows:
        """Return a figure of which no example is known."""
        return cls(metric, value=value, interval=interval)

    @property
    def ids(self) -> list[str]:
        """Return the examples' ids."""
        return [name for name, _ in self.keys]

    def clusters(self, keys: Sequence[Key]) -> NDArray[np.int64] | None:
        """Return the cluster of each key as a number, None where each is its own."""
        import numpy as np

        names = [self.records[key].cluster for key in keys]
        if not any(names):
            return None
        codes: dict[Any, int] = {}
        marked = [name or key for name, key in zip(names, keys, strict=True)]
        return np.array([codes.setdefault(name, len(codes)) for name in marked])


@dataclass(frozen=True)
class Difference:
    """The figure after minus the one before, with its 95 % interval; `n` pairs, 0 where there are none.

    `apart` counts the pairs that are judged otherwise. `ci_low` and `ci_high` are None where nothing is known
    of how sure it is.
    """

    before: float | None
    after: float | None
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    unit: str = "0-1"
    apart: int | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return its ends, None where it has none."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_low, self.ci_high)


def difference(before: Rows, after: Rows) -> Difference:
    """Return how the figures differ: paired over the examples that both have, where they are most of them.

    Figures over other examples are independent: their intervals make that of the difference (MOVER, Zou and
    Donner 2008), as do figures of two metrics, or one without examples.
    """
    known = set(after.keys)
    common = [key for key in before.keys if key in known]
    same = before.metric.signature == after.metric.signature
    if common and same and 2 * len(common) > max(len(before.keys), len(after.keys)):
        return _paired(before, after, common)
    unit = before.metric.unit
    if before.value is None or after.value is None:
        return Difference(before.value, after.value, None, None, None, 0, unit)
    value = after.value - before.value
    if common and (found := _by_example(before, after, common)) is not None:
        return Difference(before.value, after.value, value, *found, len(common), unit)
    low, high = _mover(before, after)
    return Difference(before.value, after.value, value, low, high, 0, unit)


def _paired(before: Rows, after: Rows, common: Sequence[Key]) -> Difference:
    import numpy as np

    from harness.stats.bootstrap import figure_of
    from harness.stats.paired import paired

    metric = after.metric
    one, other = _taken(before, common), _taken(after, common)
    found = paired(metric, other, one, before.clusters(common))
    figures = figure_of(metric, one), figure_of(metric, other)
    value = None if math.isnan(found.value) else found.value
    apart = int(np.any((one != other) & ~(np.isnan(one) & np.isnan(other)), axis=1).sum())
    return Difference(*figures, value, found.ci_low, found.ci_high, len(common), metric.unit, apart)


def _taken(rows: Rows, keys: Sequence[Key]) -> Floats:
    assert rows.stats is not None
    places = {key: place for place, key in enumerate(rows.keys)}
    return rows.stats[[places[key] for key in keys]]


def _by_example(before: Rows, after: Rows, common: Sequence[Key]) -> tuple[float, float] | None:
    """Return the t interval of two metrics' figures, example by example, None where one has none of such."""
    import numpy as np

    from harness.stats.effect_sizes import by_example
    from harness.stats.student import t_quantile

    sides = [by_example(rows.metric, _taken(rows, common)) for rows in (before, after)]
    if sides[0] is None or sides[1] is None or len(common) < 2:
        return None
    gaps = np.nan_to_num(sides[1] - sides[0])
    reach = t_quantile(0.95, len(gaps) - 1) * float(gaps.std(ddof=1)) / math.sqrt(len(gaps))
    middle = float(gaps.mean())
    return middle - reach, middle + reach


def _mover(before: Rows, after: Rows) -> tuple[float | None, float | None]:
    """Return the interval of a difference of two independent figures, from an interval of each."""
    if before.value is None or after.value is None or before.interval is None:
        return None, None
    known = after.interval or (after.value, after.value)  # a published figure without n is taken as it is
    value = after.value - before.value
    below = math.hypot(after.value - known[0], before.interval[1] - before.value)
    above = math.hypot(known[1] - after.value, before.value - before.interval[0])
    return value - below, value + above
