"""Google's Gemini: text, options by a JSON schema or extracted, embeddings.

It tells no log-probabilities of options. What its safety settings hold back, prompt or reply, is `filtered`.
`thinking_budget` bounds a model's thoughts in tokens; they count as reasoning tokens.
"""

from __future__ import annotations

import base64
import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.remote import errors as faults
from harness.adapters.remote import http
from harness.adapters.remote.base import Concurrent, Try
from harness.adapters.remote.embeddings import Embeddings
from harness.adapters.remote.error_bodies import raise_for_error, refusal
from harness.adapters.remote.errors import Fault
from harness.adapters.remote.images import picture
from harness.adapters.remote.replies import (
    Completion,
    at,
    document,
    estimated_tokens,
    output_schema,
    response,
    usage,
)
from harness.adapters.tools import call, declared, offers, sent_names, sent_talk
from harness.api_keys import key, key_name
from harness.backends.addresses import endpoint
from harness.errors import BadInput
from harness.schema import CHOOSING, IMAGE, Corpus, Decoding, Profile, Request, Response

GOOGLE = "https://generativelanguage.googleapis.com"
KEY = "GEMINI_API_KEY"
SEEDS = 2**31
EMBEDDED = 32  # pairs of sentences in a call, 64 sentences of the 100 that the service takes
VERSION = "v1beta"  # of the API
NAMES = {
    **{"max_tokens": "maxOutputTokens", "temperature": "temperature", "top_p": "topP", "top_k": "topK"},
    **{"presence_penalty": "presencePenalty", "frequency_penalty": "frequencyPenalty", "seed": "seed"},
}
_FINISHES = {
    **{"STOP": "stop", "MAX_TOKENS": "length"},
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "filtered"),
    **dict.fromkeys(("MODEL_ARMOR", "IMAGE_SAFETY", "LANGUAGE"), "filtered"),
}


class Gemini(Concurrent):
    """Asks Gemini, or a server that speaks its API at `base_url`."""

    def __init__(self, profile: Profile) -> None:
        """Check what the settings say together; nothing is sent yet.

        Raises:
            BadInput: `base_url` is no address, or options are to be compared by log-probabilities.
        """
        self.urls = http.endpoints(profile.settings, GOOGLE)
        super().__init__(profile, self.urls)
        self.settings = profile.settings
        if profile.ask in CHOOSING and profile.choose_by == "logprobs":
            raise BadInput(f"{profile.name}: Gemini tells no log-probabilities; say choose_by: structured")
        self.batch = EMBEDDED if profile.ask in ("embed", "retrieve") else 1
        self.embeddings = Embeddings(profile)
        named = str(profile.model)
        self.model = named if named.startswith(("models/", "tunedModels/")) else f"models/{named}"
        self._clients: http.Clients | None = None

    def identity(self) -> Mapping[str, Any]:
        """Return what tells one server's model from another's of the same name."""
        return {
            "endpoint": endpoint(self.urls),
            "api": "embedContent" if self.batch > 1 else "generateContent",
        }

    def sent(self, decoding: Decoding) -> Mapping[str, Any]:
        """Return the decoding under the API's names, the reasoning's headroom added.

        Stop strings are looked for in the answer here: the service would end a reply at its first heading.
        """
        asked = decoding.asked()
        asked.pop("stop", None)
        if asked.get("max_tokens"):
            asked["max_tokens"] += self.settings.get("reasoning_headroom") or 0
        return {NAMES[key]: value for key, value in asked.items()}

    def prepare(self) -> None:
        """Make the client, which connects when it is asked."""
        self._clients = self._clients or self._made()

    def weight(self, requests: Sequence[Request]) -> float:
        """Return about how many tokens the prompts have, and the most that the replies may have."""
        if self.batch > 1:
            return sum(map(estimated_tokens, self.embeddings.texts(requests)))
        (request,) = requests
        return estimated_tokens(request.prompt) + (request.decoding.max_tokens or 0)

    async def call(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answers to the requests of one call."""
        return await (self._embed(requests, this) if self.batch > 1 else self._write(requests[0], this))

    async def hang_up(self) -> None:
        """Close the connections."""
        if self._clients is not None:
            await self._clients.close()
            self._clients = None

    # ---- text ---------------------------------------------------------------------------------------

    async def _write(self, request: Request, this: Try) -> list[Response]:
        said, body = Completion(), self._body(request)
        if self.profile.stream:
            this.said = said
            reply = await self._sent("streamGenerateContent?alt=sse", body, this)
            try:
                async for data in reply.events():
                    hear(raise_for_error(document(data, this.server.address)), said)
                    if said.text or said.called:
                        this.hear()
                    this.last = time.perf_counter()
            finally:
                await reply.close()
        else:
            hear(await self._posted("generateContent", body, this), said)
        if said.finish is None:
            raise Fault("malformed", "the reply has no end")
        return [self.whole(request, said)]

    def whole(self, request: Request, said: Completion) -> Response:
        """Return the answer that a whole reply is."""
        structured = request.ask in CHOOSING and self.profile.choose_by == "structured"
        headroom = self.settings.get("reasoning_headroom")
        return response(request, said, headroom, structured=structured, chat=True)

    def _body(self, request: Request) -> dict[str, Any]:
        """Return what is sent."""
        config = dict(self.sent(request.decoding))
        if "seed" in config:
            config["seed"] = request.seed % SEEDS  # drawn from what was asked, the example and the repeat
        if self.settings.get("thinking_budget") is not None:
            config["thinkingConfig"] = {"thinkingBudget": self.settings["thinking_budget"]}
        if (schema := output_schema(request, self.profile)) is not None:
            config |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
        body: dict[str, Any] = {}
        contents: list[dict[str, Any]] = []
        last = ""
        for message in self._messages(request, body):
            if message["role"] == "system":
                body["systemInstruction"] = {"parts": [{"text": message["content"]}], "role": "user"}
            else:
                role = "model" if message["role"] == "assistant" else "user"
                if message["role"] == last == "tool":  # results of one reply's calls come in one turn
                    contents[-1]["parts"] += _parts(message)
                else:
                    contents.append({"role": role, "parts": _parts(message)})
                last = message["role"]
        if IMAGE in request.example.fields:
            found, kind = picture(request.example.fields[IMAGE])
            data = base64.b64encode(found).decode()
            contents[-1]["parts"].insert(0, {"inlineData": {"mimeType": kind, "data": data}})
        return {"contents": contents, **body, **({"generationConfig": config} if config else {})}

    def _messages(self, request: Request, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the chat; tools in the service's own form go into the body."""
        said = self.profile.shots_as, self.settings.get("system_as") or "system"
        if not offers(request, self.profile):
            return list(request.messages(*said))
        names = sent_names(request.tools)
        tools = [
            {
                "name": one["name"],
                "description": one["description"],
                "parametersJsonSchema": one["parameters"],
            }
            for one in declared(request.tools, names)
        ]
        body["tools"] = [{"functionDeclarations": tools}]
        return sent_talk(request.offered(*said), names)

    # ---- embeddings ---------------------------------------------------------------------------------

    def index(self, corpus: Corpus) -> None:
        """Embed the passages.

        Raises:
            Unavailable: the service did not embed one.
        """
        self.embeddings.index(corpus, self.answer)

    async def _embed(self, requests: Sequence[Request], this: Try) -> list[Response]:
        texts = self.embeddings.texts(requests)
        if not texts:
            return self.embeddings.responses(requests, {}, 0, None)
        size = self.settings.get("dimensions")
        shared = {"model": self.model, **({"outputDimensionality": size} if size else {})}
        asked = [{**shared, "content": {"parts": [{"text": text}], "role": "user"}} for text in texts]
        reply = await self._posted("batchEmbedContents", {"requests": asked}, this)
        try:
            rows = [array("d", row["values"]) for row in reply["embeddings"]]
        except (KeyError, TypeError):
            rows = []
        if len(rows) != len(texts) or not all(rows):
            raise Fault("malformed", f"{len(rows)} vectors came for {len(texts)} sentences")
        return self.embeddings.responses(requests, dict(zip(texts, rows, strict=True)), None, None)

    # ---- the wire -----------------------------------------------------------------------------------

    def _made(self) -> http.Clients:
        """Return clients that send the key which the settings name, and none beside."""
        name = key_name(self.settings, KEY)
        secret = key(name) if name else None
        headers = {"x-goog-api-key": secret} if secret else None
        return http.Clients(self.urls, self.most, headers)

    async def _posted(self, method: str, body: Mapping[str, Any], this: Try) -> dict[str, Any]:
        """Return the reply to a body, an object without an error in it."""
        reply = await self._sent(method, body, this)
        return raise_for_error(document(await reply.read(), this.server.address))

    async def _sent(self, method: str, body: Mapping[str, Any], this: Try) -> http.Reply:
        """Return the service's reply, its head read.

        Raises:
            Fault: there is none, or it is a refusal.
        """
        self.prepare()
        assert self._clients is not None
        reply = await self._clients.post(this.server.address, f"/{VERSION}/{self.model}:{method}", body)
        this.headers = reply.headers
        if not 200 <= reply.status < 300:
            raise _refused(reply, *await refusal(reply))
        self.began(this, reply.headers)
        return reply


def _refused(reply: http.Reply, body: Any, text: str) -> Fault:
    """Return the fault of a refusal (google.rpc.Status), with the wait that its RetryInfo names."""
    error = at(body[0] if isinstance(body, list) and body else body, "error")
    message, status = at(error, "message") or text, at(error, "status")
    fault = faults.of_status(reply.status, reply.headers, f"{status}: {message}" if status else str(message))
    for detail in at(error, "details") or ():
        if fault.hold is None and fault.crowded:
            fault.hold = faults.duration(at(detail, "retryDelay"))
    return fault


def hear(reply: Mapping[str, Any], said: Completion) -> None:
    """Add a reply of `generateContent`, or a piece of one, to what was said so far."""
    parts = at(reply, "candidates", 0, "content", "parts") or []
    for part in parts:
        text = at(part, "text")
        if isinstance(made := at(part, "functionCall"), Mapping):
            said.call(len(said.called), made.get("name"), made.get("args") or {})
        if isinstance(text, str):
            if at(part, "thought"):
                said.thought += text
            else:
                said.text += text
    ended = at(reply, "candidates", 0, "finishReason")
    if ended is not None:
        said.finish = _FINISHES.get(str(ended), "stop")
    if at(reply, "promptFeedback", "blockReason"):
        said.finish = "filtered"
    counts = reply.get("usageMetadata")
    told = usage(
        at(counts, "promptTokenCount"),
        at(counts, "cachedContentTokenCount"),
        at(counts, "candidatesTokenCount"),
        at(counts, "thoughtsTokenCount"),
        apart=True,
    )
    said.usage = told or said.usage
    said.model = at(reply, "modelVersion") or said.model


def _parts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a message's parts: its text, the calls that it makes, or the result of one."""
    if message["role"] == "tool":
        result = {"name": message.get("name") or "", "response": {"result": message["content"]}}
        return [{"functionResponse": result}]
    made = [
        call(one["function"]["name"], one["function"]["arguments"]) for one in message.get("tool_calls") or ()
    ]
    calls = [{"functionCall": {"name": one["name"], "args": one["arguments"]}} for one in made]
    text = message["content"]
    return [*([{"text": text}] if text or not calls else []), *calls]
