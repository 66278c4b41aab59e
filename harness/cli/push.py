"""`harness push`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION, plugins
from harness.cli.output import warn
from harness.config import settings
from harness.errors import BadInput, HarnessError, Unavailable
from harness.hookspecs import ExporterEntry
from harness.reports.entries import load
from harness.runs import Run


def push_command(runs: list[Path], runs_dir: Path, *, to: str, given: Sequence[Mapping[str, Any]]) -> int:
    """Hand the runs to an exporter and print what it made."""
    if not to:
        raise BadInput("--to EXPORTER is missing; `harness list exporters` shows what there is")
    entry = plugins.known(plugins.exporters(), to, "exporter")
    if len(given) > 1:
        raise BadInput("-m: one value a setting; nothing is run here that could make a grid")
    for _, problem in settings.problems(given[0], entry.settings):
        raise BadInput(f"-m: {to}: {problem}")
    _require(entry)
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    found = [Run(entry.directory, entry.run) for entry in load(runs or [runs_dir], warn)]
    if not found:
        raise BadInput(f"no runs in {', '.join(map(str, runs or [runs_dir]))}")
    try:
        for line in plugins.load(entry.target)(found, **given[0]):
            print(line, flush=True)
    except (HarnessError, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever a tracker raises of its own
        raise Unavailable(f"{to}: {type(error).__name__}: {error}") from error
    return 0


def _require(entry: ExporterEntry) -> None:
    """Raise Unavailable, with what to install, where a package is missing."""
    if missing := plugins.missing(entry):
        how = f"pip install '{DISTRIBUTION}[{entry.extra}]'" if entry.extra else "install it"
        raise Unavailable(f"{entry.name} needs {', '.join(missing)}: {how}")
