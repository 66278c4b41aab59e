"""BM25 over sparse matrices: a product of two, and the passages with the largest sums come first.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the weights of
Lucene: idf = ln(1 + (N - df + 0.5) / (df + 0.5)), which is never negative, and
tf / (tf + k1 (1 - b + b l / L)), where l is a passage's length and L the mean. Its constant factor k1 + 1
orders nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from scipy import sparse

from harness.errors import BadInput

Terms = Sequence[Sequence[str]]


class Bm25Weights:
    """What BM25 knows of a corpus: each term's column, and the passages' weights, (terms, passages)."""

    def __init__(self, passages: Terms, *, k1: float = 1.5, b: float = 0.75) -> None:
        """Weigh the terms of `passages`.

        Raises:
            BadInput: k1 is below 0, or b is not from 0 to 1.
        """
        if k1 < 0:
            raise BadInput(f"k1: should be 0 or more, not {k1:g}")
        if not 0 <= b <= 1:
            raise BadInput(f"b: should be from 0 to 1, not {b:g}")
        terms = dict.fromkeys(chain.from_iterable(passages))
        self.column = {term: column for column, term in enumerate(terms)}
        counts = self._counts(passages)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        mean = lengths.mean() if lengths.any() else 1.0
        df = np.bincount(counts.indices, minlength=counts.shape[1])
        idf = np.log1p((counts.shape[0] - df + 0.5) / (df + 0.5))
        long = np.repeat(k1 * (1 - b + b * lengths / mean), np.diff(counts.indptr))
        counts.data = (idf[counts.indices] * counts.data / (counts.data + long)).astype(np.float32)
        self.weights = counts.T.tocsr()

    def rows(self, queries: Terms) -> sparse.csr_matrix:
        """Return (Q, terms), how often each query has each term; terms of no passage are left out.

        `rows(queries) @ weights` are the scores.
        """
        return self._counts(queries).astype(np.float32)

    def _counts(self, texts: Terms) -> sparse.csr_matrix:
        known = [[self.column[term] for term in text if term in self.column] for text in texts]
        ends = np.cumsum([0, *map(len, known)])
        columns = np.fromiter(chain.from_iterable(known), np.int32, int(ends[-1]))
        shape = (len(known), len(self.column))
        found = sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=shape)
        found.sum_duplicates()
        return found


def bm25(
    passages: Iterable[Sequence[str]], queries: Terms, *, k1: float = 1.5, b: float = 0.75
) -> np.ndarray:
    """Return (Q, N), the score of each passage for each query; both are lists of terms."""
    model = Bm25Weights(list(passages), k1=k1, b=b)
    return np.asarray((model.rows(queries) @ model.weights).toarray())
