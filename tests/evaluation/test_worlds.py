"""Simulated worlds: calls are answered by a class, its final state is judged, over kills and bad calls."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from harness.worlds import world as worlds
from tests.support.model_server import Asked, ModelServer, Reply, refuse, say, usage, whole
from tests.support.running import Project, doubled, here, keys_of, one_line, outcome, records_of
from tests.support.running import said as document_of

ROWS = [
    json.loads(line)
    for line in Path("tasks/worlds/sample/reservation_desk.jsonl").read_text(encoding="utf-8").splitlines()
]
BY_REQUEST = {row["requests"][0]: row for row in ROWS}
STEPS = 10
Call = dict[str, Any]


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        made.env.pop(name, None)
    return made


def talk_of(asked: Asked) -> list[dict[str, Any]]:
    return [message for message in asked.body["messages"] if message["role"] != "system"]


def row_of(asked: Asked) -> dict[str, Any]:
    return BY_REQUEST[talk_of(asked)[0]["content"]]


def taken(asked: Asked) -> int:
    return sum(message["role"] == "assistant" for message in talk_of(asked))


def calling(*calls: Call) -> Reply:
    made = [
        {"id": f"x{n}", "type": "function", "function": {"name": one["name"], "arguments": _text(one)}}
        for n, one in enumerate(calls)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": made}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return whole(json.dumps({"choices": [choice], "model": "tiny", "usage": usage()}).encode())


def _text(call: Call) -> str:
    given = call["arguments"]
    return given if isinstance(given, str) else json.dumps(given)


def planned(asked: Asked) -> list[Call]:
    return row_of(asked)["plan"][taken(asked)]


def playing(asked: Asked) -> Reply:
    """Play the row's plan: calls, and words where it has none."""
    calls = planned(asked)
    return calling(*calls) if calls else say("네, 그렇게 했습니다.")


def playing_as_text(asked: Asked) -> Reply:
    calls = planned(asked)
    return say(f"```json\n{json.dumps(calls, ensure_ascii=False)}\n```" if calls else "네, 했습니다.")


def run(project: Project, server: ModelServer, task: str = "reservation_desk", **options: Any) -> Any:
    settings = {"model": "tiny", "base_url": server.url, "chat": True, **options.pop("settings", {})}
    about = {"sample": True, "latency": False, "cache": False, **options}
    return here(project, "local_server", settings, task, **about)


def played(project: Project, script: Callable[[Asked], Reply], **options: Any) -> tuple[Any, list[Asked]]:
    with ModelServer(script=script) as server:
        done = run(project, server, **options)
        return done, list(server.seen)


def figure(done: Any, name: str) -> float:
    return done.run.metrics[name].value


def records(project: Project) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in records_of(project.only())}


def test_whoever_plays_every_plan_has_every_episode_right(project):
    done, seen = played(project, playing)
    assert done.run.status == "complete"
    assert figure(done, "world_state") == 1.0
    assert figure(done, "world_invalid_calls") == 0.0
    steps = sum(len(row["plan"]) for row in ROWS)
    assert len(seen) == steps
    assert figure(done, "world_steps") == pytest.approx(steps / len(ROWS))
    calls = sum(len(step) for row in ROWS for step in row["plan"])
    assert figure(done, "world_calls") == pytest.approx(calls / len(ROWS))
    assert len(records(project)) == STEPS * len(ROWS)
    assert set(done.run.breakdown["kind"]) == {"book", "ask", "change", "cancel", "nothing"}


def test_calls_and_their_results_stand_in_the_next_steps_talk_as_openai_writes_them(project):
    _, seen = played(project, playing, limit=2)
    second = next(asked for asked in seen if taken(asked) == 1 and len(row_of(asked)["plan"]) == 3)
    user, said, told = talk_of(second)
    assert user == {"role": "user", "content": ROWS[1]["requests"][0]}
    (call,) = said["tool_calls"]
    assert call["function"]["name"] == "list_free_tables"
    assert (told["role"], told["tool_call_id"]) == ("tool", call["id"])
    assert json.loads(told["content"])[0]["table"] == "방"
    assert {tool["function"]["name"] for tool in second.body["tools"]} == {
        *("list_free_tables", "find_bookings", "book", "change_booking", "cancel_booking")
    }


def test_tools_as_text_play_the_same_episodes(project):
    done, seen = played(project, playing_as_text, settings={"tools_as": "text"})
    assert figure(done, "world_state") == 1.0
    assert all("tools" not in asked.body for asked in seen)
    assert any("list_free_tables 함수의 결과" in talk_of(asked)[-1]["content"] for asked in seen)


def test_what_the_user_says_next_is_heard_once_the_system_answers_in_words(project):
    _, seen = played(project, playing)
    row = next(row for row in ROWS if row["id"] == "ask1")
    talks = [talk_of(asked) for asked in seen if row_of(asked)["id"] == "ask1"]
    users = [[one["content"] for one in talk if one["role"] == "user"] for talk in talks]
    assert users == [row["requests"][:1], row["requests"], row["requests"]]


def test_doing_nothing_is_right_only_where_nothing_was_to_be_done(project):
    done, _ = played(project, lambda asked: say("죄송합니다."))
    idle = [row for row in ROWS if row["kind"] == "nothing"]
    assert figure(done, "world_state") == pytest.approx(len(idle) / len(ROWS))
    by_kind = done.run.breakdown["kind"]
    assert by_kind["nothing"]["world_state"].value == 1.0
    assert by_kind["book"]["world_state"].value == 0.0


def test_an_endless_loop_ends_at_the_last_step_and_is_wrong(project):
    looking = {"name": "find_bookings", "arguments": {"name": "하늘"}}
    done, seen = played(project, lambda asked: calling(looking), limit=2)
    assert len(seen) == 2 * STEPS
    assert figure(done, "world_state") == 0.0
    last = records(project)["book1/10"]["response"]["world"]
    assert (last["end"], last["steps"], last["calls"]) == ("max_steps", STEPS, STEPS)


BAD = [
    {"name": "no_such_tool", "arguments": {}},
    {"name": "book", "arguments": {"name": "민재"}},
    {"name": "find_bookings", "arguments": {"name": 3}},
    {"name": "find_bookings", "arguments": {"name": "하늘", "more": 1}},
    {"name": "find_bookings", "arguments": '{"name": "하늘'},
    {"name": "cancel_booking", "arguments": {"id": "R99"}},
]


def test_a_malformed_call_is_told_to_the_model_and_ends_no_run(project):
    done, seen = played(
        project, lambda asked: calling(*BAD) if not taken(asked) else say("안 됐습니다."), limit=1
    )
    assert done.run.status == "complete"
    world = records(project)["book1/1"]["response"]["world"]
    assert [one["kind"] for one in world["results"]] == ["invalid"] * 5 + ["refused"]
    assert all("error" in json.loads(one["content"]) for one in world["results"])
    assert figure(done, "world_invalid_calls") == pytest.approx(5 / 6)
    told = [one["content"] for one in talk_of(seen[1]) if one["role"] == "tool"]
    assert told == [one["content"] for one in world["results"]]
    made = talk_of(seen[1])[1]["tool_calls"]
    assert all(isinstance(json.loads(one["function"]["arguments"]), dict) for one in made)


def test_no_reply_ends_an_episode_as_unanswered_and_is_wrong_though_nothing_was_to_be_done(project):
    done, seen = played(project, lambda asked: say(None, "content_filter"))
    assert len(seen) == len(ROWS)
    assert figure(done, "world_state") == 0.0
    assert records(project)["nothing1/10"]["response"]["world"]["end"] == "unanswered"
    assert done.run.counts.unanswered == len(ROWS)


def test_a_step_that_fails_fails_the_rest_of_its_episode_and_is_asked_on_resume(project):
    def script(asked: Asked) -> Reply:
        return refuse(400) if row_of(asked)["id"] == "book2" and taken(asked) == 1 else playing(asked)

    with ModelServer(script=script) as server:
        first = run(project, server, limit=3, max_failures=1)
        assert first.run.counts.failed == STEPS - 1
        server.script = playing
        server.seen.clear()
        again = run(project, server, limit=3, max_failures=0)
        assert [taken(asked) for asked in server.seen if row_of(asked)["id"] == "book2"] == [1, 2]
    assert (again.run.counts.failed, figure(again, "world_state")) == (0, 1.0)


@pytest.mark.parametrize("lines", [1, 17])
def test_a_killed_run_goes_on_where_it_was_and_ends_as_one_that_was_not(project, tmp_path, lines):
    command = ("run", "-t", "reservation_desk", "-b", "local_server", "--sample", "--limit", 6, "-q")
    with ModelServer(script=lambda asked: [0.01, *playing(asked)]) as server:
        where = ("-m", "model=tiny", "-m", "chat=true", "-m", f"base_url={server.url}")
        options = (*where, "--no-cache", "--no-latency")
        project.killed_at(lines, *command, *options)
        before = set(keys_of(project.only()))
        server.seen.clear()
        done = project.harness(*command, *options)
        assert done.returncode == 0, done.stderr
        asked_again = {f"{row_of(asked)['id']}/{taken(asked) + 1}" for asked in server.seen}
        assert not asked_again & {name for name, _ in before}
        assert not doubled(project.only())
        mended = outcome(project.only())
        other = Project(tmp_path / "other")
        other.env = {**project.env, "HARNESS_CACHE": str(tmp_path / "c2")}
        other.home.mkdir()
        assert other.harness(*command, *options).returncode == 0
    assert mended == outcome(other.only())
    assert document_of(project.only())["metrics"]["world_state"]["value"] == 1.0


def test_an_answer_that_was_cut_out_makes_the_later_steps_stale(project):
    with ModelServer(script=playing) as server:
        run(project, server, limit=2)
        _cut_out(project, "book2/1")
        server.script = lambda asked: say("모르겠습니다.")
        server.seen.clear()
        run(project, server, limit=2)
        assert [(row_of(asked)["id"], taken(asked)) for asked in server.seen] == [("book2", 0)]
    last = records(project)["book2/10"]
    assert last["response"]["world"]["steps"] == 1
    assert last["scores"]["world_state"] == [0.0, 1.0]


def _cut_out(project: Project, name: str) -> None:
    samples = project.only() / "samples.jsonl"
    lines = [line for line in samples.read_text().splitlines() if json.loads(line)["id"] != name]
    samples.write_text("".join(line + "\n" for line in lines))
    path = project.only() / "run.json"
    path.write_text(json.dumps({**document_of(project.only()), "status": "partial"}))


def test_rescoring_finds_the_same_figures(project):
    played(project, playing, limit=4)
    before = document_of(project.only())["metrics"]
    done = project.harness("rescore", project.only())
    assert done.returncode == 0, done.stderr
    assert document_of(project.only())["metrics"] == before


TASK = """\
version: 1
description: A world of a test
data: {format: jsonl, files: {test: world.jsonl}}
fields: {id: id, start: start, ask: ask, target: "{{ row.end | tojson }}"}
ask: call
world: {name: WORLD, state: start, max_steps: 3}
templates: {plain: {query: "{{ ask }}"}}
metrics: [world_state]
"""


def small(project: Project, world: str, *rows: dict[str, Any], text: str = TASK) -> None:
    project.write("tasks/little.yaml", text.replace("WORLD", world))
    project.write("tasks/world.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def problems(project: Project, row: dict[str, Any], world: str = "reservation_desk", text: str = TASK) -> str:
    small(project, world, row, text=text)
    done = project.harness("run", "-t", "little", "-b", "dummy")
    assert done.returncode == 2, done.stderr
    return one_line(done)


def test_a_world_that_is_not_installed_is_an_error_at_its_line(project):
    said = problems(project, {"id": "a", "start": {}, "ask": "?", "end": {}}, world="reservation_disk")
    assert "little.yaml:6" in said
    assert "no world is called 'reservation_disk'. Did you mean 'reservation_desk'?" in said


def test_a_state_in_which_a_world_cannot_begin_is_an_error_at_its_row(project):
    said = problems(project, {"id": "a", "start": {"tables": []}, "ask": "?", "end": {}})
    assert "world.jsonl:1" in said
    assert "cannot begin: KeyError: 'hours'" in said


def test_a_metric_of_worlds_needs_a_world(project):
    text = TASK.replace("world: {name: WORLD, state: start, max_steps: 3}\n", "tools: start\n")
    said = problems(project, {"id": "a", "start": [], "ask": "?", "end": {}}, text=text)
    assert "'world_state' judges what is done in a world" in said


def allowed_after(ends: Sequence[Any], state: Any) -> list[float]:
    from harness.metrics.worlds import world_state
    from harness.schema import Episode

    judge = world_state(()).statistics
    return [judge(Episode(state=state, end="answered"), json.dumps(end))[0] for end in ends]


def test_a_state_is_right_where_all_that_the_target_names_is_equal(project):
    state = {"a": [1, {"b": "다"}], "c": True, "n": 3.0}
    right = [{"n": 3}, {"a": [1, {"b": "다"}]}, {"c": True}, [{"n": 4}, {"n": 3, "c": True}]]
    wrong = [{"c": 1}, {"a": [{"b": "다"}, 1]}, {"z": 0}, {"a": [1]}, [{"n": 4}, {"n": 5}]]
    assert allowed_after(right, state) == [1.0] * 4
    assert allowed_after(wrong, state) == [0.0] * 5


def test_the_built_in_world_tells_its_tools_in_korean():
    tools = {tool["name"]: tool for tool in worlds.tools("reservation_desk")}
    book = tools["book"]["parameters"]
    assert book["required"] == ["name", "date", "time", "people", "table"]
    assert book["properties"]["people"] == {"type": "integer", "description": "인원"}
    assert tools["change_booking"]["parameters"]["required"] == ["id"]
    assert tools["change_booking"]["parameters"]["properties"]["time"]["type"] == "string"
    assert tools["cancel_booking"]["description"] == "예약을 취소합니다."


def _of_gemini(asked: Asked) -> Reply:
    """Play a row's plan as Gemini speaks."""
    contents = asked.body["contents"]
    plan = BY_REQUEST[contents[0]["parts"][0]["text"]]["plan"]
    calls = plan[sum(one["role"] == "model" for one in contents)]
    parts = [{"functionCall": {"name": one["name"], "args": one["arguments"]}} for one in calls]
    content = {"role": "model", "parts": parts or [{"text": "네, 그렇게 했습니다."}]}
    return whole(json.dumps({"candidates": [{"content": content, "finishReason": "STOP"}]}).encode())


def test_gemini_plays_in_its_own_form_and_hears_the_results_of_one_reply_together(project):
    with ModelServer(script=_of_gemini) as server:
        settings = {"base_url": server.url.removesuffix("/v1"), "api_key_env": ""}
        about = {"sample": True, "latency": False, "cache": False}
        done = here(project, "gemini_2_5_flash", settings, "reservation_desk", **about)
        assert figure(done, "world_state") == 1.0
        twice = next(
            asked
            for asked in server.seen
            if len(asked.body["contents"]) == 3 == 1 + len(asked.body["contents"][-1]["parts"])
        )
    user, made, told = twice.body["contents"]
    assert [one["role"] for one in (user, made, told)] == ["user", "model", "user"]
    assert [part["functionCall"]["name"] for part in made["parts"]] == ["book", "book"]
    assert [part["functionResponse"]["name"] for part in told["parts"]] == ["book", "book"]


def test_the_answer_cache_gives_each_step_again_and_the_world_acts_anew(project):
    with ModelServer(script=playing) as server:
        done = run(project, server, limit=4, cache=True)
        shutil.rmtree(project.home / "runs")
        server.seen.clear()
        again = run(project, server, limit=4, cache=True)
        assert server.seen == []
    assert figure(again, "world_state") == figure(done, "world_state") == 1.0
    assert records(project)["book1/1"]["response"]["cached"]
