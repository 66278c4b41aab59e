"""From names to code: entries are registered as text, and imported when somebody uses them.

Whatever is wrong with a plugin is one line that names it and stops every command: a task or a system
that silently went missing would be worse.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields, replace
from functools import cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from harness import builtin, hookspecs
from harness.errors import BadInput, HarnessError, Unavailable, did_you_mean
from harness.hookspecs import (
    AdapterEntry,
    ExporterEntry,
    ExtractorEntry,
    FolderEntry,
    MetricEntry,
    WorldEntry,
)

GROUP = "harness"
HOOKS: dict[str, type[Any]] = {
    "register_adapters": AdapterEntry,
    "register_metrics": MetricEntry,
    "register_extractors": ExtractorEntry,
    "register_exporters": ExporterEntry,
    "register_worlds": WorldEntry,
    "register_folders": FolderEntry,
}

Entry = TypeVar("Entry", AdapterEntry, MetricEntry, ExtractorEntry, ExporterEntry, WorldEntry)


@cache
def manager() -> pluggy.PluginManager:
    """Return the plugin manager with the built-ins and every installed plugin.

    Raises:
        Unavailable: a plugin cannot be imported, or implements no hook or one that does not exist.
    """
    plugins = pluggy.PluginManager("harness")
    plugins.add_hookspecs(hookspecs)
    plugins.register(builtin, name="harness.builtin")
    for name in _installed():
        with _blamed(name):
            plugins.load_setuptools_entrypoints(GROUP, name=name)
            _check_hooks(plugins, name)
    return plugins


@cache
def _installed() -> dict[str, str]:
    """Return the name of each installed plugin and the distribution it came with."""
    found: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        distribution = point.dist.name if point.dist else "somewhere"
        if found.setdefault(point.name, distribution) != distribution:
            both = f"{found[point.name]} and {distribution}"
            raise BadInput(f"two plugins are called {point.name!r}, of {both}; uninstall one")
    return found


def _titled(name: str) -> str:
    """Return a plugin's name in a sentence, with what to uninstall to be rid of it."""
    return f"the plugin {name!r} of {_installed()[name]}" if name in _installed() else f"the plugin {name!r}"


@contextmanager
def _blamed(name: str) -> Iterator[None]:
    """Name the plugin in whatever its code raises."""
    try:
        yield
    except HarnessError:
        raise
    except (Exception, SystemExit) as error:
        raise Unavailable(f"{_titled(name)} is broken: {type(error).__name__}: {error}") from error


def _check_hooks(plugins: pluggy.PluginManager, name: str) -> None:
    """Raise Unavailable if a plugin implements no hook, or one that does not exist."""
    callers = plugins.get_hookcallers(plugins.get_plugin(name))
    if not callers:
        raise Unavailable(f"{_titled(name)} implements no hook; is @hookimpl missing?")
    try:
        plugins.check_pending()
    except pluggy.PluginValidationError:
        unknown = next(caller.name for caller in callers if not caller.has_spec())
        hint = did_you_mean(unknown, HOOKS)
        raise Unavailable(f"{_titled(name)} implements {unknown!r}, which is no hook.{hint}") from None


def register(plugin: object, name: str) -> None:
    """Add a plugin of this process, under the rules of an installed one.

    Raises:
        Unavailable: it implements no hook or one that does not exist, or the name is taken.
    """
    with _blamed(name):
        manager().register(plugin, name=name)
        try:
            _check_hooks(manager(), name)
        except Unavailable:
            unregister(name)
            raise
    _gathered.cache_clear()


def unregister(name: str) -> None:
    """Take away the plugin called `name`."""
    manager().unregister(name=name)
    _gathered.cache_clear()


@cache
def _gathered() -> dict[str, dict[str, Any]]:
    """Return hook → name → entry, of all hooks at once: any command finds what is wrong with a plugin.

    Raises:
        BadInput: two plugins register one name.
        Unavailable: a plugin's hook breaks, or hands over what means nothing.
    """
    return {hook: _gather(hook) for hook in HOOKS}


def _gather(hook: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    owner: dict[str, str] = {}
    for who, entry in _entries(hook):
        name = " ".join(astuple(entry)) if isinstance(entry, FolderEntry) else entry.name
        if owner.get(name) == who:
            raise BadInput(f"{name!r} is registered twice by {who}")
        if name in found:
            raise BadInput(f"two plugins register {name!r}: {owner[name]} and {who}")
        found[name], owner[name] = entry, who
    return found


def _entries(hook: str) -> Iterator[tuple[str, Any]]:
    """Yield (plugin, entry) of all plugins, asking each on its own so that an error names it."""
    for call in getattr(manager().hook, hook).get_hookimpls():
        entries: list[Any] = []
        with _blamed(call.plugin_name):
            call.function(entries.append)
            # Our own words are checked by a test, not at every start.
            strange = entries if call.plugin is not builtin else ()
            wrong = [problem for entry in strange for problem in _problems(hook, entry)]
        if wrong:
            raise Unavailable(f"{_titled(call.plugin_name)}: {wrong[0]}")
        yield from ((call.plugin_name, entry) for entry in entries)


def _problems(hook: str, entry: Any) -> Iterator[str]:
    """Yield what is wrong with the words of an entry, before a user's YAML is blamed for it."""
    if not isinstance(entry, HOOKS[hook]):
        yield f"{hook} takes {HOOKS[hook].__name__}, not {entry!r}"
    elif isinstance(entry, FolderEntry):
        if entry.kind not in ("tasks", "backends"):
            yield f"a folder of {entry.kind!r} means nothing; tasks and backends do"
        if _place(entry) is None:
            yield f"the folder {entry.folder!r} of {entry.package!r} is not there"
    else:
        if not all(entry.target.partition(":")):
            yield f"{entry.name!r}: the target {entry.target!r} should be 'module:name'"
        yield from _unknown_words(entry)


def _unknown_words(entry: Any) -> Iterator[str]:
    from harness.schema import ASKS, Decoding

    for key, known in (("asks", ASKS), ("decoding", [field.name for field in fields(Decoding)])):
        words = getattr(entry, key, ())
        if isinstance(words, str):
            yield f"{entry.name!r}: {key} should be a tuple, not {words!r}; is a comma missing?"
        for word in words:
            if word not in known:
                yield f"{entry.name!r}: {word!r} is not known in {key}.{did_you_mean(word, known)}"
    for setting, kind in {**getattr(entry, "settings", {}), **getattr(entry, "knobs", {})}.items():
        if kind not in hookspecs.SETTING_KINDS and "|" not in kind:
            hint = did_you_mean(kind, hookspecs.SETTING_KINDS)
            yield f"{entry.name!r}: the setting {setting!r} is of no known kind {kind!r}.{hint}"


def _place(entry: FolderEntry) -> Path | None:
    """Return a plugin's folder without importing its package, None if it is not there."""
    try:
        spec = importlib.util.find_spec(entry.package)
    except ModuleNotFoundError:  # the parent of a dotted name
        return None
    roots = (spec.submodule_search_locations if spec else None) or ()
    return next((Path(root) / entry.folder for root in roots if (Path(root) / entry.folder).is_dir()), None)


def adapters() -> dict[str, AdapterEntry]:
    """Return every adapter's entry by name."""
    return _gathered()["register_adapters"]


def metrics() -> dict[str, MetricEntry]:
    """Return every metric's entry by name."""
    return _gathered()["register_metrics"]


def extractors() -> dict[str, ExtractorEntry]:
    """Return every extraction step's entry by name."""
    return _gathered()["register_extractors"]


def exporters() -> dict[str, ExporterEntry]:
    """Return the entry of every place that runs can be pushed to, by name."""
    return _gathered()["register_exporters"]


def worlds() -> dict[str, WorldEntry]:
    """Return the entry of every simulated world, by name."""
    return _gathered()["register_worlds"]


def folders(kind: str) -> tuple[Path, ...]:
    """Return the folders of `tasks` or `backends` that plugins ship."""
    entries = [entry for entry in _gathered()["register_folders"].values() if entry.kind == kind]
    return tuple(place for entry in entries if (place := _place(entry)) is not None)


def known(entries: dict[str, Entry], name: str, noun: str) -> Entry:
    """Return the entry called `name`.

    Raises:
        BadInput: no such name; the nearest is named.
    """
    if name not in entries:
        raise BadInput(f"no {noun} is called {name!r}.{did_you_mean(name, entries)}")
    return entries[name]


def metric(name: str) -> MetricEntry:
    """Return the entry of the metric called `name`.

    An entry called `evaluate:NAME_OR_PATH` or `recall@K`, in capitals, stands for a family: its factory takes
    what follows the colon or the sign before all else.

    Raises:
        BadInput: no such name; the nearest is named.
    """
    for sign in (":", "@"):
        family, _, rest = name.partition(sign)
        for entry in metrics().values() if rest else ():
            first, _, placeholder = entry.name.partition(sign)
            if first == family and placeholder.isupper():
                return replace(entry, name=name, target=f"{entry.target}:{rest}")
    return known(metrics(), name, "metric")


def load(target: str) -> Any:
    """Return the object behind `module:name`; with a third part, as `metric` adds it, that is bound first.

    Raises:
        Unavailable: the module or the name is not there.
    """
    module, _, path = target.partition(":")
    name, _, bound = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
        return partial(found, bound) if bound else found
    except HarnessError:
        raise
    except Exception as error:
        raise Unavailable(f"{target} cannot be loaded: {type(error).__name__}: {error}") from error


def missing(entry: AdapterEntry | ExporterEntry) -> tuple[str, ...]:
    """Return the modules that what is named needs and that are not installed, importing none."""
    return tuple(module for module in entry.modules if not is_installed(module))


def is_installed(module: str) -> bool:
    """Return whether there is such a module; nothing is imported but the package around it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # a parent that is missing, or a module without a spec
        return False
