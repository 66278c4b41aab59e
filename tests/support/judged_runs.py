"""MT-Bench between two loopback systems, killed on the way and resumed, and two loopback judges of it.

The strong one's replies are better in four questions of five. Both judges know, but one takes the reply shown
first in every tenth case.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.support import forking
from tests.support.model_server import Asked, ModelServer, Reply, say

COUNT = 24
QUOTED = re.compile(r"<(reply(?:_[ab])?|question) ([0-9a-f]{12})>\n(.*?)\n</\1 \2>", re.DOTALL)


def shown(prompt: str) -> dict[str, str]:
    """Return what a judge was shown between marks."""
    return {name: text for name, _, text in QUOTED.findall(prompt)}


def number(text: str) -> int:
    """Return the number of the question that a text is about: the last of them."""
    return int(re.findall(r"Question (\d+)", text)[-1])


def reply(asked: Asked) -> Reply:
    """Return what a system or a judge says."""
    model, prompt = asked.body["model"], asked.prompt
    if not model.startswith("judge"):
        turn = 1 + sum(one["role"] == "assistant" for one in asked.body["messages"])
        good = (number(prompt) % 5 > 0) == (model == "strong")
        how = "a full" if good else "a hasty"
        return say(f"This is {how} reply of turn {turn} to question {number(prompt)}.\n\n- one\n- two")
    texts = shown(prompt)
    if "reply" in texts:
        how, score = ("full", 9) if "full" in texts["reply"] else ("hasty", 5)
        return say(f"It is {how}. [[{score}]]")
    better = "[[A>B]]" if "full" in texts["reply_a"] else "[[B>A]]"
    fond = model == "judge-b" and number(texts["question"]) % 10 == 3
    return say(f"The other one is hasty. {'[[A>>B]]' if fond else better}")


def harness(home: Path, *words: object, code: int = 0) -> None:
    """Run the command in a process of its own."""
    done = forking.run([str(word) for word in words], cwd=home, env=_environment(home), timeout=120)
    assert done.returncode == code, done.stderr


def killed(home: Path, server: ModelServer, after: int, *words: object) -> None:
    """Run the command, and kill it once the server was asked so often; or let it end."""
    begun = len(server.seen)
    with forking.Forked([str(word) for word in words], home, _environment(home)) as process:
        while process.poll() is None and len(server.seen) - begun < after:
            time.sleep(0.002)


def questions(home: Path) -> None:
    """Write MT-Bench's file with questions of our own."""
    rows = [
        {
            "question_id": n,
            "category": "writing",
            "turns": [f"Question {n}: say it.", f"Question {n}: shorter."],
        }
        for n in range(COUNT)
    ]
    path = home / "data" / "mt_bench" / "question.jsonl"
    (path.parent / "reference_answer").mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answers = {"question_id": 0, "choices": [{"index": 0, "turns": ["One.", "Two."]}]}
    (path.parent / "reference_answer" / "gpt-4.jsonl").write_text(json.dumps(answers) + "\n", "utf-8")


def make(home: Path, kills: Sequence[int] = (9, 17)) -> Counter[str]:
    """Run, kill, resume and judge in the folder `home`; return how often each request was asked."""
    questions(home)
    with ModelServer(script=reply) as server:
        told = ["-b", "local_server", "-m", f"base_url={server.url}", "-q"]
        for system in ("strong", "weak"):
            words = ["run", "-t", "mt_bench", *told, "-m", f"model={system}", "--name", system]
            words += ["--data-dir", "data", "--concurrency", "2"]
            for after in kills:
                killed(home, server, after, *words)
            harness(home, *words)
        runs = [str(path.parent) for path in sorted(home.glob("runs/mt_bench/*/*/run.json"))]
        for rubric in ("judge_single", "judge_pair"):
            for judge in ("judge-a", "judge-b"):
                by = ["--by", "local_server", "-m", f"model={judge}", "-m", f"base_url={server.url}", "-q"]
                words = ["judge", *runs, *by, "--rubric", rubric, "--template", "en"]
                killed(home, server, 20, *words)
                harness(home, *words)
        return Counter(asked.raw.decode() for asked in server.seen)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HARNESS_CACHE": str(home / "cache")}
