"""A grid of runs as a YAML file: `harness run grid.yaml`.

    version: 1
    defaults: {limit: 200, max_cost: 5USD}
    runs:
      - {task: [kobest, nsmc_fewshot], backend: [nb, tfidf]}
      - {task: mmlu, backend: gpt_4o_mini, decoding: [{temperature: 0}, {temperature: 0.7}], priority: 1}
    on_error: go_on

Keys are the options of `harness run` by their names in Python. What gives leave (to run code, to send a key
somewhere, to read or write elsewhere) is the command line's alone: a file may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import plugins
from harness.config.documents import Document, read
from harness.errors import BadInput, did_you_mean
from harness.options.flags import Parameter, declared
from harness.options.running import RunOptions

VERSION = 1
KEYS = ("version", "description", "defaults", "runs", "on_error")
LEAVE = ("trust_remote_code", "allow_endpoint", "allow_code_execution", "sandbox", "data_dir", "runs_dir")
GRIDS = ("settings", "decoding")  # mappings, of which several make a grid
PURSE = ("max_cost", "usd_krw")


@dataclass(frozen=True)
class GridPart:
    """The options of some runs of a grid; those of a higher `priority` are run first."""

    options: RunOptions
    priority: int = 0


@dataclass(frozen=True)
class GridFile:
    """The parts of a grid, and whether it ends with the first run that goes wrong."""

    parts: Sequence[GridPart]
    stops: bool = False


def is_grid(values: Mapping[str, Any]) -> bool:
    """Return whether a YAML file says what a grid says, and no task or backend does."""
    return "runs" in values


def read_grid(path: Path, given: RunOptions) -> GridFile:
    """Return the grid of a file; what the command line has `given` outweighs it.

    Parts that have no `max_cost` of their own spend from one purse, that of `defaults`.

    Raises:
        BadInput: it is no such file, or a key or value in it is wrong; the message has its line.
    """
    document = read(path)
    values = document.values
    _require_keys(document, values, KEYS)
    if values.get("version") != VERSION:
        raise document.error(f"version should be {VERSION}", "version")
    if values.get("on_error", "go_on") not in ("go_on", "stop"):
        raise document.error("on_error should be go_on or stop", "on_error")
    runs, defaults = values.get("runs"), values.get("defaults", {})
    if not isinstance(runs, list) or not runs:
        raise document.error("runs should list what is run, {task: …, backend: …} each", "runs")
    said = {name: given.said[name] for name in given.said if name not in ("task", "backend")}
    _check(document, defaults, "defaults")
    parts = [_part(document, at, one, defaults, said, given) for at, one in enumerate(runs)]
    purse = next((part.options.budget for part, one in zip(parts, runs, strict=True) if _shares(one)), None)
    for part, one in zip(parts, runs, strict=True):
        if _shares(one):
            part.options.spend_from(purse)
    return GridFile(parts, values.get("on_error") == "stop")


def _shares(run: Mapping[str, Any]) -> bool:
    """Return whether a part has no purse of its own."""
    return not run.keys() & set(PURSE)


def _part(
    document: Document,
    at: int,
    run: Any,
    defaults: Mapping[str, Any],
    said: Mapping[str, Any],
    given: RunOptions,
) -> GridPart:
    _check(document, run, "runs", at)
    priority = run.get("priority", 0)
    if type(priority) is not int:
        raise document.error("priority should be a whole number", "runs", at, "priority")
    options = {name: value for name, value in {**defaults, **run}.items() if name != "priority"}
    for name, value in said.items():
        options[name] = _product(options.get(name), value) if name in GRIDS else value
    for name in ("task", "backend"):
        if not options.get(name):
            raise document.error(f"{name} is missing", "runs", at)
    try:
        return GridPart(RunOptions(**options | {"quiet": given.quiet}), priority)
    except BadInput as error:
        raise document.error(error.message, "runs", at) from None


def _product(filed: Any, given: Any) -> list[dict[str, Any]]:
    """Return mappings of the file with those of the command line, each with each; the latter outweigh."""
    ours, theirs = ([one] if isinstance(one, Mapping) else list(one or [{}]) for one in (filed, given))
    return [{**a, **b} for a in ours for b in theirs]


def _check(document: Document, options: Any, *loc: str | int) -> None:
    """Check the keys and the types of options.

    Raises:
        BadInput: one is wrong.
    """
    if not isinstance(options, dict):
        raise document.error("should be a mapping, such as {task: nsmc_fewshot, backend: nb}", *loc)
    known = {name: one for name, one in declared(RunOptions).items() if one.flag.applies("run")}
    for name in LEAVE:
        if name in options:
            flag = known[name].flag.names.split()[0]
            raise document.error(f"{name} is not a file's to say: give {flag} to the command", *loc, name)
    more = () if loc == ("defaults",) else ("priority",)
    _require_keys(document, options, (*known.keys() - LEAVE, *more), *loc)
    for name, value in options.items():
        if name in known:
            _require_type(document, known[name], value, *loc, name)
    _require_own_settings(document, options.get("settings") or (), *loc, "settings")


def _require_keys(
    document: Document, values: Mapping[str, Any], known: Sequence[str], *loc: str | int
) -> None:
    for name in values:
        if name not in known:
            raise document.error(f"no such key: {name!r}.{did_you_mean(name, known)}", *loc, name)


def _require_type(document: Document, one: Parameter, value: Any, *loc: str | int) -> None:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(one.type).validate_python(value, strict=True)
    except ValidationError:
        flag, meant = one.flag.names.split()[0], one.flag.metavar or "true or false"
        raise document.error(f"{one.name} should be what {flag} takes: {meant}", *loc) from None


def _require_own_settings(document: Document, settings: Any, *loc: str | int) -> None:
    """Check that no setting leads a key or a file elsewhere."""
    files = {name for entry in plugins.adapters().values() for name in entry.files}
    for values in [settings] if isinstance(settings, dict) else settings:
        for name in values:
            last = str(name).rpartition(".")[2]
            if last in files | {"base_url", "api_key_env"}:
                why = f"{last} is not a grid's to say: give -m {last}=… to the command, or write a backend"
                raise document.error(why, *loc)
