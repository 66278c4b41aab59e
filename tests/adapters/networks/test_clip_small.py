"""The small CLIP: pictures beside captions."""

from __future__ import annotations

import base64
import io

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")
Image = pytest.importorskip("PIL.Image")

from harness.adapters.networks.clip_small import ClipSmallAdapter  # noqa: E402
from harness.models.clip_small import ClipSmall  # noqa: E402
from harness.schema import Example, Profile  # noqa: E402
from tests.support.lessons import Task, options  # noqa: E402

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200), "white": (230, 230, 230)}
TASK = Task("choose", options(*COLOURS))
SMALL = {"width": 16, "channels": 8, "size": 16, "epochs": 12, "batch_rows": 10, "learning_rate": 1e-2}


def picture(colour, shade):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), tuple(value - shade for value in colour)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def pictures():
    return [
        Example(f"{name}{n}", {"image": picture(colour, 4 * n)}, str(label))
        for label, (name, colour) in enumerate(COLOURS.items())
        for n in range(5)
    ]


@pytest.fixture(scope="module")
def clip():
    adapter = ClipSmallAdapter(Profile("clip_small", "clip_small", settings=SMALL))
    adapter.fit(pictures(), TASK)
    return adapter


def answers(adapter, examples):
    return {r.key[0]: r for r in adapter.answer(map(TASK.request, examples))}


def test_it_learns_twenty_pictures_by_heart(clip):
    found = answers(clip, pictures())
    said = [str(max(range(4), key=list(found[e.id].option_scores).__getitem__)) for e in pictures()]
    assert said == [example.target for example in pictures()]


def test_scores_are_log_probabilities_of_cosines(clip):
    for response in answers(clip, pictures()).values():
        assert sum(torch.tensor(response.option_scores).exp()) == pytest.approx(1, abs=1e-5)
        assert all(-1.0001 <= cosine <= 1.0001 for cosine in response.similarities)


def test_a_picture_that_cannot_be_read_fails_alone(clip):
    broken = Example("broken", {"image": "data:image/png;base64,AAAA"})
    found = answers(clip, [*pictures()[:2], broken])
    assert found["broken"].error.kind == "picture"
    assert sum(response.error is None for response in found.values()) == 2


def test_what_was_saved_answers_the_same(clip, tmp_path):
    clip.save(tmp_path)
    again = ClipSmallAdapter(Profile("clip_small", "clip_small", settings=SMALL))
    again.load(tmp_path)
    one, other = (answers(adapter, pictures()) for adapter in (clip, again))
    assert [r.option_scores for r in one.values()] == [r.option_scores for r in other.values()]


def test_the_loss_of_different_captions_is_clips():
    torch.manual_seed(0)
    model = ClipSmall(9, d=8, channels=8, dropout=0.0).eval()
    x, ids = torch.randn(4, 3, 16, 16), torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])
    scores = model.scale.exp() * model.pictures(x) @ model.captions(ids).T
    right = torch.arange(4)
    cross = torch.nn.functional.cross_entropy
    torch.testing.assert_close(model.loss(x, ids), (cross(scores, right) + cross(scores.T, right)) / 2)
