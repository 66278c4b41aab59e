"""Count a text's tokens as a backend does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from harness.adapters.base import Capability
from harness.backends.backend import Backend
from harness.errors import BadInput, Unavailable
from harness.evaluation.adapter_lifecycle import adapter_errors, close_adapter, create_adapter
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.options.running import RunOptions
from harness.schema import Ask
from harness.tasks.task import Task

CountTokens = Callable[[str], int]
Pieces = Callable[[str], list[tuple[int, str]]]


class TokenCounter(NamedTuple):
    """What counts the tokens of a text, and what says which they are; None where nobody does."""

    count: CountTokens
    pieces: Pieces | None


@contextmanager
def counter_of_prompts(plan: Plan | None) -> Iterator[CountTokens | None]:
    """Yield what counts the tokens of the plan's backend, None where nothing can."""
    if plan is None:
        yield None
        return
    plan.backend.require(plan.task.ask, plan.decoding, trust_remote_code=plan.options.trust_remote_code)
    backend = plan.backend.name
    adapter = create_adapter(plan.backend, plan.profile)

    def count(text: str) -> int:
        with adapter_errors(backend):
            return adapter.count_tokens(text)

    try:
        # A learner's tokenizer is learnt too, and nothing is learnt here.
        known = adapter.can(Capability.COUNT_TOKENS) and not plan.backend.entry.learns
        yield count if known else None
    finally:
        close_adapter(backend, adapter)


@contextmanager
def counter(system: Backend, plan: Plan | None, options: RunOptions, show: Display) -> Iterator[TokenCounter]:
    """Yield what counts the tokens of a backend; one that learns its tokenizer learns that, and no model.

    Those of a model at OpenAI are tiktoken's: no key is needed, nothing is asked and nothing downloaded.

    Raises:
        BadInput: it has no tokenizer.
        Unavailable: it cannot work here, or learns and there is no task to learn from; tiktoken, or its
            vocabulary, is not here.
    """
    from harness.evaluation.tiktoken_counter import encoding_of, tiktoken_counter
    from harness.models.tokenizers import learnt_alone

    if encoding := encoding_of(system):
        yield tiktoken_counter(encoding, download=False)
        return
    ask = plan.task.ask if plan else cast(Ask, system.entry.asks[0])  # nothing is asked of it
    for reason in system.obstacles(trust_remote_code=options.trust_remote_code):
        raise Unavailable(reason)
    if plan and system.entry.learns:
        system.require(ask, plan.decoding, trust_remote_code=options.trust_remote_code)
    how: dict[str, Any] = {"trust_remote_code": options.trust_remote_code, "offline": options.offline}
    adapter = create_adapter(
        system, system.profile(seed=plan.task.seed if plan else Task.seed, ask=ask, **how)
    )
    try:
        if not adapter.can(Capability.COUNT_TOKENS):
            raise BadInput(f"{system.name} ({system.entry.name}) has no tokenizer")
        if adapter.can(Capability.LEARN):
            if plan is None:
                raise BadInput(
                    f"{system.name} learns its tokenizer from a task; name one in place of the text"
                )
            show.phase(f"{system.name}: learning its tokenizer")
            with adapter_errors(system.name):
                own = learnt_alone(lambda: adapter.fit(plan.material.train, plan.prompts()))
            show.stop()
            if own is not None:
                yield TokenCounter(own.count, own.pieces)
                return
        with adapter_errors(system.name):
            shows = adapter.can(Capability.SHOW_PIECES)
            yield TokenCounter(adapter.count_tokens, adapter.pieces if shows else None)
    finally:
        close_adapter(system.name, adapter)
