"""The vllm adapter with a real engine on a tiny model, against the same model's own logits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("vllm", reason="the vllm adapter needs vllm: tox -e vllm")

from harness.adapters.base import Adapter, Capability
from harness.adapters.hf.adapter import HuggingFace
from harness.adapters.vllm.adapter import Vllm
from harness.errors import BadInput, Unavailable
from harness.schema import (
    Decoding,
    Example,
    Option,
    Parts,
    Profile,
    Request,
    Response,
)
from tests.support.tiny_models import query, tiny_model, tiny_tokenizer

CONTEXT = 160  # of the engine; the model's own is longer
LABELS = (Option("0", "부정"), Option("1", "긍정"))
WORDY = (
    Option("0", "부정"),
    Option("1", "정말 좋았다"),
    Option("2", "보다가 잤다는 말"),
    Option("3", "정말 잤다"),
)
SHOTS = tuple(f"문장: 배우가 {n} 좋았다\n감정: 긍정\n" for n in range(12))
PROMPTS = [query("배우가 좋았다"), query("지루하다"), "", query("솔직히 " * 9), "문장: "]
POISON = "~"  # a token that spoils whatever reads it


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A random Llama whose tokenizer begins with BOS. One of its tokens, for one test, is no number."""
    import torch

    where = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = tiny_tokenizer(bos=True)
    model = tiny_model(tokenizer, heads=2)  # vLLM's attention on a CPU wants heads of 32 dimensions or more
    poison = tokenizer.convert_tokens_to_ids(POISON)
    with torch.no_grad():
        model.get_input_embeddings().weight[poison] = float("nan")
        model.lm_head.weight[poison] = 0  # so that the model never says it
    tokenizer.save_pretrained(where)
    model.save_pretrained(where)
    return where


def profile(folder: Path, adapter: str, **keys: Any) -> Profile:
    own = {"enforce_eager": True, "max_model_len": CONTEXT}
    settings = {"dtype": "float32", **(own if adapter == "vllm" else {}), **keys.pop("settings", {})}
    return Profile(name="tiny", adapter=adapter, model=str(folder), settings=settings, **keys)


@pytest.fixture(scope="module")
def engine(folder) -> Iterator[Vllm]:
    adapter = Vllm(profile(folder, "vllm"))
    adapter.prepare()
    yield adapter
    adapter.close()


@pytest.fixture
def adapter(engine, monkeypatch) -> Vllm:
    """The one engine; a test may change its profile."""
    monkeypatch.setattr(engine, "profile", engine.profile)
    monkeypatch.setattr(engine.tokens, "profile", engine.tokens.profile)
    return engine


@pytest.fixture(scope="module")
def other(folder) -> HuggingFace:
    return HuggingFace(profile(folder, "huggingface"))


def asked(prompt: str | Parts, name: str = "1", **keys: Any) -> Request:
    parts = prompt if isinstance(prompt, Parts) else Parts(prompt)
    return Request(Example(name, {"text": parts.prompt}), lambda: parts, **keys)


def chosen(prompt: str | Parts, name: str = "1", options: tuple[Option, ...] = WORDY) -> Request:
    return asked(prompt, name, ask="choose", options=options)


def answers(adapter: Adapter, requests: list[Request | None]) -> list[Response]:
    """Return the responses in the order of their requests."""
    found = {response.key: response for response in adapter.answer(requests)}
    return [found[request.key] for request in requests if request is not None]


def told(response: Response) -> Any:
    assert response.error is None, response.error
    return response.option_scores, response.value, response.tokens, response.text, response.finish


def test_it_is_an_adapter_that_counts_tokens_and_knows_its_weights(adapter, other):
    can = {"COUNT_TOKENS", "IDENTIFY", "DESCRIBE_ENGINE", "PREPARE", "LEND"}
    assert {what.name for what in Capability if adapter.can(what)} == can
    assert adapter.identity() == other.identity()
    assert adapter.count_tokens("배우가 좋았다") == other.count_tokens("배우가 좋았다")


def test_it_says_what_vllm_has_settled(adapter):
    assert adapter.loaded() == {"device": "cpu", "dtype": "float32", "max_model_len": CONTEXT}


# ---- choose and score -----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [LABELS, WORDY], ids=["one token", "several tokens"])
def test_scores_equal_those_of_the_huggingface_adapter(adapter, other, options):
    requests = [chosen(prompt, str(n), options) for n, prompt in enumerate(PROMPTS)]
    for ours, theirs in zip(answers(adapter, requests), answers(other, requests), strict=True):
        assert ours.option_scores == pytest.approx(theirs.option_scores, abs=1e-5)


def test_scores_after_a_shared_head_are_read_from_the_cache_and_are_the_same(adapter, other):
    requests = [chosen(Parts(query(text), shots=SHOTS), text) for text in ("나는", "배우가", "나는 좋았다")]
    ours, theirs = answers(adapter, requests), answers(other, requests)
    for one, same in zip(ours, theirs, strict=True):
        assert one.option_scores == pytest.approx(same.option_scores, abs=1e-5)
        assert not one.truncated
    assert max(response.usage.cached_tokens for response in ours) >= 128  # a block of vLLM's cache on a CPU


def test_asking_again_what_the_cache_holds_whole_gives_the_same_scores(adapter):
    # A row as long as the cache's blocks: the tokens that count lie inside what comes from it.
    wordy = chosen(Parts(query("나는 좋았다"), shots=SHOTS), "1", WORDY)
    (first,), (second,), (third,) = (answers(adapter, [wordy]) for _ in range(3))
    assert first.option_scores == pytest.approx(second.option_scores, abs=1e-6)
    assert first.option_scores == pytest.approx(third.option_scores, abs=1e-6)


def test_a_row_whose_own_tokens_came_from_the_cache_is_read_again(adapter, other, monkeypatch):
    long = Option("1", "정말 좋았다 " * 66)  # its last block holds nothing but the option
    request = chosen("문장:", "1", (LABELS[0], long))
    assert 130 < adapter.count_tokens(long.text) < CONTEXT
    read = []
    add = adapter.engine.add
    monkeypatch.setattr(adapter.engine, "add", lambda row: (read.append(row), add(row)))
    (first,), (second,) = answers(adapter, [request]), answers(adapter, [request])
    (theirs,) = answers(other, [request])
    assert first.option_scores == pytest.approx(theirs.option_scores, abs=1e-4)
    assert second.option_scores == pytest.approx(theirs.option_scores, abs=1e-4)
    assert len(read) == 2 + 3


def test_a_chat_is_scored_after_its_template(adapter, folder, monkeypatch):
    chat = profile(folder, "vllm", chat=True)
    monkeypatch.setattr(adapter, "profile", chat)
    monkeypatch.setattr(adapter.tokens, "profile", chat)
    theirs = HuggingFace(profile(folder, "huggingface", chat=True))
    request = chosen(query("좋았다"))
    (one,), (same,) = answers(adapter, [request]), answers(theirs, [request])
    assert one.option_scores == pytest.approx(same.option_scores, abs=1e-5)


def test_more_options_than_vllm_tells_at_once_are_asked_in_parts(adapter, other):
    syllables = [chr(code) for code in range(ord("가"), ord("힣"), 40)]
    options = tuple(Option(str(n), text) for n, text in enumerate(syllables))
    assert len(options) > 128
    request = chosen("감정:", options=options)
    (one,), (same,) = answers(adapter, [request]), answers(other, [request])
    assert one.option_scores == pytest.approx(same.option_scores, abs=1e-5)


@pytest.mark.parametrize("text", ["", "나", "나는 좋았다 배우가 " * 40], ids=["empty", "short", "windows"])
def test_a_text_is_as_likely_as_by_the_huggingface_adapter_in_windows_of_the_same_length(
    adapter, other, text, monkeypatch
):
    # vLLM keeps one place of its context for the token that it would write.
    monkeypatch.setattr(other.engine, "context", CONTEXT - 1)
    request = asked(text, ask="score")
    (one,), (same,) = answers(adapter, [request]), answers(other, [request])
    assert one.value == pytest.approx(same.value, abs=1e-3)
    assert one.tokens == same.tokens


# ---- generate -------------------------------------------------------------------------------------


def test_greedy_text_is_that_of_the_huggingface_adapter(adapter, other):
    requests = [asked(text, str(n), decoding=Decoding(max_tokens=24)) for n, text in enumerate(PROMPTS)]
    ours, theirs = answers(adapter, requests), answers(other, requests)
    assert [told(one) for one in ours] == [told(same) for same in theirs]
    assert [one.usage.completion_tokens for one in ours] == [same.usage.completion_tokens for same in theirs]


@pytest.mark.parametrize(
    "stop", ["좋", "다", "\n", "<s>"], ids=["a syllable", "another", "a line", "a token"]
)
def test_a_stop_string_ends_a_reply_where_it_ends_it_there(adapter, other, stop):
    decoding = Decoding(max_tokens=48, stop=(stop,))
    requests = [asked(text, str(n), decoding=decoding) for n, text in enumerate(PROMPTS)]
    assert [told(r) for r in answers(adapter, requests)] == [told(r) for r in answers(other, requests)]


def test_penalties_are_those_of_the_huggingface_adapter(adapter, other):
    for decoding in (
        Decoding(max_tokens=16, repetition_penalty=1.5),
        Decoding(max_tokens=16, presence_penalty=1.5),
        Decoding(max_tokens=16, frequency_penalty=1.5),
    ):
        requests = [asked(text, str(n), decoding=decoding) for n, text in enumerate(PROMPTS[:2])]
        assert [told(r) for r in answers(adapter, requests)] == [told(r) for r in answers(other, requests)]


def sampled(adapter: Vllm, order: list[int], **keys: Any) -> dict[Any, str | None]:
    decoding = Decoding(max_tokens=12, temperature=1.0, **keys)
    requests = [asked(query("좋았다"), str(n), decoding=decoding, seed=n) for n in order]
    return {response.key: response.text for response in adapter.answer(requests)}


def test_samples_depend_on_their_own_seed_and_not_on_their_neighbours(adapter):
    together = sampled(adapter, [0, 1, 2, 3])
    assert len(set(together.values())) > 1
    assert sampled(adapter, [3, 1]) == {key: together[key] for key in (("3", 0), ("1", 0))}
    assert sampled(adapter, [0], seed=1) == {("0", 0): together["1", 0]}


def test_sampling_from_one_token_is_greedy(adapter):
    (greedy,) = answers(adapter, [asked(query("좋았다"), decoding=Decoding(max_tokens=12))])
    for one in ({"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}):
        assert sampled(adapter, [0], **one) == {("0", 0): greedy.text}


def test_a_choice_by_structure_says_an_option_and_nothing_else(adapter, folder, monkeypatch):
    monkeypatch.setattr(adapter, "profile", profile(folder, "vllm", choose_by="structured"))
    request = asked(query("좋았다"), ask="choose", options=WORDY, decoding=Decoding(max_tokens=32))
    (response,) = answers(adapter, [request])
    assert (response.text or "").strip() in {option.text for option in WORDY}


def test_a_thought_is_counted_apart(adapter, other, monkeypatch):
    ids = adapter.tokens.encode(["<think>나는</think>긍정"], special=False)[0]
    assert len(ids) > 3
    request = asked(query("좋았다"), decoding=Decoding(max_tokens=len(ids), stop=("나",)))
    step = adapter.engine.step
    said = iter(ids)

    def thinking() -> Any:
        outputs = step()
        for _, output in outputs:
            output.outputs[0].token_ids = [next(said) for _ in output.outputs[0].token_ids]
        return outputs

    monkeypatch.setattr(adapter.engine, "step", thinking)
    (response,) = answers(adapter, [request])
    assert response.text == "<think>나는</think>긍정"
    assert response.usage.reasoning_tokens < response.usage.completion_tokens == len(ids)


# ---- too long -------------------------------------------------------------------------------------


def test_whole_shots_are_dropped_first_and_it_is_said(adapter, other):
    parts = Parts(query("좋았다"), shots=SHOTS * 3)
    (response,) = answers(adapter, [chosen(parts)])
    assert response.truncated
    left = response.usage.prompt_tokens
    kept = [
        n
        for n in range(30)
        if adapter.count_tokens(Parts(parts.query, shots=parts.shots[n:]).prompt) == left - 1
    ]
    assert len(kept) == 1  # a BOS, and so many whole shots
    fitting = chosen(Parts(parts.query, shots=parts.shots[kept[0] :]))
    assert response.option_scores == pytest.approx(answers(other, [fitting])[0].option_scores, abs=1e-5)


def test_then_the_prompt_is_cut_from_the_left(adapter):
    (response,) = answers(adapter, [chosen(query("나는 좋았다 " * 100))])
    assert response.truncated
    assert response.error is None
    assert response.usage.prompt_tokens < CONTEXT


def test_an_option_over_the_context_is_too_long(adapter):
    (response,) = answers(adapter, [chosen("문장:", options=(LABELS[0], Option("1", "나는 좋았다 " * 100)))])
    assert (response.finish, response.error) == ("too_long", None)


# ---- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        chosen,
        lambda text, name: asked(text, name, decoding=Decoding(max_tokens=4)),
        lambda text, name: asked(text, name, ask="score"),
    ],
    ids=["choose", "generate", "score"],
)
def test_logits_that_are_no_numbers_fail_their_own_request(adapter, make):
    requests = [make("좋았다", "0"), make(f"{POISON}좋았다", "1"), make("나는", "2")]
    good, bad, last = answers(adapter, requests)
    assert bad.error is not None
    assert bad.error.kind == "nan"
    assert good.error is last.error is None


def test_what_was_no_number_leaves_nothing_in_the_cache_that_spoils_others(adapter, other, monkeypatch):
    monkeypatch.setattr(adapter.engine, "most", 2)  # so that some are asked after it, some along with it
    texts = ["좋았다", f"{POISON}좋았다", *(f"나는 {n}" for n in range(6))]
    requests = [asked(text, str(n), decoding=Decoding(max_tokens=6)) for n, text in enumerate(texts)]
    ours = answers(adapter, requests)
    assert [response.key for response in ours if response.error] == [("1", 0)]
    assert [r.text for r in ours if not r.error] == [r.text for r in answers(other, requests) if not r.error]


def test_a_prompt_that_cannot_begin_fails_alone(adapter, monkeypatch):
    monkeypatch.setattr(adapter.tokens, "bos", None)
    monkeypatch.setattr(adapter.tokens, "eos", None)
    bad, good = answers(adapter, [asked("", "0", ask="score"), asked("좋았다", "1")])
    assert bad.error is not None
    assert good.error is None


def test_a_decoding_that_vllm_does_not_have_is_the_users_mistake(adapter):
    with pytest.raises(BadInput, match="presence_penalty must be in"):
        list(adapter.answer([asked("좋았다", decoding=Decoding(presence_penalty=9.0))]))


def test_a_row_that_vllm_refuses_fails_its_request_alone(adapter, monkeypatch):
    add = adapter.engine.add

    def refuses(row: Any) -> None:
        if row.owner.request.key == ("1", 0):
            raise ValueError("no such token")
        add(row)

    monkeypatch.setattr(adapter.engine, "add", refuses)
    good, bad = answers(adapter, [chosen("좋았다", "0"), chosen("좋았다", "1")])
    assert bad.error is not None
    assert "no such token" in bad.error.message
    assert good.option_scores is not None


def test_none_from_the_source_answers_what_is_in_hand(adapter):
    answered: list[Any] = []

    def source() -> Iterator[Request | None]:
        yield chosen("좋았다", "0")
        while not answered:
            yield None
        yield chosen("나는", "1")

    for response in adapter.answer(source()):
        answered.append(response.key)
    assert answered == [("0", 0), ("1", 0)]


def test_no_more_is_asked_than_the_engine_holds(adapter, monkeypatch):
    monkeypatch.setattr(adapter.engine, "most", 4)
    pulled, answered = [], []

    def source() -> Iterator[Request]:
        for n in range(12):
            pulled.append(n)
            assert len(pulled) - len(answered) <= 4
            yield asked("좋았다", str(n), decoding=Decoding(max_tokens=2))

    for response in adapter.answer(source()):
        answered.append(response.key)
    assert len(answered) == 12


def test_weights_that_are_not_there_are_one_line(tmp_path, folder):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(Unavailable, match="cannot be loaded"):
        Vllm(profile(tmp_path, "vllm")).prepare()


# Last: they end the engine that the others share.
def breaks() -> Any:
    raise RuntimeError("out of memory")


def test_a_step_that_breaks_fails_what_is_in_it_and_the_engine_is_loaded_anew(adapter, monkeypatch):
    monkeypatch.setattr(adapter.engine, "step", breaks)

    def source() -> Iterator[Request | None]:
        yield chosen("좋았다", "0")
        yield None
        yield chosen("좋았다", "1")

    first, second = adapter.answer(source())
    assert first.error is not None
    assert first.error.kind == "out_of_memory"
    assert second.option_scores is not None


def test_an_engine_that_broke_is_not_loaded_for_nothing(adapter, monkeypatch):
    monkeypatch.setattr(adapter.engine, "step", breaks)
    (response,) = answers(adapter, [chosen("좋았다")])
    assert response.error is not None
    assert adapter._engine is None
