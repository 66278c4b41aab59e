"""YAML files of tasks and backends: finding them, reading them with line numbers, checking them.

Scalars follow YAML 1.2's core schema, not PyYAML's 1.1: `2.4e9` is a number, and a label written
`no`, `on` or `12:30` stays the text it looks like. Keys are always the text as written, so that
`{0: 부정}` and `{"0": 부정}` are the same options.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from harness.errors import BadInput, Place, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    M = TypeVar("M", bound=BaseModel)

Loc = tuple[str | int, ...]

# A definition is a page. These bounds stop an anchor bomb or a data file given by mistake.
MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 40

# A file in a folder called `tasks` is ours only if it has one of these keys: it is a common name.
MARKS = {"tasks": ("ask", "extends", "members"), "backends": ("adapter", "extends")}


class _CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's parser with YAML 1.2's rules for plain scalars."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def _number(text: str) -> int | float:
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.lstrip("+"))
    if digits[:2] in ("0o", "0x"):
        return sign * int(digits, 0)
    return sign * int(digits)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda _text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _number,
    "float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
}


@dataclass(frozen=True)
class Document:
    """The values of a YAML file, and the place where each of them stands."""

    path: Path
    values: dict[str, Any]
    places: Mapping[Loc, Place] = field(default_factory=dict)

    def place(self, loc: Loc) -> Place:
        """Return the place of `loc`, or of the nearest key around it."""
        while loc and loc not in self.places:
            loc = loc[:-1]
        return self.places.get(loc, Place(self.path))

    def error(self, message: str, *loc: str | int) -> BadInput:
        """Return a BadInput that points at `loc`."""
        return BadInput(message, place=self.place(loc))


class _Builder:
    """Turns YAML nodes into plain values, noting lines and refusing what hides mistakes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: dict[Loc, Place] = {}
        self.nodes = 0

    def error(self, message: str, node: yaml.Node) -> BadInput:
        return BadInput(message, place=Place(self.path, node.start_mark.line + 1))

    def value(self, node: yaml.Node, loc: Loc = ()) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or len(loc) > MAX_DEPTH:
            raise self.error("too large or too deep for a definition; are anchors repeated?", node)
        self.places.setdefault(loc, Place(self.path, node.start_mark.line + 1))
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(child, (*loc, key)) for key, child in self.pairs(node, loc)}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*loc, index)) for index, child in enumerate(node.value)]
        return self.scalar(node)

    def pairs(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error("a key must be a plain word", key_node)
            key = unicodedata.normalize("NFC", key_node.value)
            if key in seen:
                raise self.error(f"{key!r} stands twice; the second would hide the first", key_node)
            seen.add(key)
            self.places[(*loc, key)] = Place(self.path, key_node.start_mark.line + 1)
            yield key, child

    def scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _SCALARS:
            raise self.error(f"the tag {node.tag!r} is not used in definitions", node)
        try:
            return _SCALARS[kind](node.value)
        except ValueError:
            raise self.error(f"{node.value[:40]!r} is not a {kind}", node) from None


def _text(path: Path) -> str:
    """Return the text of a definition file, without a BOM."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", place=Place(path)) from None
    if len(raw) > MAX_BYTES:
        raise BadInput(f"{len(raw):,} bytes is too large for a definition", place=Place(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput("not UTF-8 text", place=Place(path, line)) from None


def read(path: Path) -> Document:
    """Return the values and lines of the YAML mapping in `path`.

    Raises:
        BadInput: unreadable, not YAML, not a mapping, a key twice, a tag, or far too large.
    """
    text = _text(path)
    builder = _Builder(path)
    try:
        loader = _CoreLoader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        values = builder.value(node) if node else {}
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(path, text, error) from None
    except yaml.YAMLError as error:
        raise BadInput(f"not YAML: {' '.join(str(error).split())}", place=Place(path)) from None
    except RecursionError:
        raise BadInput("too deep for a definition", place=Place(path)) from None
    if not isinstance(values, dict):
        raise BadInput("a definition is a mapping of keys to values", place=Place(path, 1))
    if not values:
        raise BadInput("an empty file defines nothing", place=Place(path))
    return Document(path, values, builder.places)


def _syntax_error(path: Path, text: str, error: yaml.MarkedYAMLError) -> BadInput:
    """Return the error with its line; a tab is named, because one cannot see it."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.split("\n")
    if "\t" in lines[min(line, len(lines)) - 1]:
        return BadInput("YAML is indented with spaces; there is a tab here", place=Place(path, line))
    words = error.problem or error.context or "syntax"
    return BadInput(f"not YAML: {words}", place=Place(path, line))


def headline(path: Path) -> dict[str, Any]:
    """Return a file's top-level keys with their scalars and lists of scalars, or {} if it is broken.

    It reads parser events only, which is all that a listing of 300 tasks needs. Other values are None.
    """
    found: dict[str, Any] = {}
    key: str | None = None
    items: list[Any] | None = None
    depth = 0
    try:
        for event in yaml.parse(_text(path), Loader=_CoreLoader):
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                depth += 1
                if depth == 2 and key is not None:
                    found[key] = items = [] if isinstance(event, yaml.SequenceStartEvent) else None
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                depth -= 1
                if depth == 1:
                    key = None
            elif isinstance(event, yaml.ScalarEvent):
                if depth == 1 and key is None:
                    key = event.value
                elif depth == 1:
                    found[str(key)], key = event.value, None
                elif depth == 2 and items is not None:
                    items.append(event.value)
    except (yaml.YAMLError, BadInput):
        return {}
    return found


def candidates(kind: str, plugin_folders: Iterable[Path], shipped: Path) -> Iterator[tuple[Path, bool]]:
    """Yield (folder, is the user's own) in the order in which names are looked up."""
    own = Path.cwd() / kind
    if own.is_dir():
        yield own, own.resolve() != shipped.resolve()
    for folder in (*plugin_folders, shipped):
        if folder.resolve() != own.resolve():
            yield folder, False


def catalogue(kind: str, folders: Iterable[tuple[Path, bool]]) -> dict[str, list[Path]]:
    """Return name → files, those of the first folder that has the name; two of them are ambiguous."""
    names: dict[str, list[Path]] = {}
    for folder, own in folders:
        here: dict[str, list[Path]] = {}
        for path in sorted((*folder.rglob("*.yaml"), *folder.rglob("*.yml"))):
            if not own or any(mark in headline(path) for mark in MARKS[kind]):
                here.setdefault(unicodedata.normalize("NFC", path.stem), []).append(path)
        for name, paths in here.items():
            names.setdefault(name, paths)
    return names


def find(kind: str, name: str, folders: Iterable[tuple[Path, bool]], *, asked: Place | None = None) -> Path:
    """Return the file of the task or backend called `name`, or the path that `name` is.

    Raises:
        BadInput: no such name (with the nearest one and the folders searched), or two files share it.
    """
    noun = kind.removesuffix("s")
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise BadInput(f"no such {noun} file: {name}", place=asked)
        return path
    places = list(folders)
    names = catalogue(kind, places)
    paths = names.get(unicodedata.normalize("NFC", name))
    if not paths:
        hint = did_you_mean(name, names) or f" Searched: {', '.join(str(folder) for folder, _ in places)}."
        raise BadInput(f"no {noun} is called {name!r}.{hint}", place=asked)
    if len(paths) > 1:
        raise BadInput(f"two {kind} are called {name!r}: {' and '.join(map(str, paths))}", place=asked)
    return paths[0]


def inherit(parent: Document, child: Document, merged: Sequence[str]) -> Document:
    """Return `child` over `parent`: keys in `merged` are joined key by key, others replaced.

    A null in the child takes the parent's key away.
    """
    values = dict(parent.values)
    places = dict(parent.places)
    for key, value in child.values.items():
        if key in merged and isinstance(value, dict) and isinstance(values.get(key), dict):
            values[key] = {k: v for k, v in {**values[key], **value}.items() if v is not None}
        elif value is None:
            values.pop(key, None)
        else:
            places = {loc: place for loc, place in places.items() if loc[:1] != (key,)}
            values[key] = value
    return Document(child.path, values, {**places, **child.places})


def resolve(
    kind: str,
    path: Path,
    folders: Sequence[tuple[Path, bool]],
    merged: Sequence[str],
    prepare: Callable[[Document], Document] = lambda document: document,
    below: tuple[Path, ...] = (),
) -> Document:
    """Return the document in `path` over those it extends, each of them prepared.

    Raises:
        BadInput: a parent is not found, or the chain comes back to itself.
    """
    document = prepare(read(path))
    name = document.values.pop("extends", None)
    if name is None:
        return document
    if not isinstance(name, str):
        raise document.error(f"'extends' should be a name, not {name!r}", "extends")
    place = document.place(("extends",))
    parent = find(kind, name, folders, asked=place)
    chain = (path, *below)
    if parent.resolve() in {seen.resolve() for seen in chain}:
        raise BadInput(f"{name!r} extends itself", place=place)
    return inherit(resolve(kind, parent, folders, merged, prepare, chain), document, merged)


def validate(model: type[M], document: Document) -> M:
    """Return the document as `model`.

    Raises:
        BadInput: the first problem, with file and line; `problems` holds one for each.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(document.values)
    except ValidationError as error:
        raise BadInputs([_problem(model, document, detail) for detail in error.errors()]) from None


class BadInputs(BadInput):
    """Several problems of one file; it reads as the first."""

    def __init__(self, problems: Sequence[BadInput]) -> None:
        """Keep all of `problems`, at least one, in the order of their lines."""
        self.problems = sorted(problems, key=lambda p: (p.place.line or 0) if p.place else 0)
        first = self.problems[0]
        more = f" (and {len(problems) - 1} more: harness check shows all)" if len(problems) > 1 else ""
        super().__init__(first.message + more, place=first.place)


_WORDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
}


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> BadInput:
    """Return one pydantic problem in our words, at its line."""
    loc: Loc = tuple(detail["loc"])
    name = ".".join(map(str, loc)) or "the file"
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        hint = did_you_mean(str(loc[-1]), _keys(model, loc[:-1]))
        return document.error(f"{str(loc[-1])!r}: no such key.{hint}", *loc)
    if kind == "missing":
        return document.error(f"{name!r} is missing", *loc[:-1])
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
        hint = did_you_mean(str(given), known)
        return document.error(f"{name!r} cannot be {_short(given)}.{hint}", *loc)
    if kind in _WORDS:
        return document.error(f"{name!r} should be {_WORDS[kind]}, not {_short(given)}", *loc)
    message = detail["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return document.error(f"{name!r}: {message}" if loc else message, *loc)
    return document.error(f"{name!r} is {_short(given)}: {message[:1].lower()}{message[1:]}", *loc)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _keys(model: Any, loc: Loc) -> list[str]:
    """Return the keys that `model` knows at `loc`."""
    from pydantic import BaseModel

    for step in loc:
        known = getattr(model, "model_fields", {})
        annotation = known[step].annotation if step in known else getattr(model, "item", None)
        inner = [t for t in _types(annotation) if isinstance(t, type) and issubclass(t, BaseModel)]
        if isinstance(step, str) and inner:
            model = inner[0]
    return list(getattr(model, "model_fields", {}))


def _types(annotation: Any) -> Iterator[Any]:
    """Yield the types in an annotation, such as M in `dict[str, M] | None`."""
    yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _types(argument)


def scalar(text: str) -> Any:
    """Return a value written on the command line as YAML reads it; nothing at all is empty text.

    Raises:
        BadInput: not YAML.
    """
    if not text:
        return ""
    path = Path("value")
    try:
        loader = _CoreLoader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        return _Builder(path).value(node) if node else ""
    except yaml.YAMLError:
        raise BadInput("not a YAML value; put it in quotes") from None
