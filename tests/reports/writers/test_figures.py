"""How a figure reads: the digits that its unit deserves, in every report alike."""

from __future__ import annotations

import math

import pytest

from harness import plugins
from harness.records.run_schema import MetricResult
from harness.reports.writers.numbers import each, factor, figure, number, short


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.87125, "0-1", "0.8712"),
        (-0.12345, "-1-1", "-0.1235"),
        (-0.00001, "-1-1", "0.0000"),
        (0.43219, "0-2", "0.4322"),
        (8.0, "bits", "8.0000"),
        (27.126, "0-100", "27.13"),
        (104.2, "0-100", "104.20"),
        (1.5, "rank", "1.50"),
        (1.0, "perplexity", "1.000"),
        (12.3456, "perplexity", "12.35"),
        (345.678, "perplexity", "345.7"),
        (1234.56, "perplexity", "1235"),
        (123456.7, "perplexity", "123457"),
        (1.5e30, "perplexity", "1.500e+30"),
        (math.inf, "perplexity", "inf"),
        (0.87125, "", "0.8712"),
        (27.126, "points", "27.13"),
        (None, "0-1", "undefined"),
    ],
)
def test_a_number_has_the_digits_of_its_unit(value, unit, shown):
    assert number(value, unit) == shown


def result(value: float | None, low: float | None, high: float | None, unit: str) -> MetricResult:
    return MetricResult(
        value=value, ci_low=low, ci_high=high, n=40, unit=unit, higher_is_better=True, signature="m|v:1|n:40"
    )


def test_the_ends_of_an_interval_have_the_digits_of_its_figure():
    assert figure(result(12.3456, 9.8765, 101.234, "perplexity")) == "12.35 [9.88, 101.23]"


def test_a_figure_of_0_to_100_has_two_digits():
    assert figure(result(27.123, 26.0, 28.5, "0-100")) == "27.12 [26.00, 28.50]"


def test_a_figure_without_an_interval_stands_alone_with_its_marks():
    assert figure(result(0.5, None, None, "0-1"), ["partial", "1 failed"]) == "0.5000 (partial, 1 failed)"


def test_an_undefined_figure_has_no_number():
    assert figure(result(None, None, None, "perplexity")) == "undefined"


@pytest.mark.parametrize("name", ["accuracy", "pearson", "perplexity", "bits_per_byte", "brier", "bleu"])
def test_metrics_have_a_unit_that_is_known_here(name):
    metric = plugins.load(plugins.metric(name).target)(["a", "b"])
    assert metric.unit in ("0-1", "-1-1", "0-2", "0-100", "bits", "rank", "perplexity")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0.00001, "<0.0001"),
        (0.0123, "0.012"),
        (2.345, "2.3"),
        (23.45, "23.4"),
        (12345.6, "12,346"),
    ],
)
def test_what_a_system_took_has_two_or_three_digits(value, shown):
    assert short(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (1.0, "×1.00"), (2.314, "×2.31"), (12.34, "×12.3"), (1234.5, "×1,234"), (0.0123, "×0.012")],
)
def test_a_speed_up_is_a_factor(value, shown):
    assert factor(value) == shown


@pytest.mark.parametrize(
    ("counts", "shown"),
    [([], ""), ([20, 20], "20"), ([3000, 20], "3,000 / 20"), ([1500, 7, 30], "7 to 1,500")],
)
def test_counts_that_are_many_become_a_range(counts, shown):
    assert each(counts, 2) == shown
