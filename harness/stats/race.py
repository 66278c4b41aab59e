"""Which of several systems is the best of a benchmark, decided after as few of its examples as that takes.

All are asked the same examples in one random order. After each, whoever is proven worse than another is
asked no more; the race ends with one left, or once nobody is better than another by a margin. Claims are
about the whole benchmark's figure on the examples that both of a pair answered; a missing answer says
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.stats.sequential import Floats, MeanTest

Verdict = Literal["winner", "tie", "undecided"]
FIRST, GROWTH = (
    25,
    8,
)  # examples that are asked at once: at first, and the share 1/GROWTH of those asked since


@dataclass
class Race:
    """A race of `systems` over a benchmark of `size` examples, whose scores lie in [0, 1].

    `alpha` bounds the chance that the best is dropped, or that a tie is claimed though the best is better by
    the margin or more, however often one looks. It is shared among the pairs of the best with the others,
    which are one less than the systems; of two systems either may be the best, so that each side has a half.
    """

    systems: int
    size: int
    alpha: float = 0.05
    margin: float = 0.0
    asked: int = 0
    lost: dict[int, tuple[int, int]] = field(default_factory=dict)  # who → (to whom, after how many)

    def __post_init__(self) -> None:
        """Set up a test for each ordered pair.

        Raises:
            ValueError: fewer than two systems, nothing to ask, or a level or margin outside of (0, 1).
        """
        if self.systems < 2 or self.size < 1 or not 0 < self.alpha < 1 or not 0 <= self.margin < 1:
            raise ValueError("a race needs two systems, an example, and alpha and margin below 1")
        self._above, self._below = np.nonzero(
            ~np.eye(self.systems, dtype=bool)
        )  # in order: _opposite needs it
        shape = self._above.shape
        self._threshold = math.log(max(2, self.systems - 1) / self.alpha)
        self._better = MeanTest(self.size, -1, 1, shape)
        # That the first is not better than the second by the margin; without one there is nothing to test.
        self._no_better = (
            MeanTest(self.size, self.margin - 1, self.margin + 1, shape) if self.margin else None
        )
        self._beats = np.zeros(shape, dtype=bool)
        self._within = np.zeros(shape, dtype=bool)
        self.since: int | None = None  # examples after which it was decided

    @property
    def running(self) -> list[int]:
        """Return who is still in the race."""
        return [one for one in range(self.systems) if one not in self.lost]

    @property
    def block(self) -> int:
        """Return how many examples to ask next, before looking again."""
        return min(self.size - self.asked, max(FIRST, self.asked // GROWTH))

    @property
    def verdict(self) -> Verdict:
        """Return what is proven by now; of figures that are equal in the end, that they are."""
        if len(self.running) == 1:
            return "winner"
        return "tie" if self.asked >= self.size or (self.margin and self._within.all()) else "undecided"

    @property
    def over(self) -> bool:
        """Return whether nothing need be asked any more."""
        return self.verdict != "undecided"

    def observe(self, scores: Floats) -> None:
        """Take the scores (systems, T) of the next T examples; NaN is a missing answer, or one not asked for.

        Each example is looked at in turn, so that a verdict does not depend on how many come at once.
        """
        above, below = scores[self._above], scores[self._below]
        missing = np.isnan(above) | np.isnan(below)
        difference = np.where(missing, 0, above - below)
        better = self._better.observe(difference) >= self._threshold
        within = np.zeros_like(better)
        if self._no_better is not None:
            within = (
                self._no_better.observe(np.where(missing, 0, self.margin - difference)) >= self._threshold
            )
        for at in np.flatnonzero((better | within).any(axis=0)):
            if self.since is None:
                self._look(better[:, at], within[:, at], self.asked + int(at) + 1)
        self.asked += scores.shape[1]
        if self.over:
            self.since = self.since or self.asked
        self._keep_running()

    def _look(self, better: NDArray[np.bool_], within: NDArray[np.bool_], asked: int) -> None:
        """Drop who is proven worse by now, and remember which pairs are within the margin.

        That one is better needs the weaker claim too, that the other is not better by the margin: so a pair
        has one chance of an error, and not two.
        """
        self._within |= within
        self._beats |= better
        opposite = np.lexsort((self._above, self._below))
        proven = self._beats & (self._within[opposite] if self.margin else True)
        for above, below in zip(self._above[proven], self._below[proven], strict=True):
            if above not in self.lost and below not in self.lost:
                self.lost[int(below)] = (int(above), asked)
        running = self._running_pairs()
        if not running.any() or (self.margin and self._within[running].all()):
            self.since = asked

    def _running_pairs(self) -> NDArray[np.bool_]:
        """Return which pairs (P,) are of systems that are both still running."""
        return ~(np.isin(self._above, list(self.lost)) | np.isin(self._below, list(self.lost)))

    def _keep_running(self) -> None:
        """Forget the tests of those who have lost: what they would say is of no use."""
        which = self._running_pairs()
        self._above, self._below = self._above[which], self._below[which]
        self._beats, self._within = self._beats[which], self._within[which]
        self._better.keep(which)
        if self._no_better is not None:
            self._no_better.keep(which)


def race_through(scores: Floats, order: Sequence[int] | NDArray[np.intp], **options: Any) -> tuple[Race, int]:
    """Return the race over known scores (systems, N) in an order, and how many answers it asked for.

    As a live race does, it asks whole blocks of those who are still running.
    """
    race = Race(len(scores), len(order), **options)
    calls = 0
    while not race.over:
        block = order[race.asked : race.asked + race.block]
        shown = np.full((len(scores), len(block)), np.nan)
        running = race.running
        shown[running] = scores[running][:, block]
        calls += int(np.isfinite(shown).sum())
        race.observe(shown)
    return race, calls
