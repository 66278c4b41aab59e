"""One purse over all workers: coins are taken by one only, given back when idle, and never spent twice."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from harness.costs import money
from harness.evaluation.workers import purse as purses
from harness.evaluation.workers.purse import NUMBER, Purse
from harness.evaluation.workers.worker import LAST_TRIES

MOST, COST = Decimal("0.06"), Decimal("0.001")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(purses, "WAIT_S", (0.001, 0.005))


def purse(folder: Path, limit: str = "1USD") -> Purse:
    folder.mkdir(exist_ok=True)
    budget = money.budget(limit, None)
    assert budget is not None
    return Purse(budget, budget.limit.amount / NUMBER, folder)


def test_what_one_holds_no_other_has(tmp_path):
    one, other = purse(tmp_path / "c"), purse(tmp_path / "c")
    assert one.reserve(Decimal("0.6"))
    assert not other.reserve(Decimal("0.6"))
    assert other.reserve(Decimal("0.3"))


def test_what_came_back_cheaper_is_another_s_at_once(tmp_path):
    one, other = purse(tmp_path / "c"), purse(tmp_path / "c")
    assert one.reserve(Decimal("0.9"))
    assert not other.reserve(Decimal("0.5"))
    one.settle(Decimal("0.9"), Decimal("0.1"))
    assert not one.reserve(Decimal("0.95"))
    assert other.reserve(Decimal("0.5"))


def test_what_was_taken_in_vain_is_given_back(tmp_path):
    one, other = purse(tmp_path / "c"), purse(tmp_path / "c")
    assert not one.reserve(Decimal(2))
    assert other.reserve(Decimal(1))


def test_what_is_spent_or_in_flight_is_never_given_back(tmp_path):
    one = purse(tmp_path / "c")
    assert one.reserve(Decimal("0.4"))
    assert one.reserve(Decimal("0.2"))
    one.settle(Decimal("0.4"), Decimal("0.3"))
    assert not one.reserve(Decimal(1))
    held = len(list((tmp_path / "c").iterdir()))
    assert held / NUMBER >= 0.5


def test_one_alone_is_refused_at_once(tmp_path):
    assert not purse(tmp_path / "c").may_grow()


def test_eight_whose_requests_may_cost_much_spend_nearly_all_and_never_more(tmp_path):
    waiting, spent, gate = set(), [], threading.Lock()

    def work(name: int) -> None:
        mine, tries = purse(tmp_path / "c"), LAST_TRIES

        def others_hold(dry: bool) -> bool:
            """Answer as a worker does: where none has any in hand, the first of them looks once more."""
            nonlocal tries
            with gate:
                (waiting.add if dry else waiting.discard)(name)
                tries = LAST_TRIES if len(waiting) < 8 else tries - 1
                return len(waiting) < 8 or (name == 0 and tries > 0)

        mine.others_hold = others_hold
        while mine.reserve(MOST) or mine.may_grow():
            if mine.reserved:
                mine.settle(MOST, COST)
        spent.append(mine.spent)

    workers = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert Decimal("0.9") <= sum(spent) <= 1
