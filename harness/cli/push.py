"""`harness push`: runs to a table or a tracker of experiments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from harness.cli.output import tell, warn
from harness.errors import BadInput, HarnessError, Unavailable
from harness.options.flags import Flag
from harness.options.shared import Runs, RunsDir

if TYPE_CHECKING:
    from harness.hookspecs import ExporterEntry


def push(
    runs: Runs = None,
    to: Annotated[
        str,
        Flag(
            "--to",
            metavar="EXPORTER",
            help="csv, parquet, every_eval_ever, wandb, mlflow, or a plugin's",
            ko="csv, parquet, every_eval_ever, wandb, mlflow 또는 플러그인의 것",
        ),
    ] = "",
    set_: Annotated[
        list[str] | None,
        Flag(
            "--set -m",
            metavar="KEY=VALUE",
            help="the exporter's setting, such as out=DIR",
            ko="내보내기의 설정, 예: out=DIR",
        ),
    ] = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Hand runs to a table or a tracker of experiments.

    Their figures, settings and (samples=true) examples. Nothing leaves the machine that a setting does not
    send: wandb writes a folder unless mode=online, mlflow too unless uri is an address.
    """
    from harness import plugins
    from harness.options import values
    from harness.reports.run import load

    given = values.grid(set_, "-m")
    if not to:
        raise BadInput("--to EXPORTER is missing; `harness list exporters` shows what there is")
    entry = plugins.known(plugins.exporters(), to, "exporter")
    if len(given) > 1:
        raise BadInput("-m: one value a setting; nothing is run here that could make a grid")
    _require(entry, given[0])
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    found = load(runs or [runs_dir], warn)
    if not found:
        raise BadInput(f"no runs in {', '.join(map(str, runs or [runs_dir]))}")
    try:
        for line in plugins.load(entry.target)(found, **given[0]):
            tell(line)
    except (HarnessError, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever a tracker raises of its own
        raise Unavailable(f"{to}: {type(error).__name__}: {error}") from error
    return 0


def _require(entry: ExporterEntry, given: dict[str, Any]) -> None:
    """Check an exporter's settings and packages.

    Raises:
        BadInput: it has no such setting, or not of this type.
        Unavailable: a package is missing; what to install is said.
    """
    from harness import DISTRIBUTION, plugins
    from harness.config import settings

    for _, problem in settings.problems(given, entry.settings):
        raise BadInput(f"-m: {entry.name}: {problem}")
    if missing := plugins.missing(entry):
        how = f"pip install '{DISTRIBUTION}[{entry.extra}]'" if entry.extra else "install it"
        raise Unavailable(f"{entry.name} needs {', '.join(missing)}: {how}")
