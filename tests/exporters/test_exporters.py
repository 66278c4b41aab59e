"""Runs handed to tables and trackers, by the command: what arrives there, and what must not leave."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harness import runs
from tests.support.fake_runs import fake_run
from tests.support.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def pushed(shell: Shell) -> Shell:
    """A project with a real run of two systems over the sample."""
    assert (
        shell("run", "-q", "-t", "nsmc_zeroshot", "-b", "majority,random", "--sample", "--limit", "20").code
        == 0
    )
    return shell


# Frames -----------------------------------------------------------------------------------------------


def test_a_frame_has_a_row_a_run_and_metric(pushed):
    pytest.importorskip("pandas")
    frame = runs.frame("runs")
    metrics = [run.metrics for run in runs.load("runs")]
    assert len(frame) == sum(map(len, metrics))
    (accuracy,) = frame.query("system == 'majority' and metric == 'accuracy'").to_dict("records")
    assert accuracy["value"] == next(m["accuracy"].value for m in metrics)
    assert (accuracy["n"], accuracy["sample"], accuracy["main"], accuracy["limit"]) == (20, True, True, "20")


def test_the_examples_of_all_runs_are_one_frame(pushed):
    pytest.importorskip("pandas")
    frame = runs.samples("runs")
    assert len(frame) == 40
    by_system = frame.groupby("system")["accuracy"].mean()
    assert by_system.to_dict() == {run.system: pytest.approx(run.value) for run in runs.load("runs")}


# Tables -----------------------------------------------------------------------------------------------


def test_parquet_holds_the_runs_and_their_examples(pushed):
    parquet = pytest.importorskip("pyarrow.parquet")
    done = pushed("push", "--to", "parquet", "-m", "out=tables")
    assert (done.code, done.out.split()) == (0, ["tables/runs.parquet", "tables/samples.parquet"])
    rows = parquet.read_table("tables/runs.parquet").to_pylist()
    assert [row["value"] for row in rows if row["main"]] == [run.value for run in runs.load("runs")]
    samples = parquet.read_table("tables/samples.parquet").to_pylist()
    assert len(samples) == 40
    assert {key for row in samples for key, _ in row["scores"]} >= {"accuracy"}


def test_csv_is_safe_for_a_spreadsheet(shell):
    fake_run(shell.home / "runs", "=cmd|' /C calc'!A0", "1100")
    done = shell("push", "--to", "csv", "-m", "samples=false")
    assert done.out == "export/runs.csv\n"
    with open("export/runs.csv", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["system"] == "'=cmd|' /C calc'!A0"
    assert float(rows[0]["value"]) == 0.5


def test_a_spreadsheet_has_a_column_for_each_metric(pushed):
    pushed("push", "--to", "csv", "-m", "out=tables")
    with open("tables/samples.csv", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 40
    assert {row["scores.accuracy"] for row in rows} == {"0.0", "1.0"}


# Trackers ---------------------------------------------------------------------------------------------


def test_wandb_gets_figures_and_settings_and_sends_nothing(pushed, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # whoever asks is refused
    done = pushed("push", "--to", "wandb", "-m", "samples=true", "-m", "out=tracked")
    assert done.code == 0
    places = [line.rpartition(": ")[2] for line in done.out.splitlines()]
    assert len(places) == 2
    for place in places:
        (journal,) = Path(place).glob("*.wandb")
        content = journal.read_bytes()
        assert b"accuracy.ci_low" in content
        assert b"nsmc_zeroshot" in content
        assert list(Path(place).glob("files/media/table/*.json"))


def test_mlflow_keeps_each_run_once(pushed):
    mlflow = pytest.importorskip("mlflow")
    first = pushed("push", "--to", "mlflow", "-m", "uri=store", "-m", "samples=true")
    again = pushed("push", "--to", "mlflow", "-m", "uri=store")
    assert (first.code, again.out.count("is there already")) == (0, 2)
    client = mlflow.MlflowClient((pushed.home / "store").as_uri())
    place = client.get_experiment_by_name("harness").experiment_id
    found = {run.data.params["backend.name"]: run for run in client.search_runs([place])}
    for run in runs.load("runs"):
        there = found[run.system]
        assert there.data.metrics["accuracy"] == run.value
        assert there.data.params["task.name"] == "nsmc_zeroshot"
        assert [one.path for one in client.list_artifacts(there.info.run_id)] == ["samples.csv"]


# Mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "--to EXPORTER is missing; `harness list exporters` shows what there is"),
        (["--to", "parket"], "no exporter is called 'parket'. Did you mean 'parquet'?"),
        (["--to", "csv", "-m", "folder=x"], "-m: csv: 'folder': no such setting. Known: out, samples."),
        (
            ["--to", "csv", "-m", "out=a,b"],
            "-m: one value a setting; nothing is run here that could make a grid",
        ),
        (["--to", "csv", "elsewhere"], "no such directory: elsewhere"),
    ],
    ids=["no exporter", "a misspelt one", "no such setting", "a grid", "no such folder"],
)
def test_a_mistake_is_one_line(shell, words, complaint):
    fake_run(shell.home / "runs")
    done = shell("push", *words)
    assert done.code == 2
    assert done.complaint.startswith(f"harness: {complaint[:40]}")


def test_a_missing_package_is_named_with_its_command(shell, monkeypatch):
    fake_run(shell.home / "runs")
    monkeypatch.setattr("harness.plugins.missing", lambda entry: entry.modules)
    done = shell("push", "--to", "mlflow")
    assert (done.code, done.complaint) == (
        3,
        "harness: mlflow needs mlflow: pip install 'harness-ko[mlflow]'",
    )


def test_the_exporters_are_listed(shell):
    assert [row["name"] for row in shell("list", "exporters", "--json").json["exporters"]] == [
        *("csv", "every_eval_ever", "mlflow", "parquet", "wandb")
    ]
