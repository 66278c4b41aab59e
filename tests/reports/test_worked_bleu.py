"""The worked example of BLEU: its counts by hand, its figures sacrebleu's."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest
import sacrebleu

from harness.errors import BadInput
from harness.reports.worked_bleu import clipped, worked
from harness.text.width import width

WANTED = ["the cat is on the mat", "there is a cat on the mat"]


def test_a_repeated_word_counts_no_more_often_than_in_a_reference():
    assert worked("the cat the cat on the mat", WANTED) == (
        "tokens by 13a\n"
        "  prediction   the cat the cat on the mat\n"
        "  reference 1  the cat is on the mat\n"
        "  reference 2  there is a cat on the mat\n"
        "1-grams  5 of 7 = 71.43 %\n"
        "  counted          the (2 of 3), cat (1 of 2), on, mat\n"
        "2-grams  4 of 6 = 66.67 %\n"
        "  counted          the cat (1 of 2), cat on, on the, the mat\n"
        "  in no reference  cat the\n"
        "3-grams  2 of 5 = 40.00 %\n"
        "  counted          cat on the, on the mat\n"
        "  in no reference  the cat the, cat the cat, the cat on\n"
        "4-grams  1 of 4 = 25.00 %\n"
        "  counted          cat on the mat\n"
        "  in no reference  the cat the cat, cat the cat on, the cat on the\n"
        "brevity  1.0000: 7 tokens, 7 in the reference nearest in length\n"
        "BLEU     1.0000 × (71.43 × 66.67 × 40.00 × 25.00)^(1/4) = 46.71"
    )


@pytest.mark.parametrize(
    ("said", "wanted", "order", "counts"),
    [
        ("가 가 가", ["가 나 가"], 1, [(("가",), 3, 2)]),
        ("가 가", ["가 나", "가 가 가"], 1, [(("가",), 2, 3)]),
        ("가 나 가 나", ["가 나 다"], 2, [(("가", "나"), 2, 1), (("나", "가"), 1, 0)]),
        ("가", ["가"], 2, []),
    ],
)
def test_an_ngram_may_occur_as_often_as_in_the_reference_that_has_it_most(said, wanted, order, counts):
    found = clipped(said.split(), [text.split() for text in wanted], order)
    assert [tuple(one) for one in found] == counts


PAIRS = [
    ("오늘은 비가 아주 많이 온다", ["오늘은 비가 많이 온다", "오늘 비가 많이 내린다"]),
    ("비", ["오늘은 비가 많이 온다"]),
    ("비가 온다 온다", ["비가 많이 온다"]),
    ("눈", ["비"]),
    ("", ["비가 온다"]),
    ("비가 온다", [""]),
    ("a b c d e f g h i j k l m n o p", ["a b c d e f x g h i j k l m n"]),
]


@pytest.mark.parametrize(("said", "wanted"), PAIRS)
@pytest.mark.parametrize("smooth", ["exp", "floor", "add-k", "none"])
@pytest.mark.parametrize("tokenizer", ["13a", "char"])
def test_the_figure_is_sacrebleus_for_the_sentence(said, wanted, smooth, tokenizer):
    official = sacrebleu.sentence_bleu(said, wanted, smooth_method=smooth, tokenize=tokenizer)
    *_, last = worked(said, wanted, tokenizer=tokenizer, smooth=smooth).splitlines()
    assert last.startswith("BLEU ")
    assert float(re.search(r"(?:= )?(\d+\.\d\d)(?:$|:)", last)[1]) == round(official.score, 2)


@pytest.mark.parametrize(("said", "wanted"), PAIRS)
def test_the_counts_are_sacrebleus(said, wanted):
    official = sacrebleu.sentence_bleu(said, wanted, smooth_method="none")
    shares = re.findall(r"-grams  (?:(\d+) of (\d+)|none)", worked(said, wanted))
    assert [(int(hits or 0), int(total or 0)) for hits, total in shares] == list(
        zip(official.counts, official.totals, strict=True)
    )


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("비가 온다", "brevity  0.6065 = exp(1 - 3/2): 2 tokens, 3 in the reference nearest in length"),
        ("비가 많이 많이 온다", "brevity  1.0000: 4 tokens, 3 in the reference nearest in length"),
        ("", "brevity  0.0000: 0 tokens, 3 in the reference nearest in length"),
    ],
)
def test_too_short_a_sentence_is_penalised(said, line):
    assert line in worked(said, ["비가 많이 온다"]).splitlines()


def test_an_order_without_a_match_shows_how_it_is_smoothed():
    assert "2-grams  0 of 1 = 0.00 %, smoothed to 50.00 %" in worked("비가 온다", ["비가 많이 온다"])


def test_a_long_sentence_is_cut_and_its_ngrams_counted_further():
    words = [f"낱말{number}" for number in range(40)]
    text = worked(" ".join(words), [" ".join(words)])
    assert "34 more" in text
    assert max(map(width, text.splitlines())) <= 500
    assert width(text.splitlines()[1]) <= 115


def test_what_a_terminal_would_act_on_is_written_out():
    assert "\x1b" not in worked("\x1b[31m 가", ["\x1b[31m 나"], tokenizer="none")


@pytest.mark.skipif(find_spec("kiwipiepy") is None, reason="needs kiwipiepy")
def test_it_counts_what_the_metrics_tokenizer_makes():
    text = worked("비가 왔다", ["비가 온다"], tokenizer="kiwi")
    assert text.startswith("tokens by kiwi-")
    assert "  prediction   비 가 오 었 다\n" in text


def test_a_sentence_without_references_cannot_be_worked_out():
    with pytest.raises(BadInput, match="bleu needs a target"):
        worked("가", [])
