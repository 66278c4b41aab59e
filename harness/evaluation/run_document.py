"""What `run.json` and a line of the journal say, and nothing of how it came about."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.evaluation.energy import Used
from harness.evaluation.plan import Plan
from harness.records import atomic, run_file
from harness.records.fingerprint import digest
from harness.records.validation import RUNNING
from harness.schema import WRITTEN, Adapter, Response, SaysDecoding, Timing


@dataclass
class Session:
    """One stretch of a run in one process; a resumed run has several.

    `seconds` are those of inference. `answered` leaves out what failed and what a cache gave, and
    `output_tokens` counts only its tokens: a killed session tells no seconds, so its answers must
    not be divided by another's.
    """

    started: str = field(default_factory=atomic.now)
    finished: str | None = None
    seconds: float = 0.0
    requests: int = 0
    failed: int = 0
    answered: int = 0
    output_tokens: int = 0
    energy: Used | None = None

    def count(self, response: Response) -> None:
        """Count one request that ended."""
        self.requests += 1
        if response.error is not None:
            self.failed += 1
        elif not response.cached:
            self.answered += 1
            self.output_tokens += (response.usage and response.usage.completion_tokens) or 0


def described(response: Response) -> dict[str, Any]:
    """Return a response as the journal keeps it."""
    timing, scores = response.timing, response.option_scores
    # What only some asks have is left out of the lines of all others.
    measured = {
        **{"value": response.value, "tokens": response.tokens, "spans": response.spans},
        **{"similarities": response.similarities, "served": response.served},
        **{"label": response.label, "price": response.price},
    }
    return {
        "text": response.text,
        "option_scores": _finite(scores) if scores is not None else None,
        **{name: value for name, value in measured.items() if value is not None},
        "finish": response.finish,
        "usage": asdict(response.usage) if response.usage else None,
        # asdict copies deeply; this line is written for every example
        "timing_s": _timing(timing) if timing else None,
        "attempts": response.attempts,
        "cached": response.cached,
        "truncated": response.truncated,
        "error": asdict(response.error) if response.error else None,
    }


def _timing(timing: Timing) -> dict[str, float | None]:
    seconds = {"queue": timing.queue, "ttft": timing.ttft, "e2e": timing.e2e}
    return seconds if timing.wait is None else {**seconds, "wait": timing.wait}


def measured(value: float) -> float | None:
    """Return a value that JSON can hold: what is infinite is the last number before it, and NaN is none."""
    return None if math.isnan(value) else _finite([value])[0]


def _finite(scores: Sequence[float]) -> list[float]:
    """Return scores that JSON can hold in their order: what is infinite is the last number before it.

    A NaN stays, and is written as null.
    """
    last = sys.float_info.max
    return [min(max(float(score), -last), last) for score in scores]


def sent(plan: Plan, adapter: Adapter) -> dict[str, Any]:
    """Return what the engine is sent of the decoding: nothing where no text is asked for."""
    compares = plan.task.ask == "choose" and plan.backend.file.choose_by == "logprobs"
    if compares or plan.task.ask not in (*WRITTEN, "choose"):
        return {}
    told = adapter.sent(plan.decoding) if isinstance(adapter, SaysDecoding) else plan.decoding.asked()
    return {key: _seeds(value) if key == "seed" else value for key, value in told.items()}


def _seeds(seed: Any) -> dict[str, Any]:
    """Return what is said of the seeds that are sent: each example and repeat has one of its own."""
    rule = "blake2b of (seed, 'request', example id, repeat): harness.seeding.number"
    return {"from": seed, "one_for": "each example and repeat", "rule": rule}


def applied_here(plan: Plan, sent: Mapping[str, Any]) -> list[str]:
    """Return what was asked of the decoding and is done here, not by the engine: a chat's stop strings."""
    here = "stop" in plan.decoding.asked() and "stop" not in sent
    return ["stop"] if here and plan.backend.file.chat and sent else []


def described_plan(
    plan: Plan, mark: str, identity: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what `run.json` says of a run before it starts; `sent` is the decoding as the engine is told."""
    task, backend = plan.task, plan.backend.file
    shots = task.file.shots
    return {
        "schema_version": run_file.SCHEMA_VERSION,
        "id": "",
        "label": plan.system,
        "given": dict(plan.given),
        **({"name": plan.options.name} if plan.options.name is not None else {}),
        "status": RUNNING,
        "fingerprint": mark,
        "command": plan.command,
        "task": {
            "name": task.name,
            "version": task.file.version,
            "sha256": digest(task.resolved()),
            "ask": task.ask,
            "template": task.template_name,
            "shots": {"k": task.shots, "from": shots.from_, "draw": shots.draw},
            "split": task.split,
            "n": len(plan.material.selection.order),
            "limit": plan.options.limit,
            "repeat": plan.options.repeat,
            "tags": task.file.tags,
        },
        "backend": {
            "name": plan.backend.name,
            "adapter": backend.adapter,
            "model": backend.model,
            "revision": identity.get("revision") or backend.revision,
            "identity": dict(identity) or None,
            "parameters": backend.parameters,
            "kind": backend.kind,
            "licence": backend.licence,
            "settings": plan.backend.shown_settings,
            "concurrency": plan.options.concurrency or plan.backend.settings.get("concurrency"),
        },
        "decoding": {
            "asked": plan.decoding.asked(),
            "sent": dict(sent),
            **({"applied_here": here} if (here := applied_here(plan, sent)) else {}),
        },
        "choose_by": _choose_by(plan),
        "data": described_data(plan),
        "seed": task.seed,
    }


def renamed(run: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a run's document with another name of its row: what was answered is the same."""
    return {**run, "label": name, "name": name}


def _choose_by(plan: Plan) -> str | None:
    """Return how options are chosen among, None where none are, or where somebody else did it unseen."""
    if plan.task.ask != "choose":
        return None
    if not plan.backend.entry.replays:
        return plan.backend.file.choose_by
    return "logprobs" if "scores" in plan.backend.settings else None


def described_data(plan: Plan) -> dict[str, Any]:
    """Return what `run.json` says of the data."""
    source = plan.material.source
    return {
        "source": source.origin,
        "sample": source.sample,
        "revision": source.revision,
        "sha256": dict(plan.material.sha256),
        "rows": len(plan.material.selection.order),
        **({"files": whole.facts()} if (whole := plan.material.completeness) else {}),
    }


def throughput(sessions: Sequence[Mapping[str, Any]], *, replayed: bool) -> dict[str, float | None]:
    """Return answers and tokens a second over the sessions that told their seconds; None if `replayed`."""
    if replayed:
        return {"examples_per_s": None, "output_tokens_per_s": None}
    seconds, answered, tokens = (
        sum(session[key] for session in sessions) for key in ("seconds", "answered", "output_tokens")
    )
    return {
        "examples_per_s": answered / seconds if answered else None,
        "output_tokens_per_s": tokens / seconds if tokens else None,
    }
