"""A directory of EXAONE that brings code: it runs only below the transformers that has its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.adapters.lm import model_files
from harness.schema import Profile
from tests.support.tiny_models import tiny_tokenizer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

NATIVE = "exaone" in transformers.CONFIG_MAPPING
CODE = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\nraise ImportError('ran')\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny EXAONE whose config names code of its own, as the repository's does."""
    made = tmp_path_factory.mktemp("models") / "EXAONE-tiny"
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(made)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    kept = {"model_type": "exaone", "vocab_size": len(tokenizer), "num_key_value_heads": 1, **sizes}
    if NATIVE:
        config = transformers.CONFIG_MAPPING["exaone"](**kept)
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(made)
        kept = json.loads((made / "config.json").read_text())
    auto = {"AutoConfig": "code.Config", "AutoModelForCausalLM": "code.Model"}
    (made / "config.json").write_text(json.dumps({**kept, "auto_map": auto}))
    (made / "code.py").write_text(CODE)
    return made


def profile(folder: Path, *, trust: bool) -> Profile:
    return Profile(name="exaone", adapter="huggingface", model=str(folder), trust_remote_code=trust)


@pytest.mark.skipif(not NATIVE, reason="this transformers has no EXAONE of its own")
@pytest.mark.parametrize("trust", [False, True])
def test_transformers_own_code_is_used_whatever_was_allowed(folder, trust):
    from harness.adapters.hf import loading
    from harness.adapters.lm.loaded_parts import LoadedParts

    asked = profile(folder, trust=trust)
    parts = LoadedParts(asked)
    tokens = loading.load_tokens(asked, parts)
    model = loading.load_engine(asked, tokens, parts).model
    assert type(model).__module__.startswith("transformers.models.")
    assert not (folder / "ran").exists()


@pytest.mark.skipif(NATIVE, reason="this transformers has EXAONE of its own")
def test_an_older_transformers_names_both_ways(folder):
    from harness.adapters.hf import loading
    from harness.errors import Unavailable

    with pytest.raises(Unavailable) as caught:
        loading.config(profile(folder, trust=False), None)
    assert "--trust-remote-code" in str(caught.value)
    assert "transformers>=5.24" in str(caught.value)


def test_code_of_the_repository_is_asked_for_only_below(folder):
    _, options = model_files.source(profile(folder, trust=True), None)
    assert options["trust_remote_code"] is not NATIVE
