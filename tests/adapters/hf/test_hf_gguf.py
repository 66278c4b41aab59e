"""A model in one GGUF file answers as the directory it was written from."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")
pytest.importorskip("gguf", reason="a GGUF file needs the package gguf")

from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.lm import model_files  # noqa: E402
from harness.errors import Unavailable  # noqa: E402
from harness.schema import Profile  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_gguf import as_gguf  # noqa: E402
from tests.support.tiny_models import tiny_llama  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama)


@pytest.fixture(scope="module")
def file(folder, tmp_path_factory) -> Path:
    return as_gguf(folder, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def loaded(model: Path, **said: Any) -> HuggingFace:
    return HuggingFace(Profile("tiny", "huggingface", model=str(model), **said))


def scores(runs: str) -> list[list[float]]:
    (journal,) = Path(runs).rglob("samples.jsonl")
    return [json.loads(line)["response"]["option_scores"] for line in journal.read_text("utf-8").splitlines()]


def test_its_weights_are_those_of_the_directory(folder, file):
    ours, theirs = loaded(file).engine.model.state_dict(), loaded(folder).engine.model.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_its_tokens_and_its_chat_template_are_those_of_the_directory(folder, file):
    ours, theirs = loaded(file).tokens, loaded(folder).tokens
    texts = ["이 영화는 최고의 영화", "  a b\n", "배우가 123"]
    assert ours.encode(texts, special=True) == theirs.encode(texts, special=True)
    assert (ours.bos, ours.eos, ours.pad) == (theirs.bos, theirs.eos, theirs.pad)
    assert ours.tokenizer.chat_template == theirs.tokenizer.chat_template


def test_a_run_of_it_says_what_a_run_of_the_directory_says(folder, file, shell):
    for model, runs in ((file, "one"), (folder, "other")):
        told = ("-b", "huggingface", "-m", f"model={model}", "--limit", "4", "--runs-dir", runs, "-q")
        done = shell("run", "-t", "nsmc_fewshot", "--sample", *told)
        assert done.code == 0, done.err
        assert "GGUF tensors" not in done.err
    for ours, theirs in zip(scores("one"), scores("other"), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_it_is_known_by_the_hash_of_the_file_alone(file):
    before = model_files.identity(Profile("tiny", "huggingface", model=str(file)))
    (file.parent / "config.json").write_text("{}")
    assert model_files.identity(Profile("tiny", "huggingface", model=str(file))) == before


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unavailable, match=r"no model file .*absent\.gguf"):
        loaded(tmp_path / "absent.gguf").prepare()


def test_without_its_package_the_command_that_installs_it_is_named(file, monkeypatch):
    def lacks(name: str) -> Any:
        if name == "gguf":
            raise ImportError("No module named 'gguf'")
        return importlib.import_module(name)

    monkeypatch.setattr(model_files, "import_module", lacks)
    with pytest.raises(Unavailable, match=r"pip install 'harness-ko\[hf,gguf\]'"):
        loaded(file).prepare()
