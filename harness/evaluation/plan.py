"""A run before it starts: what the user may have got wrong is found here, before any model is loaded."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from harness import plugins
from harness.backends import backend as backends
from harness.backends.backend import Backend, CannotAsk
from harness.config import documents
from harness.config import fields as forms
from harness.costs.max_cost import require_affordable
from harness.costs.money import Budget
from harness.datasets import train_subset as lessons
from harness.datasets.sources import NotHere, Where
from harness.datasets.task_data import Material, Supplies, supply
from harness.datasets.train_subset import Lessons
from harness.errors import HarnessError, Unavailable
from harness.prompts.renderer import Prompts
from harness.records import journal as records
from harness.schema import IMAGE, Decoding, Profile
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.tasks.task import Task

# Up to so many requests, the time to the first token is asked for unless the user says otherwise.
STREAMED = 200


@dataclass(frozen=True)
class Options:
    """What a user may say about a run beside the task and the backend.

    `latency` None asks for the time to the first token where that is cheap: in short runs. `cache` keeps what
    servers answer, `budget` bounds what all runs may spend, `slo` are bounds on times in seconds. Where
    nothing is asked (`asks`), no service needs its key.
    """

    where: Where = field(default_factory=Where)
    runs_dir: Path = Path("runs")
    limit: int | float | None = None
    repeat: int = 1
    max_failures: int | float = 0.01
    fresh: bool = False
    trust_remote_code: bool = False
    cache: bool = True
    budget: Budget | None = None
    slo: Mapping[str, float] | None = None
    concurrency: int | None = None
    latency: bool | None = None
    asks: bool = True
    dedupe_train: bool = False
    energy: bool = False


@dataclass(frozen=True)
class Plan:
    """One run to be: a task, a backend, a decoding, a template, and the data."""

    task: Task
    backend: Backend
    decoding: Decoding
    material: Material
    options: Options
    command: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    resume: Path | None = None
    train_limit: int | float | None = None

    @property
    def system(self) -> str:
        """Return the backend's name with every setting that differs from its profile and the task's."""
        extra = ", ".join(f"{name}={_short(value)}" for name, value in self.given.items())
        return f"{self.backend.name} [{extra}]" if extra else self.backend.name

    @property
    def total(self) -> int:
        """Return the number of requests: examples times repeats."""
        return len(self.material.selection.order) * self.options.repeat

    @property
    def label(self) -> str:
        """Return the run in a few words, for progress."""
        return f"{self.task.name} · {self.system}"

    @property
    def profile(self) -> Profile:
        """Return what the adapter is told."""
        return self.backend.profile(
            seed=self.task.seed,
            ask=self.task.ask,
            trust_remote_code=self.options.trust_remote_code,
            offline=self.options.where.offline,
            concurrency=self.options.concurrency,
            stream=self.total <= STREAMED if self.options.latency is None else self.options.latency,
        )

    @property
    def counts_tokens(self) -> bool:
        """Return whether a prompt can be made only with the backend's tokenizer."""
        return bool(self.task.shots and self.task.file.shots.max_tokens)

    @property
    def keeps_answers(self) -> bool:
        """Return whether answers are kept and handed out again: those that a server was asked for.

        What runs here can be run again, and its answers depend on batch and hardware, which no key holds.
        """
        return self.options.cache and self.backend.entry.remote

    @cached_property
    def lessons(self) -> Lessons:
        """Return what a learner learns from: all that the user allows of the train split."""
        evaluated = self.material.evaluated() if self.backend.entry.learns else ()
        return lessons.of(
            self.material.train,
            evaluated,
            limit=self.train_limit,
            dedupe=self.options.dedupe_train,
            seed=self.task.seed,
        )

    @property
    def taught(self) -> dict[str, Any]:
        """Return what of the train split is learnt from, for hashes; empty where it is all of it."""
        found: dict[str, Any] = {} if self.train_limit is None else {"limit": self.train_limit}
        if self.backend.entry.learns and self.options.dedupe_train:
            split, limit = self.task.split, self.options.limit
            found["without"] = {"sha256": self.material.sha256[split], "limit": limit}
        return found

    def rehearse(self, count_tokens: Callable[[str], int] | None = None) -> None:
        """Render one prompt, if the backend reads prompts at all.

        Raises:
            BadInput: the template fails on the data, or too few rows qualify as shots.
        """
        if not self.backend.entry.learns:
            _ = self.prompts(count_tokens).request(next(self.material.evaluated())).prompt

    def prompts(self, count_tokens: Callable[[str], int] | None = None) -> Prompts:
        """Return what renders the requests of this run.

        A learner has seen the whole train split: its prompts, if it reads any, have no shots.
        """
        return Prompts(
            self.task.choose(shots=0) if self.backend.entry.learns else self.task,
            lambda: self.material.train,
            decoding=self.decoding,
            instruct=self.task.ask != "choose" or self.backend.file.choose_by != "logprobs",
            count_tokens=count_tokens,
        )


@dataclass(frozen=True)
class Grid:
    """Values for each thing that may vary; the plans are their product."""

    tasks: Sequence[str]
    backends: Sequence[str]
    templates: Sequence[str | None] = (None,)
    asks: Sequence[str | None] = (None,)
    shots: int | None = None
    split: str | None = None
    seed: int | None = None
    train_limits: Sequence[int | float | None] = (None,)
    decodings: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [{}])
    settings: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [{}])


class _Draft(NamedTuple):
    """A run that is checked, its data not yet looked for.

    `named` says that the user named the task himself, not `all` or a group it is in.
    """

    task: Task
    named: bool
    backend: Backend
    decoding: Decoding
    given: Mapping[str, Any]
    train_limit: int | float | None

    @property
    def trains(self) -> bool:
        """Return whether it reads the train split: to learn, or for shots."""
        return bool(self.task.shots) or self.backend.entry.learns


def plans(
    grid: Grid, options: Options, report: Callable[[str], None], command: str = ""
) -> tuple[list[Plan], list[HarnessError]]:
    """Return every run of the grid that can begin, checked, and why the others cannot.

    Others cannot where a backend or a download cannot work. Nor can a task that the user did not name
    himself, but `all` or a group, where its data is not here or a backend cannot be asked it.

    Raises:
        BadInput: anything else in the grid that the user has to mend; nothing has been run.
    """
    drafts, dead = _drafted(grid, options)
    found = Supplies(options.where, options.limit, report)
    ready: list[Plan] = []
    for draft in drafts:
        material = _supplied(draft, drafts, found)
        if isinstance(material, HarnessError):
            dead.append(material)
            continue
        about = (draft.task, draft.backend, draft.decoding, material, options, command, draft.given)
        plan = Plan(*about, train_limit=draft.train_limit)
        if not plan.counts_tokens:
            plan.rehearse()
        ready.append(plan)
    return ready, list({str(error): error for error in dead}.values())


def _drafted(grid: Grid, options: Options) -> tuple[list[_Draft], list[HarnessError]]:
    """Return the runs of the grid whose backends can work, and why the others cannot."""
    systems = [(backends.load(name), set_) for name in grid.backends for set_ in grid.settings]
    chosen = [(own, own.choose(set_)) for own, set_ in systems]
    drafts: list[_Draft] = []
    dead: list[HarnessError] = []
    for task, named in _tasks(grid):
        try:
            _ = task.metrics  # one may need a package that is not installed here
        except Unavailable as error:
            dead.append(Unavailable(f"{task.name}: {error}"))
            continue
        for (own, system), asked in itertools.product(chosen, grid.decodings):
            usual = forms.decoding(system.file.decoding.asked(), task.file.decoding.asked())
            decoding = forms.decoding(usual.asked(), asked)
            try:
                _require_fit(task, system)
                system.require(
                    task.ask, decoding, trust_remote_code=options.trust_remote_code, keys=options.asks
                )
                if options.budget is not None:
                    require_affordable(options.budget, task.ask, system, decoding)
            except (Unavailable, CannotAsk) as error:
                if named and isinstance(error, CannotAsk):
                    raise
                dead.append(error)
                continue
            given = {**_task_choices(task), **system.differs(own), **_other(decoding.asked(), usual.asked())}
            for limit in grid.train_limits if system.entry.learns else (None,):
                taught = _taught(system, limit, options)
                drafts.append(_Draft(task, named, system, decoding, {**given, **taught}, limit))
    return drafts, dead


def _require_fit(task: Task, system: Backend) -> None:
    """Raise CannotAsk if the task has not what the backend reads, or has what it cannot read."""
    split, known, entry = task.file.shots.from_, task.file.data.splits, system.entry
    if IMAGE in task.file.inputs and not entry.pictures:
        able = [name for name, other in plugins.adapters().items() if other.pictures]
        raise CannotAsk(
            f"{system.name} ({entry.name}) sees no pictures, and {task.name} is about some; "
            f"adapters that can: {', '.join(able)}"
        )
    if task.ask == "choose" and task.file.options_from and not entry.own_options:
        raise CannotAsk(
            f"{system.name} needs options that all examples share; in {task.name} each has its own"
        )
    if entry.learns and known and split not in known:
        raise CannotAsk(
            f"{system.name} learns from the split {split!r}, and {task.name} has only {', '.join(known)}"
        )


def _task_choices(task: Task) -> dict[str, Any]:
    """Return the choices that are not the task's own."""
    file = task.file
    own = {
        "ask": file.ask,
        "template": file.templates.default or next(iter(file.templates.all)),
        "shots": file.shots.k,
        "seed": Task.seed,
    }
    now = {"ask": task.ask, "template": task.template_name, "shots": task.shots, "seed": task.seed}
    return _other(now, own)


def _taught(system: Backend, limit: int | float | None, options: Options) -> dict[str, Any]:
    """Return what a learner is kept from, as its label says it."""
    dedupe = {"dedupe_train": True} if options.dedupe_train and system.entry.learns else {}
    return {**({} if limit is None else {"train_limit": limit}), **dedupe}


def _other(now: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs from the usual: a value that was only said again names no other system."""
    return {key: value for key, value in now.items() if value != usual.get(key)}


def _supplied(
    draft: _Draft, drafts: Sequence[_Draft], supplies: Supplies
) -> Material | Unavailable | NotHere:
    """Return the data that all drafts of a task share, or why it cannot be had: others go on.

    In a group, what reads no train split is not stopped by one that is not here.

    Raises:
        BadInput: the data is wrong, or is not here and the user named the task himself.
    """
    train = any(other.trains for other in drafts if other.task.document.path == draft.task.document.path)
    found = supplies.of(draft.task, train=train)
    if isinstance(found, NotHere):
        if draft.named:
            raise found
        if train and not draft.trains:
            alone = supplies.of(draft.task, train=False)
            return found if isinstance(alone, NotHere) else alone
    return found


def _short(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _tasks(grid: Grid) -> Iterator[tuple[Task, bool]]:
    """Yield each task as it will be asked, and whether the user named it himself."""
    groups.check(grid.tasks)
    for name in tasks.expand(grid.tasks):
        task = tasks.load(name)
        for template in grid.templates:
            names = list(task.file.templates.all) if template == "all" else [template]
            for one, ask in itertools.product(names, grid.asks):
                made = task.choose(ask=ask, template=one, shots=grid.shots, split=grid.split, seed=grid.seed)
                yield made, name in grid.tasks


def resumed(directory: Path, options: Options, report: Callable[[str], None]) -> Plan:
    """Return the plan of a run directory, wherever it lies now: it holds the task and backend it began with.

    Raises:
        BadInput: not a run directory, or its data is not to be found here.
    """
    run = records.read_run(directory)
    said, seed = run["task"], run["seed"]
    task = tasks.parse(documents.read(directory / records.TASK), said["name"]).choose(seed=seed)
    backend = backends.parse(documents.read(directory / records.BACKEND), run["backend"]["name"])
    decoding = forms.decoding(run["decoding"]["asked"])
    backend.require(task.ask, decoding, trust_remote_code=options.trust_remote_code)
    if options.budget is not None:
        require_affordable(options.budget, task.ask, backend, decoding)
    where = replace(options.where, sample=run["data"]["sample"])
    options = replace(options, where=where, limit=said["limit"], repeat=said["repeat"], fresh=False)
    given = run["given"]
    options = replace(options, dedupe_train=given.get("dedupe_train", False))
    material = supply(
        task, options.where, report, limit=options.limit, train=bool(task.shots or backend.entry.learns)
    )
    about = (task, backend, decoding, material, options, run["command"], given, directory)
    return Plan(*about, train_limit=given.get("train_limit"))
