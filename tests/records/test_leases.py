"""Leases are files that whoever sees them may take, and no two take one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.evaluation.workers.division import sizes
from harness.records import leases
from harness.records.folding import fold
from harness.records.leases import Division, Held, Life

GONE = 2**22 + 1  # more than the number of any process


@pytest.fixture
def division(tmp_path: Path) -> Division:
    division = Division(tmp_path)
    division.divide([2, 2, 1])
    return division


def alive(division: Division, owner: str, **about: object) -> None:
    division.make(owner)
    division.say(owner, Life(**{"process": os.getpid(), "host": socket.gethostname(), **about}))


def test_a_lease_is_taken_once(division):
    assert division.take(0, 0, "a")
    assert not division.take(0, 0, "b")
    assert division.owner(0, 0) == "a"


def test_an_heir_takes_the_next_generation_and_the_former_owner_sees_it(division):
    division.take(0, 0, "a")
    division.take(0, 1, "b")
    assert division.has_heir(Held(0, 0, 0, 2))
    assert not division.has_heir(Held(0, 1, 0, 2))
    assert division.held() == ({0: 1}, set())


def test_who_lives_and_answers_keeps_what_he_holds(division):
    alive(division, "a")
    assert not division.lapsed("a")


def test_whose_process_is_gone_has_heirs_at_once(division):
    alive(division, "a", process=GONE)
    assert division.lapsed("a")


def test_of_another_machine_nothing_is_known_but_that_it_is_silent(division, monkeypatch):
    alive(division, "a", process=GONE, host="elsewhere", beats=1)
    assert not division.lapsed("a")
    monkeypatch.setattr(leases, "SILENT_S", -1.0)
    assert division.lapsed("a")


def test_one_that_lives_and_never_answers_has_heirs_in_the_end(division, monkeypatch):
    alive(division, "a", beats=1)
    assert not division.lapsed("a")
    monkeypatch.setattr(leases, "HUNG_S", -1.0)
    alive(division, "a", beats=2)
    assert division.lapsed("a")


@pytest.mark.parametrize("owner", ["", "..", "../a", "/etc"])
def test_an_owner_that_a_stranger_wrote_leads_to_no_other_folder(division, owner):
    assert division.life(owner) is None


@pytest.mark.parametrize(
    "table", ["[]", '{"sizes": [2, -1, 4]}', '{"sizes": [5, 5]}', '{"sizes": ["5"]}', "{"]
)
def test_a_table_that_is_not_of_this_run_is_refused(division, table):
    (division.folder / "table.json").write_text(table)
    with pytest.raises(BadInput):
        division.bounds(5)


def test_a_link_among_the_leases_is_refused(division):
    (division.leases / "9.0").symlink_to("/etc/passwd")
    with pytest.raises(BadInput, match="link"):
        division.bounds(5)


@pytest.mark.parametrize("examples", [1, 31, 33, 1000, 33334, 1_000_000])
def test_ranges_hold_every_example_and_shrink_towards_the_end(examples):
    found = sizes(examples)
    assert sum(found) == examples
    assert found == sorted(found, reverse=True)
    assert max(found) <= 1024


RACE = """
import sys; from pathlib import Path; from harness.records.leases import Division
division = Division(Path(sys.argv[1]))
print(*(unit for unit in range(200) if division.take(unit, 0, sys.argv[2])))
"""


def test_of_four_processes_one_gets_each_lease(division):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(division.folder.parent), name], stdout=subprocess.PIPE
        )
        for name in "abcd"
    ]
    taken = [int(unit) for one in started for unit in one.communicate()[0].split()]
    assert sorted(taken) == list(range(200))


def line(key: str, text: str | None) -> str:
    error = None if text else {"kind": "timeout", "message": "late"}
    response = {"text": text, "error": error, "finish": None, "attempts": 1, "cached": False}
    record = {"id": key, "repeat": 0, "request": {}, "response": response, "prediction": text, "target": ""}
    return json.dumps({**record, "scores": {}}) + "\n"


def texts(path: Path) -> list[str | None]:
    return [json.loads(one)["response"]["text"] for one in path.read_text().splitlines()]


def test_an_answer_beats_a_failure_and_then_the_first_journal_by_name(tmp_path):
    run, a, b = tmp_path / "samples.jsonl", tmp_path / "a", tmp_path / "b"
    run.write_text(line("x", None))
    a.write_text(line("y", "a") + line("x", None))
    b.write_text(line("x", "b") + line("y", "b") + line("z", None) + '{"torn')
    order = {"x": 0, "y": 1, "z": 2}
    fold(run, [a, b], order, 1)
    assert texts(run) == ["b", "a", None]
    fold(run, [a, b], order, 1)  # as a kill in the middle has it done again
    assert texts(run) == ["b", "a", None]
