"""A share of right answers, put right by how often their reader errs: an interval of both doubts.

A reader that misses a stated answer hides right ones; one that reads something else may hit by luck. Of all
replies a share a is scored right. A right answer is read rightly with probability s; of the other replies a
misreading is right with probability l, one in the options that are left. So

    a = s θ + l (m (σ - θ) + v)        θ = (a - l e) / (s - l m)        e = m σ + v

with θ the share whose stated answer is right, σ the share that states one, m the probability that a stated
answer is misread, v the share that states none and is read as something, and e the share of all replies
that is misread. With m = e this is Rogan and Gladen's estimator (1978, American Journal of Epidemiology 107)
of sensitivity s and specificity 1 - l e. What is not known of s, m and e is what their labelled replies leave
open: draws of Jeffreys' posteriors (Brown, Cai and DasGupta 2001; Dirichlet's for the three fates of a stated
answer) go through the formula beside draws of a.

Assumed: the reader errs as often on right answers as on wrong ones, the labelled replies are like these, and
a misreading falls on any other option alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.stats.intervals import SEED, wilson

Floats = NDArray[np.float64]

DRAWS, LEVEL = 10_000, 0.95
LEAST_GAP = 0.1  # of s - l m in the lowest draws: below, the figure is a ratio to nearly nothing
_HALF = 0.5  # Jeffreys' share of an observation
_STEPS = 60  # halvings: a count to the last bit


@dataclass(frozen=True)
class ReaderCounts:
    """What a reader made of labelled replies: `read` something of so many, `right` so often.

    `stated` replies state an answer; of `found` of them something was read, rightly or not.
    """

    right: int
    read: int
    found: int
    stated: int

    def __post_init__(self) -> None:
        """Refuse counts that no one sample of replies has.

        Raises:
            HarnessError: not 0 < right <= found <= both of read and stated.
        """
        if not 0 < self.right <= self.found <= min(self.read, self.stated):
            raise HarnessError(
                f"no sample of replies has {self.right} of {self.read} read rightly"
                f" and {self.found} of {self.stated} found"
            )


@dataclass(frozen=True)
class Corrected:
    """A share of right answers, 0 to 1, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def corrected(
    share: float,
    effective: float,
    reader: ReaderCounts,
    *,
    read_share: float,
    luck: float,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Corrected | None:
    """Return the share of right answers as it were with a reader without error, 0 to 1.

    `share` is what the reader's readings score over `effective` independent replies, `read_share` the share
    of replies of which it read something, `luck` the probability that a misreading of a wrong answer is
    right: 0 for free answers, 1 / (K - 1) for K options. What lies outside 0 to 1 is cut off there. None
    where the reader errs so often that its scores hardly depend on the answers.
    """
    rng = np.random.default_rng(seed)
    fates = rng.dirichlet(np.array(_fates(reader)) + _HALF, size=draws)
    found = rng.beta(reader.found + _HALF, reader.read - reader.found + _HALF, size=draws)
    seen, misread = fates[:, 0], fates[:, 1]
    wrong = 1 - found * seen / (seen + misread)
    scored = rng.beta(share * effective + _HALF, (1 - share) * effective + _HALF, size=draws)
    ends = (1 - LEVEL) / 2
    gaps = seen - luck * misread
    if np.quantile(gaps, ends) < LEAST_GAP:
        return None
    low, high = np.quantile((scored - luck * read_share * wrong) / gaps, [ends, 1 - ends])
    s, m, _ = np.array(_fates(reader)) / reader.stated
    value = (share - luck * read_share * (1 - reader.right / reader.read)) / (s - luck * m)
    return Corrected(*(float(np.clip(one, 0, 1)) for one in (value, low, high)))


def effective_trials(share: float, width: float, n: int) -> float:
    """Return of how many independent trials Wilson's interval is so wide, at least 1 and at most `n`.

    Replies in clusters say less than as many alone; their interval tells how much less.
    """
    few, many = 1.0, float(n)
    for _ in range(_STEPS):
        middle = (few + many) / 2
        low, high = wilson(share * middle, middle)
        few, many = (middle, many) if high - low > width else (few, middle)
    return many


def _fates(reader: ReaderCounts) -> tuple[int, int, int]:
    """Return how many stated answers were read rightly, misread, and not read."""
    return reader.right, reader.found - reader.right, reader.stated - reader.found
