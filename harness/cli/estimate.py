"""`harness estimate`: what a run would take, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    AllowEndpoint,
    Ask,
    Backends,
    Concurrency,
    DataDir,
    Decodings,
    Json,
    Limit,
    NoCache,
    Offline,
    Quiet,
    Repeat,
    Sample,
    Seed,
    Settings,
    Shots,
    Split,
    Tasks,
    Template,
    Trust,
)
from harness.cli.output import emit, fail, print_json
from harness.errors import BadInput, HarnessError, Unavailable
from harness.terminal import say


def estimate(
    task: Tasks = [],
    backend: Backends = [],
    limit: Limit = None,
    shots: Shots = None,
    template: Template = None,
    ask: Ask = None,
    split: Split = None,
    repeat: Repeat = 1,
    seed: Seed = None,
    sample: Sample = False,
    decoding: Decodings = None,
    set_: Settings = None,
    pilot: Annotated[
        int,
        typer.Option(
            "--pilot", min=0, max=20, metavar="N", help="ask N requests, and learn from their answers"
        ),
    ] = 0,
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", metavar="FILE|DIR", help="count tokens by this tokenizer.json"),
    ] = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    no_cache: NoCache = False,
    concurrency: Concurrency = None,
    trust_remote_code: Trust = False,
    allow_endpoint: AllowEndpoint = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Say what a run would take: requests, tokens, money, time.

    Nothing is asked but the requests of a pilot, whose answers are kept: the run does not pay for them again.
    """
    from harness.backends import allowed_endpoints
    from harness.cli import arguments
    from harness.datasets.sources import Where
    from harness.evaluation import estimate as estimating
    from harness.evaluation.grid import plans
    from harness.evaluation.plan import Options
    from harness.reports import estimates
    from harness.stats.prediction_intervals import LEAST

    allowed_endpoints.allow(allow_endpoint or ())
    grid = arguments.run_grid(task, backend, template, ask, shots, split, seed, decoding, set_)
    options = Options(
        where=Where(data_dir=data_dir, sample=sample, offline=offline),
        limit=arguments.limit(limit),
        repeat=repeat,
        trust_remote_code=trust_remote_code,
        cache=not no_cache,
        concurrency=concurrency,
        asks=pilot > 0,
    )
    arguments.require_named(grid)
    if 0 < pilot < LEAST:
        raise BadInput(f"--pilot {pilot}: fewer than {LEAST} answers tell no interval")
    count = _counter(tokenizer) if tokenizer is not None else None
    ready, errors = plans(grid, options, (lambda _: None) if quiet else say)
    found = []
    for plan in ready:
        try:
            found.append(estimating.estimate(plan, pilot, count))
        except HarnessError as error:
            errors.append(error)
    for problem in errors:
        fail(str(problem))
    if json:
        print_json(estimates.as_json(found))
    elif found:
        emit(estimates.markdown(found))
    return max((error.exit_code for error in errors), default=0)


def _counter(path: Path) -> Callable[[str], int]:
    """Return what counts tokens by a `tokenizer.json`, or the one in a folder.

    Raises:
        Unavailable: the package is not installed.
        BadInput: there is no such file, or it is none.
    """
    file = path / "tokenizer.json" if path.is_dir() else path
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError:
        raise Unavailable("--tokenizer needs tokenizers: pip install tokenizers") from None
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library knows no kinds
        raise BadInput(f"--tokenizer {path}: {error}") from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
