"""One purse for all workers of a run, without a server: coins that are taken by exclusive creation.

A coin counts as spent from the moment it is taken and is never given back, so that what is billed stays
within the limit however often workers are killed. What is left unused is at most a coin and a request's most
for each life of a worker.
"""

from __future__ import annotations

import contextlib
from decimal import Decimal, InvalidOperation
from pathlib import Path

import orjson

from harness.costs import money
from harness.costs.money import Budget
from harness.errors import BadInput, Place
from harness.evaluation.runner import OpenRun
from harness.files import open_own, read_bounded
from harness.records.atomic import disk_errors, require_plain, write_atomically
from harness.records.leases import COINS, Division

NUMBER = 512  # that what is left is divided into
PURSE = "purse.json"
_SHORT = 65536


class Purse(Budget):
    """What one worker may spend: the coins it took of a purse in the run's directory."""

    def __init__(self, budget: Budget, coin: Decimal, folder: Path) -> None:
        """Take nothing yet; a `coin` is in the currency of the `budget`'s limit."""
        super().__init__(budget.limit, budget.rate)
        self._coin, self._folder = coin, folder
        self._mine = Decimal(0)
        self._next = 0

    def reserve(self, amount: Decimal) -> bool:
        """Set `amount` aside, taking coins for it; return False where not enough of them are left."""
        while self.spent + self.reserved + amount > self._mine:
            if not self._take():
                return False
        self.reserved += amount
        return True

    def _take(self) -> bool:
        """Take the next coin that nobody has."""
        while self._next < NUMBER:
            number, self._next = self._next, self._next + 1
            with contextlib.suppress(BadInput), disk_errors(self._folder):
                open_own(self._folder / str(number), "xb").close()
                self._mine += self._coin
                return True
        return False

    def __str__(self) -> str:
        """Say what became of it: what others hold is not known here."""
        return f"its workers have spent {self.limit}, but for what each has in hand"


def lay_out(run: OpenRun) -> None:
    """Put what may still be spent on a run into its directory, in coins; nothing where nothing bounds it."""
    budget, price = run.plan.options.budget, run.ledger.price
    if budget is None or price is None:
        return
    before = run.ledger.account.totals(price)
    gone = budget.converter(price.currency)(before.told + (before.unaccounted or 0))
    left = max(Decimal(0), budget.limit.amount - budget.spent - gone)
    folder = Division(run.directory).folder
    with disk_errors(folder):
        (folder / COINS).mkdir(mode=0o700, parents=True, exist_ok=True)
    rate = budget.rate and f"{budget.rate.krw_per_usd}@{budget.rate.date}"
    limit = f"{budget.limit.amount}{budget.limit.currency}"
    about = {"max_cost": limit, "usd_krw": rate, "left": str(left)}
    write_atomically(folder / PURSE, orjson.dumps(about))


def open_purse(run_directory: Path) -> Purse | None:
    """Return the purse of a run for one worker, None where nothing bounds what it costs.

    Raises:
        BadInput: it is not as the harness writes it.
    """
    folder = Division(run_directory).folder
    path = folder / PURSE
    if not path.exists():
        return None
    try:
        said = orjson.loads(read_bounded(path, _SHORT))
        budget = money.budget(said["max_cost"], said["usd_krw"])
        left = Decimal(said["left"])
    except (OSError, ValueError, KeyError, TypeError, InvalidOperation):
        raise BadInput("not a purse", place=Place(path)) from None
    require_plain(folder / COINS)
    return None if budget is None else Purse(budget, left / NUMBER, folder / COINS)


def settle(run: OpenRun) -> None:
    """Count what the workers of a run that is folded have spent, for the runs that come after it."""
    budget, price = run.plan.options.budget, run.ledger.price
    if budget is None or price is None:
        return
    spent = run.ledger.account.totals(price)
    budget.settle(Decimal(0), budget.converter(price.currency)(spent.told + (spent.unaccounted or 0)))
