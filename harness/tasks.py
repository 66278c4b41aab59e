"""Tasks: what a `tasks/**/NAME.yaml` may say, and what one run has chosen of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness import definitions, plugins, settings, templating
from harness.definitions import Document
from harness.errors import BadInput, did_you_mean
from harness.forms import Column, DecodingFile, Named, Strict, Text, Texts
from harness.resources import shipped
from harness.schema import ASKS, Ask, Metric, Option
from harness.text import CLEANERS

# Under `extends`, these are joined key by key; any other key replaces the parent's.
MERGED = ("data", "templates", "shots", "decoding", "source")

SHIPPED = "shipped:"


class Citation(Strict):
    """Where the data comes from."""

    citation: str | None = None
    url: str | None = None
    licence: str | None = None


class Url(Strict):
    """A file on the web, and what its bytes hash to."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Hub(Strict):
    """Files of a dataset repository on a hub."""

    id: str
    revision: str = "main"
    files: dict[str, Texts]


class Data(Strict):
    """Where the splits are, and how their files are read."""

    format: Literal["tsv", "csv", "jsonl", "json", "parquet"]
    files: dict[str, Texts] = {}
    url: dict[str, Url] = {}
    hub: Hub | None = None
    sample: str | None = None
    header: bool | list[str] = True
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    records: str | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Data:
        if not (self.files or self.url or self.hub or self.sample):
            raise ValueError("name at least one of files, url, hub and sample")
        return self

    @property
    def splits(self) -> list[str]:
        """Return the names of all splits, in the order they are written."""
        hub = self.hub.files if self.hub else {}
        return list({**self.files, **self.url, **hub})


class Template(Strict):
    """How a query is written; a shot is a query, the delimiter, its answer and `shot_end`."""

    query: str
    delimiter: str = " "
    shot_end: str = "\n\n"
    instruction: str = ""
    system: str = ""


class Templates(BaseModel):
    """Templates by name, and which one is used unless another is asked for."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Template]
    item: ClassVar[type[BaseModel]] = Template

    default: str | None = None

    @property
    def all(self) -> dict[str, Template]:
        """Return the templates by name."""
        return self.__pydantic_extra__ or {}

    @model_validator(mode="after")
    def _one_is_default(self) -> Templates:
        if not self.all:
            raise ValueError("name at least one template")
        if self.default is not None and self.default not in self.all:
            raise ValueError(f"no template is called {self.default!r}.{did_you_mean(self.default, self.all)}")
        return self


class Shots(Strict):
    """Worked examples before the question: how many, from where, and which rows qualify."""

    k: Annotated[int, Field(ge=0, le=1000)] = 0
    from_: Annotated[str, Field(alias="from")] = "train"
    draw: Literal["per_example", "fixed"] = "per_example"
    max_chars: Annotated[int, Field(gt=0)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None


class Reference(BaseModel):
    """A published row: a system, its figures under the task's metric names, and the source."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, float | None]

    system: str
    source: str
    template: str | None = None
    split: str | None = None
    n: int | None = None
    note: str | None = None

    @property
    def figures(self) -> dict[str, float | None]:
        """Return metric → published value."""
        return self.__pydantic_extra__ or {}


class TaskFile(Strict):
    """Everything a task's YAML may say."""

    version: Annotated[int, Field(ge=1)]
    description: str
    language: str | None = None
    tags: list[str] = []
    source: Citation = Citation()
    data: Data
    fields: dict[str, Column]
    split: str = "test"
    cluster: Column | None = None
    ask: Ask
    options: dict[str, Text] = {}
    options_from: str | None = None
    clean: Texts = []
    templates: Templates
    shots: Shots = Shots()
    decoding: DecodingFile = DecodingFile()
    extract: list[Named] = []
    metrics: Annotated[list[Named], Field(min_length=1)]
    reference: list[Reference] = []

    @property
    def inputs(self) -> dict[str, str | int]:
        """Return the fields that a prompt may use, with their columns."""
        return {name: column for name, column in self.fields.items() if name not in ("id", "target")}


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
    def metrics(self) -> list[Metric]:
        """Return the metrics, the main one first."""
        return [
            plugins.load(plugins.metrics()[named.name].target)(self.labels, **named.settings)
            for named in self.file.metrics
        ]

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
        for problem in _problems(chosen):
            raise problem
        return chosen

    def resolved(self) -> dict[str, Any]:
        """Return the task as YAML would write it, inheritance and choices worked in."""
        values = self.file.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        values |= {"ask": self.ask, "split": self.split}
        values["templates"]["default"] = self.template_name
        values["shots"] = {**values.get("shots", {}), "k": self.shots}
        values["metrics"] = [named.short() for named in self.file.metrics]
        values["extract"] = [named.short() for named in self.file.extract]
        return values


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
    """Return `names` with `all` and every group replaced by their members, each task once."""
    found: dict[str, None] = {}
    for name in names:
        if name == "all":
            known = catalogue()
            found |= dict.fromkeys(
                n for n in sorted(known) if "members" not in definitions.headline(known[n][0])
            )
            continue
        path = definitions.find("tasks", name, folders())
        is_group = "members" in definitions.headline(path)
        found |= dict.fromkeys(expand(load_group(path)) if is_group else [name])
    return list(found)


class Group(Strict):
    """Several tasks under one name."""

    members: Annotated[list[str], Field(min_length=1)]
    description: str = ""
    tags: list[str] = []


def load_group(path: Path) -> list[str]:
    """Return the tasks of the group in `path`, each checked to be there.

    Raises:
        BadInput: the file is wrong, or a member is no task.
    """
    document = definitions.read(path)
    group = definitions.validate(Group, document)
    for index, member in enumerate(group.members):
        definitions.find("tasks", member, folders(), asked=document.place(("members", index)))
    return group.members


def load(name: str) -> Task:
    """Return the task called `name` (or the file it is), checked, with its own choices.

    Raises:
        BadInput: not found, or wrong, with file and line.
    """
    path = definitions.find("tasks", name, folders())
    return parse(definitions.resolve("tasks", path, folders(), MERGED, _prepared), path.stem)


def parse(document: Document, name: str) -> Task:
    """Return the task of a resolved document.

    Raises:
        BadInput: the document breaks a rule.
    """
    file = definitions.validate(TaskFile, document)
    task = Task(
        name=name,
        file=file,
        document=document,
        ask=file.ask,
        template_name=file.templates.default or next(iter(file.templates.all)),
        shots=file.shots.k,
        split=file.split,
    )
    problems = [*_problems(task), *_prompt_problems(task)]
    if problems:
        raise definitions.BadInputs(problems)
    return task


def _prepared(document: Document) -> Document:
    """Return the document, its sample found, if it is a task at all."""
    if "members" in document.values:
        raise document.error(f"{document.path.stem!r} is a group; its members are tasks", "members")
    return _with_sample_found(document)


def _with_sample_found(document: Document) -> Document:
    """Return the document with `data.sample` as a place that does not depend on who inherits it."""
    data = document.values.get("data")
    sample = data.get("sample") if isinstance(data, dict) else None
    if not isinstance(sample, str) or sample.startswith(SHIPPED):
        return document
    path = (document.path.parent / sample).resolve()
    if not path.is_file():
        raise document.error(f"the sample {sample!r} is not beside the task", "data", "sample")
    root = shipped("tasks").resolve()
    inside = path.is_relative_to(root)
    found = f"{SHIPPED}{path.relative_to(root).as_posix()}" if inside else str(path)
    return replace(document, values={**document.values, "data": {**data, "sample": found}})


def sample_path(task: Task) -> Path | None:
    """Return the file of the task's own sample, None where it has none."""
    sample = task.file.data.sample
    if sample is None:
        return None
    return shipped("tasks") / sample.removeprefix(SHIPPED) if sample.startswith(SHIPPED) else Path(sample)


def _problems(task: Task) -> list[BadInput]:
    """Return what is wrong with the task beyond the types of its keys."""
    file, error = task.file, task.document.error
    problems = [*_name_problems(task)]
    if "id" not in file.fields and not file.inputs:
        problems.append(error("'fields' names no input", "fields"))
    if not file.inputs:
        problems.append(error("'fields' needs an input beside id and target", "fields"))
    if task.ask == "choose" and not file.options and not file.options_from:
        problems.append(error("'choose' needs 'options' or 'options_from'", "ask"))
    if file.options and file.options_from:
        problems.append(error("'options' and 'options_from' exclude each other", "options_from"))
    if file.options_from and file.options_from not in file.inputs:
        hint = did_you_mean(file.options_from, file.inputs)
        problems.append(error(f"'options_from' names no field of the task.{hint}", "options_from"))
    if len(file.options) == 1:
        problems.append(error("one option is no choice", "options"))
    if len(set(file.options.values())) < len(file.options):
        problems.append(error("two options read the same", "options"))
    splits = file.data.splits
    wanted = [("split", task.split), *([("shots", file.shots.from_)] if task.shots else [])]
    for key, split in wanted:
        if splits and split not in splits:
            problems.append(error(f"the data has no split {split!r}.{did_you_mean(split, splits)}", key))
    return problems


def _name_problems(task: Task) -> Iterable[BadInput]:
    """Yield the names of cleaners, metrics, steps and reference figures that mean nothing."""
    file, error = task.file, task.document.error
    for name in file.clean:
        if name not in CLEANERS:
            yield error(f"no cleaning is called {name!r}.{did_you_mean(name, CLEANERS)}", "clean")
    for key, entries, chosen in (
        ("metrics", plugins.metrics(), file.metrics),
        ("extract", plugins.extractors(), file.extract),
    ):
        noun = "metric" if key == "metrics" else "extraction step"
        for index, named in enumerate(chosen):
            if named.name not in entries:
                hint = did_you_mean(named.name, entries)
                yield error(f"no {noun} is called {named.name!r}.{hint}", key, index)
                continue
            for message in settings.problems(named.settings, entries[named.name].settings):
                yield error(f"{named.name}: {message}", key, index)
            if key == "metrics" and task.ask not in plugins.metrics()[named.name].asks:
                yield error(f"{named.name!r} cannot judge {task.ask!r}", key, index)
    names = [named.name for named in file.metrics]
    for index, row in enumerate(file.reference):
        for figure in row.figures:
            if figure not in names:
                hint = did_you_mean(figure, names)
                yield error(f"{figure!r} is no metric of this task.{hint}", "reference", index)


def _prompt_problems(task: Task) -> list[BadInput]:
    """Return templates that do not compile or that use a field the task has not."""
    problems = []
    for name, template in task.file.templates.all.items():
        for key in ("query", "instruction", "system"):
            message = templating.problem(getattr(template, key), task.file.inputs)
            if message:
                problems.append(task.document.error(message, "templates", name, key))
    for label, text in task.file.options.items():
        message = templating.problem(text, task.file.inputs)
        if message:
            problems.append(task.document.error(message, "options", label))
    return problems


def dump(values: Mapping[str, Any]) -> str:
    """Return `values` as YAML, Hangul written plainly, keys in their order."""
    return str(yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=False, width=110))
