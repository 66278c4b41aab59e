"""The walk: from one run's settings to another's, one at a time, on the same examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness import seeding
from harness.datasets.selection import Selection
from harness.datasets.sources import Where
from harness.datasets.task_data import Material, supply
from harness.errors import BadInput, HarnessError, Stopped
from harness.evaluation.explain.aspects import Aspect, Side, between, differing
from harness.evaluation.explain.difference import Difference, Rows, difference
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import opened
from harness.records import journal as records
from harness.records import run_file
from harness.records.journal import Key
from harness.records.sample_schema import Record, whole
from harness.schema import Metric
from harness.scoring.rescore import judged

Tell = Callable[[str], None]


@dataclass(frozen=True)
class End:
    """One end of a walk: how it was asked, and the records that its run kept of what was answered.

    Of a published row there are no records: its `figure` stands for them, with its interval if it has one.
    """

    name: str
    side: Side
    records: Mapping[Key, Record] = field(default_factory=dict)
    figure: float | None = None
    interval: tuple[float, float] | None = None
    asked: bool = True

    @property
    def ids(self) -> list[str]:
        """Return the ids that were answered, each once."""
        return list(dict.fromkeys(name for name, repeat in self.records if repeat == 0))


@dataclass(frozen=True)
class Step:
    """What a setting is worth: the figure before and after it, over `n` examples, and what finding out took.

    `joined` are settings that go with it, since neither can be had without the other. `calls` counts what was
    asked; what was asked for an earlier walk is not asked again.
    """

    aspect: Aspect
    worth: Difference
    joined: tuple[str, ...] = ()
    calls: int = 0
    seconds: float = 0.0
    cost: float | None = None
    currency: str | None = None

    @property
    def name(self) -> str:
        """Return the settings that it takes."""
        return " + ".join((self.aspect.name, *self.joined))


@dataclass(frozen=True)
class Explanation:
    """A walk from a to b. `again` is a asked again here, `remainder` what b has beyond its settings.

    The steps sum up to the difference of the ends: figure of b = figure of a + again + steps + remainder.
    `gap` is how far an option's log-probability parts at most where the settings are b's (nats), None where
    none was told; `cut` counts the prompts of these that did not fit the model's window. `untold` are
    settings of which a published row says nothing.
    """

    a: End
    b: End
    metric: str
    whole: Difference
    again: Step
    steps: list[Step]
    remainder: Difference
    gap: float | None = None
    cut: int = 0
    untold: tuple[str, ...] = ()
    error: HarnessError | None = None


def explain(a: End, b: End, n: int, where: Where, tell: Tell = lambda _: None) -> Explanation:
    """Return what each setting in which b differs from a is worth, on at most `n` examples.

    Each step asks the examples in a's way with one more setting of b's. What was asked before is not asked
    again; a walk that was stopped goes on.

    Raises:
        BadInput: the runs have no example in common, or the data here is not theirs.
        Unavailable: a system cannot be asked.
    """
    return _Walk(a, b, n, where, tell).explanation()


class _Walk:
    def __init__(self, a: End, b: End, n: int, where: Where, tell: Tell) -> None:
        self.a, self.b, self.n, self.where, self.tell = a, b, n, where, tell
        self.materials: dict[Any, Material] = {}
        self.clusters: dict[str, str] = {}

    def explanation(self) -> Explanation:
        aspects = differing(self.a.side, self.b.side)
        moves = any(aspect.moves for aspect in aspects)
        known = _metric(self.a.side)
        ours = self._kept(self.a, self._ids(self.a, self.b, apart=moves))
        first, again = self._asked(self.a.side, Aspect("again", {}), ours)
        steps: list[Step] = []
        taken: set[str] = set()
        pending: list[Aspect] = []
        now, side, error = first, self.a.side, None
        for at, aspect in enumerate(aspects):
            taken |= aspect.keys.keys()
            pending.append(aspect)
            try:
                side = between(self.a.side, self.b.side, taken)
            except BadInput as why:
                if at == len(aspects) - 1:
                    raise
                self.tell(f"{aspect.name} cannot be had alone ({why.message}); it goes with what comes next")
                continue
            try:
                now, step = self._step(side, pending, now)
            except HarnessError as why:
                error = why
                break
            steps.append(step)
            pending = []
        theirs = self._theirs(side, now)
        return Explanation(
            a=self.a,
            b=self.b,
            metric=known.name,
            whole=difference(ours, theirs),
            again=again,
            steps=steps,
            remainder=difference(now, theirs),
            gap=_gap(now.records, theirs.records),
            cut=sum(record.response.truncated for record in now.records.values()),
            error=error,
        )

    def _step(self, side: Side, pending: Sequence[Aspect], before: Rows) -> tuple[Rows, Step]:
        aspect, *rest = pending
        self.tell(f"{aspect.name}: {_changed(aspect)}")
        joined = tuple(one.name for one in rest)
        if all(one.judges for one in pending):
            rows = self._judged(before.records, side)
            return rows, Step(aspect, difference(before, rows), joined)
        rows, step = self._asked(side, aspect, before)
        return rows, replace(step, joined=joined)

    def _asked(self, side: Side, aspect: Aspect, before: Rows) -> tuple[Rows, Step]:
        """Ask the examples in the way of `side`, and return their rows and what that took."""
        material = self._material(side)
        there, before_ids = list(material.selection.order), set(before.ids)
        names = [] if aspect.moves else [name for name in there if name in before_ids]
        if not names:  # other examples: those that b answered, where it tells
            theirs = set(self.b.ids)
            names = _drawn([name for name in there if not theirs or name in theirs], side, self.n)
        if not names:
            raise BadInput(f"{side.plan.task.name}: none of the examples is in the data that is here")
        plan = replace(side.plan, material=material)
        chosen = set(names)
        with opened(plan, Quiet()) as run:
            known = run_file.read_run(run.directory).cost if run.complete else None
            calls, seconds, cost = 0, 0.0, known
            if not run.complete:
                run.begin()
                run.ask(example for example in plan.evaluated() if example.id in chosen)
                stopped = run.stopped
                outcome = run.finish(Stopped("a part, asked to explain a difference"))
                calls, seconds = run.session.requests, run.session.seconds
                cost = outcome.run.cost if calls else None
                if stopped is not None:
                    raise stopped
            found = _records(run.directory / run_file.SAMPLES, chosen)
        rows = self._judged(found, side)
        spent, currency = (cost.total, cost.currency) if cost and calls else (None, None)
        return rows, Step(aspect, difference(before, rows), (), calls, seconds, spent, currency)

    def _judged(self, found: Mapping[Key, Record], side: Side) -> Rows:
        metric = _metric(side)
        scored = judged(found.values(), side.plan.task, side.plan.options.permission)
        return Rows.of(metric, ((record, scores[metric.name]) for record, scores in scored), found)

    def _kept(self, end: End, ids: Iterable[str]) -> Rows:
        """Return the rows of an end as its run judged them."""
        metric, wanted = _metric(end.side), set(ids)
        kept = {
            key: record
            for key, record in end.records.items()
            if key[0] in wanted and key[1] == 0 and record.scores and metric.name in record.scores
        }
        if not kept:
            raise BadInput(f"{end.name}: no example of it has {metric.name}")
        return Rows.of(metric, ((one, (one.scores or {})[metric.name]) for one in kept.values()), kept)

    def _theirs(self, side: Side, now: Rows) -> Rows:
        """Return the rows of b on the examples that the walk ended with, or its figure alone."""
        if not self.b.records:
            return Rows.figure_alone(now.metric, self.b.figure, self.b.interval)
        known = set(self.b.ids)
        asked = [name for name in now.ids if name in known]  # none where a walk ended before the other split
        return self._kept(self.b, asked or _drawn(self.b.ids, side, self.n))

    def _ids(self, a: End, b: End, *, apart: bool) -> list[str]:
        """Return the ids to ask: of what both answered, or of a's own where b was asked other examples."""
        common = a.ids if apart or not b.records else [name for name in a.ids if name in set(b.ids)]
        if not common:
            raise BadInput(f"no example was answered in both {a.name} and {b.name}")
        return _drawn(common, a.side, self.n)

    def _material(self, side: Side) -> Material:
        """Return the data of a side, found once."""
        task = side.plan.task
        train = bool(task.shots or side.plan.backend.entry.learns)
        key = (str(task.document.path), repr(task.file.data), task.split, side.sample, train)
        if key not in self.materials:
            where = replace(self.where, sample=side.sample)
            found = supply(task, where, self.tell, train=train)
            if found.sha256[task.split] != side.sha256 and side.sha256:
                raise BadInput(
                    f"{task.name}: the data here is {found.sha256[task.split][:8]}, and the run was asked "
                    f"about {side.sha256[:8]}; --data-dir names the folder that has it"
                )
            self.materials[key] = found
        found = self.materials[key]
        order = found.selection.order
        return replace(found, task=task, selection=Selection(task.split, order, None))


def _drawn(names: Sequence[str], side: Side, n: int) -> list[str]:
    """Return at most `n` of the ids, the same whoever asks: by the seed and each id alone."""
    seed = side.plan.task.seed
    return sorted(names, key=lambda name: seeding.number(seed, "explain", name))[:n]


def _records(samples: Path, ids: set[str]) -> dict[Key, Record]:
    lines = (line.record for line in records.last_lines(samples, judged=False))
    return {record.key: record for record in lines if record.id in ids and record.repeat == 0}


def _metric(side: Side) -> Metric:
    return next(metric for metric in side.plan.task.metrics if metric.name == side.metric)


def _gap(ours: Mapping[Key, Record], theirs: Mapping[Key, Record]) -> float | None:
    """Return how far the log-probabilities of options part at most, None where either has none."""
    pairs = [
        (whole(ours[key].response.option_scores), whole(theirs[key].response.option_scores))
        for key in ours.keys() & theirs.keys()
    ]
    gaps = [abs(one - other) for a, b in pairs if a and b for one, other in zip(a, b, strict=False)]
    return max(gaps, default=None)


def _changed(aspect: Aspect) -> str:
    from harness.config.documents import shown

    return ", ".join(f"{key} {shown(one)} → {shown(other)}" for key, (one, other) in aspect.keys.items())
