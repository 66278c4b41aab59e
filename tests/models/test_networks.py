"""Networks that read text: each learns twenty examples by heart, and the same each time."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from harness.models import LEAST  # noqa: E402
from harness.models.cnn_text import CnnText  # noqa: E402
from harness.models.lstm import LstmClassifier  # noqa: E402
from harness.models.networks import (  # noqa: E402
    Batch,
    NetworkClassifier,
    TextEncoding,
    TokenRows,
    _joined,
    max_over,
    mean_over,
)
from harness.models.tokenizers import PAD, SEP, train  # noqa: E402
from harness.models.training import Recipe  # noqa: E402
from harness.models.transformer import TransformerClassifier, _pooled, with_others_ends  # noqa: E402
from harness.models.word2vec import Word2vec  # noqa: E402

THINGS = ("영화", "배우", "음악", "결말", "대사", "장면", "감독", "연기", "이야기", "화면")
TEXTS = [(f"{thing} {said}",) for thing in THINGS for said in ("최고다 정말 좋다", "최악이다 너무 별로")]
LABELS = [1, 0] * len(THINGS)

SMALL = {
    "lstm": partial(LstmClassifier, dim=16, hidden=16, dropout=0.0),
    "rnn": partial(LstmClassifier, dim=16, hidden=16, cell="rnn", bidirectional=False, dropout=0.0),
    "gru": partial(LstmClassifier, dim=16, hidden=16, cell="gru", layers=2, bidirectional=False, dropout=0.0),
    "cnn_text": partial(CnnText, dim=16, filters=8, dropout=0.0),
    "transformer": partial(
        TransformerClassifier, dim=16, layers=1, heads=2, feed_forward=32, places=32, dropout=0.0
    ),
    "word2vec": partial(Word2vec, dim=24),
    "cbow": partial(Word2vec, dim=24, method="cbow"),
}
PRETRAINED = ("word2vec", "cbow")

each = pytest.mark.parametrize("name", SMALL)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(name: str, *, epochs: float = 40, seed: int = 7, pretraining: float = 0) -> NetworkClassifier:
    recipe = Recipe(epochs=epochs, learning_rate=0.02, batch_rows=8, seed=seed)
    first = Recipe(epochs=pretraining or 5, learning_rate=0.02, batch_rows=8, seed=seed)
    pretrained = first if pretraining or name in PRETRAINED else None
    return NetworkClassifier(SMALL[name], TextEncoding(vocabulary=200, max_tokens=32), recipe, pretrained)


def fitted(name: str, texts=TEXTS, labels=LABELS, **how) -> NetworkClassifier:
    model = made(name, **how)
    model.fit(texts, labels, max(labels) + 1)
    return model


@pytest.fixture(scope="module")
def learnt():
    return {name: fitted(name) for name in SMALL}


@each
def test_twenty_examples_are_learnt_by_heart(learnt, name):
    said = learnt[name].log_probabilities(TEXTS)
    assert said.argmax(axis=1).tolist() == LABELS
    assert np.exp(said).max(axis=1).min() > 0.9


@each
def test_the_same_seed_says_the_same_and_another_says_something_else(name):
    unseen = [("이 영화 정말 최악이다",)]
    once, again, other = (fitted(name, epochs=3, seed=seed).log_probabilities(unseen) for seed in (7, 7, 8))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


@each
def test_a_saved_network_says_the_same(learnt, name, tmp_path):
    learnt[name].save(tmp_path / "model.pt")
    again = made(name)
    again.load(tmp_path / "model.pt")
    assert np.array_equal(again.log_probabilities(TEXTS), learnt[name].log_probabilities(TEXTS))


@each
def test_what_stands_beside_a_text_in_a_batch_changes_little_of_what_is_said(learnt, name):
    long = ("영화 " * 20,)
    alone, beside = (learnt[name].log_probabilities(texts)[0] for texts in ([TEXTS[0]], [TEXTS[0], long]))
    assert alone == pytest.approx(beside, abs=1e-5)


@each
def test_a_text_without_words_gets_the_class_prior(learnt, name):
    said = learnt[name].log_probabilities([("",), ()])
    assert np.exp(said) == pytest.approx(np.full((2, 2), 0.5))


@each
def test_probabilities_sum_to_one_and_none_is_zero(learnt, name):
    said = learnt[name].log_probabilities([*TEXTS, ("처음 보는 말 🙂",)])
    assert np.exp(said).sum(axis=1) == pytest.approx(1)
    assert said.min() >= LEAST


@pytest.mark.parametrize("name", ["lstm", "transformer", "cnn_text"])
def test_a_pair_is_told_from_the_same_words_in_one_text(name):
    pairs = [(left, right) for left in ("영화", "배우") for right in ("영화", "배우")]
    labels = [int(left == right) for left, right in pairs]
    model = fitted(name, pairs * 5, labels * 5)
    assert model.log_probabilities(pairs).argmax(axis=1).tolist() == labels


def test_a_transformer_knows_the_first_sentence_from_the_second():
    pairs = [("영화", "배우"), ("배우", "영화")] * 10
    model = fitted("transformer", pairs, [0, 1] * 10)
    assert model.log_probabilities(pairs[:2]).argmax(axis=1).tolist() == [0, 1]


def test_pre_training_learns_to_say_what_was_hidden():
    model = made("transformer", epochs=1, pretraining=60)
    model.fit(TEXTS, LABELS, 2)
    losses = model.trainings[0].losses
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) / 2


def test_pre_training_learns_which_end_follows_a_beginning():
    texts = [("영화 좋다", "보자 다시"), ("배우 나쁘다", "싫다 연기")] * 16
    shape = SMALL["transformer"]
    recipe = Recipe(epochs=60, learning_rate=0.01, batch_rows=16)
    reading = TextEncoding(tokeniser="word", vocabulary=60)
    both = NetworkClassifier(partial(shape, next_sentence=True), reading, recipe, recipe)
    both.fit_vectors(texts)
    batch = both.rows(texts).batch(range(len(texts)), torch.device("cpu"))
    torch.manual_seed(0)
    with torch.no_grad():
        seen, _ = with_others_ends(batch, 32)
        said = both.network.follows(_pooled(both.network.encode(seen), seen))[:, 0]
    texts_read = {tuple(ids) for ids in batch.ids.tolist()}
    same = [tuple(ids) in texts_read for ids in seen.ids.tolist()]  # another text may have the same end
    assert set(same) == {True, False}
    assert np.mean((said > 0).numpy() == same) > 0.9


def test_about_half_of_the_texts_get_the_end_of_another():
    ids = torch.arange(5, 5 + 4000).reshape(1000, 4)
    whole = Batch(ids, torch.full((1000,), 4), torch.zeros(1000, 4, dtype=torch.long))
    torch.manual_seed(0)
    seen, own = with_others_ends(whole, 4)
    kept = (seen.ids == ids).all(1)
    assert kept.tolist() == own.bool().tolist()
    assert 450 < own.sum() < 550
    assert (seen.ids[:, :2] == ids[:, :2]).all()
    assert seen.segments[0].tolist() == [0, 0, 1, 1]


def test_parts_of_unequal_length_are_joined_without_a_gap_and_cut_at_the_most():
    ids = torch.tensor([[5, 6, 7, 0, 0], [8, 9, 10, 11, 12]])
    whole = Batch(ids, torch.tensor([3, 5]), torch.tensor([[0, 0, 1, 0, 0], [0, 1, 1, 1, 1]]))
    torch.manual_seed(1)
    looks = [with_others_ends(whole, 5) for _ in range(20)]
    rows = {tuple(seen.ids[0][: seen.lengths[0]].tolist()) for seen, _ in looks}
    assert rows == {(5, 6, 7), (5, 6, 9, 10, 11)}
    alone, own = with_others_ends(Batch(*(part[:1] for part in whole)), 5)
    assert alone.ids[0].tolist()[:3] == [5, 6, 7]
    assert own.tolist() == [1.0]


def test_words_that_stand_in_the_same_places_have_near_vectors():
    texts = [(f"{who} {what}",) for who in ("고양이가", "강아지가") for what in ("잔다", "논다", "먹는다")]
    texts += [(f"{who} {what}",) for who in ("버스가", "기차가") for what in ("달린다", "멈춘다", "떠난다")]
    model = NetworkClassifier(
        partial(Word2vec, dim=16),
        TextEncoding(tokeniser="word", vocabulary=50),
        Recipe(epochs=1),
        Recipe(epochs=60, learning_rate=0.02, batch_rows=6),
    )
    model.fit_vectors(texts * 4)
    (cat,) = model.tokeniser.encode(["고양이가"])[0]
    nearest = model.network.nearest(model.network.centre.weight[cat].detach(), 3)
    assert "강아지가" in [model.tokeniser.vocabulary[i] for i, _ in nearest]


# how texts become batches


def test_a_batch_holds_each_text_with_its_parts_and_padding_after_it():
    tokeniser = train("word", ["가 나 다"], size=20)
    a, b, c = tokeniser.encode(["가 나 다"])[0]
    batch = TokenRows(tokeniser, [("가 나", "다"), ("다",), ("", "")], 10).batch(
        [0, 1, 2], torch.device("cpu")
    )
    assert batch.ids.tolist() == [[a, b, SEP, c], [c, PAD, PAD, PAD], [PAD] * 4]
    assert batch.segments.tolist()[0] == [0, 0, 0, 1]
    assert batch.lengths.tolist() == [4, 1, 0]
    assert batch.mask.sum(dim=1).tolist() == [4, 1, 0]


@pytest.mark.parametrize(
    ("parts", "most", "ids"),
    [
        ([[7, 8, 9]], 5, [7, 8, 9]),
        ([[7, 8, 9]], 2, [7, 8]),
        ([[7] * 6, [9]], 5, [7, 7, 7, SEP, 9]),
        ([[7] * 4, [9] * 4], 5, [7, 7, SEP, 9, 9]),
        ([[], [9]], 5, [SEP, 9]),
        ([[], []], 5, []),
    ],
)
def test_what_is_too_long_loses_the_ends_of_its_longest_parts(parts, most, ids):
    assert _joined(parts, most)[0] == ids


def test_padding_is_in_no_mean_and_no_maximum():
    x = torch.tensor([[[1.0], [3.0], [9.0]], [[9.0], [9.0], [9.0]]])
    mask = torch.tensor([[True, True, False], [False, False, False]])
    assert mean_over(x, mask).tolist() == [[2.0], [0.0]]
    assert max_over(x, mask).tolist() == [[3.0], [0.0]]


def test_probabilities_are_as_sure_as_they_are_right():
    rng = np.random.default_rng(0)
    texts = [(" ".join(rng.choice(THINGS, 6)),) for _ in range(1500)]
    labels = [int(rng.random() < (0.8 if "영화" in text else 0.3)) for (text,) in texts]  # never certain
    model = NetworkClassifier(
        SMALL["lstm"],
        TextEncoding(vocabulary=100),
        Recipe(epochs=12, learning_rate=0.02, held_out=0.3, patience=20),
    )
    model.fit(texts[:1000], labels[:1000], 2)
    said = np.exp(model.log_probabilities(texts[1000:]))
    right = said.argmax(axis=1) == labels[1000:]
    assert abs(said.max(axis=1).mean() - right.mean()) < 0.06
