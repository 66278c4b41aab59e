"""`harness show`: a task or backend as resolved, prompts as rendered, a run as it stands."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import backends, definitions, records, tasks
from harness import plan as planning
from harness.errors import BadInput, did_you_mean
from harness.forms import decoding
from harness.plan import Options, Plan
from harness.progress import say
from harness.schema import CountsTokens
from harness.tasks import Task, dump


def show_command(
    name: str,
    n: int,
    options: Options,
    *,
    backend: str | None,
    template: str | None,
    ask: str | None,
    shots: int | None,
) -> int:
    """Print what `name` is: a run directory, else a task, else a backend."""
    if (Path(name) / records.RUN).is_file():
        return _run(Path(name))
    known_tasks, known_backends = tasks.catalogue(), backends.catalogue()
    if name in known_tasks or (name not in known_backends and _is_file(name)):
        task = tasks.load(name).choose(template=template, ask=ask, shots=shots)
        print(dump(task.resolved()), end="")
        if n:
            _prompts(task, n, options, backend)
        return 0
    if name in known_backends:
        print(dump(backends.load(name).resolved()), end="")
        return 0
    hint = did_you_mean(name, [*known_tasks, *known_backends])
    raise BadInput(f"{name!r} is no task, backend or run directory.{hint}")


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) and "adapter" not in definitions.headline(Path(name))


def _prompts(task: Task, n: int, options: Options, backend: str | None) -> None:
    """Print the first N prompts as a backend would be given them, with their token counts."""
    system = backends.load(backend or "dummy")
    if not options.where.sample and options.where.data_dir is None:
        say("prompts from the task's own source; --sample or --data-dir DIR take them from there")
    material = planning.supply(task, replace(options, limit=n), say, train=task.shots > 0)
    asked = Plan(task, system, decoding(), material, options)
    counter = _token_counter(asked) if backend else None
    prompts = asked.prompts(counter)
    for number, example in enumerate(itertools.islice(material.evaluated(), n), 1):
        request = prompts.request(example)
        text = _as_text(request.messages()) if system.file.chat else request.prompt
        print(f"\n# {number}: example {example.id}, target {example.target!r}, {_size(text, counter)}")
        if task.shots:
            print(f"# shots: {', '.join(prompts.shot_ids(example))}")
        print(text)
        for option in request.options:
            print(f"#   {option.label}: {request.parts.delimiter + option.text!r}")


def _token_counter(asked: Plan) -> Any:
    from harness.conductor import make_adapter

    asked.backend.require(asked.task.ask, asked.decoding, trust_remote_code=asked.options.trust_remote_code)
    adapter = make_adapter(asked)
    return adapter.count_tokens if isinstance(adapter, CountsTokens) else None


def _size(text: str, counter: Any) -> str:
    return f"{counter(text):,} tokens" if counter else f"{len(text):,} characters"


def _as_text(messages: list[dict[str, str]]) -> str:
    return "\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)


def _run(directory: Path) -> int:
    run = records.read_run(directory)
    print(dump(run), end="")
    return 0
