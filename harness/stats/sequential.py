"""Tests of a mean that may be looked at after every example: bets, on a population drawn without replacement.

A wealth that starts at 1 is bet on "the mean of the whole population is above zero". Were it zero or below,
the wealth would be a supermartingale, and would ever reach 1/alpha with a chance of at most alpha (Ville): so
it may be looked at as often as one likes, and the claim is about the whole, of which no more need be asked.
Bets on bounded means without replacement: Waudby-Smith and Ramdas (2020, 2024); the size of a bet is their
approximation of the one that grows quickest (aGRAPA), from what was seen before.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST = 0.5  # of what may be staked without ever losing all: more loses more than it wins on small differences
_ROUNDING = 1e-6  # of a value's width: sums of thousands of them are no more exact than that
_GRID, _CHUNK = 799, 512  # means that an interval is searched among; examples taken at once
_PSEUDO_VARIANCE = 0.25  # of the one value in the middle that is taken to have been seen before the first


ENDLESS = (
    10**9
)  # the size of a population that is not this benchmark's: what the system would say on any night


class MeanTest:
    """The wealth of bets that a population's mean is above zero, for a batch of populations at once.

    The values of a population of `size` lie in [low, high], low < 0 < high, and come in random order; what is
    missing is a 0 and says nothing either way. `shape` is that of the batch.
    """

    def __init__(
        self, size: int, low: float | Floats, high: float | Floats, shape: tuple[int, ...] = ()
    ) -> None:
        """Begin with a wealth of 1; bounds may differ within the batch.

        Raises:
            ValueError: zero is not inside the bounds: a mean beyond it would need no test.
        """
        if not (np.all(np.asarray(low) < 0) and np.all(np.asarray(high) > 0)):
            raise ValueError(f"a test of zero on values in [{low}, {high}]")
        self.size = size
        self.low = np.broadcast_to(np.asarray(low, float), shape)
        self.width = np.broadcast_to(np.asarray(high, float), shape) - self.low
        self.seen = 0
        self.total = np.zeros(shape)
        self.squares = np.full(shape, _PSEUDO_VARIANCE)
        self.log_wealth = np.zeros(shape)

    def observe(self, values: Floats) -> Floats:
        """Return the logarithm of the wealth (…, T) after each of the next values (…, T).

        Infinite where what is left cannot bring the mean down to zero any more, and where nothing is left and
        it is above.
        """
        low, width = self.low[..., None], self.width[..., None]
        x, whole = (values - low) / width, -self.size * low / width  # what all sum up to if the mean is zero
        steps = x.shape[-1]
        drawn = np.arange(self.seen + 1, self.seen + steps + 1)
        after = self.total[..., None] + np.cumsum(x, axis=-1)
        before = np.concatenate([self.total[..., None], after[..., :-1]], axis=-1)
        deviations = (x - (0.5 + after) / (drawn + 1)) ** 2
        squares = self.squares[..., None] + np.cumsum(deviations, axis=-1)
        known = np.concatenate([self.squares[..., None], squares[..., :-1]], axis=-1) / drawn
        # Of what is left, if the mean of the whole were zero.
        expected = (whole - before) / (self.size - drawn + 1)
        floor = np.clip(expected, 1e-9, None)
        lead = (0.5 + before) / drawn - floor
        stake = np.clip(lead / (known + lead * lead), 0, MOST / floor)
        gained = np.log1p(stake * (x - floor))
        # Values are 0 or more after scaling: what those seen exceed alone is exceeded for good.
        gained[after > whole + _ROUNDING] = np.inf
        wealth = self.log_wealth[..., None] + np.cumsum(gained, axis=-1)
        self.seen += steps
        self.total, self.squares, self.log_wealth = after[..., -1], squares[..., -1], wealth[..., -1]
        return np.asarray(wealth)

    def keep(self, which: Bools) -> None:
        """Go on with these of the populations (shape,) alone."""
        self.low, self.width, self.total = self.low[which], self.width[which], self.total[which]
        self.squares, self.log_wealth = self.squares[which], self.log_wealth[which]


def difference_bounds(
    differences: Floats, size: int, alpha: float, low: float = -1, high: float = 1
) -> tuple[float, float]:
    """Return the interval of a population's mean that may be looked at after every example.

    `differences` (n,) are the first of `size` values in [low, high], in random order; NaN is missing, and the
    mean is that of those that are not. It covers the mean with a chance of at least 1 - alpha, for all n at
    once, and is as wide as [low, high] where nothing is known.
    """
    grid = np.linspace(low, high, _GRID + 2)[1:-1]
    threshold = math.log(2 / alpha)
    above = MeanTest(size, low - grid, high - grid, grid.shape)
    below = MeanTest(size, grid - high, grid - low, grid.shape)
    proven_above = proven_below = np.zeros(grid.shape, dtype=bool)
    for start in range(0, len(differences), _CHUNK):
        some = differences[None, start : start + _CHUNK] - grid[:, None]
        some[np.isnan(some)] = 0
        proven_above = proven_above | (above.observe(some) >= threshold).any(axis=-1)
        proven_below = proven_below | (below.observe(-some) >= threshold).any(axis=-1)
    return float(grid[proven_above].max(initial=low)), float(grid[proven_below].min(initial=high))


def chance_of_fall(falls: Floats, margin: float) -> float:
    """Return the p-value of a mean fall beyond `margin`, which may be looked at after every example; 0 to 1.

    `falls` (n,) lie in [-1, 1]; NaN is missing. It is about the system and not about these examples alone, so
    that nights which differ by chance prove nothing however many are asked.
    """
    if not len(falls):
        return 1.0
    test = MeanTest(ENDLESS, -1 - margin, 1 - margin)
    wealth = test.observe(np.nan_to_num(falls - margin))
    return float(min(1.0, math.exp(-max(0.0, min(700.0, wealth.max())))))


def rules_out(falls: Floats, most: float, alpha: float) -> bool:
    """Return whether a mean fall of `most` or more is ruled out by an upper bound that holds at every look.

    The bound is wrong with a chance of at most `alpha`, also where `most` is made of the same falls.
    """
    test = MeanTest(ENDLESS, most - 1, most + 1)
    wealth = test.observe(-np.nan_to_num(falls - most)) if -1 < most < 1 and len(falls) else np.zeros(1)
    if wealth.max() < math.log(1 / alpha):  # one mean of the many that the bound is searched among
        return False
    return difference_bounds(falls, ENDLESS, 2 * alpha)[1] <= most  # its two sides share the level
