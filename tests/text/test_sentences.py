"""What people are told is told in Korean, too: every sentence, with the particles that fit."""

from __future__ import annotations

import re
import string

import pytest

from harness.text.korean import (
    HELP,
    SENTENCES,
    backends,
    commands,
    data,
    definitions,
    differences,
    execution_and_votes,
    judging,
    runs,
)
from harness.text.particles import PAIRS
from harness.text.sentences import in_korean
from tests.support.sentences import helps, sentences

AREAS = (backends, commands, data, definitions, differences, execution_and_votes, judging, runs)


def test_every_sentence_that_is_said_has_a_korean_line():
    missing = {text: place for text, place in sentences().items() if text not in SENTENCES}
    assert not missing, "a Korean line each, in harness/text/korean/"


def test_no_line_is_kept_of_what_is_said_no_more():
    said = sentences()
    for area in AREAS:
        assert [text for text in area.SENTENCES if text not in said] == [], area.__name__


def test_every_paragraph_of_help_has_a_korean_one():
    assert [text for text in helps() if text not in HELP] == []


@pytest.mark.parametrize("texts", [SENTENCES, HELP], ids=["sentences", "help"])
def test_each_is_korean_and_keeps_its_values_and_the_words_to_type(texts):
    for english, korean in texts.items():
        assert re.search("[가-힣]", korean) or not re.search("[a-z]{2,} [a-z]{2,}", english), english
        holes = {field.removeprefix("w") for _, field, _, _ in string.Formatter().parse(korean) if field}
        if texts is SENTENCES:
            assert holes == set(re.findall(r"\{(\d+)\}", english)), english
        typed = set(re.findall(r"--[a-z][a-z-]+|`harness [a-z]+", english))
        assert all(word in korean for word in typed), (english, typed)


def test_particles_stand_as_pairs_behind_values():
    for english, korean in SENTENCES.items():
        assert not re.search(r"\}(이|가|은|는|을|를|와|과|으로|로) ", korean), english
        assert all(spec in PAIRS for spec in re.findall(r"\{w?\d+:([^}]*)\}", korean)), english


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            "no task is called 'nsmcc'. Did you mean 'nsmc'?",
            "이름이 'nsmcc'인 과제가 없습니다. 'nsmc'를 말한 것입니까?",
        ),
        ("tasks/x.yaml:7: 'metrcs': no such key.", "tasks/x.yaml:7: 'metrcs': 그런 키가 없습니다."),
        (
            "a.yaml:3: a comment is no value; put it in quotes",
            "a.yaml:3: 주석은 값이 아닙니다. 따옴표로 묶으세요",
        ),
        ("nsmc · tfidf: fitting", "nsmc · tfidf: 학습 중"),
        ("3/200 · 12/s · running 0.750 · 9 s left", "3/200 · 12/s · 지금까지 0.750 · 9 s 남음"),
        ("no runs in task", "task에 실행이 없습니다"),  # a folder of that name is no word of ours
        ("--out board: name a folder", "--out board: 폴더 이름을 주세요"),
        ("something a plugin says", "something a plugin says"),
        ("", ""),
    ],
)
def test_a_message_is_told_in_korean_whatever_its_values(english, korean):
    assert in_korean(english) == korean


def test_a_megabyte_is_left_as_it_is():
    assert in_korean("x; " * 400_000) == "x; " * 400_000


@pytest.mark.parametrize(
    "arguments",
    [["list", "taks", "--lang", "ko"], ["list", "--lang=ko", "taks"], ["--lang", "ko", "list", "taks"]],
)
def test_lang_speaks_korean_wherever_it_stands(shell, arguments):
    assert shell(*arguments).complaint == "harness: list taks: 그런 목록이 없습니다. 'tasks'를 말한 것입니까?"
    assert shell("list", "taks").complaint == "harness: list taks: no such list. Did you mean 'tasks'?"


def test_progress_is_told_in_korean(shell):
    said = shell("run", "-t", "nsmc_fewshot", "-b", "majority", "--sample", "--lang", "ko")
    assert "nsmc_fewshot · majority: 학습 중" in said.err
    assert "예제 400개로 학습함" in said.err
    assert "순위" in said.out
