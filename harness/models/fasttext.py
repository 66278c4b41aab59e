"""A bag of n-gram embeddings with a linear head: fastText's classifier (Joulin et al. 2017).

Each of V n-grams has a vector of D numbers, a row of E. A text, whose n-grams have the weights x of tf-idf
(`models.ngrams`), is their weighted sum, and of C classes

    log p(c | x) = log softmax(b + T · (x E) W)_c.

E and W are learnt together by Adagrad over mini-batches, in few passes, as its first steps are large. T is
one temperature, set on texts left out (`models.temperature_scaling`).

**It is a linear model.** (x E) W is x (E W): one number an n-gram and class. That is what is kept, and what
`tfidf` learns without the detour. Between two classes D lets nothing be said that D = 1 could not; it makes
the steps better. What is left is how the numbers are found. `tfidf` goes towards the minimum of a regularised
loss, which holds rare n-grams back as much as the data ask for. Here only the end of the passes does;
eight in place of two are worse on reviews left out. That is the likeliest reason why `tfidf` stays above it
(`benchmarks/ladder.md`).

fastText sets out from random vectors and W = 0, so that a rare n-gram keeps a vector that means nothing; here
E is 0 and W random. And it takes the mean, x_g = count / length, where rows here have length 1.
"""

# ruff: noqa: N806 - matrices are upper case, as on paper

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.models.analysers import Analyser
from harness.models.ngrams import CHARACTERS
from harness.models.temperature_scaling import FEWEST, log_softmax
from harness.models.tfidf import NgramBatch, TfidfClassifier

STEPS = 200  # at least, where data are few
HELD = 8192  # texts left out for the temperature, or one in eight where data are few
LEAST_SQUARE = 1e-16  # of a sum of squared slopes that is 0


class FasttextClassifier(TfidfClassifier):
    """Reads texts as bags of n-grams with a vector each; answers and is kept as the linear model it is."""

    largest_batch = 1024

    def __init__(
        self,
        *,
        ngrams: tuple[int, int] = (1, 4),
        min_df: int = 2,
        analyser: Analyser = CHARACTERS,
        dim: int = 8,
        epochs: int = 2,
        learning_rate: float = 0.05,
        seed: int = 1234,
    ) -> None:
        """`dim` is the length of a vector, `epochs` how often each text is learnt from.

        Raises:
            BadInput: a setting is out of range.
        """
        super().__init__(ngrams=ngrams, min_df=min_df, analyser=analyser, seed=seed)
        for name, value in (("dim", dim), ("epochs", epochs), ("learning_rate", learning_rate)):
            if not value > 0:
                raise BadInput(f"{name} {value}: must be above 0")
        self.dim, self.epochs, self.learning_rate = dim, epochs, learning_rate

    def _learn(self, batches: list[NgramBatch]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return T · E W (V, C) and b (C,); what T was set on is not learnt from."""
        held = batches[: min(len(batches) // 8, HELD // self.largest_batch)]
        if sum(len(batch.y) for batch in held) < FEWEST:
            held = []
        rest = batches[len(held) :]
        weights, bias = self._descend(rest)
        if held:
            weights *= np.float32(self._scale(held, rest, weights, bias))
        return weights, bias

    def _descend(self, batches: list[NgramBatch]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return E W (V, C) and b (C,) after all passes, each over the batches in an order of its own.

        Adagrad keeps one number a vector, the sum of the mean squares of its slopes, and one a place of W.
        """
        draw, classes = np.random.default_rng(self.seed), len(self.prior)
        E = np.zeros((len(self.rows.known), self.dim), np.float32)
        W = draw.random((self.dim, classes), np.float32) * 2 - 1
        b = self.prior.astype(np.float32)
        seen, seen_w = np.zeros(len(E), np.float32), np.zeros_like(W)
        passes = max(self.epochs, -(-STEPS // len(batches)))
        order = np.concatenate([draw.permutation(len(batches)) for _ in range(passes)])
        for step, place in enumerate(order):
            columns, x, y = batches[place]
            rate = np.float32(self.learning_rate * (1 - step / len(order)))
            e = E.take(columns, axis=0)  # (v, D): the rows that these texts have
            hidden = x @ e  # (n, D)
            error = (np.exp(log_softmax(b + hidden @ W)) - y) / np.float32(len(y))  # (n, C)
            slope, slope_w = x.T @ (error @ W.T), hidden.T @ error
            seen[columns] = total = seen[columns] + np.einsum("vd,vd->v", slope, slope) / self.dim
            seen_w += slope_w**2
            slope *= (rate / np.sqrt(total + LEAST_SQUARE))[:, None]
            E[columns] = e - slope
            W -= rate * slope_w / np.sqrt(seen_w + LEAST_SQUARE)
            b -= rate * error.sum(axis=0)
        return (E @ W).astype(np.float32), b.astype(np.float64)
