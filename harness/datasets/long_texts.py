"""Long texts with needles, made of a data set's own passages where they are asked: RULER's questions.

One text a length and seed holds the needles of all depths, so that every question on it begins with the
same text and a model reads it once. Lengths are in characters and every draw is keyed, so that the bytes are
the same on every machine and for every tokenizer. A needle says a number of six digits that stands nowhere
else in the text, between two sentences. After the single and multi-key needles and the aggregation of Hsieh
et al. (2024), "RULER: What's the Real Context Size of Your Long-Context Language Models?", arXiv:2404.06654.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import seeding
from harness.datasets.formats import Table
from harness.errors import BadInput, Place
from harness.tasks.schema import LongTexts

COLUMNS = ("id", "kind", "length", "seed", "depth", "place", "text_id", "text", "question", "answer")
NAMED = 4  # needles that a question about several names
_OWNERS = (
    "가람",
    "나루",
    "다온",
    "라온",
    "마루",
    "보람",
    "새별",
    "아라",
    "이든",
    "한빛",
)  # the particles fit all
_THINGS = ("열쇠", "우편함", "금고", "출입증", "좌석", "창고", "계좌", "사물함")
_SENTENCE_END = re.compile(r"(?<=[가-힣][.?!]) ")


class Needle(NamedTuple):
    """Whose number it is, the number, and how deep it stands, in per cent of the text."""

    name: str
    number: int
    depth: int


def tables(read: Iterable[Table], wanted: LongTexts, *, sample: bool) -> Iterator[Table]:
    """Yield one table, of the questions on texts that are made of the passages of all tables that are `read`.

    Raises:
        BadInput: a row has no such passage, or all of them together are shorter than a text should be.
    """
    passages: dict[str, None] = {}
    path = Path()
    for table in read:
        path = table.path
        passages |= dict.fromkeys(_passages(table, wanted.of))
    lengths = wanted.sample_lengths if sample else wanted.lengths
    try:
        asked = [
            question
            for length in lengths
            for seed in wanted.seeds
            for question in on_one_text(list(passages), length, seed, wanted)
        ]
    except BadInput as error:
        raise BadInput(error.message, place=Place(path)) from None
    yield Table(path, {name: name for name in COLUMNS}, enumerate(asked, 1), has_lines=False)


def _passages(table: Table, column: str) -> Iterator[str]:
    key = (table.columns or {}).get(column, column)
    for number, row in table.rows:
        try:
            yield " ".join(str(row[key]).split())
        except (KeyError, IndexError):
            raise table.error(f"no {column!r} in this row, of which long texts are made", number) from None


def on_one_text(
    passages: Sequence[str], length: int, seed: int, wanted: LongTexts
) -> Iterator[dict[str, Any]]:
    """Yield the questions on the text of one length and seed, each a row of `COLUMNS`.

    Raises:
        BadInput: the passages together are shorter than `length`.
    """
    sentences = haystack(passages, length, seed)
    needles = _needles("\n".join(sentences), wanted.depths, length, seed)
    text = with_needles(sentences, needles)
    for kind, asked, question, answer in _questions(needles, wanted, (length, seed)):
        only = asked[0].depth if kind == "one" else None
        yield {
            "id": f"{kind}-{length}-{seed}-{'-'.join(str(needle.depth) for needle in asked)}",
            "kind": kind,
            "length": str(length),
            "seed": str(seed),
            "depth": ",".join(str(needle.depth) for needle in asked),
            "place": kind if only is None else f"{only} %",
            "text_id": f"{length}-{seed}",
            "text": text,
            "question": question,
            "answer": answer,
        }


def haystack(passages: Sequence[str], length: int, seed: int) -> list[str]:
    """Return sentences of passages in a seeded order, at most `length` characters with their line ends.

    Passages are whole but for the last.

    Raises:
        BadInput: the passages together are shorter.
    """
    found: list[str] = []
    room = length
    for place in sorted(range(len(passages)), key=lambda n: seeding.number("long text", seed, length, n)):
        for sentence in _SENTENCE_END.split(passages[place]):
            if len(sentence) + 1 > room:
                return found
            found.append(sentence)
            room -= len(sentence) + 1
    raise BadInput(
        f"a text of {length:,} characters is longer than all passages together, which have {length - room:,}"
    )


def _needles(text: str, depths: Sequence[int], length: int, seed: int) -> list[Needle]:
    """Return a needle a depth; no number stands in the text, and no two are alike."""
    every = [f"{owner}의 {thing}" for owner in _OWNERS for thing in _THINGS]
    names = sorted(every, key=lambda name: seeding.number("needle", seed, length, name))
    found: list[Needle] = []
    for name, depth in zip(names, sorted(depths), strict=False):
        taken = {needle.number for needle in found}
        draws = (100_000 + draw for draw in seeding.indices(900_000, "number", seed, length, depth))
        found.append(Needle(name, next(n for n in draws if n not in taken and str(n) not in text), depth))
    return found


def with_needles(sentences: Sequence[str], needles: Sequence[Needle]) -> str:
    """Return the sentences, one a line, each needle before the first that begins at its depth or deeper."""
    total = sum(len(sentence) + 1 for sentence in sentences)
    lines, waiting, read = list[str](), list(needles), 0
    for sentence in sentences:
        while waiting and read * 100 >= waiting[0].depth * total:
            lines.append(_says(waiting.pop(0)))
        lines.append(sentence)
        read += len(sentence) + 1
    return "\n".join([*lines, *map(_says, waiting)])


def _says(needle: Needle) -> str:
    return f"{needle.name} 번호는 {needle.number}이다."


def _questions(
    needles: Sequence[Needle], wanted: LongTexts, key: tuple[int, int]
) -> Iterator[tuple[str, Sequence[Needle], str, str]]:
    """Yield (kind, needles asked about, question, answer); numbers are parted by a comma and a blank."""
    if "one" in wanted.kinds:
        for needle in needles:
            yield "one", [needle], f"{needle.name} 번호는 무엇입니까?", str(needle.number)
    for draw in range(wanted.draws):
        order = sorted(needles, key=lambda needle: seeding.number("asked", *key, draw, needle.depth))[:NAMED]
        names = ", ".join(needle.name for needle in order)
        told = sorted(order, key=lambda needle: needle.depth)
        if "several" in wanted.kinds:
            yield "several", order, f"{names} 번호를 이 차례대로 쉼표로 이어 쓰면?", _listed(order)
        if "order" in wanted.kinds:
            yield "order", order, f"{names} 번호를 글에 먼저 나온 것부터 쉼표로 이어 쓰면?", _listed(told)
        if "sum" in wanted.kinds:
            yield (
                "sum",
                order,
                f"{names} 번호를 모두 더하면 얼마입니까?",
                str(sum(one.number for one in order)),
            )


def _listed(needles: Sequence[Needle]) -> str:
    return ", ".join(str(needle.number) for needle in needles)
