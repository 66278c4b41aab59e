"""Token counts by tiktoken, OpenAI's byte-pair encodings: no key, no request.

The library carries the patterns and special tokens; an encoding's vocabulary is a file that it downloads,
checks by its hash and keeps in `TIKTOKEN_CACHE_DIR` (else `DATA_GYM_CACHE_DIR`, else a folder of the
system's temporary files). Here it downloads only what the user named.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION
from harness.backends.backend import Backend
from harness.errors import BadInput, Unavailable
from harness.evaluation.token_counter import TokenCounter
from harness.terminal import say
from harness.text.token_spans import parts

CONNECT_AND_READ = (10, 60)  # seconds of a download without a byte
SERVICE = "openai"


class _Missing(Exception):
    """The address of a vocabulary that is not in the cache."""


def encoding_of(system: Backend) -> str | None:
    """Return the encoding of a model at OpenAI itself; None for others, and for one tiktoken does not know.

    Raises:
        Unavailable: tiktoken is not installed.
    """
    if system.entry.provider != SERVICE or system.settings.get("base_url") or not system.file.model:
        return None
    library = _library()
    try:
        return str(library.encoding_name_for_model(system.file.model))
    except KeyError:
        return None


def tiktoken_counter(name: str, *, download: bool) -> TokenCounter:
    """Return what counts by the encoding `name`; what looks like a special token counts as text.

    Raises:
        BadInput: tiktoken has no such encoding.
        Unavailable: tiktoken is not installed, or the vocabulary is not here and may not or cannot be had.
    """
    library = _library()
    known = library.list_encoding_names()
    if name not in known:
        raise BadInput(f"--tiktoken {name}: unknown; there are {', '.join(sorted(known))}")
    try:
        with _reading(name, download=download):
            encoding = library.get_encoding(name)
    except _Missing as missing:
        url = str(missing)
        raise Unavailable(
            f"the vocabulary of {name} is not here: --tiktoken {name} without --offline downloads it, or put "
            f"{url} at {_kept(url)} (TIKTOKEN_CACHE_DIR names the folder)"
        ) from None
    except Exception as error:  # requests', the disk's, and a ValueError where the hash is another
        said = " ".join(str(error).split())[:300]
        raise Unavailable(
            f"the vocabulary of {name} cannot be read: {said or type(error).__name__}"
        ) from error

    def encoded(text: str) -> list[int]:
        ids: list[int] = encoding.encode(text, disallowed_special=())
        return ids

    def pieces(text: str) -> list[tuple[int, str]]:
        ids = encoded(text)
        spans = _spans(text, [len(one) for one in encoding.decode_tokens_bytes(ids)])
        return list(zip(ids, parts(text, spans), strict=True))

    return TokenCounter(lambda text: len(encoded(text)), pieces)


def _library() -> Any:
    try:
        return import_module("tiktoken")
    except ImportError:
        raise Unavailable(
            f"counts of OpenAI's tokens need tiktoken: pip install '{DISTRIBUTION}[tiktoken]'"
        ) from None


@contextmanager
def _reading(name: str, *, download: bool) -> Iterator[None]:
    """Let tiktoken read what is not in its cache only where it may, said beforehand and in bounded time."""
    loading: Any = import_module("tiktoken.load")
    usual = loading.read_file

    def read(url: str) -> bytes:
        if not url.startswith(("https://", "http://")):
            return bytes(usual(url))
        if not download:
            raise _Missing(url)
        say(f"downloading the vocabulary of {name} from {url}")
        found = import_module("requests").get(url, timeout=CONNECT_AND_READ)
        found.raise_for_status()
        return bytes(found.content)

    loading.read_file = read
    try:
        yield
    finally:
        loading.read_file = usual


def _kept(url: str) -> Path:
    """Return where tiktoken looks for what lies at `url`."""
    named = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    folder = Path(tempfile.gettempdir(), "data-gym-cache") if named is None else Path(named)
    return folder / hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def _spans(text: str, lengths: list[int]) -> list[tuple[int, int]]:
    """Return the characters of `text` that tokens of so many bytes touch, in order."""
    character = [n for n, sign in enumerate(text) for _ in sign.encode("utf-8", "surrogatepass")]
    ends = list(itertools.accumulate(lengths))
    return [
        (character[end - length], character[end - 1] + 1) for end, length in zip(ends, lengths, strict=True)
    ]
