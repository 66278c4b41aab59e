"""An adapter around a classifier that is fitted on the train split: fit, save, load, answer."""

from __future__ import annotations

import json
import pickle
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.adapters.base import Adapter
from harness.adapters.batching import WINDOWS, windows
from harness.adapters.fields import bare_text, known_target
from harness.errors import BadInput, Unavailable
from harness.models import LEAST
from harness.schema import Example, FitTask, Profile, Request, Response, Timing
from harness.tables.torn import TORN_ZIP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


LABELS = "labels.json"
# What readers of models make of a file that is damaged.
DAMAGE = (KeyError, ValueError, pickle.UnpicklingError, *TORN_ZIP)


class Classifier(Protocol):
    """A model page, as an adapter sees it. Its texts are what the adapter's `said` returns."""

    def fit(self, texts: Sequence[Any], labels: Sequence[int], classes: int) -> None:
        """Learn from `texts` and their `labels`, each in [0, classes)."""

    def log_probabilities(self, texts: Sequence[Any]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), all finite."""

    def save(self, path: Path) -> None:
        """Write what `log_probabilities` needs."""


class Classical(Adapter):
    """An adapter around a Classifier; a subclass says which one."""

    file = "model.npz"  # what the model is kept in, beside the labels

    def __init__(self, profile: Profile) -> None:
        """Settings are those of the model.

        Raises:
            BadInput: a setting is out of range.
        """
        self.name = profile.name
        self.model: Classifier = self.build(profile.settings, profile.seed)
        self.labels: tuple[str, ...] = ()  # empty until something is fitted or loaded

    @abstractmethod
    def build(self, settings: Mapping[str, Any], seed: int) -> Classifier:
        """Return a model that knows nothing yet."""

    @abstractmethod
    def read(self, path: Path) -> Classifier:
        """Return the model that was saved at `path`."""

    def said(self, example: Example) -> Any:
        """Return what the model reads of an example: its fields as one text."""
        return bare_text(example)

    def judged(self, texts: Sequence[Any]) -> tuple[NDArray[np.float64], Sequence[bool]]:
        """Return the texts' log-probabilities (N, C), and for each whether it was cut to be read."""
        return self.model.log_probabilities(texts), [False] * len(texts)

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from the whole train split, which is read once.

        Raises:
            BadInput: the task has no fixed options, an example has no target or a target that is not
                an option, or there are no examples.
        """
        if not task.labels:
            raise BadInput(f"{self.name} needs a task with fixed options; {task.name} has none")
        place = {label: index for index, label in enumerate(task.labels)}
        texts: list[Any] = []
        targets: list[int] = []
        for example in train:
            targets.append(place[known_target(example, task.labels)])
            texts.append(self.said(example))
        self.model.fit(texts, targets, len(place))
        self.labels = task.labels

    def save(self, folder: Path) -> None:
        """Write the labels and the model."""
        (folder / LABELS).write_text(json.dumps(self.labels, ensure_ascii=False), encoding="utf-8")
        self.model.save(folder / self.file)

    def load(self, folder: Path) -> None:
        """Read the labels and the model.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        try:
            labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))
            self.model = self.read(folder / self.file)
        except DAMAGE as error:
            raise Unavailable(f"{self.name}: the fit in {folder} is damaged: {error}") from error
        self.labels = tuple(labels)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: a request has options of its own.
        """
        if not self.labels:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        return self._answers(requests)

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""

    def _answers(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        place = {label: index for index, label in enumerate(self.labels)}
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            logp, cut = self.judged([self.said(request.example) for request in window])
            seconds = time.perf_counter() - began
            for request, row, less in zip(window, logp.tolist(), cut, strict=True):
                yield Response(
                    request.key,
                    option_scores=self._of_options(request, row, place),
                    finish="stop",
                    timing=Timing(e2e=seconds),
                    truncated=less,
                )

    def _of_options(self, request: Request, row: list[float], place: Mapping[str, int]) -> list[float]:
        """Return the request's options' scores in order; LEAST, or less, for one that fit never saw."""
        columns = [place.get(option.label) for option in request.options]
        if all(column is None for column in columns):
            raise BadInput(f"{self.name} needs a task with fixed options; {request.example.id!r} has its own")
        unseen = min(LEAST, *row)
        return [unseen if column is None else row[column] for column in columns]
