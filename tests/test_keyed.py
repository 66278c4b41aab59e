from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import seeding as keyed

# The published draws: every shot, share and sample hangs on them. A change needs a new RENDERING.
KNOWN = [
    ((), 6510301506637419378),
    (("a",), 8774284364626465354),
    (("한글", None), 4403480804028984629),
    ((1234, "request", "9", 0), 1635113334476233617),
]


@pytest.mark.parametrize(("parts", "wanted"), KNOWN)
def test_a_draw_is_the_number_it_has_always_been(parts, wanted):
    assert keyed.number(*parts) == wanted


def test_indices_are_the_ones_they_have_always_been():
    drawn = keyed.indices(150_000, 1234, "shots", "9")
    assert list(itertools.islice(drawn, 9)) == [
        34852,
        135863,
        30419,
        69757,
        103198,
        110790,
        148773,
        39840,
        53722,
    ]


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_draw_differently_whatever_they_hold(first, second):
    assert (keyed.number(*first) == keyed.number(*second)) == (first == second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a\x1fb",), ("a", "b")),
        (("1:a",), ("a",)),
        (("a1:b",), ("a", "b")),
        (("a", ""), ("a",)),
        (("a", "b"), ("b", "a")),
        (("가",), ("\u1100\u1161",)),
    ],
)
def test_where_one_part_ends_and_the_next_begins_counts(first, second):
    assert keyed.number(*first) != keyed.number(*second)


def test_a_number_is_a_part_by_its_digits():
    assert keyed.number(1234, "limit", 7) == keyed.number("1234", "limit", "7")


@given(st.lists(st.one_of(st.text(), st.integers(), st.none())))
def test_a_draw_fits_a_signed_64_bit_seed(parts):
    assert 0 <= keyed.number(*parts) < 2**63


def test_half_a_surrogate_pair_can_be_a_part():
    assert keyed.number("\ud800") != keyed.number("\ud801")


@given(st.integers(1, 50), st.text())
def test_indices_stay_in_range_and_repeat_themselves(size, key):
    first, again = (list(itertools.islice(keyed.indices(size, key), 40)) for _ in range(2))
    assert first == again
    assert all(0 <= index < size for index in first)


def test_more_draws_continue_the_fewer():
    few, many = (list(itertools.islice(keyed.indices(1000, "key"), count)) for count in (5, 100))
    assert many[:5] == few


def test_indices_are_spread_evenly():
    counts = Counter(itertools.islice(keyed.indices(20, "even"), 20_000))
    assert chi_square(counts, cells=20) < 50.8  # the 0.9999 quantile, 19 degrees of freedom


def test_first_draws_are_spread_evenly_over_keys():
    counts = Counter(next(keyed.indices(20, 1234, "shots", str(key))) for key in range(20_000))
    assert chi_square(counts, cells=20) < 50.8


def test_every_bit_of_a_draw_is_set_half_the_time():
    drawn = [keyed.number("bit", draw) for draw in range(2000)]
    ones = [sum(number >> bit & 1 for number in drawn) for bit in range(63)]
    assert all(abs(count - 1000) < 112 for count in ones)  # five standard deviations


def chi_square(counts: Counter[int], *, cells: int) -> float:
    expected = counts.total() / cells
    return sum((counts[cell] - expected) ** 2 / expected for cell in range(cells))
