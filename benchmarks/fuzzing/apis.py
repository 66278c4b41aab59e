"""The APIs that are spoken: how each is asked for, what a well-behaved server says, and what is then true."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.support import model_server
from tests.support.model_server import Asked, Reply, echo, stream, whole
from tests.support.running import REVIEWS

SIMILAR = """\
version: 1
description: Pairs of sentences written for a test
data: {format: tsv, files: {test: reviews/test.tsv}}
fields: {id: id, sentence1: document, sentence2: other, target: label}
ask: embed
metrics: [pearson]
"""
WORDS = ("부정", "긍정")
Sound = Callable[[str], bool]  # whether what was last said to a prompt was as it should be


class Api(NamedTuple):
    """One way to ask: the backend, the task, what is said, and what is wrong in a record."""

    backend: str
    answer: Callable[[Asked], Reply]
    asked: Callable[[Asked], list[str]]
    wrong: Callable[[dict[str, Any], list[str], Mapping[str, str]], str]
    task: str = REVIEWS
    template: str = "문장: {0}\n감정:"


def _prompt(asked: Asked) -> list[str]:
    return [asked.prompt]


def word(prompt: str) -> str:
    """Return what a prompt is answered with."""
    return WORDS[sum(prompt.encode()) % 2]


# Texts


def _wrong_text(record: dict[str, Any], row: list[str], sound: Mapping[str, str]) -> str:
    """Return what was never said; nothing if it was, or the last reply was not as it should be."""
    said = next((text for prompt, text in sound.items() if f"문장: {row[1]}\n" in prompt), None)
    response = record["response"]
    return "" if said is None or response["text"] == said else repr(response["text"])


def structured(asked: Asked) -> Reply:
    """Return the option as the JSON schema wants it."""
    return model_server.say(json.dumps({"answer": word(asked.prompt)}, ensure_ascii=False))


def completion(asked: Asked) -> Reply:
    """Return a text of the older completions."""
    choice = {"text": word(asked.prompt), "index": 0, "finish_reason": "stop", "logprobs": None}
    return _json({"id": "1", "model": "tiny-2026", "choices": [choice], "usage": model_server.usage()})


def responses(asked: Asked) -> Reply:
    """Return a reply of the Responses API, streamed if that was asked."""
    said = {"type": "message", "content": [{"type": "output_text", "text": word(asked.prompt)}]}
    counts = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
    done = {"status": "completed", "model": "tiny-2026", "output": [said], "usage": counts}
    if not asked.body.get("stream"):
        return _json(done)
    delta = {"type": "response.output_text.delta", "delta": word(asked.prompt)}
    return stream({"type": "response.created"}, delta, {"type": "response.completed", "response": done})


def gemini(asked: Asked) -> Reply:
    """Return a reply of `generateContent`, streamed if that was asked."""
    text = word(asked.prompt)
    if "responseJsonSchema" in asked.body.get("generationConfig", {}):
        text = json.dumps({"answer": text}, ensure_ascii=False)
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
    counts = {"promptTokenCount": 10, "candidatesTokenCount": 2}
    reply = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "gem-001"}
    return stream(reply, done=False) if "stream" in asked.path else _json(reply)


# Numbers


def vector(text: str) -> list[float]:
    """Return the vector of a sentence."""
    return [1.0, sum(text.encode()) % 7 - 3.0]


def _wrong_cosine(record: dict[str, Any], row: list[str], sound: Mapping[str, str]) -> str:
    if row[1] not in sound or row[3] not in sound:
        return ""
    left, right = vector(row[1]), vector(row[3])
    cosine = sum(map(float.__mul__, left, right)) / (math.hypot(*left) * math.hypot(*right))
    value = record["response"]["value"]
    return "" if value is not None and abs(value - cosine) < 1e-9 else f"{value} and not {cosine}"


def embeddings(asked: Asked) -> Reply:
    """Return the vectors of OpenAI's API."""
    rows = [{"index": place, "embedding": vector(text)} for place, text in enumerate(asked.body["input"])]
    return _json({"data": rows, "model": "tiny-2026", "usage": {"prompt_tokens": 10, "total_tokens": 10}})


def _contents(asked: Asked) -> list[str]:
    return [wanted["content"]["parts"][0]["text"] for wanted in asked.body["requests"]]


def gemini_embeddings(asked: Asked) -> Reply:
    """Return the vectors of `batchEmbedContents`."""
    return _json({"embeddings": [{"values": vector(text)} for text in _contents(asked)]})


def _wrong_scores(record: dict[str, Any], row: list[str], sound: Mapping[str, str]) -> str:
    stem = f"문장: {row[1]}\n감정:"
    prompts = [prompt for prompt in sound if prompt.startswith(stem)]
    if len(prompts) < 3:
        return ""
    scores = record["response"]["option_scores"]
    added = [sum(-ord(letter) / 1000 for letter in f" {text}") for text in WORDS]
    near = scores is not None and all(abs(a - b) < 1e-9 for a, b in zip(scores, added, strict=True))
    return "" if near else f"{scores} and not {added}"


def _json(values: object) -> Reply:
    return whole(json.dumps(values, ensure_ascii=False).encode())


OPENAI = "adapter: openai\nmodel: tiny\n"
GEMINI = "adapter: gemini\nmodel: gem\nchat: true\n"
APIS: dict[str, Api] = {
    "chat": Api(f"{OPENAI}chat: true\nchoose_by: extract\n", model_server.answer, _prompt, _wrong_text),
    "structured": Api(f"{OPENAI}chat: true\nchoose_by: structured\n", structured, _prompt, _wrong_text),
    "responses": Api(
        f"{OPENAI}chat: true\nchoose_by: extract\nsettings: {{api: responses}}\n",
        *(responses, _prompt, _wrong_text),
    ),
    "completions": Api(
        f"{OPENAI}choose_by: extract\nsettings: {{api: completions}}\n", completion, _prompt, _wrong_text
    ),
    "logprobs": Api(
        f"{OPENAI}choose_by: logprobs\nsettings: {{api: completions}}\n", echo, _prompt, _wrong_scores
    ),
    "embeddings": Api(OPENAI, embeddings, lambda asked: asked.body["input"], _wrong_cosine, SIMILAR),
    "gemini": Api(f"{GEMINI}choose_by: extract\n", gemini, _prompt, _wrong_text),
    "gemini structured": Api(f"{GEMINI}choose_by: structured\n", gemini, _prompt, _wrong_text),
    "gemini embeddings": Api(GEMINI, gemini_embeddings, _contents, _wrong_cosine, SIMILAR),
}
