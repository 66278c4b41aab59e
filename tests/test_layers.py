"""The picture in ARCHITECTURE.md, kept true: every import goes to a line above."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "harness"

PICTURE = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
LAYERS = [
    line.partition("#")[0].split() for line in PICTURE.split("```layers\n")[1].split("```")[0].splitlines()
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Seconds to import, or not installed with the core.
HEAVY = {
    *("torch", "transformers", "tokenizers", "sentencepiece", "sklearn", "scipy", "pandas", "pyarrow"),
    *("vllm", "huggingface_hub", "datasets", "peft", "accelerate", "bitsandbytes", "rich", "pooch", "numpy"),
    *("openai", "google", "httpx2", "aiohttp", "dotenv", "genai_prices", "plotly", "itables"),
    *("wandb", "mlflow", "codecarbon"),
}
MAY_BE_HEAVY = ("adapters.", "models.", "metrics.")


def modules() -> dict[str, ast.Module]:
    """Return every module's name and syntax."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__") or "harness"
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = modules()


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the modules of ours that a module imports, those for its annotations included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "harness":
            parent = (node.module or "").removeprefix("harness").lstrip(".")
            for alias in node.names:
                full = f"{parent}.{alias.name}".lstrip(".")
                yield full if full in MODULES else parent or "harness"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "harness":
                    yield alias.name.removeprefix("harness").lstrip(".") or "harness"


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


def test_every_module_has_a_layer():
    assert set(MODULES) == set(LEVEL)


def test_no_module_stands_in_two_layers():
    assert sum(map(len, LAYERS)) == len(LEVEL)


@pytest.mark.parametrize("name", MODULES)
def test_imports_only_go_to_the_layers_above(name):
    wrong = {other for other in imported(MODULES[name]) if LEVEL[other] >= LEVEL[name]} - {name}
    assert not wrong


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute(name):
    nodes = [node for node in ast.walk(MODULES[name]) if isinstance(node, ast.ImportFrom)]
    assert not [ast.unparse(node) for node in nodes if node.level]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(MAY_BE_HEAVY)])
def test_heavy_packages_are_imported_where_they_are_used(name):
    assert not HEAVY & set(imported_at_once(MODULES[name].body))
