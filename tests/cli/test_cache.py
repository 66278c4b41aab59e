"""`harness cache`: what is kept, and getting rid of it."""

from __future__ import annotations

import pytest

from harness.evaluation.wrappers.answer_store import Store, path


@pytest.fixture
def kept(shell):
    """A cache with three answers of `a` and two of `b`."""
    with Store() as store:
        for number in range(5):
            backend = "a" if number < 3 else "b"
            store.put(b"%d" % number, b"x" * 1024, backend=backend, model=f"model-{backend}")


def test_stats_say_what_is_kept_of_whom(shell, kept):
    found = shell("cache", "stats", "--json").json
    assert [(row["backend"], row["model"], row["answers"], row["bytes"]) for row in found["backends"]] == [
        ("a", "model-a", 3, 3072),
        ("b", "model-b", 2, 2048),
    ]
    assert found["bytes"] > 5 * 1024
    said = shell("cache", "stats").out
    assert f"{path()}: 5 answers" in said
    assert "| a       | model-a |       3 | 3.0 |" in said


def test_clear_says_how_much_it_removed_and_what_is_left(shell, kept):
    assert shell("cache", "clear", "--older-than", "1d").out.startswith("removed 0 answers\n")
    assert shell("cache", "clear", "-b", "a").out.startswith("removed 3 answers\n")
    assert shell("cache", "clear", "--json").json["removed"] == 2
    assert shell("cache", "stats", "--json").json["backends"] == []


def test_an_empty_cache_is_not_made_by_looking_at_it(shell):
    said = shell("cache", "stats")
    assert (said.code, said.err) == (0, "")
    assert "0 answers" in said.out
    assert not path().parent.exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("clean",), "cache clean: should be stats or clear. Did you mean 'clear'?"),
        (("clear", "--older-than", "soon"), "--older-than soon: should be an age such as 30d, 12h or 10m"),
        (("stats", "--older-than", "1d"), "--older-than is about clear"),
        (("clear", "-b", "aa"), "--backend aa: no answer of it is kept. Did you mean 'a'?"),
    ],
)
def test_what_cannot_be_meant_is_said(shell, kept, arguments, complaint):
    said = shell("cache", *arguments)
    assert said.code == 2
    assert complaint in said.complaint
