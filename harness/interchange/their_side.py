"""A foreign run as the end of a walk: how it was asked in our terms, and its prompts as they were sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.config import fields as forms
from harness.errors import BadInput
from harness.evaluation.explain.aspects import Side
from harness.evaluation.explain.ends import answered
from harness.evaluation.explain.walk import End
from harness.interchange import lm_eval
from harness.interchange.lm_eval_tasks import query_over
from harness.prompts.logged import Log, Sent
from harness.records import run_file
from harness.records.journal import Key
from harness.records.run_schema import RunDocument
from harness.records.sample_schema import Record
from harness.tasks.schema import Templates
from harness.tasks.task import Task

Tell = Callable[[str], None]


def of_foreign(directory: Path, ours: Side, tell: Tell) -> End:
    """Return the end that an imported run is, asked of our system.

    What the log says of templates, shots, decoding and precision is walked setting by setting; then its
    prompts are sent as they stand in it, byte for byte. What remains is the engine's, or the model's.

    Raises:
        BadInput: it was not imported as this task, so that nothing pairs.
    """
    run = run_file.read_run(directory)
    if run.task.name != ours.plan.task.name:
        raise BadInput(
            f"{directory} is of {run.task.name} and not of {ours.plan.task.name}; "
            f"`harness import … --task {ours.plan.task.name}` pairs it with the same examples"
        )
    kept = answered(directory)
    told = dict(run.foreign.settings) if run.foreign else {}
    model = run.backend.model or "?"
    tell(f"{run.label}: its model {model} is taken for ours, {ours.plan.backend.file.model or 'the same'}")
    task = _task(ours.plan.task, run, told, tell)
    backend = ours.plan.backend
    settings = dict(backend.settings)
    dtype = told.get("backend.settings.dtype")
    if isinstance(dtype, str) and "dtype" in {**backend.entry.settings, **backend.entry.knobs}:
        settings["dtype"] = dtype.removeprefix("torch.")
    log = _log(kept)
    chat = backend.file.chat and log is None  # a logged prompt has the chat template in it already
    plan = replace(
        ours.plan,
        task=task,
        backend=replace(backend, settings=settings, file=backend.file.model_copy(update={"chat": chat})),
        decoding=forms.decoding(ours.plan.decoding.asked(), run.decoding.asked),
        logged=log,
    )
    sha256 = run.data.sha256[run.task.split]
    return End(run.label, Side(plan, ours.metric, sha256, run.data.sample), kept)


def _task(task: Task, run: RunDocument, told: Mapping[str, Any], tell: Tell) -> Task:
    """Return our task with what the log says of its prompt."""
    template = task.template.model_dump()
    query = told.get("task.prompt.query")
    if run.foreign and run.foreign.harness == lm_eval.NAME and isinstance(query, str):
        asked = query_over(query, run.foreign.columns)
        if asked is None:
            tell("their template is none that can be rendered here; it is in the logged prompts")
        template["query"] = asked or template["query"]
    for key in ("delimiter", "shot_end", "system"):
        if isinstance(value := told.get(f"task.prompt.{key}"), str):
            template[key] = value
    if isinstance(said := told.get("task.prompt.instruction"), str):  # their description, before all else
        template["system"] = said.removesuffix("\n\n")
    file = task.file.model_copy(update={"templates": Templates.model_validate({"theirs": template})})
    shots = run.task.shots.k if run.task.shots else task.shots
    if shots and task.file.shots.from_ not in task.file.data.splits:
        tell(f"their {shots} shots are of no split of the data here; they are in the logged prompts")
        shots = task.shots
    return replace(task, file=file, template_name="theirs", shots=shots)


def _log(kept: Mapping[Key, Record]) -> Log | None:
    """Return the prompts as they were sent, None where the log has not all of them as texts."""
    sent = {}
    for (name, _), record in kept.items():
        asked = record.request or {}
        prompt = asked.get("prompt")
        if not isinstance(prompt, str):
            return None
        sent[name] = Sent(prompt, tuple(asked.get("continuations") or ()))
    return Log(sent) if sent else None
