"""Quantiles of the normal and of Student's distribution, without scipy's half a second of import."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np


def z_of(level: float) -> float:
    """Return the z that a standard normal's size stays below with probability `level`."""
    return NormalDist().inv_cdf((1 + level) / 2)


@lru_cache(maxsize=1024)
def t_quantile(level: float, df: float) -> float:
    """Return the t that |T| stays below with probability `level`, for Student's T of `df` degrees, 1 or more.

    With t = sqrt(df)·tan(a), the mass between 0 and t is c·∫cos^(df-1) from 0 to a: smooth, so Gauss-Legendre
    gives it to all digits; Newton's steps rise to the root, because the mass is concave in a.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    angle = math.atan(z_of(level) / math.sqrt(df))
    for _ in range(100):
        mass = scale * angle / 2 * float(weights @ np.cos(angle * (nodes + 1) / 2) ** (df - 1))
        step = (level / 2 - mass) / (scale * math.cos(angle) ** (df - 1))
        angle += step
        if abs(step) < 1e-15:
            break
    return math.sqrt(df) * math.tan(angle)
