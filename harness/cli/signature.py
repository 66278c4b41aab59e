"""A command's function as typer reads it: its options from where they are declared, typed values as meant."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from functools import partial
from typing import Annotated, Any, get_type_hints

import typer

from harness.options.flags import Parameter, Positional, declared, is_options, parameter
from harness.options.shared import Lang


@dataclass(frozen=True)
class Command:
    """A command: its name, its function, and every option it takes.

    A parameter of the function is an option itself, or a class of options, of which the command takes those
    that are declared for it. `classes` are the latter, by the parameter's name.
    """

    name: str
    function: Callable[..., int]
    classes: Mapping[str, type]
    parameters: Mapping[str, Parameter]

    @classmethod
    def of(cls, function: Callable[..., int]) -> Command:
        """Return the command of a function.

        Raises:
            TypeError: a parameter is declared nowhere.
        """
        name = function.__name__.rstrip("_")
        hints = get_type_hints(function, include_extras=True)
        classes = {key: hint for key, hint in hints.items() if is_options(hint)}
        found = {one.name: one for one in _parameters(name, function, hints)}
        lang = parameter("lang", Lang, None)
        assert lang is not None
        return cls(name, function, classes, {**found, "lang": found.get("lang", lang)})

    def __call__(self, **typed: Any) -> int:
        """Run the command with what the command line says.

        Raises:
            BadInput: a value is wrong.
        """
        given = {name: self.parameters[name].value(value) for name, value in typed.items()}
        if "lang" not in inspect.signature(self.function).parameters:
            given.pop("lang", None)  # read before any command: `harness.cli.speech`
        for name, options in self.classes.items():
            its = {
                key: given.pop(key)
                for key, one in declared(options).items()
                if key in self.parameters and self.parameters[key].flag is one.flag
            }
            unsaid = {key for key, one in declared(options).items() if one.default is MISSING} - its.keys()
            given[name] = options(**dict.fromkeys(unsaid, ()), **_said(its, options))
        return self.function(**given)

    def typed(self) -> Callable[..., int]:
        """Return the function that typer makes the command of."""
        run = partial(self)
        run.__doc__ = _told(self.function.__doc__ or "")
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [_as_typer_reads(self.name, one) for one in self.parameters.values()]
        )
        run.__annotations__ = {}
        return run


def _told(text: str) -> str:
    """Return what help says of a command, in the language in use."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(helped(" ".join(one.split())) for one in paragraphs)


def helped(text: str) -> str:
    """Return a paragraph of help in the language in use."""
    if os.environ.get("HARNESS_LANG") != "ko":
        return text
    from harness.text.korean import HELP

    return HELP.get(text, text)


def _said(its: Mapping[str, Any], options: type) -> dict[str, Any]:
    """Return the values but for those that say nothing, of options that cannot be None."""
    return {
        key: value
        for key, value in its.items()
        if value is not None or declared(options)[key].default is None
    }


def _parameters(command: str, function: Callable[..., int], hints: Mapping[str, Any]) -> Iterator[Parameter]:
    for name, one in inspect.signature(function).parameters.items():
        if is_options(hints[name]):
            yield from (each for each in declared(hints[name]).values() if each.flag.applies(command))
            continue
        default = MISSING if one.default is one.empty else one.default
        found = parameter(name, hints[name], default)
        if found is None:
            raise TypeError(f"{command}: {name} is declared nowhere: Annotated[TYPE, Flag(…)] declares it")
        yield found


def _as_typer_reads(command: str, one: Parameter) -> inspect.Parameter:
    flag = one.flag
    metavar, english, korean = flag.words(command)
    words = korean if os.environ.get("HARNESS_LANG") == "ko" else english
    if isinstance(flag, Positional):
        info: Any = typer.Argument(metavar=flag.names, help=words)
    else:
        how: dict[str, Any] = {"metavar": metavar, "envvar": flag.env, "min": flag.least, "max": flag.most}
        info = typer.Option(*flag.names.split(), help=words, **how)
    default = inspect.Parameter.empty if one.usual is MISSING else one.usual
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(one.name, kind, default=default, annotation=Annotated[one.typed, info])
