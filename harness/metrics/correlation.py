"""Do ratings or cosines go with people's? Correlations of predicted and wanted numbers.

A prediction is a number or None, a target a number as text. Unanswered examples are left out: no number
stands for silence; how many there are stands in the counts. Without two answers, or where either side
never varies, there is no correlation (NaN).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, Prepared
from harness.schema import Metric

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_FLAT = 1e-14  # a share of the rows' variance that rounding alone may leave
_PIECE = 2**16  # ranks at once: half a megabyte each time something is made of them, not fresh pages


def pearson(labels: Sequence[str]) -> Metric:
    """Return the metric of Pearson's correlation, -1 to 1."""
    aggregate = OfSums(_correlation, _moments, correlates=True)
    return Metric("pearson", partial(_numbers, "pearson"), aggregate, "pearson|v:1", unit="-1-1")


def spearman(labels: Sequence[str]) -> Metric:
    """Return the metric of Spearman's correlation, -1 to 1: Pearson's of the ranks, equals sharing theirs.

    Each weighting ranks anew: a row of weight 2 takes two ranks, and equals get the middle of theirs.
    """
    aggregate = Prepared(_by_ranks, _influence_on_ranks)
    return Metric("spearman", partial(_numbers, "spearman"), aggregate, "spearman|v:1", unit="-1-1")


def _numbers(name: str, prediction: Any, target: Any) -> tuple[float, float, float]:
    """Return (prediction, target, 1), or zeros for an unanswered example.

    A prediction that is no finite number (NaN: the cosine of a zero vector) is unanswered.

    Raises:
        BadInput: the target is not a finite number, or the prediction is a text that is none.
    """
    wanted = _number(name, "target", target)
    if not math.isfinite(wanted):
        raise BadInput(f"{name}: the target {target!r} should be a finite number")
    said = math.nan if prediction is None else _number(name, "prediction", prediction)
    return (said, wanted, 1.0) if math.isfinite(said) else (0.0, 0.0, 0.0)


def _number(name: str, what: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadInput(f"{name}: the {what} {value!r} is not a number") from None


def _moments(stats: Floats) -> Floats:
    """Return (N, 6): 1, x, y, x², y², xy of each answered example, zeros of the others.

    x and y are standardised over the rows, which no correlation feels, and variances by sums need.
    """
    known = stats[:, 2] > 0
    x, y = (_standardised(column, known) for column in stats[:, :2].T)
    return np.stack([stats[:, 2], x, y, x * x, y * y, x * y], axis=1)


def _standardised(column: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return the column with mean 0 and variance 1 over the known rows; zeros if those are all equal."""
    values = column[known]
    if not len(values) or values.min() == values.max():
        return np.zeros_like(column)
    # Scaled by a power of 2, which is exact, so that squares neither overflow nor vanish.
    exponent = np.frexp(np.abs(values).max())[1]
    centred = np.ldexp(column, -exponent) - np.ldexp(values, -exponent).mean()
    return np.asarray(np.where(known, centred / np.sqrt((centred[known] ** 2).mean()), 0))


def _correlation(sums: Floats, counts: Floats) -> Floats:
    """Return Pearson's correlation (D,) of summed moments (D, 6)."""
    n, x, y, xx, yy, xy = sums.T
    n = np.maximum(n, 1)
    return _quotient(xy - x * y / n, xx - x * x / n, yy - y * y / n, _FLAT * n)


def _quotient(together: Floats, one: Floats, other: Floats, flat: Floats | float) -> Floats:
    """Return the correlation (D,) of a covariance and two variances, NaN where one is `flat` or less."""
    varied = (one > flat) & (other > flat)
    below = np.sqrt(np.where(varied, one, 1)) * np.sqrt(np.where(varied, other, 1))
    return np.asarray(np.where(varied, np.clip(together / below, -1, 1), np.nan))


def _by_ranks(stats: Floats) -> Callable[[Floats], Floats]:
    """Return the function from weights (D, N) to Spearman's correlations (D,)."""
    known = np.flatnonzero(stats[:, 2])
    x, y = stats[known, :2].T
    # Rows are put into the order of x, so that only for y they have to be sorted and put back.
    by_x = np.argsort(x, kind="stable")
    by_y = np.argsort(y[by_x], kind="stable")
    back = _undoing(by_y)
    rows, tied_x, tied_y = known[by_x], _Ties.of(x[by_x]), _Ties.of(y[by_x][by_y])

    def correlations(weights: Floats) -> Floats:
        drawn = weights.take(rows, axis=1)
        in_x, spread_x = tied_x.mid_ranks(drawn)
        in_y, spread_y = tied_y.mid_ranks(drawn.take(by_y, axis=1))
        together = np.einsum("dn,dn,dn->d", drawn, in_x, in_y.take(back, axis=1))
        return _quotient(together, spread_x, spread_y, 0)

    def figures(weights: Floats) -> Floats:
        if not len(rows):
            return np.full(len(weights), np.nan)
        step = max(1, _PIECE // len(rows))
        starts = range(0, len(weights), step)
        return np.concatenate([correlations(weights[start : start + step]) for start in starts])

    return figures


def _influence_on_ranks(stats: Floats) -> Floats:
    """Return N times the derivative (N,) of Spearman's correlation by each row's weight.

    The correlation is c / sqrt(v·w), of the sums of products and squares of mid-ranks r and s. One more
    example at x adds r·s, and half a rank to whatever is above x, as it takes half a rank from what is below.
    """
    found = np.zeros(len(stats))
    known = np.flatnonzero(stats[:, 2])
    if len(known):
        r, above_x = _ranked(stats[known, 0])
        s, above_y = _ranked(stats[known, 1])
        c, v, w = r @ s, r @ r, s @ s
        in_c = r * s + above_x(s) + above_y(r)
        in_v, in_w = (own * own + 2 * above(own) for own, above in ((r, above_x), (s, above_y)))
        flat = not (v > 0 and w > 0)
        slopes = in_c - c * (in_v / v + in_w / w) / 2 if not flat else np.full(len(r), np.nan)
        found[known] = len(stats) * slopes / (math.sqrt(v * w) if not flat else 1)
    return found


def _ranked(values: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Return the centred mid-ranks (N,), and what sums a column over the rows above each, equals by half."""
    order = np.argsort(values, kind="stable")
    ties = _Ties.of(values[order])
    (ranks,), _ = ties.mid_ranks(np.ones((1, len(values))))
    back = _undoing(order)

    def above(column: Floats) -> Floats:
        runs = np.add.reduceat(column[order], ties.starts)
        sums = runs.sum() - runs.cumsum() + runs / 2
        return np.asarray(sums.repeat(ties.lengths)[back])

    return ranks[back], above


def _undoing(order: Indices) -> Indices:
    """Return what puts rows (N,) that were put into `order` back."""
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return back


@dataclass(frozen=True, slots=True)
class _Ties:
    """Rows in ascending order, and where their runs of equal values start and how long they are."""

    starts: Indices
    lengths: Indices

    @classmethod
    def of(cls, ascending: Floats) -> _Ties:
        """Return the ties of values (N,) in ascending order."""
        starts = np.flatnonzero(np.diff(ascending, prepend=np.nan) != 0)
        return cls(starts, np.diff(starts, append=len(ascending)))

    def mid_ranks(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the rows' mid-ranks less their mean (D, N), and the sum of their squares (D,).

        A run of weight g behind weights of c has the mid-rank c + (g + 1) / 2; the mean of all is
        (W + 1) / 2. These are halves of whole numbers, so that a constant's spread is 0 exactly.
        """
        tied = len(self.starts) < weights.shape[1]
        runs = np.add.reduceat(weights, self.starts, axis=1) if tied else weights
        ends = runs.cumsum(axis=1)
        ranks = runs * -0.5
        ranks += ends
        ranks -= ends[:, -1:] / 2
        spread = np.einsum("dn,dn,dn->d", runs, ranks, ranks)
        return ranks.repeat(self.lengths, axis=1) if tied else ranks, spread
