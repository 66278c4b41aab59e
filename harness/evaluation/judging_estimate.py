"""What the judging of replies would take that are not all there yet: part of the estimate of their runs.

What a system has said before, or in its pilot, is judged as it stands; a reply that nobody knows is as long
as one that is known. Where none is known, it has from no to all the tokens that the system may write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from harness.costs.token_bounds import max_completion_tokens
from harness.evaluation import adapter_lifecycle as engines
from harness.evaluation.estimate import CountTokens, Estimate, estimate, requests
from harness.evaluation.judgings import of_pairs, options_of, plans_of, together
from harness.evaluation.wrappers.compose import kept
from harness.judging.replies import Replies
from harness.records.record_values import record_values
from harness.records.sample_schema import Record
from harness.schema import Request, Response
from harness.stats.prediction_intervals import Range, exactly
from harness.text.thoughts import spoken

if TYPE_CHECKING:
    from harness.errors import HarnessError
    from harness.evaluation.plan import Plan
    from harness.tasks.schema import JudgeFile

UNSAID = "\u2060"  # a reply of which nothing is known: no token, and no empty reply either


@dataclass(frozen=True)
class _Expected:
    """The replies of a plan that are known, and all of them with others in place of those that are not."""

    known: Replies
    whole: Replies
    unseen: Range  # tokens of the replies of which not even the length is known


def of_task(
    judge: JudgeFile,
    plans: Sequence[Plan],
    pilot: int,
    count: CountTokens | None,
    report: Callable[[str], None],
) -> tuple[list[Estimate], list[HarnessError]]:
    """Return what the judging of the plans of one task would take, a judge each, and why others cannot judge.

    Up to `pilot` verdicts on known replies are asked for, and kept.

    Raises:
        BadInput: no such judge or rubric.
        Unavailable: a judge cannot be made ready, or answers none of the pilot.
    """
    found: list[Estimate] = []
    errors: list[HarnessError] = []
    for several in together(judge.rubric, [_expected(plan) for plan in plans]):
        with TemporaryDirectory() as folder:
            options = replace(options_of(judge, plans[0].options), runs_dir=Path(folder))
            about = (judge.judges, judge.rubric, judge.baseline, report)
            made = partial(plans_of, options, keys=pilot > 0)
            piloted: dict[str, Estimate] = {}
            if pilot and all(one.known.records for one in several):
                ready, _ = made([one.known for one in several], *about)
                piloted = {plan.system: estimate(plan, pilot, count) for plan in ready}
            ready, dead = made([one.whole for one in several], *about)
            errors += dead
            for plan in ready:
                first = piloted.get(plan.system)
                whole = estimate(plan, 0, count, _unseen(judge, several), first.again if first else None)
                if first is not None:
                    whole = replace(whole, pilot=first.pilot, pilot_cost=first.pilot_cost)
                found.append(whole)
    return found, errors


def _unseen(judge: JudgeFile, several: Sequence[_Expected]) -> Range:
    """Return the tokens of replies of unknown length in all that is judged; in pairs a reply stands often."""
    total = exactly(0)
    for one in several:
        places = 1
        if of_pairs(judge.rubric):
            alone = judge.baseline not in (None, one.whole.system)
            places = 2 * (1 if alone else len(several) - 1)
        total += one.unseen.times(places)
    return total


def _expected(plan: Plan) -> _Expected:
    """Return the replies to all requests of a plan: those that are known, and what stands for the others."""
    found: dict[tuple[str, int], tuple[Request, Response | None]] = {}
    engine = engines.create_adapter(plan.backend, plan.profile)
    try:
        with kept(engine, plan, engine.identity()) as look_up:
            for request in requests(plan, None, look_up):
                found[request.key] = request, look_up(request)
    finally:
        engines.close_adapter(plan.backend.name, engine)
    said = {
        key: _record(plan, request, answer.text or "")
        for key, (request, answer) in found.items()
        if answer is not None and answer.error is None and spoken(answer.text)
    }
    lost = [key for key, (_, answer) in found.items() if answer is None]
    texts = cycle([record.response.text or "" for record in said.values()] or [UNSAID])
    guessed = {key: _record(plan, found[key][0], next(texts)) for key in lost}
    most = max_completion_tokens(plan.decoding, plan.backend.settings)
    high = None if most is None else float(most * len(lost))
    unseen = exactly(0) if said or not lost else Range(0, None, high)
    known = Replies(plan.system, plan.task.name, said, 0, plan.task.file.reply_language)
    whole = {key: (said | guessed)[key] for key in found if key in said or key in guessed}
    return _Expected(known, replace(known, records=whole), unseen)


def _record(plan: Plan, request: Request, reply: str) -> Record:
    """Return the journal's line of a reply, as far as a judge is shown of it."""
    groups = plan.task.groups(request.example) if plan.task.file.breakdown else None
    line = record_values(
        request, Response(request.key, text=reply), prediction=None, scores=None, groups=groups
    )
    return Record.model_validate({**line, "request": {"messages": list(request.parts.messages())}})
