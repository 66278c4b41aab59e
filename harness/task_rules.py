"""What must hold of a task beyond the types of its keys. Every problem is named at its line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from harness import plugins, settings, templating
from harness.documents import Document, Loc, shown
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.forms import Named
from harness.hookspecs import ExtractorEntry, MetricEntry
from harness.schema import Ask
from harness.task_file import TaskFile
from harness.text import CLEANERS

Problem = tuple[str, Loc]


def problems(file: TaskFile, document: Document, *, ask: Ask, shots: int, split: str) -> list[BadInput]:
    """Return what is wrong with a task as it would be asked."""
    found = [
        *_fields(file, ask),
        *_columns(file),
        *_options(file, ask),
        *_splits(file, shots, split),
        *_cleaners(file),
        *_steps(file),
        *_metrics(file, ask),
        *_references(file),
        *_templates(file),
    ]
    return [document.error(message, *loc) for message, loc in found]


def _fields(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    if not file.inputs:
        yield "'fields' needs an input beside id and target", ("fields",)
    if ask == "choose" and "target" not in file.fields:
        yield "'fields' names no target, the label that 'choose' is judged by", ("fields",)


def _columns(file: TaskFile) -> Iterator[Problem]:
    """Yield columns that no file of this layout can have."""
    rows = file.data.format in ("tsv", "csv")
    known = file.data.header
    places: dict[Loc, str | int] = {("fields", name): column for name, column in file.fields.items()}
    if file.cluster is not None:
        places[("cluster",)] = file.cluster
    for loc, column in places.items():
        if isinstance(column, int) and not rows:
            yield f"columns of {file.data.format} have names; {column} is a number", loc
        elif isinstance(column, int) and file.data.sample:
            yield f"the sample's columns have names; name column {column} with header: [NAME, …]", loc
        elif rows and known is False and isinstance(column, str):
            yield f"without a header a column is a number from 0; {shown(column)} is none", loc
        elif rows and isinstance(known, list) and isinstance(column, str) and column not in known:
            yield f"'header' names no column {shown(column)}.{did_you_mean(column, known)}", loc


def _options(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    if ask == "choose" and not file.options and not file.options_from:
        yield "'choose' needs 'options' or 'options_from'", ("ask",)
    if file.options and file.options_from:
        yield "'options' and 'options_from' exclude each other", ("options_from",)
    if file.options_from and file.options_from not in file.inputs:
        hint = did_you_mean(file.options_from, file.inputs)
        yield f"'options_from' names no field of the task.{hint}", ("options_from",)
    if len(file.options) == 1:
        yield "one option is no choice", ("options",)
    texts = list(file.options.values())
    for index, (label, text) in enumerate(file.options.items()):
        if text in texts[:index]:
            yield f"two options read {shown(text)}", ("options", label)


def _splits(file: TaskFile, shots: int, split: str) -> Iterator[Problem]:
    known = file.data.splits
    wanted: list[tuple[Loc, str]] = [(("split",), split)]
    if shots:
        wanted.append((("shots", "from"), file.shots.from_))
    for loc, name in wanted:
        if known and name not in known:
            yield f"the data has no split {shown(name)}.{did_you_mean(name, known)}", loc


def _cleaners(file: TaskFile) -> Iterator[Problem]:
    for index, name in enumerate(file.clean):
        if name not in CLEANERS:
            yield f"no cleaning is called {shown(name)}.{did_you_mean(name, CLEANERS)}", ("clean", index)


def _steps(file: TaskFile) -> Iterator[Problem]:
    entries = plugins.extractors()
    for index, named in enumerate(file.extract):
        entry = entries.get(named.name)
        if entry is None:
            hint = did_you_mean(named.name, entries)
            yield f"no extraction step is called {shown(named.name)}.{hint}", ("extract", index)
        else:
            yield from _settings(named, entry, (), ("extract", index))


def _metrics(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    entries = plugins.metrics()
    names = [named.name for named in file.metrics]
    for index, named in enumerate(file.metrics):
        entry = entries.get(named.name)
        loc = ("metrics", index)
        if entry is None:
            yield f"no metric is called {shown(named.name)}.{did_you_mean(named.name, entries)}", loc
            continue
        if named.name in names[:index]:
            yield f"the metric {named.name!r} stands twice", loc
        if ask not in entry.asks:
            yield f"{named.name!r} cannot judge {ask!r}", loc
        else:
            yield from _settings(named, entry, (tuple(file.options),), loc)


def _settings(
    named: Named, entry: MetricEntry | ExtractorEntry, arguments: tuple[object, ...], loc: Loc
) -> Iterator[Problem]:
    """Yield what is wrong with the settings of a metric or step, which is made once to see."""
    wrong = list(settings.problems(named.settings, entry.settings))
    for name, message in wrong:
        yield f"{named.name}: {message}", (*loc, named.name, name)
    if wrong:
        return
    try:
        factory = plugins.load(entry.target)
        inspect.signature(factory).bind(*arguments, **named.settings)
        factory(*arguments, **named.settings)
    except Unavailable:
        return  # what is not installed here is no fault of the task
    except Exception as error:  # a stranger's factory may raise anything
        yield f"{named.name}: {getattr(error, 'message', error)}", loc


def _references(file: TaskFile) -> Iterator[Problem]:
    metrics = [named.name for named in file.metrics]
    mistyped = set(metrics) - plugins.metrics().keys()  # a problem of its own
    templates = file.templates.all
    for index, row in enumerate(file.reference):
        for figure in row.figures:
            if figure not in metrics and not mistyped:
                hint = did_you_mean(figure, metrics)
                yield f"{shown(figure)} is no metric of this task.{hint}", ("reference", index, figure)
        if row.template is not None and row.template not in templates:
            hint = did_you_mean(row.template, templates)
            yield f"no template is called {shown(row.template)}.{hint}", ("reference", index, "template")


def _templates(file: TaskFile) -> Iterator[Problem]:
    """Yield templates that do not compile or that use a field the task has not."""
    known, default = file.templates.all, file.templates.default
    if default is not None and default not in known:
        yield (
            f"no template is called {shown(default)}.{did_you_mean(default, known)}",
            ("templates", "default"),
        )
    texts: dict[Loc, str] = {
        ("templates", name, key): getattr(template, key)
        for name, template in known.items()
        for key in ("query", "instruction", "system")
    }
    texts |= {("options", label): text for label, text in file.options.items()}
    for loc, text in texts.items():
        message = templating.problem(text, file.inputs)
        if message:
            yield message, loc
