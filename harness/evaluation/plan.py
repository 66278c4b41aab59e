"""A run before it starts: what the user may have got wrong is found here, before any model is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from harness.backends import backend as backends
from harness.backends import endpoints
from harness.backends.backend import Backend
from harness.config import documents
from harness.config import fields as forms
from harness.config import loader as definitions
from harness.costs.max_cost import require_affordable
from harness.datasets import train_subset as lessons
from harness.datasets.task_data import Material, supply
from harness.datasets.train_subset import TrainSubset
from harness.errors import BadInput, HarnessError, Place
from harness.evaluation import rag
from harness.options.running import RunOptions
from harness.perturbations.kinds import PARAPHRASE
from harness.perturbations.perturbed import paraphrases, perturbed, template_of
from harness.prompts.logged import Log, LoggedPrompts
from harness.prompts.renderer import Prompts
from harness.records import run_file
from harness.schema import CHOOSING, Decoding, Example, Exchange, Profile, Request
from harness.tasks import task as tasks
from harness.tasks.task import Task

# Up to so many requests, the time to the first token is asked for unless the user says otherwise.
STREAMED = 200


@dataclass(frozen=True)
class Plan:
    """One run to be: a task, a backend, a decoding, a template, and the data."""

    task: Task
    backend: Backend
    decoding: Decoding
    material: Material
    options: RunOptions
    command: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    resume: Path | None = None
    train_limit: int | float | None = None
    perturb: str | None = None
    logged: Log | None = None
    context: str | None = None

    @property
    def system(self) -> str:
        """Return the name that the user gave, else the backend's with every setting that is not the usual."""
        if self.options.name is not None:
            return self.options.name
        extra = ", ".join(f"{name}={_short(value)}" for name, value in self.given.items())
        return f"{self.backend.name} [{extra}]" if extra else self.backend.name

    @property
    def total(self) -> int:
        """Return the number of requests: examples times repeats."""
        return len(self.material.selection.order) * self.options.repeat

    @property
    def label(self) -> str:
        """Return the run in a few words, for progress."""
        return f"{self.task.name} · {self.system}"

    @property
    def profile(self) -> Profile:
        """Return what the adapter is told."""
        return self.backend.profile(
            seed=self.task.seed,
            ask=self.task.ask,
            trust_remote_code=self.options.trust_remote_code,
            offline=self.options.offline,
            concurrency=self.options.concurrency,
            stream=self.total <= STREAMED if self.options.latency is None else self.options.latency,
            task=self.task.name,
        )

    @property
    def counts_tokens(self) -> bool:
        """Return whether a prompt can be made only with the backend's tokenizer."""
        return bool(self.task.shots and self.task.file.shots.max_tokens)

    @property
    def keeps_answers(self) -> bool:
        """Return whether answers are kept and handed out again: those that a server was asked for.

        What runs here can be run again, and its answers depend on batch and hardware, which no key holds.
        """
        return self.options.cache and self.backend.entry.remote

    @cached_property
    def lessons(self) -> TrainSubset:
        """Return what a learner learns from: all that the user allows of the train split."""
        evaluated = self.material.evaluated() if self.backend.entry.learns else ()
        return lessons.of(
            self.material.train,
            evaluated,
            limit=self.train_limit,
            dedupe=self.options.dedupe_train,
            seed=self.task.seed,
        )

    @property
    def taught(self) -> dict[str, Any]:
        """Return what of the train split is learnt from, for hashes; empty where it is all of it."""
        found: dict[str, Any] = {} if self.train_limit is None else {"limit": self.train_limit}
        if self.backend.entry.learns and self.options.dedupe_train:
            split, limit = self.task.split, self.options.limit
            found["without"] = {"sha256": self.material.sha256[split], "limit": limit}
        return found

    def rehearse(self, count_tokens: Callable[[str], int] | None = None) -> None:
        """Render one prompt, if the backend reads prompts at all.

        Raises:
            BadInput: the template fails on the data, or too few rows qualify as shots.
        """
        if not self.backend.entry.learns:
            examples = perturbed(
                self.task, self.perturb, self.material.evaluated()
            )  # nothing is looked for yet
            _ = self.prompts(count_tokens).request(next(examples)).prompt

    def prompts(self, count_tokens: Callable[[str], int] | None = None) -> Prompts:
        """Return what renders the requests of this run.

        A learner has seen the whole train split: its prompts, if it reads any, have no shots.
        """
        task = self.task.choose(shots=0) if self.backend.entry.learns else self.task
        task = rag.posed(task, self.context)
        make: Callable[..., Prompts] = Prompts if self.perturb != PARAPHRASE else Paraphrased
        if self.logged is not None:
            make = partial(LoggedPrompts, log=self.logged)
        return make(
            task,
            pool=lambda: self.material.train,
            decoding=self.decoding,
            instruct=self.task.ask not in CHOOSING or self.backend.file.choose_by != "logprobs",
            count_tokens=count_tokens,
        )

    def evaluated(self) -> Iterator[Example]:
        """Yield the evaluated examples in data order, perturbed or with other passages if so asked."""
        found = self.passages
        if found is not None:
            return (rag.shown_to(example, found) for example in self.material.evaluated())
        return perturbed(self.task, self.perturb, self.material.evaluated())

    @cached_property
    def passages(self) -> rag.Found | None:
        """The passages that each example is shown, looked for once; None where each has its own.

        Raises:
            Unavailable: the retriever cannot work here.
        """
        if self.context is None:
            return None
        return rag.passages(self.task, self.context, self.material, self.profile)


class Paraphrased(Prompts):
    """Prompts in the words of the task's other templates, one an example."""

    def __init__(self, task: Task, **rest: Any) -> None:
        """Compile every template."""
        super().__init__(task, **rest)
        self._others = {name: Prompts(other, **rest) for name, other in paraphrases(task).items()}

    def request(self, example: Example, repeat: int = 0, history: tuple[Exchange, ...] = ()) -> Request:
        """Return what the example asks, in the words of the template that its id draws."""
        return self._others[template_of(self.task, example)].request(example, repeat, history)

    def step(self, example: Example, repeat: int, talk: tuple[Mapping[str, Any], ...]) -> Request:
        """Return what the example asks after a talk, in the words of the same template."""
        return self._others[template_of(self.task, example)].step(example, repeat, talk)

    def said(self, example: Example) -> list[str]:
        """Return what the user says in a world, in the words of the same template."""
        return self._others[template_of(self.task, example)].said(example)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_short(one)}' for key, one in value.items())}}}"
    return "/".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def resumed(
    directory: Path, options: RunOptions, report: Callable[[str], None], repeated: Mapping[str, Any] = {}
) -> Plan:
    """Return the plan of a run directory, wherever it lies now: it holds the task and backend it began with.

    `repeated` are its backend's `base_url` and `api_key_env`, said again where no profile here has them: a
    directory may come from a stranger.

    Raises:
        BadInput: not a run directory, its data is not to be found here, or its server is nobody's word.
    """
    run = run_file.read_run(directory)
    if missing := {"given", "decoding", "command", "fingerprint"} - run.model_fields_set:
        lacks = ", ".join(sorted(missing))
        raise BadInput(
            f"lacks {lacks}; the command that made it goes on", place=Place(directory / run_file.RUN)
        )
    task = tasks.parse(documents.read(directory / run_file.TASK), run.task.name).choose(seed=run.seed)
    document = documents.read(directory / run_file.BACKEND)
    backend = backends.parse(document, run.backend.name, resumed=True).asked(task.ask)
    backend = endpoints.confirmed(backend, _profile_here(backend.name), repeated)
    decoding = forms.decoding(run.decoding.asked)
    if task.file.execute is not None:
        options.permission.require(task.name)
    backend.require(
        *(task.ask, decoding), trust_remote_code=options.trust_remote_code, schema=task.holds_schema
    )
    if options.budget is not None:
        require_affordable(options.budget, task.ask, backend, decoding)
    given = run.given
    options = replace(
        options,
        sample=run.data.sample,
        limit=run.task.limit,
        repeat=run.task.repeat,
        fresh=False,
        dedupe_train=given.get("dedupe_train", False),
        name=options.name or run.name,
    )
    material = supply(
        task, options.where, report, limit=options.limit, train=bool(task.shots or backend.entry.learns)
    )
    about = (task, backend, decoding, material, options, run.command or "", given, directory)
    return Plan(
        *about,
        train_limit=given.get("train_limit"),
        perturb=given.get("perturb"),
        context=given.get("context"),
    )


def _profile_here(name: str) -> Backend | None:
    """Return the profile that the user finds under a name, None where there is none."""
    if definitions.is_path(name):
        return None
    try:
        return backends.load(name)
    except HarnessError:
        return None
