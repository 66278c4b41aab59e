"""Bag of words and multinomial naive Bayes: the oldest text classifier that still works.

For V words and C classes, with n_cw the times that word w stands in the texts of class c,

    p(w | c) = (n_cw + α) / (n_c + α V)      p(c) = (N_c + α) / (N + α C)
    log p(c | text) = log p(c) + Σ_w tf_w log p(w | c) − log p(text)

McCallum and Nigam 1998, "A Comparison of Event Models for Naive Bayes Text Classification".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadInput
from harness.models.analysers import Analyser

WORDS = Analyser("word")


class NaiveBayes:
    """Counts words and multiplies their probabilities as if they were independent.

    They are not, so the same evidence counts many times over: the order of its probabilities means
    something, their size does not. They are not calibrated, and far too sure on long texts.
    """

    def __init__(self, *, alpha: float = 1.0, analyser: Analyser = WORDS) -> None:
        """`alpha` is added to every count, so that no word rules a class out; `analyser` finds the words.

        Raises:
            BadInput: `alpha` is not above 0.
        """
        if not alpha > 0:
            raise BadInput(f"alpha {alpha}: must be above 0")
        self.alpha, self.analyser = alpha, analyser

    def fit(self, texts: Sequence[str], labels: Sequence[int], classes: int) -> None:
        """Learn from `texts` and their `labels`, each in [0, classes); a class may have no text.

        Raises:
            BadInput: there are no texts.
        """
        if not len(texts):
            raise BadInput("a classifier needs at least one example to learn from")
        self.vocabulary: dict[str, int] = {}
        found: list[int] = []  # every word of every text in order, as its place in the vocabulary
        lengths = []
        for said in self.analyser(texts):
            found += [self.vocabulary.setdefault(word, len(self.vocabulary)) for word in said]
            lengths.append(len(said))
        y = np.asarray(labels, np.int64)
        counts = np.zeros((len(self.vocabulary), classes))  # (V, C)
        np.add.at(counts, (np.array(found, np.int64), np.repeat(y, lengths)), 1)
        total = counts.sum(axis=0) + self.alpha * max(len(counts), 1)  # (C,), above 0 even without words
        self.likelihood = np.log(counts + self.alpha) - np.log(total)  # (V, C)
        of_class = np.bincount(y, minlength=classes)
        self.prior = np.log(of_class + self.alpha) - np.log(len(y) + self.alpha * classes)  # (C,)

    def log_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), finite; the class prior where no word is known."""
        joint = np.tile(self.prior, (len(texts), 1))  # (N, C)
        for i, said in enumerate(self.analyser(texts)):
            known = [self.vocabulary[word] for word in said if word in self.vocabulary]
            joint[i] += self.likelihood[known].sum(axis=0)
        joint -= joint.max(axis=1, keepdims=True)  # the likeliest class at 0, so that exp is at most 1
        evidence: NDArray[np.float64] = np.exp(joint).sum(axis=1, keepdims=True)
        return joint - np.log(evidence)

    def save(self, path: Path) -> None:
        """Write what `log_probabilities` needs; nothing of it is code."""
        # No word or morpheme holds a line break; an array of str would be as wide as its longest word.
        vocabulary = np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8)
        with path.open("wb") as file:
            named = {"analyser": self.analyser.name, "stop_words": self.analyser.stop_words}
            learnt = {"vocabulary": vocabulary, "likelihood": self.likelihood, "prior": self.prior}
            np.savez(file, allow_pickle=False, **learnt, **{k: np.array(v) for k, v in named.items()})

    @classmethod
    def load(cls, path: Path) -> NaiveBayes:
        """Return a classifier that answers as the saved one did, bit for bit."""
        model = cls()
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            known = saved["vocabulary"].tobytes().decode().split("\n")
            model.vocabulary = {word: place for place, word in enumerate(known) if word}
            model.likelihood, model.prior = saved["likelihood"], saved["prior"]
            name, stop_words = str(saved["analyser"]), bool(saved["stop_words"])
        model.analyser = Analyser(name, stop_words=stop_words)
        return model
