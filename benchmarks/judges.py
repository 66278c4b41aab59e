"""What a judge's tastes, lapses and kills do to verdicts, on a loopback judge whose tastes are known.

    python -m benchmarks.judges [--only place,coverage,kills,bill] --out benchmarks/judges.md

The judge takes the reply shown first in 10 of 100 cases whatever it says, gives 5 of 100 verdicts in words
that nobody can read, and fails in 3 of 100 calls. Everything is asked through the command line. Two minutes.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sections import write_parts
from harness.judging.leanings import Judge, Verdict, leanings
from harness.judging.votes import Vote, read_votes
from harness.records.journal import read_records
from harness.reports.writers.markdown import table
from harness.seeding import number
from harness.stats.leanings import mean
from tests.support.forking import Forked, run
from tests.support.judged_runs import shown
from tests.support.model_server import Asked, ModelServer, Reply, refuse, say, usage
from tests.support.running import Project

OUT = Path(__file__).with_name("judges.md")
FIRST, UNREAD, FAILED = 0.10, 0.05, 0.03
STRENGTHS = {"jade": 0.9, "opal": 0.5, "onyx": 0.2}
QUESTIONS, KILLED, KILLS, AT_ONCE = 300, 100, 10, 16
BILLED, BILLS = 120, 8
EXIT_STOPPED = 4
READ, WRITTEN = 1.0, 4.0  # USD a thousand words

TASK = """\
version: 1
description: questions
data: {format: jsonl, files: {test: questions.jsonl}}
fields: {id: id, input: question}
ask: generate
templates: {plain: {query: "{{ input }}"}}
decoding: {max_tokens: 200, temperature: 0}
metrics: [unanswered]
judge: {by: judge, rubric: judge_pair, template: en}
"""
BACKEND = """\
adapter: openai
model: MODEL
chat: true
choose_by: extract
settings: {base_url: "URL"}
decoding: {max_tokens: 200, temperature: 0}
price: {usd_per_mtok: {input: READ, output: WRITTEN}, source: a benchmark, date: 2026-12-01}
"""


def main() -> None:
    """Run the parts that are asked for and write their sections."""
    write_parts("judges", {"place": place, "coverage": coverage, "kills": kills, "bill": bill}, OUT, __doc__)


def share(*key: object) -> float:
    """Return a number in [0, 1) that the key decides."""
    return number(*key) / 2**63


def better(seed: int, question: int, one: str, other: str) -> bool:
    """Return whether the first system's reply to a question is the better one."""
    worth = {name: STRENGTHS[name] + share(seed, "worth", name, question) for name in (one, other)}
    return worth[one] > worth[other]


@dataclass
class World:
    """The server's script: systems, and a judge with known tastes; what it did is counted."""

    seed: int = 0
    wait: float = 0.0
    bad: Counter[str] = field(default_factory=Counter)  # calls of a body without a verdict
    judged: Counter[str] = field(default_factory=Counter)
    billed: float = 0.0

    def __call__(self, asked: Asked) -> Reply:
        """Return what a system or the judge says."""
        model, prompt = asked.body["model"], asked.prompt
        if model in STRENGTHS:
            words = 20 + int(60 * share(self.seed, model, prompt))
            return self._said(prompt, f"reply of {model} to {prompt} " + "word " * words)
        self.judged[prompt] += 1
        lapse, key = share(self.seed, "lapse", prompt, self.judged[prompt]), prompt
        if lapse < FAILED:
            self.bad[key] += 1
            return refuse(500, retry_after=0)
        reasons = "because " * (5 + int(20 * share(self.seed, "reasons", prompt)))
        if lapse < FAILED + UNREAD:
            self.bad[key] += 1
            return self._said(prompt, reasons + "hard to say")
        return self._said(prompt, f"{reasons}[[{self.verdict(prompt)}]]")

    def verdict(self, prompt: str) -> str:
        """Return who wins: in one case of ten the first, else the better."""
        texts = shown(prompt)
        names = [re.findall(r"reply of (\w+)", texts[side])[0] for side in ("reply_a", "reply_b")]
        question = int(re.findall(r"\d+", texts["question"])[0])
        if share(self.seed, "first", prompt) < FIRST:
            return "A>B"
        return "A>B" if better(self.seed, question, *names) else "B>A"

    def _said(self, prompt: str, text: str) -> Reply:
        read, written = len(prompt.split()), len(text.split())
        self.billed += (read * READ + written * WRITTEN) / 1000
        return say(text, usage=usage(read, written), after=self.wait)


@contextmanager
def project(questions: int, world: World) -> Iterator[tuple[Project, ModelServer]]:
    """Yield a project with three systems, their judge and so many questions, and the server."""
    with tempfile.TemporaryDirectory() as folder, ModelServer(script=world) as server:
        made = Project(Path(folder))
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            made.env.pop(name, None)
        made.write("tasks/questions.yaml", TASK)
        rows = [json.dumps({"id": f"q{n}", "question": f"question {n}"}) for n in range(questions)]
        made.write("data/questions.jsonl", "\n".join(rows) + "\n")
        prices = {"READ": f"{1000 * READ}", "WRITTEN": f"{1000 * WRITTEN}"}
        for name in (*STRENGTHS, "judge"):
            text = BACKEND
            for word, value in {**prices, "MODEL": name, "URL": server.url}.items():
                text = text.replace(word, value)
            made.write(f"backends/{name}.yaml", text)
        yield made, server


def ask(made: Project, *words: object) -> str:
    """Run the command, again where verdicts are missing, and return what it prints."""
    for _ in range(3):
        done = run([str(word) for word in words], made.home, made.env, 600)
        if done.returncode != EXIT_STOPPED:
            break
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr}")
    return str(done.stdout)


RUN = ("run", "-t", "questions", "-b", ",".join(STRENGTHS), "--data-dir", "data", "-q")


# The place


def place() -> Iterator[str]:
    """Yield the bias that is found, the shares after both orders, and the order of the systems."""
    world = World()
    with project(QUESTIONS, world) as (made, _):
        ask(made, *RUN)
        (judging,) = made.home.glob("runs/judge_pair/*/*")
        (found,) = json.loads(ask(made, "agree", judging, "-f", "json"))["leanings"]
        board = json.loads(ask(made, "arena", judging, "-f", "json"))
        votes = read_votes([judging])
    lead = found["place"]
    yield (
        f"{QUESTIONS} questions, {len(STRENGTHS)} systems, {len(votes):,} verdicts wanted and there, "
        f"{sum(world.bad.values()):,} calls failed or not readable and asked again."
    )
    yield ""
    yield (
        f"**Place.** Planted: 10 points. `harness agree` finds {lead['value']:.1f} "
        f"[{lead['low']:.1f}, {lead['high']:.1f}]; `harness arena`, as a term of its model, "
        f"{board['place']['value']:.1f} [{board['place']['low']:.1f}, {board['place']['high']:.1f}] at equal "
        "strength, where it is more: a share of all cases is not one of the model's odds."
    )
    yield ""
    rows = []
    for one, other in combinations(STRENGTHS, 2):
        p = float(np.mean([better(world.seed, n, one, other) for n in range(QUESTIONS)]))
        both = [vote for vote in votes if {vote.first, vote.second} == {one, other}]
        found_share = won(both, one)
        firsts = [won([v for v in both if v.first == name], one).value for name in (one, other)]
        rows.append(
            [
                *(f"{one} over {other}", f"{p:.3f}", f"{firsts[0]:.3f}", f"{firsts[1]:.3f}"),
                f"{found_share.value:.3f} [{found_share.low:.3f}, {found_share.high:.3f}]",
                f"{(1 - FIRST) * p + FIRST / 2:.3f}",
            ]
        )
    yield table(["pair", "truth p", "shown first", "second", "both orders", "0.9 p + 0.05"], rows, names=0)
    yield ""
    order = [one["system"] for one in board["standings"]]
    yield f"Board with the term for the place: {' > '.join(order)}; the truth: {' > '.join(STRENGTHS)}."


def won(votes: list[Vote], system: str) -> Any:
    """Return the share of the win that a system has, with an interval by question."""
    shares, units, known = [], [], dict[str, int]()
    for vote in votes:
        assert vote.verdict is not None
        shares.append(vote.verdict.share if vote.first == system else 1 - vote.verdict.share)
        units.append(known.setdefault(vote.question, len(known)))
    return mean(np.array(shares), np.array(units, np.intp))


# How often intervals hold


def coverage() -> Iterator[str]:
    """Yield how often intervals of planted leanings hold them, by questions."""
    rows = []
    rounds = 400
    for questions in (20, 50, 200):
        held: dict[str, list[bool]] = {name: [] for name in ("place", "length", "own", "score")}
        for seed in range(rounds):
            rng = random.Random(seed)
            pairs, scores = pairwise(rng, questions), scored(rng, questions)
            taste, fair = (leanings(both)[0] for both in (pairs, scores))
            gift = 100 * FIRST * float(np.mean(list(CHANCES.values())))
            for name, truth, one in (
                ("place", 100 * FIRST, taste.place),
                ("length", 100 * FIRST, taste.length),
                ("own", gift, taste.own),
                ("score", 0.5, fair.own),
            ):
                assert one is not None
                if one.low is not None and one.high is not None:
                    held[name].append(one.low <= truth <= one.high)
        shown_of = [
            f"{np.mean(one):.3f}"
            if len(one) == rounds
            else FEW_OF.format(np.mean(one), len(one))
            if len(one) >= rounds / 10
            else "none printed"
            for one in held.values()
        ]
        rows.append([str(questions), *shown_of])
    yield (
        f"How often the 95 % interval holds a planted leaning, {rounds:,} rounds each: a judge of pairs that "
        "takes the first, the longer and its own reply in 10 of 100 cases each (of its own: the mean gain "
        "over a fair judge), and one that gives its own replies half a point more."
    )
    yield ""
    header = ["questions", "place", "length", "its own, pairs", "its own, scores"]
    yield table(header, rows, names=1)


FEW_OF = "{:.3f} of {}"
CHANCES = {("own", "other"): 0.4, ("own", "third"): 0.4}  # that its own reply is the worse one


def pairwise(rng: random.Random, questions: int) -> list[Judge]:
    """Return a judge of pairs with three tastes, and a fair one."""
    partial, fair = [], []
    for n in range(questions):
        lengths = {name: rng.randint(100, 900) for name in ("own", "other", "third")}
        for one, other in combinations(lengths, 2):
            truth = rng.random() >= CHANCES.get((one, other), 0.5)
            for a, b in ((one, other), (other, one)):
                right = truth if a == one else not truth
                draw = rng.random()
                said = right
                if draw < FIRST:
                    said = True
                elif draw < 2 * FIRST:
                    said = lengths[a] > lengths[b]
                elif draw < 3 * FIRST and "own" in (a, b):
                    said = a == "own"
                about = f"q{n}|0", 0, f"q{n}", (a, b), (lengths[a], lengths[b])
                partial.append(Verdict(*about, float(said), True))
                # Beside it one that has the other two tastes: what is left is what it gives itself.
                known = right if draw >= 2 * FIRST else said
                fair.append(Verdict(*about, float(known), True))
    return [
        Judge("own", "judge_pair", True, "own", partial),
        Judge("fair", "judge_pair", True, "fair", fair),
    ]


def scored(rng: random.Random, questions: int) -> list[Judge]:
    """Return a judge that gives half a point more to its own replies, and a fair one."""
    said: dict[str, list[Verdict]] = {"own": [], "fair": []}
    for n in range(questions):
        hard = rng.gauss(0, 1)
        for system in ("own", "other", "third"):
            worth = 6 + hard + rng.gauss(0, 1)
            for judge, found in said.items():
                gift = 0.5 * (judge == system == "own")
                score = round(worth + gift + rng.gauss(0, 1), 2)
                found.append(Verdict(f"q{n}|0", 0, f"q{n}", (system,), (9,), score, True))
    return [Judge(name, "judge_single", False, name, found) for name, found in said.items()]


# Kills


def kills() -> Iterator[str]:
    """Yield how often each verdict was asked for under ten kills, and what was in flight at them."""
    world = World(wait=0.05)
    with project(KILLED, world) as (made, _):
        made.write("tasks/questions.yaml", TASK.replace("judge: {by", "# {by"))
        ask(made, *RUN)
        told = ["judge", "runs/questions", "--by", "judge", "--rubric", "judge_pair"]
        told += ["--template", "en", "-q", "--concurrency", str(AT_ONCE), "--runs-dir", "verdicts"]
        in_flight = []
        wanted = KILLED * len(STRENGTHS) * (len(STRENGTHS) - 1)
        for _ in range(KILLS):
            asked = sum(world.judged.values())
            with Forked(told, made.home, made.env) as process:
                while process.poll() is None and sum(world.judged.values()) - asked < wanted // (KILLS + 2):
                    time.sleep(0.001)
            time.sleep(0.1)  # what is on the wire has come to the server
            in_flight.append(sum(map(bool, (world.judged - world.bad).values())) - len(journalled(made)))
        ask(made, *told)
        ids = Counter(record.id for record in journalled(made))
    sent, bad = sum(world.judged.values()), sum(world.bad.values())
    yield (
        f"{wanted} verdicts, {AT_ONCE} calls in flight, {KILLS} SIGKILLs while it judged, resumed each time: "
        f"{len(ids)} verdicts in the journal, {sum(ids.values()) - len(ids)} of them twice."
    )
    yield ""
    yield (
        f"The judge was called {sent} times: {wanted} verdicts, {bad} calls that failed or could not be "
        f"read, and {sent - wanted - bad} that were asked again because a kill lost them. On the wire, or "
        f"come and not yet written, were {in_flight} at the kills, {sum(in_flight)} in all: whoever kills "
        f"a process loses those, about as many a kill as --concurrency says ({AT_ONCE} here, 64 where "
        "nothing is said). Nothing else was sent again."
    )


def journalled(made: Project) -> list[Any]:
    """Return the records with a verdict."""
    return [
        line.record
        for path in made.home.glob("verdicts/*/*/*/samples.jsonl")
        for line in read_records(path)
        if not line.record.failed
    ]


# The bill


def bill() -> Iterator[str]:
    """Yield the estimated and the paid bill of runs and their judging."""
    rows, missed, held = [], [], 0
    for seed in range(BILLS):
        world = World(seed=seed)
        with project(BILLED, world) as (made, _):
            estimate = json.loads(ask(made, "estimate", *RUN[1:], "--pilot", "20", "--json"))
            total = estimate["total"]["cost"]["USD"]
            before = world.billed
            ask(made, *RUN)
        paid = world.billed - before
        judging = sum(one["cost"]["value"] for one in estimate["estimates"] if one["task"] == "judge_pair")
        missed.append(total["value"] / paid - 1)
        held += total["low"] <= paid <= total["high"]
        rows.append(
            [
                *(f"{total['value']:.2f} [{total['low']:.2f}, {total['high']:.2f}]", f"{judging:.2f}"),
                *(f"{paid:.2f}", f"{100 * missed[-1]:+.1f} %"),
            ]
        )
    worst, near = max(missed, key=abs), sum(abs(one) <= 0.05 for one in missed)
    yield (
        f"{len(STRENGTHS)} systems, {BILLED} questions and their judging in pairs; "
        f"`harness estimate --pilot 20` before, the server's bill after; {BILLS} servers. Median "
        f"{100 * float(np.median(missed)):+.1f} %, worst {100 * worst:+.1f} %, {near} within 5 %, {held} "
        "within the interval. Verdicts that cannot be read are paid for and asked again, 5 of 100 here; of "
        "20 in a pilot that is one or none, which is most of what is missed."
    )
    yield ""
    yield table(["estimated, USD", "of it the judge", "billed", "missed by"], rows, names=0)


if __name__ == "__main__":
    main()
