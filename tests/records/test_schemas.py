"""`run.json` and `samples.jsonl` as types: what is declared, what is kept, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.records import run_file
from harness.records.journal import read_records
from harness.records.run_schema import Part
from harness.scoring.rescore import rescore
from tests.support.fake_runs import fake_run
from tests.support.running import Project, here, rows


def changed(directory: Path, *keys: str | int, value: Any) -> None:
    """Write another value at a place of a run.json."""
    path = directory / "run.json"
    whole = values = json.loads(path.read_bytes())
    for key in keys[:-1]:
        values = values[key]
    values[keys[-1]] = value
    path.write_text(json.dumps(whole))


def undeclared(part: Any, where: str = "") -> Iterator[str]:
    """Yield every key that its type does not declare."""
    if isinstance(part, Part):
        yield from (f"{where}.{name}" for name in part.model_extra or ())
        for name in type(part).model_fields:
            yield from undeclared(getattr(part, name), f"{where}.{name}")
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from undeclared(value, f"{where}.{name}")
    elif isinstance(part, list):
        for value in part:
            yield from undeclared(value, where)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run that learnt, answered, and was wrong here and there."""
    project = Project(tmp_path_factory.mktemp("made"))
    project.reviews(rows(10), rows(10, "t"))
    return here(project, "nb").directory


def test_all_that_a_run_writes_is_declared(made):
    assert list(undeclared(run_file.read_run(made))) == []


def test_all_that_a_line_says_is_declared_and_every_key_is_read(made):
    lines = list(read_records(made / "samples.jsonl"))
    assert len(lines) == 10
    for line in lines:
        assert list(undeclared(line.record)) == []
        assert line.record.to_dict() == json.loads(line.raw)


@pytest.mark.parametrize(
    ("keys", "value", "complaint"),
    [
        (("task",), [], "task: should be a mapping"),
        (("task", "name"), 7, "task.name: should be a text"),
        (("task", "n"), "7", "task.n: should be a whole number"),
        (("data", "sample"), "no", "data.sample: should be true or false"),
        (("data", "sha256"), {}, "data.sha256: lacks the split 'test'"),
        (("sessions",), {}, "sessions: should be a list"),
        (("metrics", "accuracy", "value"), "0.5", "metrics.accuracy.value: should be a number"),
        (("counts", "failed"), -1, "counts.failed: Input should be greater than or equal to 0"),
    ],
)
def test_another_type_is_one_line_with_the_key(tmp_path, keys, value, complaint):
    directory = fake_run(tmp_path)
    changed(directory, *keys, value=value)
    with pytest.raises(BadInput) as caught:
        run_file.read_run(directory)
    assert str(caught.value) == f"{directory / 'run.json'}: not as the harness writes it: {complaint}"


def test_what_an_older_version_did_not_write_has_its_default(tmp_path):
    directory = fake_run(tmp_path)
    values = json.loads((directory / "run.json").read_bytes())
    for key in ("sessions", "throughput", "cost", "counts", "usage", "latency_s"):
        values.pop(key, None)
    (directory / "run.json").write_text(json.dumps({**values, "environment": None}))
    run = run_file.read_run(directory)
    assert (run.counts.failed, run.sessions, run.latency_s, run.cost) == (0, [], {}, None)
    assert run.environment.packages == {}
    assert "counts" not in run.to_dict()


def test_what_a_later_version_wrote_is_kept_when_a_run_is_judged_again(tmp_path):
    directory = fake_run(tmp_path, journal=lambda row: {"request": {"prompt": "?"}, "mood": {"at": row}})
    changed(directory, "novelty", value={"deep": [1]})
    changed(directory, "task", "colour", value="red")
    rescore(directory)
    written = json.loads((directory / "run.json").read_bytes())
    assert (written["novelty"], written["task"]["colour"]) == ({"deep": [1]}, "red")
    lines = [json.loads(line) for line in (directory / "samples.jsonl").read_bytes().splitlines()]
    assert [line["mood"] for line in lines] == [{"at": 0}, {"at": 1}, {"at": 2}, {"at": 3}]


def test_and_when_a_run_goes_on(made):
    changed(made, "novelty", value=1)
    changed(made, "task", "colour", value="red")
    changed(made, "status", value="partial")
    again = here(Project(made.parents[3]), "nb")
    assert again.directory == made
    written = json.loads((made / "run.json").read_bytes())
    assert (written["status"], written["novelty"], written["task"]["colour"]) == ("complete", 1, "red")
