"""Open-book and closed-book question answering: what stands in a prompt as its passage, and what was found.

A task about a passage is asked with its own passage (gold), with those that a retriever finds among all
passages of the split, or with none (closed).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from harness.adapters.base import Adapter
from harness.adapters.hybrid import made_retriever, retriever_identity
from harness.backends import backend as backends
from harness.config.documents import shown
from harness.datasets import examples as datasets
from harness.datasets.corpus import passage_id
from harness.datasets.task_data import Material
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.evaluation.adapter_lifecycle import adapter_errors
from harness.evaluation.attribution import sources
from harness.models.ranked import ranked
from harness.records.fingerprint import digest
from harness.schema import Corpus, Example, Parts, Profile, Request
from harness.tasks.task import Task

CLOSED, GOLD, RETRIEVED = "closed", "gold", "retrieved"
USUAL = "bm25@3"  # what `retrieved` stands for
PASSAGE = "context"  # the field that holds a task's passage
MOST = 100  # passages of one prompt
KEPT = 4  # retrievers whose rankings are kept for the next runs of a grid
RULES = 2  # raise it when the same way would make another prompt than before
BETWEEN = "\n\n"  # passages of one prompt
GROUP = "answer_shown"  # the breakdown by whether an answer stands in what was shown
# What a model is told in place of the template's instruction, which speaks of a passage.
ALONE = {
    "ko": "질문에 답하세요. 설명 없이 답만 짧게 쓰세요.",
    "en": "Answer the question with a short phrase, and nothing else.",
}


class Way(NamedTuple):
    """One way of asking: `closed`, `gold`, or `k` passages that the backend `retriever` finds."""

    name: str
    retriever: str | None = None
    k: int = 0


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages that an example is shown, the best first, by id; whether an answer or its own is there."""

    texts: Mapping[str, str]
    answer: bool
    own: bool

    @property
    def text(self) -> str:
        """Return what stands in the prompt."""
        return BETWEEN.join(self.texts.values())

    def recorded(self, reply: Any) -> dict[str, Any]:
        """Return them as the journal keeps them, without their texts, with what a written reply rests on."""
        told: dict[str, Any] = {"ids": list(self.texts), "answer": self.answer, "own": self.own}
        if isinstance(reply, str):
            told["sources"] = sources(reply, self.texts)
        return told


@dataclass(frozen=True, slots=True)
class Found:
    """What every example is shown; `seconds` are those of loading, indexing and searching."""

    by_id: Mapping[str, Passages]
    corpus: int
    seconds: float | None = None


def way(said: str) -> Way:
    """Return the way that a value of `--context` names: closed, gold, retrieved, or RETRIEVER@K.

    Raises:
        BadInput: it is none of them, or K is no number of passages.
    """
    if said in (CLOSED, GOLD):
        return Way(said)
    retriever, at, number = (USUAL if said == RETRIEVED else said).partition("@")
    if not at:
        hint = did_you_mean(said, (CLOSED, GOLD, RETRIEVED))
        raise BadInput(
            f"--context {shown(said)}: closed, gold, retrieved, or a retriever and k, bm25@3.{hint}"
        )
    if not number.isdecimal() or not 1 <= int(number) <= MOST:
        raise BadInput(f"--context {shown(said)}: k should be 1 to {MOST}, the passages of one prompt")
    return Way(f"{retriever}@{int(number)}", retriever, int(number))


def require(said: str, task: Task) -> str:
    """Return the name of a way, checked: the task has a passage, and the retriever is one.

    Raises:
        BadInput: no such way or retriever, or the task has not one passage and one question.
    """
    found = way(said)
    _question(task)
    if found.retriever is not None and "retrieve" not in backends.load(found.retriever).entry.asks:
        raise BadInput(f"--context {shown(said)}: {found.retriever} finds no passages")
    return found.name


def posed(task: Task, said: str | None) -> Task:
    """Return the task as it is rendered: closed-book without the lines that hold the passage."""
    if said != CLOSED:
        return task
    template = task.template
    alone = template.model_copy(
        update={
            "query": _without_passage(template.query),
            "system": _without_passage(template.system),
            "instruction": ALONE.get(task.file.language or "en", ALONE["en"]) if template.instruction else "",
        }
    )
    others = task.file.templates.model_copy(update={task.template_name: alone})
    return replace(task, file=task.file.model_copy(update={"templates": others, "window": None}))


def passages(task: Task, said: str, material: Material, profile: Profile) -> Found:
    """Return what each evaluated example is shown.

    Raises:
        BadInput: the split holds no passage.
        Unavailable: the retriever cannot work here, or did not answer a question.
    """
    chosen, asked = way(said), list(material.evaluated())
    texts = _texts(task, material)
    if chosen.name == CLOSED:
        return Found({one.id: Passages({}, answer=False, own=False) for one in asked}, len(texts))
    if chosen.retriever is None:
        own = {one.id: [passage_id(_text(one))] for one in asked}
        return Found({one.id: _shown(task, one, own[one.id], texts) for one in asked}, len(texts))
    rankings, seconds = _rankings(task, chosen, asked, texts, profile)
    by_id = {one.id: _shown(task, one, rankings[one.id][: chosen.k], texts) for one in asked}
    return Found(by_id, len(texts), seconds)


def shown_to(example: Example, found: Found) -> Example:
    """Return the example with the passages that it is shown in place of its own."""
    return example._replace(fields={**example.fields, PASSAGE: found.by_id[example.id].text})


def mark(said: str) -> dict[str, Any]:
    """Return what of a way can change a response, for the fingerprint."""
    chosen = way(said)
    told: dict[str, Any] = {"context": chosen.name, "rules": RULES}
    if chosen.retriever is not None:
        backend = backends.load(chosen.retriever).asked("retrieve")
        file = backend.file
        told["retriever"] = digest([file.adapter, file.model, file.revision, backend.hashed_settings])
    return told


def _question(task: Task) -> str:
    """Return the field that is asked about the passage."""
    others = [name for name in task.file.inputs if name not in (PASSAGE, *task.file.options_from)]
    asks = ("extract", "generate", *(["choose"] if task.file.options_from else []))
    if PASSAGE not in task.file.inputs or task.ask not in asks or task.file.turns:
        raise BadInput(f"--context: {task.name} asks no question about a passage, a field {PASSAGE!r}")
    if "question" in others:
        return "question"
    if len(others) != 1:
        raise BadInput(f"--context: {task.name} has no field 'question', which a retriever would read")
    return others[0]


def _without_passage(text: str) -> str:
    """Return a template without the lines that insert the passage."""
    inserts = re.compile(r"\{\{[^}]*\b" + PASSAGE + r"\b[^}]*\}\}")
    return "".join(line for line in text.splitlines(keepends=True) if not inserts.search(line))


def _text(example: Example) -> str:
    return str(example.fields[PASSAGE] or "")


def _texts(task: Task, material: Material) -> dict[str, str]:
    """Return every passage of the split by its id, each once, in the order of the data."""
    found: dict[str, str] = {}
    for one in datasets.examples(task, material.source, task.split):
        if text := _text(one):
            found.setdefault(passage_id(text), text)
    if not found:
        raise BadInput(f"--context: the split {task.split!r} of {task.name} holds no passages")
    return found


def _answers(task: Task, example: Example) -> list[str]:
    """Return the texts that are right: references, or the right ones of an example's own options."""
    target = example.target
    right = [target] if isinstance(target, str) else [one for one in target or () if isinstance(one, str)]
    if not task.file.options_from:
        return right
    own = task.choices(example.fields) or []
    return [str(own[int(place)]) for place in right]


def _shown(task: Task, example: Example, ids: Sequence[str], texts: Mapping[str, str]) -> Passages:
    kept = {name: texts[name] for name in ids if name in texts}
    answers = _answers(task, example)
    return Passages(
        texts=kept,
        answer=any(one.strip() and one.strip() in text for one in answers for text in kept.values()),
        own=passage_id(_text(example)) in ids,
    )


def _rankings(
    task: Task, chosen: Way, asked: Sequence[Example], texts: Mapping[str, str], profile: Profile
) -> tuple[dict[str, Sequence[str]], float]:
    """Return the ids of the `MOST` best passages for each example's question, and the seconds that took.

    Runs of one grid that differ in k, or in the system that reads, share what was found: ids, and no model.
    """
    field = _question(task)
    backend = backends.load(str(chosen.retriever)).asked("retrieve")
    with adapter_errors(backend.name):
        retriever = made_retriever(backend, profile)
        queries = [(one.id, str(one.fields[field])) for one in asked]
        known = digest([retriever_identity(backend, retriever), profile.seed, list(texts), queries])
        if known in _found:
            retriever.close()
        else:
            began = time.perf_counter()
            rankings = _answered(retriever, backend.name, queries, texts)
            _found[known] = rankings, time.perf_counter() - began
            while len(_found) > KEPT:
                del _found[next(iter(_found))]
        return _found[known]


_found: dict[str, tuple[dict[str, Sequence[str]], float]] = {}


def _answered(
    retriever: Adapter, name: str, queries: Sequence[tuple[str, str]], texts: Mapping[str, str]
) -> dict[str, Sequence[str]]:
    """Return what a retriever, which is closed then, finds for each question."""
    try:
        retriever.prepare()
        retriever.index(Corpus(list(texts), list(texts.values()), MOST))
        found: dict[str, Sequence[str]] = {}
        for response in retriever.answer(_query(*one) for one in queries):
            if response.ranking is not None:
                found[response.key[0]] = ranked(response.ranking)[:MOST]
    finally:
        retriever.close()
    if lost := [one for one, _ in queries if one not in found]:
        raise Unavailable(f"{name} found nothing for {len(lost)} of {len(queries)} questions")
    return found


def _query(name: str, text: str) -> Request:
    return Request(Example(name, {"query": text}), lambda: Parts(query=text), ask="retrieve")
