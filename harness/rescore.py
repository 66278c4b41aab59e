"""Metrics again from stored responses: a new metric or a mended extraction costs no inference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from harness import answers, definitions, records, tasks
from harness.conductor import score
from harness.errors import BadInput, Place
from harness.fingerprint import digest
from harness.records import Lock, Record
from harness.schema import Failure, Metric, Option, Response
from harness.tally import tally
from harness.tasks import Task


def rescore(directory: Path, judge: str | None = None) -> dict[str, Any]:
    """Return the new `run.json` of a run, its answers extracted and scored again.

    The metrics and the extraction are those of the run's own `task.yaml`, or of the task that `judge`
    names, which is then kept in its place.

    Raises:
        BadInput: no run, another process is writing it, or a task that asks something else.
    """
    run = records.read_run(directory)
    lock = Lock(directory)
    try:
        own = tasks.parse(definitions.read(directory / records.TASK), run["task"]["name"])
        task = own if judge is None else _with_judgement(own, tasks.load(judge), directory)
        metrics = task.metrics
        samples = directory / records.SAMPLES
        if not samples.exists():
            raise BadInput("the run has no samples.jsonl to score", place=Place(directory))
        lines = b"".join(
            orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in _rejudged(samples, task, metrics)
        )
        records.write_atomically(samples, lines)
        if task is not own:
            records.write_atomically(directory / records.TASK, tasks.dump(task.resolved()).encode())
        found = tally(samples, metrics, task.labels)
        found.save(directory / records.STATISTICS)
        run |= {**found.summary(seed=run["seed"]), "rescored": records.now()}
        run["task"] |= {"sha256": digest(task.resolved()), "version": task.file.version}
        records.write_run(directory, run)
        return run
    finally:
        lock.release()


def _with_judgement(own: Task, other: Task, directory: Path) -> Task:
    """Return `own` with the metrics, extraction and reference rows of `other`."""
    if own.file.options != other.file.options:
        raise BadInput(f"{other.name} has other options than this run", place=Place(directory))
    update = {key: getattr(other.file, key) for key in ("metrics", "extract", "reference")}
    return replace(own, file=own.file.model_copy(update=update))


def _rejudged(samples: Path, task: Task, metrics: list[Metric]) -> Iterator[Record]:
    read = answers.reader(task)
    for line in records.read_records(samples):
        record = line.record
        if not records.is_failed(record):
            said = record["response"]
            response = Response(
                records.key_of(record),
                text=said["text"],
                option_scores=said["option_scores"],
                finish=said["finish"],
                error=Failure(**said["error"]) if said["error"] else None,
            )
            record["prediction"] = read(response, _options(task, record))
            record["scores"] = score(metrics, response, record["prediction"], _target(record["target"]))
        yield record


def _options(task: Task, record: Record) -> tuple[Option, ...]:
    """Return the options as they were asked, each with its label."""
    texts = record["request"].get("options", [])
    labels = task.labels or [str(index) for index in range(len(texts))]
    return tuple(map(Option, labels, texts))


def _target(target: Any) -> Any:
    return tuple(target) if isinstance(target, list) else target
