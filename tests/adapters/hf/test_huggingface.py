"""The huggingface adapter against models small enough to compute everything by hand."""

from __future__ import annotations

import functools
import importlib
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.base import Adapter, Capability  # noqa: E402
from harness.adapters.batching import windows  # noqa: E402
from harness.adapters.hf import adapter as huggingface  # noqa: E402
from harness.adapters.hf import loading  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.lm import tokenizer as tokenising  # noqa: E402
from harness.adapters.lm import truncation as fitting  # noqa: E402
from harness.errors import BadInput, Unavailable  # noqa: E402
from harness.schema import (  # noqa: E402
    Decoding,
    Example,
    Option,
    Parts,
    Profile,
    Request,
    Response,
)
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import query, review, taught_llama, tiny_llama  # noqa: E402

LABELS = (Option("0", "부정"), Option("1", "긍정"))
WORDY = (Option("0", "부정"), Option("1", "정말 좋았다"), Option("2", "보다가 잤다는 말"))
SHOTS = tuple(f"문장: 배우가 {n} 좋았다\n감정: 긍정\n" for n in range(4))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama)


@pytest.fixture(scope="session")
def tiny_bos(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama, bos=True)


@pytest.fixture(scope="session")
def small_context(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama, bos=True, context=64)


@pytest.fixture
def broken(tiny, tmp_path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(tiny, tmp_path / "broken"))


def loaded(folder: Path, **keys: Any) -> HuggingFace:
    return HuggingFace(Profile(name="tiny", adapter="huggingface", model=str(folder), **keys))


def asked(prompt: str | Parts, name: str = "1", **keys: Any) -> Request:
    parts = prompt if isinstance(prompt, Parts) else Parts(prompt)
    return Request(Example(name, {}), lambda: parts, **keys)


def chosen(prompt: str | Parts, name: str = "1", options: tuple[Option, ...] = LABELS) -> Request:
    return asked(prompt, name, ask="choose", options=options)


def only(adapter: HuggingFace, request: Request) -> Response:
    (response,) = adapter.answer([request])
    assert response.error is None, response.error
    return response


def by_hand(folder: Path, prompt: str, continuation: str, *, special: bool = True) -> float:
    """Return the summed log-probability of `continuation`, from all logits of the one whole text."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    first = tokenizer(prompt, add_special_tokens=special)["input_ids"]
    whole = tokenizer(prompt + continuation, add_special_tokens=special)["input_ids"]
    assert whole[: len(first)] == first
    with torch.no_grad():
        logp = model(torch.tensor([whole])).logits[0].log_softmax(-1)  # (T, V)
    return sum(float(logp[at - 1, whole[at]]) for at in range(len(first), len(whole)))


def greedy(folder: Path, prompt: str, new: int) -> tuple[str, list[int]]:
    """Return what `generate` writes for one prompt, and its tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    written = model.generate(ids, max_new_tokens=new, do_sample=False)[0, ids.shape[1] :]
    return tokenizer.decode(written, skip_special_tokens=True), written.tolist()


def reviews(count: int) -> list[str]:
    rng = random.Random(3)
    return [query(" ".join(review(rng)[0] for _ in range(n % 4 + 1))) for n in range(count)]


# ---- choose ---------------------------------------------------------------------------------------


def test_it_is_an_adapter_that_counts_tokens_and_knows_its_weights(tiny):
    adapter = loaded(tiny)
    assert isinstance(adapter, Adapter)
    assert adapter.can(Capability.COUNT_TOKENS)
    assert adapter.can(Capability.IDENTIFY)


@pytest.mark.parametrize("options", [LABELS, WORDY], ids=["one token", "several tokens"])
@pytest.mark.parametrize("bos", [False, True], ids=["without BOS", "with BOS"])
def test_scores_equal_the_full_logits(tiny, tiny_bos, bos, options):
    folder = tiny_bos if bos else tiny
    response = only(loaded(folder), chosen(query("배우가 좋았다"), options=options))
    expected = [by_hand(folder, query("배우가 좋았다"), " " + option.text) for option in options]
    assert response.option_scores == pytest.approx(expected, abs=1e-5)


def test_the_labels_are_one_token_and_the_wordy_options_are_not(tiny):
    adapter = loaded(tiny)
    assert [adapter.count_tokens(" " + option.text) for option in LABELS] == [1, 1]
    assert min(adapter.count_tokens(" " + option.text) for option in WORDY[1:]) > 1


def test_a_tokenizer_with_bos_begins_with_it_once(tiny_bos):
    adapter = loaded(tiny_bos)
    plain, spelt = chosen(query("좋았다"), "plain"), chosen("<s>" + query("좋았다"), "spelt")
    first, second = adapter.answer([plain, spelt])
    assert first.option_scores == second.option_scores


def test_blanks_at_the_prompts_end_belong_to_the_option(tiny):
    (response,) = loaded(tiny).answer([chosen(Parts("감정: ", delimiter=""))])
    expected = [by_hand(tiny, "감정:", " " + option.text) for option in LABELS]
    assert response.option_scores == pytest.approx(expected, abs=1e-5)


def test_a_chat_is_scored_after_its_template(tiny_bos):
    response = only(loaded(tiny_bos, chat=True), chosen(query("좋았다")))
    header = f"<|user|>\n{query('좋았다')}\n<|assistant|>"
    expected = [by_hand(tiny_bos, header, "\n" + option.text, special=False) for option in LABELS]
    assert response.option_scores == pytest.approx(expected, abs=1e-5)


def test_a_chat_tells_the_journal_its_messages(tiny):
    request = chosen(query("좋았다"))
    only(loaded(tiny, chat=True), request)
    assert request.sent()["messages"] == [{"role": "user", "content": query("좋았다")}]


def test_shots_can_be_turns_of_a_chat(tiny):
    parts = Parts("둘", shots=("하나 긍정\n",), turns=(("하나", "긍정"),))
    response = only(loaded(tiny, chat=True, shots_as="turns"), chosen(parts))
    header = "<|user|>\n하나\n<|assistant|>\n긍정\n<|user|>\n둘\n<|assistant|>"
    expected = [by_hand(tiny, header, "\n" + option.text, special=False) for option in LABELS]
    assert response.option_scores == pytest.approx(expected, abs=1e-5)


def test_an_empty_prompt_begins_with_bos(tiny):
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny)
    response = only(loaded(tiny), chosen(Parts("", delimiter="")))
    expected = [by_hand(tiny, tokenizer.bos_token, option.text) for option in LABELS]
    assert response.option_scores == pytest.approx(expected, abs=1e-5)


def test_an_empty_prompt_begins_with_the_end_token_where_there_is_no_bos(tiny):
    adapter = loaded(tiny)
    adapter.tokens.bos = None
    response = only(adapter, chosen(Parts("", delimiter="")))
    expected = [by_hand(tiny, "</s>", option.text) for option in LABELS]
    assert response.option_scores == pytest.approx(expected, abs=1e-5)


def test_an_empty_prompt_fails_where_nothing_can_begin_it(tiny):
    adapter = loaded(tiny)
    adapter.tokens.bos = adapter.tokens.eos = None
    first, second = sorted(adapter.answer([chosen("", "1"), chosen("문장:", "2")]), key=lambda r: r.key)
    assert first.error is not None
    assert first.error.kind == "empty_prompt"
    assert second.error is None


def test_an_option_that_merges_into_the_prompt_is_scored_from_where_they_part(tiny):
    # 긍 is three bytes alone and one token inside 긍정: nothing comes after as many tokens.
    assert tokenising.split_together([7, 8, 9], [[7, 12]]) == [([7], [12])]


def test_options_are_scored_from_one_place_where_one_of_them_merges(tiny):
    # After `감정: 긍`, 정 makes one token of 긍정, and 동 does not.
    adapter = loaded(tiny)
    parts = Parts("감정: 긍", delimiter="")
    options = (Option("0", "정"), Option("1", "동"))
    pairs = adapter.tokens.split(parts.prompt, [option.text for option in options])
    assert pairs[0].prompt == pairs[1].prompt
    assert [adapter.tokens.text([*pair.prompt, *pair.option]) for pair in pairs] == [
        "감정: 긍정",
        "감정: 긍동",
    ]
    before = adapter.tokens.text(pairs[0].prompt)
    assert before != parts.prompt
    rest = [f"{parts.prompt}{option.text}".removeprefix(before) for option in options]
    expected = [by_hand(tiny, before, said) for said in rest]
    assert only(adapter, chosen(parts, options=options)).option_scores == pytest.approx(expected, abs=1e-5)


def test_options_that_do_not_merge_are_parted_at_the_prompt_s_end():
    assert tokenising.split_together([7, 8], [[7, 8, 1], [7, 8, 2, 3]]) == [([7, 8], [1]), ([7, 8], [2, 3])]


def test_an_option_without_text_is_a_failure(tiny):
    (response,) = loaded(tiny).answer([chosen(Parts("문장:", delimiter=""), options=(Option("0", ""),))])
    assert response.error is not None
    assert response.error.kind == "empty_option"


@pytest.mark.parametrize(("normalise", "length"), [("tokens", 4), ("bytes", 16)])
def test_scores_can_be_divided_by_length(tiny, normalise, length):
    option = Option("1", "정말 좋았다")
    adapter = loaded(tiny, normalise=normalise)
    length = adapter.count_tokens(" " + option.text) if normalise == "tokens" else len(option.text.encode())
    response = only(adapter, chosen("감정:", options=(option,)))
    assert response.option_scores == pytest.approx(
        [by_hand(tiny, "감정:", " 정말 좋았다") / length], abs=1e-5
    )


@pytest.mark.parametrize("size", [1, 3])
def test_the_batch_size_does_not_change_scores(tiny, size):
    def scores(batch_size: int) -> dict[Any, Any]:
        requests = [chosen(prompt, str(n), WORDY) for n, prompt in enumerate(reviews(12))]
        adapter = loaded(tiny, settings={"batch_size": batch_size})
        return {response.key: response.option_scores for response in adapter.answer(requests)}

    one, eight = scores(size), scores(8)
    assert len(one) == 12
    assert all(one[key] == pytest.approx(eight[key], abs=1e-4) for key in one)


def test_options_that_differ_in_their_last_token_share_a_forward_pass(tiny, monkeypatch):
    adapter = loaded(tiny)
    seen = watch(adapter, monkeypatch)
    only(adapter, chosen(query("좋았다"), options=LABELS))
    assert [shape[0] for shape in seen] == [1]


def test_a_head_that_is_no_module_of_its_own_scores_the_same(tiny, monkeypatch):
    adapter, plain = loaded(tiny), loaded(tiny)
    monkeypatch.setattr(type(plain.engine.model), "get_output_embeddings", lambda _self: None)
    requests = [chosen(prompt, str(n), WORDY) for n, prompt in enumerate(reviews(4))]
    scores = {r.key: r.option_scores for r in plain.answer(requests)}
    monkeypatch.undo()
    assert all(r.option_scores == pytest.approx(scores[r.key], abs=1e-5) for r in adapter.answer(requests))


def test_a_choice_by_extraction_is_written_as_text(tiny):
    response = only(loaded(tiny, choose_by="extract"), chosen(query("좋았다")))
    assert response.option_scores is None
    assert response.text is not None


# ---- generate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 8])
def test_greedy_text_equals_generate_one_at_a_time(tiny, size):
    prompts = reviews(9)
    requests = [asked(p, str(n), decoding=Decoding(max_tokens=12)) for n, p in enumerate(prompts)]
    responses = {r.key: r for r in loaded(tiny, settings={"batch_size": size}).answer(requests)}
    for request, prompt in zip(requests, prompts, strict=True):
        text, tokens = greedy(tiny, prompt, 12)
        assert responses[request.key].text == text
        assert responses[request.key].usage.completion_tokens == len(tokens)


def test_text_has_32_tokens_unless_asked(tiny):
    response = only(loaded(tiny), asked("문장:"))
    assert (response.finish, response.usage.completion_tokens) == ("length", 32)


def test_the_directorys_sampling_defaults_are_ignored(tiny, broken):
    path = broken / "generation_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    defaults = {
        "do_sample": True,
        "temperature": 5.0,
        "top_k": 3,
        "repetition_penalty": 9.0,
        "max_length": 20,
    }
    path.write_text(json.dumps({**config, **defaults}), encoding="utf-8")
    assert only(loaded(broken), asked("문장:")).text == only(loaded(tiny), asked("문장:")).text


def test_the_end_tokens_the_directory_lists_end_a_text(tiny, broken):
    _, ids = greedy(tiny, "문장:", 8)
    path = broken / "generation_config.json"
    path.write_text(json.dumps({"eos_token_id": [1, ids[3]]}), encoding="utf-8")
    response = only(loaded(broken), asked("문장:"))
    assert response.finish == "stop"
    assert response.usage.completion_tokens == ids.index(ids[3]) + 1


@pytest.mark.parametrize("size", [1, 4])
def test_text_is_cut_before_the_earliest_stop_string(tiny, size):
    prompts = reviews(4)
    for start in (1, 2, 4):
        texts = [greedy(tiny, prompt, 16)[0] for prompt in prompts]
        stops = tuple({text[start : start + 3] for text in texts})  # three characters: across tokens
        decoding = Decoding(max_tokens=16, stop=stops)
        requests = [asked(p, str(n), decoding=decoding) for n, p in enumerate(prompts)]
        for response in loaded(tiny, settings={"batch_size": size}).answer(requests):
            text = texts[int(response.key[0])]
            assert response.text == text[: min(text.find(stop) for stop in stops if stop in text)]
            assert response.finish == "stop"


def test_a_stop_string_ends_the_work_early(tiny):
    text, _ = greedy(tiny, "문장:", 16)
    stopped = only(loaded(tiny), asked("문장:", decoding=Decoding(max_tokens=200, stop=(text[2:4],))))
    assert stopped.usage.completion_tokens < 16


def test_a_stop_string_may_be_a_special_token(tiny, monkeypatch):
    _, ids = greedy(tiny, "문장:", 8)
    adapter = loaded(tiny)
    monkeypatch.setattr(adapter.tokens, "added", lambda: {"<|end|>": ids[2]})
    response = only(adapter, asked("문장:", decoding=Decoding(stop=("<|end|>",))))
    assert (response.finish, response.usage.completion_tokens) == ("stop", ids.index(ids[2]) + 1)


SAMPLED = Decoding(max_tokens=10, temperature=1.5, top_k=50, top_p=0.95)


def sampled(adapter: HuggingFace, order: list[int]) -> dict[Any, Any]:
    prompts = reviews(6)
    requests = [asked(prompts[n], str(n), decoding=SAMPLED, seed=1000 + n) for n in order]
    return {response.key: response.text for response in adapter.answer(requests)}


def test_samples_do_not_depend_on_batch_or_order(tiny):
    one = sampled(loaded(tiny, settings={"batch_size": 1}), [0, 1, 2, 3, 4, 5])
    assert sampled(loaded(tiny, settings={"batch_size": 8}), [0, 1, 2, 3, 4, 5]) == one
    assert sampled(loaded(tiny), [5, 2, 0, 1, 4, 3]) == one


def test_another_seed_gives_another_sample(tiny):
    adapter = loaded(tiny)
    texts = {only(adapter, asked("문장:", decoding=SAMPLED, seed=seed)).text for seed in range(4)}
    assert len(texts) > 1


def test_sampling_leaves_the_callers_random_state_alone(tiny):
    adapter = loaded(tiny)
    _ = adapter.engine
    before = torch.random.get_rng_state()
    only(adapter, asked("문장:", decoding=SAMPLED, seed=1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_top_k_of_one_is_greedy(tiny):
    decoding = Decoding(max_tokens=10, temperature=2.0, top_k=1)
    response = only(loaded(tiny), asked("문장:", decoding=decoding, seed=5))
    assert response.text == greedy(tiny, "문장:", 10)[0]


@pytest.mark.parametrize("decoding", [Decoding(repetition_penalty=1.7), Decoding(beams=3)], ids=str)
def test_penalty_and_beams_do_not_depend_on_the_batch(tiny, decoding):
    def texts(size: int) -> dict[Any, Any]:
        requests = [asked(prompt, str(n), decoding=decoding) for n, prompt in enumerate(reviews(6))]
        return {r.key: r.text for r in loaded(tiny, settings={"batch_size": size}).answer(requests)}

    assert texts(1) == texts(6) != {r.key: r.text for r in loaded(tiny).answer([asked(reviews(1)[0], "0")])}


# ---- prompts over the context ---------------------------------------------------------------------


def test_whole_shots_are_dropped_first(small_context):
    adapter = loaded(small_context)
    parts = Parts(query("좋았다"), shots=SHOTS * 3, turns=(("하나", "긍정"),) * 12)
    response = only(adapter, chosen(parts))
    kept = int(response.usage.prompt_tokens)
    fits = [
        k for k in range(13) if len(adapter.tokens.of(Parts(parts.query, shots=parts.shots[k:]).prompt)) <= 64
    ]
    expected = Parts(parts.query, shots=parts.shots[fits[0] :]).prompt
    assert response.truncated
    assert kept == len(adapter.tokens.of(expected))
    hand = [by_hand(small_context, expected, " " + option.text) for option in LABELS]
    assert response.option_scores == pytest.approx(hand, abs=1e-5)


def test_then_the_prompt_is_cut_from_the_left_and_keeps_its_bos(small_context):
    adapter = loaded(small_context)
    prompt = query("정말 좋았다 " * 40)
    response = only(adapter, chosen(prompt))
    ids = adapter.tokens.of(prompt)
    cut = [ids[0], *ids[-63:]]
    with torch.no_grad():
        logp = adapter.engine.model(torch.tensor([cut])).logits[0, -1].log_softmax(-1)
    words = [adapter.tokens.encode([" " + option.text], special=False)[0][0] for option in LABELS]
    assert response.truncated
    assert response.usage.prompt_tokens == 64
    assert response.option_scores == pytest.approx([float(logp[word]) for word in words], abs=1e-5)


def test_all_options_see_the_same_cut_prompt(small_context):
    adapter = loaded(small_context)
    asked_for = chosen(query("정말 좋았다 " * 40), options=WORDY)
    choice = fitting.choice(asked_for, adapter.tokens, adapter.engine)
    assert len({tuple(pair.prompt) for pair in choice.pairs}) == 1


def test_a_prompt_that_fits_is_not_truncated(small_context):
    assert not only(loaded(small_context), chosen(query("좋았다"))).truncated


def test_an_option_over_the_context_is_too_long(small_context):
    (response,) = loaded(small_context).answer([chosen("문장:", options=(Option("0", "좋았다 " * 99),))])
    assert (response.finish, response.error, response.option_scores) == ("too_long", None, None)


def test_a_chat_over_the_context_drops_whole_shots(small_context):
    adapter = loaded(small_context, chat=True)
    (response,) = adapter.answer([chosen(Parts("둘", shots=SHOTS[-1:] * 9))])
    assert response.truncated
    headed = [f"<|user|>\n{''.join(SHOTS[-1:] * kept)}둘\n<|assistant|>" for kept in range(4)]
    assert response.usage.prompt_tokens in map(len, adapter.tokens.encode(headed, special=False))


def test_a_prompt_leaves_room_for_what_is_written(small_context):
    parts = Parts(query("좋았다"), shots=SHOTS)
    response = only(loaded(small_context), asked(parts, decoding=Decoding(max_tokens=20)))
    assert response.truncated
    assert response.usage.prompt_tokens <= 44
    assert response.usage.completion_tokens == 20


def test_more_tokens_than_the_context_holds_are_cut_and_not_the_prompt(small_context):
    response = only(loaded(small_context), asked(query("좋았다"), decoding=Decoding(max_tokens=500)))
    assert not response.truncated
    assert response.usage.prompt_tokens + response.usage.completion_tokens == 64
    assert response.finish == "length"


# ---- what goes wrong inside -----------------------------------------------------------------------


def watch(adapter: HuggingFace, monkeypatch: pytest.MonkeyPatch, spoil: Any = None) -> list[Any]:
    """Return a list that grows by the shape of every forward pass; `spoil(ids, output)` may ruin one."""
    adapter.prepare()
    _ = getattr(adapter._writer, "runs", None)  # tried once, and no part of what is counted
    model, seen = adapter.engine.model, []
    forward = model.forward

    @functools.wraps(forward)
    def watched(*args: Any, **kwargs: Any) -> Any:
        ids = kwargs["input_ids"]
        seen.append(tuple(ids.shape))
        output = forward(*args, **kwargs)
        return spoil(ids, output) if spoil else output

    monkeypatch.setattr(model, "forward", watched)
    return seen


def poisoned(adapter: HuggingFace) -> HuggingFace:
    """Make the exclamation mark's embedding no numbers: so are the logits of whatever reads it."""
    mark = adapter.tokens.encode(["!"], special=False)[0][0]
    adapter.prepare()
    with torch.no_grad():
        adapter.engine.model.get_input_embeddings().weight[mark] = float("nan")
    return adapter


def marked(adapter: HuggingFace, ids: Any) -> Any:
    """Return which rows hold the exclamation mark, which no other prompt has."""
    return (ids == adapter.tokens.encode(["!"], special=False)[0][0]).any(-1)


def four(make: Any) -> list[Request]:
    texts = ["좋았다", "지루하다", "최고의 영화 !", "배우가 좋았다"]
    return [make(query(text), str(n)) for n, text in enumerate(texts)]


def failed(responses: Any) -> dict[str, str]:
    return {response.key[0]: response.error.kind for response in responses if response.error}


@pytest.mark.parametrize("make", [chosen, asked], ids=["choose", "generate"])
def test_logits_that_are_no_numbers_fail_their_own_request(tiny, make):
    responses = list(poisoned(loaded(tiny)).answer(four(make)))
    assert len(responses) == 4
    assert failed(responses) == {"2": "nan"}


@pytest.mark.parametrize("beams", [None, 2])
def test_sampling_from_logits_that_are_no_numbers_is_a_failure(tiny, beams):
    decoding = replace(SAMPLED, beams=beams)
    (response,) = poisoned(loaded(tiny)).answer([asked("문장: !", decoding=decoding)])
    assert failed([response]) == {"1": "nan"}


@pytest.mark.parametrize("make", [chosen, asked], ids=["choose", "generate"])
def test_an_exception_fails_only_the_request_that_causes_it(tiny, monkeypatch, make):
    adapter = loaded(tiny)

    def spoil(ids: Any, output: Any) -> Any:
        if marked(adapter, ids).any():
            raise IndexError("index out of range in self")
        return output

    watch(adapter, monkeypatch, spoil)
    responses = list(adapter.answer(four(make)))
    assert len(responses) == 4
    assert failed(responses) == {"2": "error"}


@pytest.mark.parametrize("make", [chosen, asked], ids=["choose", "generate"])
def test_a_batch_without_memory_is_halved_and_stays_halved(tiny, monkeypatch, make):
    adapter = loaded(tiny)

    def spoil(ids: Any, output: Any) -> Any:
        if len(ids) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return output

    seen = watch(adapter, monkeypatch, spoil)
    requests = [make(query(text), str(n)) for n, text in enumerate(reviews(16))]
    responses = list(adapter.answer(requests))
    assert len(responses) == 16
    assert failed(responses) == {}
    assert max(rows for rows, _ in seen[-3:]) <= 2
    assert sum(rows > 2 for rows, _ in seen) <= 4  # halved until it fits, and never tried again


def test_one_row_without_memory_is_a_failure(tiny, monkeypatch):
    adapter = loaded(tiny)

    def spoil(ids: Any, output: Any) -> Any:
        if marked(adapter, ids).any():
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return output

    watch(adapter, monkeypatch, spoil)
    responses = list(adapter.answer(four(chosen)))
    assert failed(responses) == {"2": "out_of_memory"}
    assert len(responses) == 4


def test_ctrl_c_is_nobodys_failed_request(tiny, monkeypatch):
    adapter = loaded(tiny)

    def spoil(ids: Any, output: Any) -> Any:
        raise KeyboardInterrupt

    watch(adapter, monkeypatch, spoil)
    with pytest.raises(KeyboardInterrupt):
        list(adapter.answer([chosen("문장:")]))


def test_a_prompt_that_the_user_got_wrong_stops_the_run(tiny):
    def render() -> Parts:
        raise BadInput("no such field")

    with pytest.raises(BadInput, match="no such field"):
        list(loaded(tiny).answer([Request(Example("1", {}), render)]))


# ---- the source -----------------------------------------------------------------------------------


def test_windows_begin_small_and_then_grow():
    sizes = [len(window) for window in windows((asked("", str(n)) for n in range(20)), 2, 8)]
    assert sizes == [2, 8, 8, 2]


def test_none_from_the_source_answers_what_is_in_hand(tiny):
    asking: list[str] = []

    def source() -> Any:
        for name in ("1", "2"):
            yield chosen("문장:", name)
        asking.append("waiting")
        yield None
        yield None
        asking.append("resumed")
        yield chosen("문장:", "3")

    answers = loaded(tiny).answer(source())
    assert next(answers).key[0] in "12"
    assert asking == ["waiting"]
    assert [response.key[0] for response in answers][-1] == "3"


def test_times_and_tokens_are_counted(tiny):
    response = only(loaded(tiny), asked("문장:", decoding=Decoding(max_tokens=4)))
    assert response.timing.e2e > 0
    assert response.usage.prompt_tokens == loaded(tiny).count_tokens("문장:")


# ---- loading --------------------------------------------------------------------------------------


def test_making_an_adapter_loads_nothing():
    assert HuggingFace(Profile(name="x", adapter="huggingface", model="/no/such/directory"))


def test_identity_and_importing_the_adapter_import_no_torch(tiny):
    code = (
        "import sys\n"
        "from harness.adapters.hf.adapter import HuggingFace\n"
        "from harness.schema import Profile\n"
        f"HuggingFace(Profile('x', 'huggingface', {str(tiny)!r})).identity()\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    root = Path(loading.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_a_closed_adapter_has_let_go_of_its_model(tiny):
    adapter = loaded(tiny)
    only(adapter, chosen("문장:"))
    adapter.close()
    assert not adapter._made


def refused(adapter: HuggingFace) -> str:
    with pytest.raises(Unavailable) as caught:
        list(adapter.answer([chosen("문장:")]))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_shard_is_named(tmp_path):
    folder = tiny_llama(tmp_path / "sharded", shards=True)
    lost = sorted(folder.glob("model-*.safetensors"))[1]
    lost.unlink()
    assert lost.name in refused(loaded(folder))


def test_a_missing_directory_is_named(tmp_path):
    assert refused(loaded(tmp_path / "gone")) == f"no model directory {tmp_path / 'gone'}"


def test_a_directory_without_a_model_is_refused(tmp_path):
    assert "config.json" in refused(loaded(tmp_path))


def test_a_spoilt_weight_file_is_one_line(broken):
    path = broken / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    assert "cannot be loaded" in refused(loaded(broken))


def test_a_name_that_is_not_in_the_cache_is_one_line_offline():
    adapter = HuggingFace(Profile(name="x", adapter="huggingface", model="nobody/nothing", offline=True))
    assert "no directory here" in refused(adapter)


def test_weights_that_would_be_random_are_refused(broken):
    safetensors = importlib.import_module("safetensors.torch")
    path = broken / "model.safetensors"
    weights = safetensors.load_file(path)
    weights.pop("lm_head.weight")
    safetensors.save_file(weights, path, metadata={"format": "pt"})
    assert "lm_head.weight" in refused(loaded(broken))


def test_tied_weights_are_not_missing(tmp_path):
    folder = tiny_llama(tmp_path / "tied")
    safetensors = importlib.import_module("safetensors.torch")
    weights = safetensors.load_file(folder / "model.safetensors")
    weights.pop("lm_head.weight")
    safetensors.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": True}), encoding="utf-8")
    assert only(loaded(folder), chosen("문장:")).option_scores


def stranger(folder: Path) -> Path:
    """Make the model one whose code lies in its own directory; running it leaves a file behind."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    code = {"AutoConfig": "strange.StrangeConfig", "AutoModelForCausalLM": "strange.StrangeForCausalLM"}
    path.write_text(json.dumps({**config, "model_type": "strange", "auto_map": code}), encoding="utf-8")
    source = (
        "from transformers import LlamaConfig, LlamaForCausalLM\n"
        f"open({str(folder / 'ran')!r}, 'w').close()\n"
        "class StrangeConfig(LlamaConfig):\n    model_type = 'strange'\n"
        "class StrangeForCausalLM(LlamaForCausalLM):\n    config_class = StrangeConfig\n"
    )
    (folder / "strange.py").write_text(source, encoding="utf-8")
    return folder


def test_code_from_the_repository_is_refused_and_not_run(broken, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked on stdin"))
    assert "--trust-remote-code" in refused(loaded(stranger(broken)))
    assert not (broken / "ran").exists()


def test_code_from_the_repository_runs_when_it_is_allowed(broken, tmp_path, monkeypatch):
    dynamic = importlib.import_module("transformers.dynamic_module_utils")
    monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    assert only(loaded(stranger(broken), trust_remote_code=True), chosen("문장:")).option_scores
    assert (broken / "ran").exists()


def test_a_tokenizer_without_a_padding_token_is_padded_all_the_same(tiny, tmp_path):
    folder = tiny_llama(tmp_path / "unpadded", pad=False)
    assert transformers.AutoTokenizer.from_pretrained(folder).pad_token is None
    prompts = reviews(5)
    requests = [asked(p, str(n), decoding=Decoding(max_tokens=8)) for n, p in enumerate(prompts)]
    for response in loaded(folder).answer(requests):
        assert response.text == greedy(folder, prompts[int(response.key[0])], 8)[0]


def test_a_chat_profile_without_a_template_is_refused(broken):
    (broken / "chat_template.jinja").unlink()
    assert "chat: false" in refused(loaded(broken, chat=True))


def test_a_device_that_is_not_there_is_refused(tiny):
    assert "cannot be loaded" in refused(loaded(tiny, settings={"device": "nonsense"}))


def test_the_dtype_is_the_one_that_was_set(tiny):
    assert loaded(tiny, settings={"dtype": "bfloat16"}).engine.model.dtype == torch.bfloat16


def test_a_missing_extra_names_its_install_command(tiny, monkeypatch):
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(loading, "import_module", missing)
    assert "pip install 'harness-ko[hf]'" in refused(loaded(tiny))


def test_identity_changes_with_a_weight(tiny, broken):
    assert loaded(broken).identity() == loaded(tiny).identity()
    path = broken / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    assert loaded(broken).identity() != loaded(tiny).identity()


def test_identity_does_not_change_with_the_directorys_name_or_readme(tiny, broken):
    (broken / "README.md").write_text("hello", encoding="utf-8")
    assert loaded(broken).identity() == loaded(tiny).identity()


def hub_cache(tiny: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lay the tiny model out as the hub's local cache does, under nobody/tiny, and return its commit."""
    commit, name = "c0ffee" * 6 + "c0ff", "models--nobody--tiny"
    shutil.copytree(tiny, folder / name / "snapshots" / commit)
    (folder / name / "refs").mkdir()
    (folder / name / "refs" / "main").write_text(commit, encoding="utf-8")
    constants = importlib.import_module("huggingface_hub").constants
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return commit


def test_identity_of_a_hub_model_is_its_commit(tiny, tmp_path, monkeypatch):
    commit = hub_cache(tiny, tmp_path, monkeypatch)
    adapter = HuggingFace(Profile(name="x", adapter="huggingface", model="nobody/tiny", offline=True))
    assert adapter.identity() == {"revision": commit}


def test_a_full_commit_is_its_own_identity():
    profile = Profile(name="x", adapter="huggingface", model="nobody/nothing", revision="ab" * 20)
    assert HuggingFace(profile).identity() == {"revision": "ab" * 20}


def test_a_commit_that_cannot_be_known_is_unavailable(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("huggingface_hub").constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unavailable, match="nobody/nothing@main"):
        HuggingFace(Profile(name="x", adapter="huggingface", model="nobody/nothing", offline=True)).identity()


# ---- what settings load --------------------------------------------------------------------------


def test_a_lora_adapter_is_merged_into_the_weights(tiny, tmp_path):
    peft = pytest.importorskip("peft", reason="peft is not installed")
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny)
    torch.manual_seed(0)
    config = peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config).eval()
    adapted.save_pretrained(tmp_path)
    adapter = loaded(tiny, settings={"lora": str(tmp_path)})
    ids = adapter.tokens.of("문장: 좋았다")
    with torch.no_grad():
        expected = adapted(torch.tensor([ids])).logits
        assert torch.allclose(adapter.engine.model(torch.tensor([ids])).logits, expected, atol=1e-4)
    assert adapter.identity()["lora"] != adapter.identity()["sha256"]
    assert "lora" not in loaded(tiny).identity()


def test_a_lora_directory_without_an_adapter_is_refused(tiny, tmp_path):
    with pytest.raises(Unavailable, match=r"adapter_config\.json"):
        loaded(tiny, settings={"lora": str(tmp_path)}).identity()


def test_quantisation_names_what_it_needs(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    assert "harness-ko[quantised]" in refused(loaded(tiny, settings={"quantisation": "4bit"}))


def test_a_device_map_places_the_model(tiny):
    adapter = loaded(tiny, settings={"device_map": "cpu"})
    assert only(adapter, chosen("문장:")).option_scores == only(loaded(tiny), chosen("문장:")).option_scores


def test_a_system_text_that_the_template_adds_is_known(broken):
    template = (
        "{% if messages[0].role != 'system' %}<|system|>\n너는 돕는다\n{% endif %}"
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}\n{% endfor %}<|assistant|>\n"
    )
    assert loaded(broken, chat=True).loaded()["added_system_text"] is None
    (broken / "chat_template.jinja").write_text(template, encoding="utf-8")
    assert loaded(broken, chat=True).loaded()["added_system_text"] == "너는 돕는다"


@pytest.mark.parametrize("size", [1, 3])
def test_any_decodings_in_one_batch_keep_to_themselves(tiny, size):
    decodings = [Decoding(max_tokens=6), SAMPLED, Decoding(max_tokens=9, presence_penalty=1.5, stop=("다",))]

    def texts(batch: Any) -> dict[Any, Any]:
        made = [asked(p, str(n), decoding=decodings[n % 3], seed=n) for n, p in enumerate(reviews(6))]
        return {r.key: r.text for r in loaded(tiny, settings={"batch_size": batch}).answer(made)}

    assert texts(size) == texts("auto")


def test_rows_that_have_ended_leave_the_batch(tiny, monkeypatch):
    adapter = loaded(tiny)
    seen = watch(adapter, monkeypatch)
    made = [asked(p, str(n), decoding=Decoding(max_tokens=2 + 3 * n)) for n, p in enumerate(reviews(3))]
    list(adapter.answer(made))
    assert [rows for rows, width in seen if width == 1] == [3, 2, 2, 2, 1, 1, 1]


def test_a_batch_holds_as_many_tokens_as_its_memory_has_room_for(tiny, tiny_bos):
    for folder in (tiny, tiny_bos):
        adapter = loaded(folder)
        model = adapter.engine.model
        cache = model(torch.tensor([[5, 6, 7]]), use_cache=True).past_key_values
        sizes = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
        assert adapter.engine.token_bytes == sizes / 3
        assert adapter.budget.held == 2 * 2**30 // adapter.engine.token_bytes


def test_prompts_that_take_several_passes_are_written_as_one_batch(tiny, monkeypatch):
    monkeypatch.setattr(huggingface, "CPU", (60, 16_384))
    adapter = loaded(tiny)
    seen = watch(adapter, monkeypatch)
    prompts = [f"{n}. {prompt}" for n, prompt in enumerate(reviews(9), 1)]  # nothing that they begin with
    list(adapter.answer([asked(p, p, decoding=Decoding(max_tokens=3)) for p in prompts]))
    read, written = ([rows for rows, width in seen if (width > 1) == prompts] for prompts in (True, False))
    assert len(read) > 1
    assert sum(read) == 9
    assert written == [9, 9]


# ---- a model that has learnt something ------------------------------------------------------------


@pytest.fixture(scope="session")
def taught(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, taught_llama)


def test_a_taught_model_chooses_what_it_learnt(taught):
    rng = random.Random(99)
    lessons = [review(rng) for _ in range(24)]
    requests = [chosen(query(text), str(n)) for n, (text, _) in enumerate(lessons)]
    for response in loaded(taught).answer(requests):
        best = max(range(2), key=list(response.option_scores).__getitem__)
        assert LABELS[best].text == lessons[int(response.key[0])][1]


def test_a_taught_model_writes_what_it_learnt_and_ends(taught):
    rng = random.Random(98)
    lessons = [review(rng) for _ in range(24)]
    requests = [asked(query(text), str(n)) for n, (text, _) in enumerate(lessons)]
    for response in loaded(taught).answer(requests):
        assert response.text == " " + lessons[int(response.key[0])][1]
        assert (response.finish, response.usage.completion_tokens) == ("stop", 2)
