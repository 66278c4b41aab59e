"""The two shapes that a quick aggregate has, and the sums that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Table = NDArray[np.float32]


# Multiplications up to which OpenBLAS starts no threads, of matrices and of two vectors: on a busy
# machine threads cost 20x, and they spin on when the work is done.
_ONE_THREAD, _ONE_THREAD_DOT = 2**18, 10_000


@dataclass(frozen=True)
class OfSums:
    """An aggregate that needs no more of its rows than their sums: a mean, a ratio of counts, BLEU.

    `figure(sums (D, K), counts (D,))` returns (D,): the metric's formula, given the weighted sum of
    each statistic and the weight of all examples (how many there are, repeats counted). Examples that
    are left out have statistics of 0 and a column that counts the others; NaN would spoil the sums.

        Metric("ratio", statistics, OfSums(lambda sums, counts: sums[:, 0] / sums[:, 1]), "ratio|v:1")

    Where other numbers than the statistics are summed, `columns(stats (N, K))` returns them, (N, J).
    The columns of an example may depend on the others only in ways that leave the figure alone, as a
    shift does that keeps a variance from drowning in rounding.

    The bootstrap knows the class: it computes the sums of all such metrics under shared draws, so that
    a thousand draws cost little more than their sums. Any other callable works too, only slower.
    """

    figure: Callable[[Floats, Floats], Floats]
    columns: Callable[[Floats], Floats] | None = None

    def __call__(self, stats: Floats, weights: Floats) -> Floats:
        """Return the figure (D,) for each weighting; `stats` is (N, K), `weights` (D, N), sums above 0.

        Raises:
            HarnessError: N is 0; an empty run has no figure.
        """
        return self.figure(product(weights, self.summed(_some(stats))), weights.sum(axis=1))

    def summed(self, stats: Floats) -> Floats:
        """Return what is summed, (N, J), of statistics (N, K)."""
        return stats if self.columns is None else self.columns(stats)


@dataclass(frozen=True)
class Prepared:
    """An aggregate that first makes of its rows what all weightings share: an order, an index.

    `prepare(stats (N, K))` returns the function from weights (D, N) to figures (D,). The bootstrap
    prepares once and asks for the figures of many chunks of draws. `influence(stats)` returns the derivative
    (N,) of the figure by each row's weight, times N, where that has a formula.
    """

    prepare: Callable[[Floats], Callable[[Floats], Floats]]
    influence: Callable[[Floats], Floats] | None = None

    def __call__(self, stats: Floats, weights: Floats) -> Floats:
        """Return the figure (D,) for each weighting; `stats` is (N, K), `weights` (D, N), sums above 0.

        Raises:
            HarnessError: N is 0; an empty run has no figure.
        """
        return self.prepare(_some(stats))(weights)


def _some(stats: Floats) -> Floats:
    """Return the statistics, or raise HarnessError where there are none."""
    if not len(stats):
        raise HarnessError("a figure needs at least one example")
    return stats


def product(weights: Floats | Table, columns: Floats | Table) -> Floats:
    """Return the weighted sums (D, J) of columns (N, J) for weights (D, N), piecewise: no threads start."""
    import numpy as np

    sums = np.zeros((len(weights), columns.shape[1]))
    step = _ONE_THREAD_DOT if sums.size == 1 else max(1, _ONE_THREAD // max(1, sums.size))
    for start in range(0, len(columns), step):
        sums += weights[:, start : start + step] @ columns[start : start + step]
    return np.asarray(sums)


def mean(sums: Floats, counts: Floats) -> Floats:
    """Return the mean of the first statistic over all examples (D,), in its own unit."""
    figure: Floats = sums[:, 0] / counts
    return figure


def ratio(sums: Floats, counts: Floats) -> Floats:
    """Return the first sum over the second (D,), NaN where the second is 0: a mean over some examples."""
    import numpy as np

    figure: Floats = np.full(len(sums), np.nan)
    return np.divide(sums[:, 0], sums[:, 1], out=figure, where=sums[:, 1] != 0)


weighted_mean = OfSums(mean)
