"""Character n-grams, tf-idf and a linear classifier whose probabilities can be believed.

For C classes and a text that is a row x of tf-idf weights (`models.ngrams`),

    log p(c | x) = log softmax(b + T · x W)_c.

W and b are a multinomial logistic regression, fitted by RMSprop over mini-batches of sparse rows. T is one
temperature, set on texts that a first fit left out, as regularisation leaves W too timid (Guo et al. 2017,
"On Calibration of Modern Neural Networks"). A text without a known n-gram gets the class prior.
"""

# ruff: noqa: N803, N806 - matrices are upper case, as on paper

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.models import LEAST
from harness.models.analysers import Analyser
from harness.models.ngrams import CHARACTERS, NgramRows, pieces
from harness.models.temperature_scaling import FEWEST, best_scale, log_softmax

BATCH = 4096  # texts a step, fewer where the data are few
STEPS, EXAMPLES = 160, 400_000  # of a fit: whichever ends first, as large data need fewer passes
RATE, MEMORY = 0.2, 0.9  # RMSprop's first step size, and how much of the last average of squares it keeps

LEARNT = ("weights", "bias", "prior")


class NgramBatch(NamedTuple):
    """Texts that are learnt from together, over the v of the V columns that they have."""

    columns: NDArray[np.intp]  # (v,) in order
    x: sp.csr_array  # (n, v)
    y: NDArray[np.float32]  # (n, C), one 1 a row


class TfidfClassifier:
    """Reads texts as bags of character n-grams and says how probable each class is.

    The same seed and data give the same probabilities, bit for bit: nothing here is threaded. A fit takes
    about 18 bytes for each different n-gram of each text (150,000 reviews: 0.3 GB).
    """

    largest_batch = BATCH

    def __init__(
        self,
        *,
        ngrams: tuple[int, int] = (1, 4),
        min_df: int = 1,
        analyser: Analyser = CHARACTERS,
        c: float = 8.0,
        seed: int = 1234,
    ) -> None:
        """`ngrams` are the shortest and longest; one seen in fewer than `min_df` texts is not known.

        `analyser` says of what they are n-grams, characters or others. `c` is the inverse strength of
        regularisation, as in scikit-learn.

        Raises:
            BadInput: a setting is out of range.
        """
        if not c > 0:
            raise BadInput(f"c {c}: must be above 0")
        self.rows = NgramRows(ngrams=ngrams, min_df=min_df, analyser=analyser)
        self.c, self.seed = c, seed

    def fit(self, texts: Sequence[str], labels: Sequence[int], classes: int) -> None:
        """Learn from `texts` and their `labels`, each in [0, classes); a class may have no text.

        Raises:
            BadInput: there are no texts.
        """
        if not len(texts):
            raise BadInput("a classifier needs at least one example to learn from")
        order = np.random.default_rng(self.seed).permutation(len(texts))  # data may come sorted by label
        size = min(self.largest_batch, max(16, -(-len(order) // 32)))
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        counts = [self.rows.count([texts[i] for i in part]) for part in parts]
        self.rows.know(counts)
        hot = np.eye(classes, dtype=np.float32)[np.asarray(labels, np.int64)]  # (N, C)
        self.prior = np.log((hot.sum(axis=0, dtype=np.float64) + 1) / (len(texts) + classes))  # (C,)
        # Popped, so that the counts of all texts and their weights are never both in memory.
        batches = [_batch(self.rows.weigh(counts.pop(0)), hot[part]) for part in parts]
        self.weights, self.bias = self._learn(batches)

    def log_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), none below LEAST.

        An empty text, or one without a known n-gram, gets the class prior: (N_c + 1) / (N + C).
        """
        found = [np.empty((0, len(self.prior)))]
        for piece in pieces(texts):
            X = self.rows.rows(piece)
            z = self.bias + self._scores(X, self.weights)
            z[np.diff(X.indptr) == 0] = self.prior
            found.append(np.maximum(log_softmax(z), LEAST))
        return np.concatenate(found)

    def save(self, path: Path) -> None:
        """Write what `log_probabilities` needs; nothing of it is code."""
        learnt = {name: getattr(self, name) for name in LEARNT}
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **self.rows.learnt(), **learnt)

    @classmethod
    def load(cls, path: Path) -> TfidfClassifier:
        """Return a classifier that answers as the saved one did, bit for bit."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            found = {name: saved[name] for name in saved}
        model = cls()
        model.rows = NgramRows.restored(found)
        model.weights, model.bias, model.prior = found["weights"], found["bias"], found["prior"]
        return model

    def _learn(self, batches: list[NgramBatch]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return T · W (V, K) and b (C,)."""
        temperature = self._temperature(batches)
        weights, bias = self._descend(batches)
        return weights * np.float32(temperature), bias

    def _descend(self, batches: list[NgramBatch]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return W (V, K) and b (C,), near the least mean cross-entropy + ‖W‖² / 2cN.

        K is 1 for two classes, whose first then scores 0, else C. Every text is used three times or more.
        """
        texts, classes = sum(len(batch.y) for batch in batches), len(self.prior)
        W = np.zeros((len(self.rows.known), 1 if classes <= 2 else classes), np.float32)
        square = np.zeros_like(W)  # of the slope: a moving average
        b = self.prior.astype(np.float32)
        often = self._often(batches)
        decay = len(batches) / (self.c * texts)
        steps = len(batches) * max(3, min(EXAMPLES // texts, -(-STEPS // len(batches))))
        for step in range(steps):
            columns, x, y = batches[step % len(batches)]
            rate = RATE * (1 - step / steps)
            w = W[columns]  # (v, K); the rest of W rests, so its decay is caught up when it is next used
            p = np.exp(log_softmax(b + self._scores(x, w)))
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

    def _often(self, batches: list[NgramBatch]) -> NDArray[np.float32]:
        """Return (V,), in how many of the batches each column is."""
        often = np.zeros(len(self.rows.known), np.float32)
        for batch in batches:
            often[batch.columns] += 1
        return often

    def _temperature(self, batches: list[NgramBatch]) -> float:
        """Return the T, 1/64 to 64, under which texts that a fit has not seen are least surprising."""
        held, rest = batches[: len(batches) // 4], batches[len(batches) // 4 :]
        if sum(len(batch.y) for batch in held) < FEWEST:
            return 1.0
        W, b = self._descend(rest)
        return self._scale(held, rest, W, b)

    def _scale(
        self, held: list[NgramBatch], rest: list[NgramBatch], W: NDArray[np.float32], b: NDArray[np.float64]
    ) -> float:
        """Return the T under which `held` is least surprising to what was learnt from `rest`."""
        seen, rows = self._often(rest) > 0, []
        for columns, x, _ in held:
            # An n-gram of no other text is unknown to this fit: it must not count in the length either.
            length = np.sqrt(x.power(2) @ seen[columns].astype(np.float32))[:, None]  # (n, 1)
            rows.append(self._scores(x, W[columns]) / np.maximum(length, 1e-6))
        s = np.concatenate(rows).astype(np.float64)  # (held, C)
        y = np.concatenate([batch.y for batch in held])
        return best_scale(s, y, b)


def _batch(X: sp.csr_array, y: NDArray[np.float32]) -> NgramBatch:
    """Return the rows X (n, V) without the columns that none of them has."""
    used = np.zeros(X.shape[1], bool)
    used[X.indices] = True
    columns = np.flatnonzero(used)
    place = np.empty(X.shape[1], np.int32)  # (V,), of which only what is used is written and read
    place[columns] = np.arange(len(columns), dtype=np.int32)
    return NgramBatch(
        columns, sp.csr_array((X.data, place[X.indices], X.indptr), shape=(len(y), len(columns))), y
    )
