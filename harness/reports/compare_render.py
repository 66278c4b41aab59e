"""A comparison as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from harness.errors import HarnessError
from harness.reports.compare import Comparison, Difference
from harness.reports.configurations import Cost
from harness.reports.entries import Entry
from harness.reports.figures import factor, number, short
from harness.reports.flips import Flip, Flips, Said
from harness.reports.markdown import escaped, table
from harness.reports.width import cut

PROMPT, CELL = 60, 40  # terminal cells of a prompt, of anything else

Cells = tuple[list[str], list[list[str]]]


def markdown(found: Comparison) -> str:
    """Return the comparison in Markdown, aligned by what a terminal shows."""
    parts = [
        "\n".join(f"* {escaped(line)}" for line in head(found)),
        table(*difference_cells(found), names=0),
        _method(found),
    ]
    parts += [*_flip_parts(found)]
    if found.settings:
        rows = [[one.name, _value(one.a), _value(one.b)] for one in found.settings]
        parts.append(table(["what differs", "A", "B"], rows, names=0))
    else:
        parts.append("No setting differs.")
    if found.costs:
        parts.append(table(*_cost_cells(found.costs), names=0))
    return "\n\n".join(parts)


def head(found: Comparison) -> list[str]:
    """Return what is compared, and what to know before believing it, a line each."""
    return [_run_line("A", found.a), _run_line("B", found.b), _count(found), *found.notes]


def _run_line(letter: str, entry: Entry) -> str:
    return f"{letter}: {entry.system} on {entry.run['task']['name']}, {entry.directory}"


def _count(found: Comparison) -> str:
    in_units = f" in {found.units:,} clusters" if found.units else ""
    return f"{found.pairs.n:,} examples{in_units} that both answered, paired by id"


def difference_cells(found: Comparison) -> Cells:
    """Return the header and a row a metric: both figures, their difference, how sure, how large."""
    effects = any(one.effect for one in found.differences)
    header = ["metric", "A", "B", "B − A", "95 % interval", "p", "better", *(["effect"] if effects else [])]
    return header, [_difference_row(one, effects=effects) for one in found.differences]


def _difference_row(one: Difference, *, effects: bool) -> list[str]:
    interval = ""
    if one.ci_low is not None and one.ci_high is not None:
        interval = f"[{_signed(one.ci_low, one)}, {_signed(one.ci_high, one)}]"
    shown = f"{one.effect.value:+z.3f}" if one.effect else ""
    verdict = {"a": "A", "b": "B", None: "tie" if interval else ""}[one.better]
    return [
        one.metric + ("" if one.higher_is_better else " ↓"),
        *(number(value, one.unit) for value in (one.a, one.b)),
        "" if one.value is None else _signed(one.value, one),
        *(interval, probability(one.p_value), verdict),
        *([shown] if effects else []),
    ]


def _signed(value: float, one: Difference) -> str:
    """Return a difference with its sign and the digits of the figures it is of."""
    like = max((abs(figure) for figure in (one.a, one.b) if figure is not None), default=value)
    text = number(abs(value), one.unit, like=like)
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{text}"


def probability(p: float | None) -> str:
    """Return a p-value with two digits that count."""
    if p is None:
        return ""
    return "<0.0001" if p < 0.0001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def _method(found: Comparison) -> str:
    """Return the line that says what the columns are."""
    notes = ["95 % intervals of the paired difference; better: the interval does not hold 0"]
    tested = _by_name((_test(one), one.metric) for one in found.differences)
    notes += [f"p, two-sided: {tested}"] if tested else []
    sized = _by_name((one.effect.name if one.effect else None, one.metric) for one in found.differences)
    notes += [f"effect: {sized}"] if sized else []
    notes += ["↓ lower is better"] if any(not one.higher_is_better for one in found.differences) else []
    return "; ".join(notes) + "."


def _test(one: Difference) -> str | None:
    return f"{one.test}, {one.draws:,} swaps" if one.draws else one.test


def _by_name(pairs: Iterable[tuple[str | None, str]]) -> str:
    """Return each name with the metrics that it goes for."""
    found: dict[str, list[str]] = {}
    for name, metric in pairs:
        if name is not None:
            found.setdefault(name, []).append(escaped(metric))
    return ", ".join(f"{name} ({', '.join(metrics)})" for name, metrics in found.items())


def _flip_parts(found: Comparison) -> Iterator[str]:
    flips = found.flips
    if flips is None:
        yield "No metric here judges single examples, so no flips are told."
        return
    yield _flip_counts(flips)
    wordings = _words(found.a), _words(found.b)
    heads = ("A right, B wrong", "B right, A wrong") if flips.binary else ("A better", "B better")
    for head, examples in zip(heads, (flips.a_examples, flips.b_examples), strict=True):
        if examples:
            yield table(*_flip_cells(head, examples, flips, wordings), names=0)


def _flip_counts(flips: Flips) -> str:
    name = escaped(flips.metric)
    if flips.binary and flips.both_right is not None:
        return (
            f"By {name}: A right and B wrong {flips.a_better:,}; B right and A wrong {flips.b_better:,}; "
            f"both right {flips.both_right:,}; both wrong {flips.same - flips.both_right:,}."
        )
    return f"By {name}: A better {flips.a_better:,}; B better {flips.b_better:,}; the same {flips.same:,}."


Words = Callable[[Any, Flip], str]


def _flip_cells(head: str, examples: list[Flip], flips: Flips, words: tuple[Words, Words]) -> Cells:
    rows = [
        [
            *(one.id + (f" #{one.repeat}" if one.repeat else ""), cut(_line(one.prompt), PROMPT)),
            cut(words[0](one.target, one), CELL),
            _said(one.a, flips, one, words[0]),
            _said(one.b, flips, one, words[1]),
        ]
        for one in examples
    ]
    return [head, "asked", "target", "A", "B"], rows


def _said(said: Said, flips: Flips, flip: Flip, words: Words) -> str:
    answer = "(unanswered)" if said.prediction is None else words(said.prediction, flip)
    if said.prediction is None and said.text:
        answer += f" {_line(said.text)}"
    mark = "" if flips.binary or said.figure is None else f"{short(said.figure)}: "
    return cut(mark + answer, CELL)


def _line(text: str) -> str:
    return " ".join(text.split())


def _words(entry: Entry) -> Words:
    """Return the function from a target or prediction to what a reader knows it by: a label's own words.

    The labels are the task's, or count the example's own options.
    """
    try:
        known: Mapping[str, str] = {option.label: option.text for option in entry.task().options}
    except HarnessError:
        known = {}

    def words(value: Any, flip: Flip) -> str:
        names = known or {str(place): text for place, text in enumerate(flip.options)}
        if isinstance(value, list):
            return " / ".join(words(one, flip) for one in value)
        return names.get(value, value) if isinstance(value, str) else _value(value)

    return words


def _cost_cells(rows: list[Cost]) -> Cells:
    return ["cost and time", "A", "B", "B − A", "B / A"], [
        [
            f"{one.name}, {one.unit}" if one.unit else one.name,
            *(short(one.a), short(one.b)),
            ""
            if one.difference is None
            else ("-" if one.difference < 0 else "+") + short(abs(one.difference)),
            factor(one.ratio),
        ]
        for one in rows
    ]


def _more(difference: float | None) -> str:
    """Return how much more b is, with its sign."""
    if difference is None or not difference:
        return "" if difference is None else "0"
    size = abs(difference)
    return ("-" if difference < 0 else "+") + (short(size) if size >= 0.0001 else f"{size:.1g}")


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return cut(" / ".join(map(_value, value)) if isinstance(value, (list, tuple)) else str(value), CELL)


def as_json(found: Comparison) -> dict[str, Any]:
    """Return the comparison as plain values, names as they are."""
    return {
        "a": _json_run(found.a),
        "b": _json_run(found.b),
        "n": found.pairs.n,
        "only_a": found.pairs.only_a,
        "only_b": found.pairs.only_b,
        "clusters": found.units,
        "notes": found.notes,
        "metrics": {one.metric: _json_difference(one) for one in found.differences},
        "flips": asdict(found.flips) if found.flips else None,
        "drift": asdict(found.drift) if found.drift else None,
        "settings": {one.name: {"a": one.a, "b": one.b} for one in found.settings},
        "costs": [{**one._asdict(), "difference": one.difference, "ratio": one.ratio} for one in found.costs],
    }


def _json_run(entry: Entry) -> dict[str, Any]:
    run = entry.run
    return {
        **{"run": run["id"], "directory": str(entry.directory), "system": entry.system},
        **{"task": run["task"]["name"], "status": run["status"], "counts": run.get("counts")},
    }


def _json_difference(one: Difference) -> dict[str, Any]:
    return {
        **{key: value for key, value in one.__dict__.items() if key not in ("metric", "value", "effect")},
        "difference": one.value,
        "effect": one.effect._asdict() if one.effect else None,
    }
