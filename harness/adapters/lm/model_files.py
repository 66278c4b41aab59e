"""Where a model of transformers is and what identifies it; nothing of it is loaded."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION
from harness.adapters.lm.errors import one_line
from harness.adapters.lm.weight_hashes import sha256_of
from harness.errors import BadInput, HarnessError, Unavailable
from harness.schema import Profile

# What decides the answers of a model directory; a README or an optimiser's state does not.
IDENTITY_FILES = (
    "*.safetensors",
    "pytorch_model*.bin",
    "*.json",
    "*_Pooling/config.json",
    "*.model",
    "*.tiktoken",
    "*.jinja",
    "*.py",
    "merges.txt",
    "vocab.txt",
)
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
COMMIT = re.compile(r"[0-9a-f]{40}")
GGUF = ".gguf"  # a model of llama.cpp in one file: weights, configuration, tokenizer


def gguf_file(profile: Profile) -> Path | None:
    """Return the GGUF file that the profile's model is, None where it is a directory or a name on the hub.

    Raises:
        Unavailable: the file is not there.
    """
    if not str(profile.model or "").lower().endswith(GGUF):
        return None
    path = Path(str(profile.model)).expanduser()
    if path.is_file():
        return path
    raise Unavailable(f"no model file {profile.model}")


def local_folder(profile: Profile) -> Path | None:
    """Return the model's directory, a GGUF file's too, or None for a name on the hub.

    Raises:
        BadInput: the profile names no model.
        Unavailable: the directory is not there, holds no model, or lacks a shard.
    """
    if not profile.model:
        raise BadInput(
            f"backend {profile.name!r}: the {profile.adapter} adapter needs `model`, a directory or a hub id"
        )
    if (file := gguf_file(profile)) is not None:
        return file.parent
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


def lora_folder(profile: Profile) -> Path | None:
    """Return the directory of the LoRA adapter, None where the profile names none.

    Raises:
        Unavailable: it is not there, or holds no adapter.
    """
    name = profile.settings.get("lora")
    if not name:
        return None
    folder = Path(name).expanduser()
    if not (folder / "adapter_config.json").is_file():
        raise Unavailable(f"lora: {folder} is no LoRA adapter's directory: it has no adapter_config.json")
    return folder


def identity(profile: Profile) -> dict[str, str]:
    """Return `sha256` of a directory's weights, config and tokenizer, of a GGUF file, or the hub `revision`.

    A LoRA adapter's directory is hashed too, as `lora`. Nothing is loaded: files are read to be
    hashed, in the order of their names, and large ones only if they changed since.

    Raises:
        Unavailable: there is no such model, or the hub's commit cannot be known from here.
    """
    folder, file, adapter = local_folder(profile), gguf_file(profile), lora_folder(profile)
    if folder is None:
        known = {"revision": hub_commit(profile)}
    else:
        known = {"sha256": sha256_of(file) if file else _sha256(folder)}
    return known if adapter is None else {**known, "lora": _sha256(adapter)}


def _sha256(folder: Path) -> str:
    """Return the hash of what decides a model's answers in `folder`."""
    total = hashlib.sha256()
    for path in sorted({path for pattern in IDENTITY_FILES for path in folder.glob(pattern)}):
        total.update(f"{path.name}\0{sha256_of(path)}\n".encode())
    return total.hexdigest()


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
    ref = (
        Path(import_module("huggingface_hub.constants").HF_HUB_CACHE)
        / f"models--{model.replace('/', '--')}"
        / "refs"
        / revision
    )
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
                f"{_newer(profile)}"
            ) from error
        if "weights_only" in str(error) or isinstance(error, pickle.UnpicklingError):
            # torch's own words end in how to let it run all the same.
            raise Unavailable(
                f"{profile.model} holds a pickle, which would run code: it is not loaded. "
                "Ask for its weights as .safetensors"
            ) from error
        absent = "" if local_folder(profile) else " is no directory here and"
        raise Unavailable(f"{profile.model}{absent} cannot be loaded: {one_line(error)}") from error


# Architectures that transformers has of its own from a version on, and had not before.
NATIVE = {"exaone": "5.24"}


def _newer(profile: Profile) -> str:
    """Return what else helps: a transformers that has the model's code itself."""
    model = str(profile.model).lower()
    since = next((version for name, version in NATIVE.items() if name in model), None)
    return f", or pip install 'transformers>={since}', which has its code itself" if since else ""


def is_native(profile: Profile, where: str, options: Mapping[str, Any]) -> bool:
    """Return whether the installed transformers has this model's code: none of the repository is run."""
    transformers = import_module("transformers")
    kept = {name: options[name] for name in ("revision", "local_files_only", "gguf_file") if name in options}
    found, _ = transformers.PretrainedConfig.get_config_dict(where, **kept)
    kind = found.get("model_type")
    return kind in NATIVE and kind in transformers.CONFIG_MAPPING


def source(profile: Profile, commit: str | None) -> tuple[str, dict[str, Any]]:
    """Return what `from_pretrained` is told: a directory or a hub id, a file in it, how it may be reached.

    `trust_remote_code` is always said: left out, transformers would ask on stdin. A directory is
    read without the network, unless code was allowed: that may lie in another repository.
    """
    folder, file = local_folder(profile), gguf_file(profile)
    options: dict[str, Any] = {
        "trust_remote_code": profile.trust_remote_code,
        "local_files_only": profile.offline or (folder is not None and not profile.trust_remote_code),
    }
    where = str(folder) if folder is not None else str(profile.model)
    if folder is None:
        options["revision"] = commit or profile.revision or "main"
    elif file is not None:
        options["gguf_file"] = file.name
        _require_gguf()
    if profile.trust_remote_code:
        with explained(profile):
            options["trust_remote_code"] = not is_native(profile, where, options)
    return where, options


def _require_gguf() -> None:
    try:
        import_module("gguf")
    except ImportError as error:
        raise Unavailable(
            f"a GGUF file needs the package gguf ({one_line(error)}): pip install '{DISTRIBUTION}[hf,gguf]'"
        ) from error
