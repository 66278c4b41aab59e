"""What a user of the vllm adapter is told before anything runs, with vLLM or without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import plugins
from harness.adapters.vllm.adapter import Vllm
from harness.backends import backend as backends
from harness.errors import BadInput, Unavailable
from harness.schema import Decoding, Profile
from tests.support.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let vLLM be missing, also where it is not."""
    there = plugins.is_installed
    monkeypatch.setattr(plugins, "is_installed", lambda module: module != "vllm" and there(module))


@pytest.mark.usefixtures("absent")
def test_without_vllm_the_command_that_installs_it_is_named(shell):
    said = shell("run", "-t", "nsmc_fewshot", "-b", "vllm", "-m", "model=some/model", "--sample")
    assert said.code == 3
    assert "vllm needs vllm" in said.complaint
    assert "pip install 'harness-ko[vllm]'" in said.complaint


def test_a_vllm_that_is_broken_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(Unavailable, match=r"needs vllm .*pip install 'harness-ko\[vllm\]'"):
        Vllm(Profile("v", "vllm", "some/model")).prepare()


def test_vllm_without_a_model_says_how_to_name_one():
    assert "add -m model=DIRECTORY_OR_ID" in backends.load("vllm").obstacles()[0]


def test_beams_are_refused_before_anything_runs():
    with pytest.raises(BadInput, match=r"vllm \(vllm\) cannot honour 'beams' in decoding"):
        backends.load("vllm").require("generate", Decoding(beams=4), trust_remote_code=False)


@pytest.mark.parametrize(
    "key", ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "seed"]
)
def test_all_other_keys_that_shape_a_reply_are_taken(key):
    assert key in backends.load("vllm").entry.decoding


def test_a_misspelt_setting_is_the_users_mistake(shell):
    said = shell("run", "-t", "nsmc_fewshot", "-b", "vllm", "-m", "max_model_length=9", "--sample")
    assert said.code == 2
    assert "max_model_len" in said.complaint


def test_where_it_runs_and_how_much_at_once_changes_no_fingerprint():
    chosen = backends.load("vllm").choose({"model": "x", "tensor_parallel": 2, "batch_size": 8})
    assert chosen.result_settings == {}
    assert backends.load("vllm").choose({"model": "x", "dtype": "bfloat16"}).result_settings


def test_exaone_by_vllm_is_exaone_in_all_but_the_road():
    ours, theirs = backends.load("exaone_vllm").file, backends.load("exaone").file
    changed = {name for name in type(ours).model_fields if getattr(ours, name) != getattr(theirs, name)}
    assert changed == {"adapter", "description"}


def test_making_an_adapter_and_its_identity_import_neither_torch_nor_vllm(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    code = (
        "import sys\n"
        "from harness.adapters.vllm.adapter import Vllm\n"
        "from harness.schema import Profile\n"
        f"adapter = Vllm(Profile('x', 'vllm', {str(tmp_path)!r}))\n"
        "assert adapter.identity()['sha256']\n"
        "adapter.close()\n"
        "assert not {'torch', 'transformers', 'vllm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(plugins.__file__).parents[1])
