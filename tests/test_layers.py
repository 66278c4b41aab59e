"""What may be imported, and where: layers by the contract in pyproject.toml, heavy packages late."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "harness"

# Seconds to import, or not installed with the core.
HEAVY = {
    *("torch", "transformers", "tokenizers", "sentencepiece", "sklearn", "scipy", "pandas", "pyarrow"),
    *("vllm", "huggingface_hub", "datasets", "peft", "accelerate", "bitsandbytes", "rich", "pooch", "numpy"),
    *("openai", "google", "httpx2", "aiohttp", "dotenv", "genai_prices", "itables", "resvg_py"),
    *("wandb", "mlflow", "codecarbon"),
}
MAY_BE_HEAVY = ("adapters.", "models.", "metrics.", "stats.")


def modules() -> dict[str, ast.Module]:
    """Return every module's name and syntax."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__") or "harness"
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = modules()


def imported_at_once(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the packages that importing a module imports: not in functions, not for annotations."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from imported_at_once([*node.body, *node.orelse])
        elif isinstance(node, (ast.Try, ast.ClassDef, ast.With)):
            yield from imported_at_once(node.body)


def test_packages_import_from_the_layers_below_alone():
    pytest.importorskip("importlinter")
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_top_of_the_package_stays_small():
    assert len(list(PACKAGE.glob("*.py"))) <= 14


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute(name):
    nodes = [node for node in ast.walk(MODULES[name]) if isinstance(node, ast.ImportFrom)]
    assert not [ast.unparse(node) for node in nodes if node.level]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(MAY_BE_HEAVY)])
def test_heavy_packages_are_imported_where_they_are_used(name):
    assert not HEAVY & set(imported_at_once(MODULES[name].body))
