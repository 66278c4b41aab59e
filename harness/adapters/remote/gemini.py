"""Google's Gemini, by Google's own client: text, options by a JSON schema or extracted, embeddings.

It tells no log-probabilities of options. What its safety settings hold back, prompt or reply, is `filtered`.
`thinking_budget` bounds a model's thoughts in tokens; they count as reasoning tokens.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from harness.adapters.remote import errors as faults
from harness.adapters.remote import http
from harness.adapters.remote.base import Concurrent, Try
from harness.adapters.remote.embeddings import compared, sentences
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
from harness.api_keys import key, key_name
from harness.errors import BadInput
from harness.schema import CHOOSING, IMAGE, Decoding, Profile, Request, Response

GOOGLE = "https://generativelanguage.googleapis.com"
KEY = "GEMINI_API_KEY"
SEEDS = 2**31
EMBEDDED = 32  # pairs of sentences in a call, 64 sentences of the 100 that the service takes
NAMES = {
    "max_tokens": "max_output_tokens",
    **{
        key: key for key in ("temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed")
    },
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
        super().__init__(profile)
        self.settings = profile.settings
        self.url = http.endpoint(self.settings, GOOGLE)
        if profile.ask in CHOOSING and profile.choose_by == "logprobs":
            raise BadInput(f"{profile.name}: Gemini tells no log-probabilities; say choose_by: structured")
        self.batch = EMBEDDED if profile.ask == "embed" else 1
        self._client: Any = None

    def identity(self) -> Mapping[str, Any]:
        """Return what tells one server's model from another's of the same name."""
        return {"endpoint": self.url, "api": "embedContent" if self.batch > 1 else "generateContent"}

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
        """Make Google's client: its import takes longer than an answer."""
        self._client = self._client or self._made()

    def weight(self, requests: Sequence[Request]) -> float:
        """Return about how many tokens the prompts have, and the most that the replies may have."""
        if self.batch > 1:
            return sum(map(estimated_tokens, sentences(requests)))
        (request,) = requests
        return estimated_tokens(request.prompt) + (request.decoding.max_tokens or 0)

    async def call(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answers to the requests of one call."""
        from google.genai.errors import APIError

        ask = self._embed(requests, this) if self.batch > 1 else self._write(requests[0], this)
        try:
            return await ask
        except APIError as error:
            raise self._refused(error, this) from None
        except (httpx2.HTTPError, OSError) as error:
            raise http.of_transport(error) from None
        except (ValueError, TypeError, AttributeError) as error:  # as the SDK fails on what is no reply
            raise Fault("malformed", f"the reply cannot be read: {error}") from None

    async def hang_up(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._http.aclose()  # the SDK leaves open what it was given
            self._client.close()
            self._client = None

    # ---- text ---------------------------------------------------------------------------------------

    async def _write(self, request: Request, this: Try) -> list[Response]:
        contents, config = self._asked(request)
        models, model, said = self._client.aio.models, self.profile.model, Completion()
        if self.profile.stream:
            this.said = said
            chunks = await models.generate_content_stream(model=model, contents=contents, config=config)
            async for chunk in chunks:
                hear(chunk.model_dump(mode="json", by_alias=True, exclude_none=True), said)
                if said.text:
                    this.hear()
                this.last = time.perf_counter()
        else:
            config["should_return_http_response"] = True  # read here, as any server's
            reply = await models.generate_content(model=model, contents=contents, config=config)
            self.began(this, _lower(reply.sdk_http_response.headers))
            hear(document(reply.sdk_http_response.body.encode(), self.url), said)
        if said.finish is None:
            raise Fault("malformed", "the reply has no end")
        return [self.whole(request, said)]

    def whole(self, request: Request, said: Completion) -> Response:
        """Return the answer that a whole reply is."""
        structured = request.ask in CHOOSING and self.profile.choose_by == "structured"
        headroom = self.settings.get("reasoning_headroom")
        return response(request, said, headroom, structured=structured, chat=True)

    def _asked(self, request: Request) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the contents and the configuration of a call."""
        config = dict(self.sent(request.decoding))
        if "seed" in config:
            config["seed"] = request.seed % SEEDS  # drawn from what was asked, the example and the repeat
        if self.settings.get("thinking_budget") is not None:
            config["thinking_config"] = {"thinking_budget": self.settings["thinking_budget"]}
        if (schema := output_schema(request, self.profile)) is not None:
            config["response_mime_type"] = "application/json"
            config["response_json_schema"] = schema
        contents: list[dict[str, Any]] = []
        for message in request.messages(self.profile.shots_as, self.settings.get("system_as") or "system"):
            if message["role"] == "system":
                config["system_instruction"] = message["content"]
            else:
                role = "model" if message["role"] == "assistant" else "user"
                contents.append({"role": role, "parts": [{"text": message["content"]}]})
        if IMAGE in request.example.fields:
            found, kind = picture(request.example.fields[IMAGE])
            data = base64.b64encode(found).decode()
            contents[-1]["parts"].insert(0, {"inline_data": {"mime_type": kind, "data": data}})
        return contents, config

    # ---- embeddings ---------------------------------------------------------------------------------

    async def _embed(self, requests: Sequence[Request], this: Try) -> list[Response]:
        texts = sentences(requests)
        if not texts:
            return compared(requests, {}, 0, None)
        size = self.settings.get("dimensions")
        reply = await self._client.aio.models.embed_content(
            model=self.profile.model,
            contents=texts,
            config={"output_dimensionality": size} if size else None,
        )
        self.began(this, _lower(reply.sdk_http_response.headers))
        rows = [row.values for row in reply.embeddings or ()]
        if len(rows) != len(texts) or not all(rows):
            raise Fault("malformed", f"{len(rows)} vectors came for {len(texts)} sentences")
        return compared(requests, dict(zip(texts, rows, strict=True)), None, None)

    # ---- the wire -----------------------------------------------------------------------------------

    def _made(self) -> Any:
        """Return Google's client, which tries nothing again and takes no key but the one that is named."""
        from google import genai

        name = key_name(self.settings, KEY)
        secret = key(name) if name else None
        self._http = http.client(int(self.traffic.window.most), ["x-goog-api-key"] if secret else [])
        options = {"base_url": self.url, "api_version": "v1beta", "httpx_async_client": self._http}
        return genai.Client(api_key=secret or "none", vertexai=False, http_options=options)

    def _refused(self, error: Any, this: Try) -> Fault:
        this.headers = _lower(getattr(error.response, "headers", None) or {})
        said = f"{error.status}: {error.message}" if error.status else str(error.message)
        fault = faults.of_status(error.code or 500, this.headers, said)
        for detail in at(error.details, "error", "details") or ():
            if fault.hold is None and fault.crowded:
                fault.hold = faults.duration(at(detail, "retryDelay"))
        return fault


def hear(reply: Mapping[str, Any], said: Completion) -> None:
    """Add a reply of `generateContent`, or a piece of one, to what was said so far."""
    parts = at(reply, "candidates", 0, "content", "parts") or []
    for part in parts:
        text = at(part, "text")
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


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
