"""run.json: a run's settings and figures, and the other files of its directory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson

from harness.errors import BadInput, LaterFormat, Place
from harness.files import TooLarge, read_bounded
from harness.records import migrations
from harness.records.atomic import require_plain, write_atomically
from harness.records.run_schema import SCHEMA_VERSION, RunDocument
from harness.records.serialization import to_json
from harness.records.validation import parse_run

LARGEST_RUN = 256 * 2**20  # bytes of a run.json; one with 10,000 groups has a few MB
RUN, SAMPLES, STATISTICS = "run.json", "samples.jsonl", "statistics.npz"
TASK, BACKEND = "task.yaml", "backend.yaml"


def directory_name(fingerprint: str) -> str:
    """Return `<UTC time>-<8 hex>`; no colon, which Windows forbids."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"


def write_run(directory: Path, run: RunDocument) -> None:
    """Write `run.json`. A NaN has no place in JSON and becomes null; keys of a later version stay."""
    write_atomically(directory / RUN, to_json(run.to_dict(), orjson.OPT_INDENT_2) + b"\n")


def read_run(directory: Path) -> RunDocument:
    """Return what `run.json` says, of whatever version.

    Raises:
        BadInput: not a run directory, a torn file, a later format than this version knows, a link in it, or
            a key of another type than the harness writes.
    """
    path = directory / RUN
    try:
        require_plain(directory)
        values = orjson.loads(read_bounded(path, LARGEST_RUN))
    except TooLarge as error:
        raise BadInput(str(error.strerror), place=Place(path)) from None
    except OSError:
        raise BadInput("not a run directory: it has no run.json", place=Place(directory)) from None
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error}", place=Place(path, error.lineno)) from None
    version = values.get("schema_version") if isinstance(values, dict) else None
    if not isinstance(version, int):
        raise BadInput("not the run.json of a run", place=Place(path))
    if version > SCHEMA_VERSION:
        raise LaterFormat("written by a later harness; update this one", place=Place(path))
    try:
        return parse_run(migrations.run_values(values))
    except ValueError as error:
        raise BadInput(f"not as the harness writes it: {error}", place=Place(path)) from None


def runs(places: list[Path]) -> list[Path]:
    """Return the run directories among and under `places`, in a stable order.

    Raises:
        BadInput: a place is not there, or is a file.
    """
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            raise BadInput(f"no such directory: {place}; `harness list runs` shows where runs are")
        found += [place] if (place / RUN).is_file() else sorted(path.parent for path in place.rglob(RUN))
    return list(dict.fromkeys(found))
