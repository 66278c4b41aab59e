"""Definitions of tasks and backends: finding them by name, inheriting, checking them against a model."""

from __future__ import annotations

import contextlib
import copy
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from functools import lru_cache
from os.path import isfile  # unlike pathlib, it knows that a name too long for a file is none
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.config import documents
from harness.config.documents import Document, Loc, read, shown
from harness.errors import BadInput, Place, did_you_mean
from harness.files import read_bounded
from harness.terminal import say

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    M = TypeVar("M", bound=BaseModel)

# A file in a folder called `tasks` is ours only if it has one of these keys: it is a common name.
MARKS = {"tasks": ("ask", "extends", "members"), "backends": ("adapter", "extends")}

HEADLINE = (
    "ask",
    "extends",
    "members",
    "score",
    "adapter",
    "kind",
    "language",
    "tags",
    "description",
    "on_unread",
)

Folders = Iterable[tuple[Path, bool]]  # and whether each is the user's own


def candidates(kind: str, plugin_folders: Iterable[Path], shipped: Path) -> Iterator[tuple[Path, bool]]:
    """Yield (folder, is the user's own) in the order in which names are looked up."""
    own = Path.cwd() / kind
    if own.is_dir():
        yield own, own.resolve() != shipped.resolve()
    for folder in (*plugin_folders, shipped):
        if folder.resolve() != own.resolve():
            yield folder, False


def name_of(path: Path) -> str:
    """Return the name that a file defines, composed: macOS may hold Hangul in pieces."""
    return unicodedata.normalize("NFC", path.stem)


SETTLED_S = 2.0  # a folder written to so lately may be written to again without a later time on it
_listings: dict[Path, tuple[dict[str, int], dict[str, list[Path]]]] = {}
_looked_at: ContextVar[dict[Path, dict[str, list[Path]]] | None] = ContextVar("looked_at", default=None)


def files(folder: Path) -> list[Path]:
    """Return the YAML files in a folder and below it, as they are now.

    Whatever a definition names is looked for among all of these, dozens of times a run: a listing is kept for
    as long as no folder in it was written to.
    """
    return [path for paths in _by_name(folder).values() for path in paths]


def _by_name(folder: Path) -> dict[str, list[Path]]:
    """Return name → files of that name in a folder and below it, as they are now."""
    looked_at = _looked_at.get()
    if looked_at is not None and folder in looked_at:
        return looked_at[folder]
    places, found = _listings.get(folder, ({}, {}))
    if not places or any(_written(place) != when for place, when in places.items()):
        began = time.time_ns()
        places, found = _listed(folder)
        if folder.is_absolute() and max(places.values(), default=0) < began - SETTLED_S * 1e9:
            _listings[folder] = places, found
    if looked_at is not None:
        looked_at[folder] = found
    return found


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """Take folders as they are found first within this: hundreds of names are looked up there at once."""
    outer = _looked_at.set({})
    try:
        yield
    finally:
        _looked_at.reset(outer)


def _listed(folder: Path) -> tuple[dict[str, int], dict[str, list[Path]]]:
    """Return when each folder was written to, and the YAML files in them by their names."""
    places, found = {}, []
    for place, _, names in os.walk(folder):  # rglob takes more than twice as long
        places[place] = _written(place)
        found += [os.path.join(place, name) for name in names if name.endswith((".yaml", ".yml"))]
    named: dict[str, list[Path]] = {}
    for path in map(Path, sorted(found, key=lambda path: path.split(os.sep))):
        named.setdefault(name_of(path), []).append(path)
    return places, named


def _written(place: str) -> int:
    """Return when something in a folder was last added, renamed or removed, in ns; -1: it is gone."""
    try:
        return os.stat(place).st_mtime_ns
    except OSError:
        return -1


@lru_cache(maxsize=4096)
def _headline(path: Path, _written: int, _size: int) -> dict[str, Any]:
    return documents.headline(path, HEADLINE)


def headline(path: Path) -> dict[str, Any]:
    """Return what a listing says of a file, as it is now; {} if it is broken."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return {}
    return _headline(path, stat.st_mtime_ns, stat.st_size)


def is_marked(path: Path, marks: Iterable[str]) -> bool:
    """Return whether a file has one of these keys, or is too broken to say that it has not."""
    if any(mark in headline(path) for mark in marks):
        return True
    try:
        keys = documents.outline(path)
    except BadInput:
        return True
    return any(mark in keys for mark in marks)


def catalogue(kind: str, folders: Folders) -> dict[str, list[Path]]:
    """Return name → files, those of the first folder that has the name; two of them are ambiguous."""
    names: dict[str, list[Path]] = {}
    mine: dict[str, Path] = {}
    for folder, own in folders:
        marked = {
            name: [path for path in paths if not own or is_marked(path, MARKS[kind])]
            for name, paths in _by_name(folder).items()
        }
        here = {name: paths for name, paths in marked.items() if paths}
        for name, paths in here.items():
            if name in mine:
                _say_shadowed(kind, name, mine[name], paths[0])
            names.setdefault(name, paths)
        if own:
            mine |= {name: paths[0] for name, paths in here.items()}
    return names


_shadowed: set[Path] = set()


def _say_shadowed(kind: str, name: str, path: Path, hidden: Path | None) -> None:
    """Say once that the user's folder has a name of its own for what is shipped: it may be a stranger's.

    A copy to the byte says the same, as all of a checkout's do beside the installed package.
    """
    if hidden is not None and path not in _shadowed:
        _shadowed.add(path)
        with contextlib.suppress(OSError):  # a definition that cannot be read is told by who reads it
            if read_bounded(path, documents.MAX_BYTES) == read_bounded(hidden, documents.MAX_BYTES):
                return
        say(
            f"note: {_seen(path)} stands in for the {kind.removesuffix('s')} {shown(name)} in {hidden.parent}"
        )


def _seen(path: Path) -> str:
    """Return a path as it is seen from the working directory."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def is_path(name: str) -> bool:
    """Return whether a task or backend is given by its file and not by its name."""
    return name.endswith((".yaml", ".yml")) or "/" in name


def find(
    kind: str,
    name: str,
    folders: Folders,
    *,
    asked: Place | None = None,
    hint: Callable[[str, list[str]], str] = did_you_mean,
) -> Path:
    """Return the file of the task or backend called `name`, or the path that `name` is.

    `asked` is where a definition names it: a path there is seen from that file. `hint` says of a name that is
    none, and of the known ones, what may have been meant.

    Raises:
        BadInput: no such name (with the nearest one and the folders searched), or two files share it.
    """
    if is_path(name):
        path = asked.path.parent / name if asked else Path(name)
        if not isfile(path):
            meant = hint(name, []) if hint is not did_you_mean else ""
            raise BadInput(
                f"no such {kind.removesuffix('s')} file: {shown(name)}{meant and '.' + meant}", place=asked
            )
        return path
    places = list(folders)
    # A file without a mark is not ours; but if nothing else has the name, its mark may be mistyped.
    for marks in (MARKS[kind], ()):
        for folder, own in places:
            paths = _named(name, folder, marks if own else ())
            if len(paths) > 1:
                both = " and ".join(map(str, paths))
                raise BadInput(f"two {kind} are called {name!r}: {both}", place=asked)
            if paths:
                if own:
                    _say_shadowed(kind, name, paths[0], _hidden(kind, name, paths[0], places))
                return paths[0]
    known = list(catalogue(kind, places))
    told = hint(name, known)
    searched = (
        ""
        if "Did you mean" in told or " Type " in told
        else f" Searched: {', '.join(str(f) for f, _ in places)}."
    )
    raise BadInput(f"no {kind.removesuffix('s')} is called {shown(name)}.{told}{searched}", place=asked)


def _named(name: str, folder: Path, marks: Sequence[str]) -> list[Path]:
    """Return the files of that name in a folder, of which each has one of the `marks`, if there are any."""
    found = _by_name(folder).get(unicodedata.normalize("NFC", name), [])
    return [path for path in found if not marks or is_marked(path, marks)]


def inherit(parent: Document, child: Document, merged: Sequence[str]) -> Document:
    """Return `child` over `parent`: keys in `merged` are joined key by key, others replaced.

    A null in the child takes the parent's key away.
    """
    values = dict(parent.values)
    replaced: set[Loc] = set()
    for key, value in child.values.items():
        if key in merged and isinstance(value, dict) and isinstance(values.get(key), dict):
            values[key] = {k: v for k, v in {**values[key], **value}.items() if v is not None}
            replaced |= {(key, inner) for inner in value}
            continue
        replaced.add((key,))
        values.pop(key, None)
        if value is not None:
            values[key] = value
    kept = {loc: place for loc, place in parent.places.items() if not {loc[:1], loc[:2]} & replaced}
    return Document(child.path, values, {**kept, **child.places})


def resolve(
    kind: str,
    path: Path,
    folders: Sequence[tuple[Path, bool]],
    merged: Sequence[str],
    prepare: Callable[[Document], Document] = lambda document: document,
) -> Document:
    """Return the document in `path` over those it extends, each of them prepared.

    Raises:
        BadInput: a parent is not found, or the chain comes back to itself.
    """
    chain = [prepare(read(path))]
    seen = {path.resolve()}
    while (name := chain[-1].values.pop("extends", None)) is not None:
        place = chain[-1].place(("extends",))
        if not isinstance(name, str):
            raise BadInput(f"'extends' should be a name, not {shown(name)}", place=place)
        path = find(kind, name, folders, asked=place)
        if path.resolve() in seen and not is_path(name):
            path = _hidden(kind, name, path, folders) or path
        if path.resolve() in seen:
            raise BadInput(f"{shown(name)} extends itself", place=place)
        seen.add(path.resolve())
        chain.append(prepare(read(path)))
    resolved = chain.pop()
    while chain:
        resolved = inherit(resolved, chain.pop(), merged)
    return resolved


def _hidden(kind: str, name: str, path: Path, folders: Sequence[tuple[Path, bool]]) -> Path | None:
    """Return the file that `path` hides, being found first: a task may change the shipped one of its name."""
    here = next((index for index, (folder, _) in enumerate(folders) if path.is_relative_to(folder)), None)
    later = folders[here + 1 :] if here is not None else ()
    found = (_named(name, folder, MARKS[kind] if own else ()) for folder, own in later)
    return next((paths[0] for paths in found if len(paths) == 1), None)


class BadInputs(BadInput):
    """Several problems of one file; it reads as the first."""

    def __init__(self, problems: Sequence[BadInput]) -> None:
        """Keep all of `problems`, at least one, in the order of their lines."""
        self.problems = sorted(problems, key=lambda p: (p.place.line or 0) if p.place else 0)
        first = self.problems[0]
        more = f" (and {len(problems) - 1} more: harness check shows all)" if len(problems) > 1 else ""
        super().__init__(first.message + more, place=first.place)


def validate(model: type[M], document: Document) -> M:
    """Return the document as `model`.

    Raises:
        BadInput: the first problem, with file and line; `problems` holds one for each.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(document.values)
    except ValidationError as error:
        details = _without_consequences(model, error.errors())
        raise BadInputs([_problem(model, document, detail) for detail in details]) from None


def salvaged(model: type[M], document: Document) -> tuple[M | None, list[BadInput], frozenset[str]]:
    """Return the document as `model` without its wrong keys, what is wrong, and which top keys were cut.

    None in place of the model where nothing whole is left: a key that it needs is missing or wrong.
    """
    from pydantic import ValidationError

    values, found, cut = copy.deepcopy(document.values), list[BadInput](), set[str]()
    for _ in range(_SALVAGES):
        try:
            return model.model_validate(values), found, frozenset(cut)
        except ValidationError as error:
            details = error.errors()
            if not cut:  # what is wrong once something is cut may follow from that
                found = [_problem(model, document, one) for one in _without_consequences(model, details)]
            locs = [tuple(one["loc"]) for one in details]
            if any(one["type"] == "missing" or not one["loc"] for one in details):
                return None, found, frozenset(cut)
            cut |= {str(loc[0]) for loc in locs}
            for loc in locs:
                _cut(values, loc)
    return None, found, frozenset(cut)


_SALVAGES = 4  # rounds of cutting: a key that is cut may leave another wrong


def _cut(values: dict[str, Any], loc: Loc) -> None:
    """Take a key out of nested mappings, the innermost on the way to a place: lists go whole."""
    here: dict[Any, Any] = values
    last = loc[0]
    for key in loc[1:]:
        inner = here.get(last)
        if not isinstance(inner, dict) or key not in inner:
            break
        here, last = inner, key
    here.pop(last, None)


def _without_consequences(model: type[BaseModel], details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Return the problems, but not that a key is missing which stands there mistyped."""
    meant = {
        (*detail["loc"][:-1], _hint(model, detail["loc"]))
        for detail in details
        if detail["type"] == "extra_forbidden"
    }

    def follows(detail: ErrorDetails) -> bool:
        *around, key = detail["loc"]
        return any((*around, f" Did you mean {name!r}?") in meant for name in (key, "extends"))

    return [detail for detail in details if detail["type"] != "missing" or not follows(detail)]


_STATES = {"missing": "is missing", "too_short": "should not be empty"}
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


def _as_written(document: Document, loc: Loc) -> Loc:
    """Return a place without the numbers of lists that the document writes as their one entry."""
    found: list[Any] = []
    here: Any = document.values
    for key in loc:
        if isinstance(key, int) and not isinstance(here, list):
            continue
        found.append(key)
        inside = isinstance(here, list) and isinstance(key, int) and key < len(here)
        here = here[key] if inside else here.get(key) if isinstance(here, dict) else None
    return tuple(found)


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> BadInput:
    """Return one pydantic problem in our words, at its line."""
    loc: Loc = tuple(detail["loc"])
    name = ".".join(map(str, _as_written(document, loc))) or "the file"
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return document.error(f"{shown(loc[-1])}: no such key.{_hint(model, loc)}", *loc)
    if kind in _STATES:
        return document.error(f"{name!r} {_STATES[kind]}", *loc)
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
        return document.error(f"{name!r} cannot be {shown(given)}.{did_you_mean(str(given), known)}", *loc)
    if kind in _WORDS:
        quotes = "; put it in quotes" if kind == "string_type" and isinstance(given, (int, float)) else ""
        return document.error(f"{name!r} should be {_WORDS[kind]}, not {shown(given)}{quotes}", *loc)
    message = detail["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return document.error(f"{name!r}: {message}" if loc else message, *loc)
    return document.error(f"{name!r} is {shown(given)}: {message[:1].lower()}{message[1:]}", *loc)


def _hint(model: type[BaseModel], loc: Loc) -> str:
    """Return which key the unknown one at `loc` may have been meant to be."""
    extends = ["extends"] if len(loc) == 1 and getattr(model, "inherits", False) else []
    return did_you_mean(str(loc[-1]), [*_keys(model, loc[:-1]), *extends])


def _keys(model: Any, loc: Loc) -> list[str]:
    """Return the keys that `model` knows at `loc`, as they are written."""
    from pydantic import BaseModel

    for step in loc:
        known = getattr(model, "model_fields", {})
        annotation = known[step].annotation if step in known else getattr(model, "item", None)
        inner = [t for t in _types(annotation) if isinstance(t, type) and issubclass(t, BaseModel)]
        if isinstance(step, str) and inner:
            model = inner[0]
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _types(annotation: Any) -> Iterator[Any]:
    """Yield the types in an annotation, such as M in `dict[str, M] | None`."""
    yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _types(argument)
