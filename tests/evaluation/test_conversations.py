"""Conversations: a turn is asked once the one before is answered, over failures, kills and caches."""

from __future__ import annotations

import json
import random

import pytest

pytest.importorskip("aiohttp")

from tests.support.model_server import Asked, ModelServer, Reply, refuse, say, usage
from tests.support.running import Project, here, keys_of, records_of
from tests.support.running import said as document_of

TASK = """\
version: 1
description: short talks
data: {format: jsonl, files: {test: talks.jsonl}}
fields: {id: id, input: turns}
turns: input
breakdown: {turn: turn}
ask: generate
templates: {plain: {query: "{{ input }}", system: "짧게 답하세요."}}
decoding: {max_tokens: 16, temperature: 0}
metrics: [unanswered]
"""


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        made.env.pop(name, None)
    talks(made, 3)
    return made


def talks(project: Project, count: int, turns: int = 3, task: str = TASK) -> None:
    """Write the task `talks`: so many conversations."""
    project.write("tasks/talks.yaml", task)
    lines = [
        {"id": f"c{n}", "turns": [f"{n}번 이야기 {k}" for k in range(1, turns + 1)]} for n in range(count)
    ]
    project.write("data/talks.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def run(project: Project, server: ModelServer, **options):
    settings = {"model": "tiny", "base_url": server.url}
    return here(project, "local_server", settings, "talks", **{"latency": False, "cache": False, **options})


def contents(asked: Asked) -> list[str]:
    return [message["content"] for message in asked.body["messages"]]


def reply(asked: Asked) -> Reply:
    """Answer with how many messages there were and the last one, so that replies tell what was asked."""
    return say(f"{len(contents(asked))}:{contents(asked)[-1]}")


def by_id(project: Project) -> dict[str, dict]:
    return {record["id"]: record for record in records_of(project.only())}


def test_a_turn_is_asked_after_what_was_said_and_replied_before_it(project):
    with ModelServer(script=reply) as server:
        done = run(project, server)
    assert done.run.status == "complete"
    assert keys_of(project.only()) == [(f"c{n}/{k}", 0) for n in range(3) for k in (1, 2, 3)]
    last = by_id(project)["c1/3"]
    assert last["cluster"] == "c1"
    assert last["groups"] == {"turn": "3"}
    assert [one["role"] for one in last["request"]["messages"]] == [
        "system",
        *("user", "assistant") * 2,
        "user",
    ]
    said_before = ["1번 이야기 1", "2:1번 이야기 1", "1번 이야기 2", "4:1번 이야기 2", "1번 이야기 3"]
    assert [one["content"] for one in last["request"]["messages"]][1:] == said_before


def test_turns_are_asked_in_order_and_conversations_at_once(project):
    talks(project, 20)
    with ModelServer(script=lambda asked: [0.01, *reply(asked)]) as server:
        run(project, server, concurrency=8)
        order = [contents(asked)[-1] for asked in server.seen]
    for n in range(20):
        mine = [text for text in order if text.startswith(f"{n}번 ")]
        assert mine == [f"{n}번 이야기 {k}" for k in (1, 2, 3)]
    assert order.index("1번 이야기 1") < order.index("0번 이야기 3")


def test_after_a_turn_that_failed_the_rest_fails_unasked_and_is_asked_on_resume(project):
    def script(asked: Asked) -> Reply:
        return refuse(400) if contents(asked)[-1] == "1번 이야기 2" else reply(asked)

    with ModelServer(script=script) as server:
        first = run(project, server, max_failures=1)
        assert "1번 이야기 3" not in {contents(asked)[-1] for asked in server.seen}
        assert by_id(project)["c1/3"]["response"]["error"]["kind"] == "earlier_turn"
        server.script = reply
        server.seen.clear()
        again = run(project, server, max_failures=0)
        asked_now = [contents(asked)[-1] for asked in server.seen]
        assert [text for text in asked_now if text[0] == "1"] == ["1번 이야기 2", "1번 이야기 3"]
    assert (first.run.status, first.run.counts.failed) == ("partial", 2)
    assert (again.run.counts.failed, again.run.counts.answered) == (0, 9)


def test_after_a_turn_that_was_filtered_the_rest_is_unanswered_unasked_and_stays_so(project):
    def script(asked: Asked) -> Reply:
        return say(None, "content_filter") if contents(asked)[-1] == "2번 이야기 1" else reply(asked)

    with ModelServer(script=script) as server:
        first = run(project, server)
        count = len(server.seen)
        again = run(project, server)
        assert len(server.seen) == count == 7
    assert (first.run.status, first.run.counts.unanswered, first.run.counts.failed) == ("complete", 3, 0)
    assert again.reused
    assert by_id(project)["c2/3"]["response"]["finish"] == "filtered"


def test_a_first_turn_asked_again_makes_the_later_ones_stale(project):
    with ModelServer(script=reply) as server:
        run(project, server)
        cut_out(project, "c1/1")
        other = lambda asked: say(f"다른 답 {len(contents(asked))}")  # noqa: E731
        server.script = other
        server.seen.clear()
        run(project, server)
        assert [contents(asked)[-1] for asked in server.seen] == [f"1번 이야기 {k}" for k in (1, 2, 3)]
    assert by_id(project)["c1/3"]["request"]["messages"][2]["content"] == "다른 답 2"
    assert by_id(project)["c0/3"]["response"]["text"] == "6:0번 이야기 3"


def test_a_first_turn_answered_as_before_leaves_the_later_ones_as_they_are(project):
    with ModelServer(script=reply) as server:
        run(project, server)
        cut_out(project, "c1/1")
        server.seen.clear()
        run(project, server)
    assert [contents(asked)[-1] for asked in server.seen][:1] == ["1번 이야기 1"]
    assert len(keys_of(project.only())) == 9


def cut_out(project: Project, name: str) -> None:
    """Take a line out of the journal, as a power cut might, and let the run be unfinished."""
    directory = project.only()
    lines = (directory / "samples.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["id"] != name]
    (directory / "samples.jsonl").write_bytes(b"".join(kept))
    document = document_of(directory)
    (directory / "run.json").write_text(json.dumps(document | {"status": "partial"}), encoding="utf-8")


def test_killed_again_and_again_no_turn_is_lost_or_asked_but_once_more_a_kill(project):
    talks(project, 12)
    draw = random.Random(3)
    with ModelServer(script=lambda asked: [0.01, *reply(asked)]) as server:
        command = [
            *("run", "-t", "talks", "-b", "local_server", "--data-dir", "data", "-q", "--no-latency"),
            *("--no-cache", "-m", "model=tiny", "-m", f"base_url={server.url}", "--concurrency", 4),
        ]
        for _ in range(2):
            project.killed_at(draw.randint(3, 8), *command)
        done = run(project, server)
        assert len(server.seen) <= 36 + 2 * 4
    assert (done.run.status, done.run.counts.answered) == ("complete", 36)
    for record in records_of(project.only()):
        turn = int(record["id"][-1])
        assert len(record["request"]["messages"]) == 2 * turn
        assert record["response"]["text"].startswith(f"{2 * turn}:")


def test_kept_answers_are_handed_out_turn_by_turn_and_the_rest_is_asked(project):
    talks(project, 5)
    with ModelServer(script=reply) as server:
        run(project, server, cache=True, limit=2)
        server.seen.clear()
        done = run(project, server, cache=True)
        assert len(server.seen) == 9
        whole = run(project, server, cache=True, fresh=True)
        assert len(server.seen) == 9
    assert (done.run.counts.cached, whole.run.counts.cached) == (6, 15)


def test_limit_counts_conversations(project):
    talks(project, 10)
    with ModelServer(script=reply) as server:
        assert run(project, server, limit=2).run.counts.examples == 6
        assert run(project, server, limit=0.5).run.counts.examples == 15


def test_repeats_are_conversations_of_their_own(project):
    with ModelServer(script=reply) as server:
        done = run(project, server, repeat=2, limit=1)
    assert done.run.counts.answered == 6
    assert len({(r["id"], r["repeat"]) for r in records_of(project.only())}) == 6


def test_turns_may_be_texts_of_the_task_and_a_base_model_reads_one_text(project):
    texts = TASK.replace("input: turns", "topic: id").replace(
        "turns: input", 'turns: ["{{ topic }}에 대해 쓰세요.", "줄이세요."]'
    )
    talks(project, 1, task=texts)
    done = here(project, "dummy", None, "talks")
    assert done.run.counts.examples == 2
    assert keys_of(project.only()) == [("c0/1", 0), ("c0/2", 0)]
    assert by_id(project)["c0/1"]["request"]["prompt"] == "짧게 답하세요.\n\nc0에 대해 쓰세요."


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("turns: input", "turns: said"), "'turns' names no field of the task: 'said'"),
        (
            ("turns}", "turns, context: id}"),
            "'turns' are replied to in free text",
        ),
        (("ask: generate", "ask: generate\nshots: {k: 1}"), "conversations have no shots"),
        (("turns: input", "turns: []"), "'turns' should name a field, or hold at least one text"),
        (("turns: input", 'turns: ["{{ nothing }}"]'), "nothing"),
        (
            ("id: id, input: turns", "id: id, input: id"),
            "talks.jsonl:1: conversation c0: 'input' should be a list",
        ),
    ],
)
def test_what_is_wrong_with_turns_is_said_at_its_line(shell, monkeypatch, change, complaint):
    text = TASK.replace(*change)
    shell.write("tasks/talks.yaml", text.replace("generate", "extract") if "context" in text else text)
    shell.write("data/talks.jsonl", '{"id": "c0", "turns": ["하나", "둘"]}\n')
    done = shell("run", "-t", "talks", "-b", "dummy", "--data-dir", "data", "-q")
    assert done.code == 2
    assert complaint in done.err


def test_an_estimate_expects_the_replies_that_later_turns_read_again(project):
    said = [{"id": f"c{n}", "turns": ["가나다" * (n % 9 + 1), "라마바" * 5, "사아자" * 3]} for n in range(40)]
    project.write("data/talks.jsonl", "".join(json.dumps(line) + "\n" for line in said))

    def script(asked: Asked) -> Reply:
        return say("가" * 12, usage=usage(sum(map(len, contents(asked))), 12))

    with ModelServer(script=script) as server:
        told = ["-t", "talks", "-b", "local_server", "--data-dir", "data", "-m", "model=tiny"]
        done = project.harness(
            "estimate", *told, "-m", f"base_url={server.url}", "--pilot", 10, "--no-cache", "--json"
        )
        (found,) = json.loads(done.stdout)["estimates"]
        spent = run(project, server).run.usage.prompt_tokens
    assert found["prompt_tokens"]["value"] == pytest.approx(spent, rel=0.05)
