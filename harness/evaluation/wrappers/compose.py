"""What stands around an engine while it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from harness.adapters.base import Adapter, Capability
from harness.costs.accounting import Ledger
from harness.costs.token_bounds import generates_text, max_completion_tokens, max_prompt_tokens
from harness.evaluation.plan import Plan
from harness.evaluation.wrappers.answer_store import Store
from harness.evaluation.wrappers.budget import Budgeted, Most
from harness.evaluation.wrappers.cache import Cached, Keys, looked_up
from harness.evaluation.wrappers.readable import Readable
from harness.extraction.predictions import reader
from harness.schema import Request, Response


@contextmanager
def wrapped(
    engine: Adapter, plan: Plan, identity: Mapping[str, Any], ledger: Ledger | None = None
) -> Iterator[Adapter]:
    """Yield what is to be asked in the engine's place; what it needs for that is let go of at the end.

    The cache stands outermost: what it knows costs nothing. Beside answering it can do what the engine can.
    Without a `ledger` no account is kept.
    """
    asked = engine if ledger is None else _budgeted(engine, plan, ledger)
    if plan.task.file.on_unread == "failed":
        read = reader(plan.task)
        asked = Readable(asked, lambda response: read(response, (), ""))
    if not plan.keeps_answers:
        yield asked
        return
    with Store() as store:
        yield Cached(asked, store, _keys(engine, plan, identity), plan.profile)


@contextmanager
def kept(
    engine: Adapter, plan: Plan, identity: Mapping[str, Any]
) -> Iterator[Callable[[Request], Response | None]]:
    """Yield the function that returns the kept answer to a request of the plan, None where there is none."""
    if not plan.keeps_answers:
        yield lambda request: None
        return
    keys = _keys(engine, plan, identity)
    with Store() as store:
        yield lambda request: looked_up(store, keys.of(request), request, plan.backend.file.shots_as)


def _keys(engine: Adapter, plan: Plan, identity: Mapping[str, Any]) -> Keys:
    sent = engine.sent(plan.decoding) if engine.can(Capability.TRANSLATE_DECODING) else None
    if plan.task.ask == "retrieve":  # the same query finds others among other passages
        corpus = plan.material.corpus
        identity = {**identity, "corpus": corpus.sha256, "depth": corpus.depth}
    return Keys(plan.profile, plan.backend.result_settings, identity, sent)


def _budgeted(engine: Adapter, plan: Plan, ledger: Ledger) -> Adapter:
    budget, price = plan.options.budget, ledger.price
    if price is None:
        return engine
    convert = budget.converter(price.currency) if budget is not None else lambda amount: amount
    choose_by = plan.backend.file.choose_by
    generates = generates_text(plan.task.ask, choose_by)
    bound = max_completion_tokens(plan.decoding, plan.backend.settings)

    def most(request: Request) -> Most:
        # Options that are compared are billed a token each that nobody reads.
        read, written = (
            max_prompt_tokens(request, choose_by),
            bound if generates else len(request.options) + 1,
        )
        amount = price.most(read, written) if budget is not None and written is not None else Decimal(0)
        return Most(read, written, convert(amount))

    def cost(response: Response) -> Decimal | None:
        usage = response.usage
        billed = None if usage is None or usage.estimated else price.of(usage)
        return None if billed is None else convert(billed)

    if budget is not None:
        before = ledger.account.totals(price)
        budget.settle(Decimal(0), convert(before.told + (before.unaccounted or 0)))
    return Budgeted(engine, ledger.account, budget, most, cost)
