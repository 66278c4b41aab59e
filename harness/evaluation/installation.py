"""What is installed and configured here, and what each backend still needs."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION, __version__, plugins
from harness import api_keys as secrets
from harness.backends import backend as backends
from harness.backends import weights
from harness.errors import HarnessError
from harness.execution import sandboxes
from harness.paths import cache_dir
from harness.records.environment import versions

EXTRAS = {
    "torch": ("torch", "tokenizers"),
    "hf": ("torch", "transformers"),
    "gguf": ("gguf",),
    "lora": ("peft",),
    "constrained": ("llguidance",),
    "quantised": ("bitsandbytes",),
    "clip": ("torch", "transformers", "PIL"),
    "hub": ("huggingface_hub",),
    "ko": ("mecab_ko", "kiwipiepy"),
    "parquet": ("pyarrow",),
    "xlsx": ("openpyxl",),
    "ifeval": ("langdetect",),
    "sql": ("sqlglot",),
    "json": ("jsonschema",),
    "math": ("math_verify",),
    "tiktoken": ("tiktoken",),
    "interchange": ("compression.zstd",) if sys.version_info >= (3, 14) else ("backports.zstd",),
    "openai": ("aiohttp",),
    "gemini": ("aiohttp",),
    "vllm": ("vllm",),
    "report": ("itables",),
    "energy": ("codecarbon",),
    "wandb": ("wandb",),
    "mlflow": ("mlflow",),
}
SHOWN = ("numpy", "scipy", "torch", "transformers", "huggingface_hub", "pyarrow")


def examination() -> dict[str, Any]:
    """Return what is installed and configured, as plain values."""
    cache, data = cache_dir(), os.environ.get("HARNESS_DATA") or None
    found, broken = _plugins()
    names = [] if broken else sorted(backends.catalogue())
    obstacles = {name: _obstacles(name) for name in names}
    models = {name: told for name in names if (told := weights.of_backend(name)) is not None}
    return {
        "harness": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "accelerator": _accelerator(),
        "cache": {"path": str(cache), "problem": _problem(cache)},
        "data": {"path": data, "there": data is not None and Path(data).is_dir()},
        "packages": versions(SHOWN),
        "sandboxes": {name: sandboxes.obstacle(name) for name in (sandboxes.BUBBLEWRAP, sandboxes.UNSHARE)},
        "extras": {
            extra: {
                "installed": all(map(plugins.is_installed, modules)),
                "install": f"pip install '{DISTRIBUTION}[{extra}]'",
            }
            for extra, modules in EXTRAS.items()
        },
        "plugins": found,
        "broken": broken,
        "backends": obstacles,
        "groups": {name: _group(obstacles[name], models.get(name)) for name in names},
        "models": {name: told.words() for name, told in models.items()},
        "keys": {} if broken else dict(_keys()),
    }


def _group(obstacles: list[str], model: weights.Weights | None) -> str:
    """Return what a backend waits for: what cannot be had before what can."""
    if model is not None and not model.fit:
        return "memory"
    if any("set it in the environment" in one for one in obstacles) and len(obstacles) == 1:
        return "key"
    if obstacles:
        return "setup"
    return "ready" if model is None or model.here else "download"


def _keys() -> Iterator[tuple[str, str]]:
    """Yield each backend whose key is set, and what the key is called; never the key."""
    for name in sorted(backends.catalogue()):
        try:
            called = backends.load(name).key_name
        except HarnessError:
            continue
        if called and secrets.key(called):
            yield name, called


def _plugins() -> tuple[list[str], list[str]]:
    """Return the installed plugins, and why they cannot be used: one that is broken stops all."""
    try:
        plugins.adapters()
        known = plugins.manager().list_plugin_distinfo()
    except HarnessError as error:
        return [], [str(error)]
    return [f"{dist.project_name} {dist.version}" for _, dist in known], []


def _obstacles(name: str) -> list[str]:
    try:
        return backends.load(name).obstacles()
    except HarnessError as error:
        return [str(error)]


def _problem(cache: Path) -> str | None:
    """Return why nothing can be kept in `cache`, which need not be there yet; None if it can."""
    try:
        folder = next(place for place in (cache, *cache.absolute().parents) if place.exists())
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return f"NOT writable: {error.strerror}"


def _accelerator() -> str | None:
    """Return the first GPU's name, without importing torch: the driver says it."""
    for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return None
