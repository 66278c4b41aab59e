"""Groups of tasks with one score: what counts in it, and what the members' figures come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.config import loader as definitions
from harness.config.documents import Document, read, shown
from harness.errors import did_you_mean
from harness.stats.composite import Figure, combined
from harness.tasks import task as tasks
from harness.tasks.schema import Group, Member, Score
from harness.tasks.task import Task
from harness.tasks.validation import Problem

# How far figures of these units reach; of any other unit no score can be made.
REACH = {"0-1": 1.0, "-1-1": 1.0, "0-100": 100.0}


@dataclass(frozen=True)
class Counted:
    """A member as it counts: the task, the metrics whose mean is its figure, and its weight.

    A weight of None is the number of the task's examples. `chance` is what guessing gets, or what it gets in
    each group of a breakdown.
    """

    task: Task
    metrics: tuple[str, ...]
    weight: float | None
    chance: float | Mapping[str, Mapping[str, float]] | None = None

    @property
    def name(self) -> str:
        """Return the task's name."""
        return self.task.name

    @property
    def title(self) -> str:
        """Return the task's name with its metrics, if they are not its main one alone."""
        main = self.task.file.metrics[0].name
        return self.name if self.metrics == (main,) else f"{self.name} {'+'.join(self.metrics)}"

    @cached_property
    def reach(self) -> dict[str, float]:
        """How far each of its metrics reaches."""
        return {m.name: REACH[m.unit] for m in self.task.metrics if m.name in self.metrics}


@dataclass(frozen=True)
class Scored:
    """A group with a score, its members found."""

    name: str
    file: Group
    members: tuple[Counted, ...]

    @property
    def scale(self) -> float:
        """Return what the mean of the members' figures is multiplied by."""
        assert self.file.score is not None
        return self.file.score.scale

    def score(self, figures: Sequence[Figure]) -> Figure:
        """Return the score of the members' figures, given in their order, on the group's scale."""
        assert len(figures) == len(self.members)
        weights = [
            figure.n if member.weight is None else member.weight
            for member, figure in zip(self.members, figures, strict=True)
        ]
        mean = combined(figures, weights)
        return mean.times(self.scale)


def members(path: Path) -> list[str]:
    """Return the names of the tasks in the group of a file, those of groups inside it included.

    Raises:
        BadInput: the group is wrong.
    """
    names = tasks.load_group(path)
    return [definitions.name_of(Path(name)) if definitions.is_path(name) else name for name in names]


def check(names: Iterable[str]) -> None:
    """Check the scores of the groups among `names`, which will be wanted at the end.

    Raises:
        BadInput: one cannot be made.
    """
    for name in names:
        if name != "all":
            path = definitions.find("tasks", name, tasks.folders())
            if tasks.is_group(path):
                load(path)


def load(path: Path) -> Scored | None:
    """Return the scored group in a file, None if the group there has no score.

    Raises:
        BadInput: the file or one of its members is wrong.
    """
    document = read(path)
    group = definitions.validate(Group, document)
    found = {member.task: _found(member, document) for member in group.members if group.score}
    problems = list(_problems(group, found))
    if problems:
        raise definitions.BadInputs([document.error(message, *loc) for message, loc in problems])
    if group.score is None:
        return None
    members = tuple(_counted(member, found[member.task], group, group.score) for member in group.members)
    return Scored(definitions.name_of(path), group, members)


def _found(member: Member, document: Document) -> Task | None:
    """Return the member's task, None if it is a group itself."""
    inner = definitions.find("tasks", member.task, tasks.folders(), asked=document.place(("members",)))
    return None if tasks.is_group(inner) else tasks.load(str(inner))


def _counted(member: Member, task: Task | None, group: Group, score: Score) -> Counted:
    assert task is not None
    weight = member.weight or score.weight
    together = sum(other.part == member.part for other in group.members) if member.part else 1
    metrics = tuple(member.metrics) or (task.file.metrics[0].name,)
    return Counted(task, metrics, None if weight == "n" else weight / together, member.chance)


def _problems(group: Group, found: dict[str, Task | None]) -> Iterator[Problem]:
    """Yield what is wrong with how the group's score is made."""
    if group.score is None:
        yield from _without_score(group)
        return
    twice = [name for name, count in Counter(member.task for member in group.members).items() if count > 1]
    for index, member in enumerate(group.members):
        if member.task in twice:
            yield f"{shown(member.task)} stands twice; a score counts it once", ("members", index)
        task = found[member.task]
        if task is None:
            yield f"{shown(member.task)} is a group; a score is made of tasks", ("members", index)
        else:
            yield from _metrics(member, task, index)
            yield from _chances(member, task, index)
        if member.part and _weights(group, member.part, group.score) != {member.weight or group.score.weight}:
            yield f"the part {shown(member.part)} has one weight, and more are written", ("members", index)
    names = [task.name for task in found.values() if task]
    for index, row in enumerate(group.reference):
        for name in row.figures:
            if name not in names:
                hint = did_you_mean(name, names)
                yield f"{shown(name)} is no member.{hint}", ("reference", index, "figures", name)


def _without_score(group: Group) -> Iterator[Problem]:
    advice = "about a score, and this group has none: add 'score: {}'"
    for index, member in enumerate(group.members):
        for key in ("metrics", "part", "weight"):
            if getattr(member, key):
                yield f"{key!r} is {advice}", ("members", index, key)
    if group.reference:
        yield f"'reference' is {advice}", ("reference",)


def _metrics(member: Member, task: Task, index: int) -> Iterator[Problem]:
    """Yield metrics of a member that the task has not, or that are no shares of anything."""
    known = {metric.name: metric for metric in task.metrics}
    for name in member.metrics or [next(iter(known))]:
        loc = ("members", index, "metrics") if member.metrics else ("members", index)
        if name not in known:
            yield f"{shown(name)} is no metric of {task.name}.{did_you_mean(name, known)}", loc
        elif known[name].unit not in REACH or not known[name].higher_is_better:
            yield f"no score can be made of {name!r}, whose best is not its most", loc


def _chances(member: Member, task: Task, index: int) -> Iterator[Problem]:
    """Yield breakdowns that a member's chances speak of and its task has not."""
    loc = ("members", index, "chance")
    if isinstance(member.chance, dict):
        for name in member.chance:
            if name not in task.file.breakdown:
                known = task.file.breakdown
                yield f"{shown(name)} is no breakdown of {task.name}.{did_you_mean(name, known)}", loc
        if len(member.chance) != 1:
            yield "chances are those of one breakdown", loc


def _weights(group: Group, part: str, score: Score) -> set[Any]:
    return {member.weight or score.weight for member in group.members if member.part == part}


def described(group: Scored) -> str:
    """Return in words how the score is made, a line a member or part."""
    parts: dict[str, list[str]] = {}
    weights: dict[str, str] = {}
    for member, written in zip(group.members, group.file.members, strict=True):
        key = f"part {written.part}" if written.part else member.name
        parts.setdefault(key, []).append(f"{member.name} {_mean(member.metrics)}{_above(member)}")
        assert group.file.score is not None
        weight = written.weight or group.file.score.weight
        weights[key] = "its examples" if weight == "n" else f"{weight:g}"
    even = len(set(weights.values())) == 1 and "its examples" not in weights.values()
    lines = [
        f"#   {_mean(names)}" + ("" if even else f", weight: {weights[key]}") for key, names in parts.items()
    ]
    mean = "the mean" if even else "the weighted mean"
    times = "" if group.scale == 1 else f", times {group.scale:g}"
    return "\n".join([f"# score: {mean} of {len(parts)} figures{times}", *lines])


def _above(member: Counted) -> str:
    """Return in words what of a member's figure counts, where it is what lies above chance."""
    if member.chance is None:
        return ""
    if isinstance(member.chance, (int, float)):
        return f" above chance ({member.chance:.3g})"
    ((by, chances),) = member.chance.items()
    return f" above chance, mean over {len(chances)} groups of {by}"


def _mean(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"mean of ({', '.join(names)})"
