"""What `run.json` says of a plan, its data and its sessions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.adapters.base import Adapter
from harness.evaluation.energy import Used
from harness.evaluation.plan import Plan
from harness.records import atomic
from harness.records.fingerprint import task_hash
from harness.records.record_values import finite
from harness.records.run_schema import (
    RUNNING,
    SCHEMA_VERSION,
    BackendInfo,
    DataInfo,
    DecodingInfo,
    EnergyInfo,
    RunDocument,
    SessionInfo,
    ShotsInfo,
    TaskInfo,
    ThroughputSummary,
)
from harness.schema import CHOOSING, WRITTEN, Response


@dataclass
class Session:
    """One stretch of a run in one process; a resumed run has several.

    `seconds` are those of inference, and `cpu_seconds` what this process used meanwhile. `answered` leaves
    out what failed and what a cache gave, and `output_tokens` counts only its tokens: a killed session tells
    no seconds, so its answers must not be divided by another's.
    """

    started: str = field(default_factory=atomic.now)
    finished: str | None = None
    seconds: float = 0.0
    cpu_seconds: float | None = None
    requests: int = 0
    failed: int = 0
    answered: int = 0
    output_tokens: int = 0
    energy: Used | None = None

    def count(self, response: Response) -> None:
        """Count one request that ended; a turn that was not asked is none."""
        if response.attempts == 0 and response.error is None:
            return
        self.requests += 1
        if response.error is not None:
            self.failed += 1
        elif not response.cached:
            self.answered += 1
            self.output_tokens += (response.usage and response.usage.completion_tokens) or 0

    def info(self) -> SessionInfo:
        """Return the session as the document keeps it."""
        used = self.energy
        return SessionInfo(
            started=self.started,
            finished=self.finished,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            requests=self.requests,
            failed=self.failed,
            answered=self.answered,
            output_tokens=self.output_tokens,
            energy=None
            if used is None
            else EnergyInfo(joules=used.joules, co2_g=used.co2_g, method=used.method),
        )


def measured(value: float) -> float | None:
    """Return a value that JSON can hold: what is infinite is the last number before it, and NaN is none."""
    return None if math.isnan(value) else finite([value])[0]


def sent(plan: Plan, adapter: Adapter) -> dict[str, Any]:
    """Return what the engine is sent of the decoding: nothing where no text is asked for."""
    compares = plan.task.ask in CHOOSING and plan.backend.file.choose_by == "logprobs"
    if compares or plan.task.ask not in (*WRITTEN, *CHOOSING):
        return {}
    told = adapter.sent(plan.decoding)
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
    plan: Plan, run_id: str, mark: str, identity: Mapping[str, Any], sent: Mapping[str, Any]
) -> RunDocument:
    """Return the document of a run before it starts; `sent` is the decoding as the engine is told."""
    run = RunDocument(
        schema_version=SCHEMA_VERSION,
        id=run_id,
        label=plan.system,
        given=dict(plan.given),
        status=RUNNING,
        fingerprint=mark,
        command=plan.command,
        task=_task(plan),
        backend=_backend(plan, identity),
        decoding=_decoding(plan, sent),
        choose_by=_choose_by(plan),
        data=described_data(plan),
        seed=plan.task.seed,
        started=atomic.now(),
    )
    if plan.options.name is not None:
        run.name = plan.options.name
    return run


def _task(plan: Plan) -> TaskInfo:
    task, shots = plan.task, plan.task.file.shots
    found = TaskInfo(
        name=task.name,
        version=task.file.version,
        sha256=task_hash(task),
        ask=task.ask,
        template=task.template_name,
        shots=ShotsInfo(k=task.shots, from_=shots.from_, draw=shots.draw),
        split=task.split,
        n=len(plan.material.selection.order),
        limit=plan.options.limit,
        repeat=plan.options.repeat,
        tags=list(task.file.tags),
    )
    if plan.perturb is not None:
        found.perturb = plan.perturb
    if plan.context is not None:
        found.context = plan.context
    return found


def _backend(plan: Plan, identity: Mapping[str, Any]) -> BackendInfo:
    backend = plan.backend.file
    return BackendInfo(
        name=plan.backend.name,
        adapter=backend.adapter,
        model=backend.model,
        revision=identity.get("revision") or backend.revision,
        identity=dict(identity) or None,
        parameters=backend.parameters,
        kind=backend.kind,
        licence=backend.licence,
        settings=plan.backend.shown_settings,
        concurrency=plan.options.concurrency or plan.backend.settings.get("concurrency"),
    )


def _decoding(plan: Plan, sent: Mapping[str, Any]) -> DecodingInfo:
    found = DecodingInfo(asked=plan.decoding.asked(), sent=dict(sent))
    if here := applied_here(plan, sent):
        found.applied_here = here
    return found


def _choose_by(plan: Plan) -> str | None:
    """Return how options are chosen among, None where none are, or where somebody else did it unseen."""
    if plan.task.ask not in CHOOSING:
        return None
    if not plan.backend.entry.replays:
        return plan.backend.file.choose_by
    return "logprobs" if "scores" in plan.backend.settings else None


def described_data(plan: Plan) -> DataInfo:
    """Return what the document says of the data."""
    source = plan.material.source
    found = DataInfo(
        source=source.origin,
        sample=source.sample,
        revision=source.revision,
        sha256=dict(plan.material.sha256),
        rows=len(plan.material.selection.order),
    )
    if whole := plan.material.completeness:
        found.files = whole.facts()
    return found


def throughput(sessions: Sequence[SessionInfo], *, replayed: bool) -> ThroughputSummary:
    """Return answers and tokens a second over the sessions that told their seconds; None if `replayed`.

    The CPU time of an answer is over those sessions that told it.
    """
    if replayed:
        return ThroughputSummary(examples_per_s=None, output_tokens_per_s=None)
    seconds = sum(session.seconds for session in sessions)
    answered = sum(session.answered for session in sessions)
    tokens = sum(session.output_tokens for session in sessions)
    timed = [session for session in sessions if session.cpu_seconds is not None]
    counted = sum(session.answered for session in timed)
    return ThroughputSummary(
        cpu_ms_per_example=1000 * sum(one.cpu_seconds or 0.0 for one in timed) / counted if counted else None,
        examples_per_s=answered / seconds if answered else None,
        output_tokens_per_s=tokens / seconds if tokens else None,
    )
