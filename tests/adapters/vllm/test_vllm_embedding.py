"""Sentences as vectors by vLLM's pooling runner, against the huggingface adapter's."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("vllm", reason="the vllm adapter needs vllm: tox -e vllm")

from harness.adapters.hf.adapter import HuggingFace
from harness.adapters.vllm.adapter import Vllm
from harness.schema import Example, Parts, Profile, Request
from tests.support.tiny_models import tiny_model, tiny_tokenizer

SENTENCES = ["나는 좋았다", "배우가 정말 좋았다", "", "지루하다 " * 90]


def pairs() -> list[Request]:
    return [
        Request(
            Example(str(n), {"sentence1": SENTENCES[0], "sentence2": text}), lambda: Parts(""), ask="embed"
        )
        for n, text in enumerate(SENTENCES)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    where = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = tiny_tokenizer(bos=True)
    tokenizer.save_pretrained(where)
    tiny_model(tokenizer, heads=2).save_pretrained(where)
    return where


@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_cosines_are_those_of_the_huggingface_adapter(folder, pooling):
    settings = {"dtype": "float32", "pooling": pooling}
    own = {"enforce_eager": True}
    ours = Vllm(Profile("tiny", "vllm", str(folder), ask="embed", settings={**settings, **own}))
    theirs = HuggingFace(Profile("tiny", "huggingface", str(folder), ask="embed", settings=settings))
    try:
        found = {response.key: response for response in ours.answer(pairs())}
    finally:
        ours.close()
    for same in theirs.answer(pairs()):
        one = found[same.key]
        assert one.value == pytest.approx(same.value, abs=1e-5)
        assert one.usage.prompt_tokens == same.usage.prompt_tokens
