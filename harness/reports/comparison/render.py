"""A comparison as Markdown, HTML and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from harness.errors import HarnessError
from harness.reports.comparison.compare import Difference, PairedComparison
from harness.reports.comparison.flips import Flip, Flips, Said
from harness.reports.comparison.settings import Cost
from harness.reports.run import Run
from harness.reports.writers import html as to_html
from harness.reports.writers import markdown as to_markdown
from harness.reports.writers.blocks import Block, Lines, Note, TableBlock, cell
from harness.reports.writers.numbers import factor, number, short
from harness.reports.writers.translations import named, translated
from harness.text.width import cut

PROMPT, CELL = 60, 40  # terminal cells of a prompt, of anything else


def blocks(found: PairedComparison) -> list[Block]:
    """Return the comparison as tables and notes."""
    made: list[Block] = [Lines(_head(found)), _differences(found), Note(_method(found)), *_flips(found)]
    if found.settings:
        rows = [[one.name, _value(one.a), _value(one.b)] for one in found.settings]
        made.append(TableBlock([translated("what differs"), "A", "B"], rows, names=0))
    else:
        made.append(Note(translated("No setting differs.")))
    return made + ([_costs(found.costs)] if found.costs else [])


def markdown(found: PairedComparison) -> str:
    """Return the comparison in Markdown, aligned by what a terminal shows."""
    return to_markdown.document(blocks(found))


def html(found: PairedComparison) -> str:
    """Return the comparison as a page of HTML that needs nothing beside it."""
    return to_html.page(translated("Comparison"), blocks(found))


def _head(found: PairedComparison) -> list[str]:
    """Return what is compared, and what to know before believing it, a line each."""
    return [_run_line("A", found.a), _run_line("B", found.b), _count(found), *found.notes]


def _run_line(letter: str, entry: Run) -> str:
    values = {"system": cell(entry.system), "task": entry.task}
    return f"{letter}: " + translated("{system} on {task}, {place}", place=entry.directory, **values)


def _count(found: PairedComparison) -> str:
    if found.units:
        return translated(
            "{n:,} examples in {units:,} clusters that both answered, paired by id",
            **{"n": found.pairs.n, "units": found.units},
        )
    return translated("{n:,} examples that both answered, paired by id", n=found.pairs.n)


def _differences(found: PairedComparison) -> TableBlock:
    """Return a row a metric: both figures, their difference, how sure, how large."""
    effects = any(one.effect for one in found.differences)
    header = [
        *(translated("metric"), "A", "B", "B − A", translated("95 % interval"), "p", translated("better")),
        *([translated("effect")] if effects else []),
    ]
    return TableBlock(header, [_difference_row(one, effects=effects) for one in found.differences], names=0)


def _difference_row(one: Difference, *, effects: bool) -> list[str]:
    interval = ""
    if one.ci_low is not None and one.ci_high is not None:
        interval = f"[{_signed(one.ci_low, one)}, {_signed(one.ci_high, one)}]"
    shown = f"{one.effect.value:+z.3f}" if one.effect else ""
    verdict = {"a": "A", "b": "B", None: translated("tie") if interval else ""}[one.better]
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


def _method(found: PairedComparison) -> str:
    """Return the line that says what the columns are."""
    notes = [
        translated(
            "95 % intervals of the paired difference; "
            "better: the interval does not hold 0, and p is 0.05 or less"
        ),
    ]
    tested = _by_name((_test(one), one.metric) for one in found.differences)
    notes += [translated("p, two-sided: {tests}", tests=tested)] if tested else []
    sized = _by_name((one.effect and named(one.effect.name), one.metric) for one in found.differences)
    notes += [translated("effect: {names}", names=sized)] if sized else []
    lower = any(not one.higher_is_better for one in found.differences)
    notes += [translated("↓ lower is better")] if lower else []
    return "; ".join(notes) + "."


def _test(one: Difference) -> str | None:
    test = one.test and named(one.test)
    return f"{test}, {translated('{n:,} swaps', n=one.draws)}" if one.draws else test


def _by_name(pairs: Iterable[tuple[str | None, str]]) -> str:
    """Return each name with the metrics that it goes for."""
    found: dict[str, list[str]] = {}
    for name, metric in pairs:
        if name is not None:
            found.setdefault(name, []).append(metric)
    return ", ".join(f"{name} ({', '.join(metrics)})" for name, metrics in found.items())


def _flips(found: PairedComparison) -> Iterator[Block]:
    flips = found.flips
    if flips is None:
        yield Note(translated("No metric here judges single examples, so no flips are told."))
        return
    yield Note(_flip_counts(flips))
    wordings = _words(found.a), _words(found.b)
    heads = (
        (translated("A right, B wrong"), translated("B right, A wrong"))
        if flips.binary
        else (translated("A better"), translated("B better"))
    )
    for head, examples in zip(heads, (flips.a_examples, flips.b_examples), strict=True):
        if examples:
            yield _flip_table(head, examples, flips, wordings)


def _flip_counts(flips: Flips) -> str:
    counts = {"a": flips.a_better, "b": flips.b_better}
    by = translated("By {metric}", metric=flips.metric)
    if flips.binary and flips.both_right is not None:
        counts |= {"right": flips.both_right, "wrong": flips.same - flips.both_right}
        return f"{by}: " + translated(
            "A right and B wrong {a:,}; B right and A wrong {b:,}; "
            "both right {right:,}; both wrong {wrong:,}.",
            **counts,
        )
    return f"{by}: " + translated(
        "A better {a:,}; B better {b:,}; the same {same:,}.", same=flips.same, **counts
    )


Words = Callable[[Any, Flip], str]


def _flip_table(head: str, examples: list[Flip], flips: Flips, words: tuple[Words, Words]) -> TableBlock:
    rows = [
        [
            *(one.id + (f" #{one.repeat}" if one.repeat else ""), cut(_line(one.prompt), PROMPT)),
            cut(words[0](one.target, one), CELL),
            _said(one.a, flips, one, words[0]),
            _said(one.b, flips, one, words[1]),
        ]
        for one in examples
    ]
    return TableBlock([head, translated("asked"), translated("target"), "A", "B"], rows, names=0)


def _said(said: Said, flips: Flips, flip: Flip, words: Words) -> str:
    answer = translated("(unanswered)") if said.prediction is None else words(said.prediction, flip)
    if said.prediction is None and said.text:
        answer += f" {_line(said.text)}"
    mark = "" if flips.binary or said.figure is None else f"{short(said.figure)}: "
    return cut(mark + answer, CELL)


def _line(text: str) -> str:
    return " ".join(text.split())


def _words(entry: Run) -> Words:
    """Return the function from a target or prediction to what a reader knows it by: a label's own words.

    The labels are the task's, or count the example's own options.
    """
    try:
        known: Mapping[str, str] = {option.label: option.text for option in entry.definition().options}
    except HarnessError:
        known = {}

    def words(value: Any, flip: Flip) -> str:
        names = known or {str(place): text for place, text in enumerate(flip.options)}
        if isinstance(value, list):
            return " / ".join(words(one, flip) for one in value)
        return names.get(value, value) if isinstance(value, str) else _value(value)

    return words


def _costs(rows: list[Cost]) -> TableBlock:
    cells = [
        [
            f"{named(one.name)}, {named(one.unit)}" if one.unit else named(one.name),
            *(short(one.a), short(one.b)),
            ""
            if one.difference is None
            else ("-" if one.difference < 0 else "+") + short(abs(one.difference)),
            factor(one.ratio),
        ]
        for one in rows
    ]
    return TableBlock([translated("cost and time"), "A", "B", "B − A", "B / A"], cells, names=0)


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return cut(" / ".join(map(_value, value)) if isinstance(value, (list, tuple)) else str(value), CELL)


def as_json(found: PairedComparison) -> dict[str, Any]:
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


def _json_run(entry: Run) -> dict[str, Any]:
    return {
        **{"run": entry.id, "directory": str(entry.directory), "system": entry.system},
        **{"task": entry.task, "status": entry.status, "counts": entry.document.counts.to_dict() or None},
    }


def _json_difference(one: Difference) -> dict[str, Any]:
    return {
        **{key: value for key, value in one.__dict__.items() if key not in ("metric", "value", "effect")},
        "difference": one.value,
        "effect": one.effect._asdict() if one.effect else None,
    }
