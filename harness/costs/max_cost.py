"""Whether a limit on what is spent can be held for a run, said before anything is asked."""

from __future__ import annotations

from harness.backends.backend import Backend
from harness.costs.money import Budget
from harness.costs.prices import price
from harness.costs.token_bounds import generates_text, max_completion_tokens
from harness.errors import BadInput
from harness.schema import Ask, Decoding


def require_affordable(budget: Budget, ask: Ask, backend: Backend, decoding: Decoding) -> None:
    """Check that the most which a request of this run may cost is known.

    What runs here and has no price costs nothing that a limit could hold.

    Raises:
        BadInput: the price is unknown, is by the hour or needs a rate, or nothing bounds what is written.
    """
    if backend.file.price.usd_per_hour is not None:
        raise BadInput(
            f"--max-cost holds what is billed by the token, and {backend.name} is billed by the hour; "
            "--limit bounds its time"
        )
    known = price(backend)
    if ask == "retrieve" and backend.entry.remote:
        raise BadInput(
            f"--max-cost holds no bound on what {backend.name} takes for embedding a corpus: leave it out"
        )
    if known is None:
        if backend.entry.remote:
            raise BadInput(
                f"--max-cost: nobody knows what {backend.file.model or backend.name} costs; say it in a "
                f"profile of your own, as price: {{usd_per_mtok: {{input: …, output: …}}}}"
            )
        return
    budget.converter(known.currency)
    if (
        generates_text(ask, backend.file.choose_by)
        and max_completion_tokens(decoding, backend.settings) is None
    ):
        raise BadInput(
            f"--max-cost needs a bound on what {backend.name} may write, or one reply could cost any sum: "
            "add -d max_tokens=N"
        )
