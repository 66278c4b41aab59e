"""Find, check and load a model of transformers and its tokenizer: all before the first forward pass.

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
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION
from harness.adapters._hf_tokens import Tokens
from harness.errors import BadInput, HarnessError, Unavailable
from harness.schema import Profile

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


def engine_libraries() -> tuple[Any, Any]:
    """Return torch and transformers, silenced unless the user asked transformers to speak.

    Raises:
        Unavailable: one of them is missing or broken; names the install command.
    """
    try:
        torch, transformers = import_module("torch"), import_module("transformers")
    except ImportError as error:
        raise Unavailable(
            f"a local model needs torch and transformers ({one_line(error)}): "
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
            f"backend {profile.name!r}: the {profile.adapter} adapter needs `model`, a directory or a hub id"
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
    where, options = source(profile, commit)
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
    torch, transformers = engine_libraries()
    model = load_model(profile, transformers.AutoModelForCausalLM, "a causal language model", commit)
    _refuse_masked(profile, model.config)
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


def load_model(
    profile: Profile, kind: Any, name: str, commit: str | None, unused: tuple[str, ...] = ()
) -> Any:
    """Return the model that `kind`, an Auto class, makes of the profile; `name` says what that is.

    It is whole, in evaluation mode, and on its device. What is never used may be missing: weights whose
    names begin as `unused` says.

    Raises:
        Unavailable: as `load_engine`.
    """
    where, options = source(profile, commit)
    torch, settings = import_module("torch"), profile.settings
    if settings.get("attention"):
        options["attn_implementation"] = settings["attention"]
    with explained(profile):
        model, loaded = kind.from_pretrained(
            where, dtype=settings.get("dtype") or "auto", output_loading_info=True, **options
        )
        _refuse_missing(profile, loaded, name, unused)
        return model.to(device(profile, torch)).eval()


def device(profile: Profile, torch: Any) -> Any:
    """Return the device that the profile names, the first GPU if it names none and there is one."""
    name = profile.settings.get("device") or "auto"
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def context_size(config: Any) -> int | None:
    """Return the longest input in tokens, or None where the configuration names no limit."""
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    for part in (config, text_config):
        size = getattr(part, "max_position_embeddings", None)
        if isinstance(size, int) and size > 0:
            return size
    return None


def source(profile: Profile, commit: str | None) -> tuple[str, dict[str, Any]]:
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


def _refuse_missing(profile: Profile, loaded: Mapping[str, Any], name: str, unused: tuple[str, ...]) -> None:
    """Refuse a model of which some weights would be random. Tied weights are not missing."""
    mismatched = {key[0] if isinstance(key, tuple) else key for key in loaded.get("mismatched_keys", ())}
    missing = sorted(key for key in {*loaded["missing_keys"], *mismatched} if not key.startswith(unused))
    if missing:
        names = f"{', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}"
        raise Unavailable(
            f"{profile.model} lacks {len(missing)} of the weights of {name}, which would be random: {names}"
        )


def _refuse_masked(profile: Profile, config: Any) -> None:
    """Refuse a model that learnt to fill in masks: it sees the words whose likelihood is asked for."""
    masked = [name for name in config.architectures or () if name.endswith("ForMaskedLM")]
    if masked and not getattr(config, "is_decoder", False):
        raise Unavailable(
            f"{profile.model} is a {masked[0]}, which fills in masks and predicts no next word; "
            "it can only 'embed'"
        )


def _ends(model: Any, tokens: Tokens) -> frozenset[int]:
    """Return the tokens that end a text: the tokenizer's, and those the model's directory lists."""
    config = getattr(model, "generation_config", None)
    listed = getattr(config, "eos_token_id", None)
    ids = listed if isinstance(listed, list) else [listed]
    return frozenset(int(i) for i in [tokens.eos, *ids] if i is not None)
