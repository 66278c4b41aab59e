"""Perplexity and bits against the formulas of lm-evaluation-harness, written a second time."""

from __future__ import annotations

import math
import random
import re
import unicodedata
import warnings

import numpy as np
import pytest

from harness.errors import BadInput
from harness.metrics.likelihood import bits_per_byte, bits_per_character, perplexity, word_perplexity
from harness.stats.bootstrap import figure_of
from harness.stats.intervals import estimates

BY_LENGTH = (word_perplexity, bits_per_byte, bits_per_character)
FACTORIES = (perplexity, *BY_LENGTH)


def figure(metric, rows):
    """Return the figure over (log-likelihood or None, tokens, text)."""
    seen = [(None if nats is None else (nats, tokens), text) for nats, tokens, text in rows]
    return figure_of(metric, np.array([metric.statistics(*one) for one in seen]))


def corpus(n: int) -> list[tuple[float, int, str]]:
    draw = random.Random(1)
    words = ("서울은", "한국의", "수도", "the", "capital", "\n", "é", "🙂")
    texts = [" ".join(draw.choices(words, k=draw.randrange(1, 40))) for _ in range(n)]
    return [(-draw.uniform(1, 5) * len(text), len(text) // 2 + 1, text) for text in texts]


@pytest.mark.parametrize("n", [1, 2, 500])
def test_the_figures_are_those_of_the_formulas(n):
    rows = corpus(n)
    nats = -sum(one for one, _, _ in rows)
    words = sum(len(re.split(r"\s+", text)) for _, _, text in rows)
    size = sum(len(text.encode()) for _, _, text in rows)
    assert figure(perplexity(()), rows) == pytest.approx(
        math.exp(nats / sum(tokens for _, tokens, _ in rows))
    )
    assert figure(word_perplexity(()), rows) == pytest.approx(math.exp(nats / words))
    assert figure(bits_per_byte(()), rows) == pytest.approx(nats / size / math.log(2))
    assert figure(bits_per_character(()), rows) == pytest.approx(
        nats / sum(len(t) for _, _, t in rows) / math.log(2)
    )


@pytest.mark.parametrize(
    ("factory", "text", "value"),
    [
        (perplexity, "서울", 2),
        (word_perplexity, "서울 은", 4),
        (word_perplexity, " 서울 은\n", 2),  # white space at the ends makes two more
        (bits_per_byte, "서울", 4 / 6),
        (bits_per_character, "서울", 2),
        (bits_per_character, unicodedata.normalize("NFD", "서울"), 4 / 5),
    ],
)
def test_four_bits_over_four_tokens_and_any_length(factory, text, value):
    assert figure(factory(()), [(-4 * math.log(2), 4, text)]) == pytest.approx(value)


def test_a_uniform_guess_among_k_has_perplexity_k():
    assert figure(perplexity(()), [(-n * math.log(50), n, "글") for n in (1, 10, 1000)]) == pytest.approx(50)


@pytest.mark.parametrize("factory", FACTORIES)
def test_long_texts_weigh_more_than_short_ones(factory):
    easy, hard = (-10.0, 10, "가 " * 10), (-200.0, 100, "나 " * 100)
    together, apart = figure(factory(()), [easy, hard]), [figure(factory(()), [one]) for one in (easy, hard)]
    assert sum(apart) / 2 < together < max(apart)


@pytest.mark.parametrize("factory", FACTORIES)
def test_an_unanswered_text_is_left_out(factory):
    rows = corpus(20)
    assert figure(factory(()), [*rows, (None, None, "글 " * 900)]) == pytest.approx(figure(factory(()), rows))


@pytest.mark.parametrize("factory", FACTORIES)
def test_nothing_answered_has_no_figure(factory):
    assert math.isnan(figure(factory(()), [(None, None, "글")]))


def test_perplexity_is_undefined_where_tokens_are_unknown():
    rows = [*corpus(20), (-3.0, None, "글")]
    assert math.isnan(figure(perplexity(()), rows))
    assert math.isfinite(figure(word_perplexity(()), rows))


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize("impossible", [-math.inf, math.nan])
def test_a_text_held_impossible_leaves_no_figure_and_no_warning(factory, impossible):
    metric = factory(())
    rows = [*corpus(200), (impossible, 3, "글")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stats = np.array([metric.statistics((nats, tokens), text) for nats, tokens, text in rows])
        found = estimates({"it": (metric, stats)})["it"]
    assert math.isnan(found.value)
    assert found.ci_low is None


def test_an_undefined_figure_has_no_interval_and_spoils_no_other():
    rows = [*corpus(200), (-3.0, None, "글")]
    metrics = [factory(()) for factory in FACTORIES]
    stats = {
        m.name: (m, np.array([m.statistics((nats, n), text) for nats, n, text in rows])) for m in metrics
    }
    found = estimates(stats)
    assert math.isnan(found["perplexity"].value)
    assert found["perplexity"].ci_low is None
    for factory in BY_LENGTH:
        one = found[factory(()).name]
        assert one.ci_low < one.value < one.ci_high


def test_a_million_tokens_do_not_overflow():
    rows = [(-4e6, 1_000_000, "글 " * 500_000)]
    assert figure(perplexity(()), rows) == pytest.approx(math.exp(4))
    assert figure(bits_per_byte(()), rows) == pytest.approx(4e6 / 2e6 / math.log(2))


def test_a_perplexity_beyond_every_float_is_infinite_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figure(word_perplexity(()), [(-5000.0, 900, "글" * 900)]) == math.inf


@pytest.mark.parametrize("factory", BY_LENGTH)
@pytest.mark.parametrize("target", [None, ("글",), 3])
def test_the_text_itself_is_needed(factory, target):
    with pytest.raises(BadInput, match="needs a target: the text"):
        factory(()).statistics((-3.0, 1), target)


def test_less_is_better_and_the_unit_is_named():
    metrics = [factory(()) for factory in FACTORIES]
    assert [metric.unit for metric in metrics] == ["perplexity", "perplexity", "bits", "bits"]
    assert not any(metric.higher_is_better for metric in metrics)
    assert {metric.reads for metric in metrics} == {"likelihood"}


def test_texts_of_unlike_lengths_leave_a_figure_as_unsure_as_the_long_ones_do():
    """Without the t interval over lengths 0.90 of the intervals of 20 texts held: benchmarks/coverage.md."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(80):
        lengths = np.ceil(rng.lognormal(3, 0.8, 20))
        stats = np.stack([lengths * rng.gamma(6, 2.5 / 6, 20), lengths], axis=1)
        found = estimates({"it": (perplexity(()), stats)})["it"]
        held += found.allows(math.exp(2.5))
        assert found.ci_low > 0
    assert held >= 74
