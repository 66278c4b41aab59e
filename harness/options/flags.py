"""How an option is declared: beside its type and default, for the command line, Python and the docs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

AS_DECLARED: Any = object()


class Words(NamedTuple):
    """What a command says of an option: the sign for its value, and a line of help in English and Korean."""

    metavar: str | None
    help: str
    ko: str


@dataclass(frozen=True)
class Flag:
    """An option of the command line, said in the annotation of what it sets: `Annotated[TYPE, Flag(…)]`.

    Attributes:
        names: its spellings, the long one first: `--task -t`, `--latency/--no-latency`.
        help: one line of English.
        ko: the same line in Korean.
        metavar: the sign for its value; None where it takes none.
        on: the commands that take it, where it is a field of options; empty: all that use the class.
        env: the environment variable that says it where the command and the call do not.
        least: the smallest whole number that is taken, by the command line and by Python.
        most: the largest, by the command line.
        raw: what the command line reads; else the annotated type.
        read: turns that into the value.
        check: (name, value that Python gave) → the value as it is kept, or BadInput.
        off: a switch that turns off what is on in Python: `--no-cache` sets `cache` to False.
        usual: the command line's default, where it isn't that of Python.
        told: other words, where a command means something narrower.
    """

    names: str
    help: str
    ko: str
    metavar: str | None = None
    on: str = ""
    env: str | None = None
    least: int | None = None
    most: int | None = None
    raw: Any = None
    read: Callable[[Any], Any] | None = None
    check: Callable[[str, Any], Any] | None = None
    off: bool = False
    usual: Any = AS_DECLARED
    told: Mapping[str, Words] = field(default_factory=dict)

    def words(self, command: str) -> Words:
        """Return what `command` says of it."""
        return self.told.get(command) or Words(self.metavar, self.help, self.ko)

    def applies(self, command: str) -> bool:
        """Return whether `command` takes it."""
        return not self.on or command in self.on.split()


@dataclass(frozen=True)
class Positional(Flag):
    """What a command is given without a name, such as the run directories; `names` is its sign."""


@dataclass(frozen=True)
class Parameter:
    """A declared option with its name in Python, its type and its default (MISSING: it has to be given)."""

    name: str
    type: Any
    flag: Flag
    default: Any

    @property
    def typed(self) -> Any:
        """Return the type that the command line reads."""
        if self.flag.off:
            return bool
        return self.type if self.flag.raw is None else self.flag.raw

    @property
    def usual(self) -> Any:
        """Return the command line's default, as it is typed; MISSING where there is none."""
        if self.flag.off:
            return False
        value = self.default if self.flag.usual is AS_DECLARED else self.flag.usual
        return str(value) if self.flag.raw is str and isinstance(value, (int, float)) else value

    def value(self, typed: Any) -> Any:
        """Return what the command line's value means.

        Raises:
            BadInput: nothing.
        """
        if self.flag.off:
            return not typed
        return typed if typed is None or self.flag.read is None else self.flag.read(typed)


def parameter(name: str, annotation: Any, default: Any = MISSING) -> Parameter | None:
    """Return what an annotation declares, None where it declares no option."""
    flag = next((part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, Flag)), None)
    return None if flag is None else Parameter(name, get_args(annotation)[0], flag, default)


@functools.cache
def declared(options: Hashable) -> Mapping[str, Parameter]:
    """Return name → parameter of a class of options, in its order."""
    assert isinstance(options, type)
    members = fields(options)
    if any(isinstance(one.type, str) for one in members):  # a module that puts its annotations off
        types = get_type_hints(options, include_extras=True)
    else:
        types = {one.name: one.type for one in members}
    found = (parameter(one.name, types[one.name], _default(one)) for one in members)
    return {one.name: one for one in found if one is not None}


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


Options = TypeVar("Options")


def checked(options: Any) -> dict[str, Any]:
    """Put what each option's check makes of it in its place, and return what was said and isn't the default.

    Raises:
        BadInput: a value is wrong.
    """
    from harness.options.values import count

    said: dict[str, Any] = {}
    for name, one in declared(options.__class__).items():
        value = getattr(options, name)
        if value != one.default:
            said[name] = value
        if value is None:
            continue
        if one.flag.check is not None:
            object.__setattr__(options, name, one.flag.check(name, value))
        elif one.flag.least is not None:
            count(name, value, one.flag.least)
    return said


def from_environment(options: Options, environment: Mapping[str, str]) -> Options:
    """Return the options, and where one was not said, what its environment variable says.

    Raises:
        BadInput: the variable's value is wrong.
    """
    known = declared(type(options))  # type: ignore[arg-type]
    found = {
        name: one.value(environment[one.flag.env])
        for name, one in known.items()
        if one.flag.env and environment.get(one.flag.env) and getattr(options, name) == one.default
    }
    return replace(options, **found) if found else options  # type: ignore[type-var]


def is_options(annotation: Any) -> bool:
    """Return whether an annotation is a class of options."""
    return get_origin(annotation) is None and hasattr(annotation, "__dataclass_fields__")
