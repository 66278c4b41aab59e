"""Interpolated modified Kneser-Ney: the n-gram language model that was best until networks came.

For a context h of up to n − 1 tokens, h' without its first, and c counted as below,

    p(w | h) = max(c(hw) − D(c(hw)), 0) / c(h·) + γ(h) p(w | h')
    γ(h)     = Σ_w min(D(c(hw)), c(hw)) / c(h·)              what discounting took
    p(w | )  discounted the same way, over the uniform 1 / V

The longest n-grams, and those at a text's start, are counted as they are; of shorter ones c is how many
different tokens stand before them: `Francisco` is frequent and follows one word alone. D is D_1, D_2 or D_3
for counts of 1, 2, and 3 or more, of each length: Y = n_1 / (n_1 + 2 n_2), D_k = k − (k + 1) Y n_{k+1} / n_k.

Chen and Goodman 1998, "An Empirical Study of Smoothing Techniques for Language Modeling", 3.1 and 4.1.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput

# Of a few texts all counts may be alike, and no discount would leave nothing for what was never seen.
LEAST_DISCOUNT = 0.01

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Order(NamedTuple):
    """The n-grams of one length, sorted by their context and then by their last token.

    An n-gram's key is (the place of its context among the n-grams one token shorter) · V + its last token.
    """

    keys: Ints  # (G,)
    kept: Floats  # (G,) max(c − D, 0)
    total: Floats  # c(h·) of each context (C,)
    taken: Floats  # what was discounted in each context (C,)


class KneserNey:
    """An n-gram model over token ids. A text stands between `bos` and `eos`; `bos` is never predicted."""

    def __init__(self, vocabulary: int, *, order: int = 4, bos: int, eos: int) -> None:
        """`order` is n, the longest n-gram.

        Raises:
            BadInput: n is below 1.
        """
        if order < 1:
            raise BadInput(f"order {order}: must be at least 1")
        self.vocabulary, self.order, self.bos, self.eos = vocabulary, order, bos, eos
        self.orders: list[Order] = []

    def fit(self, texts: Sequence[Sequence[int]]) -> None:
        """Count the n-grams of all texts.

        Raises:
            BadInput: there are no texts.
        """
        if not len(texts):
            raise BadInput("a language model needs at least one text to learn from")
        tokens, place = self._laid_out(texts)
        said = place > 0  # BOS is a context and nothing else
        grams = np.zeros(
            len(tokens), np.int64
        )  # the place of the n-gram that ends here among those of its length
        found: list[tuple[Ints, Ints, Ints, NDArray[np.bool_]]] = []
        for n in range(1, self.order + 1):
            whole = place >= n - 1  # as many tokens stand before it in its text
            before = np.concatenate([[0], grams[:-1]]) if n > 1 else np.zeros(len(tokens), np.int64)
            keys, inverse = np.unique((before * self.vocabulary + tokens)[whole], return_inverse=True)
            suffix = grams
            grams = np.full(len(tokens), -1, np.int64)
            grams[whole] = inverse
            raw = np.bincount(inverse, said[whole], len(keys)).astype(np.int64)
            first = np.zeros(len(keys), bool)  # those that begin a text
            first[grams[whole & (place == n - 1)]] = True
            shorter = np.zeros(len(keys), np.int64)  # the place of the n-gram without its first token
            shorter[inverse] = suffix[whole]
            found.append((keys, raw, shorter, first))
        contexts = 1
        for n, (keys, raw, _, first) in enumerate(found, 1):
            counts = raw
            if n < self.order:
                longer = found[n]
                different = np.bincount(longer[2][longer[1] > 0], minlength=len(keys))
                counts = np.where(first, raw, different)
            self.orders.append(_discounted(keys, counts, keys // self.vocabulary, contexts))
            contexts = len(keys)

    def log_probabilities(self, ids: Sequence[int], start: int = 0) -> Floats:
        """Return (T − start,), the log-probability (nats) of each token from `start` on.

        The text's end is not among them; write `[*ids, eos]` to have it.
        """
        history = [self.bos, *ids]
        found = [self._probability(history[: t + 1], ids[t]) for t in range(start, len(ids))]
        return np.log(np.array(found, np.float64))

    def next(self, ids: Sequence[int]) -> Floats:
        """Return (V,), the probability of each token after `ids`, which stand at a text's start."""
        p = np.full(self.vocabulary, 1 / self.vocabulary)
        for order, context in zip(self.orders, self._contexts([self.bos, *ids]), strict=False):
            first, last = np.searchsorted(
                order.keys, [context * self.vocabulary, (context + 1) * self.vocabulary]
            )
            p *= order.taken[context] / order.total[context]
            p[order.keys[first:last] - context * self.vocabulary] += (
                order.kept[first:last] / order.total[context]
            )
        return p

    def begin(self, prompts: Sequence[Sequence[int]]) -> tuple[NgramContinuation, Floats]:
        """Return what goes on after the prompts, and the logits (B, V) of the next token."""
        going = NgramContinuation(self, [list(prompt) for prompt in prompts])
        return going, going.logits()

    def _probability(self, history: Sequence[int], token: int) -> float:
        p = 1 / self.vocabulary
        for order, context in zip(self.orders, self._contexts(history), strict=False):
            place = _find(order.keys, context * self.vocabulary + token)
            kept = order.kept[place] if place >= 0 else 0.0
            p = float((kept + order.taken[context] * p) / order.total[context])
        return p

    def _contexts(self, history: Sequence[int]) -> list[int]:
        """Return the places of the contexts that end `history`, of 0, 1, … tokens, while they are known.

        One is known if something was seen after it.
        """
        found: list[int] = []
        for size in range(min(self.order, len(history) + 1)):
            place = 0
            for order, token in zip(self.orders, history[len(history) - size :], strict=False):
                place = _find(order.keys, place * self.vocabulary + token)
                if place < 0:
                    return found
            if not self.orders[size].total[place]:
                return found
            found.append(place)
        return found

    def _laid_out(self, texts: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
        """Return all texts in a row, each between BOS and EOS, and each token's place in its own."""
        tokens = np.concatenate([np.array([self.bos, *text, self.eos], np.int64) for text in texts])
        place = np.concatenate([np.arange(len(text) + 2) for text in texts])
        return tokens, place

    def save(self, path: Path) -> None:
        """Write what was counted; nothing of it is code."""
        arrays = {
            f"{name}{n}": value
            for n, order in enumerate(self.orders)
            for name, value in order._asdict().items()
        }
        about = np.array([self.vocabulary, self.order, self.bos, self.eos])
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, about=about, **arrays)

    @classmethod
    def load(cls, path: Path) -> KneserNey:
        """Return a model that answers as the saved one did, bit for bit."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            vocabulary, order, bos, eos = saved["about"].tolist()
            model = cls(vocabulary, order=order, bos=bos, eos=eos)
            model.orders = [Order(*(saved[f"{name}{n}"] for name in Order._fields)) for n in range(order)]
        return model


class NgramContinuation:
    """Texts that are being written, a row each."""

    def __init__(self, model: KneserNey, texts: list[list[int]]) -> None:
        self.model, self.texts = model, texts

    def logits(self) -> Floats:
        """Return (B, V)."""
        return np.log(np.stack([self.model.next(text) for text in self.texts]))

    def step(self, tokens: Sequence[int]) -> Floats:
        """Return the logits (B, V) after one more token of each text."""
        self.texts = [[*text, token] for text, token in zip(self.texts, tokens, strict=True)]
        return self.logits()

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these of the texts."""
        self.texts = [self.texts[row] for row in rows]


def _discounted(keys: Ints, counts: Ints, context: Ints, contexts: int) -> Order:
    """Return the n-grams of one length with their counts discounted, summed for each of the `contexts`."""
    n = [int((counts == k).sum()) for k in range(5)]
    y = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.0
    discount = np.zeros(len(counts))
    for k in (1, 2, 3):
        # With few texts a count may be missing; half a token is then as good a guess as any.
        found = k - (k + 1) * y * n[k + 1] / n[k] if n[k] and n[k + 1] else 0.5
        discount[counts >= k] = min(max(found, LEAST_DISCOUNT), k)
    kept = np.maximum(counts - discount, 0.0)
    total, taken = (np.bincount(context, x, contexts).astype(np.float64) for x in (counts, counts - kept))
    return Order(keys, kept, total, taken)


def _find(keys: Ints, key: int) -> int:
    """Return the place of `key` in sorted `keys`, −1 if it is not there."""
    place = int(np.searchsorted(keys, key))
    return place if place < len(keys) and keys[place] == key else -1
