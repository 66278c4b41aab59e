"""`harness doctor`: what is here, and what each backend still needs."""

from __future__ import annotations

import os
import platform
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import DISTRIBUTION, __version__, backends, plugins
from harness.downloads import cache_dir
from harness.errors import HarnessError
from harness.fingerprint import versions

EXTRAS = {"hf": ("torch", "transformers"), "hub": ("huggingface_hub",), "parquet": ("pyarrow",)}
SHOWN = ("numpy", "scikit-learn", "torch", "transformers", "huggingface_hub", "pyarrow")


def doctor_command(*, json: bool) -> int:
    """Print the state of the installation; 0 even if something is missing: nothing was asked of it."""
    found = examination()
    if json:
        import orjson

        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return 0
    print(f"harness {__version__}, Python {found['python']}, {found['platform']}")
    print(f"cores {found['cores']}, accelerator {found['accelerator'] or 'none found'}")
    print(f"cache {found['cache']['path']} ({'writable' if found['cache']['writable'] else 'NOT writable'})")
    print(f"data  {found['data'] or 'HARNESS_DATA is not set; --data-dir DIR or --sample say where data is'}")
    for name, version in found["packages"].items():
        print(f"  {name} {version}")
    for extra, state in found["extras"].items():
        print(f"  [{extra}] {'installed' if state['installed'] else state['install']}")
    print("plugins " + (", ".join(found["plugins"]) or "none but the built-in"))
    for name, obstacles in found["backends"].items():
        print(f"  {name}: {'ready' if not obstacles else '; '.join(obstacles)}")
    return 0


def examination() -> dict[str, Any]:
    """Return what is installed and configured, as plain values."""
    cache = cache_dir()
    return {
        "harness": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "accelerator": _accelerator(),
        "cache": {"path": str(cache), "writable": _writable(cache)},
        "data": os.environ.get("HARNESS_DATA"),
        "packages": versions(SHOWN),
        "extras": {
            extra: {
                "installed": all(find_spec(module) for module in modules),
                "install": f"pip install '{DISTRIBUTION}[{extra}]'",
            }
            for extra, modules in EXTRAS.items()
        },
        "plugins": [
            f"{dist.project_name} {dist.version}" for _, dist in plugins.manager().list_plugin_distinfo()
        ],
        "backends": {name: _obstacles(name) for name in sorted(backends.catalogue())},
    }


def _obstacles(name: str) -> list[str]:
    try:
        return backends.load(name).obstacles()
    except HarnessError as error:
        return [str(error)]


def _writable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _accelerator() -> str | None:
    """Return the first GPU's name, without importing torch: the driver says it."""
    for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return None
