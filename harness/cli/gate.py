"""`harness gate`: tonight's runs against a baseline; an exit code for the CI."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import emit, fail, print_json, show, warn, write
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.options.flags import Flag
from harness.options.running import RunOptions
from harness.options.shared import Json, Lang, Runs
from harness.terminal import is_console, say

if TYPE_CHECKING:
    from harness.reports.gate.gate import Gate, Limits
    from harness.reports.gate.measurements import RunKey, RunSummary
    from harness.reports.run import Run


def gate(
    options: RunOptions,
    runs: Runs = None,
    baseline: Annotated[
        Path | None,
        Flag(
            "--baseline",
            metavar="FILE|DIR",
            help="compare with this file, or folder of runs",
            ko="이 파일이나 실행 폴더들과 비교",
        ),
    ] = None,
    update: Annotated[
        Path | None,
        Flag(
            "--update",
            metavar="FILE",
            help="make the baseline of the runs instead",
            ko="비교하는 대신 이 실행들로 기준을 만듦",
        ),
    ] = None,
    alpha: Annotated[
        float,
        Flag(
            "--alpha",
            metavar="P",
            help="chance of a false alarm, shared among the runs",
            ko="모든 실행을 통틀어 거짓 경보가 날 확률",
        ),
    ] = 0.01,
    margin: Annotated[
        list[str] | None,
        Flag(
            "--margin",
            metavar="X|NAME=X[,…]",
            help="falls that pass, in the metric's unit (default 0)",
            ko="눈감아 줄 하락 폭, 지표의 단위로(기본값 0)",
        ),
    ] = None,
    max_cost_increase: Annotated[
        str | None,
        Flag(
            "--max-cost-increase",
            metavar="SHARE",
            help="of the cost per 1,000, as 10%",
            ko="1,000건당 비용의 허용 증가율, 예: 10%",
        ),
    ] = None,
    max_p95_increase: Annotated[
        str | None,
        Flag(
            "--max-p95-increase",
            metavar="SHARE",
            help="of the p95 latency, as 20%",
            ko="p95 지연 시간의 허용 증가율, 예: 20%",
        ),
    ] = None,
    max_failures: Annotated[
        str,
        Flag(
            "--max-failures",
            metavar="N|FRACTION",
            help="a run with more failed is not judged",
            ko="실패가 이보다 많은 실행은 판정하지 않음",
        ),
    ] = "0.01",
    max_unanswered: Annotated[
        str | None,
        Flag(
            "--max-unanswered",
            metavar="N|FRACTION",
            help="a regression if exceeded",
            ko="답하지 못한 예제가 이보다 많으면 퇴보로 봄",
        ),
    ] = None,
    strict: Annotated[
        bool, Flag("--strict", help="inconclusive is exit code 1", ko="판정할 수 없으면 종료 코드 1")
    ] = False,
    junit: Annotated[
        Path | None,
        Flag("--junit", metavar="FILE", help="write JUnit XML for the CI", ko="CI가 읽을 JUnit XML을 씀"),
    ] = None,
    dated: Annotated[
        bool,
        Flag("--dated", help="with --update: say when it was made", ko="--update와 함께: 만든 때를 적음"),
    ] = False,
    sequential: Annotated[
        bool,
        Flag(
            "--sequential",
            help="make the runs of -t and -b now, each no further than its verdict takes",
            ko="-t와 -b의 실행을 지금 하되 판정에 필요한 만큼만 물음",
        ),
    ] = False,
    lang: Lang = None,
    json: Json = False,
) -> int:
    """Say whether tonight's runs are worse than a baseline's.

    A regression (exit code 1) is a fall that the paired test tells from chance and that exceeds the margin. A
    fall that may be chance is inconclusive (0, with a warning); runs that are missing, unfinished or not
    comparable are infrastructure (3). Where there are several runs of one kind, the latest is tonight's.
    With --sequential a run ends once a fall is proven, or every fall that all examples would find is ruled
    out.
    """
    from harness.options import values
    from harness.reports.gate import baselines
    from harness.reports.gate import gate as gating
    from harness.reports.gate.measurements import latest, measured
    from harness.reports.writers.translations import language

    every, named = values.margins(margin or ["0"])
    limits = gating.Limits(
        alpha=values.alpha(alpha),
        margin=every,
        margins=named,
        max_cost_increase=values.increase("--max-cost-increase", max_cost_increase),
        max_p95_increase=values.increase("--max-p95-increase", max_p95_increase),
        max_failures=values.limit(max_failures, "--max-failures") or 0,
        max_unanswered=values.limit(max_unanswered, "--max-unanswered"),
    )
    if (baseline is None) == (update is None) and not sequential:
        raise BadInput("--baseline FILE|DIR to compare with, or --update FILE to make one: one of the two")
    if not sequential and (options.task or options.backend):
        raise BadInput("-t and -b are of --sequential, which makes the runs; without it RUNS are judged")
    with language(lang):
        if sequential:
            found = _watched(options, runs, baseline, limits)
            _write(found, junit, strict=strict, json=json)
            return found.exit_code(strict=strict)
        entries = _tonight(runs or [], Path(options.runs_dir))
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


def _watched(options: RunOptions, runs: list[Path] | None, baseline: Path | None, limits: Limits) -> Gate:
    """Make the runs of the options, each no further than its verdict takes, and return the verdicts.

    Raises:
        BadInput: no baseline to compare with, or what is to be run is not named.
        HarnessError: a run cannot begin, or ended before its verdict.
    """
    from harness.cli.planning import permit, reporter, require_named
    from harness.evaluation.grid import plans
    from harness.reports.gate import baselines
    from harness.reports.gate.watching import watch

    if baseline is None or runs:
        raise BadInput("--sequential makes the runs: name a --baseline, -t TASK and -b BACKEND, and no RUNS")
    permit(options)
    require_named(options)
    before = baselines.read(baseline, warn)
    _refuse_unknown(limits.margins, before.values())
    tell = reporter(options)
    ready, dead = plans(options, tell, shlex.join(["harness", *sys.argv[1:]]))
    if dead:
        raise dead[0]
    return watch(ready, before, limits, warn, tell)


def _tonight(runs: list[Path], runs_dir: Path) -> list[Run]:
    """Return tonight's runs; none where the folder of runs, which nobody named, is not there."""
    from harness.reports.run import load

    if not runs and not runs_dir.is_dir():
        warn(f"no runs in {runs_dir}; --runs-dir names another place")
        return []
    return load(runs or [runs_dir], warn)


def _refuse_the_same(baseline: Path, entries: Iterable[Run]) -> None:
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

    if junit is not None:
        write(xml.document(found, strict=strict), junit, "--junit")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(summary), render.markdown(found) + "\n")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for command in render.commands(found, strict=strict):
            print(command, file=sys.stderr, flush=True)
    if json:
        print_json(render.as_json(found, strict=strict))
    elif is_console(sys.stdout):
        show(render.blocks(found))
    else:
        emit(render.markdown(found))


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        warn(f"no step summary: {path}: {error.strerror}")
