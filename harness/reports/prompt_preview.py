"""A task's prompts as a backend would be given them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.backends import backend as backends
from harness.backends.backend import Backend
from harness.config.fields import decoding
from harness.datasets.task_data import supply
from harness.errors import BadInput
from harness.evaluation.grid import Grid
from harness.evaluation.plan import Plan
from harness.evaluation.token_counter import counter_of_prompts
from harness.options.running import RunOptions
from harness.reports.worked_bleu import worked
from harness.schema import IMAGE, Example, Request
from harness.tasks.task import Task
from harness.tasks.validation import WITHOUT_PROMPT
from harness.terminal import printable, printable_lines, say
from harness.text.width import cut

FIELD = 400  # cells of a field that is shown without a prompt around it


def chosen(task: Task, options: RunOptions) -> Task:
    """Return the task as the options would have it asked.

    Raises:
        BadInput: one of them has several values.
    """
    grid = Grid.of(options)
    if len(grid.settings) > 1:
        raise BadInput("-m: show takes one value of each setting")
    if not grid.single:
        raise BadInput("show takes one backend, one template, one --ask and one --shots")
    return task.choose(template=grid.templates[0], ask=grid.asks[0], shots=grid.shots[0])


def preview(task: Task, options: RunOptions, n: int) -> Iterator[str]:
    """Yield the first `n` prompts as a backend would be given them, with their token counts.

    Raises:
        BadInput: the data is wrong.
    """
    grid = Grid.of(options)
    named = bool(grid.backends)
    system = backends.load(grid.backends[0] if named else "dummy").choose(grid.settings[0])
    options = replace(options, limit=n)
    material = supply(task, options.where, say, limit=n, train=task.shots > 0)
    plan = Plan(task, system, decoding(), material, options)
    with counter_of_prompts(plan if named else None) as counter:
        prompts = plan.prompts(counter)
        for number, example in enumerate(itertools.islice(material.evaluated(), n), 1):
            request = prompts.request(example)
            text = _asked(task, request, system)
            about = f"example {printable(example.id)}, target {example.target!r}"
            yield f"\n# {number}: {about}, {_size(text, counter)}"
            if task.shots:
                yield printable(f"# shots: {', '.join(prompts.shot_ids(example))}")
            yield printable_lines(text)
            for option, captions in zip(request.options, request.captions, strict=True):
                shown = captions if task.template.captions else (request.parts.delimiter + option.text,)
                yield f"#   {option.label}: {', '.join(map(repr, shown))}"
        yield from _worked_bleu(task, example)


def _asked(task: Task, request: Request, system: Backend) -> str:
    """Return what a backend reads: the prompt; the bare fields where there is none, or a picture too."""
    fields = request.example.fields
    silent = not task.template.query and task.file.messages is None
    if task.ask in WITHOUT_PROMPT or silent:
        return "\n".join(f"{name}: {cut(str(value), FIELD)}" for name, value in fields.items())
    text = _as_text(request.messages(system.file.shots_as)) if system.file.chat else request.prompt
    return f"{IMAGE}: {cut(str(fields[IMAGE]), FIELD)}\n{text}" if IMAGE in fields else text


def _worked_bleu(task: Task, example: Example) -> Iterator[str]:
    """Yield how BLEU counts, on a reference whose first word is said in place of its second."""
    settings = next((named.settings for named in task.file.metrics if named.name == "bleu"), None)
    target = example.target
    references = [target] if isinstance(target, str) else [str(one) for one in target or ()]
    words = references[0].split() if references else []
    if settings is None or len(words) < 2:
        return
    said = " ".join([words[0], words[0], *words[2:]])
    yield "\n# bleu, worked out for a reply that says the first word twice"
    yield printable_lines(worked(said, references, **settings))


def _as_text(messages: list[dict[str, str]]) -> str:
    return "\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)


def _size(text: str, counter: Callable[[str], int] | None) -> str:
    return f"{counter(text):,} tokens" if counter else f"{len(text):,} characters"
