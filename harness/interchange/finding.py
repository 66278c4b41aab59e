"""Which runs of other harnesses a path holds: a log, a results file, a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import BadInput, Place
from harness.interchange import every_eval_ever, helm, inspect_log, lm_eval
from harness.interchange.foreign import ForeignRun, files_below, read_json

KNOWN = (
    "lm-evaluation-harness (results_….json, samples_….jsonl), Inspect (.eval), "
    "HELM (run_spec.json), Every Eval Ever"
)


def foreign_runs(path: Path, tell: Callable[[str], None]) -> Iterator[ForeignRun]:
    """Yield the runs that a file or a folder holds; in a folder, `tell` hears which files are left out.

    Raises:
        BadInput: no such file, or none of these formats; a file named by itself that is damaged.
    """
    if path.is_dir():
        yield from _below(path, tell)
        return
    if not path.is_file():
        raise BadInput(f"no such file or folder: {path}")
    found = list(_of_file(path))
    if not found:
        raise BadInput(f"none of the formats that are read here: {KNOWN}", place=Place(path))
    yield from found


def _below(folder: Path, tell: Callable[[str], None]) -> Iterator[ForeignRun]:
    count = 0
    for path in files_below(folder):
        try:
            for run in _of_file(path):
                count += 1
                yield run
        except BadInput as error:
            tell(f"left out: {error}")
    if not count:
        raise BadInput(f"holds no run of another harness; read are {KNOWN}", place=Place(folder))


def _of_file(path: Path) -> Iterator[ForeignRun]:
    """Yield the runs of one file; nothing where it is none of the formats."""
    if path.suffix == ".eval":
        yield inspect_log.read_zip(path)
    elif path.name == helm.SPEC:
        yield helm.read(path.parent)
    elif lm_eval.is_samples(path):
        time = path.name.removesuffix(".jsonl").rpartition("_")[2]
        if not path.with_name(f"results_{time}.json").is_file():
            yield lm_eval.read_samples(path)
    elif path.suffix == ".json" and path.name not in (helm.STATE, helm.EACH, helm.STATS):
        document = read_json(path)
        if lm_eval.is_results(document):
            yield from lm_eval.read(path, document)
        elif every_eval_ever.is_document(document):
            yield from every_eval_ever.read(path, document)
        elif inspect_log.is_log(document):
            yield inspect_log.read(path, document)
