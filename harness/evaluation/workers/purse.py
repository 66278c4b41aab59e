"""One purse for all workers of a run, without a server: coins that are taken by exclusive creation.

A coin counts as spent from the moment it is taken, so that what is billed stays within the limit however
often workers are killed. Whoever took it gives back what neither is spent nor may be by what is in flight, by
removing its file, once it cannot take enough for its next request. What is left unused is at most one
request's most and a coin for each worker, and what a killed one had in flight.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable
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
WAIT_S = (0.05, 0.3)  # between two tries to take what others gave back
_SHORT = 65536


class Purse(Budget):
    """What one worker may spend: the coins it took of a purse in the run's directory.

    `others_hold`, told whether this worker has nothing in hand, returns whether another one may give back.
    """

    others_hold: Callable[[bool], bool] | None = None

    def __init__(self, budget: Budget, coin: Decimal, folder: Path) -> None:
        """Take nothing yet; a `coin` is in the currency of the `budget`'s limit."""
        super().__init__(budget.limit, budget.rate)
        self._coin, self._folder = coin, folder
        self._mine: list[int] = []
        self._next = 0
        self._waits = False
        self._random = random.Random(os.getpid())

    def reserve(self, amount: Decimal) -> bool:
        """Set `amount` aside, taking coins for it; return False where not enough of them are left.

        What was taken in vain, or is free by now, is given back.
        """
        while self.spent + self.reserved + amount > self._coin * len(self._mine):
            if not self._take():
                self._give_back()
                return False
        self.reserved += amount
        if self._waits:
            self._waits = False
            self._say(waiting=False)
        return True

    def may_grow(self) -> bool:
        """Wait a little, and return whether another worker may have given back what this one lacks.

        Nothing is in flight here. It ends when no other worker has anything in hand.
        """
        self._waits = True
        hold = self._say(waiting=True)
        time.sleep(self._random.uniform(*WAIT_S))
        return hold

    def _say(self, *, waiting: bool) -> bool:
        return self.others_hold is not None and self.others_hold(waiting)

    def _take(self) -> bool:
        """Take a coin that nobody has: the next one, and after the last any that was given back."""
        while self._next < NUMBER:
            number, self._next = self._next, self._next + 1
            if self._taken(number):
                return True
        try:
            held = set(os.listdir(self._folder))
        except OSError:
            return False
        return any(self._taken(number) for number in range(NUMBER) if str(number) not in held)

    def _taken(self, number: int) -> bool:
        with contextlib.suppress(BadInput), disk_errors(self._folder):
            open_own(self._folder / str(number), "xb").close()
            self._mine.append(number)
            return True
        return False

    def _give_back(self) -> None:
        """Give back the coins that are neither spent nor set aside: first forgotten, then free for others."""
        while self._mine and self._coin * (len(self._mine) - 1) >= self.spent + self.reserved:
            with contextlib.suppress(OSError):
                (self._folder / str(self._mine.pop())).unlink()

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
