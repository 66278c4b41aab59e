"""Our readers of answers against careful reading, and beside the authors' own, on real replies.

python -m benchmarks.readers            the replies whose answers were written down by hand
python -m benchmarks.readers --all      all of MMLU-Pro's and GSM8K's replies, beside their authors' reading
python -m benchmarks.readers --misses   also the ids that were read otherwise than by hand

The text is looked for in `../shared/replies` (or `$HARNESS_SHARED/replies`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.real_replies import (
    GOLD,
    GSM8K,
    MORE_NUMBERS,
    NUMBERS,
    REPLIES,
    Reply,
    blind,
    blind_labels,
    drawn,
    more_numbers,
    read_by_hand,
    stratum_replies,
)
from harness.extraction.steps import number, stated_option
from harness.schema import Option

LETTERS = "ABCDEFGHIJ"
# How many options a question of a suite has where the question itself is not at hand.
OPTIONS = {"kmmlu": 4, "kmmlu_hard": 4, "click": 5, "haerae": 5, "kobalt": 10, "kormedmcqa": 5}


def options(reply: Reply) -> list[Option]:
    """Return the options as the reply's task shows them: letters, with the choices where they are known."""
    if reply.choices:
        return [
            Option(letter, letter, choice) for letter, choice in zip(LETTERS, reply.choices, strict=False)
        ]
    return [Option(letter, letter) for letter in LETTERS[: OPTIONS[reply.id.split("/")[1]]]]


def read(reply: Reply) -> str | None:
    """Return what our reader takes the reply to state: a number where one is asked for, else a letter."""
    if reply.group in NUMBERS:
        return number()(reply.text, ())
    return stated_option()(reply.text, options(reply))


def same(said: str, stated: Sequence[str]) -> bool:
    """Return whether a reading is one of the forms in which a reply states its answer; 7/15 is 0.4666."""
    if said in stated:
        return True
    try:
        return any(abs(float(said) - _float(form)) <= 1e-9 * max(1.0, abs(_float(form))) for form in stated)
    except ValueError:
        return False


def _float(form: str) -> float:
    top, _, bottom = form.partition("/")
    return float(top) / float(bottom or 1)


@dataclass
class Table:
    """How many replies of a kind a reader reads, how many rightly, and how many state an answer at all."""

    replies: int = 0
    stating: int = 0
    read: int = 0
    right: int = 0
    silent_right: int = 0
    silent_by_chance: float = 0.0

    def add(self, reply: Reply, said: str | None, *, stating: bool, right: bool) -> None:
        """Count a reply and what was read of it."""
        self.replies += 1
        self.stating += stating
        self.read += said is not None
        self.right += right
        if not stating and reply.group not in NUMBERS:
            self.silent_right += said == reply.target
            self.silent_by_chance += 1 / len(options(reply))

    def line(self, name: str) -> str:
        """Return the row of the table."""
        precision = self.right / self.read if self.read else float("nan")
        recall = self.right / self.stating if self.stating else float("nan")
        silent = f"{self.silent_right} / {self.silent_by_chance:.1f}"
        return (
            f"| {name} | {self.replies} | {self.stating} | {self.read} | {self.right} |"
            f" {precision:.4f} | {recall:.4f} | {silent} |"
        )


@lru_cache
def tables(*, misses: bool = False) -> dict[str, Table]:
    """Return what our readers do with the replies that were read by hand, by kind of reply and in `all`."""
    files = (GOLD, MORE_NUMBERS, *map(blind_labels, read_by_hand()))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    labels = {row["id"]: row["states"] for row in map(json.loads, lines)}
    found: dict[str, Table] = {}
    kinds: list[tuple[Reply, tuple[str, ...]]] = [(reply, (_kind(reply), reply.group)) for reply in drawn()]
    kinds += [(reply, ("more numbers",)) for reply in more_numbers()]
    kinds += [
        (reply, (f"{seed}: {_kind(reply)}", f"{seed}: {reply.group}"))
        for seed in read_by_hand()
        for reply in blind(seed)
    ]
    for reply, names in kinds:
        stated, said = labels[reply.id], read(reply)
        right = said is not None and stated is not None and same(said, stated)
        for name in (*names, "all"):
            found.setdefault(name, Table()).add(reply, said, stating=stated is not None, right=right)
        if misses and not right and (said, stated) != (None, None):
            print(f"{reply.id}: read as {said}, states {stated}")
    return found


def _kind(reply: Reply) -> str:
    return "numbers" if reply.group in NUMBERS else "options"


def by_hand(*, misses: bool) -> None:
    """Print precision and recall against careful reading."""
    found = tables(misses=misses)
    print("| replies | n | state | read | rightly | precision | recall | silent: right / by chance |")
    print("|---|---|---|---|---|---|---|---|")
    known = ("mmlu_pro", "korean", "options", "gsm8k", "logickor", "numbers", "more numbers")
    for name in (*known, *sorted(set(found) - {*known, "all"}), "all"):
        print(found[name].line(name))


def beside_the_authors() -> None:
    """Print, for every recorded reply, our reading beside the target and the authors' own reading."""
    from benchmarks.real_replies import _lines

    print("| replies | n | unread | as the authors read | otherwise | theirs unread, ours read | right |")
    print("|---|---|---|---|---|---|---|")
    strata = [f"mmlu_pro/{path.name[:-9]}" for path in sorted((REPLIES / "mmlu_pro").glob("*.jsonl.gz"))]
    for stratum in [*strata, f"gsm8k/{GSM8K[-1]}"]:
        rows = _lines(REPLIES / f"{stratum}.jsonl.gz")
        official = {
            f"{stratum}/{row.get('question_id', row.get('idx'))}": row["official_pred"] for row in rows
        }
        counts = dict.fromkeys(("unread", "agree", "differ", "more", "right"), 0)
        known = stratum_replies(stratum)
        for key, reply in known.items():
            said, theirs = read(reply), official[key]
            if said is None:
                counts["unread"] += 1
            else:
                kind = "more" if theirs is None else "agree" if same(said, [theirs]) else "differ"
                counts[kind] += 1
                counts["right"] += same(said, [(reply.target or "").replace(",", "")])
        shown = [str(counts[key]) for key in ("unread", "agree", "differ", "more")]
        print(f"| {stratum} | {len(known)} | {' | '.join(shown)} | {counts['right'] / len(known):.4f} |")


def main() -> None:
    """Print the tables that are asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--all", action="store_true", help="every recorded reply")
    arguments.add_argument("--misses", action="store_true", help="ids that were read otherwise than by hand")
    given = arguments.parse_args()
    if given.all:
        beside_the_authors()
    else:
        by_hand(misses=given.misses)


if __name__ == "__main__":
    main()
