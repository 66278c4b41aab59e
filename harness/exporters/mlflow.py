"""Runs as MLflow knows them: settings as parameters, figures as metrics."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.exporters.tables import csv_files
from harness.reports.comparison.settings import settings_of
from harness.runs import Run, figures

URI, EXPERIMENT = "mlruns", "harness"
TAG = "harness.run"
_STRANGE = re.compile(r"[^\w./ -]")  # what MLflow takes in no name
_LONGEST = 500  # characters of a parameter's value that every store takes


def export(
    runs: Sequence[Run], uri: str = URI, experiment: str = EXPERIMENT, samples: bool = False
) -> Iterator[str]:
    """Log each run to the store at `uri`, a folder or an address; yield where it is.

    A run that is in the experiment already is left as it is. `samples` adds the examples as a CSV file.
    """
    if "://" not in uri:
        # MLflow 3 keeps folders as they are and wants to be told that one is meant; the user named it.
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        uri = Path(uri).absolute().as_uri()
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    known = client.get_experiment_by_name(experiment)
    place = known.experiment_id if known else client.create_experiment(experiment)
    for run in runs:
        mark = f"{run.task}/{run.system}/{run.id}"
        there = client.search_runs([place], f"tags.`{TAG}` = '{_STRANGE.sub('_', mark)}'", max_results=1)
        if there:
            yield f"{run.task}, {run.system}: is there already, {there[0].info.run_id}"
            continue
        yield f"{run.task}, {run.system}: {_logged(client, place, run, _STRANGE.sub('_', mark), samples)}"


def _logged(client: Any, experiment: str, run: Run, mark: str, samples: bool) -> str:
    from mlflow.entities import Metric, Param

    started, finished = map(_milliseconds, (run.document.started, run.document.finished))
    tags = {TAG: mark, "harness.status": run.status}
    name = f"{run.task} {run.system}"[:_LONGEST]
    made = client.create_run(experiment, start_time=started, tags=tags, run_name=name)
    metrics = [Metric(_STRANGE.sub("_", key), value, started, 0) for key, value in figures(run).items()]
    params = [
        Param(_STRANGE.sub("_", key)[:250], str(value)[:_LONGEST]) for key, value in settings_of(run).items()
    ]
    client.log_batch(made.info.run_id, metrics=metrics, params=params)
    if samples:
        with TemporaryDirectory() as folder:
            *_, path = csv_files([run], folder)
            client.log_artifact(made.info.run_id, path)
    client.set_terminated(made.info.run_id, end_time=finished)
    return str(made.info.run_id)


def _milliseconds(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp() * 1000)
