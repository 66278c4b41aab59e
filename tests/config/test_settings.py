"""Settings of adapters, metrics and steps, checked against kinds given as text."""

from __future__ import annotations

import math

import pytest

from harness.config import settings

KINDS = {
    "size": "int",
    "rate": "float",
    "fast": "bool",
    "name": "str",
    "words": "list",
    "dtype": "auto|float32",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 3),
        ("size", -1),
        ("rate", 0.5),
        ("rate", 1),
        ("fast", False),
        ("name", ""),
        ("words", []),
        ("dtype", "float32"),
        *((name, None) for name in KINDS),
    ],
)
def test_what_fits_is_no_problem(name, value):
    assert not list(settings.problems({name: value}, KINDS))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("size", 3.0, "'size' should be a whole number, not 3.0"),
        ("size", "3", "'size' should be a whole number, not '3'"),
        ("size", True, "'size' should be a whole number, not True"),
        ("rate", "fast", "'rate' should be a number, not 'fast'"),
        ("rate", False, "'rate' should be a number, not False"),
        ("rate", math.nan, "'rate' should be a number, not nan"),
        ("rate", -math.inf, "'rate' should be a number, not -inf"),
        ("fast", 1, "'fast' should be true or false, not 1"),
        ("fast", "no", "'fast' should be true or false, not 'no'"),
        ("name", 5, "'name' should be text, not 5"),
        ("name", ["a"], "'name' should be text, not ['a']"),
        ("words", "a", "'words' should be a list, not 'a'"),
        ("dtype", "float16", "'dtype' should be one of auto, float32, not 'float16'"),
        ("dtype", "auto|float32", "'dtype' should be one of auto, float32, not 'auto|float32'"),
        ("dtype", [], "'dtype' should be one of auto, float32, not []"),
        ("szie", 3, "'szie': no such setting. Did you mean 'size'?"),
        ("zzz", 3, "'zzz': no such setting. Known: dtype, fast, name, rate, size, words."),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(name, value, said):
    assert list(settings.problems({name: value}, KINDS)) == [(name, said)]


def test_where_there_are_no_settings_that_is_said():
    assert list(settings.problems({"x": 1}, {})) == [("x", "'x': no such setting. It takes none.")]


def test_every_problem_is_named():
    found = settings.problems({"size": "x", "rate": 0.1, "zz": 1}, KINDS)
    assert [name for name, _ in found] == ["size", "zz"]


def test_a_long_value_is_cut():
    ((_, said),) = settings.problems({"size": "x" * 10_000}, KINDS)
    assert len(said) < 120
