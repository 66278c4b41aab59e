"""`harness doctor --numerics`: what the size of batches changes, measured."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the huggingface adapter needs torch")

from tests.support.shell import Shell
from tests.support.tiny_models import tiny_llama


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Shell(tmp_path, monkeypatch, capsys)


def test_a_models_batches_are_compared_on_the_sample(shell, tmp_path):
    folder = tiny_llama(tmp_path / "tiny", context=2048)
    said = shell("doctor", "--numerics", "-b", "huggingface", "-m", f"model={folder}", "--json").json
    assert said["sizes"] == [1, 8, "auto"]
    assert (said["choices"], said["texts"]) == (24, 24)
    assert 0 < said["difference"] < 1e-4
    assert (said["other_choices"], said["other_texts"]) == (0, 0)
    assert said["rounding"] is None


def test_a_shorter_number_format_is_told_in_nats_beside_float32(shell, tmp_path):
    folder = tiny_llama(tmp_path / "tiny", context=2048)
    asked = ("doctor", "--numerics", "-b", "huggingface", "-m", f"model={folder}", "-m", "dtype=bfloat16")
    found = shell(*asked, "--json").json["rounding"]
    assert found["dtype"] == "bfloat16"
    assert 1e-3 < found["difference"] < 1  # three digits of the eight that float32 has
    assert found["cpu_ratio"] > 0
    assert "bfloat16 against float32: 24 choices" in shell(*asked).out


def test_what_has_no_batches_is_refused(shell):
    assert "tfidf has none" in shell("doctor", "--numerics", "-b", "tfidf").complaint


def test_a_backend_must_be_named(shell):
    assert "-b BACKEND" in shell("doctor", "--numerics").complaint
