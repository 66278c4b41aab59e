"""Seventy mistakes of a first hour: each ends in one line that names the next step, in English and Korean."""

from __future__ import annotations

import io
import re
import sys

import pytest

from tests.support.first_hour import FILES, MISTAKES


@pytest.fixture
def newcomer(shell, monkeypatch):
    """A shell in a folder with a newcomer's own files."""
    for path, text in FILES.items():
        shell.write(path, text)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    return shell


def test_there_are_seventy():
    assert len(MISTAKES) >= 70


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.typed)
def test_a_mistake_is_told_with_the_next_step(newcomer, mistake):
    for language, told in (("en", mistake.english), ("ko", mistake.korean)):
        lang = [] if "--lang" in mistake.typed else ["--lang", language]
        said = newcomer(*mistake.typed.split(), *lang)
        assert said.code == mistake.code
        assert said.out == ""
        assert "Traceback" not in said.err
        last = said.err.splitlines()[-1]
        assert told in last
        if lang and language == "ko":
            assert re.search("[가-힣]", last), last
