"""YAML documents: plain values, each with the line it stands on, and back to text.

Scalars follow YAML 1.2's core schema, not PyYAML's 1.1: `2.4e9` is a number, and a label written
`no`, `on` or `12:30` stays the text it looks like. Keys are always the text as written, so that
`{0: 부정}` and `{"0": 부정}` are the same options.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.errors import BadInput, Place
from harness.files import TooLarge, read_bounded
from harness.terminal import spelt

Loc = tuple[str | int, ...]

# A definition is a page. These bounds stop an anchor bomb or a data file given by mistake.
MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 40

_TAG = "tag:yaml.org,2002:"
_TOO_MUCH = "too large or too deep for a definition; are anchors repeated?"


class _Scalar(NamedTuple):
    """A kind of plain scalar: how it is written, with which characters it begins, what it means."""

    pattern: str
    first: list[str]
    words: str
    value: Callable[[str], Any]


def _whole(text: str) -> int:
    number = int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if not -(2**63) <= number < 2**64:  # what JSON, and so a run directory, can hold
        raise OverflowError
    return number


def _real(text: str) -> float:
    number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    if math.isinf(number) and "inf" not in text.lower():
        raise OverflowError
    return number


_SCALARS = {
    "null": _Scalar(r"~|null|Null|NULL|", ["~", "n", "N", ""], "empty", lambda _text: None),
    "bool": _Scalar(
        r"true|True|TRUE|false|False|FALSE",
        list("tTfF"),
        "true or false",
        lambda text: text.lower() == "true",
    ),
    "int": _Scalar(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789"), "a whole number", _whole),
    "float": _Scalar(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
        "a number",
        _real,
    ),
}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's parser with YAML 1.2's rules for plain scalars."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}


class _Dumper(yaml.SafeDumper):
    """Quotes a text that looks like a number or a word to YAML 1.2 or to 1.1, and repeats no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    # In double quotes all that cannot be seen has a code. YAML 1.1 takes some of it for line ends; a line
    # feed reads better as `\n` than as the blank line it is in single quotes.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)

for _kind, _scalar in _SCALARS.items():
    for _user in (_Loader, _Dumper):
        _user.add_implicit_resolver(_TAG + _kind, re.compile(rf"^(?:{_scalar.pattern})$"), _scalar.first)


# Where a line begins at the margin with anything but a comment, and the key that it begins with.
_TOP_LEVEL = re.compile(r"^(?=[^\s#])", re.MULTILINE)
_KEY = re.compile(r"(\w+):(?=\s)")


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


def shown(value: Any) -> str:
    """Return a value for a message: as Python writes it, and never longer than a glance."""
    text = repr(value[:56] + "…" if isinstance(value, str) and len(value) > 57 else value)
    return text if len(text) <= 60 else text[:57] + "…"


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
            raise self.error(_TOO_MUCH, node)
        self.places.setdefault(loc, Place(self.path, node.start_mark.line + 1))
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return {key: self.value(child, (*loc, key)) for key, child in self.pairs(node, loc)}
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.value(child, (*loc, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and (kind == "str" or kind in _SCALARS):
            return node.value if kind == "str" else self.scalar(node, _SCALARS[kind])
        raise self.error(f"the tag {shown(node.tag.replace(_TAG, '!!'))} is not used in definitions", node)

    def pairs(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error("a key must be a plain word", key_node)
            key = unicodedata.normalize("NFC", key_node.value)
            if key in seen:
                raise self.error(f"{shown(key)} stands twice; the second would hide the first", key_node)
            seen.add(key)
            self.places[(*loc, key)] = Place(self.path, key_node.start_mark.line + 1)
            yield key, child

    def scalar(self, node: yaml.ScalarNode, kind: _Scalar) -> Any:
        if not re.fullmatch(kind.pattern, node.value):
            raise self.error(f"the tag means {kind.words}, and {shown(node.value)} is none", node)
        try:
            return kind.value(node.value)
        except (ValueError, OverflowError):  # Python refuses to read 5,000 digits at all
            hint = "put it in quotes if it is text"
            raise self.error(f"{shown(node.value)} is too large a number; {hint}", node) from None


def _text(path: Path) -> str:
    """Return the text of a definition file, without a BOM."""
    try:
        raw = read_bounded(path, MAX_BYTES)
    except TooLarge as error:
        raise BadInput(f"{error.strerror}; no definition is so large", place=Place(path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"cannot be read: {why}", place=Place(path)) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput("not UTF-8 text", place=Place(path, line)) from None


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield the parser's events, as far as they fit into a definition."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or number > 2 * MAX_NODES:
            raise yaml.MarkedYAMLError(problem=_TOO_MUCH, problem_mark=event.start_mark)  # type: ignore[arg-type]
        yield event


def _node(text: str) -> yaml.Node | None:
    """Return the one document in `text`; None if it is empty."""
    # libyaml composes by recursion: 400,000 brackets would overflow the stack of the process.
    for _ in _events(text):
        pass
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def read(path: Path) -> Document:
    """Return the values and lines of the YAML mapping in `path`.

    Raises:
        BadInput: unreadable, not YAML, not a mapping, a key twice, a tag, or far too large.
    """
    text = _text(path)
    builder = _Builder(path)
    try:
        node = _node(text)
    except yaml.YAMLError as error:
        raise _syntax_error(path, text, error) from None
    values = builder.value(node) if node else {}
    if not isinstance(values, dict):
        raise BadInput("a definition is a mapping of keys to values", place=builder.places[()])
    if not values:
        raise BadInput("an empty file defines nothing", place=Place(path))
    return Document(path, values, builder.places)


def _syntax_error(path: Path, text: str, error: yaml.YAMLError) -> BadInput:
    """Return the error with its line; what cannot be seen, such as a tab, is named."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.encode().count(b"\n", 0, error.position) + 1
        return BadInput(
            f"not YAML: there is a character U+{error.character:04X} here", place=Place(path, line)
        )
    assert isinstance(error, yaml.MarkedYAMLError)
    lines = text.rstrip().split("\n")
    marks = [mark.line for mark in (error.problem_mark, error.context_mark) if mark is not None]
    if error.context == "while scanning a simple key":
        marks.reverse()  # a word without its colon is noticed in the next line
    # What never ends is noticed at the end of the file, and mended where it begins.
    line = next((mark for mark in marks if mark < len(lines)), len(lines) - 1)
    place = Place(path, line + 1)
    if error.problem == _TOO_MUCH:
        return BadInput(_TOO_MUCH, place=place)
    if re.match(r" *\t", lines[line]):
        return BadInput("YAML is indented with spaces; there is a tab here", place=place)
    begins = f" (it begins in line {marks[-1] + 1})" if marks and marks[-1] < line else ""
    words = " ".join(part for part in (error.context, error.problem) if part)
    return BadInput(f"not YAML: {words}{begins}", place=place)


def scalar(text: str) -> Any:
    """Return a value written on the command line as YAML reads it; nothing at all is empty text.

    Raises:
        BadInput: not YAML.
    """
    try:
        node = _node(text)
    except yaml.YAMLError:
        raise BadInput("not a YAML value; put it in quotes") from None
    if node is None and text.strip():
        raise BadInput("a comment is no value; put it in quotes")
    return _Builder(Path("value")).value(node) if node else ""


def outline(path: Path) -> dict[str, Any]:
    """Return a file's top-level keys with their scalars and lists of scalars; other values are None.

    Raises:
        BadInput: the file is broken.
    """
    text = _text(path)
    try:
        return _outline(_events(text))
    except yaml.YAMLError as error:
        raise _syntax_error(path, text, error) from None


def headline(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """Return those of `keys` that a file has at its top level, as `outline` does; {} if it is broken.

    Only the lines of these keys are parsed, which is what a listing of 300 tasks can afford. A file
    that is not laid out line by line is read whole.
    """
    try:
        text = _text(path)
        blocks = _TOP_LEVEL.split(text)
        found = [_KEY.match(block) for block in blocks[1:]]
        if _KEY.match(blocks[0]) or not all(found):
            return {key: value for key, value in outline(path).items() if key in keys}
        wanted = [key.string for key in found if key and key[1] in keys]
        return _outline(_events("".join(wanted)))
    except (BadInput, yaml.YAMLError):
        return {}


def _outline(events: Iterable[yaml.Event]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    key: str | None = None
    items: list[Any] | None = None
    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            is_list = isinstance(event, yaml.SequenceStartEvent)
            if depth == 1 and is_list:
                return {}
            if depth == 2 and key is not None:
                found[key] = items = [] if is_list else None
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 1:
                key = None
        elif isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            value = getattr(event, "value", None)
            if depth == 1 and key is None:
                key = str(value)
            elif depth == 1:
                found[str(key)], key = value, None
            elif depth == 2 and items is not None:
                items.append(value)
    return found


def dump(values: Mapping[str, Any]) -> str:
    """Return `values` as YAML that `read` reads back: Hangul written plainly, keys in their order.

    What a terminal would obey, or nobody could see, is written as YAML's escapes.
    """
    text: str = yaml.dump(dict(values), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return _BEYOND_ASCII.sub(lambda found: spelt(found[0], _code), text)


_BEYOND_ASCII = re.compile("[^\x00-\x7e]+")


def _code(sign: str) -> str:
    """Return how double quotes of YAML write a sign."""
    return f"\\u{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08X}"
