"""The modules that make the documents' site, which are no package."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from types import ModuleType

from tests.support.paths import ROOT


@cache
def module(name: str) -> ModuleType:
    """Return a module of `docs/_site`."""
    path = ROOT / "docs" / "_site" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_site_{name}", path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found
