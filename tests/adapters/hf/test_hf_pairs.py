"""Encoder-decoders: options after a text that is encoded once, and replies, against transformers by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.errors import Unavailable  # noqa: E402
from harness.schema import Decoding, Example, Option, Parts, Profile, Request  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import query, tiny_t5  # noqa: E402

OPTIONS = (Option("0", "부정"), Option("1", "정말 좋았다"))
TEXTS = [query("좋았다"), query("배우가 정말 좋았다 최고의 영화"), query("지루하다")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_t5)


def loaded(folder: Path, **keys: Any) -> HuggingFace:
    return HuggingFace(Profile("tiny", "huggingface", model=str(folder), **keys))


def requests(ask: Any, **keys: Any) -> list[Request]:
    return [
        Request(Example(str(n), {}), lambda text=text: Parts(text), ask=ask, **keys)
        for n, text in enumerate(TEXTS)
    ]


@pytest.fixture(scope="module")
def by_hand(folder) -> tuple[Any, Any]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return tokenizer, transformers.AutoModelForSeq2SeqLM.from_pretrained(folder).eval()


def test_an_option_is_what_the_decoder_says_after_the_encoders_text(folder, by_hand):
    tokenizer, model = by_hand
    found = {r.key[0]: r.option_scores for r in loaded(folder).answer(requests("choose", options=OPTIONS))}
    for n, text in enumerate(TEXTS):
        for option, score in zip(OPTIONS, found[str(n)], strict=True):
            labels = tokenizer(" " + option.text, add_special_tokens=False, return_tensors="pt")["input_ids"]
            with torch.no_grad():
                logits = model(
                    **tokenizer(text, return_tensors="pt", return_token_type_ids=False), labels=labels
                ).logits
            logp = logits[0].log_softmax(-1).gather(1, labels[0][:, None]).sum()
            assert score == pytest.approx(float(logp), abs=1e-4)


def test_a_text_is_encoded_once_for_all_its_options(folder, monkeypatch):
    adapter = loaded(folder)
    adapter.prepare()
    encoder = adapter.engine.model.get_encoder()
    read, forward = [], encoder.forward
    monkeypatch.setattr(
        encoder, "forward", lambda *a, **k: read.append(len(k["input_ids"])) or forward(*a, **k)
    )
    list(adapter.answer(requests("choose", options=OPTIONS)))
    assert sum(read) == len(TEXTS)


def test_a_reply_is_generates_own(folder, by_hand):
    tokenizer, model = by_hand
    found = {
        r.key[0]: r for r in loaded(folder).answer(requests("generate", decoding=Decoding(max_tokens=10)))
    }
    for n, text in enumerate(TEXTS):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        written = model.generate(ids, max_new_tokens=10, do_sample=False)[0, 1:]
        assert found[str(n)].text == tokenizer.decode(written, skip_special_tokens=True)
        assert found[str(n)].usage.prompt_tokens == ids.shape[1]


def test_what_a_reply_has_said_loses_by_presence_and_by_frequency(folder, by_hand):
    tokenizer, model = by_hand
    decoding = Decoding(max_tokens=10, presence_penalty=1.5, frequency_penalty=0.5)
    found = {r.key[0]: r.text for r in loaded(folder).answer(requests("generate", decoding=decoding))}
    for n, text in enumerate(TEXTS):
        ids, said = tokenizer(text, return_tensors="pt")["input_ids"], [2]
        while len(said) <= 10 and said[-1] != tokenizer.eos_token_id:
            with torch.no_grad():
                logits = model(input_ids=ids, decoder_input_ids=torch.tensor([said])).logits[0, -1]
            for token in said[1:]:
                logits[token] -= 0.5
            for token in set(said[1:]):
                logits[token] -= 1.5
            said.append(int(logits.argmax()))
        assert found[str(n)] == tokenizer.decode(said[1:], skip_special_tokens=True)
    plain = loaded(folder).answer(requests("generate", decoding=Decoding(max_tokens=10)))
    assert found != {r.key[0]: r.text for r in plain}


def test_beams_are_generates_own(folder, by_hand):
    tokenizer, model = by_hand
    decoding = Decoding(max_tokens=10, beams=3)
    found = {r.key[0]: r.text for r in loaded(folder).answer(requests("generate", decoding=decoding))}
    for n, text in enumerate(TEXTS):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        written = model.generate(ids, max_new_tokens=10, do_sample=False, num_beams=3)[0, 1:]
        assert found[str(n)] == tokenizer.decode(written, skip_special_tokens=True)


def test_the_likelihood_of_a_text_is_nothing_to_ask_of_it(folder):
    with pytest.raises(Unavailable, match="encoder-decoder"):
        loaded(folder, ask="score").prepare()


def test_weights_that_would_be_random_are_refused(folder, tmp_path):
    model = transformers.AutoModel.from_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path)
    del model.decoder.block[1].layer[2].DenseReluDense.wo
    model.save_pretrained(tmp_path)
    with pytest.raises(Unavailable, match="of the weights of an encoder-decoder"):
        loaded(tmp_path).prepare()
