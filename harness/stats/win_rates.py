"""Shares of wins over one baseline, as AlpacaEval counts them: plain, and at equal length.

The plain rate is the mean preference and its standard error. The length-controlled one (Dubois and others
2024) is what a logistic model foretells at no difference of length, fitted by its published recipe: an L1
penalty whose strength five folds choose, and rows of a gamed baseline that hold the coefficients down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STRENGTHS = np.logspace(-4, 4, 10)  # C: what errors weigh against the penalty
FOLDS = 5
GAMED_WEIGHT = 0.2 / 2  # two gamed baselines share what one would weigh
STEPS, SMALL_STEP = 200, 1e-10
CUT = 1e-15


@dataclass(frozen=True)
class WinRate:
    """A share of wins and its standard error, both in per cent, over n questions."""

    value: float
    stderr: float
    n: int


def win_rate(preference: Floats) -> WinRate:
    """Return the mean of how strongly each reply is preferred (0 to 1, NaN: no verdict), in per cent."""
    known = preference[~np.isnan(preference)]
    return _mean(known)


def _mean(shares: Floats) -> WinRate:
    n = len(shares)
    stderr = 100 * float(shares.std(ddof=1)) / n**0.5 if n > 1 else float("nan")
    return WinRate(100 * float(shares.mean()), stderr, n)


@dataclass(frozen=True)
class Gamed:
    """Rows of baselines told to be brief or wordy: each row's lengths are apart, the content is one."""

    preference: Floats
    length: Floats  # standardised difference of length
    difficulty: Floats


def length_controlled(preference: Floats, length: Floats, difficulty: Floats, gamed: Gamed | None) -> WinRate:
    """Return the win rate that is foretold at equal length, in per cent.

    `preference` is 0 to 1 in favour of the system (NaN: no verdict), `length` is the baseline's number of
    characters less the system's, `difficulty` is each question's known difficulty.
    """
    scaled = length / length.std(ddof=1)
    own = np.column_stack([np.tanh(scaled), difficulty, np.ones_like(difficulty)])
    x, y, weight = own, preference, np.ones(len(own))
    if gamed is not None:
        theirs = np.column_stack([np.tanh(gamed.length), gamed.difficulty, np.zeros(len(gamed.length))])
        x, y = np.vstack([theirs, own]), np.concatenate([gamed.preference, preference])
        weight = np.concatenate([np.full(len(theirs), GAMED_WEIGHT), weight])
    known = ~np.isnan(y)
    coefficients = _by_folds(x[known], y[known], weight[known])
    at_equal_length = own * np.array([0.0, 1.0, 1.0])
    return _mean(_logistic(at_equal_length @ coefficients))


def _by_folds(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Return the coefficients under the penalty that foretells the left-out fold best, on average."""
    fold = (len(y) - 1 - np.arange(len(y))) % FOLDS  # groups of equal size are dealt out from the last
    losses = np.array([[_left_out(x, y, weight, fold == one, c) for c in STRENGTHS] for one in range(FOLDS)])
    return lasso(x, y, weight, float(STRENGTHS[losses.mean(axis=0).argmin()]))


def _left_out(x: Floats, y: Floats, weight: Floats, out: NDArray[np.bool_], c: float) -> float:
    p = _logistic(x[out] @ lasso(x[~out], y[~out], weight[~out], c)).clip(CUT, 1 - CUT)
    return -float(np.mean(weight[out] * (y[out] * np.log(p) + (1 - y[out]) * np.log(1 - p))))


def lasso(x: Floats, y: Floats, weight: Floats, c: float) -> Floats:
    """Return the coefficients (K,) that minimise |b| + c · weighted logistic loss, `y` from 0 to 1.

    Newton's steps, each a lasso of its own by coordinate descent; the loss is smooth and the columns few.
    """
    b = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = _logistic(x @ b)
        gradient = c * x.T @ (weight * (p - y))
        curve = c * (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-12 * np.eye(len(b))
        step = _descended(b, gradient, curve) - b
        size, objective = 1.0, _objective(x, y, weight, c, b)
        while size > 1e-6 and _objective(x, y, weight, c, b + size * step) > objective:
            size /= 2
        b = b + size * step
        if np.abs(size * step).max() < SMALL_STEP:
            break
    return b


def _descended(b: Floats, gradient: Floats, curve: Floats) -> Floats:
    """Return the minimum of the quadratic at `b` with the penalty, coordinate by coordinate."""
    new = b.copy()
    for _ in range(STEPS):
        before = new.copy()
        for k in range(len(b)):
            slope = gradient[k] + curve[k] @ (new - b) - curve[k, k] * new[k]
            new[k] = -np.sign(slope) * max(abs(slope) - 1, 0.0) / curve[k, k]
        if np.abs(new - before).max() < SMALL_STEP:
            break
    return new


def _objective(x: Floats, y: Floats, weight: Floats, c: float, b: Floats) -> float:
    logit = x @ b
    return float(np.abs(b).sum() + c * (weight @ (np.logaddexp(0, logit) - y * logit)))


def _logistic(logit: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(logit / 2)))
