"""Two sentences' cosine under a local model, an encoder or a causal one, against transformers by hand."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.errors import Unavailable  # noqa: E402
from harness.schema import Example, Parts, Profile, Request, Response  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import review, tiny_encoder, tiny_llama, tiny_t5  # noqa: E402

POOLINGS = ("mean", "cls", "last")


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> dict[str, Path]:
    return {
        "causal": shared_model(tmp_path_factory, tiny_llama, bos=True, context=64),
        "encoder": shared_model(tmp_path_factory, tiny_encoder),
        "encoder with a head": shared_model(tmp_path_factory, tiny_encoder, head=True),
        "encoder of a pair": shared_model(tmp_path_factory, tiny_t5),
    }


def loaded(folder: Path, **settings: Any) -> HuggingFace:
    profile = Profile("tiny", "huggingface", model=str(folder), settings=settings, ask="embed")
    return HuggingFace(profile)


def compared(first: str | None, second: str | None, name: str = "1") -> Request:
    return Request(Example(name, {"sentence1": first, "sentence2": second}), Parts, ask="embed")


def only(adapter: HuggingFace, request: Request) -> Response:
    (response,) = adapter.answer([request])
    assert response.error is None, response.error
    return response


def pairs(count: int) -> list[tuple[str, str]]:
    rng = random.Random(4)
    made = [" ".join(review(rng)[0] for _ in range(n % 3 + 1)) for n in range(2 * count)]
    return list(zip(made[:count], made[count:], strict=True))


def by_hand(folder: Path, sentence: str, pooling: str) -> Any:
    """Return the vector of one sentence, read alone."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    model = model.encoder if hasattr(model, "decoder") else model
    ids = tokenizer(sentence, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        states = model(input_ids=ids).last_hidden_state[0].double()  # (T, D)
    return {"mean": states.mean(0), "cls": states[0], "last": states[-1]}[pooling]


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("kind", ["causal", "encoder", "encoder with a head", "encoder of a pair"])
def test_the_cosine_is_that_of_transformers_by_hand(models, kind, pooling):
    adapter = loaded(models[kind], pooling=pooling)
    requests = [compared(*pair, str(n)) for n, pair in enumerate(pairs(6))]
    found = {response.key[0]: response.value for response in adapter.answer(requests)}
    for n, pair in enumerate(pairs(6)):
        left, right = (by_hand(models[kind], sentence, pooling) for sentence in pair)
        assert found[str(n)] == pytest.approx(
            float(torch.nn.functional.cosine_similarity(left, right, dim=0)), abs=1e-5
        )


def test_the_mean_is_pooled_unless_told_otherwise(models):
    request = compared("배우가 좋았다", "지루하다")
    usual, mean = loaded(models["encoder"]), loaded(models["encoder"], pooling="mean")
    assert only(usual, request).value == only(mean, request).value


def test_each_pooling_gives_another_figure(models):
    request = compared("배우가 좋았다", "최고의 영화 또 보고 싶다")
    values = {round(only(loaded(models["encoder"], pooling=p), request).value, 6) for p in POOLINGS}
    assert len(values) == 3


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("kind", ["causal", "encoder"])
def test_the_batch_size_does_not_change_it(models, kind, size):
    def values(batch_size: int) -> dict[Any, Any]:
        requests = [compared(*pair, str(n)) for n, pair in enumerate(pairs(12))]
        return {r.key: r.value for r in loaded(models[kind], batch_size=batch_size).answer(requests)}

    one, eight = values(size), values(8)
    assert len(one) == 12
    assert one == pytest.approx(eight, abs=1e-5)


def test_a_sentence_is_like_itself(models):
    assert only(loaded(models["encoder"]), compared("좋았다", "좋았다")).value == pytest.approx(1)


def test_a_sentence_that_stands_often_is_read_once(models, monkeypatch):
    adapter = loaded(models["encoder"])
    read, forward = [], adapter.encoder.model.forward
    monkeypatch.setattr(
        adapter.encoder.model,
        "forward",
        lambda **keys: read.append(len(keys["input_ids"])) or forward(**keys),
    )
    requests = [compared("좋았다", other, str(n)) for n, other in enumerate(["지루하다", "좋았다", "최고"])]
    assert len(list(adapter.answer([*requests]))) == 3
    assert sum(read) == 3


def test_a_sentence_over_the_context_loses_its_end(models):
    response = only(loaded(models["encoder"]), compared("정말 좋았다 " * 60, "지루하다"))
    assert response.truncated
    tokens = loaded(models["encoder"]).count_tokens("지루하다") + 1  # and BOS
    assert response.usage.prompt_tokens == 64 + tokens


def test_sentences_that_fit_are_not_truncated(models):
    assert not only(loaded(models["encoder"]), compared("좋았다", "지루하다")).truncated


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_sentence_has_a_vector_too(models, tmp_path, empty):
    folder = tiny_llama(tmp_path / "without-bos")
    assert -1 <= only(loaded(folder), compared(empty, "좋았다")).value <= 1


def test_an_encoder_has_no_logits_and_needs_none(models):
    adapter = loaded(models["encoder"])
    adapter.prepare()
    assert "engine" not in adapter._made
    assert isinstance(adapter.encoder.model, transformers.BertModel)


def test_a_model_that_fills_in_masks_is_asked_no_likelihood(models):
    folder = models["encoder with a head"]
    adapter = HuggingFace(Profile("tiny", "huggingface", model=str(folder), ask="score"))
    with pytest.raises(Unavailable, match=r"BertForMaskedLM, which fills in masks.*only 'embed'"):
        adapter.prepare()


def test_a_closed_adapter_has_let_go_of_its_encoder(models):
    adapter = loaded(models["encoder"])
    adapter.prepare()
    adapter.close()
    assert not adapter._made


def test_a_pooler_that_was_not_published_is_not_missed(models):
    names = importlib.import_module("safetensors.torch").load_file(models["encoder"] / "model.safetensors")
    assert not [name for name in names if "pooler" in name]
    assert only(loaded(models["encoder"]), compared("좋았다", "지루하다")).value is not None


def test_weights_that_would_be_random_are_refused(tmp_path):
    folder = tiny_encoder(tmp_path / "broken")
    safetensors = importlib.import_module("safetensors.torch")
    weights = safetensors.load_file(folder / "model.safetensors")
    weights.pop("encoder.layer.1.output.dense.weight")
    safetensors.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(Unavailable, match=r"of the weights of an encoder.*layer\.1\.output"):
        list(loaded(folder).answer([compared("좋았다", "지루하다")]))


def test_a_vector_that_is_no_number_fails_its_own_comparisons(models, monkeypatch):
    adapter = loaded(models["encoder"])
    forward = adapter.encoder.model.forward
    mark = adapter.tokens.encode(["!"], special=False)[0][0]

    def spoil(**keys: Any) -> Any:
        output = forward(**keys)
        output.last_hidden_state[(keys["input_ids"] == mark).any(-1)] = float("nan")
        return output

    monkeypatch.setattr(adapter.encoder.model, "forward", spoil)
    requests = [compared("좋았다", "!", "a"), compared("좋았다", "지루하다", "b"), compared("!", "!", "c")]
    failures = {r.key[0]: r.error and r.error.kind for r in adapter.answer(requests)}
    assert failures == {"a": "nan", "b": None, "c": "nan"}


def test_a_batch_without_memory_is_halved(models, monkeypatch):
    adapter = loaded(models["encoder"])
    forward = adapter.encoder.model.forward

    def short(**keys: Any) -> Any:
        if len(keys["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(**keys)

    monkeypatch.setattr(adapter.encoder.model, "forward", short)
    responses = list(adapter.answer([compared(*pair, str(n)) for n, pair in enumerate(pairs(12))]))
    assert [r.error for r in responses] == [None] * 12
    assert adapter.budget.rows <= 2
