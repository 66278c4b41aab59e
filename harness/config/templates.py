"""Jinja templates of prompts: compiled once, in a sandbox, with no silent blanks and no chance in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError, Undefined, meta, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import MAX_RANGE

from harness.config.template_bounds import BoundedEnvironment, measured, rendered
from harness.errors import BadInput, did_you_mean

# What Python says when a template is too deep or too large for it to compile or to run.
_LIMITS = (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError)


@pass_context  # so that Jinja does not work out `{{ 'a' * 3000000000 }}` while it compiles
def _printed(_context: Context, value: Any) -> Any:
    """Return what a template inserts, unless it is a function: `{{ input.strip }}` forgot to call it."""
    if callable(value) and not isinstance(value, Undefined):
        raise TemplateError(f"{getattr(value, '__name__', value)!r} is a function; write () to call it")
    return measured(value)


@cache
def _environment() -> Environment:
    environment = BoundedEnvironment(
        undefined=StrictUndefined,
        finalize=_printed,
        keep_trailing_newline=True,
        autoescape=False,
        optimized=False,  # it would work out `9 ** 9 ** 9` while a template is only being checked
    )
    del environment.globals["lipsum"], environment.filters["random"]  # a prompt is the same every time
    return environment


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
            return rendered(lambda: root(context(dict(fields), shared=False)))
        except (TemplateError, TypeError, LookupError, AttributeError, *_LIMITS) as error:
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


def problem(text: str, fields: Collection[str] | None) -> str | None:
    """Return what is wrong with a template that may use `fields` (None: who knows which), or None."""
    if not has_markup(text):
        return None
    try:
        forbidden, names = _read(text)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        return f"bad Jinja{f' in line {line}' if line else ''}: {error.message}"
    except _LIMITS as error:
        return f"bad Jinja: too deep or too large: {error}"
    if forbidden is not None or fields is None:
        return forbidden
    unknown = sorted(names - set(fields) - set(_environment().globals))
    if not unknown:
        return None
    return (
        f"the template uses {unknown[0]!r}, which is no field of the task.{did_you_mean(unknown[0], fields)}"
    )


@lru_cache(maxsize=4096)  # a listing, a group and a run each look at the same templates
def _read(text: str) -> tuple[str | None, frozenset[str]]:
    """Return what in a template is forbidden, if anything, and the names that it takes from outside.

    Raises:
        TemplateError: it is no Jinja; or one of `_LIMITS`.
    """
    tree = _environment().parse(text)
    _environment().from_string(text)
    selves = {node.name for node in tree.find_all(nodes.Name) if node.name == "self"}
    return next(_forbidden(tree), None), frozenset(meta.find_undeclared_variables(tree) | selves)


def _forbidden(tree: nodes.Template) -> Iterator[str]:
    """Yield what would fail, or never end, whatever the fields hold."""
    if list(meta.find_referenced_templates(tree)):
        yield "a template stands alone: it cannot include, import or extend another"
    if tree.find(nodes.Pow):
        yield "a prompt computes no powers"
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "range" and _too_long(call.args):
            yield f"a range may have {MAX_RANGE:,} numbers"
    for name in _attributes(tree):
        if name.startswith("_"):
            yield f"the template reads {name!r}; nothing that begins with an underscore can be read"


def _too_long(bounds: list[nodes.Expr]) -> bool:
    """Return whether a range whose bounds are written out is longer than the sandbox allows."""
    numbers = [bound.value for bound in bounds if isinstance(bound, nodes.Const)]
    if len(numbers) < len(bounds) or not all(isinstance(number, int) for number in numbers):
        return False
    try:
        return len(range(*numbers)) > MAX_RANGE
    except (TypeError, ValueError, OverflowError):
        return True


def _attributes(tree: nodes.Template) -> Iterator[str]:
    """Yield the names that are read of values: `x.name`, `x["name"]`, `x | attr("name")`."""
    for dotted in tree.find_all(nodes.Getattr):
        yield dotted.attr
    for item in tree.find_all(nodes.Getitem):
        yield from _texts([item.arg])
    for chosen in tree.find_all(nodes.Filter):
        if chosen.name in ("attr", "map"):
            yield from _texts([*chosen.args, *(keyword.value for keyword in chosen.kwargs)])


def _texts(values: list[nodes.Expr]) -> Iterator[str]:
    return (
        value.value for value in values if isinstance(value, nodes.Const) and isinstance(value.value, str)
    )
