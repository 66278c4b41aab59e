"""A task file of lm-evaluation-harness as it is written: what it includes worked in, every key with its line.

Nothing of it is run: a `!function` is the text that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import BadInput, Place
from harness.files import NoPlainFile, read_bounded

LARGEST = 2**20
DEEPEST = 10  # files that include each other


@dataclass(frozen=True)
class Function:
    """A `!function module.name`: Python of theirs, which is not run here."""

    name: str


class _Loader(yaml.SafeLoader):
    """YAML without objects, in which `!function` is a name."""


_Loader.add_constructor("!function", lambda loader, node: Function(str(node.value)))


@dataclass(frozen=True)
class TheirFile:
    """The keys of a task file, those of what it includes below its own, and where each stands."""

    path: Path
    values: Mapping[str, Any]
    places: Mapping[str, Place]

    def place(self, key: str) -> Place:
        """Return where a key stands, the file where it stands nowhere."""
        return self.places.get(key, Place(self.path))


def read(path: Path, depth: int = 0) -> TheirFile:
    """Return what a task file says.

    Raises:
        BadInput: not there, no mapping, or what it includes is outside of the folder above its own.
    """
    try:
        content = read_bounded(path, LARGEST).decode()
        node = yaml.compose(content, Loader=_Loader)
        values = _Loader(content).get_single_data() if node is not None else None
    except (OSError, NoPlainFile) as error:
        raise BadInput(str(error.strerror or error), place=Place(path)) from None
    except UnicodeDecodeError:
        raise BadInput("not UTF-8", place=Place(path)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = Place(path, mark.line + 1 if mark else None)
        raise BadInput(f"not YAML: {getattr(error, 'problem', None) or error}", place=where) from None
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise BadInput("not a task of lm-evaluation-harness: no mapping", place=Place(path))
    places = {str(key.value): Place(path, key.start_mark.line + 1) for key, _ in node.value}
    found = TheirFile(path, {str(key): value for key, value in values.items() if key != "include"}, places)
    return found if "include" not in values else _with(found, values["include"], depth)


def _with(own: TheirFile, names: Any, depth: int) -> TheirFile:
    place = own.place("include")
    if depth >= DEEPEST:
        raise BadInput("files that include each other", place=place)
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}
    for name in names if isinstance(names, list) else [names]:
        if not isinstance(name, str):
            raise BadInput("include: should be a file's name", place=place)
        included = own.path.parent / name
        root = own.path.resolve().parent.parent
        if not included.resolve().is_relative_to(root):
            raise BadInput(f"include: {name} lies outside of {root}", place=place)
        if not included.is_file():
            raise BadInput(f"include: {name} is not there", place=place)
        base = read(included, depth + 1)
        values, places = {**values, **base.values}, {**places, **base.places}
    return TheirFile(own.path, {**values, **own.values}, {**places, **own.places})
