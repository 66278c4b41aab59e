"""A limit on what is spent: held at any concurrency, and refused where it cannot be held."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.costs.money import money, rate
from harness.errors import BadInput, Stopped
from harness.evaluation.runner import Outcome
from tests.support.running import METERED, Project, all_here, here, outcome, records_of, rows

COUNT = 120
# One request at most: some hundred bytes read at 0.001 USD, 10 tokens written at 0.004.
MOST = 0.2


@pytest.fixture
def project(metered: Project) -> Project:
    metered.reviews(test=rows(COUNT))
    return metered


def within(project: Project, limit: str, usd_krw: str | None = None, **how: Any) -> Outcome:
    return here(project, "metered", max_cost=limit, usd_krw=usd_krw, **how)


@pytest.mark.parametrize("window", [1, 8, 64])
def test_no_more_is_spent_than_was_allowed(project, window):
    done = within(project, "1USD", settings={"window": window})
    paid = done.run.cost.paid
    assert 1 - MOST < paid <= 1
    assert isinstance(done.error, Stopped)
    assert done.run.status == "partial"
    assert "--max-cost 1 USD: " in done.run.stopped_because


def test_all_that_was_asked_is_written_down(project):
    done = within(project, "1USD", settings={"window": 64, "log": str(project.home / "log")})
    asked = (project.home / "log").read_text(encoding="utf-8").splitlines()
    assert len(asked) == len(records_of(done.directory)) == done.run.counts.examples


def test_a_higher_limit_goes_on_and_counts_what_was_spent_before(project):
    first = within(project, "1USD").run.cost.paid
    second = within(project, "1.5USD", settings={"window": 64}).run.cost.paid
    assert first < 1 < second <= 1.5
    done = within(project, "100USD")
    assert done.run.status == "complete"
    free = here(project, "metered", fresh=True, cache=False)
    assert done.run.cost.paid == pytest.approx(free.run.cost.paid)
    assert outcome(done.directory)["records"] == outcome(free.directory)["records"]


def test_the_same_limit_again_spends_nothing_more(project):
    first = within(project, "1USD").run.cost
    assert within(project, "1USD").run.cost == first


def test_runs_of_a_grid_share_the_limit(project):
    project.write("backends/other.yaml", METERED + 'settings: {base_url: "http://127.0.0.1:9/v1"}\n')
    done = all_here(project, ["metered", "other"], max_cost="3.5USD", settings={"window": 64})
    budget = done[-1][0].options.budget
    paid = [outcome.run.cost.paid for _, outcome in done]
    assert paid[0] > 2
    assert 3.5 - MOST < sum(paid) <= 3.5
    assert float(budget.spent) == pytest.approx(sum(paid))
    assert budget.reserved == 0


@pytest.mark.parametrize("window", [1, 64])
def test_kept_answers_cost_nothing_and_a_limit_beside_them_stalls_nothing(project, window):
    project.reviews(test=rows(COUNT)[::2])
    here(project, "metered")
    project.reviews(test=rows(COUNT))
    done = within(project, "1USD", settings={"window": window})
    assert 1 - MOST < done.run.cost.paid <= 1
    assert done.run.counts.cached > done.run.counts.examples / 2 - 64
    assert here(project, "metered", max_cost="0.001USD", fresh=True).run.cost.paid == 0


def test_a_whole_run_from_the_cache_needs_no_money(project):
    here(project, "metered")
    done = within(project, "0.001USD", fresh=True, settings={"window": 64})
    assert (done.run.status, done.run.counts.cached) == ("complete", COUNT)


def test_a_limit_in_won_needs_a_stated_rate(project):
    with pytest.raises(BadInput, match="--usd-krw 1390@2026-11-01"):
        within(project, "1390KRW")
    done = within(project, "1390KRW", "1390@2026-11-01")
    assert 1 - MOST < done.run.cost.paid <= 1
    assert "KRW" in done.run.stopped_because
    limit = done.run.budget
    assert (limit.limit, limit.usd_krw, limit.usd_krw_date) == ("1,390 KRW", 1390.0, "2026-11-01")


def test_a_price_in_won_is_held_in_won(project):
    project.write("backends/metered.yaml", METERED.replace("usd_per_mtok", "krw_per_mtok"))
    done = within(project, "1KRW")
    assert done.run.cost.currency == "KRW"
    assert done.run.cost.paid <= 1


def test_answers_that_do_not_tell_their_tokens_count_as_the_most(project):
    done = within(project, "1USD", settings={"silent": True})
    assert done.run.counts.examples == int(1 / 0.2)
    assert done.run.cost.total is None
    assert done.run.cost.responses_without_usage == done.run.counts.examples


def test_what_failed_and_was_billed_is_paid_though_it_is_asked_again(project):
    whole = here(project, "metered", cache=False).run.cost
    failing = {"how": "fails", "count": 4}
    first = here(project, "metered", settings=failing, fresh=True, cache=False, max_failures=0)
    assert first.run.counts.failed == 1
    failed = first.run.cost.paid - cost_of_answers(first)
    assert failed > 0
    here(project, "metered", settings=failing, cache=False, max_failures=0)
    last = here(project, "metered", cache=False)
    assert last.run.status == "complete"
    assert last.run.cost.retried > failed
    assert last.run.cost.paid == pytest.approx(whole.paid + last.run.cost.retried)


def cost_of_answers(done: Outcome) -> float:
    """Return what the answers cost that did not fail, worked out by hand."""
    return sum(
        (usage["prompt_tokens"] - usage["cached_tokens"]) * 0.001
        + usage["cached_tokens"] * 0.0001
        + usage["completion_tokens"] * 0.004
        for record in records_of(done.directory)
        if record["response"]["error"] is None
        for usage in [record["response"]["usage"]]
    )


@pytest.mark.parametrize(
    ("profile", "complaint"),
    [
        (METERED.replace("max_tokens: 10, ", ""), "needs a bound on what metered may write"),
        (METERED.partition("price")[0], "nobody knows what metered costs"),
        (METERED.partition("price")[0] + "price: {usd_per_hour: 2}", "metered is billed by the hour"),
    ],
)
def test_a_limit_that_cannot_be_held_is_refused_before_anything_is_asked(project, profile, complaint):
    project.write("backends/metered.yaml", profile)
    with pytest.raises(BadInput, match=complaint):
        within(project, "5USD", settings={"log": str(project.home / "log")})
    assert not (project.home / "log").exists()


def test_what_runs_here_and_has_no_price_is_not_held_back(project):
    assert here(project, "dummy", max_cost="1USD").run.status == "complete"


class TestMoney:
    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("5USD", "5 USD"),
            ("7000KRW", "7,000 KRW"),
            (" 0.50 usd", "0.5 USD"),
            ("1,000,000KRW", "1,000,000 KRW"),
        ],
    )
    def test_an_amount_has_a_currency(self, text, amount):
        assert str(money(text)) == amount

    @pytest.mark.parametrize("text", ["5", "USD", "-1USD", "0USD", "5EUR", "5 dollars", "1e3USD", ""])
    def test_anything_else_is_refused(self, text):
        with pytest.raises(BadInput, match="such as 5USD or 7000KRW"):
            money(text)

    def test_a_rate_has_a_day(self):
        assert rate("1390.5@2026-11-01").krw_per_usd == Decimal("1390.5")
        for text in ("1390", "0@2026-11-01", "1390@2026-13-01", "1390@yesterday"):
            with pytest.raises(BadInput, match="such as 1390@2026-11-01"):
                rate(text)
