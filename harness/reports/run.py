"""A finished run: where it lies, what its `run.json` says, and what a report must say beside its figure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.config import documents
from harness.errors import BadInput, HarnessError
from harness.records import journal as records
from harness.records import run_file
from harness.records.run_schema import COMPLETE, MetricResult, RunDocument
from harness.records.sample_schema import Record
from harness.reports import names
from harness.reports.columns import Column
from harness.reports.writers import html
from harness.reports.writers import service_levels as served
from harness.reports.writers.blocks import Note, TableBlock
from harness.reports.writers.numbers import figure, number
from harness.reports.writers.translations import named, translated
from harness.tasks import task as tasks
from harness.tasks.task import Task
from harness.text.width import plain

Warn = Callable[[str], None]
NO_ANSWER = "no answer found"  # of a reply that came whole
NO_ANSWERS = MetricResult(
    value=None, ci_low=None, ci_high=None, n=0, unit="", higher_is_better=True, signature=""
)


@dataclass(frozen=True, repr=False)
class Run:
    """A run: its directory, its document, and the metric that it is shown by (its main one).

    `error` says why a run that was asked for just now ended early, None otherwise.
    """

    directory: Path
    document: RunDocument
    error: HarnessError | None = None
    shown: str | None = None
    called: str | None = None

    @property
    def id(self) -> str:
        """Return the directory's first name, the time and the fingerprint."""
        return self.document.id

    @property
    def status(self) -> str:
        """Return `complete`, `partial`, `failed` or `running`."""
        return self.document.status

    @property
    def task(self) -> str:
        """Return the task's name."""
        return self.document.task.name

    @property
    def system(self) -> str:
        """Return what the system is called beside the others; its label where there are no others."""
        return self.called if self.called is not None else self.label

    @property
    def label(self) -> str:
        """Return the backend's name with what differs from its profile, or the name that the user gave."""
        return self.document.label

    @property
    def sample(self) -> bool:
        """Return whether it ran on the small sample that the task ships."""
        return self.document.data.sample

    @property
    def sha256(self) -> str:
        """Return the hash of the split that was evaluated.

        Of a judging it is that of the name of the task whose replies it judges: the rows are replies, which
        are what two judgings differ by, to the same questions.
        """
        if (judged := self.judged_task) is not None:
            return hashlib.sha256(f"replies to {judged}".encode()).hexdigest()
        return self.document.data.sha256[self.document.task.split]

    @property
    def judged_task(self) -> str | None:
        """Return the task whose replies this run judges, None where it is no judging of single replies."""
        found = self.document.breakdown or {}
        tasks_judged = list(found.get("task", {}))
        return tasks_judged[0] if len(tasks_judged) == 1 and "system" in found else None

    @property
    def prefix(self) -> str:
        """Return what each id begins with that is no part of the question: of a judging, its only system."""
        systems = list((self.document.breakdown or {}).get("system", {}))
        return f"{systems[0]}|" if self.judged_task is not None and len(systems) == 1 else ""

    @property
    def limit(self) -> str | None:
        """Return how many of the examples it was limited to, as text; None for all."""
        limit = self.document.task.limit
        return None if limit is None else str(limit)

    @property
    def metrics(self) -> dict[str, MetricResult]:
        """Return each metric's result, the main one first; empty where nothing was answered."""
        return self.document.metrics

    @property
    def metric(self) -> str | None:
        """Return the name of the metric that is shown, None where nothing was answered."""
        return self.shown or next(iter(self.metrics), None)

    @property
    def main(self) -> MetricResult:
        """Return the result that is shown; of no examples where nothing was answered."""
        return self.metrics[self.metric] if self.metric else NO_ANSWERS

    @property
    def value(self) -> float | None:
        """Return the main metric's value, None where it is undefined or nothing was answered."""
        return self.main.value

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the ends of the main metric's 95 % interval, None where it has none."""
        low, high = self.main.ci_low, self.main.ci_high
        return None if low is None or high is None else (low, high)

    @cached_property
    def column(self) -> Column | None:
        """Return the column in which the run stands, None where nothing was answered."""
        if not self.metric:
            return None
        task, main = self.document.task, self.main
        return Column(
            task=task.name,
            version=task.version,
            split=task.split,
            limit=self.limit,
            sha256=self.sha256,
            metric=self.metric,
            signature=main.signature.rpartition("|n:")[0],
            sample=self.sample,
            higher_is_better=main.higher_is_better,
        )

    @property
    def height(self) -> float:
        """Return the figure, turned so that higher is better; one that is undefined is the lowest."""
        value = self.main.value
        if value is None:
            return float("-inf")
        return value if self.main.higher_is_better else -value

    @property
    def marks(self) -> list[str]:
        """Return what a reader must know before believing the figure."""
        counts, lost = self.document.counts, self.document.lost or 0
        said = [
            (lost, translated("{n:,} answers lost", n=lost)),
            (counts.failed, translated("{n:,} failed", n=counts.failed)),
            (counts.unanswered, self._unanswered),
            (counts.cached, translated("{n:,} cached", n=counts.cached)),
            (counts.truncated, translated("{n:,} truncated", n=counts.truncated)),
        ]
        found = [named(self.status)] if self.status != COMPLETE else []
        found += [text for count, text in said if count]
        found += self._data_marks
        found += self._learnt_nothing
        return [*self._foreign, *found, *self._official(), *self._other_models, *served.marks(self.document)]

    @property
    def _foreign(self) -> list[str]:
        """Return whose run it is, if another harness made it, and the first figures that it printed."""
        told = self.document.foreign
        if told is None:
            return []
        shown = ", ".join(f"{name[:40]} {one.value:.4f}" for name, one in list(told.figures.items())[:3])
        by = f"{told.harness[:40]} {told.version[:40]}".removesuffix(" unknown")
        return [translated("imported from {by}: {figures}", by=by, figures=shown or "?")]

    @property
    def _unanswered(self) -> str:
        """Return `60 unanswered (length)`: how many, and why most of them."""
        told = translated("{n:,} unanswered", n=self.document.counts.unanswered)
        return told if self._silence in ("", NO_ANSWER) else f"{told} ({named(self._silence)})"

    @property
    def _silence(self) -> str:
        """Return why most of the unanswered are: `length`, `filtered`, no answer in a whole reply."""
        because = self.document.unanswered_because or {}
        most = max(because, key=lambda reason: because[reason], default="")
        return NO_ANSWER if most == "stop" else most

    @property
    def advice(self) -> str:
        """Return what to do about a run that mostly has no answers; empty where most could be read."""
        counts = {"n": self.document.counts.unanswered, "whole": self.document.counts.examples}
        if not counts["whole"] or 2 * counts["n"] < counts["whole"]:
            return ""
        if self._silence == "length":
            return translated(
                "{n:,} of {whole:,} replies ended before an answer: give room with `-d max_tokens=512`, or "
                "score the options with `--ask choose`.",
                **counts,
            )
        return translated(
            "No answer could be read from {n:,} of {whole:,} replies: read some, then try `--ask choose`, or "
            "a backend with `chat: true` if this is a chat model.",
            **counts,
        )

    @property
    def _learnt_nothing(self) -> list[str]:
        """Return that a network is no better than a guess, and after how many steps."""
        fit, main = self.document.fit, self.main
        if self.metric != "accuracy" or fit is None or fit.steps is None or main.ci_low is None:
            return []
        labels = len(self.document.confusion or ())
        if not labels or main.ci_low > 1 / labels:
            return []
        return [translated("no better than a guess after {n:,} steps", n=fit.steps)]

    @property
    def _data_marks(self) -> list[str]:
        """Return that the data is a part of the dataset, or not its authors' files."""
        files = self.document.data.files
        if files is None:
            return []
        part = {"found": files.found, "expected": files.expected}
        found = [translated("{found:,} of {expected:,} files", **part)] if files.missing else []
        if files.altered:
            found.append(translated("not the authors' files: {n:,}", n=len(files.altered)))
        return found

    @property
    def _other_models(self) -> list[str]:
        """Return that a server answered with another model than the one that was asked.

        A dated snapshot of the asked model (`gpt-4o-mini-2024-07-18`) is that model.
        """
        asked = self.document.backend.model or ""
        others = [name for name in self.document.served if not _is_snapshot(name, asked)]
        if not asked or not others:
            return []
        shown = ", ".join(name[:40] for name in others[:2]) + (", …" if len(others) > 2 else "")
        return [translated("answered by {model}", model=shown)]

    def _official(self) -> Iterator[str]:
        """Yield what official readers make of the metric that is shown: `official mmlu_pro.v1 0.2644`."""
        for name, main in self.metrics.items():
            metric, _, reader = name.partition("@")
            if reader and metric == self.metric:
                yield translated(
                    "official {reader} {value}", reader=reader, value=number(main.value, main.unit)
                )

    @property
    def preference(self) -> tuple[bool, str, str, str]:
        """Return the key that puts the run which wins its row last: complete, then the latest."""
        return self.status == COMPLETE, self.document.started, self.id, str(self.directory)

    def by(self, metric: str) -> Run:
        """Return the run as shown by `metric`, if it has that metric."""
        return replace(self, shown=metric) if metric in self.metrics else self

    def definition(self) -> Task:
        """Return the task that the run kept.

        Raises:
            BadInput: its `task.yaml` is not there, or is not a task here.
        """
        return tasks.parse(documents.read(self.directory / run_file.TASK), self.task)

    def may_copy(self) -> bool:
        """Return whether texts of its examples may leave the run directory; its task may forbid it."""
        try:
            return self.definition().file.source.copies
        except HarnessError:
            return True

    def samples(self) -> Iterator[Record]:
        """Yield the records of `samples.jsonl`, the last of each (id, repeat), in data order.

        Raises:
            BadInput: the journal is not there.
        """
        path = self.directory / run_file.SAMPLES
        if not path.is_file():
            raise BadInput(f"{self.directory} has no {run_file.SAMPLES}")
        return (line.record for line in records.last_lines(path))

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row an example: what was asked, said and right, seconds, scores.

        `error` is the kind of a failure. A metric whose statistics of an example are more than one number
        (macro-F1, BLEU) has no column.

        Raises:
            Unavailable: pandas is not installed.
            BadInput: the journal is not there.
        """
        from harness.reports import frames

        return frames.pandas().DataFrame([frames.flat(record) for record in self.samples()])

    def __repr__(self) -> str:
        shown = f"{self.metric} {figure(self.main, self.marks)}" if self.metric else "no answers"
        return plain(f"Run({self.task} · {self.system}: {shown}, {self.status})")

    def _repr_html_(self) -> str:
        rows = [[name, figure(main), f"{main.n:,}", main.unit] for name, main in self.metrics.items()]
        title = f"{self.system} on {self.task}: {', '.join(self.marks) or self.status}"
        table = TableBlock(["metric", "value [95 %]", "n", "unit"], rows, names=0)
        return html.fragment([Note(title), table])


_SNAPSHOT = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8}|\d{6}|\d{4}|\d{3}|latest)")


def _is_snapshot(served: str, asked: str) -> bool:
    """Return whether a server's name for its model is the asked one, or a dated snapshot of it."""
    longer, shorter = sorted((served.rpartition("/")[2], asked.rpartition("/")[2]), key=len, reverse=True)
    return longer.startswith(shorter) and _SNAPSHOT.fullmatch(longer[len(shorter) :] or "-000") is not None


def load(places: Sequence[Path], warn: Warn) -> list[Run]:
    """Return the runs in `places`, each once, in a stable order.

    A torn run in a folder of runs is left out with a warning, so that it does not hide the others.

    Raises:
        BadInput: a place is not there, or is itself a torn run.
    """
    found: dict[Path, Run] = {}
    for place in places:
        for directory in run_file.runs([place]):
            try:
                found.setdefault(directory.resolve(), Run(directory, run_file.read_run(directory)))
            except BadInput as error:
                if directory == place:
                    raise
                warn(f"left out: {error}")
    return called(list(found.values()))


def called(runs: Sequence[Run]) -> list[Run]:
    """Return the runs, each with what its system is called among all of them."""
    known = [(run.label, run.document.backend.name, run.document.given) for run in runs]
    return [replace(run, called=name) for run, name in zip(runs, names.names(known), strict=True)]
