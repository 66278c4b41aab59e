"""A wheel that is built from a folder and installed into another, offline."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

needs_builder = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("hatchling", "pip")),
    reason="hatchling and pip build and install the wheel",
)


def install(project: Path, folder: Path) -> Path:
    """Build the wheel of `project` and install it below `folder`; return what goes on the path."""
    wheels, site = folder / "wheels", folder / "site"
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", wheels, project)
    (wheel,) = wheels.glob("*.whl")
    _pip("install", "--no-index", "--no-deps", "--target", site, wheel)
    return site


def _pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
