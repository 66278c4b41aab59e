"""A text's likelihood under a local model: every token once, after as much as the context holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.lm import likelihood  # noqa: E402
from harness.errors import BadInput  # noqa: E402
from harness.schema import Example, Parts, Profile, Request, Response  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import review, tiny_llama  # noqa: E402

CONTEXT = 32


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama, context=CONTEXT)


@pytest.fixture(scope="session")
def tiny_bos(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama, bos=True, context=CONTEXT)


def loaded(folder: Path, **settings: Any) -> HuggingFace:
    profile = Profile("tiny", "huggingface", model=str(folder), settings=settings, ask="score")
    return HuggingFace(profile)


def scored(text: str | None, name: str = "1") -> Request:
    def render() -> Parts:
        raise AssertionError("a text is read without a prompt")

    return Request(Example(name, {"text": text}), render, ask="score")


def only(adapter: HuggingFace, request: Request) -> Response:
    (response,) = adapter.answer([request])
    assert response.error is None, response.error
    return response


def by_hand(folder: Path, text: str) -> tuple[float, int]:
    """Return the log-likelihood of `text`, block by block of CONTEXT tokens, and its tokens.

    A block is predicted from the CONTEXT tokens that end one before it does; the text stands after BOS.
    """
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer(text)["input_ids"]
    line = [tokenizer.bos_token_id, *ids]
    total = 0.0
    for start in range(0, len(ids), CONTEXT):
        end = min(start + CONTEXT, len(ids))
        first = max(0, end - CONTEXT)
        with torch.no_grad():
            logp = model(torch.tensor([line[first:end]])).logits[0].double().log_softmax(-1)  # (T, V)
        total += sum(float(logp[at - first, line[at + 1]]) for at in range(start, end))
    return total, len(ids)


def texts(count: int) -> list[str]:
    """Return texts of one review to 34: some fit into the context, some do not."""
    rng = random.Random(5)
    return [" ".join(review(rng)[0] for _ in range(3 * (n % 12) + 1)) for n in range(count)]


def test_texts_of_the_tests_are_shorter_and_longer_than_the_context(tiny):
    sizes = [loaded(tiny).count_tokens(text) for text in texts(12)]
    assert min(sizes) < CONTEXT < 2 * CONTEXT < max(sizes)


@pytest.mark.parametrize("bos", [False, True], ids=["without BOS", "with BOS"])
def test_the_likelihood_is_that_of_a_full_forward_pass(tiny, tiny_bos, bos):
    folder = tiny_bos if bos else tiny
    adapter = loaded(folder)
    for text in texts(12):
        response = only(adapter, scored(text))
        value, tokens = by_hand(folder, text)
        assert response.value == pytest.approx(value, abs=1e-4)
        assert response.tokens == tokens


@pytest.mark.parametrize("size", [1, 3])
def test_the_batch_size_does_not_change_it(tiny, size):
    def values(batch_size: int) -> dict[Any, Any]:
        requests = [scored(text, str(n)) for n, text in enumerate(texts(24))]
        return {r.key: r.value for r in loaded(tiny, batch_size=batch_size).answer(requests)}

    one, eight = values(size), values(8)
    assert len(one) == 24
    assert one == pytest.approx(eight, abs=1e-4)


def test_an_empty_text_is_certain_and_has_no_tokens(tiny):
    response = only(loaded(tiny), scored(""))
    assert (response.value, response.tokens) == (0, 0)


def test_a_text_that_is_not_there_is_an_empty_one(tiny):
    assert only(loaded(tiny), scored(None)).tokens == 0


def test_a_text_that_begins_with_bos_gets_no_second_one(tiny_bos):
    response = only(loaded(tiny_bos), scored("<s>좋았다"))
    assert response.tokens == only(loaded(tiny_bos), scored("좋았다")).tokens


def test_nothing_of_the_prompt_is_read(tiny):
    request = scored("좋았다")
    only(loaded(tiny), request)
    assert request.sent() == {"fields": {"text": "좋았다"}}


def test_an_example_without_a_text_stops_the_run(tiny):
    request = Request(Example("7", {"txt": "좋았다"}), Parts, ask="score")
    with pytest.raises(BadInput, match=r"'7' has no field 'text'\. Did you mean 'txt'"):
        list(loaded(tiny).answer([request]))


def test_a_model_without_a_limit_reads_2048_tokens_at_a_time(tiny, monkeypatch):
    adapter = loaded(tiny)
    monkeypatch.setattr(adapter.engine, "context", None)
    sizes: list[int] = []
    cut = likelihood.windows
    monkeypatch.setattr(
        likelihood, "windows", lambda ids, start, size: sizes.append(size) or cut(ids, start, size)
    )
    only(adapter, scored("좋았다"))
    assert sizes == [2048]


def spoilt(adapter: HuggingFace, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any, Any], Any]) -> None:
    """Let `spoil(ids, output)` ruin a forward pass."""
    forward = adapter.engine.model.forward
    monkeypatch.setattr(
        adapter.engine.model, "forward", lambda **keys: spoil(keys["input_ids"], forward(**keys))
    )


def test_a_window_whose_logits_are_no_numbers_fails_its_own_text(tiny, monkeypatch):
    adapter = loaded(tiny)
    mark = adapter.tokens.encode(["!"], special=False)[0][0]

    def spoil(ids: Any, output: Any) -> Any:
        output.logits[(ids == mark).any(-1)] = float("nan")
        return output

    spoilt(adapter, monkeypatch, spoil)
    long = " ".join(texts(12))
    answered = adapter.answer([scored("좋았다", "a"), scored(f"{long} ! {long}", "b"), scored(long, "c")])
    failures = {r.key[0]: r.error and r.error.kind for r in answered}
    assert failures == {"a": None, "b": "nan", "c": None}


def test_a_batch_without_memory_is_halved(tiny, monkeypatch):
    adapter = loaded(tiny)

    def spoil(ids: Any, output: Any) -> Any:
        if len(ids) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return output

    spoilt(adapter, monkeypatch, spoil)
    responses = list(adapter.answer([scored(text, str(n)) for n, text in enumerate(texts(12))]))
    assert [r.error for r in responses] == [None] * 12
    assert adapter.budget.rows <= 2


# The windows of ten tokens, by hand


@pytest.mark.parametrize(
    ("size", "windows"),
    [
        (10, [([-1], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])]),
        (99, [([-1], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])]),
        (4, [([-1], [0, 1, 2, 3]), ([3], [4, 5, 6, 7]), ([5, 6, 7], [8, 9])]),
        (5, [([-1], [0, 1, 2, 3, 4]), ([4], [5, 6, 7, 8, 9])]),
        (9, [([-1], [0, 1, 2, 3, 4, 5, 6, 7, 8]), ([0, 1, 2, 3, 4, 5, 6, 7, 8], [9])]),
        (1, [([at - 1], [at]) for at in range(10)]),
    ],
)
def test_windows_hold_each_token_once_after_what_fills_them(size, windows):
    assert [(list(a), list(b)) for a, b in likelihood.windows(range(10), -1, size)] == windows


def test_no_tokens_have_no_windows():
    assert likelihood.windows([], -1, 4) == []
