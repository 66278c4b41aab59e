from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from harness.schema import ASKS, Decoding, Example, Option, Parts, Profile, Request

VOCABULARY = [
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "beams",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "stop",
    "seed",
    "n",
    "min_tokens",
    "no_repeat_ngram_size",
    "length_penalty",
]
EXAMPLE = Example("7", {"input": "산"}, "1")


def request(**keys: Any) -> Request:
    return Request(EXAMPLE, lambda: Parts("문장: 산\n감정:"), **keys)


def test_the_decoding_vocabulary_is_this_one_in_this_order():
    assert [field.name for field in dataclasses.fields(Decoding)] == VOCABULARY


def test_what_was_asked_is_in_the_vocabularys_order_and_nothing_else():
    decoding = Decoding(seed=0, stop=("\n", "끝"), temperature=0.0, max_tokens=4)
    assert list(decoding.asked().items()) == [
        ("max_tokens", 4),
        ("temperature", 0.0),
        ("stop", ["\n", "끝"]),
        ("seed", 0),
    ]


def test_nothing_asked_is_empty():
    assert Decoding().asked() == {}


def test_stop_is_a_tuple_inside_so_that_a_decoding_is_a_key():
    assert hash(Decoding(stop=("\n",))) == hash(Decoding(stop=("\n",)))


@pytest.mark.parametrize(
    ("thing", "field"),
    [
        (EXAMPLE, "target"),
        (Option("1", "긍정"), "text"),
        (Decoding(), "seed"),
        (Parts("q"), "query"),
        (Profile("a", "b"), "model"),
    ],
)
def test_what_layers_share_cannot_be_changed(thing, field):
    with pytest.raises((AttributeError, TypeError)):
        setattr(thing, field, "other")


def test_the_asks_are_these():
    assert (
        *("generate", "choose", "score", "extract", "embed", "tag", "rate", "rank", "retrieve", "call"),
    ) == ASKS


def test_a_prompt_of_a_query_alone_is_the_query():
    assert Parts("문장:").prompt == "문장:"


def test_a_prompt_ends_before_the_delimiter():
    assert Parts("문장:", delimiter=" ").prompt.endswith("문장:")


def test_a_whole_shot_can_be_dropped():
    parts = Parts("q3", shots=("q1 a1\n", "q2 a2\n"), instruction="말하라.", system="너는")
    assert parts.prompt == "너는\n\n말하라.\nq1 a1\nq2 a2\nq3"
    fewer = dataclasses.replace(parts, shots=parts.shots[1:])
    assert fewer.prompt == "너는\n\n말하라.\nq2 a2\nq3"


def test_messages_without_system_and_shots_are_one_user_turn():
    assert Parts("q").messages() == Parts("q").messages("turns") == [{"role": "user", "content": "q"}]


def test_each_call_gives_messages_of_its_own():
    parts = Parts("q", system="s")
    parts.messages()[0]["content"] = "changed"
    assert parts.messages()[0]["content"] == "s"


def test_a_request_is_known_by_example_and_repeat():
    assert request(repeat=2).key == ("7", 2)


def test_what_was_sent_is_the_bare_fields_when_nothing_was_rendered():
    assert request().sent() == {"fields": {"input": "산"}}


def test_what_was_sent_is_the_prompt_that_was_read():
    asked = request()
    assert asked.prompt == "문장: 산\n감정:"
    assert asked.sent() == {"prompt": "문장: 산\n감정:"}


def test_what_was_sent_is_the_prompt_when_an_adapter_reads_its_parts():
    asked = request()
    assert asked.parts.query
    assert "prompt" in asked.sent()


def test_what_was_sent_is_the_messages_in_the_form_that_was_read():
    turns = (("q1", "a1"),)
    asked = Request(EXAMPLE, lambda: Parts("q2", turns=turns, shots=("q1 a1\n",)))
    messages = asked.messages("turns")
    assert [message["content"] for message in messages] == ["q1", "a1", "q2"]
    assert asked.sent() == {"messages": messages}


def test_the_options_as_they_read_are_part_of_what_was_sent():
    assert request(options=(Option("0", "부정"), Option("1", "긍정"))).sent()["options"] == ["부정", "긍정"]


def test_asking_what_was_sent_renders_nothing():
    def never() -> Parts:
        raise AssertionError("rendered")

    assert Request(EXAMPLE, never).sent() == {"fields": {"input": "산"}}
