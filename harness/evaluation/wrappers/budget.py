"""No more spent than was allowed: an adapter around an adapter.

Before a request goes out, the most that it can cost is set aside; when it comes back, that is settled by what
it did cost. So what is under way is counted in, and the limit holds at any concurrency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from harness.costs.money import Budget, Money
from harness.errors import Stopped
from harness.schema import Adapter, Request, Response

Key = tuple[str, int]

# Failures of which a server may have billed the answer: it came too late, or broken.
WORKED = ("timeout", "malformed")


class Budgeted:
    """Lets requests through to the adapter within as long as the budget can bear the most they may cost."""

    def __init__(
        self,
        inner: Adapter,
        budget: Budget,
        most: Callable[[Request], Decimal],
        cost: Callable[[Response], Decimal | None],
    ) -> None:
        """`most` and `cost` are in the budget's currency; a cost of None is one that nobody told."""
        self.inner, self.budget, self.most, self.cost = inner, budget, most, cost
        self._reserved: dict[Key, Decimal] = {}
        self._refused: Decimal | None = None

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield what the adapter within answers.

        Raises:
            Stopped: what is left does not bear the next request. All that were under way are answered.
        """
        try:
            for response in self.inner.answer(self._affordable(requests)):
                self._settle(response)
                yield response
        finally:
            for most in self._reserved.values():  # cut off under way: it may have been billed
                self.budget.settle(most, most)
            self._reserved.clear()
        if self._refused is not None:
            limit = self.budget.limit
            raise Stopped(
                f"--max-cost {limit}: {self.budget}, and the next request may cost "
                f"{Money(self._refused, limit.currency)}; the same command with a higher limit goes on"
            )

    def close(self) -> None:
        """Let go of the adapter within."""
        self.inner.close()

    def _affordable(self, requests: Iterable[Request | None]) -> Iterator[Request | None]:
        """Yield requests that the budget bears; None while it may bear the next once others are settled."""
        for request in requests:
            if request is None:
                yield None
                continue
            most = self.most(request)
            while not self.budget.reserve(most):
                if not self._reserved:
                    self._refused = most
                    return
                yield None
            self._reserved[request.key] = most
            yield request

    def _settle(self, response: Response) -> None:
        """Take what the answer cost: the most, where nobody tells; nothing, where the server did nothing."""
        most = self._reserved.pop(response.key, Decimal(0))
        cost = self.cost(response)
        if cost is None:
            idle = response.error is not None and response.error.kind not in WORKED
            cost = Decimal(0) if idle else most
        self.budget.settle(most, cost)
