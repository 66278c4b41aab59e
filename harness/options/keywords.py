"""A function of declared options that Python calls with each of them as a keyword."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar, get_type_hints

P = ParamSpec("P")
Taken = TypeVar("Taken")
Made = TypeVar("Made")


def taking(options: Callable[P, Taken]) -> Callable[[Callable[[Taken], Made]], Callable[P, Made]]:
    """Return a decorator: a function of options takes each of them as an argument of its own.

    Type checkers and `help()` know the keywords, their types and defaults from the class alone.
    """

    def decorated(function: Callable[[Taken], Made]) -> Callable[P, Made]:
        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> Made:
            return function(options(*args, **kwargs))

        made, plain = inspect.signature(options), get_type_hints(options)
        called.__signature__ = made.replace(  # type: ignore[attr-defined]
            parameters=[one.replace(annotation=plain[name]) for name, one in made.parameters.items()],
            return_annotation=inspect.signature(function).return_annotation,
        )
        del called.__dict__["__wrapped__"]  # whose signature is another
        return called

    return decorated
