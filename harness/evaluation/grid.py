"""Every run of a grid: tasks times backends times settings, checked before anything is run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from harness import plugins
from harness.backends import backend as backends
from harness.backends.backend import Backend, CannotAsk
from harness.config import fields as forms
from harness.config.documents import shown
from harness.costs.max_cost import require_affordable
from harness.datasets.sources import NotHere
from harness.datasets.task_data import Material, Supplies
from harness.errors import BadInput, HarnessError, Unavailable, did_you_mean
from harness.evaluation import rag, sweeps
from harness.evaluation.plan import Plan
from harness.execution import executor
from harness.execution.permission import NotAllowed
from harness.options.running import RunOptions
from harness.perturbations import perturbed
from harness.schema import CHOOSING, IMAGE, Decoding
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.tasks.task import Task

LONGEST_NAME = 100  # signs of a row's name


@dataclass(frozen=True)
class Grid:
    """The values of each option that may have several; the plans are their product."""

    tasks: Sequence[str]
    backends: Sequence[str]
    templates: Sequence[str | None]
    asks: Sequence[str | None]
    shots: Sequence[int | None]
    train_limits: Sequence[int | float | None]
    decodings: Sequence[Mapping[str, Any]]
    settings: Sequence[Mapping[str, Any]]
    perturbs: Sequence[str | None]
    contexts: Sequence[str | None]

    @classmethod
    def of(cls, options: RunOptions) -> Grid:
        """Return the grid that the options span."""
        return cls(
            tasks=_axis(options.task),
            backends=_axis(options.backend),
            templates=_axis(options.template),
            asks=_axis(options.ask),
            shots=_axis(options.shots),
            train_limits=_axis(options.train_limit),
            decodings=_axis(options.decoding, {}),
            settings=_axis(options.settings, {}),
            # Beside the plain run, which the others are compared with.
            perturbs=[None, *(_axis(options.perturb) if options.perturb else [])],
            contexts=_axis(options.context),
        )

    @property
    def single(self) -> bool:
        """Return whether nothing has several values."""
        return all(len(getattr(self, axis.name)) <= 1 for axis in fields(self))


def _axis(given: Any, unsaid: Any = None) -> list[Any]:
    """Return one value or several as a list; where nothing is said, that alone."""
    if given is None:
        return [unsaid]
    return list(given) if isinstance(given, (list, tuple)) else [given]


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
    perturb: str | None = None
    context: str | None = None

    @property
    def trains(self) -> bool:
        """Return whether it reads the train split: to learn, or for shots."""
        return bool(self.task.shots) or self.backend.entry.learns

    @property
    def row(self) -> str:
        """Return what tells this system from the others that are asked the same task."""
        return repr((self.backend.name, self.given))


def plans(
    options: RunOptions,
    report: Callable[[str], None],
    command: str = "",
    *,
    keys: bool = True,
    judges: bool = True,
) -> tuple[list[Plan], list[HarnessError]]:
    """Return every run of the options' grid that can begin, checked, and why the others cannot.

    Others cannot where a backend or a download cannot work. Nor can a task that the user did not name
    himself, but `all` or a group, where its data is not here or a backend cannot be asked it.

    Where nothing will be asked, no service needs its key: `keys` False. Where nothing will be judged, nothing
    that models write is run, which the user need not allow: `judges` False.

    Raises:
        BadInput: anything else in the grid that the user has to mend; nothing has been run.
    """
    drafts, dead = _drafted(options, keys=keys, judges=judges)
    _require_one_row(drafts, options.name)
    found = Supplies(options.where, options.limit, report)
    ready: list[Plan] = []
    for draft in drafts:
        material = _supplied(draft, drafts, found)
        if isinstance(material, HarnessError):
            dead.append(material)
            continue
        about = (draft.task, draft.backend, draft.decoding, material, options, command, draft.given)
        plan = Plan(*about, train_limit=draft.train_limit, perturb=draft.perturb, context=draft.context)
        if not plan.counts_tokens:
            plan.rehearse()
        ready.append(plan)
    return ready, list({str(error): error for error in dead}.values())


def _settings_of(name: str, grid: Grid) -> list[Mapping[str, Any]]:
    """Return the settings of one backend, each once: those of all, and those that name it, `tfidf.ngram_max`.

    Raises:
        BadInput: a setting names a backend that is not asked.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for given in grid.settings:
        own: dict[str, Any] = {}
        for key, value in given.items():
            of, dot, setting = key.rpartition(".")
            if dot and of not in grid.backends:
                raise BadInput(
                    f"-m {key}: {of} is none of the backends here.{did_you_mean(of, grid.backends)}"
                )
            if not dot or of == name:
                own[setting] = value
        found[repr(own)] = own
    return list(found.values())


def _drafted(options: RunOptions, *, keys: bool, judges: bool) -> tuple[list[_Draft], list[HarnessError]]:
    """Return the runs of the grid whose backends can work, and why the others cannot."""
    grid = Grid.of(options)
    systems = [(backends.load(name), set_) for name in grid.backends for set_ in _settings_of(name, grid)]
    chosen = [(own, own.choose(set_)) for own, set_ in systems]
    drafts: list[_Draft] = []
    dead: list[HarnessError] = []
    for base, named in _tasks(grid, options):
        try:
            _ = base.metrics  # one may need a package that is not installed here
            sweeps.require_shots_matter(grid.shots, base, (system for _, system in chosen))
            if judges and base.file.execute is not None:
                _ = executor.needed(base, options.permission)
        except Unavailable as error:
            dead.append(Unavailable(f"{base.name}: {error}"))
            continue
        except (CannotAsk, NotAllowed) as error:
            if named:
                raise
            dead.append(error)
            continue
        asks = [
            (own, system.asked(base.ask), base.choose(shots=shots))
            for own, system in chosen
            for shots in sweeps.shots_for(grid.shots, base, system)
        ]
        for (own, system, task), asked in itertools.product(asks, grid.decodings):
            usual = forms.decoding(system.file.decoding.asked(), task.file.decoding.asked())
            decoding = forms.decoding(usual.asked(), asked)
            try:
                _require_fit(task, system)
                sweeps.require_decoding_matters(grid.decodings, task, system, decoding)
                allowed = options.trust_remote_code
                system.require(
                    *(task.ask, decoding), trust_remote_code=allowed, keys=keys, schema=task.holds_schema
                )
                if options.budget is not None:
                    require_affordable(options.budget, task.ask, system, decoding)
            except (Unavailable, CannotAsk) as error:
                if named and isinstance(error, CannotAsk):
                    raise
                dead.append(error)
                continue
            choices = _task_choices(task)
            if system.entry.replays and (asked or "shots" in choices):
                what = "-d" if asked else "--shots"
                raise BadInput(f"{what}: {system.name} was asked elsewhere, and how cannot be chosen here")
            # What was made elsewhere needs no train split to draw shots from, whatever it was shown.
            posed = task.choose(shots=0) if system.entry.replays else task
            given = {**choices, **system.differs(own), **_other(decoding.asked(), usual.asked())}
            limits = grid.train_limits if system.entry.learns else (None,)
            for limit, kind, context in itertools.product(limits, grid.perturbs, grid.contexts):
                shown_with = _in_context(posed, system, context, kind)
                chosen_too = {
                    **{**given, **_taught(system, limit, options)},
                    **{**_perturbed(posed, system, kind), **shown_with},
                }
                drafts.append(
                    _Draft(
                        *(posed, named, system, decoding, chosen_too, limit, kind),
                        context=shown_with.get("context"),
                    )
                )
    return drafts, dead


def _require_one_row(drafts: Sequence[_Draft], name: str | None) -> None:
    """Raise BadInput if the runs that would be called `name` are of several rows, or it is no name."""
    if name is None:
        return
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise BadInput(f"--name {shown(name)}: should be 1 to {LONGEST_NAME} signs that can be seen")
    if len(rows := {draft.row for draft in drafts}) > 1:
        raise BadInput(f"--name {name} is of one row, and these are {len(rows)}; name each by itself")


def _require_fit(task: Task, system: Backend) -> None:
    """Raise CannotAsk if the task has not what the backend reads, or has what it cannot read."""
    split, known, entry = task.file.shots.from_, task.file.data.splits, system.entry
    if IMAGE in task.file.inputs and not entry.pictures:
        able = [name for name, other in plugins.adapters().items() if other.pictures]
        raise CannotAsk(
            f"{system.name} ({entry.name}) sees no pictures, and {task.name} is about some; "
            f"adapters that can: {', '.join(able)}"
        )
    if task.ask in CHOOSING and task.file.options_from and not entry.own_options:
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


def _taught(system: Backend, limit: int | float | None, options: RunOptions) -> dict[str, Any]:
    """Return what a learner is kept from, as its label says it."""
    dedupe = {"dedupe_train": True} if options.dedupe_train and system.entry.learns else {}
    return {**({} if limit is None else {"train_limit": limit}), **dedupe}


def _perturbed(task: Task, system: Backend, kind: str | None) -> dict[str, Any]:
    """Return how the inputs are perturbed, as a label says it.

    Raises:
        BadInput: it cannot be done to the task, or the system was asked elsewhere.
    """
    if kind is None:
        return {}
    perturbed.require(kind, task)
    if system.entry.replays:
        raise BadInput(f"--perturb: {system.name} was asked elsewhere, and how cannot be chosen here")
    return {"perturb": kind}


def _in_context(task: Task, system: Backend, context: str | None, kind: str | None) -> dict[str, Any]:
    """Return which passages a prompt holds, as a label says it.

    Raises:
        BadInput: the task has no passage, the inputs are perturbed too, or the system was asked elsewhere.
    """
    if context is None:
        return {}
    if kind is not None:
        raise BadInput("--context and --perturb exclude each other")
    if system.entry.replays:
        raise BadInput(f"--context: {system.name} was asked elsewhere, and how cannot be chosen here")
    return {"context": rag.require(context, task)}


def _other(now: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs from the usual: a value that was only said again names no other system."""
    return {key: value for key, value in now.items() if value != usual.get(key)}


def _supplied(
    draft: _Draft, drafts: Sequence[_Draft], supplies: Supplies
) -> Material | Unavailable | NotHere:
    """Return the data that all drafts of a task share, or why it cannot be had: others go on.

    What reads no train split is not stopped by one that is not here or cannot be downloaded.

    Raises:
        BadInput: the data is wrong, or is not here and the user named the task himself.
    """
    train = any(other.trains for other in drafts if other.task.document.path == draft.task.document.path)
    found = supplies.of(draft.task, train=train)
    if isinstance(found, Material):
        return found
    if isinstance(found, NotHere) and draft.named:
        raise found
    if train and not draft.trains:
        alone = supplies.of(draft.task, train=False)
        return alone if isinstance(alone, Material) else found
    return found


def _tasks(grid: Grid, options: RunOptions) -> Iterator[tuple[Task, bool]]:
    """Yield each task as it will be asked, and whether the user named it himself."""
    groups.check(grid.tasks)
    for name in tasks.expand(grid.tasks):
        task = tasks.load(name)
        for template in grid.templates:
            names = list(task.file.templates.all) if template == "all" else [template]
            for one, ask in itertools.product(names, grid.asks):
                yield (
                    task.choose(ask=ask, template=one, split=options.split, seed=options.seed),
                    name in grid.tasks,
                )
