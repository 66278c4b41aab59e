"""A small GPT, trained on the task itself: each train example's prompt, the delimiter, and its answer.

A fitted system reads the query alone. It has seen the whole train split, so a task of ten shots is rendered
without them, when it learns and when it answers. For `score` it learns the texts themselves.

How options and texts are scored is what `huggingface` does with a model from a hub, so that an exported
model gives the same figures there; so is how a reply ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from harness import DISTRIBUTION
from harness.adapters.batching import windows
from harness.adapters.fields import field_text
from harness.adapters.lm import likelihood
from harness.adapters.lm import tokenizer as tokenising
from harness.adapters.lm.generation import MAX_TOKENS, GeneratingNetwork, Prompt
from harness.adapters.lm.likelihood import Sum
from harness.adapters.networks.base import NetworkAdapter
from harness.errors import BadInput, Unavailable
from harness.schema import Example, FitTask, Profile, Request, Response

WINDOW = 512  # requests pulled at a time, once the first batch is answered
LESSONS = 60_000  # rows that are seen at least, …
LEAST_EPOCHS, MOST_EPOCHS = 2.0, 40.0  # … but each no less and no more often than this
TEXT_WEIGHT = 0.5  # of the language loss beside the answer's: Radford et al. 2018
TEXT_SHARE = 0.1  # of the tokens before an answer, whose loss is computed


class OwnTokens(tokenising.Tokens):
    """A tokeniser of our own in the place of a hub's: it puts nothing in by itself."""

    def __init__(self, tokeniser: Any, profile: Profile) -> None:
        from harness.models.tokenizers import BOS, EOS, PAD

        self.tokenizer, self.profile = tokeniser, profile
        self.bos, self.eos, self.pad = BOS, EOS, PAD

    def encode(self, texts: list[str], *, special: bool) -> list[list[int]]:
        """Return the tokens of each text."""
        ids: list[list[int]] = self.tokenizer.encode(texts)
        return ids

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, special tokens left out."""
        return str(self.tokenizer.decode(ids))

    def passage(self, text: str) -> tuple[list[int], int]:
        """Return the tokens of a text that is scored whole, and the token that it is read after."""
        return self.encode([text], special=False)[0], self._start()

    def _adds_special(self, text: str) -> bool:
        return False


class Gpt(NetworkAdapter):
    """Answers `choose`, `generate` and `score` with a GPT fitted on the train split.

    Settings: `layers`, `heads`, `width`, `context` (tokens), `vocabulary`, `length_penalty` of beams, and
    those of training. Knobs: `device`, `batch_size`.
    """

    BATCH_SIZE = 64
    RECIPE: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "batch_tokens": 8192,
        "batch_rows": 64,
        "warmup": 0.05,
    }

    def recipe(self, rows: int) -> Mapping[str, Any]:
        """Return the recipe; few rows are gone through more often, so that as many lessons are seen."""
        return {**self.RECIPE, "epochs": max(LEAST_EPOCHS, min(MOST_EPOCHS, LESSONS / rows))}

    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return a GPT of random weights."""
        from harness.models.gpt import GPT

        return GPT(**shape)

    @property
    def tokens(self) -> OwnTokens:
        """Return the tokeniser in the shape that `huggingface` uses."""
        return OwnTokens(self.tokeniser, self.profile)

    # ---- learning ---------------------------------------------------------------------------------

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn to continue each train prompt with its answer; for `score`, each text.

        Raises:
            BadInput: there are no examples, or one has no answer.
        """
        from harness.models import tokenizers as tokenisers

        texts = [self._lesson(example, task) for example in train]
        if not texts:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        shape = self.chosen(layers=2, heads=4, width=128, context=256, vocabulary=8000, dropout=0.1)
        whole = ("".join(parts) for parts in texts)
        self.tokeniser = tokenisers.train("byte_bpe", whole, size=shape["vocabulary"])
        shape |= {"vocabulary": len(self.tokeniser), "d": shape.pop("width")}
        rows = self._rows(texts, shape["context"])
        lengths = [len(ids) for ids, _ in rows]
        self.start(shape)
        self.train(lambda batch: self._loss([rows[row] for row in batch]), lengths)

    def _lesson(self, example: Example, task: FitTask) -> tuple[str, str]:
        """Return what is read and what is to be said; blanks at the prompt's end belong to what is said."""
        if self.profile.ask == "score":
            return "", field_text(example, "text")
        parts = task.request(example).parts
        prompt = parts.prompt.rstrip()
        return prompt, parts.prompt[len(prompt) :] + parts.delimiter + task.answer(example)

    def _rows(self, texts: Sequence[tuple[str, str]], context: int) -> list[tuple[list[int], int]]:
        """Return each lesson's tokens, the end token last, and how many of them are its answer's."""
        from harness.models.tokenizers import BOS, EOS

        prompts = self.tokens.encode([prompt for prompt, _ in texts], special=False)
        wholes = self.tokens.encode(["".join(parts) for parts in texts], special=False)
        rows: list[tuple[list[int], int]] = []
        for before, whole in zip(prompts, wholes, strict=True):
            pair = tokenising.split_together(before, [[*whole, EOS]])[0]
            # What has no prompt may be longer than the context, and is learnt a window at a time.
            pairs = [pair] if pair.prompt else likelihood.windows(pair.option, BOS, context)
            rows += [_cut([*read, *said], len(said), context + 1) for read, said in pairs]
        return rows

    def _loss(self, batch: Sequence[tuple[list[int], int]]) -> tuple[Any, int]:
        """Return the loss of a batch: of answers alone where it is only measured."""
        import torch

        width = max(len(ids) for ids, _ in batch)
        ids = torch.tensor([ids + [-1] * (width - len(ids)) for ids, _ in batch])  # (B, T)
        starts = torch.tensor([[len(ids) - answer] for ids, answer in batch])
        answers = torch.arange(width) >= starts
        weight = TEXT_WEIGHT if self.network.training else 0.0
        mean = self.network.loss(
            ids.to(self.device), answers.to(self.device), share=TEXT_SHARE, weight=weight
        )
        return mean * len(batch), len(batch)

    def export(self, folder: Path) -> None:
        """Write the model as a GPT-2 of transformers, its tokenizer beside it.

        Raises:
            Unavailable: nothing was fitted, or transformers is not installed.
        """
        self.ready()
        if find_spec("transformers") is None:
            raise Unavailable(f"an export needs transformers: pip install '{DISTRIBUTION}[hf]'")
        from harness.adapters.networks.gpt2_export import write

        write(self.network, self.tokeniser, folder)

    # ---- answering --------------------------------------------------------------------------------

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        self.ready()
        compares = self.profile.ask == "choose" and self.profile.choose_by == "logprobs"
        answer = self._choose if compares else self._read if self.profile.ask == "score" else self._generate
        for window in windows(requests, self.batch_size, max(WINDOW, self.batch_size)):
            yield from answer(window)

    def _choose(self, requests: Sequence[Request]) -> Iterator[Response]:
        yield from self._summed([self._choice(request) for request in requests])

    def _read(self, requests: Sequence[Request]) -> Iterator[Response]:
        yield from self._summed([self._passage(request) for request in requests])

    def _choice(self, request: Request) -> likelihood.Choice:
        """Return the request's options in tokens after its prompt, the prompt's beginning cut to fit."""
        tokens, parts = self.tokens, request.parts
        pairs = tokens.split(parts.prompt, [parts.delimiter + option.text for option in request.options])
        room = max(1, self.network.context + 1 - max(len(pair.option) for pair in pairs))
        cut = [tokenising.Pair(tokens.cut(pair.prompt, room), pair.option) for pair in pairs]
        return likelihood.Choice(request, cut, truncated=cut != pairs)

    def _passage(self, request: Request) -> likelihood.Passage:
        """Return the request's text in windows of tokens."""
        ids, start = self.tokens.passage(field_text(request.example, "text"))
        return likelihood.Passage(request, likelihood.windows(ids, start, self.network.context))

    def _summed(self, owners: Sequence[likelihood.Summed]) -> Iterator[Response]:
        yield from (owner.response(self.profile.normalise) for owner in owners if not owner.left)
        # Options that part only in their last token, which is predicted and never read, are one row.
        alike: dict[tuple[int, ...], list[Sum]] = {}
        for owner in owners:
            for one in owner.wanted():
                alike.setdefault(tuple(one.ids), []).append(one)
        rows = sorted(alike.values(), key=lambda row: len(row[0].ids))
        for start in range(0, len(rows), self.batch_size):
            batch = rows[start : start + self.batch_size]
            began = time.perf_counter()
            self._sum(batch)
            span = (began, time.perf_counter())
            for done in (one for row in batch for one in row):
                done.spans.add(span)
                done.owner.settle(done.ended())
                if not done.owner.left:
                    yield done.owner.response(self.profile.normalise)

    def _sum(self, rows: Sequence[Sequence[Sum]]) -> None:
        """Give each sum its total; those of a row read the same tokens."""
        import torch

        width = max(len(row[0].ids) for row in rows)
        ids = [[*row[0].ids, *[0] * (width - len(row[0].ids))] for row in rows]  # padding is never seen
        with torch.inference_mode():
            hidden = self.network(torch.tensor(ids).to(self.device))[0]  # (B, T, d)
            found = []
            for number, row in enumerate(rows):
                first = min(one.first for one in row)
                ends = hidden[number, first : len(row[0].ids)]  # (P, d)
                logp = self.network.logits(ends).float().log_softmax(-1)  # (P, V)
                for one in row:
                    targets = torch.tensor(one.targets, device=logp.device)[:, None]
                    found.append(logp[-len(one.targets) :].gather(1, targets).sum())
            totals = torch.stack(found).tolist()
        for one, total in zip((one for row in rows for one in row), totals, strict=True):
            one.total = total

    def _generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield replies; prompts of one length are read together, so that none is padded."""
        alike: dict[Any, list[Prompt]] = {}
        for request in requests:
            prompt = self._prompt(request)
            alike.setdefault((request.decoding, len(prompt.ids)), []).append(prompt)
        writer = GeneratingNetwork(
            self.network.begin,
            self.tokens.text,
            self.tokens.eos or 0,
            self.settings.get("length_penalty", 1.0),
        )
        for prompts in alike.values():
            for start in range(0, len(prompts), self.batch_size):
                yield from writer.replies(prompts[start : start + self.batch_size])

    def _prompt(self, request: Request) -> Prompt:
        """Return the prompt in tokens; the context keeps room for `max_tokens`, at most half of it."""
        new, context = request.decoding.max_tokens or MAX_TOKENS, self.network.context
        ids = self.tokens.of(request.prompt)
        cut = self.tokens.cut(ids, max(context - new, context // 2))
        return Prompt(request, cut, min(new, context - len(cut)), seen=cut, truncated=cut != ids)


def _cut(ids: list[int], answer: int, room: int) -> tuple[list[int], int]:
    """Return the last `room` tokens of a lesson: what is cut is the beginning of its prompt."""
    kept = ids[-room:]
    return kept, min(answer, len(kept) - 1)
