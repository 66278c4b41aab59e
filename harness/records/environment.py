"""What a run was made with: versions, platform, hardware, the project's commit."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib import metadata

from harness import __version__
from harness.records.run_schema import EnvironmentInfo, HardwareInfo


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Return the versions of those `distributions` that are installed."""
    found = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def environment(libraries: Iterable[str]) -> EnvironmentInfo:
    """Return what the run was made with: versions, platform, hardware, the project's commit."""
    return EnvironmentInfo(
        harness=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        packages=versions(dict.fromkeys(["numpy", "jinja2", "orjson", *libraries])),
        git=_commit(),
        hardware=HardwareInfo(cpu=_cpu(), cores=os.cpu_count(), memory_gib=_memory_gib()),
    )


@cache
def _commit() -> str | None:
    """Return the commit of the folder the run was started in, None outside a repository."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


@cache
def _cpu() -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or None


def _memory_gib() -> float | None:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return round(pages * size / 2**30, 1)
