"""The import closure of a module: every file of its project that its code can reach."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OURS = "harness"


def import_closure(module: str) -> dict[str, Path]:
    """Return the modules that `module` imports, itself first, with the file of each, sorted by name.

    Imports inside functions count, those for annotations alone (`if TYPE_CHECKING:`) do not. Followed are the
    module's own top-level package and ours; other distributions are told apart by their versions. Nothing is
    imported. A module that has no source file is left out: whoever makes the adapter says so.
    """
    projects = {module.partition(".")[0], OURS}
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = _file(name)
        if name in found or file is None:
            continue
        found[name] = file
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        imported = _imports(file.read_bytes(), package)
        waiting += [other for other in imported if other.partition(".")[0] in projects] + _parents(name)
    return dict(sorted(found.items()))


def _parents(name: str) -> list[str]:
    """Return the packages around a module: importing it runs their `__init__` too."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


@cache
def _imports(code: bytes, package: str) -> tuple[str, ...]:
    """Return what a module of `package` imports; the b of `from a import b` may be a module."""
    return tuple(_named(ast.parse(code), package))


def _named(node: ast.AST, package: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = _absolute(child, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from _named(ast.Module([other], []), package)
        elif not isinstance(child, ast.expr):  # no import stands inside an expression
            yield from _named(child, package)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the module that `from … import` names, a relative one seen from `package`."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


@cache
def _file(name: str) -> Path | None:
    """Return the source file of a module; found from its top-level package, which is not imported either."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and Path(spec.origin).suffix == ".py" else None
    for place in spec.submodule_search_locations or ():
        base = Path(place, *rest)
        for file in (base / "__init__.py", base.with_suffix(".py")):
            if file.is_file():
                return file
    return None
