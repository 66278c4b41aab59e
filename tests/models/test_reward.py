"""The reward model: its loss against torch's own, its gradients, and what it learns of pairs."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("tokenizers")

import torch

from harness.adapters.networks.reward import RewardAdapter
from harness.errors import BadInput
from harness.models.networks import Batch
from harness.models.reward import RewardModel, bradley_terry
from harness.schema import Example, Option, Parts, Profile, Request

KIND, RUDE = "please let us talk about it calmly", "go away and never ask again"


class Task:
    name, labels = "pairs", ()

    def request(self, example):
        options = tuple(Option(str(n), text) for n, text in enumerate(example.fields.values()))
        return Request(example, lambda: Parts("?"), ask="rank", options=options)


def pair(n: int) -> Example:
    texts = [f"{KIND} {n}", f"{RUDE} {n}"]
    first = n % 2
    return Example(f"p{n}", {"a": texts[first], "b": texts[1 - first]}, str(first))


def test_the_loss_is_that_of_torch():
    chosen, rejected = torch.tensor([1.0, -2.0, 80.0]), torch.tensor([0.5, 3.0, -80.0])
    wanted = -torch.nn.functional.logsigmoid(chosen - rejected)
    assert torch.allclose(bradley_terry(chosen, rejected), wanted)


def test_the_gradients_are_those_of_finite_differences():
    rewards = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: bradley_terry(x[0], x[1]), rewards)


def test_the_gradient_is_how_improbable_the_preference_was():
    chosen, rejected = (torch.tensor([x], requires_grad=True) for x in (0.2, 1.0))
    bradley_terry(chosen, rejected).sum().backward()
    assert chosen.grad.item() == pytest.approx(-torch.sigmoid(torch.tensor(0.8)).item())
    assert rejected.grad.item() == -chosen.grad.item()


def test_a_reward_depends_on_no_padding():
    torch.manual_seed(0)
    model = RewardModel(20, width=8).eval()
    short = Batch(torch.tensor([[5, 6]]), torch.tensor([2]), torch.zeros(1, 2, dtype=torch.long))
    padded = Batch(torch.tensor([[5, 6, 0, 0]]), torch.tensor([2]), torch.zeros(1, 4, dtype=torch.long))
    assert torch.allclose(model(short), model(padded))


def test_pairs_are_learnt_saved_and_read_again(tmp_path):
    def made():
        settings = {"epochs": 20, "vocabulary": 200, "width": 16, "device": "cpu"}
        return RewardAdapter(Profile("reward", "reward", settings=settings, ask="rank"))

    adapter, task = made(), Task()
    adapter.fit([pair(n) for n in range(40)], task)
    new = [task.request(pair(n)) for n in range(40, 46)]
    said = {r.key[0]: list(r.option_scores) for r in adapter.answer(new)}
    assert all(max(range(2), key=said[r.example.id].__getitem__) == int(r.example.target) for r in new)
    adapter.save(tmp_path)
    again = made()
    again.load(tmp_path)
    for response in again.answer(new):
        assert response.option_scores == pytest.approx(said[response.key[0]], abs=1e-5)


def test_nothing_to_learn_from_is_the_users_error():
    with pytest.raises(BadInput, match="no pairs"):
        RewardAdapter(Profile("reward", "reward", ask="rank")).fit([], Task())
