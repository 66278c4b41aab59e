"""Item response theory: each item's difficulty and discrimination, each system's ability.

The two-parameter logistic model (Birnbaum 1968): a system of ability t has an item right with probability 1
/ (1 + exp(-(slope * t + intercept))). The slope is the discrimination, -intercept / slope the difficulty,
on a scale on which the systems have mean 0 and standard deviation 1. Items are many and systems few, so
that abilities are known well and each item badly: the estimates are those of highest posterior probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLOPE, SLOPE_SD, INTERCEPT_SD = 1.0, 1.0, 2.0  # what is thought of an item before anybody answers it
FLAT = 0.1  # a slope below which the difficulty is nowhere
_ROUNDS, _ENOUGH = 60, 1e-4


@dataclass(frozen=True)
class ItemResponse:
    """A fit: ability (S,) of each system; slope (N,), intercept (N,) of each item, and the slope's error."""

    ability: Floats
    slope: Floats
    intercept: Floats
    slope_stderr: Floats

    @property
    def difficulty(self) -> Floats:
        """Return the ability (N,) that has an item right half of the time, NaN where hardly any tells."""
        steep = np.abs(self.slope) >= FLAT
        return np.where(steep, -self.intercept / np.where(steep, self.slope, 1), np.nan)

    def chances(self, ability: Floats) -> Floats:
        """Return the probability (M, N) that a system of each ability (M,) has each item right."""
        return _logistic(np.multiply.outer(ability, self.slope) + self.intercept)

    def information(self, ability: Floats) -> Floats:
        """Return Fisher's information (M, N) that each item has of each ability (M,)."""
        chance = self.chances(ability)
        return self.slope**2 * chance * (1 - chance)

    def ability_of(self, right: Floats, items: NDArray[np.intp] | slice = slice(None)) -> float:
        """Return the likeliest ability of a system with these answers (n,) to these items; NaN is missing.

        The abilities of the systems of the fit are what is thought of it before: mean 0, deviation 1.
        """
        return float(_abilities(right[None], self.slope[items], self.intercept[items])[0])


def fit(right: Floats) -> ItemResponse:
    """Return the fit to who has what right, (S, N) of 0 to 1; NaN is missing.

    Raises:
        ValueError: fewer than two systems, or no item.
    """
    if right.ndim != 2 or right.shape[0] < 2 or not right.shape[1]:
        raise ValueError(f"two systems and an item make a fit, not {right.shape}")
    ability = _standard(np.nanmean(right, axis=1))
    slope, intercept = np.full(right.shape[1], SLOPE), np.zeros(right.shape[1])
    stderr = np.zeros(right.shape[1])
    for _ in range(_ROUNDS):
        slope, intercept, stderr = _items(right, ability, slope, intercept)
        found = _standard(_abilities(right, slope, intercept))
        moved = float(np.abs(found - ability).max())
        ability = found
        if moved < _ENOUGH:
            break
    return ItemResponse(ability, slope, intercept, stderr)


def _items(right: Floats, ability: Floats, slope: Floats, intercept: Floats) -> tuple[Floats, Floats, Floats]:
    """Return slopes, intercepts and the slopes' standard errors (N,), by Newton's steps."""
    seen, known = ~np.isnan(right), np.nan_to_num(right)
    t = ability[:, None]
    for _ in range(8):
        chance = _logistic(t * slope + intercept)
        residual = seen * (known - chance)
        weight = seen * chance * (1 - chance)
        by_slope = (residual * t).sum(axis=0) - (slope - SLOPE) / SLOPE_SD**2
        by_intercept = residual.sum(axis=0) - intercept / INTERCEPT_SD**2
        aa = (weight * t * t).sum(axis=0) + SLOPE_SD**-2
        ac, cc = (weight * t).sum(axis=0), weight.sum(axis=0) + INTERCEPT_SD**-2
        det = aa * cc - ac * ac
        slope = slope + np.clip((cc * by_slope - ac * by_intercept) / det, -1, 1)
        intercept = intercept + np.clip((aa * by_intercept - ac * by_slope) / det, -1, 1)
    return slope, intercept, np.sqrt(cc / det)


def _abilities(right: Floats, slope: Floats, intercept: Floats) -> Floats:
    """Return the likeliest abilities (S,) by Newton's steps; the prior is a standard normal."""
    seen, known = ~np.isnan(right), np.nan_to_num(right)
    ability = np.zeros(len(right))
    for _ in range(25):
        chance = _logistic(ability[:, None] * slope + intercept)
        gradient = (seen * (known - chance) * slope).sum(axis=1) - ability
        curvature = (seen * chance * (1 - chance) * slope**2).sum(axis=1) + 1
        step = np.clip(gradient / curvature, -1, 1)
        ability = ability + step
        if np.abs(step).max() < 1e-8:
            break
    return ability


def _standard(ability: Floats) -> Floats:
    """Return abilities of mean 0 and standard deviation 1; of systems that are all alike, 0."""
    spread = float(ability.std())
    return (ability - ability.mean()) / spread if spread > 1e-12 else np.zeros(len(ability))


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -35, 35))))
