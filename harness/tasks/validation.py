"""What must hold of a task beyond the types of its keys. Every problem is named at its line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from harness import plugins
from harness.config import settings
from harness.config import templates as templating
from harness.config.documents import Document, Loc, shown
from harness.config.fields import Named
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.hookspecs import ExtractorEntry, MetricEntry
from harness.schema import IMAGE, WRITTEN, Ask
from harness.tasks.schema import BESIDE_TURNS, TaskFile
from harness.text.normalize import CLEANERS
from harness.worlds import world as worlds

Problem = tuple[str, Loc]


# What is said of a key follows from another that could not be read: none of it then.
FOLLOWS = {
    "fields": (
        *("templates", "metrics", "breakdown", "cluster", "meta", "options_from"),
        *("turns", "window", "world"),
    ),
    "world": ("turns", "tools", "messages", "ask"),
    "meta": ("templates", "breakdown", "turns"),
    "options": ("templates", "metrics", "aliases", "ask"),
    "options_from": ("ask", "templates", "target_format", "option_marks", "shuffle_options", "both_orders"),
    "data": ("split", "shots", "fields", "meta", "cluster"),
    "metrics": ("reference",),
    "official": ("reference",),
    "templates": ("reference",),
    "execute": ("metrics",),
}


def problems(
    file: TaskFile,
    document: Document,
    *,
    ask: Ask,
    shots: int,
    split: str,
    unread: frozenset[str] = frozenset(),
) -> list[BadInput]:
    """Return what is wrong with a task as it would be asked.

    Nothing is said of keys that were `unread`, which are wrong in themselves, nor of what follows from them.
    """
    if "ask" in unread:
        return []
    silent = unread.union(*(FOLLOWS.get(key, ()) for key in unread))
    found = [
        *_fields(file, ask),
        *_columns(file),
        *_options(file, ask),
        *_turns(file, ask, shots),
        *_retrieved(file, ask),
        *_tools(file, ask, shots),
        *_in_world(file, ask),
        *_splits(file, shots, split),
        *_cleaners(file),
        *_steps(file),
        *_metrics(file.metrics, file, ask, ("metrics",)),
        *_official(file, ask),
        *_executed(file, ask),
        *_settled(file, ask),
        *_references(file),
        *_templates(file, ask),
    ]
    heard = (one for one in found if not (silent and (one[1] or ("templates",))[0] in silent))
    return [document.error(message, *loc) for message, loc in heard]


# Fields that an ask is about, by the name under which adapters look for them.
NEEDED: dict[Ask, tuple[str, ...]] = {
    "extract": ("context",),
    "tag": ("context",),
    "score": ("text",),
    "embed": ("sentence1", "sentence2"),
    "retrieve": ("query",),
}
JUDGED: dict[Ask, str] = {
    "choose": "the label",
    "rank": "the better response",
    "tag": "the spans",
    "rate": "the number",
    "embed": "the number",
    "call": "the calls",
}
WITHOUT_PROMPT: tuple[Ask, ...] = ("score", "embed", "retrieve")


def _fields(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    if not file.inputs:
        yield "'fields' needs an input beside id and target", ("fields",)
    pictures = ask == "embed" and IMAGE in file.inputs  # a picture and a text, in place of two texts
    for name in (IMAGE, "text") if pictures else NEEDED.get(ask, ()):
        if name not in file.inputs:
            yield f"{ask!r} needs a field called {name!r}.{did_you_mean(name, file.inputs)}", ("fields",)
    if ask in JUDGED and "target" not in file.fields:
        yield f"'fields' names no target, {JUDGED[ask]} that {ask!r} is judged by", ("fields",)
    if file.options_from and "options" in file.fields:
        yield "'options' are the lines of all options; call the field something else", ("fields", "options")
    for name in file.meta:
        if name in (*file.fields, "options"):
            yield f"{name!r} is taken; call it something else", ("meta", name)
    yield from _named_fields(file)


def _named_fields(file: TaskFile) -> Iterator[Problem]:
    """Yield keys that speak of a field which the task has not."""
    known = [*file.inputs, *file.meta, *(BESIDE_TURNS if file.steps else ())]
    spoken: dict[Loc, str] = {("breakdown", name): by.field for name, by in file.breakdown.items()}
    spoken |= {("breakdown", name, "across"): by.across for name, by in file.breakdown.items() if by.across}
    for key, named in (("same", file.shots.same), ("answer", file.shots.answer)):
        if named is not None:
            spoken[("shots", key)] = named
    if file.window is not None:
        spoken |= {("window", "field"): file.window.field, ("window", "by"): file.window.by}
    for loc, name in spoken.items():
        if name not in known:
            yield f"no field is called {shown(name)}.{did_you_mean(name, known)}", loc


def _columns(file: TaskFile) -> Iterator[Problem]:
    """Yield columns that no file of this layout can have."""
    if file.data.on_bad_row == "skip" and not (
        file.data.format in ("tsv", "csv") and file.data.header is True
    ):
        yield "'on_bad_row' is about rows under a header of their file's own", ("data", "on_bad_row")
    places: dict[Loc, Any] = {("fields", name): column for name, column in file.fields.items()}
    places |= {("meta", name): column for name, column in file.meta.items()}
    if file.cluster is not None:
        places[("cluster",)] = file.cluster
    for loc, columns in places.items():
        if isinstance(columns, list) and loc != ("fields", "target"):
            yield "several columns can only be references, the target's", loc
        for column in columns if isinstance(columns, list) else [columns]:
            message = _column(file, column)
            if message:
                yield message, loc


def _column(file: TaskFile, column: str | int) -> str | None:
    """Return why no file of this layout can have the column; None if one can."""
    rows = file.data.format in ("tsv", "csv", "lines")
    known = file.data.header
    if isinstance(column, str) and (column in file.data.from_path or templating.has_markup(column)):
        return templating.problem(column, None)
    if isinstance(column, int) and not rows:
        return f"columns of {file.data.format} have names; {column} is a number"
    if isinstance(column, int) and file.data.sample:
        return f"the sample's columns have names; name column {column} with header: [NAME, …]"
    if rows and known is False and isinstance(column, str):
        return f"without a header a column is a number from 0; {shown(column)} is none"
    if rows and isinstance(known, list) and isinstance(column, str) and column not in known:
        return f"'header' names no column {shown(column)}.{did_you_mean(column, known)}"
    return None


def _options(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    if ask == "rank" and not file.options_from:
        yield "'rank' needs 'options_from', the responses", ("ask",)
    if ask == "choose" and not file.options and not file.options_from:
        yield "'choose' needs 'options' or 'options_from'", ("ask",)
    if ask == "tag" and not file.options:
        yield "'tag' needs 'options', the types and what a model calls them", ("ask",)
    if len(file.options) == 1 and ask != "tag":
        yield "one option is no choice", ("options",)
    texts = list(file.options.values())
    for index, (label, text) in enumerate(file.options.items()):
        if text in texts[:index]:
            yield f"two options read {shown(text)}", ("options", label)
    yield from _own_options(file)
    for alias, label in file.aliases.items():
        if label not in file.options:
            yield (
                f"no option is called {shown(label)}.{did_you_mean(label, file.options)}",
                ("aliases", alias),
            )
    if file.range is not None and not file.range[0] < file.range[1]:
        yield "'range' should be [least, most]", ("range",)


def _own_options(file: TaskFile) -> Iterator[Problem]:
    """Yield what is wrong with options that each example brings along."""
    if file.options and file.options_from:
        yield "'options' and 'options_from' exclude each other", ("options_from",)
    for index, name in enumerate(file.options_from):
        if name not in file.inputs:
            hint = did_you_mean(name, file.inputs)
            yield f"'options_from' names no field of the task.{hint}", ("options_from", index)
    usually = {"target_format": "index", "option_marks": "text"} | dict.fromkeys(
        ("shuffle_options", "both_orders"), False
    )
    for key, usual in usually.items():
        if getattr(file, key) != usual and not file.options_from:
            yield f"{key!r} is about options that each example brings along: 'options_from'", (key,)


def _turns(file: TaskFile, ask: Ask, shots: int) -> Iterator[Problem]:
    """Yield what is wrong with conversations: their turns are free replies to a field or to given texts."""
    if file.turns is None:
        return
    if file.world is not None:
        yield from _requests(file)
        return
    if ask != "generate":
        yield f"'turns' are replied to in free text: 'ask: generate', not {ask!r}", ("turns",)
    if shots:
        yield "conversations have no shots: what is said before a turn is the conversation", ("shots",)
    if isinstance(file.turns, str):
        if file.turns not in file.inputs:
            hint = did_you_mean(file.turns, file.inputs)
            yield f"'turns' names no field of the task: {shown(file.turns)}.{hint}", ("turns",)
        return
    if not file.turns:
        yield "'turns' should name a field, or hold at least one text", ("turns",)
    for index, text in enumerate(file.turns):
        if message := templating.problem(text, [*file.inputs, *file.meta]):
            yield message, ("turns", index)
    yield from _beside(file)


def _beside(file: TaskFile) -> Iterator[Problem]:
    for name in file.meta:
        if name in BESIDE_TURNS:
            yield f"{name!r} is taken: it says of each turn which it is", ("meta", name)


def _requests(file: TaskFile) -> Iterator[Problem]:
    """Yield what is wrong with what a user says in a world, one text after the other."""
    if not isinstance(file.turns, str) or file.turns not in file.inputs:
        hint = did_you_mean(file.turns, file.inputs) if isinstance(file.turns, str) else ""
        yield (
            f"'turns' of a world names the field with what the user says, a list of texts.{hint}",
            ("turns",),
        )


def _in_world(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    """Yield what is wrong with a simulated world."""
    if (found := file.world) is None:
        return
    if ask != "call":
        yield f"'world' is about calls of tools: 'ask: call', not {ask!r}", ("world",)
    for key in ("tools", "messages"):
        if getattr(file, key) is not None:
            yield f"the tools are the methods of the 'world', and the talk is made there: no {key!r}", (key,)
    yield from _beside(file)
    if found.state not in file.inputs:
        hint = did_you_mean(found.state, file.inputs)
        yield f"'world.state' names no field of the task: {shown(found.state)}.{hint}", ("world",)
    try:
        worlds.tools(found.name)
    except (BadInput, Unavailable) as error:
        yield error.message, ("world",)


def _retrieved(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    """Yield what is wrong with a corpus, and with what says which of its passages are relevant."""
    for key in ("corpus", "qrels"):
        if ask != "retrieve" and file.ask != "retrieve" and getattr(file, key) is not None:
            yield f"{key!r} is about 'ask: retrieve'", (key,)
    if ask != "retrieve":
        return
    if file.corpus is None:
        yield "'retrieve' needs a 'corpus', the passages that are looked through", ("ask",)
    elif file.qrels is not None and file.corpus.id is None:
        yield "'qrels' name passages by their ids: 'corpus' needs an 'id'", ("corpus",)
    if (file.qrels is None) == ("target" not in file.fields):
        yield (
            "'retrieve' needs one of a 'target', the relevant passages of a query, and 'qrels', rows of them",
            ("fields",),
        )
    if file.data.hash_split or file.data.from_path or file.both_orders:
        yield "'retrieve' reads whole splits: no 'hash_split', 'from_path' or 'both_orders'", ("data",)


def _tools(file: TaskFile, ask: Ask, shots: int) -> Iterator[Problem]:
    """Yield what is wrong with tools, and with conversations in which they are called."""
    if ask != "call":
        for key in ("tools", "messages"):
            if getattr(file, key) is not None:
                yield f"{key!r} is about calls of tools: 'ask: call', not {ask!r}", (key,)
        return
    if file.tools is None and file.world is None:
        yield "'call' needs 'tools': a field that holds them, or the tools themselves", ("ask",)
    if isinstance(file.tools, list):
        for index, tool in enumerate(file.tools):
            inner = tool.get("function", tool)
            if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
                yield "each tool needs a 'name'", ("tools", index)
    if file.options or file.options_from:
        yield "'call' has no options: what may be called is in 'tools'", ("ask",)
    if shots:
        yield "'call' has no shots: what is said before is in 'messages'", ("shots",)
    for key in ("tools", "messages"):
        name = getattr(file, key)
        if isinstance(name, str) and name not in file.inputs:
            hint = did_you_mean(name, file.inputs)
            yield f"{key!r} names no field of the task: {shown(name)}.{hint}", (key,)


def _splits(file: TaskFile, shots: int, split: str) -> Iterator[Problem]:
    known = file.data.splits
    wanted: list[tuple[Loc, str]] = [(("split",), split)]
    if shots:
        wanted.append((("shots", "from"), file.shots.from_))
    if file.corpus is not None and file.corpus.split is not None:
        wanted.append((("corpus", "split"), file.corpus.split))
    if file.qrels is not None:
        wanted.append((("qrels", "split"), file.qrels.split))
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


def _official(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    """Yield what is wrong with the official readers and the metrics that judge them."""
    prefix = "official:"
    known = [name.removeprefix(prefix) for name in plugins.extractors() if name.startswith(prefix)]
    for reader, judges in file.official.items():
        if reader not in known:
            yield (
                f"no official reader is called {shown(reader)}.{did_you_mean(reader, known)}",
                ("official", reader),
            )
        yield from _metrics(judges, file, ask, ("official", reader))


def _metrics(judges: Sequence[Named], file: TaskFile, ask: Ask, above: Loc) -> Iterator[Problem]:
    names = [named.name for named in judges]
    for index, named in enumerate(judges):
        loc = (*above, index)
        try:
            entry = plugins.metric(named.name)
        except BadInput as error:
            yield error.message, loc
            continue
        if named.name in names[:index]:
            yield f"the metric {named.name!r} stands twice", loc
        if entry.executed and file.execute is None:
            yield f"{named.name!r} judges what is run, and the task has no 'execute'", loc
        if entry.in_world and file.world is None:
            yield f"{named.name!r} judges what is done in a world, and the task has no 'world'", loc
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
        message = str(getattr(error, "message", error))
        yield message if message.startswith(named.name) else f"{named.name}: {message}", loc


def _executed(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    """Yield what is wrong with a task whose replies are run."""
    if file.execute is None:
        return
    if ask != "generate":
        yield f"'execute' runs what is written, and {ask!r} asks for no text", ("execute",)
    if "target" not in file.fields:
        yield "'fields' names no target, the tests that a program is run with", ("fields",)


def _settled(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    """Yield what is wrong with replies that are known already."""
    if file.settled is None:
        return
    if ask not in WRITTEN or file.steps:
        yield "'settled' is about single replies in text", ("settled",)
    if file.settled not in file.inputs:
        hint = did_you_mean(file.settled, file.inputs)
        yield f"'settled' names no field of the task: {shown(file.settled)}.{hint}", ("settled",)


def _references(file: TaskFile) -> Iterator[Problem]:
    metrics = [named.name for named in file.metrics]
    mistyped = set(metrics) - plugins.metrics().keys()  # a problem of its own
    metrics += [f"{named.name}@{reader}" for reader, judges in file.official.items() for named in judges]
    templates = file.templates.all
    for index, row in enumerate(file.reference):
        for figure in row.figures:
            if figure not in metrics and not mistyped:
                hint = did_you_mean(figure, metrics)
                yield f"{shown(figure)} is no metric of this task.{hint}", ("reference", index, figure)
        if row.template is not None and row.template not in templates:
            hint = did_you_mean(row.template, templates)
            yield f"no template is called {shown(row.template)}.{hint}", ("reference", index, "template")


def _templates(file: TaskFile, ask: Ask) -> Iterator[Problem]:
    """Yield templates that do not compile, that say nothing, or that use a field the task has not."""
    known, default = file.templates.all, file.templates.default
    if "templates" not in file.model_fields_set:
        if ask not in WITHOUT_PROMPT and file.messages is None:
            yield "'templates' is missing", ()
        return
    if default is not None and default not in known:
        yield (
            f"no template is called {shown(default)}.{did_you_mean(default, known)}",
            ("templates", "default"),
        )
    for name, template in known.items():
        said_elsewhere = ask in WITHOUT_PROMPT or file.messages is not None
        if not template.query and not template.captions and not said_elsewhere:
            yield f"'templates.{name}.query' is missing", ("templates", name)
        for index, text in enumerate(template.captions):
            message = templating.problem(text, ["option", *file.insertable])
            if message:
                yield message, ("templates", name, "captions", index)
    texts: dict[Loc, str] = {
        ("templates", name, key): getattr(template, key)
        for name, template in known.items()
        for key in ("query", "instruction", "system")
    }
    texts |= {("options", label): text for label, text in file.options.items()}
    for loc, text in texts.items():
        message = templating.problem(text, file.insertable)
        if message:
            yield message, loc
