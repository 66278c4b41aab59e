"""One family of metrics a file, and the mean that most of them end in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def weighted_mean(stats: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the first statistic (D,), in its own unit, for each weighting.

    `stats` is (N, K), one row an example; `weights` is (D, N), one row a draw, with a sum above 0.

    Raises:
        HarnessError: N is 0; an empty run has no mean.
    """
    if not len(stats):
        raise HarnessError("a mean needs at least one example")
    share: NDArray[np.float64] = weights @ stats[:, 0] / weights.sum(axis=1)
    return share
