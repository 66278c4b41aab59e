"""`harness doctor`: what is here and what is missing, whatever is broken."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from harness import plugins
from harness.backends import backend as backends
from harness.backends import weights
from harness.errors import Unavailable
from harness.evaluation import installation
from tests.support.paths import ROOT

PYPROJECT = ROOT / "pyproject.toml"


def test_the_installation_is_described(shell):
    said = shell("doctor")
    assert (said.code, said.err) == (0, "")
    for words in ("harness 0.", "cores ", "cache ", "numpy ", "  [hf] ", "plugins ", "  dummy: ready\n"):
        assert words in said.out


def test_json_is_one_document_with_the_same_facts(shell):
    found = shell("doctor", "--json").json
    assert found["backends"]["dummy"] == []
    assert found["packages"]["numpy"] == metadata.version("numpy")


def test_a_backend_says_what_it_needs(shell, monkeypatch):
    monkeypatch.setattr(backends, "_version", lambda package: (5, 23))  # before EXAONE was its own
    out = shell("doctor").out
    assert "  huggingface: names no model: add -m model=DIRECTORY_OR_ID" in out
    assert re.search(r"  exaone: runs code from .*; add --trust-remote-code", out)


def test_a_missing_extra_is_named_with_its_install_command(shell, monkeypatch):
    monkeypatch.setattr(plugins, "is_installed", lambda module: module != "transformers")
    assert "  [hf] pip install 'harness-ko[hf]'\n" in shell("doctor").out


def test_every_extra_of_the_package_is_looked_for():
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(installation.EXTRAS) == set(extras) - {"dev", "all"}


def test_every_extra_that_an_adapter_needs_is_looked_for():
    needed = {entry.extra for entry in plugins.adapters().values()} - {None}
    assert needed <= set(installation.EXTRAS)


@pytest.mark.parametrize(
    ("cache", "state"),
    [("made", "(writable)"), ("not/there/yet", "(writable)"), ("file", "(NOT writable: Not a directory)")],
)
def test_the_cache_is_tried(shell, monkeypatch, cache, state):
    (shell.home / "made").mkdir()
    shell.write("file", "")
    monkeypatch.setenv("HARNESS_CACHE", str(shell.home / cache))
    assert f"cache {shell.home / cache} {state}\n" in shell("doctor").out


def test_looking_makes_nothing(shell):
    shell("doctor")
    assert list(shell.home.parent.rglob("*")) == [shell.home]


@pytest.mark.parametrize(
    ("folder", "state"),
    [(None, "HARNESS_DATA is not set; --data-dir"), ("nowhere", "nowhere (NOT there)"), (".", ".")],
)
def test_the_data_folder_is_looked_for(shell, monkeypatch, folder, state):
    if folder:
        monkeypatch.setenv("HARNESS_DATA", folder)
    (line,) = [line for line in shell("doctor").out.splitlines() if line.startswith("data ")]
    assert line.startswith(f"data  {state}")


def test_a_broken_definition_of_the_users_is_named_and_stops_nothing(shell):
    shell.write("backends/typo.yaml", "adapter: dumy\n")
    shell.write("backends/torn.yaml", "adapter: [\n")
    shell.write("tasks/torn.yaml", "ask: [\n")
    said = shell("doctor")
    assert said.code == 0
    assert re.search(r"  typo: .*backends/typo.yaml:1: .*Did you mean 'dummy'", said.out)
    assert re.search(r"  torn: .*backends/torn.yaml:", said.out)
    assert "  tfidf: ready\n" in said.out


def test_a_broken_plugin_is_named_and_stops_nothing(shell, monkeypatch):
    def broken() -> None:
        raise Unavailable("an installed plugin is broken: ImportError: no such thing")

    monkeypatch.setattr(plugins, "adapters", broken)
    said = shell("doctor")
    assert said.code == 0
    assert "plugins an installed plugin is broken" in said.out
    assert shell("doctor", "--json").json["broken"]


def test_it_says_which_key_a_backend_needs_and_whether_it_is_set_and_never_the_key(shell, monkeypatch):
    pytest.importorskip("aiohttp")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert "  gpt_4o: needs OPENAI_API_KEY: set it in the environment or in .env" in shell("doctor").out
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-1234567890")
    said = shell("doctor").out
    assert "  gpt_4o: ready (OPENAI_API_KEY is set)" in said
    assert "sk-planted" not in said


def test_backends_are_grouped_by_what_they_wait_for(shell, monkeypatch):
    monkeypatch.setattr(weights, "_memory", lambda: 30_000_000_000)
    monkeypatch.setattr(weights, "_is_here", lambda model: model.startswith("skt/"))
    monkeypatch.setattr(installation.secrets, "key", lambda name: None)
    found = shell("doctor", "--json").json
    assert found["groups"]["tfidf"] == "ready"
    assert found["groups"]["huggingface"] == "setup"
    assert found["groups"]["exaone4_32b"] == "memory"
    assert found["models"]["exaone4_32b"].startswith(
        "downloads LGAI-EXAONE/EXAONE-4.0-32B, about 64.0 GB in memory of 30.0 GB"
    )
    if installation.plugins.is_installed("transformers"):
        assert (found["groups"]["kanana_1_5_8b"], found["groups"]["ax_3_1_light"]) == ("download", "ready")
    said = shell("doctor").out
    assert "backends whose weights do not fit into this machine's memory (1)\n  exaone4_32b: " in said
    assert "licence: Apache-2.0" in said
