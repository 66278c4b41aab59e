"""Backends: what a profile may say, what a run may change of it, and what stands in its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import plugins
from harness.backends import backend as backends
from harness.backends.backend import Backend
from harness.config import documents
from harness.config.fields import decoding
from harness.errors import BadInput, Unavailable
from harness.paths import shipped
from harness.schema import Decoding

SHIPPED = sorted(path.stem for path in shipped("backends").rglob("*.yaml"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's project, and the folder the command is started in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def backend(adapter: str = "dummy", **keys: Any) -> Backend:
    """Return a backend of a few keys."""
    document = documents.Document(Path("small.yaml"), {"adapter": adapter, **keys})
    return backends.parse(document, "small")


def complaint(make: Any, *arguments: Any, **keys: Any) -> str:
    with pytest.raises(BadInput) as caught:
        make(*arguments, **keys)
    return str(caught.value).replace(f"{Path.cwd()}/", "")


class TestShipped:
    @pytest.mark.parametrize("name", SHIPPED)
    def test_it_is_right_and_says_what_it_is(self, name):
        assert backends.load(name).file.description
        assert backends.load(name).file.kind

    @pytest.mark.parametrize("name", SHIPPED)
    def test_as_resolved_it_is_the_same_backend(self, name, tmp_path):
        path = tmp_path / "backend.yaml"
        path.write_text(documents.dump(backends.load(name).resolved()), encoding="utf-8")
        again = backends.parse(documents.read(path), name)
        assert again.file == backends.load(name).file
        assert again.settings == backends.load(name).settings

    def test_every_adapter_takes_its_own_settings(self):
        for entry in plugins.adapters().values():
            assert not entry.settings.keys() & entry.knobs.keys()


PROFILE = """\
adapter: huggingface
description: a model
model: some/model
kind: instruct
parameters: 2.4e9
settings:
  dtype: bfloat16
  batch_size: 4
decoding: {max_tokens: 256}
price: {usd_per_hour: 1.5, source: x, date: 2026-01-01}
"""


class TestRules:
    @pytest.mark.parametrize(
        ("right", "wrong", "said"),
        [
            ("adapter: huggingface", "adapter: hugginface",
             "1: no adapter is called 'hugginface'. Did you mean 'huggingface'?"),
            ("adapter:", "adaptr:", "1: 'adaptr': no such key. Did you mean 'adapter'?"),
            ("model: some/model", "model: 5", "3: 'model' should be text, not 5; put it in quotes"),
            ("model: some/model", "revision: 1234567", "3: 'revision' should be text, not 1234567; put it"),
            ("kind: instruct", "kind: instruckt", "4: 'kind' cannot be 'instruckt'. Did you mean"),
            ("kind: instruct", "chat: yes", "4: 'chat' should be true or false, not 'yes'"),
            ("kind: instruct", "choose_by: logprob", "4: 'choose_by' cannot be 'logprob'. Did"),
            ("kind: instruct", "needs: trust_remote_code", "4: 'needs' should be a list, not 'trust"),
            ("kind: instruct", "needs: [trust]", "4: 'needs.0' cannot be 'trust'."),
            ("parameters: 2.4e9", "parameters: 2.4B", "5: 'parameters' should be a number, not '2.4B'"),
            ("parameters: 2.4e9", "parameters: 0", "5: 'parameters' is 0: input should be greater than 0"),
            ("parameters: 2.4e9", "parameters: .inf", "5: 'parameters' is inf: input should be a finite"),
            ("settings:", "settigns:", "6: 'settigns': no such key. Did you mean 'settings'?"),
            ("dtype:", "dtpye:", "7: 'dtpye': no such setting. Did you mean 'dtype'?"),
            ("bfloat16", "float8", "7: 'dtype' should be one of auto, float32, bfloat16"),
            ("batch_size: 4", "batch_size: .inf",
             "8: 'batch_size' should be one of a whole number, auto, not inf"),
            ("max_tokens: 256", "max_token: 256", "9: 'max_token': no such key. Did you mean 'max_tokens'?"),
            ("max_tokens: 256", "n: 2",
             "9: huggingface cannot honour 'n' in decoding"),
            ("usd_per_hour: 1.5", "usd_per_hour: -1", "10: 'price.usd_per_hour' is -1: "),
            ("usd_per_hour: 1.5", "usd_per_hour: .inf", "10: 'price.usd_per_hour' is inf: "),
        ],
    )  # fmt: skip
    def test_what_is_wrong_has_its_line_and_what_would_be_right(self, home, right, wrong, said):
        assert right in PROFILE
        write("mine.yaml", PROFILE.replace(right, wrong, 1))
        assert complaint(backends.load, "./mine.yaml").startswith(f"mine.yaml:{said}")

    def test_all_problems_are_found_at_once(self, home):
        write("mine.yaml", PROFILE.replace("dtype", "x").replace("batch_size", "y"))
        assert complaint(backends.load, "./mine.yaml").endswith("(and 1 more: harness check shows all)")

    @pytest.mark.parametrize(
        "keys", [{"price": {"usd_per_hour": None}}, {"model": None}, {"tags": ["a"]}, {}]
    )
    def test_what_is_not_known_stays_empty(self, keys):
        assert backend(**keys).file.price.usd_per_hour is None


class TestInheriting:
    def test_a_child_says_what_is_different(self, home):
        write("backends/child.yaml", "extends: exaone\nmodel: x/y\nsettings: {batch_size: 2}\nneeds: []\n")
        child = backends.load("child")
        assert child.file.adapter == "huggingface"
        assert child.file.model == "x/y"
        assert child.settings == {"dtype": "bfloat16", "batch_size": 2}
        assert child.file.decoding.max_tokens == 256

    def test_a_null_takes_a_setting_away(self, home):
        write("backends/child.yaml", "extends: exaone\nsettings: {dtype: null}\n")
        assert backends.load("child").settings == {}

    def test_a_problem_of_the_parent_is_said_there(self, home):
        write("backends/parent.yaml", "adapter: dummy\nsettings: {replyy: x}\n")
        write("backends/child.yaml", "extends: parent\ndescription: x\n")
        assert complaint(backends.load, "child") == (
            "backends/parent.yaml:2: 'replyy': no such setting. Did you mean 'reply'?"
        )


class TestChoosing:
    def test_settings_are_laid_over_the_profiles(self):
        chosen = backend(settings={"reply": "x", "failure_rate": 0.1}).choose({"reply": "y"})
        assert chosen.settings == {"reply": "y", "failure_rate": 0.1}

    def test_model_and_revision_are_settings_too(self):
        chosen = backend("huggingface", model="a").choose({"model": "b", "revision": "main", "dtype": "auto"})
        assert (chosen.file.model, chosen.file.revision, chosen.settings) == ("b", "main", {"dtype": "auto"})

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"replly": "x"}, "-m: small (dummy): 'replly': no such setting. Did you mean 'reply'?"),
            ({"modle": "x"}, "-m: small (dummy): 'modle': no such setting. Did you mean 'model'?"),
            ({"failure_rate": "often"}, "-m: small (dummy): 'failure_rate' should be a number, not 'often'"),
            ({"model": 5}, "-m model: should be text, not 5"),
        ],
    )
    def test_what_cannot_be_set_is_named(self, given, said):
        assert complaint(backend(model="a").choose, given) == said

    def test_only_what_can_change_an_answer_is_a_result_setting(self):
        chosen = backend(
            "huggingface", model="a", settings={"dtype": "auto", "batch_size": 2, "device": "cpu"}
        )
        assert chosen.result_settings == {"dtype": "auto"}

    def test_the_resolved_profile_holds_what_was_chosen(self):
        assert backend("huggingface").choose({"model": "b", "dtype": "auto"}).resolved() == {
            "adapter": "huggingface",
            "model": "b",
            "settings": {"dtype": "auto"},
        }

    def test_the_adapter_is_told_what_the_file_says(self):
        keys = {"chat": True, "shots_as": "turns", "normalise": "tokens", "choose_by": "extract"}
        profile = backend(settings={"reply": "x"}, **keys).profile(seed=7, offline=True)
        assert {key: getattr(profile, key) for key in keys} == keys
        assert (profile.name, profile.adapter, profile.settings) == ("small", "dummy", {"reply": "x"})
        assert (profile.seed, profile.offline, profile.trust_remote_code) == (7, True, False)


class TestObstacles:
    def ready(self, given: Backend, ask: str = "generate", **keys: Any) -> None:
        given.require(ask, decoding(keys) if keys else Decoding(), trust_remote_code=False)

    def test_a_backend_that_can_is_left_in_peace(self):
        self.ready(backend(), temperature=0.0)

    def test_an_ask_it_cannot_be_asked_names_those_who_can(self):
        said = complaint(self.ready, backend("tfidf"), "generate")
        assert said.startswith("small (tfidf) cannot 'generate'; adapters that can: dummy")

    def test_decoding_it_cannot_honour_is_named_before_anything_is_asked(self):
        said = complaint(self.ready, backend("huggingface", model="x"), n=2)
        assert said.startswith("small (huggingface) cannot honour 'n' in decoding; what it can")

    def test_code_of_the_models_own_needs_a_word(self):
        given = backend(model="some/model", needs=["trust_remote_code"])
        with pytest.raises(
            Unavailable, match="runs code from the repository some/model; add --trust-remote-code"
        ):
            self.ready(given)
        given.require("generate", Decoding(), trust_remote_code=True)

    def test_a_model_that_is_not_named_is_asked_for(self):
        assert backend("huggingface").obstacles()[0] == ("small names no model: add -m model=DIRECTORY_OR_ID")

    def test_a_missing_extra_comes_with_its_command(self, monkeypatch):
        monkeypatch.setattr(plugins, "missing", lambda entry: ("torch",))
        (said,) = backend("huggingface", model="x").obstacles()
        assert said.startswith("small needs torch: pip install '")
        assert said.endswith("[hf]'")


def test_a_model_is_no_setting_of_an_adapter_that_has_none():
    with pytest.raises(BadInput, match="'model': no such setting"):
        backends.load("tfidf").choose({"model": "x"})
    assert backends.load("huggingface").choose({"model": "x"}).file.model == "x"
