"""Run directories whose answers are known, made without asking anybody.

    fake_run(tmp_path, "tfidf", "1101-x")      right, right, wrong, right, unanswered, failed

Figures and statistics come from the harness's own tally; the rest of `run.json` is as a run writes it.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from harness.config.documents import dump
from harness.config.loader import Document
from harness.records import run_file
from harness.records.validation import parse_record, parse_run
from harness.schema import Metric
from harness.scoring.summary import Tally
from harness.tasks import task as tasks

TASK: dict[str, Any] = {
    "version": 1,
    "description": "a task for a leaderboard",
    "tags": ["korean"],
    "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
    "fields": {"id": "id", "input": "text", "target": "label"},
    "options": {"0": "부정", "1": "긍정"},
    "ask": "choose",
    "templates": {"plain": {"query": "{{ input }}"}},
    "metrics": ["accuracy", "macro_f1", "unanswered"],
}
_numbers = itertools.count()


def fake_run(
    folder: Path,
    system: str = "tfidf",
    answers: str = "1100",
    *,
    task: str = "reviews",
    ids: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    changes: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    journal: Callable[[int], Mapping[str, Any]] | None = None,
) -> Path:
    """Write a run and return its directory.

    Each of `answers` is one example: `1` right, `0` wrong, `-` unanswered, `x` failed. `changes` are
    to the task, `run` to `run.json`: a mapping there is joined key by key. With `journal` the run has one:
    its records hold what that returns for a row, joined in the same way.
    """
    definition = {**TASK, **(changes or {})}
    parsed = tasks.parse(Document(Path(f"{task}.yaml"), definition), task)
    metrics = parsed.metrics
    tally = Tally(metrics, parsed.labels)
    lines = []
    for row, record in enumerate(_records(answers, ids, clusters, metrics)):
        kept = _joined(record, journal(row)) if journal else record
        lines.append(orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE))
        tally.add(parse_record(lines[-1]))
    number = next(_numbers)
    directory = folder / task / f"run{number}"
    directory.mkdir(parents=True)
    document = parse_run(_run(system, task, definition, len(answers), number))
    tally.summarize(document, seed=1)
    values = orjson.dumps(_joined(document.to_dict(), run or {}), option=orjson.OPT_INDENT_2)
    (directory / run_file.RUN).write_bytes(values)
    tally.save(directory / run_file.STATISTICS)
    if journal:
        (directory / run_file.SAMPLES).write_bytes(b"".join(lines))
    (directory / run_file.TASK).write_text(dump(definition), encoding="utf-8")
    return directory


def _records(
    answers: str, ids: Sequence[str] | None, clusters: Sequence[str] | None, metrics: Sequence[Metric]
) -> Iterator[dict[str, Any]]:
    for row, answer in enumerate(answers):
        target = str(row % 2)
        prediction = {"1": target, "0": str(1 - row % 2)}.get(answer)
        error = {"kind": "timeout", "message": "no answer"} if answer == "x" else None
        response = {"error": error, "cached": False, "finish": "stop", "usage": None, "timing_s": None}
        seen = {"prediction": prediction, "scores": None, "text": None}
        record = {
            "id": ids[row] if ids else f"e{row}",
            "repeat": 0,
            "response": response,
            "prediction": prediction,
            "target": target,
            # as the conductor writes it: what failed was never judged
            "scores": None if error else {m.name: m.statistics(seen[m.reads], target) for m in metrics},
        }
        yield record | ({"cluster": clusters[row]} if clusters else {})


def _run(system: str, task: str, definition: Mapping[str, Any], n: int, number: int) -> dict[str, Any]:
    return {
        "schema_version": run_file.SCHEMA_VERSION,
        "id": f"run{number}",
        "label": system,
        "status": "complete",
        "started": f"2026-01-01T00:00:{number % 60:02}+00:00",
        "seed": 1234,
        "task": {
            "name": task,
            "version": definition["version"],
            "split": definition.get("split", "test"),
            "n": n,
            "limit": None,
            "tags": definition["tags"],
        },
        "backend": {"name": system, "adapter": "tfidf", "kind": "classical"},
        "data": {"sample": False, "sha256": {"test": hashlib.sha256(task.encode()).hexdigest()}},
        "sessions": [{"seconds": 2.0, "requests": n, "answered": n}],
        "throughput": {"examples_per_s": n / 2},
        "cost": None,
        "fit": None,
    }


def _joined(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(old)
    for key, value in new.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = {**found[key], **value} if both else value
    return found
