"""How a token is chosen and when a reply ends: against transformers' own processors, and by hand."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf.lines import Line, Prompt  # noqa: E402
from harness.adapters.hf.sampling import drawn, kept, penalised  # noqa: E402
from harness.adapters.hf.tokens import Tokens  # noqa: E402
from harness.schema import Decoding, Example, Parts, Profile, Request  # noqa: E402
from tests.tiny_models import tiny_tokenizer  # noqa: E402


def scores(size: int = 200) -> Any:
    return torch.randn(size, generator=torch.Generator().manual_seed(5)) * 3


SHAPES = [
    Decoding(temperature=0.7),
    Decoding(temperature=1.3, top_k=20),
    Decoding(temperature=1.3, top_p=0.8),
    Decoding(temperature=0.5, min_p=0.1),
    Decoding(temperature=1.7, top_k=40, top_p=0.9, min_p=0.05),
]


@pytest.mark.parametrize("decoding", SHAPES, ids=str)
def test_the_order_and_the_cuts_are_those_of_transformers(decoding):
    model = transformers.GenerationMixin()
    model.config = transformers.LlamaConfig()
    config = transformers.GenerationConfig(
        do_sample=True,
        temperature=decoding.temperature,
        top_k=decoding.top_k or 0,
        top_p=1.0 if decoding.top_p is None else decoding.top_p,
        min_p=decoding.min_p,
    )
    theirs = model._get_logits_processor(config)(torch.tensor([[1]]), scores()[None])[0]
    mine = kept(torch, scores(), decoding)
    assert torch.equal(mine.isinf(), theirs.isinf())
    assert torch.allclose(mine, theirs)


def test_the_repetition_penalty_is_that_of_transformers():
    theirs = transformers.RepetitionPenaltyLogitsProcessor(1.7)(torch.tensor([[3, 4, 4, 9]]), scores()[None])[
        0
    ]
    assert torch.equal(penalised(torch, scores(), Decoding(repetition_penalty=1.7), [3, 4], [4, 9]), theirs)


def test_presence_and_frequency_count_the_reply_alone():
    decoding = Decoding(presence_penalty=0.5, frequency_penalty=0.25)
    change = penalised(torch, scores(), decoding, [1, 2, 3], [7, 7, 8]) - scores()
    assert change[[1, 7, 8]].tolist() == pytest.approx([0, -1.0, -0.75], abs=1e-5)


def test_draws_follow_the_probabilities():
    logits = torch.tensor([1.0, 2.0, -torch.inf, 0.0])
    generator = torch.Generator().manual_seed(0)
    counts = torch.bincount(torch.tensor([drawn(torch, logits, generator) for _ in range(4000)]), minlength=4)
    assert torch.allclose(counts / 4000, logits.softmax(-1), atol=0.03)
    assert counts[2] == 0


# ---- ends -----------------------------------------------------------------------------------------


def line(*stops: str, new: int = 500, thinks: bool = False) -> Line:
    tokens = Tokens(tiny_tokenizer(), Profile("tiny", "huggingface"))
    request = Request(Example("1", {}), lambda: Parts(""), decoding=Decoding(stop=stops))
    return Line(Prompt(request, [5], new, False, thinks), tokens, frozenset([1]))


def said(row: Line, text: str) -> Any:
    """Let the reply be `text` and an end token, and return it."""
    return row.whole([*row.tokens.encode([text], special=False)[0], 1])


def test_a_stop_string_ends_a_reply_where_it_begins():
    reply = said(line("정말"), "배우가 정말 좋았다")
    assert (reply.text, reply.finish) == ("배우가 ", "stop")


def test_a_stop_string_within_a_thought_ends_nothing():
    reply = said(line("\n"), "<think>\n좋은가\n나쁜가\n</think>\n\n긍정\n그리고")
    assert reply.text == "<think>\n좋은가\n나쁜가\n</think>\n\n긍정"
    assert reply.thought < reply.tokens


def test_a_thought_that_the_prompt_opened_is_one_all_the_same():
    reply = said(line("\n", thinks=True), "좋은가\n</think>\n부정\n")
    assert reply.text == "<think>좋은가\n</think>\n부정"
    assert reply.thought


def test_a_thought_that_never_ends_is_all_thought():
    row = line("\n", new=12, thinks=True)
    reply = said(row, "배우가 정말 좋았다 배우가 정말 좋았다 배우가 정말 좋았다 최고의 영화")
    assert (reply.finish, reply.tokens, reply.thought) == ("length", 12, 12)


def test_a_reply_without_a_thought_counts_none():
    assert said(line(), "긍정").thought is None
