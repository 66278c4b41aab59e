"""Passages found by a local embedding model, asked as it was trained: its pooling, its prefixes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.errors import Unavailable  # noqa: E402
from harness.schema import Corpus, Example, Parts, Profile, Request  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import tiny_encoder  # noqa: E402

TEXTS = ["배우가 좋았다", "지루하다", "최고의 영화 또 보고 싶다", "돈이 아깝다"]
CORPUS = Corpus(["a", "b", "c", "d"], TEXTS, depth=4)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_encoder)


@pytest.fixture
def trained(plain, tmp_path):
    """Makes a copy of the model whose `modules.json` says how it was trained."""

    def copied(pooling: dict[str, Any], *more: str) -> Path:
        folder = tmp_path / "trained"
        shutil.copytree(plain, folder)
        modules = [{"path": "", "type": "sentence_transformers.models.Transformer"}]
        modules += [
            {"path": f"1_{kind}", "type": f"sentence_transformers.models.{kind}"}
            for kind in ("Pooling", *more)
        ]
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
        return folder

    return copied


def loaded(folder: Path, ask: Any = "retrieve", **settings: Any) -> HuggingFace:
    return HuggingFace(Profile("tiny", "huggingface", model=str(folder), settings=settings, ask=ask))


def vector(folder: Path, text: str, pooling: str) -> Any:
    """Return the vector of one text, read alone by transformers."""
    ids = transformers.AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        states = transformers.AutoModel.from_pretrained(folder).eval()(input_ids=ids).last_hidden_state[0]
    return torch.nn.functional.normalize(states[0] if pooling == "cls" else states.mean(0), dim=0)


def found(adapter: HuggingFace, query: str) -> dict[str, float]:
    adapter.index(CORPUS)
    (response,) = adapter.answer([Request(Example("1", {"query": query}), Parts, ask="retrieve")])
    return dict(response.ranking)


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
    ],
)
def test_a_model_is_pooled_and_prefixed_as_it_was_trained(trained, config, pooling):
    folder = trained(config, "Normalize")
    scores = found(loaded(folder, query_prefix="query: ", passage_prefix="passage: "), "좋다")
    asked = vector(folder, "query: 좋다", pooling)
    for name, text in zip(CORPUS.ids, TEXTS, strict=True):
        assert scores[name] == pytest.approx(
            float(asked @ vector(folder, f"passage: {text}", pooling)), abs=1e-5
        )


def test_what_the_user_says_of_pooling_goes_before_what_the_model_says(trained):
    folder = trained({"pooling_mode_cls_token": True})
    assert found(loaded(folder, pooling="mean"), "좋다")["a"] == pytest.approx(
        float(vector(folder, "좋다", "mean") @ vector(folder, TEXTS[0], "mean")), abs=1e-5
    )


def test_both_sentences_of_a_pair_are_queries(plain):
    pair = Request(Example("1", {"sentence1": "좋다", "sentence2": "나쁘다"}), Parts, ask="embed")
    (response,) = loaded(plain, "embed", query_prefix="query: ").answer([pair])
    sides = (vector(plain, f"query: {text}", "mean") for text in ("좋다", "나쁘다"))
    assert response.value == pytest.approx(float(torch.dot(*sides)), abs=1e-5)


@pytest.mark.parametrize(
    ("config", "more", "named"),
    [
        ({"pooling_mode_cls_token": True}, ("Dense",), "Dense"),
        ({"pooling_mode_max_tokens": True}, (), "max_tokens"),
    ],
)
def test_what_cannot_be_done_as_it_was_trained_is_said(trained, config, more, named):
    with pytest.raises(Unavailable, match=named):
        loaded(trained(config, *more)).prepare()


def test_how_it_was_pooled_is_part_of_the_weights_hash(trained):
    folder = trained({"pooling_mode_cls_token": True})
    before = loaded(folder).identity()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    assert loaded(folder).identity() != before
