"""Image classifiers answer what a picture is: against the logits of transformers alone."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="image classifiers need torch")
transformers = pytest.importorskip("transformers", reason="image classifiers need transformers")
pillow = pytest.importorskip("PIL.Image", reason="image classifiers need pillow")

from harness.adapters.clip.adapter import Clip  # noqa: E402
from harness.errors import BadInput, Unavailable  # noqa: E402
from harness.schema import Example, Option, Profile, Request  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.shell import Shell  # noqa: E402
from tests.support.tiny_classifiers import tiny_vit  # noqa: E402

CLASSES = ("Egyptian cat", "dog", "tabby, tabby cat", "Ship")
OPTIONS = (Option("0", "ship"), Option("1", "dog"))
KINDS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def tiny_vit_of_four(folder: Path) -> Path:
    return tiny_vit(folder, CLASSES)


@pytest.fixture(scope="module")
def vit(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_vit_of_four)


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return Shell(tmp_path, monkeypatch, capsys)


def loaded(folder: Path, **settings: Any) -> Clip:
    return Clip(Profile(name="tiny", adapter="clip", model=str(folder), settings=settings))


@pytest.fixture
def pictures(tmp_path) -> list[Path]:
    """Three pictures of noise, none as large as another."""
    made = [tmp_path / f"{side}.png" for side in (16, 20, 31)]
    for path, side in zip(made, (16, 20, 31), strict=True):
        noise = np.random.default_rng(side).integers(0, 256, (side, side + 3, 3), dtype=np.uint8)
        pillow.fromarray(noise).save(path)
    return made


def asked(image: Any, name: str = "1", options: tuple[Option, ...] = OPTIONS, ask: Any = "choose") -> Request:
    return Request(Example(name, {"image": str(image)}), pytest.fail, ask=ask, options=options)


def by_hand(folder: Path, path: Path) -> list[float]:
    """Return the log-probability of each class, by transformers alone."""
    model = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    with torch.no_grad():
        logits = model(**processor(images=pillow.open(path), return_tensors="pt")).logits
    return logits[0].log_softmax(-1).tolist()


def test_an_options_score_is_the_log_probability_of_its_class_among_all(vit, pictures):
    responses = loaded(vit).answer(asked(path, str(n)) for n, path in enumerate(pictures))
    found = [response.option_scores for response in responses]
    whole = [by_hand(vit, path) for path in pictures]
    np.testing.assert_allclose(found, [[logp[3], logp[1]] for logp in whole], atol=1e-5)


def test_several_classes_may_be_one_option(vit, pictures):
    adapter = loaded(vit, labels=["Egyptian cat=cat", "tabby, tabby cat=cat"])
    (response,) = adapter.answer([asked(pictures[0], options=(Option("0", "cat"), Option("1", "dog")))])
    logp = by_hand(vit, pictures[0])
    expected = math.log(math.exp(logp[0]) + math.exp(logp[2]))
    assert response.option_scores == pytest.approx([expected, logp[1]], abs=1e-5)


def test_an_option_that_is_no_class_is_told_the_classes(vit, pictures):
    with pytest.raises(BadInput, match="the classes Egyptian cat, dog, tabby, tabby cat, Ship, and none is"):
        list(loaded(vit).answer([asked(pictures[0], options=(Option("0", "frog"),))]))


def test_of_a_thousand_classes_twenty_are_told(tmp_path, pictures):
    folder = tiny_vit(tmp_path / "vit", [f"c{n}" for n in range(1000)])
    with pytest.raises(BadInput, match="c18, c19, …, and none is 'ship'"):
        list(loaded(folder).answer([asked(pictures[0])]))


def test_a_label_that_names_no_option_is_refused_in_one_line(vit, pictures):
    with pytest.raises(BadInput, match="labels: 'Ship' should be CLASS=OPTION"):
        list(loaded(vit, labels=["Ship"]).answer([asked(pictures[0])]))


def test_a_picture_that_cannot_be_read_fails_alone(vit, pictures):
    well, ill = loaded(vit).answer([asked(pictures[0]), asked("nowhere.png", "2")])
    assert well.error is None
    assert ill.error.kind == "picture"


def test_logits_that_are_no_numbers_answer_nobody(vit, pictures):
    adapter = loaded(vit)
    with torch.no_grad():
        adapter.classifier.model.classifier.bias.fill_(math.nan)
    (response,) = adapter.answer([asked(pictures[0])])
    assert response.error.kind == "nan"


def test_it_compares_no_texts(vit, pictures):
    with pytest.raises(Unavailable, match="is a ViTForImageClassification, which compares no pictures"):
        list(loaded(vit).answer([asked(pictures[0], ask="embed")]))


def test_a_task_without_pictures_is_refused(vit):
    request = Request(Example("1", {"input": "ship"}), pytest.fail, ask="choose", options=OPTIONS)
    with pytest.raises(BadInput, match="looks for a field 'image', which the task has not"):
        list(loaded(vit).answer([request]))


def test_a_head_that_lies_nowhere_is_refused(tmp_path):
    folder = tiny_vit(tmp_path, CLASSES)
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["classifier.bias"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(Unavailable, match="lacks 1 of the weights of an image classifier"):
        loaded(folder).prepare()


def test_a_second_task_takes_the_loaded_model_over(vit):
    first = loaded(vit)
    first.prepare()
    second = first.another(first.profile)
    assert isinstance(second, Clip)
    assert second.classifier is first.classifier


def test_cifar10_is_answered_with_the_models_own_logits(shell, tmp_path):
    folder = tiny_vit(tmp_path / "vit", KINDS)
    done = shell("run", "-t", "cifar10", "-b", "clip", "-m", f"model={folder}", "--sample", "--limit", 3)
    assert done.code == 0, done.err
    (path,) = shell.home.glob("runs/*/*/*/samples.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(records) == 3
    for record in records:
        scores = record["response"]["option_scores"]
        assert sum(map(math.exp, scores)) == pytest.approx(1)
        best = KINDS[scores.index(max(scores))]
        assert record["prediction"] == best
