"""A model's tokenizer: prompts and options to tokens, as lm-evaluation-harness splits them, and back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from harness.adapters.lm.chat_template import ChatTemplate
from harness.adapters.lm.errors import RequestError
from harness.adapters.lm.prefix_tree import common_length
from harness.adapters.tools import call, declared
from harness.schema import Parts, Profile, Request, WithTools
from harness.terminal import say
from harness.text.thoughts import MARKS
from harness.text.token_spans import parts


class Pair(NamedTuple):
    """A prompt and one option after it, in tokens."""

    prompt: list[int]
    option: list[int]


class Tokens:
    """A model's tokenizer: texts to tokens and back, for prompts as the profile asks for them."""

    def __init__(self, tokenizer: Any, profile: Profile) -> None:
        """A tokenizer without a padding token pads with its end token; padding is always masked."""
        self.tokenizer, self.profile = tokenizer, profile
        self._said_system = False
        self.bos: int | None = tokenizer.bos_token_id
        self.eos: int | None = tokenizer.eos_token_id
        self.pad: int = next((i for i in (tokenizer.pad_token_id, self.eos) if i is not None), 0)

    def encode(self, texts: list[str], *, special: bool) -> list[list[int]]:
        """Return the tokens of each text; with `special`, the tokenizer adds what it adds by itself."""
        encoded: list[list[int]] = self.tokenizer(
            texts, add_special_tokens=special, padding=False, truncation=False, verbose=False
        )["input_ids"]
        return encoded

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return each token of a text: its id, and the part of the text that it stands for.

        A tokenizer in Python alone tells its own name of a token.
        """
        how = {"add_special_tokens": False, "truncation": False, "verbose": False}
        if not self.tokenizer.is_fast:
            ids = self.tokenizer(text, **how)["input_ids"]
            return list(zip(ids, self.tokenizer.convert_ids_to_tokens(ids), strict=True))
        found = self.tokenizer(text, return_offsets_mapping=True, **how)
        spans = list(map(tuple, found["offset_mapping"]))
        return list(zip(found["input_ids"], parts(text, spans), strict=True))

    def text(self, ids: list[int]) -> str:
        """Return the text of `ids`, blanks as the model wrote them.

        Special tokens are left out, except those that a thought stands between.
        """
        if not self._hidden.keys() & set(ids):
            return self._decoded(ids)
        pieces: list[str] = []
        start = 0
        for at, token in enumerate(ids):
            if token in self._hidden:
                pieces += [self._decoded(ids[start:at]), self._hidden[token]]
                start = at + 1
        return "".join([*pieces, self._decoded(ids[start:])])

    def _decoded(self, ids: list[int]) -> str:
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    @cached_property
    def _hidden(self) -> dict[int, str]:
        """The marks of a thought that decoding would leave out, by token."""
        special = set(self.tokenizer.all_special_ids)
        known = self.added()
        marks = itertools.chain.from_iterable(MARKS.items())
        return {known[mark]: mark for mark in marks if known.get(mark) in special}

    def added(self) -> Mapping[str, int]:
        """Return the tokens that stand outside the vocabulary proper, `<|im_end|>` for instance."""
        added: Mapping[str, int] = self.tokenizer.get_added_vocab()
        return added

    def prompts(self, request: Request) -> Iterator[str]:
        """Yield the prompt as the model reads it, then again and again with one shot fewer."""
        parts = request.parts
        yield self._templated(request, parts)
        while parts.shots or parts.turns:
            parts = replace(parts, shots=parts.shots[1:], turns=parts.turns[1:])
            yield self._templated(request, parts)

    def of(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt that will be continued; an empty one is the start token."""
        return self.encode([prompt], special=self._adds_special(prompt))[0] or [self._start()]

    def split(self, prompt: str, continuations: list[str], *, pair: bool = False) -> list[Pair]:
        """Return the tokens of the prompt and of each continuation, parted where lm_eval parts them.

        Where one merges into the prompt's last token, all are parted at the last place before that.

        What a decoder says after an encoder's text, a `pair`, is tokenised by itself, without special tokens.
        """
        stripped = prompt.rstrip()
        texts = [prompt[len(stripped) :] + continuation for continuation in continuations]
        if pair:
            read = self.of(stripped)
            pairs = [Pair(read, ids) for ids in self.encode(texts, special=False)]
        elif stripped:
            special = self._adds_special(stripped)
            first, *wholes = self.encode([stripped, *(stripped + text for text in texts)], special=special)
            pairs = split_together(first, wholes)
        else:
            pairs = [Pair([], ids) for ids in self.encode(texts, special=False)]
        pairs = [pair if pair.prompt else self._started(pair.option) for pair in pairs]
        if not all(pair.option for pair in pairs):
            raise RequestError("empty_option", "an option adds no token to the prompt")
        return pairs

    def passage(self, text: str) -> tuple[list[int], int]:
        """Return the tokens of a text that is scored whole, and the token that it is read after.

        As lm-evaluation-harness has it: what the tokenizer puts in by itself is part of the text, a second
        BOS too, unless the text begins with that token.
        """
        first = self.tokenizer.decode([self._start()])
        return self.encode([text], special=not (first and text.startswith(first)))[0], self._start()

    def sentence(self, text: str, room: int | None) -> tuple[list[int], bool]:
        """Return the tokens of a text that becomes a vector, and whether its end was cut to fit `room`."""
        whole = self.encode([text], special=True)[0] or [self._start()]
        if room is None or len(whole) <= room:
            return whole, False
        cut: list[int] = self.tokenizer(text, truncation=True, max_length=room, verbose=False)["input_ids"]
        return cut, True

    def cut(self, ids: list[int], room: int) -> list[int]:
        """Return the last `room` tokens of `ids`; a BOS in front stays in front."""
        if len(ids) <= room:
            return ids
        head = ids[:1] if room > 1 and ids[0] == self.bos else []
        return head + ids[len(ids) - room + len(head) :]

    @cached_property
    def chat(self) -> ChatTemplate:
        """The tokenizer's chat template."""
        return ChatTemplate(self.tokenizer, self.profile)

    def chat_facts(self) -> dict[str, Any]:
        """Return what a run says of the chat template: what it adds, and where a system text goes."""
        if self.profile.chat:
            facts = {"added_system_text": self.chat.added_system(), "system_as": self.chat.system_as}
            asks = self.profile.ask == "call"
            return {**facts, "tools_as": "template" if self.chat.takes_tools else "text"} if asks else facts
        return {"chat_template": "not used"} if self.tokenizer.chat_template else {}

    def _templated(self, request: Request, parts: Parts) -> str:
        """Return a prompt as the model reads it; a system text in the user's turn is said once."""
        if not self.profile.chat:
            return parts.prompt
        system_as = self.chat.system_as
        if parts.system and system_as == "user" and not self._said_system:
            self._said_system = True
            if not self.profile.settings.get("system_as"):
                say(
                    f"{self.profile.name}: the chat template has no system role; the system text goes before "
                    "the first user turn (system_as: user)"
                )
        if isinstance(parts, WithTools) and self.chat.takes_tools:
            return self._with_tools(request, parts, system_as)
        if parts is request.parts:
            return self.chat.text(request.messages(self.profile.shots_as, system_as))
        return self.chat.text(parts.messages(self.profile.shots_as, system_as))

    def _with_tools(self, request: Request, parts: WithTools, system_as: str) -> str:
        """Return a prompt whose tools are where the chat template has them."""
        offered = request.offered(self.profile.shots_as, system_as)
        if parts is not request.parts:
            offered = parts.offered(self.profile.shots_as, system_as)
        tools = [{"type": "function", "function": one} for one in declared(parts.tools)]
        return self.chat.text([_as_objects(one) for one in offered], tools=tools)

    def _start(self) -> int:
        """Return the token an empty prompt begins with: BOS, or the end token."""
        start = self.eos if self.bos is None else self.bos
        if start is None:
            raise RequestError(
                "empty_prompt", "nothing stands before the first token: the tokenizer has no BOS or end token"
            )
        return start

    def _started(self, option: list[int]) -> Pair:
        """Return an option after the start token, which it may hold itself."""
        start = self._start()
        return Pair(option[:1], option[1:]) if option[:1] == [start] else Pair([start], option)

    def _adds_special(self, text: str) -> bool:
        """Return whether the tokenizer adds its own tokens: not to a chat, nor after a BOS in `text`."""
        first = self.tokenizer.bos_token or self.tokenizer.eos_token
        return not (self.profile.chat or (first and text.startswith(first)))


def _as_objects(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message whose calls have objects as arguments: templates write them out, a text twice over."""
    if not message.get("tool_calls"):
        return message
    made = [call(one["function"]["name"], one["function"]["arguments"]) for one in message["tool_calls"]]
    calls = [{"type": "function", "function": one} for one in made]
    return {**message, "content": message["content"] or "", "tool_calls": calls}


def split_together(prompt: list[int], wholes: list[list[int]]) -> list[Pair]:
    """Return the prompt's tokens and those of each of `wholes` after them, all from one place.

    That is the prompt's end, as in lm_eval, unless a continuation merges into its last token (긍 and 정
    become 긍정): then it is the last place up to which all begin as the prompt does. Scores from two places
    would compare a whole word with the rest of one.
    """
    if all(len(whole) > len(prompt) and whole[: len(prompt)] == prompt for whole in wholes):
        return [Pair(prompt, whole[len(prompt) :]) for whole in wholes]
    place = min((common_length(prompt, whole) for whole in wholes), default=len(prompt))
    return [Pair(whole[:place], whole[place:]) for whole in wholes]
