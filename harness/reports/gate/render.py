"""The verdicts of a gate: Markdown for the page of a CI job, its annotations, JSON.

Names come from files that strangers wrote: none may end a line or a cell, or be a command to the CI.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from harness.reports.columns import restricted
from harness.reports.gate.changes import Paired
from harness.reports.gate.gate import INCONCLUSIVE, INFRASTRUCTURE, PASS, REGRESSION, VERDICTS, Gate, Verdict
from harness.reports.gate.measurements import RunKey
from harness.reports.leaderboard.layout import filled
from harness.reports.writers.blocks import Block, Note, TableBlock
from harness.reports.writers.markdown import escaped, table
from harness.reports.writers.numbers import number, short
from harness.reports.writers.translations import named, translated
from harness.text.width import cut, plain

_MARK = {REGRESSION: "❌", INFRASTRUCTURE: "⚠️", INCONCLUSIVE: "❔", PASS: "✅"}
_WIDTH = 120  # cells of a name; a page of CI takes a megabyte


def markdown(found: Gate) -> str:
    """Return the verdicts as Markdown, the gravest first: a heading, a table, what the columns mean."""
    shown = _table(found)
    parts = [
        f"### {_heading(found)}",
        escaped(_counts(found)),
        table(shown.header, shown.rows, names=shown.names),
        _notes(found),
        *("\n".join(f"* {escaped(one)}" for one in fallen) for fallen in [list(_fallen(found))] if fallen),
        *map(escaped, _stops(found)),
        *_new(found, escaped),
    ]
    return _inert("\n\n".join(parts))


def blocks(found: Gate) -> list[Block]:
    """Return the same as tables and notes, for a terminal."""
    said = [_notes(found), *_fallen(found), *_stops(found), *_new(found, str)]
    return [Note(_heading(found)), Note(_counts(found)), _table(found), *map(Note, said)]


def _heading(found: Gate) -> str:
    return f"{_MARK[found.verdict]} {translated('Gate')}: {named(found.verdict)}"


def _table(found: Gate) -> TableBlock:
    shown = [line for line in found.lines if line.verdict != PASS or line.what != "failures" or line.now]
    shown.sort(key=lambda line: -VERDICTS.index(line.verdict))
    rows = [[f"{_MARK[line.verdict]} {named(line.verdict)}", *_cells(line)] for line in shown]
    return TableBlock(*filled(_header(), rows, 4), names=2)


def _fallen(found: Gate) -> Iterator[str]:
    """Yield of each fall that is a regression, or may be one, how far it is and a few examples of it."""
    for line in found.lines:
        compared = line.paired
        if line.verdict in (REGRESSION, INCONCLUSIVE) and compared is not None and compared.flipped:
            yield translated(
                "{task}, {system}: {metric} {change}; fallen, for instance: {ids}",
                **{"task": task(line.slot), "system": title(line.slot), "metric": named(line.what)},
                **{"change": _comparison(line)[0], "ids": cut(plain(", ".join(compared.flipped)), _WIDTH)},
            )


def _stops(found: Gate) -> Iterator[str]:
    """Yield how much was asked of runs that were watched, and what that saved where prices are known."""
    if not found.stops:
        return
    asked, size = sum(one.asked for one in found.stops), sum(one.size for one in found.stops)
    yield translated(
        "Sequential: {asked:,} of {size:,} examples were asked. Proofs on the way share half of alpha among "
        "the runs, and their intervals hold at every look; the other half is of runs that came to their end.",
        **{"asked": asked, "size": size},
    )
    for currency in sorted({one.currency for one in found.stops if one.currency}):
        of_it = [one for one in found.stops if one.currency == currency]
        spent, saved = sum(one.spent or 0 for one in of_it), sum(one.saved or 0 for one in of_it)
        yield translated(
            "{spent} {currency} spent, about {saved} saved at the same price each.",
            **{"spent": short(spent), "saved": short(saved), "currency": currency},
        )


def _new(found: Gate, written: Callable[[str], str]) -> Iterator[str]:
    if found.new:
        names = "; ".join(written(f"{task(slot)} {title(slot)}") for slot in found.new)
        yield translated(
            "Not in the baseline, so not judged: {names}. `harness gate --update` takes them in.", names=names
        )


def _header() -> list[str]:
    return [
        *(translated("verdict"), translated("task"), translated("system"), translated("what")),
        *(translated("baseline"), translated("tonight"), translated("change"), "p", translated("n")),
        *(translated("detectable"), translated("why")),
    ]


def _inert(text: str) -> str:
    r"""Return Markdown without `##[`, which GitHub's runner obeys anywhere in a line; `#\#[` reads alike."""
    return text.replace("##[", "#\\#[")


def task(slot: RunKey) -> str:
    """Return the task's name, which cannot be longer than a glance."""
    return cut(plain(slot.task), _WIDTH)


def title(slot: RunKey) -> str:
    """Return the system and what its run is restricted to."""
    return cut(plain(slot.system), _WIDTH) + restricted(
        slot.split, sample=slot.sample, limit=slot.limit or None
    )


def _counts(found: Gate) -> str:
    counts = Counter(line.verdict for line in found.lines)
    said = [f"{counts[verdict]} {named(verdict)}" for verdict in reversed(VERDICTS) if counts[verdict]]
    limits, runs = found.limits, len({line.slot for line in found.lines})
    margins = [f"{limits.margin:g}", *(f"{name} {value:g}" for name, value in limits.margins.items())]
    heads = [
        translated("1 run") if runs == 1 else translated("{n} runs", n=runs),
        translated("1 test") if found.tests == 1 else translated("{n} tests", n=found.tests),
    ]
    return translated(
        "{runs}: {verdicts}; alpha {alpha:g}, by Holm over {tests}; margin {margins}.",
        **{"runs": heads[0], "verdicts": ", ".join(said), "alpha": limits.alpha},
        **{"tests": heads[1], "margins": ", ".join(margins)},
    )


def _notes(found: Gate) -> str:
    """Return the line under the table that says what stands in it."""
    compared = [line.paired for line in found.lines if line.paired is not None]
    notes = [translated("a regression: the one-sided paired test says that it fell by more than the margin")]
    if found.tests:
        notes += [
            translated("pass: any fall beyond the margin is one that chance makes in 5 % of nights or more")
        ]
        notes += [
            translated("change with its 95 % interval"),
            translated("p after Holm, of a fall beyond the margin"),
        ]
        notes += [
            translated(
                "detectable: the fall that would have been found with 80 % power, if one so large is possible"
            )
        ]
    if any(one.clusters and not one.on_these for one in compared):
        notes += [translated("where the data name clusters, whole clusters were swapped")]
    if any(one.on_these for one in compared):
        notes += [
            translated(
                "on these questions: too few clusters to prove anything about others, so that single "
                "questions were swapped; of other articles it says nothing"
            )
        ]
    if found.verdict == INCONCLUSIVE:
        notes += [
            translated(
                "inconclusive: a fall beyond the margin that may be chance, at p <= 0.05 after Holm, or "
                "of too "
                "few units to prove any; more examples or a margin decide"
            )
        ]
    return "; ".join(notes) + "."


def _cells(line: Verdict) -> list[str]:
    compared = line.paired
    return [
        *(
            task(line.slot),
            title(line.slot),
            named(line.what),
            _figure(line, line.before),
            _figure(line, line.now),
        ),
        *(["", "", "", ""] if compared is None else _comparison(line)),
        line.why,
    ]


def _comparison(line: Verdict) -> list[str]:
    assert line.paired is not None
    one = line.paired
    change = _signed(one.change, line.unit)
    if one.ci_low is not None and one.ci_high is not None:
        change += f" [{_signed(one.ci_low, line.unit)}, {_signed(one.ci_high, line.unit)}]"
    return [
        change,
        "" if one.adjusted is None else _p_value(one.adjusted),
        _count(one),
        "" if one.detectable is None else number(one.detectable, line.unit),
    ]


def _count(one: Paired) -> str:
    """Return how many examples were compared, and in how many clusters they stand."""
    if one.clusters is None:
        return f"{one.n:,}"
    return f"{one.n:,} ({translated('{n:,} clusters', n=one.clusters)})"


def _signed(value: float, unit: str) -> str:
    text = number(value, unit)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def _p_value(value: float) -> str:
    return f"{value:.2g}" if value >= 0.0001 else "<0.0001"


def _figure(line: Verdict, value: float | None) -> str:
    if value is None:
        return ""
    if line.unit == "share":
        return f"{value:.2%}"
    if line.paired is None:
        return f"{short(value)} {named(line.unit)}"
    return number(value, line.unit)


def commands(found: Gate, *, strict: bool = False) -> Iterator[str]:
    """Yield GitHub's workflow commands: an error for what fails the job, a warning for what does not."""
    for line in found.lines:
        if line.verdict != PASS:
            fails = line.verdict != INCONCLUSIVE or strict
            kind = "error" if fails else "warning"
            heading = _property(f"harness gate: {named(line.verdict)}")
            yield f"::{kind} title={heading}::{_data(sentence(line))}"


def sentence(line: Verdict) -> str:
    """Return a verdict in one line: whose, of what, from where to where, why."""
    figures = f" {_figure(line, line.before)} → {_figure(line, line.now)}" if line.what != "run" else ""
    compared = line.paired
    if compared is not None and compared.adjusted is not None:
        figures += f" (p {_p_value(compared.adjusted)}, n {compared.n:,})"
    why = f": {line.why}" if line.why else ""
    said = f"{named(line.verdict)}, {named(line.what)}{figures}{why}"
    return plain(f"{task(line.slot)}, {title(line.slot)}: {said}")


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
        "stops": [
            {**one.slot._asdict(), **{name: value for name, value in asdict(one).items() if name != "slot"}}
            for one in found.stops
        ],
    }


def _json_line(line: Verdict) -> dict[str, Any]:
    values = {**line.slot._asdict(), **asdict(line)}
    del values["slot"]
    compared = values.pop("paired")
    if compared is not None:
        del compared["sensitivity"]
    return {**values, "paired": compared}
