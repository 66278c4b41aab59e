"""A run of another harness as a run directory: it stands on boards, in comparisons, and says whose it is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.config import documents
from harness.config.documents import Document
from harness.datasets.sources import Where
from harness.datasets.task_data import Material, supply
from harness.errors import BadInput, Place
from harness.extraction import predictions
from harness.interchange.foreign import ForeignRun, ForeignSample
from harness.interchange.matching import matched, right_options, same_columns
from harness.records import atomic, run_file
from harness.records.fingerprint import digest, task_hash
from harness.records.journal import Journal
from harness.records.lock import Lock
from harness.records.run_schema import COMPLETE, PARTIAL, SCHEMA_VERSION, RunDocument
from harness.schema import Example, Option, Response
from harness.scoring.example_scores import score
from harness.scoring.summary import tally
from harness.tasks import task as tasks
from harness.tasks.task import Task
from harness.text.width import plain

SEED = 1234
SAME = 1e-6  # up to which the mean of their samples' scores is their figure
LONGEST = 80  # signs of a name that a stranger gave


def import_run(
    run: ForeignRun,
    runs_dir: Path,
    *,
    task: Task | None = None,
    where: Where = Where(),
    name: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write a foreign run below `runs_dir` and return its directory, which the same run has again.

    With a `task` of ours, its samples are matched with our examples, their replies are read and scored by our
    metrics, and the run stands in our column. Without one, their scores are what it has, in a column of
    theirs. Their own figures are kept in both cases.

    Raises:
        BadInput: it has neither samples nor figures; or a sample is no example of the task.
        Stopped: the disk is full.
    """
    if not run.samples:
        raise BadInput(
            f"{named(run.task)}: figures without samples ({_figures_in_words(run)}): nothing can be paired; "
            "lm_eval writes them with --log_samples; published figures are rows under `reference:`",
            place=Place(run.path),
        )
    ours = None if task is None else _Ours.of(run, task, where, tell)
    judged = _foreign_task(run) if ours is None else ours.task
    document = _document(run, judged, ours, name)
    home = runs_dir / _safe(judged.name) / _safe(document["backend"]["name"])
    directory = _directory(home, document["fingerprint"])
    document["id"] = directory.name
    written = RunDocument.model_validate(document)
    with Lock(directory):
        (directory / run_file.SAMPLES).unlink(missing_ok=True)
        journal = Journal(directory / run_file.SAMPLES)
        try:
            for record in _records(run, judged, ours):
                journal.append(record)
        finally:
            journal.close()
        atomic.write_atomically(directory / run_file.TASK, documents.dump(judged.resolved()).encode())
        found = tally(directory / run_file.SAMPLES, judged.metrics, judged.classes)
        found.save(directory / run_file.STATISTICS)
        found.summarize(written, seed=SEED)
        written.status = PARTIAL if written.counts.failed else COMPLETE
        run_file.write_run(directory, written)
    return directory


class _Ours:
    """A task of ours that a foreign run is of, with the data and what each sample is there."""

    def __init__(self, task: Task, material: Material, pairs: list[tuple[ForeignSample, Example]]) -> None:
        self.task, self.material, self.pairs = task, material, pairs

    @classmethod
    def of(cls, run: ForeignRun, task: Task, where: Where, tell: Callable[[str], None]) -> _Ours:
        material = supply(task, where, tell, train=False)
        pairs = matched(run, material.evaluated(), task)
        if other := right_options(pairs, task):
            tell(f"{task.name}: {other:,} of {len(pairs):,} samples have another right answer than here")
        return cls(task, material, pairs)


def _records(run: ForeignRun, task: Task, ours: _Ours | None) -> Iterator[dict[str, Any]]:
    if ours is None:
        names = [metric.name for metric in task.metrics]
        yield from (_own_record(run, sample, names) for sample in run.samples)
        return
    read, metrics = predictions.reader(task), task.metrics
    from harness.prompts.renderer import Prompts

    prompts = Prompts(task)
    for sample, example in ours.pairs:
        options = prompts.options(example)
        record = _record(run, sample, example.id, example.target, [option.text for option in options])
        response = _response(sample, example.id, options)
        record["response"]["option_scores"] = response.option_scores
        if response.option_scores is not None:
            record["request"]["continuations"] = _continuations(sample, options)
        if response.label is not None:
            record["response"]["label"] = response.label
        if sample.error is None:
            prediction = read(response, options, str(example.fields.get("context", "")))
            record["prediction"] = prediction
            record["scores"] = score(metrics, response, prediction, example.target, options=len(options))
            if groups := task.groups(example):
                record["groups"] = groups
        if example.cluster is not None:
            record["cluster"] = example.cluster
        yield record


def _own_record(run: ForeignRun, sample: ForeignSample, names: list[str]) -> dict[str, Any]:
    """Return a record whose scores are theirs."""
    record = _record(run, sample, sample.id, sample.target, list(sample.options))
    if sample.error is None:
        prefix = f"{run.harness}/"
        given = (sample.scores.get(name.removeprefix(prefix)) for name in names)
        record["scores"] = {name: [value] for name, value in zip(names, given, strict=True)}
        record["prediction"] = _said(sample)
    return record


def _said(sample: ForeignSample) -> str | None:
    """Return what a sample decided for: an option's text, else the reply."""
    if sample.option_scores and sample.options:
        best = max(range(len(sample.option_scores)), key=sample.option_scores.__getitem__)
        return sample.options[best]
    return sample.options[sample.chosen] if sample.chosen is not None else sample.text


def _record(
    run: ForeignRun, sample: ForeignSample, id_: str, target: Any, options: list[str]
) -> dict[str, Any]:
    asked: dict[str, Any] = (
        {"messages": sample.prompt} if isinstance(sample.prompt, list) else {"prompt": sample.prompt}
    )
    failed = sample.error is not None
    return {
        "id": id_,
        "repeat": sample.repeat,
        "request": {**asked, **({"options": options} if options else {})},
        "response": {
            "text": sample.text,
            "option_scores": list(sample.option_scores) if sample.option_scores is not None else None,
            "finish": "stop",
            "usage": dict(sample.usage) if sample.usage else None,
            "timing_s": {"e2e": sample.seconds} if sample.seconds is not None else None,
            "attempts": 1,
            "cached": False,
            "truncated": False,
            "error": {"kind": "foreign", "message": str(sample.error)[:500]} if failed else None,
        },
        "prediction": None,
        "target": target,
        "scores": None,
        "foreign": dict(sample.scores),
    }


def _order(sample: ForeignSample, options: tuple[Option, ...]) -> list[int]:
    """Return where each of our options stands among theirs: known by their texts, else by place."""
    texts = [option.words.strip() for option in options]
    theirs = [text.strip() for text in sample.options]
    if sorted(texts) == sorted(theirs):
        return [theirs.index(text) for text in texts]
    return list(range(len(options)))


def _continuations(sample: ForeignSample, options: tuple[Option, ...]) -> list[str]:
    """Return what they scored after the prompt, byte for byte, in the order of our options."""
    return [sample.options[place] for place in _order(sample, options)]


def _response(sample: ForeignSample, id_: str, options: tuple[Option, ...]) -> Response:
    """Return what was answered, in the order of our options."""
    theirs = sample.options
    order = _order(sample, options)
    scores = sample.option_scores
    fits = scores is not None and len(scores) == len(options)
    label = None
    if sample.chosen is not None and len(theirs) == len(options):
        label = options[order.index(sample.chosen)].label
    return Response(
        (id_, sample.repeat),
        text=sample.text,
        option_scores=[scores[place] for place in order] if fits and scores is not None else None,
        label=label,
        finish="stop",
    )


def _foreign_task(run: ForeignRun) -> Task:
    """Return a task of theirs as far as records need one: what each sample scored, by name."""
    metrics = [_metric(run, score) for score in _summable(run)]
    if not metrics:
        raise BadInput(
            f"{named(run.task)}: no score of its samples is a number; name a task of ours: --task",
            place=Place(run.path),
        )
    values = {
        "version": run.task_version,
        "description": f"{named(run.task)}, as {run.harness} asked it",
        "tags": ["imported"],
        "data": {"format": "jsonl", "files": {named(run.split): "imported"}},
        "split": named(run.split),
        "fields": {"input": "input", "target": "target"},
        "ask": "generate",
        "templates": {"theirs": {"query": "{{ input }}"}},
        "metrics": metrics,
    }
    document = Document(run.path, values, {})
    return tasks.parse(document, named(run.task))


def _metric(run: ForeignRun, score: str) -> str | dict[str, Any]:
    figure = run.figures.get(score)
    name = f"imported:{run.harness}/{score}"
    return name if figure is None or figure.higher_is_better else {name: {"lower": True}}


def _summable(run: ForeignRun) -> list[str]:
    """Return their scores that every sample has and whose mean is their figure: what is resampled here."""
    answered = [sample for sample in run.samples if sample.error is None]
    common = [
        name for name in (answered[0].scores if answered else {}) if all(name in s.scores for s in answered)
    ]
    # What follows an @ is a reader's name here: theirs with one (exact_match@5) are quoted only.
    return [name for name in common if "@" not in name and _is_mean(run, name, answered)]


def _is_mean(run: ForeignRun, name: str, answered: list[ForeignSample]) -> bool:
    figure = run.figures.get(name)
    mean = math.fsum(sample.scores[name] for sample in answered) / len(answered)
    return figure is None or abs(figure.value - mean) <= SAME * max(1.0, abs(mean))


def _document(run: ForeignRun, task: Task, ours: _Ours | None, name: str | None) -> dict[str, Any]:
    """Return what `run.json` says before the figures."""
    mark = digest({"harness": run.harness, "task": task.name, "model": run.model, "samples": _content(run)})
    model = named(run.model)
    system = name or f"{model.rpartition('/')[2] or model} ({run.harness})"
    data = {
        "source": run.harness,
        "sample": bool(ours and ours.material.source.sample),
        "sha256": dict(ours.material.sha256) if ours else {task.split: _questions(run)},
        "rows": len(run.samples),
    }
    moment = _moment(run.started)
    scored = any(sample.option_scores for sample in run.samples)
    return {
        "schema_version": SCHEMA_VERSION,
        "id": "",
        "label": system,
        "given": {},
        **({"name": name} if name else {}),
        "status": COMPLETE,
        "fingerprint": mark,
        "command": "harness import",
        "task": {
            "name": task.name,
            "version": task.file.version,
            "sha256": task_hash(task),
            "ask": task.ask,
            "template": None,
            "shots": None if run.shots is None else {"k": run.shots},
            "split": task.split,
            "n": len({sample.id for sample in run.samples}),
            "limit": _limit(run, ours),
            "repeat": 1 + max(sample.repeat for sample in run.samples),
            "tags": task.file.tags,
        },
        "backend": {
            **{"name": _safe(system), "adapter": f"imported from {run.harness}", "model": model},
            **{"kind": None, "settings": {}},
        },
        "decoding": {"asked": dict(run.decoding), "sent": {}},
        "choose_by": "logprobs" if scored else None,
        "data": data,
        "seed": SEED,
        "started": moment,
        "finished": moment,
        "sessions": [],
        "foreign": {
            "harness": run.harness,
            "version": run.version,
            "task": run.task,
            "task_version": run.task_version,
            "file": run.path.name,
            "figures": {
                score: {"value": one.value, "stderr": one.stderr, "n": one.n}
                for score, one in run.figures.items()
            },
            "settings": dict(run.settings),
            **({"columns": same_columns(ours.pairs)} if ours else {}),
            "notes": list(run.notes),
        },
    }


def _limit(run: ForeignRun, ours: _Ours | None) -> int | None:
    """Return how many examples were asked, where those are not all that the data here has."""
    if ours is None:
        return None
    asked, whole = len({example.id for _, example in ours.pairs}), len(ours.material.selection.order)
    return None if asked == whole else asked


def _content(run: ForeignRun) -> list[Any]:
    return [[s.id, s.repeat, s.text, list(s.option_scores or ()), dict(s.scores)] for s in run.samples]


def _questions(run: ForeignRun) -> str:
    """Return a hash of what was asked and what is right: two runs of the same examples have the same."""
    return digest(sorted([s.id, s.target or "", list(map(str, s.texts))] for s in run.samples))


def _moment(told: str | None) -> str:
    from datetime import datetime

    try:
        return datetime.fromisoformat(told or "").isoformat(timespec="seconds")
    except ValueError:
        return "1970-01-01T00:00:00+00:00"  # nobody said when


def named(name: str) -> str:
    """Return a name that a stranger gave, as a terminal may show it."""
    return plain(name)[:LONGEST] or "unknown"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.()-]+", "_", name).strip("._") or "unknown"


def _directory(home: Path, mark: str) -> Path:
    """Return the directory of this run if it was imported before, else a new one."""
    for directory in sorted(home.glob(f"*-{mark[:8]}")):
        if not directory.is_symlink():
            return directory
    directory = home / run_file.directory_name(mark)
    with atomic.disk_errors(home):
        directory.mkdir(parents=True, mode=0o700)
    return directory


def _figures_in_words(run: ForeignRun) -> str:
    return ", ".join(f"{named(name)} {one.value:.4g}" for name, one in run.figures.items()) or "none"
