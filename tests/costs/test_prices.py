"""What tokens cost: by the profile, else by the price library, which is the oracle of the sums too."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import genai_prices
import pytest

from harness.backends import backend as backends
from harness.config.documents import Document
from harness.costs.prices import TokenPrice, price
from harness.errors import BadInput
from harness.schema import Usage
from tests.support.running import rehearsing

MODELS = (
    *(("gpt-4o", "openai"), ("gpt-5-mini", "openai"), ("o3", "openai")),
    *(("gemini-2.5-pro", "google"), ("gemini-2.5-flash", "google")),
)


@pytest.fixture(autouse=True)
def rehearsal():
    with rehearsing():
        yield


def backend(**keys: Any) -> backends.Backend:
    return backends.parse(Document(Path("own.yaml"), {"adapter": "metered", **keys}), "own")


def by_library(model: str, url: str) -> TokenPrice | None:
    return price(backend(model=model, settings={"base_url": url}))


URLS = {"openai": "https://api.openai.com/v1", "google": "https://generativelanguage.googleapis.com"}


@pytest.mark.parametrize(("model", "provider"), MODELS)
def test_an_answer_costs_what_the_library_says(model, provider):
    found = by_library(model, URLS[provider])
    assert found is not None
    draw = random.Random(model)
    for _ in range(100):  # around the bounds above which a longer prompt is dearer, too
        prompt = draw.choice([draw.randrange(1, 3000), 200_000, 200_001, draw.randrange(190_000, 300_000)])
        cached, said = draw.randrange(prompt), draw.randrange(5000)
        usage = genai_prices.Usage(input_tokens=prompt, cache_read_tokens=cached, output_tokens=said)
        theirs = genai_prices.calc_price(usage, model, provider_id=provider).total_price
        assert found.of(Usage(prompt, cached, said, said // 2)) == theirs


def test_the_librarys_price_has_its_version_and_the_day_it_is_of():
    found = price(backend(model="o3", settings={"base_url": URLS["openai"]}), date(2025, 1, 2))
    assert found is not None
    assert found.source == f"genai-prices {genai_prices.__version__}: openai o3"
    assert found.date == "2025-01-02"
    later = price(backend(model="o3", settings={"base_url": URLS["openai"]}), date(2026, 1, 2))
    assert later is not None
    assert later.rates.input < found.rates.input  # it was lowered in June 2025


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-4o", "http://127.0.0.1:8000/v1"),
        ("no-such-model", URLS["openai"]),
        ("gpt-4o", "https://nowhere.example/v1"),
    ],
)
def test_a_price_that_nobody_knows_is_none(model, url):
    assert by_library(model, url) is None
    assert price(backend(model=model)) is None  # nor is one known without who bills it


def test_what_runs_here_has_no_price_by_the_token():
    assert price(backends.load("dummy")) is None


def test_the_profiles_own_price_comes_first():
    own = {"usd_per_mtok": {"input": 0.15, "output": 0.6}, "source": "a page", "date": "2026-11-01"}
    found = price(backend(model="gpt-4o", settings={"base_url": URLS["openai"]}, price=own))
    assert found is not None
    assert (found.source, found.date) == ("a page", "2026-11-01")
    assert found.of(Usage(1_000_000, 0, 1_000_000)) == Decimal("0.75")


class TestSums:
    FULL = {"input": 2, "cached_input": 0.5, "output": 8, "reasoning": 12}

    def cost(self, rates: dict[str, Any], usage: Usage) -> Decimal | None:
        found = price(backend(price={"krw_per_mtok": rates}))
        assert found is not None
        assert found.currency == "KRW"
        return found.of(usage)

    def test_each_kind_has_its_price(self):
        assert self.cost(self.FULL, Usage(10**6, 4 * 10**5, 10**6, 10**5)) == Decimal("1.2") + Decimal(
            "0.2"
        ) + Decimal("7.2") + Decimal("1.2")

    def test_a_kind_without_a_price_costs_what_its_whole_does(self):
        assert self.cost({"input": 2, "output": 8}, Usage(10**6, 4 * 10**5, 10**6, 10**5)) == 10

    @pytest.mark.parametrize("usage", [Usage(), Usage(None, None, 5), Usage(5, None, None)])
    def test_tokens_that_nobody_told_cost_nobody_knows_what(self, usage):
        assert self.cost(self.FULL, usage) is None

    def test_what_writes_nothing_needs_no_count_of_it(self):
        assert self.cost({"input": 2}, Usage(500_000)) == 1

    def test_no_count_is_taken_for_more_than_its_whole(self):
        assert self.cost(self.FULL, Usage(10, 20, 10, 20)) == self.cost(self.FULL, Usage(10, 10, 10, 10))

    def test_the_most_is_no_less_than_any_answer_of_that_size(self):
        for model, provider in MODELS:
            found = by_library(model, URLS[provider])
            assert found is not None
            for size in (100, 200_001):
                assert found.most(size, 50) >= (found.of(Usage(size, 0, 50, 50)) or 0)


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ({"usd_per_mtok": {"input": 1}, "usd_per_hour": 2}, "says both usd_per_hour and usd_per_mtok"),
        ({"usd_per_mtok": {"input": 1}, "krw_per_mtok": {"input": 1}}, "one is the price"),
        ({"usd_per_mtok": {"output": 1}}, "'price.usd_per_mtok.input' is missing"),
        ({"usd_per_mtok": {"input": -1}}, "price.usd_per_mtok.input"),
        ({"usd_per_mtok": {"input": 1, "ouput": 2}}, "Did you mean 'output'?"),
    ],
)
def test_a_price_that_says_two_things_or_none_is_refused(own, complaint):
    with pytest.raises(BadInput, match=complaint):
        backend(price=own)
