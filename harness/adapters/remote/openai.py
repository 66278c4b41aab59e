"""OpenAI's API, and every server that speaks it: language models and embeddings.

`base_url` names the server, or several that serve one model. A model with a name of its own for a thing has
a setting for it (`system_as`, `max_tokens_as`), and a model that samples as it likes says `sampling: false`.

Options are compared by log-probabilities only through `api: completions`, on servers that echo a prompt with
those of its tokens. Chat Completions tell those of the reply alone, and only the likeliest, which cannot
compare options of several tokens; there `choose_by` is `structured` (a JSON schema lets only the options
through) or `extract`.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.remote import http
from harness.adapters.remote import openai_logprobs as echoes
from harness.adapters.remote.base import Concurrent, Try
from harness.adapters.remote.embeddings import Embeddings
from harness.adapters.remote.error_bodies import raise_for_error, raise_for_status
from harness.adapters.remote.errors import Fault
from harness.adapters.remote.images import data_uri
from harness.adapters.remote.openai_apis import APIS, Api
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
from harness.adapters.tools import declared, offers, sent_names, sent_talk
from harness.api_keys import key, key_name
from harness.backends.addresses import endpoint
from harness.errors import BadInput
from harness.schema import CHOOSING, IMAGE, Corpus, Decoding, Profile, Request, Response
from harness.terminal import say

OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
SEEDS = 2**31  # some servers keep seeds in 32 bits
EMBEDDED = 32  # pairs of sentences in a call
FREE = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")  # what sampling decides


class OpenAI(Concurrent):
    """Asks a server that speaks OpenAI's API."""

    def __init__(self, profile: Profile) -> None:
        """Check what the settings say together; nothing is sent yet.

        Raises:
            BadInput: `base_url` is no address, or the API chosen cannot do what is asked.
        """
        self.urls = http.endpoints(profile.settings, OPENAI)
        super().__init__(profile, self.urls)
        self.settings = profile.settings
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
        if self.settings.get("tools_as") == "server" and not self.chats:
            raise BadInput(
                f"{profile.name}: api: completions takes no tools; -m api=chat, or "
                "-m tools_as=text sends them as text"
            )
        embeds = profile.ask in ("embed", "retrieve")
        self.embeddings = Embeddings(profile)
        self.batch, self.path = (EMBEDDED, "/embeddings") if embeds else (1, self.api.path)
        self._clients: http.Clients | None = None
        self._decoding: tuple[Decoding | None, Mapping[str, Any]] = (None, {})
        self._warned = False

    def identity(self) -> Mapping[str, Any]:
        """Return what tells one server's model from another's of the same name."""
        return {"endpoint": endpoint(self.urls), "api": self.path.strip("/")}

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
        """Make the client, which connects when it is asked."""
        self._clients = self._clients or self._made()

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
        if self._clients is not None:
            await self._clients.close()
            self._clients = None

    def weight(self, requests: Sequence[Request]) -> float:
        """Return about how many tokens the prompts have, and the most that the replies may have."""
        if self.batch > 1:
            return sum(map(estimated_tokens, self.embeddings.texts(requests)))
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
        if request.decoding is not self._decoding[0]:  # a run has one
            self._decoding = request.decoding, self.sent(request.decoding)
        decoding = dict(self._decoding[1])
        if "seed" in decoding:
            decoding["seed"] = request.seed % SEEDS  # drawn from what was asked, the example and the repeat
        return {
            **self.api.body(
                self._messages(request),
                None if picture is None else data_uri(picture),
                output_schema(request, self.profile),
                self.settings,
                declared(request.tools, sent_names(request.tools)) if self._offers(request) else (),
            ),
            **decoding,
            **(self.api.streamed() if self.profile.stream else {}),
        }

    def _offers(self, request: Request) -> bool:
        return self.chats and offers(request, self.profile)

    def _messages(self, request: Request) -> list[dict[str, Any]]:
        said = self.profile.shots_as, self.settings.get("system_as") or "system"
        if self._offers(request):
            return sent_talk(request.offered(*said), sent_names(request.tools))
        if self.chats:
            return list(request.messages(*said))
        return [{"role": "user", "content": request.prompt}]

    async def _streamed(self, body: Mapping[str, Any], this: Try) -> Completion:
        """Return a reply that came in pieces, or whole from a server that does not stream."""
        said = this.said = Completion()
        reply = await self._sent(body, this)
        try:
            if any(kind in reply.headers.get("Content-Type", "") for kind in ("json", "html")):
                return self.api.read(
                    raise_for_error(document(await reply.read(), this.server.address + self.path))
                )
            async for data in reply.events():
                if data == b"[DONE]":  # the end, however long the server then keeps the connection open
                    break
                if not data:
                    continue
                self.api.hear(raise_for_error(document(data)), said)
                if said.text or said.called:
                    this.hear()
                this.last = time.perf_counter()
        finally:
            await reply.close()
        if said.finish is None:
            raise Fault("malformed", "the stream ended before the reply did")
        return said

    # ---- embeddings ---------------------------------------------------------------------------------

    def index(self, corpus: Corpus) -> None:
        """Embed the passages.

        Raises:
            Unavailable: the server did not embed one.
        """
        self.embeddings.index(corpus, self.answer)

    async def _embed(self, requests: Sequence[Request], this: Try) -> list[Response]:
        texts = self.embeddings.texts(requests)
        if not texts:
            return self.embeddings.responses(requests, {}, 0, None)
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
        return self.embeddings.responses(requests, vectors, tokens, reply.get("model"))

    # ---- the wire -----------------------------------------------------------------------------------

    def _made(self) -> http.Clients:
        """Return clients that send the key which the settings name, and none beside."""
        name = key_name(self.settings, KEY)
        secret = key(name) if name else None
        headers = {"Authorization": f"Bearer {secret}"} if secret else None
        return http.Clients(self.urls, self.most, headers)

    async def _posted(self, body: Mapping[str, Any], this: Try) -> dict[str, Any]:
        """Return the reply to a body, an object without an error in it."""
        return await self._whole(await self._sent(body, this), this)

    async def _whole(self, reply: http.Reply, this: Try) -> dict[str, Any]:
        """Return the object that a reply which is no stream holds."""
        return raise_for_error(document(await reply.read(), this.server.address + self.path))

    async def _sent(self, body: Mapping[str, Any], this: Try) -> http.Reply:
        """Return the server's reply, its head read.

        Raises:
            Fault: there is none, or it is a refusal.
        """
        self.prepare()
        assert self._clients is not None
        reply = await self._clients.post(
            this.server.address, self.path, {"model": self.profile.model, **body}
        )
        this.headers = reply.headers
        await raise_for_status(reply)
        self.began(this, reply.headers)
        return reply
