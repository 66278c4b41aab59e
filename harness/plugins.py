"""From names to code: entries are registered as text, and imported when somebody uses them."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from harness import builtin, hookspecs
from harness.errors import BadInput, HarnessError, Unavailable, did_you_mean
from harness.hookspecs import AdapterEntry, ExtractorEntry, FolderEntry, MetricEntry

Entry = TypeVar("Entry", AdapterEntry, MetricEntry, ExtractorEntry)


@cache
def manager() -> pluggy.PluginManager:
    """Return the plugin manager with the built-ins and every installed plugin.

    Raises:
        Unavailable: a plugin cannot be imported, or implements a hook that does not exist.
    """
    plugins = pluggy.PluginManager("harness")
    plugins.add_hookspecs(hookspecs)
    plugins.register(builtin, name="harness.builtin")
    try:
        plugins.load_setuptools_entrypoints("harness")
        plugins.check_pending()
    except Exception as error:
        raise Unavailable(f"an installed plugin is broken: {type(error).__name__}: {error}") from error
    return plugins


def _gather(hook: str) -> dict[str, Any]:
    """Return name → entry over all plugins, asking each on its own so that a clash names both."""
    found: dict[str, Any] = {}
    owner: dict[str, str] = {}
    plugins = manager()
    for call in getattr(plugins.hook, hook).get_hookimpls():

        def register(entry: Any, who: str = call.plugin_name) -> None:
            if entry.name in found:
                raise BadInput(f"two plugins register {entry.name!r}: {owner[entry.name]} and {who}")
            found[entry.name], owner[entry.name] = entry, who

        call.function(register)
    return found


@cache
def adapters() -> dict[str, AdapterEntry]:
    """Return every adapter's entry by name."""
    return _gather("register_adapters")


@cache
def metrics() -> dict[str, MetricEntry]:
    """Return every metric's entry by name."""
    return _gather("register_metrics")


@cache
def extractors() -> dict[str, ExtractorEntry]:
    """Return every extraction step's entry by name."""
    return _gather("register_extractors")


@cache
def folders(kind: str) -> tuple[Path, ...]:
    """Return the folders of `tasks` or `backends` that plugins ship."""
    found: list[FolderEntry] = []
    manager().hook.register_folders(register=found.append)
    return tuple(_folder(entry) for entry in found if entry.kind == kind)


def _folder(entry: FolderEntry) -> Path:
    """Return a plugin's folder without importing its package."""
    spec = importlib.util.find_spec(entry.package)
    for root in (spec.submodule_search_locations if spec else None) or ():
        if (Path(root) / entry.folder).is_dir():
            return Path(root) / entry.folder
    raise Unavailable(f"a plugin names the folder {entry.folder!r} of {entry.package!r}, which is not there")


def known(entries: dict[str, Entry], name: str, noun: str) -> Entry:
    """Return the entry called `name`.

    Raises:
        BadInput: no such name; the nearest is named.
    """
    if name not in entries:
        raise BadInput(f"no {noun} is called {name!r}.{did_you_mean(name, entries)}")
    return entries[name]


def load(target: str) -> Any:
    """Return the object behind `module:name`.

    Raises:
        Unavailable: the module or the name is not there.
    """
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except HarnessError:
        raise
    except Exception as error:
        raise Unavailable(f"{target} cannot be loaded: {type(error).__name__}: {error}") from error


def missing(entry: AdapterEntry) -> tuple[str, ...]:
    """Return the modules that the adapter needs and that are not installed, importing none."""
    return tuple(m for m in entry.modules if importlib.util.find_spec(m) is None)
