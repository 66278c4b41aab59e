"""What plugins are asked. Built-ins answer the same questions, in `builtin`.

A plugin hands over *names as text*; the code behind a name is imported when somebody uses it. Keep
the module of an entry point thin: it is imported whenever a name is looked up.

    # pyproject.toml of a wheel
    [project.entry-points.harness]
    shout = "shout.plugin"

    # shout/plugin.py
    from harness.hookspecs import AdapterEntry, hookimpl

    @hookimpl
    def register_adapters(register):
        register(AdapterEntry("shout", "shout.adapter:Shout", asks=("generate",)))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pluggy

hookspec = pluggy.HookspecMarker("harness")
hookimpl = pluggy.HookimplMarker("harness")

# What a setting may be; allowed words are written `a|b|c`.
SETTING_KINDS = ("int", "float", "bool", "str", "list", "map")


@dataclass(frozen=True, slots=True)
class AdapterEntry:
    """An adapter by name, and what can be known of it without importing it.

    `settings` maps a setting to its kind: `int`, `float`, `bool`, `str`, `list`, `map`, or the allowed
    words separated by `|`. `knobs` are settings that cannot change a result (device, batch size): they stay
    out of the fingerprint. `learns` says that it is fitted on the train split, `reads_prompts` that what it
    learns from are the rendered prompts and not the bare inputs, `pictures` that it may be
    asked about pictures (it sees them, or reads no input at all), `own_options` that it can choose among
    options which an example brings along. `libraries` are the distributions whose version a fitted model
    depends on; `extra` is the install extra it needs and `modules` what to look for to know whether that
    extra is there. `remote` says that it asks a server: concurrency applies, and an answer costs money or
    somebody's time, so it is worth keeping. `key` is the environment variable that holds the key of its usual
    service; the setting `api_key_env` names another. `provider` is who bills that service, as the price
    library calls it; the setting `base_url` may name another. `files` are settings that each name a file it
    needs: what they hold is hashed by the adapter's `identity`, and their paths are not. `replays` says that
    its answers were made elsewhere: how they were asked for, how quickly and at what cost, this process
    cannot know. `structured` says that it holds a reply to an example's options or to a task's JSON schema
    where the profile says `choose_by: structured`, and `structured_needs` which module that takes, with the
    install extra it comes with. `description` is one line for lists and reference pages, `한국어 / English`.
    """

    name: str
    target: str
    asks: tuple[str, ...]
    decoding: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None
    modules: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    learns: bool = False
    reads_prompts: bool = False
    needs_model: bool = False
    pictures: bool = False
    own_options: bool = True
    remote: bool = False
    key: str | None = None
    provider: str | None = None
    files: tuple[str, ...] = ()
    replays: bool = False
    structured: bool = False
    structured_needs: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """A metric by name; `target` is the `module:factory` behind it.

    The factory is called as `factory(labels, **settings)` and returns a `harness.schema.Metric`.
    `settings` is as in `AdapterEntry`; `asks` are the asks it can judge; `extra` what it needs installed.
    A name that ends in capitals after a colon or an at sign, `evaluate:NAME_OR_PATH`, `recall@K`, is that of
    a family: what stands in the place of the capitals comes first, `factory(text, labels, **settings)`.
    `several_labels` says of a metric of labels that an example's target may be a list of them, `executed`
    that it judges what came of running a reply, which a task with `execute` has done, and `in_world` that it
    judges what was done in the world of a task with `world`.
    """

    name: str
    target: str
    asks: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None
    description: str = ""
    several_labels: bool = False
    executed: bool = False
    in_world: bool = False


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder of definitions inside an installed package: kind `tasks` or `backends`."""

    kind: str
    package: str
    folder: str


@dataclass(frozen=True, slots=True)
class ExtractorEntry:
    """An extraction step by name; `target` is the `module:factory` behind it.

    The factory is called as `factory(**settings)` and returns `step(text, options) -> str | None`, None
    when nothing was found.
    """

    name: str
    target: str
    settings: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class ExporterEntry:
    """A place that runs can be pushed to, by name; `target` is the `module:function` behind it.

    The function is called as `export(runs, **settings)` with a sequence of `harness.Run` and yields a line
    of text for each thing that it made. It sends nothing anywhere that its settings do not name. `settings`,
    `extra` and `modules` are as in `AdapterEntry`.
    """

    name: str
    target: str
    settings: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None
    modules: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class WorldEntry:
    """A simulated world by name; `target` is the `module:Class` behind it, whose methods a model calls.

    The class is called as `Class(state)` with the state that an example begins in, a mapping as JSON has it,
    and tells in `state`, an attribute or a property, which state it is in. Each public method is a tool.
    """

    name: str
    target: str
    description: str = ""


@hookspec
def register_adapters(register: Callable[[AdapterEntry], None]) -> None:
    """Call `register(AdapterEntry(…))` for every adapter."""


@hookspec
def register_metrics(register: Callable[[MetricEntry], None]) -> None:
    """Call `register(MetricEntry(…))` for every metric."""


@hookspec
def register_extractors(register: Callable[[ExtractorEntry], None]) -> None:
    """Call `register(ExtractorEntry(…))` for every extraction step."""


@hookspec
def register_exporters(register: Callable[[ExporterEntry], None]) -> None:
    """Call `register(ExporterEntry(…))` for every place that runs can be pushed to."""


@hookspec
def register_worlds(register: Callable[[WorldEntry], None]) -> None:
    """Call `register(WorldEntry(…))` for every simulated world."""


@hookspec
def register_folders(register: Callable[[FolderEntry], None]) -> None:
    """Call `register(FolderEntry("tasks", "my_package", "tasks"))` for shipped definitions."""
