"""Two runs, paired: the examples (and repeats) that both of them answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from harness.records.journal import Key
from harness.reports.leaderboard.ranks import Statistics, places_of
from harness.scoring import summary as tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Pairs(NamedTuple):
    """Where each common example stands in either run's statistics, in the order of the first.

    `only_a` and `only_b` count the examples that only one run answered. `clusters` (n,) are of the common
    ones, None where each example is its own.
    """

    here: NDArray[np.intp]
    there: NDArray[np.intp]
    only_a: int
    only_b: int
    clusters: NDArray[np.int64] | None

    @property
    def n(self) -> int:
        """Return how many examples both runs answered."""
        return len(self.here)


def keys_of(statistics: Statistics, rows: NDArray[np.intp]) -> Callable[[int], Key]:
    """Return the function from a place among `rows` to the (id, repeat) that stands there."""
    import numpy as np

    ids, repeats = statistics.keys[0].split(b"\n"), np.frombuffer(statistics.keys[1], np.int64)

    def key(place: int) -> Key:
        row = int(rows[place])
        return tally.named(ids[row].decode()), int(repeats[row])

    return key


def pairs(a: Statistics, b: Statistics) -> Pairs:
    """Return the examples of both, by (id, repeat)."""
    import numpy as np

    if a.keys == b.keys:
        here = there = np.arange(len(a.rows))
    else:
        of_a, of_b = places_of([a.keys, b.keys])
        common = (of_a >= 0) & (of_b >= 0)
        here, there = of_a[common].astype(np.intp), of_b[common].astype(np.intp)
        order = np.argsort(here)
        here, there = here[order], there[order]
    clusters = a.clusters[here] if a.clusters is not None else None
    if clusters is None and b.clusters is not None:
        clusters = b.clusters[there]
    return Pairs(here, there, len(a.rows) - len(here), len(b.rows) - len(there), clusters)
