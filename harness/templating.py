"""Jinja templates of prompts: compiled once, in a sandbox, with no silent blanks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import BadInput, did_you_mean


@cache
def _environment() -> Environment:
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )


@cache
def template(text: str) -> Callable[[Mapping[str, Any]], str]:
    """Return a function from fields to the rendered text.

    A text without Jinja in it comes back as it is. The function raises BadInput when the template
    fails on a value: a wrong type, or what the sandbox forbids.
    """
    if not has_markup(text):
        return lambda _fields: text
    pieces = _insertions(text)
    if pieces is not None:
        return lambda fields: "".join(
            [piece if name is None else str(fields[name]) for piece, name in pieces]
        )
    compiled = _environment().from_string(text)
    context, root = compiled.new_context, compiled.root_render_func

    def render(fields: Mapping[str, Any]) -> str:
        try:
            return "".join(root(context(dict(fields), shared=False)))
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise BadInput(f"the template {text[:60]!r} fails: {error}") from None

    return render


def _insertions(text: str) -> list[tuple[str, str | None]] | None:
    """Return (literal text, None) and ("", field) pieces of a template that only inserts fields.

    Most prompts are such, and joining them costs a tenth of a Jinja context. None for any other.
    """
    pieces: list[tuple[str, str | None]] = []
    for node in _environment().parse(text).body:
        for part in node.nodes if isinstance(node, nodes.Output) else [node]:
            if isinstance(part, nodes.TemplateData):
                pieces.append((part.data, None))
            elif isinstance(part, nodes.Name) and part.name not in _environment().globals:
                pieces.append(("", part.name))
            else:
                return None
    return pieces


def has_markup(text: str) -> bool:
    """Return whether the text holds any Jinja."""
    return "{{" in text or "{%" in text or "{#" in text


def problem(text: str, fields: Collection[str]) -> str | None:
    """Return what is wrong with a template that may use `fields`, or None."""
    try:
        tree = _environment().parse(text)
        _environment().from_string(text)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        return f"bad Jinja{f' in line {line}' if line else ''}: {error}"
    unknown = sorted(meta.find_undeclared_variables(tree) - set(fields) - set(_environment().globals))
    if not unknown:
        return None
    return (
        f"the template uses {unknown[0]!r}, which is no field of the task.{did_you_mean(unknown[0], fields)}"
    )
