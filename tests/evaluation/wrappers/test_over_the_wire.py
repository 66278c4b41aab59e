"""Money and kept answers with real calls to a loopback server, 64 in flight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.evaluation.estimate import Estimate, estimate
from harness.evaluation.grid import plans
from harness.options.running import RunOptions
from tests.support.billing import Billing, billed_project, long_reviews, tokenizer, write_backend
from tests.support.model_server import ModelServer
from tests.support.running import Project, here

pytest.importorskip("aiohttp")
pytest.importorskip("tokenizers")

COUNT = 100


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    return tokenizer(path), path


@pytest.fixture
def server(made) -> Iterator[ModelServer]:
    with ModelServer(script=Billing(made[0], latency=0.02)) as server:
        yield server


@pytest.fixture
def account(server) -> Billing:
    assert isinstance(server.script, Billing)
    return server.script


@pytest.fixture
def project(tmp_path: Path, server: ModelServer) -> Project:
    return billed_project(tmp_path, server, COUNT)


def estimated(
    project: Project, pilot: int = 0, count: Any = None, keys: bool = True, **options: Any
) -> Estimate:
    """Return the estimate of the project's one run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.home)
        patch.setenv("HARNESS_CACHE", project.env["HARNESS_CACHE"])
        chosen = RunOptions("reviews", "billed", data_dir="data", runs_dir=project.home / "runs", **options)
        ((plan,), _) = plans(chosen, lambda message: None, keys=keys)
        return estimate(plan, pilot, count)


def whole(project: Project, **options: Any) -> Any:
    return here(project, "billed", concurrency=64, **options).run.to_dict()


def test_the_server_never_bills_more_than_was_allowed(project, account):
    run = whole(project, max_cost="3USD")
    assert 2 < account.billed <= 3  # what is left does not bear a token a byte of the next request
    assert run["status"] == "partial"
    assert run["cost"]["paid"] == pytest.approx(float(account.billed))
    run = whole(project, max_cost="4USD")
    assert 3 < account.billed <= 4
    assert run["cost"]["paid"] == pytest.approx(float(account.billed))


def test_a_whole_run_costs_what_the_server_bills(project, account, server):
    run = whole(project)
    assert run["cost"]["total"] == run["cost"]["paid"] == pytest.approx(float(account.billed))
    assert run["cost"]["per_1k_examples"] == pytest.approx(1000 * float(account.billed) / COUNT)
    again = whole(project, fresh=True)
    assert (again["cost"]["paid"], len(server.seen)) == (0, COUNT)
    assert again["metrics"] == run["metrics"]


def test_a_run_that_is_half_kept_and_nearly_out_of_money_ends(project, account, server):
    project.reviews(long_reviews(COUNT)[::2])
    whole(project)
    before = account.billed
    project.reviews(long_reviews(COUNT))
    run = whole(project, max_cost="1USD")
    assert account.billed - before <= 1
    assert run["status"] == "partial"
    assert run["counts"]["cached"] > 0
    assert whole(project)["status"] == "complete"
    assert len(server.seen) == COUNT


def test_one_model_name_at_two_servers_shares_no_answer(project, server, made):
    with ModelServer(script=Billing(made[0])) as other:
        write_backend(project, "other", other)
        whole(project)
        assert here(project, "other", concurrency=64).run.counts.cached == 0
        assert (len(server.seen), len(other.seen)) == (COUNT, COUNT)
        assert here(project, "other", concurrency=64, fresh=True).run.counts.cached == COUNT


class TestEstimate:
    def test_a_tokenizer_tells_the_input_within_five_per_cent(self, project, made, account, server):
        found = estimated(project, count=lambda text: len(made[0].encode(text).ids), keys=False)
        assert server.seen == []
        assert (found.requests, found.kept, found.counted) == (COUNT, 0, "tokenizer")
        whole(project)
        assert read_cost(found) == pytest.approx(float(account.read), rel=0.05)
        assert found.cost.low <= float(account.billed) <= found.cost.high

    def test_a_pilot_tells_the_input_within_five_per_cent_and_is_not_paid_again(
        self, project, account, server
    ):
        found = estimated(project, pilot=20)
        assert (found.requests, found.kept, found.pilot, found.counted) == (COUNT - 20, 20, 20, "observed")
        assert found.pilot_cost == pytest.approx(float(account.billed))
        before = account.read, account.billed
        run = whole(project)
        assert (run["counts"]["cached"], len(server.seen)) == (20, COUNT)
        rest, billed = float(account.read - before[0]), float(account.billed - before[1])
        assert read_cost(found) == pytest.approx(rest, rel=0.05)
        assert found.output_tokens.low <= run["usage"]["completion_tokens"] <= found.output_tokens.high * 1.1
        assert found.cost.low * 0.9 <= billed <= found.cost.high

    def test_without_either_it_is_a_guess_whose_range_holds_the_truth(self, project, account):
        found = estimated(project)
        whole(project)
        assert found.counted == "characters"
        assert found.output_tokens.value is None
        assert found.cost.low <= float(account.billed) <= found.cost.high

    def test_what_is_kept_costs_nothing(self, project):
        whole(project)
        found = estimated(project)
        assert (found.requests, found.kept, found.cost.high) == (0, COUNT, 0)


def read_cost(found: Estimate) -> float:
    """Return what the estimated prompt tokens cost."""
    assert found.prompt_tokens is not None
    assert found.price is not None
    return float(found.prompt_tokens.value) * float(found.price.rates.input)
