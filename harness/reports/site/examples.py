"""A run's examples as its page shows them, and what is measured on the way through the journal."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from harness.errors import BadInput, HarnessError
from harness.records import journal as records
from harness.records import run_file
from harness.records.run_schema import COMPLETE
from harness.records.sample_schema import Record, RecordedRequest, whole
from harness.reports.run import Run
from harness.reports.site import chunks
from harness.reports.site import redaction as withheld
from harness.schema import Metric
from harness.scoring.summary import USAGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# An example's state, as the one character that a page knows it by.
RIGHT, WRONG, ANSWERED, UNANSWERED, FAILED = "r", "w", "a", "u", "f"
COMPARED = 30  # pictures whose texts are drawn; more cannot be read


def _whole_numbers() -> array[int]:
    return array("q")


@dataclass(frozen=True)
class Shown:
    """What a site shows of a run's examples: of the first `most` (None: of all), their `texts` or not."""

    texts: bool = True
    most: int | None = None


class Compared(NamedTuple):
    """An example against its options: probabilities, cosines if there are any, the right one's place."""

    name: str
    shares: list[float]
    cosines: list[float] | None
    right: int | None


@dataclass
class Measured:
    """What a run's pictures are drawn from; what was not measured is empty.

    Lengths are in characters, times in seconds. `scored` has, by their number, the options' scores of
    examples one after another, and the places of the right ones. `states` counts the examples of each state,
    of those that are shown; `count` counts all.
    """

    lengths: dict[str, array[int]] = field(default_factory=lambda: defaultdict(_whole_numbers))
    tokens: dict[str, array[int]] = field(default_factory=lambda: defaultdict(_whole_numbers))
    seconds: array[float] = field(default_factory=lambda: array("d"))
    scored: dict[int, tuple[array[float], array[int]]] = field(
        default_factory=lambda: defaultdict(lambda: (array("d"), _whole_numbers()))
    )
    compared: list[Compared] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def add_length(self, name: str, length: int) -> None:
        """Count a text of so many characters."""
        self.lengths[name].append(length)

    def confidences(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the probability (n,) of the option that was taken, and whether it was the right one (n,)."""
        import numpy as np

        shares, hits = [np.empty(0)], [np.empty(0, np.bool_)]
        for width, (flat, places) in self.scored.items():
            scores = np.frombuffer(flat).reshape(-1, width)
            raised = np.exp(scores - scores.max(axis=1, keepdims=True))
            shares.append(raised.max(axis=1) / raised.sum(axis=1))
            hits.append(scores.argmax(axis=1) == np.frombuffer(places, np.int64))
        return np.concatenate(shares), np.concatenate(hits)


@dataclass
class _Judged:
    """The statistics of the metric that says which examples are right, a row an example that did not fail."""

    metric: Metric | None
    rows: array[float] = field(default_factory=lambda: array("d"))
    width: int = 1

    def add(self, record: Record) -> None:
        if self.metric is None:
            return
        row = [
            float("nan") if one is None else one for one in (record.scores or {}).get(self.metric.name) or ()
        ]
        self.width = len(row) or self.width
        self.rows.extend(row or [float("nan")] * self.width)

    def figures(self) -> NDArray[np.float64] | None:
        """Return each example's figure, None where one example has none."""
        import numpy as np

        from harness.stats.effect_sizes import by_example

        if self.metric is None or not self.rows:
            return None
        return by_example(self.metric, np.frombuffer(self.rows).reshape(-1, self.width))


class _Pages:
    """The examples of a run on their way into chunks."""

    def __init__(
        self, folder: Path, metric: Metric | None, labels: Mapping[str, str], texts: bool, opening: str
    ) -> None:
        self._folder, self._metric, self._labels, self._texts = folder, metric, labels, texts
        self._opening = opening
        self._questions, self._answers = chunks.Chunks(folder), chunks.Chunks(folder)
        self._judged = _Judged(metric)
        self._ids: list[str] = []
        self._conversations: list[str] = []
        self._repeats = array("q")
        self.states = bytearray()

    def add(self, record: Record) -> None:
        """Take the next example."""
        self._ids.append(record.id)
        self._repeats.append(record.repeat)
        self._conversations.append(record.cluster or record.id)
        request, target, told = record.request or {}, record.target, _answer(record)
        if self._texts:
            self._questions.add([request, target])
            self._answers.add(told)
        else:
            self._questions.add(withheld.question(request, target, self._labels))
            self._answers.add(withheld.answer(told, request, self._labels))
        self.states += _state(record).encode()
        if not record.failed:
            self._judged.add(record)

    def index(self, *, talks: bool) -> str:
        """Write what is left, judge the examples, and return the name of the index of them all.

        `talks`: they are turns, and the index tells of each whose turn it is.
        """
        figures, metric = self._judged.figures(), self._metric
        binary = figures is not None and metric is not None and _says_right(metric)
        if figures is not None and binary:
            _mark(self.states, figures)
        repeats = self._repeats.tolist() if any(self._repeats) else None
        index = {
            "ids": chunks.write(self._folder, orjson.dumps({"ids": self._ids, "repeats": repeats})),
            "conversations": chunks.write(self._folder, orjson.dumps(self._conversations)) if talks else None,
            "questions": self._questions.finish(),
            "answers": self._answers.finish(),
            "states": self.states.decode(),
            "figures": None if figures is None or binary else _figures(self._folder, self.states, figures),
            "metric": None if figures is None or metric is None else metric.name,
            "up": metric is None or metric.higher_is_better,
            "opening": self._opening,
            "labels": list(self._labels.items()),  # pairs: a script would put numbers in another order
        }
        return chunks.write(self._folder, orjson.dumps(index))


def write(entry: Run, folder: Path, shown: Shown, tell: Callable[[str], None]) -> tuple[str | None, Measured]:
    """Write a run's examples into `folder`; return the name of their index, and what was measured of all.

    There is no index where the journal is not there or empty, or where no example is shown. `tell` hears of
    each line that is left out.
    """
    metric, labels = _judge(entry)
    talks = "turn" in groups_of(entry)
    texts = shown.texts and entry.may_copy()
    pages, measured = _Pages(folder, metric, labels, texts, _opening(entry)), Measured()
    place_of = {label: place for place, label in enumerate(labels)}
    for line in _lines(entry, tell):
        if shown.most is None or measured.count < shown.most:
            pages.add(line.record)
        measured.count += 1
        if not line.record.failed:
            _measure(line.record, place_of, measured)
    if not pages.states:
        return None, measured
    index = pages.index(talks=talks)
    measured.states = {state: pages.states.count(state.encode()) for state in "rwauf"}
    return index, measured


def groups_of(entry: Run) -> dict[str, str]:
    """Return what a run's first example is counted under; nothing where there is none, or it is not ours."""
    try:
        for line in records.read_records(entry.directory / run_file.SAMPLES, lambda _odd: None):
            return line.record.groups or {}
    except (HarnessError, KeyError, TypeError, AttributeError, ValueError, IndexError):
        pass
    return {}


def _lines(entry: Run, tell: Callable[[str], None]) -> Iterator[records.JournalLine]:
    """Return the last line of each example; the journal of a complete run has just those."""
    path = entry.directory / run_file.SAMPLES
    read = records.read_records if entry.status == COMPLETE else records.last_lines
    return read(path, tell)


def _judge(entry: Run) -> tuple[Metric | None, dict[str, str]]:
    """Return the first metric that says right or wrong, else the first that judges an example; and labels."""
    from harness.metrics.aggregates import OfSums

    try:
        task = entry.definition()
        metrics = [metric for metric in task.metrics if isinstance(metric.aggregate, OfSums)]
    except BadInput:
        return None, {}
    metrics = [metric for metric in metrics if metric.name in entry.metrics]
    return next(iter(sorted(metrics, key=_says_right, reverse=True)), None), dict(task.file.options)


def _opening(entry: Run) -> str:
    """Return the words with which a query begins, by which a page finds it after its shots; else nothing."""
    try:
        task = entry.definition()
    except HarnessError:
        return ""
    template = task.file.templates.all.get(str(entry.document.task.template), task.template)
    return re.split(r"\{[{%#]", template.query, maxsplit=1)[0]


def _says_right(metric: Metric) -> bool:
    return metric.interval == "wilson" and metric.higher_is_better


def _state(record: Record) -> str:
    if record.failed:
        return FAILED
    return UNANSWERED if record.prediction is None else ANSWERED


def _mark(states: bytearray, figures: NDArray[np.float64]) -> None:
    """Turn what is answered into right and wrong; `figures` are of the examples that did not fail."""
    found = iter((figures > 0).tolist())
    for place, state in enumerate(states.decode()):
        right = state != FAILED and next(found)
        if state == ANSWERED:
            states[place] = ord(RIGHT if right else WRONG)


def _figures(folder: Path, states: bytearray, figures: NDArray[np.float64]) -> str:
    found = iter(figures.round(4).tolist())
    return chunks.write(folder, orjson.dumps([None if s == ord(FAILED) else next(found) for s in states]))


def _answer(record: Record) -> dict[str, Any]:
    """Return what came of an example: only what there is, under the names that `examples.js` reads."""
    response = record.response
    kept: dict[str, Any] = {}
    if response.similarities:
        kept["similarities"] = response.similarities
    if response.cached:
        kept["cached"] = True
    if response.truncated:
        kept["truncated"] = True
    if response.error is not None:
        kept["error"] = response.error.to_dict()
    kept["prediction"] = record.prediction
    if (shown := response.shown) is not None:
        kept["text"] = shown
    if (ran := record.execution) is not None:
        kept["execution"] = {"outcome": ran.outcome, "error": ran.error, "output": ran.output}
    if response.option_scores:
        kept["scores"] = [None if score is None else round(score, 4) for score in response.option_scores]
    if response.value is not None:
        kept["value"] = response.value
    if response.finish not in (None, "stop"):
        kept["finish"] = response.finish
    if response.attempts not in (None, 1):
        kept["attempts"] = response.attempts
    if (timing := response.timing_s) is not None and timing.e2e is not None:
        kept["seconds"] = round(timing.e2e, 6)  # more digits say nothing and take a fifth of the room
    if (usage := response.usage) is not None:
        kept |= {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    kept["metrics"] = {name: row[0] for name, row in (record.scores or {}).items() if len(row) == 1}
    return kept


def _measure(record: Record, place_of: Mapping[str, int], measured: Measured) -> None:
    response = record.response
    measured.add_length("input", _length(record.request or {}))
    if (shown := response.shown) is not None:
        measured.add_length("reply", len(shown))
    if response.usage is not None:
        for name in USAGE:
            if (count := getattr(response.usage, name)) is not None:
                measured.tokens[name].append(count)
    timing = response.timing_s
    if timing is not None and timing.e2e is not None and not response.cached:
        measured.seconds.append(timing.e2e)
    if scores := whole(response.option_scores):
        _weigh(record, scores, place_of, measured)


def _length(request: RecordedRequest) -> int:
    """Return the characters of the texts that a request is made of; a picture is none."""
    if "prompt" in request:
        return len(request["prompt"])
    texts = [message["content"] for message in request.get("messages") or ()]
    texts = texts or list((request.get("fields") or {}).values())
    return sum(len(text) for text in texts if isinstance(text, str) and not text.startswith("data:image/"))


def _weigh(record: Record, scores: Sequence[float], place_of: Mapping[str, int], measured: Measured) -> None:
    from harness.metrics.option_scores import decides, probabilities

    if not decides(scores):
        return
    target = record.target
    right = place_of.get(target) if place_of else int(target) if str(target).isdecimal() else None
    if right is not None:
        flat, places = measured.scored[len(scores)]
        flat.extend(scores)
        places.append(right)
    cosines = whole(record.response.similarities)
    if cosines and len(measured.compared) < COMPARED:
        measured.compared.append(Compared(record.id, probabilities(scores), cosines, right))
