"""Metrics again from stored responses: a new metric or a mended extraction costs no inference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from harness.config import documents
from harness.errors import BadInput, Place
from harness.extraction import predictions as answers
from harness.records import journal as records
from harness.records.fingerprint import digest
from harness.records.journal import Lock, Record
from harness.schema import Option, Response
from harness.scoring.summary import frozen, score, tally
from harness.tasks import task as tasks
from harness.tasks.task import Task


def rescore(
    directory: Path, judge: str | None = None, slo: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return the new `run.json` of a run, its answers extracted and scored again.

    The metrics and the extraction are those of the run's own `task.yaml`, or of the task that `judge`
    names, which is then kept in its place. The times are judged by `slo`, else by the bounds of the run.

    Raises:
        BadInput: no run, another process is writing it, or a task that asks something else.
    """
    records.read_run(directory)  # no lock is left where there is no run
    with Lock(directory):
        run = records.read_run(directory)
        own = tasks.parse(documents.read(directory / records.TASK), run["task"]["name"])
        task = own if judge is None else _with_judgement(own, tasks.load(judge), directory)
        if not (directory / records.SAMPLES).exists():
            raise BadInput("the run has no samples.jsonl to score", place=Place(directory))
        _ = task.metrics  # one that may not run is said before anything is written
        # Should this be killed, whoever goes on with the run sees that its scores are nobody's.
        records.write_run(directory, run | {"task": run["task"] | {"sha256": None}})
        if task is not own:
            records.write_atomically(directory / records.TASK, documents.dump(task.resolved()).encode())
        rejudge(directory, task)
        bounds = slo or (run.get("goodput") or {}).get("slo")
        found = tally(directory / records.SAMPLES, task.metrics, task.classes, bounds)
        found.save(directory / records.STATISTICS)
        run |= {**found.summary(seed=run["seed"]), "rescored": records.now()}
        if found.goodput is not None:
            run["goodput"] = found.goodput.document(run.get("sessions") or [])
        run["task"] |= {"sha256": digest(task.resolved()), "version": task.file.version}
        records.write_run(directory, run)
        return run


def rejudge(directory: Path, task: Task) -> None:
    """Extract and score again what the journal holds, one line for each (id, repeat).

    Raises:
        Stopped: the disk is full.
    """
    samples = directory / records.SAMPLES
    lines = (orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in _rejudged(samples, task))
    records.replace(samples, lines)


def _with_judgement(own: Task, other: Task, directory: Path) -> Task:
    """Return `own` with the metrics, extraction and reference rows of `other`."""
    if own.file.options != other.file.options:
        raise BadInput(f"{other.name} has other options than this run", place=Place(directory))
    other.choose(ask=own.ask)  # its metrics must be able to judge what was asked
    update = {key: getattr(other.file, key) for key in ("metrics", "extract", "reference")}
    return replace(own, file=own.file.model_copy(update=update))


def _rejudged(samples: Path, task: Task) -> Iterator[Record]:
    read, metrics = answers.reader(task), task.metrics
    for line in records.last_lines(samples):
        record = line.record
        if not records.is_failed(record):
            response = _response(record)
            asked = record["request"]
            context = str(asked.get("context", asked.get("fields", {}).get("context", "")))
            record["prediction"] = read(response, _options(task, record), context)
            record["scores"] = score(metrics, response, record["prediction"], frozen(record["target"]))
        yield record


def _response(record: Record) -> Response:
    """Return what was answered, as far as judging reads it."""
    said = record["response"]
    scores = said["option_scores"]
    if scores is not None:
        scores = [math.nan if score is None else score for score in scores]
    return Response(
        records.key_of(record),
        text=said["text"],
        option_scores=scores,
        value=said.get("value"),
        tokens=said.get("tokens"),
        spans=said.get("spans"),
        label=said.get("label"),
        finish=said["finish"],
    )


def _options(task: Task, record: Record) -> tuple[Option, ...]:
    """Return the options as they were asked, each with its label."""
    asked = record["request"]
    texts = asked.get("options", [])
    labels = task.labels or [str(index) for index in range(len(texts))]
    meanings = asked.get("choices") or [""] * len(texts)
    return tuple(map(Option, labels, texts, meanings))
