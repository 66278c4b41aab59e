"""No more spent than was allowed, and an account of all that is sent: an adapter around an adapter.

Before a request goes out, the most that it can cost is set aside and written down; when it comes back, that
is settled by what it did cost. So what is under way is counted in, and the limit holds at any concurrency,
over kills too. What may have been billed and was not told is charged at its most.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from harness.adapters.base import Adapter, Wrapper
from harness.adapters.remote.errors import UNBILLED
from harness.costs.account import Account
from harness.costs.money import Budget, Money
from harness.errors import HarnessError, Stopped
from harness.schema import Request, Response

Key = tuple[str, int]


class Most(NamedTuple):
    """The most that a request may take: tokens, None without a bound, and money in the limit's currency."""

    read: int
    written: int | None
    amount: Decimal


class Budgeted(Wrapper):
    """Lets requests through to the adapter within as long as the budget can bear the most they may cost."""

    def __init__(
        self,
        inner: Adapter,
        account: Account,
        budget: Budget | None,
        most: Callable[[Request], Most],
        cost: Callable[[Response], Decimal | None],
    ) -> None:
        """`cost` is in the budget's currency, None where the server did not tell; no `budget` has no end."""
        super().__init__(inner)
        self.account, self.budget, self.most, self.cost = account, budget, most, cost
        self._reserved: dict[Key, list[Decimal]] = {}  # for each try that may be billed
        self._refused: Decimal | None = None
        self._broken: HarnessError | None = None

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield what the adapter within answers.

        Raises:
            Stopped: what is left does not bear the next request, or the account cannot be written. All that
                were under way are answered.
        """
        try:
            for response in self.inner.answer(self._affordable(requests)):
                self._settle(response)
                yield response
        finally:
            for reserved in self._reserved.values():  # cut off under way: it may have been billed
                self._take(reserved, sum(reserved))
            self._reserved.clear()
            self.account.close()
        if self._broken is not None:
            raise self._broken
        if self._refused is not None and self.budget is not None:
            limit = self.budget.limit
            raise Stopped(
                f"--max-cost {limit}: {self.budget}, and the next request may cost "
                f"{Money(self._refused, limit.currency)}; the same command with a higher limit goes on"
            )

    def _affordable(self, requests: Iterable[Request | None]) -> Iterator[Request | None]:
        """Yield requests that the budget bears; None while it may bear the next once others are settled."""
        for request in requests:
            if request is None:
                yield None
                continue
            most = self.most(request)
            while not self._reserve(request.key, most):
                if self._broken is not None:
                    return
                if self._reserved:
                    yield None
                elif self.budget is None or not self.budget.may_grow():
                    self._refused = most.amount
                    return
            request.may_resend = partial(self._reserve, request.key, most)
            yield request

    def _reserve(self, key: Key, most: Most) -> bool:
        """Set the most aside that sending a request may cost, and write it down; return whether it may go."""
        if self.budget is not None and not self.budget.reserve(most.amount):
            return False
        try:
            self.account.sent(key, most.read, most.written)
        except HarnessError as error:  # nothing is sent that nobody has written down
            self._broken = error
            self._take([most.amount], Decimal(0))
            return False
        self._reserved.setdefault(key, []).append(most.amount)
        return True

    def _settle(self, response: Response) -> None:
        """Take what the answer cost: the most, where nobody tells; nothing, where the server did nothing.

        Tries before the last that may have been billed are charged at their most.
        """
        reserved = self._reserved.pop(response.key, [])
        billed = response.error is None or response.error.kind not in UNBILLED
        if reserved:
            cost = self.cost(response)
            if cost is None:
                cost = reserved[-1] if billed else Decimal(0)
            self._take(reserved, sum(reserved[:-1], cost))
        with contextlib.suppress(HarnessError):  # a full disk: then it stays in the account at its most
            self.account.settle(response, billed=billed)

    def _take(self, reserved: list[Decimal], spent: Decimal | int) -> None:
        if self.budget is not None:
            self.budget.settle(sum(reserved, Decimal(0)), Decimal(spent))
