"""One seeded training loop for every network.

    with seeded(seed):
        model = Network(…)
    trained = train(model, loss, lengths, Recipe(epochs=3, seed=seed), training_context=training_context)

`loss(rows)` returns the summed loss of those rows (nats) and how many things it sums over, examples or
tokens; `lengths` says how long each row is, so that rows of about one length share a batch and little of it
is padding. A part of the rows is held out: the weights that stay are those it was least surprised under,
and training ends when it is no longer less surprised.

The same seed gives the same weights on the same machine: the order of the rows is decided by (seed, epoch),
dropout by the seed. With a `training_context` a checkpoint is written now and then, random states included,
so that a training which was killed goes on to the same weights.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.errors import BadInput, Unavailable
from harness.schema import TrainingContext

Loss = Callable[[Sequence[int]], tuple[Tensor, int]]

CHECKPOINT_S = 30.0  # seconds between checkpoints within an epoch; one is written at its end anyway
MOST_EPOCHS = 10  # over few rows
LEAST_BATCH = 16  # rows, however few there are
POOL = 64  # batches whose rows are sorted by length together


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    The rows are gone through `epochs` times; where they are few, more often, until `least_rows` were learnt
    from, but no more than ten times; and in batches small enough that this makes `least_steps`.

    `batch_tokens` bounds rows times the longest of them, `batch_rows` the rows. The learning rate climbs
    over the share `warmup` of all rows and then falls as `schedule` says: `linear` or `cosine` to 0, or
    with the inverse square root, as in "Attention is all you need". `weight_decay` is AdamW's, of matrices
    alone; with 0 it is Adam. `clip` bounds the length of the gradient. `held_out` is the share of the rows
    that is looked at after each epoch, at most `held_out_rows`; fewer than 20 rows say nothing, and none
    are held out then. `patience` is how many epochs without gain end the training.
    """

    epochs: float = 3
    least_rows: int = 0
    least_steps: int = 0
    learning_rate: float = 3e-3
    batch_tokens: int = 4096
    batch_rows: int = 256
    warmup: float = 0.1
    schedule: Literal["linear", "cosine", "inverse_sqrt"] = "linear"
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0
    held_out: float = 0.02
    held_out_rows: int = 2000
    patience: int = 2
    seed: int = 1234

    def check(self) -> None:
        """Check what a user may set.

        Raises:
            BadInput: a value is out of range.
        """
        for name in ("epochs", "learning_rate", "batch_tokens", "batch_rows", "clip", "patience"):
            if not getattr(self, name) > 0:
                raise BadInput(f"{name} {getattr(self, name)}: must be above 0")
        if not 0 <= self.held_out < 1:
            raise BadInput(f"held_out {self.held_out}: should be from 0 to below 1")

    def total(self, rows: int) -> int:
        """Return how many rows are learnt from where there are `rows`, each as often as it is."""
        return max(1, round(self.epochs * rows), min(self.least_rows, MOST_EPOCHS * rows))

    def rows_at_once(self, rows: int) -> int:
        """Return the rows of a batch where there are `rows`: so few that there are enough steps."""
        if not self.least_steps:
            return self.batch_rows
        return min(self.batch_rows, max(LEAST_BATCH, self.total(rows) // self.least_steps))

    def rate(self, progress: float) -> float:
        """Return the learning rate after the share `progress` of the training, 0 to 1."""
        if progress < self.warmup:
            return self.learning_rate * progress / self.warmup
        left = (1 - progress) / (1 - self.warmup)
        if self.schedule == "linear":
            return self.learning_rate * left
        if self.schedule == "cosine":
            return self.learning_rate * (1 - math.cos(math.pi * left)) / 2
        return self.learning_rate * math.sqrt(self.warmup / progress) if progress else self.learning_rate


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training took and found.

    `steps` are updates of the weights, and `earlier` the seconds before the training was stopped and went on,
    0 for one that was not; `losses` the mean loss (nats) of the held-out rows after each
    epoch, of the training rows where none are held out; `held_out` those rows, in order, which no weight
    has seen.
    """

    steps: int
    device: str
    losses: tuple[float, ...]
    held_out: tuple[int, ...]
    earlier: float = 0.0


def pick_device(name: str | None = None) -> torch.device:
    """Return the device called `name`; for `auto` or None the first GPU, if there is one, else the CPU.

    Raises:
        Unavailable: it is not here.
    """
    if name in (None, "auto"):
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise Unavailable(f"device {name}: {str(error).splitlines()[0]}") from None
    return device


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch draw from `seed` within the block, and as if nothing had been drawn after it."""
    gpus = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(seed)
        yield


@contextmanager
def mixed_precision(device: torch.device) -> Iterator[None]:
    """Compute in bfloat16 what bears it, on a GPU that can; elsewhere change nothing."""
    able = device.type == "cuda" and torch.cuda.is_bf16_supported()
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=able):
        yield


def batches(
    lengths: Sequence[int] | NDArray[np.int64],
    *,
    tokens: int,
    rows: int,
    draw: np.random.Generator | None = None,
) -> Iterator[list[int]]:
    """Yield places in `lengths` so that each comes once: up to `rows` of about one length a batch.

    A batch's rows times its longest are at most `tokens`, but for a row that alone is longer. With `draw`
    the order is random: of the rows, and of the batches; without it, by length.
    """
    size = np.asarray(lengths, np.int64)
    order = np.argsort(size, kind="stable") if draw is None else draw.permutation(len(size))
    pool = POOL * rows if draw is not None else max(1, len(order))
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        cut = list(_cut(part[np.argsort(size[part], kind="stable")], size, tokens, rows))
        yield from cut if draw is None else (cut[i] for i in draw.permutation(len(cut)))


def _cut(order: NDArray[np.int64], size: NDArray[np.int64], tokens: int, rows: int) -> Iterator[list[int]]:
    """Yield `order`, which is by length, in batches."""
    batch: list[int] = []
    for row, length in zip(order.tolist(), size[order].tolist(), strict=True):
        if batch and (len(batch) == rows or (len(batch) + 1) * length > tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def train(
    model: nn.Module,
    loss: Loss,
    lengths: Sequence[int],
    recipe: Recipe,
    *,
    training_context: TrainingContext | None = None,
    what: str = "training",
) -> Trained:
    """Train `model` in place, on the device it is on, and return what it took. It ends in evaluation mode.

    `what` names this training among those of a fit (`pretraining`, `training`): in its checkpoint, and to
    whoever watches. A checkpoint in the training_context must be of the same data and settings.

    Raises:
        BadInput: there are no rows.
        Unavailable: the loss or the gradient is no number. The last good checkpoint stays.
    """
    recipe.check()
    if not len(lengths):
        raise BadInput("there is nothing to learn from")
    with seeded(recipe.seed):
        return _Training(model, loss, np.asarray(lengths, np.int64), recipe, training_context, what).go()


@torch.no_grad()
def mean_loss(
    model: nn.Module,
    loss: Loss,
    lengths: Sequence[int] | NDArray[np.int64],
    rows: Sequence[int],
    recipe: Recipe,
) -> float:
    """Return the mean loss (nats) of `rows`, the model in evaluation mode."""
    model.eval()
    total, count = 0.0, 0
    size = np.asarray(lengths, np.int64)[list(rows)]
    for batch in batches(size, tokens=recipe.batch_tokens, rows=recipe.batch_rows):
        summed, things = loss([rows[i] for i in batch])
        total, count = total + float(summed), count + things
    return total / max(count, 1)


class _Training:
    """A training under way. Everything that decides how it goes on is in its checkpoint."""

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        lengths: NDArray[np.int64],
        recipe: Recipe,
        training_context: TrainingContext | None,
        what: str,
    ) -> None:
        self.model, self.loss, self.lengths, self.recipe, self.what = model, loss, lengths, recipe, what
        self.watch = training_context.watch if training_context else None
        self.path = (
            training_context.checkpoints / f"{what}.pt"
            if training_context and training_context.checkpoints
            else None
        )
        self.device = next(model.parameters()).device
        self.optimiser = _optimiser(model, recipe, self.device)
        order = np.random.default_rng((recipe.seed, 0)).permutation(len(lengths))
        count = min(int(recipe.held_out * len(order)), recipe.held_out_rows)
        count = count if count >= 20 else 0
        self.held_out: list[int] = sorted(order[:count].tolist())
        self.rows: NDArray[np.int64] = np.sort(order[count:])
        self.total = recipe.total(len(self.rows))
        self.epoch = self.batch = self.seen = self.steps = 0
        self.sum, self.count = 0.0, 0  # of the loss within the epoch
        self.losses: list[float] = []
        self.best: dict[str, Tensor] = {}
        self.done = False
        self.earlier = 0.0
        self.began = self.saved = time.monotonic()
        self.checkpointed: int | None = None  # the step of the last checkpoint

    def go(self) -> Trained:
        self._resume()
        while not self.done:
            self._epoch()
        self.model.load_state_dict(self.best)
        self.model.eval()
        return Trained(self.steps, str(self.device), tuple(self.losses), tuple(self.held_out), self.earlier)

    def _epoch(self) -> None:
        """Go through the rows once, or as far as `epochs` says, and look at what is held out."""
        draw = np.random.default_rng((self.recipe.seed, 1 + self.epoch))
        how = {"tokens": self.recipe.batch_tokens, "rows": self.recipe.rows_at_once(len(self.rows))}
        self.model.train()
        for number, places in enumerate(batches(self.lengths[self.rows], **how, draw=draw)):
            if number < self.batch:
                continue  # learnt from before the checkpoint
            if self.seen >= self.total:
                break
            self._step(self.rows[places].tolist())
            self.batch = number + 1
            if time.monotonic() - self.saved > CHECKPOINT_S:
                self._save()
        self._judge()
        self.epoch, self.batch, self.sum, self.count = self.epoch + 1, 0, 0.0, 0
        self._save()

    def _step(self, rows: list[int]) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate((self.seen + len(rows) / 2) / self.total)
        with mixed_precision(self.device):
            summed, things = self.loss(rows)
        mean = summed / max(things, 1)
        self.optimiser.zero_grad(set_to_none=True)
        mean.backward()
        length = nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        shown = float(mean.detach())
        if not (math.isfinite(shown) and math.isfinite(float(length))):
            raise self._diverged()
        self.optimiser.step()
        self.seen, self.steps = self.seen + len(rows), self.steps + 1
        self.sum, self.count = self.sum + shown * things, self.count + things
        if self.watch:
            self.watch(self.what, min(self.seen, self.total), self.total, shown)

    def _judge(self) -> None:
        """Keep the weights if they are the best so far, and end where nothing more is to be gained."""
        if self.held_out:
            found = mean_loss(self.model, self.loss, self.lengths, self.held_out, self.recipe)
        else:
            found = self.sum / max(self.count, 1)
        if not math.isfinite(found):
            raise self._diverged()
        self.losses.append(found)
        since = len(self.losses) - 1 - int(np.argmin(self.losses))
        if since == 0 or not self.held_out:  # what was learnt from says nothing about when to stop
            self.best = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.done = self.seen >= self.total or (bool(self.held_out) and since >= self.recipe.patience)

    def _diverged(self) -> Unavailable:
        rate, kept = self.recipe.learning_rate, "there is no checkpoint yet"
        if self.path is not None and self.checkpointed is not None:
            kept = f"the last good checkpoint, of step {self.checkpointed:,}, stays in {self.path}"
        return Unavailable(
            f"the loss or its gradient is no number at step {self.steps + 1:,} of {self.what}, with a "
            f"learning rate of {rate:g}; set a lower one: -m learning_rate={rate / 10:g}; {kept}"
        )

    def _save(self) -> None:
        """Write the checkpoint, whole or not at all. A disk that is full costs it, not the training."""
        self.saved = time.monotonic()
        if self.path is None:
            return
        state = {
            **{name: getattr(self, name) for name in _COUNTERS},
            "earlier": self.earlier + self.saved - self.began,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best": self.best,
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".part")
            torch.save(state, beside)
            beside.replace(self.path)
        except (OSError, RuntimeError):  # torch's zip writer raises the latter
            return
        self.checkpointed = self.steps

    def _resume(self) -> None:
        """Go on from the checkpoint, if there is one that is whole."""
        if self.path is None or not self.path.exists():
            return
        try:
            state: dict[str, Any] = torch.load(self.path, map_location=self.device, weights_only=True)
        except Exception:  # whatever torch makes of half a file
            return
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"].cpu())
        if self.device.type == "cuda" and state["random_gpu"]:
            torch.cuda.set_rng_state_all([one.cpu() for one in state["random_gpu"]])
        for name in _COUNTERS:
            setattr(self, name, state[name])
        self.best, self.earlier, self.checkpointed = state["best"], state["earlier"], self.steps


_COUNTERS = ("epoch", "batch", "seen", "steps", "sum", "count", "losses", "done")


def _optimiser(model: nn.Module, recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    """Return AdamW; vectors (biases, the scales of norms) do not decay."""
    known = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in known if one.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [one for one in known if one.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=recipe.betas, fused=True)
