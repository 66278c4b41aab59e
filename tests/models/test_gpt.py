"""The small GPT against GPT-2 of transformers, and what its loss sums."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional as F  # noqa: E402, N812

from harness.models.gpt import GPT  # noqa: E402

V, CONTEXT = 50, 16


def close(found, expected):
    torch.testing.assert_close(torch.as_tensor(found), expected)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return GPT(V, context=CONTEXT, layers=2, heads=4, d=32).eval()


def test_a_token_at_a_time_is_predicted_as_all_at_once(model):
    ids = torch.randint(V, (3, 9))
    whole = model.logits(model(ids)[0])
    going, first = model.begin(ids[:, :4].tolist())
    close(first, whole[:, 3])
    for t in range(4, 9):
        close(going.step(ids[:, t].tolist()), whole[:, t])


def test_a_selected_text_goes_on_as_its_own(model):
    ids = torch.randint(V, (3, 4))
    going, _ = model.begin(ids.tolist())
    going.select([2, 2, 0])
    logits = going.step([5, 6, 7])
    for row, (of, token) in enumerate([(2, 5), (2, 6), (0, 7)]):
        text = torch.cat([ids[of], torch.tensor([token])])[None]
        close(logits[row], model.logits(model(text)[0])[0, -1])


def test_the_loss_is_that_of_the_answer_and_a_weighted_part_of_the_rest(model):
    ids = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 8, -1, -1]])
    answers = torch.tensor([[0, 0, 0, 1, 1], [0, 0, 1, 0, 0]], dtype=torch.bool)
    logits = model.logits(model(ids.clamp(min=0)[:, :-1])[0])

    def mean(*places):
        return F.cross_entropy(
            torch.stack([logits[b, t - 1] for b, t in places]), torch.tensor([ids[b, t] for b, t in places])
        )

    expected = mean((0, 3), (0, 4), (1, 2)) + 0.5 * mean((0, 1), (0, 2), (1, 1))
    torch.testing.assert_close(model.loss(ids, answers, weight=0.5), expected)


def test_a_share_of_the_rest_is_an_unbiased_estimate(model):
    ids = torch.randint(V, (8, 12))
    nothing = torch.zeros(8, 12, dtype=torch.bool)
    with torch.no_grad():
        drawn = torch.stack([model.loss(ids, nothing, share=0.25) for _ in range(300)])
    assert abs(drawn.mean() - model.loss(ids, nothing)) < 4 * drawn.std() / 300**0.5


def test_what_is_padding_teaches_nothing(model):
    ids, answers = torch.tensor([[1, 2, 3]]), torch.tensor([[False, False, True]])
    longer = torch.tensor([[1, 2, 3, -1, -1]])
    padded = F.pad(answers, (0, 2))
    torch.testing.assert_close(model.loss(longer, padded), model.loss(ids, answers))
