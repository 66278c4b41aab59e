"""A run before it starts: what the user may have got wrong is found here, before any model is loaded."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from harness import backends, datasets, documents, forms, records, sources, tasks
from harness.backends import Backend
from harness.datasets import Selection
from harness.errors import Unavailable
from harness.prompts import Prompts
from harness.schema import Decoding, Example, Profile
from harness.sources import Source, Where
from harness.tasks import Task


@dataclass(frozen=True)
class Options:
    """What a user may say about a run beside the task and the backend."""

    where: Where = field(default_factory=Where)
    runs_dir: Path = Path("runs")
    limit: int | float | None = None
    repeat: int = 1
    max_failures: int | float = 0.01
    fresh: bool = False
    trust_remote_code: bool = False


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector: 150,000 new rows that all stay cost it a fifth of their reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(frozen=True)
class Material:
    """A task's data, found, hashed and surveyed; every backend of a grid shares it."""

    task: Task
    source: Source
    selection: Selection
    sha256: Mapping[str, str]

    @cached_property
    def train(self) -> list[Example]:
        """The train split as the data has it: what learners fit and shots are drawn from."""
        with _no_collection():
            return list(datasets.examples(self.task, self.source, self.task.file.shots.from_))

    def evaluated(self) -> Iterator[Example]:
        """Yield the evaluated examples in data order."""
        return datasets.selected(self.task, self.source, self.selection)


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
            trust_remote_code=self.options.trust_remote_code,
            offline=self.options.where.offline,
        )

    @property
    def counts_tokens(self) -> bool:
        """Return whether a prompt can be made only with the backend's tokenizer."""
        return bool(self.task.shots and self.task.file.shots.max_tokens)

    def rehearse(self, count_tokens: Callable[[str], int] | None = None) -> None:
        """Render one prompt, if the backend reads prompts at all.

        Raises:
            BadInput: the template fails on the data, or too few rows qualify as shots.
        """
        if not self.backend.entry.learns:
            _ = self.prompts(count_tokens).request(next(self.material.evaluated())).prompt

    def prompts(self, count_tokens: Callable[[str], int] | None = None) -> Prompts:
        """Return what renders the requests of this run."""
        return Prompts(
            self.task,
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
    decodings: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [{}])
    settings: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [{}])


class _Draft(NamedTuple):
    """A run that is checked, its data not yet looked for."""

    task: Task
    backend: Backend
    decoding: Decoding
    given: Mapping[str, Any]


def plans(
    grid: Grid, options: Options, report: Callable[[str], None], command: str = ""
) -> tuple[list[Plan], list[Unavailable]]:
    """Return every run of the grid that can begin, checked, and why the others cannot.

    Raises:
        BadInput: anything in the grid that the user has to mend; nothing has been run.
    """
    drafts, dead = _drafted(grid, options)
    materials: dict[Any, Material | Unavailable] = {}
    ready: list[Plan] = []
    for draft in drafts:
        key = (draft.task.document.path, draft.task.split, draft.task.seed)
        if key not in materials:
            materials[key] = _supplied(draft.task, drafts, options, report)
        material = materials[key]
        if isinstance(material, Unavailable):
            dead.append(material)
            continue
        plan = Plan(draft.task, draft.backend, draft.decoding, material, options, command, draft.given)
        if not plan.counts_tokens:
            plan.rehearse()
        ready.append(plan)
    return ready, list({str(error): error for error in dead}.values())


def _drafted(grid: Grid, options: Options) -> tuple[list[_Draft], list[Unavailable]]:
    """Return the runs of the grid whose backends can work, and why the others cannot."""
    systems = [(backends.load(name), set_) for name in grid.backends for set_ in grid.settings]
    chosen = [(own, own.choose(set_)) for own, set_ in systems]
    drafts: list[_Draft] = []
    dead: list[Unavailable] = []
    for task in _tasks(grid):
        for (own, system), asked in itertools.product(chosen, grid.decodings):
            usual = forms.decoding(system.file.decoding.asked(), task.file.decoding.asked())
            decoding = forms.decoding(usual.asked(), asked)
            try:
                system.require(task.ask, decoding, trust_remote_code=options.trust_remote_code)
            except Unavailable as error:
                dead.append(error)
                continue
            given = {**_task_choices(task), **system.differs(own), **_other(decoding.asked(), usual.asked())}
            drafts.append(_Draft(task, system, decoding, given))
    return drafts, dead


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


def _other(now: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs from the usual: a value that was only said again names no other system."""
    return {key: value for key, value in now.items() if value != usual.get(key)}


def _supplied(
    task: Task, drafts: Sequence[_Draft], options: Options, report: Callable[[str], None]
) -> Material | Unavailable:
    """Return the data that all drafts of a task share, or why it cannot be had: others go on."""
    same = [draft for draft in drafts if draft.task.document.path == task.document.path]
    train = any(draft.task.shots or draft.backend.entry.learns for draft in same)
    try:
        return supply(task, options, report, train=train)
    except Unavailable as error:
        return error


def _short(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _tasks(grid: Grid) -> Iterator[Task]:
    for name in tasks.expand(grid.tasks):
        task = tasks.load(name)
        for template in grid.templates:
            names = list(task.file.templates.all) if template == "all" else [template]
            for one, ask in itertools.product(names, grid.asks):
                yield task.choose(ask=ask, template=one, shots=grid.shots, split=grid.split, seed=grid.seed)


def supply(task: Task, options: Options, report: Callable[[str], None], *, train: bool) -> Material:
    """Return the task's data, found, hashed and read through once.

    Raises:
        BadInput: the data is not there or is wrong.
        Unavailable: it could not be fetched.
    """
    splits = list(dict.fromkeys([task.split, *([task.file.shots.from_] if train else [])]))
    source = sources.locate(task, splits, options.where, report)
    hashes = {path: datasets.sha256(path) for paths in source.files.values() for path in paths}
    sha256 = {split: "+".join(hashes[path] for path in paths) for split, paths in source.files.items()}
    material = Material(task, source, datasets.survey(task, source, options.limit), sha256)
    if train:
        _ = material.train  # a wrong label in its last row is found now, not after a model is loaded
    return material


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
    where = replace(options.where, sample=run["data"]["sample"])
    options = replace(options, where=where, limit=said["limit"], repeat=said["repeat"], fresh=False)
    material = supply(task, options, report, train=bool(task.shots or backend.entry.learns))
    return Plan(task, backend, decoding, material, options, run["command"], run["given"], directory)
