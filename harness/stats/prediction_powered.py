"""Prediction-powered means: what people would say of everything, from few labels and many of a judge.

The judge's mean over what people have not seen is put right by how far the judge is off where both spoke
(Angelopoulos and others 2023). However wrong the judge is, the interval is about what people would say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.stats.student import t_quantile

Floats = NDArray[np.float64]

LEAST_LABELS, LEAST_APART = 50, 5  # below, an interval covers less than it says
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """The mean that people would give, its interval, and what it was made of."""

    value: float
    low: float
    high: float
    labels: int
    apart: int
    judged: int


def estimate(people: Floats, judged: Floats, rest: Floats) -> Estimate | None:
    """Return the mean that people would give over everything that was judged.

    `people` and `judged` (n,) are of what both have seen, `rest` (N,) is the judge's of the others. None
    under 50 labels, or where the two differ in fewer than 5 of them: then the spread is not known.
    """
    gap, n = people - judged, len(people)
    apart = int((gap != 0).sum())
    if n < LEAST_LABELS or apart < LEAST_APART or len(rest) < 2:
        return None
    value = float(rest.mean() + gap.mean())
    half = t_quantile(LEVEL, n - 1) * float((rest.var(ddof=1) / len(rest) + gap.var(ddof=1) / n) ** 0.5)
    return Estimate(value, value - half, value + half, n, apart, n + len(rest))
