"""Bounds on what a template may build and on how long it may take: it may be a stranger's.

Jinja's sandbox keeps a template from Python, and not from the memory: `'a' * 3000000000` is an expression as
any other. Whatever makes something large goes through here: operators, calls, filters, loops, lists that are
written out. Nothing is worked out before a template is rendered.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

LARGEST = 64 << 20  # characters of a text, bytes
MOST = 200_000  # values in a list and in the lists in it, one that stands there twice counted twice
STEPS = 3_000_000  # turns of loops, calls, values that a filter goes through
SECONDS = 5.0  # of CPU, for one rendering; a prompt takes a millionth of that
WIDTH = 10_000  # to which a text may be padded or indented
_BITS = 4096  # of a number
_WIDE = re.compile(r"\d{5,}|\*")  # in a format: a width that nobody prints
_PADDING = {"center", "ljust", "rjust", "zfill", "expandtabs", "to_bytes", "batch", "slice", "indent"}
_PADDING |= {"wordwrap", "truncate", "tojson", "format", "format_map"}


class _Work:
    """How much one rendering has done so far."""

    def __init__(self) -> None:
        self.steps, self.looked, self.began = 0, 0, time.thread_time()

    def add(self, steps: int) -> None:
        """Count work.

        Raises:
            TemplateError: it is too much.
        """
        self.steps += steps
        if self.steps > STEPS:
            raise TemplateError(f"it takes more than {STEPS:,} steps")
        if self.steps - self.looked > 64:
            self.looked = self.steps
            if time.thread_time() - self.began > SECONDS:
                raise TemplateError(f"it takes more than {SECONDS:g} seconds")


_work: ContextVar[_Work] = ContextVar("template_work")


def rendered(pieces: Callable[[], Iterable[str]]) -> str:
    """Return the text of a rendering that `pieces` begins.

    Raises:
        TemplateError: it is too long, or takes too long.
    """
    token = _work.set(_Work())
    try:
        return joined(pieces())
    finally:
        _work.reset(token)


def joined(pieces: Iterable[Any], separator: str = "") -> str:
    """Return pieces as one text.

    Raises:
        TemplateError: it is longer than any prompt.
    """
    size, found = 0, []
    for piece in pieces:
        text = str(piece)
        size += len(text) + len(separator)
        if size > LARGEST:
            raise _too_large()
        found.append(text)
    return separator.join(found)


def _too_large() -> TemplateError:
    return TemplateError("it makes a text or a list that is larger than any prompt")


def _charge(steps: int) -> None:
    work = _work.get(None)
    if work is not None:
        work.add(steps)


def counted(values: Any) -> Any:
    """Return what a loop goes through, each turn counted."""
    if hasattr(values, "__len__"):
        _charge(len(values))
        return values
    return _one_by_one(values)


def _one_by_one(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        _charge(1)
        yield value


def measured(value: Any) -> Any:
    """Return a value that is not too large, in itself or with all that is in it.

    Raises:
        TemplateError: it is.
    """
    if isinstance(value, (str, bytes)) and len(value) > LARGEST:
        raise _too_large()
    if isinstance(value, int) and value.bit_length() > _BITS:
        raise TemplateError("it makes a number of more digits than anybody reads")
    if isinstance(value, (list, tuple, dict)):
        _walk(value)
    return value


def _walk(value: Any) -> None:
    waiting, count = [value], 0
    while waiting:
        inner = waiting.pop()
        values = [*inner, *inner.values()] if isinstance(inner, dict) else inner
        count += len(values)
        if count > MOST:
            raise _too_large()
        waiting += [one for one in values if isinstance(one, (list, tuple, dict))]
    _charge(count)


def _product(left: Any, right: Any) -> None:
    for text, times in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(text, (str, bytes, list, tuple)):
            bound = LARGEST if isinstance(text, (str, bytes)) else MOST
            if len(text) * times > bound:
                raise _too_large()
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > _BITS:
        raise TemplateError("it makes a number of more digits than anybody reads")


def _sum(left: Any, right: Any) -> None:
    if isinstance(left, (str, bytes, list, tuple)) and isinstance(right, (str, bytes, list, tuple)):
        bound = LARGEST if isinstance(left, (str, bytes)) else MOST
        if len(left) + len(right) > bound:
            raise _too_large()


def _formatted(left: Any, right: Any) -> None:
    if isinstance(left, (str, bytes)):
        _require_narrow(str(left), (right,))


def _require_narrow(text: str, given: Sequence[Any]) -> None:
    """Check that a format pads nothing to a width that nobody prints, written in it or given to it."""
    flat = [one for value in given for one in (value if isinstance(value, (tuple, list)) else [value])]
    nested = "{:{" in text or "*" in text
    if _WIDE.search(text) or (nested and any(isinstance(one, int) and abs(one) > WIDTH for one in flat)):
        raise TemplateError(f"a format pads to at most {WIDTH:,} characters")


_OPERATORS: Mapping[str, Callable[[Any, Any], None]] = {"*": _product, "+": _sum, "%": _formatted}


def _require_modest(name: str, value: Any, given: Sequence[Any]) -> None:
    """Check the arguments of a method or a filter that may make much of little.

    Raises:
        TemplateError: it would.
    """
    if name in _PADDING:
        wide = [one for one in given if isinstance(one, int) and abs(one) > WIDTH]
        if wide:
            raise TemplateError(f"{name} pads to at most {WIDTH:,} characters")
    if name in ("format", "format_map"):
        _require_narrow(str(value), given)
    if name == "indent" and len(given) and isinstance(given[0], (int, str)):
        width = given[0] if isinstance(given[0], int) else len(given[0])
        if str(value).count("\n") * width > LARGEST:
            raise _too_large()
    if name == "expandtabs":
        size = max([8, *(one for one in given if isinstance(one, int))])
        if value.count("\t") * size > LARGEST:
            raise _too_large()
    if name == "replace" and len(given) > 1:
        text, old, new = str(value), str(given[0]), str(given[1])
        if text.count(old) * max(0, len(new) - len(old)) + len(text) > LARGEST:
            raise _too_large()
    if name == "translate" and given and isinstance(given[0], dict):
        longest = max((len(one) for one in given[0].values() if isinstance(one, str)), default=1)
        if len(value) * longest > LARGEST:
            raise _too_large()


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with bounds on what is built in it."""

    intercepted_binops = frozenset(_OPERATORS)

    def __init__(self, **options: Any) -> None:
        """Bound every filter that Jinja brings along."""
        super().__init__(**options)
        self.filters = {name: _bounded(name, made) for name, made in self.filters.items()}
        self.filters |= {"join": _bounded("join", _join), "_counted": counted, "_measured": measured}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Bounds().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return what stands for `str.format`, which Jinja makes safe and this bounds; None for all else."""
        made = super().wrap_str_format(value)
        if made is None:
            return None

        def bounded(*args: Any, **kwargs: Any) -> str:
            _require_narrow(str(value.__self__), [*args, *kwargs.values()])
            return made(*args, **kwargs)

        return bounded

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return what an operator makes of two values."""
        _OPERATORS[operator](left, right)
        return measured(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Return what a call gives."""
        _charge(1)
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        given = [*args, *kwargs.values()]
        if isinstance(owner, str) and name == "join" and len(args) == 1:
            return joined(counted(args[0]), owner)
        if isinstance(owner, (str, bytes, int)):
            _require_modest(name, owner, given)
        return measured(super().call(__context, __obj, *args, **kwargs))


def _bounded(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter whose input and output are bounded; Jinja's marks of what it is passed stay on it."""
    passed = 1 if hasattr(made, "jinja_pass_arg") else 0

    @wraps(made)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        value, given = args[passed], [*args[passed + 1 :], *kwargs.values()]
        _charge(1 + (len(value) if isinstance(value, (list, tuple, dict, range)) else 0))
        measured(value)
        _require_modest(name, value, given)
        found = made(*args, **kwargs)
        return _one_by_one(found) if isinstance(found, Iterator) else measured(found)

    return bounded


def _join(value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Return the values as one text, `d` between them; of each its `attribute`, where one is named."""
    if attribute is not None:
        raise TemplateError("join takes no attribute here; map(attribute=…) does")
    return joined(counted(value), str(d))


class _Bounds(NodeTransformer):
    """Puts a filter of ours around what is looped over and around lists that are written out."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _through("_counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _through("join", nodes.List(node.nodes, lineno=node.lineno))

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        constant = all(isinstance(item, nodes.Const) for item in node.items)
        return node if constant else _through("_measured", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        constant = node.ctx != "load" or all(isinstance(item, nodes.Const) for item in node.items)
        return node if constant else _through("_measured", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _through("_measured", node) if node.items else node


def _through(name: str, node: Any) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
