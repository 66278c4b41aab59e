"""A metric's figure over pairs of (what is seen, target), and the two rules every aggregate keeps."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

WEIGHTS = st.integers(0, 3)


def rows(metric, pairs):
    """Return the statistics (N, K)."""
    return np.array([metric.statistics(seen, target) for seen, target in pairs], float)


def figure(metric, pairs):
    """Return the figure with each pair once."""
    return metric.aggregate(rows(metric, pairs), np.ones((1, len(pairs))))[0]


def weightings(data, n):
    """Return weights (D, n) that hypothesis draws, none of them empty."""
    one = st.lists(WEIGHTS, min_size=n, max_size=n).filter(any)
    return np.array(data.draw(st.lists(one, min_size=1, max_size=4)), float)


def with_weights(metric, pairs, weights):
    """Return the figures (D,) under weights (D, N)."""
    return metric.aggregate(rows(metric, pairs), weights)


def with_rows_repeated(metric, pairs, weights):
    """Return the figures (D,) with each row repeated as often as its weight says."""
    repeated = [np.repeat(rows(metric, pairs), draw.astype(int), axis=0) for draw in weights]
    return np.array([metric.aggregate(one, np.ones((1, len(one))))[0] for one in repeated])


def with_equal_rows_merged(metric, pairs, weights):
    """Return the figures (D,) with equal rows made one, their weights summed."""
    stats = rows(metric, pairs)
    distinct, places = np.unique(stats, axis=0, return_inverse=True)
    merged = [np.bincount(places.ravel(), draw, minlength=len(distinct)) for draw in weights]
    return metric.aggregate(distinct, np.array(merged))


def reordered(metric, pairs, weights):
    """Return the figures (D,) with the rows, and their weights, in the opposite order."""
    return metric.aggregate(rows(metric, pairs)[::-1], weights[:, ::-1])
