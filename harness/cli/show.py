"""`harness show`: a task or backend as resolved, prompts as rendered, a run as it stands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import backends, definitions, records, tasks
from harness import plan as planning
from harness.documents import dump
from harness.engines import adapter_errors, closed, made
from harness.errors import BadInput, did_you_mean
from harness.forms import decoding
from harness.plan import Options, Plan
from harness.progress import say
from harness.schema import CountsTokens
from harness.tasks import Task


@dataclass(frozen=True)
class Rendering:
    """How a task's prompts are to be shown: how many, from which data, for which backend."""

    n: int
    options: Options
    backend: str | None
    settings: Sequence[Mapping[str, Any]]
    template: str | None
    ask: str | None
    shots: int | None

    @property
    def asked(self) -> bool:
        """Return whether the user said anything about prompts."""
        given = (self.n, self.backend, *self.settings, self.template, self.ask, self.shots is not None)
        return any(given)


def show_command(name: str, rendering: Rendering) -> int:
    """Print what `name` is: a run directory, else a task, else a backend."""
    kind = _kind(name)
    if kind != "task" and rendering.asked:
        raise BadInput(f"{name} is a {kind}; -n, -b, -m, --template, --ask and --shots are about a task")
    if kind == "run":
        print(dump(records.read_run(Path(name))), end="")
    elif kind == "backend":
        print(dump(backends.load(name).resolved()), end="")
    else:
        task = tasks.load(name).choose(template=rendering.template, ask=rendering.ask, shots=rendering.shots)
        print(dump(task.resolved()), end="")
        if rendering.n or rendering.backend:
            _prompts(task, rendering)
    return 0


def _kind(name: str) -> str:
    """Return what `name` names: `run`, `task` or `backend`.

    Raises:
        BadInput: nothing; the nearest name is told.
    """
    path = Path(name)
    if (path / records.RUN).is_file():
        return "run"
    known_tasks, known_backends = tasks.catalogue(), backends.catalogue()
    if name in known_tasks:
        if name in known_backends:
            say(f"{name} is a backend too: harness show {known_backends[name][0]}")
        return "task"
    if name in known_backends:
        return "backend"
    if name.endswith((".yaml", ".yml")):
        return "backend" if _is_backend(definitions.headline(path), known_backends) else "task"
    if path.is_dir():
        inside = records.runs([path])
        if inside:
            raise BadInput(f"{name} holds {len(inside)} runs; name one, such as {inside[-1]}")
    hint = did_you_mean(name, [*known_tasks, *known_backends])
    raise BadInput(f"{name!r} is no task, backend or run directory.{hint}")


def _is_backend(head: dict[str, Any], known: dict[str, list[Path]]) -> bool:
    return "adapter" in head or ("ask" not in head and str(head.get("extends")) in known)


def _prompts(task: Task, rendering: Rendering) -> None:
    """Print the first prompts as a backend would be given them, with their token counts."""
    n = rendering.n or 1
    if len(rendering.settings) > 1:
        raise BadInput("-m: show takes one value of each setting")
    system = backends.load(rendering.backend or "dummy").choose(rendering.settings[0])
    options = replace(rendering.options, limit=n)
    material = planning.supply(task, options, say, train=task.shots > 0)
    plan = Plan(task, system, decoding(), material, options)
    with _token_counter(plan if rendering.backend else None) as counter:
        prompts = plan.prompts(counter)
        for number, example in enumerate(itertools.islice(material.evaluated(), n), 1):
            request = prompts.request(example)
            text = _as_text(request.messages(system.file.shots_as)) if system.file.chat else request.prompt
            print(f"\n# {number}: example {example.id}, target {example.target!r}, {_size(text, counter)}")
            if task.shots:
                print(f"# shots: {', '.join(prompts.shot_ids(example))}")
            print(text)
            for option in request.options:
                print(f"#   {option.label}: {request.parts.delimiter + option.text!r}")


@contextmanager
def _token_counter(plan: Plan | None) -> Iterator[Callable[[str], int] | None]:
    """Yield what counts the tokens of the plan's backend, None where nothing can."""
    if plan is None:
        yield None
        return
    plan.backend.require(plan.task.ask, plan.decoding, trust_remote_code=plan.options.trust_remote_code)
    backend = plan.backend.name
    adapter = made(plan.backend, plan.profile)

    def count(text: str) -> int:
        assert isinstance(adapter, CountsTokens)
        with adapter_errors(backend):
            return adapter.count_tokens(text)

    try:
        yield count if isinstance(adapter, CountsTokens) else None
    finally:
        closed(backend, adapter)


def _as_text(messages: list[dict[str, str]]) -> str:
    return "\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)


def _size(text: str, counter: Callable[[str], int] | None) -> str:
    return f"{counter(text):,} tokens" if counter else f"{len(text):,} characters"
