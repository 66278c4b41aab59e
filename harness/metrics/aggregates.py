"""The two shapes that a quick aggregate has, the sums that they share, what they know of their bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import HarnessError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    SwapTable = NDArray[np.float32]

# Multiplications up to which OpenBLAS starts no threads, of matrices and of two vectors: on a busy
# machine threads cost 20x, and they spin on when the work is done.
_ONE_THREAD, _ONE_THREAD_DOT = 2**18, 10_000
HALF = 0.5  # of an imaginary unit: Jeffreys' prior for a share; a whole one is Clopper and Pearson's interval


class Imaginary(NamedTuple):
    """Units that were never asked: what each holds (M, J), and for how much of a unit it stands (M,)."""

    rows: Floats
    masses: Floats


Extremes = tuple[Imaginary, Imaginary]  # what would lower a figure most, and what would raise it most


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

    How sure a figure is depends on its bounds, near which few units show no variation. A figure that is a
    share says of which trials: `parts(columns (N, J))` returns each row's hits and trials (N,), hits at most
    trials; `mean` and `ratio` are known to be such. Any other may name `extremes(units (G, J))`: what the
    worst and the best imaginary unit would add to the sums, given the sums of each unit. A figure that chance
    can only raise, a sum of distances, says by how much at most in `raised(stats (N, K))`. One to which long
    texts add more says in `lengths(columns (N, J))` how long each is. What `correlates` has an interval on
    Fisher's scale.
    """

    figure: Callable[[Floats, Floats], Floats]
    columns: Callable[[Floats], Floats] | None = None
    parts: Callable[[Floats], tuple[Floats, Floats]] | None = None
    extremes: Callable[[Floats], Extremes] | None = None
    raised: Callable[[Floats], float] | None = None
    lengths: Callable[[Floats], Floats] | None = None
    correlates: bool = False

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
    (N,) of the figure by each row's weight, times N, where that has a formula. `extremes(stats (N, K))` are
    the imaginary examples that would lower and raise the figure most, None where the rows lack something
    without which nothing can be said of how sure the figure is; `hits(stats)` (N,) are 1 for rows as good as
    can be.
    """

    prepare: Callable[[Floats], Callable[[Floats], Floats]]
    influence: Callable[[Floats], Floats] | None = None
    extremes: Callable[[Floats], Extremes | None] | None = None
    hits: Callable[[Floats], Floats] | None = None

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


def product(weights: Floats | SwapTable, columns: Floats | SwapTable) -> Floats:
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


def by_bounds(
    figure: Callable[[Floats, Floats], Floats],
    lowest: Callable[[Floats], Floats],
    highest: Callable[[Floats], Floats],
) -> Callable[[Floats], Extremes]:
    """Return the `extremes` of a figure of sums, from what an average unit (J,) would add at its bounds.

    They stand for half a unit, times the share of the units that lie at one of the bounds: where none does,
    the units' own variation says all.
    """
    import numpy as np

    def extremes(units: Floats) -> Extremes:
        average = units.mean(axis=0)
        ends = np.stack([lowest(average), highest(average)])
        low, high = figure(ends, np.ones(2))
        each = figure(units, np.ones(len(units)))
        mass = np.array([HALF * np.mean(np.isclose(each, low) | np.isclose(each, high))])
        return Imaginary(ends[:1], mass), Imaginary(ends[1:], mass)

    return extremes


weighted_mean = OfSums(mean)
