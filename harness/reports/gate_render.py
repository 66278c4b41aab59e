"""The verdicts of a gate: Markdown for the page of a CI job, its annotations, JSON.

Names come from files that strangers wrote: none may end a line or a cell, or be a command to the CI.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness.reports.figures import number, short
from harness.reports.gate import (
    INCONCLUSIVE,
    INFRASTRUCTURE,
    PASS,
    REGRESSION,
    VERDICTS,
    Gate,
    Line,
)
from harness.reports.layout import filled
from harness.reports.markdown import escaped, table
from harness.reports.measured import Slot
from harness.reports.width import cut, plain

_MARK = {REGRESSION: "❌", INFRASTRUCTURE: "⚠️", INCONCLUSIVE: "❔", PASS: "✅"}
_WIDTH = 120  # cells of a name; a page of CI takes a megabyte
_HEADER = (
    *("verdict", "task", "system", "what", "baseline", "tonight", "change", "p", "n", "detectable"),
    "why",
)


def markdown(found: Gate) -> str:
    """Return the verdicts as Markdown, the gravest first: a heading, a table, what the columns mean."""
    shown = [line for line in found.lines if line.verdict != PASS or line.what != "failures" or line.now]
    shown.sort(key=lambda line: -VERDICTS.index(line.verdict))
    rows = [[f"{_MARK[line.verdict]} {line.verdict}", *_cells(line)] for line in shown]
    parts = [
        f"### {_MARK[found.verdict]} Gate: {found.verdict}",
        _counts(found),
        table(*filled(_HEADER, rows, 4), names=2),
        _notes(found),
    ]
    if found.new:
        names = "; ".join(escaped(f"{named(slot)} {title(slot)}") for slot in found.new)
        parts.append(f"Not in the baseline, so not judged: {names}. `harness gate --update` takes them in.")
    return _inert("\n\n".join(parts))


def _inert(text: str) -> str:
    r"""Return Markdown without `##[`, which GitHub's runner obeys anywhere in a line; `#\#[` reads alike."""
    return text.replace("##[", "#\\#[")


def named(slot: Slot) -> str:
    """Return the task's name, which cannot be longer than a glance."""
    return cut(plain(slot.task), _WIDTH)


def title(slot: Slot) -> str:
    """Return the system and what its run is restricted to."""
    extra = [f"split {slot.split}"] if slot.split != "test" else []
    extra += ["sample"] if slot.sample else []
    extra += [f"limit {slot.limit}"] if slot.limit else []
    return cut(plain(slot.system), _WIDTH) + (f" ({', '.join(extra)})" if extra else "")


def _counts(found: Gate) -> str:
    counts = Counter(line.verdict for line in found.lines)
    said = [f"{counts[verdict]} {verdict}" for verdict in reversed(VERDICTS) if counts[verdict]]
    limits, runs = found.limits, len({line.slot for line in found.lines})
    margins = [f"{limits.margin:g}", *(f"{name} {value:g}" for name, value in limits.margins.items())]
    return escaped(
        f"{runs} {'run' if runs == 1 else 'runs'}: {', '.join(said)}; alpha {limits.alpha:g}, by Holm over "
        f"{found.tests} {'test' if found.tests == 1 else 'tests'}; margin {', '.join(margins)}."
    )


def _notes(found: Gate) -> str:
    """Return the line under the table that says what stands in it."""
    notes = ["a regression: the one-sided paired test says so and the fall exceeds the margin"]
    if found.tests:
        notes += ["change with its 95 % interval", "p after Holm"]
        notes += ["detectable: the fall that would have been found with 80 % power"]
    if found.verdict == INCONCLUSIVE:
        notes += [
            "inconclusive: a fall beyond the margin that may be chance; more examples or a margin decide"
        ]
    return "; ".join(notes) + "."


def _cells(line: Line) -> list[str]:
    compared = line.paired
    return [
        *(named(line.slot), title(line.slot), line.what, _figure(line, line.before), _figure(line, line.now)),
        *(["", "", "", ""] if compared is None else _comparison(line)),
        line.why,
    ]


def _comparison(line: Line) -> list[str]:
    assert line.paired is not None
    one = line.paired
    change = _signed(one.change, line.unit)
    if one.ci_low is not None and one.ci_high is not None:
        change += f" [{_signed(one.ci_low, line.unit)}, {_signed(one.ci_high, line.unit)}]"
    return [
        change,
        "" if one.adjusted is None else _p_value(one.adjusted),
        f"{one.n:,}",
        "" if one.detectable is None else number(one.detectable, line.unit),
    ]


def _signed(value: float, unit: str) -> str:
    text = number(value, unit)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def _p_value(value: float) -> str:
    return f"{value:.2g}" if value >= 0.0001 else "<0.0001"


def _figure(line: Line, value: float | None) -> str:
    if value is None:
        return ""
    if line.unit == "share":
        return f"{value:.2%}"
    if line.paired is None:
        return f"{short(value)} {line.unit}"
    return number(value, line.unit)


def commands(found: Gate, *, strict: bool = False) -> Iterator[str]:
    """Yield GitHub's workflow commands: an error for what fails the job, a warning for what does not."""
    for line in found.lines:
        if line.verdict != PASS:
            fails = line.verdict != INCONCLUSIVE or strict
            kind = "error" if fails else "warning"
            yield f"::{kind} title={_property(f'harness gate: {line.verdict}')}::{_data(sentence(line))}"


def sentence(line: Line) -> str:
    """Return a verdict in one line: whose, of what, from where to where, why."""
    figures = f" {_figure(line, line.before)} → {_figure(line, line.now)}" if line.what != "run" else ""
    compared = line.paired
    if compared is not None and compared.adjusted is not None:
        figures += f" (p {_p_value(compared.adjusted)}, n {compared.n:,})"
    why = f": {line.why}" if line.why else ""
    return plain(f"{named(line.slot)}, {title(line.slot)}: {line.verdict}, {line.what}{figures}{why}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_json(found: Gate, *, strict: bool = False) -> dict[str, Any]:
    """Return the verdicts as plain values, names as they are."""
    return {
        "verdict": found.verdict,
        "exit_code": found.exit_code(strict=strict),
        "limits": asdict(found.limits),
        "tests": found.tests,
        "lines": [_json_line(line) for line in found.lines],
        "new": [slot._asdict() for slot in found.new],
    }


def _json_line(line: Line) -> dict[str, Any]:
    values = {**line.slot._asdict(), **asdict(line)}
    del values["slot"]
    compared = values.pop("paired")
    if compared is not None:
        del compared["sensitivity"]
    return {**values, "paired": compared}
