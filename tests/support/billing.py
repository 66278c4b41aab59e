"""A loopback server that bills the tokens its own tokenizer counts, and a project that asks it."""

from __future__ import annotations

import random
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.model_server import Asked, ModelServer, Reply, say
from tests.support.running import REVIEWS, Project
from tests.support.tiny_models import query, review

# USD a million tokens.
READ, CACHED, WRITTEN = 500, 50, 2000
MOST = 40  # tokens a reply

PROFILE = f"""\
adapter: openai
model: tiny
kind: api
chat: true
choose_by: extract
decoding: {{max_tokens: {MOST}, temperature: 0}}
price:
  usd_per_mtok: {{input: {READ}, cached_input: {CACHED}, output: {WRITTEN}}}
  source: a test
  date: 2026-11-01
"""


def long_reviews(count: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """Return (id, document, label) rows of one to fifteen sentences."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        said = [review(draw) for _ in range(draw.randint(1, 15))]
        rows.append((f"{seed}-{number}", f"{'. '.join(text for text, _ in said)} {number}", str(number % 2)))
    return rows


def tokenizer(path: Path) -> Any:
    """Return a byte-level BPE trained on reviews, which is also written to `path`."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    draw = random.Random(1)
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator([query(review(draw)[0]) for _ in range(200)], trainer)
    made.save(str(path))
    return made


class Billing:
    """The server's script: replies of a length that the prompt decides, and the account of what they cost."""

    def __init__(self, made: Any, latency: float = 0.0) -> None:
        self.tokenizer, self.latency = made, latency
        self.read = self.billed = Decimal(0)
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        texts = [message["content"] for message in asked.body["messages"]]
        # As chat formats do, each message is framed, and so is the reply.
        prompt = sum(len(self.tokenizer.encode(text).ids) + 4 for text in texts) + 3
        cached = prompt // 10
        written = random.Random(asked.prompt).randint(1, asked.body.get("max_tokens", MOST))
        cost = Decimal((prompt - cached) * READ + cached * CACHED + written * WRITTEN) / 10**6
        with self._lock:
            self.read += Decimal(prompt * READ) / 10**6
            self.billed += cost
        said = {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        word = ("부정", "긍정")[sum(asked.prompt.encode()) % 2]
        return say(word, after=self.latency, usage=said)


def billed_project(home: Path, server: ModelServer, count: int, seed: int = 0) -> Project:
    """Return a project of `count` three-shot reviews whose backend `billed` asks the server."""
    project = Project(home)
    project.reviews(long_reviews(count, seed), long_reviews(30, seed + 1), f"{REVIEWS}shots: {{k: 3}}\n")
    write_backend(project, "billed", server)
    return project


def write_backend(project: Project, name: str, server: ModelServer) -> None:
    """Write a backend that asks the server."""
    project.write(f"backends/{name}.yaml", f"{PROFILE}settings: {{base_url: '{server.url}'}}\n")
