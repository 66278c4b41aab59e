"""Tokenisers that are trained: round trips, the same each time, and what they do not know."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

pytest.importorskip("tokenizers")

from harness.errors import BadInput, Unavailable
from harness.models import tokenizers as tokenisers
from harness.models.tokenizers import KINDS, SPECIAL, UNK, Tokeniser, train
from harness.text import morphemes

TEXTS = [
    "이 영화는 정말 재미있다.",
    "정말 재미있는 영화였다!",
    "영화가 너무 지루하다.",
    "지루하고 재미없는 영화, 시간이 아깝다.",
    "a film of its own",
] * 4

needs_kiwi = pytest.mark.skipif(find_spec("kiwipiepy") is None, reason="needs kiwipiepy")
each = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=needs_kiwi if kind == "morpheme" else ()) for kind in KINDS]
)


def made(kind: str, size: int = 400) -> Tokeniser:
    return train(kind, TEXTS, size=size)


@each
def test_what_it_learnt_from_comes_back(kind):
    tokeniser = made(kind)
    for text in TEXTS[:4]:
        assert tokeniser.decode(tokeniser.encode([text])[0]).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("kind", ["bpe", "byte_bpe", "wordpiece", "unigram", "syllable", "word"])
def test_blanks_come_back_too(kind):
    tokeniser = made(kind)
    assert [tokeniser.decode(ids).strip() for ids in tokeniser.encode(TEXTS[:5])] == TEXTS[:5]


@each
def test_the_special_tokens_come_first_and_no_text_makes_one(kind):
    tokeniser = made(kind)
    assert tuple(tokeniser.vocabulary[: len(SPECIAL)]) == SPECIAL
    (ids,) = tokeniser.encode(["<mask> <s> 영화 <pad>"])
    assert not {i for i in ids if i < len(SPECIAL)} - {UNK}


@each
def test_a_saved_one_is_the_same(kind, tmp_path):
    tokeniser = made(kind)
    tokeniser.save(tmp_path / "tokeniser.json")
    again = tokenisers.load(tmp_path / "tokeniser.json")
    assert again.vocabulary == tokeniser.vocabulary
    assert again.encode([*TEXTS, "처음 보는 말"]) == tokeniser.encode([*TEXTS, "처음 보는 말"])


@each
def test_decomposed_hangul_is_the_same_text(kind):
    import unicodedata

    tokeniser = made(kind)
    text = TEXTS[0]
    assert tokeniser.encode([unicodedata.normalize("NFD", text)]) == tokeniser.encode([text])


@each
def test_an_empty_text_has_no_tokens(kind):
    assert made(kind).encode(["", ""]) == [[], []]


@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram", "syllable", "word"])
def test_what_it_never_saw_is_unknown(kind):
    assert UNK in made(kind).encode(["龍"])[0]


def test_bytes_know_everything():
    tokeniser = made("byte_bpe")
    assert tokeniser.decode(tokeniser.encode(["龍 🙂"])[0]) == "龍 🙂"


@pytest.mark.parametrize(
    ("kind", "size"), [("bpe", 20), ("bpe", 60), ("wordpiece", 60), ("syllable", 20), ("word", 20)]
)
def test_the_size_is_the_most_there_are(kind, size):
    assert len(made(kind, size)) <= size < len(made(kind))
    assert made(kind, size).count(TEXTS[0]) >= made(kind).count(TEXTS[0]) - 4  # what is unknown runs together


@pytest.mark.parametrize("kind", ["bpe", "byte_bpe", "wordpiece", "syllable", "word"])
def test_every_process_learns_the_same(kind):
    code = (
        "from harness.models.tokenizers import train; from tests.models import test_tokenisers as t\n"
        f"print(train({kind!r}, t.TEXTS, size=300).vocabulary)"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True).stdout
        for _ in range(2)
    }
    assert found == {f"{train(kind, TEXTS, size=300).vocabulary}\n"}


@needs_kiwi
def test_a_morpheme_is_its_form_and_its_part_of_speech():
    tokeniser = made("morpheme")
    said = [tokeniser.vocabulary[i] for i in tokeniser.encode(["영화가 지루하다"])[0]]
    assert said[:2] == ["영화/NNG", "가/JKS"]


@needs_kiwi
def test_stop_words_leave_what_a_text_is_about_and_whether_it_is_denied():
    (said,) = morphemes.analysed(["이 영화는 전혀 재미가 없다."], stop=True)
    assert [form for form, _ in said] == ["이", "영화", "전혀", "재미", "없"]


def test_a_package_that_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(morphemes, "find_spec", lambda _name: None)
    with pytest.raises(
        Unavailable, match=r"a morpheme tokeniser needs kiwipiepy: pip install 'harness-ko\[ko\]'"
    ):
        made("morpheme")


@pytest.mark.parametrize(
    ("kind", "size", "said"),
    [("bpee", 100, "Did you mean 'bpe'"), ("bpe", 3, "at least 7"), ("byte_bpe", 100, "at least 262")],
)
def test_what_cannot_be_trained_is_told(kind, size, said):
    with pytest.raises(BadInput, match=said):
        train(kind, TEXTS, size=size)
