"""Tokens are counted by tiktoken without a key, and nothing is downloaded that nobody named."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

tiktoken = pytest.importorskip("tiktoken", reason="counts by tiktoken need it")
requests = pytest.importorskip("requests", reason="tiktoken downloads by requests")

from tiktoken import load, model, registry  # noqa: E402

from tests.support.shell import Shell  # noqa: E402

ADDRESS = "https://example.invalid/tiny.tiktoken"
# All bytes, and one token of two letters.
VOCABULARY = b"".join(
    base64.b64encode(token) + f" {rank}\n".encode()
    for rank, token in enumerate([*(bytes([n]) for n in range(256)), b"ab"])
)


def tiny() -> dict[str, Any]:
    """Return an encoding of one merge, as a plugin of tiktoken describes it."""
    ranks = load.load_tiktoken_bpe(ADDRESS, hashlib.sha256(VOCABULARY).hexdigest())
    special = {"<|endoftext|>": 300}
    return {"name": "tiny", "pat_str": r"\S+|\s+", "mergeable_ranks": ranks, "special_tokens": special}


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache of tiktoken, which knows the encoding `tiny` and a model that uses it."""
    tiktoken.list_encoding_names()
    monkeypatch.setitem(registry.ENCODING_CONSTRUCTORS, "tiny", tiny)
    monkeypatch.setattr(registry, "ENCODINGS", {})
    monkeypatch.setitem(model.MODEL_TO_ENCODING, "gpt-tiny", "tiny")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "vocabularies"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(requests, "get", lambda url, **_: pytest.fail(f"{url} was asked for"))
    (tmp_path / "vocabularies").mkdir()
    return tmp_path / "vocabularies"


@pytest.fixture
def kept(cache) -> Path:
    """The cache with the vocabulary in it."""
    (cache / hashlib.sha1(ADDRESS.encode()).hexdigest()).write_bytes(VOCABULARY)
    return cache


class Sent:
    """What a server sends."""

    content = VOCABULARY

    def raise_for_status(self) -> None:
        """Nothing went wrong."""


def test_an_encoding_counts_without_a_backend(shell: Shell, kept):
    said = shell("tokenizers", "abc 가", "--tiktoken", "tiny", "--pieces", "--json").json
    (row,) = said["tokenizers"]
    assert (row["backend"], row["tokens"]) == ("tiny", 6)
    assert [piece for _, piece in row["pieces"][0]] == ["ab", "c", " ", "가…", "…가…", "…가"]


def test_a_model_at_openai_is_counted_by_its_own_encoding_and_needs_no_key(shell: Shell, kept):
    said = shell("tokenizers", "abc", "-b", "gpt_4o", "-m", "model=gpt-tiny", "--json").json
    assert [(row["backend"], row["tokens"]) for row in said["tokenizers"]] == [("gpt_4o", 2)]


def test_what_looks_like_a_special_token_is_text(shell: Shell, kept):
    said = shell("tokenizers", "<|endoftext|>", "--tiktoken", "tiny", "--json").json
    assert said["tokenizers"][0]["tokens"] == len("<|endoftext|>")


def test_a_named_encoding_is_downloaded_and_kept(shell: Shell, cache, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(requests, "get", lambda url, **_: asked.append(url) or Sent())
    said = shell("tokenizers", "abc", "--tiktoken", "tiny", "--json")
    assert (said.code, asked) == (0, [ADDRESS])
    assert said.complaint == f"downloading the vocabulary of tiny from {ADDRESS}"
    assert [path.read_bytes() for path in cache.iterdir()] == [VOCABULARY]


@pytest.mark.parametrize(
    "named", [("--tiktoken", "tiny", "--offline"), ("-b", "gpt_4o", "-m", "model=gpt-tiny")]
)
def test_nothing_else_is_downloaded_and_what_is_missing_is_said(shell: Shell, cache, named):
    said = shell("tokenizers", "abc", *named)
    place = cache / hashlib.sha1(ADDRESS.encode()).hexdigest()
    assert said.code == 3
    assert said.complaint == (
        "harness: the vocabulary of tiny is not here: --tiktoken tiny without --offline downloads it, or put "
        f"{ADDRESS} at {place} (TIKTOKEN_CACHE_DIR names the folder)"
    )


def test_a_download_of_something_else_is_refused(shell: Shell, cache, monkeypatch):
    monkeypatch.setattr(requests, "get", lambda url, **_: Sent())
    monkeypatch.setattr(Sent, "content", b"YQ== 0\n")
    said = shell("tokenizers", "abc", "--tiktoken", "tiny")
    assert said.code == 3
    assert "the vocabulary of tiny cannot be read: Hash mismatch" in said.err
    assert list(cache.iterdir()) == []


def test_an_unknown_encoding_is_told_those_that_there_are(shell: Shell, cache):
    said = shell("tokenizers", "abc", "--tiktoken", "o300k")
    assert said.code == 2
    assert "--tiktoken o300k: unknown; there are cl100k_base, gpt2, o200k_base" in said.complaint


def test_a_server_of_ones_own_has_no_encoding_of_openai(shell: Shell, kept):
    asked = ("-b", "gpt_4o", "-m", "model=gpt-tiny", "-m", "base_url=http://127.0.0.1:9/v1")
    assert "has no tokenizer" in shell("tokenizers", "abc", *asked).err


@pytest.mark.parametrize("asked", [("--tiktoken", "o200k_base"), ("-b", "gpt_4o")])
def test_without_tiktoken_it_says_how_to_install_it(shell: Shell, monkeypatch, asked):
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    said = shell("tokenizers", "abc", *asked)
    assert said.code == 3
    assert said.complaint.endswith("tiktoken: pip install 'harness-ko[tiktoken]'")
