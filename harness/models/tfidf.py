"""Character n-grams, tf-idf and a linear classifier whose probabilities can be believed.

An n-gram is known by a hash of its code points, so that counting is sorting: no dictionary, no Python loop
over characters. For N texts, V known n-grams and C classes, a text is a sparse row x of V weights

    x_g = (1 + log tf_g) · (1 + log((1 + N) / (1 + df_g))),  scaled to length 1

and

    log p(c | x) = log softmax(log prior + T · x W)_c.

W is a multinomial logistic regression, fitted by Adam over mini-batches of sparse rows. T is one temperature,
set on texts that a first fit left out, as regularisation leaves W too timid (Guo et al. 2017, "On Calibration
of Modern Neural Networks"). A text without a known n-gram has x = 0 and gets the class prior.
"""

# ruff: noqa: N803, N806 - matrices are upper case, as on paper

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from unicodedata import normalize

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.models import LEAST

Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])

BITS = 21  # 2 M buckets: NSMC's 1.7 M n-grams share few; a quarter as many cost half a point of accuracy
STRIDE = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio of 2**64 spreads neighbouring code points
PIECE = 2**18  # code points counted at a time: the arrays stay near the processor's cache
BATCH, FEWEST_STEPS, RATE, BETAS = 4096, 96, 0.3, (0.9, 0.99)


class TfidfClassifier:
    """Reads texts as bags of character n-grams and says how probable each class is.

    The same seed and data give the same probabilities, bit for bit: nothing here is threaded. A fit keeps
    8 bytes for each different n-gram of each text (150,000 reviews: 0.15 GB).
    """

    def __init__(
        self, *, ngrams: tuple[int, int] = (1, 4), min_df: int = 1, c: float = 5.0, seed: int = 1234
    ) -> None:
        """`ngrams` are the shortest and longest; one seen in fewer than `min_df` texts is not known.

        `c` is the inverse strength of regularisation, as in scikit-learn.

        Raises:
            BadInput: a setting is out of range.
        """
        if not 1 <= ngrams[0] <= ngrams[1]:
            raise BadInput(f"n-grams of {ngrams[0]} to {ngrams[1]} characters: needs 1 ≤ shortest ≤ longest")
        if min_df < 1 or not c > 0:
            raise BadInput(f"min_df {min_df}, c {c}: min_df must be at least 1, and c above 0")
        self.ngrams, self.min_df, self.c, self.seed = ngrams, min_df, c, seed

    def fit(self, texts: Sequence[str], labels: Sequence[int], classes: int) -> None:
        """Learn from `texts` and their `labels`, each in [0, classes); a class may have no text.

        Raises:
            BadInput: there are no texts.
        """
        if not len(texts):
            raise BadInput("a classifier needs at least one example to learn from")
        order = np.random.default_rng(self.seed).permutation(len(texts))  # data may come sorted by label
        size = min(BATCH, max(16, -(-len(order) // 32)))
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        X = [count_ngrams([texts[i] for i in rows], self.ngrams) for rows in batches]
        self._know(X, len(texts))
        for i, counts in enumerate(X):  # in place, so that counts and weights are not both kept
            X[i] = self._weigh(counts)  # (n, V)
        hot = np.eye(classes, dtype=np.float32)[np.asarray(labels, np.int64)]  # (N, C)
        Y = [hot[rows] for rows in batches]
        self.prior = np.log((hot.sum(axis=0, dtype=np.float64) + 1) / (len(texts) + classes))  # (C,)
        self.weights = self._descend(X, Y) * np.float32(self._temperature(X, Y))

    def log_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), none below LEAST; the class prior for an empty text."""
        rows = [np.empty((0, len(self.prior)))]
        for piece in _pieces(texts):
            X = self._weigh(count_ngrams(piece, self.ngrams))
            rows.append(np.maximum(_log_softmax(self.prior + _scores(X, self.weights)), LEAST))
        return np.concatenate(rows)

    def save(self, path: Path) -> None:
        """Write what `log_probabilities` needs; nothing of it is code."""
        with path.open("wb") as file:
            found = {"known": self.known, "idf": self.idf, "weights": self.weights, "prior": self.prior}
            np.savez(file, allow_pickle=False, ngrams=np.array(self.ngrams), **found)

    @classmethod
    def load(cls, path: Path) -> TfidfClassifier:
        """Return a classifier that answers as the saved one did, bit for bit."""
        with np.load(path, allow_pickle=False) as saved:
            low, high = saved["ngrams"].tolist()
            model = cls(ngrams=(low, high))
            model._index(saved["known"], saved["idf"])
            model.weights, model.prior = saved["weights"], saved["prior"]
        return model

    def _know(self, counts: list[sp.csr_array], texts: int) -> None:
        df = np.zeros(2**BITS, np.int64)
        for batch in counts:
            df += np.bincount(batch.indices, minlength=2**BITS)
        known = np.flatnonzero(df >= self.min_df)
        self._index(known.astype(np.int32), (1 + np.log((1 + texts) / (1 + df[known]))).astype(np.float32))

    def _index(self, known: NDArray[np.int32], idf: NDArray[np.float32]) -> None:
        self.known, self.idf = known, idf  # (V,) buckets in order, and their weights
        self._column = np.full(2**BITS, -1, np.int32)  # bucket → column, -1 where it is not known
        self._column[known] = np.arange(len(known), dtype=np.int32)

    def _weigh(self, counts: sp.csr_array) -> sp.csr_array:
        """Return tf-idf rows of length 1, or of length 0 where nothing is known: (n, buckets) → (n, V)."""
        column = self._column[counts.indices]
        kept = column >= 0
        start = np.append(0, kept.cumsum())[counts.indptr]
        column = column[kept]
        values = (1 + np.log(counts.data[kept])) * self.idf[column]
        row = np.repeat(np.arange(len(start) - 1), np.diff(start))
        values /= np.sqrt(np.bincount(row, values**2, len(start) - 1))[row]
        return sp.csr_array((values, column, start), shape=(len(start) - 1, len(self.known)))

    def _descend(self, X: list[sp.csr_array], Y: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return W (V, C-1), the least mean cross-entropy + ‖W‖² / 2cN; the first class's score is 0."""
        W = np.zeros((len(self.known), len(self.prior) - 1), np.float32)
        mean, square = np.zeros_like(W), np.zeros_like(W)
        decay, (b1, b2) = 1 / (self.c * sum(map(len, Y))), BETAS
        steps = len(X) * max(3, -(-FEWEST_STEPS // len(X)))
        prior = self.prior.astype(np.float32)
        for step in range(steps):
            x, y = X[step % len(X)], Y[step % len(X)]  # (n, V), (n, C)
            p = np.exp(_log_softmax(prior + _scores(x, W)))
            slope = x.T @ ((p - y)[:, 1:] / len(y)) + decay * W  # (V, C-1)
            mean += (1 - b1) * (slope - mean)
            square += (1 - b2) * (slope**2 - square)
            unbias = (1 - b2 ** (step + 1)) ** 0.5 / (1 - b1 ** (step + 1))
            W -= RATE * (1 - step / steps) * unbias * mean / (np.sqrt(square) + 1e-8)
        return W

    def _temperature(self, X: list[sp.csr_array], Y: list[NDArray[np.float32]]) -> float:
        """Return the T, 1/8 to 8, under which texts that a fit has not seen are least surprising."""
        held = len(X) // 8
        y = np.concatenate(Y[:held]) if held else np.empty((0, 0))
        if len(y) < 50:  # fewer say nothing about a scale
            return 1.0
        W = self._descend(X[held:], Y[held:])
        scores = np.concatenate([_scores(x, W) for x in X[:held]]).astype(np.float64)
        low, high = 1 / 8, 8.0
        for _ in range(20):  # the surprise is convex in T: halve the interval by the sign of its slope
            middle = math.sqrt(low * high)
            p = np.exp(_log_softmax(self.prior + middle * scores))
            low, high = (low, middle) if ((p - y) * scores).sum() > 0 else (middle, high)
        return math.sqrt(low * high)


def count_ngrams(texts: Sequence[str], ngrams: tuple[int, int]) -> sp.csr_array:
    """Return (N, 2**BITS) counts: how often each text has the n-grams of each bucket.

    Texts are composed (NFC) and lower-cased first; no n-gram reaches over the end of its text.
    """
    pieces = [_count(piece, ngrams) for piece in _pieces(texts)]
    return pieces[0] if len(pieces) == 1 else sp.vstack(pieces, format="csr")


def _count(texts: Sequence[str], ngrams: tuple[int, int]) -> sp.csr_array:
    texts = [normalize("NFC", text).lower() for text in texts]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    # A lone surrogate is no character, but JSON can carry one.
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
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


def _pieces(texts: Sequence[str]) -> Iterator[Sequence[str]]:
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


def _scores(X: sp.csr_array, W: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, C) scores, a column of zeros before X @ W: only differences between classes count."""
    scores = np.zeros((X.shape[0], W.shape[1] + 1), np.float32)
    scores[:, 1:] = X @ W
    return scores


def _log_softmax(z: Floats) -> Floats:
    """Return (n, C) log-probabilities (nats) of scores (n, C)."""
    z = z - z.max(axis=1, keepdims=True)
    total: Floats = np.exp(z).sum(axis=1, keepdims=True)
    return z - np.log(total)
