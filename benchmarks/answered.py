"""Made-up answers that every registered metric can judge, and the statistics they have."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import plugins
from harness.errors import BadInput, Unavailable
from harness.hookspecs import MetricEntry
from harness.schema import Episode, Execution, Metric

Floats = NDArray[np.float64]
Pairs = Iterator[tuple[Any, Any]]

# Judging texts takes longer than any interval: so many are judged, then repeated. There are too many
# of them for the bootstrap to gain by merging what is equal.
TEXTS = 5000

GIVEN = {"threshold_f1": {"threshold": 3.0}}  # settings without a default
TEN = tuple("가나다라마바사아자차")
TWO = ("0", "1")
KINDS = ("PS", "LC", "OG", "DT")
WORDS = [
    *("서울", "부산", "정부", "시장", "가격", "물가", "영화", "배우", "감독", "관객", "날씨", "오늘", "내일"),
    *(
        "경제",
        "성장",
        "대학",
        "학생",
        "교수",
        "연구",
        "논문",
        "발표했다",
        "말했다",
        "올랐다",
        "내렸다",
        "보인다",
    ),
    *("때문이다", "것으로", "대해", "통해", "위해", "the", "government", "market", "price", "film", "today"),
    *(
        "tomorrow",
        "growth",
        "university",
        "student",
        "research",
        "paper",
        "announced",
        "said",
        "rises",
        "falls",
    ),
    *("because", "of", "with", "about"),
]


def statistics_of_all(n: int) -> tuple[dict[str, tuple[Metric, Floats]], dict[str, str]]:
    """Return each metric with its statistics (N, K) of made-up answers; and why others are left out."""
    found: dict[str, tuple[Metric, Floats]] = {}
    missing: dict[str, str] = {}
    for name in (registered.replace("@K", "@10") for registered in plugins.metrics()):
        if ":" in name:
            missing[name] = "a family, whose metrics have no interval"
            continue
        entry = plugins.metric(name)
        try:
            metric, labels = made(entry)
            found[name] = metric, statistics(metric, entry, labels, n)
        except Unavailable as error:
            missing[name] = error.message
    return found, missing


def made(entry: MetricEntry) -> tuple[Metric, Sequence[str]]:
    """Return the metric with its own defaults over ten labels, or over two where it wants two."""
    factory, given = plugins.load(entry.target), GIVEN.get(entry.name, {})
    try:
        return factory(TEN, **given), TEN
    except BadInput:
        return factory(TWO, **given), TWO


def statistics(metric: Metric, entry: MetricEntry, labels: Sequence[str], n: int) -> Floats:
    """Return the metric's statistics (N, K) of answers such as it is made for."""
    for pairs in answers(metric, entry, labels):
        try:
            judged = np.array([metric.statistics(*pair) for pair in islice(pairs, n)], np.float64)
        except BadInput:
            continue  # it wants other targets than these
        return np.resize(judged, (n, judged.shape[1]))
    raise Unavailable("no answers here that it can judge")


def answers(metric: Metric, entry: MetricEntry, labels: Sequence[str]) -> list[Pairs]:
    """Return pairs of (what is seen, target), mostly endless, the likeliest to suit the metric first."""
    rng = np.random.default_rng(0)
    by_what_it_reads: dict[str, Callable[[], Pairs]] = {
        "scores": lambda: scored(rng, labels),
        "likelihood": lambda: likelihoods(rng),
        "execution": lambda: executed(rng),
        "world": lambda: lived(rng),
        "choice": lambda: (((seen, len(labels)), target) for seen, target in labelled(rng, labels)),
    }
    if metric.reads in by_what_it_reads:
        return [by_what_it_reads[metric.reads]()]
    if "choose" in entry.asks and "extract" not in entry.asks:
        return [labelled(rng, labels)]
    if "tag" in entry.asks:
        return [tagged(rng)]
    if "retrieve" in entry.asks:
        return [ranked(rng)]
    if "rate" in entry.asks:
        return [rated(rng)]
    return [islice(texts(rng), TEXTS), written(rng)]


def labelled(rng: np.random.Generator, labels: Sequence[str]) -> Pairs:
    """Yield predictions that are right in four of five cases, and one in fifty unanswered."""
    while True:
        target = labels[int(rng.integers(len(labels)))]
        said = target if rng.random() < 0.8 else labels[int(rng.integers(len(labels)))]
        yield None if rng.random() < 0.02 else said, target


def executed(rng: np.random.Generator) -> Pairs:
    """Yield programs of which two in three pass their tests and a few don't end; one in fifty unanswered."""
    while True:
        outcome = str(rng.choice(["passed", "failed", "timeout"], p=[0.67, 0.3, 0.03]))
        yield None if rng.random() < 0.02 else Execution(outcome), None


def lived(rng: np.random.Generator) -> Pairs:
    """Yield the last steps of episodes of which three in four reach the state that is wanted."""
    while True:
        seats, calls = int(rng.integers(2)), int(rng.integers(1, 6))
        end = str(rng.choice(["answered", "max_steps"], p=[0.9, 0.1]))
        wrong = int(rng.random() < 0.1)
        state = {"seats": seats if rng.random() < 0.75 else 1 - seats}
        episode = Episode(state=state, steps=calls + 1, calls=calls, invalid=wrong, end=end)
        yield None if rng.random() < 0.02 else episode, json.dumps({"seats": seats})


def ranked(rng: np.random.Generator) -> Pairs:
    """Yield rankings of a hundred passages, the one or two relevant ones early; one in fifty unanswered."""
    while True:
        relevant = rng.choice(100, int(rng.integers(1, 3)), replace=False)
        order = np.argsort(rng.normal(size=100) - 2.0 * np.isin(np.arange(100), relevant))
        yield None if rng.random() < 0.02 else tuple(map(str, order)), tuple(map(str, relevant))


def scored(rng: np.random.Generator, labels: Sequence[str]) -> Pairs:
    """Yield log-probabilities of the labels, the right one's often the highest; one in fifty without."""
    while True:
        place = int(rng.integers(len(labels)))
        raw = rng.normal(size=len(labels))
        raw[place] += 2
        scores = (raw - np.log(np.exp(raw).sum())).tolist()
        yield None if rng.random() < 0.02 else scores, labels[place]


def likelihoods(rng: np.random.Generator) -> Pairs:
    """Yield a text's log-likelihood and number of tokens, and the text."""
    while True:
        text = sentence(rng)
        tokens = math.ceil(len(text) / 2)
        yield (-float(rng.gamma(3, size=tokens).sum()), tokens), text


def rated(rng: np.random.Generator) -> Pairs:
    """Yield a number near the wanted one, which is 0 to 5 in fifths, as STS-B's mostly are."""
    while True:
        wanted = int(rng.integers(26)) / 5
        yield wanted + float(rng.normal()), str(wanted)


def written(rng: np.random.Generator) -> Pairs:
    """Yield numbers as text, three of four right."""
    while True:
        wanted = int(rng.integers(1000))
        yield str(wanted + int(rng.random() < 0.25)), str(wanted)


def tagged(rng: np.random.Generator) -> Pairs:
    """Yield spans of which some have another type, an end moved, or went missing."""
    while True:
        starts = np.arange(rng.integers(1, 6)) * 7
        target = [(int(start), int(start) + 3, KINDS[rng.integers(len(KINDS))]) for start in starts]
        said = [(start, end + int(rng.random() < 0.1), kind) for start, end, kind in target]
        yield tuple(span for span in said if rng.random() < 0.9), tuple(target)


def texts(rng: np.random.Generator) -> Pairs:
    """Yield a sentence in which some words have changed, been lost or come twice, and the whole one."""
    while True:
        target = sentence(rng)
        said: list[str] = []
        for word in target.split():
            fate = rng.random()
            said += [WORDS[rng.integers(len(WORDS))]] if fate < 0.1 else [word] * int(fate < 0.9)
        yield " ".join(said), target


def sentence(rng: np.random.Generator) -> str:
    """Return 5 to 25 words and a full stop."""
    return " ".join(WORDS[place] for place in rng.integers(len(WORDS), size=rng.integers(5, 26))) + "."
