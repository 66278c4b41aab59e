"""OpenAI's API, and every server that speaks it: language models and embeddings.

`base_url` names the server. A model with a name of its own for a thing has a setting for it (`system_as`,
`max_tokens_as`), and a model that samples as it likes says `sampling: false`.

Options are compared by log-probabilities only through `api: completions`, on servers that echo a prompt with
those of its tokens. Chat Completions tell those of the reply alone, and only the likeliest, which cannot
compare options of several tokens; there `choose_by` is `structured` (a JSON schema lets only the options
through) or `extract`.
"""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx2

from harness.adapters.remote import errors as faults
from harness.adapters.remote import http
from harness.adapters.remote import openai_logprobs as echoes
from harness.adapters.remote.base import Concurrent, Try
from harness.adapters.remote.embeddings import compared, sentences
from harness.adapters.remote.errors import Fault
from harness.adapters.remote.images import data_uri
from harness.adapters.remote.openai_apis import APIS, Api
from harness.adapters.remote.refused_prompts import unanswerable
from harness.adapters.remote.replies import (
    PER_MESSAGE,
    PER_REQUEST,
    Completion,
    at,
    count,
    document,
    estimated_tokens,
    output_schema,
    response,
)
from harness.api_keys import key, key_name
from harness.errors import BadInput
from harness.schema import CHOOSING, IMAGE, Decoding, Message, Profile, Request, Response
from harness.terminal import say

OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
SEEDS = 2**31  # some servers keep seeds in 32 bits
EMBEDDED = 32  # pairs of sentences in a call
FREE = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")  # what sampling decides


class OpenAI(Concurrent):
    """Asks a server that speaks OpenAI's API, by OpenAI's own client."""

    def __init__(self, profile: Profile) -> None:
        """Check what the settings say together; nothing is sent yet.

        Raises:
            BadInput: `base_url` is no address, or the API chosen cannot do what is asked.
        """
        super().__init__(profile)
        self.settings = profile.settings
        self.url = http.endpoint(self.settings, OPENAI)
        name = self.settings.get("api") or "chat"
        self.api: Api = APIS[name]
        self.compares = profile.ask in CHOOSING and profile.choose_by == "logprobs"
        if (self.compares or profile.ask == "score") and name != "completions":
            raise BadInput(
                f"{profile.name}: log-probabilities need `api: completions`, on a server that echoes them; "
                "otherwise `choose_by: structured` or `choose_by: extract`"
            )
        if self.settings.get("chat_template_kwargs") and name != "chat":
            raise BadInput(f"{profile.name}: chat_template_kwargs are for a chat template: api: chat")
        self.chats = name != "completions"
        embeds = profile.ask == "embed"
        self.batch, self.path = (EMBEDDED, "/embeddings") if embeds else (1, self.api.path)
        self._client: Any = None
        self._warned = False

    def identity(self) -> Mapping[str, Any]:
        """Return what tells one server's model from another's of the same name."""
        return {"endpoint": self.url, "api": self.path.strip("/")}

    def sent(self, decoding: Decoding) -> Mapping[str, Any]:
        """Return the decoding under the API's names, the reasoning's headroom added.

        Raises:
            BadInput: the API or the model cannot honour it.
        """
        asked = decoding.asked()
        if asked.get("max_tokens"):
            asked["max_tokens"] += self.settings.get("reasoning_headroom") or 0
        if self.settings.get("sampling") is False:
            refused = [key for key in FREE if asked.pop(key, None) not in (None, 0)]
            if refused:
                raise BadInput(
                    f"{self.profile.name} samples as it likes, and cannot honour {', '.join(refused)}"
                )
        if self._stops_here:
            asked.pop("stop", None)
        return self.api.decoding(Decoding(**asked), self.settings)

    @property
    def _stops_here(self) -> bool:
        """Whether stop strings are looked for in the answer here, and not by the server.

        A server would end a thought, or a chat's reply that begins with an empty line or a heading.
        """
        thinks = bool(self.settings.get("reasoning_headroom")) or self.settings.get("sampling") is False
        return self.chats or thinks

    def prepare(self) -> None:
        """Make OpenAI's client: its import takes longer than an answer."""
        self._client = self._client or self._made()

    # ---- a call -------------------------------------------------------------------------------------

    async def call(self, requests: Sequence[Request], this: Try) -> list[Response]:
        """Return the answers to the requests of one call."""
        self._warn(requests[0].decoding)
        if self.batch > 1:
            return await self._embed(requests, this)
        (request,) = requests

        async def ask(text: str) -> echoes.Echo:
            return echoes.read(await self._posted({**echoes.ECHO, "prompt": text}, this))

        if request.ask == "score":
            return [await echoes.score(request, ask)]
        if self.compares:
            return [await echoes.compare(request, ask, self.profile.normalise)]
        return [await self._write(request, this)]

    async def hang_up(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def weight(self, requests: Sequence[Request]) -> float:
        """Return about how many tokens the prompts have, and the most that the replies may have."""
        if self.batch > 1:
            return sum(map(estimated_tokens, sentences(requests)))
        (request,) = requests
        prompt = estimated_tokens(request.prompt)
        if self.compares:  # each option is read after the prompt anew
            return self.trips(requests) * prompt + sum(estimated_tokens(o.text) for o in request.options)
        return prompt + (request.decoding.max_tokens or 0)

    def trips(self, requests: Sequence[Request]) -> int:
        """Return 1; where options are compared, the prompt and each option after it are requests."""
        return 1 + len(requests[0].options) if self.compares else 1

    def _warn(self, decoding: Decoding) -> None:
        if self.settings.get("sampling") is False and decoding.temperature == 0 and not self._warned:
            say(f"warning: {self.profile.name} samples as it likes: temperature 0 was asked and is not sent")
        self._warned = True

    # ---- text ---------------------------------------------------------------------------------------

    async def _write(self, request: Request, this: Try) -> Response:
        body = self._body(request)
        if self.profile.stream:
            said = await self._streamed(body, this)
        else:
            said = self.api.read(await self._posted(body, this))
        return self.whole(request, said)

    def whole(self, request: Request, said: Completion) -> Response:
        """Return the answer that a whole reply is."""
        return response(
            request,
            said,
            self.settings.get("reasoning_headroom"),
            structured=self._structured(request),
            chat=self.chats if self._stops_here else None,
        )

    def _structured(self, request: Request) -> bool:
        return request.ask in CHOOSING and self.profile.choose_by == "structured"

    def _body(self, request: Request) -> dict[str, Any]:
        picture = request.example.fields.get(IMAGE)
        decoding = dict(self.sent(request.decoding))
        if "seed" in decoding:
            decoding["seed"] = request.seed % SEEDS  # drawn from what was asked, the example and the repeat
        return {
            **self.api.body(
                self._messages(request),
                None if picture is None else data_uri(picture),
                output_schema(request, self.profile),
                self.settings,
            ),
            **decoding,
            **(self.api.streamed() if self.profile.stream else {}),
        }

    def _messages(self, request: Request) -> list[Message]:
        if self.chats:
            return request.messages(self.profile.shots_as, self.settings.get("system_as") or "system")
        return [{"role": "user", "content": request.prompt}]

    async def _streamed(self, body: Mapping[str, Any], this: Try) -> Completion:
        """Return a reply that came in pieces, or whole from a server that does not stream."""
        said = this.said = Completion()
        reply = await self._sent(body, this, stream=True)
        try:
            if any(kind in reply.headers.get("content-type", "") for kind in ("json", "html")):
                return self.api.read(_raise_for_error(document(await reply.aread(), self.url + self.path)))
            async for event in _events(reply):
                self.api.hear(event, said)
                if said.text:
                    this.hear()
                this.last = time.perf_counter()
        except httpx2.HTTPError as error:
            raise http.of_transport(error) from None
        finally:
            await reply.aclose()
        if said.finish is None:
            raise Fault("malformed", "the stream ended before the reply did")
        return said

    # ---- embeddings ---------------------------------------------------------------------------------

    async def _embed(self, requests: Sequence[Request], this: Try) -> list[Response]:
        texts = sentences(requests)
        if not texts:
            return compared(requests, {}, 0, None)
        body = {"input": texts, "encoding_format": "float"}
        if self.settings.get("dimensions"):
            body["dimensions"] = self.settings["dimensions"]
        reply = await self._posted(body, this)
        try:
            vectors = {texts[row["index"]]: array("d", row["embedding"]) for row in reply["data"]}
        except (KeyError, IndexError, TypeError):
            vectors = {}
        if len(vectors) < len(texts):
            raise Fault("malformed", f"{len(vectors)} vectors came for {len(texts)} sentences")
        tokens = count(at(reply, "usage", "prompt_tokens"))
        most = sum(len(text.encode(errors="replace")) + PER_MESSAGE for text in texts) + PER_REQUEST
        if not tokens or tokens > most:  # none, or more than there are bytes: that is no count
            tokens = None
        return compared(requests, vectors, tokens, reply.get("model"))

    # ---- the wire -----------------------------------------------------------------------------------

    def _made(self) -> Any:
        """Return OpenAI's client, which tries nothing again and finds nothing in the environment."""
        from openai import AsyncOpenAI

        name = key_name(self.settings, KEY)
        secret = key(name) if name else None
        return AsyncOpenAI(
            api_key=secret or "none",
            admin_api_key="",
            organization="",
            project="",
            base_url=self.url,
            max_retries=0,
            timeout=http.TIMEOUT,
            http_client=http.client(int(self.traffic.window.most), ["authorization"] if secret else []),
        )

    async def _posted(self, body: Mapping[str, Any], this: Try) -> dict[str, Any]:
        """Return the reply to a body, an object without an error in it."""
        return _raise_for_error(document((await self._sent(body, this)).content, self.url + self.path))

    async def _sent(self, body: Mapping[str, Any], this: Try, *, stream: bool = False) -> httpx2.Response:
        """Return the server's response, its head read."""
        from openai import APIConnectionError, APIStatusError, AsyncStream

        # By its path and not by `client.chat`: the SDK would make objects of what is read here anyway,
        # at half the cost of a call, and choke on replies that are not as OpenAI's.
        try:
            response: httpx2.Response = await self._client.post(
                self.path,
                cast_to=httpx2.Response,
                body={"model": self.profile.model, **body},
                stream=stream,
                stream_cls=AsyncStream[Any] if stream else None,
            )
        except APIStatusError as error:
            this.headers = error.response.headers
            words = _error_message(error.body or error.response.text)
            raise faults.of_status(error.status_code, error.response.headers, words) from None
        except (APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise http.of_transport(error) from None
        self.began(this, response.headers)
        return response


async def _events(response: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    """Yield the events of a stream (text/event-stream), each an object without an error in it.

    It ends with `[DONE]`, however long the server then keeps the connection open.
    """
    async for line in response.aiter_lines():
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        if data == "[DONE]":
            return
        if data:
            yield _raise_for_error(document(data.encode()))


def _raise_for_error(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a reply that holds no error: a proxy tells its upstream's within a 200."""
    wrong = reply.get("error")
    if wrong:
        words = _error_message(wrong)
        finish = unanswerable(words)
        raise Fault("bad_request" if finish else "server_error", f"in the reply: {words}", finish=finish)
    return reply


def _error_message(body: Any) -> str:
    """Return what a server said of an error: its code, its words, and an upstream's that a proxy hands on."""
    said = at(body, "message") or at(body, "detail") or body
    words = [said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)]
    words += [str(more) for key in ("raw", "reasons") if (more := at(body, "metadata", key))]
    code = at(body, "code")
    if code and str(code) not in words[0]:
        words.insert(0, str(code))
    return ": ".join(words)
