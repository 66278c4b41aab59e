"""Find, check and load a causal language model and its tokenizer: all before the first forward pass.

torch and transformers are imported by `engine_libraries`, when a model is really needed; naming,
hashing and checking a model need neither.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from harness import DISTRIBUTION
from harness.errors import BadInput, HarnessError, Unavailable
from harness.schema import Message, Profile, Request

# What decides the answers of a model directory; a README or an optimiser's state does not.
IDENTITY_FILES = (
    "*.safetensors",
    "pytorch_model*.bin",
    "*.json",
    "*.model",
    "*.tiktoken",
    "*.jinja",
    "*.py",
    "merges.txt",
    "vocab.txt",
)
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(slots=True)
class Engine:
    """A loaded model and what the adapter must know of it.

    `context` is the longest input in tokens, None where the model names no limit; `ends` are the
    tokens that end a text; `slices` says that its forward takes `logits_to_keep`.
    """

    torch: Any
    transformers: Any
    model: Any
    device: Any
    context: int | None
    ends: frozenset[int]
    slices: bool


class RequestError(Exception):
    """A request that cannot be put to the model; `kind` names the failure."""

    def __init__(self, kind: str, message: str) -> None:
        """`kind` is one word, for the Failure; `message` is for people."""
        self.kind = kind
        super().__init__(message)


class Pair(NamedTuple):
    """A prompt and one option after it, in tokens."""

    prompt: list[int]
    option: list[int]


class Tokens:
    """A model's tokenizer: texts to tokens and back, for prompts as the profile asks for them."""

    def __init__(self, tokenizer: Any, profile: Profile) -> None:
        """A tokenizer without a padding token pads with its end token; padding is always masked."""
        self.tokenizer, self.profile = tokenizer, profile
        self.bos: int | None = tokenizer.bos_token_id
        self.eos: int | None = tokenizer.eos_token_id
        self.pad: int = next((i for i in (tokenizer.pad_token_id, self.eos) if i is not None), 0)

    def encode(self, texts: list[str], *, special: bool) -> list[list[int]]:
        """Return the tokens of each text; with `special`, the tokenizer adds what it adds by itself."""
        encoded: list[list[int]] = self.tokenizer(
            texts, add_special_tokens=special, padding=False, truncation=False, verbose=False
        )["input_ids"]
        return encoded

    def text(self, ids: list[int]) -> str:
        """Return the text of `ids`, special tokens left out, blanks as the model wrote them."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def added(self) -> Mapping[str, int]:
        """Return the tokens that stand outside the vocabulary proper, `<|im_end|>` for instance."""
        added: Mapping[str, int] = self.tokenizer.get_added_vocab()
        return added

    def prompts(self, request: Request) -> Iterator[str]:
        """Yield the prompt as the model reads it, then again and again with one shot fewer."""
        chat, shots_as, parts = self.profile.chat, self.profile.shots_as, request.parts
        yield self._templated(request.messages(shots_as)) if chat else parts.prompt
        while parts.shots or parts.turns:
            parts = replace(parts, shots=parts.shots[1:], turns=parts.turns[1:])
            yield self._templated(parts.messages(shots_as)) if chat else parts.prompt

    def of(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt that will be continued; an empty one is the start token."""
        return self.encode([prompt], special=self._adds_special(prompt))[0] or [self._start()]

    def split(self, prompt: str, continuations: list[str]) -> list[Pair]:
        """Return the tokens of the prompt and of each continuation, parted where lm_eval parts them."""
        stripped = prompt.rstrip()
        texts = [prompt[len(stripped) :] + continuation for continuation in continuations]
        if stripped:
            special = self._adds_special(stripped)
            first, *wholes = self.encode([stripped, *(stripped + text for text in texts)], special=special)
            pairs = [_split_at(first, whole) for whole in wholes]
        else:
            pairs = [Pair([], ids) for ids in self.encode(texts, special=False)]
        pairs = [pair if pair.prompt else self._started(pair.option) for pair in pairs]
        if not all(pair.option for pair in pairs):
            raise RequestError("empty_option", "an option adds no token to the prompt")
        return pairs

    def cut(self, ids: list[int], room: int) -> list[int]:
        """Return the last `room` tokens of `ids`; a BOS in front stays in front."""
        if len(ids) <= room:
            return ids
        head = ids[:1] if room > 1 and ids[0] == self.bos else []
        return head + ids[len(ids) - room + len(head) :]

    def _templated(self, messages: list[Message]) -> str:
        text: str = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return text

    def _start(self) -> int:
        """Return the token an empty prompt begins with: BOS, or the end token."""
        start = self.eos if self.bos is None else self.bos
        if start is None:
            raise RequestError(
                "empty_prompt", "the prompt is empty and the tokenizer has no BOS or end token"
            )
        return start

    def _started(self, option: list[int]) -> Pair:
        """Return an option after the start token, which it may hold itself."""
        start = self._start()
        return Pair(option[:1], option[1:]) if option[:1] == [start] else Pair([start], option)

    def _adds_special(self, text: str) -> bool:
        """Return whether the tokenizer adds its own tokens: not to a chat, nor after a BOS in `text`."""
        first = self.tokenizer.bos_token or self.tokenizer.eos_token
        return not (self.profile.chat or (first and text.startswith(first)))


def _split_at(prompt: list[int], whole: list[int]) -> Pair:
    """Return the prompt's tokens, and those of `whole` that come after as many.

    Where the option merges into the prompt's last token and nothing comes after, the two part where
    they begin to differ (lm_eval has no answer there).
    """
    if len(whole) > len(prompt):
        return Pair(prompt, whole[len(prompt) :])
    same = next((n for n, (a, b) in enumerate(zip(prompt, whole, strict=False)) if a != b), len(whole))
    return Pair(whole[:same], whole[same:])


def engine_libraries() -> tuple[Any, Any]:
    """Return torch and transformers, silenced unless the user asked transformers to speak.

    Raises:
        Unavailable: one of them is missing or broken; names the install command.
    """
    try:
        torch, transformers = import_module("torch"), import_module("transformers")
    except ImportError as error:
        raise Unavailable(
            f"the huggingface adapter needs torch and transformers ({one_line(error)}): "
            f"pip install '{DISTRIBUTION}[hf]'"
        ) from error
    if "TRANSFORMERS_VERBOSITY" not in os.environ:
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
    return torch, transformers


def one_line(error: BaseException) -> str:
    """Return what `error` says on one line of at most 300 characters, or its name if it is silent."""
    said = " ".join(str(error).split())
    return f"{said[:299]}…" if len(said) > 300 else said or type(error).__name__


def local_folder(profile: Profile) -> Path | None:
    """Return the model's directory, or None for a name on the hub.

    Raises:
        BadInput: the profile names no model.
        Unavailable: the directory is not there, holds no model, or lacks a shard.
    """
    if not profile.model:
        raise BadInput(
            f"backend {profile.name!r}: the huggingface adapter needs `model`, a directory or a hub id"
        )
    folder = Path(profile.model).expanduser()
    if not folder.is_dir():
        if HUB_NAME.fullmatch(profile.model):
            return None
        raise Unavailable(f"no model directory {profile.model}")
    if not (folder / "config.json").is_file():
        raise Unavailable(f"{folder} is no model directory: it has no config.json")
    for index in sorted(folder.glob("*.index.json")):
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError) as error:
            raise Unavailable(f"{index} names no shards: {one_line(error)}") from error
        lost = sorted(name for name in shards if not (folder / name).is_file())
        if lost:
            raise Unavailable(
                f"{folder} is incomplete: {index.name} names {', '.join(lost)}, which is not there"
            )
    return folder


def identity(profile: Profile) -> dict[str, str]:
    """Return `sha256` of a directory's weights, config and tokenizer, or the hub `revision`.

    Nothing is loaded: files are read once to be hashed, in the order of their names.

    Raises:
        Unavailable: there is no such model, or the hub's commit cannot be known from here.
    """
    folder = local_folder(profile)
    if folder is None:
        return {"revision": hub_commit(profile)}
    total = hashlib.sha256()
    for path in sorted({path for pattern in IDENTITY_FILES for path in folder.glob(pattern)}):
        with path.open("rb") as file:
            total.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return {"sha256": total.hexdigest()}


def hub_commit(profile: Profile) -> str:
    """Return the commit that the profile's revision names: asked of the hub, else of its local cache."""
    revision, model = profile.revision or "main", profile.model or ""
    if COMMIT.fullmatch(revision):
        return revision
    try:
        hub = import_module("huggingface_hub")
    except ImportError as error:
        raise Unavailable(
            f"a model of the hub needs huggingface_hub: pip install '{DISTRIBUTION}[hf]'"
        ) from error
    why = "--offline, and not in the local cache"
    if not profile.offline:
        try:
            return str(hub.HfApi().model_info(model, revision=revision, timeout=10).sha)
        except Exception as error:  # the network's, the hub's or its offline mode: the cache may still know
            why = one_line(error)
    ref = Path(hub.constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}" / "refs" / revision
    if ref.is_file():
        return ref.read_text(encoding="utf-8").strip()
    raise Unavailable(
        f"{model}@{revision} is neither a directory here nor a model of the hub in reach: {why}"
    )


@contextmanager
def explained(profile: Profile) -> Iterator[None]:
    """Turn whatever goes wrong while loading into one `Unavailable` line."""
    try:
        yield
    except HarnessError:
        raise
    except Exception as error:
        if "trust_remote_code" in str(error) and not profile.trust_remote_code:
            raise Unavailable(
                f"{profile.model} runs code from its repository; pass --trust-remote-code to allow it"
            ) from error
        absent = "" if local_folder(profile) else " is no directory here and"
        raise Unavailable(f"{profile.model}{absent} cannot be loaded: {one_line(error)}") from error


def load_tokens(profile: Profile, commit: str | None) -> Tokens:
    """Return the model's tokenizer.

    Raises:
        Unavailable: it cannot be loaded, or a chat profile's tokenizer has no chat template.
    """
    where, options = _source(profile, commit)
    _, transformers = engine_libraries()
    with explained(profile):
        tokenizer = transformers.AutoTokenizer.from_pretrained(where, **options)
    if profile.chat and not tokenizer.chat_template:
        raise Unavailable(
            f"{profile.model} has no chat template: set `chat: false` in backend {profile.name!r}"
        )
    return Tokens(tokenizer, profile)


def load_engine(profile: Profile, tokens: Tokens, commit: str | None) -> Engine:
    """Return the model, loaded whole, in evaluation mode, on its device.

    Raises:
        Unavailable: it is no causal language model, some of its weights are missing, it would run
            code that was not allowed, or the device is not there.
    """
    where, options = _source(profile, commit)
    torch, transformers = engine_libraries()
    settings = profile.settings
    device = settings.get("device") or "auto"
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if settings.get("attention"):
        options["attn_implementation"] = settings["attention"]
    with explained(profile):
        model, loaded = transformers.AutoModelForCausalLM.from_pretrained(
            where, dtype=settings.get("dtype") or "auto", output_loading_info=True, **options
        )
        _refuse_missing(profile, loaded)
        model = model.to(torch.device(device)).eval()
    ends = _ends(model, tokens)
    # What is asked is what is done: the directory's own sampling defaults would fill every gap.
    model.generation_config = transformers.GenerationConfig()
    return Engine(
        torch=torch,
        transformers=transformers,
        model=model,
        device=model.device,
        context=context_size(model.config),
        ends=ends,
        slices="logits_to_keep" in inspect.signature(model.forward).parameters,
    )


def context_size(config: Any) -> int | None:
    """Return the longest input in tokens, or None where the configuration names no limit."""
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    for part in (config, text_config):
        size = getattr(part, "max_position_embeddings", None)
        if isinstance(size, int) and size > 0:
            return size
    return None


def _source(profile: Profile, commit: str | None) -> tuple[str, dict[str, Any]]:
    """Return what `from_pretrained` is told: a directory or a hub id, and how it may be reached.

    `trust_remote_code` is always said: left out, transformers would ask on stdin. A directory is
    read without the network, unless code was allowed: that may lie in another repository.
    """
    folder = local_folder(profile)
    options: dict[str, Any] = {
        "trust_remote_code": profile.trust_remote_code,
        "local_files_only": profile.offline or (folder is not None and not profile.trust_remote_code),
    }
    if folder is not None:
        return str(folder), options
    return str(profile.model), {**options, "revision": commit or profile.revision or "main"}


def _refuse_missing(profile: Profile, loaded: Mapping[str, Any]) -> None:
    """Refuse a model of which some weights would be random. Tied weights are not missing."""
    mismatched = {key[0] if isinstance(key, tuple) else key for key in loaded.get("mismatched_keys", ())}
    missing = sorted({*loaded["missing_keys"], *mismatched})
    if missing:
        names = f"{', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}"
        raise Unavailable(
            f"{profile.model} lacks {len(missing)} of the weights of a causal language model, "
            f"which would be random: {names}"
        )


def _ends(model: Any, tokens: Tokens) -> frozenset[int]:
    """Return the tokens that end a text: the tokenizer's, and those the model's directory lists."""
    config = getattr(model, "generation_config", None)
    listed = getattr(config, "eos_token_id", None)
    ids = listed if isinstance(listed, list) else [listed]
    return frozenset(int(i) for i in [tokens.eos, *ids] if i is not None)
