"""Hostile replies take a reader no more than their length: twice the text, about twice the work."""

from __future__ import annotations

import time

import pytest

from harness.extraction import steps
from harness.schema import Option

SENTIMENT = [Option("0", "부정"), Option("1", "긍정")]
LETTERS = [Option(x, x, m) for x, m in zip("ABCD", ("Paris", "London is big", "42", "the end"), strict=True)]
READERS = {
    "sentiment": (steps.stated_option, SENTIMENT),
    "letters": (steps.stated_option, LETTERS),
    "number": (steps.number, ()),
    "answer_phrase": (steps.answer_phrase, ()),
    "no_answer": (steps.no_answer, ()),
    "rating": (steps.rating, ()),
    "boxed": (steps.boxed, ()),
}
HOSTILE = (
    "a",
    "1",
    "1,",
    "111,",
    r"\boxed{",
    "{",
    "#### \n",
    "answer is ",
    "closest option ",
    "**",
    "**a",
    " ",
    " \n",
    "따라서 ",
    "정답은 ",
    "(",
    "A B ",
    "(A) ",
    "A, ",
    r"\frac{1}{2}",
    "1/",
    "-",
    "1만",
    "긍정 ",
    "긍정이 아니",
    '"',
    "```python\n",
    '{"a":',
    "긍정: 0.5, ",
    "없",
    "나와 있지 ",
    "the passage does ",
    "= ",
    "10^",
    "1 x 10",
    r"\sqrt",
    "&amp;",
    "\\n",
    "1. ",
)


def seconds(step, options, text):
    began = time.process_time()
    step(text, options)
    return time.process_time() - began


@pytest.mark.parametrize("name", READERS)
def test_no_text_takes_a_reader_more_than_its_length(name):
    factory, options = READERS[name]
    step = factory()
    for unit in HOSTILE:
        short, long = (unit * (size // len(unit)) for size in (1_000, 8_000))
        step(short, options)
        allowed = 30 * max(min(seconds(step, options, short) for _ in range(2)), 0.002)
        assert min(seconds(step, options, long) for _ in range(2)) < allowed, unit
