"""How far two or more raters agree: shares, Cohen's kappa, Krippendorff's alpha, Spearman; by question."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Figure = Callable[[Floats], float]

DRAWS = 1000


def equal(ratings: Floats) -> float:
    """Return the share of items (n, 2) that both rate alike."""
    return float((ratings[:, 0] == ratings[:, 1]).mean())


def kappa(ratings: Floats) -> float:
    """Return Cohen's (1960) kappa of two raters (n, 2): NaN where chance alone would agree always."""
    _, codes = np.unique(ratings, return_inverse=True)
    codes = codes.reshape(ratings.shape)
    count = int(codes.max(initial=0)) + 1
    one, other = (np.bincount(column, minlength=count) / len(codes) for column in codes.T)
    chance = float(one @ other)
    return float("nan") if chance >= 1 else (equal(ratings) - chance) / (1 - chance)


def spearman(ratings: Floats) -> float:
    """Return the correlation of the ranks of two raters (n, 2); NaN where one never varies."""
    from scipy.stats import rankdata

    ranks = np.column_stack([rankdata(column) for column in ratings.T])
    if (ranks.std(axis=0) == 0).any():
        return float("nan")
    return float(np.corrcoef(ranks.T)[0, 1])


def lead(ratings: Floats) -> float:
    """Return how much more the first rater (n, 2) gives than the second, on average."""
    return float((ratings[:, 0] - ratings[:, 1]).mean())


def alpha(ratings: Floats) -> float:
    """Return Krippendorff's alpha for numbers (n, raters), NaN being no rating: 1 agree, 0 as by chance.

    The mean squared difference within items over that of all ratings whatever the item (Krippendorff 2011).
    """
    pairable = (~np.isnan(ratings)).sum(axis=1) > 1
    rows = ratings[pairable]
    known = rows[~np.isnan(rows)]
    if len(known) < 2 or known.std() == 0:
        return float("nan")
    counts = (~np.isnan(rows)).sum(axis=1)
    within = (
        2 * np.nansum((rows - np.nanmean(rows, axis=1, keepdims=True)) ** 2, axis=1) * counts / (counts - 1)
    )
    return 1 - float(within.sum() / len(known)) / (2 * float(known.var(ddof=1)))


def interval(figure: Figure, ratings: Floats, units: Ints, seed: int = 0) -> tuple[float, float] | None:
    """Return 95 % of a figure over draws of whole questions; None where a tenth of the draws have none."""
    rng, count = np.random.default_rng(seed), int(units.max(initial=-1)) + 1
    members = [np.flatnonzero(units == unit) for unit in range(count)]
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([members[unit] for unit in rng.integers(0, count, count)])
        drawn.append(figure(ratings[rows]))
    known = np.array(drawn)[~np.isnan(drawn)]
    if len(known) < 0.9 * DRAWS:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
