"""`harness gate`: tonight's runs against a baseline; an exit code for the CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Json, Lang, Runs, RunsDir
from harness.cli.output import emit, fail, print_json, warn, write
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.terminal import say

if TYPE_CHECKING:
    from harness.reports.entries import Entry
    from harness.reports.gate.gate import Gate
    from harness.reports.gate.measurements import RunKey, RunSummary


def gate(
    runs: Runs = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE|DIR", help="compare with this file, or folder of runs"),
    ] = None,
    update: Annotated[
        Path | None, typer.Option("--update", metavar="FILE", help="make the baseline of the runs instead")
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", metavar="P", help="chance of a false alarm, shared among the runs")
    ] = 0.01,
    margin: Annotated[
        list[str] | None,
        typer.Option(
            "--margin", metavar="X|NAME=X[,…]", help="falls that pass, in the metric's unit (default 0)"
        ),
    ] = None,
    max_cost_increase: Annotated[
        str | None, typer.Option("--max-cost-increase", metavar="SHARE", help="of the cost per 1,000, as 10%")
    ] = None,
    max_p95_increase: Annotated[
        str | None, typer.Option("--max-p95-increase", metavar="SHARE", help="of the p95 latency, as 20%")
    ] = None,
    max_failures: Annotated[
        str,
        typer.Option("--max-failures", metavar="N|FRACTION", help="a run with more failed is not judged"),
    ] = "0.01",
    max_unanswered: Annotated[
        str | None, typer.Option("--max-unanswered", metavar="N|FRACTION", help="a regression if exceeded")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="inconclusive is exit code 1")] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="write JUnit XML for the CI")
    ] = None,
    dated: Annotated[bool, typer.Option("--dated", help="with --update: say when it was made")] = False,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
    json: Json = False,
) -> int:
    """Say whether tonight's runs are worse than a baseline's.

    A regression (exit code 1) is a fall that the paired test tells from chance and that exceeds the margin. A
    fall that may be chance is inconclusive (0, with a warning); runs that are missing, unfinished or not
    comparable are infrastructure (3). Where there are several runs of one kind, the latest is tonight's.
    """
    from harness.cli import arguments
    from harness.reports.gate import baselines
    from harness.reports.gate import gate as gating
    from harness.reports.gate.measurements import latest, measured
    from harness.reports.writers.translations import language

    every, named = arguments.margins(margin or ["0"])
    limits = gating.Limits(
        alpha=arguments.alpha(alpha),
        margin=every,
        margins=named,
        max_cost_increase=arguments.increase("--max-cost-increase", max_cost_increase),
        max_p95_increase=arguments.increase("--max-p95-increase", max_p95_increase),
        max_failures=arguments.limit(max_failures, "--max-failures") or 0,
        max_unanswered=arguments.limit(max_unanswered, "--max-unanswered"),
    )
    if (baseline is None) == (update is None):
        raise BadInput("--baseline FILE|DIR to compare with, or --update FILE to make one: one of the two")
    with language(lang):
        entries = _tonight(runs or [], runs_dir)
        tonight = latest(map(measured, entries))
        if update is not None:
            return _update(update, tonight, limits.max_failures, dated=dated)
        assert baseline is not None
        _refuse_the_same(baseline, entries)
        before = baselines.read(baseline, warn)
        _refuse_unknown(named, before.values())
        found = gating.gate(before, tonight, limits)
        _tell_of_unmeasured(found)
        _write(found, junit, strict=strict, json=json)
        return found.exit_code(strict=strict)


def _tonight(runs: list[Path], runs_dir: Path) -> list[Entry]:
    """Return tonight's runs; none where the folder of runs, which nobody named, is not there."""
    from harness.reports.entries import load

    if not runs and not runs_dir.is_dir():
        warn(f"no runs in {runs_dir}; --runs-dir names another place")
        return []
    return load(runs or [runs_dir], warn)


def _refuse_the_same(baseline: Path, entries: Iterable[Entry]) -> None:
    """Raise BadInput where a run would be compared with itself, which always passes."""
    from harness.records import run_file

    if not baseline.is_dir():
        return
    there = {directory.resolve() for directory in run_file.runs([baseline])}
    for entry in entries:
        if entry.directory.resolve() in there:
            raise BadInput(f"{entry.directory}: of the baseline {baseline} and of tonight; name other RUNS")


def _refuse_unknown(margins: Iterable[str], baseline: Iterable[RunSummary]) -> None:
    """Raise BadInput where a margin is of nothing: the one that was meant would silently be another."""
    from harness.text.normalize import nfc

    columns = [run.column for run in baseline if run.column]
    known = {nfc(name) for column in columns for name in (column.task, column.metric)}
    for name in margins:
        if name not in known:
            raise BadInput(f"--margin {name}: no such task or main metric.{did_you_mean(name, known)}")


def _update(
    path: Path, tonight: Mapping[RunKey, RunSummary], max_failures: int | float, *, dated: bool
) -> int:
    """Write the baseline; nothing is written where a run is not fit to be one."""
    from harness.reports.gate import baselines, render
    from harness.reports.gate.gate import unfit

    if not tonight:
        raise BadInput("no runs to make a baseline of")
    problems = {slot: why for slot, run in tonight.items() if (why := unfit(run, max_failures))}
    for slot, why in sorted(problems.items()):
        fail(f"{render.task(slot)}, {render.title(slot)}: {why}; {path} is left as it was")
    if problems:
        return Unavailable.exit_code
    size = baselines.write(path, tonight.values(), dated=dated)
    say(f"written: {path} ({len(tonight)} {'run' if len(tonight) == 1 else 'runs'}, {size:,} bytes)")
    return 0


def _tell_of_unmeasured(found: Gate) -> None:
    from harness.reports.writers.translations import translated

    for what, option in (("cost", "--max-cost-increase"), ("p95", "--max-p95-increase")):
        lines = [line for line in found.lines if line.what == what]
        if lines and all(line.why == translated("not measured") for line in lines):
            warn(f"{option}: no run, tonight or in the baseline, tells its {what}")


def _write(found: Gate, junit: Path | None, *, strict: bool, json: bool) -> None:
    """Print the verdicts, and write them where the CI looks for them."""
    from harness.reports.gate import junit as xml
    from harness.reports.gate import render

    text = render.markdown(found)
    if junit is not None:
        write(xml.document(found, strict=strict), junit, "--junit")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(summary), text + "\n")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for command in render.commands(found, strict=strict):
            print(command, file=sys.stderr, flush=True)
    if json:
        print_json(render.as_json(found, strict=strict))
    else:
        emit(text)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        warn(f"no step summary: {path}: {error.strerror}")
