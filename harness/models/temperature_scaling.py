"""One number that makes a classifier's probabilities honest.

Guo et al. 2017, "On Calibration of Modern Neural Networks": log p(c | x) = log softmax(b + s · z)_c, with the
s under which texts that the classifier did not learn from are least surprising.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])

FEWEST = 50  # texts that say something about a scale


def best_scale(z: NDArray[np.float64], y: NDArray[Any], b: NDArray[np.float64] | float = 0.0) -> float:
    """Return s, 1/64 to 64, for scores z (N, C) and truth y (N, C), one 1 a row; 1 for N below FEWEST."""
    if len(z) < FEWEST:
        return 1.0
    low, high = 1 / 64, 64.0
    for _ in range(24):  # the surprise is convex in s: halve the interval by the sign of its slope
        middle = math.sqrt(low * high)
        p = np.exp(log_softmax(b + middle * z))
        low, high = (low, middle) if ((p - y) * z).sum() > 0 else (middle, high)
    return math.sqrt(low * high)


def log_softmax(z: Floats) -> Floats:
    """Return (n, C) log-probabilities (nats) of scores (n, C)."""
    z = z - z.max(axis=1, keepdims=True)
    total: Floats = np.exp(z).sum(axis=1, keepdims=True)
    return z - np.log(total)
