"""A task's examples, asked as other people would write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from harness import seeding
from harness.errors import BadInput, did_you_mean
from harness.perturbations.kinds import NAMES, ORDER, PARAPHRASE, TEXTS
from harness.schema import IMAGE, Example
from harness.tasks.task import Task
from harness.text import morphemes

RULES = 1  # raise it when a kind would write another text than before


def require(kind: str, task: Task) -> None:
    """Check that a kind of perturbation is known, and can be done to a task's examples.

    Raises:
        BadInput: no such kind; no options of the examples' own; or only one template.
        Unavailable: Kiwi is not installed, and the kind needs it.
    """
    if kind not in NAMES:
        raise BadInput(f"--perturb {kind}: no such kind.{did_you_mean(kind, NAMES)}")
    if kind == ORDER and not task.file.options_from:
        raise BadInput(
            f"--perturb {ORDER}: the options of {task.name} are the same for all, in no order of theirs"
        )
    if kind == PARAPHRASE and len(_others(task)) < 1:
        raise BadInput(f"--perturb {PARAPHRASE}: {task.name} has one template, {task.template_name}")
    if kind in TEXTS and not _changed(task):
        raise BadInput(f"--perturb {kind}: {task.name} has no field of text")
    if kind in TEXTS and TEXTS[kind].kiwi:
        morphemes.require(f"--perturb {kind}")


def perturbed(task: Task, kind: str | None, examples: Iterable[Example]) -> Iterator[Example]:
    """Yield the examples with their inputs perturbed: ids and right answers stay, an option's place may move.

    What is drawn depends on the seed, the kind and the example's id alone. Shots and the train split are
    never perturbed, nor are options.
    """
    if kind is None or kind == PARAPHRASE:
        return iter(examples)
    if kind == ORDER:
        return (_reordered(task, example) for example in examples)
    change, names = TEXTS[kind].change, _changed(task)

    def rewritten(example: Example) -> Example:
        fields = {
            name: change(value, (task.seed, "perturb", kind, example.id, name))
            if name in names and isinstance(value, str)
            else value
            for name, value in example.fields.items()
        }
        return example._replace(fields=fields)

    return map(rewritten, examples)


def template_of(task: Task, example: Example) -> str:
    """Return the other template that an example is asked with under `paraphrase-template`."""
    others = _others(task)
    return others[seeding.number(task.seed, "perturb", PARAPHRASE, example.id) % len(others)]


def paraphrases(task: Task) -> Mapping[str, Task]:
    """Return the task with each of its other templates, by name."""
    return {name: replace(task, template_name=name) for name in _others(task)}


def _others(task: Task) -> list[str]:
    return [name for name in task.file.templates.all if name != task.template_name]


def _changed(task: Task) -> set[str]:
    """Return the fields that may be rewritten: texts that are asked about, and no options or pictures."""
    return {name for name in task.file.inputs if name != IMAGE and name not in task.file.options_from}


def _reordered(task: Task, example: Example) -> Example:
    """Return the example with its own options in another order, drawn from its id; the answer moves along."""
    names = task.file.options_from
    options = task.choices(example.fields) or []
    places = sorted(
        range(len(options)), key=lambda n: seeding.number(task.seed, "perturb", ORDER, example.id, n)
    )
    if places == sorted(places):
        places = [*places[1:], *places[:1]]  # an order that stays says nothing
    moved = [options[place] for place in places]
    fields = dict(example.fields)
    if len(names) == 1:
        fields[names[0]] = moved
    else:
        fields |= dict(zip(names, moved, strict=False))
    target = example.target
    if isinstance(target, str) and target.isdecimal() and int(target) < len(places):
        target = str(places.index(int(target)))
    return example._replace(fields=fields, target=target)
