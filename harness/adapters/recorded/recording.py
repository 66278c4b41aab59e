"""One row of a recorded file as an answer: words, a label, scores, a number or spans, and what it took."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters.recorded import cells
from harness.adapters.recorded.cells import Row
from harness.adapters.tools import call
from harness.errors import BadInput
from harness.schema import Failure, Option, Request, Response, Scored, Span, Timing, Usage

TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
ANSWERS = ("reply", "label", "scores", "number", "spans", "ranking", "calls")

# How a cell of each role is read; the order is that of `Recording`'s comparison.
ROLES: dict[str, Callable[[Any], Any]] = {
    **{"reply": cells.text, "label": cells.text, "scores": cells.structure, "number": cells.number},
    **{
        "spans": cells.structure,
        "ranking": cells.structure,
        "calls": cells.structure,
        "tokens": cells.count,
        "finish": cells.text,
        "served": cells.text,
    },
    **{"seconds": cells.amount, "first_token_seconds": cells.amount, "price": cells.amount},
    **dict.fromkeys(TOKENS, cells.count),
}

# What services call the end of a reply, in the harness's words; another word stays as it is.
_FINISHES = {
    **{"end_turn": "stop", "eos": "stop", "stop_sequence": "stop", "completed": "stop"},
    **{"max_tokens": "length", "max_output_tokens": "length", "model_length": "length"},
    **{"content_filter": "filtered", "safety": "filtered", "refusal": "refused"},
    **{"context_length_exceeded": "too_long"},
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A row as it was read. Two rows with equal `said` say the same, wherever they stand."""

    line: int
    said: Mapping[str, Any]

    def response(self, request: Request, rules: Rules) -> Response:
        """Return the row as the answer to a request.

        Raises:
            BadInput: its scores are not those of the request's options, or its spans are none.
        """
        said = self.said
        failure = rules.failure(said)
        if failure is not None:
            return Response(request.key, error=failure)
        finish = said.get("finish")
        if finish is not None:
            finish = _FINISHES.get(finish.casefold(), finish.casefold())
        return Response(
            request.key,
            text=rules.shown(said.get("reply"), request),
            label=said.get("label"),
            option_scores=rules.scores(said.get("scores"), request.options),
            value=said.get("number"),
            tokens=said.get("tokens"),
            spans=_spans(said.get("spans")),
            ranking=_ranking(said.get("ranking")),
            calls=_calls(said.get("calls")) or (None if said.get("reply") else _calls(said.get("calls"))),
            finish="filtered" if rules.is_filtered(said) else finish or None,
            usage=_usage(said),
            timing=_timing(said),
            price=said.get("price"),
            served=said.get("served") or None,
        )


class Rules:
    """How the cells of all rows are to be understood."""

    def __init__(
        self, *, failed: Sequence[str], filtered: Sequence[str], scores_as: str, at_stops: bool
    ) -> None:
        """`failed` and `filtered` are texts that stand for no answer, `*` in them for anything."""
        self._failed, self._filtered = _either(failed), _either(filtered)
        self._probabilities, self._at_stops = scores_as == "probabilities", at_stops

    def failure(self, said: Mapping[str, Any]) -> Failure | None:
        """Return the failure that a row records, None where it holds an answer."""
        text = _stands_for(self._failed, said)
        return None if text is None else Failure("recorded", f"the recorded call failed: {text[:200]}")

    def is_filtered(self, said: Mapping[str, Any]) -> bool:
        """Return whether a row says that a filter kept the answer back."""
        return _stands_for(self._filtered, said) is not None

    def shown(self, text: str | None, request: Request) -> str | None:
        """Return a reply, cut before the first of the task's stops if that is wanted."""
        if text is None or not self._at_stops:
            return text
        ends = [at for stop in request.decoding.stop or () if (at := text.find(stop)) >= 0]
        return text[: min(ends, default=None)]

    def scores(self, given: Any, options: Sequence[Option]) -> list[float] | None:
        """Return log-probabilities in the order of the options.

        Raises:
            BadInput: not a number for each option.
        """
        if given is None:
            return None
        if isinstance(given, Mapping):
            given = [_score_of(given, option) for option in options]
        if not isinstance(given, list):
            raise BadInput(f"'scores' should be a list of numbers, not {str(given)[:40]!r}")
        if len(given) != len(options):
            raise BadInput(f"{len(given)} scores, and the example has {len(options)} options")
        numbers = [cells.number(one) for one in given]
        return [math.nan if one is None else self._log(one) for one in numbers]

    def _log(self, score: float) -> float:
        if not self._probabilities:
            return score
        if not 0 <= score <= 1:
            raise BadInput(f"{score:g} is no probability; 'scores_as: logprobs' reads logarithms")
        return math.log(score) if score else -math.inf


def read(row: Row, getters: Mapping[str, Callable[[Row], Any]], line: int) -> Recording:
    """Return what a row says in each role; what it does not have is not there.

    Raises:
        BadInput: a cell is not of the kind that its role asks for.
    """
    said = {}
    for role, get in getters.items():
        value = get(row)
        if value is cells.ABSENT:
            continue
        try:
            said[role] = ROLES[role](value)
        except BadInput as error:
            raise BadInput(f"{role!r} {error.message}") from None
    return Recording(line, said)


def _either(texts: Sequence[str]) -> re.Pattern[str] | None:
    """Return the pattern of any of the texts as a whole, `*` for anything; None of none."""
    if not texts:
        return None
    return re.compile("|".join(re.escape(text).replace(r"\*", ".*") for text in texts), re.DOTALL)


def _stands_for(pattern: re.Pattern[str] | None, said: Mapping[str, Any]) -> str | None:
    """Return the reply or label that is, as a whole, one of a pattern's texts."""
    if pattern is None:
        return None
    given = (said.get(role) for role in ("reply", "label"))
    return next((text for text in given if text is not None and pattern.fullmatch(text.strip())), None)


def _score_of(scores: Mapping[str, Any], option: Option) -> Any:
    """Return the score of an option, which a mapping may call by its text, its words or its label."""
    for name in (option.text, option.words, option.label):
        if name in scores:
            return scores[name]
    raise BadInput(f"'scores' has none for the option {option.text!r}")


def _spans(given: Any) -> list[Span] | None:
    """Return spans: lists of start, end and type, or mappings of these.

    Raises:
        BadInput: they are anything else.
    """
    if given is None:
        return None
    try:
        return [_span(one) for one in given]
    except (TypeError, ValueError, KeyError):
        raise BadInput("'spans' should be a list of [start, end, type]") from None


def _ranking(given: Any) -> list[Scored] | None:
    """Return passages with their scores: a mapping, pairs, or ids alone, of which the first is the best.

    Raises:
        BadInput: it is anything else, or a passage stands twice.
    """
    if given is None:
        return None
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    try:
        if all(isinstance(one, (str, int)) for one in pairs):
            pairs = [(one, len(pairs) - place) for place, one in enumerate(pairs)]
        found = [(str(name), float(score)) for name, score in pairs]
    except (TypeError, ValueError):
        raise BadInput("'ranking' should be a list of ids, of [id, score], or a mapping of these") from None
    if len({name for name, _ in found}) < len(found):
        raise BadInput("'ranking' names a passage twice")
    return found


def _span(one: Any) -> Span:
    start, end, kind = (one["start"], one["end"], one["type"]) if isinstance(one, Mapping) else one
    return int(start), int(end), str(kind)


def _calls(given: Any) -> list[dict[str, Any]] | None:
    """Return calls: objects of name and arguments, bare or as OpenAI's `tool_calls` wraps them.

    Raises:
        BadInput: they are anything else.
    """
    if given is None:
        return None
    wrapped = [given] if isinstance(given, Mapping) else given
    if not isinstance(wrapped, list) or not all(isinstance(one, Mapping) for one in wrapped):
        raise BadInput("'calls' should be a list of objects with a name and arguments")
    found = [one["function"] if isinstance(one.get("function"), Mapping) else one for one in wrapped]
    if not all(isinstance(one.get("name"), str) for one in found):
        raise BadInput("'calls' should be a list of objects with a name and arguments")
    return [call(one["name"], one.get("arguments")) for one in found]


def _usage(said: Mapping[str, Any]) -> Usage | None:
    read, cached, written, thought = (said.get(name) for name in TOKENS)
    usage = Usage(read, cached, written, thought)
    return None if usage == Usage() else usage


def _timing(said: Mapping[str, Any]) -> Timing | None:
    e2e, ttft = said.get("seconds"), said.get("first_token_seconds")
    return None if e2e is None and ttft is None else Timing(ttft=ttft, e2e=e2e)
