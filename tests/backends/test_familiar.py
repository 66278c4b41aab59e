"""What somebody types who means a service, a server or a model, and what is said to type instead."""

from __future__ import annotations

import pytest

from harness import plugins
from harness.backends import backend as backends
from harness.cli.mistakes import meant
from harness.errors import BadInput
from harness.hookspecs import AdapterEntry

EXTRA = "Got unexpected extra argument(s) (%s)"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("claude", "-b openrouter -m model=anthropic/NAME"),
        ("claude-sonnet-4-5", "-b openrouter -m model=anthropic/NAME"),
        ("ollama", "-b local_server -m base_url=http://127.0.0.1:11434/v1 -m model=NAME"),
        ("openai", "-b gpt -m model=NAME"),
        ("gemini", "-b gemini_2_5_flash"),
        ("hf", "-b huggingface -m model=DIRECTORY_OR_ID"),
        ("LGAI-EXAONE/EXAONE-4.0-1.2B", "-b huggingface -m model=LGAI-EXAONE/EXAONE-4.0-1.2B"),
    ],
)
def test_a_familiar_name_is_told_what_to_type(name, typed):
    with pytest.raises(BadInput) as caught:
        backends.load(name)
    assert str(caught.value).endswith(f"Type {typed}.")


def test_an_adapter_that_has_no_profile_yet_is_told_which_to_write(monkeypatch):
    own = AdapterEntry("our_bot", "our_bot.adapter:OurBot", asks=("generate",))
    monkeypatch.setattr(plugins, "adapters", lambda: {"our_bot": own})
    with pytest.raises(BadInput) as caught:
        backends.load("our_bot")
    assert "It is an adapter: `adapter: our_bot` in backends/our_bot.yaml makes it a" in str(caught.value)


def test_every_backend_that_is_told_is_there():
    from harness.backends.familiar import FAMILIAR

    assert {told.split()[1] for told in FAMILIAR.values()} <= set(backends.catalogue())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("estimate nsmc_fewshot tfidf", " Type harness estimate -t nsmc_fewshot -b tfidf"),
        (
            "estimate nsmc_fewshot nb,tfidf --sample",
            " Type harness estimate -t nsmc_fewshot -b nb,tfidf --sample",
        ),
        (
            "estimate nsmc_fewshot nobody",
            " Tasks are named by -t, backends by -b: harness run -t TASK -b BACKEND",
        ),
        ("list tasks nsmc_fewshot", ""),
    ],
)
def test_words_without_their_options_are_told_them(arguments, told):
    words = arguments.split()
    extra = " ".join(word for word in words[1:] if not word.startswith("-"))
    assert meant(EXTRA % extra, words) == told


@pytest.mark.parametrize(
    ("installed", "asked"), [((5, 16), True), ((5, 23), True), ((5, 24), False), ((6, 0), False), ((), True)]
)
def test_exaone_runs_no_code_of_its_repository_where_transformers_has_it(monkeypatch, installed, asked):
    monkeypatch.setattr(backends, "_version", lambda package: installed)
    exaone = backends.load("exaone")
    told = " ".join(exaone.obstacles())
    assert ("--trust-remote-code" in told) is asked
    assert ("transformers>=5.24" in told) is asked
    assert exaone.profile(seed=1, ask="choose", trust_remote_code=True).trust_remote_code is asked
