"""`harness gate`."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.cli.output import fail, print_json, warn, write
from harness.config.documents import shown
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.records import journal as records
from harness.reports.entries import Entry, load
from harness.reports.gate import baselines, junit
from harness.reports.gate import render as gate_render
from harness.reports.gate.gate import Gate, Limits, gate, unfit
from harness.reports.gate.measurements import Measured, Slot, latest, measured
from harness.reports.writers.translations import language, translated
from harness.terminal import say
from harness.text.normalize import nfc


@dataclass(frozen=True)
class Asked:
    """What the user asked of `gate`."""

    runs: list[Path]
    runs_dir: Path
    baseline: Path | None
    update: Path | None
    limits: Limits
    strict: bool
    dated: bool
    junit: Path | None
    json: bool
    lang: str | None


def gate_command(asked: Asked) -> int:
    """Judge tonight's runs by a baseline, or make one of them."""
    if (asked.baseline is None) == (asked.update is None):
        raise BadInput("--baseline FILE|DIR to compare with, or --update FILE to make one: one of the two")
    with language(asked.lang):
        return _judged(asked)


def _judged(asked: Asked) -> int:
    entries = _tonight(asked)
    tonight = latest(map(measured, entries))
    if asked.update is not None:
        return _update(asked.update, tonight, asked)
    assert asked.baseline is not None
    _refuse_the_same(asked.baseline, entries)
    before = baselines.read(asked.baseline, warn)
    _refuse_unknown(asked.limits.margins, before.values())
    found = gate(before, tonight, asked.limits)
    _tell_of_unmeasured(found)
    _write(found, asked)
    return found.exit_code(strict=asked.strict)


def _tonight(asked: Asked) -> list[Entry]:
    """Return tonight's runs; none where the folder of runs, which nobody named, is not there."""
    if not asked.runs and not asked.runs_dir.is_dir():
        warn(f"no runs in {asked.runs_dir}; --runs-dir names another place")
        return []
    return load(asked.runs or [asked.runs_dir], warn)


def _refuse_the_same(baseline: Path, entries: Iterable[Entry]) -> None:
    """Raise BadInput where a run would be compared with itself, which always passes."""
    if not baseline.is_dir():
        return
    there = {directory.resolve() for directory in records.runs([baseline])}
    for entry in entries:
        if entry.directory.resolve() in there:
            raise BadInput(f"{entry.directory}: of the baseline {baseline} and of tonight; name other RUNS")


def _refuse_unknown(margins: Iterable[str], baseline: Iterable[Measured]) -> None:
    """Raise BadInput where a margin is of nothing: the one that was meant would silently be another."""
    columns = [run.column for run in baseline if run.column]
    known = {nfc(name) for column in columns for name in (column.task, column.metric)}
    for name in margins:
        if name not in known:
            raise BadInput(f"--margin {name}: no such task or main metric.{did_you_mean(name, known)}")


def _update(path: Path, tonight: Mapping[Slot, Measured], asked: Asked) -> int:
    """Write the baseline; nothing is written where a run is not fit to be one."""
    if not tonight:
        raise BadInput("no runs to make a baseline of")
    problems = {slot: why for slot, run in tonight.items() if (why := unfit(run, asked.limits.max_failures))}
    for slot, why in sorted(problems.items()):
        fail(f"{gate_render.task(slot)}, {gate_render.title(slot)}: {why}; {path} is left as it was")
    if problems:
        return Unavailable.exit_code
    size = baselines.write(path, tonight.values(), dated=asked.dated)
    say(f"written: {path} ({len(tonight)} {'run' if len(tonight) == 1 else 'runs'}, {size:,} bytes)")
    return 0


def _tell_of_unmeasured(found: Gate) -> None:
    for what, option in (("cost", "--max-cost-increase"), ("p95", "--max-p95-increase")):
        lines = [line for line in found.lines if line.what == what]
        if lines and all(line.why == translated("not measured") for line in lines):
            warn(f"{option}: no run, tonight or in the baseline, tells its {what}")


def _write(found: Gate, asked: Asked) -> None:
    """Print the verdicts, and write them where the CI looks for them."""
    text = gate_render.markdown(found)
    if asked.junit is not None:
        write(junit.document(found, strict=asked.strict), asked.junit, "--junit")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(summary), text + "\n")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for command in gate_render.commands(found, strict=asked.strict):
            print(command, file=sys.stderr, flush=True)
    if asked.json:
        print_json(gate_render.as_json(found, strict=asked.strict))
    else:
        print(text)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        warn(f"no step summary: {path}: {error.strerror}")


# What the options mean


def alpha(value: float) -> float:
    """Return --alpha.

    Raises:
        BadInput: it is no probability of a false alarm.
    """
    if not 0 < value <= 0.5:
        raise BadInput(f"--alpha {value:g}: the chance of a false alarm, such as 0.01")
    return value


def margins(given: Iterable[str]) -> tuple[float, dict[str, float]]:
    """Return the margin of all metrics, and those of the tasks and metrics that are named.

    Raises:
        BadInput: not a number of 0 or more, or one name twice.
    """
    found: dict[str, float] = {}
    for text in (part.strip() for option in given for part in option.split(",")):
        name, _, value = nfc(text).rpartition("=")
        if name in found:
            raise BadInput(f"--margin {shown(text)}: given twice")
        found[name] = _number("--margin", value, "0.01, or bleu=0.5 for one task or metric")
    return found.pop("", 0.0), found


def increase(option: str, text: str | None) -> float | None:
    """Return `0.1` and `10%` as a share, which may exceed 1.

    Raises:
        BadInput: not a number of 0 or more.
    """
    if text is None:
        return None
    percent = text.endswith("%")
    return _number(option, text.removesuffix("%"), "a share such as 0.1 or 10%") / (100 if percent else 1)


def _number(option: str, text: str, such_as: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise BadInput(f"{option} {shown(text)}: should be {such_as}")
    return value
