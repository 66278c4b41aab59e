"""`harness vote`: one's own verdicts between two runs, blind, in the terminal and on a page."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from harness.extraction.verdicts import verdict_of
from harness.judging.blind import COLUMNS
from tests.support.browsing import CONTRASTS, PHONE, Reader, browser, keep_picture, says
from tests.support.fake_runs import fake_run

COUNT = 12


def system(shell, name, reply, *, count=COUNT, request=None, changes=None):
    """Write a run of a task without answers whose replies are known."""

    def journal(row):
        asked = (
            {"messages": [{"role": "user", "content": f"질문 {row}"}]} if request is None else request(row)
        )
        turn = {} if request is None else {"cluster": f"c{row // 2}"}
        return {"request": asked, "response": {"text": reply(row)}, **turn}

    folder = shell.home / "runs"
    return fake_run(folder, name, "1" * count, task="asked", changes=changes, journal=journal)


@pytest.fixture
def runs(shell):
    return [
        system(shell, name, lambda row, name=name: f"{name[::-1]}의 답 {row}") for name in ("solar", "exaone")
    ]


def vote(shell, monkeypatch, typed, runs, *more):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in typed)))
    return shell("vote", *runs, *more)


def rows(shell, name="votes.csv"):
    return list(csv.DictReader(io.StringIO((shell.home / name).read_text(encoding="utf-8"))))


def test_votes_go_to_whom_they_are_for_and_into_the_arena(shell, runs, monkeypatch):
    done = vote(shell, monkeypatch, "abts" + "a" * (COUNT - 4), runs)
    assert done.code == 0, done.err
    assert "11 votes added to votes.csv, 1 questions without one" in done.err
    cast = rows(shell)
    assert [row["verdict"] for row in cast] == ["A>B", "B>A", "A=B", *["A>B"] * (COUNT - 4)]
    shown = re.findall(r"── A ──\n(\w+)의 답", done.out)
    assert [row["first"][::-1] for row in cast] == [who for n, who in enumerate(shown) if n != 3]
    assert {row["first"] for row in cast} == {"solar", "exaone"}  # drawn, not always the same
    board = shell("arena", "votes.csv", "-f", "json", "--draws", 100).json
    won = dict.fromkeys(("solar", "exaone"), 0.0)
    for row in cast:
        share = verdict_of(row["verdict"]).share
        won[row["first"]] += share
        won[row["second"]] += 1 - share
    assert {one["system"]: one["won"] for one in board["standings"]} == won
    assert "no reply's style is known" not in shell("arena", "votes.csv", "--style-control").err


def test_agree_puts_votes_beside_a_judging_of_the_same_pairs(shell, runs, monkeypatch):
    vote(shell, monkeypatch, "a" * COUNT, runs)
    judged = [f"{row['id']},A>B,judge" for row in rows(shell)]
    judged += [f"exaone|solar|other|{n},B>A,judge" for n in range(3)]
    path = shell.write("judged.csv", "\n".join(["id,verdict,rater", *judged]) + "\n")
    (pair,) = shell("agree", "votes.csv", path, "-f", "json").json["pairs"]
    assert (pair["items"], pair["equal"]["value"]) == (COUNT, 1)


def test_no_name_is_shown(shell, runs, monkeypatch):
    done = vote(shell, monkeypatch, "a" * COUNT, runs)
    assert not re.search("solar|exaone", done.out + done.err)


def test_what_was_voted_on_is_not_asked_again_and_what_was_skipped_is(shell, runs, monkeypatch):
    vote(shell, monkeypatch, "asbq", runs)
    assert len(rows(shell)) == 2
    again = vote(shell, monkeypatch, "t" * COUNT, reversed(runs))
    assert f"of {COUNT - 2}" in again.out
    assert len({row["id"] for row in rows(shell)}) == len(rows(shell)) == COUNT
    assert "0 votes added" in vote(shell, monkeypatch, "", runs).err
    assert f"of {COUNT}" in vote(shell, monkeypatch, "q", runs, "--voter", "다른 사람").out


def test_each_vote_is_in_the_file_before_the_next_question(shell, runs, monkeypatch):
    class Typing(io.StringIO):
        def readline(self, *_):
            seen.append(len(rows(shell)) if (shell.home / "votes.csv").exists() else 0)
            return super().readline()

    seen = []
    monkeypatch.setattr("sys.stdin", Typing("a\nb\nt\n"))
    shell("vote", *runs)
    assert seen == [0, 1, 2, 3]


def test_the_same_keys_do_on_a_korean_keyboard_and_others_are_asked_again(shell, runs, monkeypatch):
    vote(shell, monkeypatch, ["ㅁ", "x", "ㅠ", "ㅅ", "ㅂ"], runs, "--lang", "ko")
    assert [row["verdict"] for row in rows(shell)] == ["A>B", "B>A", "A=B"]


def test_a_reply_gives_the_terminal_no_orders(shell, monkeypatch):
    runs = [system(shell, name, lambda _: "\x1b[2J지움", count=2) for name in ("one", "two")]
    done = vote(shell, monkeypatch, "q", runs)
    assert "\x1b" not in done.out
    assert "\\x1b[2J지움" in done.out


def test_replies_that_are_missing_are_left_out_and_counted(shell, monkeypatch):
    whole = system(shell, "one", lambda row: f"답 {row}", count=5)
    holed = system(shell, "two", lambda row: "" if row in (1, 3) else f"답 {row}", count=5)
    done = vote(shell, monkeypatch, "aaa", [whole, holed])
    assert "2 questions are left out" in done.err
    assert len(rows(shell)) == 3


def turns(name):
    """Return what a second turn was asked: the system's own first reply stands before it."""

    def request(row):
        said = [{"role": "user", "content": f"첫 질문 {row // 2}"}]
        if row % 2:
            said += [
                {"role": "assistant", "content": f"{name}의 첫 답"},
                {"role": "user", "content": f"둘째 질문 {row // 2}"},
            ]
        return {"messages": said}

    return request


def test_of_a_conversation_each_side_shows_what_it_had_said_and_keeps_its_place(shell, monkeypatch):
    runs = [
        system(shell, name, lambda row: f"답 {row}", request=turns(name[::-1]))
        for name in ("solar", "exaone")
    ]
    done = vote(shell, monkeypatch, "a" * COUNT, runs)
    cast = rows(shell)
    assert all(cast[n]["first"] == cast[n + 1]["first"] for n in range(0, COUNT, 2))
    assert {row["question"] for row in cast} == {f"c{n}" for n in range(COUNT // 2)}
    second = re.findall(
        r"━━\n\n둘째 질문 \d\n\n── A ──\n.*?\[assistant\]\n(\w+)의 첫 답", done.out, re.DOTALL
    )
    assert second == [cast[n]["first"][::-1] for n in range(1, COUNT, 2)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("question,first\n", "votes.csv: is no file of these votes"), ("\x00\n", "is no file of these votes")],
)
def test_another_file_is_not_written_into(shell, runs, monkeypatch, text, complaint):
    path = shell.write("votes.csv", text)
    done = vote(shell, monkeypatch, "a", runs)
    assert (done.code, path.read_text()) == (2, text)
    assert complaint in done.complaint


def test_one_run_is_no_pair(shell, runs, monkeypatch):
    done = vote(shell, monkeypatch, "a", [runs[0], runs[0]])
    assert (done.code, done.complaint) == (2, "harness: a comparison needs the runs of two systems")


def test_there_is_no_page_of_data_that_may_not_be_copied(shell, monkeypatch):
    source = {"source": {"copies": False}}
    runs = [system(shell, name, lambda row: f"답 {row}", count=2, changes=source) for name in ("one", "two")]
    done = shell("vote", *runs, "--page", "vote.html")
    assert done.code == 2
    assert "its data may not be copied" in done.complaint


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


def test_a_page_keeps_votes_over_a_reload_and_saves_what_the_arena_reads(shell, chromium, monkeypatch):
    replies = {"solar": "</script><b>굵게</b>", "exaone": "둘"}
    runs = [system(shell, name, lambda row, name=name: f"{replies[name]} {row}") for name in replies]
    assert shell("vote", *runs, "--page", "vote.html", "--voter", '가, "나"', "--lang", "ko").code == 0
    source = (shell.home / "vote.html").read_text(encoding="utf-8")
    assert not re.search("solar|exaone", source)
    reader = Reader(chromium, shell.home)
    try:
        page = reader.open("vote.html")
        says(page.locator("#count"), "12문항 가운데 1번째, 투표 0개")
        shown = []
        for key in ("a", "b", "s", "t"):
            shown.append(page.locator("[data-side=A] .reply").inner_text())
            page.keyboard.press(key)
        says(page.locator("#count"), "12문항 가운데 5번째, 투표 3개")
        page.reload()
        says(page.locator("#count"), "12문항 가운데 3번째, 투표 3개")  # the skipped one
        assert page.evaluate(CONTRASTS) == []
        keep_picture(page, "vote")
        with page.expect_download() as saved:
            page.locator("#save").click()
        assert saved.value.suggested_filename == "votes.csv"
        (shell.home / "saved.csv").write_bytes(saved.value.path().read_bytes())
        page.set_viewport_size({"width": PHONE, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        keep_picture(page, "vote-phone")
    finally:
        reader.close()
    assert not reader.said
    assert not reader.strangers()
    cast = rows(shell, "saved.csv")
    assert [(row["verdict"], row["judge"]) for row in cast] == [
        (v, '가, "나"') for v in ("A>B", "B>A", "A=B")
    ]
    assert tuple(cast[0]) == COLUMNS
    del shown[2]
    assert [f"{replies[row['first']]} {n}" for row, n in zip(cast, (0, 1, 3), strict=True)] == shown
    board = shell("arena", "saved.csv", "-f", "json", "--draws", 100)
    assert json.loads(board.out)["verdicts"] == 3
    more = vote(shell, monkeypatch, "q", runs, "--votes", "saved.csv", "--voter", '가, "나"')
    assert f"of {COUNT - 3}" in more.out  # the terminal goes on where the page was left
