"""What a server of language models said, whatever its API: text, how it ended, tokens."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from harness.adapters.remote.errors import Fault
from harness.adapters.tools import call, declared, renamed
from harness.schema import CHOOSING, IMAGE, Option, Profile, Request, Response, Usage
from harness.text.thoughts import first_stop, spoken

# What a server puts around a message: its role, the marks of its start and end. And around all of them.
PER_MESSAGE, PER_REQUEST = 16, 64
PER_CALL = 64  # the marks around a call
# More than any provider bills for one picture: gpt-4o-mini takes up to some 48,000 tokens.
PER_PICTURE = 50_000
ENDS = 16  # tokens that end a reply and have no text
BYTES_PER_TOKEN = 4  # of English and, at 3 bytes a syllable, of Korean in vocabularies of 200,000


@dataclass
class Completion:
    """A reply, whole or as far as it has been streamed.

    `finish` is `stop`, `length`, `filtered` or `refused` once it has ended. `usage` is None where the server
    counted nothing, or nothing that can be true. `thought` is what it showed of its thoughts: no answer.
    `refusal` is what it said instead of an answer, in a field of its own.
    """

    text: str = ""
    finish: str | None = None
    usage: Usage | None = None
    model: str | None = None
    thought: str = ""
    refusal: str = ""
    called: dict[Any, dict[str, str]] = field(default_factory=dict)  # by place: name, arguments as JSON

    def call(self, place: Any, name: Any, arguments: Any) -> None:
        """Add a piece of the call at `place`: its name is said once, its arguments come in parts."""
        one = self.called.setdefault(place, {"name": "", "arguments": ""})
        one["name"] = one["name"] or (name if isinstance(name, str) else "")
        if isinstance(arguments, str):
            one["arguments"] += arguments
        elif arguments is not None:  # whole, as Gemini and some servers write them
            one["arguments"] = json.dumps(arguments, ensure_ascii=False)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls in their order; one without a name is none."""
        return [call(one["name"], one["arguments"]) for one in self.called.values() if one["name"]]

    @property
    def written(self) -> str:
        """All that was written: text, thoughts that are shown, calls."""
        calls = "".join(f"{one['name']}{one['arguments']}" for one in self.called.values())
        return self.text + self.thought + calls

    def close(self) -> None:
        """Let a refusal be the reply: however the server says that it ended, it is no answer."""
        if self.refusal and self.finish is not None:
            self.text, self.finish, self.refusal = self.text + self.refusal, "refused", ""

    def end_at(self, stops: Sequence[str], *, chat: bool) -> None:
        """Cut the answer off at the first stop string, which is none within a thought."""
        place = first_stop(self.text, stops, chat=chat) if self.finish in ("stop", "length") else None
        if place is not None:
            self.text, self.finish = self.text[:place], "stop"


def document(content: bytes, address: str = "") -> dict[str, Any]:
    """Return the JSON object that a body holds; a NaN in it is read, though JSON has none.

    `address` is that of the API: where a page of HTML comes from it, the user has named another.

    Raises:
        Fault: it holds something else, or is nested without end.
    """
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            found = json.loads(content)
        except RecursionError:
            raise Fault("malformed", "the reply is JSON that is nested too deeply") from None
        except ValueError:
            raise Fault("malformed", _no_json(content, address)) from None
    if not isinstance(found, dict):
        raise Fault("malformed", f"the reply is a JSON {type(found).__name__}, not an object")
    return found


def _no_json(content: bytes, address: str) -> str:
    start = content[:80].decode(errors="replace")
    if address and content.lstrip()[:1] == b"<":
        return f"{address} answers with a page and is no API (base_url: …/v1?); it begins {start!r}"
    return f"the reply is no JSON; it begins {start!r}"


def at(found: Any, *path: str | int) -> Any:
    """Return what stands at `path` in nested objects and lists, None where nothing does."""
    for step in path:
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, Mapping) else None
        else:
            found = found[step] if isinstance(found, list) and len(found) > step else None
    return found


def text_of(content: Any) -> str:
    """Return a message's content as text: a string, or parts of which some are text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part for part in (at(one, "text") for one in content) if isinstance(part, str))
    return ""


def count(number: Any) -> int | None:
    """Return a number of tokens, None for what can be none: NaN, a negative number, words."""
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    return int(number) if math.isfinite(number) and 0 <= number < 1e12 else None


def usage(
    prompt: Any, cached: Any, completion: Any, reasoning: Any, *, apart: bool = False, total: Any = None
) -> Usage | None:
    """Return the tokens that a server counted, None where it counted neither prompt nor reply.

    The reply's count includes the thoughts'; `apart` says that this server's does not, and so do a `total`
    that only all three make (xAI's, Gemini's through OpenAI's API; the bill is by it) and thoughts that are
    more than the whole reply. Nothing read and nothing written is no count.
    """
    tokens = Usage(count(prompt), count(cached), count(completion), count(reasoning))
    read, written, thought = (tokens.prompt_tokens, tokens.completion_tokens, tokens.reasoning_tokens)
    if not read and not written:
        return None
    beside = (count(total) or 0) - (read or 0) - (written or 0)
    if beside == thought or apart or (total is None and (thought or 0) > (written or 0)):
        beside = thought or 0
    elif thought or None in (read, written) or beside in (0, tokens.cached_tokens):
        beside = 0  # what was read before is counted beside by some
    if beside > 0:
        tokens.completion_tokens, tokens.reasoning_tokens = (written or 0) + beside, beside
    return tokens


def response(
    request: Request, said: Completion, headroom: int | None, *, structured: bool, chat: bool | None
) -> Response:
    """Return the answer that a whole reply is.

    Tokens that can be no count are counted here instead, of all that was written; `headroom` is what was
    allowed for thoughts. `structured` replies hold an option; others end at a stop string, which is looked
    for here in a `chat` or a text, and not where that is None.
    """
    allowed = request.decoding.max_tokens
    max_completion_tokens = None if allowed is None else allowed + (headroom or 0)
    usage = believed(said.usage, most_prompt_tokens(request), said, max_completion_tokens)
    usage = usage or estimated(request.prompt, said)
    text = chosen(said.text, request.options) if structured else said.text
    if text == said.text and chat is not None:
        said.end_at(request.decoding.stop or (), chat=chat)
        text = said.text
    answer = Response(request.key, text, finish=said.finish, usage=usage, served=said.model)
    if request.offers:
        answer.calls, answer.renamed = said.calls or None, renamed(request.tools) or None
    return answer


def believed(
    told: Usage | None, max_prompt_tokens: int, said: Completion, max_completion_tokens: int | None
) -> Usage | None:
    """Return the tokens that a server told, None where they can be no count.

    No prompt is read in no tokens, and no text written in none. A prompt has no more of them than bytes and
    frames (`max_prompt_tokens`), and a reply no more than its bytes, or than were allowed
    (`max_completion_tokens`): there may be thoughts that nobody shows.
    """
    if told is None:
        return None
    written = (told.completion_tokens or 0) - (told.reasoning_tokens or 0)
    size = len(said.written.encode(errors="replace"))
    size += PER_CALL * len(said.called)
    nothing = told.prompt_tokens == 0 or (told.completion_tokens == 0 and size > 0)
    too_much = (told.prompt_tokens or 0) > max_prompt_tokens or written > max(
        size + ENDS, max_completion_tokens or 0
    )
    return None if nothing or too_much else told


def most_prompt_tokens(request: Request) -> int:
    """Return the most tokens that a prompt can have: one a byte, and what a server puts around it."""
    size = len(request.prompt.encode(errors="replace")) + PER_REQUEST
    size += PER_MESSAGE * (2 + 2 * request.parts.exchanges)
    size += 2 * sum(len(option.text.encode(errors="replace")) for option in request.options)
    if request.ask == "call":  # declared once more, in a form of the server's own
        size += 2 * len(json.dumps(declared(request.tools), default=str)) + PER_REQUEST * (
            1 + len(request.tools)
        )
    return size + (PER_PICTURE if IMAGE in request.example.fields else 0)


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has, where no tokenizer is known."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def estimated(prompt: str, said: Completion) -> Usage:
    """Return tokens counted here, marked as an estimate."""
    return Usage(estimated_tokens(prompt), None, estimated_tokens(said.written), None, estimated=True)


ANSWER = "answer"  # the one key of a structured choice


def output_schema(request: Request, profile: Profile) -> dict[str, Any] | None:
    """Return the JSON schema that structured output holds a reply to; None where it is free.

    Options are a schema of their own; any other task may say one.
    """
    if profile.choose_by != "structured":
        return None
    if request.ask in CHOOSING:
        return choice_schema(request.options)
    return None if request.json_schema is None else dict(request.json_schema)


def choice_schema(options: Sequence[Option]) -> dict[str, Any]:
    """Return the JSON schema of an object whose one value is an option's text."""
    texts = list(dict.fromkeys(option.text for option in options))
    return {
        "type": "object",
        "properties": {ANSWER: {"type": "string", "enum": texts}},
        "required": [ANSWER],
        "additionalProperties": False,
    }


def chosen(text: str, options: Sequence[Option]) -> str:
    """Return the option's text that a structured reply holds, or the reply itself where it holds none."""
    try:
        answer = at(orjson.loads(spoken(text) or text), ANSWER)
    except orjson.JSONDecodeError:
        return text
    return answer if any(answer == option.text for option in options) else text
