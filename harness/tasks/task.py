"""Tasks: found, resolved and checked, and what one run has chosen of a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from os.path import isfile
from pathlib import Path
from typing import Any

from harness import plugins
from harness.config import loader as definitions
from harness.config import renamed
from harness.config.documents import Document, read, shown
from harness.config.fields import Named
from harness.errors import BadInput, did_you_mean
from harness.files import is_below
from harness.paths import shipped
from harness.schema import ASKS, Ask, Example, Metric, Option
from harness.tasks import validation as task_rules
from harness.tasks.schema import ACROSS, MERGED, Group, TaskFile, Template
from harness.terminal import say

SHIPPED = "shipped:"
MOST_SHOTS = 1000  # as a file may say; more are a slip of the keyboard


def settled(task: Task, example: Example) -> str:
    """Return the reply to an example that is known without asking, empty where there is none."""
    field = task.file.settled
    return "" if field is None else str(example.fields.get(field) or "")


@dataclass(frozen=True)
class Task:
    """One task as one run asks it: a file, and what was chosen of it."""

    name: str
    file: TaskFile
    document: Document
    ask: Ask
    template_name: str
    shots: int
    split: str
    seed: int = 1234

    @property
    def template(self) -> Template:
        """Return the chosen template."""
        return self.file.templates.all[self.template_name]

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the options' labels in order; empty where each example has its own."""
        return tuple(self.file.options)

    @property
    def options(self) -> tuple[Option, ...]:
        """Return the options as written; their texts may be templates."""
        return tuple(Option(label, text) for label, text in self.file.options.items())

    @property
    def holds_schema(self) -> bool:
        """Return whether a reply is to be valid under the task's JSON schema."""
        return self.ask == "generate" and self.file.json_schema is not None

    @property
    def classes(self) -> tuple[str, ...]:
        """Return what a prediction can be, where it is one of few labels; empty where it is not."""
        return self.labels if self.ask in ("choose", "generate", "extract") else ()

    def choices(self, fields: Mapping[str, Any]) -> list[Any] | None:
        """Return the options that an example brings along, None if its field is no list of some.

        Of options with a field each, those left empty at the end are not there; a field that holds a list
        holds several.
        """
        names = self.file.options_from
        if len(names) == 1:
            value = fields[names[0]]
            return value if isinstance(value, list) and value else None
        values: list[Any] = []
        for value in (fields[name] for name in names):
            values += value if isinstance(value, list) else [value]
        while values and values[-1] in (None, ""):
            values.pop()
        return values or None

    def groups(self, example: Example) -> dict[str, str]:
        """Return in which group of each breakdown an example is."""
        known = example.known
        return {
            name: by.of(str(known[by.field])) + (f"{ACROSS}{known[by.across]}" if by.across else "")
            for name, by in self.file.breakdown.items()
        }

    @property
    def metrics(self) -> list[Metric]:
        """Return the metrics, the main one first; those of official readers, `accuracy@mmlu_pro.v1`, last."""
        return [
            *map(self._metric, self.file.metrics),
            *(
                _read_by(reader, self._metric(named))
                for reader, judges in self.file.official.items()
                for named in judges
            ),
        ]

    def _metric(self, named: Named) -> Metric:
        metric: Metric = plugins.load(plugins.metric(named.name).target)(self.labels, **named.settings)
        return metric

    def choose(
        self,
        *,
        ask: str | None = None,
        template: str | None = None,
        shots: int | None = None,
        split: str | None = None,
        seed: int | None = None,
    ) -> Task:
        """Return the task with the given choices in place of its own.

        Raises:
            BadInput: no such template or split, or an ask the metrics cannot judge.
        """
        if template is not None and template not in self.file.templates.all:
            hint = did_you_mean(template, self.file.templates.all)
            raise BadInput(f"{self.name} has no template {template!r}.{hint}")
        if shots is not None and not 0 <= shots <= MOST_SHOTS:
            raise BadInput(f"--shots {shots:,}: 0 to {MOST_SHOTS:,}; a prompt holds a few dozen at most")
        splits = self.file.data.splits
        if split is not None and splits and split not in splits:
            raise BadInput(f"{self.name} has no split {split!r}.{did_you_mean(split, splits)}")
        chosen = replace(
            self,
            ask=_known_ask(ask) if ask else self.ask,
            template_name=template or self.template_name,
            shots=self.shots if shots is None else shots,
            split=split or self.split,
            seed=self.seed if seed is None else seed,
        )
        for problem in chosen.problems():
            raise problem
        return chosen

    def problems(self, unread: frozenset[str] = frozenset()) -> list[BadInput]:
        """Return what is wrong with the task beyond the types of its keys, those aside that are `unread`."""
        return task_rules.problems(
            self.file, self.document, ask=self.ask, shots=self.shots, split=self.split, unread=unread
        )

    def resolved(self) -> dict[str, Any]:
        """Return the task as YAML would write it, inheritance and choices worked in."""
        values = self.file.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        values |= {"ask": self.ask, "split": self.split}
        if "templates" in values:  # two texts are compared without any
            values["templates"]["default"] = self.template_name
        values["shots"] = {**values.get("shots", {}), "k": self.shots}
        values["metrics"] = [named.short() for named in self.file.metrics]
        values["extract"] = [named.short() for named in self.file.extract]
        if self.file.official:
            judged = self.file.official.items()
            values["official"] = {reader: [named.short() for named in judges] for reader, judges in judged}
        return values


def _read_by(reader: str, metric: Metric) -> Metric:
    """Return a metric of what an official reader makes of a reply, which its name and signature say."""
    head, *rest = metric.signature.split("|")
    signature = "|".join([f"{head}@{reader}", *rest])
    return replace(metric, name=f"{metric.name}@{reader}", signature=signature, reader=reader)


def _known_ask(name: str) -> Ask:
    for ask in ASKS:
        if ask == name:
            return ask
    raise BadInput(f"--ask {name}: no such ask.{did_you_mean(name, ASKS)}")


def folders() -> list[tuple[Path, bool]]:
    """Return where tasks are looked up: the user's project, plugins, what is shipped."""
    return list(definitions.candidates("tasks", plugins.folders("tasks"), shipped("tasks")))


def catalogue() -> dict[str, list[Path]]:
    """Return every task's name and file, groups included."""
    return definitions.catalogue("tasks", folders())


def expand(names: Iterable[str]) -> list[str]:
    """Return `names` with `all` and every group replaced by their members, each task once.

    Rubrics of judges, which have replies of runs for data, are no part of `all`.

    Raises:
        BadInput: a name is not found, or a group is wrong.
    """
    found: dict[str, None] = {}
    for name in names:
        if name == "all":
            known = catalogue()
            found |= dict.fromkeys(n for n in sorted(known) if not _stands_apart(known[n][0]))
        else:
            path = definitions.find("tasks", name, folders())
            found |= dict.fromkeys(load_group(path) if is_group(path) else [name])
    return list(found)


def is_group(path: Path) -> bool:
    """Return whether a definition is a group of tasks."""
    return "members" in definitions.headline(path)


def _stands_apart(path: Path) -> bool:
    """Return whether a definition is a group, or a rubric, whose unread replies are failures."""
    return is_group(path) or "on_unread" in definitions.headline(path)


def load_group(path: Path, above: tuple[Path, ...] = ()) -> list[str]:
    """Return the tasks of the group in `path`, those of the groups inside it included.

    Raises:
        BadInput: the file is wrong, a member is no task, or a group holds itself.
    """
    document = read(path)
    group = definitions.validate(Group, document)
    chain = (*above, path.resolve())
    found: dict[str, None] = {}
    searched = folders()
    for index, member in enumerate(group.members):
        place = document.place(("members", index))
        inner = definitions.find("tasks", member.task, searched, asked=place)
        if inner.resolve() in chain:
            raise BadInput(f"the group {shown(member.task)} holds itself", place=place)
        name = str(inner) if definitions.is_path(member.task) else member.task
        found |= dict.fromkeys(load_group(inner, chain) if is_group(inner) else [name])
    return list(found)


def load(name: str) -> Task:
    """Return the task called `name` (or the file it is), checked, with its own choices.

    Raises:
        BadInput: not found, or wrong, with file and line.
    """
    path = definitions.find("tasks", name, folders())
    return parse(resolved(path), definitions.name_of(path))


def resolved(path: Path) -> Document:
    """Return the document of a task's file with what it extends worked in, its sample found.

    Raises:
        BadInput: it is no YAML, or what it extends is not there.
    """
    return definitions.resolve("tasks", path, folders(), MERGED, _prepared)


def parse(document: Document, name: str) -> Task:
    """Return the task of a resolved document.

    Raises:
        BadInput: the document breaks a rule.
    """
    task, problems = examined(document, name)
    if problems or task is None:
        raise definitions.BadInputs(problems)
    return task


# Without these keys its rows cannot be read as the task means them.
ABOUT_DATA = frozenset(["data", "fields", "meta", "cluster", "options", "options_from", "aliases", "ask"])


def examined(document: Document, name: str) -> tuple[Task | None, list[BadInput]]:
    """Return the task of a resolved document and everything that is wrong with it.

    Where keys are wrong the task is what can be read without them: None if nothing can, or no data.
    """
    document = renamed.renamed(document, renamed.TASK)
    file, problems, unread = definitions.salvaged(TaskFile, document)
    if file is None:
        return None, problems
    task = Task(
        name=name,
        file=file,
        document=document,
        ask=file.ask,
        template_name=file.templates.default or next(iter(file.templates.all)),
        shots=file.shots.k,
        split=file.split,
    )
    return None if unread & ABOUT_DATA else task, [*problems, *task.problems(unread)]


def _prepared(document: Document) -> Document:
    """Return the document, its sample found, if it is a task at all."""
    if "members" in document.values:
        raise document.error(f"{document.path.stem!r} is a group; its members are tasks", "members")
    current = renamed.renamed(document, renamed.TASK, _tell_once)
    return _with_files_found(_without_published_rows(current))


@lru_cache(maxsize=256)
def _tell_once(message: str) -> None:
    say(message)


# What makes another prompt of a task: published figures are not those of an heir with one of these.
ASKED_BY = (
    *("ask", "templates", "shots", "options", "options_from", "shuffle_options", "both_orders"),
    *("option_marks", "clean", "window"),
)


def _without_published_rows(document: Document) -> Document:
    """Return the document with no published rows, where it extends a task and asks in another way."""
    values = document.values
    if "extends" not in values or "reference" in values or values.keys().isdisjoint(ASKED_BY):
        return document
    return replace(document, values={**values, "reference": []})


def _with_files_found(document: Document) -> Document:
    """Return the document with what lies beside it wherever it is inherited: sample, manifests, databases."""
    run = document.values.get("execute")
    if isinstance(run, dict) and isinstance(run.get("beside"), list):
        bases = [_found(document, str(one), "execute", "beside") for one in run["beside"]]
        document = replace(document, values={**document.values, "execute": {**run, "beside": bases}})
    data = document.values.get("data")
    if not isinstance(data, dict):
        return document  # a problem of its own
    found = dict(data)
    if "extends" in document.values and "files" in data:  # other files are not at the parent's addresses
        found = {"url": None, "hub": None, **found}
    if isinstance(data.get("sample"), str):
        found["sample"] = _found(document, data["sample"], "data", "sample")
    more = data.get("columns_from")
    if isinstance(more, dict) and isinstance(more.get("file"), str):
        found["columns_from"] = {**more, "file": _found(document, more["file"], "data", "columns_from")}
    if isinstance(data.get("url"), dict):
        found["url"] = {split: _manifests_found(document, split, url) for split, url in data["url"].items()}
    return replace(document, values={**document.values, "data": found})


def _manifests_found(document: Document, split: str, url: Any) -> Any:
    """Return what a split has under `url` with each manifest found."""
    if isinstance(url, list):
        return [_manifests_found(document, split, one) for one in url]
    if not isinstance(url, dict) or not isinstance(url.get("manifest"), str):
        return url
    return {**url, "manifest": _found(document, url["manifest"], "data", "url", split)}


def _found(document: Document, name: str, *keys: str) -> str:
    """Return a file beside the document as a place that does not depend on who inherits it."""
    if name.startswith(SHIPPED):
        return name
    path = document.path.parent / name
    if not isfile(path):
        raise document.error(f"the {keys[-1]} {shown(name)} is not beside the task", *keys)
    if not is_below(path, [document.path.parent, shipped("tasks")]):
        raise document.error(f"the {keys[-1]} {shown(name)} lies outside of the task's folder", *keys)
    path, root = path.resolve(), shipped("tasks").resolve()
    inside = path.is_relative_to(root)
    return f"{SHIPPED}{path.relative_to(root).as_posix()}" if inside else str(path)


def sample_path(task: Task) -> Path | None:
    """Return the file of the task's own sample, None where it has none."""
    sample = task.file.data.sample
    return None if sample is None else beside(task, sample)


def beside(task: Task, name: str) -> Path:
    """Return the file that a resolved task names as lying beside it.

    Raises:
        BadInput: it lies beside no task: a run directory from elsewhere may name any file of this machine.
    """
    found = shipped("tasks") / name.removeprefix(SHIPPED) if name.startswith(SHIPPED) else Path(name)
    if not is_below(found, [*homes(task), *(folder for folder, _ in folders())]):
        place = task.document.place(("data", "sample"))
        raise BadInput(f"{shown(name)} lies beside no task here, and is not read", place=place)
    return found


def homes(task: Task) -> list[Path]:
    """Return the folders of the YAML files that a task is written in, its own and those that it extends."""
    places = (task.document.path, *(place.path for place in task.document.places.values()))
    return list(dict.fromkeys(path.parent for path in places))
