"""What is wrong with a task's data before anybody is asked: copies, leaks, answers that are given away.

A bag of words that sees a part of an example only (the hypothesis without the premise) should be right no
more often than whoever always says the commonest label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.datasets.task_data import Material
from harness.models.tfidf import TfidfClassifier
from harness.schema import Example
from harness.stats.overlap import overlaps, overlaps_within

COPY = 0.8  # share of a text's n-grams that stand elsewhere, from which it is nearly a copy
FOLDS = 5
MOST_LEARNT = 20_000  # examples that a bag of words learns from: what it gains beyond is little


@dataclass(frozen=True)
class Instrument:
    """What a learner that sees only `sees` reaches: right on `right` of `n` examples."""

    sees: str
    right: int
    n: int


@dataclass(frozen=True)
class Lengths:
    """How long a field is over the examples that have it, in `unit` (characters or words between blanks).

    `deviation` is the standard deviation of these examples; `percentiles` maps 5 to 95 to a length.
    """

    field: str
    unit: str
    n: int
    mean: float
    deviation: float
    percentiles: dict[int, float]
    longest: int


@dataclass(frozen=True)
class Health:
    """What was found: `n` evaluated examples of `task`, `train` to learn from.

    `copies` maps where (the split itself, the train split, a corpus) to the ids of the examples that nearly
    stand there, with the share of their n-grams that do. `labels` counts each target; empty where there are
    none. `learnt_from` names the split that the instruments learnt from; across folds where it is the same.
    """

    task: str
    split: str
    n: int
    train: int
    copies: dict[str, dict[str, float]]
    labels: dict[str, int]
    instruments: list[Instrument] = field(default_factory=list)
    learnt_from: str = ""
    lengths: list[Lengths] = field(default_factory=list)


def health(material: Material, corpus: Iterable[str] | None = None) -> Health:
    """Return what is wrong with the evaluated split of `material`, its train split and a corpus beside it.

    Raises:
        BadInput: a row is wrong.
    """
    task = material.task
    tests = list(material.evaluated())
    train = (
        material.train
        if task.file.shots.from_ in material.sha256 and task.file.shots.from_ != task.split
        else []
    )
    texts = [seen(example, task.file.inputs) for example in tests]
    copies = {task.split: _copies(tests, overlaps_within(texts).tolist())}
    if train:
        others = (seen(example, task.file.inputs) for example in train)
        copies[task.file.shots.from_] = _copies(tests, overlaps(texts, others).tolist())
    if corpus is not None:
        copies["corpus"] = _copies(tests, overlaps(texts, corpus).tolist())
    labels = task.labels if task.ask == "choose" else ()
    return Health(
        task=task.name,
        split=task.split,
        n=len(tests),
        train=len(train),
        copies=copies,
        labels=dict(Counter(str(example.target) for example in tests)) if labels else {},
        instruments=_instruments(train, tests, list(labels), list(task.file.inputs)) if labels else [],
        lengths=_lengths(tests, list(task.file.inputs), written=not labels and not task.file.options_from),
        learnt_from=task.file.shots.from_ if train else task.split,
    )


def seen(example: Example, fields: Iterable[str]) -> str:
    """Return what a learner sees of an example: these of its fields, one below the other."""
    return "\n".join(str(example.fields.get(name) or "") for name in fields)


def _copies(examples: Sequence[Example], shares: Sequence[float]) -> dict[str, float]:
    found = {example.id: one for example, one in zip(examples, shares, strict=True) if one >= COPY}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _instruments(
    train: Sequence[Example], tests: Sequence[Example], labels: Sequence[str], fields: Sequence[str]
) -> list[Instrument]:
    """Return what whoever says the commonest label reaches, the length alone, and each part of an example."""
    pairs = _folds(train[:MOST_LEARNT], tests)
    if not pairs:
        return []
    parts = [[name] for name in fields] if len(fields) > 1 else []
    found = [Instrument("", sum(_commonest(learn, asked) for learn, asked in pairs), len(tests))]
    right = sum(_by_length(learn, asked, fields) for learn, asked in pairs)
    found.append(Instrument("length", right, len(tests)))
    for names in (*parts, list(fields)):
        right = sum(_by_words(learn, asked, labels, names) for learn, asked in pairs)
        found.append(Instrument(" + ".join(names), right, len(tests)))
    return found


def _folds(
    train: Sequence[Example], tests: Sequence[Example]
) -> list[tuple[Sequence[Example], Sequence[Example]]]:
    """Return what is learnt from and what is asked: the train split once, else each fold by the others."""
    if train:
        return [(train, tests)]
    if len(tests) < 2 * FOLDS:
        return []
    import numpy as np

    order = np.random.default_rng(0).permutation(len(tests))
    pieces = [[tests[at] for at in order[fold::FOLDS]] for fold in range(FOLDS)]
    return [
        ([one for other, piece in enumerate(pieces) if other != fold for one in piece], pieces[fold])
        for fold in range(FOLDS)
    ]


def _commonest(learn: Sequence[Example], asked: Sequence[Example]) -> int:
    label = Counter(str(example.target) for example in learn).most_common(1)[0][0]
    return sum(str(example.target) == label for example in asked)


def _by_length(learn: Sequence[Example], asked: Sequence[Example], fields: Sequence[str]) -> int:
    """Return how many are right by the commonest label of its class of length, of ten."""
    import numpy as np

    lengths = np.array([len(seen(example, fields)) for example in learn])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, 11)[1:-1]))
    whole = Counter(str(example.target) for example in learn)
    classes: dict[int, Counter[str]] = {}
    for example, place in zip(learn, np.searchsorted(edges, lengths).tolist(), strict=True):
        classes.setdefault(place, Counter())[str(example.target)] += 1
    places = np.searchsorted(edges, [len(seen(example, fields)) for example in asked]).tolist()
    return sum(
        classes.get(place, whole).most_common(1)[0][0] == str(example.target)
        for example, place in zip(asked, places, strict=True)
    )


def _by_words(
    learn: Sequence[Example], asked: Sequence[Example], labels: Sequence[str], fields: Sequence[str]
) -> int:
    """Return how many are right by a bag of n-grams of these fields."""
    place = {label: at for at, label in enumerate(labels)}
    told = [example for example in learn if str(example.target) in place]
    known = [(seen(example, fields), place[str(example.target)]) for example in told]
    if not known:
        return 0
    model = TfidfClassifier()
    model.fit([text for text, _ in known], [at for _, at in known], len(labels))
    guessed = model.log_probabilities([seen(example, fields) for example in asked]).argmax(axis=1)
    answered = zip(guessed.tolist(), asked, strict=True)
    return sum(labels[at] == str(example.target) for at, example in answered)


PERCENTILES = (5, 25, 50, 75, 95)


def _lengths(examples: Sequence[Example], inputs: Sequence[str], *, written: bool) -> list[Lengths]:
    """Return how long the examples' texts are, in characters and in words; targets too, where `written`."""
    import numpy as np

    columns: dict[str, list[str]] = {
        name: [text for one in examples if isinstance(text := one.fields.get(name), str)] for name in inputs
    }
    columns["target"] = [one.target for one in examples if isinstance(one.target, str)] if written else []
    found = []
    for name, texts in columns.items():
        for unit in ("characters", "words") if texts else ():
            sizes = np.array([len(text) if unit == "characters" else len(text.split()) for text in texts])
            cuts = np.percentile(sizes, PERCENTILES).tolist()
            spread = float(sizes.std(ddof=1)) if len(sizes) > 1 else 0.0
            about = (float(sizes.mean()), spread, dict(zip(PERCENTILES, cuts, strict=True)))
            found.append(Lengths(name, unit, len(sizes), *about, int(sizes.max())))
    return found
