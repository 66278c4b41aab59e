"""A loopback server of language models whose replies a test writes down: right, slow, refused or broken.

    with ModelServer() as server:
        server.script = lambda asked: [refuse(429, retry_after=1), say("긍정")][asked.number > 1]
        project.harness("run", …, "-m", f"base_url={server.url}")
        assert len(server.seen) == 2

A reply is a list of steps: seconds to wait, bytes to send, RESET, CLOSE, GARBLE, or a function to call. One
thread serves thousands of connections. `python -m tests.support.model_server --latency 1` serves from a
process of its own, and prints its URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

RESET, CLOSE = "reset", "close"
GARBLE = "garble"  # over TLS: a record that nobody can decrypt
GARBLED = b"\x17\x03\x03\x00\x20" + 32 * b"?"
Step = float | bytes | str | Callable[[], object]
Reply = list[Step]


@dataclass
class Asked:
    """A request as the server saw it, `at` seconds of `perf_counter`; `number` counts those of one body."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    at: float
    number: int = 1

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON that was sent."""
        return json.loads(self.raw)

    @property
    def prompt(self) -> str:
        """Return the last message, or the prompt of the older completions, as text."""
        body = self.body
        if "messages" in body or isinstance(body.get("input"), list):
            content = (body.get("messages") or body["input"])[-1]
            content = content["content"] if isinstance(content, dict) else content
            return content if isinstance(content, str) else content[-1]["text"]
        if "contents" in body:
            return body["contents"][-1]["parts"][-1]["text"]
        return str(body.get("prompt"))


def whole(body: bytes, status: int = 200, kind: str = "application/json", **headers: object) -> Reply:
    """Return a body with its headers; `_` stands for `-` in a header's name."""
    lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ["\r\n".join([*lines, "", ""]).encode() + body]


def usage(prompt: Any = 10, completion: Any = 2, **details: Any) -> dict[str, Any]:
    """Return tokens as OpenAI counts them."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion}
    return {**counts, "total_tokens": prompt + completion, **details}


def say(text: str | None, finish: str = "stop", after: float = 0.0, **changes: Any) -> Reply:
    """Return a chat completion that says `text`, `after` some seconds; `changes` replace its keys."""
    message = {"role": "assistant", "content": text}
    reply = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": usage(),
        **changes,
    }
    return [after, *whole(json.dumps(reply, ensure_ascii=False).encode())]


def refuse(status: int, code: str | None = None, message: str = "no", **headers: object) -> Reply:
    """Return an error as OpenAI words them."""
    error = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return whole(json.dumps(error).encode(), status, **headers)


def event(data: Any) -> bytes:
    """Return one event of a stream, as a chunk of its body."""
    line = b"data: " + (data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode())
    return chunk(line + b"\n\n")


def chunk(body: bytes) -> bytes:
    """Return a piece of a body whose length was not told."""
    return b"%x\r\n%s\r\n" % (len(body), body)


def piece(text: str | None, finish: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return a chunk of a streamed chat completion."""
    delta = {} if text is None else {"role": "assistant", "content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "model": "tiny-2026",
        "choices": [choice],
        **changes,
    }


def stream(*steps: Step | dict[str, Any], done: bool = True) -> Reply:
    """Return a stream of events, with pauses between them."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent: list[Step] = [event(step) if isinstance(step, (dict, bytes)) else step for step in steps]
    return [head, *sent, *([event(b"[DONE]")] if done else []), b"0\r\n\r\n"]


def answer(asked: Asked) -> Reply:
    """Return what a well-behaved server says: a word that the prompt decides, streamed if that was asked."""
    word = ("부정", "긍정")[sum(asked.prompt.encode()) % 2]
    if asked.body.get("stream"):
        return stream(piece(word), piece(None, "stop"), {"choices": [], "usage": usage()})
    return say(word)


def echo(asked: Asked) -> Reply:
    """Return the prompt's letters, each with a log-probability of its code; the first has none."""
    letters = asked.body["prompt"]
    values = [None, *(-ord(letter) / 1000 for letter in letters[1:]), -9.0]  # and the one that is written
    choice = {"text": letters, "logprobs": {"token_logprobs": values}, "finish_reason": "length"}
    return whole(json.dumps({"choices": [choice], "usage": usage(len(letters), 1)}).encode())


Script = Callable[[Asked], Reply]


class _Connection(asyncio.Protocol):
    """One connection; requests on it are answered one after the other."""

    def __init__(self, server: ModelServer) -> None:
        self.server, self.buffer = server, bytearray()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.server.connections += 1
        self.server.open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.server.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].decode("latin-1")
        place = head.lower().find("content-length:")
        length = int(head[place + 15 :].split("\r\n", 1)[0]) if place >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        raw = bytes(self.buffer[end + 4 : end + 4 + length])
        del self.buffer[: end + 4 + length]
        self._go_on(iter(self.server.reply(head, raw)))

    def _go_on(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if self.transport is None or self.transport.is_closing():
                self.server.hung_up += 1
                return
            if isinstance(step, bytes):
                self.transport.write(step)
            elif step == RESET:
                self._reset()
                return
            elif step == CLOSE:
                self.transport.close()
                return
            elif step == GARBLE:
                os.write(self.transport.get_extra_info("socket").fileno(), GARBLED)
                return
            elif callable(step):
                step()
            elif step:
                asyncio.get_running_loop().call_later(float(step), self._go_on, steps)
                return

    def _reset(self) -> None:
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


@dataclass
class ModelServer:
    """A server on a free loopback port; with `tls`, the paths of a certificate and its key."""

    script: Script = answer
    tls: tuple[Path, Path] | None = None
    seen: list[Asked] = field(default_factory=list)
    connections: int = 0
    hung_up: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._numbers: Counter[bytes] = Counter()
        self.open: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """Return the base_url of a backend."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    def reply(self, head: str, raw: bytes) -> Reply:
        """Note a request and return what it gets."""
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._numbers[raw] += 1
        asked = Asked(method, path, headers, raw, time.perf_counter(), self._numbers[raw])
        self.seen.append(asked)
        return self.script(asked)

    async def listen(self) -> asyncio.Server:
        """Begin to listen."""
        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", 0, ssl=context, backlog=4096
        )
        self.port = listening.sockets[0].getsockname()[1]
        return listening

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._listening = self._loop.run_until_complete(self.listen())
        self._ready.set()
        self._loop.run_forever()
        self._listening.close()
        for connection in list(self.open):
            connection.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def __enter__(self) -> ModelServer:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@dataclass
class Lean(ModelServer):
    """A server that costs little: the same reply for everything, and nothing remembered but the count."""

    fixed: Reply = field(default_factory=list)

    def reply(self, head: str, raw: bytes) -> Reply:
        self.connections += 1
        return self.fixed


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve one reply after a stated latency until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    latency = parser.parse_args(arguments).latency

    async def serve() -> None:
        server = Lean(fixed=say("긍정", after=latency))
        listening = await server.listen()
        print(server.url, flush=True)
        await listening.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
