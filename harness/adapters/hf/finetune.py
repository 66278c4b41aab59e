"""Any encoder or causal model of transformers, fine-tuned on the train split to choose among its options.

A head of one score an option is put on the model and learnt with it by transformers' Trainer; with `lora`,
low-rank additions to its matrices are learnt in their place (Hu et al. 2022). It reads the bare text, of two
fields as a pair.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import DISTRIBUTION
from harness.adapters.base import Adapter
from harness.adapters.fields import field_texts
from harness.adapters.fitted_classifier import Classical
from harness.adapters.hf import loading
from harness.adapters.lm import model_files as places
from harness.errors import BadInput, Unavailable
from harness.models import LEAST
from harness.schema import Example, Profile, TrainingContext, TrainingStats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FieldTexts = tuple[str, ...]  # an example's fields


class FineTuned(Classical):
    """Answers `choose`. The weights that were learnt are kept as transformers keeps them.

    Settings: `epochs`, `learning_rate`, `batch_rows`, `weight_decay`, `max_tokens` (of a text), `lora` (the
    rank; 0 is none). Knobs: `device` (auto or cpu), `batch_size` (of answers).
    """

    file = "model"
    model: Tuner

    def __init__(self, profile: Profile) -> None:
        """Remember the profile; nothing is loaded yet."""
        self.profile = profile
        super().__init__(profile)

    def build(self, settings: Mapping[str, Any], seed: int) -> Tuner:
        """Return a model that knows nothing of the task yet."""
        return Tuner(self.profile)

    def read(self, path: Path) -> Tuner:
        """Return the model that was saved at `path`."""
        self.model.load(path)
        return self.model

    def said(self, example: Example) -> FieldTexts:
        """Return the example's fields, those that are None left out."""
        return field_texts(example)

    def judged(self, texts: Sequence[Any]) -> tuple[NDArray[np.float64], Sequence[bool]]:
        """Return the texts' log-probabilities (N, C), and for each whether it has more than `max_tokens`."""
        rows, cut = self.model.encoded(texts)
        return self.model.log_probabilities_of(rows), cut

    def identity(self) -> Mapping[str, str]:
        """Return the hub's `revision`, which is then what is loaded, or the directory's `sha256`."""
        known = places.identity(self.profile)
        self.model.commit = known.get("revision")
        return known

    def equip(self, training_context: TrainingContext) -> None:
        """Take what to work with."""
        self.model.training_context = training_context

    def took(self) -> TrainingStats:
        """Return what the fit took."""
        return self.model.took


def check(settings: Mapping[str, Any]) -> None:
    """Check what a training is told.

    Raises:
        BadInput: a number is not above 0.
    """
    for name in ("epochs", "learning_rate", "batch_rows", "max_tokens"):
        if name in settings and not settings[name] > 0:
            raise BadInput(f"{name} {settings[name]}: must be above 0")


def finetune(profile: Profile) -> Adapter:
    """Return what is fine-tuned for what is asked: a class of texts, else a number, spans or an answer."""
    from harness.adapters.hf.finetune_heads import FineTunedHead

    return FineTuned(profile) if profile.ask == "choose" else FineTunedHead(profile)


class Tuner:
    """A model of transformers with a head, and its tokenizer."""

    def __init__(self, profile: Profile) -> None:
        """Check the settings.

        Raises:
            BadInput: one is out of range.
        """
        self.profile, self.settings = profile, profile.settings
        check(self.settings)
        self.longest = int(self.settings.get("max_tokens", 128))
        self.commit: str | None = None
        self.training_context: TrainingContext | None = None
        self.took = TrainingStats(0, "cpu")

    def fit(self, texts: Sequence[FieldTexts], labels: Sequence[int], classes: int) -> None:
        """Learn from `texts` and their `labels`, each in [0, classes).

        Raises:
            BadInput: there are no texts.
            Unavailable: the model cannot be loaded, or peft is not installed.
        """
        from harness.models.training import seeded

        if not texts:
            raise BadInput("a classifier needs at least one example to learn from")
        where, options = places.source(self.profile, self.commit)
        _, transformers = loading.engine_libraries()
        with seeded(self.profile.seed), places.explained(self.profile):
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(where, **options)
            self.tokenizer.pad_token = self.tokenizer.pad_token or self.tokenizer.eos_token
            model = transformers.AutoModelForSequenceClassification.from_pretrained(
                where, num_labels=classes, dtype="float32", **options
            )
        model.config.pad_token_id = self.tokenizer.pad_token_id
        rank = int(self.settings.get("lora", 0))
        self._train(with_lora(model, rank) if rank else model, texts, labels)

    def _train(self, model: Any, texts: Sequence[FieldTexts], labels: Sequence[int]) -> None:
        _, transformers = loading.engine_libraries()
        rows = [
            {"input_ids": ids, "labels": label}
            for ids, label in zip(self.encoded(texts)[0], labels, strict=True)
        ]
        collator = transformers.DataCollatorWithPadding(self.tokenizer)
        self.took, self.network = trained(self.profile, model, rows, collator, self.training_context)

    def log_probabilities(self, texts: Sequence[FieldTexts]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), none below LEAST."""
        return self.log_probabilities_of(self.encoded(texts)[0])

    def log_probabilities_of(self, rows: Sequence[list[int]]) -> NDArray[np.float64]:
        """Return those of texts that are tokens already."""
        import numpy as np
        import torch

        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        found = np.empty((len(rows), self.network.config.num_labels))
        size = max(1, int(self.settings.get("batch_size") or 32))
        for start in range(0, len(order), size):
            places = order[start : start + size]
            batch = self.tokenizer.pad({"input_ids": [rows[n] for n in places]}, return_tensors="pt")
            with torch.inference_mode():
                logits = self.network(**batch.to(self.network.device)).logits.double()
            found[places] = logits.log_softmax(-1).cpu().numpy()
        return np.maximum(found, LEAST)

    def encoded(self, texts: Sequence[FieldTexts]) -> tuple[list[list[int]], list[bool]]:
        """Return each text's tokens, and whether it has more than the `longest` that are read of it."""
        paired = any(len(text) > 1 for text in texts)
        rows = self._tokens(texts, paired=paired, truncation=True, max_length=self.longest)
        cut = [False] * len(rows)
        for n, row in enumerate(rows):
            if len(row) >= self.longest:
                (whole,) = self._tokens([texts[n]], paired=paired, verbose=False)
                cut[n] = len(whole) > len(row)
        return rows, cut

    def _tokens(self, texts: Sequence[FieldTexts], *, paired: bool, **how: Any) -> list[list[int]]:
        """Return each text's tokens, as the model's own tokenizer marks one text or a pair."""
        said = [(text or ("",))[0] for text in texts]
        pairs = ["\n".join(text[1:]) for text in texts] if paired else None
        ids: list[list[int]] = self.tokenizer(said, pairs, **how)["input_ids"]
        empty = self.tokenizer.eos_token_id or self.tokenizer.pad_token_id
        return [row or [empty] for row in ids]

    def save(self, path: Path) -> None:
        """Write model and tokenizer into the folder `path`."""
        self.network.save_pretrained(path)
        self.tokenizer.save_pretrained(path)

    def load(self, path: Path) -> None:
        """Read what `save` wrote."""
        torch, transformers = loading.engine_libraries()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(path, local_files_only=True)
        self.network = model.to(loading.device(self.profile, torch)).eval()


def trained(
    profile: Profile,
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    collator: Any,
    training_context: TrainingContext | None,
) -> tuple[TrainingStats, Any]:
    """Return what transformers' Trainer took to train a model on rows, and the model, ready to answer.

    A checkpoint in the training_context is gone on from.
    """
    from harness.models.training import seeded

    _, transformers = loading.engine_libraries()
    kept = training_context.checkpoints if training_context else None
    with tempfile.TemporaryDirectory() as scratch, seeded(profile.seed):
        folder = str(kept or scratch)
        trainer = transformers.Trainer(
            model=model,
            args=_arguments(profile, transformers, folder, keep=kept is not None),
            train_dataset=rows,
            data_collator=collator,
            callbacks=[_watching(transformers, training_context)] if training_context else [],
        )
        trainer.remove_callback(transformers.trainer_callback.PrinterCallback)  # raw dicts on stdout
        last = transformers.trainer_utils.get_last_checkpoint(folder) if Path(folder).is_dir() else None
        trainer.train(resume_from_checkpoint=last)
    merged = model.merge_and_unload() if hasattr(model, "merge_and_unload") else model
    return TrainingStats(trainer.state.global_step, str(model.device)), merged.eval()


def _arguments(profile: Profile, transformers: Any, folder: str, *, keep: bool) -> Any:
    settings = profile.settings
    return transformers.TrainingArguments(
        output_dir=folder,
        num_train_epochs=settings.get("epochs", 3.0),
        learning_rate=settings.get("learning_rate", 1e-3 if settings.get("lora") else 5e-5),
        per_device_train_batch_size=settings.get("batch_rows", 32),
        weight_decay=settings.get("weight_decay", 0.01),
        warmup_steps=0.1,  # below 1, a share of all steps
        seed=profile.seed,
        use_cpu=settings.get("device") == "cpu",
        save_strategy="epoch" if keep else "no",
        save_total_limit=1,
        logging_steps=10,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
    )


def with_lora(model: Any, rank: int, kind: str = "SEQ_CLS") -> Any:
    """Return the model with low-rank additions to every linear layer, which alone are learnt with the head.

    Raises:
        Unavailable: peft is not installed.
    """
    if find_spec("peft") is None:
        raise Unavailable(f"lora needs peft: pip install '{DISTRIBUTION}[lora]'")
    import peft

    return peft.get_peft_model(
        model,
        peft.LoraConfig(task_type=kind, r=rank, lora_alpha=2 * rank, target_modules="all-linear"),
    )


def _watching(transformers: Any, training_context: TrainingContext) -> Any:
    """Return a callback of the Trainer that shows how far it is."""

    def on_log(_self: Any, _args: Any, state: Any, _control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            training_context.watch("fine-tuning", state.global_step, state.max_steps, logs["loss"])

    return type("Watching", (transformers.TrainerCallback,), {"on_log": on_log})()
