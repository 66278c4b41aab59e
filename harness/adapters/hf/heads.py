"""Models with a head, asked what it was made for: a class, a number, spans, an answer's place, a mask.

All but the last read the bare input and no prompt, as they were trained to: one text, or two as a pair.
Which option a class is, `class_options` says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from harness.adapters.fields import field_text, field_texts
from harness.adapters.hf import batching as batches
from harness.adapters.hf import loading
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.class_options import class_options, option_log_probabilities
from harness.adapters.hf.engine import free
from harness.adapters.hf.forward_pass import batch
from harness.adapters.lm.errors import BROKEN, TimeSpan, refusal
from harness.adapters.lm.loaded_parts import LoadedParts
from harness.adapters.lm.tokenizer import Tokens
from harness.errors import BadInput, HarnessError
from harness.schema import Failure, Profile, Request, Response, Timing, Usage

LONGEST = 30  # tokens of an extracted answer, as in the scripts that such models are trained with


@dataclass(slots=True, eq=False)
class Input:
    """Tokens to read for a request, and where each stands in its text; `types` part a pair of texts."""

    ids: Sequence[int]
    types: Sequence[int]
    offsets: Sequence[tuple[int, int] | None]
    wanted: Any = None


@dataclass(slots=True, eq=False)
class Asked:
    """A request, its inputs, and what the model said of each."""

    request: Request
    inputs: Sequence[Input]
    truncated: bool = False
    outputs: dict[int, Any] = field(default_factory=dict)
    spans: set[TimeSpan] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class BatchInput:
    """One input of a request, as a row of a batch."""

    asked: Asked
    number: int

    @property
    def input(self) -> Input:
        """Return what is read."""
        return self.asked.inputs[self.number]

    @property
    def ids(self) -> Sequence[int]:
        """Return the tokens."""
        return self.input.ids


class Head(ABC):
    """A model and its head, loaded whole."""

    auto: ClassVar[str]  # the class of transformers that loads it
    name: ClassVar[str]

    def __init__(self, profile: Profile, tokens: Tokens, parts: LoadedParts) -> None:
        """Load the model.

        Raises:
            Unavailable: as `loading.load_model`.
        """
        self.profile, self.tokens = profile, tokens
        self.torch, transformers = loading.engine_libraries()
        self.model = parts.once(
            self.auto,
            lambda: loading.load_model(profile, getattr(transformers, self.auto), self.name, parts.commit),
        )
        limits = (loading.context_size(self.model.config), tokens.tokenizer.model_max_length)
        self.context = min(limit for limit in limits if limit)
        self.device = self.model.device
        self.typed = getattr(self.model.config, "type_vocab_size", 0) > 1

    def free(self) -> None:
        """Give back the memory that torch keeps for later."""
        free(self.torch, self.device)

    def answer(self, requests: Iterable[Request], budget: BatchBudget) -> Iterator[Response]:
        """Yield one Response a request, as batches finish."""
        places: list[BatchInput] = []
        for request in requests:
            try:
                asked = self.asked(request)
            except HarnessError:
                raise
            except Exception as error:
                yield refusal(request.key, error)
                continue
            places += [BatchInput(asked, number) for number in range(len(asked.inputs))]
        for part, outputs, span in batches.run(places, self._forward, budget):
            for n, place in enumerate(part):
                asked = place.asked
                asked.outputs[place.number] = outputs if isinstance(outputs, Failure) else outputs[n]
                asked.spans.add(span)
                if len(asked.outputs) == len(asked.inputs):
                    yield self._response(asked)

    def _forward(self, part: Sequence[BatchInput]) -> list[Any]:
        """Return what the head says of each row: logits in float32 on the CPU, or a Failure."""
        rows = [place.input for place in part]
        ids, mask = batch(self.torch, [row.ids for row in rows], self.tokens.pad, self.device)
        inputs = {"input_ids": ids, "attention_mask": mask}
        if self.typed:
            inputs["token_type_ids"], _ = batch(self.torch, [row.types for row in rows], 0, self.device)
        with self.torch.inference_mode():
            said = self.logits(self.model(**inputs)).float().cpu()  # (B, …)
        own = [self.own(said[n], len(row.ids)) for n, row in enumerate(rows)]
        return [BROKEN if one.isnan().any() else one for one in own]

    def own(self, said: Any, length: int) -> Any:
        """Return what the head says of a row of so many tokens, the padding of its batch left out."""
        return said

    def _response(self, asked: Asked) -> Response:
        answer = Response(asked.request.key, truncated=asked.truncated)
        answer.timing = Timing(e2e=sum(end - began for began, end in asked.spans))
        answer.error = next((said for said in asked.outputs.values() if isinstance(said, Failure)), None)
        if answer.error is None:
            answer.usage = Usage(sum(len(one.ids) for one in asked.inputs), completion_tokens=0)
            self.tell(answer, asked)
        return answer

    def logits(self, output: Any) -> Any:
        """Return the figures that count of the model's output, (B, …)."""
        return output.logits

    def asked(self, request: Request) -> Asked:
        """Return the request's fields in tokens, the end cut off where it is too long."""
        texts = list(field_texts(request.example))
        pair = texts if len(texts) == 2 else ["\n".join(texts)]
        return self.read(request, pair, truncation=True)

    def read(self, request: Request, texts: Sequence[str], **how: Any) -> Asked:
        """Return one or two texts in tokens."""
        found = self.tokens.tokenizer(
            *texts,
            max_length=self.context,
            return_offsets_mapping=True,
            return_token_type_ids=True,
            verbose=False,
            **how,
        )
        overflows = bool(how.get("return_overflowing_tokens"))
        count = len(found["input_ids"]) if overflows else 1
        last = len(texts) - 1  # offsets count in the text that an answer stands in
        inputs, kept = [], 0
        for n in range(count):
            ids, types, places = (
                found[name][n] if overflows else found[name]
                for name in ("input_ids", "token_type_ids", "offset_mapping")
            )
            whose = found.sequence_ids(n)
            kept += sum(side is not None for side in whose)
            offsets = [place if whose[at] == last else None for at, place in enumerate(places)]
            inputs.append(Input(ids, types, offsets))
        whole = sum(map(len, self.tokens.encode(list(texts), special=False)))
        return Asked(request, inputs, truncated=count == 1 and whole > kept)

    @abstractmethod
    def tell(self, answer: Response, asked: Asked) -> None:
        """Put into `answer` what the outputs say."""


class SequenceClassifier(Head):
    """Compares options by a sequence-classification head; a head of one number rates."""

    auto, name = "AutoModelForSequenceClassification", "a classifier"

    def __init__(self, profile: Profile, tokens: Tokens, parts: LoadedParts) -> None:
        """Load the model.

        Raises:
            Unavailable: as `loading.load_model`.
            BadInput: a number is asked of a head of classes.
        """
        super().__init__(profile, tokens, parts)
        names: Mapping[int, str] = self.model.config.id2label
        if profile.ask == "rate" and len(names) != 1:
            raise BadInput(
                f"{profile.model} has the classes {', '.join(names.values())}: a rating needs a head of one "
                "number, or a model that writes"
            )

    def tell(self, answer: Response, asked: Asked) -> None:
        """Put in the log-probability of each option among all classes, or the number."""
        logits = asked.outputs[0]
        if self.profile.ask == "rate":
            answer.value = float(logits)
            return
        options = asked.request.options
        found = class_options(self.profile, options, self.model.config.id2label)
        answer.option_scores = option_log_probabilities(logits, options, found)


class RewardHead(Head):
    """Ranks responses by a head of one number: what it says of the prompt with each response is its score."""

    auto, name = "AutoModelForSequenceClassification", "a reward model"

    def __init__(self, profile: Profile, tokens: Tokens, parts: LoadedParts) -> None:
        """Load the model.

        Raises:
            Unavailable: as `loading.load_model`.
            BadInput: its head is one of classes.
        """
        super().__init__(profile, tokens, parts)
        names: Mapping[int, str] = self.model.config.id2label
        if len(names) != 1:
            raise BadInput(
                f"{profile.model} has the classes {', '.join(names.values())}: a ranking needs a head of one "
                "number"
            )

    def asked(self, request: Request) -> Asked:
        """Return the prompt as a pair with each response, what is too long cut off at the end."""
        prompt = request.parts.prompt
        each = [self.read(request, [prompt, o.words], truncation=True) for o in request.options]
        inputs = [found.inputs[0] for found in each]
        return Asked(request, inputs, truncated=any(found.truncated for found in each))

    def tell(self, answer: Response, asked: Asked) -> None:
        """Put in each response's reward."""
        answer.option_scores = [float(asked.outputs[n]) for n in range(len(asked.inputs))]


class Tagger(Head):
    """Finds typed spans by a token-classification head of classes `O`, `B-TYPE`, `I-TYPE` or `TYPE`."""

    auto, name = "AutoModelForTokenClassification", "a tagger"

    def own(self, said: Any, length: int) -> Any:
        """Return the logits (T, C) of the row's own tokens."""
        return said[:length]

    def asked(self, request: Request) -> Asked:
        """Return the context in tokens."""
        return self.read(request, [field_text(request.example, "context")], truncation=True)

    def tell(self, answer: Response, asked: Asked) -> None:
        """Put in the spans, in characters of the context."""
        names: Mapping[int, str] = self.model.config.id2label
        types = {
            n: name[2:] if name[:2] in ("B-", "I-") else name for n, name in names.items() if name != "O"
        }
        known = class_options(self.profile, asked.request.options, types)
        text = field_text(asked.request.example, "context")
        spans: list[list[Any]] = []
        goes_on: str | None = None
        for place, number in zip(asked.inputs[0].offsets, asked.outputs[0].argmax(-1).tolist(), strict=True):
            if place is None or place[0] == place[1]:
                continue
            option = known.get(number)
            if option is None:
                goes_on = None
                continue
            if option.label == goes_on and not names[number].startswith("B-"):
                spans[-1][1] = place[1]
            else:
                blanks = len(text[place[0] : place[1]]) - len(text[place[0] : place[1]].lstrip())
                spans.append([place[0] + blanks, place[1], option.label])
            goes_on = option.label
        answer.spans = [(start, end, label) for start, end, label in spans if start < end]


class SpanFinder(Head):
    """Extracts an answer by a question-answering head, window by window over a long context."""

    auto, name = "AutoModelForQuestionAnswering", "a reader of answers"

    def asked(self, request: Request) -> Asked:
        """Return the question with each window of the context; windows overlap by a quarter."""
        texts = [field_text(request.example, name) for name in ("question", "context")]
        return self.read(
            request,
            texts,
            truncation="only_second",
            stride=self.context // 4,
            return_overflowing_tokens=True,
        )

    def own(self, said: Any, length: int) -> Any:
        """Return the logits (2, T) of the row's own tokens."""
        return said[:, :length]

    def logits(self, output: Any) -> Any:
        """Return the logits of starts and ends, (B, 2, T)."""
        return self.torch.stack([output.start_logits, output.end_logits], 1)

    def tell(self, answer: Response, asked: Asked) -> None:
        """Put in the likeliest span of the context, as text."""
        context = field_text(asked.request.example, "context")
        best, found = -float("inf"), (0, 0)
        for number, one in enumerate(asked.inputs):
            starts, ends = asked.outputs[number].tolist()
            for at, start in enumerate(one.offsets):
                if start is None:
                    continue
                for to in range(at, min(at + LONGEST, len(one.ids))):
                    end = one.offsets[to]
                    if end is not None and starts[at] + ends[to] > best:
                        best, found = starts[at] + ends[to], (start[0], end[1])
        answer.text, answer.finish = context[found[0] : found[1]].strip(), "stop"


class MaskFiller(Head):
    """Compares options by what a masked model puts after the prompt: a mask for each token of the option.

    The score is the sum of the tokens' log-probabilities (nats), each under its own mask, all at once.
    """

    auto, name = "AutoModelForMaskedLM", "a model that fills in masks"

    def own(self, said: Any, length: int) -> Any:
        """Return the logits (T, V) of the row's own tokens."""
        return said[:length]

    def asked(self, request: Request) -> Asked:
        """Return the prompt with as many masks as each option has tokens, one input a number of masks."""
        delimiter = request.parts.delimiter
        options = self.tokens.encode([delimiter + o.text for o in request.options], special=False)
        inputs = []
        for count in sorted(set(map(len, options))):
            ids = self._masked(request, delimiter, count)
            wanted = [n for n, option in enumerate(options) if len(option) == count]
            inputs.append(Input(ids, [0] * len(ids), [], (wanted, options)))
        return Asked(request, inputs)

    def _masked(self, request: Request, delimiter: str, count: int) -> list[int]:
        """Return the prompt and its masks, with as many shots as fit, then the left cut off."""
        masks = self.tokens.tokenizer.mask_token * count
        for prompt in self.tokens.prompts(request):
            (ids,) = self.tokens.encode([prompt + delimiter + masks], special=True)
            if len(ids) <= self.context:
                return ids
        return ids[:1] + ids[len(ids) - self.context + 1 :]

    def tell(self, answer: Response, asked: Asked) -> None:
        """Put in each option's score."""
        mask = self.tokens.tokenizer.mask_token_id
        scores = [0.0] * len(asked.request.options)
        for number, one in enumerate(asked.inputs):
            places = [at for at, token in enumerate(one.ids) if token == mask]
            wanted, options = one.wanted
            for n in wanted:
                own = places[len(places) - len(options[n]) :]
                logp = asked.outputs[number][own].log_softmax(-1)  # (K, V)
                scores[n] = sum(float(row[token]) for row, token in zip(logp, options[n], strict=True))
        answer.option_scores = scores


HEADS: Mapping[str, Sequence[tuple[str, type[Head]]]] = {
    "choose": (("ForSequenceClassification", SequenceClassifier), ("ForMaskedLM", MaskFiller)),
    "rank": (("ForSequenceClassification", RewardHead),),
    "rate": (("ForSequenceClassification", SequenceClassifier),),
    "tag": (("ForTokenClassification", Tagger),),
    "extract": (("ForQuestionAnswering", SpanFinder),),
}


def load(profile: Profile, tokens: Tokens, parts: LoadedParts) -> Head | None:
    """Return the model whose head answers what is asked, None where it has no such head."""
    if profile.ask not in HEADS:
        return None
    made_as = loading.config(profile, parts.commit).architectures or ()
    for ending, head in HEADS[profile.ask]:
        if any(name.endswith(ending) for name in made_as):
            return head(profile, tokens, parts)
    return None
