"""Particles by the last sound: what one would write by hand."""

from __future__ import annotations

import pytest

from harness.text.particles import Word


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("정확도", "정확도가 정확도를 정확도와 정확도로"),
        ("지연", "지연이 지연을 지연과 지연으로"),
        ("서울", "서울이 서울을 서울과 서울로"),
        ("GPT-5.1", "GPT-5.1이 GPT-5.1을 GPT-5.1과 GPT-5.1로"),
        ("GPT-4", "GPT-4가 GPT-4를 GPT-4와 GPT-4로"),
        ("100", "100이 100을 100과 100으로"),
        ("LLM", "LLM이 LLM을 LLM과 LLM으로"),
        ("tfidf", "tfidf가 tfidf를 tfidf와 tfidf로"),
        ("png", "png가 png를 png와 png로"),
        ("html", "html이 html을 html과 html로"),
        ("Qwen", "Qwen이 Qwen을 Qwen과 Qwen으로"),
        ("a (견본)", "a (견본)이 a (견본)을 a (견본)과 a (견본)으로"),
        ("50 %", "50 %가 50 %를 50 %와 50 %로"),
        ("", "가 를 와 로"),
    ],
)
def test_a_particle_fits_its_word(word, written):
    assert " ".join(f"{Word(word):{pair}}" for pair in ("이/가", "을/를", "와/과", "으로/로")) == written


def test_a_word_is_formatted_as_any_string():
    assert f"{Word('ab'):>4}|{Word('ab')}" == "  ab|ab"
