"""`harness report`: runs as pages that people click through."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.cli.output import warn
from harness.errors import BadInput
from harness.reports.entries import load
from harness.reports.site.examples import Shown
from harness.reports.site.writing import write_site
from harness.reports.writers.translations import language


def report_command(
    runs: list[Path],
    runs_dir: Path,
    *,
    out: Path,
    group: str | None = None,
    sort: str | None = None,
    lang: str | None = None,
    shown: Shown = Shown(),
) -> int:
    """Write the site of the runs and say where it is."""
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    with language(lang):
        entries = load(runs or [runs_dir], warn)
        if not entries:
            raise BadInput(f"no runs in {', '.join(map(str, runs or [runs_dir]))}; `harness run` makes them")
        write_site(entries, out, warn, group=group, sort=sort, shown=shown)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    count = f"{len(entries)} {'run' if len(entries) == 1 else 'runs'}, {size:,.1f} MB"
    print(f"written: {out} ({count}); open {out / 'index.html'}", file=sys.stderr, flush=True)
    return 0
