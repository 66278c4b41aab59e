"""Kneser-Ney against the formulas written out over dictionaries, as Chen and Goodman have them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from harness.errors import BadInput
from harness.models.kneser_ney import KneserNey

BOS, EOS, V = 0, 1, 7


def texts(count=60, seed=0):
    draw = random.Random(seed)
    return [[draw.choice([2, 2, 2, 3, 3, 4, 5, 6]) for _ in range(draw.randint(0, 6))] for _ in range(count)]


def fitted(order=3, given=None):
    model = KneserNey(V, order=order, bos=BOS, eos=EOS)
    model.fit(texts() if given is None else given)
    return model


class ByTheBook:
    """The same over dictionaries of tuples, and no other shared line."""

    def __init__(self, texts, order):
        self.order = order
        raw = defaultdict(Counter)
        for text in texts:
            said = (BOS, *text, EOS)
            for n in range(1, order + 1):
                for end in range(max(n, 2), len(said) + 1):
                    raw[n][said[end - n : end]] += 1
        self.c = {}
        for n in range(1, order + 1):
            before = defaultdict(set)
            for gram in raw[n + 1] if n < order else ():
                before[gram[1:]].add(gram[0])
            self.c[n] = {
                gram: count if n == order or gram[0] == BOS else len(before[gram])
                for gram, count in raw[n].items()
            }
        self.discounts = {n: self._discounts(counts) for n, counts in self.c.items()}

    @staticmethod
    def _discounts(counts):
        n = Counter(counts.values())
        y = n[1] / (n[1] + 2 * n[2]) if n[1] else 0
        d = [k - (k + 1) * y * n[k + 1] / n[k] if n[k] and n[k + 1] else 0.5 for k in (1, 2, 3)]
        return [0.0, *(min(max(one, 0), k) for k, one in enumerate(d, 1))]

    def p(self, history, w):
        history = history[max(0, len(history) - self.order + 1) :]
        lower = 1 / V if not history else self.p(history[1:], w)
        n = len(history) + 1
        known = {gram: c for gram, c in self.c[n].items() if gram[:-1] == history}
        total = sum(known.values())
        if not total:
            return lower
        d = self.discounts[n]
        c = known.get((*history, w), 0)
        taken = sum(min(d[min(x, 3)], x) for x in known.values())
        return max(c - d[min(c, 3)], 0) / total + taken / total * lower


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_every_probability_is_by_the_book(order):
    model, book = fitted(order), ByTheBook(texts(), order)
    for text in [[], [2], [2, 3], [2, 3, 4, 2], [6, 6, 6], [5, 2, 2]]:
        expected = [book.p((BOS, *text), w) for w in range(V)]
        np.testing.assert_allclose(model.next(text), expected, rtol=1e-12)


def test_the_probabilities_of_all_tokens_sum_to_one():
    model = fitted()
    for text in texts(20, seed=5):
        assert model.next(text).sum() == pytest.approx(1)


def test_a_texts_tokens_are_scored_as_next_predicts_them():
    model, text = fitted(), [2, 3, 2, EOS]
    expected = [np.log(model.next(text[:t])[token]) for t, token in enumerate(text)]
    np.testing.assert_allclose(model.log_probabilities(text), expected)


def test_what_follows_many_words_is_likelier_alone_than_what_is_only_frequent():
    given = [[2, 6]] * 20 + [[2, 5], [3, 5], [4, 5]]
    p = fitted(2, given).next([5])  # 5 was never followed by 5 or 6: the shorter context decides
    assert p[5] > p[6]


def test_a_saved_model_says_the_same(tmp_path):
    model = fitted()
    model.save(tmp_path / "model.npz")
    again = KneserNey.load(tmp_path / "model.npz")
    assert (again.next([2, 3]) == model.next([2, 3])).all()


def test_nothing_to_learn_from_is_said():
    with pytest.raises(BadInput, match="at least one text"):
        fitted(given=[])
