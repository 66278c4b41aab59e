"""What the places are called that runs can be pushed to."""

from __future__ import annotations

from harness.hookspecs import ExporterEntry

EXPORTERS = (
    ExporterEntry("csv", "harness.exporters.tables:csv_files", settings={"out": "str", "samples": "bool"}),
    ExporterEntry(
        "parquet",
        "harness.exporters.tables:parquet",
        settings={"out": "str", "samples": "bool"},
        extra="parquet",
        modules=("pyarrow",),
    ),
    ExporterEntry("every_eval_ever", "harness.exporters.every_eval_ever:export", settings={"out": "str"}),
    ExporterEntry(
        "wandb",
        "harness.exporters.wandb:export",
        settings={
            **{"project": "str", "entity": "str", "mode": "offline|online"},
            **{"out": "str", "samples": "bool"},
        },
        extra="wandb",
        modules=("wandb",),
    ),
    ExporterEntry(
        "mlflow",
        "harness.exporters.mlflow:export",
        settings={"uri": "str", "experiment": "str", "samples": "bool"},
        extra="mlflow",
        modules=("mlflow",),
    ),
)
