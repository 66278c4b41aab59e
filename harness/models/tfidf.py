"""Character n-grams, tf-idf and a linear classifier whose probabilities can be believed.

An n-gram is known by a hash of its code points, so that counting is sorting: no dictionary, no Python loop
over characters. For N texts, V known n-grams and C classes, a text is a sparse row x of V weights

    x_g = (1 + log tf_g) · (1 + log((1 + N) / (1 + df_g))),  scaled to length 1

and

    log p(c | x) = log softmax(b + T · x W)_c.

W and b are a multinomial logistic regression, fitted by RMSprop over mini-batches of sparse rows. T is one
temperature, set on texts that a first fit left out, as regularisation leaves W too timid (Guo et al. 2017,
"On Calibration of Modern Neural Networks"). A text without a known n-gram gets the class prior.
"""

# ruff: noqa: N803, N806 - matrices are upper case, as on paper

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar
from unicodedata import normalize

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.models import LEAST

Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])

# 2.1 M buckets. NSMC has 2.2 M n-grams, most of them seen once: half as many buckets cost 0.2 points of
# accuracy, an eighth 0.6, and twice as many gain nothing.
BITS = 21
STRIDE = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio of 2**64 spreads neighbouring code points
PIECE = 2**18  # code points counted at a time: the arrays stay near the processor's cache
BATCH = 4096  # texts a step, fewer where the data are few
STEPS, EXAMPLES = 160, 400_000  # of a fit: whichever ends first, as large data need fewer passes
RATE, MEMORY = 0.2, 0.9  # RMSprop's first step size, and how much of the last average of squares it keeps

LEARNT = ("ngrams", "known", "idf", "weights", "bias", "prior")


class Batch(NamedTuple):
    """Texts that are learnt from together, over the v of the V columns that they have."""

    columns: NDArray[np.intp]  # (v,) in order
    x: sp.csr_array  # (n, v)
    y: NDArray[np.float32]  # (n, C), one 1 a row


class TfidfClassifier:
    """Reads texts as bags of character n-grams and says how probable each class is.

    The same seed and data give the same probabilities, bit for bit: nothing here is threaded. A fit takes
    about 18 bytes for each different n-gram of each text (150,000 reviews: 0.3 GB).
    """

    def __init__(
        self, *, ngrams: tuple[int, int] = (1, 4), min_df: int = 1, c: float = 8.0, seed: int = 1234
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
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        counts = [count_ngrams([texts[i] for i in part], self.ngrams) for part in parts]
        self._know(counts, len(texts))
        hot = np.eye(classes, dtype=np.float32)[np.asarray(labels, np.int64)]  # (N, C)
        self.prior = np.log((hot.sum(axis=0, dtype=np.float64) + 1) / (len(texts) + classes))  # (C,)
        # Popped, so that the counts of all texts and their weights are never both in memory.
        batches = [_batch(self._weigh(counts.pop(0)), hot[part]) for part in parts]
        temperature = self._temperature(batches)
        self.weights, self.bias = self._descend(batches)
        self.weights *= np.float32(temperature)

    def log_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), none below LEAST.

        An empty text, or one without a known n-gram, gets the class prior: (N_c + 1) / (N + C).
        """
        rows = [np.empty((0, len(self.prior)))]
        for piece in _pieces(texts):
            X = self._weigh(count_ngrams(piece, self.ngrams))
            z = self.bias + self._scores(X, self.weights)
            z[np.diff(X.indptr) == 0] = self.prior
            rows.append(np.maximum(_log_softmax(z), LEAST))
        return np.concatenate(rows)

    def save(self, path: Path) -> None:
        """Write what `log_probabilities` needs; nothing of it is code."""
        with path.open("wb") as file:
            np.savez(file, **{name: getattr(self, name) for name in LEARNT})

    @classmethod
    def load(cls, path: Path) -> TfidfClassifier:
        """Return a classifier that answers as the saved one did, bit for bit."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            found = {name: saved[name] for name in LEARNT}
        low, high = found["ngrams"].tolist()
        model = cls(ngrams=(low, high))
        model._index(found["known"], found["idf"])
        model.weights, model.bias, model.prior = found["weights"], found["bias"], found["prior"]
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

    def _descend(self, batches: list[Batch]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return W (V, K) and b (C,), near the least mean cross-entropy + ‖W‖² / 2cN.

        K is 1 for two classes, whose first then scores 0, else C. Every text is used three times or more.
        """
        texts, classes = sum(len(batch.y) for batch in batches), len(self.prior)
        W = np.zeros((len(self.known), 1 if classes <= 2 else classes), np.float32)
        square = np.zeros_like(W)  # of the slope: a moving average
        b = self.prior.astype(np.float32)
        often = self._often(batches)
        decay = len(batches) / (self.c * texts)
        steps = len(batches) * max(3, min(EXAMPLES // texts, -(-STEPS // len(batches))))
        for step in range(steps):
            columns, x, y = batches[step % len(batches)]
            rate = RATE * (1 - step / steps)
            w = W[columns]  # (v, K); the rest of W rests, so its decay is caught up when it is next used
            p = np.exp(_log_softmax(b + self._scores(x, w)))
            error = (p - y) / len(y)  # (n, C)
            slope = x.T @ error[:, -W.shape[1] :] + (decay / often[columns])[:, None] * w
            square[columns] = s = MEMORY * square[columns] + (1 - MEMORY) * slope**2
            W[columns] = w - rate * slope / (np.sqrt(s) + 1e-8)
            b -= 10 * rate * error.sum(axis=0)  # every text moves it, so plain descent will do
        return W, b.astype(np.float64)

    def _scores(self, X: sp.csr_array, W: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return X @ W as (n, C) scores: (n, V) @ (V, K), the first class at 0 where K is 1."""
        scores = np.zeros((X.shape[0], len(self.prior)), np.float32)
        scores[:, -W.shape[1] :] = X @ W
        return scores

    def _often(self, batches: list[Batch]) -> NDArray[np.float32]:
        """Return (V,), in how many of the batches each column is."""
        often = np.zeros(len(self.known), np.float32)
        for batch in batches:
            often[batch.columns] += 1
        return often

    def _temperature(self, batches: list[Batch]) -> float:
        """Return the T, 1/64 to 64, under which texts that a fit has not seen are least surprising."""
        held, rest = batches[: len(batches) // 4], batches[len(batches) // 4 :]
        if sum(len(batch.y) for batch in held) < 50:  # fewer say nothing about a scale
            return 1.0
        (W, b), seen = self._descend(rest), self._often(rest) > 0
        rows = []
        for columns, x, _ in held:
            # An n-gram of no other text is unknown to this fit: it must not count in the length either.
            length = np.sqrt(x.power(2) @ seen[columns].astype(np.float32))[:, None]  # (n, 1)
            rows.append(self._scores(x, W[columns]) / np.maximum(length, 1e-6))
        s = np.concatenate(rows).astype(np.float64)  # (held, C)
        y = np.concatenate([batch.y for batch in held])
        low, high = 1 / 64, 64.0
        for _ in range(24):  # the surprise is convex in T: halve the interval by the sign of its slope
            middle = math.sqrt(low * high)
            p = np.exp(_log_softmax(b + middle * s))
            low, high = (low, middle) if ((p - y) * s).sum() > 0 else (middle, high)
        return math.sqrt(low * high)


def count_ngrams(texts: Sequence[str], ngrams: tuple[int, int]) -> sp.csr_array:
    """Return (N, 2**BITS) counts: how often each text has the n-grams of each bucket.

    Texts are composed (NFC) and lower-cased first; no n-gram reaches over the end of its text.
    """
    pieces = [_count(piece, ngrams) for piece in _pieces(texts)] or [_count([], ngrams)]
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


def _batch(X: sp.csr_array, y: NDArray[np.float32]) -> Batch:
    """Return the rows X (n, V) without the columns that none of them has."""
    used = np.zeros(X.shape[1], bool)
    used[X.indices] = True
    columns = np.flatnonzero(used)
    place = np.cumsum(used, dtype=np.int32) - 1  # (V,)
    return Batch(columns, sp.csr_array((X.data, place[X.indices], X.indptr), shape=(len(y), len(columns))), y)


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


def _log_softmax(z: Floats) -> Floats:
    """Return (n, C) log-probabilities (nats) of scores (n, C)."""
    z = z - z.max(axis=1, keepdims=True)
    total: Floats = np.exp(z).sum(axis=1, keepdims=True)
    return z - np.log(total)
