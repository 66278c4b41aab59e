"""A world that lives: begun in a state, called by a model, and asked which state it is in."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness import plugins
from harness.errors import BadInput, Unavailable
from harness.schema import Tool
from harness.worlds import methods


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: the text that the model is told, and what kind of end it was.

    `done` is a call that the world answered, `refused` one whose method raised, `invalid` one that is of no
    tool or has other arguments than it takes.
    """

    name: str
    content: str
    kind: str = "done"


@cache
def kind(name: str) -> type:
    """Return the class of the world that a plugin registered under a name.

    Raises:
        BadInput: no installed plugin has a world of that name.
        Unavailable: its module cannot be imported, or there is no class.
    """
    entry = plugins.known(plugins.worlds(), name, "world")
    found = plugins.load(entry.target)
    if not isinstance(found, type):
        raise Unavailable(f"the world {name!r}: {entry.target} is no class")
    return found


def tools(name: str) -> tuple[Tool, ...]:
    """Return the tools of a world, one a public method.

    Raises:
        BadInput, Unavailable: as `kind` and `methods.tools`.
    """
    return methods.tools(kind(name))


class World:
    """One instance of a world, for one episode."""

    def __init__(self, name: str, state: Any) -> None:
        """Begin a world in a state of its own: a copy of `state`, a mapping as JSON has it.

        Raises:
            BadInput: the world refuses the state, or there is no such world.
            Unavailable: what it says of its state cannot be written as JSON.
        """
        self.name, self._kind = name, kind(name)
        try:
            self._world = self._kind(copy.deepcopy(state))
        except Exception as error:
            raise BadInput(f"the world {name!r} cannot begin: {_said(error)}") from error
        self.state()

    def state(self) -> Any:
        """Return the state it is in, as JSON has it: later calls do not change what was returned.

        Raises:
            Unavailable: it has no `state`, or one that JSON cannot write.
        """
        try:
            return json.loads(json.dumps(self._world.state, ensure_ascii=False, allow_nan=False))
        except Exception as error:
            raise Unavailable(f"the world {self.name!r} has no state that is JSON: {_said(error)}") from error

    def call(self, name: str, arguments: Any) -> Result:
        """Return what came of a call; whatever is wrong with it, or goes wrong in it, is told, not raised."""
        if name not in methods.methods(self._kind):
            known = ", ".join(methods.methods(self._kind))
            return Result(name, _error(f"there is no tool {name!r}; there are {known}"), "invalid")
        if not isinstance(arguments, Mapping):
            return Result(name, _error("the arguments are no JSON object"), "invalid")
        try:
            taken = methods.arguments(self._kind, name).model_validate_json(json.dumps(dict(arguments)))
        except ValueError as error:
            return Result(name, _error(_first(error)), "invalid")
        given = {key: getattr(taken, key) for key in taken.model_fields_set}
        try:
            returned = getattr(self._world, name)(**given)
            content = returned if isinstance(returned, str) else json.dumps(returned, ensure_ascii=False)
        except (Exception, SystemExit) as error:
            return Result(name, _error(_said(error)), "refused")
        return Result(name, content)


def _first(error: ValueError) -> str:
    """Return the first thing that is wrong with arguments, in a line."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    found = errors(include_url=False)[0]
    place = ".".join(map(str, found["loc"]))
    return f"{place}: {found['msg']}" if place else str(found["msg"])


def _said(error: BaseException) -> str:
    """Return what an error says; one that says nothing, or only names a key, by its kind."""
    text = str(getattr(error, "message", error)).strip()
    if text and not isinstance(error, KeyError):
        return text
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _error(message: str) -> str:
    return json.dumps({"error": message}, ensure_ascii=False)
