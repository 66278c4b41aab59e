"""`harness tokenizers`: what texts cost in tokens, and Korean against English."""

from __future__ import annotations

import importlib.util

import pytest

from harness.reports.tokenizer_cost import PAIRS, token_costs, translations
from harness.schema import Example

needs = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "tokenizers", "transformers")),
    reason="needs torch, tokenizers and transformers",
)


def test_costs_are_counted_by_character_and_by_word():
    found = token_costs(len, ["가나 다", "라"], [("가나다라", "ab")])
    assert (found.per_character, found.per_word, found.multiple) == (1.0, 5 / 3, 2.0)


def test_nothing_costs_nothing_that_could_be_divided():
    found = token_costs(len, [""], [])
    assert (found.per_character, found.per_word, found.multiple) == (None, None, None)


def test_our_own_pairs_are_korean_and_english():
    examples = [Example(str(n), {"input": korean}, english) for n, (korean, english) in enumerate(PAIRS)]
    assert translations(examples) == list(PAIRS)
    turned = [Example(str(n), {"input": english}, (korean,)) for n, (korean, english) in enumerate(PAIRS)]
    assert translations(turned) == list(PAIRS)


def test_a_label_translates_nothing():
    assert (
        translations([Example("1", {"input": "재미있다"}, "1"), Example("2", {"input": "글"}, "긍정")]) == []
    )


@needs
def test_a_local_models_tokens_are_those_of_its_tokenizer(shell, tmp_path):
    from tests.support.tiny_models import tiny_llama, tiny_tokenizer

    tiny_llama(tmp_path / "tiny")
    text = "이 영화는 재미있다"
    said = shell("tokenizers", text, "-b", "huggingface", "-m", f"model={tmp_path / 'tiny'}", "--json").json
    (row,) = said["tokenizers"]
    assert row["tokens"] == len(tiny_tokenizer()(text)["input_ids"])
    assert row["multiple"] == pytest.approx(row["korean"] / row["english"])
    assert row["pairs"] == len(PAIRS)


@needs
def test_a_tokenizer_that_is_learnt_is_learnt_from_the_task(shell):
    said = shell("tokenizers", "nsmc_fewshot", "-b", "cnn_text", "--sample", "-q", "-m", "epochs=1")
    assert said.code == 0, said.err
    assert "| cnn_text " in said.out
    assert "200 texts" in said.out


@needs
def test_pairs_of_a_translation_task_are_its_own(shell, tmp_path):
    from tests.support.tiny_models import tiny_llama

    tiny_llama(tmp_path / "tiny")
    said = shell(
        "tokenizers", "tatoeba_ko_en", "-b", "huggingface", "-m", f"model={tmp_path / 'tiny'}", "--sample"
    )
    assert said.code == 0, said.err
    assert "of tatoeba_ko_en" in said.out


def test_what_has_no_tokenizer_says_so(shell):
    said = shell("tokenizers", "영화", "-b", "nb")
    assert said.code == 2
    assert said.complaint == "harness: nb (nb) has no tokenizer"


@needs
def test_a_learner_needs_a_task(shell):
    said = shell("tokenizers", "영화", "-b", "lstm")
    assert said.code == 2
    assert "name one in place of the text" in said.complaint


def test_a_backend_is_needed(shell):
    assert "-b BACKEND is missing" in shell("tokenizers", "영화").complaint
