"""Answers made elsewhere, judged on the road of a run: the same metrics, figures and intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import plugins
from harness.config import settings
from harness.config.documents import scalar, shown
from harness.errors import BadInput, did_you_mean
from harness.hookspecs import MetricEntry
from harness.records.sample_schema import Record, RecordedError, RecordedResponse
from harness.schema import Metric
from harness.scoring.answer_files import Answer
from harness.scoring.example_scores import score
from harness.scoring.summary import Tally

# By what a metric reads: the key it stands under, and what it is.
_MATERIAL = {
    "prediction": ("prediction", "the answer, or null"),
    "choice": ("options", "how many options there were"),
    "text": ("prediction", "the reply, or null"),
    "scores": ("option_scores", "the log-probabilities of the options"),
    "likelihood": ("value", "the log-likelihood of the target in nats"),
}


@dataclass(frozen=True, slots=True)
class Judge:
    """A metric, and what is known of it by name."""

    entry: MetricEntry
    metric: Metric

    @property
    def needs_target(self) -> bool:
        """Return whether an answer alone says nothing to the metric."""
        return self.metric.reads != "text" and self.metric.name != "unanswered"

    def statistics(self, answer: Answer) -> dict[str, tuple[float, ...]]:
        """Return the metric's statistics of an answer, by its name.

        Raises:
            BadInput: the answer or its target is nothing that the metric can judge; with file and line.
        """
        try:
            self._check(answer)
            response = answer.response(self.metric.reads)
            return score([self.metric], response, answer.prediction, answer.target, options=answer.options)
        except BadInput as error:
            raise BadInput(error.message, place=error.place or answer.place) from None

    def _check(self, answer: Answer) -> None:
        """Refuse what a metric would take for wrong, or for something else."""
        name = self.metric.name
        if answer.target is None and self.needs_target:
            if "target" in answer.keys:
                raise BadInput(f"'target' is null, and {name} needs one")
            raise BadInput(f"no 'target' here, which {name} needs.{_hint('target', answer.keys)}")
        for key, value in (("prediction", answer.prediction), ("target", answer.target)):
            if isinstance(value, tuple) and not self._takes(key, value):
                raise BadInput(f"{name} takes no such list as this {key!r}: {shown(list(value))}")

    def _takes(self, key: str, several: Sequence[Any]) -> bool:
        """Return whether a list is what the metric judges: spans, passages, or references to extract one of.

        What judges choices and nothing extracted compares labels, of which an example has one, unless it says
        otherwise.
        """
        if {"tag", "retrieve"} & set(self.entry.asks):
            return True
        judges_labels = "choose" in self.entry.asks and "extract" not in self.entry.asks
        takes_lists = self.entry.several_labels or not judges_labels
        return key == "target" and takes_lists and not any(isinstance(one, list) for one in several)


def judge(
    answers: Sequence[Answer], metrics: Mapping[str, Mapping[str, str]], labels: Sequence[str] = ()
) -> Tally:
    """Return what the answers add up to under `metrics`, by name and each with its settings as text.

    A metric that needs labels and is given none takes those that occur, sorted. Lines of one id are repeats
    of one example, which are drawn together. Failed requests of a run are counted, and enter no metric.

    Raises:
        BadInput: a metric, a setting or an answer is wrong, or no answer is left.
        Unavailable: what a metric needs is not installed.
    """
    judges = [_judge(name, given, answers, labels) for name, given in metrics.items()]
    heard = [answer for answer in answers if not answer.failed]
    if not heard:
        raise BadInput("every request failed: nothing was answered", place=answers[0].place)
    for one in judges:
        _check_material(one.metric, heard)
    found, repeats = Tally([one.metric for one in judges]), Counter[str]()
    for number, answer in enumerate(answers, 1):
        name = str(number) if answer.id is None else answer.id
        found.add(_record(answer, name, repeats[name], judges))
        repeats[name] += 1
    return found


def _record(answer: Answer, name: str, repeat: int, judges: Sequence[Judge]) -> Record:
    """Return an answer as the journal of a run would hold it."""
    scores = [one.statistics(answer) for one in judges]
    error = RecordedError(kind="failed") if answer.failed else None
    return Record(
        id=name,
        repeat=repeat,
        cluster=answer.cluster,
        response=RecordedResponse(text=answer.text, error=error),
        prediction=answer.prediction,
        target=answer.target,
        scores={name: [*map(float, row)] for judged in scores for name, row in judged.items()},
    )


def _judge(name: str, given: Mapping[str, str], answers: Sequence[Answer], labels: Sequence[str]) -> Judge:
    """Return the metric called `name`, with labels if it will not do without.

    Raises:
        BadInput: no such metric, a setting that is wrong, or labels that will not do.
    """
    entry = plugins.metric(name)
    chosen = {key: _setting(text, entry.settings.get(key, "str")) for key, text in given.items()}
    for _, message in settings.problems(chosen, entry.settings):
        raise BadInput(f"{name}: {message}")
    factory = plugins.load(entry.target)
    try:
        return Judge(entry, factory(tuple(labels), **chosen))
    except BadInput:
        if labels:
            raise
        return Judge(entry, factory(_occurring(answers), **chosen))


def _setting(text: str, kind: str) -> Any:
    """Return a setting as YAML reads it, unless it is meant to be text."""
    return text if kind == "str" or "|" in kind else scalar(text)


def _occurring(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the labels among targets and predictions, or the types of their spans, sorted."""
    sides = [side for answer in answers for side in (answer.target, answer.prediction)]
    found = {_label(one) for side in sides for one in (side if isinstance(side, tuple) else [side])}
    return tuple(sorted(label for label in found if label is not None))


def _label(one: Any) -> str | None:
    """Return a label, or the type of a span; None for what is neither."""
    if isinstance(one, list) and len(one) == 3:
        one = one[2]
    return one if isinstance(one, str) else None


def _check_material(metric: Metric, answers: Sequence[Answer]) -> None:
    """Raise BadInput if the answers lack what the metric reads.

    A prediction may be null, but not forgotten. Scores may be missing here and there, as they are where
    an engine gave none.
    """
    if metric.reads == "execution":
        raise BadInput(f"{metric.name} judges what is run: `harness run` with a task that has 'execute'")
    if metric.reads == "world":
        raise BadInput(
            f"{metric.name} judges what was done in a world: `harness run` with a task that has one"
        )
    key, meaning = _MATERIAL[metric.reads]
    lacking = [answer for answer in answers if key not in answer.keys]
    if lacking and (key == "prediction" or len(lacking) == len(answers)):
        message = f"no {key!r} here, {meaning}, which {metric.name} reads.{_hint(key, lacking[0].keys)}"
        raise BadInput(message, place=lacking[0].place)


def _hint(key: str, known: Sequence[str]) -> str:
    """Return the key that was probably meant, nothing if none is near."""
    hint = did_you_mean(key, known)
    return hint if hint.startswith(" Did") else ""
