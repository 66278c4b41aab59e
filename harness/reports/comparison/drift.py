"""Drift: how far the answers of one model part when it takes two roads.

The same weights, asked the same, may be run by two adapters, two versions, two number formats or two
machines. What then differs is nobody's merit: it is the noise of any comparison by those roads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from harness.records import journal as records
from harness.records import run_file
from harness.records.journal import Key
from harness.records.run_schema import BackendInfo
from harness.reports.comparison.settings import Setting
from harness.reports.run import Run
from harness.reports.writers.translations import named, translated

# What decides how a model is asked and how its answer is read: where that differs, nothing is drift.
ASKED = (
    *("choose_by", "data.", "decoding.", "seed", "task."),
    *("backend.chat", "backend.normalise", "backend.shots_as"),
)
ALLOWED = ("task.limit", "task.metrics", "task.repeat")  # common examples are compared, whatever judges them
WEIGHTS = ("sha256", "revision", "lora")
OTHER = "values"  # of an ask that says none of these
MEASURED = {"choose": "log-probabilities", "embed": "cosines", "score": "log-likelihoods"}


@dataclass(frozen=True)
class Drift:
    """What parts two runs of one model, over the `n` examples that both have answered.

    `same` says how it is known to be one: by its `weights` (one hash, or one commit of one repository) or by
    its `name` alone. `roads` are the adapters. `prompts`, `predictions` and `texts` count what differs; where
    a chat went as messages, its prompt is another than that of a text. `texts` is None where either wrote
    none. `largest` and `mean` are of the absolute differences of what was `measured`: each option's log-
    probability or a text's log-likelihood (nats), a cosine; None where nothing was.
    """

    same: Literal["weights", "name"]
    roads: tuple[str, str]
    n: int
    prompts: int
    predictions: int
    texts: int | None
    measured: str
    largest: float | None
    mean: float | None


def drift(a: Run, b: Run, settings: Sequence[Setting]) -> Drift | None:
    """Return the drift between two runs that differ in `settings`.

    None where they are not two runs of one model that was asked the same, or a journal is not there.
    """
    ours, theirs = a.document.backend, b.document.backend
    same = _same(ours, theirs)
    journals = a.directory / run_file.SAMPLES, b.directory / run_file.SAMPLES
    apart = a.directory.resolve() != b.directory.resolve()
    if same is None or not apart or any(map(_asks, settings)) or not all(map(Path.is_file, journals)):
        return None
    measured = MEASURED.get(a.document.task.ask or "", OTHER)
    return _counted(same, (ours.adapter, theirs.adapter), measured, journals)


def sentence(found: Drift) -> str:
    """Return the drift in one line."""
    weights = found.same == "weights"
    one = translated("the same weights") if weights else translated("the same model by name")
    a, b = found.roads
    road = translated("twice by {a}", a=a) if a == b else translated("by {a} and {b}", a=a, b=b)
    parts = [translated("{n:,} of {whole:,} predictions differ", n=found.predictions, whole=found.n)]
    if found.texts is not None:
        parts.append(translated("{n:,} texts", n=found.texts))
    if found.largest is not None:
        far, mean = f"{found.largest:.2g}", f"{found.mean:.2g}"
        said = translated(
            "{measured} by up to {far}, {mean} on average", measured=named(found.measured), far=far, mean=mean
        )
        parts.append(said)
    if found.prompts:
        parts.append(translated("{n:,} prompts were not sent alike", n=found.prompts))
    return f"{translated('drift')}: {one}, {road}: {', '.join(parts)}"


def _same(a: BackendInfo, b: BackendInfo) -> Literal["weights", "name"] | None:
    """Return how two backends are known to run one model, None if they are not.

    A hash is of the weights wherever they lie; a commit means something in its own repository alone.
    """
    named = a.model is not None and a.model == b.model
    ours, theirs = (_weights(backend.identity or {}) for backend in (a, b))
    if ours and theirs:
        return "weights" if ours == theirs and (named or "sha256" in ours) else None
    return "name" if named else None


def _weights(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an identity names weights; that of a server names its address."""
    return {key: identity[key] for key in WEIGHTS if key in identity}


def _asks(setting: Setting) -> bool:
    return setting.name.startswith(ASKED) and setting.name not in ALLOWED


class _Answer(NamedTuple):
    """What is compared of one answer; `asked` is a hash, so that a run's prompts need no memory."""

    asked: bytes
    prediction: Any
    text: str | None
    values: Sequence[float | None]


def _counted(
    same: Literal["weights", "name"], roads: tuple[str, str], measured: str, journals: tuple[Path, Path]
) -> Drift:
    ours = dict(_answers(journals[0]))
    both = [(ours[key], answer) for key, answer in _answers(journals[1]) if key in ours]
    written = [(a.text, b.text) for a, b in both if a.text is not None and b.text is not None]
    gaps = [
        abs(one - other)
        for a, b in both
        for one, other in zip(a.values, b.values, strict=False)
        if one is not None and other is not None
    ]
    return Drift(
        same=same,
        roads=roads,
        n=len(both),
        prompts=sum(a.asked != b.asked for a, b in both),
        predictions=sum(a.prediction != b.prediction for a, b in both),
        texts=sum(one != other for one, other in written) if written else None,
        measured=measured,
        largest=max(gaps, default=None),
        mean=sum(gaps) / len(gaps) if gaps else None,
    )


def _answers(path: Path) -> Iterator[tuple[Key, _Answer]]:
    """Yield each (id, repeat) with its answer, failures left out."""
    for line in records.read_records(path):
        record = line.record
        if record.failed:
            continue
        said = record.response
        values = said.option_scores if said.option_scores is not None else [said.value]
        asked = sha256(orjson.dumps(record.request)).digest()
        yield record.key, _Answer(asked, record.prediction, said.text, values)
