"""`harness vote`: one's own verdicts between the replies of two runs, without knowing whose they are."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import emit, write
from harness.errors import BadInput
from harness.options.flags import Flag
from harness.options.shared import Lang, RunA, RunB, RunsDir
from harness.terminal import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judging.blind import Pair


def vote(
    a: RunA,
    b: RunB,
    votes: Annotated[
        Path,
        Flag(
            "--votes",
            metavar="FILE",
            help="where votes are added, as CSV; those it holds are not asked again",
            ko="투표를 CSV로 덧붙일 파일. 이미 든 것은 다시 묻지 않음",
        ),
    ] = Path("votes.csv"),
    voter: Annotated[
        str, Flag("--voter", metavar="NAME", help="who votes", ko="투표하는 사람의 이름")
    ] = "people",
    page: Annotated[
        Path | None,
        Flag(
            "--page",
            metavar="FILE",
            help="write a page to vote on in a browser instead; it saves the same CSV",
            ko="터미널 대신 브라우저에서 투표할 페이지를 씀. 같은 CSV를 저장함",
        ),
    ] = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Vote between the replies of two runs, blind.

    One question at a time, the replies in a drawn order and without names. Each vote is added to the file at
    once, for `harness arena`; the same command goes on where it was left.
    """
    from harness.judging import blind
    from harness.judging.replies import read_replies
    from harness.reports.named_runs import two_runs
    from harness.reports.writers.translations import language

    runs = two_runs(a, b, runs_dir)
    found = read_replies([run.directory for run in runs])
    if len(found) != 2:
        raise BadInput("a comparison needs the runs of two systems")
    pairs, left_out = blind.pairs(found[0], found[1], voter)
    known = blind.voted(votes, voter)
    ahead = [pair for pair in pairs if pair.key not in known]
    if left_out:
        say(f"{left_out:,} questions are left out: a reply to them is missing, failed or empty")
    with language(lang):
        if page is not None:
            if not all(run.may_copy() for run in runs):
                raise BadInput(
                    f"{runs[0].task}: its data may not be copied (source: copies), so there is no page of it"
                )
            _write_page(ahead, voter, page, votes)
        else:
            made = _ask(ahead, voter, votes)
            say(f"{made:,} votes added to {votes}, {len(ahead) - made:,} questions without one")
            if made or known:
                emit(shlex.join(["harness", "arena", str(votes)]))
    return 0


def _ask(pairs: Sequence[Pair], voter: str, votes: Path) -> int:
    """Ask about each pair until one quits; return how many votes were given."""
    from harness.judging.blind import add_vote, vote_row
    from harness.reports.ballots import SKIP, VERDICTS, question

    made = 0
    for number, pair in enumerate(pairs, 1):
        emit(question(pair, number, len(pairs)) + "\n")
        key = _key()
        if key in VERDICTS:
            add_vote(votes, vote_row(pair, VERDICTS[key], voter))
            made += 1
        elif key != SKIP:
            break
    return made


def _key() -> str:
    """Return the key that was typed, asked for until it is one; at the end of the input that of quitting."""
    from harness.reports.ballots import HANGUL, QUIT, SKIP, VERDICTS, keys

    while True:
        emit(f"{keys()}: ", end="")
        line = sys.stdin.readline()
        if not line:
            emit("")
            return QUIT
        typed = line.strip().lower()
        key = HANGUL.get(typed, typed)
        if key in (*VERDICTS, SKIP, QUIT):
            return key


def _write_page(pairs: Sequence[Pair], voter: str, page: Path, votes: Path) -> None:
    from harness.reports import ballots

    if not pairs:
        raise BadInput("no question is left to vote on")
    write(ballots.page(pairs, voter, votes.name), page, "--page")
    say(f"written: {page}")
