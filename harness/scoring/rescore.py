"""Metrics again from stored responses: a new metric or a mended extraction costs no inference."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from harness.config import documents
from harness.datasets.sources import Where
from harness.errors import BadInput, Place, Stopped
from harness.execution.permission import Permission
from harness.execution.verdicts import Verdicts
from harness.extraction import official
from harness.extraction import predictions as answers
from harness.records import atomic, run_file
from harness.records import journal as records
from harness.records.fingerprint import task_hash
from harness.records.lock import Lock
from harness.records.run_schema import PARTIAL, RunDocument
from harness.records.sample_schema import Record, RecordedEpisode
from harness.schema import Episode, Metric, Option, Response, passage_of
from harness.scoring.example_scores import frozen, score
from harness.scoring.summary import tally
from harness.tasks import task as tasks
from harness.tasks.task import Task
from harness.terminal import Few, say


def rescore(
    directory: Path,
    judge: str | None = None,
    slo: Mapping[str, float] | None = None,
    permission: Permission = Permission(),
) -> RunDocument:
    """Return the new `run.json` of a run, its answers extracted and scored again.

    The metrics and the extraction are those of the run's own `task.yaml`, or of the task that `judge`
    names, which is then kept in its place. The times are judged by `slo`, else by the bounds of the run. A
    program whose verdict is known is not run again; others are, with `permission`.

    Where the journal has lost answers that the figures are of, those stay as they are and the run becomes
    partial, so that the command that made it asks for what is lost.

    Raises:
        BadInput: no run, another process is writing it, or a task that asks something else.
        Stopped: the disk is full, or the journal has lost answers.
    """
    run_file.read_run(directory)  # no lock is left where there is no run
    with Lock(directory):
        run = run_file.read_run(directory)
        own = tasks.parse(documents.read(directory / run_file.TASK), run.task.name)
        task = own if judge is None else _with_judgement(own, tasks.load(judge), directory)
        if not (directory / run_file.SAMPLES).exists():
            raise BadInput("the run has no samples.jsonl to score", place=Place(directory))
        _ = task.metrics  # one that may not run is said before anything is written
        # Should this be killed, whoever goes on with the run sees that its scores are nobody's.
        known, run.task.sha256 = run.task.sha256, None
        run_file.write_run(directory, run)
        try:
            where = Where(data_dir=_data_dir(), sample=run.data.sample)
            rejudge(directory, task, run.counts.examples, permission, where)
        except LostAnswers as lost:
            run.task.sha256, run.status, run.lost = known, PARTIAL, lost.count
            run_file.write_run(directory, run)
            raise
        if task is not own:
            atomic.write_atomically(directory / run_file.TASK, documents.dump(task.resolved()).encode())
        elif known not in (None, task_hash(task)):
            say(f"note: {directory}: its {run_file.TASK} changed after its figures were made, and judges now")
        bounds = slo or (run.goodput.slo if run.goodput else None)
        found = tally(directory / run_file.SAMPLES, task.metrics, task.classes, bounds)
        found.save(directory / run_file.STATISTICS)
        found.summarize(run, seed=run.seed)
        run.rescored = atomic.now()
        if run.lost is not None:
            run.lost = None
        if found.goodput is not None:
            run.goodput = found.goodput.document(run.sessions)
        run.task.sha256, run.task.version = task_hash(task), task.file.version
        run_file.write_run(directory, run)
        return run


def _data_dir() -> Path | None:
    """Return the folder of the original files, which a query's database may be in."""
    told = os.environ.get("HARNESS_DATA")
    return Path(told) if told else None


class LostAnswers(Stopped):
    """A journal holds fewer answers than the figures of its run are of; `count` are missing."""

    def __init__(self, directory: Path, count: int, expected: int) -> None:
        super().__init__(
            f"{count:,} of {expected:,} answers are lost from {run_file.SAMPLES}; the figures stay those of "
            f"all and the run is partial now; `harness run --resume {directory}` asks for what is lost",
            place=Place(directory),
        )
        self.count = count


def rejudge(
    directory: Path,
    task: Task,
    expected: int = 0,
    permission: Permission = Permission(),
    where: Where = Where(),
) -> None:
    """Extract and score again what the journal holds, one line for each (id, repeat).

    Raises:
        BadInput: a program has to be run, and may not be.
        Unavailable: a sandbox died; the journal is as it was.
        LostAnswers: it holds fewer than `expected`; it is left as it was.
        Stopped: the disk is full.
    """
    samples = directory / run_file.SAMPLES
    with (
        Few(lambda message: say(f"warning: {message}")) as odd,
        Verdicts(task, permission, where) as verdicts,
    ):
        atomic.replace(samples, _counted(_rejudged(samples, task, odd, verdicts), directory, expected))


def judged(
    answers_: Iterable[Record], task: Task, permission: Permission = Permission()
) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """Yield each record that was answered with the scores that `task` gives its reply; nothing is written.

    Raises:
        BadInput: a reply is not one that the task can judge, or a program has to be run and may not be.
        Unavailable: a sandbox died.
    """
    read, read_officially, metrics = answers.reader(task), official.readings(task), task.metrics
    with Verdicts(task, permission, Where(data_dir=_data_dir())) as verdicts:
        for record in answers_:
            if not record.failed:
                try:
                    values = _judged(record, task, read, read_officially, metrics, verdicts)
                except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                    raise BadInput(f"{task.name} cannot judge {record.named}: {error}") from None
                yield record, values["scores"]


def _counted(lines: Iterable[bytes], directory: Path, expected: int) -> Iterator[bytes]:
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007
        yield line
    if count < expected:
        raise LostAnswers(directory, expected - count, expected)


def _with_judgement(own: Task, other: Task, directory: Path) -> Task:
    """Return `own` with the metrics, extraction and reference rows of `other`."""
    if own.file.options != other.file.options:
        raise BadInput(f"{other.name} has other options than this run", place=Place(directory))
    other.choose(ask=own.ask)  # its metrics must be able to judge what was asked
    update = {key: getattr(other.file, key) for key in ("metrics", "extract", "official", "reference")}
    return replace(own, file=own.file.model_copy(update=update))


def _rejudged(samples: Path, task: Task, tell: Callable[[str], None], verdicts: Verdicts) -> Iterator[bytes]:
    """Yield each line judged again; one that is not as the harness writes it is told of and left out."""
    read, read_officially, metrics = answers.reader(task), official.readings(task), task.metrics
    for line in records.last_lines(samples, tell, judged=False):
        record, values = line.record, orjson.loads(line.raw)  # with the keys of a later version
        for key in ("official", "execution"):
            values.pop(key, None)
        try:
            if record.failed:
                values |= {"prediction": None, "scores": None}
            else:
                values |= _judged(record, task, read, read_officially, metrics, verdicts)
            packed = orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            why = f"cannot be judged, {type(error).__name__}: {error}"
            tell(f"{samples}: {record.named}: {why}; the line is left out")
            continue
        yield packed


def _judged(
    record: Record,
    task: Task,
    read: answers.Read,
    read_officially: official.Readings,
    metrics: Sequence[Metric],
    verdicts: Verdicts,
) -> dict[str, Any]:
    """Return the keys of a line that judging makes anew."""
    response, options = _response(record), _options(task, record)
    asked, target = record.request or {}, frozen(record.target)
    context = answers.read_against(task, passage_of(asked), target)
    prediction, theirs = read(response, options, context), read_officially(response, options)
    response.execution = verdicts.of(prediction, record)
    scores = score(metrics, response, prediction, target, options=len(options), official=theirs)
    ran = {"execution": asdict(response.execution)} if response.execution else {}
    return {"prediction": prediction, "scores": scores, **({"official": theirs} if theirs else {}), **ran}


def _response(record: Record) -> Response:
    """Return what was answered, as far as judging reads it."""
    said, scores = record.response, record.response.option_scores
    return Response(
        record.key,
        text=said.text,
        option_scores=None if scores is None else [math.nan if one is None else one for one in scores],
        value=said.value,
        tokens=None if said.tokens is None else int(said.tokens),
        spans=said.spans,
        ranking=said.ranking,
        label=said.label,
        calls=said.calls,
        renamed=said.renamed,
        finish=said.finish,
        world=None if said.world is None else _episode(said.world),
    )


def _episode(seen: RecordedEpisode) -> Episode:
    counts = (seen.steps, seen.calls, seen.refused, seen.invalid)
    return Episode(seen.results, seen.state, *counts, seen.end)


def _options(task: Task, record: Record) -> tuple[Option, ...]:
    """Return the options as they were asked, each with its label."""
    asked = record.request or {}
    texts = asked.get("options", [])
    labels = task.labels or [str(index) for index in range(len(texts))]
    meanings = asked.get("choices") or [""] * len(texts)
    return tuple(map(Option, labels, texts, meanings))
