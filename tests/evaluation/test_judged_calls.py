"""FunctionChat judged in two steps: its rule first, and a judge for what the rule fails and for words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from tests.support.judged_runs import shown
from tests.support.model_server import Asked, ModelServer, Reply, say, usage, whole
from tests.support.running import records_of

TURNS = [
    turn
    for line in Path("tasks/functionchat/sample/dialog.jsonl").read_text(encoding="utf-8").splitlines()
    for turn in json.loads(line)["turns"]
]
BY_TALK = {json.dumps([one.get("content") for one in turn["query"]]): turn for turn in TURNS}
RIGHT, MENDED, WRONG, SILENT = 2, 5, 8, 11  # turns with a call: right by the rule, by the judge, wrong, none


def calling(name: str, arguments: str) -> Reply:
    made = [{"id": "x", "type": "function", "function": {"name": name, "arguments": arguments}}]
    choice = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": made}}
    body = {"choices": [{**choice, "finish_reason": "tool_calls"}], "usage": usage()}
    return whole(json.dumps(body).encode())


def answering(asked: Asked) -> Reply:
    """Answer as the truth does, but for three of the calls."""
    talk = [one.get("content") for one in asked.body["messages"] if one["role"] != "system"]
    turn = BY_TALK[json.dumps(talk)]
    truth = turn["ground_truth"]
    if not truth.get("tool_calls"):
        return say(truth["content"])
    call, number = truth["tool_calls"][0]["function"], turn["serial_num"]
    given = json.loads(call["arguments"])
    if number == SILENT:
        return say("")
    if number in (MENDED, WRONG):
        given = dict.fromkeys(given, "다르게 쓴 값" if number == MENDED else "틀린 값")
    return calling(call["name"], json.dumps(given))


def judging(asked: Asked) -> Reply:
    """Fail what is wrong, and words that only say it is done."""
    reply = shown(asked.prompt)["reply"]
    return say("그렇지 않습니다. [[0]]" if "틀린 값" in reply or "마쳤습니다" in reply else "맞습니다. [[1]]")


def script(asked: Asked) -> Reply:
    return judging(asked) if asked.body["model"] == "judge" else answering(asked)


@pytest.fixture
def judged(shell, monkeypatch) -> Any:
    """Return the judging's records by the turn they are of, its document, and what the judge was asked."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with ModelServer(script=script) as server:
        for name in ("system", "judge"):
            about = f"adapter: openai\nmodel: {name}\nchat: true\nsettings: {{base_url: {server.url}}}\n"
            shell.write(f"backends/{name}.yaml", about)
        asked = shell("run", "-t", "functionchat_dialog", "-b", "system", "--sample", "-q")
        assert asked.code == 0, asked.err
        (run,) = (shell.home / "runs" / "functionchat_dialog").glob("*/*")
        done = shell("judge", run, "--by", "judge", "--rubric", "judge_call", "--json", "-q")
        assert done.code == 0, done.err
        seen = [one for one in server.seen if one.body["model"] == "judge"]
    (found,) = json.loads(done.out)["runs"]
    records = {record["id"].split("|")[1]: record for record in records_of(Path(found["directory"]))}
    return records, found, seen


def test_the_rule_settles_what_it_passes_and_the_judge_is_asked_for_the_rest(judged):
    records, found, seen = judged
    settled = {name for name, one in records.items() if one["response"]["finish"] == "settled"}
    calls = {str(turn["serial_num"]) for turn in TURNS if turn["ground_truth"].get("tool_calls")}
    assert settled == calls - {str(MENDED), str(WRONG)}
    assert len(seen) == len(TURNS) - len(settled)
    assert [records[str(n)]["prediction"] for n in (RIGHT, MENDED, WRONG, SILENT)] == ["1", "1", "0", "0"]
    kinds = {kind: one["judged_score"]["value"] for kind, one in found["breakdown"]["kind"].items()}
    assert kinds == {"call": pytest.approx(6 / 8), "slot": 1.0, "completion": 0.0}
    assert found["counts"]["answered"] == len(TURNS)


def test_the_judge_sees_tools_talk_calls_and_what_was_due(judged):
    _records, _, seen = judged
    prompt = next(one.prompt for one in seen if "다르게 쓴 값" in one.prompt)
    assert '[tools]\n{"name": "set_alarm"' in shown(prompt)["question"]
    assert shown(prompt)["reply"] == '{"name": "set_alarm", "arguments": {"hour": "다르게 쓴 값"}}'
    assert '{"name": "set_alarm", "arguments": {"hour": 7}}' in prompt
    assert "이 차례에는 호출을 해야 합니다" in prompt
    told = next(one.prompt for one in seen if "[tool]" in one.prompt)
    assert '[assistant]\n{"name": "borrow_book"' in told
    assert "이 차례에는 도구가 돌려준 결과를" in told
    assert "참고할 모범 답:\n마쳤습니다." in told


def test_a_run_without_the_rules_verdict_is_refused(shell, monkeypatch):
    assert shell("run", "-t", "fruit_table", "-b", "dummy", "--sample", "-q").code == 0
    (run,) = (shell.home / "runs" / "fruit_table").glob("*/*")
    shell.write("backends/judge.yaml", "adapter: dummy\n")
    refused = shell("judge", run, "--by", "judge", "--rubric", "judge_call")
    assert refused.code == 2
    assert "fruit_table has no call_exact, the rule that judges calls before a judge does" in refused.err
