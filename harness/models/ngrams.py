"""N-grams of characters, words or morphemes: counted, and weighed by tf-idf.

An n-gram is known by a hash of its code points, so that counting is sorting: no dictionary, no Python loop
over characters. For N texts and V known n-grams, a text is a sparse row x of V weights

    x_g = (1 + log tf_g) · (1 + log((1 + N) / (1 + df_g))),  scaled to length 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.models.analysers import Analyser

CHARACTERS = Analyser()

# 2.1 M buckets. NSMC has 2.2 M n-grams, most of them seen once: half as many buckets cost 0.2 points of
# accuracy, an eighth 0.6, and twice as many gain nothing.
BITS = 21
STRIDE = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio of 2**64 spreads neighbouring code points
PIECE = 2**18  # code points counted at a time: the arrays stay near the processor's cache


class NgramWeight(NamedTuple):
    """An n-gram of a text: how often it stands there, how telling it is, its share of a row of length 1."""

    ngram: str
    times: int
    idf: float
    weight: float


class NgramRows:
    """Texts as rows of the weights of their n-grams, whose dot products are cosines.

    Until `know` has seen some texts, every n-gram is known and all count alike: the second factor is 1.
    """

    def __init__(
        self, *, ngrams: tuple[int, int] = (1, 4), min_df: int = 1, analyser: Analyser = CHARACTERS
    ) -> None:
        """`ngrams` are the shortest and longest; one seen in fewer than `min_df` texts is not known.

        `analyser` says of what they are n-grams.

        Raises:
            BadInput: a setting is out of range.
        """
        if not 1 <= ngrams[0] <= ngrams[1]:
            raise BadInput(f"n-grams of {ngrams[0]} to {ngrams[1]}: needs 1 ≤ shortest ≤ longest")
        if min_df < 1:
            raise BadInput(f"min_df {min_df}: must be at least 1")
        self.ngrams, self.min_df, self.analyser = ngrams, min_df, analyser
        self._index(np.arange(2**BITS, dtype=np.int32), np.ones(2**BITS, np.float32))

    def know(self, counts: Iterable[sp.csr_array]) -> None:
        """Learn which n-grams there are, and how much each tells, from the counts of all texts."""
        df, texts = np.zeros(2**BITS, np.int64), 0
        for part in counts:
            np.add.at(df, part.indices, 1)  # touches what the part has, not every bucket
            texts += part.shape[0]
        known = np.flatnonzero(df >= self.min_df)
        self._index(known.astype(np.int32), (1 + np.log((1 + texts) / (1 + df[known]))).astype(np.float32))

    def rows(self, texts: Sequence[str]) -> sp.csr_array:
        """Return the texts as rows of length 1, or of length 0 where nothing is known: (N, V)."""
        return self.weigh(self.count(texts))

    def count(self, texts: Sequence[str]) -> sp.csr_array:
        """Return (N, 2**BITS) counts: how often each text has the n-grams of each bucket."""
        return count_ngrams(texts, self.ngrams, self.analyser)

    def weigh(self, counts: sp.csr_array) -> sp.csr_array:
        """Return counts as rows of length 1, or of length 0 where nothing is known: (n, buckets) → (n, V)."""
        column = self._column[counts.indices]
        kept = column >= 0
        start = np.append(0, kept.cumsum())[counts.indptr]
        column = column[kept]
        values = (1 + np.log(counts.data[kept])) * self.idf[column]
        row = np.repeat(np.arange(len(start) - 1), np.diff(start))
        values /= np.sqrt(np.bincount(row, values**2, len(start) - 1))[row]
        return sp.csr_array((values, column, start), shape=(len(start) - 1, len(self.known)))

    def weights(self, text: str) -> list[NgramWeight]:
        """Return the known n-grams of characters of a text with what they weigh, the largest first.

        N-grams that share a bucket are told as they stand, with the weight of the bucket.

        Raises:
            BadInput: the n-grams are not of characters.
        """
        if self.analyser.name != CHARACTERS.name:
            raise BadInput(f"weights are shown of n-grams of characters, not of {self.analyser.name}s")
        row = self.rows([text])
        weight = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
        found = []
        composed = normalize("NFC", text).lower()
        for n in range(self.ngrams[0], self.ngrams[1] + 1):
            counts = Counter(composed[start : start + n] for start in range(len(composed) - n + 1))
            buckets = count_ngrams(list(counts), (n, n), self.analyser).indices
            columns = self._column[buckets].tolist()
            for (ngram, count), column in zip(counts.items(), columns, strict=True):
                if column >= 0:
                    found.append(NgramWeight(ngram, count, float(self.idf[column]), weight[column]))
        return sorted(found, key=lambda one: (-one.weight, one.ngram))

    def cosines(self, left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
        """Return (N,), the cosine of each text with the one beside it, 0 to 1; 0 where nothing is known."""
        alike = self.rows(left).multiply(self.rows(right)).sum(axis=1)
        return np.minimum(np.asarray(alike, np.float64), 1.0)

    def learnt(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that `restored` makes the same rows of."""
        named = {"analyser": self.analyser.name, "stop_words": self.analyser.stop_words}
        own = {name: np.array(value) for name, value in named.items()}
        return {"ngrams": np.array(self.ngrams), "known": self.known, "idf": self.idf, **own}

    @classmethod
    def restored(cls, found: Mapping[str, NDArray[Any]]) -> NgramRows:
        """Return rows that weigh as those did that `learnt` was asked of, bit for bit."""
        low, high = found["ngrams"].tolist()
        analyser = Analyser(str(found["analyser"]), stop_words=bool(found["stop_words"]))
        rows = cls(ngrams=(low, high), analyser=analyser)
        rows._index(found["known"], found["idf"])
        return rows

    def _index(self, known: NDArray[np.int32], idf: NDArray[np.float32]) -> None:
        self.known, self.idf = known, idf  # (V,) buckets in order, and their weights
        self._column = np.full(2**BITS, -1, np.int32)  # bucket → column, -1 where it is not known
        self._column[known] = np.arange(len(known), dtype=np.int32)


def count_ngrams(
    texts: Sequence[str], ngrams: tuple[int, int], analyser: Analyser = CHARACTERS
) -> sp.csr_array:
    """Return (N, 2**BITS) counts: how often each text has the n-grams of each bucket.

    Texts are composed (NFC) and lower-cased first; no n-gram reaches over the end of its text.
    """
    parts = [_count(piece, ngrams, analyser) for piece in pieces(texts)] or [_count([], ngrams, analyser)]
    return parts[0] if len(parts) == 1 else sp.vstack(parts, format="csr")


def _count(texts: Sequence[str], ngrams: tuple[int, int], analyser: Analyser) -> sp.csr_array:
    points, lengths = analyser.points(texts)
    rows = np.arange(len(texts) + 1, dtype=np.uint64) << np.uint64(BITS)
    row = np.repeat(rows[:-1], lengths)
    left = np.repeat(lengths.cumsum(), lengths) - np.arange(len(points))  # characters up to the text's end
    keys = [np.empty(0, np.uint64)]
    hashed = np.ones(len(points) + 1, np.uint64)  # of no characters, at each place
    for n in range(1, ngrams[1] + 1):
        hashed = hashed[:-1] * STRIDE + points[n - 1 :]  # of n characters; uint64 wraps around
        if n >= ngrams[0]:
            whole = left[: len(hashed)] >= n
            bucket = hashed * STRIDE >> np.uint64(64 - BITS)  # the top bits are the best mixed
            keys.append((row[: len(hashed)] | bucket)[whole])
    found = np.concatenate(keys)
    found.sort()  # by text, then by bucket: a run of equal keys is a count
    first = np.flatnonzero(np.diff(found, prepend=~found[:1]))
    counts = np.diff(first, append=len(found)).astype(np.float32)
    found = found[first]
    buckets = (found & np.uint64(2**BITS - 1)).astype(np.int32)
    return sp.csr_array((counts, buckets, np.searchsorted(found, rows)), shape=(len(texts), 2**BITS))


def pieces(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the texts in runs of about PIECE characters, so that long ones need no more memory."""
    piece: list[str] = []
    size = 0
    for text in texts:
        piece.append(text)
        size += len(text) + 1
        if size >= PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
