"""Many questions on one long text: it is read once, stands in memory once, and no reply depends on that."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf import side_by_side, token_by_token  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.hf.engine import Engine  # noqa: E402
from harness.schema import Decoding, Example, Parts, Profile, Request  # noqa: E402
from tests.support.tiny_models import BAD, GOOD, tiny_llama  # noqa: E402

TEXT = "재미있다 배우가 나는 친구와 봤는데 솔직히 " * 900
QUESTIONS = 32


def asked(count, text=TEXT):
    return [
        Request(
            Example(str(n), {"input": str(n)}),
            lambda n=n: Parts(query=f"{text}\n질문: {n}번째는 누구?\n{(GOOD + BAD)[n % 10]}"),
            decoding=Decoding(max_tokens=8, temperature=0),
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_llama(tmp_path_factory.mktemp("reader"), context=8192)


@pytest.fixture
def replies(folder, monkeypatch):
    """Return what answers so many questions, with the tokens that were read and the caches' most rows."""
    seen: list[tuple[int, int]] = []
    read = Engine.logits

    def counted(engine, rows, columns, **inputs):
        seen.append(tuple(inputs["input_ids"].shape))
        return read(engine, rows, columns, **inputs)

    monkeypatch.setattr(Engine, "logits", counted)

    def answer(count, text=TEXT):
        adapter = HuggingFace(
            Profile("reader", "huggingface", model=str(folder), settings={"dtype": "float32"})
        )
        adapter.prepare()
        seen.clear()
        found = {one.key[0]: one.text for one in adapter.answer(asked(count, text))}
        return found, sum(rows * width for rows, width in seen), max(rows for rows, _ in seen)

    return answer


def test_many_questions_cost_little_more_tokens_than_one(replies):
    _, alone, _ = replies(1)
    _, together, _ = replies(QUESTIONS)
    assert together <= 1.25 * alone


def test_the_keys_and_values_of_the_text_stand_in_memory_once(replies):
    _, _, rows = replies(QUESTIONS)
    assert rows == 1


def test_side_by_side_or_in_a_batch_the_replies_are_the_same(replies, monkeypatch):
    beside, _, _ = replies(QUESTIONS)
    monkeypatch.setattr(token_by_token, "LONG", 10**9)
    batched, _, rows = replies(QUESTIONS)
    assert rows > 1
    assert beside == batched
    assert len(set(beside.values())) > 1


def test_a_short_text_is_read_in_batches_as_before(replies):
    _, _, rows = replies(8, TEXT[:200])
    assert rows == 8
    assert side_by_side.LONG > 200
