"""Before a retriever answers it takes its passages: once a run, and on a clock of its own."""

from __future__ import annotations

import time

from harness.adapters.base import Adapter, Capability
from harness.evaluation.plan import Plan
from harness.records.run_schema import IndexInfo


def index_corpus(plan: Plan, adapter: Adapter) -> IndexInfo | None:
    """Give the adapter the plan's corpus, and return what that took; None where nothing is looked through."""
    if plan.task.ask != "retrieve":
        return None
    corpus = plan.material.corpus
    found = IndexInfo(passages=len(corpus), sha256=corpus.sha256)
    if adapter.can(Capability.INDEX):
        began = time.perf_counter()
        adapter.index(corpus)
        found.seconds = time.perf_counter() - began
        service = getattr(adapter, "embeddings", None)
        found.tokens = None if service is None else service.tokens
    return found
