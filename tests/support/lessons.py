"""Train splits in small for the adapters that learn to write, to read and to see."""

from __future__ import annotations

from harness.adapters.fields import bare_text
from harness.schema import Decoding, Example, Option, Parts, Request

WORDS = {"나": "I", "너": "you", "물": "water", "밥": "rice", "책": "a book", "집": "home"}
VERBS = {"좋아해": "like", "사랑해": "love", "원해": "want", "봐": "see"}


class Task:
    """A task as a learner sees it, its answers the first references."""

    name = "small"

    def __init__(self, ask="generate", options=(), decoding=Decoding(max_tokens=16)):
        self.ask, self.options, self.decoding = ask, options, decoding
        self.labels = tuple(option.label for option in options)

    def text(self, example):
        return bare_text(example)

    def request(self, example, seed=0):
        parts = Parts(f"{bare_text(example)}\n답:")
        how = {"options": self.options, "decoding": self.decoding, "seed": seed}
        return Request(example, lambda: parts, ask=self.ask, **how)

    def answer(self, example):
        said = {option.label: option.text for option in self.options}
        target = example.target if isinstance(example.target, str) else example.target[0]
        return said.get(target, target)


def translations():
    """Return twenty sentences with their English."""
    found = []
    for subject in ("나", "너"):
        for thing in ("물", "밥", "책", "집"):
            for verb in ("좋아해", "사랑해", "원해", "봐"):
                korean = f"{subject}는 {thing}을 {verb}"
                english = f"{WORDS[subject]} {VERBS[verb]} {WORDS[thing]}."
                found.append(Example(f"p{len(found)}", {"input": korean}, english))
    return found[:20]


def passages():
    """Return twenty questions on passages whose answers stand there."""
    places = ("서울", "부산", "대구", "광주", "제주", "인천", "수원", "울산", "포항", "전주")
    found = []
    for n, place in enumerate(places):
        year = str(1950 + n)
        text = f"김철수는 {year}년에 태어났다. 그의 고향은 {place} 근처의 마을이다. 그는 오래 살았다."
        for question, answer in (
            (f"{year}년생의 고향은 어디인가?", place),
            ("태어난 해는 언제인가?", f"{year}년에"),
        ):
            found.append(Example(f"q{len(found)}", {"context": text, "question": question}, (answer,)))
    return found


def options(*names):
    """Return options called 0, 1, …"""
    return tuple(Option(str(label), name) for label, name in enumerate(names))


def replies(adapter, task, examples, seed=0):
    """Return the text that answers each example."""
    found = {r.key[0]: r.text for r in adapter.answer(task.request(e, seed) for e in examples)}
    return [found[example.id] for example in examples]
