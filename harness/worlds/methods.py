"""A class's public methods as tools: JSON Schema from signatures, descriptions from docstrings.

A method's first paragraph is its tool's description; a parameter's stands under `Args:`, as Google's style
guide has it, or in its `Annotated[…, Field(description=…)]`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from harness.errors import Unavailable
from harness.schema import Tool

if TYPE_CHECKING:
    from pydantic import BaseModel

_ARGUMENT = re.compile(r"(\w+)\s*(?:\([^)]*\))?:\s*(.+)")
_ENDS = re.compile(r"(Returns|Raises|Yields|Examples?|Notes?):\s*")
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@cache
def methods(world: type) -> Mapping[str, Callable[..., Any]]:
    """Return the public methods of a class and of those it inherits from, by name, in their order."""
    found: dict[str, Callable[..., Any]] = {}
    for base in reversed(world.__mro__[:-1]):
        for name, member in vars(base).items():
            if not name.startswith("_") and inspect.isfunction(member):
                found[name] = member
    return found


@cache
def tools(world: type) -> tuple[Tool, ...]:
    """Return each method as a tool: name, description, and parameters, a JSON schema.

    Raises:
        Unavailable: it has no public methods, or one whose parameters have no type that JSON can write.
    """
    if not methods(world):
        raise Unavailable(f"the world {world.__name__} has no public methods, which are its tools")
    return tuple(_tool(world, name, method) for name, method in methods(world).items())


@cache
def arguments(world: type, name: str) -> type[BaseModel]:
    """Return the model that checks a call's arguments: strictly, and none beside the parameters.

    Raises:
        Unavailable: a parameter has no type, or one that JSON cannot write.
    """
    from pydantic import ConfigDict, create_model

    method = methods(world)[name]
    about = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False)
    try:
        fields = dict(_fields(world, name, method))
        return create_model(name, __config__=about, **fields)
    except Unavailable:
        raise
    except Exception as error:
        raise Unavailable(f"the world {world.__name__}: {name}: {error}") from error


def _fields(world: type, name: str, method: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yield each parameter's name, with its type and what pydantic is to know of it."""
    from pydantic import Field

    hints, described = get_type_hints(method, include_extras=True), _described(method)
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.kind not in _NAMED or parameter.name not in hints or parameter.name.startswith("_"):
            raise Unavailable(
                f"the world {world.__name__}: {name}: the parameter {parameter.name!r} needs a type"
            )
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        text = described.get(parameter.name)
        about: Any = Field(default, description=text) if text else default
        yield parameter.name, (hints[parameter.name], about)


def _tool(world: type, name: str, method: Callable[..., Any]) -> Tool:
    schema = arguments(world, name).model_json_schema()
    parameters = {key: _plain(value) for key, value in schema.items() if key not in ("title", "description")}
    parameters.setdefault("properties", {})
    parameters.pop("additionalProperties", None)
    first = inspect.cleandoc(method.__doc__ or "").partition("\n\n")[0]
    return {"name": name, "description": " ".join(first.split()), "parameters": parameters}


def _plain(schema: Any) -> Any:
    """Return a schema without pydantic's titles; what may be left out is of its own type, not also null."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: {name: _plain(one) for name, one in value.items()} if key == "properties" else _plain(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    kinds = found.get("anyOf")
    if isinstance(kinds, list) and len(rest := [one for one in kinds if one != {"type": "null"}]) == 1:
        found = {**rest[0], **{key: value for key, value in found.items() if key != "anyOf"}}
    return found


def _described(method: Callable[..., Any]) -> dict[str, str]:
    """Return what the docstring says of each parameter under `Args:`; a line that is set in goes on."""
    _, _, section = inspect.cleandoc(method.__doc__ or "").partition("\nArgs:\n")
    found: dict[str, str] = {}
    name, margin = "", None
    for line in section.splitlines():
        if _ENDS.fullmatch(line):
            break
        if not line.strip():
            continue
        inset = len(line) - len(line.lstrip())
        margin = inset if margin is None else margin
        named = _ARGUMENT.fullmatch(line.strip()) if inset <= margin else None
        if named is not None:
            name = named[1]
            found[name] = named[2].strip()
        elif name:
            found[name] += f" {line.strip()}"
    return found
