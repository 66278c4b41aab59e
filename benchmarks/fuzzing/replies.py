"""Replies of a server that are cut, odd, late or lies: status, headers, body and stream, in whole runs."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.fuzzing.apis import APIS, SIMILAR, Api, word
from benchmarks.fuzzing.directories import _set
from benchmarks.fuzzing.verdict import Broken, Executed, environment, harness
from harness.adapters.remote import base, gemini, openai
from harness.errors import BadInput
from harness.records.run_file import read_run
from tests.support.model_server import CLOSE, RESET, Asked, ModelServer, Reply, Step
from tests.support.running import Project, rows

COUNTED = "mutated replies"
ROWS, PAIRS = 12, 3  # of sentences in a call
KEY = "sk-fuzz-7f3a9c1e5d8b2046"
STATUSES = (
    100,
    204,
    206,
    301,
    302,
    307,
    400,
    401,
    402,
    403,
    404,
    408,
    409,
    413,
    422,
    425,
    429,
    500,
    503,
    529,
    599,
    999,
)
TEXTS = (
    "", "긍정", "\\ud800", "\\u0000", "<script>alert(1)</script>", "\\u001b]0;t\\u0007", "긍정 " * 3000, KEY,
    "[" * 5000, "1e999", "{{ 7 * 7 }}", "=1+1", "<think>", "\\u2028",
)  # fmt: skip
HEADERS = (
    b"Content-Length: -1", b"Content-Length: 99999999999", b"Content-Length: 3",
    b"Transfer-Encoding: chunked", b"Content-Encoding: gzip", b"Content-Type: text/html",
    b"Content-Type: text/event-stream", b"Content-Type: \xff", b"Retry-After: 0.01",
    b"Retry-After: Thu, 99 Foo", b"Retry-After: nan", b"x-ratelimit-reset-requests: -5s",
    b"x-ratelimit-remaining-requests: NaN", b"Location: http://127.0.0.1:9/", b"Set-Cookie: a=b",
    b"X-Long: " + b"x" * 9000, b"Connection: close", b"no colon here", b"X\x00Y: z",
)  # fmt: skip


def prepared(home: Path) -> Project:
    """Return a project whose backends are asked with a key."""
    project = Project(home)
    project.reviews(test=rows(ROWS))
    for name, api in APIS.items():
        project.write(f"backends/{name.replace(' ', '_')}.yaml", api.backend)
    table = home / "data/reviews/test.tsv"
    head, *lines = table.read_text(encoding="utf-8").splitlines()
    more = [f"{line}\t다른 문장 {number}" for number, line in enumerate(lines)]
    table.write_text("\n".join([f"{head}\tother", *more, ""]), encoding="utf-8")
    project.write("tasks/similar.yaml", SIMILAR)
    return project


@dataclass
class Case:
    """A run against a server that answers each request as the seed says: one reply in three as it should."""

    seed: int
    home: Path
    executed: Executed
    mutations: list[str] = field(default_factory=list)
    sound: dict[str, str] = field(default_factory=dict)  # what was said to whom it was last said as it should

    def run(self, template: Path) -> None:
        """Run it.

        Raises:
            Broken: a promise did not hold.
        """
        draw = random.Random(self.seed)
        shutil.copytree(template, self.home)
        name = draw.choice(list(APIS))
        api = APIS[name]
        self.mutations.append(f"{name}:")
        variables = {
            "HARNESS_CACHE": str(self.home / "cache"),
            "FUZZ_API_KEY": KEY,
            "XDG_CONFIG_HOME": str(self.home),
        }
        hasty = mock.patch.multiple(base, PAUSE=0.001, LONGEST_PAUSE=0.01)
        few = (mock.patch.object(module, "EMBEDDED", PAIRS) for module in (openai, gemini))
        with ExitStack() as stack, ModelServer() as server:
            stack.enter_context(environment(variables, ["HARNESS_DATA"]))
            for patch in (hasty, *few):
                stack.enter_context(patch)
            server.script = lambda asked: self._reply(draw, api, asked)
            url = server.url.removesuffix("/v1") if "gemini" in name else server.url
            said = harness(
                self.home,
                *("run", "-t", "similar" if api.task == SIMILAR else "reviews"),
                *("-b", name.replace(" ", "_"), "--data-dir", "data", "-q", "--max-failures", "1.0"),
                *("-m", f"base_url={url}", "-m", "api_key_env=FUZZ_API_KEY", "-m", "timeout=0.4"),
                *("--concurrency", "4"),
                *(("--latency",) if draw.random() < 0.5 else ("--no-latency",)),
                *(("--no-cache",) if draw.random() < 0.5 else ()),
            )
        self.executed.check()
        self._check(api, said.out + said.err, said.code)

    @property
    def count(self) -> int:
        """Return how many replies were mutated."""
        return len(self.mutations) - 1

    def _reply(self, draw: random.Random, api: Api, asked: Asked) -> Reply:
        reply = api.answer(asked)
        about = api.asked(asked)
        self.sound |= {text: word(text) for text in about}
        if draw.random() < 0.33:
            return reply
        mutation = draw.choice(MUTATIONS)
        self.mutations.append(mutation.__name__)
        for text in about:
            self.sound.pop(text, None)
        return mutation(draw, reply)

    def _check(self, api: Api, told: str, code: int) -> None:
        for path in self.home.rglob("*"):
            if path.is_file() and KEY.encode() in path.read_bytes():
                raise Broken(f"the key stands in {path.name}")
        if KEY in told:
            raise Broken("the key was printed")
        (directory,) = (path.parent for path in self.home.glob("runs/*/*/*/run.json"))
        try:
            run = read_run(directory)
        except BadInput as error:
            raise Broken(f"run.json: {error}") from None
        records = [json.loads(line) for line in (directory / "samples.jsonl").read_bytes().splitlines()]
        if code == 0 and (run.status != "complete" or len(records) != ROWS):
            raise Broken(f"exit code 0 with {len(records)} records, {run.status}")
        table = (self.home / "data/reviews/test.tsv").read_text(encoding="utf-8").splitlines()[1:]
        lines = {line.split("\t")[0]: line.split("\t") for line in table}
        for record in records:
            response = record["response"]
            if response["error"] is None and (what := api.wrong(record, lines[record["id"]], self.sound)):
                raise Broken(f"{what} was never said to {record['id']}")
            if response["error"] is not None and record["scores"] is not None:
                raise Broken(f"{record['id']} failed and has scores")


_COUNT = re.compile(rb'("(?:prompt_tokens|input_tokens|promptTokenCount|completion_tokens)": )\d+')
Mutation = Callable[[random.Random, Reply], Reply]


def _joined(reply: Reply) -> bytes:
    return b"".join(step for step in reply if isinstance(step, bytes))


def _parts(reply: Reply) -> tuple[bytes, bytes]:
    head, _, body = _joined(reply).partition(b"\r\n\r\n")
    return head, body


def _with(head: bytes, body: bytes) -> Reply:
    """Return a reply whose length is that of its body, unless it is in chunks."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    if b"chunked" not in head:
        lines.append(b"Content-Length: %d" % len(body))
    return [b"\r\n".join(lines) + b"\r\n\r\n" + body]


def status(draw: random.Random, reply: Reply) -> Reply:
    """Answer with another status."""
    head, body = _parts(reply)
    _, _, rest = head.partition(b"\r\n")
    return _with(b"HTTP/1.1 %d Odd\r\n" % draw.choice(STATUSES) + rest, body)


def header(draw: random.Random, reply: Reply) -> Reply:
    """Have a header more."""
    head, body = _parts(reply)
    return [head + b"\r\n" + draw.choice(HEADERS) + b"\r\n\r\n" + body, *_end(draw)]


def cut(draw: random.Random, reply: Reply) -> Reply:
    """End early, by a close, a reset or silence."""
    whole = _joined(reply)
    return [whole[: draw.randrange(len(whole))], draw.choice((CLOSE, RESET, 5.0))]


def flip(draw: random.Random, reply: Reply) -> Reply:
    """Have bytes that are others."""
    whole = bytearray(_joined(reply))
    for _ in range(draw.randint(1, 5)):
        whole[draw.randrange(len(whole))] = draw.randrange(256)
    return [bytes(whole), *_end(draw)]


def odd(draw: random.Random, reply: Reply) -> Reply:
    """Have an odd value in the JSON of the body, or in an event."""
    head, body = _parts(reply)
    start = body.find(b"{")
    end = body.find(b"\n", start) if b"chunked" in head else len(body)
    values: Any = json.loads(body[start:end])
    for _ in range(draw.randint(1, 3)):
        _set(draw, values)
    return _bodied(head, json.dumps(values).encode())


def text(draw: random.Random, reply: Reply) -> Reply:
    """Say what no server should."""
    head, body = _parts(reply)
    said = draw.choice(TEXTS).encode()
    changed = body.replace("긍정".encode(), said).replace("부정".encode(), said)
    start = changed.find(b"{")
    end = changed.find(b"\n", start) if b"chunked" in head else len(changed)
    return _bodied(head, changed[start:end])


def deep(draw: random.Random, reply: Reply) -> Reply:
    """Nest without a bottom."""
    depth = draw.choice((200, 1000, 50_000))
    return _bodied(_parts(reply)[0], draw.choice((b"[", b'{"a":')) * depth)


def page(draw: random.Random, reply: Reply) -> Reply:
    """Be a page."""
    return [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>hi</html>"]


def events(draw: random.Random, reply: Reply) -> Reply:
    """Stream what is no stream: lines of other fields, ends in the middle, events after the end."""
    lines = [
        b"data: [DONE]",
        b"data:",
        b"data: null",
        b"data: []",
        b": comment",
        b"retry: 5",
        b"event: error",
        b"data: {",
    ]
    lines += [b'data: {"error": {"message": "no", "code": 7}}', b"data: \xff\xfe", b"\x00", b"id: 1"]
    chosen = draw.choices(lines, k=draw.randint(1, 6))
    body = b"".join(line + draw.choice((b"\n\n", b"\r\n\r\n", b"\r")) for line in chosen)
    return _with(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream", body + _parts(reply)[1])


def usage(draw: random.Random, reply: Reply) -> Reply:
    """Count what cannot be."""
    number = draw.choice(
        (b"0", b"-5", b"1e400", b"99999999999999999999999", b"null", b'"many"', b"NaN", b"2.5", b"true")
    )
    head, body = _parts(reply)
    changed = _COUNT.sub(rb"\g<1>" + number, body)
    start = changed.find(b"{")
    end = changed.find(b"\n", start) if b"chunked" in head else len(changed)
    return _bodied(head, changed[start:end])


def nothing(draw: random.Random, reply: Reply) -> Reply:
    """Say nothing, or only end."""
    said: Sequence[Reply] = ([CLOSE], [RESET], [5.0], [b"\r\n"], [b"HTTP/1.1 200 OK\r\n\r\n", CLOSE])
    return draw.choice(said)


def _bodied(head: bytes, body: bytes) -> Reply:
    if b"chunked" in head:
        body = b"data: " + body + b"\n\n"
        return [head + b"\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)]
    return _with(head, body)


def _end(draw: random.Random) -> list[Step]:
    return [CLOSE] if draw.random() < 0.5 else []


MUTATIONS: tuple[Mutation, ...] = (
    status, header, cut, flip, odd, odd, text, deep, page, events, usage, nothing,
)  # fmt: skip
