"""Where thoughts end and answers begin, and where a stop string ends an answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.thoughts import MARKS, answer_start, first_stop, opened_by, spoken
from tests.support.model_server import ModelServer, say
from tests.support.running import Project, records_of, rows


@pytest.mark.parametrize(("begin", "end"), MARKS.items())
class TestMarks:
    def test_what_stands_within_is_no_answer(self, begin, end):
        assert spoken(f"{begin}\nThe answer is A.\n{end}\n\nB") == "B"
        assert spoken(f"The answer is A.{end}B") == "B"  # the prompt had opened it

    def test_a_thought_that_never_ends_holds_no_answer(self, begin, end):
        assert spoken(f"{begin}The answer is A") is None
        assert spoken(f"{begin}A{end}") is None

    def test_no_stop_string_counts_within(self, begin, end):
        text = f"{begin}\n하나\n둘\n{end}\n\n긍정\n그리고"
        assert text[: first_stop(text, ["\n"])] == f"{begin}\n하나\n둘\n{end}\n\n긍정"
        assert first_stop(f"{begin}\n하나\n", ["\n"]) is None

    def test_a_prompt_may_end_with_it(self, begin, end):
        assert opened_by(f"<|assistant|>\n{begin}\n") == begin
        assert opened_by(f"<|assistant|>\n{begin}\n\n{end}\n\n") == ""
        text = f"하나\n둘\n{end}\n긍정\n"
        assert text[: first_stop(text, ["\n"], opened=begin)] == f"하나\n둘\n{end}\n긍정"


def test_thoughts_may_follow_one_another():
    text = "<think>하나</think>\n<think>둘\n셋</think>긍정\n"
    assert text[: first_stop(text, ["\n"])] == text[:-1]
    assert spoken(text) == "긍정"


def test_a_reply_without_thoughts_is_as_it_is():
    assert (spoken(" 긍정\n"), spoken(""), spoken(None)) == (" 긍정\n", "", None)
    assert answer_start(" 긍정") == 0


CHATS = {
    "긍정\n이유": "긍정",
    "\n\n긍정\n이유": "\n\n긍정",
    "## 답\n긍정\n이유": "## 답\n긍정",
    "**정답**\n긍정\n이유": "**정답**\n긍정",
    "**긍정**\n부정이 아닌 이유": "**긍정**",
    "정답은 다음과 같습니다:\n\n긍정\n이유": "정답은 다음과 같습니다:\n\n긍정",
    "```\n긍정\n```": "```\n긍정",
    "---\n긍정\n": "---\n긍정",
    "정답: 긍정\n이유: 부정이 아님": "정답: 긍정",
    "# 답": "# 답",
    "<think>\n음\n</think>\n\n### 답\n긍정\n": "<think>\n음\n</think>\n\n### 답\n긍정",
}


@pytest.mark.parametrize(("reply", "answer"), CHATS.items())
def test_a_line_s_end_stops_a_chat_behind_a_line_that_says_something(reply, answer):
    assert reply[: first_stop(reply, ["\n"], chat=True)] == answer


def test_words_stop_a_chat_wherever_they_stand():
    text = "\n# 답:\n18\n\nQuestion: 다음"
    assert text[: first_stop(text, ["Question:"], chat=True)] == "\n# 답:\n18\n\n"


def test_a_base_model_s_reply_ends_at_the_first_stop():
    assert first_stop("\n긍정", ["\n"]) == 0
    assert first_stop("## 답\n긍정", ["\n"]) == 4


@given(st.text("<>/think\n #*:답긍", max_size=60), st.booleans())
def test_what_grew_token_by_token_ends_where_the_whole_does(text, chat):
    """A stop that is found stays where it is, whatever comes after it."""
    at = first_stop(text, ["\n"], chat=chat)
    if at is not None and "</think>" not in text[at:]:
        assert first_stop(text + "\n긍정\n", ["\n"], chat=chat) == at


def test_a_chat_server_is_sent_no_stop_and_loses_no_reply(tmp_path):
    """Replies that begin with a heading, an empty line or a thought: all of them came back empty once."""
    project = Project(tmp_path)
    task = (tmp_path / "tasks/reviews.yaml", 'decoding: {max_tokens: 40, stop: ["\\n"]}\n')
    project.reviews(test=rows(20))
    text = task[0].read_text("utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("decoding:")]
    task[0].write_text("".join(lines) + task[1], "utf-8")
    begins = ["\n", "## 답\n", "<think>\n음\n</think>\n\n", "[THINK]\n음[/THINK]", "**정답:**\n"]

    def script(one):
        word = "긍정" if "재미있다" in one.prompt else "부정"
        return say(f"{begins[sum(one.prompt.encode()) % len(begins)]}{word}\n다른 것은 아님")

    with ModelServer(script=script) as server:
        done = project.harness(
            *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "--no-cache"),
            *("-m", "model=tiny", "-m", f"base_url={server.url}"),
        )
    assert done.returncode == 0, done.stderr
    run = json.loads((project.only() / "run.json").read_text("utf-8"))
    assert not any("stop" in one.body for one in server.seen)
    assert run["metrics"]["accuracy"]["value"] == 1.0
    assert (run["decoding"]["asked"]["stop"], run["decoding"]["applied_here"]) == (["\n"], ["stop"])
    assert {record["response"]["finish"] for record in records_of(project.only())} == {"stop"}
