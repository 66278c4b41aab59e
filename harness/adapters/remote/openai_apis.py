"""OpenAI's three ways to ask for text, as bodies to send and replies to read; many servers speak them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from harness.adapters.remote.errors import Fault
from harness.adapters.remote.replies import Completion, at, text_of, usage
from harness.errors import BadInput
from harness.schema import Decoding

Settings = Mapping[str, Any]
Tools = Sequence[Mapping[str, Any]]  # as `adapters.tools.declared` returns them

_FINISHES = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",  # Mistral's word for a context that is full
    **dict.fromkeys(("content_filter", "sensitive", "safety", "blocklist", "SAFETY"), "filtered"),
    "refusal": "refused",
}


# Ends that are the server's own trouble, and not the model's: OpenRouter's `error`, DeepSeek's busy machines.
_BROKEN = ("error", "insufficient_system_resource")


def finish(said: Any) -> str | None:
    """Return how a reply ended in our words; a word that we do not know is `stop`.

    Raises:
        Fault: it ended because the server could not go on.
    """
    if said in _BROKEN:
        raise Fault("server_error", f"the reply ended with {said!r}")
    return None if said is None else _FINISHES.get(str(said), "stop")


class Api(Protocol):
    """One way to ask: where, with what body, and how the reply is read."""

    path: str

    def decoding(self, asked: Decoding, settings: Settings) -> dict[str, Any]:
        """Return a decoding under the API's names.

        Raises:
            BadInput: it has no name for something that was asked.
        """

    def body(
        self,
        messages: list[dict[str, Any]],
        image: str | None,
        schema: Mapping[str, Any] | None,
        settings: Settings,
        tools: Tools = (),
    ) -> dict[str, Any]:
        """Return what is sent beside model and decoding; with `options`, one of them must be the answer."""

    def streamed(self) -> dict[str, Any]:
        """Return what asks for a stream, tokens counted."""

    def read(self, reply: Mapping[str, Any]) -> Completion:
        """Return what a whole reply says.

        Raises:
            Fault: it says nothing that could be an answer.
        """

    def hear(self, event: Mapping[str, Any], said: Completion) -> None:
        """Add an event of a stream to what was said so far."""


class Chat:
    """Chat Completions: what nearly every server speaks."""

    path = "/chat/completions"

    def decoding(self, asked: Decoding, settings: Settings) -> dict[str, Any]:
        """Return a decoding under the API's names."""
        limit = settings.get("max_tokens_as") or "max_tokens"
        return _named(
            asked,
            {
                **{"max_tokens": limit, "temperature": "temperature", "top_p": "top_p", "seed": "seed"},
                **{"presence_penalty": "presence_penalty", "frequency_penalty": "frequency_penalty"},
                "stop": "stop",
            },
        )

    def body(
        self,
        messages: list[dict[str, Any]],
        image: str | None,
        schema: Mapping[str, Any] | None,
        settings: Settings,
        tools: Tools = (),
    ) -> dict[str, Any]:
        """Return what is sent beside model and decoding."""
        picture = image and {"type": "image_url", "image_url": {"url": image}}
        body: dict[str, Any] = {"messages": _turns(messages, picture, "text", settings)}
        for name in ("reasoning_effort", "chat_template_kwargs"):  # the latter of vLLM, SGLang, llama.cpp
            if settings.get(name):
                body[name] = settings[name]
        if schema is not None:
            named = {"name": "answer", "strict": True, "schema": dict(schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        if tools:
            body["tools"] = [{"type": "function", "function": dict(one)} for one in tools]
        return body

    def streamed(self) -> dict[str, Any]:
        """Return what asks for a stream, tokens counted."""
        return {"stream": True, "stream_options": {"include_usage": True}}

    def read(self, reply: Mapping[str, Any]) -> Completion:
        """Return what a whole reply says."""
        message = at(reply, "choices", 0, "message")
        if not isinstance(message, dict):
            raise Fault("malformed", "the reply has no choices")
        said = Completion(
            text_of(message.get("content")), finish(at(reply, "choices", 0, "finish_reason")) or "stop"
        )
        said.thought = text_of(message.get("reasoning_content") or message.get("reasoning"))
        said.refusal = text_of(message.get("refusal"))
        _hear_calls(message, said)
        said.close()
        _note(reply, said)
        return said

    def hear(self, event: Mapping[str, Any], said: Completion) -> None:
        """Add an event of a stream to what was said so far."""
        delta = at(event, "choices", 0, "delta")
        said.text += text_of(at(delta, "content"))
        said.thought += text_of(at(delta, "reasoning_content") or at(delta, "reasoning"))
        said.refusal += text_of(at(delta, "refusal"))
        _hear_calls(delta, said)
        said.finish = finish(at(event, "choices", 0, "finish_reason")) or said.finish
        said.close()
        _note(event, said)


class Completions:
    """The older completions: a text that the model continues."""

    path = "/completions"

    def decoding(self, asked: Decoding, settings: Settings) -> dict[str, Any]:
        """Return a decoding under the API's names."""
        return Chat().decoding(asked, {**settings, "max_tokens_as": None})

    def body(
        self,
        messages: list[dict[str, Any]],
        image: str | None,
        schema: Mapping[str, Any] | None,
        settings: Settings,
        tools: Tools = (),
    ) -> dict[str, Any]:
        """Return what is sent beside model and decoding."""
        (message,) = messages
        return {"prompt": message["content"]}

    def streamed(self) -> dict[str, Any]:
        """Return what asks for a stream, tokens counted."""
        return Chat().streamed()

    def read(self, reply: Mapping[str, Any]) -> Completion:
        """Return what a whole reply says."""
        text = at(reply, "choices", 0, "text")
        if not isinstance(text, str):
            raise Fault("malformed", "the reply has no choices")
        said = Completion(text, finish(at(reply, "choices", 0, "finish_reason")) or "stop")
        _note(reply, said)
        return said

    def hear(self, event: Mapping[str, Any], said: Completion) -> None:
        """Add an event of a stream to what was said so far."""
        said.text += text_of(at(event, "choices", 0, "text"))
        said.finish = finish(at(event, "choices", 0, "finish_reason")) or said.finish
        _note(event, said)


class Responses:
    """The Responses API: nothing is stored there. It knows no `stop`, which is cut off here."""

    path = "/responses"

    def decoding(self, asked: Decoding, settings: Settings) -> dict[str, Any]:
        """Return a decoding under the API's names."""
        names = {"max_tokens": "max_output_tokens", "temperature": "temperature", "top_p": "top_p"}
        return _named(asked, {**names, "stop": ""})

    def body(
        self,
        messages: list[dict[str, Any]],
        image: str | None,
        schema: Mapping[str, Any] | None,
        settings: Settings,
        tools: Tools = (),
    ) -> dict[str, Any]:
        """Return what is sent beside model and decoding."""
        picture = image and {"type": "input_image", "image_url": image}
        said = _turns(messages, picture, "input_text", settings)
        body: dict[str, Any] = {"input": [item for one in said for item in _items(one)], "store": False}
        if settings.get("reasoning_effort"):
            body["reasoning"] = {"effort": settings["reasoning_effort"]}
        if schema is not None:
            named = {"type": "json_schema", "name": "answer", "strict": True, "schema": dict(schema)}
            body["text"] = {"format": named}
        if tools:
            body["tools"] = [{"type": "function", "strict": False, **one} for one in tools]
        return body

    def streamed(self) -> dict[str, Any]:
        """Return what asks for a stream, tokens counted."""
        return {"stream": True}

    def read(self, reply: Mapping[str, Any]) -> Completion:
        """Return what a whole reply says."""
        said = Completion()
        self._end(reply, said)
        return said

    def hear(self, event: Mapping[str, Any], said: Completion) -> None:
        """Add an event of a stream to what was said so far."""
        kind = event.get("type")
        if kind == "response.output_text.delta":
            said.text += text_of(event.get("delta"))
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            said.text = ""  # the last event has it all
            self._end(event.get("response") or {}, said)
        elif kind == "error":
            raise Fault("server_error", f"in the stream: {event.get('message')}")

    def _end(self, reply: Mapping[str, Any], said: Completion) -> None:
        if reply.get("status") == "failed":
            raise Fault("server_error", f"the reply failed: {at(reply, 'error', 'message')}")
        output = reply.get("output")
        if not isinstance(output, list):
            raise Fault("malformed", "the reply has no output")
        parts = [part for item in output for part in at(item, "content") or () if isinstance(part, dict)]
        said.text = text_of([part for part in parts if part.get("type") == "output_text"])
        for place, item in enumerate(output):
            if at(item, "type") == "function_call":
                said.call(place, item.get("name"), item.get("arguments"))
        refusals = [part for part in parts if part.get("type") == "refusal"]
        said.refusal = "".join(text_of(part.get("refusal")) for part in refusals)
        said.finish = finish(at(reply, "incomplete_details", "reason")) or "stop"
        said.close()
        _note(reply, said)


APIS: Mapping[str, Api] = {"chat": Chat(), "responses": Responses(), "completions": Completions()}


def _named(asked: Decoding, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the decoding under the API's names; an empty name is what is done here instead."""
    given = asked.asked()
    unknown = [key for key in given if key not in names]
    if unknown:
        raise BadInput(f"this API cannot honour {', '.join(map(repr, unknown))} in decoding")
    return {names[key]: value for key, value in given.items() if names[key]}


def _turns(
    messages: list[dict[str, Any]], picture: Any, kind: str, settings: Settings
) -> list[dict[str, Any]]:
    """Return the messages with the roles that the model knows, a picture before the last one's text."""
    system = settings.get("system_as") or "system"
    said: list[dict[str, Any]] = [
        {**message, "role": system} if message["role"] == "system" else {**message} for message in messages
    ]
    if picture:
        said[-1]["content"] = [picture, {"type": kind, "text": said[-1]["content"]}]
    return said


def _hear_calls(message: Any, said: Completion) -> None:
    """Add the calls of a message, or of a piece of one; a call of the older kind is the first."""
    for number, one in enumerate(at(message, "tool_calls") or ()):
        told, made = at(one, "index"), at(one, "function")
        said.call(number if told is None else told, at(made, "name"), at(made, "arguments"))
    if not at(message, "tool_calls") and isinstance(old := at(message, "function_call"), Mapping):
        said.call(0, old.get("name"), old.get("arguments"))


def _items(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a message as the Responses API has it, where calls and their results are no messages."""
    if message["role"] == "tool":
        result = {"call_id": message.get("tool_call_id"), "output": message["content"]}
        return [{"type": "function_call_output", **result}]
    if not message.get("tool_calls"):
        return [message]
    said = [{"role": message["role"], "content": message["content"]}] if message.get("content") else []
    calls = [
        {"type": "function_call", "call_id": one.get("id"), **one["function"]}
        for one in message["tool_calls"]
    ]
    return [*said, *calls]


def _note(reply: Mapping[str, Any], said: Completion) -> None:
    """Note the tokens, under either API's names, and the model that a reply or an event tells."""
    counts = reply.get("usage")
    told = usage(
        _either(counts, "prompt_tokens", "input_tokens"),
        at(_either(counts, "prompt_tokens_details", "input_tokens_details"), "cached_tokens"),
        _either(counts, "completion_tokens", "output_tokens"),
        _reasoning(counts),
        total=at(counts, "total_tokens"),
    )
    said.usage = told or said.usage
    if isinstance(reply.get("model"), str):
        said.model = reply["model"]


def _reasoning(counts: Any) -> Any:
    """Return the tokens of thoughts, which some servers (Perplexity, Groq's older models) count beside."""
    details = _either(counts, "completion_tokens_details", "output_tokens_details")
    found = at(details, "reasoning_tokens")
    return at(counts, "reasoning_tokens") if found is None else found


def _either(counts: Any, one: str, other: str) -> Any:
    found = at(counts, one)
    return at(counts, other) if found is None else found
