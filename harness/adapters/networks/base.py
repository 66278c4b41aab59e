"""What adapters share whose network writes, reads or sees: a fit, its checkpoints, its files."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.base import Adapter
from harness.errors import BadInput, Unavailable
from harness.schema import Profile, TrainingContext, TrainingStats

if TYPE_CHECKING:
    from harness.models.tokenizers import Tokeniser
    from harness.models.training import Loss, Trained

ABOUT, TOKENISER, WEIGHTS = "network.json", "tokeniser.json", "weights.pt"


SHARES = ("dropout", "smoothing", "words")


class NetworkAdapter(Adapter):
    """A learner around a network. What it learnt is its `shape`, a tokeniser if it has one, and weights.

    A subclass says by which RECIPE its network is trained unless the user says otherwise, and builds one from
    a shape: the arguments of its page.
    """

    BATCH_SIZE = 32
    RECIPE: ClassVar[Mapping[str, Any]]  # what suits the network better than the training's own defaults

    def __init__(self, profile: Profile) -> None:
        """Remember the settings; nothing heavy is imported yet."""
        self.profile, self.name, self.settings = profile, profile.name, profile.settings
        self.batch_size = max(1, int(self.settings.get("batch_size") or self.BATCH_SIZE))
        self.training_context: TrainingContext | None = None
        self.network: Any = None
        self.shape: dict[str, Any] = {}
        self.tokeniser: Tokeniser | None = None
        self._trained: Trained | None = None

    def recipe(self, rows: int) -> Mapping[str, Any]:
        """Return the recipe for so many rows."""
        return self.RECIPE

    @abstractmethod
    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return a network of random weights."""

    def equip(self, training_context: TrainingContext) -> None:
        """Take what to work with."""
        self.training_context = training_context

    def took(self) -> TrainingStats:
        """Return what the steps of the fit took."""
        assert self._trained is not None
        return TrainingStats(self._trained.steps, self._trained.device, self._trained.earlier)

    def chosen(self, **usual: Any) -> dict[str, Any]:
        """Return the settings called as in `usual`, those that the user left out as they are there.

        Raises:
            BadInput: a size is not above 0, a share not from 0 to below 1, or heads do not divide the width.
        """
        found = {name: self.settings.get(name, value) for name, value in usual.items()}
        for name, value in found.items():
            share = isinstance(value, float) or name in SHARES
            if share and not 0 <= value < 1:
                raise BadInput(f"{name} {value}: should be from 0 to below 1")
            if type(value) is int and not share and value < 1:
                raise BadInput(f"{name} {value}: must be at least 1")
        if found.get("width", 0) % found.get("heads", 1):
            raise BadInput(f"heads {found['heads']}: should divide the width, {found['width']}")
        return found

    def train(self, loss: Loss, lengths: Sequence[int]) -> None:
        """Train the network that `start` built.

        Raises:
            Unavailable: the loss is no number.
        """
        from harness.models import training

        known = {field.name for field in fields(training.Recipe)}
        given = {name: value for name, value in self.settings.items() if name in known}
        recipe = training.Recipe(**{**self.recipe(len(lengths)), **given}, seed=self.profile.seed)
        self._trained = training.train(
            self.network, loss, lengths, recipe, training_context=self.training_context
        )

    def start(self, shape: Mapping[str, Any]) -> None:
        """Build the network, with weights that the seed decides, where it will be trained and asked."""
        from harness.models import training

        self.shape = dict(shape)
        with training.seeded(self.profile.seed):
            self.network = self.build(shape)
        self.network.to(training.pick_device(self.settings.get("device")))

    @property
    def device(self) -> Any:
        """Return where the network is."""
        return next(self.network.parameters()).device

    def save(self, folder: Path) -> None:
        """Write what was learnt; nothing of it is code."""
        import torch

        (folder / ABOUT).write_text(json.dumps(self.shape, ensure_ascii=False), encoding="utf-8")
        if self.tokeniser is not None:
            self.tokeniser.save(folder / TOKENISER)
        torch.save(self.network.state_dict(), folder / WEIGHTS)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        import torch

        from harness.models import tokenizers as tokenisers

        try:
            self.start(json.loads((folder / ABOUT).read_text(encoding="utf-8")))
            if (folder / TOKENISER).exists():
                self.tokeniser = tokenisers.load(folder / TOKENISER)
            weights = torch.load(folder / WEIGHTS, map_location=self.device, weights_only=True)
            self.network.load_state_dict(weights)
        except (OSError, EOFError, KeyError, ValueError, RuntimeError) as error:
            raise Unavailable(f"{self.name}: the fit in {folder} is damaged: {error}") from error
        self.network.eval()

    def ready(self) -> None:
        """See that there is something to answer with.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if self.network is None:
            raise Unavailable(f"{self.name} must be fitted before it answers")

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens left out."""
        assert self.tokeniser is not None
        return self.tokeniser.count(text)

    def close(self) -> None:
        """Let go of the network."""
        self.network = None
