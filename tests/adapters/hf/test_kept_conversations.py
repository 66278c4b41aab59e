"""A conversation's next turn re-reads only what is new, and says what it would have said."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf import token_by_token  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.hf.kept_conversations import KeptConversations, beginning  # noqa: E402
from harness.schema import Decoding, Example, LaterTurn, Parts, Profile, Request  # noqa: E402
from tests.support.tiny_models import tiny_llama  # noqa: E402

TALKS = {
    "a": ["이 영화는 정말 좋았다. 왜 그런지 말해 주세요.", "더 짧게.", "영어로."],
    "b": ["배우가 지루하다.", "다시 말해 주세요. 이번에는 친구와 봤는데 재미있다."],
    "c": ["솔직히 최악의 영화", "또 보고 싶다"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_llama(tmp_path_factory.mktemp("models") / "llama", context=1024)


def told(folder: Path, monkeypatch, *, chat: bool = True, most: int | None = None, **decoding):
    """Return the replies to all turns, and how many tokens each round of turns read."""
    adapter = HuggingFace(Profile("tiny", "huggingface", model=str(folder), chat=chat))
    counts: list[int] = []
    inner = token_by_token.read

    def read(engine, pieces, *about, **how):
        counts[-1] += sum(map(len, pieces))
        return inner(engine, pieces, *about, **how)

    monkeypatch.setattr(token_by_token, "read", read)
    if most is not None:
        adapter._writer.kept.most = most
    said: dict[str, list[tuple[str, str]]] = {name: [] for name in TALKS}
    for turn in range(3):
        counts.append(0)
        asked = []
        for name, texts in TALKS.items():
            if turn < len(texts):
                example = Example(f"{name}/{turn + 1}", {}, None, name, {"conversation": name})
                make = partial(_parts, texts[turn], tuple(said[name]))
                asked.append(Request(example, make, decoding=Decoding(max_tokens=8, **decoding)))
        for response in adapter.answer(asked):
            assert response.error is None, response.error
            name = response.key[0][0]
            said[name].append((TALKS[name][turn], response.text))
    adapter.close()
    monkeypatch.setattr(token_by_token, "read", inner)
    return said, counts


def _parts(text: str, before: tuple[tuple[str, str], ...]) -> Parts:
    return LaterTurn(query=text, said=before) if before else Parts(query=text)


@pytest.mark.parametrize("chat", [True, False])
def test_a_later_turn_reads_what_is_new_and_says_the_same(folder, monkeypatch, chat):
    with_it, read = told(folder, monkeypatch, chat=chat)
    without, whole = told(folder, monkeypatch, chat=chat, most=0)
    assert with_it == without
    assert read[0] == whole[0]
    written = 7 * len(TALKS)  # of eight tokens the last is never read
    assert whole[1] - read[1] >= read[0] - written  # all of the first prompts, and what fits of the replies
    assert read[2] < 0.5 * whole[2]


def test_sampled_replies_are_the_same_too(folder, monkeypatch):
    with_it, _ = told(folder, monkeypatch, temperature=1.0)
    assert with_it == told(folder, monkeypatch, temperature=1.0, most=0)[0]


def test_what_is_kept_fits_the_room_and_the_oldest_goes_first(folder, monkeypatch):
    some, read = told(folder, monkeypatch, most=60)
    assert some == told(folder, monkeypatch, most=0)[0]
    assert read[1] < told(folder, monkeypatch, most=0)[1][1]


def test_a_beginning_is_a_rows_own_tokens_without_padding():
    from transformers import DynamicCache

    from harness.adapters.hf.forward_pass import PastKeyValues

    cache = DynamicCache()
    states = torch.arange(2 * 1 * 5 * 2.0).reshape(2, 1, 5, 2)
    cache.update(states, states + 100, 0)
    mask = torch.tensor([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1]])
    found = beginning(PastKeyValues(cache, mask, [5, 3]), 1, 3)
    assert found.lengths == [3]
    assert found.mask.tolist() == [[1, 1, 1]]
    assert torch.equal(found.cache.layers[0].keys, states[1:, :, [1, 2, 4]])
    assert torch.equal(cache.layers[0].keys, states)  # as it was


def test_nothing_is_kept_of_single_questions(folder, monkeypatch):
    adapter = HuggingFace(Profile("tiny", "huggingface", model=str(folder), chat=True))
    list(adapter.answer([Request(Example("q", {}), lambda: Parts("좋다"), decoding=Decoding(max_tokens=4))]))
    kept: KeptConversations = adapter._writer.kept
    assert kept.held == 0
