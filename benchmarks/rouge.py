"""ROUGE beside rouge_score: CPU seconds of the same pairs in turn, and whether every bit is the same.

python -m benchmarks.rouge                  texts drawn from a Zipf law: 20 and 27 words, 140 Korean syllables
python -m benchmarks.rouge --pairs FILE     lines of JSON, {"target": …, "prediction": …}

Each side scores ROUGE-1, -2 and -L of a pair together; over characters the peer is rouge_score with our
tokens. Imports are left out of both.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from benchmarks.measure import machine, seconds
from harness.metrics import tokenizers
from harness.metrics.summarisation import MEASURES, rouge

Pairs = list[tuple[str, str]]
THREE = ("rouge1", "rouge2", "rougeL")
ROUNDS = 9


def drawn(count: int, vocabulary: list[str], lengths: tuple[int, int], joined: str, lines: int = 1) -> Pairs:
    """Return pairs of a target and a prediction that share about half of their tokens, in order."""
    draw = random.Random(0)
    often = [1 / (rank + 1) for rank in range(len(vocabulary))]

    def pair() -> tuple[str, str]:
        target, said = (draw.choices(vocabulary, often, k=k) for k in lengths)
        said = [new if draw.random() < 0.5 else old for new, old in zip(said, target * 2, strict=False)]
        return _lines(target, joined, lines), _lines(said, joined, lines)

    return [pair() for _ in range(count)]


def _lines(tokens: list[str], joined: str, lines: int) -> str:
    size = -(-len(tokens) // lines)
    return "\n".join(joined.join(tokens[at : at + size]) for at in range(0, len(tokens), size))


class OurTokens:
    """A tokenizer of ours, as rouge_score takes one."""

    def __init__(self, name: str) -> None:
        self._split = tokenizers.tokenizer(name).split

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens in lower case that hold a letter or a digit."""
        return [token for token in self._split(text.lower()) if token.isalnum()]


def theirs(pairs: Pairs, kinds: tuple[str, ...], scorer: RougeScorer) -> list[list[float]]:
    """Return F, precision and recall of every kind, a row a pair."""
    found = (scorer.score(target, said) for target, said in pairs)
    return [[float(getattr(each[kind], name)) for kind in kinds for name in MEASURES] for each in found]


@cache
def _judges(kinds: tuple[str, ...], tokenizer: str) -> list[Callable[[Any, Any], tuple[float, ...]]]:
    return [rouge(kind, tokenizer=tokenizer, measure=name).statistics for kind in kinds for name in MEASURES]


def ours(pairs: Pairs, kinds: tuple[str, ...], tokenizer: str) -> list[list[float]]:
    """Return the same by the product's metrics, each a metric of its own."""
    judges = _judges(kinds, tokenizer)
    return [[judge(said, target)[0] for judge in judges] for target, said in pairs]


def of_f(pairs: Pairs, kinds: tuple[str, ...], tokenizer: str) -> list[list[float]]:
    """Return the F-measures alone: what a task's metrics ask for."""
    judges = _judges(kinds, tokenizer)[:: len(MEASURES)]
    return [[judge(said, target)[0] for judge in judges] for target, said in pairs]


def told(name: str, pairs: Pairs, kinds: tuple[str, ...], tokenizer: str, scorer: RougeScorer) -> None:
    """Print what a pair costs on both sides, medians of rounds in turn, and whether all bits are equal."""
    same = ours(pairs, kinds, tokenizer) == theirs(pairs, kinds, scorer)
    rounds = [
        [seconds(partial(of_f, pairs, kinds, tokenizer))[1], seconds(partial(scored, pairs, scorer))[1]]
        for _ in range(ROUNDS)
    ]
    mine, peer = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(peer / mine for mine, peer in rounds)
    each = f"{1e6 * mine / len(pairs):.0f} µs a pair, rouge_score {1e6 * peer / len(pairs):.0f} µs"
    print(f"{name}, {len(pairs):,} pairs: {each}, {ratio:.1f}x; F, precision, recall equal: {same}")


def scored(pairs: Pairs, scorer: RougeScorer) -> None:
    """Score every pair by rouge_score and keep nothing."""
    for target, said in pairs:
        scorer.score(target, said)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pairs", type=Path)
    pairs = ask.parse_args().pairs
    print(machine())
    words = [f"w{number:x}" for number in range(3000)]
    syllables = [chr(0xAC00 + 7 * number) for number in range(1200)]
    if pairs is None:
        english = drawn(5000, words, (20, 27), " ")
    else:
        rows = [json.loads(line) for line in pairs.read_text(encoding="utf-8").splitlines()]
        english = [(row["target"], row["prediction"]) for row in rows]
    told("ROUGE-1/2/L", english, THREE, "words", RougeScorer(list(THREE)))
    korean = drawn(200, syllables, (140, 140), "")
    told("ROUGE-1/2/L, char", korean, THREE, "char", RougeScorer(list(THREE), tokenizer=OurTokens("char")))
    told("ROUGE-L, char", korean, ("rougeL",), "char", RougeScorer(["rougeL"], tokenizer=OurTokens("char")))
    summaries = drawn(200, words, (60, 80), " ", lines=4)
    told("ROUGE-Lsum", summaries, ("rougeLsum",), "words", RougeScorer(["rougeLsum"]))


if __name__ == "__main__":
    main()
