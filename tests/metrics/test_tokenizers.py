"""Named tokenizers: what each makes of a text, and what it needs."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenize import tokenize as by_rouge_score

from harness.errors import BadInput, Unavailable
from harness.metrics import tokenizers
from harness.metrics.tokenizers import characters, tokenizer, words
from harness.text import morphemes

needs_mecab = pytest.mark.skipif(find_spec("mecab_ko") is None, reason="needs mecab-ko")
needs_kiwi = pytest.mark.skipif(find_spec("kiwipiepy") is None, reason="needs kiwipiepy")


@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        ("words", "서울은 2024년에도 크다!", ["서울은", "2024년에도", "크다"]),
        ("words", "“café”, naïve_idea 3.5%", ["café", "naïve", "idea", "3", "5"]),
        ("words", "漢字とかな", ["漢字とかな"]),
        ("words", " \n!? ", []),
        ("char", "서울 1\n가.", ["서", "울", "1", "가", "."]),
        ("char", "", []),
        pytest.param(
            "ko-mecab", "나는 서울에 갔다.", ["나", "는", "서울", "에", "갔", "다", "."], marks=needs_mecab
        ),
        pytest.param("ko-mecab", "서울\0부산", ["서울", "부산"], marks=needs_mecab),
        pytest.param("ko-mecab", " \n", [], marks=needs_mecab),
        pytest.param(
            "kiwi", "나는 서울에 갔다.", ["나", "는", "서울", "에", "가", "었", "다", "."], marks=needs_kiwi
        ),
        pytest.param("kiwi", "", [], marks=needs_kiwi),
    ],
)
def test_a_text_has_these_tokens(name, text, tokens):
    assert tokenizer(name).split(text) == tokens


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_on_ascii_words_are_rouge_scores(text):
    assert words(text.lower()) == by_rouge_score(text, None)


@given(st.text(max_size=60))
def test_characters_are_all_but_white_space(text):
    assert "".join(characters(text)) == "".join(text.split())


def test_a_name_that_is_none_is_told_with_the_nearest():
    with pytest.raises(BadInput, match=r"no tokenizer is called 'mecab'\. Did you mean 'ko-mecab'\?"):
        tokenizer("mecab")


@pytest.mark.parametrize(("name", "package"), [("kiwi", "kiwipiepy"), ("ko-mecab", "mecab-ko")])
def test_what_is_not_installed_is_told_with_the_command_that_installs_it(monkeypatch, name, package):
    monkeypatch.setattr(morphemes, "find_spec", lambda module: None)
    monkeypatch.setattr("sacrebleu.tokenizers.tokenizer_ko_mecab.MeCab", None)
    tokenizers.mecab_ko.cache_clear()
    with pytest.raises(Unavailable) as caught:
        tokenizer(name)
    assert str(caught.value) == f"the tokenizer '{name}' needs {package}: pip install 'harness-ko[ko]'"


@needs_kiwi
def test_kiwi_is_loaded_by_the_first_text_and_only_once():
    code = (
        "import sys; from harness.text import morphemes; from harness.metrics import tokenizers as t;"
        "kiwi = t.tokenizer('kiwi');"
        "before = 'kiwipiepy' in sys.modules;"
        "kiwi.split('가'), t.tokenizer('kiwi').split('나');"
        "print(before, 'kiwipiepy' in sys.modules, morphemes.kiwi.cache_info().misses)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "1"]


@needs_kiwi
def test_the_signature_of_morphemes_names_code_and_model():
    from importlib.metadata import version

    assert tokenizer("kiwi").signature == f"kiwi-{version('kiwipiepy')}-model-{version('kiwipiepy_model')}"


@needs_mecab
def test_the_signature_of_mecab_is_sacrebleus():
    from sacrebleu.metrics import BLEU

    assert tokenizer("ko-mecab").signature == BLEU(tokenize="ko-mecab").tokenizer_signature
