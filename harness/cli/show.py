"""`harness show`: a task, group or backend as resolved, prompts as rendered, a run as it stands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.backends import backend as backends
from harness.backends.backend import Backend
from harness.config import loader as definitions
from harness.config.documents import dump, read
from harness.config.fields import decoding
from harness.datasets.task_data import supply
from harness.errors import BadInput, did_you_mean
from harness.evaluation.adapter_lifecycle import adapter_errors, closed, made
from harness.evaluation.plan import Options, Plan
from harness.records import journal as records
from harness.reports import option_matrix as similarity
from harness.reports.worked_bleu import worked
from harness.schema import IMAGE, CountsTokens, Example, Request
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.tasks.schema import Group
from harness.tasks.task import Task
from harness.tasks.validation import WITHOUT_PROMPT
from harness.terminal import printable, printable_lines, say
from harness.text.width import cut

FIELD = 400  # cells of a field that is shown without a prompt around it


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
    """Print what `name` is: a run directory, else a task or group, else a backend."""
    kind = _kind(name)
    if kind != "task" and rendering.asked:
        raise BadInput(f"{name} is a {kind}; -n, -b, -m, --template, --ask and --shots are about a task")
    if kind == "run":
        print(dump(records.read_run(Path(name))), end="")
    elif kind == "group":
        _group(definitions.find("tasks", name, tasks.folders()))
    elif kind == "backend":
        print(dump(backends.load(name).resolved()), end="")
    else:
        task = tasks.load(name).choose(template=rendering.template, ask=rendering.ask, shots=rendering.shots)
        print(dump(task.resolved()), end="")
        if rendering.n or rendering.backend:
            _prompts(task, rendering)
    return 0


def matrix_command(name: str, what: str | None, format: str) -> int:
    """Print a run's examples against its options."""
    if what is None:
        raise BadInput("--format is about --matrix cosine or probability")
    if format not in ("md", "csv"):
        raise BadInput(f"--format should be md or csv, not {format}")
    found = similarity.matrix(Path(name), what)
    print(similarity.markdown(found) if format == "md" else similarity.as_csv(found).rstrip("\n"))
    return 0


def _kind(name: str) -> str:
    """Return what `name` names: `run`, `task`, `group` or `backend`.

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
        return _kind_of(known_tasks[name][0])
    if name in known_backends:
        return "backend"
    if name.endswith((".yaml", ".yml")):
        return "backend" if _is_backend(definitions.headline(path), known_backends) else _kind_of(path)
    if path.is_dir():
        inside = records.runs([path])
        if inside:
            raise BadInput(f"{name} holds {len(inside)} runs; name one, such as {inside[-1]}")
    hint = did_you_mean(name, [*known_tasks, *known_backends])
    raise BadInput(f"{name!r} is no task, backend or run directory.{hint}")


def _kind_of(path: Path) -> str:
    return "group" if tasks.is_group(path) else "task"


def _group(path: Path) -> None:
    """Print a group as it is written, and in words how its score is made."""
    tasks.load_group(path)  # names what is wrong with it
    group = definitions.validate(Group, read(path))
    members = [member.short() for member in group.members]
    print(dump({**group.model_dump(exclude_defaults=True), "members": members}), end="")
    scored = groups.load(path)
    if scored is not None:
        print(groups.described(scored))


def _is_backend(head: dict[str, Any], known: dict[str, list[Path]]) -> bool:
    return "adapter" in head or ("ask" not in head and str(head.get("extends")) in known)


def _prompts(task: Task, rendering: Rendering) -> None:
    """Print the first prompts as a backend would be given them, with their token counts."""
    n = rendering.n or 1
    if len(rendering.settings) > 1:
        raise BadInput("-m: show takes one value of each setting")
    system = backends.load(rendering.backend or "dummy").choose(rendering.settings[0])
    options = replace(rendering.options, limit=n)
    material = supply(task, options.where, say, limit=n, train=task.shots > 0)
    plan = Plan(task, system, decoding(), material, options)
    with _token_counter(plan if rendering.backend else None) as counter:
        prompts = plan.prompts(counter)
        for number, example in enumerate(itertools.islice(material.evaluated(), n), 1):
            request = prompts.request(example)
            text = _asked(task, request, system)
            about = f"example {printable(example.id)}, target {example.target!r}"
            print(f"\n# {number}: {about}, {_size(text, counter)}")
            if task.shots:
                print(printable(f"# shots: {', '.join(prompts.shot_ids(example))}"))
            print(printable_lines(text))
            for option, captions in zip(request.options, request.captions, strict=True):
                shown = captions if task.template.captions else (request.parts.delimiter + option.text,)
                print(f"#   {option.label}: {', '.join(map(repr, shown))}")
        _work_bleu_out(task, example)


def _asked(task: Task, request: Request, system: Backend) -> str:
    """Return what a backend reads: the prompt; the bare fields where there is none, or a picture too."""
    fields = request.example.fields
    if task.ask in WITHOUT_PROMPT or not task.template.query:
        return "\n".join(f"{name}: {cut(str(value), FIELD)}" for name, value in fields.items())
    text = _as_text(request.messages(system.file.shots_as)) if system.file.chat else request.prompt
    return f"{IMAGE}: {cut(str(fields[IMAGE]), FIELD)}\n{text}" if IMAGE in fields else text


def _work_bleu_out(task: Task, example: Example) -> None:
    """Show how BLEU counts, on a reference whose first word is said in place of its second."""
    settings = next((named.settings for named in task.file.metrics if named.name == "bleu"), None)
    target = example.target
    references = [target] if isinstance(target, str) else [str(one) for one in target or ()]
    words = references[0].split() if references else []
    if settings is None or len(words) < 2:
        return
    said = " ".join([words[0], words[0], *words[2:]])
    print("\n# bleu, worked out for a reply that says the first word twice")
    print(printable_lines(worked(said, references, **settings)))


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
        # A learner's tokenizer is learnt too, and nothing is learnt here.
        known = isinstance(adapter, CountsTokens) and not plan.backend.entry.learns
        yield count if known else None
    finally:
        closed(backend, adapter)


def _as_text(messages: list[dict[str, str]]) -> str:
    return "\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)


def _size(text: str, counter: Callable[[str], int] | None) -> str:
    return f"{counter(text):,} tokens" if counter else f"{len(text):,} characters"
