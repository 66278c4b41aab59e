"""What the answers of a run cost, over all its sessions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from harness.backends.backend import Backend
from harness.costs.account import Account, Totals, usage_of
from harness.costs.prices import TokenPrice, price
from harness.records import journal as records
from harness.records.run_schema import CostSummary, SessionInfo
from harness.records.sample_schema import Record

ZERO = Decimal(0)


class Ledger:
    """Adds up what one run cost, what was asked again and what never came back included.

    `price` is what tokens cost, None where they cost nothing or nobody knows. The `account` says what was
    paid, the journal what the answers that a run has cost: a session that was killed has written both.
    """

    def __init__(self, backend: Backend, samples: Path, retried: float) -> None:
        """`retried` is `cost.retried` of the earlier sessions."""
        hourly = backend.file.price.usd_per_hour
        self.backend, self.samples = backend, samples
        self.price: TokenPrice | None = None if hourly is not None else price(backend)
        self.account = Account(samples.parent)
        self._gone = Decimal(str(retried))

    def open(self) -> Totals:
        """Return what earlier sessions come to; one of a version that kept no account is brought along.

        Raises:
            Stopped: the disk is full.
        """
        if self.price is None:
            return Totals()
        if self.samples.exists() and not self.account.exists:
            self.account.bring((line.record for line in records.read_records(self.samples)), self._gone)
        return self.account.totals(self.price)

    def document(self, sessions: Sequence[SessionInfo], correct: float | None) -> CostSummary | None:
        """Return `cost` for `run.json`: None where nothing is billed, nulls where nobody knows the price.

        Answers that do not tell their tokens are `responses_without_usage` and in no sum; `estimated` are in
        the sums by a count of ours. `retried` is what failed, was billed, and was asked again. `unaccounted`
        is the most that may have been billed besides, for requests that never came back or did not say: a
        limit counts it.
        `correct` is the share of right answers, None where the main metric is no such share.
        """
        if self.backend.entry.replays and (recorded := self._recorded(correct)) is not None:
            return recorded
        if self.backend.file.price.usd_per_hour is not None and not self.backend.entry.replays:
            return self._by_the_hour(sessions, correct)
        if self.price is None and not self.backend.entry.remote:
            return None
        return self._by_the_token(correct)

    def _recorded(self, correct: float | None) -> CostSummary | None:
        """Return what the answers cost where they were made, None if nobody wrote it down."""
        setting = self.backend.settings
        if "price" not in setting:
            return None
        prices = [line.record.response.price for line in records.read_records(self.samples)]
        known = [Decimal(str(price)) for price in prices if price is not None]
        total = sum(known, ZERO) if known else None
        return _shared(
            CostSummary(
                currency=setting.get("currency", "USD"),
                total=_plain(total),
                paid=0.0,
                responses_without_usage=len(prices) - len(known),
                price_source=f"recorded: {setting['price']}",
                price_date=None,
            ),
            len(known),
            correct,
        )

    def _by_the_token(self, correct: float | None) -> CostSummary:
        answers = kept = ZERO
        told = untold = estimated = 0
        for line in records.read_records(self.samples) if self.price is not None else ():
            cost = self._listed(line.record)
            if cost is None:
                untold += not line.record.failed
                continue
            told += not line.record.failed
            response = line.record.response
            estimated += bool(response.usage and response.usage.estimated)
            answers += cost
            kept += cost if response.cached else ZERO
        account = self.account.totals(self.price) if self.price else Totals()
        retried = max(ZERO, account.told - (answers - kept))
        total = answers + retried if told or retried else None
        found = CostSummary(
            total=_plain(total),
            paid=_plain(total - kept if total is not None else None),
            retried=_plain(retried) if self.price else None,
            unaccounted=_plain(account.unaccounted) if self.price else None,
            unaccounted_requests=account.requests if self.price else None,
            responses_without_usage=untold if self.price else None,
            estimated=estimated if self.price else None,
            price_source=self.price.source if self.price else None,
            price_date=self.price.date if self.price else None,
        )
        if self.price:
            found.currency = self.price.currency
        return _shared(found, told, correct)

    def _by_the_hour(self, sessions: Sequence[SessionInfo], correct: float | None) -> CostSummary | None:
        """Return what the hardware's seconds cost; a killed session tells none, nor do its answers count."""
        said = self.backend.file.price
        seconds = sum(session.seconds for session in sessions)
        answered = sum(session.answered for session in sessions)
        if not answered:
            return None
        total = seconds / 3600 * (said.usd_per_hour or 0.0)
        found = CostSummary(
            currency="USD", total=total, paid=total, price_source=said.source, price_date=said.date
        )
        return _shared(found, answered, correct)

    def _listed(self, record: Record) -> Decimal | None:
        usage = record.response.usage
        return self.price.of(usage_of(usage)) if self.price is not None and usage else None


def _shared(found: CostSummary, answers: int, correct: float | None) -> CostSummary:
    """Return the costs with those of a thousand examples and of a right answer."""
    each = found.total / answers if found.total is not None and answers else None
    found.per_1k_examples = 1000 * each if each is not None else None
    found.per_correct = each / correct if each is not None and correct else None
    return found


def _plain(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
