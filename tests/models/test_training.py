"""The training loop: what it draws, when it stops, and that a killed training ends in the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from harness.errors import BadInput, Unavailable  # noqa: E402
from harness.models import training  # noqa: E402
from harness.models.training import Recipe, batches, mean_loss, pick_device, seeded, train  # noqa: E402
from harness.schema import TrainingContext  # noqa: E402

ROWS = 120
X = torch.from_numpy(np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32))
Y = (X[:, 0] > 0).long()


class Network(nn.Module):
    """Two layers with dropout between: enough to need a random state."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 2))

    def loss(self, rows):
        logits = self.layers(X[list(rows)])
        return nn.functional.cross_entropy(logits, Y[list(rows)], reduction="sum"), len(rows)


class Killed(BaseException):
    """As SIGKILL: nothing gets to tidy up."""


def network() -> Network:
    with seeded(7):
        return Network()


def recipe(**values) -> Recipe:
    return Recipe(**{"epochs": 3, "batch_rows": 16, "held_out": 0.2, "seed": 7, **values})


def weights(model: nn.Module) -> list[float]:
    return [float(one) for value in model.state_dict().values() for one in value.flatten()]


def quiet(*_state: object) -> None:
    pass


def trained(model: Network, folder: Path | None = None, watch=quiet, **values):
    training_context = TrainingContext(folder, watch) if folder else None
    return train(model, model.loss, [1] * ROWS, recipe(**values), training_context=training_context)


# batches


def test_every_row_is_in_one_batch_whatever_its_length():
    lengths = np.random.default_rng(1).integers(1, 90, 500)
    found = list(batches(lengths, tokens=256, rows=16, draw=np.random.default_rng(2)))
    assert sorted(row for batch in found for row in batch) == list(range(500))
    assert all(len(batch) <= 16 for batch in found)
    assert all(len(batch) * max(lengths[batch]) <= 256 for batch in found)


def test_a_row_longer_than_a_batch_is_alone():
    assert list(batches([3, 900, 3], tokens=10, rows=8)) == [[0, 2], [1]]


def test_no_rows_make_no_batch():
    assert list(batches([], tokens=10, rows=8)) == []


def test_without_a_draw_batches_go_by_length():
    assert list(batches([5, 1, 3, 2], tokens=100, rows=2)) == [[1, 3], [2, 0]]


# learning


def test_it_learns():
    model = network()
    before = mean_loss(model, model.loss, [1] * ROWS, range(ROWS), recipe())
    trained(model, epochs=20, learning_rate=0.03)
    assert mean_loss(model, model.loss, [1] * ROWS, range(ROWS), recipe()) < before / 2


def test_the_same_seed_gives_the_same_weights_and_another_gives_others():
    models = [network() for _ in range(3)]
    for model, seed in zip(models, (7, 7, 8), strict=True):
        trained(model, seed=seed)
    assert weights(models[0]) == weights(models[1]) != weights(models[2])


def test_what_is_drawn_after_a_training_does_not_depend_on_it():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    trained(network())
    assert torch.equal(torch.rand(3), expected)


def test_the_rows_held_out_are_told_and_are_never_learnt_from():
    model, seen = network(), set()

    def loss(rows):
        if model.training:
            seen.update(rows)
        return model.loss(rows)

    found = train(model, loss, [1] * ROWS, recipe())
    assert len(found.held_out) == 24
    assert seen == set(range(ROWS)) - set(found.held_out)


def test_few_rows_are_all_learnt_from():
    assert trained(network(), held_out=0.1).held_out == ()


def test_steps_are_counted_and_the_device_is_told():
    found = trained(network())
    assert (found.steps, found.device) == (3 * 6, "cpu")


def test_half_an_epoch_is_half_the_steps():
    assert trained(network(), epochs=0.5).steps == 3


@pytest.mark.parametrize(("least", "steps"), [(0, 6), (200, 13), (10**6, 60)])
def test_few_rows_are_gone_through_more_often(least, steps):
    found = trained(network(), epochs=1, least_rows=least, patience=99)
    assert found.steps == steps


def test_it_stops_when_what_is_held_out_is_no_longer_less_surprising():
    model = network()
    drawn = torch.from_numpy(np.random.default_rng(3).integers(0, 2, ROWS))

    def loss(rows):  # nothing can be learnt from labels that were drawn
        rows = list(rows)
        return nn.functional.cross_entropy(model.layers(X[rows]), drawn[rows], reduction="sum"), len(rows)

    found = train(model, loss, [1] * ROWS, recipe(epochs=200, learning_rate=0.1, schedule="cosine"))
    assert len(found.losses) < 200
    best = int(np.argmin(found.losses))
    assert len(found.losses) == best + 1 + recipe().patience
    assert mean_loss(model, loss, [1] * ROWS, found.held_out, recipe()) == pytest.approx(min(found.losses))


def test_nothing_to_learn_from_is_an_error():
    model = network()
    with pytest.raises(BadInput, match="nothing to learn from"):
        train(model, model.loss, [], recipe())


@pytest.mark.parametrize("values", [{"epochs": 0}, {"learning_rate": -1}, {"clip": 0}, {"patience": 0}])
def test_a_recipe_out_of_range_is_an_error(values):
    with pytest.raises(BadInput, match="must be above 0"):
        trained(network(), **values)


# the learning rate


@pytest.mark.parametrize(
    ("schedule", "at", "rate"),
    [
        ("linear", 0.05, 0.5),
        ("linear", 0.1, 1.0),
        ("linear", 0.55, 0.5),
        ("linear", 1.0, 0.0),
        ("cosine", 0.55, 0.5),
        ("cosine", 1.0, 0.0),
        ("inverse_sqrt", 0.1, 1.0),
        ("inverse_sqrt", 0.4, 0.5),
    ],
)
def test_the_learning_rate_climbs_and_falls(schedule, at, rate):
    assert Recipe(schedule=schedule, learning_rate=1.0).rate(at) == pytest.approx(rate)


# checkpoints


@pytest.mark.parametrize("at", [1, 7, 9, 17])
@pytest.mark.parametrize("often", [True, False])
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path, monkeypatch, at, often):
    monkeypatch.setattr(training, "CHECKPOINT_S", 0.0 if often else 3600.0)
    whole = network()
    expected = trained(whole)
    steps = 0

    def kill(*_state: object) -> None:
        nonlocal steps
        steps += 1
        if steps == at:
            raise Killed

    with pytest.raises(Killed):
        trained(network(), tmp_path, kill)
    model = network()
    found = trained(model, tmp_path)
    assert weights(model) == weights(whole)
    assert (found.steps, found.losses) == (expected.steps, expected.losses)


def test_a_training_that_ended_is_not_trained_again(tmp_path):
    first, again, steps = network(), network(), []
    trained(first, tmp_path)
    trained(again, tmp_path, lambda *state: steps.append(state))
    assert weights(first) == weights(again)
    assert not steps


def test_half_a_checkpoint_is_not_gone_on_from(tmp_path):
    first, again = network(), network()
    trained(first, tmp_path)
    path = tmp_path / "training.pt"
    path.write_bytes(path.read_bytes()[:500])
    trained(again, tmp_path)
    assert weights(first) == weights(again)


def test_a_folder_that_cannot_be_written_costs_the_checkpoint_alone(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert trained(network(), tmp_path / "file").steps == 18


def test_a_loss_that_is_no_number_ends_it_and_leaves_the_last_good_checkpoint(tmp_path):
    model, calls = network(), 0

    def loss(rows):
        nonlocal calls
        calls += model.training
        summed, count = model.loss(rows)
        return (summed * float("nan") if calls > 8 else summed), count

    with pytest.raises(Unavailable, match=r"step 9 of training.*learning_rate=0\.0003.*of step 6, stays in"):
        train(model, loss, [1] * ROWS, recipe(), training_context=TrainingContext(tmp_path, quiet))
    kept = torch.load(tmp_path / "training.pt", weights_only=True)
    assert kept["steps"] == 6
    assert all(torch.isfinite(value).all() for value in kept["model"].values())


def test_an_infinite_gradient_is_found_before_it_is_in_the_weights():
    model = network()

    def loss(rows):
        summed, count = model.loss(rows)
        return summed + torch.sqrt(model.layers[0].weight.sum() * 0), count  # the slope of a root at 0

    with pytest.raises(Unavailable, match="no checkpoint yet"):
        train(model, loss, [1] * ROWS, recipe())
    assert np.isfinite(weights(model)).all()


# devices


def test_a_device_that_is_not_here_is_told():
    with pytest.raises(Unavailable, match="device cuda:99"):
        pick_device("cuda:99")


def test_without_a_name_the_device_is_the_cpu_where_there_is_no_gpu():
    assert pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize(
    ("rows", "at_once"),
    [(400, 16), (100, 16), (8_000, 256), (150_000, 256), (5_000, 200)],
)
def test_of_few_rows_fewer_are_learnt_from_at_once(rows, at_once):
    assert Recipe(epochs=2, least_rows=100_000, least_steps=250).rows_at_once(rows) == at_once


def test_batches_that_a_user_names_stay():
    assert Recipe(batch_rows=200, least_rows=100_000).rows_at_once(400) == 200
