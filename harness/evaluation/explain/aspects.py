"""The settings in which two runs differ, by name, and a run in between the two."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.costs.token_bounds import generates_text
from harness.errors import BadInput
from harness.evaluation.plan import Plan
from harness.schema import CHOOSING, Decoding
from harness.tasks.schema import TaskFile, Templates
from harness.tasks.task import Task

# Each setting with the keys that it consists of, in the order in which a walk takes them: what the prompt is
# made of, how it is sent, how the reply is read and judged, and last which examples are asked.
SPLIT = "split"
LOGGED = "logged prompts"
ASPECTS: Mapping[str, tuple[str, ...]] = {
    "model": ("backend.adapter", "backend.model", "backend.revision"),
    "template": (
        *("prompt.query", "prompt.captions", "prompt.shot_end", "prompt.instruction"),
        *("task.fields", "task.meta", "task.aliases", "task.options", "task.options_from"),
        *("task.option_marks", "task.target_format", "task.clean", "task.window", "task.range"),
        *("task.both_orders", "task.shuffle_options"),
    ),
    "prefix": ("prompt.system",),
    "delimiter": ("prompt.delimiter",),
    "shots": ("shots", "backend.shots_as", "seed"),
    "chat": ("backend.chat",),
    "ask": ("ask",),
    "decoding": ("decoding",),
    "precision": ("setting.dtype", "setting.quantization", "setting.load_in_4bit", "setting.load_in_8bit"),
    "train_limit": ("train_limit",),
    "perturb": ("perturb",),
    "context": ("context",),
    LOGGED: ("logged",),
    "extraction": ("task.extract", "task.official", "task.execute", "backend.choose_by"),
    "normalisation": ("backend.normalise", "metric"),
    "data version": ("task.data", "data.sha256", "data.sample"),
    SPLIT: ("split",),
}
ASPECT_OF = {key: name for name, keys in ASPECTS.items() for key in keys}
JUDGING = frozenset({"task.extract", "task.official", "task.execute", "metric"})  # replies stay
# What of a task changes no figure, or has keys of its own here.
_ELSEWHERE = {
    *("version", "description", "language", "tags", "source", "reference", "breakdown", "cluster"),
    *("templates", "shots", "decoding", "metrics", "split", "ask"),
}
_TASK_KEYS = [key for key in TaskFile.model_fields if key not in _ELSEWHERE]
_BACKEND_KEYS = [key.partition(".")[2] for keys in ASPECTS.values() for key in keys if key.startswith("back")]


@dataclass(frozen=True)
class Side:
    """One end of a walk: the plan that asks as its run was asked, and what only the run knows.

    `metric` is the one that is walked by, `sha256` the hash of the split that was evaluated.
    """

    plan: Plan
    metric: str
    sha256: str
    sample: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """Return every setting that can change the figure, by its key; what has no effect is left out."""
        task, backend = self.plan.task, self.plan.backend
        file, settings = task.file, backend.file
        compares = task.ask in CHOOSING and settings.choose_by == "logprobs"
        prompt = task.template.model_dump()
        if compares:
            prompt["instruction"] = ""  # used where the answer is written
        shots = {**file.shots.model_dump(by_alias=True), "k": task.shots} if task.shots else {"k": 0}
        found: dict[str, Any] = {
            **{f"prompt.{key}": value for key, value in prompt.items()},
            **{f"task.{key}": _plain(file, key) for key in _TASK_KEYS},
            "shots": shots,
            "seed": task.seed,
            "ask": task.ask,
            "split": task.split,
            **{f"backend.{key}": getattr(settings, key) for key in _BACKEND_KEYS},
            **{f"setting.{key}": value for key, value in backend.hashed_settings.items()},
            "metric": next((m.signature for m in task.metrics if m.name == self.metric), self.metric),
            "data.sha256": {task.split: self.sha256},
            "data.sample": self.sample,
            "train_limit": self.plan.train_limit,
            "perturb": self.plan.perturb,
            "context": self.plan.context,
            "logged": self.plan.logged and self.plan.logged.sha256,
        }
        if not task.shots or not settings.chat:
            del found["backend.shots_as"]
        if not compares:
            del found["backend.normalise"]
        if generates_text(task.ask, settings.choose_by):
            found["decoding"] = self.plan.decoding.asked()
        return found

    @property
    def draws(self) -> bool:
        """Return whether anything is drawn by the seed."""
        return bool(self.plan.task.shots or self.plan.decoding.temperature)


@dataclass(frozen=True)
class Aspect:
    """A setting that differs: the keys it consists of, each with both values."""

    name: str
    keys: Mapping[str, tuple[Any, Any]]

    @property
    def judges(self) -> bool:
        """Return whether it changes only how replies are read and judged: nothing is asked again."""
        return JUDGING.issuperset(self.keys)

    @property
    def moves(self) -> bool:
        """Return whether it is other examples that are asked."""
        return self.name == SPLIT


def differing(a: Side, b: Side) -> list[Aspect]:
    """Return what differs between two sides, in the order of a walk."""
    ours, theirs = a.values, b.values
    if a.plan.task.split != b.plan.task.split:  # files of two splits are no two versions
        for values in (ours, theirs):
            del values["data.sha256"]
    if not (a.draws or b.draws):
        ours["seed"] = theirs["seed"]
    if not (ours["shots"]["k"] and theirs["shots"]["k"]):  # of no shots, how they are drawn is nothing
        ours["shots"], theirs["shots"] = ({"k": values["shots"]["k"]} for values in (ours, theirs))
    others = ours["backend.adapter"] != theirs["backend.adapter"]  # its settings mean nothing to another
    found: dict[str, dict[str, tuple[Any, Any]]] = {}
    for key in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(key), theirs.get(key)
        name = "model" if others and key.startswith("setting.") else ASPECT_OF.get(key)
        if key == "backend.chat" and b.plan.logged is not None:
            name = LOGGED  # a logged prompt is sent as it stands
        if one != other:  # what no aspect has is one by its own name: nothing differs unnamed
            found.setdefault(name or key.partition(".")[2] or key, {})[key] = (one, other)
    order = list(ASPECTS)
    places = {name: order.index(name) if name in order else 0 for name in found}
    return [Aspect(name, found[name]) for name in sorted(found, key=places.__getitem__)]


def between(a: Side, b: Side, taken: Collection[str]) -> Side:
    """Return the side that has the keys in `taken` from b, and all else from a.

    Its data is that of the side which its task has the data of; the material itself is left to the caller.

    Raises:
        BadInput: the two do not go together: a template reads a field that only the other task has.
    """

    def of(key: str) -> Side:
        return b if key in taken else a

    task = _task(a, b, taken)
    plan = replace(
        a.plan,
        task=task,
        backend=replace(
            a.plan.backend,
            file=a.plan.backend.file.model_copy(
                update={key: getattr(of(f"backend.{key}").plan.backend.file, key) for key in _BACKEND_KEYS}
            ),
            settings=_settings(a, b, taken),
        ),
        decoding=of("decoding").plan.decoding if "decoding" in taken else _decoding(a, b, task, taken),
        train_limit=of("train_limit").plan.train_limit,
        perturb=of("perturb").plan.perturb,
        context=of("context").plan.context,
        logged=of("logged").plan.logged,
        resume=None,
    )
    data = b if {"task.data", "data.sha256"} & set(taken) else of("split")
    same = data.plan.task.split == task.split and data.plan.task.file.data == task.file.data
    return Side(plan, of("metric").metric, data.sha256 if same else "", of("data.sample").sample)


def _decoding(a: Side, b: Side, task: Task, taken: Collection[str]) -> Decoding:
    """Return a's decoding; where a wrote nothing and the task now has text written, b's."""
    wrote = generates_text(a.plan.task.ask, a.plan.backend.file.choose_by)
    return a.plan.decoding if wrote or "ask" not in taken else b.plan.decoding


def _settings(a: Side, b: Side, taken: Collection[str]) -> dict[str, Any]:
    """Return the adapter's settings: a's, those in `taken` as b has them. Another model brings its own."""
    if "backend.adapter" in taken:
        return dict(b.plan.backend.settings)
    found = dict(a.plan.backend.settings)
    for key in (key.removeprefix("setting.") for key in taken if key.startswith("setting.")):
        found.pop(key, None)
        if key in b.plan.backend.settings:
            found[key] = b.plan.backend.settings[key]
    return found


def _task(a: Side, b: Side, taken: Collection[str]) -> Task:
    one, other = a.plan.task, b.plan.task
    update: dict[str, Any] = {
        key: getattr(other.file, key) for key in _TASK_KEYS if f"task.{key}" in taken and key != "data"
    }
    texts = {
        key: getattr(other.template if f"prompt.{key}" in taken else one.template, key)
        for key in type(one.template).model_fields
    }
    name = other.template_name if "prompt.query" in taken else one.template_name
    update["reference"] = []  # published rows may name templates that are not in between
    update["templates"] = Templates.model_validate({name: texts})
    shots = other if "shots" in taken else one
    update["shots"] = shots.file.shots
    if "task.data" in taken:
        update["data"] = other.file.data
    if "metric" in taken:
        update["metrics"] = other.file.metrics
    document = other.document if "task.data" in taken else one.document
    task = replace(
        one,
        file=one.file.model_copy(update=update),
        document=document,
        ask=other.ask if "ask" in taken else one.ask,
        template_name=name,
        shots=shots.shots,
        split=other.split if "split" in taken else one.split,
        seed=other.seed if "seed" in taken else one.seed,
    )
    for problem in task.problems():
        raise BadInput(problem.message)
    return task


def _plain(file: TaskFile, key: str) -> Any:
    return file.model_dump(mode="json", include={key}).get(key)
