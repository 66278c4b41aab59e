"""The reward model that is trained here on pairs of a preferred and a rejected response, and ranks others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from harness.adapters.batching import windows
from harness.adapters.networks.base import NetworkAdapter
from harness.errors import BadInput
from harness.schema import Example, FitTask, Request, Response, Timing

LONGEST = 256  # tokens of a response


class RewardAdapter(NetworkAdapter):
    """Answers `rank`: the reward of each response as its score. It reads the responses alone.

    Settings: `width`, `vocabulary`, `tokeniser`, `dropout`, and those of every training.
    """

    RECIPE: ClassVar[Mapping[str, Any]] = {
        **{"epochs": 12, "learning_rate": 5e-3, "batch_rows": 64, "held_out": 0.1, "patience": 3},
        "weight_decay": 0.1,
    }

    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return a reward model of random weights."""
        from harness.models.reward import RewardModel

        return RewardModel(**shape)

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn to prefer each train example's right response to its others.

        Raises:
            BadInput: there are no pairs.
        """
        from harness.models import tokenizers as tokenisers
        from harness.models.networks import TokenRows
        from harness.models.reward import bradley_terry

        pairs = [pair for example in train for pair in _pairs(task.request(example))]
        if not pairs:
            raise BadInput(f"{self.name}: {task.name} has no pairs of responses to learn from")
        texts = [text for pair in pairs for text in pair]
        shape = self.chosen(width=64, vocabulary=8000, dropout=0.3)
        kind = str(self.settings.get("tokeniser", "bpe"))
        self.tokeniser = tokenisers.train(kind, texts, size=shape["vocabulary"])
        self.start({**shape, "vocabulary": len(self.tokeniser)})
        chosen, rejected = (
            TokenRows(self.tokeniser, [(pair[side],) for pair in pairs], LONGEST) for side in (0, 1)
        )

        def loss(rows: Sequence[int]) -> tuple[Any, int]:
            rewards = [self.network(side.batch(rows, self.device)) for side in (chosen, rejected)]
            return bradley_terry(*rewards).sum(), len(rows)

        self.train(loss, (chosen.lengths + rejected.lengths).tolist())

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, the rewards of its options as their scores.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        import torch

        from harness.models.networks import TokenRows

        self.ready()
        assert self.tokeniser is not None
        for window in windows(requests, self.batch_size):
            began = time.perf_counter()
            texts = [(option.words,) for request in window for option in request.options]
            read = TokenRows(self.tokeniser, texts, LONGEST)
            with torch.inference_mode():
                rewards = iter(self.network(read.batch(range(len(texts)), self.device)).tolist())
            cut = iter(read.cut)
            seconds = time.perf_counter() - began
            for request in window:
                scores = [next(rewards) for _ in request.options]
                timing = Timing(e2e=seconds)
                less = max([next(cut) for _ in request.options], default=False)
                yield Response(
                    request.key, option_scores=scores, finish="stop", timing=timing, truncated=less
                )


def _pairs(request: Request) -> Iterator[tuple[str, str]]:
    """Yield (the right response, another one) of a request."""
    right = [option.words for option in request.options if option.label == request.example.target]
    for option in request.options:
        if right and option.label != request.example.target:
            yield right[0], option.words
