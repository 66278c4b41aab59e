"""Accuracies put right by what their reader is known to get wrong."""

import numpy as np
import pytest

from benchmarks.reader_error import Cell, row
from harness.errors import HarnessError
from harness.stats.intervals import wilson
from harness.stats.reader_error import ReaderCounts, corrected, effective_trials

GOOD = ReaderCounts(186, 189, 188, 190)


def at(share, reader, n=1000, read_share=0.99, luck=0.0):
    return corrected(share, n, reader, read_share=read_share, luck=luck)


def test_a_free_answer_that_was_missed_is_given_back():
    assert at(0.6, GOOD).value == pytest.approx(0.6 * 190 / 186)


def test_with_misreadings_of_stated_answers_only_it_is_rogan_and_gladens_estimate():
    reader, luck = ReaderCounts(90, 100, 100, 100), 1 / 3
    sensitivity, specificity = 0.9, 1 - luck * 0.1
    expected = (0.6 + specificity - 1) / (sensitivity + specificity - 1)
    assert at(0.6, reader, read_share=1.0, luck=luck).value == pytest.approx(expected)


def test_a_reader_known_to_be_perfect_leaves_wilsons_interval():
    many = 10_000_000
    found = at(0.6, ReaderCounts(many, many, many, many))
    assert (found.low, found.high) == pytest.approx(wilson(600, 1000), abs=1e-3)


def test_the_less_is_known_of_the_reader_the_wider_is_the_interval():
    widths = [
        found.high - found.low
        for times in (1, 4, 16)
        if (found := at(0.8, ReaderCounts(45 * times, 48 * times, 47 * times, 50 * times)))
    ]
    assert widths == sorted(widths, reverse=True)


def test_the_interval_is_the_same_each_time():
    assert at(0.7, GOOD) == at(0.7, GOOD)


def test_a_share_ends_at_one():
    found = at(1.0, ReaderCounts(80, 100, 90, 100))
    assert (found.value, found.high) == (1.0, 1.0)


def test_nothing_follows_from_a_reader_that_guesses():
    assert at(0.5, ReaderCounts(50, 100, 100, 100), luck=1.0) is None


@pytest.mark.parametrize(
    "given", [(190, 189, 188, 190), (186, 189, 191, 190), (189, 189, 188, 190), (0, 5, 5, 5)]
)
def test_counts_that_no_sample_has_are_refused(given):
    with pytest.raises(HarnessError, match="no sample of replies"):
        ReaderCounts(*given)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_an_interval_tells_of_how_many_trials_it_is(share):
    low, high = wilson(share * 150, 150)
    assert effective_trials(share, high - low, 1000) == pytest.approx(150, rel=1e-6)


def test_an_interval_narrower_than_of_all_counts_as_of_all():
    assert effective_trials(0.5, 0.0, 40) == pytest.approx(40)


@pytest.mark.parametrize(("truth", "options"), [(0.9, 0), (0.6, 2), (0.3, 5)])
def test_ninety_five_of_a_hundred_intervals_hold_the_truth(truth, options):
    cells = row(Cell(truth, options, 0.04, 0.03), 200).split("|")
    plain, covered = float(cells[7]), float(cells[9])
    assert 0.91 <= covered <= 0.99
    assert plain < np.float64(covered)
