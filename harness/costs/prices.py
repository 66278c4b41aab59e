"""What answers cost: from the backend's own price, else from the maintained price library.

A price that nobody knows is None, never 0. Amounts are exact decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.backends.addresses import is_loopback, named
from harness.backends.backend import Backend
from harness.backends.schema import Rates
from harness.costs.money import Currency
from harness.schema import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

MILLION = 1_000_000


@dataclass(frozen=True)
class PerToken:
    """What a token costs, by kind."""

    input: Decimal
    cached_input: Decimal
    output: Decimal | None
    reasoning: Decimal | None


@dataclass(frozen=True)
class TokenPrice:
    """What a provider bills for tokens, who says so, and when that was true.

    `tiers` are (prompt tokens, rates), ascending: a request whose prompt is longer than that is billed by
    those rates, all of it.
    """

    currency: Currency
    rates: PerToken
    tiers: tuple[tuple[int, PerToken], ...] = ()
    source: str | None = None
    date: str | None = None

    def of(self, usage: Usage | None) -> Decimal | None:
        """Return what an answer cost; None where it does not tell its tokens."""
        if usage is None or usage.prompt_tokens is None:
            return None
        rates = self._at(usage.prompt_tokens)
        if rates.output is not None and usage.completion_tokens is None:
            return None
        cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
        read = (usage.prompt_tokens - cached) * rates.input + cached * rates.cached_input
        return read + _written(rates, usage.completion_tokens or 0, usage.reasoning_tokens or 0)

    def most(self, prompt_tokens: int, output_tokens: int) -> Decimal:
        """Return the most that a request of so many tokens can cost: all of it at the dearer rate."""
        return self.together(1, prompt_tokens, output_tokens)

    def together(self, requests: int, prompt_tokens: float, output_tokens: float) -> Decimal:
        """Return the most that so many requests cost together, whose prompts are about equally long."""
        rates = self._at(prompt_tokens / requests)
        read = Decimal(prompt_tokens) * max(rates.input, rates.cached_input)
        written = max(rates.output or Decimal(0), rates.reasoning or Decimal(0))
        return read + Decimal(output_tokens) * written

    def expected(self, requests: int, prompt_tokens: float, output_tokens: float, cached: float) -> Decimal:
        """Return what so many requests cost together where a share of what they read was `cached`."""
        rates, share = self._at(prompt_tokens / requests), Decimal(cached)
        read = Decimal(prompt_tokens) * ((1 - share) * rates.input + share * rates.cached_input)
        written = max(rates.output or Decimal(0), rates.reasoning or Decimal(0))
        return min(
            read + Decimal(output_tokens) * written, self.together(requests, prompt_tokens, output_tokens)
        )

    def in_words(self) -> list[str]:
        """Return what a million tokens cost, a line each tier, and who says so."""
        lines = [self._rates_in_words(self.rates, "")]
        lines += [
            self._rates_in_words(rates, f", prompts over {start:,} tokens") for start, rates in self.tiers
        ]
        told = ", ".join(part for part in (self.source, self.date) if part)
        return [f"{line}{f' ({told})' if told else ''}" for line in lines]

    def _rates_in_words(self, rates: PerToken, where: str) -> str:
        kinds = {"read": rates.input, "read from the cache": rates.cached_input, "written": rates.output}
        if rates.reasoning != rates.output:
            kinds["thought"] = rates.reasoning
        said = ", ".join(
            f"{name} {(rate * MILLION).normalize():f}" for name, rate in kinds.items() if rate is not None
        )
        return f"{self.currency} a million tokens{where}: {said}"

    def _at(self, prompt_tokens: float) -> PerToken:
        reached = (rates for start, rates in reversed(self.tiers) if prompt_tokens > start)
        return next(reached, self.rates)


def _written(rates: PerToken, completion: int, reasoning: int) -> Decimal:
    if rates.output is None:
        return Decimal(0)
    reasoning = min(reasoning, completion)
    return (completion - reasoning) * rates.output + reasoning * (rates.reasoning or Decimal(0))


def price(backend: Backend, day: date | None = None) -> TokenPrice | None:
    """Return what the backend's tokens cost, None where it is local or nobody knows.

    The library is asked for the price on `day`, else on this one; that is the date of what it says.
    """
    own = backend.file.price
    if own.usd_per_mtok is not None:
        return _own("USD", own.usd_per_mtok, backend)
    if own.krw_per_mtok is not None:
        return _own("KRW", own.krw_per_mtok, backend)
    return _library_price(backend, day or datetime.now(UTC).date()) if backend.entry.remote else None


def _own(currency: Currency, rates: Rates, backend: Backend) -> TokenPrice:
    said = backend.file.price
    source = said.source or f"{backend.name}.yaml"

    def exact(rate: float | None) -> Decimal | None:
        """Return the decimal that was written, not the binary number next to it."""
        return None if rate is None else Decimal(str(rate))

    read = Decimal(str(rates.input))
    others = (exact(rates.cached_input), exact(rates.output), exact(rates.reasoning))
    return TokenPrice(currency, _per_token(read, *others), source=source, date=said.date)


def _per_token(
    read: Decimal, cached: Decimal | None, written: Decimal | None, thought: Decimal | None = None
) -> PerToken:
    """Return rates of a million tokens as those of one; a kind without its own has that of its whole."""
    thought = written if thought is None else thought
    return PerToken(
        read / MILLION,
        (read if cached is None else cached) / MILLION,
        None if written is None else written / MILLION,
        None if thought is None else thought / MILLION,
    )


def _library_price(backend: Backend, day: date) -> TokenPrice | None:
    """Return what the price library says of the model where it is asked for; None if it does not know it."""
    model, urls = backend.file.model, named(backend.settings.get("base_url"))
    provider = None if urls else backend.entry.provider
    if not model or not (provider or urls):
        return None
    found = {_price_at(model, provider, url, day) for url in urls or (None,)}
    return found.pop() if len(found) == 1 else None  # servers that bill differently have no one price


def _price_at(model: str, provider: str | None, url: str | None, day: date) -> TokenPrice | None:
    """Return what the library says of a model at a provider or an address; None of a server of one's own."""
    if url and is_loopback(url):  # in no list, and reading the library's takes 0.2 s
        return None
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    try:
        billed_by, known = get_snapshot().find_provider_model(model, None, provider, url)
    except LookupError:
        return None
    prices = known.get_prices(datetime(day.year, day.month, day.day, tzinfo=UTC))
    if prices.input_mtok is None or prices.requests_kcount is not None:  # a fee a request is none of ours
        return None
    source = f"genai-prices {__version__}: {billed_by.id} {known.id}"
    rates, tiers = _tiers(prices)
    return TokenPrice("USD", rates, tiers, source, day.isoformat())


def _tiers(prices: ModelPrice) -> tuple[PerToken, tuple[tuple[int, PerToken], ...]]:
    """Return the base rates and those of longer prompts."""
    read, cached, written = prices.input_mtok, prices.cache_read_mtok, prices.output_mtok
    starts = sorted({tier.start for kind in (read, cached, written) for tier in getattr(kind, "tiers", ())})

    def rate(kind: Any, prompt_tokens: int) -> Decimal | None:
        if kind is None or isinstance(kind, Decimal):
            return kind
        reached = [tier.price for tier in kind.tiers if tier.start <= prompt_tokens]
        return Decimal(reached[-1] if reached else kind.base)

    base, *longer = (
        _per_token(rate(read, start) or Decimal(0), rate(cached, start), rate(written, start))
        for start in (-1, *starts)
    )
    return base, tuple(zip(starts, longer, strict=True))
