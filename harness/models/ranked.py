"""The order in which trec_eval reads a ranking, and the exact best k of a matrix of scores in that order.

trec_eval (Buckley, https://github.com/usnistgov/trec_eval) ignores ranks and sorts by score, as a float of 32
bits, falling; equal scores by the passage's id, falling. A figure at a cutoff depends on that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.schema import Scored

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

BLOCK = 128  # columns of which only the best is looked at first
CELLS = 2**25  # scores that are held at a time: 128 MB


def ranked(ranking: Sequence[Scored]) -> tuple[str, ...]:
    """Return the ids in the order of trec_eval. A score that is not a number comes last."""
    import numpy as np

    if not ranking:
        return ()
    with np.errstate(over="ignore"):
        scores = np.array([score for _, score in ranking], np.float64).astype(np.float32)
    scores[np.isnan(scores)] = -np.inf
    found = sorted(zip(scores.tolist(), (str(name) for name, _ in ranking), strict=True), reverse=True)
    return tuple(name for _, name in found)


def places(ids: Sequence[str]) -> NDArray[np.int64]:
    """Return (N,), each id's place among equal scores: 0 for the last in the order of code points."""
    import numpy as np

    found = np.empty(len(ids), np.int64)
    found[sorted(range(len(ids)), key=ids.__getitem__, reverse=True)] = np.arange(len(ids))
    return found


def top_k(scores: Any, place: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return (n, min(k, N)) columns of the k best of each row of (n, N) scores, the best first; exact.

    Scores count as float32, ties go by `place`. Only blocks whose best is among the k best blocks can hold
    one of the k: of 100,000 columns two or three percent are looked at.
    """
    import numpy as np

    n, width = scores.shape
    k = min(k, width)
    padded = np.full((n, -(-width // BLOCK) * BLOCK), -np.inf, np.float32)
    padded[:, :width] = scores
    padded = padded.reshape(n, -1, BLOCK)
    peaks = padded.max(axis=2)
    blocks = min(k, peaks.shape[1])
    least = np.partition(peaks, -blocks, axis=1)[:, -blocks]
    found = np.empty((n, k), np.int64)
    for row in range(n):
        kept = np.flatnonzero(peaks[row] >= least[row])  # with equals: a tie at the edge is not lost
        at = (kept[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        values = padded[row][kept].ravel()
        values, at = values[at < width], at[at < width]
        near = values >= np.partition(values, -k)[-k]
        values, at = values[near], at[near]
        found[row] = at[np.lexsort((place[at], -values))][:k]
    return found


def searched(left: Any, right: Any, ids: Sequence[str], k: int) -> Iterator[list[Scored]]:
    """Yield for each row of `left` (Q, D) the best k columns of `left @ right` (D, N), with their scores.

    Both are dense, or both scipy's sparse matrices: of sparse ones a column whose score is 0 shares nothing
    with the row, and is not found. Memory is `CELLS` scores, however many rows there are.
    """
    import numpy as np
    from scipy import sparse

    place, is_sparse = places(ids), sparse.issparse(right)
    step = max(1, min(256, CELLS // max(1, right.shape[1])))
    for start in range(0, left.shape[0], step):
        scores = left[start : start + step] @ right
        dense = scores.toarray() if is_sparse else scores
        best = top_k(dense, place, k)
        told = np.take_along_axis(dense, best, axis=1).astype(np.float32)
        for columns, values in zip(best, _shortest(told), strict=True):
            pairs = zip(columns.tolist(), values.tolist(), strict=True)
            yield [(ids[at], score) for at, score in pairs if score > 0 or not is_sparse]


def _shortest(values: Scores) -> NDArray[np.float64]:
    """Return float32 as the float64 that is written with the fewest digits and rounds back to it."""
    import numpy as np

    return values.astype(str).astype(np.float64)
