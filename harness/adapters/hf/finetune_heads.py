"""BERT's other patterns, fine-tuned on the train split: a number, an answer's place, tags of tokens.

    rate, embed    one number, by the squared error (STS-B); for `embed` it is how alike two sentences are
    extract        where the answer begins and ends in the context (SQuAD)
    tag            B-TYPE, I-TYPE or O of each token (NER)

What was learnt is a model as transformers keeps it, and is asked as any model with such a head is
(`hf.heads`). Devlin et al. 2019, figure 4.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.fields import field_text
from harness.adapters.hf import finetune, loading
from harness.adapters.hf.adapter import HuggingFace
from harness.adapters.lm import model_files as places
from harness.errors import BadInput, Unavailable
from harness.schema import Example, FitTask, Profile, Request, Response, TrainingContext, TrainingStats

MODEL = "model"
LONG = 384  # tokens of a question and a piece of its context; others read 128
Row = dict[str, Any]
HEADS = {
    "rate": ("AutoModelForSequenceClassification", "SEQ_CLS"),
    "extract": ("AutoModelForQuestionAnswering", "QUESTION_ANS"),
    "tag": ("AutoModelForTokenClassification", "TOKEN_CLS"),
}


class FineTunedHead(Adapter):
    """Answers `rate`, `embed`, `extract` and `tag`. Settings and knobs are those of `finetune.FineTuned`."""

    def __init__(self, profile: Profile) -> None:
        """Remember the profile; nothing is loaded yet.

        Raises:
            BadInput: a setting is out of range.
        """
        finetune.check(profile.settings)
        self.profile, self.name = profile, profile.name
        self.ask = "rate" if profile.ask == "embed" else profile.ask
        self.longest = int(profile.settings.get("max_tokens", LONG if self.ask == "extract" else 128))
        self.commit: str | None = None
        self.training_context: TrainingContext | None = None
        self.learnt: HuggingFace | None = None
        self._took = TrainingStats(0, "cpu")
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def identity(self) -> Mapping[str, str]:
        """Return the hub's `revision`, which is then what is loaded, or the directory's `sha256`."""
        known = places.identity(self.profile)
        self.commit = known.get("revision")
        return known

    def equip(self, training_context: TrainingContext) -> None:
        """Take what to work with."""
        self.training_context = training_context

    def took(self) -> TrainingStats:
        """Return what the fit took."""
        return self._took

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from the whole train split.

        Raises:
            BadInput: there is nothing to learn from, or a target is not of the ask's kind.
            Unavailable: the model cannot be loaded, or peft is not installed.
        """
        from harness.models.training import seeded

        where, options = places.source(self.profile, self.commit)
        _, transformers = loading.engine_libraries()
        labels = ["O", *(f"{place}-{label}" for label in task.labels for place in "BI")]
        shape: Row = {"num_labels": 1, "problem_type": "regression"} if self.ask == "rate" else {}
        if self.ask == "tag":
            shape = {"id2label": dict(enumerate(labels)), "label2id": {n: i for i, n in enumerate(labels)}}
        kind, lora = HEADS[self.ask]
        with seeded(self.profile.seed), places.explained(self.profile):
            tokenizer = transformers.AutoTokenizer.from_pretrained(where, **options)
            tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
            model = getattr(transformers, kind).from_pretrained(where, dtype="float32", **shape, **options)
        model.config.pad_token_id = tokenizer.pad_token_id
        most = loading.context_size(model.config)
        self.longest = min(self.longest, most) if most else self.longest
        rows = [row for example in train for row in self._rows(tokenizer, example, labels)]
        if not rows:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        rank = int(self.profile.settings.get("lora", 0))
        collator: Any = transformers.DataCollatorWithPadding(tokenizer)
        if self.ask == "tag":
            collator = transformers.DataCollatorForTokenClassification(tokenizer)
        made = finetune.with_lora(model, rank, lora) if rank else model
        self._took, network = finetune.trained(self.profile, made, rows, collator, self.training_context)
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name) / MODEL
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        self._answer_with(folder)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer into `folder`."""
        assert self._folder is not None
        shutil.copytree(Path(self._folder.name) / MODEL, folder / MODEL)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote.

        Raises:
            Unavailable: it is not there.
        """
        if not (folder / MODEL / "config.json").exists():
            raise Unavailable(f"{self.name}: the fit in {folder} is damaged: no model")
        self._answer_with(folder / MODEL)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, as batches finish.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if self.learnt is None:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        return self.learnt.answer(requests)

    def close(self) -> None:
        """Let go of the model."""
        if self.learnt is not None:
            self.learnt.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _answer_with(self, folder: Path) -> None:
        kept = {key: value for key, value in self.profile.settings.items() if key in ("device", "batch_size")}
        profile = replace(self.profile, adapter="huggingface", model=str(folder), revision=None)
        self.learnt = HuggingFace(replace(profile, settings=kept, ask=self.ask, chat=False))

    def _rows(self, tokenizer: Any, example: Example, labels: Sequence[str]) -> Iterator[Row]:
        """Yield what is learnt of an example, in tokens."""
        if self.ask == "rate":
            yield self._rated(tokenizer, example)
        elif self.ask == "tag":
            yield self._tagged(tokenizer, example, labels)
        else:
            yield from self._placed(tokenizer, example)

    def _rated(self, tokenizer: Any, example: Example) -> Row:
        texts = [str(value) for value in example.fields.values() if value is not None]
        pair = texts if len(texts) == 2 else ["\n".join(texts)]
        try:
            number = float(str(example.target))
        except ValueError:
            raise BadInput(f"example {example.id!r}: the target {example.target!r} is no number") from None
        return {**tokenizer(*pair, truncation=True, max_length=self.longest), "labels": number}

    def _tagged(self, tokenizer: Any, example: Example, labels: Sequence[str]) -> Row:
        spans: Any = example.target or ()
        text = field_text(example, "context")
        read = tokenizer(text, truncation=True, max_length=self.longest, return_offsets_mapping=True)
        number = {label: place for place, label in enumerate(labels)}
        said: list[int] = []
        last: Any = None
        for begins, end in read.pop("offset_mapping"):
            if begins == end:
                said.append(-100)  # no text: no loss
                continue
            start = begins + len(text[begins:end]) - len(text[begins:end].lstrip())
            within = next((span for span in spans if span[0] <= start < span[1]), None)
            # The first token of a span begins it: of a syllable in bytes, several start where it starts.
            place = "" if within is None else f"{'I' if within is last else 'B'}-{within[2]}"
            said.append(number.get(place, 0))
            last = within
        return {**read, "labels": said}

    def _placed(self, tokenizer: Any, example: Example) -> Iterator[Row]:
        """Yield each window of the context; one without the answer points at its first token."""
        context, question = field_text(example, "context"), field_text(example, "question")
        target: Any = example.target
        answer = target if isinstance(target, str) else (target or ("",))[0]
        first = context.find(answer) if answer else -1
        read = tokenizer(
            question,
            context,
            truncation="only_second",
            max_length=self.longest,
            stride=self.longest // 4,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        for n in range(len(read["input_ids"])):
            row = {key: read[key][n] for key in tokenizer.model_input_names if key in read}
            places = zip(read["offset_mapping"][n], read.sequence_ids(n), strict=True)
            inside = [
                (at, begins, ends)
                for at, ((begins, ends), side) in enumerate(places)
                if side == 1 and first >= 0 and begins < first + len(answer) and ends > first
            ]
            whole = inside and inside[0][1] <= first and inside[-1][2] >= first + len(answer)
            start, end = (inside[0][0], inside[-1][0]) if whole else (0, 0)
            yield {**row, "start_positions": start, "end_positions": end}
