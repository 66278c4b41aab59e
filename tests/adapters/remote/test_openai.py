"""What is sent to a server that speaks OpenAI's API, and what is read of its replies."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from harness.adapters.remote import openai
from harness.adapters.remote.openai import OpenAI
from harness.errors import BadInput, Unavailable
from harness.schema import IMAGE, Decoding, Example, Option, Parts, Request
from tests.support.model_server import (
    Asked,
    ModelServer,
    Reply,
    answer,
    echo,
    piece,
    say,
    stream,
    usage,
    whole,
)
from tests.support.remote import OPTIONS, asked, profile, request

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/q842iQAAAABJRU5ErkJggg=="
)


def body(*, script: Any = answer, **keys: Any) -> dict[str, Any]:
    """Return what one request sends."""
    one = keys.pop("request", None) or request()
    with ModelServer(script=script) as server:
        asked(server.url, one, **keys)
    return server.seen[0].body


def answered(script: Any, *requests: Request, **keys: Any) -> Any:
    with ModelServer(script=script) as server:
        return asked(server.url, *(requests or [request()]), **keys)[requests[0].key[0] if requests else "a"]


def with_system() -> Request:
    parts = Parts("문장: 좋다\n감정:", system="당신은 평론가입니다.", turns=(("문장: 싫다\n감정:", "부정"),))
    return Request(Example("a", {}), lambda: parts)


class TestWhatIsSent:
    def test_a_chat_is_sent_as_it_is_and_nothing_is_added(self):
        assert body() == {"model": "tiny", "messages": [{"role": "user", "content": "a"}]}

    def test_decoding_goes_under_the_api_s_names(self):
        decoding = {"max_tokens": 5, "temperature": 0, "stop": ("\n",), "presence_penalty": 0.5, "seed": 3}
        sent = body(request=request(decoding=decoding, seed=2**33 + 7), settings={"reasoning_headroom": 100})
        assert {key: sent[key] for key in sent if key not in ("model", "messages")} == {
            "max_tokens": 105,
            "temperature": 0,
            "presence_penalty": 0.5,
            "seed": 7,
        }

    def test_the_run_says_what_is_sent(self):
        one = OpenAI(profile("http://h/v1", settings={"max_tokens_as": "max_completion_tokens"}))
        assert one.sent(Decoding(max_tokens=4, top_p=0.5)) == {"max_completion_tokens": 4, "top_p": 0.5}

    def test_a_model_that_samples_as_it_likes_is_told_nothing_of_it(self):
        one = OpenAI(profile("http://h/v1", settings={"sampling": False, "reasoning_headroom": 1000}))
        assert one.sent(Decoding(max_tokens=4, temperature=0, stop=("\n",))) == {"max_tokens": 1004}
        with pytest.raises(BadInput, match="samples as it likes, and cannot honour temperature"):
            one.sent(Decoding(temperature=0.7))

    def test_what_such_a_model_writes_is_cut_at_the_stop_here(self):
        wanted = request(decoding={"stop": ("\n", "끝")})
        said = answered(lambda one: say("긍정\n그 다음"), wanted, settings={"sampling": False})
        assert said.text == "긍정"

    def test_roles_are_as_the_model_calls_them(self):
        sent = body(request=with_system(), settings={"system_as": "developer"}, shots_as="turns")
        assert [one["role"] for one in sent["messages"]] == ["developer", "user", "assistant", "user"]

    def test_reasoning_effort_is_a_setting(self):
        assert body(settings={"reasoning_effort": "low"})["reasoning_effort"] == "low"

    def test_a_picture_goes_along_in_the_message(self, tmp_path):
        (tmp_path / "a.png").write_bytes(PIXEL)
        wanted = request(text="무엇인가요?", fields={IMAGE: str(tmp_path / "a.png")})
        image, text = body(request=wanted)["messages"][0]["content"]
        assert image["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
        assert text == {"type": "text", "text": "무엇인가요?"}

    def test_a_file_that_is_no_picture_is_not_sent(self, tmp_path):
        (tmp_path / "a.png").write_text("secret")
        with ModelServer() as server:
            said = asked(server.url, request(fields={IMAGE: str(tmp_path / "a.png")}))["a"]
        assert said.error.kind == "bad_picture"
        assert not server.seen

    def test_options_become_a_schema(self):
        wanted = request(ask="choose", options=OPTIONS)
        schema = body(request=wanted, ask="choose", choose_by="structured")["response_format"]["json_schema"]
        assert schema["strict"] is True
        assert schema["schema"]["properties"] == {"answer": {"type": "string", "enum": ["부정", "긍정"]}}

    def test_a_schema_of_the_task_is_asked_for_where_the_profile_is_structured(self):
        wanted = Request(Example("a", {}), lambda: Parts("q"), json_schema={"type": "object"})
        sent = body(request=wanted, choose_by="structured")["response_format"]["json_schema"]
        assert sent == {"name": "answer", "strict": True, "schema": {"type": "object"}}
        assert "response_format" not in body(request=wanted, choose_by="extract")

    def test_the_responses_api_stores_nothing(self):
        done = {"status": "completed", "output": [message("긍정")]}
        sent = body(
            script=lambda one: whole(json.dumps(done).encode()),
            request=request(decoding={"max_tokens": 9}),
            settings={"api": "responses", "reasoning_effort": "minimal"},
        )
        assert sent == {
            "model": "tiny",
            "input": [{"role": "user", "content": "a"}],
            "store": False,
            "reasoning": {"effort": "minimal"},
            "max_output_tokens": 9,
        }

    def test_what_an_api_has_no_name_for_is_refused(self):
        one = OpenAI(profile("http://h/v1", settings={"api": "responses"}))
        with pytest.raises(BadInput, match="cannot honour 'seed'"):
            one.sent(Decoding(seed=1))

    def test_only_what_http_needs_and_the_key_is_in_the_headers(self, monkeypatch):
        monkeypatch.setenv("MY_KEY", "sk-planted-1234567890")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: secret")
        with ModelServer() as server:
            asked(server.url, settings={"api_key_env": "MY_KEY"})
        headers = server.seen[0].headers
        assert headers.pop("authorization") == "Bearer sk-planted-1234567890"
        assert set(headers) == {
            *(
                "host",
                "accept",
                "accept-encoding",
                "connection",
                "content-type",
                "content-length",
                "user-agent",
            )
        }


class TestWhatIsRead:
    def test_text_end_tokens_and_the_model_s_own_name(self):
        told = usage(
            12,
            9,
            prompt_tokens_details={"cached_tokens": 8},
            completion_tokens_details={"reasoning_tokens": 6},
        )
        said = answered(lambda one: say("긍정", usage=told))
        assert (said.text, said.finish, said.served) == ("긍정", "stop", "tiny-2026")
        counts = said.usage
        assert (counts.prompt_tokens, counts.cached_tokens) == (12, 8)
        assert (counts.completion_tokens, counts.reasoning_tokens, counts.estimated) == (9, 6, False)

    def test_a_refusal_is_no_answer(self):
        refusal = [{"message": {"content": None, "refusal": "안 됩니다"}, "finish_reason": "stop"}]
        said = answered(lambda one: say(None, choices=refusal))
        assert (said.text, said.finish, said.error) == ("안 됩니다", "refused", None)

    def test_a_thought_that_is_shown_apart_is_no_part_of_the_answer(self):
        shown = [{"message": {"content": "긍정", "reasoning_content": "음…"}, "finish_reason": "stop"}]
        assert answered(lambda one: say(None, choices=shown)).text == "긍정"

    @pytest.mark.parametrize(
        ("reply", "text"),
        [
            ('{"answer": "긍정"}', "긍정"),
            ('{"answer": "좋음"}', '{"answer": "좋음"}'),
            ("긍정이요", "긍정이요"),
        ],
    )
    def test_a_structured_choice_is_its_option_and_anything_else_is_read_as_it_stands(self, reply, text):
        wanted = request(ask="choose", options=OPTIONS)
        said = answered(lambda one: say(reply), wanted, ask="choose", choose_by="structured")
        assert said.text == text

    def test_the_responses_api_is_read_whole_and_streamed(self):
        done = {
            "status": "completed",
            "model": "tiny-2026",
            "output": [{"type": "reasoning", "summary": []}, message("긍정")],
            "usage": {
                "input_tokens": 4,
                "output_tokens": 7,
                "output_tokens_details": {"reasoning_tokens": 5},
            },
        }

        def script(one: Asked) -> Reply:
            if not one.body.get("stream"):
                return whole(json.dumps(done).encode())
            delta = {"type": "response.output_text.delta", "delta": "긍"}
            return stream(
                {"type": "response.created"}, delta, {"type": "response.completed", "response": done}
            )

        for streams in (False, True):
            said = answered(script, settings={"api": "responses"}, stream=streams)
            assert (said.text, said.finish, said.usage.reasoning_tokens) == ("긍정", "stop", 5)
            assert (said.timing.ttft is not None) is streams

    def test_an_incomplete_response_ran_out_of_tokens(self):
        cut = {
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [message("긍")],
        }
        said = answered(lambda one: whole(json.dumps(cut).encode()), settings={"api": "responses"})
        assert (said.text, said.finish) == ("긍", "length")


class TestStreams:
    def test_the_first_token_is_the_first_that_says_something(self):
        script = stream(
            piece(""), 0.1, piece(None), 0.1, piece("긍"), 0.1, piece("정"), piece(None, "stop"), END
        )
        timing = answered(lambda one: script, stream=True).timing
        assert 0.2 <= timing.ttft < timing.e2e

    def test_a_thought_is_not_the_first_token(self):
        thought = {"choices": [{"delta": {"reasoning_content": "음"}, "finish_reason": None}]}
        script = stream(thought, 0.1, piece("긍정", "stop"), END)
        said = answered(lambda one: script, stream=True)
        assert said.text == "긍정"
        assert said.timing.ttft >= 0.1

    def test_tokens_come_at_the_end_and_are_asked_for(self):
        with ModelServer(script=lambda one: stream(piece("긍정", "stop"), END)) as server:
            said = asked(server.url, stream=True)["a"]
        assert server.seen[0].body["stream_options"] == {"include_usage": True}
        assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (7, 3)


class TestLogProbabilities:
    LOGPROBS = {"settings": {"api": "completions"}, "choose_by": "logprobs", "chat": False}

    @pytest.mark.parametrize(("normalise", "by"), [("none", 1), ("tokens", 3), ("bytes", 6)])
    def test_an_option_s_are_those_of_the_tokens_beyond_the_prompt(self, normalise, by):
        wanted = request(text="감정: ", ask="choose", options=OPTIONS)
        said = answered(echo, wanted, ask="choose", normalise=normalise, **self.LOGPROBS)
        blanks = "  "  # the prompt's own, which is the option's, and the delimiter
        for option, score in zip(OPTIONS, said.option_scores, strict=True):
            letters = -sum(map(ord, blanks + option.text)) / 1000
            assert math.isclose(score, letters / (by if normalise != "tokens" else 4))
        assert said.usage.prompt_tokens == 3 + 7 + 7

    def test_all_are_compared_from_one_place_where_one_merges_into_the_prompt(self):
        """`ab` is one token of this server's: after the prompt `xa`, option b merges and c does not."""

        def merging(one: Asked) -> Reply:
            text = one.body["prompt"]
            tokens = [*text.partition("ab")[0], *(["ab"] if "ab" in text else []), *text.partition("ab")[2]]
            values = [None, *(-sum(map(ord, token)) / 1000 for token in tokens[1:]), -9.0]
            choice = {"text": text, "logprobs": {"tokens": [*tokens, "!"], "token_logprobs": values}}
            told = usage(len(tokens), 1)
            return whole(json.dumps({"choices": [choice], "usage": told}).encode())

        parts = Parts("xa", delimiter="")
        wanted = Request(
            Example("a", {}), lambda: parts, ask="choose", options=(Option("0", "b"), Option("1", "c"))
        )
        said = answered(merging, wanted, ask="choose", **self.LOGPROBS)
        assert said.option_scores == pytest.approx([-(97 + 98) / 1000, -(97 + 99) / 1000])

    def test_a_text_s_are_summed_but_for_the_first(self):
        wanted = request(ask="score", fields={"text": "abc"})
        said = answered(echo, wanted, ask="score", **self.LOGPROBS)
        assert math.isclose(said.value, -(98 + 99) / 1000)
        assert said.tokens == 2

    def test_a_server_that_echoes_nothing_is_told_so(self):
        plain = {"choices": [{"text": "a", "logprobs": None}], "usage": usage()}
        with pytest.raises(Unavailable, match="tells no log-probabilities of a prompt"):
            answered(
                lambda one: whole(json.dumps(plain).encode()),
                request(ask="choose", options=OPTIONS),
                ask="choose",
                **self.LOGPROBS,
            )

    def test_a_chat_cannot_be_asked_for_them(self):
        with pytest.raises(BadInput, match="log-probabilities need `api: completions`"):
            OpenAI(profile("http://h/v1", ask="choose", choose_by="logprobs"))


class TestEmbeddings:
    def test_sentences_are_sent_together_each_once_and_empty_ones_not_at_all(self):
        def script(one: Asked) -> Reply:
            rows = [{"index": n, "embedding": [len(text), 1.0]} for n, text in enumerate(one.body["input"])]
            told = {"data": rows[::-1], "usage": {"prompt_tokens": 10}, "model": "e"}
            return whole(json.dumps(told).encode())

        pairs = {"a": ("가", "가나"), "b": ("가나", "가나"), "c": ("", "가")}
        wanted = [
            request(name, fields=dict(zip(SENTENCES, pair, strict=True))) for name, pair in pairs.items()
        ]
        with ModelServer(script=script) as server:
            found = asked(server.url, *wanted, ask="embed")
        (seen,) = server.seen
        assert seen.body["input"] == ["가", "가나"]
        assert seen.path == "/v1/embeddings"
        assert found["a"].value == pytest.approx(3 / math.sqrt(2 * 5))
        assert (found["b"].value, found["c"].value) == (pytest.approx(1.0), 0.0)
        assert sum(one.usage.prompt_tokens for one in found.values()) == 10

    def test_a_vector_that_is_missing_fails_the_call(self):
        reply = whole(json.dumps({"data": [{"index": 0, "embedding": [1.0]}]}).encode())
        wanted = request(fields=dict(zip(SENTENCES, ("가", "나"), strict=True)))
        assert answered(lambda one: reply, wanted, ask="embed").error.kind == "malformed"


@pytest.mark.parametrize("url", ["", "ftp://h/v1", "127.0.0.1:80", "http://", "http://a:70000/"])
def test_an_address_that_is_none_is_refused(url):
    if url:
        with pytest.raises(BadInput, match="should be an address such as"):
            OpenAI(profile(url))
    else:
        assert OpenAI(profile(url)).urls == (openai.OPENAI,)


def test_a_password_in_the_address_is_refused_and_not_shown():
    with pytest.raises(BadInput) as caught:
        OpenAI(profile("http://me:hunter22@h/v1"))
    assert "hunter22" not in str(caught.value)


END = {"choices": [], "usage": usage(7, 3)}
SENTENCES = ("sentence1", "sentence2")


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text}]}
