"""Constrained decoding: a reply held to a JSON schema, or to the texts of options, by llguidance's grammars.

Willard & Louf (2023), "Efficient Guided Generation for Large Language Models": before each token those that
the grammar does not allow get no probability. JSON is written as most is, one blank after a comma and a
colon: where any blanks were allowed, a model could write them until its tokens are used up. A reply that
needs more tokens than it may have is cut, and then is no JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.adapters.lm.stopping import TokenPrompt
from harness.adapters.lm.tokenizer import Tokens
from harness.errors import BadInput, Unavailable
from harness.schema import CHOOSING, Profile, Request
from harness.text.thoughts import answer_start

_STYLE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Constraint:
    """What one reply may go on with; it begins once a thought that the prompt opened has ended."""

    def __init__(self, matcher: Any, tokens: Tokens, opened: str) -> None:
        """`matcher` is llguidance's, at the beginning of its grammar."""
        self._matcher, self._tokens, self._opened = matcher, tokens, opened
        self._waiting = bool(opened)
        self._thought: list[int] = []

    def allowed(self, size: int) -> Any:
        """Return which of the first `size` tokens may come next, a numpy array of bool; None if any may."""
        import numpy as np

        if self._waiting:
            return None
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        mask = np.unpackbits(bits, bitorder="little")[:size].astype(bool)
        return np.pad(mask, (0, size - len(mask)))

    def take(self, token: int) -> None:
        """Go on with a token that was chosen."""
        if not self._waiting:
            self._matcher.consume_token(token)
            return
        self._thought.append(token)
        self._waiting = answer_start(self._tokens.text(self._thought), self._opened) is None

    def after(self, token: int) -> Constraint:
        """Return a constraint that has gone on with a token; this one stays where it is."""
        other = Constraint(self._matcher.deep_copy(), self._tokens, self._opened)
        other._waiting, other._thought = self._waiting, list(self._thought)
        other.take(token)
        return other

    @property
    def done(self) -> bool:
        """Whether nothing may come any more."""
        return not self._waiting and bool(self._matcher.is_stopped())


class Grammars:
    """The grammars of one model's replies: each is compiled once, and a reply has a state of its own."""

    def __init__(self, tokens: Tokens, profile: Profile, size: int, ends: Sequence[int]) -> None:
        """`size` is how many logits the model has, `ends` the tokens that end a text.

        Raises:
            Unavailable: llguidance is not there, or cannot read the tokenizer.
        """
        llguidance, adapters = _libraries(profile)
        self._tokens, self._profile, self._matcher = tokens, profile, llguidance.LLMatcher
        try:
            known = max(size, len(tokens.tokenizer))
            self._vocabulary = adapters.from_tokenizer(tokens.tokenizer, known, list(ends) or None)
        except Exception as error:
            raise Unavailable(
                f"{profile.name}: llguidance cannot read the tokenizer of {profile.model}: {error}"
            ) from error
        self._begun: dict[str, Any] = {}

    def require(self, request: Request) -> None:
        """Compile what holds a reply to the request, before anything is read.

        Raises:
            BadInput: llguidance cannot hold a reply to the task's schema.
        """
        grammar = self._grammar(request)
        if grammar is not None and grammar not in self._begun:
            self._begun[grammar] = self._compiled(grammar)

    def of(self, prompt: TokenPrompt) -> Constraint | None:
        """Return what holds the reply to a prompt; None where nothing does.

        Raises:
            BadInput: as `require`.
        """
        self.require(prompt.request)
        grammar = self._grammar(prompt.request)
        if grammar is None:
            return None
        return Constraint(self._begun[grammar].deep_copy(), self._tokens, prompt.opened)

    def _grammar(self, request: Request) -> str | None:
        if request.ask in CHOOSING:
            delimiter = "" if self._profile.chat else request.parts.delimiter
            texts = dict.fromkeys(delimiter + option.text for option in request.options)
            choices = " | ".join(json.dumps(text, ensure_ascii=False) for text in texts)
            return str(self._matcher.grammar_from_lark(f"start: {choices}"))
        if request.json_schema is None:
            return None
        schema = json.dumps(dict(request.json_schema), ensure_ascii=False)
        return str(self._matcher.grammar_from_json_schema(schema, overrides=_STYLE))

    def _compiled(self, grammar: str) -> Any:
        matcher = self._matcher(self._vocabulary, grammar, log_level=0)
        if problem := matcher.get_error():
            why = problem.splitlines()[0]
            raise BadInput(f"{self._profile.task}: llguidance holds no reply to this json_schema: {why}")
        return matcher


def _libraries(profile: Profile) -> tuple[Any, Any]:
    from importlib import import_module

    try:
        return import_module("llguidance"), import_module("llguidance.hf")
    except ImportError as error:
        from harness import DISTRIBUTION

        raise Unavailable(
            f"{profile.name}: choose_by: structured needs llguidance: "
            f"pip install '{DISTRIBUTION}[constrained]'"
        ) from error


class Held:
    """A logits processor of `generate`: each row, a beam among them, is held to its own prompt's grammar."""

    def __init__(self, torch: Any, constraints: Sequence[Constraint | None], beams: int, start: int) -> None:
        """`constraints` has one a prompt, of which each has so many rows; a reply begins at `start`."""
        self._torch, self._beams, self._start = torch, beams, start
        self._known: list[dict[tuple[int, ...], Constraint]] = [
            {} if one is None else {(): one} for one in constraints
        ]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return `scores` (rows, V) without those of tokens that a row may not go on with."""
        rows = [tuple(row) for row in input_ids[:, self._start :].tolist()]
        scores = scores.clone()
        reached: list[dict[tuple[int, ...], Constraint]] = [{} for _ in self._known]
        for place, written in enumerate(rows):
            owner = place // self._beams
            state = self._state(owner, written)
            if state is None:
                continue
            reached[owner][written] = state
            self._hold(scores[place], state)
        self._known = [now or before for now, before in zip(reached, self._known, strict=True)]
        return scores

    def _state(self, owner: int, written: tuple[int, ...]) -> Constraint | None:
        known = self._known[owner]
        if not known:
            return None
        if written in known:
            return known[written]
        before = known.get(written[:-1])
        return None if before is None or before.done else before.after(written[-1])

    def _hold(self, row: Any, state: Constraint) -> None:
        mask = state.allowed(len(row))
        if mask is None or not mask.any():
            return
        allowed = self._torch.from_numpy(mask).to(row.device)
        if bool(row[allowed].isneginf().all()):  # where another rule forbids all that the grammar allows
            row[allowed] = 0.0
        row[~allowed] = -self._torch.inf
