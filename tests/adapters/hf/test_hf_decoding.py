"""What penalties change, and when a reply ends."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf.sampling import Sampler, deductions  # noqa: E402
from harness.adapters.lm.stopping import OpenReply, TokenPrompt  # noqa: E402
from harness.adapters.lm.tokenizer import Tokens  # noqa: E402
from harness.schema import Decoding, Example, Parts, Profile, Request  # noqa: E402
from tests.support.tiny_models import tiny_tokenizer  # noqa: E402


def token(decoding: Decoding, scores: list[float], prompt: list[int], written: list[int]) -> int:
    """Return the token that follows, of these logits."""
    request = Request(Example("1", {}), lambda: Parts(""), decoding=decoding)
    return Sampler(torch, request, prompt).token(torch.tensor(scores), written)


def test_presence_and_frequency_count_the_reply_alone():
    decoding = Decoding(presence_penalty=0.5, frequency_penalty=0.25)
    assert deductions(decoding, [7, 7, 8]) == ([7, 8], [1.0, 0.75])
    assert token(decoding, [1.2, 1.0], [0, 0, 0], []) == 0  # in the prompt, it loses nothing
    assert token(decoding, [1.2, 1.0], [], [0]) == 1  # 1.2 - 0.75 < 1.0


def test_presence_and_frequency_come_after_the_repetition_penalty():
    decoding = Decoding(repetition_penalty=2.0, presence_penalty=1.0)
    assert token(decoding, [4.0, 1.2], [], [0]) == 1  # 4 / 2 - 1 is 1.0; (4 - 1) / 2 would be 1.5


# ---- ends -----------------------------------------------------------------------------------------


def line(*stops: str, new: int = 500, opened: str = "", chat: bool = False) -> OpenReply:
    tokens = Tokens(tiny_tokenizer(), Profile("tiny", "huggingface"))
    request = Request(Example("1", {}), lambda: Parts(""), decoding=Decoding(stop=stops))
    return OpenReply(TokenPrompt(request, [5], new, False, opened, chat), tokens, frozenset([1]))


def said(row: OpenReply, text: str) -> Any:
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
    reply = said(line("\n", opened="<think>"), "좋은가\n</think>\n부정\n")
    assert reply.text == "<think>좋은가\n</think>\n부정"
    assert reply.thought


def test_a_thought_that_never_ends_is_all_thought():
    row = line("\n", new=12, opened="<think>")
    reply = said(row, "배우가 정말 좋았다 배우가 정말 좋았다 배우가 정말 좋았다 최고의 영화")
    assert (reply.finish, reply.tokens, reply.thought) == ("length", 12, 12)


@pytest.mark.parametrize(("begin", "end"), [("<thought>", "</thought>"), ("[THINK]", "[/THINK]")])
def test_a_thought_in_other_marks_is_one_as_well(begin, end):
    reply = said(line("\n", opened=begin), f"좋은가\n{end}\n부정\n")
    assert reply.text == f"{begin}좋은가\n{end}\n부정"
    assert 0 < reply.thought < reply.tokens


def test_a_second_thought_is_counted_with_the_first():
    reply = said(line("\n"), "<think>하나</think><think>둘\n</think>긍정\n")
    assert reply.text == "<think>하나</think><think>둘\n</think>긍정"
    assert reply.tokens - 8 < reply.thought < reply.tokens


def test_a_chat_s_reply_may_begin_with_a_heading_or_an_empty_line():
    assert said(line("\n", chat=True), "\n## 답\n부정\n이유").text == "\n## 답\n부정"
    assert said(line("\n"), "\n## 답\n부정").text == ""  # a base model's line has ended


def test_a_reply_without_a_thought_counts_none():
    assert said(line(), "긍정").thought is None
