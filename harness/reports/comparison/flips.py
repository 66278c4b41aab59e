"""On which examples two runs part: counts from their statistics, the examples from their journals."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from harness.files import open_own
from harness.records import journal as records
from harness.records.atomic import plain_file
from harness.records.journal import Key
from harness.records.sample_schema import Record
from harness.records.validation import parse_record
from harness.schema import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXCERPT = 400  # characters of a prompt or a reply that are kept


@dataclass(frozen=True)
class Said:
    """What a run said of an example, and the example's own figure; `text` is an excerpt of a reply."""

    prediction: Any
    text: str | None
    figure: float | None


@dataclass(frozen=True)
class Flip:
    """An example that one run did better than the other.

    `prompt` is an excerpt of its end, where the example stands, or of the bare input. `options` are its own
    choices, in order, where it has any: their labels count them from 0 unless the task names them.
    """

    id: str
    repeat: int
    prompt: str
    target: Any
    a: Said
    b: Said
    options: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Flips:
    """How many examples either run did better by `metric`, and some of them.

    Where the metric says only right or wrong (`binary`), the others are `same` right or wrong: `both_right`.
    """

    metric: str
    binary: bool
    a_better: int
    b_better: int
    same: int
    both_right: int | None
    a_examples: list[Flip] = field(default_factory=list)
    b_examples: list[Flip] = field(default_factory=list)


@dataclass(frozen=True)
class Judged:
    """The figures (n,) of the common examples in both runs, by one metric; `key` names the one at a place."""

    metric: Metric
    a: Floats
    b: Floats
    key: Callable[[int], Key]

    @property
    def gains(self) -> Floats:
        """Return by how much b does better than a (n,); 0 where an example has no figure."""
        import numpy as np

        turned = self.b - self.a if self.metric.higher_is_better else self.a - self.b
        return np.nan_to_num(turned, nan=0.0)


def flips(
    judged: Judged, samples_a: Path, samples_b: Path, most: int, *, prefixes: tuple[str, str] = ("", "")
) -> Flips:
    """Return the flips both ways, with at most `most` examples each: the widest apart, then in data order.

    Where a journal is not there, there are counts and no examples. In the journals ids begin with `prefixes`.
    """
    import numpy as np

    gains = judged.gains
    binary = judged.metric.interval == "wilson"
    both_right = int(np.count_nonzero((judged.a > 0) & (judged.b > 0))) if binary else None
    losses, wins = (np.flatnonzero(gains < 0), np.flatnonzero(gains > 0))
    shown = [side[np.argsort(-np.abs(gains[side]), kind="stable")[:most]].tolist() for side in (losses, wins)]
    wanted = {judged.key(place) for side in shown for place in side}
    said_a, said_b = (
        _unprefixed(path, wanted, prefix)
        for path, prefix in zip((samples_a, samples_b), prefixes, strict=True)
    )
    examples = [
        [
            _flip(said_a[key], said_b[key], float(judged.a[place]), float(judged.b[place]))
            for place in side
            if (key := judged.key(place)) in said_a and key in said_b
        ]
        for side in shown
    ]
    same = len(gains) - len(losses) - len(wins)
    return Flips(judged.metric.name, binary, len(losses), len(wins), same, both_right, *examples)


def found(path: Path, wanted: Collection[Key]) -> dict[Key, Record]:
    """Return the last record of each wanted (id, repeat) that the journal holds.

    The harness's lines begin with their id, so that of 50,000 only those wanted are parsed; where somebody
    else has written the file again, all are.
    """
    if not wanted or not path.exists():
        return {}
    quick = dict(_beginning_with(path, {name for name, _ in wanted}))
    some = {key: quick[key] for key in wanted if key in quick}
    if len(some) == len(wanted):
        return some
    lines = (line.record for line in records.read_records(path))
    return {record.key: record for record in lines if record.key in wanted}


def _unprefixed(path: Path, wanted: Collection[Key], prefix: str) -> dict[Key, Record]:
    records_of = found(path, {(prefix + name, repeat) for name, repeat in wanted})
    return {(name.removeprefix(prefix), repeat): record for (name, repeat), record in records_of.items()}


def _beginning_with(path: Path, ids: Collection[str]) -> Iterator[tuple[Key, Record]]:
    heads = {b'{"id":' + orjson.dumps(name) for name in ids}
    with plain_file(path), open_own(path) as lines:
        for line in lines:
            if line.partition(b',"repeat":')[0] not in heads:
                continue
            try:
                record = parse_record(line)
            except ValueError:
                continue  # torn, or somebody else's
            yield record.key, record


def _flip(a: Record, b: Record, figure_a: float, figure_b: float) -> Flip:
    asked = a.request or {}
    prompt = _input(a) if "fields" in asked else _input(b)
    options = asked.get("choices") or asked.get("options") or []
    return Flip(a.id, a.repeat, prompt, a.target, _said(a, figure_a), _said(b, figure_b), options)


def _said(record: Record, figure: float) -> Said:
    text = record.response.shown
    kept = None if text is None else text[:EXCERPT]
    return Said(record.prediction, kept, None if math.isnan(figure) else figure)


def _input(record: Record) -> str:
    """Return what was asked: the bare fields, or the end of the prompt, where the example itself stands."""
    asked = record.request or {}
    if "fields" in asked:
        return _head("; ".join(map(_field, asked["fields"].values())))
    if "messages" in asked:
        return _tail(str(asked["messages"][-1]["content"] or ""))
    return _tail(str(asked.get("prompt", "")))


def _field(value: Any) -> str:
    text = str(value)
    return "(picture)" if text.startswith("data:image/") else text


def _head(text: str) -> str:
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def _tail(text: str) -> str:
    return text if len(text) <= EXCERPT else "…" + text[1 - EXCERPT :]
