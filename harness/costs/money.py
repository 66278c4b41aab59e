"""Amounts of money, and the one rate between two currencies that somebody stated with its day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from harness.errors import BadInput
from harness.records.run_schema import BudgetInfo

Currency = Literal["USD", "KRW"]
HOW = "say --usd-krw 1390@2026-11-01, or set HARNESS_USD_KRW so: won a dollar, and the day of that rate"

_MONEY = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)\s*(USD|KRW)", re.IGNORECASE)
_RATE = re.compile(r"(\d+(?:\.\d+)?)@(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Money:
    """An amount in one currency, exact."""

    amount: Decimal
    currency: Currency

    def __str__(self) -> str:
        """Return `4.9971 USD`, `7,000 KRW`: no digit that says nothing."""
        places = 6 if self.amount < 1 else 4 if self.currency == "USD" else 2
        text = f"{self.amount:,.{places}f}"
        return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {self.currency}"


@dataclass(frozen=True)
class ExchangeRate:
    """Won a dollar, and the day on which that was true."""

    krw_per_usd: Decimal
    date: str

    def to(self, currency: Currency, amount: Money) -> Decimal:
        """Return the amount in `currency`."""
        if currency == amount.currency:
            return amount.amount
        return amount.amount * self.krw_per_usd if currency == "KRW" else amount.amount / self.krw_per_usd


def money(text: str) -> Money:
    """Return `5USD` or `7000KRW` as money.

    Raises:
        BadInput: neither, or nothing at all.
    """
    match = _MONEY.fullmatch(text.strip().replace(",", ""))
    if match is None or not Decimal(match[1]):
        raise BadInput(f"--max-cost {text}: should be an amount such as 5USD or 7000KRW")
    currency: Currency = "USD" if match[2].upper() == "USD" else "KRW"
    return Money(Decimal(match[1]), currency)


def rate(text: str) -> ExchangeRate:
    """Return `1390@2026-11-01` as a rate.

    Raises:
        BadInput: it is not written so.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None or not Decimal(match[1]) or not _is_day(match[2]):
        raise BadInput(f"--usd-krw {text}: should be won a dollar and the day, such as 1390@2026-11-01")
    return ExchangeRate(Decimal(match[1]), match[2])


def budget(max_cost: str | None, usd_krw: str | None) -> Budget | None:
    """Return what `max_cost` allows, None where nothing is said.

    Raises:
        BadInput: it is no amount, or `usd_krw` no rate.
    """
    stated = rate(usd_krw) if usd_krw else None
    return Budget(money(max_cost), stated) if max_cost is not None else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


class Budget:
    """What may be spent, what is spent, and what requests that are under way may still cost.

    All amounts are in the currency of the limit. The runs of a grid share one budget.
    """

    def __init__(self, limit: Money, rate: ExchangeRate | None = None) -> None:
        """Nothing is spent yet."""
        self.limit, self.rate = limit, rate
        self.spent = self.reserved = Decimal(0)

    def converter(self, currency: Currency) -> Callable[[Decimal], Decimal]:
        """Return what turns an amount in `currency` into one in the limit's.

        Raises:
            BadInput: the currencies differ and nobody stated a rate.
        """
        if currency == self.limit.currency:
            return lambda amount: amount
        rate, ours = self.rate, self.limit.currency
        if rate is None:
            raise BadInput(f"--max-cost is in {ours} and the price in {currency}; {HOW}")
        return lambda amount: rate.to(ours, Money(amount, currency))

    def document(self) -> BudgetInfo:
        """Return the limit and the rate for `run.json`."""
        return BudgetInfo(
            limit=str(self.limit),
            usd_krw=float(self.rate.krw_per_usd) if self.rate else None,
            usd_krw_date=self.rate.date if self.rate else None,
        )

    def reserve(self, amount: Decimal) -> bool:
        """Set `amount` aside if that much is left; return whether it is."""
        if self.spent + self.reserved + amount > self.limit.amount:
            return False
        self.reserved += amount
        return True

    def may_grow(self) -> bool:
        """Return whether what was refused may be granted later, though nothing is in flight: never."""
        return False

    def settle(self, reserved: Decimal, spent: Decimal) -> None:
        """Give back what was set aside and take what it really cost."""
        self.reserved -= reserved
        self.spent += spent

    def __str__(self) -> str:
        """Return how much of it is spent."""
        return f"{Money(self.spent, self.limit.currency)} of {self.limit} spent"
